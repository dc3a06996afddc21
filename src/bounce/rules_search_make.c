/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes searches: see rules_search.h. */
#include "bounce/rules_search.h"

#include <stdlib.h>

enum {
    TREE_MEMORY = 4 * 1024 * 1024,
    SCRATCH_MEMORY = 16 * 1024 * 1024,
    BUCKET_BITS_MAX = 16,
};

/* A lead in the making. */
struct found_lead {
    uint32_t hash; /* of the key */
    struct bs_rules_window window;
    struct bs_rules_lead lead;
};

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static bool is_wanted(const struct bs_rule_entry *entry, bool built_in, enum bs_rule_place place)
{
    return entry->built_in == built_in && entry->rule.place == place;
}

static size_t count_patterns(const struct bs_rule_list *list, bool built_in,
                             enum bs_rule_place place)
{
    size_t count = 0;
    for (const struct bs_rule_entry *entry = list->first; entry; entry = entry->next) {
        for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next)
            count += is_wanted(entry, built_in, place) ? 1 : 0;
    }
    return count;
}

/* Rules that say a role come first, of the others the heavier ones; then by their order. */
static int compare_matchers(const void *a, const void *b)
{
    const struct bs_rules_matcher *x = a, *y = b;
    const struct bs_rule *one = &x->entry->rule, *other = &y->entry->rule;
    int order = compare(one->says != BS_RULE_ROLE, other->says != BS_RULE_ROLE);
    order = order ? order : compare(other->weight, one->weight);
    order = order ? order : compare(x->entry->order, y->entry->order);
    return order ? order : compare((uint64_t)x->pattern->line, (uint64_t)y->pattern->line);
}

static void add_matchers(struct bs_rules_search *search, const struct bs_rule_list *list,
                         bool built_in, enum bs_rule_place place)
{
    for (const struct bs_rule_entry *entry = list->first; entry; entry = entry->next) {
        for (const struct bs_rule_string *match = entry->matches.first;
             match && is_wanted(entry, built_in, place); match = match->next)
            search->matchers[search->count++] = (struct bs_rules_matcher){entry, match};
    }
    if (search->count > 0)
        qsort(search->matchers, search->count, sizeof *search->matchers, compare_matchers);
}

static void number_rules(struct bs_rules_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct bs_rule_entry *entry = search->matchers[i].entry;
        search->rule_count += i == 0 || entry != search->matchers[i - 1].entry;
        search->rules[i] = (uint32_t)(search->rule_count - 1);
        search->role_count += entry->rule.says == BS_RULE_ROLE;
    }
    for (size_t i = search->count; i-- > 0;) {
        bool last = i + 1 == search->count || search->matchers[i].entry->rule.weight !=
                                                  search->matchers[i + 1].entry->rule.weight;
        search->lighter[i] = last ? (uint32_t)(i + 1) : search->lighter[i + 1];
    }
}

static bool list_patterns(struct bs_rules_search *search, const struct bs_rule_list *list,
                          bool built_in, enum bs_rule_place place, struct bs_arena *arena)
{
    size_t count = count_patterns(list, built_in, place);
    search->matchers = bs_arena_take(arena, (count + 1) * sizeof *search->matchers);
    search->rules = bs_arena_take(arena, (count + 1) * sizeof *search->rules);
    search->lighter = bs_arena_take(arena, (count + 1) * sizeof *search->lighter);
    search->automata = bs_arena_take(arena, (count + 1) * sizeof *search->automata);
    search->everywhere = bs_arena_take(arena, (count + 1) * sizeof *search->everywhere);
    if (!search->matchers || !search->rules || !search->lighter || !search->automata ||
        !search->everywhere)
        return false;
    add_matchers(search, list, built_in, place);
    number_rules(search);
    return true;
}

static bool fail_pattern(const struct bs_rules_matcher *matcher, const char *wrong,
                         struct bs_error *error)
{
    return bs_error_set(error, "%s:%d: the pattern of the rule %s cannot be used: %s",
                        matcher->entry->file, matcher->pattern->line, matcher->entry->rule.id,
                        wrong ? wrong : "there is no memory for it");
}

/* A list under way. */
struct list {
    void *items;
    size_t count, room;
};

/* What making a search needs. */
struct making {
    struct bs_rules_search *search;
    struct bs_rules_counts *counts;
    bool flat;
    struct bs_rules_builder *builder;
    struct bs_arena *arena;  /* for what stays */
    struct bs_arena tree;    /* of one pattern */
    struct bs_arena scratch; /* for the pieces of one */
    struct bs_rules_pieces pieces;
    uint16_t states[BS_RULES_STATES_MAX];   /* of one piece */
    struct list leads, all_states, strings; /* found so far */
    struct bs_error *error;
};

/* Makes room for more items; NULL without memory. */
static void *add_items(struct list *list, size_t count, size_t size)
{
    if (list->count + count > list->room) {
        size_t room = 2 * list->room + 1024 + count;
        void *items = realloc(list->items, room * size);
        if (!items)
            return NULL;
        list->items = items;
        list->room = room;
    }
    list->count += count;
    return (char *)list->items + (list->count - count) * size;
}

/* Puts the states that were found into the list, where they are not those put last. */
static bool add_states(struct making *making, size_t count, size_t *ret_place)
{
    struct list *list = &making->all_states;
    size_t size = count * sizeof *making->states;
    *ret_place = list->count - count;
    if (list->count >= count &&
        memcmp((const uint16_t *)list->items + *ret_place, making->states, size) == 0)
        return true;
    *ret_place = list->count;
    uint16_t *states = add_items(list, count, sizeof *states);
    if (states)
        memcpy(states, making->states, size);
    return states != NULL;
}

/* What is compared of the piece: as many bytes behind the key as there are, and before it. */
static struct bs_rules_window cut_window(const struct bs_rules_piece *piece)
{
    char bytes[BS_RULES_WINDOW] = "";
    size_t length = piece->length < BS_RULES_WINDOW ? piece->length : BS_RULES_WINDOW;
    size_t last = piece->length - length, begin = piece->key < last ? piece->key : last;
    memcpy(bytes, piece->bytes + begin, length);
    return (struct bs_rules_window){
        .bytes = bs_rules_load(bytes),
        .before = (uint8_t)(piece->key - begin),
        .unused = (uint8_t)(8 * (BS_RULES_WINDOW - length)),
    };
}

static bool add_lead(struct making *making, size_t matcher, const struct bs_rules_piece *piece)
{
    size_t states;
    size_t count = bs_rules_automaton_states(making->builder, piece->class, making->states);
    struct found_lead *found = add_items(&making->leads, 1, sizeof *found);
    char *string = add_items(&making->strings, piece->length, 1);
    if (!found || !string || !add_states(making, count, &states))
        return bs_error_set(making->error, "no memory for the rules");
    memcpy(string, piece->bytes, piece->length);
    found->window = cut_window(piece);
    found->hash = bs_rules_key_hash((uint32_t)(found->window.bytes >> 8 * found->window.before));
    found->lead = (struct bs_rules_lead){
        .matcher = (uint32_t)matcher,
        .string = (uint32_t)(making->strings.count - piece->length),
        .states = (uint32_t)states,
        .state_count = (uint16_t)count,
        .length = (uint8_t)piece->length,
        .key = (uint8_t)piece->key,
    };
    return true;
}

static bool add_pattern(struct making *making, size_t i)
{
    struct bs_rules_search *search = making->search;
    const struct bs_rules_matcher *matcher = &search->matchers[i];
    const char *wrong;
    bool good = true;
    const struct bs_rules_node *tree =
        bs_rules_pattern(matcher->pattern->text, making->flat, &making->tree, &wrong);
    making->pieces.count = 0;
    if (!tree || !bs_rules_automaton_make(making->builder, tree, making->arena,
                                          &search->automata[i], &wrong))
        good = fail_pattern(matcher, wrong, making->error);
    else if (!bs_rules_pieces_find(tree, making->counts, &making->scratch, &making->pieces))
        search->everywhere[search->everywhere_count++] = (uint32_t)i;
    for (size_t j = 0; good && j < making->pieces.count; j++)
        good = add_lead(making, i, &making->pieces.items[j]);
    bs_arena_reset(&making->tree);
    return good;
}

static int compare_windows(const struct found_lead *a, const struct found_lead *b)
{
    int order = compare(a->hash, b->hash);
    order = order ? order : compare(a->window.before, b->window.before);
    order = order ? order : compare(a->window.unused, b->window.unused);
    return order ? order : compare(a->window.bytes, b->window.bytes);
}

/* By their windows, then in the order in which they were found. */
static int compare_leads(const void *a, const void *b)
{
    const struct found_lead *x = a, *y = b;
    int order = compare_windows(x, y);
    return order ? order : compare(x->lead.string, y->lead.string);
}

/* A copy of a list that stays. */
static void *keep(const struct making *making, const struct list *list, size_t size)
{
    void *kept = bs_arena_take(making->arena, (list->count + 1) * size);
    if (kept && list->count > 0)
        memcpy(kept, list->items, list->count * size);
    return kept;
}

/* Adds what stands beside the window's key. */
static void add_beside(struct bs_rules_bucket *bucket, const struct bs_rules_window *window)
{
    const unsigned behind = 8U * (window->before + (unsigned)BS_RULES_KEY);
    const bool has_before = window->before > 0,
               has_behind = behind < 8U * BS_RULES_WINDOW - window->unused;
    const unsigned any = UINT16_MAX;
    bucket->before |=
        (uint16_t)(has_before ? bs_rules_beside((char)(window->bytes >> 8 * (window->before - 1U)))
                              : any);
    bucket->behind |=
        (uint16_t)(has_behind ? bs_rules_beside((char)(window->bytes >> behind)) : any);
}

/* Puts leads of one window beside each other; counts windows in the bucket behind their own. */
static void put_leads(struct bs_rules_search *search, const struct found_lead *found, size_t count)
{
    size_t windows = 0;
    for (size_t i = 0; i < count; i++) {
        search->leads[i] = found[i].lead;
        if (i > 0 && compare_windows(&found[i], &found[i - 1]) == 0)
            continue;
        search->windows[windows] = found[i].window;
        search->windows[windows++].leads = (uint32_t)i;
        search->buckets[(found[i].hash >> search->bucket_shift) + 1].windows++;
        add_beside(&search->buckets[found[i].hash >> search->bucket_shift], &found[i].window);
        search->seen[found[i].hash >> 22] |= UINT64_C(1) << (found[i].hash >> 16 & 63);
    }
    search->windows[windows].leads = (uint32_t)count;
}

/* A bucket for one or two windows. */
static bool keep_leads(struct making *making)
{
    struct bs_rules_search *search = making->search;
    size_t count = making->leads.count;
    unsigned bits = 1;
    while (bits < BUCKET_BITS_MAX && (size_t)1 << bits < count)
        bits++;
    size_t buckets = (size_t)1 << bits;
    search->bucket_shift = 32 - bits;
    search->states = keep(making, &making->all_states, sizeof *search->states);
    search->strings = keep(making, &making->strings, 1);
    search->leads = bs_arena_take(making->arena, (count + 1) * sizeof *search->leads);
    search->windows = bs_arena_take(making->arena, (count + 1) * sizeof *search->windows);
    search->buckets = bs_arena_take(making->arena, (buckets + 1) * sizeof *search->buckets);
    if (!search->states || !search->strings || !search->leads || !search->windows ||
        !search->buckets)
        return bs_error_set(making->error, "no memory for the rules");
    if (count > 0)
        qsort(making->leads.items, count, sizeof(struct found_lead), compare_leads);
    put_leads(search, making->leads.items, count);
    for (size_t i = 0; i < buckets; i++)
        search->buckets[i + 1].windows += search->buckets[i].windows;
    return true;
}

static bool make(struct making *making, bool built_in, enum bs_rule_place place,
                 const struct bs_rule_list *list)
{
    making->flat = place == BS_PLACE_DIAGNOSTIC;
    making->builder = bs_rules_builder_new();
    bs_arena_init(&making->tree, TREE_MEMORY);
    bs_arena_init(&making->scratch, SCRATCH_MEMORY);
    if (!making->builder || !list_patterns(making->search, list, built_in, place, making->arena))
        return bs_error_set(making->error, "no memory for the rules");
    for (size_t i = 0; i < making->search->count; i++) {
        if (!add_pattern(making, i))
            return false;
    }
    return keep_leads(making);
}

bool bs_rules_search_make(const struct bs_rule_list *list, bool built_in, enum bs_rule_place place,
                          struct bs_rules_counts *counts, struct bs_arena *arena,
                          struct bs_rules_search *ret_search, struct bs_error *error)
{
    struct making *making = calloc(1, sizeof *making);
    if (!making)
        return bs_error_set(error, "no memory for the rules");
    *ret_search = (struct bs_rules_search){0};
    making->search = ret_search;
    making->counts = counts;
    making->arena = arena;
    making->error = error;
    bool good = make(making, built_in, place, list);
    free(making->leads.items);
    free(making->all_states.items);
    free(making->strings.items);
    bs_rules_builder_free(making->builder);
    free(making);
    return good;
}
