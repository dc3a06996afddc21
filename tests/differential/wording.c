/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search for wording beside libhs: every pattern of rules/ over every sample of rules/, and
 * made-up patterns over made-up texts. Which patterns match, and where the match ends that ends
 * first, has to be the same. Prints TAP.
 */
#include "base/strbuf.h"
#include "bounce/rules_samples.h"
#include "bounce/rules_search.h"
#include "bounce/rules_seen.h"

#include <hs.h>

#include <stdio.h>
#include <stdlib.h>

enum { PATTERNS_MAX = 4000, MADE_PATTERNS = 1000, MADE_TEXTS = 12, PATTERN_ROOM = 64 * 1024 };

static void give_up(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}

/* Patterns, their search and libhs' database. */
struct sides {
    struct bs_arena arena;
    struct bs_rules_search search;
    struct bs_rules_search_memory *memory;
    hs_database_t *database;
    hs_scratch_t *scratch;
    size_t ours[PATTERNS_MAX],
        theirs[PATTERNS_MAX]; /* where the match of each pattern ends, or SIZE_MAX */
};

static void print_node(const struct bs_rules_node *node, struct bs_strbuf *out);

static void print_children(const struct bs_rules_node *node, const char *between,
                           struct bs_strbuf *out)
{
    bs_strbuf_append_cstr(out, "(?:");
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        print_node(child, out);
        bs_strbuf_append_cstr(out, child->next ? between : "");
    }
    bs_strbuf_append_cstr(out, ")");
}

static void print_class(const struct bs_rules_class *class, struct bs_strbuf *out)
{
    bs_strbuf_append_cstr(out, "[");
    for (unsigned byte = 0; byte < 256; byte++) {
        if (bs_rules_class_has(class, (unsigned char)byte))
            bs_strbuf_printf(out, "\\x%02x", byte);
    }
    bs_strbuf_append_cstr(out, "]");
}

static void print_assertion(unsigned assertion, struct bs_strbuf *out)
{
    bs_strbuf_append_cstr(out, assertion == BS_RULES_LINE_BEGIN     ? "^"
                               : assertion == BS_RULES_LINE_END     ? "$"
                               : assertion == BS_RULES_WORD_EDGE    ? "\\b"
                               : assertion == BS_RULES_NO_WORD_EDGE ? "\\B"
                                                                    : "\\A");
}

/* A pattern as libhs reads it, byte by byte. */
static void print_node(const struct bs_rules_node *node, struct bs_strbuf *out)
{
    switch (node->type) {
    case BS_NODE_CLASS:
        print_class(&node->class, out);
        break;
    case BS_NODE_ASSERTION:
        print_assertion(node->assertion, out);
        break;
    case BS_NODE_SEQUENCE:
        print_children(node, "", out);
        break;
    case BS_NODE_CHOICE:
        print_children(node, "|", out);
        break;
    case BS_NODE_REPEAT:
        print_children(node, "", out);
        bs_strbuf_printf(out, "{%u,", node->least);
        if (node->most != BS_RULES_UNBOUNDED)
            bs_strbuf_printf(out, "%u", node->most);
        bs_strbuf_append_cstr(out, "}");
        break;
    }
}

static char *translate(struct bs_bytes pattern, bool flat)
{
    struct bs_arena arena;
    struct bs_strbuf out;
    const char *wrong;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    bs_strbuf_init(&out, PATTERN_ROOM);
    const struct bs_rules_node *tree = bs_rules_pattern(pattern, flat, &arena, &wrong);
    if (tree)
        print_node(tree, &out);
    bs_arena_reset(&arena);
    if (!tree || out.failed)
        give_up("a pattern cannot be translated");
    return out.ptr;
}

/* Makes both sides of the patterns of a list for a place. False where there are none, or one of the
 * two refuses them. */
static bool make_sides(struct sides *sides, const struct bs_rule_list *list, bool built_in,
                       enum bs_rule_place place, struct bs_rules_counts *counts)
{
    static const char *patterns[PATTERNS_MAX];
    static unsigned flags[PATTERNS_MAX], ids[PATTERNS_MAX];
    struct bs_error error;
    hs_compile_error_t *wrong = NULL;
    bs_arena_init(&sides->arena, BS_RULES_MEMORY_MAX);
    if (!bs_rules_search_make(list, built_in, place, counts, &sides->arena, &sides->search,
                              &error) ||
        sides->search.count == 0 || sides->search.count > PATTERNS_MAX)
        return false;
    for (size_t i = 0; i < sides->search.count; i++) {
        patterns[i] =
            translate(sides->search.matchers[i].pattern->text, place == BS_PLACE_DIAGNOSTIC);
        flags[i] = HS_FLAG_MULTILINE;
        ids[i] = (unsigned)i;
    }
    bool good = hs_compile_multi(patterns, flags, ids, (unsigned)sides->search.count, HS_MODE_BLOCK,
                                 NULL, &sides->database, &wrong) == HS_SUCCESS &&
                hs_alloc_scratch(sides->database, &sides->scratch) == HS_SUCCESS;
    for (size_t i = 0; i < sides->search.count; i++)
        free((void *)patterns[i]);
    hs_free_compile_error(wrong);
    const struct bs_rules_search *search = &sides->search;
    sides->memory = bs_rules_search_memory_new(&search, 1);
    return good && sides->memory;
}

static void drop_sides(struct sides *sides)
{
    hs_free_database(sides->database);
    hs_free_scratch(sides->scratch);
    bs_rules_search_memory_free(sides->memory);
    bs_arena_reset(&sides->arena);
    sides->database = NULL;
    sides->scratch = NULL;
    sides->memory = NULL;
}

static bool note_ours(void *context, const struct bs_rules_matcher *matcher, size_t end)
{
    struct sides *sides = context;
    sides->ours[matcher - sides->search.matchers] = end;
    return true;
}

static int note_theirs(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *context)
{
    struct sides *sides = context;
    (void)from;
    (void)flags;
    if (to < sides->theirs[id])
        sides->theirs[id] = (size_t)to;
    return 0;
}

/* Prints in what the two differ over a text; returns how often. */
static size_t compare(struct sides *sides, struct bs_bytes text, const char *view, size_t *matches)
{
    size_t differences = 0;
    memset(sides->ours, 0xff, sizeof sides->ours);
    memset(sides->theirs, 0xff, sizeof sides->theirs);
    bs_rules_search_run(&sides->search, BS_RULES_EACH_PATTERN, text, view, sides->memory, note_ours, sides);
    hs_scan(sides->database, text.ptr, (unsigned)text.len, 0, sides->scratch, note_theirs, sides);
    for (size_t i = 0; i < sides->search.count; i++) {
        *matches += sides->theirs[i] != SIZE_MAX;
        if (sides->ours[i] == sides->theirs[i])
            continue;
        differences++;
        printf("# %.*s: ours ends at %zd, libhs' at %zd in \"%.*s\"\n",
               BS_BYTES_ARG(sides->search.matchers[i].pattern->text), (ssize_t)sides->ours[i],
               (ssize_t)sides->theirs[i], BS_BYTES_ARG(text));
    }
    return differences;
}

static void report(int number, const char *what, size_t differences, size_t matches)
{
    printf("%sok %d - %s (%zu matches)\n", differences > 0 || matches == 0 ? "not " : "", number,
           what, matches);
}

static void compare_library(struct sides *sides, struct bs_rules_seen *seen)
{
    static struct bs_rules_counts counts;
    struct bs_error error;
    struct bs_rules *rules = bs_rules_new(&error);
    if (!rules)
        give_up(error.text);
    size_t differences = 0, matches = 0;
    const struct bs_rule_entry *first = bs_rules_list(rules)->first;
    for (int place = 0; place < BS_PLACE_COUNT; place++) {
        if (!make_sides(sides, bs_rules_list(rules), true, (enum bs_rule_place)place, &counts))
            give_up("libhs does not take the library's patterns");
        for (const struct bs_rule_entry *entry = first; entry; entry = entry->next) {
            for (const struct bs_rule_string *sample = entry->samples.first; sample;
                 sample = sample->next) {
                const char *view;
                struct bs_bytes text =
                    bs_rules_seen_make(seen, (enum bs_rule_place)place, sample->text, &view);
                differences += text.len > 0 ? compare(sides, text, view, &matches) : 0;
            }
        }
        drop_sides(sides);
    }
    bs_rules_free(rules);
    report(1, "the library's patterns over the samples", differences, matches);
}

static unsigned chance(unsigned count)
{
    static uint64_t state = 20261122;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33) % count;
}

static const char *const words[] = {"user",      "box", "no", "is", "full",
                                    "not known", "a",   "b",  "xa", "n"};
enum { WORDS = sizeof words / sizeof *words };

static void make_pattern(struct bs_strbuf *out, unsigned depth)
{
    static const char *const atoms[] = {"[^\\n]*",  "[^ ]+", "\\b", "( [^ ]+)?", "[a-n]",
                                        "\\w{1,3}", "^",     "$",   "^ ?",       "."};
    static const char *const quantifiers[] = {"?", "+", "*", "{2}", "{1,3}", "{2,}"};
    for (unsigned i = 1 + chance(3); i > 0; i--) {
        if (chance(4) == 0)
            bs_strbuf_append_cstr(out, atoms[chance(sizeof atoms / sizeof *atoms)]);
        else if (chance(3) > 0 || depth == 3)
            bs_strbuf_append_cstr(out, words[chance(WORDS)]);
        else {
            bs_strbuf_append_cstr(out, "(");
            make_pattern(out, depth + 1);
            for (unsigned j = chance(4); j > 0; j--) {
                bs_strbuf_append_cstr(out, "|");
                make_pattern(out, depth + 1);
            }
            bs_strbuf_append_cstr(out, ")");
            bs_strbuf_append_cstr(out, chance(3) == 0 ? quantifiers[chance(6)] : "");
        }
        bs_strbuf_append_cstr(out, chance(2) ? " " : "");
    }
}

static void make_text(struct bs_strbuf *out)
{
    for (unsigned i = 1 + chance(30); i > 0; i--) {
        bs_strbuf_append_cstr(out, words[chance(WORDS)]);
        bs_strbuf_append_cstr(out, chance(5) == 0   ? "\n"
                                   : chance(8) == 0 ? "\n "
                                   : chance(4) == 0 ? ""
                                                    : " ");
    }
}

/* One made-up pattern over some texts; false where it is refused. */
static bool compare_pattern(struct sides *sides, struct bs_rules_seen *seen, size_t *differences,
                            size_t *matches)
{
    static struct bs_rules_counts counts;
    struct bs_strbuf file;
    struct bs_error error;
    struct bs_arena arena;
    struct bs_rule_list list = {.arena = &arena};
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    bs_strbuf_init(&file, PATTERN_ROOM);
    bs_strbuf_append_cstr(&file, "rule a\nin text\nsays other\nsample \"x\"\nmatch \"");
    make_pattern(&file, 0);
    bs_strbuf_append_cstr(&file, "\"\n");
    bool good = bs_rule_list_read(&list, bs_strbuf_bytes(&file), "made", false, &error) &&
                make_sides(sides, &list, false, BS_PLACE_TEXT, &counts);
    for (size_t i = 0; good && i < MADE_TEXTS; i++) {
        struct bs_strbuf text;
        const char *view;
        bs_strbuf_init(&text, PATTERN_ROOM);
        make_text(&text);
        struct bs_bytes as_seen =
            bs_rules_seen_make(seen, BS_PLACE_TEXT, bs_strbuf_bytes(&text), &view);
        *differences += compare(sides, as_seen, view, matches);
        bs_strbuf_free(&text);
    }
    drop_sides(sides);
    bs_strbuf_free(&file);
    bs_arena_reset(&arena);
    return good;
}

int main(void)
{
    static struct sides sides;
    struct bs_rules_seen *seen = bs_rules_seen_new();
    size_t differences = 0, matches = 0, used = 0;
    if (!seen)
        give_up("no memory");
    printf("1..2\n");
    compare_library(&sides, seen);
    for (size_t i = 0; i < MADE_PATTERNS; i++)
        used += compare_pattern(&sides, seen, &differences, &matches);
    printf("# %zu patterns of %d are none that both take\n", MADE_PATTERNS - used, MADE_PATTERNS);
    report(2, "made-up patterns over made-up texts", differences, matches);
    free(seen);
    return 0;
}
