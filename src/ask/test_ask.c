/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions and answers: what was answered is found, what was not is asked once. */
#include "ask/ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool add_text(struct bs_answers *answers, const char *name, enum bs_dns_type type, const char *text)
{
    struct bs_dns_record record = {.data = bs_bytes_from_cstr(text)};
    struct bs_dns_answer answer = {.status = BS_DNS_FOUND, .records = &record, .count = 1};
    return bs_answers_add(answers, bs_bytes_from_cstr(name), type, &answer);
}

static void every_answer_is_found_by_name_and_type_whatever_the_case(void **state)
{
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions missing = {0};
    char name[32], text[32];
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    bs_answers_init(&answers, &arena);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "Host-%d.example", i);
        snprintf(text, sizeof text, "%d", i);
        assert_true(add_text(&answers, name, i % 2 ? BS_DNS_TXT : BS_DNS_A, text));
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "hOST-%d.exAMPLE", i);
        snprintf(text, sizeof text, "%d", i);
        const struct bs_dns_answer *answer =
            bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(name), i % 2 ? BS_DNS_TXT : BS_DNS_A);
        assert_non_null(answer);
        assert_true(bs_bytes_equal(answer->records[0].data, bs_bytes_from_cstr(text)));
    }
    assert_int_equal(missing.count, 0);
    assert_null(bs_ask_dns(&answers, &missing, BS_LITERAL("host-1.example"), BS_DNS_A));
    assert_int_equal(missing.count, 1);
    bs_arena_reset(&arena);
}

static void a_second_answer_to_a_question_replaces_the_first(void **state)
{
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions missing = {0};
    (void)state;
    bs_arena_init(&arena, 4096);
    bs_answers_init(&answers, &arena);
    add_text(&answers, "a.example", BS_DNS_TXT, "old");
    add_text(&answers, "A.EXAMPLE", BS_DNS_TXT, "new");
    const struct bs_dns_answer *answer = bs_ask_dns(&answers, &missing, BS_LITERAL("a.example"), BS_DNS_TXT);
    assert_true(bs_bytes_equal(answer->records[0].data, BS_LITERAL("new")));
    bs_arena_reset(&arena);
}

static void a_question_is_noted_once_and_those_past_the_limit_are_counted_as_left(void **state)
{
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions missing = {0};
    char names[BS_QUESTIONS_MAX + 1][16];
    (void)state;
    bs_arena_init(&arena, 4096);
    bs_answers_init(&answers, &arena);
    for (int i = 0; i < BS_QUESTIONS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "n%d.example", i);
        assert_null(bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(names[i]), BS_DNS_A));
        assert_null(bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(names[i]), BS_DNS_A));
    }
    assert_int_equal(missing.count, BS_QUESTIONS_MAX);
    assert_false(missing.overflow);
    assert_null(bs_ask_dns(&answers, &missing, BS_LITERAL("one.more.example"), BS_DNS_A));
    assert_int_equal(missing.count, BS_QUESTIONS_MAX);
    assert_true(missing.overflow);
    bs_arena_reset(&arena);
}

static void names_that_dns_cannot_hold_do_not_exist_and_are_not_asked(void **state)
{
    static const struct {
        int label, labels;
        bool asked;
    } cases[] = {{63, 1, true}, {64, 1, false}, {49, 5, true}, {50, 5, false}};
    struct bs_arena arena;
    struct bs_answers answers;
    (void)state;
    bs_arena_init(&arena, 4096);
    bs_answers_init(&answers, &arena);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[512] = "abc"; /* 49 * 5 and 4 dots are 249, and 4 more */
        for (int label = 0; label < cases[i].labels; label++)
            snprintf(name + strlen(name), sizeof name - strlen(name), ".%0*d", cases[i].label, 0);
        struct bs_questions missing = {0};
        const struct bs_dns_answer *answer = bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(name), BS_DNS_A);
        assert_int_equal(missing.count, cases[i].asked);
        assert_true(cases[i].asked || answer->status == BS_DNS_NXDOMAIN);
    }
    static const char *const bad[] = {"", ".", "a..b", ".a", "a."};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bs_questions missing = {0};
        assert_non_null(bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(bad[i]), BS_DNS_A));
    }
    bs_arena_reset(&arena);
}

static void past_the_arenas_limit_an_answer_is_refused_and_the_others_stay(void **state)
{
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions missing = {0};
    char name[32];
    int count = 0;
    (void)state;
    bs_arena_init(&arena, 4096);
    bs_answers_init(&answers, &arena);
    do
        snprintf(name, sizeof name, "n%d.example", count++);
    while (count < 1000 && add_text(&answers, name, BS_DNS_TXT, "x"));
    assert_in_range(count, 10, 100);
    for (int i = 0; i < count - 1; i++) {
        snprintf(name, sizeof name, "n%d.example", i);
        assert_non_null(bs_ask_dns(&answers, &missing, bs_bytes_from_cstr(name), BS_DNS_TXT));
    }
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_is_found_by_name_and_type_whatever_the_case),
        cmocka_unit_test(a_second_answer_to_a_question_replaces_the_first),
        cmocka_unit_test(a_question_is_noted_once_and_those_past_the_limit_are_counted_as_left),
        cmocka_unit_test(names_that_dns_cannot_hold_do_not_exist_and_are_not_asked),
        cmocka_unit_test(past_the_arenas_limit_an_answer_is_refused_and_the_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
