/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying DKIM signatures; see dkim.h. */
#include "auth/dkim.h"

static const char too_many[] = "there are more signatures than are tried";
static const char incomplete[] = "the header is larger than what is judged";

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

void bs_dkim_ask(const struct bs_dkim_facts *facts, const struct bs_answers *known, struct bs_questions *io_missing)
{
    for (size_t i = 0; i < facts->message->count; i++) {
        const struct bs_dkim_signature *signature = &facts->message->signatures[i];
        if (signature->code == BS_DKIM_PASS && !bs_dkim_has_expired(signature, facts->now))
            bs_ask_dns(known, io_missing, signature->key_name, BS_DNS_TXT);
    }
}

/* Judges one signature; leaves its result alone where the key is not known yet. */
static bool judge(const struct bs_dkim_facts *facts, size_t index, const struct bs_answers *known,
                  struct bs_arena *arena, struct bs_dkim_result *result, size_t *io_verifications,
                  struct bs_questions *missing)
{
    const struct bs_dkim_signature *signature = &facts->message->signatures[index];
    struct bs_dkim_trial trial = {
        .signature = signature,
        .body = &facts->message->body.sums[facts->message->bodies[index]],
        .now = facts->now,
        .allow_legacy = facts->message->allow_legacy,
        .explain = facts->explain,
        .arena = arena,
        .result = result,
        .next_note = &result->notes,
        .verifications = io_verifications,
        .verifications_max = BS_DKIM_VERIFICATIONS_MAX,
        .keys = facts->message->keys,
    };
    unsigned char sum[BS_DIGEST_MAX];
    result->signature = signature;
    if (bs_dkim_try_field(&trial) && bs_dkim_try_body(&trial)) {
        const struct bs_dns_answer *answer = bs_ask_dns(known, missing, signature->key_name, BS_DNS_TXT);
        if (answer && bs_dkim_try_answer(&trial, answer) &&
            bs_dkim_try_header(&trial, facts->message->header, sum) && bs_dkim_try_keys(&trial, answer, sum))
            bs_dkim_try_cover(&trial);
    }
    return !trial.out_of_memory;
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
