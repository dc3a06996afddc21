/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying DKIM signatures; see dkim.h. */
#include "auth/dkim.h"
#include "auth/dkim_key.h"
#include "auth/dkim_selection.h"
#include "base/base64.h"

#include <inttypes.h>

static const char too_many[] = "there are more signatures than are tried";
static const char too_many_keys[] = "there are more signatures and keys than are tried";
static const char incomplete[] = "the header is larger than what is judged";

/* One signature that is being judged. */
struct judgement {
    const struct bs_dkim_facts *facts;
    const struct bs_dkim_signature *signature;
    struct bs_dkim_result *result;
    struct bs_arena *arena;
    const struct bs_dkim_note **next_note;
    size_t *verifications; /* of the message so far */
    bool out_of_memory;
};

static size_t count_signatures(const struct bs_header *header)
{
    size_t count = 0;
    for (size_t i = 0; i < header->count; i++)
        count += bs_header_field_is(&header->fields[i], BS_LITERAL("DKIM-Signature"));
    return count < BS_DKIM_SIGNATURES_READ_MAX ? count : BS_DKIM_SIGNATURES_READ_MAX;
}

/* Reads the signatures, and lets no more than the limit go on to a key query. */
static bool read_signatures(struct bs_dkim_message *message, struct bs_arena *arena)
{
    size_t tried = 0, count = 0;
    const struct bs_header *header = message->header;
    for (size_t i = 0; i < header->count && count < message->count; i++) {
        if (!bs_header_field_is(&header->fields[i], BS_LITERAL("DKIM-Signature")))
            continue;
        struct bs_dkim_signature *signature = &message->signatures[count++];
        if (!bs_dkim_signature_read(&header->fields[i], message->allow_legacy, arena, signature))
            return false;
        if (signature->code == BS_DKIM_PASS && header->flags & BS_HEADER_INCOMPLETE) {
            signature->code = BS_DKIM_PERMERROR;
            signature->reason = incomplete;
        } else if (signature->code == BS_DKIM_PASS && ++tried > BS_DKIM_SIGNATURES_TRIED_MAX) {
            signature->code = BS_DKIM_POLICY;
            signature->reason = too_many;
        }
    }
    return true;
}

static void want_bodies(struct bs_dkim_message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        const struct bs_dkim_signature *signature = &message->signatures[i];
        message->bodies[i] = BS_DKIM_NO_BODY;
        if (signature->code == BS_DKIM_PASS)
            message->bodies[i] = bs_dkim_bodies_want(&message->body, signature->digest, signature->relaxed_body,
                                                     signature->length);
    }
}

bool bs_dkim_begin(struct bs_dkim_message *message, const struct bs_header *header, bool allow_legacy,
                   struct bs_arena *arena)
{
    *message = (struct bs_dkim_message){.header = header, .allow_legacy = allow_legacy};
    bs_dkim_bodies_init(&message->body);
    size_t count = count_signatures(header);
    message->signatures = bs_arena_take(arena, count * sizeof *message->signatures);
    message->bodies = bs_arena_take(arena, count * sizeof *message->bodies);
    if (!message->signatures || !message->bodies)
        return false;
    message->count = count;
    if (!read_signatures(message, arena))
        return false;
    want_bodies(message);
    return !message->body.failed;
}

void bs_dkim_body(struct bs_dkim_message *message, struct bs_bytes chunk)
{
    bs_dkim_bodies_push(&message->body, chunk);
}

void bs_dkim_end(struct bs_dkim_message *message)
{
    bs_dkim_bodies_finish(&message->body);
}

void bs_dkim_free(struct bs_dkim_message *message)
{
    bs_dkim_bodies_free(&message->body);
}

static bool has_expired(const struct bs_dkim_signature *signature, int64_t now)
{
    return signature->expires_at != BS_DKIM_NO_TIME && now > signature->expires_at;
}

void bs_dkim_ask(const struct bs_dkim_facts *facts, const struct bs_answers *known, struct bs_questions *io_missing)
{
    for (size_t i = 0; i < facts->message->count; i++) {
        const struct bs_dkim_signature *signature = &facts->message->signatures[i];
        if (signature->code == BS_DKIM_PASS && !has_expired(signature, facts->now))
            bs_ask_dns(known, io_missing, signature->key_name, BS_DNS_TXT);
    }
}

static bool settle(struct judgement *judgement, enum bs_dkim_code code, const char *reason)
{
    judgement->result->code = code;
    judgement->result->reason = reason;
    if (!reason)
        judgement->out_of_memory = true;
    return false;
}

/* Notes a step, where the steps are asked for. */
#define NOTE(judgement, ...)                                                                                           \
    do {                                                                                                               \
        if ((judgement)->facts->explain)                                                                               \
            add_note((judgement), bs_arena_printf((judgement)->arena, __VA_ARGS__));                                   \
    } while (0)

static void add_note(struct judgement *judgement, const char *text)
{
    struct bs_dkim_note *note = bs_arena_take(judgement->arena, sizeof *note);
    if (!note || !text) {
        judgement->out_of_memory = true;
        return;
    }
    note->text = text;
    *judgement->next_note = note;
    judgement->next_note = &note->next;
}

/* What the field says without the body and the key. */
static bool check_field(struct judgement *judgement)
{
    const struct bs_dkim_signature *signature = judgement->signature;
    if (signature->code != BS_DKIM_PASS)
        return settle(judgement, signature->code, signature->reason);
    NOTE(judgement, "the field is well-formed (RFC 6376 section 3.5): a=%.*s c=%s/%s, h= with %zu names",
         BS_BYTES_ARG(signature->algorithm_name), signature->relaxed_header ? "relaxed" : "simple",
         signature->relaxed_body ? "relaxed" : "simple", signature->name_count);
    if (has_expired(signature, judgement->facts->now))
        return settle(judgement, BS_DKIM_FAIL, bs_arena_printf(judgement->arena, "the signature expired %" PRId64
                      " s ago (x=)", judgement->facts->now - signature->expires_at));
    return true;
}

static bool check_body(struct judgement *judgement, size_t place)
{
    const struct bs_dkim_body_sum *sum = &judgement->facts->message->body.sums[place];
    const struct bs_dkim_signature *signature = judgement->signature;
    char made[BS_BASE64_ENCODED(BS_DIGEST_MAX) + 1];
    struct bs_bytes hash = bs_bytes(sum->sum, bs_digest_size(sum->algorithm));
    bs_base64_encode(hash, made);
    NOTE(judgement, "the body has %" PRIu64 " canonical bytes; their hash is %s", sum->total, made);
    if (signature->length != BS_DKIM_WHOLE_BODY && signature->length > sum->total)
        return settle(judgement, BS_DKIM_FAIL, "the body is shorter than l= says");
    if (!bs_bytes_equal(hash, signature->body_hash))
        return settle(judgement, BS_DKIM_FAIL, "the body is not what was signed: its hash is not bh=");
    NOTE(judgement, "that is bh= (section 6.1.3)");
    return true;
}

/* Hashes the fields that h= names, and the signature without its b= (section 3.7). */
static bool hash_header(struct judgement *judgement, unsigned char ret_sum[BS_DIGEST_MAX], bool *ret_from_left)
{
    const struct bs_dkim_signature *signature = judgement->signature;
    struct bs_dkim_selection selection;
    struct bs_dkim_sink sink;
    struct bs_digest *digest = bs_digest_new(signature->digest);
    size_t missing = 0;
    if (!digest)
        return false;
    bs_dkim_sink_init(&sink, digest);
    bs_dkim_selection_init(&selection, judgement->facts->message->header, signature->field);
    for (size_t i = 0; i < signature->name_count; i++) {
        const struct bs_header_field *field = bs_dkim_select(&selection, signature->names[i]);
        if (field)
            bs_dkim_put_field(&sink, field, signature->relaxed_header);
        missing += !field;
    }
    bs_dkim_put_signature(&sink, signature->field, signature->signature_span, signature->relaxed_header);
    bool summed = bs_dkim_sink_sum(&sink, ret_sum);
    bs_digest_free(digest);
    *ret_from_left = bs_dkim_selection_left(&selection, BS_LITERAL("From"));
    NOTE(judgement, "h= covers %zu fields, and that there are no more of %zu names", signature->name_count - missing,
         missing);
    return summed;
}

/* What the key record alone says about using it for this signature. */
static bool check_record(struct judgement *judgement, const struct bs_dkim_key_record *record)
{
    const struct bs_dkim_signature *signature = judgement->signature;
    judgement->result->testing = record->testing;
    if (record->reason)
        return settle(judgement, BS_DKIM_PERMERROR, record->reason);
    if (record->type != signature->key_type)
        return settle(judgement, BS_DKIM_PERMERROR, "the key is of another kind than a= says");
    if (!(signature->digest == BS_DIGEST_SHA1 ? record->sha1 : record->sha256))
        return settle(judgement, BS_DKIM_PERMERROR, "the key record's h= does not allow the digest of a=");
    if (!record->for_mail)
        return settle(judgement, BS_DKIM_PERMERROR, "the key record's s= is not for mail");
    if (record->same_domain && signature->identity_is_below)
        return settle(judgement, BS_DKIM_PERMERROR, "the key record's t=s does not allow an i= below d=");
    return true;
}

static void verify_signature(struct judgement *judgement, const struct bs_public_key *key)
{
    const struct bs_dkim_signature *signature = judgement->signature;
    unsigned char sum[BS_DIGEST_MAX];
    bool from_left = false;
    if (!hash_header(judgement, sum, &from_left)) {
        settle(judgement, BS_DKIM_TEMPERROR, "the crypto library failed");
        return;
    }
    enum bs_signature_verdict verdict = bs_public_key_verify(key, signature->digest, sum, signature->signature);
    if (verdict == BS_SIGNATURE_ERROR)
        settle(judgement, BS_DKIM_TEMPERROR, "the crypto library failed");
    else if (verdict == BS_SIGNATURE_BAD)
        settle(judgement, BS_DKIM_FAIL, "the header is not what was signed, or another key signed it");
    else if (from_left)
        settle(judgement, BS_DKIM_POLICY, "there is a From field that is not signed (RFC 6376 section 8.15)");
    else
        settle(judgement, BS_DKIM_PASS, "the signature verifies");
}

/* Good signatures may still say too little, or something odd. */
static void check_cover(struct judgement *judgement, size_t place)
{
    const struct bs_dkim_signature *signature = judgement->signature;
    uint64_t total = judgement->facts->message->body.sums[place].total;
    if (judgement->result->code != BS_DKIM_PASS)
        return;
    if (signature->length < total)
        settle(judgement, BS_DKIM_POLICY, bs_arena_printf(judgement->arena, "the signature leaves %" PRIu64
               " bytes of the body uncovered (l=, RFC 6376 section 8.2)", total - signature->length));
    else if (signature->signed_at != BS_DKIM_NO_TIME &&
             signature->signed_at > judgement->facts->now + BS_DKIM_CLOCK_SKEW)
        settle(judgement, BS_DKIM_POLICY, "the signature is from the future (t=)");
}

static void try_record(struct judgement *judgement, struct bs_bytes text, size_t place)
{
    struct bs_dkim_key_record record;
    struct bs_error error;
    if (!bs_dkim_key_record_read(text, judgement->arena, &record)) {
        judgement->out_of_memory = true;
        return;
    }
    NOTE(judgement, "key record of %zu bytes%s", text.len, record.testing ? ", for testing (t=y)" : "");
    if (!check_record(judgement, &record))
        return;
    struct bs_public_key *key = bs_public_key_read(record.type, record.key, &error);
    if (!key) {
        settle(judgement, BS_DKIM_PERMERROR, bs_arena_printf(judgement->arena, "%s", error.text));
        return;
    }
    judgement->result->key_bits = bs_public_key_bits(key);
    NOTE(judgement, "%s key of %u bits", record.type == BS_KEY_RSA ? "RSA" : "Ed25519", judgement->result->key_bits);
    if (record.type == BS_KEY_RSA && judgement->result->key_bits < BS_DKIM_RSA_BITS_MIN &&
        !judgement->facts->message->allow_legacy)
        settle(judgement, BS_DKIM_POLICY,
               bs_arena_printf(judgement->arena, "the RSA key has %u bits; fewer than %d are refused (RFC 8301 "
                               "section 3.2)", judgement->result->key_bits, BS_DKIM_RSA_BITS_MIN));
    else if (++*judgement->verifications > BS_DKIM_VERIFICATIONS_MAX)
        settle(judgement, BS_DKIM_POLICY, too_many_keys);
    else
        verify_signature(judgement, key);
    bs_public_key_free(key);
    check_cover(judgement, place);
}

/* Whether a result tells more than the one from the record before: an error of a record tells least. */
static bool tells_more(enum bs_dkim_code code, enum bs_dkim_code before)
{
    return before == BS_DKIM_PERMERROR || code == BS_DKIM_PASS;
}

/* Several records are tried in turn until one verifies (section 6.1.2). */
static void try_records(struct judgement *judgement, const struct bs_dns_answer *answer, size_t place)
{
    struct bs_dkim_result best = *judgement->result;
    for (size_t i = 0; i < answer->count && i < BS_DKIM_KEY_RECORDS_MAX && !judgement->out_of_memory; i++) {
        struct bs_dkim_result *result = judgement->result;
        result->key_bits = 0;
        result->testing = false;
        try_record(judgement, answer->records[i].data, place);
        if (i == 0 || tells_more(result->code, best.code))
            best = *result;
        if (best.code == BS_DKIM_PASS)
            break;
    }
    const struct bs_dkim_note *notes = judgement->result->notes;
    *judgement->result = best;
    judgement->result->notes = notes;
}

static void check_key(struct judgement *judgement, const struct bs_dns_answer *answer, size_t place)
{
    judgement->result->secure = answer->secure;
    NOTE(judgement, "%.*s TXT: %s, %zu records%s", BS_BYTES_ARG(judgement->signature->key_name),
         bs_dns_status_name(answer->status), answer->count, answer->secure ? ", secured by DNSSEC" : "");
    if (bs_dns_failed(answer))
        settle(judgement, BS_DKIM_TEMPERROR, bs_arena_printf(judgement->arena, "the key could not be had from DNS: %s",
                                                             bs_dns_status_name(answer->status)));
    else if (answer->count == 0)
        settle(judgement, BS_DKIM_PERMERROR, "there is no key of this selector in DNS");
    else
        try_records(judgement, answer, place);
}

/* Judges one signature; leaves its result alone where the key is not known yet. */
static bool judge(const struct bs_dkim_facts *facts, size_t index, const struct bs_answers *known,
                  struct bs_arena *arena, struct bs_dkim_result *result, size_t *io_verifications,
                  struct bs_questions *missing)
{
    const struct bs_dkim_signature *signature = &facts->message->signatures[index];
    size_t place = facts->message->bodies[index];
    struct judgement judgement = {facts, signature, result, arena, &result->notes, io_verifications, false};
    result->signature = signature;
    if (check_field(&judgement) && check_body(&judgement, place)) {
        const struct bs_dns_answer *answer = bs_ask_dns(known, missing, signature->key_name, BS_DNS_TXT);
        if (answer)
            check_key(&judgement, answer, place);
    }
    return !judgement.out_of_memory;
}

enum bs_step bs_dkim_check(const struct bs_dkim_facts *facts, const struct bs_answers *known, struct bs_arena *arena,
                           struct bs_dkim_results *ret_results, struct bs_questions *ret_missing)
{
    const struct bs_dkim_message *message = facts->message;
    struct bs_dkim_result *results = bs_arena_take(arena, message->count * sizeof *results);
    size_t verifications = 0;
    *ret_results = (struct bs_dkim_results){results, message->count};
    ret_missing->count = 0;
    ret_missing->overflow = false;
    if (!results || message->body.failed || !message->body.finished)
        return BS_ERROR;
    for (size_t i = 0; i < message->count; i++) {
        if (!judge(facts, i, known, arena, &results[i], &verifications, ret_missing))
            return BS_ERROR;
    }
    return ret_missing->count > 0 || ret_missing->overflow ? BS_ASK : BS_DONE;
}
