/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_search.h. */
#include "bounce/rules_search.h"

#include <stdlib.h>

enum {
    TREE_MEMORY = 4 * 1024 * 1024,
    SCRATCH_MEMORY = 16 * 1024 * 1024,
    BUCKET_BITS_MAX = 16,
    MARK_BITS = 12,  /* of a key's hash, by which a text's keys are marked */
    WORK_MIN = 1000, /* bytes, beside the text's length, that are looked at for a pattern before it
                        is tried everywhere */
};

/* A window of a pattern's piece. */
struct bs_rules_lead {
    uint64_t bytes, mask; /* of the window, the first byte lowest */
    uint32_t hash;        /* of its key */
    uint32_t matcher;
    uint32_t least,
        most;    /* bytes of a match before the window; `most` is UINT32_MAX without a limit */
    uint8_t key; /* where the key begins in the window */
};

/* The conditions of a pattern: of each one, all marks of one of its strings are in the text. */
struct bs_rules_needs {
    const uint16_t (*marks)[BS_RULES_MARKS];
    uint8_t
        counts[BS_RULES_CONDITIONS]; /* of strings; the conditions' strings follow on each other */
};
_Static_assert((int)BS_RULES_PIECES <= UINT8_MAX, "a number of strings");

/* How a pattern fares in the text under way. */
struct progress {
    uint32_t text; /* its number */
    uint32_t work; /* bytes that were looked at for it */
    uint32_t
        end;   /* of the match that ends first, of those that were found; NOT_FOUND before one is */
    bool over; /* nothing more is to be found */
};
enum { NOT_FOUND = UINT32_MAX };

struct bs_rules_search_memory {
    struct bs_rules_run run;
    bool marks[1 << MARK_BITS]; /* which keys the text under way has, by the upper bits of their
                                   hashes */
    uint32_t places[BS_RULES_SCAN_MAX]; /* of its keys that leads have */
    uint32_t text;
    uint32_t *found; /* matchers, in the order in which they were found */
    size_t found_count;
    size_t count;
    struct progress progress[]; /* of each matcher */
};

/* Eight bytes, the first lowest. */
static uint64_t load(const char *from)
{
    uint64_t bytes;
    memcpy(&bytes, from, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
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

static bool list_patterns(struct bs_rules_search *search, const struct bs_rule_list *list,
                          bool built_in, enum bs_rule_place place, struct bs_arena *arena)
{
    size_t count = count_patterns(list, built_in, place);
    search->matchers = bs_arena_take(arena, (count + 1) * sizeof *search->matchers);
    search->automata = bs_arena_take(arena, (count + 1) * sizeof *search->automata);
    search->needs = bs_arena_take(arena, (count + 1) * sizeof *search->needs);
    search->everywhere = bs_arena_take(arena, (count + 1) * sizeof *search->everywhere);
    if (!search->matchers || !search->automata || !search->needs || !search->everywhere)
        return false;
    for (const struct bs_rule_entry *entry = list->first; entry; entry = entry->next) {
        if (!is_wanted(entry, built_in, place))
            continue;
        for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next)
            search->matchers[search->count++] = (struct bs_rules_matcher){entry, match};
    }
    return true;
}

static bool fail_pattern(const struct bs_rules_matcher *matcher, const char *wrong,
                         struct bs_error *error)
{
    return bs_error_set(error, "%s:%d: the pattern of the rule %s cannot be used: %s",
                        matcher->entry->file, matcher->pattern->line, matcher->entry->rule.id,
                        wrong ? wrong : "there is no memory for it");
}

/* What making a search needs. */
struct making {
    struct bs_rules_search *search;
    struct bs_rules_counts *counts;
    bool flat;
    struct bs_rules_builder *builder;
    struct bs_arena *arena;      /* for what stays */
    struct bs_arena tree;        /* of one pattern */
    struct bs_arena scratch;     /* for the pieces of one */
    struct bs_rules_lead *leads; /* found so far */
    size_t lead_count, lead_room;
    struct bs_error *error;
};

static uint32_t saturate(size_t number)
{
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static bool add_lead(struct making *making, size_t matcher, const struct bs_rules_window *window)
{
    if (making->lead_count == making->lead_room) {
        size_t room = making->lead_room ? 2 * making->lead_room : 1024;
        struct bs_rules_lead *leads = realloc(making->leads, room * sizeof *leads);
        if (!leads)
            return bs_error_set(making->error, "no memory for the rules");
        making->leads = leads;
        making->lead_room = room;
    }
    uint64_t bytes = load(window->bytes);
    making->leads[making->lead_count++] = (struct bs_rules_lead){
        .bytes = bytes,
        .mask = UINT64_MAX >> (64 - 8 * window->length),
        .hash = bs_rules_key_hash((uint32_t)(bytes >> 8 * window->key)),
        .matcher = (uint32_t)matcher,
        .least = saturate(window->before.least),
        .most = saturate(window->before.most),
        .key = window->key,
    };
    return true;
}

/* Keeps the conditions of the pattern. */
static bool add_needs(struct making *making, size_t i, const struct bs_rules_pieces *pieces)
{
    struct bs_rules_needs *needs = &making->search->needs[i];
    size_t count = 0;
    for (size_t j = 0; j < pieces->condition_count; j++)
        count += pieces->conditions[j].count;
    uint16_t(*marks)[BS_RULES_MARKS] = bs_arena_take(making->arena, count * sizeof *marks);
    if (!marks)
        return bs_error_set(making->error, "no memory for the rules");
    needs->marks = (const uint16_t(*)[BS_RULES_MARKS])marks;
    for (size_t j = 0; j < pieces->condition_count; j++) {
        const struct bs_rules_condition *condition = &pieces->conditions[j];
        needs->counts[j] = (uint8_t)condition->count;
        for (size_t k = 0; k < condition->count; k++, marks++) {
            for (size_t m = 0; m < BS_RULES_MARKS; m++)
                (*marks)[m] = (uint16_t)(condition->items[k].keys[m] >> (32 - MARK_BITS));
        }
    }
    return true;
}

static bool add_pattern(struct making *making, size_t i)
{
    struct bs_rules_search *search = making->search;
    const struct bs_rules_matcher *matcher = &search->matchers[i];
    struct bs_rules_pieces pieces;
    const char *wrong;
    bool good = true;
    const struct bs_rules_node *tree =
        bs_rules_pattern(matcher->pattern->text, making->flat, &making->tree, &wrong);
    if (!tree || !bs_rules_automaton_make(making->builder, tree, making->arena,
                                          &search->automata[i], &wrong))
        good = fail_pattern(matcher, wrong, making->error);
    else if (!bs_rules_pieces_find(tree, making->counts, &making->scratch, &pieces))
        search->everywhere[search->everywhere_count++] = (uint32_t)i;
    good = good && add_needs(making, i, &pieces);
    for (size_t j = 0; good && j < pieces.count; j++)
        good = add_lead(making, i, &pieces.items[j]);
    bs_arena_reset(&making->tree);
    return good;
}

static int compare_leads(const void *a, const void *b)
{
    const struct bs_rules_lead *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->matcher > y->matcher) - (x->matcher < y->matcher);
}

/* A bucket for one or two pieces. */
static bool sort_leads(struct making *making)
{
    struct bs_rules_search *search = making->search;
    unsigned bits = 1;
    while (bits < BUCKET_BITS_MAX && (size_t)1 << bits < making->lead_count)
        bits++;
    size_t buckets = (size_t)1 << bits;
    search->leads = bs_arena_take(making->arena, (making->lead_count + 1) * sizeof *search->leads);
    search->buckets = bs_arena_take(making->arena, (buckets + 1) * sizeof *search->buckets);
    if (!search->leads || !search->buckets)
        return bs_error_set(making->error, "no memory for the rules");
    search->bucket_shift = 32 - bits;
    if (making->lead_count == 0)
        return true;
    qsort(making->leads, making->lead_count, sizeof *making->leads, compare_leads);
    memcpy(search->leads, making->leads, making->lead_count * sizeof *search->leads);
    for (size_t i = 0; i < making->lead_count; i++) {
        uint32_t hash = search->leads[i].hash;
        search->buckets[(hash >> search->bucket_shift) + 1]++;
        search->seen[hash >> 22] |= UINT64_C(1) << (hash >> 16 & 63);
    }
    for (size_t i = 0; i < buckets; i++)
        search->buckets[i + 1] += search->buckets[i];
    return true;
}

bool bs_rules_search_make(const struct bs_rule_list *list, bool built_in, enum bs_rule_place place,
                          struct bs_rules_counts *counts, struct bs_arena *arena,
                          struct bs_rules_search *ret_search, struct bs_error *error)
{
    struct making making = {.search = ret_search,
                            .counts = counts,
                            .flat = place == BS_PLACE_DIAGNOSTIC,
                            .builder = bs_rules_builder_new(),
                            .arena = arena,
                            .error = error};
    *ret_search = (struct bs_rules_search){0};
    bs_arena_init(&making.tree, TREE_MEMORY);
    bs_arena_init(&making.scratch, SCRATCH_MEMORY);
    bool good = making.builder && list_patterns(ret_search, list, built_in, place, arena);
    if (!good)
        bs_error_set(error, "no memory for the rules");
    for (size_t i = 0; good && i < ret_search->count; i++)
        good = add_pattern(&making, i);
    good = good && sort_leads(&making);
    free(making.leads);
    bs_rules_builder_free(making.builder);
    return good;
}

struct bs_rules_search_memory *
bs_rules_search_memory_new(const struct bs_rules_search *const *searches, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        most = most > searches[i]->count ? most : searches[i]->count;
    struct bs_rules_search_memory *memory =
        calloc(1, sizeof *memory + most * sizeof *memory->progress);
    if (!memory)
        return NULL;
    memory->count = most;
    memory->found = calloc(most + 1, sizeof *memory->found);
    if (memory->found)
        return memory;
    free(memory);
    return NULL;
}

void bs_rules_search_memory_free(struct bs_rules_search_memory *memory)
{
    if (memory)
        free(memory->found);
    free(memory);
}

/* A text under way. */
struct hunt {
    const struct bs_rules_search *search;
    struct bs_bytes text;
    struct bs_rules_search_memory *memory;
};

/* Whether the text has what the pattern needs. */
static bool may_match(const struct hunt *hunt, uint32_t matcher)
{
    const struct bs_rules_needs *needs = &hunt->search->needs[matcher];
    const uint16_t(*marks)[BS_RULES_MARKS] = needs->marks;
    for (size_t i = 0; i < BS_RULES_CONDITIONS && needs->counts[i] > 0; i++) {
        bool found = false;
        for (size_t j = 0; j < needs->counts[i] && !found; j++) {
            found = true;
            for (size_t k = 0; k < BS_RULES_MARKS && found; k++)
                found = hunt->memory->marks[marks[j][k]];
        }
        if (!found)
            return false;
        marks += needs->counts[i];
    }
    return true;
}

/* Tries a pattern for matches that begin from `from` to `until` and have a piece of it at `at`. A
 * match that was found does not end the search: one whose piece stands further on may end before
 * it. After as much work as the text is long, as when one piece stands behind the other in a text
 * that is made so, it is tried once everywhere and then never again. */
static void try_pattern(const struct hunt *hunt, uint32_t matcher, size_t at, size_t from,
                        size_t until)
{
    struct progress *progress = &hunt->memory->progress[matcher];
    if (progress->text != hunt->memory->text)
        *progress = (struct progress){hunt->memory->text, 0, NOT_FOUND, !may_match(hunt, matcher)};
    if (progress->over || at >= progress->end)
        return;
    progress->over = progress->work > hunt->text.len + WORK_MIN;
    from = progress->over ? 0 : from;
    until = progress->over ? hunt->text.len : until;
    size_t stop, end = bs_rules_automaton_run(&hunt->search->automata[matcher], hunt->text, from,
                                              until, &hunt->memory->run, &stop);
    progress->work += (uint32_t)(stop - from) + 1;
    if (end == BS_RULES_NO_END || end >= progress->end)
        return;
    if (progress->end == NOT_FOUND)
        hunt->memory->found[hunt->memory->found_count++] = matcher;
    progress->end = (uint32_t)end;
}

/* Tries the patterns of which a piece has its key at `at`. */
static void follow_leads(const struct hunt *hunt, const char *view, size_t at)
{
    uint32_t hash = bs_rules_key_hash((uint32_t)load(view + at));
    const struct bs_rules_search *search = hunt->search;
    const uint32_t *bucket = search->buckets + (hash >> search->bucket_shift);
    for (uint32_t i = bucket[0]; i < bucket[1]; i++) {
        const struct bs_rules_lead *lead = &search->leads[i];
        if (lead->hash != hash || at < lead->key ||
            (load(view + at - lead->key) ^ lead->bytes) & lead->mask)
            continue;
        size_t window = at - lead->key;
        if (window >= lead->least)
            try_pattern(hunt, lead->matcher, at, window > lead->most ? window - lead->most : 0,
                        window - lead->least);
    }
}

/* A number for the text that no pattern's progress has. */
static void begin_text(struct bs_rules_search_memory *memory)
{
    memset(memory->marks, 0, sizeof memory->marks);
    memory->found_count = 0;
    if (++memory->text == 0) {
        memset(memory->progress, 0, memory->count * sizeof *memory->progress);
        memory->text = 1;
    }
}

/* Marks a key's hash, and adds its place to the list if leads have it; returns how many the list
 * has. */
static inline size_t note_key(const uint64_t *seen, struct bs_rules_search_memory *memory,
                              uint64_t bytes, size_t at, size_t count)
{
    uint32_t hash = bs_rules_key_hash((uint32_t)bytes);
    memory->marks[hash >> (32 - MARK_BITS)] = true;
    memory->places[count] = (uint32_t)at;
    return count + (seen[hash >> 22] >> (hash >> 16 & 63) & 1);
}

/* Marks the keys of the text, and lists the places of those that leads have; returns how many. */
static size_t list_places(const struct bs_rules_search *search, const char *view, size_t length,
                          struct bs_rules_search_memory *memory)
{
    size_t count = 0, i = 0;
    for (; i + 4 + BS_RULES_KEY <= length; i += 4) {
        uint64_t bytes = load(view + i);
        count = note_key(search->seen, memory, bytes, i, count);
        count = note_key(search->seen, memory, bytes >> 8, i + 1, count);
        count = note_key(search->seen, memory, bytes >> 16, i + 2, count);
        count = note_key(search->seen, memory, bytes >> 24, i + 3, count);
    }
    for (; i + BS_RULES_KEY <= length; i++)
        count = note_key(search->seen, memory, load(view + i), i, count);
    return count;
}

void bs_rules_search_run(const struct bs_rules_search *search, struct bs_bytes text,
                         const char *view, struct bs_rules_search_memory *memory,
                         bool (*found)(void *context, const struct bs_rules_matcher *matcher,
                                       size_t end),
                         void *context)
{
    const struct hunt hunt = {search, text, memory};
    if (search->count == 0)
        return;
    begin_text(memory);
    size_t count = list_places(search, view, text.len, memory);
    for (size_t i = 0; i < count; i++)
        follow_leads(&hunt, view, memory->places[i]);
    for (size_t i = 0; i < search->everywhere_count; i++)
        try_pattern(&hunt, search->everywhere[i], 0, 0, text.len);
    for (size_t i = 0; i < memory->found_count; i++) {
        uint32_t matcher = memory->found[i];
        if (!found(context, &search->matchers[matcher], memory->progress[matcher].end))
            return;
    }
}
