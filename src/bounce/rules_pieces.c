/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See rules_pieces.h. Nodes that stand for a few strings only are multiplied out as long as they
 * stand beside each other; whatever lies between two nodes that do not gives one set of strings to
 * choose from.
 */
#include "bounce/rules_pieces.h"

#include "bounce/rules_class.h"
#include "bounce/rules_flatten.h"

enum {
    CLASS_MAX = 4,     /* bytes of a class that is multiplied out */
    PIECE_MAX = 32,    /* bytes of a string: what is longer is cut in two */
    PRODUCT_MAX = 120, /* strings that come of it */
    COST_OF_FINDING = 8,
    COST_WITHOUT_LIMIT = 4, /* times as much costs a piece that stands anywhere in a match */
};

struct string {
    struct bs_bytes bytes;
    struct bs_rules_reach before;
};

struct strings {
    struct string *items;
    size_t count;
};

/* Strings of which one is in every match. */
struct choice {
    struct strings strings;
    uint64_t cost; /* how often they were seen; UINT64_MAX where there are none */
};

enum { CHOICES = 1 + BS_RULES_CONDITIONS };

struct search {
    struct bs_rules_counts *counts;
    struct bs_arena *arena;
};

static uint32_t hash_key(const char *bytes)
{
    return bs_rules_key_hash((uint32_t)(unsigned char)bytes[0] |
                             (uint32_t)(unsigned char)bytes[1] << 8 |
                             (uint32_t)(unsigned char)bytes[2] << 16);
}

static uint32_t *count_key(struct bs_rules_counts *counts, const char *bytes)
{
    return &counts->of_keys[hash_key(bytes) >> 16];
}

static uint32_t *count_stretch(struct bs_rules_counts *counts, const char *bytes)
{
    uint64_t stretch = 0;
    memcpy(&stretch, bytes, BS_RULES_STRETCH);
    return &counts->of_stretches[stretch * UINT64_C(0x9e3779b97f4a7c15) >> 46];
}

void bs_rules_counts_add(struct bs_rules_counts *counts, struct bs_bytes text)
{
    for (size_t i = 0; i + BS_RULES_KEY <= text.len; i++)
        ++*count_key(counts, text.ptr + i);
    for (size_t i = 0; i + BS_RULES_STRETCH <= text.len; i++)
        ++*count_stretch(counts, text.ptr + i);
}

static size_t add_saturated(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t multiply_saturated(size_t a, size_t b)
{
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

static struct bs_rules_reach add_reach(struct bs_rules_reach a, struct bs_rules_reach b)
{
    return (struct bs_rules_reach){add_saturated(a.least, b.least), add_saturated(a.most, b.most)};
}

static struct bs_rules_reach repeat_reach(struct bs_rules_reach reach, unsigned least,
                                          unsigned most)
{
    bool endless = most == BS_RULES_UNBOUNDED;
    return (struct bs_rules_reach){
        .least = multiply_saturated(reach.least, least),
        .most = endless && reach.most > 0 ? SIZE_MAX : multiply_saturated(reach.most, most),
    };
}

static struct bs_rules_reach wider_reach(struct bs_rules_reach a, struct bs_rules_reach b)
{
    return (struct bs_rules_reach){
        .least = a.least < b.least ? a.least : b.least,
        .most = a.most > b.most ? a.most : b.most,
    };
}

/* What the node takes. */
static struct bs_rules_reach measure(const struct bs_rules_node *node)
{
    struct bs_rules_reach all = {0, 0};
    if (node->type == BS_NODE_CLASS)
        return (struct bs_rules_reach){1, 1};
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        bool other = node->type == BS_NODE_CHOICE && child != node->first;
        all = other ? wider_reach(all, measure(child)) : add_reach(all, measure(child));
    }
    return node->type == BS_NODE_REPEAT ? repeat_reach(all, node->least, node->most) : all;
}

/* The choices that cost least, the best first. */
struct choices {
    struct choice items[CHOICES];
};

static void clear_choices(struct choices *choices)
{
    for (size_t i = 0; i < CHOICES; i++)
        choices->items[i] = (struct choice){.cost = UINT64_MAX};
}

/* A string's key, which is its rarest, and what is compared around it. */
struct cut {
    size_t begin, key, end;
    uint64_t count; /* of the window, at most; UINT64_MAX where the string is too short */
};

static struct cut cut_window(const struct search *search, struct bs_bytes string)
{
    struct cut cut = {.count = UINT64_MAX};
    for (size_t i = 0; i + BS_RULES_KEY <= string.len; i++) {
        uint64_t count = *count_key(search->counts, string.ptr + i);
        if (count >= cut.count)
            continue;
        cut.count = count;
        cut.key = i;
    }
    cut.end = cut.key + BS_RULES_WINDOW < string.len ? cut.key + BS_RULES_WINDOW : string.len;
    cut.begin = cut.end > BS_RULES_WINDOW ? cut.end - BS_RULES_WINDOW : 0;
    for (size_t i = cut.begin; i + BS_RULES_STRETCH <= cut.end; i++) {
        uint64_t count = *count_stretch(search->counts, string.ptr + i);
        cut.count = count < cut.count ? count : cut.count;
    }
    return cut;
}

/* What it costs to look for the strings: each one, and above all each time that one is found. */
static uint64_t cost_of(const struct search *search, const struct strings *strings)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < strings->count; i++) {
        struct cut cut = cut_window(search, strings->items[i].bytes);
        if (cut.count == UINT64_MAX)
            return UINT64_MAX;
        uint64_t one = 1 + cut.count * COST_OF_FINDING;
        cost += strings->items[i].before.most == SIZE_MAX ? one * COST_WITHOUT_LIMIT : one;
    }
    return strings->count == 0 ? UINT64_MAX : cost;
}

static void offer(const struct search *search, const struct strings *strings, struct choices *best)
{
    struct choice choice = {*strings, cost_of(search, strings)};
    for (size_t i = 0; i < CHOICES; i++) {
        if (choice.cost >= best->items[i].cost)
            continue;
        struct choice worse = best->items[i];
        best->items[i] = choice;
        choice = worse;
    }
}

/* The strings, which stand behind `before` bytes. */
static void offer_at(const struct search *search, const struct strings *strings,
                     struct bs_rules_reach before, struct choices *best)
{
    struct strings placed = {
        bs_arena_take(search->arena, (strings->count + 1) * sizeof *placed.items), 0};
    for (; placed.items && placed.count < strings->count; placed.count++)
        placed.items[placed.count] = (struct string){strings->items[placed.count].bytes, before};
    offer(search, &placed, best);
}

static const struct strings empty_string = {(struct string[]){{{"", 0}, {0, 0}}}, 1};

/* The ones and the others. */
static bool unite(const struct search *search, struct strings *strings, const struct strings *more)
{
    size_t count = strings->count + more->count;
    struct string *items = bs_arena_take(search->arena, (count + 1) * sizeof *items);
    if (!items || count > BS_RULES_PIECES)
        return false;
    if (strings->count > 0)
        memcpy(items, strings->items, strings->count * sizeof *items);
    if (more->count > 0)
        memcpy(items + strings->count, more->items, more->count * sizeof *items);
    *strings = (struct strings){items, count};
    return true;
}

/* Puts a byte behind the only string that there is, which nobody else does: it has room for that
 * (see `multiply`). */
static bool append(struct strings *strings, char byte)
{
    struct bs_bytes *string = &strings->items[0].bytes;
    if (string->len == PIECE_MAX)
        return false;
    memcpy((char *)string->ptr + string->len, &byte, 1);
    string->len++;
    return true;
}

/* Puts each of the others behind each of the ones. False where there would be too many, or too long
 * ones. */
static bool multiply(const struct search *search, struct strings *ones,
                     const struct strings *others)
{
    struct strings all = {NULL, 0};
    if (ones->count * others->count > PRODUCT_MAX)
        return false;
    all.items = bs_arena_take(search->arena, (ones->count * others->count + 1) * sizeof *all.items);
    for (size_t i = 0; all.items && i < ones->count; i++) {
        for (size_t j = 0; j < others->count; j++) {
            struct bs_bytes a = ones->items[i].bytes, b = others->items[j].bytes;
            char *both = bs_arena_take(search->arena, PIECE_MAX + 1);
            if (!both || a.len + b.len > PIECE_MAX)
                return false;
            memcpy(both, a.ptr, a.len);
            memcpy(both + a.len, b.ptr, b.len);
            all.items[all.count++].bytes = bs_bytes(both, a.len + b.len);
        }
    }
    *ones = all;
    return all.items != NULL;
}

/* The bytes of a small class, white space as a blank. */
static bool spell_class(const struct search *search, const struct bs_rules_class *class,
                        struct strings *ret_strings)
{
    struct bs_rules_class rest = *class;
    bool blank = bs_rules_class_has(&rest, ' ') || bs_rules_class_has(&rest, '\n') ||
                 bs_rules_class_has(&rest, BS_RULES_INDENT);
    size_t count = blank;
    rest.bits[0] &= ~bs_rules_class_run.bits[0];
    for (size_t i = 0; i < 4; i++)
        count += (size_t)__builtin_popcountll(rest.bits[i]);
    struct string *items = bs_arena_take(search->arena, CLASS_MAX * sizeof *items);
    char *bytes = bs_arena_take(search->arena, PIECE_MAX + 1);
    if (count == 0 || count > CLASS_MAX || !items || !bytes)
        return false;
    *ret_strings = (struct strings){items, count};
    if (blank)
        bytes[--count] = ' ';
    for (size_t i = 0; i < 4; i++) {
        for (; rest.bits[i]; rest.bits[i] &= rest.bits[i] - 1)
            bytes[--count] = (char)(i * 64 + (size_t)__builtin_ctzll(rest.bits[i]));
    }
    for (size_t i = 0; i < ret_strings->count; i++)
        items[i].bytes = bs_bytes(bytes + i, 1);
    return true;
}

static bool spell(const struct search *search, const struct bs_rules_node *node,
                  struct strings *ret_strings);

static bool spell_choice(const struct search *search, const struct bs_rules_node *node,
                         struct strings *ret_strings)
{
    struct strings one;
    *ret_strings = (struct strings){NULL, 0};
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        if (!spell(search, child, &one) || !unite(search, ret_strings, &one) ||
            ret_strings->count > PRODUCT_MAX)
            return false;
    }
    return true;
}

/* The only byte of the class, or -1. */
static int only_byte(const struct bs_rules_class *class)
{
    int byte = -1;
    for (int i = 0; i < 4; i++) {
        if (class->bits[i] == 0)
            continue;
        if (byte >= 0 || (class->bits[i] & (class->bits[i] - 1)) != 0)
            return -1;
        byte = i * 64 + __builtin_ctzll(class->bits[i]);
    }
    return byte;
}

/* Puts what the node matches behind the strings. False where that gives too many, and they stay as
 * they are. */
static bool extend(const struct search *search, struct strings *strings,
                   const struct bs_rules_node *node)
{
    struct strings more;
    bool lonely =
        strings->count == 1 && strings->items[0].bytes.len > 0 && node->type == BS_NODE_CLASS;
    int byte = lonely ? only_byte(&node->class) : -1;
    if (byte >= 0)
        return append(strings, byte == '\n' || byte == BS_RULES_INDENT ? ' ' : (char)byte);
    return spell(search, node, &more) && multiply(search, strings, &more);
}

static bool spell_sequence(const struct search *search, const struct bs_rules_node *node,
                           struct strings *ret_strings)
{
    *ret_strings = empty_string;
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        if (!extend(search, ret_strings, child))
            return false;
    }
    return true;
}

/* What may be absent, or stands there a certain number of times. */
static bool spell_repeat(const struct search *search, const struct bs_rules_node *node,
                         struct strings *ret_strings)
{
    struct strings one;
    bool optional = node->least == 0 && node->most == 1;
    *ret_strings = empty_string;
    if ((!optional && node->least != node->most) || !spell(search, node->first, &one))
        return false;
    for (unsigned i = 0; i < node->most; i++) {
        if (!multiply(search, ret_strings, &one))
            return false;
    }
    return !optional || unite(search, ret_strings, &empty_string);
}

/* All that the node matches. False where that is not a few strings only. */
static bool spell(const struct search *search, const struct bs_rules_node *node,
                  struct strings *ret_strings)
{
    switch (node->type) {
    case BS_NODE_CLASS:
        return spell_class(search, &node->class, ret_strings);
    case BS_NODE_ASSERTION:
        *ret_strings = empty_string;
        return true;
    case BS_NODE_SEQUENCE:
        return spell_sequence(search, node, ret_strings);
    case BS_NODE_CHOICE:
        return spell_choice(search, node, ret_strings);
    case BS_NODE_REPEAT:
        return spell_repeat(search, node, ret_strings);
    }
    return false;
}

static void choose(const struct search *search, const struct bs_rules_node *node,
                   struct bs_rules_reach before, struct choices *best);

/* One choice of each alternative; the alternatives' together are one. */
static void choose_of_each(const struct search *search, const struct bs_rules_node *node,
                           struct bs_rules_reach before, struct choices *best)
{
    struct strings all = {NULL, 0};
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        struct choices one;
        clear_choices(&one);
        choose(search, child, before, &one);
        if (one.items[0].cost == UINT64_MAX || !unite(search, &all, &one.items[0].strings))
            return;
    }
    offer(search, &all, best);
}

/* Goes through what must stand behind each other: `run` is what stands beside each other now. */
static void choose_of_sequence(const struct search *search, const struct bs_rules_node *node,
                               struct bs_rules_reach before, struct choices *best)
{
    struct strings run = empty_string;
    struct bs_rules_reach run_before = before;
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        struct bs_rules_reach behind = add_reach(before, measure(child));
        if (!extend(search, &run, child)) {
            offer_at(search, &run, run_before, best);
            choose(search, child, before, best);
            bool spells = spell(search, child, &run);
            run = spells ? run : empty_string;
            run_before = spells ? before : behind;
        }
        before = behind;
    }
    offer_at(search, &run, run_before, best);
}

/* Offers the strings that the node cannot match without, which stands behind `before` bytes. */
static void choose(const struct search *search, const struct bs_rules_node *node,
                   struct bs_rules_reach before, struct choices *best)
{
    struct strings spelled;
    if (node->type == BS_NODE_SEQUENCE)
        choose_of_sequence(search, node, before, best);
    else if (node->type == BS_NODE_CHOICE)
        choose_of_each(search, node, before, best);
    else if (node->type == BS_NODE_REPEAT && node->least > 0)
        choose(search, node->first, before, best);
    else if (node->type == BS_NODE_CLASS && spell(search, node, &spelled))
        offer_at(search, &spelled, before, best);
}

/* Takes a window, or widens the reach of the same one. */
static void take_window(struct bs_rules_pieces *pieces, const struct bs_rules_window *window)
{
    for (size_t i = 0; i < pieces->count; i++) {
        struct bs_rules_window *other = &pieces->items[i];
        if (other->length != window->length ||
            memcmp(other->bytes, window->bytes, window->length) != 0)
            continue;
        other->before = wider_reach(other->before, window->before);
        return;
    }
    pieces->items[pieces->count++] = *window;
}

static void take_windows(const struct search *search, const struct strings *strings,
                         struct bs_rules_pieces *pieces)
{
    for (size_t i = 0; i < strings->count; i++) {
        const struct string *string = &strings->items[i];
        struct cut cut = cut_window(search, string->bytes);
        struct bs_rules_reach within = {cut.begin, cut.begin};
        struct bs_rules_window window = {.length = (uint8_t)(cut.end - cut.begin),
                                         .key = (uint8_t)(cut.key - cut.begin),
                                         .before = add_reach(string->before, within)};
        memcpy(window.bytes, string->bytes.ptr + cut.begin, window.length);
        take_window(pieces, &window);
    }
}

/* The rarest key of each string, and others of it that are spread over it. */
static void take_marks(const struct search *search, const struct strings *strings,
                       struct bs_rules_condition *condition)
{
    for (size_t i = 0; i < strings->count; i++) {
        struct bs_bytes string = strings->items[i].bytes;
        struct bs_rules_marks *marks = &condition->items[condition->count++];
        size_t keys = string.len - BS_RULES_KEY + 1;
        marks->keys[0] = hash_key(string.ptr + cut_window(search, string).key);
        for (size_t j = 1; j < BS_RULES_MARKS; j++)
            marks->keys[j] = hash_key(string.ptr + (keys - 1) * (j - 1) / (BS_RULES_MARKS - 2));
    }
}

bool bs_rules_pieces_find(const struct bs_rules_node *tree, struct bs_rules_counts *counts,
                          struct bs_arena *arena, struct bs_rules_pieces *ret_pieces)
{
    const struct search search = {counts, arena};
    struct choices best;
    clear_choices(&best);
    choose(&search, tree, (struct bs_rules_reach){0, 0}, &best);
    ret_pieces->count = ret_pieces->condition_count = 0;
    if (best.items[0].cost != UINT64_MAX)
        take_windows(&search, &best.items[0].strings, ret_pieces);
    for (size_t i = 1; i < CHOICES && best.items[i].cost != UINT64_MAX; i++) {
        struct bs_rules_condition *condition =
            &ret_pieces->conditions[ret_pieces->condition_count++];
        condition->count = 0;
        take_marks(&search, &best.items[i].strings, condition);
    }
    bs_arena_reset(arena);
    return ret_pieces->count > 0;
}
