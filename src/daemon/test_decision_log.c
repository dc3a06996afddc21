/* SPDX-License-Identifier: BSD-2-Clause */
/* The log line of a decision: one word a value, whatever a peer put into an address. */
#include "daemon/decision_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const struct bs_report *report, const char *expected)
{
    struct bs_strbuf line;
    bs_strbuf_init(&line, 4096);
    bs_decision_format(&line, report);
    assert_string_equal(bs_strbuf_cstr(&line), expected);
    bs_strbuf_free(&line);
}

static void a_refusal_has_every_key(void **state)
{
    (void)state;
    const struct bs_report report = {
        .decision = {.action = BS_ACTION_REFUSE, .reason = BS_REASON_TAG_EXPIRED, .days_left = -3},
        .queue_id = BS_LITERAL("4XyZ"),
        .client = BS_LITERAL("192.0.2.1"),
        .sender = BS_LITERAL("<>"),
        .recipient = BS_LITERAL("<user@test.ex>"),
    };
    check(&report, "decision=refuse reason=tag-expired queue-id=4XyZ client=192.0.2.1 from=<> to=<user@test.ex> days-left=-3");
}

static void a_signature_shows_both_senders_and_no_queue_id_is_a_dash(void **state)
{
    (void)state;
    const struct bs_report report = {
        .decision = {.action = BS_ACTION_SIGN, .reason = BS_REASON_SIGNED},
        .client = BS_LITERAL("local"),
        .sender = BS_LITERAL("user@test.ex"),
        .signed_sender = BS_LITERAL("prvs=0693afc14e=user@test.ex"),
    };
    check(&report, "decision=sign reason=signed queue-id=- client=local from=<user@test.ex> signed=<prvs=0693afc14e=user@test.ex>");
}

static void an_address_cannot_forge_other_keys(void **state)
{
    (void)state;
    const struct bs_report report = {
        .decision = {.action = BS_ACTION_PASS, .reason = BS_REASON_NEVER_SENDS, .observed = true},
        .client = BS_LITERAL("192.0.2.1"),
        .sender = BS_LITERAL("<>"),
        .recipient = BS_LITERAL("<\"a decision=refuse\n\"@test.ex>"),
    };
    check(&report, "decision=pass reason=never-sends queue-id=- client=192.0.2.1 from=<> "
                   "to=<\\x22a\\x20decision=refuse\\x0a\\x22@test.ex> observe=yes");
}

static void a_finding_says_what_the_message_is_and_what_proves_it(void **state)
{
    (void)state;
    const struct bs_reading reading = {.kind = BS_KIND_DSN_FAILED, .sign = "delivery-status", .limit = "BS_PARTS_MAX"};
    struct bs_evidence evidence = {.verdict = BS_VERDICT_PROVEN, .good = 2};
    evidence.results[BS_PROOF_TAG] = evidence.results[BS_PROOF_TOKEN] = BS_PROOF_GOOD;
    evidence.results[BS_PROOF_SIGNATURE] = BS_PROOF_EXPIRED;
    const struct bs_automatic_finding finding = {&reading, &evidence, true};
    const struct bs_report report = {
        .decision = {.action = BS_ACTION_PASS, .reason = BS_REASON_BOUNCE_PROVEN},
        .client = BS_LITERAL("192.0.2.1"),
        .sender = BS_LITERAL("<>"),
        .finding = &finding,
    };
    check(&report, "decision=pass reason=bounce-proven queue-id=- client=192.0.2.1 from=<> kind=dsn-failed "
                   "sign=delivery-status verdict=proven proofs=tag,token limit=BS_PARTS_MAX campaign=yes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_has_every_key),
        cmocka_unit_test(a_signature_shows_both_senders_and_no_queue_id_is_a_dash),
        cmocka_unit_test(an_address_cannot_forge_other_keys),
        cmocka_unit_test(a_finding_says_what_the_message_is_and_what_proves_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
