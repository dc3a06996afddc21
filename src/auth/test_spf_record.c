/* SPDX-License-Identifier: BSD-2-Clause */
/* Records: which text is one, what its terms mean, and every way in which one is malformed. */
#include "auth/spf_record.h"

#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct record_case {
    const char *record;
    const char *read; /* each term; of a bad record, how `TERM problem` begins */
};

static const struct record_case good[] = {
    {"v=spf1", ""},
    {"v=spf1 ", ""},
    {"V=SPF1   a    -all  ", "[pass a 32 128] [fail all]"},
    {"v=spf1 +a -mx ~ptr ?all", "[pass a 32 128] [fail mx 32 128] [softfail ptr] [neutral all]"},
    {"v=spf1 A:Host.Example MX:x.example PTR:y.example",
     "[pass a Host.Example 32 128] [pass mx x.example 32 128] [pass ptr y.example]"},
    {"v=spf1 a/24 a//64 a/24//64 a:x.example/0//0",
     "[pass a 24 128] [pass a 32 64] [pass a 24 64] [pass a x.example 0 0]"},
    {"v=spf1 mx/32//128 a:%{i}/8", "[pass mx 32 128] [pass a %{i} 8 128]"},
    {"v=spf1 a:foo:bar/baz.example/24", "[pass a foo:bar/baz.example 24 128]"},
    {"v=spf1 include:%{d2} exists:%{l=}.%{o}", "[pass include %{d2}] [pass exists %{l=}.%{o}]"},
    {"v=spf1 ip4:192.0.2.1 ip4:192.0.2.1/0 ip4:192.0.2.0/24",
     "[pass ip4 192.0.2.1/32] [pass ip4 192.0.2.1/0] [pass ip4 192.0.2.0/24]"},
    {"v=spf1 ip6:2001:DB8::/32 ip6:::/0 ip6:::1", "[pass ip6 2001:db8::/32] [pass ip6 ::/0] [pass ip6 ::1/128]"},
    {"v=spf1 redirect=x.example exp=%{d}", "redirect=x.example exp=%{d}"},
    {"v=spf1 REDIRECT=x.example", "redirect=x.example"},
    {"v=spf1 unknown= moo.cow-far_out=man:dog/cat all=x a=%{c}%{r}%{t}", ""},
};

static const struct record_case bad[] = {
    {"v=spf1 -all moo", "moo is no mechanism and no modifier"},
    {"v=spf1 a:ctrl.example\rptr -all", "a:ctrl.example\rptr names no domain"},
    {"v=spf1 a\nb", "a\nb goes on with what has no meaning there"},
    {"v=spf1 a\tmx", "a\tmx goes on"},
    {"v=spf1 \x80""a", "\x80""a is no mechanism"},
    {"v=spf1 a:example.net \x96""all", "\x96""all is no mechanism"},
    {"v=spf1 all:", "all: goes on"},
    {"v=spf1 all/8", "all/8 goes on"},
    {"v=spf1 all.", "all. goes on"},
    {"v=spf1 --all", "--all is no mechanism"},
    {"v=spf1 -", "- is no mechanism"},
    {"v=spf1 alll", "alll is no mechanism"},
    {"v=spf1 include", "include lacks its domain"},
    {"v=spf1 include:", "include: names no domain"},
    {"v=spf1 include:x.example/24", "include:x.example/24 names no domain"},
    {"v=spf1 exists", "exists lacks its domain"},
    {"v=spf1 exists:", "exists: names no domain"},
    {"v=spf1 ptr/0", "ptr/0 goes on"},
    {"v=spf1 ptr:", "ptr: names no domain"},
    {"v=spf1 a:", "a: names no domain"},
    {"v=spf1 a:museum", "a:museum names no domain"},
    {"v=spf1 a:192.0.2.1", "a:192.0.2.1 names no domain"},
    {"v=spf1 a/33", "a/33 has a malformed prefix length"},
    {"v=spf1 a//129", "a//129 has a malformed prefix length"},
    {"v=spf1 a/032", "a/032 has a malformed prefix length"},
    {"v=spf1 a/00", "a/00 has a malformed prefix length"},
    {"v=spf1 a//0128", "a//0128 has a malformed prefix length"},
    {"v=spf1 a/24/64", "a/24/64 has a malformed prefix length"},
    {"v=spf1 a///64", "a///64 goes on"},
    {"v=spf1 a/", "a/ goes on"},
    {"v=spf1 a//", "a// goes on"},
    {"v=spf1 mx:x.example/", "mx:x.example/ names no domain"},
    {"v=spf1 ip4", "ip4 lacks its network"},
    {"v=spf1 ip4:", "ip4: has no IPv4 network"},
    {"v=spf1 ip4/24", "ip4/24 lacks its network"},
    {"v=spf1 ip4:192.0.2", "ip4:192.0.2 has no IPv4 network"},
    {"v=spf1 ip4:192.0.2.01", "ip4:192.0.2.01 has no IPv4 network"},
    {"v=spf1 ip4:192.0.2.1/33", "ip4:192.0.2.1/33 has no IPv4 network"},
    {"v=spf1 ip4:192.0.2.1/032", "ip4:192.0.2.1/032 has no IPv4 network"},
    {"v=spf1 ip4:192.0.2.1//32", "ip4:192.0.2.1//32 has no IPv4 network"},
    {"v=spf1 ip4:192.0.2.1:25", "ip4:192.0.2.1:25 has no IPv4 network"},
    {"v=spf1 ip4:::ffff:192.0.2.1", "ip4:::ffff:192.0.2.1 has no IPv4 network"},
    {"v=spf1 ip6:192.0.2.1", "ip6:192.0.2.1 has no IPv6 network"},
    {"v=spf1 ip6:::1/129", "ip6:::1/129 has no IPv6 network"},
    {"v=spf1 ip6:::1//33", "ip6:::1//33 has no IPv6 network"},
    {"v=spf1 ip6::CAFE::BABE", "ip6::CAFE::BABE has no IPv6 network"},
    {"v=spf1 ip6:fe80::1%eth0", "ip6:fe80::1%eth0 has no IPv6 network"},
    {"v=spf1 redirect=", "redirect= names no domain"},
    {"v=spf1 exp=", "exp= names no domain"},
    {"v=spf1 redirect=-all", "redirect=-all names no domain"},
    {"v=spf1 exp=%{r}.example", "exp=%{r}.example names no domain"},
    {"v=spf1 redirect:x.example", "redirect:x.example is no mechanism"},
    {"v=spf1 redirect=x.example -all redirect=x.example", "redirect=x.example is there twice"},
    {"v=spf1 exp=x.example Exp=y.example", "Exp=y.example is there twice"},
    {"v=spf1 =all", "=all is no mechanism"},
    {"v=spf1 1up=foo", "1up=foo is no mechanism"},
    {"v=spf1 -all foo=%abc", "foo=%abc has a malformed macro"},
    {"v=spf1 moo.cow/far_out=x", "moo.cow/far_out=x is no mechanism"},
    {"v=spf1 +redirect=x.example", "+redirect=x.example is no mechanism"},
};

static void append_directive(struct bs_strbuf *text, const struct bs_spf_directive *directive)
{
    static const char *const names[] = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"};
    char network[BS_NETWORK_TEXT];
    enum bs_spf_mechanism mechanism = directive->mechanism;
    bs_strbuf_printf(text, "[%s %s", bs_spf_status_name(directive->status), names[mechanism]);
    if (directive->domain_spec.len > 0)
        bs_strbuf_printf(text, " %.*s", BS_BYTES_ARG(directive->domain_spec));
    if (mechanism == BS_SPF_A || mechanism == BS_SPF_MX)
        bs_strbuf_printf(text, " %u %u", directive->bits4, directive->bits6);
    bs_network_format(&directive->network, network);
    if (mechanism == BS_SPF_IP4 || mechanism == BS_SPF_IP6)
        bs_strbuf_printf(text, " %s", network);
    bs_strbuf_append_cstr(text, "] ");
}

static void append_record(struct bs_strbuf *text, struct bs_bytes input)
{
    struct bs_arena arena;
    struct bs_spf_record record;
    struct bs_bytes term;
    const char *problem;
    bs_arena_init(&arena, 1 << 20);
    if (bs_spf_record_parse(input, BS_SPF_TERMS_MAX, &arena, &record, &term, &problem) == BS_SPF_PARSED) {
        for (size_t i = 0; i < record.count; i++)
            append_directive(text, &record.directives[i]);
        if (record.redirect.ptr)
            bs_strbuf_printf(text, "redirect=%.*s ", BS_BYTES_ARG(record.redirect));
        if (record.exp.ptr)
            bs_strbuf_printf(text, "exp=%.*s ", BS_BYTES_ARG(record.exp));
    } else {
        bs_strbuf_printf(text, "%.*s %s", BS_BYTES_ARG(term), problem);
    }
    bs_arena_reset(&arena);
}

/* Fails unless the record reads as it should, or as far as `read` says where only the beginning counts. */
static void check_record(const struct record_case *c, bool only_beginning)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 4096);
    append_record(&text, bs_bytes_from_cstr(c->record));
    struct bs_bytes read = bs_bytes_trim(bs_strbuf_bytes(&text));
    if (only_beginning)
        read = bs_bytes_first(read, strlen(c->read));
    if (!bs_bytes_equal(read, bs_bytes_from_cstr(c->read)))
        fail_msg("%s: %s, not %s", c->record, bs_strbuf_cstr(&text), c->read);
    bs_strbuf_free(&text);
}

static void each_good_record_is_read_term_by_term(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check_record(&good[i], false);
}

static void the_term_that_makes_a_record_bad_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_record(&bad[i], true);
}

static void only_the_version_and_a_blank_begin_a_record(void **state)
{
    static const char *const records[] = {"v=spf1", "v=spf1 ", "V=sPf1 -all"};
    static const char *const others[] = {"", "v=spf", "v=spf10", "v=spf1-all", "v=spf1\t-all", "v=spf1\n", " v=spf1",
                                         "v=spf2.0/pra"};
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_true(bs_spf_is_record(bs_bytes_from_cstr(records[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(bs_spf_is_record(bs_bytes_from_cstr(others[i])));
    assert_false(bs_spf_is_record(bs_bytes("v=spf1\0", 7)));
}

static void begin(void *state)
{
    (void)state;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    if (last && bs_spf_is_record(input))
        append_record(log, input);
    return last ? input.len : 0;
}

static void no_record_is_read_beyond_its_end(void **state)
{
    static const struct feed feed = {begin, take, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bs_strbuf log, other;
        const char *way = feed_every_way(&feed, bs_bytes_from_cstr(bad[i].record), &log, &other);
        if (way)
            fail_msg("%s: %s", bad[i].record, way);
        bs_strbuf_free(&log);
    }
}

static void more_terms_than_allowed_are_an_error(void **state)
{
    struct bs_arena arena;
    struct bs_spf_record record;
    struct bs_bytes term;
    const char *problem;
    (void)state;
    bs_arena_init(&arena, 65536);
    struct bs_bytes text = BS_LITERAL("v=spf1 a  mx x=y -all ");
    assert_int_equal(bs_spf_record_parse(text, 4, &arena, &record, &term, &problem), BS_SPF_PARSED);
    assert_int_equal(record.terms, 4);
    assert_int_equal(bs_spf_record_parse(text, 3, &arena, &record, &term, &problem), BS_SPF_SYNTAX_ERROR);
    bs_arena_reset(&arena);
    bs_arena_init(&arena, 3 * sizeof *record.directives);
    assert_int_equal(bs_spf_record_parse(text, 4, &arena, &record, &term, &problem), BS_SPF_NO_MEMORY);
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_good_record_is_read_term_by_term),
        cmocka_unit_test(the_term_that_makes_a_record_bad_is_named),
        cmocka_unit_test(only_the_version_and_a_blank_begin_a_record),
        cmocka_unit_test(no_record_is_read_beyond_its_end),
        cmocka_unit_test(more_terms_than_allowed_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
