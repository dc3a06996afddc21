/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns one by one: what they match and where it ends, and that they are found by their pieces
 * wherever they stand. */
#include "bounce/rules_search.h"
#include "bounce/rules_seen.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A search for one pattern, or `count` times the same. */
struct subject {
    struct bs_arena arena;
    struct bs_rules_search search;
    struct bs_rules_search_memory *memory;
    struct bs_rules_seen *seen;
    struct bs_error error;
    size_t hits, end;
};

static bool prepare(struct subject *subject, const char *pattern, size_t count, bool flat)
{
    static struct bs_rules_counts counts;
    struct bs_rule_list list = {.arena = &subject->arena};
    struct bs_strbuf file;
    *subject = (struct subject){.end = 0};
    bs_arena_init(&subject->arena, BS_RULES_MEMORY_MAX);
    bs_strbuf_init(&file, BS_RULES_FILE_MAX);
    bs_strbuf_printf(&file, "rule a\nin %s\nsays other\nsample \"x\"\n",
                     flat ? "diagnostic" : "text");
    for (size_t i = 0; i < count; i++)
        bs_strbuf_printf(&file, "match \"%s\"\n", pattern);
    assert_true(
        bs_rule_list_read(&list, bs_strbuf_bytes(&file), "mine.rules", false, &subject->error));
    bool made = bs_rules_search_make(&list, false, flat ? BS_PLACE_DIAGNOSTIC : BS_PLACE_TEXT,
                                     &counts, &subject->arena, &subject->search, &subject->error);
    const struct bs_rules_search *search = &subject->search;
    subject->memory = bs_rules_search_memory_new(&search, 1);
    subject->seen = bs_rules_seen_new();
    assert_true(subject->memory && subject->seen);
    bs_strbuf_free(&file);
    return made;
}

static void drop(struct subject *subject)
{
    bs_rules_search_memory_free(subject->memory);
    free(subject->seen);
    bs_arena_reset(&subject->arena);
}

static bool note(void *context, const struct bs_rules_matcher *matcher, size_t end)
{
    struct subject *subject = context;
    (void)matcher;
    subject->hits++;
    subject->end = end;
    return true;
}

static size_t find(struct subject *subject, struct bs_bytes text, enum bs_rule_place place)
{
    const char *view;
    struct bs_bytes seen = bs_rules_seen_make(subject->seen, place, text, &view);
    subject->hits = 0;
    bs_rules_search_run(&subject->search, BS_RULES_EACH_PATTERN, seen, view, subject->memory, note,
                        subject);
    return subject->hits;
}

static const struct {
    const char *pattern, *text;
    size_t end; /* 0: no match */
} cases[] = {
    {"no such user", "550 No such user here", 16},
    {"no such user", "550 No such\nuser here", 16},
    {"no such (user|box)", "no such fox, no such box", 24},
    {"(user|mailbox|account) (is )?(unknown|full)", "the mailbox is full", 19},
    {"this box is full|box is full now", "this box is full", 16},
    {"this box is full|box is full now", "that box is full now", 20},
    {"this box is off|box is full", "this box is full", 16},
    {"this box[^\\n]*(full|over quota)|box is", "this box is full",
     11}, /* what is found first does not end first */
    {"user (.{10}last|box)", "user user box  last", 13},
    {"abcd{0}e", "abce", 4},
    {"ab{2,3}c", "abc abbbbc abbbc", 16},
    {"ab{2,}c", "abc abbbbbc", 11},
    {"ab{2}c", "abc abbbc abbc", 14},
    {"x{2", "x{2", 3},
    {"x{999,2 y", "x{999,2 y", 9},
    {"[\\w-.]{3}x", "a-.x", 4},
    {"(ab|a)bc", "abc", 3},
    {"(a|ab)(c|bcd)", "abcd", 3},
    {"one[^\\n]*two[^\\n]*three", "one two\ntwo three", 0},
    {"one[^\\n]*two[^\\n]*three", "one two\none - two three", 23},
    {"one.{0,3}two", "one 1234two one 12 two", 0},
    {"one.{0,4}two", "one 1234two one 12 two", 22},
    {"one.{2,4}two", "one two, one 1 two, one 12 two, one 1234 two", 18},
    {"one.{2,4}two", "one 123 two, onetwo", 0},
    {"(.{0,2}one){2,3}two", "one-12one 1two", 0},
    {"(.{0,2}one){2,3}two", "one-12one 1onetwo", 17},
    {"[^\\n]{2,3}one$", "xone\none\nxxone", 14},
    {"^two", "one two", 0},
    {"^two", "one\ntwo", 7},
    {"^ ?two", "one\n  two", 7}, /* of what rules see: the white space is one byte */
    {"\\Atwo", "one\ntwo", 0},
    {"\\Atwo", "two", 3},
    {"two$", "two one", 0},
    {"two$", "one two", 7},
    {"\\btwo\\b", "onetwo", 0},
    {"\\btwo\\b", "one-two.", 7},
    {"\\Btwo", "one two onetwo", 14},
    {"(^|[^a-z])two", "onetwo", 0},
    {"(^|[^a-z])two", "two", 3},
    {"\\d{3} ?\\d\\.\\d", "x 550 5.1", 9},
    {"[^ ]+@[^ ]+", "mail for a@b", 12},
    {"\\x41\\x5a", "xaz", 3},
    {"a\\+b", "A+B", 3},
    {"(?:one|two)+ three", "onetwoone three", 15},
    {"(a?){3}bcd", "aabcd", 5},
    {"(abc){2,3}d", "abcd abcabcd", 12},
    {"(abc|abd){2}", "abc abdabc", 10}, /* either piece may be the one that is looked for */
    {"one two three four five six", "one two three four five, one two three four five six", 52},
    {"user( [^ ]+)? one two three four five", "user a user b one two three four five", 37},
    {"[^\\n]*full[^\\n]*full$", "full\nfull full is full", 22}, /* pieces within what repeats */
    {"user\\nunknown", "user unknown", 0}, /* as wide as the white space is, but not the same */
    {"user\\nunknown", "user\nunknown", 12},
    {"a|^$|bcd", "xbcd", 0}, /* matches nothing at all, too: refused */
};

static void patterns_are_found_where_they_are_and_end_as_early_as_they_can(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct subject subject;
        bool made = prepare(&subject, cases[i].pattern, 1, false);
        size_t hits = made ? find(&subject, bs_bytes_from_cstr(cases[i].text), BS_PLACE_TEXT) : 0;
        if (hits != (cases[i].end > 0) || (hits && subject.end != cases[i].end))
            fail_msg("%s in %s: %zu hits, end %zu", cases[i].pattern, cases[i].text, hits,
                     subject.end);
        drop(&subject);
    }
}

static void a_pattern_is_reported_once_for_each_text(void **state)
{
    struct subject subject;
    (void)state;
    assert_true(prepare(&subject, "no such user", 3, true));
    for (int i = 0; i < 3; i++)
        assert_int_equal(
            find(&subject, BS_LITERAL("no such user: no such user"), BS_PLACE_DIAGNOSTIC), 3);
    assert_int_equal(subject.end, 12);
    assert_int_equal(find(&subject, BS_LITERAL("no such thing"), BS_PLACE_DIAGNOSTIC), 0);
    drop(&subject);
}

/* The pieces of the pattern stand one behind the other, on one line, and nothing matches. */
static void pieces_without_end_cost_no_more_than_the_text_is_long(void **state)
{
    static char text[BS_RULES_SCAN_MAX];
    struct subject subject;
    (void)state;
    for (size_t i = 0; i + 8 <= sizeof text; i += 8)
        memcpy(text + i, "could a ", 8);
    assert_true(prepare(&subject, "could [^\\n]*(not|never)[^\\n]* delivered", 40, false));
    assert_int_equal(find(&subject, bs_bytes(text, sizeof text), BS_PLACE_TEXT), 0);
    memcpy(text + sizeof text - 40, "could [not] be delivered                ", 40);
    assert_int_equal(find(&subject, bs_bytes(text, sizeof text), BS_PLACE_TEXT), 40);
    drop(&subject);
}

/* Behind so many bytes that the white space, which is looked for by strides, stands anywhere in
 * one. */
static void a_line_begins_wherever_it_does(void **state)
{
    char text[200];
    struct subject subject;
    (void)state;
    assert_true(prepare(&subject, "^ ?a[^\\n]* two", 1, false));
    for (size_t before = 1; before < 100; before++) {
        memset(text, 'x', before);
        memcpy(text + before, "\n  a two", 8);
        assert_int_equal(find(&subject, bs_bytes(text, before + 8), BS_PLACE_TEXT), 1);
        memcpy(text + before, "\na  two", 7);
        assert_int_equal(find(&subject, bs_bytes(text, before + 7), BS_PLACE_TEXT), 1);
        memcpy(text + before, "\n xa two", 8);
        assert_int_equal(find(&subject, bs_bytes(text, before + 8), BS_PLACE_TEXT), 0);
    }
    drop(&subject);
}

static bool is_usable(const char *pattern, const char *wrong)
{
    struct subject subject;
    bool usable = prepare(&subject, pattern, 1, false);
    if (!usable && !strstr(subject.error.text, wrong))
        fail_msg("%s: %s", pattern, subject.error.text);
    drop(&subject);
    return usable;
}

/* `count` groups within each other. */
static bool is_usable_nested(size_t count)
{
    char pattern[BS_RULES_PATTERN_MAX] = "";
    for (size_t i = 0; i < count; i++)
        strcat(pattern, "(");
    strcat(pattern, "x");
    for (size_t i = 0; i < count; i++)
        strcat(pattern, ")");
    return is_usable(pattern, "BS_RULES_NESTING_MAX");
}

static void limits_hold_at_the_limit_and_one_past_it(void **state)
{
    (void)state;
    assert_true(is_usable_nested(BS_RULES_NESTING_MAX));
    assert_false(is_usable_nested(BS_RULES_NESTING_MAX + 1));
    assert_true(is_usable("x{500}", ""));
    assert_false(is_usable("x{501}", "BS_RULES_REPEAT_MAX"));
    assert_false(is_usable("x{1,501}", "BS_RULES_REPEAT_MAX"));
    assert_false(is_usable("x{3,2}", "BS_RULES_REPEAT_MAX"));
    assert_false(is_usable("x{99999999999}", "BS_RULES_REPEAT_MAX"));
    assert_false(is_usable("x{1,99999999999}", "BS_RULES_REPEAT_MAX"));
    assert_true(
        is_usable("x((((y{0}){500}){500}){500}){500}", "")); /* nothing, often, takes no time */
    assert_true(is_usable("x((((\\b){500}){500}){500}){500}", ""));
    assert_true(is_usable("(x{500}){8}", ""));                      /* 4,000 */
    assert_false(is_usable("(x{500}){8}y", "BS_RULES_STATES_MAX")); /* 4,001 */
}

/* As many different bytes as steps can lead on from each of them. */
static void steps_past_their_limit_are_refused(void **state)
{
    (void)state;
    assert_true(is_usable("(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t){100}", ""));
    assert_false(is_usable("(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t){101}", "BS_RULES_STEPS_MAX"));
    assert_false(is_usable("(a?b?c?){500}", "BS_RULES_STEPS_MAX"));
}

static void patterns_that_take_too_much_memory_are_refused(void **state)
{
    struct subject subject;
    (void)state;
    assert_true(prepare(&subject, "(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t){100}", 100, false));
    drop(&subject);
    assert_false(prepare(&subject, "(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t){100}", 500, false));
    assert_non_null(strstr(subject.error.text, "there is no memory for it"));
    drop(&subject);
}

static const char *const refused[][2] = {
    {"x*", "it matches where there is nothing"},
    {"^$", "it matches where there is nothing"},
    {"a**", "there is nothing to repeat"},
    {"(+a)", "there is nothing to repeat"},
    {"a)", "a ) has no ("},
    {"(a", "a ( has no )"},
    {"\\\\1", "means nothing here"},
    {"[[:none:]]", "there is no [:...:]"},
    {"[z-a]", "a range"},
};

static void what_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(
            is_usable(refused[i][0][0] == '\\' ? refused[i][0] + 1 : refused[i][0], refused[i][1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_found_where_they_are_and_end_as_early_as_they_can),
        cmocka_unit_test(a_pattern_is_reported_once_for_each_text),
        cmocka_unit_test(pieces_without_end_cost_no_more_than_the_text_is_long),
        cmocka_unit_test(a_line_begins_wherever_it_does),
        cmocka_unit_test(limits_hold_at_the_limit_and_one_past_it),
        cmocka_unit_test(steps_past_their_limit_are_refused),
        cmocka_unit_test(patterns_that_take_too_much_memory_are_refused),
        cmocka_unit_test(what_cannot_be_meant_is_refused),
    };
    return cmocka_run_group_tests_name("rules_search", tests, NULL, NULL);
}
