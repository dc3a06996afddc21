/* SPDX-License-Identifier: BSD-2-Clause */
/* DKIM signatures for one message; see dkim_signing.h. */
#include "engine/dkim_signing.h"

#include "auth/dkim_publication.h"
#include "auth/dkim_sign.h"
#include "message/author.h"

#include <stdlib.h>

static const char no_memory[] = "there is not enough memory";

struct bs_dkim_signing {
    const struct bs_signing_keys *all;
    int64_t now;
    struct bs_arena arena;
    struct bs_header header;
    bool header_ended, body_ended;
    const struct bs_signing_key *keys; /* of the author's domain */
    struct bs_dkim_bodies bodies;
    size_t body;                       /* place of the hash */
    bool is_signed;
    struct bs_dkim_signed made;
};

struct bs_dkim_signing *bs_dkim_signing_new(const struct bs_signing_keys *keys, int64_t now)
{
    struct bs_dkim_signing *signing = calloc(1, sizeof *signing);
    if (!signing)
        return NULL;
    signing->all = keys;
    signing->now = now;
    bs_arena_init(&signing->arena, BS_SIGNING_MEMORY);
    bs_header_init(&signing->header, &signing->arena);
    bs_dkim_bodies_init(&signing->bodies);
    return signing;
}

void bs_dkim_signing_free(struct bs_dkim_signing *signing)
{
    if (!signing)
        return;
    if (!signing->header_ended)
        bs_header_finish(&signing->header);
    bs_dkim_bodies_free(&signing->bodies);
    bs_arena_reset(&signing->arena);
    free(signing);
}

size_t bs_dkim_signing_weight(const struct bs_dkim_signing *signing)
{
    return sizeof *signing + signing->arena.used;
}

void bs_dkim_signing_header(struct bs_dkim_signing *signing, struct bs_bytes name, struct bs_bytes body)
{
    bs_header_add(&signing->header, name, body);
}

const struct bs_header *bs_dkim_signing_read_header(const struct bs_dkim_signing *signing)
{
    return &signing->header;
}

/* The keys of the first author's domain that has any. */
static const struct bs_signing_key *keys_of_author(struct bs_dkim_signing *signing)
{
    struct bs_author author;
    const struct bs_signing_key *keys = NULL;
    if (!bs_author_read(&signing->header, &signing->arena, &author))
        return NULL;
    for (size_t i = 0; i < author.domains.count && !keys; i++)
        keys = bs_signing_keys_find(signing->all, author.domains.items[i]);
    return keys;
}

void bs_dkim_signing_end_of_header(struct bs_dkim_signing *signing)
{
    if (signing->header_ended)
        return;
    signing->header_ended = true;
    bs_header_finish(&signing->header);
    signing->keys = keys_of_author(signing);
    if (signing->keys)
        signing->body = bs_dkim_sign_body(&signing->bodies);
}

bool bs_dkim_signing_wants_body(const struct bs_dkim_signing *signing)
{
    return signing->keys != NULL;
}

void bs_dkim_signing_body(struct bs_dkim_signing *signing, struct bs_bytes chunk)
{
    if (signing->keys)
        bs_dkim_bodies_push(&signing->bodies, chunk);
}

void bs_dkim_signing_end_of_body(struct bs_dkim_signing *signing)
{
    if (signing->keys && !signing->body_ended)
        bs_dkim_bodies_finish(&signing->bodies);
    signing->body_ended = true;
}

/* Why the key may not sign, or NULL. */
static const char *is_invisible(struct bs_dkim_signing *signing, const struct bs_dns_answer *answer,
                                const struct bs_signing_key *key)
{
    struct bs_dkim_publication publication;
    const struct bs_dkim_public_half half = {bs_private_key_type(key->key), key->public_half};
    if (!bs_dkim_publication_read(answer, &half, &signing->arena, &publication))
        return no_memory;
    if (publication.code == BS_DKIM_PUBLISHED || publication.code == BS_DKIM_UNANSWERED)
        return NULL;
    const char *why = bs_arena_printf(&signing->arena, "%s: %s; see backstop dkim check",
                                      bs_dkim_publication_name(publication.code), publication.reason);
    return why ? why : no_memory;
}

static const char *sign_with(struct bs_dkim_signing *signing, const struct bs_signing_key *key)
{
    struct bs_strbuf field;
    struct bs_error error;
    const struct bs_dkim_signer signer = {
        .key = key->key, .domain = key->domain, .selector = key->selector, .now = signing->now, .bare_lf = true,
        .may_be_completed = true};
    bs_strbuf_init(&field, BS_DKIM_SIGNED_SIZE_MAX);
    if (!bs_dkim_sign(&signer, &signing->header, &signing->bodies.sums[signing->body], &field, &error)) {
        bs_strbuf_free(&field);
        const char *why = bs_arena_printf(&signing->arena, "%s", error.text);
        return why ? why : no_memory;
    }
    struct bs_bytes text = bs_strbuf_bytes(&field);
    struct bs_bytes value = bs_bytes_trim(bs_bytes_skip(text, bs_bytes_find(text, ':') + 1));
    struct bs_bytes *made = &signing->made.values[signing->made.count];
    *made = bs_arena_copy(&signing->arena, value);
    bs_strbuf_free(&field);
    if (!made->ptr)
        return no_memory;
    signing->made.keys_used[signing->made.count++] = key;
    return NULL;
}

static void sign(struct bs_dkim_signing *signing, const struct bs_answers *known, struct bs_questions *missing)
{
    size_t count = 0;
    signing->is_signed = true;
    for (const struct bs_signing_key *key = signing->keys; key && count < BS_SIGNATURES_MADE_MAX; key = key->next) {
        const struct bs_dns_answer *answer = bs_ask_dns(known, missing, key->name, BS_DNS_TXT);
        const char *why = signing->bodies.failed ? "the crypto library failed" : is_invisible(signing, answer, key);
        if (!why)
            why = sign_with(signing, key);
        if (why)
            signing->made.missing[signing->made.missing_count++] = (struct bs_unsigned){key, why};
        count++;
    }
}

enum bs_step bs_dkim_signing_run(struct bs_dkim_signing *signing, const struct bs_answers *known,
                                 struct bs_dkim_signed *ret_signed, struct bs_questions *ret_missing)
{
    size_t before = ret_missing->count, count = 0;
    for (const struct bs_signing_key *key = signing->keys; key && count < BS_SIGNATURES_MADE_MAX; key = key->next) {
        bs_ask_dns(known, ret_missing, key->name, BS_DNS_TXT);
        count++;
    }
    if (ret_missing->count > before || !signing->body_ended)
        return BS_ASK;
    if (!signing->is_signed)
        sign(signing, known, ret_missing);
    *ret_signed = signing->made;
    return BS_DONE;
}
