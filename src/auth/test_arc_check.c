/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying chains that are sealed here, as they are, and changed on their way. */
#include "auth/arc.h"

#include "../../tests/support/arc_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The verdict with its reason, and what else a caller goes by. */
static void expect(struct bs_bytes message, const struct dkim_zone *zone, const char *expected)
{
    struct arc_judged judged;
    char text[512];
    arc_judge(&judged, message, SIZE_MAX, ARC_NOW, zone);
    assert_int_equal(judged.step, BS_DONE);
    snprintf(text, sizeof text, "%s %zu oldest-pass=%u%s: %s", bs_arc_code_name(judged.result.code),
             judged.result.count, judged.result.oldest_pass, judged.result.temporary ? " temporary" : "",
             judged.result.reason);
    assert_string_equal(text, expected);
    arc_judged_free(&judged);
}

static void a_message_without_a_set_has_no_chain(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(0);
    expect(bs_strbuf_bytes(&message), arc_keys.zone, "none 0 oldest-pass=0: the message has no ARC set");
    bs_strbuf_free(&message);
}

static void a_chain_passes_in_pieces_of_any_size(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(3);
    for (size_t piece = 1; piece < message.len; piece += 1 + piece) {
        struct arc_judged judged;
        arc_judge(&judged, bs_strbuf_bytes(&message), piece, ARC_NOW, arc_keys.zone);
        assert_int_equal(judged.step, BS_DONE);
        assert_int_equal(judged.result.code, BS_ARC_PASS);
        assert_int_equal(judged.result.oldest_pass, 0);
        assert_int_equal(judged.result.count, 3);
        arc_judged_free(&judged);
    }
    bs_strbuf_free(&message);
}

static void each_hop_says_who_sealed_and_what_it_found(void **state)
{
    struct arc_judged judged;
    (void)state;
    struct bs_strbuf message = arc_message(2);
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    for (unsigned i = 0; i < 2; i++) {
        const struct bs_arc_hop *hop = &judged.result.hops[i];
        assert_int_equal(hop->instance, i + 1);
        assert_true(bs_bytes_equal(hop->domain, BS_LITERAL("example.com")));
        assert_true(bs_bytes_equal(hop->selector, i == 0 ? BS_LITERAL("rsa") : BS_LITERAL("ed")));
        assert_true(bs_bytes_equal(hop->results, BS_LITERAL("mx.example.com; spf=pass smtp.mailfrom=example.net")));
        assert_int_equal(hop->key_bits, i == 0 ? 2048 : 256);
        assert_true(hop->seal_passes && hop->message_passes);
    }
    arc_judged_free(&judged);
    bs_strbuf_free(&message);
}

/* The body is hashed once for DKIM, for all three ARC-Message-Signatures, and for our own seal. */
static void dkim_and_arc_share_one_pass_over_the_body(void **state)
{
    struct arc_judged judged;
    struct bs_strbuf message = arc_message(2), whole;
    struct bs_error error;
    (void)state;
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    bs_strbuf_init(&whole, ARC_MESSAGE_MAX);
    struct bs_dkim_signer signer = arc_signer(false);
    assert_true(bs_dkim_sign(&signer, &judged.header, &judged.dkim.body.sums[judged.place], &whole, &error));
    bs_strbuf_append_cstr(&whole, "\r\n");
    bs_strbuf_append(&whole, bs_strbuf_bytes(&message));
    arc_judged_free(&judged);
    arc_judge(&judged, bs_strbuf_bytes(&whole), 7, ARC_NOW, arc_keys.zone);
    assert_int_equal(judged.dkim.count, 1);
    assert_int_equal(judged.dkim.body.count, 1);
    assert_int_equal(judged.result.code, BS_ARC_PASS);
    arc_judged_free(&judged);
    bs_strbuf_free(&whole);
    bs_strbuf_free(&message);
}

/* Every character that a signature of the last set covers, and all of the older seals. */
static void a_changed_byte_ends_the_pass(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(2);
    char *other = strstr(message.ptr, "X-Other: x"), *received = strstr(message.ptr, "Received: ");
    char *from = strstr(message.ptr, "From: Jo"), *body = strstr(message.ptr, "Hello");
    size_t tried = 0;
    for (char *c = message.ptr; *c; c++) {
        bool covered = c < received || (c >= from && c < other) || c >= body;
        if (!covered || strchr(" \t\r\n=", *c))
            continue;
        struct arc_judged judged;
        char was = *c;
        *c = was == 'q' ? 'r' : 'q';
        arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
        if (judged.step != BS_DONE || judged.result.code == BS_ARC_PASS)
            fail_msg("passes with another byte at %s", c);
        arc_judged_free(&judged);
        *c = was;
        tried++;
    }
    assert_true(tried > 1000);
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "pass 2 oldest-pass=0: every seal verifies (RFC 8617 section 5.2 step 7)");
    bs_strbuf_free(&message);
}

static void a_change_behind_the_last_hop_fails(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(2);
    *strstr(message.ptr, "Hi  there") = 'W';
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "fail 2 oldest-pass=0: i=2 ARC-Message-Signature: the header is not what was signed, or another key signed "
           "it (RFC 8617 section 5.2 step 4)");
    bs_strbuf_append_cstr(&message, "-- \r\nThe list\r\n");
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "fail 2 oldest-pass=0: i=2 ARC-Message-Signature: the body is not what was signed: its hash is not bh= (RFC "
           "8617 section 5.2 step 4)");
    bs_strbuf_free(&message);
}

/* An added field that readers go by. */
static void a_second_subject_fails(void **state)
{
    struct bs_strbuf whole, message = arc_message(1);
    (void)state;
    bs_strbuf_init(&whole, ARC_MESSAGE_MAX);
    bs_strbuf_append_cstr(&whole, "Subject: other\r\n");
    bs_strbuf_append(&whole, bs_strbuf_bytes(&message));
    expect(bs_strbuf_bytes(&whole), arc_keys.zone,
           "fail 1 oldest-pass=0: i=1 ARC-Message-Signature: the header is not what was signed, or another key signed "
           "it (RFC 8617 section 5.2 step 4)");
    bs_strbuf_free(&whole);
    bs_strbuf_free(&message);
}

/* Seals what came in as a list does that changes the message between verifying and sealing. */
static struct bs_strbuf changed_and_sealed(void)
{
    struct arc_judged came, leaves;
    struct bs_arc_fields fields;
    struct bs_error error;
    struct bs_strbuf message = arc_message(2), sealed;
    arc_judge(&came, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    bs_strbuf_append_cstr(&message, "-- \r\nThe list\r\n");
    arc_judge(&leaves, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_int_equal(came.result.code, BS_ARC_PASS);
    struct bs_dkim_signer signer = arc_signer(true);
    assert_true(bs_arc_seal(&signer, &came.chain, came.result.code, &leaves.header,
                            &leaves.dkim.body.sums[leaves.place], BS_LITERAL("mx; arc=pass"), &fields, &error));
    bs_strbuf_init(&sealed, ARC_MESSAGE_MAX);
    arc_append_fields(&sealed, &fields, "\r\n");
    bs_strbuf_append(&sealed, bs_strbuf_bytes(&message));
    bs_arc_fields_free(&fields);
    arc_judged_free(&came);
    arc_judged_free(&leaves);
    bs_strbuf_free(&message);
    return sealed;
}

static void a_message_that_a_sealer_changed_passes_from_that_hop_on(void **state)
{
    (void)state;
    struct bs_strbuf message = changed_and_sealed();
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "pass 3 oldest-pass=3: every seal verifies (RFC 8617 section 5.2 step 7)");
    arc_seal_message(&message, false);
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "pass 4 oldest-pass=3: every seal verifies (RFC 8617 section 5.2 step 7)");
    bs_strbuf_free(&message);
}

static void an_older_seal_that_does_not_verify_fails_the_chain(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(2);
    char *older = strstr(message.ptr, "ARC-Seal: i=1");
    char *b = strstr(older, "\tb=") + 3;
    *b = *b == 'q' ? 'r' : 'q';
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "fail 2 oldest-pass=0: i=2 ARC-Seal: the header is not what was signed, or another key signed it (RFC 8617 "
           "section 5.2 step 6)");
    bs_strbuf_free(&message);
}

static void all_keys_are_asked_for_at_once_and_none_where_the_body_was_changed(void **state)
{
    struct arc_judged judged;
    (void)state;
    struct bs_strbuf message = arc_message(3);
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_int_equal(judged.prefetched.count, 2);
    assert_int_equal(judged.rounds, 2);
    arc_judged_free(&judged);
    bs_strbuf_append_cstr(&message, "more\r\n");
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_int_equal(judged.prefetched.count, 2);
    assert_int_equal(judged.rounds, 1);
    assert_int_equal(judged.result.code, BS_ARC_FAIL);
    arc_judged_free(&judged);
    bs_strbuf_free(&message);
}

static void a_failure_of_dns_fails_and_says_that_another_try_may_tell(void **state)
{
    static const struct {
        enum bs_dns_status rsa, ed25519;
        const char *expected;
    } cases[] = {
        {BS_DNS_FOUND, BS_DNS_TIMEOUT, "fail 2 oldest-pass=0 temporary: i=2 ARC-Message-Signature: the key could not be "
                                       "had from DNS: timeout (RFC 8617 section 5.2 step 4)"},
        {BS_DNS_SERVFAIL, BS_DNS_FOUND, "fail 2 oldest-pass=0 temporary: i=1 ARC-Seal: the key could not be had from "
                                        "DNS: servfail (RFC 8617 section 5.2 step 6)"},
        {BS_DNS_NXDOMAIN, BS_DNS_FOUND, "fail 2 oldest-pass=0: i=1 ARC-Seal: there is no key of this selector in DNS "
                                        "(RFC 8617 section 5.2 step 6)"},
    };
    (void)state;
    struct bs_strbuf message = arc_message(2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dkim_zone zone[3] = {arc_keys.zone[0], arc_keys.zone[1], {0}};
        zone[0].status = cases[i].rsa;
        zone[1].status = cases[i].ed25519;
        for (int j = 0; j < 2; j++)
            zone[j].texts[0] = zone[j].status == BS_DNS_FOUND ? zone[j].texts[0] : NULL;
        expect(bs_strbuf_bytes(&message), zone, cases[i].expected);
    }
    bs_strbuf_free(&message);
}

static void a_chain_of_as_many_sets_as_are_tried_passes_and_one_of_one_more_does_not(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(BS_ARC_SETS_TRIED_MAX);
    struct arc_judged judged;
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_int_equal(judged.result.code, BS_ARC_PASS);
    /* 21 verifications decide; the rest of the limit goes to older messages */
    assert_int_equal(judged.result.oldest_pass, BS_ARC_SETS_TRIED_MAX - (BS_ARC_VERIFICATIONS_MAX - 21));
    arc_judged_free(&judged);
    arc_seal_message(&message, true);
    expect(bs_strbuf_bytes(&message), arc_keys.zone,
           "fail 21 oldest-pass=0: the chain has 21 sets; no more than 20 are tried");
    bs_strbuf_free(&message);
}

static void a_step_that_decides_is_noted(void **state)
{
    struct arc_judged judged;
    const char *last = "";
    (void)state;
    struct bs_strbuf message = arc_message(1);
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    assert_string_equal(judged.result.notes->text, "i=1 ARC-Message-Signature");
    for (const struct bs_dkim_note *note = judged.result.notes; note; note = note->next)
        last = strncmp(note->text, "i=", 2) == 0 ? note->text : last;
    assert_string_equal(last, "i=1 ARC-Seal: a=rsa-sha256 cv=none");
    arc_judged_free(&judged);
    bs_strbuf_free(&message);
}

static void an_arena_that_is_full_is_an_error_and_no_verdict(void **state)
{
    (void)state;
    struct bs_strbuf message = arc_message(2);
    struct arc_judged judged;
    arc_judge(&judged, bs_strbuf_bytes(&message), SIZE_MAX, ARC_NOW, arc_keys.zone);
    for (size_t limit = 0; limit < 20000; limit += 997) {
        struct bs_arena arena;
        struct bs_arc_result result;
        struct bs_arc_facts facts = {&judged.chain, ARC_NOW, true};
        bs_arena_init(&arena, limit);
        enum bs_step step = bs_arc_check(&facts, &judged.known, &arena, &result, &judged.missing);
        assert_true(step == BS_ERROR || (step == BS_DONE && result.code == BS_ARC_PASS));
        assert_true(limit > 0 || step == BS_ERROR);
        bs_arena_reset(&arena);
    }
    arc_judged_free(&judged);
    bs_strbuf_free(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_without_a_set_has_no_chain),
        cmocka_unit_test(a_chain_passes_in_pieces_of_any_size),
        cmocka_unit_test(each_hop_says_who_sealed_and_what_it_found),
        cmocka_unit_test(dkim_and_arc_share_one_pass_over_the_body),
        cmocka_unit_test(a_changed_byte_ends_the_pass),
        cmocka_unit_test(a_change_behind_the_last_hop_fails),
        cmocka_unit_test(a_second_subject_fails),
        cmocka_unit_test(a_message_that_a_sealer_changed_passes_from_that_hop_on),
        cmocka_unit_test(an_older_seal_that_does_not_verify_fails_the_chain),
        cmocka_unit_test(all_keys_are_asked_for_at_once_and_none_where_the_body_was_changed),
        cmocka_unit_test(a_failure_of_dns_fails_and_says_that_another_try_may_tell),
        cmocka_unit_test(a_chain_of_as_many_sets_as_are_tried_passes_and_one_of_one_more_does_not),
        cmocka_unit_test(a_step_that_decides_is_noted),
        cmocka_unit_test(an_arena_that_is_full_is_an_error_and_no_verdict),
    };
    return cmocka_run_group_tests(tests, arc_make_keys, arc_free_keys);
}
