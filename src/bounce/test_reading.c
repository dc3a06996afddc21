/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readings of whole messages: which evidence decides, what a bounce says, and where it ends. The wording of many formats is
 * tested in tests/bounces.
 */
#include "bounce/reading.h"

#include "bounce/home_made.h"
#include "bounce/notice.h"
#include "bounce/recipient_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct reader {
    struct bs_rules *rules;
    struct bs_rules_scan *scan;
    struct bs_arena arena;
    struct bs_parts parts;
    struct bs_reading reading;
};

static int begin(void **state)
{
    struct bs_error error;
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return 1;
    reader->rules = bs_rules_new(&error);
    reader->scan = reader->rules ? bs_rules_scan_new(reader->rules) : NULL;
    bs_arena_init(&reader->arena, BS_PARTS_MEMORY);
    *state = reader;
    return reader->scan ? 0 : 1;
}

static int end(void **state)
{
    struct reader *reader = *state;
    bs_rules_scan_free(reader->scan);
    bs_rules_free(reader->rules);
    bs_arena_reset(&reader->arena);
    free(reader);
    return 0;
}

static const struct bs_reading *make(struct reader *reader, struct bs_bytes message)
{
    bs_arena_reset(&reader->arena);
    bs_parts_init(&reader->parts, &reader->arena);
    bs_parts_push(&reader->parts, message);
    bs_parts_finish(&reader->parts);
    assert_true(bs_reading_make(&reader->parts, reader->scan, &reader->arena, &reader->reading));
    return &reader->reading;
}

#define STATUS "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.1.1\n"
#define REPORT(status, returned)                                                                                            \
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\n"                        \
    "Content-Type: message/delivery-status\n\n" status "\n--b\nContent-Type: message/rfc822\n\n" returned "\n--b--\n"
#define RETURNED "Return-Path: <jane@example.com>\nMessage-ID: <1@example.com>\nFrom: jane@example.com\nTo: joe@example.org\n\nHello\n"
#define DAEMON "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\nTo: jane@example.com\nSubject: Undelivered Mail\n"
#define PERSON "From: Jane <jane@example.com>\nTo: help@example.net\nUser-Agent: Mutt/2.2\n"
#define EXIM \
    "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. " \
    "The following address(es) failed:\n\n  joe@example.org\n    host mx.example.org [192.0.2.1]: 550 5.1.1 no such user\n"

struct kind_case {
    const char *title, *message;
    enum bs_kind kind;
};

static void check_kinds(struct reader *reader, const struct kind_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bs_reading *reading = make(reader, bs_bytes_from_cstr(cases[i].message));
        if (reading->kind != cases[i].kind)
            fail_msg("%s: %s by %s", cases[i].title, bs_kind_name(reading->kind), reading->sign ? reading->sign : "nothing");
        assert_int_equal(reading->sign != NULL, reading->kind != BS_KIND_NONE);
    }
}

static void the_strongest_evidence_decides_the_kind(void **state)
{
    static const struct kind_case cases[] = {
        {"a report", DAEMON REPORT(STATUS, RETURNED), BS_KIND_DSN_FAILED},
        {"a report whose sender has a name and an address", "Return-Path: <jane@example.com>\nFrom: Mail <m@example.net>\n"
         REPORT(STATUS, RETURNED), BS_KIND_DSN_FAILED},
        {"a report of success", DAEMON REPORT("Final-Recipient: rfc822; j@example.org\nAction: relayed\n", RETURNED),
         BS_KIND_DSN_SUCCESS},
        {"a report that came through a list", DAEMON "List-Id: <l.example.com>\n" REPORT(STATUS, RETURNED), BS_KIND_DSN_FAILED},
        {"a report that a person attached", PERSON "Subject: What is this?\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\n"
         "Hi, I got this.\n--m\nContent-Type: message/rfc822\n\n" DAEMON REPORT(STATUS, RETURNED) "\n--m--\n", BS_KIND_NONE},
        {"parts of a report that a person forwards", PERSON "Subject: Fwd: Undelivered Mail\n"
         "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee below.\n--b\nContent-Type: message/delivery-status\n\n" STATUS
         "\n--b--\n", BS_KIND_NONE},
        {"a bounce of Exim's", DAEMON "\n" EXIM, BS_KIND_DSN_FAILED},
        {"the same of a server that wants to know the sender", "Return-Path: <>\n" DAEMON "X-Failed-Recipients: joe@example.org\n\n" EXIM
         "    550 you are not on the list of allowed senders\n", BS_KIND_DSN_FAILED},
        {"the same, pasted by a person", PERSON "Subject: mail problem\n\n" EXIM, BS_KIND_NONE},
        {"the same, quoted by a postmaster who answers", "From: postmaster@example.com\nTo: jane@example.com\n"
         "User-Agent: Mutt/2.2\nIn-Reply-To: <2@example.com>\nSubject: Re: mail problem\n\nHi Jane,\n\n> A message that you sent\n"
         "> could not be delivered to one or more of its recipients.\n\nplease try again.\n", BS_KIND_NONE},
        {"the same, discussed on a list", "From: joe@example.org\nList-Id: <l.example.com>\nSubject: Undelivered Mail\n\n" EXIM,
         BS_KIND_LIST},
        {"a reply by its field", "From: jane@example.com\nAuto-Submitted: auto-replied\nSubject: away\n\nI am in Rome.\n",
         BS_KIND_AUTOREPLY},
        {"a reply by the null sender", "Return-Path: <>\nFrom: jane@example.com\nIn-Reply-To: <1@example.org>\nSubject: Rome\n\nHi\n",
         BS_KIND_AUTOREPLY},
        {"an absence that a person announces", PERSON "Subject: Out of office\n\nI will be out of the office next week.\n",
         BS_KIND_NONE},
        {"a receipt", "From: joe@example.org\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
         "--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; joe@example.org\n"
         "Original-Message-ID: <1@example.com>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n", BS_KIND_MDN},
        {"a complaint", "From: fbl@example.net\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\n"
         "Spam.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--b\n"
         "Content-Type: message/rfc822\n\n" RETURNED "\n--b--\n", BS_KIND_ARF},
        {"mail of a list", "From: jane@example.com\nList-Id: <l.example.com>\nSubject: lunch\n\nAt noon?\n", BS_KIND_LIST},
        {"a robot that says no more than that", "From: cron@example.com\nAuto-Submitted: auto-generated\nSubject: disk\n\n80 %\n",
         BS_KIND_OTHER},
        {"a mail system that names one dead address in words that no rule knows", "Return-Path: <>\nFrom: postmaster@example.org\n"
         "To: jane@example.com\nSubject: Concerning your letter\n\njoe@example.org: unknown user\n", BS_KIND_DSN_FAILED},
        {"the same, of two", "Return-Path: <>\nFrom: postmaster@example.org\nTo: jane@example.com\nSubject: Concerning your letter\n\n"
         "joe@example.org, unlike ann@example.org: unknown user\n", BS_KIND_OTHER},
        {"the same of a full mailbox", "Return-Path: <>\nFrom: postmaster@example.org\nTo: jane@example.com\nSubject: Your mailbox\n\n"
         "Your mailbox is full. Ask help@example.org.\n", BS_KIND_OTHER},
        {"a subject behind the marks of filters", "From: MAILER-DAEMON@example.org\nTo: jane@example.com\nSubject: [EXT] ***SPAM*** "
         "Undelivered Mail Returned to Sender\n\njoe@example.org\n", BS_KIND_DSN_FAILED},
        {"a subject behind another mark", "From: MAILER-DAEMON@example.org\nTo: jane@example.com\nSubject: [story] Undelivered Mail "
         "Returned to Sender\n\njoe@example.org\n", BS_KIND_OTHER},
        {"Courier's sender, and words in a language that few rules know", "From: \"Courier mail server at mx.example.net\" <@>\nTo: "
         "jane@example.com\nSubject: Undelivered Mail\n\njoe@example.org\n", BS_KIND_DSN_FAILED},
        {"the same by somebody", "From: joe@example.org\nTo: jane@example.com\nSubject: Concerning your letter\n\n"
         "ann@example.org: unknown user\n", BS_KIND_NONE},
        {"mail", PERSON "Subject: lunch\n\nAt noon?\n", BS_KIND_NONE},
        {"a parcel that could not be delivered", "From: parcels@shop.example\nSubject: Delivery failed\n\nWe could not deliver your "
         "parcel to your address.\n", BS_KIND_NONE},
        {"nothing", "", BS_KIND_NONE},
        {"blanks", "   \n \n", BS_KIND_NONE},
    };
    check_kinds(*state, cases, sizeof cases / sizeof cases[0]);
}

static void little_is_needed_where_the_signs_are_strong_and_much_where_there_are_none(void **state)
{
    static const struct kind_case cases[] = {
        {"a reply of an Exchange that gave it no sign", "Return-Path: <>\nFrom: jane@example.com\nX-MimeOLE: Produced By Microsoft "
         "Exchange V6.5\nSubject: Rome\n\nUntil Monday.\n", BS_KIND_AUTOREPLY},
        {"mail through the same Exchange", "Return-Path: <jane@example.com>\nFrom: jane@example.com\nX-MimeOLE: Produced By Microsoft "
         "Exchange V6.5\nSubject: Rome\n\nUntil Monday.\n", BS_KIND_NONE},
        {"an automatic acknowledgement by a ticket system", "From: help@example.com\nAuto-Submitted: auto-generated\nSubject: printer\n\n"
         "This is an automated acknowledgement of your request.\n", BS_KIND_AUTOREPLY},
        {"a vacation program's reply", "Return-Path: <jane@example.com>\nFrom: jane@example.com\nPrecedence: bulk\n"
         "Subject: Vacation\n\nI am on vacation until Monday.\n", BS_KIND_AUTOREPLY},
        {"the same, told to a list of old", "Return-Path: <owner-l@example.com>\nFrom: jane@example.com\nPrecedence: bulk\n"
         "Subject: Vacation\n\nI am on vacation until Monday.\n", BS_KIND_LIST},
        {"a reply under the subject of what was sent on", "Return-Path: <>\nFrom: jane@example.com\nAuto-Submitted: auto-replied\n"
         "Subject: Fwd: lunch\n\nI am in Rome.\n", BS_KIND_AUTOREPLY},
        {"a reply that somebody sends on", "Return-Path: <joe@example.org>\nFrom: joe@example.org\nSubject: Fwd: Automatic reply: lunch\n\n"
         "I am out of the office until Monday.\n", BS_KIND_NONE},
        {"a robot that sends on what somebody wrote", "From: noreply@example.com\nIn-Reply-To: <1@example.org>\nSubject: Re: order\n\n"
         "You have replied to an address that is not monitored, says the template.\n", BS_KIND_NONE},
        {"an order that is to have no reply", "Return-Path: <>\nFrom: shop@example.com\nX-Auto-Response-Suppress: All\nSubject: Olives\n\n"
         "Your order has come.\n", BS_KIND_OTHER},
        {"a receipt in a mail program's words", PERSON "Subject: Read: lunch\n\nYour message was displayed. This is no guarantee that "
         "the message has been read or understood.\n", BS_KIND_MDN},
        {"the same, quoted by who answers it", PERSON "Subject: Re: Read: lunch\n\nWhat does it mean that this is no guarantee that "
         "the message has been read or understood?\n", BS_KIND_NONE},
        {"a challenge without a sign", "From: jane@example.com\nSubject: Please confirm your message\n\n"
         "This is the first time you have written to me.\n", BS_KIND_CHALLENGE},
        {"the same with a link", "Return-Path: <jane@example.com>\nFrom: jane@example.com\nSubject: Please confirm your message\n\n"
         "This is the first time you have written to me: http://example.com/\n", BS_KIND_NONE},
        {"a login that asks to confirm", "From: shop@example.com\nSubject: Please confirm your message\n\n"
         "Click the link to verify that you are a person.\n", BS_KIND_NONE},
    };
    check_kinds(*state, cases, sizeof cases / sizeof cases[0]);
}

struct bounce_case {
    const char *title, *message, *recipients, *status;
    enum bs_failure failure;
};

/* Recipients, and of the first of them status and reason. */
static void check_bounces(struct reader *reader, const struct bounce_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bs_reading *reading = make(reader, bs_bytes_from_cstr(cases[i].message));
        const char *found = "";
        for (size_t j = 0; j < reading->recipient_count; j++)
            found = bs_arena_printf(&reader->arena, "%s%s%.*s", found, j > 0 ? " " : "",
                                    BS_BYTES_ARG(reading->recipients[j].address));
        if (strcmp(found, cases[i].recipients) != 0)
            fail_msg("%s: %s", cases[i].title, found);
        struct bs_bytes status = reading->recipients[0].status;
        if (!bs_bytes_equal(status, bs_bytes_from_cstr(cases[i].status)))
            fail_msg("%s: %.*s", cases[i].title, BS_BYTES_ARG(status));
        if (reading->recipients[0].failure != cases[i].failure)
            fail_msg("%s: %s", cases[i].title, bs_failure_name(reading->recipients[0].failure));
    }
}

static void a_bounce_says_for_whom_it_failed_and_why(void **state)
{
    static const struct bounce_case cases[] = {
        {"a report", DAEMON REPORT(STATUS, RETURNED), "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"Exim's text", DAEMON "\n" EXIM, "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"X-Failed-Recipients", DAEMON "X-Failed-Recipients: joe@example.org,\n ann@example.net\n\n" EXIM,
         "joe@example.org ann@example.net", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"a recipient that only the header names", DAEMON "X-Failed-Recipients: ann@example.net\n\nThis message could not be delivered.\n",
         "ann@example.net", "", BS_FAILURE_UNKNOWN},
        {"qmail's paragraphs", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\nHi. This is the "
         "qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
         "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<joe@example.org>:\n192.0.2.1 does not like "
         "recipient.\nRemote host said: 550 5.1.1 no such user\n\n<ann@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
         "--- Below this line is a copy of the message.\n\nReturn-Path: <jane@example.com>\n" RETURNED,
         "joe@example.org ann@example.net", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"a status that says nothing, and a text that does", DAEMON
         "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n" EXIM "--b\n"
         "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.0.0\n\n--b--\n",
         "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"a status without an address, and what is returned has one", DAEMON
         REPORT("Final-Recipient: LOCAL; <>\nAction: failed\nStatus: 5.2.2\n", RETURNED), "joe@example.org", "5.2.2",
         BS_FAILURE_MAILBOX_FULL},
        {"a report that an MTA sent on in an attachment", DAEMON "Content-Type: multipart/mixed; boundary=m\n\n--m\n"
         "Content-Type: message/rfc822\n\nFrom: postmaster@example.net\nSubject: failure\n" REPORT(STATUS, RETURNED) "\n--m--\n",
         "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"two reports in one message", DAEMON "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
         "message/delivery-status\n\n" STATUS "\n--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; "
         "ann@example.net\nAction: failed\nStatus: 5.1.1\n\n--b--\n", "joe@example.org ann@example.net", "5.1.1",
         BS_FAILURE_USER_UNKNOWN},
        {"a notice that says whose mail is not wanted", "Return-Path: <>\n" DAEMON "\nYour mail to the following recipients could not "
         "be delivered because they are not accepting mail from jane@example.com:\n\n\tjoe@example.org\n", "joe@example.org", "",
         BS_FAILURE_UNKNOWN},
        {"a refusal by a Sieve script", "From: joe@example.org\nAuto-Submitted: auto-replied (rejected)\nSubject: rejected\n"
         "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nNo.\n--b\n"
         "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; joe@example.org\n"
         "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n", "joe@example.org", "", BS_FAILURE_UNKNOWN},
        {"unknown only when the message was over", DAEMON REPORT("Final-Recipient: rfc822; joe@example.org\nAction: failed\n"
         "Status: 5.0.0\nDiagnostic-Code: smtp; 550 Unknown user joe@example.org (in reply to end of DATA command)\n", RETURNED),
         "joe@example.org", "5.0.0", BS_FAILURE_FILTERED},
        {"words behind the status that say more than the reply", DAEMON REPORT("Final-Recipient: rfc822; joe@example.org\n"
         "Action: failed\nStatus: 5.2.1 (mailbox disabled, not accepting messages)\nDiagnostic-Code: smtp; 550 User unknown\n",
         RETURNED), "joe@example.org", "5.2.1", BS_FAILURE_SUSPENDED},
    };
    check_bounces(*state, cases, sizeof cases / sizeof cases[0]);
}

static void a_recipient_that_is_told_of_twice_is_listed_once(void **state)
{
    static const struct bounce_case cases[] = {
        {"a report of a delay and of the failure that it became", DAEMON REPORT("Final-Recipient: rfc822; joe@example.org\nAction: "
         "delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; Joe@example.org\nAction: failed\nStatus: 5.1.1\n", RETURNED),
         "Joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"two reports of one recipient in one message, of which one says why", DAEMON "Content-Type: multipart/mixed; boundary=b\n\n"
         "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; joe@example.org\nAction: failed\nStatus: 5.0.0\n\n"
         "--b\nContent-Type: message/delivery-status\n\n" STATUS "\n--b--\n", "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"X-Failed-Recipients with one of them twice", DAEMON "X-Failed-Recipients: joe@example.org,\n JOE@example.org\n\n" EXIM,
         "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
        {"a report in a text without MIME, with one recipient twice", DAEMON "\nUndeliverable.\n\nFinal-Recipient: rfc822; "
         "joe@example.org\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; joe@example.org\nAction: failed\n",
         "joe@example.org", "5.1.1", BS_FAILURE_USER_UNKNOWN},
    };
    check_bounces(*state, cases, sizeof cases / sizeof cases[0]);
}

static void what_is_returned_is_found_wherever_it_is(void **state)
{
    static const struct {
        const char *title, *message;
        bool exact, attached;
    } cases[] = {
        {"a part", DAEMON REPORT(STATUS, RETURNED), true, true},
        {"the text behind the notice", DAEMON "\n" EXIM "\n------ This is a copy of the message, including all the headers. ------\n\n"
         RETURNED, true, false},
        {"without a word about it", DAEMON "\n" EXIM "\n" RETURNED, true, false},
        {"quoted", DAEMON "\n" EXIM "\n> Return-Path: <jane@example.com>\n> Message-ID: <1@example.com>\n> From: jane@example.com\n", false,
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bs_returned *returned = &make(*state, bs_bytes_from_cstr(cases[i].message))->returned;
        const struct bs_header_field *id = returned->header ? bs_header_find(returned->header, "Message-ID") : NULL;
        if (!id || !bs_bytes_equal(bs_bytes_trim(id->body), BS_LITERAL("<1@example.com>")))
            fail_msg("%s: nothing", cases[i].title);
        if (returned->exact != cases[i].exact || returned->attached != cases[i].attached)
            fail_msg("%s: %d %d", cases[i].title, returned->exact, returned->attached);
    }
    assert_null(make(*state, BS_LITERAL(PERSON "Subject: x\n\nHi\n\n" RETURNED))->returned.header);
}

static void message_identifiers_that_are_answered_are_kept_up_to_a_limit(void **state)
{
    struct reader *reader = *state;
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, "From: jane@example.com\nAuto-Submitted: auto-replied\nIn-Reply-To: <0@x>\nReferences: <0@x>");
        for (size_t i = 1; i < BS_REFERENCES_MAX + more; i++)
            bs_strbuf_printf(&text, "\n <%zu@x>", i);
        bs_strbuf_append_cstr(&text, "\n\nAway.\n");
        const struct bs_reading *reading = make(reader, bs_strbuf_bytes(&text));
        assert_int_equal(reading->reference_count, BS_REFERENCES_MAX);
        assert_true(bs_bytes_equal(reading->references[0], BS_LITERAL("<0@x>")));
        assert_true(bs_bytes_equal(reading->references[BS_REFERENCES_MAX - 1], BS_LITERAL("<31@x>")));
        bs_strbuf_free(&text);
    }
}

static void a_text_names_recipients_up_to_a_limit(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, DAEMON "\nThe following address(es) failed:\n\n");
        for (size_t i = 0; i < BS_HOME_MADE_RECIPIENTS_MAX + more; i++)
            bs_strbuf_printf(&text, "  user%zu@example.org\n    550 no\n", i);
        const struct bs_reading *reading = make(*state, bs_strbuf_bytes(&text));
        assert_int_equal(reading->kind, BS_KIND_DSN_FAILED);
        assert_int_equal(reading->recipient_count, BS_HOME_MADE_RECIPIENTS_MAX);
        assert_int_equal(reading->limit != NULL, more);
        bs_strbuf_free(&text);
    }
}

static void a_field_names_recipients_up_to_a_limit_and_each_once(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, DAEMON "X-Failed-Recipients: user0@example.org");
        for (size_t i = 0; i < BS_HOME_MADE_RECIPIENTS_MAX + more; i++)
            bs_strbuf_printf(&text, ",\n user%zu@example.org", i);
        bs_strbuf_append_cstr(&text, "\n\n" EXIM);
        const struct bs_reading *reading = make(*state, bs_strbuf_bytes(&text));
        assert_int_equal(reading->recipient_count, BS_HOME_MADE_RECIPIENTS_MAX);
        assert_int_equal(reading->limit != NULL, more);
        bs_strbuf_free(&text);
    }
}

static void recipients_are_looked_for_in_so_many_lines(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, DAEMON "\nThe following address(es) failed:\n");
        /* The line of the match ends, and the first address, are two. */
        bs_strbuf_append_cstr(&text, "  a@example.org\n");
        for (size_t i = 0; i < BS_HOME_MADE_LINES_MAX - 3 + more; i++)
            bs_strbuf_append_cstr(&text, "    no\n");
        bs_strbuf_append_cstr(&text, "  b@example.org\n");
        assert_int_equal(make(*state, bs_strbuf_bytes(&text))->recipient_count, more == 0 ? 2 : 1);
        bs_strbuf_free(&text);
    }
}

static void places_that_name_recipients_are_kept_up_to_a_limit(void **state)
{
    struct bs_error error;
    struct bs_strbuf text, file;
    const char *name = "rules";
    bs_strbuf_init(&text, 100000);
    bs_strbuf_init(&file, 100000);
    bs_strbuf_append_cstr(&text, DAEMON "\nwe gave up\n");
    bs_strbuf_append_cstr(&file, "rule failed\nin text\nmatch \"^we gave up\"\nsays dsn-failed\nsample \"we gave up\"\n");
    for (int i = 0; i <= BS_NOTICE_ROLES_MAX; i++) {
        char word[] = {(char)('a' + i / 26), (char)('a' + i % 26), '\0'};
        bs_strbuf_printf(&file, "rule role-%s\nin text\nmatch \"^for%s: \"\nsays recipient-here\nsample \"for%s: x\"\n", word, word, word);
        bs_strbuf_printf(&text, "for%s: user%s@example.org\n", word, word);
    }
    struct bs_bytes content = bs_strbuf_bytes(&file);
    struct bs_rules *rules = bs_rules_new_with(&content, &name, 1, &error);
    assert_non_null(rules);
    struct reader own = {.rules = rules, .scan = bs_rules_scan_new(rules)};
    bs_arena_init(&own.arena, BS_PARTS_MEMORY);
    assert_int_equal(make(&own, bs_strbuf_bytes(&text))->recipient_count, BS_NOTICE_ROLES_MAX);
    bs_arena_reset(&own.arena);
    bs_rules_scan_free(own.scan);
    bs_rules_free(rules);
    bs_strbuf_free(&text);
    bs_strbuf_free(&file);
    (void)state;
}

static void a_diagnostic_is_cut_at_its_limit(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, DAEMON "\nThe following address(es) failed:\n\n  a@example.org\n");
        for (size_t i = 0; i < BS_DIAGNOSTIC_MAX + more; i++)
            bs_strbuf_append_char(&text, 'x');
        assert_int_equal(make(*state, bs_strbuf_bytes(&text))->recipients[0].diagnostic.len, BS_DIAGNOSTIC_MAX);
        bs_strbuf_free(&text);
    }
}

static void a_kind_is_looked_for_in_the_first_texts_of_a_message(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, "From: MAILER-DAEMON@mx.example.net\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n");
        for (size_t i = 0; i < BS_NOTICE_TEXTS_MAX - 1 + more; i++)
            bs_strbuf_append_cstr(&text, "--b\n\nA line.\n");
        bs_strbuf_append_cstr(&text, "--b\n\n" EXIM "\n--b--\n");
        enum bs_kind kind = make(*state, bs_strbuf_bytes(&text))->kind;
        assert_int_equal(kind, more == 0 ? BS_KIND_DSN_FAILED : BS_KIND_OTHER);
        bs_strbuf_free(&text);
    }
}

/* A proof may stand behind the cut: who looks for one has to know. */
static void a_returned_header_that_the_text_is_cut_within_is_not_whole(void **state)
{
    for (int cut = 0; cut < 2; cut++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 1 << 20);
        bs_strbuf_append_cstr(&text, "From: MAILER-DAEMON@mx.example.net\nTo: jane@example.com\nSubject: failure notice\n\n"
                                     "Hi. This is the qmail-send program at mx.example.net.\n\n<joe@example.org>:\nunknown\n\n"
                                     "--- Below this line is a copy of the message.\n\n"
                                     "Return-Path: <jane@example.com>\nReceived: from a by b\nFrom: jane@example.com\n");
        for (int i = 0; text.len < (cut ? 2 * BS_PARTS_TEXT_MAX : BS_PARTS_TEXT_MAX / 2); i++)
            bs_strbuf_printf(&text, "X-Field-%d: a line of a long header\n", i);
        bs_strbuf_append_cstr(&text, "Subject: last\n\n");
        for (int i = 0; i < BS_PARTS_TEXT_MAX / 16; i++)
            bs_strbuf_append_cstr(&text, "The body of it.\n");
        const struct bs_reading *reading = make(*state, bs_strbuf_bytes(&text));
        assert_non_null(reading->returned.header);
        assert_int_equal(reading->limit != NULL, cut);
        bs_strbuf_free(&text);
    }
}

static void a_text_is_looked_at_up_to_a_limit(void **state)
{
    static const char sentence[] = "\nHi. This is the qmail-send program";
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 100000);
        bs_strbuf_append_cstr(&text, "Return-Path: <>\nFrom: postmaster@example.net\nSubject: x\n\n");
        for (size_t i = 0; i < BS_NOTICE_SCAN_MAX - (sizeof sentence - 1) + more; i++)
            bs_strbuf_append_char(&text, i % 80 == 79 ? '\n' : 'x');
        bs_strbuf_append_cstr(&text, sentence);
        assert_int_equal(make(*state, bs_strbuf_bytes(&text))->kind, more == 0 ? BS_KIND_DSN_FAILED : BS_KIND_OTHER);
        bs_strbuf_free(&text);
    }
}

static void a_limit_of_the_message_reader_is_one_of_the_reading(void **state)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 1000000);
    bs_strbuf_append_cstr(&text, DAEMON);
    for (size_t i = 0; i <= BS_PARTS_DEPTH_MAX; i++)
        bs_strbuf_printf(&text, "Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", i, i);
    bs_strbuf_append_cstr(&text, "\n" EXIM);
    assert_non_null(make(*state, bs_strbuf_bytes(&text))->limit);
    bs_strbuf_free(&text);
}

static void a_returned_header_that_a_cut_text_ends_in_is_not_taken_for_whole(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 1000000);
        bs_strbuf_append_cstr(&text, DAEMON "\n" EXIM "\nReceived: from a by b\nMessage-ID: <1@example.com>\n");
        for (size_t i = 0; more > 0 && i < BS_PARTS_TEXT_MAX / 10; i++)
            bs_strbuf_append_cstr(&text, "X-A: 1234567\n");
        bs_strbuf_append_cstr(&text, "From: jane@example.com\n\nHello\n");
        const struct bs_reading *reading = make(*state, bs_strbuf_bytes(&text));
        assert_non_null(reading->returned.header);
        assert_int_equal(reading->limit != NULL, more);
        bs_strbuf_free(&text);
    }
}

/* Whatever a mail system's notice in unknown words may be, it is first read as if it told of an address that is dead. */
static void a_notice_that_names_no_dead_address_keeps_nothing_of_the_attempt(void **state)
{
    static const char message[] =
        "From: MAILER-DAEMON@mx.example\nSubject: zzz\nContent-Type: multipart/mixed; boundary=a\n\n"
        "--a\n\nZzz zzz.\n--a\nContent-Type: message/rfc822\n\n"
        "Message-ID: <outer@example.com>\nFrom: MAILER-DAEMON@example.com\n"
        "Content-Type: multipart/report; boundary=b; report-type=delivery-status\n\n"
        "--b\nContent-Type: message/delivery-status\n\n" STATUS
        "\nFinal-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.1.1\n\n"
        "--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <inner@example.org>\nFrom: jane@example.org\n\n"
        "--b--\n--a--\n";
    const struct bs_reading *reading = make(*state, bs_bytes_from_cstr(message));
    assert_int_equal(reading->kind, BS_KIND_OTHER);
    assert_int_equal(reading->recipient_count, 0);
    assert_int_equal(reading->reporting_mta.len, 0);
    assert_non_null(reading->returned.header);
    const struct bs_header_field *id = bs_header_find(reading->returned.header, "Message-ID");
    assert_true(id && bs_bytes_equal(bs_bytes_trim(id->body), BS_LITERAL("<outer@example.com>")));
}

static void a_header_tells_whether_reading_is_worthwhile(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool null_sender, worthwhile;
    } cases[] = {
        {"From: jane@example.com\nSubject: lunch\n", false, false},
        {"From: jane@example.com\nSubject: lunch\n", true, true},
        {"From: MAILER-DAEMON@mx.example\n", false, true},
        {"From: x@mx.example\nAuto-Submitted: auto-replied\n", false, true},
        {"Content-Type: multipart/report; report-type=x\n", false, true},
        {"X-Failed-Recipients: x@example.com\n", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        struct bs_header header;
        bs_arena_init(&arena, 100000);
        bs_header_init(&header, &arena);
        bs_header_push(&header, bs_bytes_from_cstr(cases[i].header));
        bs_header_finish(&header);
        assert_int_equal(bs_reading_is_worthwhile(&header, cases[i].null_sender), cases[i].worthwhile);
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_evidence_decides_the_kind),
        cmocka_unit_test(little_is_needed_where_the_signs_are_strong_and_much_where_there_are_none),
        cmocka_unit_test(a_bounce_says_for_whom_it_failed_and_why),
        cmocka_unit_test(a_recipient_that_is_told_of_twice_is_listed_once),
        cmocka_unit_test(what_is_returned_is_found_wherever_it_is),
        cmocka_unit_test(message_identifiers_that_are_answered_are_kept_up_to_a_limit),
        cmocka_unit_test(a_text_names_recipients_up_to_a_limit),
        cmocka_unit_test(a_field_names_recipients_up_to_a_limit_and_each_once),
        cmocka_unit_test(recipients_are_looked_for_in_so_many_lines),
        cmocka_unit_test(places_that_name_recipients_are_kept_up_to_a_limit),
        cmocka_unit_test(a_diagnostic_is_cut_at_its_limit),
        cmocka_unit_test(a_kind_is_looked_for_in_the_first_texts_of_a_message),
        cmocka_unit_test(a_returned_header_that_the_text_is_cut_within_is_not_whole),
        cmocka_unit_test(a_text_is_looked_at_up_to_a_limit),
        cmocka_unit_test(a_limit_of_the_message_reader_is_one_of_the_reading),
        cmocka_unit_test(a_returned_header_that_a_cut_text_ends_in_is_not_taken_for_whole),
        cmocka_unit_test(a_notice_that_names_no_dead_address_keeps_nothing_of_the_attempt),
        cmocka_unit_test(a_header_tells_whether_reading_is_worthwhile),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
