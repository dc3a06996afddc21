/* SPDX-License-Identifier: BSD-2-Clause */
/* The author of a message: plain forms, and all forms that somebody has used to show readers different addresses. */
#include "message/author.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct reading {
    struct bs_arena arena;
    struct bs_header header;
    struct bs_author author;
    struct bs_strbuf text; /* doubt, whether incomplete: domains, + where there may be more | domains of display names */
};

static void write_names(struct bs_strbuf *text, const struct bs_domain_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        bs_strbuf_append_char(text, ' ');
        bs_strbuf_append(text, names->items[i]);
    }
    bs_strbuf_append_cstr(text, names->more ? " +" : "");
}

static void judge(struct reading *reading)
{
    assert_true(bs_author_read(&reading->header, &reading->arena, &reading->author));
    bs_strbuf_append_cstr(&reading->text, bs_author_doubt_name(reading->author.doubt));
    bs_strbuf_append_cstr(&reading->text, reading->author.incomplete ? ", incomplete:" : ":");
    write_names(&reading->text, &reading->author.domains);
    if (reading->author.display.count > 0)
        bs_strbuf_append_cstr(&reading->text, " |");
    write_names(&reading->text, &reading->author.display);
}

static void begin(struct reading *reading)
{
    bs_arena_init(&reading->arena, 8 << 20);
    bs_header_init(&reading->header, &reading->arena);
    bs_strbuf_init(&reading->text, 65536);
}

static void end(struct reading *reading)
{
    bs_header_finish(&reading->header);
    bs_strbuf_free(&reading->text);
    bs_arena_reset(&reading->arena);
}

static void check_header(struct bs_bytes header, const char *expected)
{
    struct reading reading;
    begin(&reading);
    bs_header_push(&reading.header, header);
    bs_header_finish(&reading.header);
    judge(&reading);
    if (strcmp(bs_strbuf_cstr(&reading.text), expected) != 0)
        fail_msg("%.*s\n is %s\n not %s", BS_BYTES_ARG(header), bs_strbuf_cstr(&reading.text), expected);
    end(&reading);
}

struct field_case {
    const char *from; /* the value of the field */
    const char *expected;
};

static void check_fields(const struct field_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct bs_strbuf header;
        bs_strbuf_init(&header, 65536);
        bs_strbuf_printf(&header, "From: %s\r\nSubject: x\r\n\r\n", cases[i].from);
        check_header(bs_strbuf_bytes(&header), cases[i].expected);
        bs_strbuf_free(&header);
    }
}

static const struct field_case plain[] = {
    {"bob@example.com", "clear: example.com"},
    {"Bob <bob@example.com>", "clear: example.com"},
    {"<bob@example.com>", "clear: example.com"},
    {"\"Bob\" <bob@Example.COM>", "clear: example.com"},
    {"Bob<bob@example.com>", "clear: example.com"},
    {"bob@example.com (Bob)", "clear: example.com"},
    {"bob@example.com(Bob)", "clear: example.com"},
    {"(Bob) bob@example.com", "clear: example.com"},
    {"Bob (in (the) office) <bob@example.com> (away)", "clear: example.com"},
    {"Bob (a \\) b) <bob@example.com>", "clear: example.com"},
    {"Bob\r\n <bob@example.com>", "clear: example.com"},
    {"Bob < bob@example.com >", "clear: example.com"},
    {"Dr. J.R. Bob [list] <bob@example.com>", "clear: example.com"},
    {"bob@example.com.", "clear: example.com"},
    {"b..o.b.@example.com", "clear: example.com"},
    {"\"b o b\"@example.com", "clear: example.com"},
    {"bob+tag=x/y@mail_1.example.com", "clear: mail_1.example.com"},
    {"bob@localhost", "clear: localhost"},
    {"=?utf-8?q?Bob_M=C3=BCller=2C_Jr=2E?= <bob@example.com>", "clear: example.com"},
    {"=?UTF-8?B?Qm9i?=\r\n =?UTF-8?B?Qm9i?= <bob@example.com>", "clear: example.com"},
    {"\"=?utf-8?q?Bob?=\" <bob@example.com>", "clear: example.com"},
    {"=?utf-8?q?Bob?=\r\n M\r\n <bob@example.com>", "clear: example.com"},
    {"B\xc3\xb6" "b <b\xc3\xb6" "b@ex\xc3\xa4mple.com>", "clear: xn--exmple-cua.com"},
    {"B\xf6" "b <bob@example.com>", "clear: example.com"},
    {"\"Smith, John: <1>; \\\"x\\\"\" <bob@example.com>", "clear: example.com"},
    {"bob@example.com <bob@example.com>", "clear: example.com"},
    {"bob@EXAMPLE.com. <ann@example.com>", "clear: example.com"},
    {"=?utf-8?q?bob=40example=2Ecom?= <bob@example.com>", "clear: example.com"},
    {"ann@example.com (bob@example.com)", "clear: example.com"},
    {"Bob @ Work <bob@example.com>", "clear: example.com"},
    {"ann@example.com, Bob <bob@example.com>", "clear: example.com"},
    {"ann@example.com, Bob <bob@example.org>,", "clear: example.com example.org"},
    {", ann@example.com", "clear: example.com"},
};

static void a_plain_from_has_the_domains_of_its_addresses(void **state)
{
    (void)state;
    check_fields(plain, sizeof plain / sizeof *plain);
}

static const struct field_case display[] = {
    {"\"ceo@bank.example\" <bob@example.com>", "clear: example.com | bank.example"},
    {"\"bob@example.com via List\" <list@lists.example>", "clear: lists.example | example.com"},
    {"\"bob@example.com\" <bob@example.com>", "clear: example.com"},
    {"\"<ceo@bank.example>\" <bob@example.com>", "clear: example.com | bank.example"},
};

static void an_address_in_a_quoted_display_name_is_listed_apart(void **state)
{
    (void)state;
    check_fields(display, sizeof display / sizeof *display);
}

static const struct field_case doubtful[] = {
    {"", "no-address:"},
    {"<>", "no-address:"},
    {"Bob <>", "no-address:"},
    {"(bob@example.com)", "no-address: example.com"},
    {"MAILER-DAEMON", "no-domain:"},
    {"Bob <bob>", "no-domain:"},
    {"bob@", "no-domain:"},
    {"Bob, <bob@example.com>", "no-domain: example.com"},
    {"bob@[192.0.2.1]", "address-literal:"},
    {"bob@example..com", "bad-domain: +"},
    {"bob@exa!mple.com", "bad-domain: exa"},
    {"bob@ex\xe4mple.com", "bad-domain: +"},
    {"bob@bank\xe3\x80\x82" "example", "bad-domain: xn--bankexample-7e3j bank.example"},
    {"bob@ba\xe2\x80\x8bnk.example", "bad-domain: xn--bank-w76a.example bank.example"},
    {"Friends: ann@example.com, bob@example.org;", "group: example.com example.org"},
    {"undisclosed-recipients:;", "group:"},
    {"<@bank.example:bob@example.com>", "route: bank.example example.com"},
    {"<@bank.example,@relay.example:bob@example.com>", "route: bank.example relay.example example.com"},
    {"<bob@example.com", "unbalanced: example.com"},
    {"bob@example.com>", "unbalanced: example.com"},
    {"\"Bob <bob@example.com>", "unbalanced: example.com"},
    {"Bob (x <bob@example.com>", "unbalanced: example.com"},
    {"Bob) <bob@example.com>", "unbalanced: example.com"},
    {"<<bob@example.com>>", "unbalanced: example.com"},
    {"\"ceo@bank.example\\\" <bob@example.com>", "unbalanced: bank.example example.com"},
    {"ceo@bank.example@example.com", "several-at-signs: bank.example example.com"},
    {"<ceo@bank.example@example.com>", "several-at-signs: bank.example example.com"},
    {"\"ceo@bank.example\"@example.com", "several-at-signs: example.com bank.example"},
    {"Bob bob@example.com", "space-in-address: example.com"},
    {"bob @example.com", "space-in-address: example.com"},
    {"bob@ example.com", "space-in-address: example.com"},
    {"bob@bank.(x)example", "space-in-address: bank bank.example"},
    {"bob@bank .example", "space-in-address: bank bank.example"},
    {"bob@bank.\r\n example", "space-in-address: bank bank.example"},
    {"<ceo@bank.example> <bob@example.com>", "bad-syntax: bank.example example.com"},
    {"<bob@example.com> ceo@bank.example", "bad-syntax: example.com bank.example"},
    {"<ceo@bank.example>, <bob@example.com> x", "bad-syntax: bank.example example.com"},
    {"Bob \\\"x <bob@example.com>", "bad-syntax: example.com"},
    {"ceo@bank.example; bob@example.com", "bad-syntax: bank.example example.com"},
    {"@example.com", "bad-syntax: example.com"},
    {"ceo@bank.example <bob@example.com>", "address-in-display-name: example.com bank.example"},
    {"ceo@ba nk.example <bob@example.com>", "address-in-display-name: example.com ba bank.example"},
    {"=?utf-8?q?ceo=40bank.example?=x <bob@example.com>",
     "address-in-encoded-word: example.com bank.examplex bank.example"},
    {"ceo@(x)bank.example <bob@example.com>", "address-in-display-name: example.com bank.example"},
    {"ceo\xef\xbc\xa0" "bank.example <bob@example.com>", "address-in-display-name: example.com bank.example"},
    {"bob@example.com (ceo@bank.example)", "address-in-comment: example.com bank.example"},
    {"=?utf-8?q?ceo=40bank.example?= <bob@example.com>", "address-in-encoded-word: example.com bank.example"},
    {"=?utf-8?b?Y2VvQGI=?=\r\n =?utf-8?b?YW5rLmV4YW1wbGU=?= <bob@example.com>",
     "address-in-encoded-word: example.com bank.example b"},
    {"\"=?utf-8?q?ceo=40bank.example?=\" <bob@example.com>", "address-in-encoded-word: example.com bank.example"},
    {"=?utf-8?q?Bob=00?= <bob@example.com>", "control-character: example.com"},
    {"=?utf-16?b?AEIAbwBi?= <bob@example.com>", "odd-charset: example.com +"},
    {"=?utf-8?q?ceo=40bank.example?=@example.com", "encoded-word-in-address: example.com bank.example"},
    {"<=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZQA=?=@example.com>", "encoded-word-in-address: example.com bank.example"},
    {"\xe0\"ceo@bank.example\" <bob@example.com>", "bad-utf-8: example.com bank.example"},
    {"Bob\x01 <bob@example.com>", "control-character: example.com"},
    {"Bob\r <bob@example.com>", "control-character: example.com"},
    {"bob@bank.\x01" "example", "control-character: bank bank.example"},
    {"Bob\r\n \r\n <bob@example.com>", "odd-folding: example.com"},
};

static void a_from_that_readers_read_differently_lists_every_domain(void **state)
{
    (void)state;
    check_fields(doubtful, sizeof doubtful / sizeof *doubtful);
}

static void several_or_no_or_misnamed_from_fields_are_ambiguous(void **state)
{
    (void)state;
    check_header(BS_LITERAL("From: a@bank.example\nX: y\nfrom: b@example.com\n\n"),
                 "several-from-fields: bank.example example.com");
    check_header(BS_LITERAL("From: a@example.com\nFrom: a@example.com\n\n"), "several-from-fields: example.com");
    check_header(BS_LITERAL("Subject: x\n\nFrom: a@b.example\n"), "no-from-field:");
    check_header(BS_LITERAL("From : a@example.com\n\n"), "odd-field-name: example.com");
    check_header(BS_LITERAL(" From: a@example.com\n\n"), "odd-field-name: example.com");
    check_header(BS_LITERAL("From\x0b: a@bank.example\nFrom: b@example.com\n\n"),
                 "odd-field-name: bank.example example.com");
    check_header(BS_LITERAL("\xef\xbb\xbf" "From: a@example.com\n\n"), "odd-field-name: example.com");
    check_header(BS_LITERAL("Resent-From: a@bank.example\nX-From: c@d.example\nFrom: b@example.com\n\n"),
                 "clear: example.com");
    check_header(BS_LITERAL("From a@bank.example Mon Jan 1 00:00:00 2026\nFrom: b@example.com\n\n"),
                 "clear: example.com");
}

static void a_from_within_another_field_is_seen(void **state)
{
    (void)state;
    check_header(BS_LITERAL("Subject: x\rFrom: a@bank.example\nFrom: b@example.com\n\n"),
                 "hidden-from-field: bank.example example.com");
    check_header(BS_LITERAL("Subject: x\0From: a@bank.example\nFrom: b@example.com\n\n"),
                 "hidden-from-field: bank.example example.com");
    check_header(BS_LITERAL("Subject: x\rFor: a@bank.example\nFrom: b@example.com\n\n"), "clear: example.com");
    struct reading reading;
    begin(&reading);
    bs_header_add(&reading.header, BS_LITERAL("Subject"), BS_LITERAL(" x\nFrom: a@bank.example"));
    bs_header_add(&reading.header, BS_LITERAL("From"), BS_LITERAL(" b@example.com"));
    judge(&reading);
    assert_string_equal(bs_strbuf_cstr(&reading.text), "hidden-from-field: bank.example example.com");
    end(&reading);
}

static void a_nul_ends_or_does_not_end_a_domain(void **state)
{
    (void)state;
    check_header(BS_LITERAL("From: a@bank.example\0.evil.example\n\n"), "nul: bank.example bank.example.evil.example");
}

static void the_field_and_the_number_of_mailboxes_are_told(void **state)
{
    (void)state;
    struct reading reading;
    begin(&reading);
    bs_header_push(&reading.header, BS_LITERAL("X: y\nFrom: a@b.example, c@d.example, e@b.example\n\n"));
    judge(&reading);
    assert_int_equal(reading.author.mailboxes, 3);
    assert_ptr_equal(reading.author.field, &reading.header.fields[1]);
    assert_string_equal(bs_strbuf_cstr(&reading.text), "clear: b.example d.example");
    end(&reading);
}

/* From with `count` mailboxes of different domains. */
static void read_mailboxes(struct reading *reading, size_t count)
{
    struct bs_strbuf header;
    bs_strbuf_init(&header, 65536);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_printf(&header, "%sa@d%zu.example", i == 0 ? "From: " : ", ", i);
    bs_strbuf_append_cstr(&header, "\n\n");
    begin(reading);
    bs_header_push(&reading->header, bs_strbuf_bytes(&header));
    bs_strbuf_free(&header);
    judge(reading);
}

static void domains_are_listed_up_to_the_limit_and_more_are_flagged(void **state)
{
    (void)state;
    struct reading reading;
    read_mailboxes(&reading, BS_DOMAIN_NAMES_MAX);
    assert_int_equal(reading.author.doubt, BS_AUTHOR_CLEAR);
    assert_int_equal(reading.author.domains.count, BS_DOMAIN_NAMES_MAX);
    assert_false(reading.author.domains.more);
    end(&reading);
    read_mailboxes(&reading, BS_DOMAIN_NAMES_MAX + 1);
    assert_int_equal(reading.author.doubt, BS_AUTHOR_TOO_MANY);
    assert_int_equal(reading.author.domains.count, BS_DOMAIN_NAMES_MAX);
    assert_true(reading.author.domains.more);
    assert_true(reading.author.incomplete);
    end(&reading);
}

/* From of `size` bytes: a display name, and bob@example.com in its last bytes. */
static void read_long(struct reading *reading, size_t size)
{
    char *from = malloc(size);
    assert_non_null(from);
    memset(from, 'x', size);
    memcpy(from + size - 18, " <bob@example.com>", 18);
    begin(reading);
    bs_header_add(&reading->header, BS_LITERAL("From"), bs_bytes(from, size));
    free(from);
    judge(reading);
}

static void a_from_is_read_up_to_its_limit(void **state)
{
    (void)state;
    struct reading reading;
    read_long(&reading, BS_AUTHOR_FROM_MAX);
    assert_string_equal(bs_strbuf_cstr(&reading.text), "clear: example.com");
    end(&reading);
    read_long(&reading, BS_AUTHOR_FROM_MAX + 1);
    assert_string_equal(bs_strbuf_cstr(&reading.text), "too-large, incomplete: example.com +");
    end(&reading);
    read_long(&reading, BS_HEADER_FIELD_MAX);
    assert_string_equal(bs_strbuf_cstr(&reading.text), "incomplete-header, incomplete: +");
    end(&reading);
}

/* What is read of `From: a@`, `count` times `filler` between `before` and `after`, and b.example. */
static void expect_gap(const char *before, size_t count, const char *after, const char *expected)
{
    struct reading reading;
    struct bs_strbuf from;
    bs_strbuf_init(&from, BS_AUTHOR_FROM_MAX);
    bs_strbuf_printf(&from, " a@%s%*s%sb.example", before, (int)count, "", after);
    begin(&reading);
    bs_header_add(&reading.header, BS_LITERAL("From"), bs_strbuf_bytes(&from));
    bs_strbuf_free(&from);
    judge(&reading);
    assert_string_equal(bs_strbuf_cstr(&reading.text), expected);
    end(&reading);
}

static void a_gap_hides_no_domain_and_a_comment_in_it_is_passed_over_up_to_a_limit(void **state)
{
    (void)state;
    expect_gap("", BS_DOMAIN_SCAN_MAX, "", "space-in-address: b.example");
    expect_gap("", 8000, "", "space-in-address: b.example");
    expect_gap("(", BS_DOMAIN_SCAN_MAX - 2, ")", "space-in-address: b.example");
    expect_gap("(", BS_DOMAIN_SCAN_MAX - 1, ")", "space-in-address, incomplete: +");
    expect_gap("b.(", BS_DOMAIN_SCAN_MAX - 13, ")", "space-in-address: b b.b.example");
    expect_gap("b.(", BS_DOMAIN_SCAN_MAX - 12, ")", "space-in-address, incomplete: b b.b.exampl +");
}

static void display_names_and_comments_are_looked_at_up_to_their_limit(void **state)
{
    (void)state;
    for (size_t count = BS_AUTHOR_PARTS_MAX; count <= BS_AUTHOR_PARTS_MAX + 1; count++) {
        struct reading reading;
        struct bs_strbuf from;
        bs_strbuf_init(&from, 65536);
        for (size_t i = 0; i < count; i++)
            bs_strbuf_append_cstr(&from, "(a@b.example)");
        bs_strbuf_append_cstr(&from, "<a@b.example>");
        begin(&reading);
        bs_header_add(&reading.header, BS_LITERAL("From"), bs_strbuf_bytes(&from));
        bs_strbuf_free(&from);
        judge(&reading);
        assert_string_equal(bs_strbuf_cstr(&reading.text),
                            count == BS_AUTHOR_PARTS_MAX ? "clear: b.example" : "too-many: b.example");
        end(&reading);
    }
}

static void fields_are_searched_up_to_a_sum_and_then_there_may_be_more(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct reading reading;
        begin(&reading);
        char *body = malloc(BS_AUTHOR_FROM_MAX);
        assert_non_null(body);
        memset(body, ' ', BS_AUTHOR_FROM_MAX);
        memcpy(body, "a@b.example", 11);
        for (size_t i = 0; i < BS_AUTHOR_SCANNED_MAX / BS_AUTHOR_FROM_MAX; i++)
            bs_header_add(&reading.header, BS_LITERAL("From"), bs_bytes(body, BS_AUTHOR_FROM_MAX));
        bs_header_add(&reading.header, BS_LITERAL("From"), bs_bytes("x", extra));
        free(body);
        judge(&reading);
        assert_string_equal(bs_strbuf_cstr(&reading.text),
                            extra ? "several-from-fields, incomplete: b.example +" : "several-from-fields: b.example");
        end(&reading);
    }
}

static void a_header_with_fields_missing_is_no_ground_to_judge_on(void **state)
{
    (void)state;
    struct reading reading;
    begin(&reading);
    bs_header_add(&reading.header, BS_LITERAL("From"), BS_LITERAL("a@b.example"));
    for (size_t i = 0; i < BS_HEADER_FIELDS_MAX; i++)
        bs_header_add(&reading.header, BS_LITERAL("X"), BS_LITERAL("y"));
    judge(&reading);
    assert_string_equal(bs_strbuf_cstr(&reading.text), "incomplete-header, incomplete: b.example +");
    end(&reading);
}

static void a_full_arena_is_said(void **state)
{
    (void)state;
    struct bs_arena small;
    struct reading reading;
    begin(&reading);
    bs_header_push(&reading.header, BS_LITERAL("From: a@b.example\n\n"));
    bs_arena_init(&small, 4);
    assert_false(bs_author_read(&reading.header, &small, &reading.author));
    bs_arena_reset(&small);
    end(&reading);
}

static void a_domain_is_as_long_as_dns_allows(void **state)
{
    (void)state;
    char name[BS_DOMAIN_NAME_MAX + 2], normal[BS_DOMAIN_NAME_MAX + 1];
    size_t length;
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 64 == 63 ? '.' : 'a';
    assert_true(bs_domain_normal_form(bs_bytes(name, BS_DOMAIN_NAME_MAX), normal, &length));
    assert_int_equal(length, BS_DOMAIN_NAME_MAX);
    assert_false(bs_domain_normal_form(bs_bytes(name, BS_DOMAIN_NAME_MAX + 1), normal, &length));
    name[63] = 'a';
    assert_false(bs_domain_normal_form(bs_bytes(name, 70), normal, &length));
    assert_true(bs_domain_normal_form(bs_bytes(name, 63), normal, &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_from_has_the_domains_of_its_addresses),
        cmocka_unit_test(an_address_in_a_quoted_display_name_is_listed_apart),
        cmocka_unit_test(a_from_that_readers_read_differently_lists_every_domain),
        cmocka_unit_test(several_or_no_or_misnamed_from_fields_are_ambiguous),
        cmocka_unit_test(a_from_within_another_field_is_seen),
        cmocka_unit_test(a_nul_ends_or_does_not_end_a_domain),
        cmocka_unit_test(the_field_and_the_number_of_mailboxes_are_told),
        cmocka_unit_test(domains_are_listed_up_to_the_limit_and_more_are_flagged),
        cmocka_unit_test(a_from_is_read_up_to_its_limit),
        cmocka_unit_test(a_gap_hides_no_domain_and_a_comment_in_it_is_passed_over_up_to_a_limit),
        cmocka_unit_test(display_names_and_comments_are_looked_at_up_to_their_limit),
        cmocka_unit_test(fields_are_searched_up_to_a_sum_and_then_there_may_be_more),
        cmocka_unit_test(a_header_with_fields_missing_is_no_ground_to_judge_on),
        cmocka_unit_test(a_full_arena_is_said),
        cmocka_unit_test(a_domain_is_as_long_as_dns_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
