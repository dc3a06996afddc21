/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of rules as an administrator writes them: what their patterns match, and what errors say. */
#include "bounce/failure.h"
#include "bounce/rules_pattern.h"
#include "bounce/rules_samples.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bs_rules *rules_of(const char *text, struct bs_error *error)
{
    const struct bs_bytes texts[] = {bs_bytes_from_cstr(text)};
    const char *const names[] = {"mine.rules"};
    return bs_rules_new_with(texts, names, 1, error);
}

/* Whether the rule with that ID matches the text at the place; its end in `ret_end`. */
static bool is_matched(const struct bs_rules *rules, const char *id, enum bs_rule_place place, struct bs_bytes text,
                       size_t *ret_end)
{
    struct bs_rules_scan *scan = bs_rules_scan_new(rules);
    const struct bs_rule_hit *hits;
    bool found = false;
    assert_non_null(scan);
    size_t count = bs_rules_look(scan, place, text, &hits);
    for (size_t i = 0; i < count && !found; i++) {
        found = strcmp(hits[i].rule->id, id) == 0;
        *ret_end = hits[i].end;
    }
    bs_rules_scan_free(scan);
    return found;
}

static const struct {
    const char *pattern, *text;
    bool matched;
} patterns[] = {
    {"not be delivered", "could NOT BE Delivered", true},
    {"not be delivered", "could not\nbe \r\n\t delivered", true},
    {"not be delivered", "notbe delivered", false},
    {"not be delivered",
     "not\xc2\xa0"
     "be\xe3\x80\x80"
     "delivered",
     true},
    {"not ?be", "notbe", true},
    {"not *be", "not  be", true},
    {"not\\x20be", "not\nbe", false},
    {"^begin", "x\nbegin", true},
    {"^begin", "x begin", false},
    {"end$", "the end\nx", true},
    {"end$", "the end of", false},
    {"couldn't", "couldn\xe2\x80\x99t", true},
    {"couldn\xe2\x80\x99t", "couldn't", true},
    {"couldn't", "couldn t", false},
    {"couldn\xc2\xb4t", "couldn\xc2\xb4t", true},
    {"couldn[\xe2\x80\x99x]t", "couldn't", true},
    {"adresse\xc2\xa0: no", "adresse : no", true},
    {"adresse\xe3\x80\x80\xc2\xa0: no", "adresse\xc2\xa0: no", true},
    {"one\\ttwo", "one\ttwo", true},
    {"one\\ttwo", "one\ntwo", false},
    {"a.b", "a\nb", false},
    {"caf\xc3\xa9", "CAF\xc3\x89", true},
    {"CAF\xc3\x89", "caf\xc3\xa9", true},
    {"caf\xc3\xa9?s", "cafs", true},
    {"z[\xc3\xa4\xc3\xb6u]g", "Z\xc3\x96G", true},
    {"z[\xc3\xa4\xc3\xb6u]g", "zug", true},
    {"z[\xc3\xa4\xc3\xb6]+g", "z\xc3\xa4\xc3\xb6g", true},
    {"z[\xc3\xa4\xc3\xb6]g", "zag", false},
    {"[[:digit:]]x", "7x", true},
    {"[]x]y", "]y", true},
    {"\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82", "\xd0\x9f\xd0\x9e\xd0\xa7\xd0\xa2\xd0\x90", true},
    {"\xce\xb1\xce\xb2", "\xce\x91\xce\x92", true},
    {"\xef\xbd\x81", "\xef\xbc\xa1", true},
    {"say \\\"no\\\"", "SAY \"NO\"", true},
    {"(?:one|two) (three|four)", "two four", true},
    {"^line", "one\n  line", false},
    {"^ *line", "one\n  line", true},
    {"^\\s*line", "one\nline", true},
    {"^ ?line", "  line", true},
    {"^ line", "one\n\tline", true},
    {"^ line", "one\nline", false},
    {"^ *?line", "one line", false},
    {"^ *?line", "one\n line", true},
    {"^ {0,3}line", "one line", false},
    {"^ {0,3}line", "one\n line", true},
    {"^ {2,}line", "one\n  line", true},
    {"^ {0}line", "one\n  line", false},
    {"^\\s+line", "one\n  line", true},
    {"^\\sline", "one\n  line", true},
    {"^\\s+line", "one\nline", false},
    {"^ +line", "  line", true},
    {"one$", "one\n  line", true},
    {"one\\nline", "one \n\n line", true},
    {"one[^\\n]*line", "one\n line", false},
    {"one.line", "one\n line", false},
    {"one.line", "one   line", true},
    {"\\d{3} \\d\\.\\d", "550 5.1", true},
    {"after", "\xff\xfe\x80 broken \xc3 after", true},
};

/* A rule for each of the patterns: my-0, my-1 ... */
static struct bs_rules *rules_of_patterns(void)
{
    struct bs_strbuf file;
    struct bs_error error;
    bs_strbuf_init(&file, BS_RULES_FILE_MAX);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        bs_strbuf_printf(&file, "rule my-%zu\n in text\n match \"%s\"\n says other\n sample \"x\"\n", i,
                         patterns[i].pattern);
    struct bs_rules *rules = rules_of(bs_strbuf_cstr(&file), &error);
    if (!rules)
        fail_msg("%s", error.text);
    bs_strbuf_free(&file);
    return rules;
}

static void patterns_match_as_the_manual_says(void **state)
{
    struct bs_rules *rules = rules_of_patterns();
    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char id[BS_RULES_ID_MAX];
        size_t end;
        snprintf(id, sizeof id, "my-%zu", i);
        if (is_matched(rules, id, BS_PLACE_TEXT, bs_bytes_from_cstr(patterns[i].text), &end) != patterns[i].matched)
            fail_msg("%s and %s", patterns[i].pattern, patterns[i].text);
    }
    bs_rules_free(rules);
}

#define REST " says other\n sample \"x\"\n"

static const struct {
    const char *file, *error; /* a part of the error */
} errors[] = {
    {"match \"x\"\n", "mine.rules:1: before \"match\" there must be a line \"rule ID\""},
    {"rule A\n", "mine.rules:1: \"A\" is no ID"},
    {"rule \n", "mine.rules:1: \"\" is no ID"},
    {"rule a\n in text\n match \"x\"\n sample \"x\"\n", "mine.rules:1: the rule a lacks a line \"says\""},
    {"rule a\n match \"x\"\n" REST, "mine.rules:1: the rule a lacks a line \"in\""},
    {"rule a\n in text\n" REST, "mine.rules:1: the rule a lacks a line \"match\""},
    {"rule a\n in text\n match \"x\"\n says other\n", "mine.rules:1: the rule a lacks a line \"sample\""},
    {"# 1\n\nrule a\n in body\n", "mine.rules:4: \"body\" is no place"},
    {"rule a\n in text\n in text\n", "mine.rules:3: a second \"in\""},
    {"rule a\n says other\n says other\n", "mine.rules:3: a second \"says\""},
    {"rule a\n says bounce\n", "mine.rules:2: nothing is known that a rule could say by \"bounce\""},
    {"rule a\n says failure full\n", "mine.rules:2: \"full\" is no failure"},
    {"rule a\n weight 101\n", "mine.rules:2: a weight is a number from 0 to 100"},
    {"rule a\n weight x\n", "mine.rules:2: a weight is"},
    {"rule a\n weight 1\n weight 1\n", "mine.rules:3: a second weight"},
    {"rule a\n match x\n", "mine.rules:2: a text in double quotes is missing"},
    {"rule a\n match \"x\" y\n", "mine.rules:2: a text in double quotes is missing"},
    {"rule a\n match \"x\\\"\n", "mine.rules:2: a text in double quotes is missing"},
    {"rule a\n sample \"\\t\"\n", "mine.rules:2: a backslash in a sample"},
    {"rule a\n sample \"\xff\"\n", "mine.rules:2: the text is not UTF-8"},
    {"rule a\n colour \"red\"\n", "mine.rules:2: \"colour\" is no word of rules"},
    {"rule a\n in text\n match \"(x\"\n" REST, "mine.rules:3: the pattern of the rule a cannot be used: "},
    {"rule a\n in text\n match \"x\"\n match \"(?=x)\"\n" REST,
     "mine.rules:4: the pattern of the rule a cannot be used: there are no groups"},
    {"rule a\n in text\n match \"[^\xc3\xa4]\"\n" REST, "there is a character past ASCII in [^...]"},
    {"rule a\n in text\n match \"[a-\xc3\xa4]\"\n" REST, "an end of a range"},
    {"rule a\n in text\n match \"[\xc3\xa4-\xc3\xb6]\"\n" REST, "an end of a range"},
    {"rule a\n in text\n match \"[ab\"\n" REST, "a [...] does not end"},
    {"rule a\n in text\n match \"[\\x30-9]\"\n" REST, "an end of a range"},
    {"rule a\n in text\n match \"[0-\\x39]\"\n" REST, "an end of a range"},
    {"rule a\n in text\n match \"[[:digit:\"\n" REST, "a [...] does not end"},
    {"rule a\n in text\n match \"\\Qx\\E\"\n" REST, "there is no \\Q...\\E"},
    {"rule a\n in text\n match \"x*\"\n" REST, "mine.rules:3: the pattern of the rule a cannot be used: "},
    {"rule a\n in text\n match \"\"\n" REST, "the pattern is empty"},
    {"rule a\n in text\n match \"x\"\n" REST "rule a\n in text\n match \"x\"\n" REST,
     "mine.rules:6: the ID a is already that of the rule at mine.rules:1; give it another"},
};

static void errors_say_where_and_what(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct bs_error error = {""};
        struct bs_rules *rules = rules_of(errors[i].file, &error);
        if (rules || !strstr(error.text, errors[i].error))
            fail_msg("%s: \"%s\" instead of \"%s\"", errors[i].file, error.text, errors[i].error);
    }
}

/* A rule with a pattern of `length` bytes. */
static bool is_read_with_pattern(size_t length)
{
    struct bs_strbuf file;
    struct bs_error error;
    bs_strbuf_init(&file, 8192);
    bs_strbuf_append_cstr(&file, "rule a\n in text\n match \"");
    for (size_t i = 0; i < length; i++)
        bs_strbuf_append_char(&file, 'x');
    bs_strbuf_append_cstr(&file, "\"\n" REST);
    struct bs_rules *rules = rules_of(bs_strbuf_cstr(&file), &error);
    bs_rules_free(rules);
    bs_strbuf_free(&file);
    return rules != NULL;
}

/* A rule with a sample of `length` bytes, in a file of at least `size`. */
static bool is_read_with(size_t length, size_t size)
{
    struct bs_strbuf file;
    struct bs_error error;
    bs_strbuf_init(&file, 2 * BS_RULES_FILE_MAX);
    bs_strbuf_append_cstr(&file, "rule a\n in text\n match \"x\"\n says other\n sample \"");
    for (size_t i = 0; i < length; i++)
        bs_strbuf_append_char(&file, 'x');
    bs_strbuf_append_cstr(&file, "\"\n");
    while (file.len < size)
        bs_strbuf_append_char(&file, '\n');
    struct bs_rules *rules = rules_of(bs_strbuf_cstr(&file), &error);
    bs_rules_free(rules);
    bs_strbuf_free(&file);
    return rules != NULL;
}

/* `count` rules that differ by their IDs, all of them off, as the rules of the library are counted too. */
static bool is_read_with_rules(size_t count)
{
    struct bs_strbuf file;
    struct bs_error error;
    struct bs_arena arena;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    struct bs_rule_list list = {.arena = &arena};
    bs_strbuf_init(&file, BS_RULES_FILE_MAX);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_printf(&file, "rule a-%zu\nsays nothing\n", i);
    bool read = bs_rule_list_read(&list, bs_strbuf_bytes(&file), "mine.rules", false, &error);
    bs_strbuf_free(&file);
    bs_arena_reset(&arena);
    return read;
}

/* A rule whose ID has `length` bytes. */
static bool is_read_with_id(size_t length)
{
    char file[BS_RULES_ID_MAX + 100];
    struct bs_error error;
    char id[BS_RULES_ID_MAX + 2];
    memset(id, 'a', length);
    id[length] = '\0';
    snprintf(file, sizeof file, "rule %s\nsays nothing\n", id);
    struct bs_rules *rules = rules_of(file, &error);
    bs_rules_free(rules);
    return rules != NULL;
}

/* A rule with a sample and further patterns, `count` strings in all. */
static bool is_read_with_strings(size_t count)
{
    struct bs_strbuf file;
    struct bs_error error;
    struct bs_arena arena;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    struct bs_rule_list list = {.arena = &arena};
    bs_strbuf_init(&file, BS_RULES_FILE_MAX);
    bs_strbuf_append_cstr(&file, "rule a\nin text\n" REST);
    for (size_t i = 1; i < count; i++)
        bs_strbuf_append_cstr(&file, "match \"x\"\n");
    bool read = bs_rule_list_read(&list, bs_strbuf_bytes(&file), "mine.rules", false, &error);
    bs_strbuf_free(&file);
    bs_arena_reset(&arena);
    return read;
}

/* `count` rules that all match one text; how many hits there are. */
static size_t hits_of_rules(size_t count)
{
    struct bs_strbuf file, text;
    struct bs_error error;
    const struct bs_rule_hit *hits;
    bs_strbuf_init(&file, BS_RULES_FILE_MAX);
    bs_strbuf_init(&text, BS_RULES_SCAN_MAX);
    for (size_t i = 0; i < count; i++) {
        bs_strbuf_printf(&file, "rule a-%zu\nin field\nmatch \"<%zu>\"\nsays other\nsample \"<%zu>\"\n", i, i, i);
        bs_strbuf_printf(&text, "<%zu>", i);
    }
    struct bs_rules *rules = rules_of(bs_strbuf_cstr(&file), &error);
    assert_non_null(rules);
    struct bs_rules_scan *scan = bs_rules_scan_new(rules);
    size_t found = bs_rules_look(scan, BS_PLACE_FIELD, bs_strbuf_bytes(&text), &hits);
    for (size_t i = 1; i < found; i++)
        assert_true(hits[i - 1].end < hits[i].end);
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
    bs_strbuf_free(&file);
    bs_strbuf_free(&text);
    return found;
}

static void limits_hold_at_the_limit_and_one_past_it(void **state)
{
    (void)state;
    assert_true(is_read_with_pattern(BS_RULES_PATTERN_MAX));
    assert_false(is_read_with_pattern(BS_RULES_PATTERN_MAX + 1));
    assert_true(is_read_with(BS_RULES_SAMPLE_MAX, 0));
    assert_false(is_read_with(BS_RULES_SAMPLE_MAX + 1, 0));
    assert_true(is_read_with(1, BS_RULES_FILE_MAX));
    assert_false(is_read_with(1, BS_RULES_FILE_MAX + 1));
    assert_true(is_read_with_rules(BS_RULES_MAX));
    assert_false(is_read_with_rules(BS_RULES_MAX + 1));
    assert_true(is_read_with_id(BS_RULES_ID_MAX));
    assert_false(is_read_with_id(BS_RULES_ID_MAX + 1));
    assert_true(is_read_with_strings(BS_RULES_STRINGS_MAX));
    assert_false(is_read_with_strings(BS_RULES_STRINGS_MAX + 1));
}

static void hits_past_the_limit_are_left_out(void **state)
{
    (void)state;
    assert_int_equal(hits_of_rules(BS_RULES_HITS_MAX), BS_RULES_HITS_MAX);
    assert_int_equal(hits_of_rules(BS_RULES_HITS_MAX + 1), BS_RULES_HITS_MAX);
}

static void a_rule_with_the_id_of_a_built_in_one_takes_its_place(void **state)
{
    const struct bs_bytes text = BS_LITERAL("550 5.1.1 User unknown");
    struct bs_error error;
    size_t end;
    (void)state;
    struct bs_rules *own = rules_of("", &error), *off = rules_of("rule user-unknown\nsays nothing\n", &error);
    struct bs_rules *other = rules_of(
        "rule user-unknown\nin diagnostic\nmatch \"nobody\"\nsays failure moved\nsample \"nobody\"\n", &error);
    assert_true(own && off && other);
    assert_true(is_matched(own, "user-unknown", BS_PLACE_DIAGNOSTIC, text, &end));
    assert_int_equal(end, text.len);
    assert_false(is_matched(off, "user-unknown", BS_PLACE_DIAGNOSTIC, text, &end));
    assert_false(is_matched(other, "user-unknown", BS_PLACE_DIAGNOSTIC, text, &end));
    assert_true(is_matched(other, "user-unknown", BS_PLACE_DIAGNOSTIC, BS_LITERAL("Nobody here"), &end));
    bs_rules_free(own);
    bs_rules_free(off);
    bs_rules_free(other);
}

static void hits_come_once_a_rule_and_in_the_order_of_their_ends(void **state)
{
    static const char file[] =
        "rule b\n in field\n match \"two\"\n match \"three\"\n says failure size\n weight 70\n sample \"two three\"\n"
        "rule a\n in field\n match \"one\"\n match \"four\"\n says quoted-below\n sample \"one four\"\n";
    struct bs_error error;
    const struct bs_rule_hit *hits;
    (void)state;
    struct bs_rules *rules = rules_of(file, &error);
    assert_non_null(rules);
    struct bs_rules_scan *scan = bs_rules_scan_new(rules);
    assert_int_equal(bs_rules_look(scan, BS_PLACE_FIELD, BS_LITERAL("one three two two four one"), &hits), 2);
    assert_string_equal(hits[0].rule->id, "a");
    assert_int_equal(hits[0].end, 3);
    assert_int_equal(hits[0].rule->says, BS_RULE_ROLE);
    assert_int_equal(hits[0].rule->concludes, BS_ROLE_QUOTED_BELOW);
    assert_string_equal(hits[1].rule->id, "b");
    assert_int_equal(hits[1].end, 9);
    assert_int_equal(hits[1].rule->concludes, BS_FAILURE_SIZE);
    assert_int_equal(hits[1].rule->weight, 70);
    assert_int_equal(bs_rules_look(scan, BS_PLACE_FIELD, BS_LITERAL("\r\n  \t\ntwo  \n\n one"), &hits), 2);
    assert_int_equal(hits[0].end, 9);
    assert_int_equal(hits[1].end, 17);
    assert_int_equal(bs_rules_look(scan, BS_PLACE_FIELD, BS_LITERAL("a\xe2\x80\x99  b\xc2\xb4\none"), &hits), 1);
    assert_int_equal(hits[0].end, 13);
    assert_int_equal(bs_rules_look(scan, BS_PLACE_FIELD, BS_LITERAL("nothing"), &hits), 0);
    assert_int_equal(bs_rules_look(scan, BS_PLACE_FIELD, BS_LITERAL("two"), &hits), 1);
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
}

/* The rules' own order is another than that of their weights; what says no failure takes no place from one that does. */
static void of_failures_the_heaviest_counts_and_of_equal_ones_the_first(void **state)
{
    static const struct {
        const char *text, *id;
    } cases[] = {
        {"wombat koala", "middle"}, {"koala wombat", "middle"}, {"koala numbat wombat", "heavy"},
        {"quokka numbat", "heavy"}, {"quokka koala", "light"},  {"dingo wombat", "equal"},
        {"wombat dingo", "middle"}, {"quokka platypus", NULL},  {"platypus", NULL},
    };
    static const char file[] =
        "rule light\n in diagnostic\n match \"koala\"\n says failure size\n weight 20\n sample \"koala\"\n"
        "rule middle\n in diagnostic\n match \"wombat\"\n says failure size\n weight 40\n sample \"wombat\"\n"
        "rule heavy\n in diagnostic\n match \"numbat\"\n says failure size\n weight 60\n sample \"numbat\"\n"
        "rule equal\n in diagnostic\n match \"dingo\"\n says failure size\n weight 40\n sample \"dingo\"\n"
        "rule kind\n in diagnostic\n match \"quokka\"\n says notice\n weight 99\n sample \"quokka\"\n";
    struct bs_error error;
    (void)state;
    struct bs_rules *rules = rules_of(file, &error);
    assert_non_null(rules);
    struct bs_rules_scan *scan = bs_rules_scan_new(rules);
    assert_non_null(scan);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct bs_rule *rule = bs_rules_look_for_failure(scan, bs_bytes_from_cstr(cases[i].text));
        if (!rule != !cases[i].id || (rule && strcmp(rule->id, cases[i].id) != 0))
            fail_msg("%s: %s", cases[i].text, rule ? rule->id : "none");
    }
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
}

static void no_more_of_a_text_is_looked_at_than_the_limit(void **state)
{
    static char text[BS_RULES_SCAN_MAX + 4];
    struct bs_error error;
    size_t end;
    (void)state;
    struct bs_rules *rules = rules_of("rule a\n in text\n match \"word\"\n says other\n sample \"word\"\n", &error);
    memset(text, 'x', sizeof text);
    memcpy(text + BS_RULES_SCAN_MAX - 4, "word", 4);
    assert_true(is_matched(rules, "a", BS_PLACE_TEXT, bs_bytes(text, BS_RULES_SCAN_MAX), &end));
    memcpy(text + BS_RULES_SCAN_MAX - 4, "xword", 5);
    assert_false(is_matched(rules, "a", BS_PLACE_TEXT, bs_bytes(text, BS_RULES_SCAN_MAX + 1), &end));
    bs_rules_free(rules);
}

static void count_failure(void *context, const char *text)
{
    struct bs_strbuf *all = context;
    bs_strbuf_printf(all, "%s\n", text);
}

static void samples_that_do_not_hold_are_told(void **state)
{
    static const char file[] =
        "rule a\n in text\n match \"one\"\n match \"two\"\n says dsn-failed\n sample \"one\"\n sample \"on\"\n"
        " unlike \"none\"\nrule b\n in text\n match \"one\"\n says autoreply\n sample \"one\"\n";
    struct bs_error error;
    struct bs_strbuf told;
    (void)state;
    struct bs_rules *rules = rules_of(file, &error);
    struct bs_rules_scan *scan = bs_rules_scan_new(rules);
    const struct bs_rule_entry *entry = bs_rules_list(rules)->first;
    bs_strbuf_init(&told, 4096);
    while (strcmp(entry->rule.id, "a") != 0)
        entry = entry->next;
    assert_int_equal(bs_rules_try(scan, entry, count_failure, &told), 4);
    assert_string_equal(bs_strbuf_cstr(&told),
                        "mine.rules:6: a has a sample for which another kind is concluded by b: \"one\"\n"
                        "mine.rules:7: a does not match its sample: \"on\"\n"
                        "mine.rules:8: a matches a text that it must not match: \"none\"\n"
                        "mine.rules:4: a has no sample for its pattern: \"two\"\n");
    bs_strbuf_free(&told);
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_the_manual_says),
        cmocka_unit_test(errors_say_where_and_what),
        cmocka_unit_test(limits_hold_at_the_limit_and_one_past_it),
        cmocka_unit_test(hits_past_the_limit_are_left_out),
        cmocka_unit_test(a_rule_with_the_id_of_a_built_in_one_takes_its_place),
        cmocka_unit_test(hits_come_once_a_rule_and_in_the_order_of_their_ends),
        cmocka_unit_test(of_failures_the_heaviest_counts_and_of_equal_ones_the_first),
        cmocka_unit_test(no_more_of_a_text_is_looked_at_than_the_limit),
        cmocka_unit_test(samples_that_do_not_hold_are_told),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
