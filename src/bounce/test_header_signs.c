/* SPDX-License-Identifier: BSD-2-Clause */
/* What a header says of who made the message. */
#include "bounce/header_signs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *header;
    unsigned signs; /* that there must be, and no others but that of a missing subject */
} fields[] = {
    {"Return-Path: <>\n", BS_SIGN_NULL_PATH},
    {"Return-Path: < >\n", BS_SIGN_NULL_PATH},
    {"Return-Path: <MAILER-DAEMON@mx.example>\n", BS_SIGN_DAEMON_PATH},
    {"Return-Path: <jane@example.com>\nReturn-Path: <>\n", BS_SIGN_OTHER_PATH},
    {"Return-Path: <Jane@example.com>\nFrom: Jane <jane@example.com>\n", BS_SIGN_OTHER_PATH | BS_SIGN_OWN_PATH},
    {"Return-Path: <owner-l@example.com>\nFrom: Jane <jane@example.com>\n", BS_SIGN_OTHER_PATH},
    {"From: MAILER-DAEMON@mx.example (Mail Delivery System)\n", BS_SIGN_DAEMON_FROM},
    {"From: \"Mail Delivery System\" <Mailer-Daemon@mx.example>\n", BS_SIGN_DAEMON_FROM},
    {"From: <>\n", BS_SIGN_DAEMON_FROM},
    {"From: MAILER-DAEMON <>\n", BS_SIGN_DAEMON_FROM},
    {"From: Post Master <post.master@x.example>\n", BS_SIGN_DAEMON_FROM},
    {"From: postmaster@x.example, jane@example.com\n", BS_SIGN_DAEMON_FROM},
    {"From: jane@example.com\n", 0},
    {"From: \"postmaster@x.example\" <jane@example.com>\n", 0},
    {"From: \"Mail Delivery System\" <out7@x.example>\n", BS_SIGN_ROBOT_FROM},
    {"From: out7@x.example (Mail Delivery System)\n", BS_SIGN_ROBOT_FROM},
    {"From: No Reply <no-reply@shop.example>\n", BS_SIGN_ROBOT_FROM},
    {"From: ne-pas-repondre@caisse.example\n", BS_SIGN_ROBOT_FROM},
    {"X-Failed-Recipients: joe@example.org\n", BS_SIGN_FAILED_FIELD},
    {"X-Failed-Recipients: \n", 0},
    {"Auto-Submitted: auto-replied (vacation)\n", BS_SIGN_AUTO_REPLIED},
    {"Auto-Submitted: auto-generated\n", BS_SIGN_AUTO_GENERATED},
    {"Auto-Submitted: no\n", 0},
    {"X-Autoreply: yes\n", BS_SIGN_AUTO_REPLIED},
    {"X-AutoReply: no\n", 0},
    {"Precedence: auto_reply\n", BS_SIGN_AUTO_REPLIED},
    {"Precedence: bulk\n", BS_SIGN_BULK},
    {"Precedence: junk\n", BS_SIGN_BULK | BS_SIGN_JUNK},
    {"Precedence: list\n", BS_SIGN_BULK | BS_SIGN_BULK_LIST},
    {"Precedence: first-class\n", 0},
    {"X-Auto-Response-Suppress: DR, OOF\n", BS_SIGN_SUPPRESS},
    {"X-Auto-Response-Suppress: None\n", 0},
    {"List-Id: <l.example>\n", BS_SIGN_LIST},
    {"List-Unsubscribe: <mailto:off@x.example>\n", BS_SIGN_BULK | BS_SIGN_UNSUBSCRIBE},
    {"In-Reply-To: <1@x.example>\n", BS_SIGN_ANSWERS},
    {"In-Reply-To: your mail\n", 0},
    {"User-Agent: Mutt/2.2\n", BS_SIGN_PERSON},
    {"X-Mailer: MIME::Lite 3.01\n", 0},
    {"X-Mailer: Internet Mail Service (5.5.2653.19)\n", BS_SIGN_GROUPWARE},
    {"X-MimeOLE: Produced By Microsoft Exchange V6.5\n", BS_SIGN_GROUPWARE},
    {"X-MimeOLE: Produced By Microsoft MimeOLE V6.00\n", 0},
    {"X-MS-Exchange-Inbox-Rules-Loop: jane@example.com\n", BS_SIGN_GROUPWARE},
    {"Content-Type: Multipart/Report; report-type=delivery-status\n", BS_SIGN_REPORT},
    {"Content-Type: multipart/report; report-type=\"TLSRPT\"\n", 0},
    {"Subject: Re: lunch\n", BS_SIGN_ANSWERS | BS_SIGN_RE},
    {"Subject: R: verbale\n", BS_SIGN_ANSWERS | BS_SIGN_RE},
    {"Subject: =?koi8-r?B?UmU6INDSz9TPy8/M?=\n", BS_SIGN_ANSWERS | BS_SIGN_RE},
    {"Subject: =?utf-8?Q?AW:_Pr=C3=BCfung?=\n", BS_SIGN_ANSWERS | BS_SIGN_RE},
    {"Subject: [Ticket 12] Re: lunch\n", BS_SIGN_ANSWERS | BS_SIGN_RE},
    {"Subject: [Ticket 12\n", 0},
    {"Subject: =?utf-8?B?\n", 0},
    {"Subject: Rome: a guide\n", 0},
    {"Subject: Fwd: Undelivered Mail\n", BS_SIGN_FORWARDS},
    {"Subject: [Fwd: Undelivered Mail]\n", BS_SIGN_FORWARDS},
    {"Subject: RV: Correo devuelto\n", BS_SIGN_FORWARDS},
    {"Subject: =?utf-8?B?V0c6IFByw7xmdW5n?=\n", BS_SIGN_FORWARDS},
    {"Subject: Returned mail\n", 0},
};

static void each_field_is_the_sign_that_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct bs_arena arena;
        struct bs_header header;
        struct bs_header_signs signs;
        bs_arena_init(&arena, 100000);
        bs_header_init(&header, &arena);
        bs_header_push(&header, bs_bytes_from_cstr(fields[i].header));
        bs_header_finish(&header);
        bs_header_signs_read(&header, &signs);
        if ((signs.signs & ~(unsigned)BS_SIGN_EMPTY_SUBJECT) != fields[i].signs)
            fail_msg("%s: %#x, not %#x", fields[i].header, signs.signs, fields[i].signs);
        bs_arena_reset(&arena);
    }
}

static void the_address_of_a_field_is_found_where_the_grammar_has_it(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {" Jane <jane@example.com>", "jane@example.com"},
        {"jane@example.com (Jane)", "jane@example.com"},
        {" (comment) jane@example.com", "jane@example.com"},
        {"<>", ""},
        {"  ", ""},
        {"MAILER-DAEMON", "MAILER-DAEMON"},
        {"Jane <not an address> <jane@example.com>", "jane@example.com"},
        {"Jane <jane@example.com", "jane@example.com"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_bytes address = bs_field_address(bs_bytes_from_cstr(cases[i][0]));
        if (!bs_bytes_equal(address, bs_bytes_from_cstr(cases[i][1])))
            fail_msg("%s: %.*s", cases[i][0], BS_BYTES_ARG(address));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_is_the_sign_that_it_is),
        cmocka_unit_test(the_address_of_a_field_is_found_where_the_grammar_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
