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
    PRODUCT_MAX = 180, /* strings that come of it */
    COST_OF_FINDING = 8,
};

/* Some bytes, and the class of the tree that takes the first. */
struct string {
    struct bs_bytes bytes;
    const struct bs_rules_class *class;
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

/* The string's key: where its rarest bytes begin. It is long enough. */
static size_t find_key(const struct search *search, struct bs_bytes string)
{
    size_t key = 0;
    for (size_t i = 1; i + BS_RULES_KEY <= string.len; i++) {
        if (*count_key(search->counts, string.ptr + i) <
            *count_key(search->counts, string.ptr + key))
            key = i;
    }
    return key;
}

/* How often a string was seen, at most; UINT64_MAX where it is too short. */
static uint64_t count_of(const struct search *search, struct bs_bytes string)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i + BS_RULES_KEY <= string.len; i++) {
        uint64_t count = *count_key(search->counts, string.ptr + i);
        least = count < least ? count : least;
    }
    for (size_t i = 0; i + BS_RULES_STRETCH <= string.len; i++) {
        uint64_t count = *count_stretch(search->counts, string.ptr + i);
        least = count < least ? count : least;
    }
    return least;
}

/* What it costs to look for the strings: each one, and above all each time that one is found. What
 * is `enough` or more may be less than it costs. */
static uint64_t cost_of(const struct search *search, const struct strings *strings, uint64_t enough)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < strings->count && cost < enough; i++) {
        uint64_t count = count_of(search, strings->items[i].bytes);
        if (count == UINT64_MAX)
            return UINT64_MAX;
        cost += 1 + count * COST_OF_FINDING;
    }
    return strings->count == 0 ? UINT64_MAX : cost;
}

static void offer(const struct search *search, const struct strings *strings, struct choice *best)
{
    uint64_t cost = cost_of(search, strings, best->cost);
    if (cost < best->cost)
        *best = (struct choice){*strings, cost};
}

static const struct strings empty_string = {(struct string[]){{{"", 0}, NULL}}, 1};

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

/* A string with room for BS_RULES_PIECE bytes. */
static bool take_string(const struct search *search, struct string *ret_string)
{
    char *bytes = bs_arena_take_unset(search->arena, BS_RULES_PIECE);
    *ret_string = (struct string){bs_bytes(bytes, 0), NULL};
    return bytes != NULL;
}

/* Puts bytes behind a string that take_string made; a class takes the first of them. */
static bool append(struct string *string, struct bs_bytes bytes, const struct bs_rules_class *class)
{
    if (string->bytes.len + bytes.len > BS_RULES_PIECE)
        return false;
    if (bytes.len > 0 && string->bytes.len == 0)
        string->class = class;
    memcpy((char *)string->bytes.ptr + string->bytes.len, bytes.ptr, bytes.len);
    string->bytes.len += bytes.len;
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
            struct string *both = &all.items[all.count++];
            const struct string *one = &ones->items[i], *other = &others->items[j];
            if (!take_string(search, both) || !append(both, one->bytes, one->class) ||
                !append(both, other->bytes, other->class))
                return false;
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
    char bytes[BS_RULES_SMALL];
    size_t count = 0;
    if (rest.bits[0] & bs_rules_class_run.bits[0])
        bytes[count++] = ' ';
    rest.bits[0] &= ~bs_rules_class_run.bits[0];
    for (size_t i = 0; i < 4; i++) {
        for (; rest.bits[i]; rest.bits[i] &= rest.bits[i] - 1) {
            if (count == BS_RULES_SMALL)
                return false;
            bytes[count++] = (char)(i * 64 + (size_t)__builtin_ctzll(rest.bits[i]));
        }
    }
    *ret_strings = (struct strings){
        bs_arena_take(search->arena, BS_RULES_SMALL * sizeof(struct string)), count};
    for (size_t i = 0; ret_strings->items && i < count; i++) {
        if (!take_string(search, &ret_strings->items[i]) ||
            !append(&ret_strings->items[i], bs_bytes(&bytes[i], 1), class))
            return false;
    }
    return ret_strings->items && count > 0;
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

/* Puts what the node matches behind the strings; a byte behind the only one that there is, which
 * nobody else has then. False where that gives too many, and they stay as they are. */
static bool extend(const struct search *search, struct strings *strings,
                   const struct bs_rules_node *node)
{
    struct strings more;
    bool lonely =
        strings->count == 1 && strings->items[0].bytes.len > 0 && node->type == BS_NODE_CLASS;
    int byte = lonely ? only_byte(&node->class) : -1;
    char seen = byte == '\n' || byte == BS_RULES_INDENT ? ' ' : (char)byte;
    if (byte >= 0)
        return append(&strings->items[0], bs_bytes(&seen, 1), &node->class);
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
                   struct choice *best);

/* One choice of each alternative; the alternatives' together are one. */
static void choose_of_each(const struct search *search, const struct bs_rules_node *node,
                           struct choice *best)
{
    struct strings all = {NULL, 0};
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        struct choice one = {.cost = UINT64_MAX};
        choose(search, child, &one);
        if (one.cost == UINT64_MAX || !unite(search, &all, &one.strings))
            return;
    }
    offer(search, &all, best);
}

/* What `count` nodes that stand beside each other match. False where that is not a few strings
 * only. */
static bool spell_run(const struct search *search, const struct bs_rules_node *node, size_t count,
                      struct strings *ret_strings)
{
    *ret_strings = empty_string;
    for (; count > 0; count--, node = node->next) {
        if (!extend(search, ret_strings, node))
            return false;
    }
    return true;
}

/* Goes through what must stand behind each other: `run` is what stands beside each other now,
 * `count` nodes from `begin` on. Where it gets too much, its first quarter is left away. */
static void choose_of_sequence(const struct search *search, const struct bs_rules_node *node,
                               struct choice *best)
{
    struct strings run = empty_string;
    const struct bs_rules_node *begin = node->first;
    size_t count = 0;
    for (const struct bs_rules_node *child = node->first; child; child = child->next) {
        count++;
        if (extend(search, &run, child))
            continue;
        offer(search, &run, best);
        choose(search, child, best);
        do {
            for (size_t i = (count + 3) / 4; i > 0; i--, count--)
                begin = begin->next;
        } while (!spell_run(search, begin, count, &run));
    }
    offer(search, &run, best);
}

/* Offers the strings that the node cannot match without. */
static void choose(const struct search *search, const struct bs_rules_node *node,
                   struct choice *best)
{
    struct strings spelled;
    if (node->type == BS_NODE_SEQUENCE)
        choose_of_sequence(search, node, best);
    else if (node->type == BS_NODE_CHOICE)
        choose_of_each(search, node, best);
    else if (node->type == BS_NODE_REPEAT && node->least > 0)
        choose(search, node->first, best);
    else if (node->type == BS_NODE_CLASS && spell(search, node, &spelled))
        offer(search, &spelled, best);
}

static bool is_taken(const struct bs_rules_pieces *pieces, const struct string *string)
{
    for (size_t i = 0; i < pieces->count; i++) {
        const struct bs_rules_piece *piece = &pieces->items[i];
        if (piece->class == string->class &&
            bs_bytes_equal(bs_bytes(piece->bytes, piece->length), string->bytes))
            return true;
    }
    return false;
}

static void take_piece(const struct search *search, const struct string *string,
                       struct bs_rules_pieces *pieces)
{
    if (is_taken(pieces, string))
        return;
    struct bs_rules_piece *piece = &pieces->items[pieces->count++];
    piece->length = string->bytes.len;
    piece->key = find_key(search, string->bytes);
    piece->class = string->class;
    memcpy(piece->bytes, string->bytes.ptr, string->bytes.len);
}

bool bs_rules_pieces_find(const struct bs_rules_node *tree, struct bs_rules_counts *counts,
                          struct bs_arena *arena, struct bs_rules_pieces *ret_pieces)
{
    const struct search search = {counts, arena};
    struct choice best = {.cost = UINT64_MAX};
    choose(&search, tree, &best);
    ret_pieces->count = 0;
    for (size_t i = 0; best.cost != UINT64_MAX && i < best.strings.count; i++)
        take_piece(&search, &best.strings.items[i], ret_pieces);
    bs_arena_reset(arena);
    return ret_pieces->count > 0;
}
