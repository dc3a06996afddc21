/* SPDX-License-Identifier: BSD-2-Clause */
/* Every sample of every rule of rules/, which are these rules' own tests; see rules_samples.h. */
#include "bounce/rules_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void print(void *context, const char *text)
{
    (void)context;
    print_error("%s\n", text);
}

static void each_rule_does_what_its_samples_say(void **state)
{
    struct bs_error error;
    struct bs_rules *rules = bs_rules_new(&error);
    size_t failures = 0;
    (void)state;
    if (!rules)
        fail_msg("%s", error.text);
    struct bs_rules_scan *scan = bs_rules_scan_new(rules);
    assert_non_null(scan);
    for (const struct bs_rule_entry *entry = bs_rules_list(rules)->first; entry; entry = entry->next)
        failures += bs_rules_try(scan, entry, print, NULL);
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_rule_does_what_its_samples_say)};
    return cmocka_run_group_tests_name("rules_builtin", tests, NULL, NULL);
}
