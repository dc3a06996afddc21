/* SPDX-License-Identifier: BSD-2-Clause */
/* Delivery status, as the standard has it and as reporters write it. */
#include "bounce/delivery_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY = 8 << 20 };

/* What a reading has, a line a recipient: kind address original status code diagnostic. */
static const char *show(const struct bs_reading *reading, struct bs_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < reading->recipient_count; i++) {
        const struct bs_reported_recipient *one = &reading->recipients[i];
        text = bs_arena_printf(arena, "%s%s %.*s [%.*s] %.*s %u %.*s\n", text, bs_kind_name(one->kind),
                               BS_BYTES_ARG(one->address), BS_BYTES_ARG(one->original), BS_BYTES_ARG(one->status),
                               one->reply_code, BS_BYTES_ARG(one->diagnostic));
    }
    return text;
}

static void each_form_of_a_status_tells_its_recipients(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"the standard's form",
         "Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: a+2Bb\n\n"
         "Original-Recipient: rfc822;jane.x@example.com\nFinal-Recipient: rfc822; jane@example.com\nAction: failed\n"
         "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <jane@example.com>... User unknown\n",
         "dsn-failed jane@example.com [jane.x@example.com] 5.1.1 550 550 5.1.1 <jane@example.com>... User unknown\n"},
        {"several recipients, of whom one is delayed",
         "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@example.com\nAction: delayed\nStatus: 4.4.1\n\n"
         "Final-Recipient: rfc822; b@example.com\nAction: Delivered (to mailbox)\nStatus: 2.0.0\n",
         "dsn-delayed a@example.com [] 4.4.1 0 \ndsn-success b@example.com [] 2.0.0 0 \n"},
        {"all in one block", "Reporting-MTA: dns; mx\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.2.2\n",
         "dsn-failed a@example.com [] 5.2.2 0 \n"},
        {"each field in its own block", "Final-Recipient: rfc822; a@example.com\n\nAction: failed\n\nStatus: 5.2.2\n\n"
                                        "Final-Recipient: rfc822; b@example.com\n\nAction: failed\n\nStatus: 5.1.1\n",
         "dsn-failed a@example.com [] 5.2.2 0 \ndsn-failed b@example.com [] 5.1.1 0 \n"},
        {"several recipients without an empty line between them",
         "Reporting-MTA: dns; mx\nOriginal-Recipient: rfc822;x@example.com\nFinal-Recipient: rfc822; a@example.com\nAction: failed\n"
         "Status: 5.2.2\nOriginal-Recipient: rfc822;y@example.com\nFinal-Recipient: rfc822; b@example.com\nAction: failed\nStatus: 5.1.1\n"
         "Final-Recipient: rfc822; c@example.com\nAction: failed\nStatus: 5.1.2\n",
         "dsn-failed a@example.com [x@example.com] 5.2.2 0 \ndsn-failed b@example.com [y@example.com] 5.1.1 0 \n"
         "dsn-failed c@example.com [] 5.1.2 0 \n"},
        {"a recipient that is named twice", "Final-Recipient: rfc822; a@example.com\nFinal-Recipient: rfc822; A@example.com\nAction: failed\n",
         "dsn-failed a@example.com []  0 \n"},
        {"without a type", "Final-Recipient: <a@example.com>\nAction: failed\n", "dsn-failed a@example.com []  0 \n"},
        {"a source route", "Final-Recipient: rfc822; <@mx.example,@b.example:a@example.com>\nAction: failed\n",
         "dsn-failed a@example.com []  0 \n"},
        {"a stray bracket", "Final-Recipient: rfc822; a@example.com>\nAction: failed\n", "dsn-failed a@example.com []  0 \n"},
        {"a local name, and the original", "Final-Recipient: x-local; a\nOriginal-Recipient: rfc822; a@example.com\nAction: failed\n",
         "dsn-failed a@example.com [a@example.com]  0 \n"},
        {"a local name, and whom it led to", "Final-Recipient: rfc822; a\nX-Actual-Recipient: rfc822; a@inner.example\nAction: failed\n",
         "dsn-failed a@inner.example []  0 \n"},
        {"no action, but a status", "Final-Recipient: rfc822; a@example.com\nStatus: 4.2.2\n", "dsn-delayed a@example.com [] 4.2.2 0 \n"},
        {"a vague status and an exact reply", "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.0.0\n"
                                              "Diagnostic-Code: smtp; 550-5.7.1 no\n",
         "dsn-failed a@example.com [] 5.7.1 550 550-5.7.1 no\n"},
        {"a status with words", "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1 (bad mailbox)\n",
         "dsn-failed a@example.com [] 5.1.1 0 \n"},
        {"original recipients only", "Original-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n\n"
                                     "Original-Recipient: rfc822; b@example.com\nAction: failed\nStatus: 5.1.1\n",
         "dsn-failed a@example.com [a@example.com] 5.1.1 0 \ndsn-failed b@example.com [b@example.com] 5.1.1 0 \n"},
        {"a diagnostic without a type", "Final-Recipient: rfc822; a@example.com\nAction: failed\n"
                                        "Diagnostic-Code: 550 no such user; go away\n",
         "dsn-failed a@example.com []  550 550 no such user; go away\n"},
        {"nothing about a recipient", "Reporting-MTA: dns; mx.example\nArrival-Date: today\n", ""},
        {"no status at all", "Dear customer,\n\nyour parcel: failed\n", ""},
        {"nothing", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        struct bs_reading reading = {0};
        bool found;
        bs_arena_init(&arena, MEMORY);
        assert_true(bs_delivery_status_read(bs_bytes_from_cstr(cases[i][1]), &arena, &reading, &found));
        assert_int_equal(found, cases[i][2][0] != '\0');
        if (strcmp(show(&reading, &arena), cases[i][2]) != 0)
            fail_msg("%s:\n%s", cases[i][0], show(&reading, &arena));
        bs_arena_reset(&arena);
    }
}

static void the_reporting_host_and_the_envelope_identifier_are_decoded(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_reading reading = {0};
    bool found;
    bs_arena_init(&arena, MEMORY);
    assert_true(bs_delivery_status_read(BS_LITERAL("Reporting-MTA: dns; mx.example\nOriginal-Envelope-Id: a+2Bb\n\n"
                                                   "Final-Recipient: rfc822; a@example.com\nAction: failed\n"),
                                        &arena, &reading, &found));
    assert_true(bs_bytes_equal(reading.reporting_mta, BS_LITERAL("mx.example")));
    assert_true(bs_bytes_equal(reading.envelope_id, BS_LITERAL("a+b")));
    bs_arena_reset(&arena);
}

static void recipients_are_kept_up_to_the_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct bs_arena arena;
        struct bs_strbuf text;
        struct bs_reading reading = {0};
        bool found;
        bs_arena_init(&arena, MEMORY);
        bs_strbuf_init(&text, MEMORY);
        for (size_t i = 0; i < BS_REPORTED_RECIPIENTS_MAX + more; i++)
            bs_strbuf_printf(&text, "Final-Recipient: rfc822; user%zu@example.com\nAction: failed\n\n", i);
        assert_true(bs_delivery_status_read(bs_strbuf_bytes(&text), &arena, &reading, &found));
        assert_int_equal(reading.recipient_count, BS_REPORTED_RECIPIENTS_MAX);
        assert_int_equal(reading.limit != NULL, more);
        assert_true(bs_bytes_equal(reading.recipients[BS_REPORTED_RECIPIENTS_MAX - 1].address, BS_LITERAL("user999@example.com")));
        bs_strbuf_free(&text);
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_of_a_status_tells_its_recipients),
        cmocka_unit_test(the_reporting_host_and_the_envelope_identifier_are_decoded),
        cmocka_unit_test(recipients_are_kept_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
