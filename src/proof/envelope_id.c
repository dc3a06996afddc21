/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and verifying envelope identifiers; see envelope_id.h. */
#include "proof/envelope_id.h"

#include "base/hex.h"
#include "base/timestamp.h"
#include "crypto/secret.h"

#include <inttypes.h>
#include <stdio.h>

enum { DAY_DIGITS_MAX = 9, MAC_DIGITS = 2 * BS_PROOF_MAC_SIZE };

static const char prefix[] = "BS1-";

/* An identifier taken apart. */
struct identifier {
    unsigned digit;
    int64_t day;
    unsigned char mac[BS_PROOF_MAC_SIZE];
    char nonce[BS_ENVELOPE_ID_NONCE_MAX]; /* in lower case */
    size_t nonce_length;
};

static bool is_letter_or_digit(char c)
{
    return bs_ascii_is_digit(c) || (bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z');
}

static bool make_mac(const struct bs_proof_keys *keys, const struct identifier *id, const struct bs_address *sender,
                     struct bs_arena *arena, unsigned char ret_mac[BS_PROOF_MAC_SIZE])
{
    char day[24];
    int length = snprintf(day, sizeof day, "%" PRId64, id->day);
    struct bs_address folded = bs_address_fold_case(sender, arena);
    struct bs_bytes parts[] = {
        bs_bytes(day, (size_t)length),
        bs_bytes(id->nonce, id->nonce_length),
        folded.local.len > 0 ? bs_address_text(&folded, arena) : bs_bytes(NULL, 0),
    };
    return parts[2].ptr && bs_proof_mac(keys, id->digit, "envelope id", parts, 3, ret_mac);
}

static void take_nonce(struct bs_bytes text, struct identifier *id)
{
    id->nonce_length = 0;
    for (size_t i = 0; i < text.len && id->nonce_length < sizeof id->nonce; i++) {
        if (is_letter_or_digit(text.ptr[i]))
            id->nonce[id->nonce_length++] = bs_ascii_lower(text.ptr[i]);
    }
}

bool bs_envelope_id_make(const struct bs_proof_keys *keys, const struct bs_address *sender, struct bs_bytes nonce,
                         int64_t now, struct bs_arena *arena, char ret_id[BS_ENVELOPE_ID_MAX + 1])
{
    struct identifier id = {.digit = keys->signing_digit, .day = bs_timestamp_day(now)};
    char mac[MAC_DIGITS + 1];
    take_nonce(nonce, &id);
    if (!make_mac(keys, &id, sender, arena, id.mac))
        return false;
    bs_hex_encode(bs_bytes(id.mac, sizeof id.mac), mac);
    int length = snprintf(ret_id, BS_ENVELOPE_ID_MAX + 1, "%s%u-%" PRId64 "-%s%s%.*s", prefix, id.digit, id.day, mac,
                          id.nonce_length > 0 ? "-" : "", (int)id.nonce_length, id.nonce);
    return length > 0 && length <= BS_ENVELOPE_ID_MAX;
}

/* Takes a number and the hyphen behind it off. */
static bool take_number(struct bs_bytes *io_text, size_t digits_max, int64_t *ret_number)
{
    size_t length = bs_bytes_find(*io_text, '-');
    *ret_number = 0;
    if (length == 0 || length > digits_max || length == io_text->len)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!bs_ascii_is_digit(io_text->ptr[i]))
            return false;
        *ret_number = *ret_number * 10 + (io_text->ptr[i] - '0');
    }
    *io_text = bs_bytes_skip(*io_text, length + 1);
    return true;
}

static bool read_id(struct bs_bytes text, struct identifier *ret_id)
{
    int64_t digit;
    text = bs_bytes_trim(text);
    if (text.len > BS_ENVELOPE_ID_MAX || !bs_bytes_starts_nocase(text, bs_bytes_from_cstr(prefix)))
        return false;
    text = bs_bytes_skip(text, sizeof prefix - 1);
    if (!take_number(&text, 1, &digit) || !take_number(&text, DAY_DIGITS_MAX, &ret_id->day) ||
        !bs_hex_decode(bs_bytes_first(text, MAC_DIGITS), ret_id->mac, sizeof ret_id->mac))
        return false;
    ret_id->digit = (unsigned)digit;
    text = bs_bytes_skip(text, MAC_DIGITS);
    take_nonce(text, ret_id);
    return text.len == 0 || (text.ptr[0] == '-' && ret_id->nonce_length == text.len - 1);
}

enum bs_envelope_id_result bs_envelope_id_verify(const struct bs_proof_keys *keys, struct bs_bytes text,
                                                 const struct bs_address *sender, struct bs_arena *arena,
                                                 int64_t *ret_day)
{
    struct identifier id;
    unsigned char mac[BS_PROOF_MAC_SIZE];
    if (!read_id(text, &id))
        return BS_ENVELOPE_ID_FOREIGN;
    if (!keys->by_digit[id.digit] || !make_mac(keys, &id, sender, arena, mac))
        return BS_ENVELOPE_ID_UNKNOWN_KEY;
    *ret_day = id.day;
    return bs_secret_equal(mac, id.mac, sizeof mac) ? BS_ENVELOPE_ID_HOLDS : BS_ENVELOPE_ID_FORGED;
}
