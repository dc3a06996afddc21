/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_database.h. Block mode; each pattern is reported once a scan (HS_FLAG_SINGLEMATCH). */
#include "bounce/rules_database.h"

#include "bounce/rules_pattern.h"

static size_t count_patterns(const struct bs_rule_entry *first, enum bs_rule_place place)
{
    size_t count = 0;
    for (const struct bs_rule_entry *entry = first; entry; entry = entry->next) {
        for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next)
            count += entry->rule.place == place ? 1 : 0;
    }
    return count;
}

bool bs_rules_matchers_list(const struct bs_rule_entry *first, enum bs_rule_place place, struct bs_arena *arena,
                            struct bs_rules_matchers *ret_matchers)
{
    size_t count = count_patterns(first, place);
    *ret_matchers =
        (struct bs_rules_matchers){bs_arena_take(arena, (count + 1) * sizeof(struct bs_rules_matcher)), 0};
    if (!ret_matchers->items)
        return false;
    for (const struct bs_rule_entry *entry = first; entry; entry = entry->next) {
        if (entry->rule.place != place)
            continue;
        for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next)
            ret_matchers->items[ret_matchers->count++] = (struct bs_rules_matcher){entry, match};
    }
    return true;
}

static bool fail_pattern(const struct bs_rules_matcher *matcher, const char *wrong, struct bs_error *error)
{
    return bs_error_set(error, "%s:%d: the pattern of the rule %s cannot be used: %s", matcher->entry->file,
                        matcher->pattern->line, matcher->entry->rule.id, wrong);
}

/* What libhs takes: the arrays are as long as there are patterns. */
struct expressions {
    const char **patterns;
    unsigned *flags;
    unsigned *ids;
};

static bool translate(const struct bs_rules_matchers *matchers, bool flat, struct expressions *expressions,
                      struct bs_arena *arena, struct bs_error *error)
{
    for (size_t i = 0; i < matchers->count; i++) {
        const char *wrong;
        expressions->patterns[i] = bs_rules_pattern(matchers->items[i].pattern->text, flat, arena, &wrong);
        expressions->flags[i] = HS_FLAG_CASELESS | HS_FLAG_MULTILINE | HS_FLAG_SINGLEMATCH;
        expressions->ids[i] = (unsigned)i;
        if (!expressions->patterns[i])
            return fail_pattern(&matchers->items[i], wrong ? wrong : "there is no memory for it", error);
    }
    return true;
}

static bool compile(const struct bs_rules_matchers *matchers, const struct expressions *expressions,
                    const hs_platform_info_t *platform, hs_database_t **ret_database, struct bs_error *error)
{
    hs_compile_error_t *wrong = NULL;
    if (hs_compile_multi(expressions->patterns, expressions->flags, expressions->ids, (unsigned)matchers->count,
                         HS_MODE_BLOCK, platform, ret_database, &wrong) == HS_SUCCESS)
        return true;
    if (wrong && wrong->expression >= 0 && (size_t)wrong->expression < matchers->count)
        fail_pattern(&matchers->items[wrong->expression], wrong->message, error);
    else
        bs_error_set(error, "the rules' patterns cannot be used: %s", wrong ? wrong->message : "no memory");
    hs_free_compile_error(wrong);
    return false;
}

bool bs_rules_database_make(const struct bs_rules_matchers *matchers, enum bs_rule_place place,
                            const hs_platform_info_t *platform, hs_database_t **ret_database, struct bs_error *error)
{
    struct bs_arena arena;
    bool good = false;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    struct expressions expressions = {
        bs_arena_take(&arena, (matchers->count + 1) * sizeof(const char *)),
        bs_arena_take(&arena, (matchers->count + 1) * sizeof(unsigned)),
        bs_arena_take(&arena, (matchers->count + 1) * sizeof(unsigned)),
    };
    if (!expressions.patterns || !expressions.flags || !expressions.ids)
        bs_error_set(error, "no memory for the rules");
    else
        good = translate(matchers, place == BS_PLACE_DIAGNOSTIC, &expressions, &arena, error) &&
               compile(matchers, &expressions, platform, ret_database, error);
    bs_arena_reset(&arena);
    return good;
}
