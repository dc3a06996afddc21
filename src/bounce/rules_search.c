/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_search.h. */
#include "bounce/rules_search.h"

#include "bounce/rules_dfa.h"

#include <stdlib.h>

enum {
    WORK_MIN = 1000, /* bytes, beside the text's length, that are looked at for a pattern before it
                        is tried everywhere */
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
    struct bs_rules_dfas *dfas;
    uint32_t places[BS_RULES_SCAN_MAX]; /* of keys that leads have, in the text under way */
    uint32_t text;
    struct match *matches; /* of each rule or pattern */
    uint32_t *found;       /* which of them were found, in that order */
    size_t found_count;
    size_t count;
    struct progress progress[]; /* of each matcher */
};

struct bs_rules_search_memory *
bs_rules_search_memory_new(const struct bs_rules_search *const *searches, size_t count)
{
    size_t most = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        most = most > searches[i]->count ? most : searches[i]->count;
        all = all > searches[i]->first + searches[i]->count
                  ? all
                  : searches[i]->first + searches[i]->count;
    }
    struct bs_rules_search_memory *memory =
        calloc(1, sizeof *memory + most * sizeof *memory->progress);
    if (!memory)
        return NULL;
    memory->count = most;
    memory->found = calloc(most + 1, sizeof *memory->found);
    memory->matches = calloc(most + 1, sizeof *memory->matches);
    memory->dfas = bs_rules_dfas_new(all, BS_RULES_DFA_MEMORY_MAX);
    if (memory->found && memory->matches && memory->dfas)
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
    bs_rules_dfas_free(memory->dfas);
    free(memory);
}

/* A text under way. */
struct hunt {
    const struct bs_rules_search *search;
    size_t wanted;     /* of its matchers, the first */
    bool each_pattern; /* not only the first match of each rule */
    bool heaviest;     /* what is lighter than a failure that matches is not wanted */
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
static void note_match(struct hunt *hunt, uint32_t matcher, size_t end)
{
    struct match *match = match_of(hunt, matcher);
    if (end == BS_RULES_NO_END || end >= match->end)
        return;
    if (match->end == NOT_FOUND)
        hunt->memory->found[hunt->memory->found_count++] =
            (uint32_t)(match - hunt->memory->matches);
    match->end = (uint32_t)end;
    match->matcher = matcher;
    if (hunt->heaviest && hunt->search->lighter[matcher] < hunt->wanted &&
        hunt->search->matchers[matcher].entry->rule.says == BS_RULE_FAILURE)
        hunt->wanted = hunt->search->lighter[matcher];
}

static struct progress *begin_pattern(struct bs_rules_search_memory *memory, uint32_t matcher)
{
    struct progress *progress = &memory->progress[matcher];
    if (progress->text != memory->text)
        *progress = (struct progress){memory->text, 0, UINT32_MAX, 0, false};
    return progress;
}

/* Tries a pattern for any matches. */
static void try_everywhere(struct hunt *hunt, uint32_t matcher)
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
    struct bs_rules_dfas *dfas = hunt->memory->dfas;
    const size_t number = hunt->search->first + lead->matcher;
    const unsigned char byte = (unsigned char)hunt->text.ptr[at];
    ++*work;
    if (byte <= ' ' && !bs_rules_automaton_takes(automaton, &automaton->reached[state], byte))
        return BS_RULES_NO_END; /* white space of another kind than the blank of the view */
    if (!bs_rules_dfas_begins(dfas, number, automaton, hunt->text, at, state, work))
        return BS_RULES_NO_END;
    return bs_rules_dfas_end(dfas, number, automaton, hunt->text, at, state, work);
}

/* Tries a pattern for matches that have a piece of it at `at`. A match that was found does not end
 * the search: one whose piece stands further on may end before it. After as much work as the text
 * is long, as when one piece stands behind the other in a text that is made so, it is tried once
 * everywhere and then never again. */
static void try_piece(struct hunt *hunt, const struct bs_rules_lead *lead, size_t at)
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
static void follow_leads(struct hunt *hunt, const char *view, size_t at,
                         const struct bs_rules_window *window)
{
    for (uint32_t i = window[0].leads; i < window[1].leads; i++) {
        const struct bs_rules_lead *lead = &hunt->search->leads[i];
        if (lead->matcher < hunt->wanted && at >= lead->key &&
            memcmp(view + at - lead->key, hunt->search->strings + lead->string, lead->length) == 0)
            try_piece(hunt, lead, at - lead->key);
    }
}

static const struct bs_rules_bucket *bucket_of(const struct bs_rules_search *search,
                                               const char *key)
{
    const uint32_t hash = bs_rules_key_hash((uint32_t)bs_rules_load(key));
    return &search->buckets[hash >> search->bucket_shift];
}

/* Looks for windows whose key is at `at`. */
static void look_at_place(struct hunt *hunt, const char *view, size_t at)
{
    const struct bs_rules_bucket *bucket = bucket_of(hunt->search, view + at);
    for (uint32_t i = bucket[0].windows; i < bucket[1].windows; i++) {
        const struct bs_rules_window *window = &hunt->search->windows[i];
        if ((bs_rules_load(view + at - window->before) ^ window->bytes) << window->unused == 0)
            follow_leads(hunt, view, at, window);
    }
}

/* A number for the text that no pattern's progress has. */
static void begin_text(struct bs_rules_search_memory *memory)
{
    memory->found_count = 0;
    bs_rules_dfas_begin_text(memory->dfas);
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
        uint64_t bytes = bs_rules_load(view + i);
        count = note_key(search->seen, places, bytes, i, count);
        count = note_key(search->seen, places, bytes >> 8, i + 1, count);
        count = note_key(search->seen, places, bytes >> 16, i + 2, count);
        count = note_key(search->seen, places, bytes >> 24, i + 3, count);
    }
    for (; i + BS_RULES_KEY <= length; i++)
        count = note_key(search->seen, places, bs_rules_load(view + i), i, count);
    return count;
}

/* Keeps those places where what stands beside the key may be of a window; returns how many. It
 * never branches, as what a text has where cannot be foreseen. */
static size_t sift_places(const struct bs_rules_search *search, const char *view, uint32_t *places,
                          size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *key = view + places[i];
        const struct bs_rules_bucket *bucket = bucket_of(search, key);
        const unsigned before = bucket->before & bs_rules_beside(key[-1]),
                       behind = bucket->behind & bs_rules_beside(key[BS_RULES_KEY]);
        places[kept] = places[i];
        kept += (before != 0) & (behind != 0);
    }
    return kept;
}

void bs_rules_search_run(
    const struct bs_rules_search *search, unsigned wanted, struct bs_bytes text, const char *view,
    struct bs_rules_search_memory *memory,
    bool (*found)(void *context, const struct bs_rules_matcher *matcher, size_t end), void *context)
{
    struct hunt hunt = {
        .search = search,
        .wanted = wanted & BS_RULES_ROLES_ONLY ? search->role_count : search->count,
        .each_pattern = wanted & BS_RULES_EACH_PATTERN,
        .heaviest = wanted & BS_RULES_HEAVIEST,
        .text = text,
        .memory = memory,
    };
    if (hunt.wanted == 0)
        return;
    begin_text(memory);
    size_t count = list_places(search, view, text.len, memory->places);
    count = sift_places(search, view, memory->places, count);
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
