/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and verifying header tokens; see token.h. */
#include "proof/token.h"

#include "auth/dkim_canonical.h"
#include "base/hex.h"
#include "base/timestamp.h"
#include "crypto/secret.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    FIELDS = 3,
    LISTS = 1 << FIELDS,  /* sets of covered fields */
    HEAD_MAX = 32,        /* bytes of 1-K-DAY-NAMES */
    DAY_DIGITS_MAX = 9,
};

static const struct {
    char letter;
    struct bs_bytes name;
} covered[FIELDS] = {{'f', {"From", 4}}, {'d', {"Date", 4}}, {'m', {"Message-ID", 10}}};

/* A token taken apart. */
struct token {
    unsigned digit;
    int64_t day;
    unsigned list; /* bits in the order of `covered` */
    unsigned char fields_mac[BS_PROOF_MAC_SIZE];
    unsigned char sender_mac[BS_PROOF_MAC_SIZE];
};

/* Sums over covered fields, made once for each set of them. */
struct sums {
    const struct bs_header *header;
    const struct bs_header_field *fields[FIELDS]; /* NULL where there is none, or more than one */
    struct {
        bool tried, made;
        unsigned char sum[BS_DIGEST_MAX];
    } of[LISTS];
};

static void find_fields(struct sums *sums, const struct bs_header *header)
{
    *sums = (struct sums){.header = header};
    for (size_t i = 0; i < FIELDS; i++)
        sums->fields[i] = bs_header_find_only(header, covered[i].name);
}

static bool make_sum(const struct sums *sums, unsigned list, unsigned char ret_sum[BS_DIGEST_MAX])
{
    struct bs_dkim_sink sink;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    if (!digest)
        return false;
    bs_dkim_sink_init(&sink, digest);
    for (size_t i = 0; i < FIELDS; i++) {
        if (list & 1u << i)
            bs_dkim_put_field(&sink, sums->fields[i], true);
    }
    bool made = bs_dkim_sink_sum(&sink, ret_sum);
    bs_digest_free(digest);
    return made;
}

/* The sum over the fields of the list; NULL where one is not there. */
static const unsigned char *sum_of(struct sums *sums, unsigned list)
{
    bool there = true;
    for (size_t i = 0; i < FIELDS; i++)
        there = there && (!(list & 1u << i) || sums->fields[i]);
    if (there && !sums->of[list].tried) {
        sums->of[list].tried = true;
        sums->of[list].made = make_sum(sums, list, sums->of[list].sum);
    }
    return there && sums->of[list].made ? sums->of[list].sum : NULL;
}

/* The part of the value that both MACs cover. */
static struct bs_bytes write_head(const struct token *token, char text[HEAD_MAX])
{
    char letters[FIELDS + 1];
    size_t count = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        if (token->list & 1u << i)
            letters[count++] = covered[i].letter;
    }
    letters[count] = '\0';
    int length = snprintf(text, HEAD_MAX, "1-%u-%" PRId64 "-%s", token->digit % BS_BATV_KEYS, token->day, letters);
    return bs_bytes(text, length > 0 && length < HEAD_MAX ? (size_t)length : 0);
}

static bool fields_mac(const struct bs_proof_keys *keys, const struct token *token, const unsigned char *sum,
                       unsigned char ret_mac[BS_PROOF_MAC_SIZE])
{
    char head[HEAD_MAX];
    const struct bs_bytes parts[] = {write_head(token, head), bs_bytes(sum, bs_digest_size(BS_DIGEST_SHA256))};
    return bs_proof_mac(keys, token->digit, "token", parts, 2, ret_mac);
}

/* The sender in lower case, empty for the null sender; false without memory. */
static bool sender_text(const struct bs_address *sender, struct bs_arena *arena, struct bs_bytes *ret_text)
{
    *ret_text = bs_bytes(NULL, 0);
    if (sender->local.len == 0)
        return true;
    struct bs_address folded = bs_address_fold_case(sender, arena);
    if (folded.local.len > 0)
        *ret_text = bs_address_text(&folded, arena);
    return ret_text->ptr != NULL;
}

static bool sender_mac(const struct bs_proof_keys *keys, const struct token *token, const struct bs_address *sender,
                       struct bs_arena *arena, unsigned char ret_mac[BS_PROOF_MAC_SIZE])
{
    char head[HEAD_MAX];
    struct bs_bytes parts[] = {write_head(token, head), bs_bytes(token->fields_mac, BS_PROOF_MAC_SIZE), {NULL, 0}};
    return sender_text(sender, arena, &parts[2]) &&
           bs_proof_mac(keys, token->digit, "token sender", parts, 3, ret_mac);
}

bool bs_token_make(const struct bs_proof_keys *keys, const struct bs_header *header, const struct bs_address *sender,
                   int64_t now, struct bs_arena *arena, char ret_value[BS_TOKEN_SIZE])
{
    struct sums sums;
    struct token token = {.digit = keys->signing_digit, .day = bs_timestamp_day(now)};
    char head[HEAD_MAX], macs[2][2 * BS_PROOF_MAC_SIZE + 1];
    find_fields(&sums, header);
    for (size_t i = 0; i < FIELDS; i++)
        token.list |= sums.fields[i] ? 1u << i : 0;
    if (!(token.list & 1))
        return false;
    const unsigned char *sum = sum_of(&sums, token.list);
    if (!sum || !fields_mac(keys, &token, sum, token.fields_mac) ||
        !sender_mac(keys, &token, sender, arena, token.sender_mac))
        return false;
    bs_hex_encode(bs_bytes(token.fields_mac, BS_PROOF_MAC_SIZE), macs[0]);
    bs_hex_encode(bs_bytes(token.sender_mac, BS_PROOF_MAC_SIZE), macs[1]);
    struct bs_bytes written = write_head(&token, head);
    snprintf(ret_value, BS_TOKEN_SIZE, "%.*s-%s-%s", BS_BYTES_ARG(written), macs[0], macs[1]);
    return written.len > 0;
}

/* --- verifying ---------------------------------------------------------------------------------------------- */

/* Copies the value without white space, in lower case; 0 where it is longer than any token. */
static size_t squeeze(struct bs_bytes body, char ret_text[BS_TOKEN_SIZE])
{
    size_t length = 0;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (length == BS_TOKEN_SIZE)
            return 0;
        ret_text[length++] = bs_ascii_lower(c);
    }
    return length;
}

/* Takes the text up to the next hyphen, or all of it, off. */
static struct bs_bytes next_word(struct bs_bytes *io_text)
{
    size_t end = bs_bytes_find(*io_text, '-');
    struct bs_bytes word = bs_bytes_first(*io_text, end);
    *io_text = bs_bytes_skip(*io_text, end < io_text->len ? end + 1 : end);
    return word;
}

static bool read_number(struct bs_bytes word, size_t digits_max, int64_t *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (!bs_ascii_is_digit(word.ptr[i]))
            return false;
        *ret_number = *ret_number * 10 + (word.ptr[i] - '0');
        if (i == digits_max)
            return false;
    }
    return word.len > 0;
}

/* The letters in their order, each once; 0 for anything else, and without From. */
static unsigned read_list(struct bs_bytes word)
{
    unsigned list = 0;
    size_t at = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        if (at < word.len && word.ptr[at] == covered[i].letter) {
            list |= 1u << i;
            at++;
        }
    }
    return at == word.len && list & 1 ? list : 0;
}

static enum bs_token_result read_token(struct bs_bytes body, struct token *ret_token)
{
    char text[BS_TOKEN_SIZE];
    int64_t version, digit;
    struct bs_bytes rest = bs_bytes(text, squeeze(body, text));
    if (!read_number(next_word(&rest), 3, &version))
        return BS_TOKEN_FORGED;
    if (version != 1)
        return BS_TOKEN_UNTRIED;
    if (!read_number(next_word(&rest), 1, &digit) || !read_number(next_word(&rest), DAY_DIGITS_MAX, &ret_token->day))
        return BS_TOKEN_FORGED;
    ret_token->digit = (unsigned)digit;
    ret_token->list = read_list(next_word(&rest));
    bool whole = bs_hex_decode(next_word(&rest), ret_token->fields_mac, BS_PROOF_MAC_SIZE) &&
                 bs_hex_decode(rest, ret_token->sender_mac, BS_PROOF_MAC_SIZE);
    return ret_token->list && whole ? BS_TOKEN_HOLDS : BS_TOKEN_FORGED;
}

static bool any_sender_holds(const struct bs_proof_keys *keys, const struct token *token,
                             const struct bs_address *senders, size_t count, struct bs_arena *arena)
{
    unsigned char mac[BS_PROOF_MAC_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (sender_mac(keys, token, &senders[i], arena, mac) && bs_secret_equal(mac, token->sender_mac, sizeof mac))
            return true;
    }
    return false;
}

/* One token field. */
static struct bs_token_verdict verify_field(const struct bs_proof_keys *keys, struct bs_bytes body, struct sums *sums,
                                            const struct bs_address *senders, size_t sender_count,
                                            struct bs_arena *arena)
{
    struct token token;
    unsigned char mac[BS_PROOF_MAC_SIZE];
    struct bs_token_verdict verdict = {.result = read_token(body, &token)};
    if (verdict.result != BS_TOKEN_HOLDS)
        return verdict;
    if (!keys->by_digit[token.digit]) {
        verdict.result = BS_TOKEN_UNTRIED;
        return verdict;
    }
    const unsigned char *sum = sum_of(sums, token.list);
    bool fields_hold = sum && fields_mac(keys, &token, sum, mac) && bs_secret_equal(mac, token.fields_mac, sizeof mac);
    static const struct bs_address nobody;
    verdict.day = token.day;
    verdict.null_sender = fields_hold && any_sender_holds(keys, &token, &nobody, 1, arena);
    verdict.sender_holds = any_sender_holds(keys, &token, senders, sender_count, arena);
    verdict.result = fields_hold ? BS_TOKEN_HOLDS : verdict.sender_holds ? BS_TOKEN_CHANGED : BS_TOKEN_FORGED;
    return verdict;
}

static bool is_better(const struct bs_token_verdict *verdict, const struct bs_token_verdict *best)
{
    if (verdict->result != best->result)
        return verdict->result > best->result;
    if (verdict->sender_holds != best->sender_holds)
        return verdict->sender_holds;
    return verdict->day > best->day;
}

struct bs_token_verdict bs_token_verify(const struct bs_proof_keys *keys, const struct bs_header *header,
                                        const struct bs_address *senders, size_t sender_count, struct bs_arena *arena)
{
    struct bs_token_verdict best = {.result = BS_TOKEN_NONE};
    struct sums sums;
    size_t tried = 0;
    for (size_t i = 0; i < header->count && tried <= BS_TOKENS_TRIED_MAX; i++) {
        if (!bs_header_field_is(&header->fields[i], BS_LITERAL(BS_TOKEN_FIELD)))
            continue;
        if (tried++ == 0)
            find_fields(&sums, header);
        struct bs_token_verdict verdict = {.result = BS_TOKEN_UNTRIED};
        if (tried <= BS_TOKENS_TRIED_MAX)
            verdict = verify_field(keys, header->fields[i].body, &sums, senders, sender_count, arena);
        if (is_better(&verdict, &best))
            best = verdict;
    }
    return best;
}
