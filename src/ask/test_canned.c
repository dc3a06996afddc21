/* SPDX-License-Identifier: BSD-2-Clause */
/* Canned answers: what a file says, question by question, and what is wrong with one. */
#include "ask/canned.h"

#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char zone[] =
    "; what the tests ask\n"
    "\n"
    "example.com. 300 IN TXT \"v=spf1 \" \"mx -all\"   ; two strings\n"
    "Example.COM.\t300\tin\tmx\t10 Mail.example.com.\n"
    "example.com. 0 IN MX 20 mail2.example.com.\r\n"
    "example.com. 300 IN TXT \"semi;colon \\\"quoted\\\" \\228\\000\" plain\\032word\n"
    "mail.example.com. 300 IN A 192.0.2.1\n"
    "mail.example.com. 300 IN A 192.0.2.2\n"
    "mail.example.com. 300 IN AAAA ::ffff:192.0.2.1\n"
    "null.example. 300 IN MX 0 .\n"
    "slow.example. TIMEOUT\n"
    "slow.example. 300 IN A 192.0.2.9\n"
    "broken.example. servfail ; and a comment\n"
    "spf.example. 300 IN SPF \"v=spf1 -all\"\n"
    "alias.example. 300 IN CNAME mail.example.com.\n"
    "outside.example. 300 IN CNAME nowhere.example.\n"
    "loop1.example. 300 IN CNAME loop2.example.\n"
    "loop2.example. 300 IN CNAME loop1.example.\n"
    "1.2.0.192.in-addr.arpa. 300 IN PTR mail.example.com.\n"
    "tlsa.example. 300 IN TLSA 3 1 1 00ff\n"
    "soa.example. 300 IN SOA a. b. 1 2 3 4 5\n"
    "odd\\032name%x.example. 300 IN A 192.0.2.3\n"
    "empty.example. 300 IN TXT \"\"\n"
    "last.example. 300 IN A 192.0.2.4";

struct question_case {
    const char *name;
    enum bs_dns_type type;
    const char *answer; /* the status, then each record's data in brackets */
};

#define ZEROS "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"

static const struct question_case questions[] = {
    {"example.com", BS_DNS_TXT, "found [v=spf1 mx -all] [semi;colon \"quoted\" \\xe4\\x00plain word]"},
    {"EXAMPLE.com", BS_DNS_MX, "found [10 Mail.example.com] [20 mail2.example.com]"},
    {"mail.example.com", BS_DNS_A, "found [\\xc0\\x00\\x02\\x01] [\\xc0\\x00\\x02\\x02]"},
    {"mail.example.com", BS_DNS_AAAA, "found [" ZEROS "\\xff\\xff\\xc0\\x00\\x02\\x01]"},
    {"mail.example.com", BS_DNS_TXT, "nodata"},
    {"com", BS_DNS_A, "nxdomain"},
    {"nobody.example", BS_DNS_A, "nxdomain"},
    {"null.example", BS_DNS_MX, "found [0 ]"},
    {"slow.example", BS_DNS_A, "found [\\xc0\\x00\\x02\\x09]"},
    {"slow.example", BS_DNS_TXT, "timeout"},
    {"broken.example", BS_DNS_A, "servfail"},
    {"spf.example", BS_DNS_TXT, "nodata"},
    {"alias.example", BS_DNS_AAAA, "found [" ZEROS "\\xff\\xff\\xc0\\x00\\x02\\x01]"},
    {"alias.example", BS_DNS_MX, "nodata"},
    {"alias.example", BS_DNS_CNAME, "found [mail.example.com]"},
    {"outside.example", BS_DNS_A, "nxdomain"},
    {"loop1.example", BS_DNS_A, "servfail"},
    {"1.2.0.192.in-addr.arpa", BS_DNS_PTR, "found [mail.example.com]"},
    {"tlsa.example", BS_DNS_TLSA, "found [3 1 1 00ff]"},
    {"soa.example", BS_DNS_SOA, "found [a. b. 1 2 3 4 5]"},
    {"odd name%x.example", BS_DNS_A, "found [\\xc0\\x00\\x02\\x03]"},
    {"empty.example", BS_DNS_TXT, "found []"},
    {"last.example", BS_DNS_A, "found [\\xc0\\x00\\x02\\x04]"},
};

static void append_record(struct bs_strbuf *text, const struct bs_dns_record *record, enum bs_dns_type type)
{
    bs_strbuf_append_cstr(text, " [");
    if (type == BS_DNS_MX)
        bs_strbuf_printf(text, "%u ", record->preference);
    for (size_t i = 0; i < record->data.len; i++) {
        unsigned char c = (unsigned char)record->data.ptr[i];
        bs_strbuf_printf(text, c < 0x20 || c > 0x7e ? "\\x%02x" : "%c", c);
    }
    bs_strbuf_append_char(text, ']');
}

static void append_answer(struct bs_strbuf *text, const struct bs_dns_answer *answer, enum bs_dns_type type)
{
    bs_strbuf_append_cstr(text, bs_dns_status_name(answer->status));
    for (size_t i = 0; i < answer->count; i++)
        append_record(text, &answer->records[i], type);
}

static void each_question_gets_what_the_file_says(void **state)
{
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_error error;
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    if (!bs_canned_parse(bs_bytes_from_cstr(zone), "zone", &arena, &canned, &error))
        fail_msg("%s", error.text);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 4096);
        struct bs_dns_answer answer =
            bs_canned_answer(&canned, bs_bytes_from_cstr(questions[i].name), questions[i].type);
        append_answer(&text, &answer, questions[i].type);
        if (strcmp(bs_strbuf_cstr(&text), questions[i].answer) != 0)
            fail_msg("%s: %s, not %s", questions[i].name, bs_strbuf_cstr(&text), questions[i].answer);
        bs_strbuf_free(&text);
    }
    bs_arena_reset(&arena);
}

static void begin(void *state)
{
    (void)state;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_error error;
    (void)state;
    if (!last)
        return 0;
    bs_arena_init(&arena, 1 << 20);
    if (!bs_canned_parse(input, "zone", &arena, &canned, &error))
        bs_strbuf_append_cstr(log, error.text);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct bs_dns_answer answer =
            bs_canned_answer(&canned, bs_bytes_from_cstr(questions[i].name), questions[i].type);
        append_answer(log, &answer, questions[i].type);
    }
    bs_arena_reset(&arena);
    return input.len;
}

static void a_file_that_ends_anywhere_is_read_no_further(void **state)
{
    static const struct feed feed = {begin, take, NULL};
    (void)state;
    for (size_t length = 0; length <= sizeof zone - 1; length += 3) {
        struct bs_strbuf log, other;
        const char *way = feed_every_way(&feed, bs_bytes(zone, length), &log, &other);
        if (way)
            fail_msg("%s at %zu: %s, %s", way, length, bs_strbuf_cstr(&log), bs_strbuf_cstr(&other));
        bs_strbuf_free(&log);
    }
}

struct error_case {
    const char *text;
    const char *error; /* how it begins */
};

static const struct error_case errors[] = {
    {"a.example. 300 IN A 192.0.2.1\nb.example 300 IN A 192.0.2.1\n", "zone:2: the owner \"b.example\" is not absolute"},
    {"  300 IN A 192.0.2.1", "zone:1: the owner \"300\" is not absolute"},
    {"a.example.", "zone:1: the TTL is missing"},
    {"a.example. IN A 192.0.2.1", "zone:1: the TTL \"IN\" is no number"},
    {"a.example. 2147483648 IN A 192.0.2.1", "zone:1: the TTL is no number from 0 to 2147483647"},
    {"a.example. 300 CH A 192.0.2.1", "zone:1: the class is \"CH\""},
    {"a.example. 300 IN WKS 192.0.2.1", "zone:1: unknown type \"WKS\""},
    {"a.example. 300 IN A", "zone:1: the address is missing"},
    {"a.example. 300 IN A 192.0.2", "zone:1: \"192.0.2\" is no IPv4 address"},
    {"a.example. 300 IN A ::1", "zone:1: \"::1\" is no IPv4 address"},
    {"a.example. 300 IN AAAA 192.0.2.1", "zone:1: \"192.0.2.1\" is no IPv6 address"},
    {"a.example. 300 IN A 192.0.2.1 192.0.2.2", "zone:1: \"192.0.2.2\" is too much"},
    {"a.example. 300 IN MX mail.example.", "zone:1: the preference \"mail.example.\" is no number"},
    {"a.example. 300 IN MX 65536 mail.example.", "zone:1: the preference is no number from 0 to 65535"},
    {"a.example. 300 IN MX 10 mail.example", "zone:1: the mail exchanger \"mail.example\" is not absolute"},
    {"a.example. 300 IN TXT \"open", "zone:1: the quote is not closed"},
    {"a.example. 300 IN TXT \"\\256\"", "zone:1: \\256 is no byte"},
    {"a.example. 300 IN TXT \"\\25\"", "zone:1: a backslash"},
    {"a.example. 300 IN TXT x\\", "zone:1: a backslash"},
    {"a\\.b.example. 300 IN A 192.0.2.1", "zone:1: the owner holds a dot within a label"},
    {"a\\046b.example. 300 IN A 192.0.2.1", "zone:1: the owner holds a dot within a label"},
    {"a..example. 300 IN A 192.0.2.1", "zone:1: the owner is no domain name"},
    {"\n\n$ORIGIN example.", "zone:3: lines that begin with $"},
    {"a.example. TIMEOUT A", "zone:1: \"A\" is too much"},
};

static void each_error_says_its_line_and_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct bs_arena arena;
        struct bs_canned canned;
        struct bs_error error = {""};
        bs_arena_init(&arena, 1 << 20);
        if (bs_canned_parse(bs_bytes_from_cstr(errors[i].text), "zone", &arena, &canned, &error) ||
            strncmp(error.text, errors[i].error, strlen(errors[i].error)) != 0)
            fail_msg("%s: \"%s\"", errors[i].text, error.text);
        bs_arena_reset(&arena);
    }
}

/* Whether `count` times the line is a good text. */
static bool parses(const char *before, const char *line, size_t count, const char *after)
{
    struct bs_strbuf text;
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_error error;
    bs_strbuf_init(&text, BS_CANNED_TEXT_MAX + 1000);
    bs_strbuf_append_cstr(&text, before);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_append_cstr(&text, line);
    bs_strbuf_append_cstr(&text, after);
    assert_false(text.failed);
    bs_arena_init(&arena, BS_CANNED_MEMORY_MAX);
    bool good = bs_canned_parse(bs_strbuf_bytes(&text), "zone", &arena, &canned, &error);
    bs_arena_reset(&arena);
    bs_strbuf_free(&text);
    return good;
}

static void each_limit_holds_and_one_past_it_is_an_error(void **state)
{
    (void)state;
    assert_true(parses("", "a. 1 IN A 1.1.1.1\n", BS_DNS_RECORDS_MAX, ""));
    assert_false(parses("", "a. 1 IN A 1.1.1.1\n", BS_DNS_RECORDS_MAX + 1, ""));
    assert_true(parses("", "a. 1 IN SPF\n", BS_CANNED_RECORDS_MAX, ""));
    assert_false(parses("", "a. 1 IN SPF\n", BS_CANNED_RECORDS_MAX + 1, ""));
    assert_true(parses("a. 1 IN TXT \"", "\\001", BS_DNS_TEXT_MAX, "\""));
    assert_false(parses("a. 1 IN TXT \"", "\\001", BS_DNS_TEXT_MAX + 1, "\""));
    assert_true(parses("", ";", BS_CANNED_LINE_MAX, "\n"));
    assert_false(parses("", ";", BS_CANNED_LINE_MAX + 1, "\n"));
    assert_true(parses("", "\n", BS_CANNED_TEXT_MAX, ""));
    assert_false(parses("", "\n", BS_CANNED_TEXT_MAX + 1, ""));
    assert_true(parses("", "123456789.", 25, "abc. TIMEOUT"));
    assert_false(parses("", "123456789.", 25, "abcd. TIMEOUT"));
}

static void aliases_are_followed_up_to_their_limit(void **state)
{
    struct bs_strbuf text;
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_error error;
    (void)state;
    bs_strbuf_init(&text, 4096);
    for (int i = 0; i <= BS_CANNED_CNAMES_MAX; i++)
        bs_strbuf_printf(&text, "n%d. 1 IN CNAME n%d.\n", i, i + 1);
    bs_strbuf_printf(&text, "n%d. 1 IN A 192.0.2.1\n", BS_CANNED_CNAMES_MAX + 1);
    bs_arena_init(&arena, 1 << 20);
    assert_true(bs_canned_parse(bs_strbuf_bytes(&text), "zone", &arena, &canned, &error));
    assert_int_equal(bs_canned_answer(&canned, BS_LITERAL("n1"), BS_DNS_A).status, BS_DNS_FOUND);
    assert_int_equal(bs_canned_answer(&canned, BS_LITERAL("n0"), BS_DNS_A).status, BS_DNS_SERVFAIL);
    bs_arena_reset(&arena);
    bs_strbuf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_question_gets_what_the_file_says),
        cmocka_unit_test(a_file_that_ends_anywhere_is_read_no_further),
        cmocka_unit_test(each_error_says_its_line_and_what_is_wrong),
        cmocka_unit_test(each_limit_holds_and_one_past_it_is_an_error),
        cmocka_unit_test(aliases_are_followed_up_to_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
