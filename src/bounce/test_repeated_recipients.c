/* SPDX-License-Identifier: BSD-2-Clause */
/* Recipients that a report tells of more than once. */
#include "bounce/repeated_recipients.h"

#include "bounce/delivery_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MEMORY = 8 << 20 };

/* Reads the text of a status, and leaves each recipient once. */
static void read_status(struct bs_bytes text, struct bs_arena *arena, struct bs_reading *reading)
{
    bool found;
    *reading = (struct bs_reading){0};
    assert_true(bs_delivery_status_read(text, arena, reading, &found));
    assert_true(bs_reading_unite_recipients(reading, arena));
}

/* What a reading has, a line a recipient: kind address original status comment code diagnostic. */
static const char *show(const struct bs_reading *reading, struct bs_arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < reading->recipient_count; i++) {
        const struct bs_reported_recipient *one = &reading->recipients[i];
        text = bs_arena_printf(arena, "%s%s %.*s [%.*s] %.*s (%.*s) %u %.*s\n", text, bs_kind_name(one->kind),
                               BS_BYTES_ARG(one->address), BS_BYTES_ARG(one->original), BS_BYTES_ARG(one->status),
                               BS_BYTES_ARG(one->comment), one->reply_code, BS_BYTES_ARG(one->diagnostic));
    }
    return text;
}

#define A "Final-Recipient: rfc822; a@example.com\n"
#define B "Final-Recipient: rfc822; b@example.com\n"
#define FAILED "Action: failed\nStatus: 5.1.1\n"

static void a_recipient_is_told_of_once(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"the same twice", A FAILED "\n" A FAILED, "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"the same but for case", A FAILED "\nFinal-Recipient: rfc822; A@Example.COM\n" FAILED, "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"two, each twice, in the order of their first", B FAILED "\n" A FAILED "\n" A FAILED "\n" B FAILED,
         "dsn-failed b@example.com [] 5.1.1 () 0 \ndsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"one that begins as another", A FAILED "\nFinal-Recipient: rfc822; a@example.co\n" FAILED,
         "dsn-failed a@example.com [] 5.1.1 () 0 \ndsn-failed a@example.co [] 5.1.1 () 0 \n"},
        {"the second says why", A FAILED "\n" A FAILED "Diagnostic-Code: smtp; 550 no such user\n",
         "dsn-failed a@example.com [] 5.1.1 () 550 550 no such user\n"},
        {"the first says why", A FAILED "Diagnostic-Code: smtp; 550 no such user\n\n" A FAILED,
         "dsn-failed a@example.com [] 5.1.1 () 550 550 no such user\n"},
        {"both say why", A FAILED "Diagnostic-Code: smtp; 550 no such user\n\n" A FAILED "Diagnostic-Code: smtp; 550 go away\n",
         "dsn-failed a@example.com [] 5.1.1 () 550 550 no such user\n"},
        {"the first with a text, the second with a status", A "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: X; no luck\n\n"
         A "Action: failed\nStatus: 5.2.2 (full)\n", "dsn-failed a@example.com [] 5.2.2 ((full)) 0 no luck\n"},
        {"the third says more than the first two", A "Action: failed\nStatus: 5.0.0\n\n" A "Action: failed\nStatus: 5.0.0\n\n" A FAILED,
         "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"delayed, then failed", A "Action: delayed\nStatus: 4.4.1\n\n" A FAILED, "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"failed, then delayed", A FAILED "\n" A "Action: delayed\nStatus: 4.4.1\n", "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"delivered, then delayed", A "Action: delivered\nStatus: 2.0.0\n\n" A "Action: delayed\nStatus: 4.4.1\n",
         "dsn-delayed a@example.com [] 4.4.1 () 0 \n"},
        {"delayed for a reason, then failed without one", A "Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: X; timed out\n\n"
         A "Action: failed\nStatus: 5.0.0\n", "dsn-failed a@example.com [] 5.0.0 () 0 timed out\n"},
        {"delayed for a reason, then failed for another", A "Action: delayed\nStatus: 4.4.1\nDiagnostic-Code: smtp; 451 later\n\n" A FAILED,
         "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"failed, and delivered elsewhere", A "Action: failed\nStatus: 5.0.0\n\n" A "Action: delivered\nStatus: 2.0.0\nDiagnostic-Code: X; taken\n",
         "dsn-failed a@example.com [] 5.0.0 () 0 \n"},
        {"addressed in two ways", "Original-Recipient: rfc822;x@example.com\n" A FAILED "\nOriginal-Recipient: rfc822;y@example.com\n" A FAILED,
         "dsn-failed a@example.com [x@example.com] 5.1.1 () 0 \ndsn-failed a@example.com [y@example.com] 5.1.1 () 0 \n"},
        {"addressed in a way that only the second tells", A FAILED "\nOriginal-Recipient: rfc822;x@example.com\n" A FAILED,
         "dsn-failed a@example.com [x@example.com] 5.1.1 () 0 \n"},
        {"two without an address", "Final-Recipient: LOCAL; <>\n" FAILED "\nFinal-Recipient: LOCAL; <>\n" FAILED,
         "dsn-failed  [] 5.1.1 () 0 \ndsn-failed  [] 5.1.1 () 0 \n"},
        {"one", A FAILED, "dsn-failed a@example.com [] 5.1.1 () 0 \n"},
        {"none", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        struct bs_reading reading;
        bs_arena_init(&arena, MEMORY);
        read_status(bs_bytes_from_cstr(cases[i][1]), &arena, &reading);
        if (strcmp(show(&reading, &arena), cases[i][2]) != 0)
            fail_msg("%s:\n%s", cases[i][0], show(&reading, &arena));
        bs_arena_reset(&arena);
    }
}

/* Each counts for the limit, repeated or not: of more, nobody knows whom they are about. */
static void repeated_recipients_count_for_the_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct bs_arena arena;
        struct bs_strbuf text;
        struct bs_reading reading;
        bs_arena_init(&arena, MEMORY);
        bs_strbuf_init(&text, MEMORY);
        for (size_t i = 0; i < BS_REPORTED_RECIPIENTS_MAX + more; i++)
            bs_strbuf_printf(&text, "Final-Recipient: rfc822; user%zu@example.com\nAction: failed\n\n", i / 2);
        read_status(bs_strbuf_bytes(&text), &arena, &reading);
        assert_int_equal(reading.recipient_count, BS_REPORTED_RECIPIENTS_MAX / 2);
        assert_int_equal(reading.limit != NULL, more);
        assert_true(bs_bytes_equal(reading.recipients[499].address, BS_LITERAL("user499@example.com")));
        bs_strbuf_free(&text);
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recipient_is_told_of_once),
        cmocka_unit_test(repeated_recipients_count_for_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
