/* SPDX-License-Identifier: BSD-2-Clause */
/* Canonical forms, seen through their hashes: what a field or a body hashes to is what its canonical text hashes to. */
#include "auth/dkim_body.h"
#include "auth/dkim_canonical.h"

#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void sum_of(struct bs_bytes text, unsigned char ret_sum[BS_DIGEST_MAX])
{
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    assert_non_null(digest);
    assert_true(bs_digest_update(digest, text));
    assert_true(bs_digest_sum(digest, ret_sum));
    bs_digest_free(digest);
}

static const struct {
    const char *name, *body;
    const char *relaxed;
} fields[] = {
    {"A", " X", "a:X\r\n"},                                  /* RFC 6376 section 3.4.5 */
    {"B ", " Y\t\r\n\tZ  ", "b:Y Z\r\n"},
    {"Subject", "", "subject:\r\n"},
    {"Subject", " \r\n ", "subject:\r\n"},
    {"SUBject", "\r\n  a  b\r\n c\t", "subject:a b c\r\n"},
    {"Subject", " a\rb", "subject:a\rb\r\n"},
    {"X", " \xc3\x84 b", "x:\xc3\x84 b\r\n"},
};

static void check_field(const struct bs_header_field *field, bool relaxed, const char *expected)
{
    unsigned char made[BS_DIGEST_MAX], wanted[BS_DIGEST_MAX];
    struct bs_dkim_sink sink;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    assert_non_null(digest);
    bs_dkim_sink_init(&sink, digest);
    bs_dkim_put_field(&sink, field, relaxed);
    assert_true(bs_dkim_sink_sum(&sink, made));
    sum_of(bs_bytes_from_cstr(expected), wanted);
    if (memcmp(made, wanted, sizeof made) != 0)
        fail_msg("%s is not %s", field->raw.ptr, expected);
    bs_digest_free(digest);
}

static void fields_have_their_canonical_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct bs_arena arena;
        struct bs_header header;
        char simple[64];
        bs_arena_init(&arena, 65536);
        bs_header_init(&header, &arena);
        bs_header_add(&header, bs_bytes_from_cstr(fields[i].name), bs_bytes_from_cstr(fields[i].body));
        bs_header_finish(&header);
        snprintf(simple, sizeof simple, "%s:%s\r\n", fields[i].name, fields[i].body);
        check_field(&header.fields[0], false, simple);
        check_field(&header.fields[0], true, fields[i].relaxed);
        bs_arena_reset(&arena);
    }
}

struct body_case {
    const char *body, *simple, *relaxed;
};

static const struct body_case bodies[] = {
    {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"}, /* RFC 6376 section 3.4.5 */
    {"", "\r\n", ""},
    {"\r\n", "\r\n", ""},
    {"\n\n\n", "\r\n", ""},
    {" \t", " \t\r\n", ""},
    {" \r\n\r\n", " \r\n", ""},
    {"a", "a\r\n", "a\r\n"},
    {"a\nb", "a\r\nb\r\n", "a\r\nb\r\n"},
    {"\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
    {"a\r\n \r\n\t\r\nb\r\n \r\n", "a\r\n \r\n\t\r\nb\r\n \r\n", "a\r\n\r\n\r\nb\r\n"},
    {"a\rb\r\r\nc\r", "a\rb\r\r\nc\r\r\n", "a\rb\r\r\nc\r\r\n"},
    {"a \rb \r\n", "a \rb \r\n", "a \rb\r\n"},
    {"a\t \t b\n", "a\t \t b\r\n", "a b\r\n"},
    {"\r\r", "\r\r\r\n", "\r\r\r\n"},
};

static void log_sums(struct bs_dkim_bodies *made, struct bs_strbuf *log)
{
    for (size_t i = 0; i < made->count; i++) {
        bs_strbuf_printf(log, "%llu ", (unsigned long long)made->sums[i].total);
        bs_strbuf_append(log, bs_bytes(made->sums[i].sum, bs_digest_size(made->sums[i].algorithm)));
    }
}

static void begin(void *state)
{
    struct bs_dkim_bodies *made = state;
    bs_dkim_bodies_free(made);
    bs_dkim_bodies_init(made);
    bs_dkim_bodies_want(made, BS_DIGEST_SHA256, false, BS_DKIM_WHOLE_BODY);
    bs_dkim_bodies_want(made, BS_DIGEST_SHA256, true, BS_DKIM_WHOLE_BODY);
    bs_dkim_bodies_want(made, BS_DIGEST_SHA1, true, 3);
    bs_dkim_bodies_want(made, BS_DIGEST_SHA256, false, 5);
    bs_dkim_bodies_want(made, BS_DIGEST_SHA256, false, 0);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_dkim_bodies *made = state;
    bs_dkim_bodies_push(made, input);
    if (last) {
        bs_dkim_bodies_finish(made);
        log_sums(made, log);
    }
    return input.len;
}

static void check_sum(const struct bs_dkim_body_sum *sum, const char *text, size_t length)
{
    unsigned char wanted[BS_DIGEST_MAX];
    sum_of(bs_bytes(text, length < strlen(text) ? length : strlen(text)), wanted);
    assert_int_equal(sum->total, strlen(text));
    assert_memory_equal(sum->sum, wanted, sizeof wanted);
}

static void bodies_have_their_canonical_forms_in_any_pieces(void **state)
{
    (void)state;
    struct bs_dkim_bodies made;
    struct feed feed = {begin, take, &made};
    bs_dkim_bodies_init(&made);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct bs_strbuf log, other;
        const char *way = feed_every_way(&feed, bs_bytes_from_cstr(bodies[i].body), &log, &other);
        if (way)
            fail_msg("body %zu: %s", i, way);
        bs_strbuf_free(&log);
        assert_false(made.failed);
        check_sum(&made.sums[0], bodies[i].simple, SIZE_MAX);
        check_sum(&made.sums[1], bodies[i].relaxed, SIZE_MAX);
        check_sum(&made.sums[3], bodies[i].simple, 5);
        check_sum(&made.sums[4], bodies[i].simple, 0);
    }
    bs_dkim_bodies_free(&made);
}

/* A body longer than all buffers, with lengths that end before, at and behind their borders. */
static void a_long_body_is_hashed_up_to_each_length(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {0, 1, 4095, 4096, 4097, 8192, 20000, BS_DKIM_WHOLE_BODY, 19999};
    static char body[20001];
    struct bs_dkim_bodies made;
    for (size_t i = 0; i < 20000; i++)
        body[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : (char)('a' + i % 26);
    for (size_t piece = 1; piece < 9000; piece = piece * 3 + 1) {
        bs_dkim_bodies_init(&made);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            assert_int_equal(bs_dkim_bodies_want(&made, BS_DIGEST_SHA256, i % 2, lengths[i]), i);
        for (size_t at = 0; at < 20000; at += piece)
            bs_dkim_bodies_push(&made, bs_bytes_first(bs_bytes(body + at, 20000 - at), piece));
        bs_dkim_bodies_finish(&made);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
            check_sum(&made.sums[i], body, lengths[i]);
        bs_dkim_bodies_free(&made);
    }
}

/* Mostly letters; now and then what the forms treat apart. */
static void make_body(uint32_t seed, char body[800])
{
    static const char odd[] = " \t\r\n  \r\n";
    uint32_t random = seed * 2654435761u + 1;
    for (size_t i = 0; i < 800; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t choice = random >> 16;
        body[i] = choice % (3 + seed % 60) == 0 ? odd[choice / 64 % (sizeof odd - 1)] : (char)('a' + choice % 26);
        if (i > 0 && choice % 97 == 0)
            memcpy(body + i - 1, "\r\n", 2);
    }
}

/* What comes byte by byte is looked at byte by byte, what comes at once in long runs. */
static void long_runs_are_taken_as_their_bytes_are(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 3000; seed++) {
        char body[800];
        struct bs_dkim_bodies whole, bytes;
        struct bs_strbuf first, second;
        make_body(seed, body);
        bs_strbuf_init(&first, 4096);
        bs_strbuf_init(&second, 4096);
        bs_dkim_bodies_init(&whole);
        bs_dkim_bodies_init(&bytes);
        begin(&whole);
        begin(&bytes);
        take(&whole, bs_bytes(body, sizeof body), true, &first);
        for (size_t i = 0; i < sizeof body; i++)
            take(&bytes, bs_bytes(body + i, 1), i + 1 == sizeof body, &second);
        if (!bs_bytes_equal(bs_strbuf_bytes(&first), bs_strbuf_bytes(&second)))
            fail_msg("body %u: %.*s", seed, (int)sizeof body, body);
        bs_dkim_bodies_free(&whole);
        bs_dkim_bodies_free(&bytes);
        bs_strbuf_free(&first);
        bs_strbuf_free(&second);
    }
}

static void the_same_hash_is_made_once_and_too_many_are_refused(void **state)
{
    (void)state;
    struct bs_dkim_bodies made;
    bs_dkim_bodies_init(&made);
    for (size_t i = 0; i < BS_DKIM_BODIES_MAX; i++) {
        assert_int_equal(bs_dkim_bodies_want(&made, BS_DIGEST_SHA256, true, i), i);
        assert_int_equal(bs_dkim_bodies_want(&made, BS_DIGEST_SHA256, true, i), i);
    }
    assert_int_equal(bs_dkim_bodies_want(&made, BS_DIGEST_SHA1, true, 0), BS_DKIM_BODIES_MAX);
    bs_dkim_bodies_free(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_have_their_canonical_forms),
        cmocka_unit_test(bodies_have_their_canonical_forms_in_any_pieces),
        cmocka_unit_test(a_long_body_is_hashed_up_to_each_length),
        cmocka_unit_test(long_runs_are_taken_as_their_bytes_are),
        cmocka_unit_test(the_same_hash_is_made_once_and_too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
