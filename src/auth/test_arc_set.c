/* SPDX-License-Identifier: BSD-2-Clause */
/* Which headers hold a chain that is whole, and what is said of those that do not. */
#include "auth/arc.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { TEXT_MAX = 1 << 20 };

#define A16 "AAAAAAAAAAAAAAAA"
#define B64 A16 A16 A16 A16 A16 "AAAAAA==" /* as long as an Ed25519 signature */
#define BH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define AAR(i) "ARC-Authentication-Results: i=" i "; mx.example; spf=pass\r\n"
#define AMS(i) "ARC-Message-Signature: i=" i "; a=ed25519-sha256; d=a.example; s=s; h=From; bh=" BH "; b=" B64 "\r\n"
#define AS(i, cv) "ARC-Seal: i=" i "; a=ed25519-sha256; cv=" cv "; d=a.example; s=s; b=" B64 "\r\n"
#define SET(i, cv) AS(i, cv) AMS(i) AAR(i)

static void read_sets(const char *text, struct bs_arena *arena, struct bs_header *header, struct bs_arc_sets *sets)
{
    bs_arena_init(arena, 16 << 20);
    bs_header_init(header, arena);
    bs_header_push(header, bs_bytes_from_cstr(text));
    bs_header_finish(header);
    assert_true(bs_arc_sets_read(header, arena, sets));
}

static const struct {
    const char *header;
    const char *reason; /* NULL: nothing is wrong */
} cases[] = {
    {"From: a\r\n", NULL},
    {SET("1", "none"), NULL},
    {AAR("1") AS("1", "none") AMS("1"), NULL}, /* in any order */
    {SET("1", "none") SET("2", "pass"), NULL},
    {SET("2", "pass") SET("3", "pass") SET("1", "none"), NULL},
    {SET("01", "NONE") SET("02", "Pass"), NULL},
    {"arc-seal : i=1; a=ed25519-sha256; cv=none; d=a.example; s=s; b=" B64 "\r\n" AMS("1") AAR("1"), NULL},
    {AMS("1") AAR("1"), "i=1 has no ARC-Seal (RFC 8617 section 5.2 step 3A)"},
    {AS("1", "none") AAR("1"), "i=1 has no ARC-Message-Signature (RFC 8617 section 5.2 step 3A)"},
    {AS("1", "none") AMS("1"), "i=1 has no ARC-Authentication-Results (RFC 8617 section 5.2 step 3A)"},
    {SET("1", "none") AS("1", "none"), "i=1 has more than one ARC-Seal (RFC 8617 section 5.2 step 3A)"},
    {SET("1", "none") AMS("1"), "i=1 has more than one ARC-Message-Signature (RFC 8617 section 5.2 step 3A)"},
    {SET("1", "none") AAR("1"), "i=1 has more than one ARC-Authentication-Results (RFC 8617 section 5.2 step 3A)"},
    {SET("2", "pass"), "there is no i=1 (RFC 8617 section 5.2 step 3B)"},
    {SET("3", "pass") SET("1", "none"), "there is no i=2 (RFC 8617 section 5.2 step 3B)"},
    {SET("1", "pass"), "i=1 has cv=pass, not cv=none (RFC 8617 section 5.2 step 3C)"},
    {SET("1", "none") SET("2", "none"), "i=2 has cv=none, not cv=pass (RFC 8617 section 5.2 step 3C)"},
    {SET("1", "fail") SET("2", "pass"), "i=1 has cv=fail, not cv=none (RFC 8617 section 5.2 step 3C)"},
    {SET("1", "none") SET("2", "fail"),
     "the last sealer, i=2, found the chain broken: cv=fail (RFC 8617 section 5.2 step 2)"},
    {SET("1", "nothing"), "i=1 ARC-Seal: cv= is none of none, pass and fail (RFC 8617 section 4.1.3)"},
    {SET("1", "none; h=From"), "i=1 ARC-Seal: it has an h= (RFC 8617 section 4.1.3)"},
    {AS("1", "none") AMS("1") "ARC-Authentication-Results: mx.example; i=1; spf=pass\r\n",
     "an ARC-Authentication-Results does not begin with an instance (RFC 8617 section 4.1.1)"},
    {AS("1", "none") AMS("1") "ARC-Authentication-Results: i=1; a\x01; spf=pass\r\n",
     "an ARC-Authentication-Results holds control characters"},
    {SET("0", "none"), "an ARC-Seal has no instance: i= is no instance from 1 to 50 (RFC 8617 section 4.2.1)"},
    {SET("51", "none"), "an ARC-Seal has no instance: i= is no instance from 1 to 50 (RFC 8617 section 4.2.1)"},
    {SET("001", "none"), "an ARC-Seal has no instance: i= is no instance from 1 to 50 (RFC 8617 section 4.2.1)"},
    {"ARC-Seal: i=1; i=2\r\n", "an ARC-Seal has no instance: i= is there twice"},
    {"ARC-Seal: x\r\n", "an ARC-Seal has no instance: tag 1 has no \"=\""},
};

static void a_chain_is_whole_or_it_is_said_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_arena arena;
        struct bs_header header;
        struct bs_arc_sets sets;
        read_sets(cases[i].header, &arena, &header, &sets);
        if (cases[i].reason)
            assert_string_equal(sets.reason, cases[i].reason);
        else
            assert_null(sets.reason);
        bs_arena_reset(&arena);
    }
}

static const struct {
    const char *body;
    unsigned instance;
    const char *results;
} results[] = {
    {" i=1; mx.example; none", 1, "mx.example; none"},
    {"i=50;mx.example;none \r\n\t", 50, "mx.example;none"},
    {" (a (nested\\) one)) i\r\n (b)=\r\n\t2 (c) ;\r\n mx.example; none", 2, "mx.example; none"},
    {" i=07;", 7, ""},
    {" i=51; mx", 0, NULL},
    {" i=0; mx", 0, NULL},
    {" i=; mx", 0, NULL},
    {" i=1 mx", 0, NULL},
    {" i=1", 0, NULL},
    {" I=1; mx", 0, NULL}, /* the grammar says %s"i" */
    {" i=1x; mx", 0, NULL},
    {" (i=1; mx", 0, NULL},
    {" i=1 (; mx", 0, NULL},
    {" \\i=1; mx", 0, NULL},
    {"", 0, NULL},
};

static void results_begin_with_an_instance_that_comments_may_surround(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct bs_bytes found;
        assert_int_equal(bs_arc_results_read(bs_bytes_from_cstr(results[i].body), &found), results[i].instance);
        if (results[i].results)
            assert_true(bs_bytes_equal(found, bs_bytes_from_cstr(results[i].results)));
    }
}

/* A chain of so many sets, the highest first. */
static const char *chain_of(unsigned count, struct bs_strbuf *text)
{
    bs_strbuf_init(text, TEXT_MAX);
    for (unsigned i = count; i > 0; i--)
        bs_strbuf_printf(text,
                         "ARC-Seal: i=%u; a=ed25519-sha256; cv=%s; d=a.example; s=s%u; b=" B64 "\r\n"
                         "ARC-Message-Signature: i=%u; a=ed25519-sha256; d=a.example; s=m%u; h=From; l=%u; bh=" BH
                         "; b=" B64 "\r\nARC-Authentication-Results: i=%u; mx.example; none\r\n",
                         i, i == 1 ? "none" : "pass", i, i, i, i, i);
    assert_false(text->failed);
    return bs_strbuf_cstr(text);
}

static void a_chain_has_50_sets_at_most_and_20_are_tried(void **state)
{
    static const struct {
        unsigned count, highest;
        const char *reason;
    } lengths[] = {
        {20, 20, NULL},
        {21, 21, "the chain has 21 sets; no more than 20 are tried"},
        {50, 50, "the chain has 50 sets; no more than 20 are tried"},
        {51, 50, "there are more than 50 sets (RFC 8617 section 5.2 step 1)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct bs_arena arena;
        struct bs_header header;
        struct bs_arc_sets sets;
        struct bs_strbuf text;
        read_sets(chain_of(lengths[i].count, &text), &arena, &header, &sets);
        if (lengths[i].reason)
            assert_string_equal(sets.reason, lengths[i].reason);
        else
            assert_null(sets.reason);
        assert_int_equal(sets.highest, lengths[i].highest);
        bs_strbuf_free(&text);
        bs_arena_reset(&arena);
    }
}

/* Whether a set is whole whose field of this beginning is `size` bytes long. */
static bool is_read(const char *others, const char *beginning, const char *end, size_t size)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_arc_sets sets;
    struct bs_strbuf text;
    bs_strbuf_init(&text, TEXT_MAX);
    bs_strbuf_append_cstr(&text, beginning);
    while (text.len + strlen(end) < size)
        bs_strbuf_append_char(&text, 'x');
    bs_strbuf_printf(&text, "%s\r\n%s", end, others);
    read_sets(bs_strbuf_cstr(&text), &arena, &header, &sets);
    assert_int_equal(header.fields[0].raw.len, size);
    bool read = !sets.reason;
    bs_strbuf_free(&text);
    bs_arena_reset(&arena);
    return read;
}

static void fields_have_a_greatest_size(void **state)
{
    static const char seal[] = "ARC-Seal: i=1; a=ed25519-sha256; cv=none; d=a.example; s=s; b=" B64 "; x=";
    static const char aar[] = "ARC-Authentication-Results: i=1; mx.example; none (";
    (void)state;
    assert_true(is_read(AS("1", "none") AMS("1"), aar, ")", BS_ARC_RESULTS_SIZE_MAX));
    assert_false(is_read(AS("1", "none") AMS("1"), aar, ")", BS_ARC_RESULTS_SIZE_MAX + 1));
    assert_true(is_read(AAR("1") AMS("1"), seal, "", BS_DKIM_SIGNATURE_SIZE_MAX));
    assert_false(is_read(AAR("1") AMS("1"), seal, "", BS_DKIM_SIGNATURE_SIZE_MAX + 1));
}

static void a_header_with_fields_that_were_dropped_fails(void **state)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_arc_sets sets;
    struct bs_strbuf text;
    (void)state;
    bs_strbuf_init(&text, TEXT_MAX);
    bs_strbuf_append_cstr(&text, SET("1", "none"));
    for (int i = 0; i < BS_HEADER_FIELDS_MAX; i++)
        bs_strbuf_append_cstr(&text, "X: y\r\n");
    read_sets(bs_strbuf_cstr(&text), &arena, &header, &sets);
    assert_string_equal(sets.reason, "the header is larger than what is judged");
    bs_strbuf_free(&text);
    bs_arena_reset(&arena);
}

/* Twenty sets want twenty body hashes and forty keys. */
static void body_hashes_and_keys_are_asked_for_up_to_their_limits_from_the_last_set_on(void **state)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_strbuf text;
    struct bs_dkim_bodies bodies;
    struct bs_arc_chain chain;
    struct bs_answers known;
    struct bs_questions missing = {.count = 0};
    struct bs_arc_facts facts = {&chain, 0, false};
    (void)state;
    bs_arena_init(&arena, 16 << 20);
    bs_header_init(&header, &arena);
    bs_header_push(&header, bs_bytes_from_cstr(chain_of(BS_ARC_SETS_TRIED_MAX, &text)));
    bs_header_finish(&header);
    bs_dkim_bodies_init(&bodies);
    for (uint64_t i = 0; i < BS_DKIM_SIGNATURES_TRIED_MAX; i++)
        bs_dkim_bodies_want(&bodies, BS_DIGEST_SHA256, true, i);
    assert_true(bs_arc_begin(&chain, &header, &bodies, false, &arena));
    for (size_t i = 0; i < BS_ARC_SETS_TRIED_MAX; i++)
        assert_int_equal(chain.places[i] != BS_DKIM_BODIES_MAX, i >= BS_ARC_SETS_TRIED_MAX - BS_ARC_BODIES_MAX);
    assert_int_not_equal(bs_dkim_bodies_want(&bodies, BS_DIGEST_SHA256, true, BS_DKIM_WHOLE_BODY), BS_DKIM_BODIES_MAX);
    bs_answers_init(&known, &arena);
    bs_arc_ask(&facts, &known, &missing);
    assert_int_equal(missing.count, BS_ARC_KEYS_MAX);
    assert_true(bs_bytes_equal(missing.items[0].name, BS_LITERAL("m20._domainkey.a.example")));
    assert_true(bs_bytes_equal(missing.items[1].name, BS_LITERAL("s20._domainkey.a.example")));
    assert_true(bs_bytes_equal(missing.items[20].name, BS_LITERAL("s1._domainkey.a.example")));
    assert_true(bs_bytes_equal(missing.items[23].name, BS_LITERAL("m17._domainkey.a.example")));
    bs_dkim_bodies_free(&bodies);
    bs_strbuf_free(&text);
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_whole_or_it_is_said_what_is_wrong),
        cmocka_unit_test(results_begin_with_an_instance_that_comments_may_surround),
        cmocka_unit_test(a_chain_has_50_sets_at_most_and_20_are_tried),
        cmocka_unit_test(fields_have_a_greatest_size),
        cmocka_unit_test(a_header_with_fields_that_were_dropped_fails),
        cmocka_unit_test(body_hashes_and_keys_are_asked_for_up_to_their_limits_from_the_last_set_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
