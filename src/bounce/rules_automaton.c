/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes automata: see rules_automaton.h; rules_automaton_run.c runs them. For each node of the
 * tree: the states that it may begin with, those that it may end with, and under which assertions
 * it may be passed by; a step leads from each end of what stands before to each beginning of what
 * stands behind (V. M. Glushkov, The abstract theory of automata, 1961).
 */
#include "bounce/rules_automaton.h"

#include "bounce/rules_class.h"

#include <stdlib.h>

enum {
    START = BS_RULES_START,
    ACCEPT = BS_RULES_EDGE,
    LINKS_MEMORY = 64 * 1024 * 1024,
    WHITE_SPACE = 3, /* bytes that a blank may be */
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
    bool back;     /* the steps are to be followed back */
    bool has_gaps; /* so that it matters which way they are followed */
    size_t state_count, step_count;
    const struct bs_rules_class
        *classes[BS_RULES_STATES_MAX + 1]; /* of each state; of START none */
    struct made_step steps[BS_RULES_STEPS_MAX];
    struct bs_rules_step
        reached[BS_RULES_STATES_MAX + 1]; /* a step to each state, without assertions */
    struct bs_rules_class kept[BS_RULES_STATES_MAX + 1]; /* from 1: classes of steps */
    size_t kept_count;
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

/* Whether the node takes so many bytes that no piece lies in it. */
static bool is_gap(const struct bs_rules_node *node)
{
    size_t bytes = 0;
    for (size_t i = 0; i < 4; i++)
        bytes += (size_t)__builtin_popcountll(node->class.bits[i]);
    return node->type == BS_NODE_CLASS && bytes > BS_RULES_SMALL + WHITE_SPACE;
}

/* What may be absent from the second time on is built from its end, x(x(x)?)?, so that one step
 * leads from each to the next; a gap that is followed back from its beginning, ((x)?x)?x. */
static struct part build_repeat(struct bs_rules_builder *builder, const struct bs_rules_node *node)
{
    struct part all = nothing, rest = nothing;
    bool endless = node->most == BS_RULES_UNBOUNDED, gap = is_gap(node->first);
    unsigned most = endless ? (node->least > 0 ? node->least : 1) : node->most;
    for (unsigned i = 0; i < node->least && !has_failed(builder); i++) {
        struct part one = build(builder, node->first);
        if (one.first.count == 0) /* it takes no byte: once is as good as often */
            return one;
        if (endless && i + 1 == most)
            connect(builder, one.last, one.first);
        all = follow(builder, all, one);
    }
    builder->has_gaps = builder->has_gaps || (gap && most > node->least + 1);
    for (unsigned i = node->least; i < most && !has_failed(builder); i++) {
        struct part one = build(builder, node->first);
        if (one.first.count == 0)
            return nothing;
        if (endless)
            connect(builder, one.last, one.first);
        rest = gap && builder->back ? follow(builder, rest, one) : follow(builder, one, rest);
        rest.passes = 1;
    }
    return gap && builder->back ? follow(builder, rest, all) : follow(builder, all, rest);
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

/* The number of a class among those that the automaton keeps, from 1. */
static uint16_t number_class(struct bs_rules_builder *builder, const struct bs_rules_class *class)
{
    size_t number = 1;
    while (number <= builder->kept_count &&
           memcmp(&builder->kept[number], class, sizeof *class) != 0)
        number++;
    if (number > builder->kept_count)
        builder->kept[++builder->kept_count] = *class;
    return (uint16_t)number;
}

/* Makes a step to each state. */
static void make_steps(struct bs_rules_builder *builder)
{
    for (size_t i = 1; i <= builder->state_count; i++) {
        struct bs_rules_step *step = &builder->reached[i];
        const struct bs_rules_class *class = builder->classes[i];
        *step = (struct bs_rules_step){.to = (uint16_t)i};
        if (!is_range(class, &step->least, &step->span))
            step->class = number_class(builder, class);
    }
}

/* Steps with a class and ends of matches come first, then the others by their bytes: see
 * bs_rules_walk_on.
 */
static int compare_steps(const void *a, const void *b)
{
    const struct bs_rules_step *x = a, *y = b;
    bool x_is_range = x->class == 0 && x->to != BS_RULES_EDGE,
         y_is_range = y->class == 0 && y->to != BS_RULES_EDGE;
    if (x_is_range != y_is_range)
        return x_is_range ? 1 : -1;
    return x->least - y->least;
}

/* Sorts the steps of each state. */
static void arrange_steps(const struct bs_rules_builder *builder, const uint16_t *states,
                          struct bs_rules_step *steps)
{
    for (size_t i = 0; i <= builder->state_count; i++) {
        size_t count = (size_t)(states[i + 1] - states[i]);
        if (count > 1)
            qsort(&steps[states[i]], count, sizeof *steps, compare_steps);
    }
}

/* Puts the steps that lead on from one state, or back from one, beside each other; those from the
 * edge are in the place of START. `steps` of a state first counts, two places further on; then it
 * has where they begin, one place further on; and when all are put, where they begin. */
static bool settle(struct bs_rules_builder *builder, bool back, struct bs_arena *arena,
                   struct bs_rules_steps *ret_steps)
{
    const uint16_t near = back ? ACCEPT : START, far = back ? START : ACCEPT;
    size_t count = builder->state_count + 3;
    uint16_t *states = bs_arena_take(arena, count * sizeof *states);
    struct bs_rules_step *steps = bs_arena_take(arena, (builder->step_count + 1) * sizeof *steps);
    if (!states || !steps)
        return false;
    for (size_t i = 0; i < builder->step_count; i++) {
        uint16_t from = back ? builder->steps[i].to : builder->steps[i].from;
        states[(from == near ? START : from) + 2]++;
    }
    for (size_t i = 2; i < count; i++)
        states[i] = (uint16_t)(states[i] + states[i - 1]);
    for (size_t i = 0; i < builder->step_count; i++) {
        const struct made_step *made = &builder->steps[i];
        uint16_t from = back ? made->to : made->from, to = back ? made->from : made->to;
        struct bs_rules_step *step = &steps[states[(from == near ? START : from) + 1]++];
        *step = to == far ? (struct bs_rules_step){.to = BS_RULES_EDGE, .span = UINT8_MAX}
                          : builder->reached[to];
        step->assertions = made->assertions;
    }
    arrange_steps(builder, states, steps);
    *ret_steps = (struct bs_rules_steps){states, steps};
    return true;
}

/* Bytes that a match begins with. */
static struct bs_rules_class list_first(const struct bs_rules_builder *builder)
{
    struct bs_rules_class first = {{0}};
    for (size_t i = 0; i < builder->step_count; i++) {
        const struct made_step *made = &builder->steps[i];
        for (size_t j = 0; made->from == START && j < 4; j++)
            first.bits[j] |= builder->classes[made->to]->bits[j];
    }
    return first;
}

/* A copy that stays. */
static void *keep(struct bs_arena *arena, const void *items, size_t size)
{
    void *kept = bs_arena_take_unset(arena, size);
    return kept ? memcpy(kept, items, size) : NULL;
}

/* Finds the steps of the tree that are to be followed on, or back. */
static bool find_steps(struct bs_rules_builder *builder, const struct bs_rules_node *tree,
                       bool back)
{
    const struct links start = {&(struct link){START, 0}, 1},
                       accept = {&(struct link){ACCEPT, 0}, 1};
    builder->back = back;
    builder->state_count = builder->step_count = 0;
    struct part all = build(builder, tree);
    if (all.passes && !has_failed(builder))
        builder->wrong = "it matches where there is nothing, and so everywhere";
    connect(builder, start, all.first);
    connect(builder, all.last, accept);
    bs_arena_reset(&builder->arena);
    return !has_failed(builder);
}

static bool make(struct bs_rules_builder *builder, const struct bs_rules_node *tree,
                 struct bs_arena *arena, struct bs_rules_automaton *automaton)
{
    if (!find_steps(builder, tree, false))
        return false;
    make_steps(builder);
    automaton->first = list_first(builder);
    if (!settle(builder, false, arena, &automaton->onward) ||
        (builder->has_gaps && !find_steps(builder, tree, true)) ||
        !settle(builder, true, arena, &automaton->back))
        return false;
    automaton->state_count = builder->state_count;
    automaton->classes =
        keep(arena, builder->kept, (builder->kept_count + 1) * sizeof *builder->kept);
    automaton->reached =
        keep(arena, builder->reached, (builder->state_count + 1) * sizeof *builder->reached);
    return automaton->classes && automaton->reached;
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
    builder->wrong = NULL;
    builder->full = builder->has_gaps = false;
    builder->kept_count = 0;
    *ret_automaton = (struct bs_rules_automaton){0};
    bool good = make(builder, tree, arena, ret_automaton);
    *ret_wrong = builder->wrong;
    return good;
}

size_t bs_rules_automaton_states(const struct bs_rules_builder *builder,
                                 const struct bs_rules_class *class, uint16_t *ret_states)
{
    size_t count = 0;
    for (size_t i = 1; i <= builder->state_count; i++) {
        if (builder->classes[i] == class)
            ret_states[count++] = (uint16_t)i;
    }
    return count;
}
