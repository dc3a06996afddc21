/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See rules.h. For each place there is one libhs database of the library's rules, and one of an administrator's where
 * there are any: rules_database.h.
 */
#include "bounce/rules.h"

#include "base/strbuf.h"
#include "bounce/rules_builtin.h"
#include "bounce/rules_database.h"
#include "bounce/rules_file.h"
#include "bounce/rules_flatten.h"
#include "bounce/rules_fold.h"
#include "bounce/rules_samples.h"

#include <stdint.h>
#include <stdlib.h>

/* libhs 5.4 reads a vector's width past the end of a text, which may be the end of the memory too. */
enum { SLACK = 64 };

/* Rules with one origin for one place. */
struct bs_rules_set {
    hs_database_t *database; /* NULL where there are none */
    struct bs_rules_matchers matchers;
};

struct place {
    struct bs_rules_set built_in, own;
};

struct bs_rules {
    struct bs_arena arena;
    struct bs_rule_list list;
    struct place places[BS_PLACE_COUNT];
};

struct bs_rules_scan {
    const struct bs_rules *rules;
    hs_scratch_t *scratch;
    uint16_t *slots;                        /* of each rule: its hit's place in `hits` and 1, or 0 */
    const struct bs_rules_set *set;         /* that the scan under way looks for */
    const struct bs_rules_witness *witness; /* or NULL */
    size_t count;
    struct bs_rule_hit hits[BS_RULES_HITS_MAX];
    struct bs_rules_shrink shrinks[BS_RULES_SCAN_MAX / 2]; /* of a text that was collapsed */
    size_t shrink_count;
    char folded[BS_RULES_SCAN_MAX];
    char seen[SLACK + BS_RULES_SCAN_MAX + SLACK]; /* the text */
};
_Static_assert(BS_RULES_HITS_MAX < UINT16_MAX, "a slot holds any hit's place");

/* The database that the build made of the library's rules for a place; NULL where this libhs cannot load it. */
static hs_database_t *load_image(const struct bs_rules_image *image)
{
    hs_database_t *database = NULL;
    size_t size = (size_t)(image->end - image->begin);
    if (size == 0 || hs_deserialize_database(image->begin, size, &database) != HS_SUCCESS)
        return NULL;
    return database;
}

/* Makes the sets of all places from the rules from `first` on. */
static bool make_sets(struct bs_rules *rules, const struct bs_rule_entry *first, bool built_in,
                      struct bs_error *error)
{
    for (int i = 0; i < BS_PLACE_COUNT; i++) {
        enum bs_rule_place place = (enum bs_rule_place)i;
        struct bs_rules_set *set = built_in ? &rules->places[i].built_in : &rules->places[i].own;
        if (!bs_rules_matchers_list(first, place, &rules->arena, &set->matchers))
            return bs_error_set(error, "no memory for the rules");
        if (set->matchers.count > 0 && built_in)
            set->database = load_image(&bs_rules_images[i]);
        if (set->matchers.count > 0 && !set->database &&
            !bs_rules_database_make(&set->matchers, place, NULL, &set->database, error))
            return false;
    }
    return true;
}

static bool read_built_in(struct bs_rules *rules, struct bs_error *error)
{
    for (size_t i = 0; i < bs_rules_builtin_count; i++) {
        const struct bs_rules_builtin *file = &bs_rules_builtins[i];
        if (!bs_rule_list_read(&rules->list, file->text, file->name, true, error))
            return false;
    }
    return make_sets(rules, rules->list.first, true, error);
}

static bool read_own(struct bs_rules *rules, const struct bs_bytes *texts, const char *const *names, size_t count,
                     struct bs_error *error)
{
    const struct bs_rule_entry *last = rules->list.last;
    for (size_t i = 0; i < count; i++) {
        struct bs_bytes name = bs_arena_copy(&rules->arena, bs_bytes_from_cstr(names[i]));
        if (!name.ptr)
            return bs_error_set(error, "no memory for the rules");
        if (!bs_rule_list_read(&rules->list, texts[i], name.ptr, false, error))
            return false;
    }
    const struct bs_rule_entry *first = last ? last->next : rules->list.first;
    return make_sets(rules, first, false, error) && bs_rule_list_settle(&rules->list, error);
}

struct bs_rules *bs_rules_new_with(const struct bs_bytes *texts, const char *const *names, size_t count,
                                   struct bs_error *error)
{
    struct bs_rules *rules = calloc(1, sizeof *rules);
    if (!rules) {
        bs_error_set(error, "no memory for the rules");
        return NULL;
    }
    bs_arena_init(&rules->arena, BS_RULES_MEMORY_MAX);
    rules->list.arena = &rules->arena;
    if (hs_valid_platform() != HS_SUCCESS)
        bs_error_set(error, "the rules cannot be used on this processor: libhs needs SSSE3");
    else if (read_built_in(rules, error) && read_own(rules, texts, names, count, error))
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
    for (size_t i = 0; i < BS_PLACE_COUNT; i++) {
        hs_free_database(rules->places[i].built_in.database);
        hs_free_database(rules->places[i].own.database);
    }
    bs_arena_reset(&rules->arena);
    free(rules);
}

const struct bs_rule_list *bs_rules_list(const struct bs_rules *rules)
{
    return &rules->list;
}

/* One scratch serves all databases. */
static bool take_scratch(struct bs_rules_scan *scan)
{
    for (size_t i = 0; i < BS_PLACE_COUNT; i++) {
        const struct place *place = &scan->rules->places[i];
        const hs_database_t *const databases[] = {place->built_in.database, place->own.database};
        for (size_t j = 0; j < sizeof databases / sizeof *databases; j++) {
            if (databases[j] && hs_alloc_scratch(databases[j], &scan->scratch) != HS_SUCCESS)
                return false;
        }
    }
    return true;
}

struct bs_rules_scan *bs_rules_scan_new(const struct bs_rules *rules)
{
    struct bs_rules_scan *scan = malloc(sizeof *scan);
    if (!scan)
        return NULL;
    scan->rules = rules;
    scan->scratch = NULL;
    scan->count = 0;
    memset(scan->seen, 0, SLACK);
    scan->witness = NULL;
    scan->slots = calloc(rules->list.count + 1, sizeof *scan->slots);
    if (scan->slots && take_scratch(scan))
        return scan;
    bs_rules_scan_free(scan);
    return NULL;
}

void bs_rules_scan_free(struct bs_rules_scan *scan)
{
    if (!scan)
        return;
    hs_free_scratch(scan->scratch);
    free(scan->slots);
    free(scan);
}

/* A pattern of the set matched; libhs calls it in no certain order. Stops where there is no room for further hits. */
static int take_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct bs_rules_scan *scan = context;
    const struct bs_rules_matcher *matcher = &scan->set->matchers.items[id];
    uint16_t *slot = &scan->slots[matcher->entry->order];
    (void)from;
    (void)flags;
    if (matcher->entry->off)
        return 0;
    if (scan->witness)
        scan->witness->matched(scan->witness->context, matcher->entry, matcher->pattern);
    if (*slot == 0) {
        if (scan->count == BS_RULES_HITS_MAX)
            return 1;
        scan->hits[scan->count] = (struct bs_rule_hit){&matcher->entry->rule, (size_t)to};
        *slot = (uint16_t)++scan->count;
    } else if (to < scan->hits[*slot - 1].end) {
        scan->hits[*slot - 1].end = (size_t)to;
    }
    return 0;
}

/* By where they end; they come nearly so. */
static void sort_hits(struct bs_rule_hit *hits, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct bs_rule_hit hit = hits[i];
        size_t place = i;
        for (; place > 0 && hits[place - 1].end > hit.end; place--)
            hits[place] = hits[place - 1];
        hits[place] = hit;
    }
}

/* The text as rules for that place see it, copied to where there is memory around it. */
static struct bs_bytes prepare(struct bs_rules_scan *scan, enum bs_rule_place place, struct bs_bytes text)
{
    char *seen = scan->seen + SLACK;
    text = bs_bytes_first(text, BS_RULES_SCAN_MAX);
    if (!bs_rules_fold_is_needless(text)) {
        bs_rules_fold(text, scan->folded);
        text.ptr = scan->folded;
    }
    size_t length = place == BS_PLACE_DIAGNOSTIC ? bs_rules_flatten(text, seen)
                                                 : bs_rules_collapse(text, seen, scan->shrinks, &scan->shrink_count);
    memset(seen + length, 0, SLACK);
    return bs_bytes(seen, length);
}

static void look_for(struct bs_rules_scan *scan, const struct bs_rules_set *set, struct bs_bytes text)
{
    scan->set = set;
    if (set->database && text.len > 0)
        hs_scan(set->database, text.ptr, (unsigned)text.len, 0, scan->scratch, take_hit, scan);
}

/* The offset in the text behind a byte of what rules saw. */
static size_t end_in_text(const struct bs_rules_scan *scan, size_t place)
{
    char last = scan->seen[SLACK + place];
    bool is_space = last == ' ' || last == '\n' || last == BS_RULES_INDENT;
    return bs_rules_end(place, is_space, scan->shrinks, scan->shrink_count);
}

size_t bs_rules_look(struct bs_rules_scan *scan, enum bs_rule_place place, struct bs_bytes text,
                     const struct bs_rule_hit **ret_hits)
{
    scan->count = 0;
    text = prepare(scan, place, text);
    look_for(scan, &scan->rules->places[place].built_in, text);
    look_for(scan, &scan->rules->places[place].own, text);
    for (size_t i = 0; i < scan->count; i++) {
        struct bs_rule_hit *hit = &scan->hits[i];
        scan->slots[((const struct bs_rule_entry *)hit->rule)->order] = 0;
        if (place != BS_PLACE_DIAGNOSTIC && hit->end > 0)
            hit->end = end_in_text(scan, hit->end - 1);
    }
    sort_hits(scan->hits, scan->count);
    *ret_hits = scan->hits;
    return scan->count;
}

size_t bs_rules_look_closely(struct bs_rules_scan *scan, enum bs_rule_place place, struct bs_bytes text,
                             const struct bs_rules_witness *witness, const struct bs_rule_hit **ret_hits)
{
    scan->witness = witness;
    size_t count = bs_rules_look(scan, place, text, ret_hits);
    scan->witness = NULL;
    return count;
}
