/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See rules_automaton.h. For each node of the tree: the states that it may begin with, those that
 * it may end with, and under which assertions it may be passed by; a step leads from each end of
 * what stands before to each beginning of what stands behind (V. M. Glushkov, The abstract theory
 * of automata, 1961).
 */
#include "bounce/rules_automaton.h"

#include "bounce/rules_class.h"
#include "bounce/rules_flatten.h"

#include <stdlib.h>

enum {
    START,
    LINKS_MEMORY = 64 * 1024 * 1024,
    STRETCH = 256, /* bytes in which the beginning of a line is looked for at a time */
    UNKNOWN = 0xff,
};

/* A state, and the assertions between it and the edge of a node. */
struct link {
    uint16_t state;
    uint8_t assertions;
};

struct links {
    struct link *items;
    size_t count;
};

struct part {
    struct links first, last;
    uint32_t
        passes; /* a bit for each combination of assertions under which the node may be passed by */
};
_Static_assert(BS_RULES_ASSERTIONS <= 32, "a bit for each combination of assertions");

struct made_step {
    uint16_t from, to;
    uint8_t assertions;
};

struct bs_rules_builder {
    struct bs_arena arena; /* for one pattern */
    const char *wrong;
    bool full;
    size_t state_count, step_count;
    const struct bs_rules_class
        *classes[BS_RULES_STATES_MAX + 1]; /* of each state; of START none */
    struct made_step steps[BS_RULES_STEPS_MAX];
    struct bs_rules_step
        reached[BS_RULES_STATES_MAX + 1]; /* a step to each state, without assertions */
};
_Static_assert(BS_RULES_STEPS_MAX < UINT16_MAX && BS_RULES_STATES_MAX + 1 < UINT16_MAX,
               "numbers of 16 bits");

static const struct part nothing = {.passes = 1};

static struct part build(struct bs_rules_builder *builder, const struct bs_rules_node *node);

static bool has_failed(const struct bs_rules_builder *builder)
{
    return builder->wrong || builder->full;
}

static struct links link_one(struct bs_rules_builder *builder, uint16_t state)
{
    struct links links = {bs_arena_take(&builder->arena, sizeof *links.items), 1};
    if (!links.items) {
        builder->full = true;
        return (struct links){NULL, 0};
    }
    links.items[0].state = state;
    return links;
}

/* `links`, and `more` once for each of the combinations, with that combination added. */
static struct links join(struct bs_rules_builder *builder, struct links links, struct links more,
                         uint32_t combinations)
{
    if (more.count == 0 || combinations == 0)
        return links;
    if (links.count == 0 && combinations == 1)
        return more;
    size_t times = (size_t)__builtin_popcount(combinations);
    struct links joined = {
        bs_arena_take(&builder->arena, (links.count + times * more.count) * sizeof *links.items),
        links.count};
    if (!joined.items) {
        builder->full = true;
        return (struct links){NULL, 0};
    }
    if (links.count > 0)
        memcpy(joined.items, links.items, links.count * sizeof *links.items);
    for (unsigned assertions = 0; assertions < BS_RULES_ASSERTIONS; assertions++) {
        for (size_t i = 0; combinations >> assertions & 1 && i < more.count; i++)
            joined.items[joined.count++] = (struct link){
                more.items[i].state, (uint8_t)(more.items[i].assertions | assertions)};
    }
    return joined;
}

static void add_step(struct bs_rules_builder *builder, struct link from, struct link to)
{
    if (builder->step_count == BS_RULES_STEPS_MAX)
        builder->wrong = "it has more ways to go on than BS_RULES_STEPS_MAX (40000); make several "
                         "patterns of it";
    else
        builder->steps[builder->step_count++] =
            (struct made_step){from.state, to.state, from.assertions | to.assertions};
}

static void connect(struct bs_rules_builder *builder, struct links from, struct links to)
{
    for (size_t i = 0; i < from.count && !has_failed(builder); i++) {
        for (size_t j = 0; j < to.count && !has_failed(builder); j++)
            add_step(builder, from.items[i], to.items[j]);
    }
}

/* The combinations of one of each. Nothing to hold makes all others needless. */
static uint32_t combine(uint32_t one, uint32_t other)
{
    uint32_t both = 0;
    if (one <= 1)
        return one ? other : 0;
    if (other <= 1)
        return other ? one : 0;
    for (unsigned i = 0; i < BS_RULES_ASSERTIONS; i++) {
        for (unsigned j = 0; one >> i & 1 && j < BS_RULES_ASSERTIONS; j++)
            both |= other >> j & 1 ? UINT32_C(1) << (i | j) : 0;
    }
    return both & 1 ? 1 : both;
}

static struct part build_class(struct bs_rules_builder *builder, const struct bs_rules_node *node)
{
    if (builder->state_count == BS_RULES_STATES_MAX) {
        builder->wrong = "it is longer than BS_RULES_STATES_MAX (4000), each repetition counted";
        return nothing;
    }
    uint16_t state = (uint16_t)++builder->state_count;
    builder->classes[state] = &node->class;
    struct links link = link_one(builder, state);
    return (struct part){link, link, 0};
}

static struct part follow(struct bs_rules_builder *builder, struct part one, struct part other)
{
    connect(builder, one.last, other.first);
    return (struct part){
        .first = join(builder, one.first, other.first, one.passes),
        .last = join(builder, other.last, one.last, other.passes),
        .passes = combine(one.passes, other.passes),
    };
}

static struct part build_sequence(struct bs_rules_builder *builder,
                                  const struct bs_rules_node *node)
{
    struct part all = nothing;
    for (const struct bs_rules_node *child = node->first; child && !has_failed(builder);
         child = child->next)
        all = follow(builder, all, build(builder, child));
    return all;
}

static struct part build_choice(struct bs_rules_builder *builder, const struct bs_rules_node *node)
{
    struct part all = {.passes = 0};
    for (const struct bs_rules_node *child = node->first; child && !has_failed(builder);
         child = child->next) {
        struct part one = build(builder, child);
        all.first = join(builder, all.first, one.first, 1);
        all.last = join(builder, all.last, one.last, 1);
        all.passes |= one.passes;
    }
    all.passes = all.passes & 1 ? 1 : all.passes;
    return all;
}

/* What may be absent from the second time on is built from its end: x(x(x)?)?, so that one step
 * leads from each to the next. */
static struct part build_repeat(struct bs_rules_builder *builder, const struct bs_rules_node *node)
{
    struct part all = nothing, rest = nothing;
    bool endless = node->most == BS_RULES_UNBOUNDED;
    unsigned most = endless ? (node->least > 0 ? node->least : 1) : node->most;
    for (unsigned i = 0; i < node->least && !has_failed(builder); i++) {
        struct part one = build(builder, node->first);
        if (one.first.count == 0) /* it takes no byte: once is as good as often */
            return one;
        if (endless && i + 1 == most)
            connect(builder, one.last, one.first);
        all = follow(builder, all, one);
    }
    for (unsigned i = node->least; i < most && !has_failed(builder); i++) {
        struct part one = build(builder, node->first);
        if (one.first.count == 0)
            return nothing;
        if (endless)
            connect(builder, one.last, one.first);
        rest = follow(builder, one, rest);
        rest.passes = 1;
    }
    return follow(builder, all, rest);
}

static struct part build(struct bs_rules_builder *builder, const struct bs_rules_node *node)
{
    switch (node->type) {
    case BS_NODE_CLASS:
        return build_class(builder, node);
    case BS_NODE_ASSERTION:
        return (struct part){.passes = UINT32_C(1) << node->assertion};
    case BS_NODE_SEQUENCE:
        return build_sequence(builder, node);
    case BS_NODE_CHOICE:
        return build_choice(builder, node);
    case BS_NODE_REPEAT:
        return build_repeat(builder, node);
    }
    return nothing;
}

/* The bytes of a class as a range, where they are one. */
static bool is_range(const struct bs_rules_class *class, uint8_t *ret_least, uint8_t *ret_span)
{
    int least = -1, most = -1;
    for (int i = 0; i < 4; i++) {
        if (class->bits[i] == 0)
            continue;
        least = least < 0 ? i * 64 + __builtin_ctzll(class->bits[i]) : least;
        most = i * 64 + 63 - __builtin_clzll(class->bits[i]);
    }
    *ret_least = (uint8_t)least;
    *ret_span = (uint8_t)(most - least);
    for (int i = least; i < most; i++) {
        if (i >= 0 && !bs_rules_class_has(class, (unsigned char)i))
            return false;
    }
    return least >= 0;
}

/* Makes a step to each state; returns how many classes they need, which are put into `classes` from
 * 1 on. */
static size_t make_steps(struct bs_rules_builder *builder, struct bs_rules_class *classes)
{
    size_t count = 0;
    for (size_t i = 1; i <= builder->state_count; i++) {
        struct bs_rules_step *step = &builder->reached[i];
        const struct bs_rules_class *class = builder->classes[i];
        size_t number = 1;
        *step = (struct bs_rules_step){.to = (uint16_t)i};
        if (is_range(class, &step->least, &step->span))
            continue;
        while (number <= count && memcmp(&classes[number], class, sizeof *class) != 0)
            number++;
        if (number > count)
            classes[++count] = *class;
        step->class = (uint16_t)number;
    }
    return count;
}

/* A match may begin with the bytes of the class, where the assertions hold. */
static void add_beginning(struct bs_rules_automaton *automaton, const struct bs_rules_class *class,
                          uint8_t assertions)
{
    struct bs_rules_class others = *class;
    others.bits[BS_RULES_INDENT >> 6] &= ~(UINT64_C(1) << (BS_RULES_INDENT & 63));
    if (!(assertions & BS_RULES_LINE_BEGIN) && !bs_rules_class_is_empty(&others))
        automaton->by_lines = false;
    for (size_t i = 0; i < 4; i++)
        automaton->first.bits[i] |= class->bits[i];
}

/* Steps with a class and ends of matches come first, then the others by their bytes: see `advance`.
 */
static int compare_steps(const void *a, const void *b)
{
    const struct bs_rules_step *x = a, *y = b;
    bool x_is_range = x->class == 0 && x->to != BS_RULES_ACCEPT,
         y_is_range = y->class == 0 && y->to != BS_RULES_ACCEPT;
    if (x_is_range != y_is_range)
        return x_is_range ? 1 : -1;
    return x->least - y->least;
}

/* Sorts the steps of each state, and marks those of states that only one byte leads on from. */
static void arrange_steps(const struct bs_rules_builder *builder, const uint16_t *begins,
                          struct bs_rules_step *steps)
{
    for (size_t i = 0; i <= builder->state_count; i++) {
        struct bs_rules_step *step = &steps[begins[i]];
        if (begins[i + 1] - begins[i] > 1)
            qsort(step, (size_t)(begins[i + 1] - begins[i]), sizeof *step, compare_steps);
        step->alone = begins[i] + 1 == begins[i + 1] && step->to != BS_RULES_ACCEPT &&
                      step->assertions == 0 && step->class == 0 && step->span == 0;
    }
}

/* Puts the steps that lead from one state beside each other. `begins` first counts the steps of
 * each state, two places further on; then it has where they begin, one place further on; and when
 * all are put, where they begin. */
static bool settle(const struct bs_rules_builder *builder, struct bs_arena *arena,
                   struct bs_rules_automaton *automaton)
{
    automaton->by_lines = true;
    uint16_t *begins = bs_arena_take(arena, (builder->state_count + 3) * sizeof *begins);
    struct bs_rules_step *steps = bs_arena_take(arena, (builder->step_count + 1) * sizeof *steps);
    if (!begins || !steps)
        return false;
    for (size_t i = 0; i < builder->step_count; i++)
        begins[builder->steps[i].from + 2]++;
    for (size_t i = 2; i < builder->state_count + 3; i++)
        begins[i] = (uint16_t)(begins[i] + begins[i - 1]);
    for (size_t i = 0; i < builder->step_count; i++) {
        const struct made_step *made = &builder->steps[i];
        struct bs_rules_step *step = &steps[begins[made->from + 1]++];
        *step = made->to == BS_RULES_ACCEPT
                    ? (struct bs_rules_step){.to = BS_RULES_ACCEPT, .span = UINT8_MAX}
                    : builder->reached[made->to];
        step->assertions = made->assertions;
        if (made->from == START)
            add_beginning(automaton, builder->classes[made->to], made->assertions);
    }
    automaton->begins = begins;
    automaton->steps = steps;
    arrange_steps(builder, begins, steps);
    return true;
}

static bool finish(struct bs_rules_builder *builder, struct bs_arena *arena,
                   struct bs_rules_automaton *automaton)
{
    struct bs_rules_class *classes =
        bs_arena_take(&builder->arena, (builder->state_count + 1) * sizeof *classes);
    size_t count = classes ? make_steps(builder, classes) : 0;
    struct bs_rules_class *kept = bs_arena_take(arena, (count + 1) * sizeof *kept);
    if (!classes || !kept)
        return false;
    memcpy(kept, classes, (count + 1) * sizeof *kept);
    automaton->classes = kept;
    return settle(builder, arena, automaton);
}

struct bs_rules_builder *bs_rules_builder_new(void)
{
    struct bs_rules_builder *builder = malloc(sizeof *builder);
    if (builder)
        bs_arena_init(&builder->arena, LINKS_MEMORY);
    return builder;
}

void bs_rules_builder_free(struct bs_rules_builder *builder)
{
    free(builder);
}

bool bs_rules_automaton_make(struct bs_rules_builder *builder, const struct bs_rules_node *tree,
                             struct bs_arena *arena, struct bs_rules_automaton *ret_automaton,
                             const char **ret_wrong)
{
    const struct links start = {&(struct link){START, 0}, 1},
                       accept = {&(struct link){BS_RULES_ACCEPT, 0}, 1};
    builder->wrong = NULL;
    builder->full = false;
    builder->state_count = builder->step_count = 0;
    *ret_automaton = (struct bs_rules_automaton){0};
    struct part all = build(builder, tree);
    if (all.passes && !has_failed(builder))
        builder->wrong = "it matches where there is nothing, and so everywhere";
    connect(builder, start, all.first);
    connect(builder, all.last, accept);
    bool good = !has_failed(builder) && finish(builder, arena, ret_automaton);
    *ret_wrong = builder->wrong;
    bs_arena_reset(&builder->arena);
    return good;
}

static bool is_word(struct bs_bytes text, size_t i)
{
    return i < text.len && bs_rules_class_has(&bs_rules_class_word, (unsigned char)text.ptr[i]);
}

/* The assertions that do not hold before the byte at `i`. */
static unsigned broken_at(struct bs_bytes text, size_t i)
{
    bool edge = (i > 0 && is_word(text, i - 1)) != is_word(text, i);
    return (i > 0 ? BS_RULES_TEXT_BEGIN : 0u) |
           (i > 0 && text.ptr[i - 1] != '\n' ? BS_RULES_LINE_BEGIN : 0u) |
           (i < text.len && text.ptr[i] != '\n' ? BS_RULES_LINE_END : 0u) |
           (edge ? BS_RULES_NO_WORD_EDGE : BS_RULES_WORD_EDGE);
}

static bool takes(const struct bs_rules_automaton *automaton, const struct bs_rules_step *step,
                  unsigned char byte)
{
    return step->class == 0 ? (uint8_t)(byte - step->least) <= step->span
                            : bs_rules_class_has(&automaton->classes[step->class], byte);
}

/* The first byte from `i`, which is not 0, to `end` that begins a line or is a BS_RULES_INDENT;
 * `end` without one. Looks for both stretch by stretch: one may be everywhere, and the other far
 * away. */
static size_t find_line(struct bs_bytes text, size_t i, size_t end)
{
    for (; i < end; i += STRETCH) {
        size_t length = end - i < STRETCH ? end - i : STRETCH;
        const char *before = memchr(text.ptr + i - 1, '\n', length);
        size_t line = before ? (size_t)(before - text.ptr) + 1 : i + length;
        const char *indented = memchr(text.ptr + i, BS_RULES_INDENT, line - i);
        if (indented)
            return (size_t)(indented - text.ptr);
        if (before)
            return line;
    }
    return end;
}

/* The first place from `i` to `until` where a match may begin, or one behind `until`. */
static size_t find_beginning(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                             size_t i, size_t until)
{
    size_t end = until < text.len ? until + 1 : text.len;
    while (i < end && !bs_rules_class_has(&automaton->first, (unsigned char)text.ptr[i])) {
        i++;
        if (automaton->by_lines)
            i = find_line(text, i, end);
    }
    return i < end ? i : until + 1;
}

/* A text on its way through an automaton. */
struct walk {
    const struct bs_rules_automaton *automaton;
    struct bs_bytes text;
    struct bs_rules_run *run;
    uint16_t *now, *next; /* the states that are reached before the byte, and behind it */
    size_t count;         /* of `now` */
};

/* Takes the byte at `i`, or none at the end of the text. True where a match ends before it. */
static bool advance(struct walk *walk, size_t i)
{
    const struct bs_rules_automaton *automaton = walk->automaton;
    const bool over = i == walk->text.len;
    const unsigned char byte = over ? 0 : (unsigned char)walk->text.ptr[i];
    const uint32_t turn = ++walk->run->turn;
    unsigned broken = UNKNOWN;
    size_t reached = 0;
    for (size_t j = 0; j < walk->count; j++) {
        const struct bs_rules_step *step = automaton->steps + automaton->begins[walk->now[j]];
        const struct bs_rules_step *end = automaton->steps + automaton->begins[walk->now[j] + 1];
        for (; step < end; step++) {
            if (step->class == 0 && byte < step->least)
                break; /* the further ones' bytes are greater still */
            if (!takes(automaton, step, byte))
                continue;
            if (step->assertions && broken == UNKNOWN)
                broken = broken_at(walk->text, i);
            if (step->assertions & broken)
                continue;
            if (step->to == BS_RULES_ACCEPT)
                return true;
            if (over || walk->run->turns[step->to] == turn)
                continue;
            walk->run->turns[step->to] = turn;
            walk->next[reached++] = step->to;
        }
    }
    uint16_t *before = walk->now;
    walk->now = walk->next;
    walk->next = before;
    walk->count = reached;
    return false;
}

/* Follows the only state that there is as long as one byte leads on from it; returns before which
 * byte that ends. */
static size_t follow_literal(struct walk *walk, size_t i)
{
    const struct bs_rules_automaton *automaton = walk->automaton;
    uint16_t state = walk->now[0];
    for (; i < walk->text.len; i++) {
        const struct bs_rules_step *step = automaton->steps + automaton->begins[state];
        if (!step->alone)
            break;
        if ((unsigned char)walk->text.ptr[i] != step->least) {
            walk->count = 0;
            return i;
        }
        state = step->to;
    }
    walk->now[0] = state;
    return i;
}

/* Turns are numbers that no state has been reached in. */
static void begin_turns(struct bs_rules_run *run, size_t most)
{
    if (run->turn > UINT32_MAX - most) {
        memset(run->turns, 0, sizeof run->turns);
        run->turn = 0;
    }
}

size_t bs_rules_automaton_run(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                              size_t from, size_t until, struct bs_rules_run *run, size_t *ret_stop)
{
    struct walk walk = {automaton, text, run, run->states[0], run->states[1], 0};
    size_t i = from;
    begin_turns(run, text.len + 1);
    for (;; i++) {
        if (walk.count == 0 && i < until)
            i = find_beginning(automaton, text, i, until);
        if (i > until && walk.count == 1)
            i = follow_literal(&walk, i);
        if (i <= until && i < text.len &&
            bs_rules_class_has(&automaton->first, (unsigned char)text.ptr[i]))
            walk.now[walk.count++] = START;
        *ret_stop = i;
        if (walk.count == 0)
            return BS_RULES_NO_END;
        if (advance(&walk, i))
            return i;
        if (i >= text.len)
            return BS_RULES_NO_END;
    }
}
