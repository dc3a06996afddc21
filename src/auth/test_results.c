/* SPDX-License-Identifier: BSD-2-Clause */
/* Authentication-Results as we write it: the clauses, folding, and that nothing foreign breaks out of it. */
#include "auth/results.h"

#include "auth/results_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void begin(struct bs_results_writer *writer)
{
    bs_results_begin(writer, BS_LITERAL("mx.example.org"));
}

/* Ends the value and compares it; checks its lines, too. */
static void check(struct bs_results_writer *writer, const char *expected)
{
    assert_true(bs_results_end(writer));
    assert_string_equal(bs_strbuf_cstr(&writer->out), expected);
    bs_results_free(writer);
}

static void a_value_without_results_says_none(void **state)
{
    struct bs_results_writer writer;
    (void)state;
    begin(&writer);
    check(&writer, "mx.example.org; none");
}

static struct bs_spf_result spf_result(enum bs_spf_status status, const char *local, const char *domain)
{
    return (struct bs_spf_result){.status = status,
                                  .identity = BS_SPF_MAILFROM,
                                  .local = bs_bytes_from_cstr(local),
                                  .domain = bs_bytes_from_cstr(domain)};
}

static void spf_names_the_address_or_the_domain_alone(void **state)
{
    struct bs_results_writer writer;
    struct bs_spf_result plain = spf_result(BS_SPF_PASS, "user", "example.com");
    struct bs_spf_result quoted = spf_result(BS_SPF_SOFTFAIL, "a b", "example.com");
    struct bs_spf_result helo = spf_result(BS_SPF_NONE, "postmaster", "[192.0.2.1]");
    helo.identity = BS_SPF_HELO;
    helo.problem = "\"x\" is no (domain)";
    (void)state;
    begin(&writer);
    bs_results_add_spf(&writer, &plain);
    bs_results_add_spf(&writer, &quoted);
    bs_results_add_spf(&writer, &helo);
    check(&writer, "mx.example.org;\n\tspf=pass smtp.mailfrom=user@example.com;"
                   "\n\tspf=softfail smtp.mailfrom=example.com;"
                   "\n\tspf=none reason=\"\\\"x\\\" is no (domain)\" smtp.helo=\"[192.0.2.1]\"");
}

static struct bs_dkim_signature signature_of(const char *domain, const char *selector, const char *algorithm,
                                             const char *text)
{
    return (struct bs_dkim_signature){.domain = bs_bytes_from_cstr(domain),
                                      .selector = bs_bytes_from_cstr(selector),
                                      .algorithm_name = bs_bytes_from_cstr(algorithm),
                                      .signature_text = bs_bytes_from_cstr(text)};
}

static void dkim_has_a_clause_for_each_signature(void **state)
{
    struct bs_results_writer writer;
    struct bs_dkim_signature good = signature_of("Example.com", "sel.a", "rsa-sha256", "AbCd\r\n Ef/+1234=");
    struct bs_dkim_signature bad = signature_of("ex\xc3\xa4mple.com", "b", "ed25519-sha256", "Zz+901234567");
    struct bs_dkim_signature empty = signature_of("", "", "", "");
    struct bs_dkim_result items[] = {
        {.code = BS_DKIM_PASS, .reason = "it is good", .signature = &good, .key_bits = 2048},
        {.code = BS_DKIM_FAIL, .reason = "the body was changed", .signature = &bad, .key_bits = 256, .testing = true},
        {.code = BS_DKIM_PERMERROR, .reason = "d= is missing", .signature = &empty},
    };
    struct bs_dkim_results results = {items, 3};
    (void)state;
    begin(&writer);
    bs_results_add_dkim(&writer, &results);
    check(&writer,
          "mx.example.org;"
          "\n\tdkim=pass (2048-bit key) header.d=example.com header.s=sel.a\n\theader.a=rsa-sha256 header.b=\"AbCdEf/+\";"
          "\n\tdkim=fail (256-bit key, testing) reason=\"the body was changed\"\n\theader.d=xn--exmple-cua.com header.s=b"
          " header.a=ed25519-sha256\n\theader.b=Zz+90123;"
          "\n\tdkim=permerror reason=\"d= is missing\"");
    begin(&writer);
    bs_results_add_dkim(&writer, &(struct bs_dkim_results){NULL, 0});
    check(&writer, "mx.example.org;\n\tdkim=none");
}

static void signatures_that_begin_the_same_show_as_much_as_tells_them_apart(void **state)
{
    struct bs_results_writer writer;
    struct bs_dkim_signature first = signature_of("a.example", "s", "", "0123456789abc");
    struct bs_dkim_signature second = signature_of("a.example", "s", "", "0123456789xyz");
    struct bs_dkim_result items[] = {{.code = BS_DKIM_PASS, .signature = &first},
                                     {.code = BS_DKIM_PASS, .signature = &second}};
    (void)state;
    begin(&writer);
    bs_results_add_dkim(&writer, &(struct bs_dkim_results){items, 2});
    check(&writer, "mx.example.org;\n\tdkim=pass header.d=a.example header.s=s header.b=0123456789a;"
                   "\n\tdkim=pass header.d=a.example header.s=s header.b=0123456789x");
}

static void dmarc_arc_and_auth_have_their_forms(void **state)
{
    struct bs_results_writer writer;
    struct bs_dmarc_verdict fails = {.result = BS_DMARC_RESULT_FAIL, .published = BS_DMARC_REJECT};
    struct bs_dmarc_verdict none = {.result = BS_DMARC_RESULT_NONE, .published = BS_DMARC_UNSET};
    (void)state;
    begin(&writer);
    bs_results_add_auth(&writer, BS_LITERAL("user@example.com"));
    bs_results_add_dmarc(&writer, &fails, BS_LITERAL("bank.example"), BS_DMARC_NONE);
    bs_results_add_dmarc(&writer, &none, BS_LITERAL("a.example"), BS_DMARC_NONE);
    bs_results_add_arc(&writer, "pass", 2, BS_LITERAL("lists.example"), NULL);
    bs_results_add_arc(&writer, "fail", 1, BS_LITERAL(""), "the seal is broken");
    bs_results_add_arc(&writer, "none", 0, BS_LITERAL(""), NULL);
    check(&writer, "mx.example.org;\n\tauth=pass smtp.auth=user@example.com;"
                   "\n\tdmarc=fail (p=reject dis=none) header.from=bank.example;\n\tdmarc=none header.from=a.example;"
                   "\n\tarc=pass (i=2 sealed by lists.example);"
                   "\n\tarc=fail (i=1) reason=\"the seal is broken\";\n\tarc=none");
}

struct value_case {
    const char *value;
    const char *written;
};

static const struct value_case values[] = {
    {"a", "a"},
    {"a.b-c_d+e", "a.b-c_d+e"},
    {"user@example.com", "user@example.com"},
    {"@example.com", "@example.com"},
    {"", "\"\""},
    {"a b", "\"a b\""},
    {" a\t\r\n b ", "\"a b\""},
    {"a;b", "\"a;b\""},
    {"a=b", "\"a=b\""},
    {"a\"b\\c", "\"a\\\"b\\\\c\""},
    {"(x)", "\"(x)\""},
    {"a\rb\nc\x01\x7f", "\"a b c??\""},
    {"ex\xc3\xa4mple", "\"ex??mple\""},
    {"a@b@c", "\"a@b@c\""},
    {"a..b@c", "\"a..b@c\""},
    {"a@b..c", "\"a@b..c\""},
    {"a@b.", "\"a@b.\""},
    {"\"a\"@b", "\"\\\"a\\\"@b\""},
    {"a\"; dkim=pass header.d=bank.example", "\"a\\\"; dkim=pass header.d=bank.example\""},
};

static void a_value_stands_as_it_is_or_is_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct bs_results_writer writer;
        char expected[256];
        begin(&writer);
        bs_results_clause(&writer, "x", "pass");
        bs_results_property(&writer, "smtp.y", bs_bytes_from_cstr(values[i].value));
        snprintf(expected, sizeof expected, "mx.example.org;\n\tx=pass smtp.y=%s", values[i].written);
        check(&writer, expected);
    }
}

static void a_comment_cannot_be_left(void **state)
{
    struct bs_results_writer writer;
    (void)state;
    begin(&writer);
    bs_results_clause(&writer, "x", "fail");
    bs_results_comment(&writer, BS_LITERAL("a) (b\\) c\r\nd"));
    check(&writer, "mx.example.org;\n\tx=fail (a\\) \\(b\\\\\\) c d)");
}

static void an_id_that_is_no_token_is_quoted(void **state)
{
    struct bs_results_writer writer;
    (void)state;
    bs_results_begin(&writer, BS_LITERAL("my id\""));
    check(&writer, "\"my id\\\"\"; none");
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    for (;;) {
        size_t length = strcspn(text, "\n"), columns = length + (*text == '\t' ? 7 : 0);
        longest = columns > longest ? columns : longest;
        if (text[length] == '\0')
            return longest;
        text += length + 1;
    }
}

static void long_texts_are_folded_at_blanks_and_cut_at_their_limit(void **state)
{
    struct bs_results_writer writer;
    char text[BS_RESULTS_TEXT_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 10 == 9 ? ' ' : 'a';
    text[BS_RESULTS_TEXT_MAX - 1] = 'b';
    text[BS_RESULTS_TEXT_MAX] = 'c';
    for (size_t extra = 0; extra < 2; extra++) {
        begin(&writer);
        bs_results_clause(&writer, "x", "fail");
        bs_results_reason(&writer, bs_bytes(text, BS_RESULTS_TEXT_MAX + extra));
        bs_results_comment(&writer, bs_bytes(text, BS_RESULTS_TEXT_MAX + extra));
        assert_true(bs_results_end(&writer));
        assert_true(longest_line(bs_strbuf_cstr(&writer.out)) <= BS_RESULTS_COLUMNS);
        assert_non_null(strstr(bs_strbuf_cstr(&writer.out), extra ? "b...\"" : "b\""));
        assert_non_null(strstr(bs_strbuf_cstr(&writer.out), extra ? "b...)" : "b)"));
        bs_results_free(&writer);
    }
}

static void a_property_past_its_limit_is_left_out_visibly(void **state)
{
    struct bs_results_writer writer;
    char value[BS_RESULTS_VALUE_MAX + 1];
    (void)state;
    memset(value, '"', sizeof value);
    begin(&writer);
    bs_results_clause(&writer, "x", "pass");
    bs_results_property(&writer, "smtp.y", bs_bytes(value, BS_RESULTS_VALUE_MAX));
    assert_true(bs_results_end(&writer));
    assert_true(writer.out.len > (size_t)2 * BS_RESULTS_VALUE_MAX);
    assert_true(longest_line(bs_strbuf_cstr(&writer.out)) <= 998);
    bs_results_free(&writer);
    begin(&writer);
    bs_results_clause(&writer, "x", "pass");
    bs_results_property(&writer, "smtp.y", bs_bytes(value, BS_RESULTS_VALUE_MAX + 1));
    check(&writer, "mx.example.org;\n\tx=pass (smtp.y left out: too long)");
}

/* Adds clauses of 100 bytes, the last of `last` bytes, after an id that makes the rest come out even. */
static void write_clauses(struct bs_results_writer *writer, size_t count, size_t last)
{
    char value[128];
    memset(value, 'v', sizeof value);
    bs_results_begin(writer, bs_bytes(value, (BS_RESULTS_SIZE_MAX - 64) % 100));
    for (size_t i = 0; i < count; i++) {
        /* ";\n\tx=pass\n\ty.z=" is 15 bytes */
        bs_results_clause(writer, "x", "pass");
        bs_results_property(writer, "y.z", bs_bytes(value, (i + 1 == count ? last : 100) - 15));
    }
    assert_true(bs_results_end(writer));
}

static void results_past_the_limit_are_left_out_and_counted(void **state)
{
    struct bs_results_writer writer;
    size_t fitting = (BS_RESULTS_SIZE_MAX - 64) / 100;
    (void)state;
    write_clauses(&writer, fitting, 100);
    assert_null(strstr(bs_strbuf_cstr(&writer.out), "left out"));
    assert_int_equal(writer.out.len, BS_RESULTS_SIZE_MAX - 64);
    bs_results_free(&writer);
    write_clauses(&writer, fitting, 101);
    assert_non_null(strstr(bs_strbuf_cstr(&writer.out), "\n\t(1 more left out)"));
    bs_results_free(&writer);
    write_clauses(&writer, fitting + 7, 100);
    assert_non_null(strstr(bs_strbuf_cstr(&writer.out), "\n\t(7 more left out)"));
    assert_true(writer.out.len <= BS_RESULTS_SIZE_MAX);
    bs_results_free(&writer);
}

static void what_is_written_reads_the_same(void **state)
{
    struct bs_results_writer writer;
    struct bs_read_results read;
    struct bs_arena arena;
    struct bs_error error;
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    begin(&writer);
    bs_results_clause(&writer, "x", "fail");
    bs_results_comment(&writer, BS_LITERAL("not; (this"));
    bs_results_reason(&writer, BS_LITERAL("a long text that has to be folded somewhere; \"it\" is longer than a line is"));
    bs_results_property(&writer, "smtp.mailfrom", BS_LITERAL("a \"b\"@example.com"));
    bs_results_property(&writer, "header.d", BS_LITERAL("example.com"));
    assert_true(bs_results_end(&writer));
    assert_true(bs_results_read(bs_strbuf_bytes(&writer.out), &arena, &read, &error));
    assert_int_equal(read.count, 1);
    assert_true(bs_bytes_equal(read.items[0].reason, BS_LITERAL("a long text that has to be folded somewhere; \"it\" is "
                                                                "longer than a line is")));
    assert_true(bs_bytes_equal(bs_read_property_find(&read.items[0], "smtp", "mailfrom"),
                               BS_LITERAL("a \"b\"@example.com")));
    assert_true(bs_bytes_equal(bs_read_property_find(&read.items[0], "header", "d"), BS_LITERAL("example.com")));
    bs_results_free(&writer);
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_without_results_says_none),
        cmocka_unit_test(spf_names_the_address_or_the_domain_alone),
        cmocka_unit_test(dkim_has_a_clause_for_each_signature),
        cmocka_unit_test(signatures_that_begin_the_same_show_as_much_as_tells_them_apart),
        cmocka_unit_test(dmarc_arc_and_auth_have_their_forms),
        cmocka_unit_test(a_value_stands_as_it_is_or_is_quoted),
        cmocka_unit_test(a_comment_cannot_be_left),
        cmocka_unit_test(an_id_that_is_no_token_is_quoted),
        cmocka_unit_test(long_texts_are_folded_at_blanks_and_cut_at_their_limit),
        cmocka_unit_test(a_property_past_its_limit_is_left_out_visibly),
        cmocka_unit_test(results_past_the_limit_are_left_out_and_counted),
        cmocka_unit_test(what_is_written_reads_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
