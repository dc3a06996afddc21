/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules: whatever a file is, reading it and translating its patterns ends; whatever a text is, the library's rules
 * can look at it, and what they see of it is no longer than it is. Whatever a pattern is, the search for it, which
 * tries it only where its pieces are, finds the same match in a text as trying it everywhere.
 */
#include "fuzz.h"

#include "bounce/diagnosis.h"
#include "bounce/rules_file.h"
#include "bounce/rules_flatten.h"
#include "bounce/rules_fold.h"
#include "bounce/rules_search.h"
#include "bounce/rules_seen.h"

enum { COMPARED = 256 };

/* What a search found: of each matcher how often, and where the match ends. */
struct found {
    const struct bs_rules_search *search;
    unsigned char hits[COMPARED];
    size_t ends[COMPARED];
};

static bool note_hit(void *context, const struct bs_rules_matcher *matcher, size_t end)
{
    struct found *found = context;
    size_t i = (size_t)(matcher - found->search->matchers);
    if (i < COMPARED) {
        found->hits[i]++;
        found->ends[i] = end;
    }
    return true;
}

/* Where the first match of each rule ends, by where its patterns' do: BS_RULES_NO_END without one. */
static void note_first(const struct found *patterns, size_t *ret_ends)
{
    const struct bs_rules_search *search = patterns->search;
    for (size_t i = 0; i < search->rule_count; i++)
        ret_ends[i] = BS_RULES_NO_END;
    for (size_t i = 0; i < search->count; i++) {
        size_t *end = &ret_ends[search->rules[i]];
        if (patterns->hits[i] > 0 && patterns->ends[i] < *end)
            *end = patterns->ends[i];
    }
}

/* A search for rules finds what that for their patterns does. */
static void compare_rules(const struct found *patterns, struct bs_bytes text, const char *view,
                          struct bs_rules_search_memory *memory)
{
    const struct bs_rules_search *search = patterns->search;
    struct found found = {.search = search};
    size_t ends[COMPARED];
    if (search->count > COMPARED)
        return;
    bs_rules_search_run(search, 0, text, view, memory, note_hit, &found);
    note_first(patterns, ends);
    for (size_t i = 0; i < search->count; i++) {
        if (found.hits[i] > 1 || (found.hits[i] > 0 && found.ends[i] != ends[search->rules[i]]))
            abort();
        if (found.hits[i] > 0)
            ends[search->rules[i]] = BS_RULES_NO_END;
    }
    for (size_t i = 0; i < search->rule_count; i++) {
        if (ends[i] != BS_RULES_NO_END)
            abort();
    }
}

/* Searches the file itself. */
static void compare(const struct bs_rules_search *search, struct bs_bytes text, const char *view)
{
    static struct bs_rules_run run;
    struct found found = {.search = search};
    struct bs_rules_search_memory *memory = bs_rules_search_memory_new(&search, 1);
    if (!memory)
        return;
    bs_rules_search_run(search, BS_RULES_EACH_PATTERN, text, view, memory, note_hit, &found);
    for (size_t i = 0; i < search->count && i < COMPARED; i++) {
        size_t end = bs_rules_automaton_run(&search->automata[i], text, &run);
        if (found.hits[i] != (end != BS_RULES_NO_END) || (found.hits[i] > 0 && found.ends[i] != end))
            abort();
    }
    compare_rules(&found, text, view, memory);
    bs_rules_search_memory_free(memory);
}

static void search_file(const struct bs_rule_list *list, struct bs_bytes input, struct bs_arena *arena,
                        struct bs_strbuf *log)
{
    static struct bs_rules_counts counts;
    static struct bs_rules_seen *seen;
    const char *view;
    seen = seen ? seen : bs_rules_seen_new();
    for (int place = 0; place < BS_PLACE_COUNT && seen; place++) {
        struct bs_rules_search search;
        struct bs_error error;
        if (!bs_rules_search_make(list, true, (enum bs_rule_place)place, &counts, arena, &search, &error)) {
            bs_strbuf_append_cstr(log, error.text);
            continue;
        }
        struct bs_bytes text = bs_rules_seen_make(seen, (enum bs_rule_place)place, input, &view);
        compare(&search, text, view);
    }
}

static void read_file(struct bs_bytes input, struct bs_strbuf *log)
{
    struct bs_arena arena;
    struct bs_rule_list list = {.arena = &arena};
    struct bs_error error;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    if (!bs_rule_list_read(&list, input, "rules", true, &error) || !bs_rule_list_settle(&list, &error))
        bs_strbuf_append_cstr(log, error.text);
    else
        search_file(&list, input, &arena, log);
    bs_arena_reset(&arena);
}

/* Each byte's end lies within the text, behind that of the byte before it. */
static void collapse(struct bs_bytes input, char *copy, struct bs_strbuf *log)
{
    struct bs_rules_shrink *shrinks = malloc((input.len / 2 + 1) * sizeof *shrinks);
    size_t count, before = 0;
    size_t length = shrinks ? bs_rules_collapse(input, copy, shrinks, &count) : 0;
    for (size_t i = 0; i < length; i++) {
        size_t end = bs_rules_end(i, false, shrinks, count);
        if (end > input.len || end <= before)
            abort();
        before = end;
    }
    bs_strbuf_append(log, bs_bytes(copy, length));
    free(shrinks);
}

/* Into memory that is no longer than the text. */
static void transform(struct bs_bytes input, struct bs_strbuf *log)
{
    char *copy = malloc(input.len + 1);
    if (!copy)
        return;
    bs_rules_fold(input, copy);
    bs_strbuf_append(log, bs_bytes(copy, input.len));
    bs_strbuf_append(log, bs_bytes(copy, bs_rules_flatten(input, copy)));
    collapse(input, copy, log);
    free(copy);
}

/* The library's rules, which nothing changes once they are there. */
static struct bs_rules_scan *library_scan(void)
{
    static struct bs_rules_scan *scan;
    struct bs_error error;
    struct bs_rules *rules = scan ? NULL : bs_rules_new(&error);
    if (rules)
        scan = bs_rules_scan_new(rules);
    if (!scan)
        abort();
    return scan;
}

/* What is found of failures alone is what counts of all that is found. */
static void compare_failure(const struct bs_rule_hit *hits, size_t count, struct bs_rules_scan *scan,
                            struct bs_bytes input)
{
    const struct bs_rule *heaviest = NULL;
    for (size_t i = 0; i < count; i++) {
        if (hits[i].rule->says == BS_RULE_FAILURE && (!heaviest || hits[i].rule->weight > heaviest->weight))
            heaviest = hits[i].rule;
    }
    if (bs_rules_look_for_failure(scan, input) != heaviest)
        abort();
}

static void look(struct bs_bytes input, struct bs_strbuf *log)
{
    struct bs_rules_scan *scan = library_scan();
    const struct bs_rule_hit *hits;
    for (int place = 0; place < BS_PLACE_COUNT; place++) {
        size_t count = bs_rules_look(scan, (enum bs_rule_place)place, input, &hits);
        for (size_t i = 0; i < count; i++)
            bs_strbuf_printf(log, "%s %zu\n", hits[i].rule->id, hits[i].end);
        if (place == BS_PLACE_DIAGNOSTIC)
            compare_failure(hits, count, scan, input);
    }
    bs_strbuf_append_cstr(log, bs_failure_name(bs_diagnose(scan, bs_bytes_first(input, 8), 0, input)));
}

static void begin(void *state)
{
    (void)state;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    if (!last)
        return 0;
    read_file(input, log);
    transform(input, log);
    look(input, log);
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed feed = {begin, take, NULL};
    return fuzz_every_way(&feed, data, size);
}
