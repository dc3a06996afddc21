/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of messages, well-formed and not, read whole, byte by byte, and up against an unreadable page. */
#include "message/parts.h"

#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct reading {
    struct bs_arena arena;
    struct bs_parts parts;
};

static void begin(void *state)
{
    struct reading *reading = state;
    bs_parts_finish(&reading->parts);
    bs_arena_reset(&reading->arena);
    bs_parts_init(&reading->parts, &reading->arena);
}

static void show_header(const struct bs_header *header, struct bs_strbuf *log)
{
    bs_strbuf_append_cstr(log, " {");
    for (size_t i = 0; i < header->count; i++) {
        bs_strbuf_append_cstr(log, i > 0 ? "|" : "");
        bs_strbuf_append(log, header->fields[i].raw);
    }
    bs_strbuf_append_cstr(log, "}");
}

/* A line: the depth, the medium, the type, what else there is, and the text in quotes. */
static void show_part(struct bs_part *part, struct bs_strbuf *log)
{
    static const char *const media[] = {"multipart", "text", "html",    "delivery-status", "disposition",
                                        "feedback",  "headers", "message", "other"};
    bs_part_text(part);
    bs_strbuf_printf(log, "%u %s", part->depth, media[part->media]);
    if (part->type.len > 0)
        bs_strbuf_printf(log, " %.*s", BS_BYTES_ARG(part->type));
    if (part->report.len > 0)
        bs_strbuf_printf(log, " report=%.*s", BS_BYTES_ARG(part->report));
    if (part->name.len > 0)
        bs_strbuf_printf(log, " name=%.*s", BS_BYTES_ARG(part->name));
    bs_strbuf_append_cstr(log, part->returned ? " returned" : "");
    bs_strbuf_append_cstr(log, part->cut ? " cut" : "");
    if (part->header)
        show_header(part->header, log);
    if (part->text.len > 0)
        bs_strbuf_printf(log, " \"%.*s\"", BS_BYTES_ARG(part->text));
    bs_strbuf_append_char(log, '\n');
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_parts *parts = &((struct reading *)state)->parts;
    bs_parts_push(parts, input);
    if (!last)
        return input.len;
    bs_parts_finish(parts);
    for (size_t i = 0; i < parts->count; i++)
        show_part(&parts->items[i], log);
    if (parts->limit)
        bs_strbuf_append_cstr(log, parts->limit);
    if (parts->failed)
        bs_strbuf_append_cstr(log, "failed");
    return input.len;
}

struct parts_case {
    const char *message;
    const char *parts;
};

static void check(const struct parts_case *cases, size_t count)
{
    struct reading reading = {.parts = {.count = 0}};
    struct feed feed = {begin, take, &reading};
    bs_arena_init(&reading.arena, BS_PARTS_MEMORY);
    for (size_t i = 0; i < count; i++) {
        struct bs_strbuf log, other;
        const char *way = feed_every_way(&feed, bs_bytes_from_cstr(cases[i].message), &log, &other);
        if (way)
            fail_msg("case %zu: %s:\n%s", i, way, bs_strbuf_cstr(&other));
        if (strcmp(bs_strbuf_cstr(&log), cases[i].parts) != 0)
            fail_msg("case %zu:\n%s\nnot\n%s", i, bs_strbuf_cstr(&log), cases[i].parts);
        bs_strbuf_free(&log);
    }
    bs_parts_finish(&reading.parts);
    bs_arena_reset(&reading.arena);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define TREE "0 multipart multipart/mixed\n"

static void parts_are_read_in_their_order(void **state)
{
    static const struct parts_case cases[] = {
        {"Subject: x\n\nbody\n", "0 text \"body\n\"\n"},
        {"Subject: x\r\n\r\none\r\ntwo\r\n", "0 text \"one\ntwo\n\"\n"},
        {MIXED "--b\n\none\n--b\n\ntwo\n--b--\n", TREE "1 text \"one\"\n1 text \"two\"\n"},
        {MIXED "--b\r\n\r\none\r\n\r\n--b\r\n\r\ntwo\r\n--b--\r\n", TREE "1 text \"one\n\"\n1 text \"two\"\n"},
        {MIXED "preamble\n--b\n\none\n--b--\nepilogue\n", TREE "1 text \"one\"\n"},
        {MIXED "--b\nContent-Type: application/pdf; name=x.pdf\n\n%PDF\n--b--\n",
         TREE "1 other application/pdf name=x.pdf\n"},
        {MIXED "--b\nContent-Type: multipart/alternative; boundary=\"c d\"\n\n--c d\n\none\n"
               "--c d\nContent-Type: TEXT/HTML\n\n"
               "<p>two\n--c d--\n--b\n\nthree\n--b--\n",
         TREE "1 multipart multipart/alternative\n2 text \"one\"\n2 html text/html \"two\n\"\n1 text \"three\"\n"},
        {"Content-Type: multipart/report; boundary=b; report-type=\"Delivery-Status\"\n\n--b\n\nsorry\n--b\n"
         "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nAction: failed\n--b\n"
         "Content-Type: message/rfc822\n\nFrom: joe\nTo: jane\n\nhello\n--b--\n",
         "0 multipart multipart/report report=delivery-status\n1 text \"sorry\"\n"
         "1 delivery-status message/delivery-status \"Reporting-MTA: dns; a\n\nAction: failed\"\n"
         "1 message message/rfc822 returned {From: joe|To: jane}\n2 text returned \"hello\"\n"},
        {MIXED "--b\nContent-Type: text/rfc822-headers\n\nFrom: joe\nX: a\n b\n--b\n"
               "Content-Type: message/disposition-notification\n\nx\n--b\nContent-Type: message/feedback-report\n\ny\n--b--",
         TREE "1 headers text/rfc822-headers returned {From: joe|X: a\r\n b}\n"
              "1 disposition message/disposition-notification \"x\"\n1 feedback message/feedback-report \"y\"\n"},
        {MIXED "--b\nContent-Type: message/global\n\nFrom: j\xc3\xbc\n\nx\n--b\nContent-Type: message/global-headers\n\n"
               "A: b\n\nignored\n--b\nContent-Type: message/global-delivery-status\n\nz\n"
               "--b\nContent-Type: message/partial\n\nw\n--b--",
         TREE "1 message message/global returned {From: j\xc3\xbc}\n2 text returned \"x\"\n"
              "1 headers message/global-headers returned {A: b}\n1 delivery-status message/global-delivery-status \"z\"\n"
              "1 other message/partial\n"},
        {"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nbody\n--b--",
         "0 multipart multipart/digest\n1 message returned {Subject: x}\n2 text returned \"body\"\n"},
        {"Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nA: b\n\nx",
         "0 message message/rfc822 returned {Content-Type: message/rfc822}\n1 message message/rfc822 returned {A: b}\n"
         "2 text returned \"x\"\n"},
    };
    (void)state;
    CHECK(cases);
}

static void types_are_read_as_mail_has_them(void **state)
{
    static const struct parts_case cases[] = {
        {"Content-Type: TEXT / Plain (a (comment)) ; x=y\n\na", "0 text text/plain \"a\"\n"},
        {"Content-Type: text\n\na", "0 text text \"a\"\n"},
        {"Content-Type:\n\na", "0 text \"a\"\n"},
        {"Content-Type: ;;;\n\na", "0 text \"a\"\n"},
        {"content-type : Image/PNG\n\na", "0 other image/png\n"},
        {"Content-Type: text/plain charset=us-ascii\n\na", "0 text text/plain \"a\"\n"},
        {"Content-Type: text/plain\nContent-Type: image/png\n\na", "0 text text/plain \"a\"\n"},
        {"X-Content-Type: image/png\n\na", "0 text \"a\"\n"},
        {"Content-Type: multipart/mixed;\n\tBOUNDARY = \"a\\\"b\" (c)\n\n--a\"b\n\nx\n--a\"b--", TREE "1 text \"x\"\n"},
        {"Content-Type: multipart/mixed; boundary=\"unended\n\n--unended\n\nx", TREE "1 text \"x\"\n"},
        {"Content-Type: multipart/mixed; boundary=\"b \"\n\n--b\n\nx", TREE "1 text \"x\"\n"},
        {"Content-Type: application/x; name=\"=?utf-8?q?=c3=bc?=.txt\"\n\n", "0 other application/x name=\xc3\xbc.txt\n"},
        {"Content-Type: application/x\nContent-Disposition: attachment; filename*0=a; filename*1*=%62;\n filename*2=c\n\n",
         "0 other application/x name=abc\n"},
        {"Content-Type: application/x; name=y\nContent-Disposition: x; filename*=iso-8859-1'de'%fc%zz; filename=z\n\n",
         "0 other application/x name=\xc3\xbc%zz\n"},
    };
    (void)state;
    CHECK(cases);
}

static void transfer_encodings_and_charsets_are_undone(void **state)
{
    static const struct parts_case cases[] = {
        {"Content-Transfer-Encoding: quoted-printable\n\na=3Db=\n c= \t\r\nd=zz=3", "0 text \"a=b cd=zz=3\"\n"},
        {"Content-Transfer-Encoding: BASE64\n\nYQ0K\nYg==\n.Y*w=\n", "0 text \"a\nbc\"\n"},
        {"Content-Transfer-Encoding: 7bit\n\na=3D", "0 text \"a=3D\"\n"},
        {MIXED "--b\nContent-Transfer-Encoding: quoted-printable\n\nx=\n--b--", TREE "1 text \"x\"\n"},
        {"Content-Type: text/plain; charset=iso-8859-1\n\n\xe4\x96", "0 text text/plain \"\xc3\xa4\xe2\x80\x93\"\n"},
        {"Content-Type: text/plain; charset=\"KOI8-R\"\n\n\xf2", "0 text text/plain \"\xd0\xa0\"\n"},
        {"Content-Type: text/plain; charset=utf-8\n\na\xc3\xa4\xe2\x82",
         "0 text text/plain \"a\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"\n"},
        {"Content-Type: text/plain; charset=nobody-knows\n\n\xc3\xa4", "0 text text/plain \"\xc3\xa4\"\n"},
        {"Content-Type: text/plain; charset=nobody-knows\n\n\xe4", "0 text text/plain \"\xc3\xa4\"\n"},
        {"Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B%F\x1b(B", "0 text text/plain \"\xe3\x83\x86\"\n"},
        {"Content-Type: text/plain; charset=utf-7\n\n+AOQ-", "0 text text/plain \"\xc3\xa4\"\n"},
        {"Content-Type: text/plain; charset=us-ascii\n\n\xe4", "0 text text/plain \"\xc3\xa4\"\n"},
        {"A: b\n\na\rb\r\r\nc\r", "0 text \"a\nb\nc\n\"\n"},
        {"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKYm9keQ==",
         "0 message message/rfc822 returned {Subject: x}\n1 text returned \"body\"\n"},
        {"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\nX: =\na=3Db\n\n=41=\nB\n",
         "0 message message/rfc822 returned {X: a=b}\n1 text returned \"AB\n\"\n"},
        {MIXED "--b\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\nQTogYg==\n--b--",
         TREE "1 headers text/rfc822-headers returned {A: b}\n"},
        {MIXED "--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nQTogYg==\n--b--",
         TREE "1 delivery-status message/delivery-status \"A: b\"\n"},
    };
    (void)state;
    CHECK(cases);
}

/* 254 line ends. */
#define ENDS_7 "\n\n\n\n\n\n\n"
#define ENDS_63 ENDS_7 ENDS_7 ENDS_7 ENDS_7 ENDS_7 ENDS_7 ENDS_7 ENDS_7 ENDS_7
#define ENDS_254 ENDS_63 ENDS_63 ENDS_63 ENDS_63 "\n\n"

static void text_that_is_called_base64_and_is_none_stays_as_it_stands(void **state)
{
    static const struct parts_case cases[] = {
        {"Content-Transfer-Encoding: base64\n\nNot delivered:\na@b.example\n", "0 text \"Not delivered:\na@b.example\n\"\n"},
        {"Content-Transfer-Encoding: base64\n\nYQ==\n-- \n--\n", "0 text \"a\"\n"},
        {"Content-Transfer-Encoding: base64\n\nYQ" ENDS_254 "!", "0 text \"a\"\n"},
        {"Content-Transfer-Encoding: base64\n\nY" ENDS_254 "!", "0 text \"Y" ENDS_254 "!\"\n"},
        {MIXED "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nSubject: x\n\nIt is here.\n--b--",
         TREE "1 message message/rfc822 returned {Subject: x}\n2 text returned \"It is here.\"\n"},
        {MIXED "--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nAction: failed\n\n--b\n"
               "Content-Transfer-Encoding: base64\n\nYQ==\n--b--",
         TREE "1 delivery-status message/delivery-status \"Action: failed\n\"\n1 text \"a\"\n"},
    };
    (void)state;
    CHECK(cases);
}

static void boundaries_are_found_however_they_are_broken(void **state)
{
    static const struct parts_case cases[] = {
        {MIXED "--b\n\none", TREE "1 text \"one\"\n"},
        {MIXED "--b\n\none\n--b", TREE "1 text \"one\"\n"},
        {MIXED "--b\n\none\n--b--", TREE "1 text \"one\"\n"},
        {MIXED "--b  \t\n\none\n--b-- \n", TREE "1 text \"one\"\n"},
        {MIXED "--b\n\none\n--b----\ntwo\n", TREE "1 text \"one\"\n"},
        {MIXED "--b\n\none\n--bc\n--c\n- -b\n--\n", TREE "1 text \"one\n--bc\n--c\n- -b\n--\n\"\n"},
        {MIXED "--b\n\none\n--b--\n--b\n\ntwo\n--b--\n", TREE "1 text \"one\"\n1 text \"two\"\n"},
        {MIXED "--b\n--b\n\n\n--b--\n", TREE "1 text\n1 text\n"},
        {MIXED "--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
         TREE "1 multipart multipart/mixed\n2 text \"one\"\n1 text \"two\"\n"},
        {MIXED "--b\nContent-Type: multipart/mixed; boundary=bc\n\n--bc\n\none\n--b\n\ntwo",
         TREE "1 multipart multipart/mixed\n2 text \"one\"\n1 text \"two\"\n"},
        {"Content-Type: multipart/mixed; boundary=\"b--c\"\n\n--b--c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n"
         "--b--c\n\ntwo",
         TREE "1 multipart multipart/mixed\n2 text \"one\"\n1 text \"two\"\n"},
        {MIXED "--b\nContent-Type: message/rfc822\n\nA: b\n--b\n\ntwo",
         TREE "1 message message/rfc822 returned {A: b}\n1 text \"two\"\n"},
        {MIXED "no boundary\nat all\n", TREE "1 text \"no boundary\nat all\n\"\n"},
        {MIXED "--b\nContent-Type: multipart/mixed; boundary=c\n\nno c\n--b--",
         TREE "1 multipart multipart/mixed\n2 text \"no c\"\n"},
        {"Content-Type: multipart/mixed\n\n-- \n----\n--found it\n\none\n--found it--\n", TREE "1 text \"one\"\n"},
        {MIXED, TREE},
    };
    (void)state;
    CHECK(cases);
}

static void headers_are_found_however_they_are_broken(void **state)
{
    static const struct parts_case cases[] = {
        {"", "0 text\n"},
        {"\n", "0 text\n"},
        {"A: b", "0 text\n"},
        {"\n\n  \nA: b\n\nx", "0 text \"x\"\n"},
        {"\n\nno header\n", "0 text \"no header\n\"\n"},
        {"From joe Mon\nContent-Type: text/html\n\nx", "0 html text/html \"x\n\"\n"},
        {">From joe Mon\nContent-Type: image/png\n\nx", "0 other image/png\n"},
        {"220 mx ESMTP\nehlo a\n250-mx\n250 ok\nMAIL FROM:<>\nRCPT TO:<a@b>\nDATA\n354\nContent-Type: image/png\n\nx",
         "0 other image/png\n"},
        {"\xef\xbb\xbf" "Content-Type: image/png\n\nx", "0 other image/png\n"},
        {MIXED "--b\nContent-Type: text/html\n<b>no empty line\n--b\nnor: here it seems\n--b\nnor here\n",
         TREE "1 html text/html \"no empty line\n\"\n1 text\n1 text \"nor here\n\"\n"},
        {MIXED "--b\n \t\nblank line\n--b\n>From joe Mon\nContent-Type: image/png\n\nx\n",
         TREE "1 text \"blank line\"\n1 other image/png\n"},
        {MIXED "--b\nContent-Type: message/rfc822\n\n\n\nFrom joe Mon\nA: b\n\nx\n",
         TREE "1 message message/rfc822 returned {A: b}\n2 text returned \"x\n\"\n"},
        {MIXED "--b\nContent-Type: message/rfc822\n\nno header: at all\n"
               "--b\nContent-Type: text/rfc822-headers\n\nnone here\n",
         TREE "1 message message/rfc822 returned {}\n2 text returned \"no header: at all\"\n"
              "1 text text/rfc822-headers returned \"none here\n\"\n"},
        {MIXED "--b\nContent-Type: message/rfc822\n\n250 Ok\nx\n",
         TREE "1 message message/rfc822 returned {}\n2 text returned \"250 Ok\nx\n\"\n"},
    };
    (void)state;
    CHECK(cases);
}

static void a_milter_tells_the_header_field_by_field(void **state)
{
    struct bs_arena arena;
    struct bs_parts parts;
    (void)state;
    bs_arena_init(&arena, BS_PARTS_MEMORY);
    bs_parts_init(&parts, &arena);
    bs_parts_field(&parts, BS_LITERAL("Content-Type"), BS_LITERAL(" multipart/mixed;\n boundary=b"));
    bs_parts_end_of_header(&parts);
    bs_parts_push(&parts, BS_LITERAL("--b\r\n\r\none\r\n--b--\r\n"));
    bs_parts_finish(&parts);
    assert_int_equal(parts.count, 2);
    assert_true(bs_bytes_equal(parts.items[1].text, BS_LITERAL("one")));
    bs_arena_reset(&arena);
}

static void a_full_arena_is_told_and_harms_nothing(void **state)
{
    static const char message[] = MIXED "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
                                        "U3ViamVjdDogeAoKYm9keQ==\n--b\nContent-Type: message/rfc822\n\nA: b\n\nx\n--b--";
    struct bs_arena arena;
    struct bs_parts parts;
    (void)state;
    for (size_t limit = 0; limit < 100000; limit += 16) {
        bs_arena_init(&arena, limit);
        bs_parts_init(&parts, &arena);
        bs_parts_push(&parts, bs_bytes_from_cstr(message));
        bs_parts_finish(&parts);
        bool whole = parts.count == 5 && bs_part_text(&parts.items[4]).len == 1;
        bs_arena_reset(&arena);
        assert_int_equal(parts.failed, !whole);
        if (whole)
            return;
    }
    fail_msg("a small message takes too much memory");
}

static void a_header_field_is_shown_as_text(void **state)
{
    static const struct {
        const char *header;
        const char *text;
    } cases[] = {
        {"Subject: plain\n", "plain"},
        {"Subject:  folded\n\tline \n", "folded\tline"},
        {"SUBJECT: =?utf-8?q?a_=3D_b?=\n", "a = b"},
        {"Subject: =?utf-8?b?w6Q=?= =?utf-8?Q?_=C3=A4?=\n", "\xc3\xa4 \xc3\xa4"},
        {"Subject: =?utf-8?b?ww==?=\n =?UTF-8?b?pA==?= x\n", "\xc3\xa4 x"},
        {"Subject: =?iso-2022-jp*ja?B?GyRCJUYbKEI=?=\n", "\xe3\x83\x86"},
        {"Subject: a =?iso-8859-1?q?=e4?= b =?iso-8859-15?q?=a4?=\n", "a \xc3\xa4 b \xe2\x82\xac"},
        {"Subject: =?utf-8?q?a b?=\n", "a b"},
        {"Subject: =?utf-8?q?\?= x =?utf-8?x?a?= =?utf-8?q?a\n", "x =?utf-8?x?a?= =?utf-8?q?a"},
        {"Subject: =?utf-8?q?a=0Ab=00c?=\n", "a b c"},
        {"Subject: \xc3\xa4\n", "\xc3\xa4"},
        {"Subject: \xe4\nContent-Type: text/plain; charset=koi8-r\n", "\xd0\x94"},
        {"Subject: \xe4\n", "\xc3\xa4"},
        {"Subject: first\nSubject: second\n", "first"},
        {"Subject:\n", ""},
        {"X-Subject: x\n", ""},
    };
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, BS_PARTS_MEMORY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_parts parts;
        bs_parts_init(&parts, &arena);
        bs_parts_push(&parts, bs_bytes_from_cstr(cases[i].header));
        bs_parts_finish(&parts);
        struct bs_bytes text = bs_header_text(&parts.header, "Subject", &arena);
        if (!bs_bytes_equal(text, bs_bytes_from_cstr(cases[i].text)))
            fail_msg("%s is %.*s", cases[i].header, BS_BYTES_ARG(text));
    }
    bs_arena_reset(&arena);
}

static void it_does_not_matter_where_in_a_stride_a_line_begins(void **state)
{
    static const char letters[] = "An exemplary line that is longer than two strides.";
    (void)state;
    for (int i = 0; i < 40; i++) {
        char message[400], parts[400];
        snprintf(message, sizeof message,
                 MIXED "%.*s\n--b\n\n%.*s\r\nand\r\r\n-\r\n--\r\n--b\nContent-Type: message/rfc822\n\nA: %.*s\n\nc\n--b--\n",
                 i, letters, i, letters, i, letters);
        snprintf(parts, sizeof parts, TREE "1 text \"%.*s\nand\n-\n--\"\n1 message message/rfc822 returned {A: %.*s}\n"
                 "2 text returned \"c\"\n", i, letters, i, letters);
        const struct parts_case cases[] = {{message, parts}};
        CHECK(cases);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_read_in_their_order),
        cmocka_unit_test(types_are_read_as_mail_has_them),
        cmocka_unit_test(transfer_encodings_and_charsets_are_undone),
        cmocka_unit_test(text_that_is_called_base64_and_is_none_stays_as_it_stands),
        cmocka_unit_test(boundaries_are_found_however_they_are_broken),
        cmocka_unit_test(headers_are_found_however_they_are_broken),
        cmocka_unit_test(a_milter_tells_the_header_field_by_field),
        cmocka_unit_test(a_full_arena_is_told_and_harms_nothing),
        cmocka_unit_test(a_header_field_is_shown_as_text),
        cmocka_unit_test(it_does_not_matter_where_in_a_stride_a_line_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
