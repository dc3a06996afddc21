/* SPDX-License-Identifier: BSD-2-Clause */
/* Results as text for people and for header fields; nothing that a client or a domain says can break out of it. */
#include "auth/spf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct bs_spf_facts facts_with(const char *helo, const char *local, const char *domain)
{
    struct bs_spf_facts facts = {
        .helo = bs_bytes_from_cstr(helo),
        .local = bs_bytes_from_cstr(local),
        .domain = bs_bytes_from_cstr(domain),
        .receiver = BS_LITERAL("mx.receiver.example"),
    };
    bs_ip_parse(BS_LITERAL("192.0.2.1"), &facts.ip);
    return facts;
}

static struct bs_spf_result passed(const struct bs_spf_facts *facts)
{
    return (struct bs_spf_result){
        .status = BS_SPF_PASS,
        .identity = BS_SPF_MAILFROM,
        .local = facts->local,
        .domain = facts->domain,
        .decided_by = facts->domain,
        .mechanism = BS_LITERAL("a:x.example"),
    };
}

static void check_received(const struct bs_spf_facts *facts, const struct bs_spf_result *result, const char *expected)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 8192);
    bs_spf_append_received(facts, result, &text);
    assert_string_equal(bs_strbuf_cstr(&text), expected);
    bs_strbuf_free(&text);
}

static void check_clause(const struct bs_spf_result *result, const char *expected)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 8192);
    bs_spf_append_clause(result, &text);
    assert_string_equal(bs_strbuf_cstr(&text), expected);
    bs_strbuf_free(&text);
}

static void a_pass_has_the_fields_of_the_rfc(void **state)
{
    struct bs_spf_facts facts = facts_with("mx.example.com", "user", "example.com");
    struct bs_spf_result result = passed(&facts);
    (void)state;
    check_received(&facts, &result,
                   "pass (example.com: 192.0.2.1 is permitted by \"a:x.example\")\n\treceiver=mx.receiver.example;"
                   "\n\tclient-ip=192.0.2.1;\n\tenvelope-from=\"user@example.com\";\n\thelo=mx.example.com;"
                   "\n\tidentity=mailfrom;\n\tmechanism=\"a:x.example\";");
    check_clause(&result, "spf=pass smtp.mailfrom=user@example.com");
}

static void an_error_says_its_problem(void **state)
{
    struct bs_spf_facts facts = facts_with("mx.example.com", "", "");
    struct bs_spf_result result = {
        .status = BS_SPF_PERMERROR,
        .identity = BS_SPF_HELO,
        .local = BS_LITERAL("postmaster"),
        .domain = BS_LITERAL("mx.example.com"),
        .decided_by = BS_LITERAL("mx.example.com"),
        .problem = "mx.example.com: \"a:\" names no domain (section 7.1)",
    };
    (void)state;
    check_received(&facts, &result,
                   "permerror (mx.example.com: \"a:\" names no domain section 7.1)\n\treceiver=mx.receiver.example;"
                   "\n\tclient-ip=192.0.2.1;\n\thelo=mx.example.com;\n\tidentity=helo;"
                   "\n\tproblem=\"mx.example.com: \\\"a:\\\" names no domain (section 7.1)\";");
    check_clause(&result, "spf=permerror reason=\"mx.example.com: \\\"a:\\\" names no domain (section 7.1)\" "
                          "smtp.helo=mx.example.com");
}

static void what_is_no_atom_is_quoted_and_control_characters_go(void **state)
{
    struct bs_spf_facts facts = facts_with("a\r\nX: (b) \"c\" \\ d;\x80", "j\r\ndoe\"@", "exa\nmple.com");
    struct bs_spf_result result = passed(&facts);
    (void)state;
    check_received(&facts, &result,
                   "pass (exa?mple.com: 192.0.2.1 is permitted by \"a:x.example\")\n\treceiver=mx.receiver.example;"
                   "\n\tclient-ip=192.0.2.1;\n\tenvelope-from=\"j??doe\\\"@@exa?mple.com\";"
                   "\n\thelo=\"a??X: (b) \\\"c\\\" \\\\ d;?\";\n\tidentity=mailfrom;\n\tmechanism=\"a:x.example\";");
    check_clause(&result, "spf=pass smtp.mailfrom=\"exa?mple.com\"");
}

static void a_local_part_that_needs_quotes_is_left_out_of_the_clause(void **state)
{
    static const char *const locals[] = {"john doe", "a..b", ".a", "a.", "j\xc3\xb6rg", "a;b"};
    (void)state;
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
        struct bs_spf_facts facts = facts_with("h.example", locals[i], "example.com");
        struct bs_spf_result result = passed(&facts);
        check_clause(&result, "spf=pass smtp.mailfrom=example.com");
    }
}

static void the_reason_is_a_sentence_for_every_status(void **state)
{
    static const struct {
        enum bs_spf_status status;
        const char *problem, *reason;
    } cases[] = {
        {BS_SPF_PASS, NULL, "example.com: 192.0.2.1 is permitted by \"a:x.example\""},
        {BS_SPF_FAIL, NULL, "example.com: 192.0.2.1 is not permitted by \"a:x.example\""},
        {BS_SPF_SOFTFAIL, NULL, "example.com: 192.0.2.1 is probably not permitted by \"a:x.example\""},
        {BS_SPF_NEUTRAL, NULL, "example.com: 192.0.2.1 is neither permitted nor denied by \"a:x.example\""},
        {BS_SPF_NONE, "the domain has no SPF record", "example.com: the domain has no SPF record"},
        {BS_SPF_TEMPERROR, "TXT x.example: no answer", "TXT x.example: no answer"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_arena arena;
        struct bs_spf_facts facts = facts_with("h.example", "user", "example.com");
        struct bs_spf_result result = passed(&facts);
        result.status = cases[i].status;
        result.problem = cases[i].problem;
        bs_arena_init(&arena, 4096);
        assert_string_equal(bs_spf_reason(&facts, &result, &arena), cases[i].reason);
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_has_the_fields_of_the_rfc),
        cmocka_unit_test(an_error_says_its_problem),
        cmocka_unit_test(what_is_no_atom_is_quoted_and_control_characters_go),
        cmocka_unit_test(a_local_part_that_needs_quotes_is_left_out_of_the_clause),
        cmocka_unit_test(the_reason_is_a_sentence_for_every_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
