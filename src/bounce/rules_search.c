/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_search.h. */
#include "bounce/rules_search.h"

#include <stdlib.h>

enum {
    TREE_MEMORY = 4 * 1024 * 1024,
    SCRATCH_MEMORY = 16 * 1024 * 1024,
    BUCKET_BITS_MAX = 16,
    WORK_MIN = 1000, /* bytes, beside the text's length, that are looked at for a pattern before it
                        is tried everywhere */
};

enum { WINDOW = sizeof(uint64_t) }; /* bytes of pieces that are compared at once */

/* Some bytes around a key that pieces have. */
struct bs_rules_window {
    uint64_t bytes, mask; /* the first byte lowest */
    uint32_t leads;       /* where its leads begin; one more window says where the last one's end */
    uint8_t before;       /* bytes before the key */
};

/* A piece of a pattern. */
struct bs_rules_lead {
    uint32_t matcher;
    uint32_t string; /* where the piece begins in the search's strings */
    uint32_t states; /* that take its first byte in a match: where they begin in the search's */
    uint16_t state_count;
    uint8_t length;
    uint8_t key; /* where the key begins in the piece */
};
_Static_assert((int)BS_RULES_PIECE <= UINT8_MAX, "the length of a piece");

/* The same in the making. */
struct found_lead {
    uint32_t hash; /* of the key */
    struct bs_rules_window window;
    struct bs_rules_lead lead;
};

/* How a pattern fares in the text under way. */
struct progress {
    uint32_t text;       /* its number */
    uint32_t work;       /* bytes that were looked at for it */
    uint32_t at, states; /* where it was tried last, and from which */
    bool over;           /* nothing more is to be found */
};

/* The match that ends first, of those that were found of a rule, or of a pattern where each one is
 * wanted. */
struct match {
    uint32_t text; /* its number */
    uint32_t end;  /* NOT_FOUND before one is */
    uint32_t matcher;
};
enum { NOT_FOUND = UINT32_MAX };

struct bs_rules_search_memory {
    struct bs_rules_run run;
    uint32_t places[BS_RULES_SCAN_MAX]; /* of keys that leads have, in the text under way */
    uint32_t text;
    struct match *matches; /* of each rule or pattern */
    uint32_t *found;       /* which of them were found, in that order */
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

static void add_matchers(struct bs_rules_search *search, const struct bs_rule_list *list,
                         bool built_in, enum bs_rule_place place, bool roles)
{
    for (const struct bs_rule_entry *entry = list->first; entry; entry = entry->next) {
        if (!is_wanted(entry, built_in, place) || (entry->rule.says == BS_RULE_ROLE) != roles)
            continue;
        for (const struct bs_rule_string *match = entry->matches.first; match;
             match = match->next) {
            search->rules[search->count] = (uint32_t)search->rule_count;
            search->matchers[search->count++] = (struct bs_rules_matcher){entry, match};
        }
        search->rule_count++;
    }
}

static bool list_patterns(struct bs_rules_search *search, const struct bs_rule_list *list,
                          bool built_in, enum bs_rule_place place, struct bs_arena *arena)
{
    size_t count = count_patterns(list, built_in, place);
    search->matchers = bs_arena_take(arena, (count + 1) * sizeof *search->matchers);
    search->rules = bs_arena_take(arena, (count + 1) * sizeof *search->rules);
    search->automata = bs_arena_take(arena, (count + 1) * sizeof *search->automata);
    search->everywhere = bs_arena_take(arena, (count + 1) * sizeof *search->everywhere);
    if (!search->matchers || !search->rules || !search->automata || !search->everywhere)
        return false;
    add_matchers(search, list, built_in, place, true);
    search->role_count = search->count;
    add_matchers(search, list, built_in, place, false);
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
    char bytes[WINDOW] = "";
    size_t length = piece->length < WINDOW ? piece->length : WINDOW;
    size_t last = piece->length - length, begin = piece->key < last ? piece->key : last;
    memcpy(bytes, piece->bytes + begin, length);
    return (struct bs_rules_window){
        .bytes = load(bytes),
        .mask = UINT64_MAX >> 8 * (WINDOW - length),
        .before = (uint8_t)(piece->key - begin),
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

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_windows(const struct found_lead *a, const struct found_lead *b)
{
    int order = compare(a->hash, b->hash);
    order = order ? order : compare(a->window.before, b->window.before);
    order = order ? order : compare(a->window.mask, b->window.mask);
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
        search->buckets[(found[i].hash >> search->bucket_shift) + 1]++;
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
        search->buckets[i + 1] += search->buckets[i];
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
    memory->matches = calloc(most + 1, sizeof *memory->matches);
    if (memory->found && memory->matches)
        return memory;
    bs_rules_search_memory_free(memory);
    return NULL;
}

void bs_rules_search_memory_free(struct bs_rules_search_memory *memory)
{
    if (!memory)
        return;
    free(memory->found);
    free(memory->matches);
    free(memory);
}

/* A text under way. */
struct hunt {
    const struct bs_rules_search *search;
    size_t wanted;     /* of its matchers, the first */
    bool each_pattern; /* not only the first match of each rule */
    struct bs_bytes text;
    struct bs_rules_search_memory *memory;
};

/* The match that ends first, of those found before, which the pattern's matches are worth nothing
 * behind. */
static struct match *match_of(const struct hunt *hunt, uint32_t matcher)
{
    uint32_t text = hunt->memory->text;
    struct match *match =
        &hunt->memory->matches[hunt->each_pattern ? matcher : hunt->search->rules[matcher]];
    if (match->text != text)
        *match = (struct match){text, NOT_FOUND, 0};
    return match;
}

/* A match of the pattern ends at `end`. */
static void note_match(const struct hunt *hunt, uint32_t matcher, size_t end)
{
    struct match *match = match_of(hunt, matcher);
    if (end == BS_RULES_NO_END || end >= match->end)
        return;
    if (match->end == NOT_FOUND)
        hunt->memory->found[hunt->memory->found_count++] =
            (uint32_t)(match - hunt->memory->matches);
    match->end = (uint32_t)end;
    match->matcher = matcher;
}

static struct progress *begin_pattern(struct bs_rules_search_memory *memory, uint32_t matcher)
{
    struct progress *progress = &memory->progress[matcher];
    if (progress->text != memory->text)
        *progress = (struct progress){memory->text, 0, UINT32_MAX, 0, false};
    return progress;
}

/* Tries a pattern for any matches. */
static void try_everywhere(const struct hunt *hunt, uint32_t matcher)
{
    begin_pattern(hunt->memory, matcher)->over = true;
    note_match(
        hunt, matcher,
        bs_rules_automaton_run(&hunt->search->automata[matcher], hunt->text, &hunt->memory->run));
}

/* Where that match ends that ends first and has the piece at `at`, by one state of those that it
 * may begin with. Where a piece stands by chance, what stands before it seldom fits, while what
 * stands behind it was looked at in part. */
static size_t end_of(const struct hunt *hunt, const struct bs_rules_lead *lead, size_t at,
                     uint16_t state, size_t *work)
{
    const struct bs_rules_automaton *automaton = &hunt->search->automata[lead->matcher];
    struct bs_rules_run *run = &hunt->memory->run;
    if (!bs_rules_automaton_begins(automaton, hunt->text, at, state, run, work))
        return BS_RULES_NO_END;
    return bs_rules_automaton_end(automaton, hunt->text, at, state, run, work);
}

/* Tries a pattern for matches that have a piece of it at `at`. A match that was found does not end
 * the search: one whose piece stands further on may end before it. After as much work as the text
 * is long, as when one piece stands behind the other in a text that is made so, it is tried once
 * everywhere and then never again. */
static void try_piece(const struct hunt *hunt, const struct bs_rules_lead *lead, size_t at)
{
    const struct match *match = match_of(hunt, lead->matcher);
    if (at >= match->end)
        return;
    struct progress *progress = begin_pattern(hunt->memory, lead->matcher);
    const uint16_t *states = hunt->search->states + lead->states;
    if (progress->at == at && progress->states == lead->states)
        return;
    progress->at = (uint32_t)at;
    progress->states = lead->states;
    for (size_t i = 0; i < lead->state_count && !progress->over && at < match->end; i++) {
        size_t work = 0;
        note_match(hunt, lead->matcher, end_of(hunt, lead, at, states[i], &work));
        progress->work += (uint32_t)work;
        if (progress->work > hunt->text.len + WORK_MIN)
            try_everywhere(hunt, lead->matcher);
    }
}

/* Tries the patterns whose pieces have the window, and their key at `at`. */
static void follow_leads(const struct hunt *hunt, const char *view, size_t at,
                         const struct bs_rules_window *window)
{
    for (uint32_t i = window[0].leads; i < window[1].leads; i++) {
        const struct bs_rules_lead *lead = &hunt->search->leads[i];
        if (lead->matcher < hunt->wanted && at >= lead->key &&
            memcmp(view + at - lead->key, hunt->search->strings + lead->string, lead->length) == 0)
            try_piece(hunt, lead, at - lead->key);
    }
}

/* Looks for windows whose key is at `at`. */
static void look_at_place(const struct hunt *hunt, const char *view, size_t at)
{
    const uint32_t hash = bs_rules_key_hash((uint32_t)load(view + at));
    const uint32_t *bucket = hunt->search->buckets + (hash >> hunt->search->bucket_shift);
    for (uint32_t i = bucket[0]; i < bucket[1]; i++) {
        const struct bs_rules_window *window = &hunt->search->windows[i];
        if (((load(view + at - window->before) ^ window->bytes) & window->mask) == 0)
            follow_leads(hunt, view, at, window);
    }
}

/* A number for the text that no pattern's progress has. */
static void begin_text(struct bs_rules_search_memory *memory)
{
    memory->found_count = 0;
    if (++memory->text == 0) {
        memset(memory->progress, 0, memory->count * sizeof *memory->progress);
        memset(memory->matches, 0, memory->count * sizeof *memory->matches);
        memory->text = 1;
    }
}

/* Adds the place of a key to the list if leads have it; returns how many the list has. */
static inline size_t note_key(const uint64_t *seen, uint32_t *places, uint64_t bytes, size_t at,
                              size_t count)
{
    uint32_t hash = bs_rules_key_hash((uint32_t)bytes);
    places[count] = (uint32_t)at;
    return count + (seen[hash >> 22] >> (hash >> 16 & 63) & 1);
}

/* Lists the places of keys that leads have; returns how many. */
static size_t list_places(const struct bs_rules_search *search, const char *view, size_t length,
                          uint32_t *places)
{
    size_t count = 0, i = 0;
    for (; i + 4 + BS_RULES_KEY <= length; i += 4) {
        uint64_t bytes = load(view + i);
        count = note_key(search->seen, places, bytes, i, count);
        count = note_key(search->seen, places, bytes >> 8, i + 1, count);
        count = note_key(search->seen, places, bytes >> 16, i + 2, count);
        count = note_key(search->seen, places, bytes >> 24, i + 3, count);
    }
    for (; i + BS_RULES_KEY <= length; i++)
        count = note_key(search->seen, places, load(view + i), i, count);
    return count;
}

void bs_rules_search_run(
    const struct bs_rules_search *search, unsigned wanted, struct bs_bytes text, const char *view,
    struct bs_rules_search_memory *memory,
    bool (*found)(void *context, const struct bs_rules_matcher *matcher, size_t end), void *context)
{
    const struct hunt hunt = {
        .search = search,
        .wanted = wanted & BS_RULES_ROLES_ONLY ? search->role_count : search->count,
        .each_pattern = wanted & BS_RULES_EACH_PATTERN,
        .text = text,
        .memory = memory,
    };
    if (hunt.wanted == 0)
        return;
    begin_text(memory);
    size_t count = list_places(search, view, text.len, memory->places);
    for (size_t i = 0; i < count; i++)
        look_at_place(&hunt, view, memory->places[i]);
    for (size_t i = 0; i < search->everywhere_count; i++) {
        if (search->everywhere[i] < hunt.wanted)
            try_everywhere(&hunt, search->everywhere[i]);
    }
    for (size_t i = 0; i < memory->found_count; i++) {
        const struct match *match = &memory->matches[memory->found[i]];
        if (!found(context, &search->matchers[match->matcher], match->end))
            return;
    }
}
