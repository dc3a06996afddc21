/* SPDX-License-Identifier: BSD-2-Clause */
/* What a set of ours looks like, what it covers, and when there is none. */
#include "auth/arc_seal.h"

#include "../../tests/support/arc_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Seals with the Ed25519 key. */
static bool seal(const char *message, const char *results, struct bs_arc_fields *fields, struct bs_error *error)
{
    struct bs_dkim_signer signer = arc_signer(false);
    return arc_seal_text(&signer, bs_bytes_from_cstr(message), results, fields, error);
}

static bool has(const struct bs_strbuf *field, const char *text)
{
    return strstr(bs_strbuf_cstr(field), text) != NULL;
}

static void the_fields_are_folded_and_in_the_form_of_the_rfc(void **state)
{
    struct bs_arc_fields fields;
    struct bs_error error;
    (void)state;
    assert_true(seal("DKIM-Signature: v=1\r\nAuthentication-Results: mx; none\r\nFrom: a@b.example\r\nCc: c\r\n\r\nx",
                     " mx.example.com; spf=pass\n\tsmtp.mailfrom=example.net ", &fields, &error));
    assert_int_equal(fields.instance, 1);
    assert_string_equal(bs_strbuf_cstr(&fields.results), "ARC-Authentication-Results: i=1; mx.example.com; spf=pass\r\n"
                                                         "\tsmtp.mailfrom=example.net");
    assert_true(has(&fields.message, "ARC-Message-Signature: i=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
                                     "\td=example.com; s=ed; t=1787313600;\r\n"
                                     "\th=From:From:To:Subject:Date:Message-ID:Content-Type:MIME-Version:Cc:\r\n"
                                     "\tDKIM-Signature;\r\n\tbh="));
    assert_true(has(&fields.seal, "ARC-Seal: i=1; a=ed25519-sha256; cv=none;\r\n"
                                  "\td=example.com; s=ed; t=1787313600;\r\n\tb="));
    bs_arc_fields_free(&fields);
}

static void results_of_a_long_first_line_begin_a_line_of_their_own(void **state)
{
    struct bs_arc_fields fields;
    struct bs_error error;
    (void)state;
    assert_true(seal("From: a@b.example\r\n\r\n", "a-long-name-of-a-server.example.com; arc=none", &fields, &error));
    assert_string_equal(bs_strbuf_cstr(&fields.results),
                        "ARC-Authentication-Results: i=1;\r\n\ta-long-name-of-a-server.example.com; arc=none");
    bs_arc_fields_free(&fields);
}

static void fields_for_a_milter_are_folded_with_lf_and_verify(void **state)
{
    struct bs_arc_fields fields;
    struct bs_error error;
    struct bs_strbuf whole;
    struct arc_judged judged;
    struct bs_dkim_signer signer = arc_signer(true);
    (void)state;
    signer.bare_lf = true;
    struct bs_strbuf message = arc_message(1);
    assert_true(arc_seal_text(&signer, bs_strbuf_bytes(&message), "mx;\r\n arc=pass", &fields, &error));
    assert_false(has(&fields.seal, "\r") || has(&fields.message, "\r") || has(&fields.results, "\r"));
    bs_strbuf_init(&whole, ARC_MESSAGE_MAX);
    arc_append_fields(&whole, &fields, "\n");
    bs_strbuf_append(&whole, bs_strbuf_bytes(&message));
    arc_judge(&judged, bs_strbuf_bytes(&whole), 512, ARC_NOW, arc_keys.zone);
    assert_int_equal(judged.result.code, BS_ARC_PASS);
    assert_int_equal(judged.result.count, 2);
    arc_judged_free(&judged);
    bs_strbuf_free(&whole);
    bs_arc_fields_free(&fields);
    bs_strbuf_free(&message);
}

/* What other servers remove, or have to change, is not covered, whatever the signer is told. */
static void fields_of_arc_and_results_are_never_covered(void **state)
{
    static const struct bs_bytes more[] = {BS_LITERAL("X-Other"), BS_LITERAL("arc-seal"),
                                           BS_LITERAL("ARC-Authentication-Results"), BS_LITERAL("DKIM-Signature"),
                                           BS_LITERAL("Authentication-Results"), BS_LITERAL("ARC-Message-Signature")};
    struct bs_arc_fields fields;
    struct bs_error error;
    struct bs_dkim_signer signer = arc_signer(false);
    (void)state;
    signer.oversign = more;
    signer.oversign_count = sizeof more / sizeof *more;
    struct bs_strbuf message = arc_message(1);
    assert_true(arc_seal_text(&signer, bs_strbuf_bytes(&message), "mx; arc=pass", &fields, &error));
    assert_true(has(&fields.message, ":MIME-Version:\r\n\tX-Other:X-Other;\r\n"));
    bs_arc_fields_free(&fields);
    bs_strbuf_free(&message);
}

/* The seal of a set alone: whether it is over the fields of its own set only. */
static bool covers_own_set_only(const struct bs_arc_fields *fields)
{
    struct arc_judged judged;
    struct bs_dkim_sink sink;
    struct bs_error error;
    unsigned char sum[BS_DIGEST_MAX], key_bytes[BS_PUBLIC_KEY_DER_MAX];
    size_t size;
    struct bs_strbuf text;
    bs_strbuf_init(&text, ARC_MESSAGE_MAX);
    arc_append_fields(&text, fields, "\r\n");
    memset(&judged, 0, sizeof judged);
    bs_arena_init(&judged.arena, 1 << 20);
    bs_header_init(&judged.header, &judged.arena);
    bs_header_push(&judged.header, bs_strbuf_bytes(&text));
    bs_header_finish(&judged.header);
    struct bs_dkim_signature signature;
    assert_true(bs_dkim_signature_read_as(BS_ARC_SEAL_FIELD, &judged.header.fields[0], false, &judged.arena,
                                          &signature));
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    bs_dkim_sink_init(&sink, digest);
    bs_dkim_put_field(&sink, &judged.header.fields[2], true);
    bs_dkim_put_field(&sink, &judged.header.fields[1], true);
    bs_dkim_put_signature(&sink, &judged.header.fields[0], signature.signature_span, true);
    assert_true(bs_dkim_sink_sum(&sink, sum));
    assert_true(bs_private_key_public(arc_keys.ed25519, key_bytes, &size));
    struct bs_public_key *key = bs_public_key_read(BS_KEY_ED25519, bs_bytes(key_bytes, size), &error);
    bool good = bs_public_key_verify(key, BS_DIGEST_SHA256, sum, signature.signature) == BS_SIGNATURE_GOOD;
    bs_public_key_free(key);
    bs_digest_free(digest);
    bs_arena_reset(&judged.arena);
    bs_strbuf_free(&text);
    return good;
}

static void a_chain_that_fails_is_sealed_once_over_the_last_set_alone(void **state)
{
    struct bs_arc_fields fields;
    struct bs_error error;
    struct bs_strbuf ended;
    (void)state;
    struct bs_strbuf message = arc_message(2);
    assert_true(seal(bs_strbuf_cstr(&message), "mx; arc=pass", &fields, &error));
    assert_true(has(&fields.seal, "i=3;") && has(&fields.seal, "cv=pass;"));
    assert_false(covers_own_set_only(&fields));
    bs_arc_fields_free(&fields);
    bs_strbuf_append_cstr(&message, "more\r\n");
    assert_true(seal(bs_strbuf_cstr(&message), "mx; arc=fail", &fields, &error));
    assert_int_equal(fields.instance, 3);
    assert_true(has(&fields.seal, "i=3;") && has(&fields.seal, "cv=fail;"));
    assert_true(covers_own_set_only(&fields));
    bs_strbuf_init(&ended, ARC_MESSAGE_MAX);
    arc_append_fields(&ended, &fields, "\r\n");
    bs_strbuf_append(&ended, bs_strbuf_bytes(&message));
    bs_arc_fields_free(&fields);
    assert_false(seal(bs_strbuf_cstr(&ended), "mx; arc=fail", &fields, &error));
    assert_string_equal(error.text, "the last sealer found the chain broken: cv=fail (RFC 8617 section 5.1)");
    bs_strbuf_free(&ended);
    bs_strbuf_free(&message);
}

static const struct {
    const char *message, *results, *error;
} refused[] = {
    {"From: a\r\n\r\n", "", "the authentication results are no text of a header field"},
    {"From: a\r\n\r\n", " \r\n ", "the authentication results are no text of a header field"},
    {"From: a\r\n\r\n", "mx; none\r\nX: y", "the authentication results are no text of a header field"},
    {"From: a\r\n\r\n", "mx;\rnone", "the authentication results are no text of a header field"},
    {"From: a\r\n\r\n", "mx; \x01", "the authentication results are no text of a header field"},
    {"From: a\r\n\r\n", "mx; \x7f", "the authentication results are no text of a header field"},
    {"To: a\r\n\r\n", "mx; none", "the message has no From field"},
    {"From: a\r\nFrom: b\r\n\r\n", "mx; none", "the message has more than one From field"},
    {"ARC-Authentication-Results: i=50; mx; none\r\nFrom: a\r\n\r\n", "mx; none",
     "the chain has 50 sets, which is as many as there may be (RFC 8617 section 4.2.1)"},
};

static void what_is_not_to_be_sealed_is_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct bs_arc_fields fields;
        struct bs_error error;
        assert_false(seal(refused[i].message, refused[i].results, &fields, &error));
        assert_string_equal(error.text, refused[i].error);
    }
}

static void a_set_of_instance_50_is_the_last(void **state)
{
    struct bs_arc_fields fields;
    struct bs_error error;
    (void)state;
    assert_true(seal("ARC-Authentication-Results: i=49; mx; none\r\nFrom: a\r\n\r\n", "mx; none", &fields, &error));
    assert_int_equal(fields.instance, 50);
    assert_true(has(&fields.seal, "i=50;") && has(&fields.seal, "cv=fail;"));
    bs_arc_fields_free(&fields);
}

static void results_have_a_greatest_size_that_is_read_again(void **state)
{
    static const char prefix[] = "ARC-Authentication-Results: i=1;\r\n\t";
    struct bs_arc_fields fields;
    struct bs_error error;
    static char results[BS_ARC_RESULTS_SIZE_MAX];
    size_t fits = BS_ARC_RESULTS_SIZE_MAX - (sizeof prefix - 1);
    (void)state;
    memset(results, 'x', fits);
    assert_true(seal("From: a\r\n\r\n", results, &fields, &error));
    assert_int_equal(fields.results.len, BS_ARC_RESULTS_SIZE_MAX);
    bs_arc_fields_free(&fields);
    results[fits] = 'x';
    assert_false(seal("From: a\r\n\r\n", results, &fields, &error));
    assert_string_equal(error.text, "the authentication results are too long");
}

static void a_result_that_is_not_the_chain_s_is_refused(void **state)
{
    struct arc_judged judged;
    (void)state;
    struct bs_strbuf sealed = arc_message(1), plain = arc_message(0);
    arc_judge(&judged, bs_strbuf_bytes(&sealed), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_non_null(bs_arc_seal_refusal(&judged.chain, BS_ARC_NONE));
    assert_null(bs_arc_seal_refusal(&judged.chain, BS_ARC_PASS));
    assert_null(bs_arc_seal_refusal(&judged.chain, BS_ARC_FAIL));
    arc_judged_free(&judged);
    arc_judge(&judged, bs_strbuf_bytes(&plain), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_null(bs_arc_seal_refusal(&judged.chain, BS_ARC_NONE));
    assert_non_null(bs_arc_seal_refusal(&judged.chain, BS_ARC_PASS));
    arc_judged_free(&judged);
    bs_strbuf_free(&sealed);
    bs_strbuf_free(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_are_folded_and_in_the_form_of_the_rfc),
        cmocka_unit_test(results_of_a_long_first_line_begin_a_line_of_their_own),
        cmocka_unit_test(fields_for_a_milter_are_folded_with_lf_and_verify),
        cmocka_unit_test(fields_of_arc_and_results_are_never_covered),
        cmocka_unit_test(a_chain_that_fails_is_sealed_once_over_the_last_set_alone),
        cmocka_unit_test(what_is_not_to_be_sealed_is_refused_with_a_reason),
        cmocka_unit_test(a_set_of_instance_50_is_the_last),
        cmocka_unit_test(results_have_a_greatest_size_that_is_read_again),
        cmocka_unit_test(a_result_that_is_not_the_chain_s_is_refused),
    };
    return cmocka_run_group_tests(tests, arc_make_keys, arc_free_keys);
}
