/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of authenticated mail, and of senders that no bounce could reach. */
#include "ask/canned.h"
#include "policy/authentication_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MEMORY = 1 << 20 };

static const struct bs_authentication_policy enforce = {true, BS_ACTION_REFUSE, BS_ACTION_TAG, false};
static const struct bs_authentication_policy careful = {true, BS_ACTION_REFUSE, BS_ACTION_TAG, true};
static const struct bs_authentication_policy gentle = {true, BS_ACTION_QUARANTINE, BS_ACTION_QUARANTINE, false};
static const struct bs_authentication_policy monitor = {false, BS_ACTION_REFUSE, BS_ACTION_TAG, true};

static void the_domain_and_the_administrator_decide_together(void **state)
{
    static const struct {
        const struct bs_authentication_policy *policy;
        enum bs_dmarc_result result;
        enum bs_dmarc_policy disposition;
        bool ambiguous;
        enum bs_trust trust;
        enum bs_action action;
        enum bs_reason reason;
        bool observed;
    } cases[] = {
        {&enforce, BS_DMARC_RESULT_PASS, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_DMARC_PASS, false},
        {&enforce, BS_DMARC_RESULT_NONE, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_DMARC_NONE, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_DMARC_FAIL, false},
        {&enforce, BS_DMARC_RESULT_TEMPERROR, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS,
         BS_REASON_DMARC_TEMPERROR, false},
        {&careful, BS_DMARC_RESULT_TEMPERROR, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_DEFER,
         BS_REASON_DMARC_TEMPERROR, false},
        {&careful, BS_DMARC_RESULT_TEMPERROR, BS_DMARC_NONE, false, BS_TRUST_FORWARDER, BS_ACTION_PASS,
         BS_REASON_DMARC_TEMPERROR, false},
        {&careful, BS_DMARC_RESULT_NONE, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_DMARC_NONE, false},
        {&monitor, BS_DMARC_RESULT_TEMPERROR, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS,
         BS_REASON_DMARC_TEMPERROR, false},
        {&enforce, BS_DMARC_RESULT_PERMERROR, BS_DMARC_NONE, true, BS_TRUST_NONE, BS_ACTION_PASS,
         BS_REASON_FROM_AMBIGUOUS, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, false, BS_TRUST_NONE, BS_ACTION_REFUSE, BS_REASON_DMARC_REJECT,
         false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, true, BS_TRUST_NONE, BS_ACTION_REFUSE,
         BS_REASON_FROM_AMBIGUOUS_REJECT, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_QUARANTINE, false, BS_TRUST_NONE, BS_ACTION_TAG,
         BS_REASON_DMARC_QUARANTINE, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_QUARANTINE, true, BS_TRUST_NONE, BS_ACTION_TAG,
         BS_REASON_FROM_AMBIGUOUS_QUARANTINE, false},
        {&gentle, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, false, BS_TRUST_NONE, BS_ACTION_QUARANTINE,
         BS_REASON_DMARC_REJECT, false},
        {&monitor, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, false, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_DMARC_REJECT,
         true},
        {&monitor, BS_DMARC_RESULT_PASS, BS_DMARC_NONE, false, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_DMARC_PASS, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, false, BS_TRUST_FORWARDER, BS_ACTION_PASS,
         BS_REASON_TRUSTED_FORWARDER, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, true, BS_TRUST_SEALER, BS_ACTION_PASS,
         BS_REASON_TRUSTED_SEALER, false},
        {&enforce, BS_DMARC_RESULT_FAIL, BS_DMARC_REJECT, false, BS_TRUST_PROVEN_BOUNCE, BS_ACTION_PASS,
         BS_REASON_PROVEN_BOUNCE, false},
        {&enforce, BS_DMARC_RESULT_PASS, BS_DMARC_NONE, false, BS_TRUST_FORWARDER, BS_ACTION_PASS, BS_REASON_DMARC_PASS,
         false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct bs_dmarc_verdict verdict = {.result = cases[i].result, .disposition = cases[i].disposition};
        const struct bs_author author = {.doubt = cases[i].ambiguous ? BS_AUTHOR_GROUP : BS_AUTHOR_CLEAR};
        struct bs_decision decision =
            bs_policy_authenticated(cases[i].policy, &verdict, &author, cases[i].trust);
        if (decision.action != cases[i].action || decision.reason != cases[i].reason ||
            decision.observed != cases[i].observed)
            fail_msg("case %zu: %s %s", i, bs_action_name(decision.action), bs_reason_name(decision.reason));
    }
}

static void an_author_past_a_limit_is_treated_as_the_strictest_of_policies_would_have_it(void **state)
{
    static const struct {
        const struct bs_authentication_policy *policy;
        enum bs_dmarc_policy disposition;
        enum bs_trust trust;
        enum bs_action action;
        enum bs_reason reason;
    } cases[] = {
        {&enforce, BS_DMARC_NONE, BS_TRUST_NONE, BS_ACTION_REFUSE, BS_REASON_FROM_INCOMPLETE},
        {&enforce, BS_DMARC_QUARANTINE, BS_TRUST_NONE, BS_ACTION_REFUSE, BS_REASON_FROM_INCOMPLETE},
        {&enforce, BS_DMARC_REJECT, BS_TRUST_NONE, BS_ACTION_REFUSE, BS_REASON_FROM_AMBIGUOUS_REJECT},
        {&enforce, BS_DMARC_NONE, BS_TRUST_FORWARDER, BS_ACTION_PASS, BS_REASON_TRUSTED_FORWARDER},
        {&gentle, BS_DMARC_NONE, BS_TRUST_NONE, BS_ACTION_QUARANTINE, BS_REASON_FROM_INCOMPLETE},
        {&monitor, BS_DMARC_NONE, BS_TRUST_NONE, BS_ACTION_PASS, BS_REASON_FROM_INCOMPLETE},
    };
    const struct bs_author author = {.doubt = BS_AUTHOR_TOO_LARGE, .incomplete = true};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct bs_dmarc_verdict verdict = {.result = BS_DMARC_RESULT_PERMERROR,
                                                 .disposition = cases[i].disposition};
        struct bs_decision decision = bs_policy_authenticated(cases[i].policy, &verdict, &author, cases[i].trust);
        assert_int_equal(decision.action, cases[i].action);
        assert_int_equal(decision.reason, cases[i].reason);
    }
}

static void whatever_refuses_has_a_reply(void **state)
{
    static const enum bs_reason reasons[] = {
        BS_REASON_DMARC_QUARANTINE,          BS_REASON_DMARC_REJECT,    BS_REASON_FROM_AMBIGUOUS_QUARANTINE,
        BS_REASON_FROM_AMBIGUOUS_REJECT,     BS_REASON_FROM_INCOMPLETE, BS_REASON_SENDER_NXDOMAIN, BS_REASON_SENDER_NO_HOST,
        BS_REASON_SENDER_NULL_MX,
    };
    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        const struct bs_decision decision = {.action = BS_ACTION_REFUSE, .reason = reasons[i]};
        const char *text;
        assert_int_equal(bs_decision_reply(&decision, &text), 550);
        assert_int_equal(strncmp(text, "5.", 2), 0);
    }
}

static const char zone[] =
    "mx.example. 60 IN MX 10 mail.mx.example.\n"
    "address.example. 60 IN A 192.0.2.1\n"
    "address6.example. 60 IN AAAA 2001:db8::1\n"
    "null.example. 60 IN MX 0 .\n"
    "null-and-more.example. 60 IN MX 0 .\n"
    "null-and-more.example. 60 IN MX 10 mail.mx.example.\n"
    "text.example. 60 IN TXT \"nothing else\"\n"
    "slow.example. TIMEOUT\n"
    "broken.example. SERVFAIL\n"
    "half.example. 60 IN MX 10 mail.mx.example.\n"
    "half.example. TIMEOUT\n";

/* Judges a sender, answering as many rounds of questions as it has. */
static struct bs_decision judge(const char *domain, bool is_enforced)
{
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_answers answers;
    struct bs_error error;
    struct bs_decision decision;
    enum bs_step step = BS_ASK;
    bs_arena_init(&arena, MEMORY);
    assert_true(bs_canned_parse(bs_bytes_from_cstr(zone), "zone", &arena, &canned, &error));
    bs_answers_init(&answers, &arena);
    for (int round = 0; step == BS_ASK; round++) {
        struct bs_questions missing = {.count = 0};
        assert_true(round < 4);
        step = bs_policy_sender(bs_bytes_from_cstr(domain), is_enforced, &answers, &decision, &missing);
        for (size_t i = 0; i < missing.count; i++) {
            struct bs_dns_answer answer = bs_canned_answer(&canned, missing.items[i].name, missing.items[i].type);
            assert_true(bs_answers_add(&answers, missing.items[i].name, missing.items[i].type, &answer));
        }
    }
    assert_int_equal(step, BS_DONE);
    bs_arena_reset(&arena);
    return decision;
}

static void a_sender_that_no_bounce_could_reach_is_refused(void **state)
{
    static const struct {
        const char *domain;
        enum bs_reason reason;
    } cases[] = {
        {"mx.example", BS_REASON_NONE},
        {"MX.Example", BS_REASON_NONE},
        {"address.example", BS_REASON_NONE},
        {"address6.example", BS_REASON_NONE},
        {"null.example", BS_REASON_SENDER_NULL_MX},
        {"null-and-more.example", BS_REASON_NONE},
        {"text.example", BS_REASON_SENDER_NO_HOST},
        {"nowhere.example", BS_REASON_SENDER_NXDOMAIN},
        {"a..b", BS_REASON_SENDER_NXDOMAIN},
        {"slow.example", BS_REASON_NONE},
        {"broken.example", BS_REASON_NONE},
        {"half.example", BS_REASON_NONE},
        {"[192.0.2.1]", BS_REASON_NONE},
        {"", BS_REASON_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool refused = cases[i].reason != BS_REASON_NONE;
        struct bs_decision strict = judge(cases[i].domain, true), lenient = judge(cases[i].domain, false);
        if (strict.reason != cases[i].reason || lenient.reason != cases[i].reason)
            fail_msg("%s: %s", cases[i].domain, bs_reason_name(strict.reason));
        assert_int_equal(strict.action, refused ? BS_ACTION_REFUSE : BS_ACTION_NONE);
        assert_int_equal(lenient.action, refused ? BS_ACTION_PASS : BS_ACTION_NONE);
        assert_int_equal(lenient.observed, refused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_domain_and_the_administrator_decide_together),
        cmocka_unit_test(an_author_past_a_limit_is_treated_as_the_strictest_of_policies_would_have_it),
        cmocka_unit_test(whatever_refuses_has_a_reply),
        cmocka_unit_test(a_sender_that_no_bounce_could_reach_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
