/* SPDX-License-Identifier: BSD-2-Clause */
/* The most exact name counts. */
#include "policy/recipient_policies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A policy that is known by one of its actions. */
static struct bs_bounce_policy marked(enum bs_action action)
{
    struct bs_bounce_policy policy = bs_bounce_policy_default();
    policy.actions[0][0][0] = action;
    return policy;
}

static void the_most_exact_name_counts(void **state)
{
    static const struct {
        const char *local, *domain;
        enum bs_action action;
    } rows[] = {
        {"ceo", "test.ex", BS_ACTION_PASS},          {"CEO", "Test.EX", BS_ACTION_PASS},
        {"ceo+x", "test.ex", BS_ACTION_PASS},        {"other", "test.ex", BS_ACTION_TAG},
        {"ceo", "sub.test.ex", BS_ACTION_QUARANTINE}, {"x", "a.b.test.ex", BS_ACTION_QUARANTINE},
        {"x", "elsewhere.ex", BS_ACTION_REFUSE},     {"x", "", BS_ACTION_REFUSE},
    };
    struct bs_recipient_policies policies = {.others = marked(BS_ACTION_REFUSE)};
    const struct bs_bounce_policy pass = marked(BS_ACTION_PASS), tag = marked(BS_ACTION_TAG),
                                  hold = marked(BS_ACTION_QUARANTINE);
    (void)state;
    assert_true(bs_recipient_policies_add(&policies, "ceo@test.ex", &pass));
    assert_true(bs_recipient_policies_add(&policies, "test.ex", &tag));
    assert_true(bs_recipient_policies_add(&policies, ".test.ex", &hold));
    assert_false(bs_recipient_policies_add(&policies, "TEST.ex", &hold));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bs_address address = {bs_bytes_from_cstr(rows[i].local), bs_bytes_from_cstr(rows[i].domain)};
        if (bs_recipient_policies_find(&policies, &address)->actions[0][0][0] != rows[i].action)
            fail_msg("%s@%s", rows[i].local, rows[i].domain);
    }
    bs_recipient_policies_free(&policies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_most_exact_name_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
