/* SPDX-License-Identifier: BSD-2-Clause */
/* Our own signatures on returned headers: found and verified without a body and without DNS. */
#include "auth/dkim_returned.h"

#include "auth/dkim_canonical.h"
#include "auth/dkim_sign.h"
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1787313600, KEYS = 2 };

static struct {
    struct bs_private_key *private[KEYS];
    unsigned char public[KEYS][BS_PUBLIC_KEY_DER_MAX];
    struct bs_dkim_own_key own[KEYS];
    struct bs_dkim_own_keys all;
} keys;

static int make_keys(void **state)
{
    (void)state;
    static const char *const names[KEYS] = {"rsa._domainkey.example.com", "ed._domainkey.example.com"};
    keys.private[0] = bs_private_key_make(BS_KEY_RSA, 2048);
    keys.private[1] = bs_private_key_make(BS_KEY_ED25519, 0);
    for (size_t i = 0; i < KEYS; i++) {
        size_t size;
        if (!keys.private[i] || !bs_private_key_public(keys.private[i], keys.public[i], &size))
            return 1;
        keys.own[i] = (struct bs_dkim_own_key){
            bs_bytes_from_cstr(names[i]), {bs_private_key_type(keys.private[i]), bs_bytes(keys.public[i], size)}};
    }
    keys.all = (struct bs_dkim_own_keys){.items = keys.own, .count = KEYS};
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        bs_private_key_free(keys.private[i]);
    return 0;
}

static void read_header(struct bs_bytes text, struct bs_arena *arena, struct bs_header *header)
{
    bs_arena_init(arena, 8 << 20);
    bs_header_init(header, arena);
    bs_header_push(header, text);
    bs_header_finish(header);
}

#define HEADER                                                                                                         \
    "From: Ann <ann@example.com>\r\nTo: x@example.net\r\nSubject: Hello  there\r\n"                                    \
    "Date: Fri, 21 Aug 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"

/* Appends a signature of the key over HEADER and some body. */
static void sign(size_t key, struct bs_strbuf *text)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_bodies bodies;
    struct bs_error error;
    struct bs_dkim_signer signer = {
        .key = keys.private[key],
        .domain = BS_LITERAL("example.com"),
        .selector = key == 0 ? BS_LITERAL("rsa") : BS_LITERAL("ed"),
        .now = NOW,
    };
    read_header(BS_LITERAL(HEADER), &arena, &header);
    bs_dkim_bodies_init(&bodies);
    size_t place = bs_dkim_sign_body(&bodies);
    bs_dkim_bodies_push(&bodies, BS_LITERAL("A body that is not returned.\r\n"));
    bs_dkim_bodies_finish(&bodies);
    assert_true(bs_dkim_sign(&signer, &header, &bodies.sums[place], text, &error));
    bs_strbuf_append_cstr(text, "\r\n");
    bs_dkim_bodies_free(&bodies);
    bs_arena_reset(&arena);
}

struct judged {
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_returned_results results;
};

static void judge(struct bs_bytes text, const struct bs_dkim_own_keys *with, struct judged *judged)
{
    read_header(text, &judged->arena, &judged->header);
    assert_true(bs_dkim_returned_check(&judged->header, with, &judged->arena, &judged->results));
}

static void a_signature_of_either_key_holds_under_fields_that_came_on_the_way(void **state)
{
    (void)state;
    for (size_t key = 0; key < KEYS; key++) {
        struct bs_strbuf text;
        struct judged judged;
        bs_strbuf_init(&text, 65536);
        bs_strbuf_append_cstr(&text, "Return-Path: <prvs=x@example.com>\r\nReceived: from a by b; today\r\n");
        sign(key, &text);
        bs_strbuf_append_cstr(&text, HEADER "X-Spam: no\r\n");
        judge(bs_strbuf_bytes(&text), &keys.all, &judged);
        assert_int_equal(judged.results.count, 1);
        const struct bs_dkim_returned *returned = &judged.results.items[0];
        assert_int_equal(returned->code, BS_DKIM_RETURNED_HOLDS);
        assert_int_equal(returned->signed_at, NOW);
        assert_non_null(returned->from);
        assert_true(bs_bytes_contains_nocase(returned->from->body, BS_LITERAL("ann@example.com")));
        bs_arena_reset(&judged.arena);
        bs_strbuf_free(&text);
    }
}

static void the_cache_of_keys_changes_no_result(void **state)
{
    (void)state;
    struct bs_strbuf text;
    struct judged judged;
    struct bs_dkim_own_keys cached = keys.all;
    cached.cache = bs_key_cache_new();
    bs_strbuf_init(&text, 65536);
    sign(0, &text);
    sign(1, &text);
    bs_strbuf_append_cstr(&text, HEADER);
    for (int round = 0; round < 2; round++) {
        judge(bs_strbuf_bytes(&text), &cached, &judged);
        assert_int_equal(judged.results.count, 2);
        assert_int_equal(judged.results.items[0].code, BS_DKIM_RETURNED_HOLDS);
        assert_int_equal(judged.results.items[1].code, BS_DKIM_RETURNED_HOLDS);
        bs_arena_reset(&judged.arena);
    }
    bs_strbuf_free(&text);
    bs_key_cache_free(cached.cache);
}

static void a_header_that_was_changed_does_not_hold(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "From: Bob <bob@example.com>\r\nTo: x@example.net\r\nSubject: Hello  there\r\n"
        "Date: Fri, 21 Aug 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n",
        HEADER "From: bob@example.com\r\n",
        "From: bob@example.com\r\n" HEADER,
        HEADER "Subject: another\r\n",
        "To: x@example.net\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_strbuf text;
        struct judged judged;
        bs_strbuf_init(&text, 65536);
        sign(1, &text);
        bs_strbuf_append_cstr(&text, cases[i]);
        judge(bs_strbuf_bytes(&text), &keys.all, &judged);
        assert_int_equal(judged.results.count, 1);
        assert_int_equal(judged.results.items[0].code, BS_DKIM_RETURNED_BROKEN);
        bs_arena_reset(&judged.arena);
        bs_strbuf_free(&text);
    }
}

static void signatures_of_others_are_passed_over(void **state)
{
    (void)state;
    struct bs_strbuf text;
    struct judged judged;
    struct bs_dkim_own_keys only_rsa = {.items = keys.own, .count = 1};
    bs_strbuf_init(&text, 65536);
    bs_strbuf_append_cstr(&text, "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=rsa; h=from; bh=AAAA; b=AAAA\r\n"
                                 "DKIM-Signature: rubbish\r\n");
    sign(1, &text);
    bs_strbuf_append_cstr(&text, HEADER);
    judge(bs_strbuf_bytes(&text), &only_rsa, &judged);
    assert_int_equal(judged.results.count, 0);
    assert_false(judged.results.more);
    bs_arena_reset(&judged.arena);
    bs_strbuf_free(&text);
}

static void a_key_of_ours_that_did_not_sign_is_broken_and_a_bad_field_is_not_read(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        enum bs_dkim_returned_code code;
    } cases[] = {
        {"DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=ed; h=from; bh="
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n", BS_DKIM_RETURNED_BROKEN},
        {"DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=ed; h=from; bh="
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b="
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\n", BS_DKIM_RETURNED_BROKEN},
        {"DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=ed; h=to; bh="
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n", BS_DKIM_RETURNED_UNREADABLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        struct judged judged;
        snprintf(text, sizeof text, "%s" HEADER, cases[i].field);
        judge(bs_bytes_from_cstr(text), &keys.all, &judged);
        assert_int_equal(judged.results.count, 1);
        assert_int_equal(judged.results.items[0].code, cases[i].code);
        bs_arena_reset(&judged.arena);
    }
}

static void eight_signatures_in_our_name_are_tried(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct bs_strbuf text;
        struct judged judged;
        bs_strbuf_init(&text, 1 << 20);
        for (size_t i = 0; i < BS_DKIM_RETURNED_MAX + extra; i++)
            sign(1, &text);
        bs_strbuf_append_cstr(&text, HEADER);
        judge(bs_strbuf_bytes(&text), &keys.all, &judged);
        assert_int_equal(judged.results.count, BS_DKIM_RETURNED_MAX);
        assert_int_equal(judged.results.more, extra > 0);
        bs_arena_reset(&judged.arena);
        bs_strbuf_free(&text);
    }
}

/* A signature without t= over From and, if so said, Date, as other signers may make them, with HEADER behind it. */
static void sign_without_time(bool date, struct bs_strbuf *text)
{
    static const unsigned from_at = 0, date_at = 3;
    struct bs_arena arena;
    struct bs_header header, own;
    struct bs_dkim_sink sink;
    unsigned char sum[BS_DIGEST_MAX], signature[BS_SIGNATURE_MAX];
    char encoded[BS_BASE64_ENCODED(BS_ED25519_SIGNATURE) + 1];
    size_t size;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    bs_strbuf_printf(text, "DKIM-Signature: v=1; a=ed25519-sha256; c=simple; d=example.com; s=ed; h=from%s; "
                     "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=", date ? ":date" : "");
    read_header(BS_LITERAL(HEADER), &arena, &header);
    bs_dkim_sink_init(&sink, digest);
    bs_dkim_put_field(&sink, &header.fields[from_at], false);
    if (date)
        bs_dkim_put_field(&sink, &header.fields[date_at], false);
    bs_header_init(&own, &arena);
    bs_header_push(&own, bs_strbuf_bytes(text));
    bs_header_finish(&own);
    bs_dkim_put_field(&sink, &own.fields[0], false);
    sink.held -= 2; /* without the CRLF */
    assert_true(bs_dkim_sink_sum(&sink, sum));
    assert_true(bs_private_key_sign(keys.private[1], sum, signature, &size));
    bs_base64_encode(bs_bytes(signature, size), encoded);
    bs_strbuf_printf(text, "%s\r\n" HEADER, encoded);
    bs_digest_free(digest);
    bs_arena_reset(&arena);
}

static void the_date_that_is_signed_stands_in_for_a_missing_time(void **state)
{
    (void)state;
    for (int date = 0; date < 2; date++) {
        struct bs_strbuf text;
        struct judged judged;
        bs_strbuf_init(&text, 65536);
        sign_without_time(date, &text);
        judge(bs_strbuf_bytes(&text), &keys.all, &judged);
        assert_int_equal(judged.results.count, 1);
        assert_int_equal(judged.results.items[0].code, BS_DKIM_RETURNED_HOLDS);
        assert_int_equal(judged.results.items[0].signed_at, date ? NOW : BS_DKIM_NO_TIME);
        bs_arena_reset(&judged.arena);
        bs_strbuf_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_of_either_key_holds_under_fields_that_came_on_the_way),
        cmocka_unit_test(the_cache_of_keys_changes_no_result),
        cmocka_unit_test(a_header_that_was_changed_does_not_hold),
        cmocka_unit_test(signatures_of_others_are_passed_over),
        cmocka_unit_test(a_key_of_ours_that_did_not_sign_is_broken_and_a_bad_field_is_not_read),
        cmocka_unit_test(eight_signatures_in_our_name_are_tried),
        cmocka_unit_test(the_date_that_is_signed_stands_in_for_a_missing_time),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
