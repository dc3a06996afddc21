/* SPDX-License-Identifier: BSD-2-Clause */
/* Envelopes and what should become of them; see kinds.h. */
#include "kinds.h"

#include <stdio.h>
#include <time.h>

enum { TAG_LIFETIME = 7, MEMORY = 4096 };

const char *bench_kind_name(enum bench_kind kind)
{
    static const char *const names[] = {"ordinary", "outgoing", "forged-untagged", "forged-tag", "genuine",
                                        "given"};
    return names[kind];
}

const char *bench_outcome_name(enum bench_outcome outcome)
{
    static const char *const names[] = {"accepted", "signed", "refused-at-rcpt", "refused-at-end", "other"};
    return names[outcome];
}

enum bench_set bench_set_of(enum bench_kind kind)
{
    if (kind == BENCH_GIVEN)
        return BENCH_SET_GIVEN;
    return kind >= BENCH_FORGED_UNTAGGED ? BENCH_SET_BOUNCES : BENCH_SET_MAIL;
}

static bool put(char *to, const char *format, const char *first, unsigned user, const char *domain)
{
    return snprintf(to, BENCH_ADDRESS_MAX, format, first, user, domain) < BENCH_ADDRESS_MAX;
}

/* The tagged address of a user; with brackets. */
static bool put_tagged(const struct bench_identity *identity, unsigned user, char *to)
{
    char plain[BENCH_ADDRESS_MAX];
    struct bs_arena arena;
    struct bs_address address;
    struct bs_bytes tagged = {NULL, 0};
    bs_arena_init(&arena, MEMORY);
    bool good = put(plain, "<%s%u@%s>", "user", user, identity->domain) &&
                bs_path_parse(bs_bytes_from_cstr(plain), &arena, &address) &&
                identity->keys.by_digit[identity->keys.signing_digit];
    if (good)
        tagged = bs_batv_sign(&identity->keys, &address, time(NULL), TAG_LIFETIME, &arena);
    good = tagged.ptr && snprintf(to, BENCH_ADDRESS_MAX, "<%.*s>", BS_BYTES_ARG(tagged)) < BENCH_ADDRESS_MAX;
    bs_arena_reset(&arena);
    return good;
}

bool bench_envelope_make(const struct bench_identity *identity, enum bench_kind kind, unsigned user,
                         struct bench_envelope *ret_envelope)
{
    struct bench_envelope *envelope = ret_envelope;
    *envelope = (struct bench_envelope){.sender = "<>"};
    switch (kind) {
    case BENCH_ORDINARY:
        return put(envelope->sender, "<%s%u@%s>", "somebody", user, "elsewhere.example") &&
               put(envelope->recipient, "<%s%u@%s>", "user", user, identity->domain);
    case BENCH_OUTGOING:
        return put(envelope->sender, "<%s%u@%s>", "user", user, identity->domain) &&
               put(envelope->recipient, "<%s%u@%s>", "somebody", user, "elsewhere.example") &&
               put(envelope->login, "%s%u@%s", "user", user, identity->domain);
    case BENCH_FORGED_TAG:
        return put(envelope->recipient, "<%s%u@%s>", "prvs=0999ffffff=user", user, identity->domain);
    case BENCH_GENUINE:
        return put_tagged(identity, user, envelope->recipient);
    case BENCH_FORGED_UNTAGGED:
    case BENCH_GIVEN:
    case BENCH_KINDS:
        break;
    }
    return put(envelope->recipient, "<%s%u@%s>", "user", user, identity->domain);
}

static bool is_valid_tag(const struct bench_identity *identity, const struct bs_address *tagged, unsigned user,
                         struct bs_arena *arena)
{
    struct bs_batv_verdict verdict = bs_batv_verify(&identity->keys, tagged, time(NULL), arena);
    char local[BENCH_ADDRESS_MAX];
    snprintf(local, sizeof local, "user%u", user);
    return verdict.result == BS_BATV_VALID && bs_bytes_equal(verdict.original.local, bs_bytes_from_cstr(local)) &&
           bs_bytes_equal(verdict.original.domain, bs_bytes_from_cstr(identity->domain));
}

bool bench_is_signed(const struct bench_identity *identity, struct bs_bytes path, unsigned user,
                     enum bench_expectation expectation)
{
    struct bs_arena arena;
    struct bs_address address;
    bs_arena_init(&arena, MEMORY);
    bool good = bs_path_parse(path, &arena, &address) && bs_batv_is_tagged(&address);
    if (good && expectation == BENCH_EXPECT_GATE)
        good = is_valid_tag(identity, &address, user, &arena);
    bs_arena_reset(&arena);
    return good;
}

enum bench_outcome bench_expected(enum bench_expectation expectation, enum bench_kind kind)
{
    static const enum bench_outcome of_a_gate[BENCH_KINDS] = {
        [BENCH_ORDINARY] = BENCH_ACCEPTED,
        [BENCH_OUTGOING] = BENCH_SIGNED,
        [BENCH_FORGED_UNTAGGED] = BENCH_REFUSED_MESSAGE,
        [BENCH_FORGED_TAG] = BENCH_REFUSED_RECIPIENT,
        [BENCH_GENUINE] = BENCH_ACCEPTED,
        [BENCH_GIVEN] = BENCH_ACCEPTED,
    };
    return expectation >= BENCH_EXPECT_NOTHING ? BENCH_ACCEPTED : of_a_gate[kind];
}
