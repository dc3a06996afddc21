/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See rules.h. For each place there is one libhs database of all its patterns, in block mode; each pattern is reported
 * once a scan (HS_FLAG_SINGLEMATCH).
 */
#include "bounce/rules.h"

#include "base/strbuf.h"
#include "bounce/rules_builtin.h"
#include "bounce/rules_file.h"
#include "bounce/rules_fold.h"
#include "bounce/rules_pattern.h"
#include "bounce/rules_samples.h"

#include <hs.h>
#include <stdint.h>
#include <stdlib.h>

/* A pattern and the rule that it is of. */
struct matcher {
    const struct bs_rule_entry *entry;
    const struct bs_rule_string *pattern;
};

struct place {
    hs_database_t *database; /* NULL where no rule looks here */
    struct matcher *matchers;
    size_t count;
};

struct bs_rules {
    struct bs_arena arena;
    struct bs_rule_list list;
    struct place places[BS_PLACE_COUNT];
};

struct bs_rules_scan {
    const struct bs_rules *rules;
    hs_scratch_t *scratch;
    uint16_t *slots; /* of each rule: its hit's place in `hits` and 1, or 0 */
    const struct place *place; /* that the scan under way looks at */
    const struct bs_rules_witness *witness; /* or NULL */
    size_t count;
    struct bs_rule_hit hits[BS_RULES_HITS_MAX];
    char folded[BS_RULES_SCAN_MAX];
};
_Static_assert(BS_RULES_HITS_MAX < UINT16_MAX, "a slot holds any hit's place");

/* Counts the patterns of each place. */
static void count_matchers(struct bs_rules *rules)
{
    for (const struct bs_rule_entry *entry = rules->list.first; entry; entry = entry->next) {
        for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next)
            rules->places[entry->rule.place].count++;
    }
}

static bool list_matchers(struct bs_rules *rules)
{
    count_matchers(rules);
    for (size_t i = 0; i < BS_PLACE_COUNT; i++) {
        struct place *place = &rules->places[i];
        place->matchers = bs_arena_take(&rules->arena, (place->count + 1) * sizeof *place->matchers);
        if (!place->matchers)
            return false;
        place->count = 0;
    }
    for (const struct bs_rule_entry *entry = rules->list.first; entry; entry = entry->next) {
        struct place *place = &rules->places[entry->rule.place];
        for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next)
            place->matchers[place->count++] = (struct matcher){entry, match};
    }
    return true;
}

static bool fail_pattern(const struct matcher *matcher, const char *wrong, struct bs_error *error)
{
    return bs_error_set(error, "%s:%d: the pattern of the rule %s cannot be used: %s", matcher->entry->file,
                        matcher->pattern->line, matcher->entry->rule.id, wrong);
}

/* What libhs takes: the arrays are as long as the place has patterns. */
struct expressions {
    const char **patterns;
    unsigned *flags;
    unsigned *ids;
};

static bool translate(const struct place *place, struct expressions *expressions, struct bs_arena *arena,
                      struct bs_error *error)
{
    for (size_t i = 0; i < place->count; i++) {
        const char *wrong;
        expressions->patterns[i] = bs_rules_pattern(place->matchers[i].pattern->text, arena, &wrong);
        expressions->flags[i] = HS_FLAG_CASELESS | HS_FLAG_MULTILINE | HS_FLAG_SINGLEMATCH;
        expressions->ids[i] = (unsigned)i;
        if (!expressions->patterns[i])
            return fail_pattern(&place->matchers[i], wrong ? wrong : "there is no memory for it", error);
    }
    return true;
}

static bool compile(struct place *place, const struct expressions *expressions, struct bs_error *error)
{
    hs_compile_error_t *wrong = NULL;
    bool good = false;
    if (hs_compile_multi(expressions->patterns, expressions->flags, expressions->ids, (unsigned)place->count,
                         HS_MODE_BLOCK, NULL, &place->database, &wrong) == HS_SUCCESS)
        return true;
    if (wrong && wrong->expression >= 0 && (size_t)wrong->expression < place->count)
        good = fail_pattern(&place->matchers[wrong->expression], wrong->message, error);
    else
        good = bs_error_set(error, "the rules' patterns cannot be used: %s", wrong ? wrong->message : "no memory");
    hs_free_compile_error(wrong);
    return good;
}

static bool build_place(struct place *place, struct bs_error *error)
{
    struct bs_arena arena;
    bool good = false;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    struct expressions expressions = {
        bs_arena_take(&arena, (place->count + 1) * sizeof(const char *)),
        bs_arena_take(&arena, (place->count + 1) * sizeof(unsigned)),
        bs_arena_take(&arena, (place->count + 1) * sizeof(unsigned)),
    };
    if (!expressions.patterns || !expressions.flags || !expressions.ids)
        bs_error_set(error, "no memory for the rules");
    else
        good = translate(place, &expressions, &arena, error) && compile(place, &expressions, error);
    bs_arena_reset(&arena);
    return good;
}

static bool build(struct bs_rules *rules, struct bs_error *error)
{
    if (hs_valid_platform() != HS_SUCCESS)
        return bs_error_set(error, "the rules cannot be used on this processor: libhs needs SSSE3");
    if (!list_matchers(rules))
        return bs_error_set(error, "no memory for the rules");
    for (size_t i = 0; i < BS_PLACE_COUNT; i++) {
        if (rules->places[i].count > 0 && !build_place(&rules->places[i], error))
            return false;
    }
    return true;
}

static bool read_all(struct bs_rules *rules, const struct bs_bytes *texts, const char *const *names, size_t count,
                     struct bs_error *error)
{
    for (size_t i = 0; i < bs_rules_builtin_count; i++) {
        const struct bs_rules_builtin *file = &bs_rules_builtins[i];
        if (!bs_rule_list_read(&rules->list, file->text, file->name, true, error))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct bs_bytes name = bs_arena_copy(&rules->arena, bs_bytes_from_cstr(names[i]));
        if (!name.ptr)
            return bs_error_set(error, "no memory for the rules");
        if (!bs_rule_list_read(&rules->list, texts[i], name.ptr, false, error))
            return false;
    }
    return bs_rule_list_settle(&rules->list, error);
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
    if (read_all(rules, texts, names, count, error) && build(rules, error))
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
    for (size_t i = 0; i < BS_PLACE_COUNT; i++)
        hs_free_database(rules->places[i].database);
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
        const hs_database_t *database = scan->rules->places[i].database;
        if (database && hs_alloc_scratch(database, &scan->scratch) != HS_SUCCESS)
            return false;
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

/* A pattern of `place` matched; libhs calls it in no certain order. Stops where there is no room for further hits. */
static int take_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    struct bs_rules_scan *scan = context;
    const struct matcher *matcher = &scan->place->matchers[id];
    uint16_t *slot = &scan->slots[matcher->entry->order];
    (void)from;
    (void)flags;
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

/* Looks at the text, folded where it has to be. */
static void scan_text(struct bs_rules_scan *scan, const struct place *place, struct bs_bytes text)
{
    text = bs_bytes_first(text, BS_RULES_SCAN_MAX);
    if (!bs_rules_fold_is_needless(text)) {
        bs_rules_fold(text, scan->folded);
        text.ptr = scan->folded;
    }
    scan->place = place;
    hs_scan(place->database, text.ptr, (unsigned)text.len, 0, scan->scratch, take_hit, scan);
}

size_t bs_rules_look(struct bs_rules_scan *scan, enum bs_rule_place place, struct bs_bytes text,
                     const struct bs_rule_hit **ret_hits)
{
    scan->count = 0;
    if (scan->rules->places[place].database && text.len > 0)
        scan_text(scan, &scan->rules->places[place], text);
    for (size_t i = 0; i < scan->count; i++)
        scan->slots[((const struct bs_rule_entry *)scan->hits[i].rule)->order] = 0;
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
