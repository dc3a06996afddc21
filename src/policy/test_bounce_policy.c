/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of automatic mail. */
#include "policy/bounce_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PROVEN = BS_VERDICT_PROVEN, NOT_OURS = BS_VERDICT_NOT_OURS, CANNOT_TELL = BS_VERDICT_CANNOT_TELL };

static void the_defaults_lose_nothing(void **state)
{
    static const struct {
        enum bs_kind kind;
        int verdict;
        enum bs_policy_column column;
        bool observe;
        enum bs_action action;
        enum bs_reason reason;
        bool observed;
    } rows[] = {
        {BS_KIND_DSN_FAILED, PROVEN, BS_COLUMN_NORMAL, false, BS_ACTION_PASS, BS_REASON_BOUNCE_PROVEN, false},
        {BS_KIND_DSN_FAILED, PROVEN, BS_COLUMN_CAMPAIGN, false, BS_ACTION_PASS, BS_REASON_BOUNCE_PROVEN, false},
        {BS_KIND_DSN_FAILED, NOT_OURS, BS_COLUMN_NORMAL, false, BS_ACTION_REFUSE, BS_REASON_BOUNCE_NOT_OURS, false},
        {BS_KIND_DSN_FAILED, NOT_OURS, BS_COLUMN_NORMAL, true, BS_ACTION_PASS, BS_REASON_BOUNCE_NOT_OURS, true},
        {BS_KIND_DSN_DELAYED, CANNOT_TELL, BS_COLUMN_NORMAL, false, BS_ACTION_TAG, BS_REASON_BOUNCE_UNCLEAR, false},
        {BS_KIND_DSN_SUCCESS, CANNOT_TELL, BS_COLUMN_CAMPAIGN, false, BS_ACTION_QUARANTINE, BS_REASON_BOUNCE_UNCLEAR, false},
        {BS_KIND_DSN_SUCCESS, CANNOT_TELL, BS_COLUMN_CAMPAIGN, true, BS_ACTION_PASS, BS_REASON_BOUNCE_UNCLEAR, true},
        {BS_KIND_AUTOREPLY, PROVEN, BS_COLUMN_NORMAL, false, BS_ACTION_PASS, BS_REASON_AUTO_REPLY_PROVEN, false},
        {BS_KIND_AUTOREPLY, NOT_OURS, BS_COLUMN_NORMAL, false, BS_ACTION_REFUSE, BS_REASON_AUTO_REPLY_NOT_OURS, false},
        {BS_KIND_AUTOREPLY, CANNOT_TELL, BS_COLUMN_NORMAL, false, BS_ACTION_TAG, BS_REASON_AUTO_REPLY_UNCLEAR, false},
        {BS_KIND_CHALLENGE, NOT_OURS, BS_COLUMN_NORMAL, false, BS_ACTION_REFUSE, BS_REASON_CHALLENGE_NOT_OURS, false},
        {BS_KIND_CHALLENGE, CANNOT_TELL, BS_COLUMN_NORMAL, false, BS_ACTION_TAG, BS_REASON_CHALLENGE_UNCLEAR, false},
        {BS_KIND_NOTICE, NOT_OURS, BS_COLUMN_CAMPAIGN, false, BS_ACTION_REFUSE, BS_REASON_NOTICE_NOT_OURS, false},
        {BS_KIND_NOTICE, CANNOT_TELL, BS_COLUMN_CAMPAIGN, false, BS_ACTION_QUARANTINE, BS_REASON_NOTICE_UNCLEAR, false},
        {BS_KIND_MDN, NOT_OURS, BS_COLUMN_CAMPAIGN, false, BS_ACTION_PASS, BS_REASON_MDN, false},
        {BS_KIND_ARF, NOT_OURS, BS_COLUMN_CAMPAIGN, false, BS_ACTION_PASS, BS_REASON_ARF, false},
        {BS_KIND_LIST, CANNOT_TELL, BS_COLUMN_CAMPAIGN, false, BS_ACTION_PASS, BS_REASON_LIST, false},
        {BS_KIND_OTHER, CANNOT_TELL, BS_COLUMN_CAMPAIGN, true, BS_ACTION_PASS, BS_REASON_OTHER_AUTOMATIC, false},
        {BS_KIND_NONE, NOT_OURS, BS_COLUMN_CAMPAIGN, false, BS_ACTION_PASS, BS_REASON_NOT_AUTOMATIC, false},
    };
    const struct bs_bounce_policy policy = bs_bounce_policy_default();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bs_decision decision = bs_bounce_policy_decide(&policy, rows[i].kind, (enum bs_verdict)rows[i].verdict,
                                                              rows[i].column, rows[i].observe);
        if (decision.action != rows[i].action || decision.reason != rows[i].reason ||
            decision.observed != rows[i].observed)
            fail_msg("row %zu: %s %s %d", i, bs_action_name(decision.action), bs_reason_name(decision.reason),
                     decision.observed);
    }
}

static void every_cell_is_looked_up_on_its_own(void **state)
{
    static const enum bs_kind kinds[BS_GROUP_COUNT] = {
        [BS_GROUP_BOUNCE] = BS_KIND_DSN_FAILED, [BS_GROUP_AUTO_REPLY] = BS_KIND_AUTOREPLY,
        [BS_GROUP_CHALLENGE] = BS_KIND_CHALLENGE, [BS_GROUP_NOTICE] = BS_KIND_NOTICE,
    };
    static const enum bs_verdict verdicts[] = {BS_VERDICT_NOT_OURS, BS_VERDICT_CANNOT_TELL};
    (void)state;
    for (int cell = 0; cell < BS_COLUMN_COUNT * BS_GROUP_COUNT * BS_UNPROVEN_COUNT; cell++) {
        int column = cell / (BS_GROUP_COUNT * BS_UNPROVEN_COUNT), group = cell / BS_UNPROVEN_COUNT % BS_GROUP_COUNT;
        struct bs_bounce_policy policy = bs_bounce_policy_default();
        policy.actions[column][group][cell % BS_UNPROVEN_COUNT] = BS_ACTION_DISCARD;
        struct bs_decision decision = bs_bounce_policy_decide(&policy, kinds[group], verdicts[cell % BS_UNPROVEN_COUNT],
                                                              (enum bs_policy_column)column, false);
        assert_int_equal(decision.action, BS_ACTION_DISCARD);
    }
}

static void what_is_accepted_is_not_marked_as_observed(void **state)
{
    struct bs_bounce_policy policy = bs_bounce_policy_default();
    (void)state;
    policy.actions[BS_COLUMN_NORMAL][BS_GROUP_BOUNCE][BS_UNPROVEN_UNCLEAR] = BS_ACTION_PASS;
    struct bs_decision decision =
        bs_bounce_policy_decide(&policy, BS_KIND_DSN_FAILED, BS_VERDICT_CANNOT_TELL, BS_COLUMN_NORMAL, true);
    assert_int_equal(decision.action, BS_ACTION_PASS);
    assert_false(decision.observed);
}

static void actions_are_ordered_by_what_they_take(void **state)
{
    static const enum bs_action order[] = {BS_ACTION_PASS, BS_ACTION_TAG, BS_ACTION_QUARANTINE, BS_ACTION_REFUSE,
                                           BS_ACTION_DISCARD};
    (void)state;
    for (size_t a = 0; a < 5; a++) {
        for (size_t b = 0; b < 5; b++)
            assert_int_equal(bs_action_is_gentler(order[a], order[b]), a < b);
    }
}

static void only_automatic_mail_without_proof_counts_for_campaigns(void **state)
{
    (void)state;
    assert_true(bs_bounce_policy_is_unproven(BS_KIND_DSN_FAILED, BS_VERDICT_NOT_OURS));
    assert_true(bs_bounce_policy_is_unproven(BS_KIND_CHALLENGE, BS_VERDICT_CANNOT_TELL));
    assert_false(bs_bounce_policy_is_unproven(BS_KIND_DSN_FAILED, BS_VERDICT_PROVEN));
    assert_false(bs_bounce_policy_is_unproven(BS_KIND_LIST, BS_VERDICT_CANNOT_TELL));
    assert_false(bs_bounce_policy_is_unproven(BS_KIND_NONE, BS_VERDICT_NOT_OURS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_lose_nothing),
        cmocka_unit_test(every_cell_is_looked_up_on_its_own),
        cmocka_unit_test(what_is_accepted_is_not_marked_as_observed),
        cmocka_unit_test(actions_are_ordered_by_what_they_take),
        cmocka_unit_test(only_automatic_mail_without_proof_counts_for_campaigns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
