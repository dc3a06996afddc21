/* SPDX-License-Identifier: BSD-2-Clause */
/* What is due for the DKIM keys of a domain: the machine's steps, one by one, and the whole life of keys. */
#include "cli/dkim_schedule.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RSA BS_KEY_RSA
#define EDW BS_KEY_ED25519
#define NEW BS_DKIM_KEY_NEW
#define SIGNING BS_DKIM_KEY_SIGNING
#define RETIRING BS_DKIM_KEY_RETIRING
#define REVOKED BS_DKIM_KEY_REVOKED

enum { KEYS = 4, WEEK = 7, QUARTER = 90 };

/* Days instead of seconds: the machine does not care. */
static const struct bs_dkim_schedule schedule = {.overlap = WEEK, .every = QUARTER};

/* What a plan says, as `START 1, RETIRE 0; next 90`. */
static void describe(const struct bs_dkim_plan *plan, char *text, size_t size)
{
    static const char *const actions[] = {"MAKE", "START", "RETIRE", "REVOKE", "WAIT", "DOUBT"};
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        const struct bs_dkim_plan_step *step = &plan->steps[i];
        length += (size_t)snprintf(text + length, size - length, "%s%s ", i > 0 ? ", " : "", actions[step->action]);
        if (step->action == BS_DKIM_MAKE)
            length += (size_t)snprintf(text + length, size - length, "%s", step->type == RSA ? "rsa" : "ed25519");
        else
            length += (size_t)snprintf(text + length, size - length, "%zu", step->key);
    }
    if (plan->next != BS_DKIM_NEVER)
        snprintf(text + length, size - length, "; next %d", (int)plan->next);
}

static const struct {
    const char *what;
    int64_t now;
    size_t count;
    struct bs_dkim_schedule_key keys[KEYS];
    const char *plan;
} rows[] = {
    {"no key at all", 0, 0, {{0}}, "MAKE rsa"},
    {"a new key that is seen", 5, 1, {{RSA, NEW, 0, BS_DKIM_SEEN}}, "START 0; next 95"},
    {"a new key that is not seen", 5, 1, {{RSA, NEW, 0, BS_DKIM_UNSEEN}}, "WAIT 0"},
    {"a new key that nothing is known of", 5, 1, {{RSA, NEW, 0, BS_DKIM_UNKNOWN}}, "DOUBT 0"},
    {"a key that signs", 5, 1, {{RSA, SIGNING, 0, BS_DKIM_SEEN}}, "; next 90"},
    {"a key that signs, on its last day", 89, 1, {{RSA, SIGNING, 0, BS_DKIM_SEEN}}, "; next 90"},
    {"a key that signed long enough", 90, 1, {{RSA, SIGNING, 0, BS_DKIM_SEEN}}, "MAKE rsa"},
    {"an Ed25519 key alone", 90, 1, {{EDW, SIGNING, 0, BS_DKIM_SEEN}}, "MAKE ed25519"},
    {"its successor, unseen", 91, 2, {{RSA, SIGNING, 0, 0}, {RSA, NEW, 90, BS_DKIM_UNSEEN}}, "WAIT 1"},
    {"its successor, seen", 91, 2, {{RSA, SIGNING, 0, 0}, {RSA, NEW, 90, BS_DKIM_SEEN}},
     "START 1, RETIRE 0; next 98"},
    {"a successor that was made early", 5, 2, {{RSA, SIGNING, 0, 0}, {RSA, NEW, 4, BS_DKIM_SEEN}},
     "START 1, RETIRE 0; next 12"},
    {"a new key from before the one that signs is left alone", 5, 2,
     {{RSA, SIGNING, 3, 0}, {RSA, NEW, 2, BS_DKIM_SEEN}}, "; next 93"},
    {"and does not keep a successor from being made", 93, 2, {{RSA, SIGNING, 3, 0}, {RSA, NEW, 2, BS_DKIM_SEEN}},
     "MAKE rsa"},
    {"of two new keys the one that is seen", 5, 2, {{RSA, NEW, 0, BS_DKIM_SEEN}, {RSA, NEW, 1, BS_DKIM_UNSEEN}},
     "START 0; next 95"},
    {"of two new keys that are seen the younger", 5, 2, {{RSA, NEW, 0, BS_DKIM_SEEN}, {RSA, NEW, 1, BS_DKIM_SEEN}},
     "START 1; next 95"},
    {"several that sign all retire", 95, 3,
     {{RSA, SIGNING, 1, 0}, {RSA, SIGNING, 2, 0}, {RSA, NEW, 94, BS_DKIM_SEEN}},
     "START 2, RETIRE 0, RETIRE 1; next 102"},
    {"the youngest of several that sign counts", 91, 2, {{RSA, SIGNING, 0, 0}, {RSA, SIGNING, 50, 0}}, "; next 140"},
    {"a retiring key", 97, 2, {{RSA, RETIRING, 91, 0}, {RSA, SIGNING, 91, 0}}, "; next 98"},
    {"a retiring key whose time is up", 98, 2, {{RSA, RETIRING, 91, 0}, {RSA, SIGNING, 91, 0}},
     "REVOKE 0; next 181"},
    {"a revoked key is nobody's concern", 98, 2, {{RSA, REVOKED, 0, 0}, {RSA, SIGNING, 91, 0}}, "; next 181"},
    {"a retiring key alone gets a successor of its type", 2, 1, {{EDW, RETIRING, 0, 0}}, "MAKE ed25519; next 7"},
    {"a revoked key alone gets one of the default", 2, 1, {{EDW, REVOKED, 0, 0}}, "MAKE rsa"},
    {"a type that only retires is not renewed", 2, 2, {{EDW, RETIRING, 0, 0}, {RSA, SIGNING, 0, 0}}, "; next 7"},
    {"two types, each for itself", 91, 4,
     {{RSA, SIGNING, 0, 0}, {RSA, NEW, 90, BS_DKIM_SEEN}, {EDW, SIGNING, 0, 0}, {EDW, NEW, 90, BS_DKIM_UNSEEN}},
     "START 1, RETIRE 0, WAIT 3; next 98"},
    {"two types of different age", 90, 2, {{RSA, SIGNING, 0, 0}, {EDW, SIGNING, 40, 0}}, "MAKE rsa; next 130"},
    {"a clock that was set back revokes and makes nothing", 5, 2, {{RSA, SIGNING, 200, 0}, {RSA, RETIRING, 300, 0}},
     "; next 290"},
    {"times at the end of time", 5, 2, {{RSA, SIGNING, INT64_MAX, 0}, {RSA, RETIRING, INT64_MAX - 1, 0}}, ""},
};

static void each_state_has_its_next_step(void **state)
{
    static struct bs_dkim_plan plan;
    char text[256];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bs_dkim_schedule_plan(&schedule, rows[i].keys, rows[i].count, rows[i].now, &plan);
        describe(&plan, text, sizeof text);
        if (strcmp(text, rows[i].plan) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].what, text, rows[i].plan);
    }
}

static void a_type_that_is_wanted_is_made(void **state)
{
    static struct bs_dkim_plan plan;
    const struct bs_dkim_schedule dual = {.overlap = WEEK, .every = QUARTER, .wanted = {true, true}};
    const struct bs_dkim_schedule_key key = {RSA, SIGNING, 0, 0};
    char text[256];
    (void)state;
    bs_dkim_schedule_plan(&dual, NULL, 0, 0, &plan);
    describe(&plan, text, sizeof text);
    assert_string_equal(text, "MAKE rsa, MAKE ed25519");
    bs_dkim_schedule_plan(&dual, &key, 1, 0, &plan);
    describe(&plan, text, sizeof text);
    assert_string_equal(text, "MAKE ed25519; next 90");
}

/* A domain whose records somebody publishes some days after they were asked for. */
struct life {
    struct bs_dkim_schedule_key keys[64];
    int64_t made[64];
    size_t count;
};

static void carry_out(struct life *life, const struct bs_dkim_plan *plan, int64_t now)
{
    static const enum bs_dkim_key_state after[] = {
        [BS_DKIM_START] = SIGNING, [BS_DKIM_RETIRE] = RETIRING, [BS_DKIM_REVOKE] = REVOKED};
    for (size_t i = 0; i < plan->count; i++) {
        const struct bs_dkim_plan_step *step = &plan->steps[i];
        if (step->action == BS_DKIM_MAKE) {
            assert_true(life->count < 64);
            life->made[life->count] = now;
            life->keys[life->count++] = (struct bs_dkim_schedule_key){step->type, NEW, now, BS_DKIM_UNSEEN};
        } else if (step->action <= BS_DKIM_REVOKE) {
            life->keys[step->key].state = after[step->action];
            life->keys[step->key].since = now;
        }
    }
}

static size_t count_state(const struct life *life, enum bs_key_type type, enum bs_dkim_key_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < life->count; i++)
        count += life->keys[i].type == type && life->keys[i].state == state;
    return count;
}

/* Three years, a run a day, whatever the time that publishing takes. */
static void one_key_of_each_type_signs_at_all_times_and_never_before_it_is_seen(void **state)
{
    static struct bs_dkim_plan plan;
    const struct bs_dkim_schedule dual = {.overlap = WEEK, .every = QUARTER, .wanted = {true, true}};
    (void)state;
    for (int64_t delay = 0; delay <= 30; delay += 3) {
        struct life life = {.count = 0};
        for (int64_t now = 0; now < 3 * 365; now++) {
            for (size_t i = 0; i < life.count; i++)
                life.keys[i].sight = now >= life.made[i] + delay ? BS_DKIM_SEEN : BS_DKIM_UNSEEN;
            bs_dkim_schedule_plan(&dual, life.keys, life.count, now, &plan);
            carry_out(&life, &plan, now);
            for (size_t type = 0; type < BS_KEY_TYPES && now > delay; type++) {
                assert_int_equal(count_state(&life, (enum bs_key_type)type, SIGNING), 1);
                assert_true(count_state(&life, (enum bs_key_type)type, RETIRING) <= 1);
                assert_true(count_state(&life, (enum bs_key_type)type, NEW) <= 1);
            }
            for (size_t i = 0; i < life.count; i++)
                assert_true(life.keys[i].state == NEW || life.keys[i].sight == BS_DKIM_SEEN);
        }
        assert_true(life.count >= 2 * (3 * 365 / (QUARTER + 31)) && life.count <= 2 * (3 * 365 / QUARTER + 1));
    }
}

/* A second run at the same time finds nothing to do but to wait. */
static void a_run_again_changes_nothing(void **state)
{
    static struct bs_dkim_plan plan;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct life life = {.count = rows[i].count};
        memcpy(life.keys, rows[i].keys, sizeof rows[i].keys);
        bs_dkim_schedule_plan(&schedule, life.keys, life.count, rows[i].now, &plan);
        carry_out(&life, &plan, rows[i].now);
        bs_dkim_schedule_plan(&schedule, life.keys, life.count, rows[i].now, &plan);
        for (size_t j = 0; j < plan.count; j++) {
            if (plan.steps[j].action < BS_DKIM_WAIT)
                fail_msg("%s: again a step", rows[i].what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_next_step),
        cmocka_unit_test(a_type_that_is_wanted_is_made),
        cmocka_unit_test(one_key_of_each_type_signs_at_all_times_and_never_before_it_is_seen),
        cmocka_unit_test(a_run_again_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
