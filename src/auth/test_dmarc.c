/* SPDX-License-Identifier: BSD-2-Clause */
/* DMARC: records, tree walks, organizational domains, policies, alignment, each case with a zone of its own. */
#include "ask/canned.h"
#include "auth/dmarc.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROUNDS_MAX = 4 };

struct dmarc_case {
    const char *title;
    const char *zone;
    const char *author;
    const char *spf;  /* RESULT:DOMAIN, RESULT one of pass, fail, error; NULL: none */
    const char *dkim; /* the same, several with blanks between them */
    const char *verdict; /* result, disposition, policy domain, organization */
};

#define REJECT(name) "_dmarc." name ". 60 IN TXT \"v=DMARC1; p=reject\"\n"

static const struct dmarc_case cases[] = {
    /* policy */
    {"no record anywhere", "", "example.com", NULL, NULL, "none none - example.com"},
    {"the domain's own", REJECT("example.com"), "example.com", NULL, NULL, "fail reject example.com example.com"},
    {"inherited", REJECT("example.com"), "a.b.example.com", NULL, NULL, "fail reject example.com example.com"},
    {"sp for domains below", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; sp=quarantine\"\n",
     "a.example.com", NULL, NULL, "fail quarantine example.com example.com"},
    {"p for the domain itself, whatever sp says", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; sp=none\"\n",
     "example.com", NULL, NULL, "fail reject example.com example.com"},
    {"np where the domain does not exist",
     "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none; sp=quarantine; np=reject\"\n", "gone.example.com", NULL, NULL,
     "fail reject example.com example.com"},
    {"sp where it exists without an address",
     "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none; sp=quarantine; np=reject\"\nmx.example.com. 60 IN MX 1 a.b.\n",
     "mx.example.com", NULL, NULL, "fail quarantine example.com example.com"},
    {"np without sp", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none; np=reject\"\n", "gone.example.com", NULL, NULL,
     "fail reject example.com example.com"},
    {"whether it exists is not known", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none; np=reject\"\na.example.com. TIMEOUT\n",
     "a.example.com", NULL, NULL, "temperror none - example.com"},
    {"the organizational domain's, not the nearest ancestor's",
     REJECT("example.com") "_dmarc.b.example.com. 60 IN TXT \"v=DMARC1; p=none\"\n", "a.b.example.com", NULL, NULL,
     "fail reject example.com example.com"},
    {"the public suffix's, where the organization has none", "_dmarc.com. 60 IN TXT \"v=DMARC1; p=quarantine; psd=y\"\n",
     "a.example.com", NULL, NULL, "fail quarantine com example.com"},
    {"a tester is one level milder", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; t=y\"\n", "example.com", NULL,
     NULL, "fail quarantine example.com example.com"},
    {"and one more", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=quarantine; t=y\"\n", "example.com", NULL, NULL,
     "fail none example.com example.com"},
    {"no p, but reports wanted", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; rua=mailto:a@b.example\"\n", "example.com",
     NULL, NULL, "fail none example.com example.com"},
    {"no p and no reports", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; sp=reject\"\n", "example.com", NULL, NULL,
     "none none - example.com"},
    {"a p that nobody knows", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=bounce; rua=nothing\"\n", "example.com", NULL,
     NULL, "none none - example.com"},
    {"a bad sp voids p, unless reports are wanted",
     "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; sp=x; rua=mailto:a@b\"\n", "example.com", NULL, NULL,
     "fail none example.com example.com"},
    {"pct, rf and what is not known do not matter",
     "_dmarc.example.com. 60 IN TXT \"v=DMARC1; pct=0; x=y; rf=afrf; nonsense; p=reject; ri=0;\"\n", "example.com", NULL,
     NULL, "fail reject example.com example.com"},
    {"two records void each other", REJECT("example.com") "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none\"\n",
     "example.com", NULL, NULL, "none none - example.com"},
    {"other texts beside the record", REJECT("example.com") "_dmarc.example.com. 60 IN TXT \"v=spf1 -all\"\n", "example.com",
     NULL, NULL, "fail reject example.com example.com"},
    {"DMARC1 in small letters is something else", "_dmarc.example.com. 60 IN TXT \"v=dmarc1; p=reject\"\n", "example.com",
     NULL, NULL, "none none - example.com"},
    {"blanks around =", "_dmarc.example.com. 60 IN TXT \"v = DMARC1 ; P = Reject\"\n", "example.com", NULL, NULL,
     "fail reject example.com example.com"},
    {"DNS fails at the start", "_dmarc.example.com. TIMEOUT\n", "example.com", NULL, NULL, "temperror none - example.com"},
    {"DNS fails above the domain's own record", REJECT("a.example.com") "_dmarc.example.com. SERVFAIL\n", "a.example.com",
     "pass:a.example.com", NULL, "pass none a.example.com a.example.com"},
    {"no domain", "", "a..b", NULL, NULL, "permerror none - "},

    /* the Organizational Domain */
    {"psd=n is the organization, whatever stands above", REJECT("example.com")
     "_dmarc.b.example.com. 60 IN TXT \"v=DMARC1; p=none; psd=n\"\n", "a.b.example.com", "pass:example.com", NULL,
     "fail none b.example.com b.example.com"},
    {"psd=y makes the one below it the organization",
     "_dmarc.co.example. 60 IN TXT \"v=DMARC1; p=none; psd=y\"\n" REJECT("a.org.co.example"), "a.org.co.example",
     "pass:b.org.co.example", NULL, "pass none a.org.co.example org.co.example"},
    {"psd=y at the start counts for nothing", "_dmarc.co.example. 60 IN TXT \"v=DMARC1; p=reject; psd=y\"\n",
     "co.example", NULL, NULL, "fail reject co.example co.example"},
    {"a name of many labels is cut to seven", REJECT("c.d.e.f.g.h.i"), "1.2.3.a.b.c.d.e.f.g.h.i", NULL, NULL,
     "fail reject c.d.e.f.g.h.i c.d.e.f.g.h.i"},
    {"what lies between is not asked", REJECT("b.c.d.e.f.g.h.i"), "1.2.3.a.b.c.d.e.f.g.h.i", NULL, NULL,
     "none none - 1.2.3.a.b.c.d.e.f.g.h.i"},
    {"eight labels are cut to seven as well", REJECT("b.c.d.e.f.g.h"), "a.b.c.d.e.f.g.h", NULL, NULL,
     "fail reject b.c.d.e.f.g.h b.c.d.e.f.g.h"},

    /* alignment */
    {"SPF for the same domain", REJECT("example.com"), "example.com", "pass:Example.COM", NULL,
     "pass none example.com example.com"},
    {"SPF for one below", REJECT("example.com"), "example.com", "pass:bounce.example.com", NULL,
     "pass none example.com example.com"},
    {"SPF for a stranger", REJECT("example.com"), "example.com", "pass:elsewhere.example", NULL,
     "fail reject example.com example.com"},
    {"SPF that failed", REJECT("example.com"), "example.com", "fail:example.com", NULL, "fail reject example.com example.com"},
    {"aspf=s wants the very domain", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; aspf=s\"\n", "example.com",
     "pass:bounce.example.com", NULL, "fail reject example.com example.com"},
    {"aspf=s does not bind DKIM", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; aspf=s\"\n", "example.com",
     "pass:b.example.com", "pass:b.example.com", "pass none example.com example.com"},
    {"adkim=s wants the very domain", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject; adkim=S\"\n", "example.com",
     NULL, "pass:b.example.com", "fail reject example.com example.com"},
    {"one signature of several is enough", REJECT("example.com"), "news.example.com", "pass:esp.example",
     "fail:example.com pass:esp.example pass:example.com", "pass none example.com example.com"},
    {"domains that share only a suffix", REJECT("example.com"), "example.com", NULL, "pass:notexample.com",
     "fail reject example.com example.com"},
    {"an aligned identifier that DNS left open", REJECT("example.com"), "example.com", "error:example.com",
     "fail:example.com", "temperror none example.com example.com"},
    {"one that would not be aligned does not matter", REJECT("example.com"), "example.com", "error:elsewhere.example", NULL,
     "fail reject example.com example.com"},
    {"an identifier whose organization is not known", REJECT("example.com") "_dmarc.a.example.com. TIMEOUT\n",
     "example.com", "pass:a.example.com", NULL, "temperror none example.com example.com"},
    {"a stranger whose DNS fails is no reason to spare a forgery",
     REJECT("example.com") "_dmarc.elsewhere.example. TIMEOUT\n", "example.com", "pass:elsewhere.example",
     "pass:elsewhere.com error:elsewhere.example", "fail reject example.com example.com"},
    {"nor is one whose name only ends like the author's",
     REJECT("example.com") "_dmarc.notexample.com. SERVFAIL\n", "example.com", "pass:notexample.com", NULL,
     "fail reject example.com example.com"},
    {"nor one in another top-level domain, where the author's organization is not known",
     REJECT("a.example.com") "_dmarc.example.com. SERVFAIL\n_dmarc.elsewhere.example. TIMEOUT\n", "a.example.com",
     "pass:elsewhere.example", NULL, "fail reject a.example.com a.example.com"},
    {"a pass beside it decides", REJECT("example.com") "_dmarc.elsewhere.example. TIMEOUT\n", "example.com",
     "pass:elsewhere.example", "pass:example.com", "pass none example.com example.com"},
    {"an address in brackets as SPF's domain", REJECT("example.com"), "example.com", "pass:", NULL,
     "fail reject example.com example.com"},
};

static struct bs_dmarc_identifier parse_identifier(struct bs_bytes text)
{
    size_t colon = bs_bytes_find(text, ':');
    struct bs_bytes word = bs_bytes_first(text, colon);
    enum bs_dmarc_evidence evidence = bs_bytes_equal(word, BS_LITERAL("pass"))    ? BS_DMARC_PASSED
                                      : bs_bytes_equal(word, BS_LITERAL("error")) ? BS_DMARC_TEMPERROR
                                                                                  : BS_DMARC_FAILED;
    return (struct bs_dmarc_identifier){bs_bytes_skip(text, colon + 1), evidence};
}

static size_t parse_identifiers(const char *list, struct bs_dmarc_identifier *ret_items)
{
    struct bs_bytes rest = bs_bytes_from_cstr(list);
    size_t count = 0;
    while (rest.len > 0) {
        size_t end = bs_bytes_find(rest, ' ');
        ret_items[count++] = parse_identifier(bs_bytes_first(rest, end));
        rest = bs_bytes_skip(rest, end < rest.len ? end + 1 : end);
    }
    return count;
}

/* Runs the judgement until it has decided, answering from the zone; returns how many rounds of questions it took. */
static int run(const struct bs_dmarc_facts *facts, const struct bs_canned *zone, struct bs_arena *arena,
               struct bs_dmarc_verdict *ret_verdict)
{
    struct bs_answers known;
    bs_answers_init(&known, arena);
    for (int round = 0; round <= ROUNDS_MAX; round++) {
        struct bs_questions missing = {0};
        enum bs_step step = bs_dmarc_check(facts, &known, arena, ret_verdict, &missing);
        if (step == BS_DONE)
            return round;
        assert_int_equal(step, BS_ASK);
        assert_true(missing.count > 0);
        for (size_t i = 0; i < missing.count; i++) {
            struct bs_dns_answer answer = bs_canned_answer(zone, missing.items[i].name, missing.items[i].type);
            assert_true(bs_answers_add(&known, missing.items[i].name, missing.items[i].type, &answer));
        }
    }
    fail_msg("no decision after %d rounds", ROUNDS_MAX);
    return 0;
}

static int judge(const struct dmarc_case *c, struct bs_arena *arena, struct bs_dmarc_verdict *ret_verdict)
{
    struct bs_dmarc_identifier dkim[BS_DMARC_IDENTIFIERS_MAX];
    struct bs_canned zone;
    struct bs_error error;
    if (!bs_canned_parse(bs_bytes_from_cstr(c->zone), "zone", arena, &zone, &error))
        fail_msg("%s: %s", c->title, error.text);
    struct bs_dmarc_facts facts = {.author = bs_bytes_from_cstr(c->author), .dkim = dkim};
    if (c->spf)
        facts.spf = parse_identifier(bs_bytes_from_cstr(c->spf));
    facts.dkim_count = parse_identifiers(c->dkim, dkim);
    return run(&facts, &zone, arena, ret_verdict);
}

static void each_case_comes_to_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        struct bs_dmarc_verdict verdict;
        char text[512];
        bs_arena_init(&arena, 1 << 20);
        judge(&cases[i], &arena, &verdict);
        struct bs_bytes policy = verdict.policy_domain.len > 0 ? verdict.policy_domain : BS_LITERAL("-");
        snprintf(text, sizeof text, "%s %s %.*s %.*s", bs_dmarc_result_name(verdict.result),
                 bs_dmarc_policy_name(verdict.disposition), BS_BYTES_ARG(policy), BS_BYTES_ARG(verdict.organization));
        if (strcmp(text, cases[i].verdict) != 0)
            fail_msg("%s: \"%s\", not \"%s\" (%s)", cases[i].title, text, cases[i].verdict, verdict.reason);
        bs_arena_reset(&arena);
    }
}

static void one_round_of_questions_is_enough_and_existence_takes_another(void **state)
{
    static const struct dmarc_case plain = {"", REJECT("example.com"), "a.example.com", "pass:elsewhere.example",
                                            "pass:third.example", ""};
    static const struct dmarc_case np = {"", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=none; np=reject\"\n",
                                         "a.example.com", NULL, NULL, ""};
    struct bs_arena arena;
    struct bs_dmarc_verdict verdict;
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    assert_int_equal(judge(&plain, &arena, &verdict), 1);
    assert_int_equal(judge(&np, &arena, &verdict), 2);
    bs_arena_reset(&arena);
}

static void a_walk_asks_eight_names_at_most(void **state)
{
    struct bs_dmarc_facts facts = {.author = BS_LITERAL("1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16")};
    struct bs_arena arena;
    struct bs_answers known;
    struct bs_questions missing = {0};
    struct bs_dmarc_verdict verdict;
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    bs_answers_init(&known, &arena);
    assert_int_equal(bs_dmarc_check(&facts, &known, &arena, &verdict, &missing), BS_ASK);
    assert_int_equal(missing.count, BS_DMARC_WALK_MAX);
    assert_true(bs_bytes_equal(missing.items[1].name, BS_LITERAL("_dmarc.10.11.12.13.14.15.16")));
    assert_true(bs_bytes_equal(missing.items[7].name, BS_LITERAL("_dmarc.16")));
    bs_arena_reset(&arena);
}

/* Judges, so that all answers of the walk are known. */
static void answer_walk(const struct dmarc_case *c, struct bs_arena *arena, struct bs_answers *known)
{
    struct bs_questions missing = {0};
    struct bs_dmarc_facts facts = {.author = bs_bytes_from_cstr(c->author)};
    struct bs_dmarc_verdict verdict;
    struct bs_canned zone;
    struct bs_error error;
    bs_answers_init(known, arena);
    assert_true(bs_canned_parse(bs_bytes_from_cstr(c->zone), "zone", arena, &zone, &error));
    bs_dmarc_check(&facts, known, arena, &verdict, &missing);
    for (size_t i = 0; i < missing.count; i++) {
        struct bs_dns_answer answer = bs_canned_answer(&zone, missing.items[i].name, missing.items[i].type);
        assert_true(bs_answers_add(known, missing.items[i].name, missing.items[i].type, &answer));
    }
}

static void a_trace_tells_each_question_up_to_where_the_walk_ends(void **state)
{
    static const struct {
        const char *start, *zone, *steps; /* name, status and number of records of each */
    } rows[] = {
        {"a.b.example.com", REJECT("example.com"),
         "a.b.example.com nxdomain 0, b.example.com nxdomain 0, example.com found 1, com nxdomain 0, "},
        {"b.example.com", "_dmarc.example.com. 60 IN TXT \"v=DMARC1; psd=n\"\n",
         "b.example.com nxdomain 0, example.com found 1, "},
        {"example.com", "_dmarc.example.com. TIMEOUT\n", "example.com timeout 0, "},
        {"example.com", REJECT("example.com") "_dmarc.example.com. 60 IN TXT \"v=DMARC1; psd=n\"\n",
         "example.com found 2, com nxdomain 0, "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dmarc_case c = {.title = rows[i].start, .zone = rows[i].zone, .author = rows[i].start};
        struct bs_dmarc_step steps[BS_DMARC_WALK_MAX];
        struct bs_arena arena;
        struct bs_answers known;
        struct bs_strbuf text;
        bs_arena_init(&arena, 1 << 20);
        bs_strbuf_init(&text, 1024);
        answer_walk(&c, &arena, &known);
        size_t count = bs_dmarc_trace(bs_bytes_from_cstr(c.author), &known, &arena, steps);
        for (size_t j = 0; j < count; j++)
            bs_strbuf_printf(&text, "%.*s %s %zu, ", BS_BYTES_ARG(steps[j].name),
                             bs_dns_status_name(steps[j].status), steps[j].records);
        assert_string_equal(bs_strbuf_cstr(&text), rows[i].steps);
        bs_strbuf_free(&text);
        bs_arena_reset(&arena);
    }
}

static enum bs_dmarc_result with_last_identifier(size_t count)
{
    static struct bs_dmarc_identifier dkim[BS_DMARC_IDENTIFIERS_MAX + 1];
    struct bs_dmarc_facts facts = {.author = BS_LITERAL("example.com"), .dkim = dkim, .dkim_count = count};
    struct bs_arena arena;
    struct bs_canned zone;
    struct bs_error error;
    struct bs_dmarc_verdict verdict;
    for (size_t i = 0; i < count; i++)
        dkim[i] = (struct bs_dmarc_identifier){BS_LITERAL("elsewhere.example"), BS_DMARC_FAILED};
    dkim[count - 1] = (struct bs_dmarc_identifier){BS_LITERAL("example.com"), BS_DMARC_PASSED};
    bs_arena_init(&arena, 1 << 20);
    assert_true(bs_canned_parse(BS_LITERAL(REJECT("example.com")), "zone", &arena, &zone, &error));
    run(&facts, &zone, &arena, &verdict);
    bs_arena_reset(&arena);
    return verdict.result;
}

static void identifiers_are_looked_at_up_to_their_limit(void **state)
{
    (void)state;
    assert_int_equal(with_last_identifier(BS_DMARC_IDENTIFIERS_MAX), BS_DMARC_RESULT_PASS);
    assert_int_equal(with_last_identifier(BS_DMARC_IDENTIFIERS_MAX + 1), BS_DMARC_RESULT_FAIL);
}

static void a_full_arena_is_an_error_and_no_verdict(void **state)
{
    struct bs_dmarc_facts facts = {.author = BS_LITERAL("example.com")};
    struct bs_arena arena, small;
    struct bs_answers known;
    struct bs_questions missing = {0};
    struct bs_dmarc_verdict verdict;
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    bs_arena_init(&small, 8);
    bs_answers_init(&known, &arena);
    assert_int_equal(bs_dmarc_check(&facts, &known, &small, &verdict, &missing), BS_ERROR);
    bs_arena_reset(&small);
    bs_arena_reset(&arena);
}

static void report_addresses_are_told_from_nonsense(void **state)
{
    static const struct {
        const char *rua;
        bool good;
    } rows[] = {
        {"mailto:a@b.example", true},   {"mailto:a@b.example!10m", true}, {"nonsense, mailto:a@b", true},
        {"https://r.example/x", true},  {"mailto:nobody", false},         {"mailto:@b", false},
        {"a@b.example", false},         {"", false},                      {":x", false},
        {"1x:y", false},                {"x:", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        struct bs_dmarc_record record;
        snprintf(text, sizeof text, "v=DMARC1; rua=%s", rows[i].rua);
        assert_true(bs_dmarc_record_parse(bs_bytes_from_cstr(text), &record));
        if (record.has_report_uri != rows[i].good)
            fail_msg("%s", rows[i].rua);
    }
}

static void tags_are_read_up_to_their_limit(void **state)
{
    char text[1024] = "v=DMARC1";
    struct bs_dmarc_record record;
    (void)state;
    for (int i = 0; i < BS_DMARC_TAGS_MAX - 1; i++)
        strcat(text, ";x=y");
    size_t length = strlen(text);
    strcat(text, ";p=reject");
    assert_true(bs_dmarc_record_parse(bs_bytes_from_cstr(text), &record));
    assert_int_equal(record.p, BS_DMARC_REJECT);
    strcpy(text + length, ";x=y;p=reject");
    assert_true(bs_dmarc_record_parse(bs_bytes_from_cstr(text), &record));
    assert_int_equal(record.p, BS_DMARC_UNSET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_comes_to_its_verdict),
        cmocka_unit_test(one_round_of_questions_is_enough_and_existence_takes_another),
        cmocka_unit_test(a_walk_asks_eight_names_at_most),
        cmocka_unit_test(a_trace_tells_each_question_up_to_where_the_walk_ends),
        cmocka_unit_test(identifiers_are_looked_at_up_to_their_limit),
        cmocka_unit_test(a_full_arena_is_an_error_and_no_verdict),
        cmocka_unit_test(report_addresses_are_told_from_nonsense),
        cmocka_unit_test(tags_are_read_up_to_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
