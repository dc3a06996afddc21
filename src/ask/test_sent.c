/* SPDX-License-Identifier: BSD-2-Clause */
/* The question to the registry: what it answers arrives, and what nobody answered is not taken for an answer. */
#include "ask/sent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct bs_bytes name = {"0123456789abcdef0123456789abcdef", 32};

static void the_registrys_answer_arrives_as_it_was_given(void **state)
{
    (void)state;
    static const struct bs_sent_answer cases[] = {
        {.status = BS_SENT_KNOWN, .at = 1787313600},
        {.status = BS_SENT_UNKNOWN, .since = 1787000000},
        {.status = BS_SENT_UNKNOWN, .since = -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        struct bs_answers answers;
        struct bs_questions missing = {.count = 0};
        struct bs_sent_answer answer;
        bs_arena_init(&arena, 1 << 16);
        bs_answers_init(&answers, &arena);
        assert_false(bs_ask_sent(&answers, &missing, name, &answer));
        assert_int_equal(missing.count, 1);
        assert_int_equal(missing.items[0].type, BS_ASK_SENT);
        assert_true(bs_answers_add_sent(&answers, missing.items[0].name, &cases[i]));
        assert_true(bs_ask_sent(&answers, &missing, name, &answer));
        assert_int_equal(answer.status, cases[i].status);
        assert_int_equal(answer.at, cases[i].at);
        assert_int_equal(answer.since, cases[i].since);
        bs_arena_reset(&arena);
    }
}

static void what_a_resolver_says_is_no_answer_of_the_registry(void **state)
{
    (void)state;
    static const enum bs_dns_status statuses[] = {BS_DNS_FOUND, BS_DNS_NXDOMAIN, BS_DNS_TIMEOUT, BS_DNS_SERVFAIL};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct bs_arena arena;
        struct bs_answers answers;
        struct bs_questions missing = {.count = 0};
        struct bs_sent_answer answer;
        struct bs_dns_answer carried = {.status = statuses[i]};
        bs_arena_init(&arena, 1 << 16);
        bs_answers_init(&answers, &arena);
        assert_true(bs_answers_add(&answers, name, BS_ASK_SENT, &carried));
        assert_true(bs_ask_sent(&answers, &missing, name, &answer));
        assert_int_equal(answer.status, BS_SENT_UNANSWERED);
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_registrys_answer_arrives_as_it_was_given),
        cmocka_unit_test(what_a_resolver_says_is_no_answer_of_the_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
