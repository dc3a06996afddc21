/* SPDX-License-Identifier: BSD-2-Clause */
/* Authentication-Results of others: what real senders write, and what is refused. */
#include "auth/results_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strbuf.h"

/* id; method/version=result "reason" type.name=value …; */
static void describe(const struct bs_read_results *results, struct bs_strbuf *text)
{
    bs_strbuf_printf(text, "%.*s", BS_BYTES_ARG(results->authserv_id));
    for (size_t i = 0; i < results->count; i++) {
        const struct bs_read_result *result = &results->items[i];
        bs_strbuf_printf(text, "; %.*s/%u=%.*s", BS_BYTES_ARG(result->method), result->version,
                         BS_BYTES_ARG(result->result));
        if (result->reason.len > 0)
            bs_strbuf_printf(text, " \"%.*s\"", BS_BYTES_ARG(result->reason));
        for (size_t j = 0; j < result->property_count; j++) {
            const struct bs_read_property *property = &result->properties[j];
            bs_strbuf_printf(text, " %.*s.%.*s=%.*s", BS_BYTES_ARG(property->type), BS_BYTES_ARG(property->name),
                             BS_BYTES_ARG(property->value));
        }
    }
}

/* The description, or the error's text behind "error: ". */
static void read_text(struct bs_bytes body, struct bs_strbuf *ret_text)
{
    struct bs_arena arena;
    struct bs_read_results results;
    struct bs_error error = {{0}};
    char *exact = malloc(body.len + 1);
    assert_non_null(exact);
    memcpy(exact, body.ptr, body.len);
    body.ptr = exact;
    bs_arena_init(&arena, 1 << 20);
    bs_strbuf_init(ret_text, 65536);
    if (bs_results_read(body, &arena, &results, &error))
        describe(&results, ret_text);
    else
        bs_strbuf_printf(ret_text, "error: %s", error.text);
    bs_arena_reset(&arena);
    free(exact);
}

static void check(const char *body, const char *expected)
{
    struct bs_strbuf text;
    read_text(bs_bytes_from_cstr(body), &text);
    if (strcmp(bs_strbuf_cstr(&text), expected) != 0)
        fail_msg("%s\n is %s\n not %s", body, bs_strbuf_cstr(&text), expected);
    bs_strbuf_free(&text);
}

struct read_case {
    const char *body;
    const char *expected;
};

static const struct read_case good[] = {
    {" mx.example.org; none", "mx.example.org"},
    {" mx.example.org 1; NONE (nothing) ", "mx.example.org"},
    {" mx.example.org (x) 1 (y); spf=pass", "mx.example.org; spf/1=pass"},
    {"mx.example.org;spf=pass smtp.mailfrom=example.net",
     "mx.example.org; spf/1=pass smtp.mailfrom=example.net"},
    {" mx.example.org;\r\n\tauth=pass (cram-md5) smtp.auth=sender@example.net;\r\n\tspf=fail smtp.mailfrom=@example.net",
     "mx.example.org; auth/1=pass smtp.auth=sender@example.net; spf/1=fail smtp.mailfrom=@example.net"},
    {" mx; dkim / 2 = fail (a) reason (b) = (c) \"bad \\\"key\\\"\" header (d) . (e) d = (f) example.com (g)",
     "mx; dkim/2=fail \"bad \"key\"\" header.d=example.com"},
    {" mx; dkim=pass header.i=@example.com header.b=\"AbC/d+==\" header.b=AbC/d+==",
     "mx; dkim/1=pass header.i=@example.com header.b=AbC/d+== header.b=AbC/d+=="},
    {" \"my mx\"; spf=pass smtp.mailfrom=\"a b\"@example.com", "my mx; spf/1=pass smtp.mailfrom=a b@example.com"},
    {" mx.google.example;\r\n dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com",
     "mx.google.example; dmarc/1=pass header.from=example.com"},
    {" mx 1; spf=pass\r\n smtp.mailfrom=a.example; dmarc=pass action=none\r\n header.from=a.example; arc=none;",
     "mx; spf/1=pass smtp.mailfrom=a.example; dmarc/1=pass .action=none header.from=a.example; arc/1=none"},
    {" mx; dkim=pass header.d=ex\xc3\xa4mple.com", "mx; dkim/1=pass header.d=ex\xc3\xa4mple.com"},
    {" mx; x=fail reason=\"folded\r\n text\"", "mx; x/1=fail \"folded text\""},
};

static void what_others_write_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check(good[i].body, good[i].expected);
}

static const struct read_case bad[] = {
    {"", "error: byte 0: a value is missing"},
    {" mx", "error: byte 3: a semicolon is missing"},
    {" mx;", "error: byte 4: there are no results"},
    {" ; spf=pass", "error: byte 1: a value is missing"},
    {" spf=pass smtp.mailfrom=a.example; dkim=none", "error: byte 10: the authserv-id is missing"},
    {" mx 1x; none", "error: byte 5: a small number is missing"},
    {" mx 2; none", "error: byte 5: a version that is not known"},
    {" mx 1234567; none", "error: byte 10: a small number is missing"},
    {" i=1; mx.example.org; spf=pass", "error: byte 4: the authserv-id is missing"},
    {" mx spf=pass", "error: byte 4: a semicolon is missing"},
    {" mx; spf", "error: byte 8: a method without ="},
    {" mx; spf=", "error: byte 9: a word is missing"},
    {" mx; none; spf=pass", "error: byte 9: a method without ="},
    {" mx; spf=pass; none", "error: byte 19: a method without ="},
    {" mx;; spf=pass", "error: byte 4: a word is missing"},
    {" mx; spf=pass smtp.mailfrom", "error: byte 27: a property without ="},
    {" mx; spf=pass smtp.=x", "error: byte 19: a word is missing"},
    {" mx; spf=pass smtp.mailfrom=; x=y", "error: byte 28: a value is missing"},
    {" mx; spf=pass smtp.mailfrom=\"x", "error: byte 28: a quoted string is not closed"},
    {" mx; spf=pass smtp.mailfrom=\"x\\\"", "error: byte 28: a quoted string is not closed"},
    {" mx; spf=pass smtp.mailfrom=\"x\"y", "error: byte 32: something follows a quoted string"},
    {" mx; spf=pass (x", "error: byte 16: a comment is not closed"},
    {" mx; spf=pass (x\\)", "error: byte 18: a comment is not closed"},
    {" mx; spf=pass )", "error: byte 14: a word is missing"},
    {" mx; spf=pass\x01", "error: byte 0: the field holds control characters or no UTF-8"},
    {" mx; spf=pass x.y=\xe4", "error: byte 0: the field holds control characters or no UTF-8"},
};

static void what_breaks_the_grammar_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(bad[i].body, bad[i].expected);
}

static void a_nul_is_refused(void **state)
{
    struct bs_strbuf text;
    (void)state;
    read_text(BS_LITERAL(" mx; spf=pass\0"), &text);
    assert_string_equal(bs_strbuf_cstr(&text), "error: byte 0: the field holds control characters or no UTF-8");
    bs_strbuf_free(&text);
}

/* Reads `before`, then `count` times `again`, then `after`; whether it could be read. */
static bool repeated_is_read(const char *before, const char *again, size_t count, const char *after)
{
    struct bs_strbuf body, text;
    bs_strbuf_init(&body, 1 << 20);
    bs_strbuf_append_cstr(&body, before);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_append_cstr(&body, again);
    bs_strbuf_append_cstr(&body, after);
    read_text(bs_strbuf_bytes(&body), &text);
    bool read = !bs_bytes_starts_nocase(bs_strbuf_bytes(&text), BS_LITERAL("error"));
    bs_strbuf_free(&body);
    bs_strbuf_free(&text);
    return read;
}

static void each_limit_holds_at_it_and_not_past_it(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        bool within = extra == 0;
        assert_int_equal(repeated_is_read("mx", ";a=b", BS_RESULTS_METHODS_MAX + extra, ""), within);
        assert_int_equal(repeated_is_read("mx;a=b", " c.d=e", BS_RESULTS_PROPERTIES_MAX + extra, ""), within);
        assert_int_equal(repeated_is_read("mx;a=b", " ", BS_RESULTS_READ_MAX - 6 + extra, ""), within);
        struct bs_strbuf open;
        bs_strbuf_init(&open, 1000);
        for (size_t i = 0; i < BS_RESULTS_NESTING_MAX + extra; i++)
            bs_strbuf_append_char(&open, '(');
        assert_int_equal(repeated_is_read(bs_strbuf_cstr(&open), ")", open.len, "mx;a=b"), within);
        bs_strbuf_free(&open);
    }
}

static void a_property_is_found_in_any_case(void **state)
{
    struct bs_arena arena;
    struct bs_read_results results;
    struct bs_error error;
    (void)state;
    bs_arena_init(&arena, 65536);
    assert_true(bs_results_read(BS_LITERAL("mx; dmarc=pass Header.From=a.example x=y"), &arena, &results, &error));
    assert_true(bs_bytes_equal(bs_read_property_find(&results.items[0], "header", "from"), BS_LITERAL("a.example")));
    assert_true(bs_bytes_equal(bs_read_property_find(&results.items[0], "", "X"), BS_LITERAL("y")));
    assert_null(bs_read_property_find(&results.items[0], "header", "x").ptr);
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_write_is_read),
        cmocka_unit_test(what_breaks_the_grammar_is_refused_with_its_place),
        cmocka_unit_test(a_nul_is_refused),
        cmocka_unit_test(each_limit_holds_at_it_and_not_past_it),
        cmocka_unit_test(a_property_is_found_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
