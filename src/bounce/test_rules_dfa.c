/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept of automata tells the same as following their states, whatever has room in it. */
#include "bounce/rules_dfa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Alternatives, gaps, strings in either direction, assertions that the byte decides and such that
 * the bytes beside it do. */
static const char *const patterns[] = {
    "(user|mailbox|account) (is )?(unknown|full)",
    "^[^\\n]*user[^\\n]*(full|unknown)$",
    "\\b(user|users|box)\\b[^a-z]+\\Bull",
    "one.{0,4}two|one[^ ]+ two( three)?",
    "(ab|a)(bc|c){1,3}d",
    "\\A ?user (\\d{3}[ -])?unknown",
    "[^ \\n@]+@[^ \\n>]+(: |, )unknown",
    "x[ab]*a[ab]{10}c", /* as many sets of states as there are runs of ten bytes, 1024 */
    "x[ab]*a.{0,90}c",  /* sets of more states than a set has that is kept */
};
enum { PATTERNS = sizeof patterns / sizeof *patterns, OF_MANY_SETS = PATTERNS - 2, OF_LARGE_SETS };

static const char *const texts[] = {
    "user unknown",
    "the user jane@example.org: unknown, the mailbox is full\nuser 550-unknown\n",
    "one 12 two\noneone--two three\nabccd abcbcbcd user, box full\n",
    "users are full\nuser 12 null\nUSER\nuser\n",
    "\nuser full, box 12ull",
};
enum { TEXTS = sizeof texts / sizeof *texts };

struct subject {
    struct bs_arena arena;
    struct bs_rules_automaton automata[PATTERNS];
};

static void prepare(struct subject *subject)
{
    struct bs_rules_builder *builder = bs_rules_builder_new();
    assert_non_null(builder);
    bs_arena_init(&subject->arena, BS_RULES_DFA_MEMORY_MAX);
    for (size_t i = 0; i < PATTERNS; i++) {
        const char *wrong;
        const struct bs_rules_node *tree =
            bs_rules_pattern(bs_bytes_from_cstr(patterns[i]), false, &subject->arena, &wrong);
        assert_non_null(tree);
        assert_true(
            bs_rules_automaton_make(builder, tree, &subject->arena, &subject->automata[i], &wrong));
    }
    bs_rules_builder_free(builder);
}

/* Where the edge is by the states themselves, each of them. */
static size_t edge_by_states(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                             size_t at, uint16_t state, bool back)
{
    static struct bs_rules_run run;
    size_t work = 0;
    struct bs_rules_walk walk = bs_rules_walk_begin(automaton, text, back, &run);
    walk.now[walk.count++] = state;
    return bs_rules_walk_to_edge(&walk, back ? at : at + 1, &work);
}

/* From each state at each place of a text; returns in how many a match has both edges. */
static size_t compare(struct bs_rules_dfas *dfas, size_t number,
                      const struct bs_rules_automaton *automaton, struct bs_bytes text)
{
    size_t matches = 0, work = 0, walks = 0;
    for (size_t at = 0; at < text.len; at++) {
        for (uint16_t state = 1; state <= automaton->state_count; state++) {
            if (!bs_rules_automaton_takes(automaton, &automaton->reached[state],
                                          (unsigned char)text.ptr[at]))
                continue;
            size_t begin = edge_by_states(automaton, text, at, state, true),
                   end = edge_by_states(automaton, text, at, state, false);
            walks++;
            bool begins = bs_rules_dfas_begins(dfas, number, automaton, text, at, state, &work);
            assert_int_equal(begins, begin != BS_RULES_NO_END);
            if (!begins)
                continue;
            assert_int_equal(bs_rules_dfas_end(dfas, number, automaton, text, at, state, &work),
                             end);
            matches += end != BS_RULES_NO_END;
        }
    }
    assert_true(work >= walks);
    return matches;
}

/* In so much memory, each text twice: when it is new, and when it is known. The pattern of large
 * sets takes too long. */
static size_t compare_all(const struct subject *subject, size_t memory)
{
    struct bs_rules_dfas *dfas = bs_rules_dfas_new(PATTERNS, memory);
    size_t matches = 0;
    assert_non_null(dfas);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < TEXTS; i++) {
            bs_rules_dfas_begin_text(dfas);
            for (size_t j = 0; j <= OF_MANY_SETS; j++)
                matches += compare(dfas, j, &subject->automata[j], bs_bytes_from_cstr(texts[i]));
        }
    }
    bs_rules_dfas_free(dfas);
    return matches;
}

static void what_has_no_room_is_found_all_the_same(void **state)
{
    static struct subject subject;
    (void)state;
    prepare(&subject);
    size_t matches = compare_all(&subject, BS_RULES_DFA_MEMORY_MAX);
    assert_true(matches > 2 * TEXTS);
    for (size_t memory = 0; memory < 16384; memory += memory < 4096 ? 64 : 1024)
        assert_int_equal(compare_all(&subject, memory), matches);
    bs_arena_reset(&subject.arena);
}

/* More sets than are kept of one automaton, in texts that follow each other. */
static void a_pattern_of_many_sets_is_followed_to_its_end(void **state)
{
    static struct subject subject;
    char text[3000];
    uint32_t random = 4711;
    size_t work = 0;
    (void)state;
    prepare(&subject);
    const struct bs_rules_automaton *automaton = &subject.automata[OF_MANY_SETS];
    struct bs_rules_dfas *dfas = bs_rules_dfas_new(PATTERNS, BS_RULES_DFA_MEMORY_MAX);
    assert_non_null(dfas);
    text[0] = 'x';
    for (size_t round = 0; round < 4; round++) {
        for (size_t i = 1; i < sizeof text; i++) {
            random = random * 1664525 + 1013904223;
            text[i] = random >> 31 ? 'a' : 'b';
        }
        text[sizeof text - 100] = 'c';
        text[sizeof text - 111] = round % 2 ? 'a' : 'b';
        bs_rules_dfas_begin_text(dfas);
        size_t end = edge_by_states(automaton, bs_bytes(text, sizeof text), 0, 1, false);
        assert_int_equal(end, round % 2 ? sizeof text - 99 : BS_RULES_NO_END);
        assert_int_equal(bs_rules_dfas_end(dfas, OF_MANY_SETS, automaton,
                                           bs_bytes(text, sizeof text), 0, 1, &work),
                         end);
    }
    bs_rules_dfas_free(dfas);
    bs_arena_reset(&subject.arena);
}

/* Where a set is too large to be kept, its states are followed one by one from there on. */
static void a_pattern_of_large_sets_is_followed_to_its_end(void **state)
{
    static struct subject subject;
    char text[300];
    size_t work = 0;
    (void)state;
    prepare(&subject);
    struct bs_rules_dfas *dfas = bs_rules_dfas_new(PATTERNS, BS_RULES_DFA_MEMORY_MAX);
    assert_non_null(dfas);
    memset(text, 'a', sizeof text);
    text[0] = 'x';
    for (size_t round = 0; round < 2; round++) {
        assert_int_equal(bs_rules_dfas_end(dfas, OF_LARGE_SETS, &subject.automata[OF_LARGE_SETS],
                                           bs_bytes(text, sizeof text), 0, 1, &work),
                         round == 0 ? BS_RULES_NO_END : sizeof text);
        text[sizeof text - 1] = 'c';
    }
    bs_rules_dfas_free(dfas);
    bs_arena_reset(&subject.arena);
}

/* What one text asks for may take no more than the limit, past which nothing has a number. */
static void more_memory_than_the_limit_is_not_used(void **state)
{
    enum { MANY = 12000 }; /* of some kB each */
    static struct subject subject;
    const struct bs_bytes text = BS_LITERAL("mailbox is full");
    (void)state;
    prepare(&subject);
    struct bs_rules_dfas *dfas = bs_rules_dfas_new(MANY, (size_t)4 * BS_RULES_DFA_MEMORY_MAX);
    assert_non_null(dfas);
    size_t matches = compare(dfas, 0, &subject.automata[0], text);
    assert_true(matches > 0);
    for (size_t i = 1; i < MANY; i++)
        assert_int_equal(compare(dfas, i, &subject.automata[0], text), matches);
    bs_rules_dfas_free(dfas);
    bs_arena_reset(&subject.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_room_is_found_all_the_same),
        cmocka_unit_test(a_pattern_of_many_sets_is_followed_to_its_end),
        cmocka_unit_test(a_pattern_of_large_sets_is_followed_to_its_end),
        cmocka_unit_test(more_memory_than_the_limit_is_not_used),
    };
    return cmocka_run_group_tests_name("rules_dfa", tests, NULL, NULL);
}
