/* SPDX-License-Identifier: BSD-2-Clause */
/* When a campaign begins, how long it lasts, and what is learned. */
#include "policy/campaign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { HOUR = 3600, START = 300 * 6000000 };

static const struct bs_campaign_settings settings = {.threshold = 20, .duration = HOUR};

static int set_up(void **state)
{
    struct bs_campaigns *campaigns = calloc(1, sizeof *campaigns);
    campaigns->key[0] = 17;
    *state = campaigns;
    return campaigns ? 0 : -1;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* So many messages at one time; returns after how many a campaign began, 0 for none. */
static unsigned count(struct bs_campaigns *campaigns, const char *name, int64_t now, unsigned messages)
{
    unsigned began = 0;
    for (unsigned i = 1; i <= messages; i++) {
        if (bs_campaign_count(campaigns, &settings, bs_bytes_from_cstr(name), now))
            began = i;
    }
    return began;
}

static bool holds(struct bs_campaigns *campaigns, const char *name, int64_t now)
{
    return bs_campaign_holds(campaigns, bs_bytes_from_cstr(name), now);
}

static void a_campaign_begins_one_past_the_threshold(void **state)
{
    struct bs_campaigns *campaigns = *state;
    assert_int_equal(count(campaigns, "test.ex", START, 20), 0);
    assert_false(holds(campaigns, "test.ex", START));
    assert_int_equal(count(campaigns, "TEST.ex", START, 5), 1); /* and once */
    assert_true(holds(campaigns, "test.EX", START));
    assert_false(holds(campaigns, "other.ex", START));
    assert_int_equal(bs_campaigns_held(campaigns, START), 1);
}

static void messages_of_two_windows_do_not_add_up(void **state)
{
    struct bs_campaigns *campaigns = *state;
    assert_int_equal(count(campaigns, "test.ex", START + 299, 20), 0);
    assert_int_equal(count(campaigns, "test.ex", START + 300, 20), 0);
}

static void it_lasts_as_long_as_configured_after_the_last_unusual_window(void **state)
{
    char name[BS_CAMPAIGN_NAME_MAX + 1];
    struct bs_campaigns *campaigns = *state;
    count(campaigns, "user@test.ex", START, 21);
    assert_int_equal(count(campaigns, "user@test.ex", START + 1800, 21), 0); /* it goes on */
    assert_true(holds(campaigns, "user@test.ex", START + 1800 + HOUR - 1));
    assert_false(bs_campaign_next_ended(campaigns, START + 1800 + HOUR - 1, name));
    assert_false(holds(campaigns, "user@test.ex", START + 1800 + HOUR));
    assert_true(bs_campaign_next_ended(campaigns, START + 1800 + HOUR, name));
    assert_string_equal(name, "user@test.ex");
    assert_false(bs_campaign_next_ended(campaigns, START + 1800 + HOUR, name));
}

static void what_is_usual_is_learned(void **state)
{
    struct bs_campaigns *campaigns = *state;
    int64_t now = START;
    for (int window = 0; window < 200; window++, now += BS_CAMPAIGN_WINDOW)
        assert_int_equal(count(campaigns, "big.ex", now, 15), 0);
    /* nearly four times fifteen is not unusual there any more */
    assert_int_equal(count(campaigns, "big.ex", now, 59), 0);
    assert_int_equal(count(campaigns, "big.ex", now, 2), 1);
}

static void a_campaign_is_not_learned_in_an_hour_but_in_two_days(void **state)
{
    struct bs_campaigns *campaigns = *state;
    int64_t now = START;
    for (int window = 0; window < 12; window++, now += BS_CAMPAIGN_WINDOW)
        count(campaigns, "test.ex", now, 100);
    assert_true(holds(campaigns, "test.ex", now));
    for (int window = 0; window < 2 * 288; window++, now += BS_CAMPAIGN_WINDOW)
        count(campaigns, "test.ex", now, 100);
    assert_false(holds(campaigns, "test.ex", now));
}

static void what_was_usual_is_forgotten_when_it_is_quiet(void **state)
{
    struct bs_campaigns *campaigns = *state;
    int64_t now = START;
    for (int window = 0; window < 200; window++, now += BS_CAMPAIGN_WINDOW)
        count(campaigns, "big.ex", now, 15);
    assert_int_equal(count(campaigns, "big.ex", now + 30 * 24 * (int64_t)HOUR, 21), 21);
}

static void without_a_threshold_there_are_no_campaigns(void **state)
{
    static const struct bs_campaign_settings never = {.threshold = 0, .duration = HOUR};
    for (int i = 0; i < 1000; i++)
        assert_false(bs_campaign_count(*state, &never, BS_LITERAL("test.ex"), START));
}

static void a_campaign_outlives_a_flood_of_other_names(void **state)
{
    struct bs_campaigns *campaigns = *state;
    char name[32];
    count(campaigns, "test.ex", START, 21);
    for (int i = 0; i < 4 * BS_CAMPAIGN_ENTRIES_MAX; i++) {
        snprintf(name, sizeof name, "user%d@test.ex", i);
        count(campaigns, name, START + 1, 1);
    }
    assert_true(holds(campaigns, "test.ex", START + 1));
}

static void a_long_name_and_a_clock_that_goes_back_are_harmless(void **state)
{
    struct bs_campaigns *campaigns = *state;
    char name[400];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(count(campaigns, name, START, 21), 21);
    assert_int_equal(count(campaigns, name, START - 10 * (int64_t)HOUR, 1), 0);
    assert_true(bs_campaign_next_ended(campaigns, START + HOUR, name));
    assert_int_equal(strlen(name), BS_CAMPAIGN_NAME_MAX);
}

#define CAMPAIGN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAMPAIGN_TEST(a_campaign_begins_one_past_the_threshold),
        CAMPAIGN_TEST(messages_of_two_windows_do_not_add_up),
        CAMPAIGN_TEST(it_lasts_as_long_as_configured_after_the_last_unusual_window),
        CAMPAIGN_TEST(what_is_usual_is_learned),
        CAMPAIGN_TEST(a_campaign_is_not_learned_in_an_hour_but_in_two_days),
        CAMPAIGN_TEST(what_was_usual_is_forgotten_when_it_is_quiet),
        CAMPAIGN_TEST(without_a_threshold_there_are_no_campaigns),
        CAMPAIGN_TEST(a_campaign_outlives_a_flood_of_other_names),
        CAMPAIGN_TEST(a_long_name_and_a_clock_that_goes_back_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
