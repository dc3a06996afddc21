/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See rules.h. For each place there is one search for the library's rules, and one for an
 * administrator's where there are any: rules_search.h.
 */
#include "bounce/rules.h"

#include "bounce/rules_builtin.h"
#include "bounce/rules_samples.h"
#include "bounce/rules_search.h"
#include "bounce/rules_seen.h"

#include <stdlib.h>

_Static_assert((int)BS_RULES_SEARCH_SLACK <= (int)BS_RULES_SLACK,
               "a search may read around a text");

struct place {
    struct bs_rules_search built_in, own;
};

struct bs_rules {
    struct bs_arena arena;
    struct bs_rule_list list;
    struct place places[BS_PLACE_COUNT];
    size_t automaton_count;
};

struct bs_rules_scan {
    const struct bs_rules *rules;
    struct bs_rules_search_memory *memory;
    struct bs_rules_seen *seen;
    uint16_t *slots; /* of each rule: its hit's place in `hits` and 1, or 0 */
    const struct bs_rules_witness *witness; /* or NULL */
    size_t count;
    struct bs_rule_hit hits[BS_RULES_HITS_MAX];
};
_Static_assert(BS_RULES_HITS_MAX < UINT16_MAX, "a slot holds any hit's place");

/* Adds what the samples consist of: texts of the kind that is searched. */
static bool count_samples(const struct bs_rule_list *list, struct bs_rules_counts *counts)
{
    struct bs_rules_seen *seen = bs_rules_seen_new();
    const char *view;
    for (const struct bs_rule_entry *entry = list->first; entry && seen; entry = entry->next) {
        for (const struct bs_rule_string *sample = entry->samples.first; sample;
             sample = sample->next) {
            struct bs_bytes text = bs_rules_seen_make(seen, entry->rule.place, sample->text, &view);
            bs_rules_counts_add(counts, bs_bytes(view, text.len));
        }
    }
    free(seen);
    return seen != NULL;
}

static bool make_searches_of(struct bs_rules *rules, bool built_in, struct bs_rules_counts *counts,
                             struct bs_error *error)
{
    for (int i = 0; i < BS_PLACE_COUNT; i++) {
        struct bs_rules_search *search =
            built_in ? &rules->places[i].built_in : &rules->places[i].own;
        if (!bs_rules_search_make(&rules->list, built_in, (enum bs_rule_place)i, counts,
                                  &rules->arena, search, error))
            return false;
        search->first = rules->automaton_count;
        rules->automaton_count += search->count;
    }
    return true;
}

/* The administrator's first: they may be wrong, and those of the library take more time. */
static bool make_searches(struct bs_rules *rules, struct bs_error *error)
{
    struct bs_rules_counts *counts = calloc(1, sizeof *counts);
    bool good = counts && count_samples(&rules->list, counts);
    if (!good)
        bs_error_set(error, "no memory for the rules");
    good = good && make_searches_of(rules, false, counts, error) &&
           make_searches_of(rules, true, counts, error);
    free(counts);
    return good;
}

static bool read_built_in(struct bs_rules *rules, struct bs_error *error)
{
    for (size_t i = 0; i < bs_rules_builtin_count; i++) {
        const struct bs_rules_builtin *file = &bs_rules_builtins[i];
        if (!bs_rule_list_read(&rules->list, file->text, file->name, true, error))
            return false;
    }
    return true;
}

static bool read_own(struct bs_rules *rules, const struct bs_bytes *texts, const char *const *names,
                     size_t count, struct bs_error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct bs_bytes name = bs_arena_copy(&rules->arena, bs_bytes_from_cstr(names[i]));
        if (!name.ptr)
            return bs_error_set(error, "no memory for the rules");
        if (!bs_rule_list_read(&rules->list, texts[i], name.ptr, false, error))
            return false;
    }
    return bs_rule_list_settle(&rules->list, error);
}

struct bs_rules *bs_rules_new_with(const struct bs_bytes *texts, const char *const *names,
                                   size_t count, struct bs_error *error)
{
    struct bs_rules *rules = calloc(1, sizeof *rules);
    if (!rules) {
        bs_error_set(error, "no memory for the rules");
        return NULL;
    }
    bs_arena_init(&rules->arena, BS_RULES_MEMORY_MAX);
    rules->list.arena = &rules->arena;
    if (read_built_in(rules, error) && read_own(rules, texts, names, count, error) &&
        make_searches(rules, error))
        return rules;
    bs_rules_free(rules);
    return NULL;
}

struct bs_rules *bs_rules_new(struct bs_error *error)
{
    return bs_rules_new_with(NULL, NULL, 0, error);
}

void bs_rules_free(struct bs_rules *rules)
{
    if (!rules)
        return;
    bs_arena_reset(&rules->arena);
    free(rules);
}

const struct bs_rule_list *bs_rules_list(const struct bs_rules *rules)
{
    return &rules->list;
}

/* One memory serves all searches. */
static struct bs_rules_search_memory *take_memory(const struct bs_rules *rules)
{
    const struct bs_rules_search *searches[2 * BS_PLACE_COUNT];
    for (size_t i = 0; i < BS_PLACE_COUNT; i++) {
        searches[2 * i] = &rules->places[i].built_in;
        searches[2 * i + 1] = &rules->places[i].own;
    }
    return bs_rules_search_memory_new(searches, sizeof searches / sizeof *searches);
}

struct bs_rules_scan *bs_rules_scan_new(const struct bs_rules *rules)
{
    struct bs_rules_scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return NULL;
    scan->rules = rules;
    scan->memory = take_memory(rules);
    scan->seen = bs_rules_seen_new();
    scan->slots = calloc(rules->list.count + 1, sizeof *scan->slots);
    if (scan->memory && scan->seen && scan->slots)
        return scan;
    bs_rules_scan_free(scan);
    return NULL;
}

void bs_rules_scan_free(struct bs_rules_scan *scan)
{
    if (!scan)
        return;
    bs_rules_search_memory_free(scan->memory);
    free(scan->seen);
    free(scan->slots);
    free(scan);
}

/* A pattern matched; false where there is no room for further hits. */
static bool take_hit(void *context, const struct bs_rules_matcher *matcher, size_t end)
{
    struct bs_rules_scan *scan = context;
    uint16_t *slot = &scan->slots[matcher->entry->order];
    if (scan->witness)
        scan->witness->matched(scan->witness->context, matcher->entry, matcher->pattern);
    if (*slot == 0) {
        if (scan->count == BS_RULES_HITS_MAX)
            return false;
        scan->hits[scan->count] = (struct bs_rule_hit){&matcher->entry->rule, end};
        *slot = (uint16_t)++scan->count;
    } else if (end < scan->hits[*slot - 1].end) {
        scan->hits[*slot - 1].end = end;
    }
    return true;
}

static size_t order_of(const struct bs_rule_hit *hit)
{
    return ((const struct bs_rule_entry *)hit->rule)->order;
}

static bool comes_before(const struct bs_rule_hit *one, const struct bs_rule_hit *other)
{
    return one->end != other->end ? one->end < other->end : order_of(one) < order_of(other);
}

/* By where they end and by the order of their rules; they come nearly so. */
static void sort_hits(struct bs_rule_hit *hits, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct bs_rule_hit hit = hits[i];
        size_t place = i;
        for (; place > 0 && comes_before(&hit, &hits[place - 1]); place--)
            hits[place] = hits[place - 1];
        hits[place] = hit;
    }
}

/* `wanted` is of enum bs_rules_wanted. */
static size_t look(struct bs_rules_scan *scan, enum bs_rule_place place, unsigned wanted,
                   struct bs_bytes text, const struct bs_rule_hit **ret_hits)
{
    const struct place *searches = &scan->rules->places[place];
    const char *view;
    scan->count = 0;
    text = bs_rules_seen_make(scan->seen, place, text, &view);
    bs_rules_search_run(&searches->built_in, wanted, text, view, scan->memory, take_hit, scan);
    bs_rules_search_run(&searches->own, wanted, text, view, scan->memory, take_hit, scan);
    for (size_t i = 0; i < scan->count; i++) {
        struct bs_rule_hit *hit = &scan->hits[i];
        scan->slots[order_of(hit)] = 0;
        hit->end = bs_rules_seen_end(scan->seen, place, hit->end);
    }
    sort_hits(scan->hits, scan->count);
    *ret_hits = scan->hits;
    return scan->count;
}

size_t bs_rules_look(struct bs_rules_scan *scan, enum bs_rule_place place, struct bs_bytes text,
                     const struct bs_rule_hit **ret_hits)
{
    return look(scan, place, scan->witness ? BS_RULES_EACH_PATTERN : 0, text, ret_hits);
}

size_t bs_rules_look_for_roles(struct bs_rules_scan *scan, struct bs_bytes text,
                               const struct bs_rule_hit **ret_hits)
{
    return look(scan, BS_PLACE_TEXT, BS_RULES_ROLES_ONLY, text, ret_hits);
}

const struct bs_rule *bs_rules_look_for_failure(struct bs_rules_scan *scan, struct bs_bytes text)
{
    const struct bs_rule *heaviest = NULL;
    const struct bs_rule_hit *hits;
    size_t count = look(scan, BS_PLACE_DIAGNOSTIC, BS_RULES_HEAVIEST, text, &hits);
    for (size_t i = 0; i < count; i++) {
        const struct bs_rule *rule = hits[i].rule;
        if (rule->says == BS_RULE_FAILURE && (!heaviest || rule->weight > heaviest->weight))
            heaviest = rule;
    }
    return heaviest;
}

size_t bs_rules_look_closely(struct bs_rules_scan *scan, enum bs_rule_place place,
                             struct bs_bytes text, const struct bs_rules_witness *witness,
                             const struct bs_rule_hit **ret_hits)
{
    scan->witness = witness;
    size_t count = bs_rules_look(scan, place, text, ret_hits);
    scan->witness = NULL;
    return count;
}
