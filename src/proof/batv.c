/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing and verifying tagged envelope senders; see batv.h. */
#include "proof/batv.h"

#include "base/hex.h"
#include "base/timestamp.h"
#include "crypto/secret.h"

#include <stdio.h>

enum {
    DAYS_WRAP = 1000,
    MAC_BYTES = 3,
    PREFIX_SIZE = 5, /* prvs= */
    BODY_SIZE = 10,  /* KDDDSSSSSS */
};

/* The tag of our form, taken apart. */
struct tag {
    unsigned digit;
    unsigned day;
    struct bs_bytes signed_part; /* KDDD */
    unsigned char mac[MAC_BYTES];
    struct bs_bytes local; /* what stands behind the tag */
};

void bs_batv_keys_free(struct bs_batv_keys *keys)
{
    for (int i = 0; i < BS_BATV_KEYS; i++) {
        bs_hmac_key_free(keys->by_digit[i]);
        keys->by_digit[i] = NULL;
    }
}

const char *bs_batv_result_name(enum bs_batv_result result)
{
    static const char *const names[] = {
        [BS_BATV_NONE] = "none",       [BS_BATV_FOREIGN] = "foreign", [BS_BATV_UNKNOWN_KEY] = "unknown-key",
        [BS_BATV_FORGED] = "forged",   [BS_BATV_EXPIRED] = "expired", [BS_BATV_VALID] = "valid",
    };
    return names[result];
}

static bool split_tag(struct bs_bytes local, struct tag *ret_tag)
{
    if (local.len <= BS_BATV_TAG_SIZE || !bs_bytes_starts_nocase(local, BS_LITERAL("prvs=")))
        return false;
    const char *body = local.ptr + PREFIX_SIZE;
    if (body[BODY_SIZE] != '=' || !bs_hex_decode(bs_bytes(body + 4, 2 * MAC_BYTES), ret_tag->mac, MAC_BYTES))
        return false;
    for (int i = 0; i < 4; i++) {
        if (!bs_ascii_is_digit(body[i]))
            return false;
    }
    ret_tag->digit = (unsigned)(body[0] - '0');
    ret_tag->day = (unsigned)((body[1] - '0') * 100 + (body[2] - '0') * 10 + (body[3] - '0'));
    ret_tag->signed_part = bs_bytes(body, 4);
    ret_tag->local = bs_bytes_skip(local, BS_BATV_TAG_SIZE);
    return true;
}

/* NAME=TAG=user and user+prvs=TAG in the forms that other programs use: `prvs=TAG=user`, `prvs=user=TAG` (Cisco),
 * `btv1==TAG==user` (Barracuda), `msprvs1=TAG=user` (SparkPost). */
static bool is_foreign(struct bs_bytes local)
{
    static const char *const prefixes[] = {"prvs=", "btv1==", "msprvs1="};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        struct bs_bytes prefix = bs_bytes_from_cstr(prefixes[i]);
        if (!bs_bytes_starts_nocase(local, prefix))
            continue;
        struct bs_bytes rest = bs_bytes_skip(local, prefix.len);
        size_t equals = bs_bytes_find(rest, '=');
        return equals > 0 && equals + 1 < rest.len;
    }
    size_t plus = bs_bytes_find_last(local, '+');
    return plus > 0 && plus < local.len &&
           bs_bytes_starts_nocase(bs_bytes_skip(local, plus), BS_LITERAL("+prvs="));
}

bool bs_batv_is_tagged(const struct bs_address *address)
{
    struct tag tag;
    return split_tag(address->local, &tag) || is_foreign(address->local);
}

/* The first three bytes of the MAC over KDDD and the address as SMTP writes it. */
static bool compute_mac(struct bs_hmac_key *key, struct bs_bytes signed_part, const struct bs_address *address,
                        struct bs_arena *arena, unsigned char ret_mac[BS_HMAC_SHA1_SIZE])
{
    struct bs_bytes parts[] = {signed_part, bs_address_text(address, arena)};
    return parts[1].ptr && bs_hmac_sha1(key, parts, 2, ret_mac);
}

struct bs_bytes bs_batv_sign(const struct bs_batv_keys *keys, const struct bs_address *address, int64_t now,
                             unsigned lifetime, struct bs_arena *arena)
{
    unsigned char mac[BS_HMAC_SHA1_SIZE];
    char hex[2 * MAC_BYTES + 1], signed_part[5];
    unsigned day = (unsigned)((bs_timestamp_day(now) + lifetime) % DAYS_WRAP);
    snprintf(signed_part, sizeof signed_part, "%u%03u", keys->signing_digit % BS_BATV_KEYS, day % DAYS_WRAP);
    if (!compute_mac(keys->by_digit[keys->signing_digit], bs_bytes(signed_part, 4), address, arena, mac))
        return (struct bs_bytes){NULL, 0};
    bs_hex_encode(bs_bytes(mac, MAC_BYTES), hex);
    const char *local = bs_arena_printf(arena, "prvs=%s%s=%.*s", signed_part, hex, BS_BYTES_ARG(address->local));
    if (!local)
        return (struct bs_bytes){NULL, 0};
    struct bs_address tagged = {bs_bytes(local, BS_BATV_TAG_SIZE + address->local.len), address->domain};
    return bs_address_text(&tagged, arena);
}

static bool mac_matches(struct bs_hmac_key *key, const struct tag *tag, const struct bs_address *address,
                        struct bs_arena *arena)
{
    unsigned char mac[BS_HMAC_SHA1_SIZE];
    return address->local.len > 0 && compute_mac(key, tag->signed_part, address, arena, mac) &&
           bs_secret_equal(mac, tag->mac, MAC_BYTES);
}

/* Tries the address as it stands, with its domain in lower case, and wholly in lower case. */
static bool find_signed_address(struct bs_hmac_key *key, const struct tag *tag, const struct bs_address *address,
                                struct bs_arena *arena, struct bs_address *ret_original)
{
    struct bs_address untagged = {tag->local, address->domain};
    struct bs_address folded = bs_address_fold_case(&untagged, arena);
    const struct bs_address forms[] = {untagged, {tag->local, folded.domain}, folded};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bool tried = i > 0 && bs_bytes_equal(forms[i].local, forms[i - 1].local) &&
                     bs_bytes_equal(forms[i].domain, forms[i - 1].domain);
        if (!tried && mac_matches(key, tag, &forms[i], arena)) {
            *ret_original = forms[i];
            return true;
        }
    }
    return false;
}

/* Days from `now` to the tag's day: -500 to 499. */
static int days_until(unsigned tag_day, int64_t now)
{
    int today = (int)(bs_timestamp_day(now) % DAYS_WRAP);
    int ahead = ((int)tag_day - today + DAYS_WRAP) % DAYS_WRAP;
    return ahead <= BS_BATV_LIFETIME_MAX ? ahead : ahead - DAYS_WRAP;
}

struct bs_batv_verdict bs_batv_verify(const struct bs_batv_keys *keys, const struct bs_address *address,
                                      int64_t now, struct bs_arena *arena)
{
    struct bs_batv_verdict verdict = {.result = BS_BATV_NONE};
    struct tag tag;
    if (!split_tag(address->local, &tag)) {
        verdict.result = is_foreign(address->local) ? BS_BATV_FOREIGN : BS_BATV_NONE;
        return verdict;
    }
    if (!keys->by_digit[tag.digit]) {
        verdict.result = BS_BATV_UNKNOWN_KEY;
        return verdict;
    }
    if (!find_signed_address(keys->by_digit[tag.digit], &tag, address, arena, &verdict.original)) {
        verdict.result = BS_BATV_FORGED;
        return verdict;
    }
    verdict.days_left = days_until(tag.day, now);
    verdict.result = verdict.days_left < 0 ? BS_BATV_EXPIRED : BS_BATV_VALID;
    return verdict;
}
