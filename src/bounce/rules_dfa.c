/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See rules_dfa.h. What is kept lies in units of a block, known by their numbers: of an automaton
 * which bytes need not be told apart, and of each set of its states where those lead. Of a single
 * state that only a string leads on from, the string is compared at once.
 */
#include "bounce/rules_dfa.h"

#include <stdlib.h>

enum {
    UNIT = 64,      /* bytes, as a line of the processor's cache */
    SET_MAX = 64,   /* states of a set that is kept */
    SETS_MAX = 500, /* sets of several states that are kept of one automaton */
    BUCKETS = 16,
    SEVERAL_MAX = 64, /* states that take several bytes, in a pattern whose bytes share classes */
};
_Static_assert((int)BS_RULES_DFA_MEMORY_MAX / UNIT <= UINT16_MAX + 1, "units have 16 bits");

/* Where a byte leads: to the unit of a set, or: */
enum {
    UNKNOWN,    /* not looked up yet, or no room to keep it */
    NOWHERE,    /* no match */
    EDGE,       /* a match has its edge before the byte */
    FIRST_UNIT, /* the least that a set has */
};

/* An automaton. Behind it: of each state, the byte that alone it takes; and for either direction,
 * of each state, the set that it is alone in, or UNKNOWN. */
struct dfa {
    uint8_t classes[UINT8_MAX + 1]; /* of each byte: bytes of one class are not told apart */
    uint16_t class_count;
    uint16_t state_count; /* with START */
    uint16_t set_count;   /* of those in buckets */
    uint16_t buckets[2][BUCKETS];
};

/* Some of its states. Behind them in `items`, of each class of bytes, where it leads. */
struct set {
    uint16_t sibling; /* the next of the same bucket, or UNKNOWN */
    uint16_t count;
    uint16_t length; /* of the string that alone leads on from the one state there is, or 0 */
    uint16_t behind; /* where that leads */
    uint16_t items[];
};

struct bs_rules_dfas {
    struct bs_rules_run run;
    bool full;          /* something had no room */
    size_t used, count; /* units */
    char *units;
    uint16_t *automata; /* of each: the unit of its struct dfa, or UNKNOWN */
    size_t automata_count;
};

static void forget(struct bs_rules_dfas *dfas)
{
    memset(dfas->automata, 0, dfas->automata_count * sizeof *dfas->automata);
    dfas->used = FIRST_UNIT;
    dfas->full = false;
}

struct bs_rules_dfas *bs_rules_dfas_new(size_t automata, size_t memory)
{
    struct bs_rules_dfas *dfas = calloc(1, sizeof *dfas);
    if (!dfas)
        return NULL;
    dfas->count = (memory < BS_RULES_DFA_MEMORY_MAX ? memory : BS_RULES_DFA_MEMORY_MAX) / UNIT;
    dfas->automata_count = automata;
    dfas->automata = calloc(automata + 1, sizeof *dfas->automata);
    dfas->units = aligned_alloc(UNIT, (dfas->count + 1) * UNIT);
    if (dfas->automata && dfas->units) {
        forget(dfas);
        return dfas;
    }
    bs_rules_dfas_free(dfas);
    return NULL;
}

void bs_rules_dfas_free(struct bs_rules_dfas *dfas)
{
    if (!dfas)
        return;
    free(dfas->automata);
    free(dfas->units);
    free(dfas);
}

void bs_rules_dfas_begin_text(struct bs_rules_dfas *dfas)
{
    if (dfas->full)
        forget(dfas);
}

/* The units of something that is all zeros; UNKNOWN where there is no room. */
static uint16_t take_units(struct bs_rules_dfas *dfas, size_t size)
{
    size_t units = (size + UNIT - 1) / UNIT, first = dfas->used;
    if (first > dfas->count || units > dfas->count - first) {
        dfas->full = true;
        return UNKNOWN;
    }
    memset(dfas->units + first * UNIT, 0, units * UNIT);
    dfas->used += units;
    return (uint16_t)first;
}

static struct dfa *dfa_at(const struct bs_rules_dfas *dfas, uint16_t unit)
{
    return (struct dfa *)(void *)(dfas->units + (size_t)unit * UNIT);
}

static struct set *set_at(const struct bs_rules_dfas *dfas, uint16_t unit)
{
    return (struct set *)(void *)(dfas->units + (size_t)unit * UNIT);
}

/* The set that a state is alone in. */
static uint16_t *single_of(struct dfa *dfa, bool back, uint16_t state)
{
    return (uint16_t *)(void *)(dfa + 1) + (back ? dfa->state_count : 0) + state;
}

static uint8_t *bytes_of(struct dfa *dfa)
{
    return (uint8_t *)single_of(dfa, true, dfa->state_count);
}

/* What the states of an automaton take. */
struct tastes {
    bool alone[UINT8_MAX + 1]; /* bytes that a state takes alone, and line ends */
    const struct bs_rules_step *several[SEVERAL_MAX]; /* to states that take several bytes */
    size_t count;
    bool many; /* there are more of these */
};

static void add_taste(struct tastes *tastes, const struct bs_rules_step *step)
{
    if (step->class == 0 && step->span == 0) {
        tastes->alone[step->least] = true;
        return;
    }
    for (size_t i = 0; i < tastes->count; i++) {
        const struct bs_rules_step *other = tastes->several[i];
        if (other->class == step->class && other->least == step->least && other->span == step->span)
            return;
    }
    if (tastes->count == SEVERAL_MAX)
        tastes->many = true;
    else
        tastes->several[tastes->count++] = step;
}

/* A bit for each of the several that takes the byte. */
static uint64_t takers_of(const struct bs_rules_automaton *automaton, const struct tastes *tastes,
                          unsigned char byte)
{
    uint64_t takers = 0;
    for (size_t i = 0; i < tastes->count; i++)
        takers |= (uint64_t)bs_rules_automaton_takes(automaton, tastes->several[i], byte) << i;
    return takers;
}

/* Gives bytes that no state tells apart one class. */
static void class_bytes(struct dfa *dfa, const struct bs_rules_automaton *automaton)
{
    struct tastes tastes = {.alone = {['\n'] = true}};
    uint64_t takers[UINT8_MAX + 1] = {0}; /* of the bytes of each class that is not one byte's */
    bool shared[UINT8_MAX + 1] = {false};
    for (size_t i = 1; i <= automaton->state_count; i++)
        add_taste(&tastes, &automaton->reached[i]);
    for (unsigned byte = 0; byte <= UINT8_MAX; byte++) {
        const bool alone = tastes.many || tastes.alone[byte];
        const uint64_t own = takers_of(automaton, &tastes, (unsigned char)byte);
        uint16_t number = alone ? dfa->class_count : 0;
        while (number < dfa->class_count && !(shared[number] && takers[number] == own))
            number++;
        dfa->classes[byte] = (uint8_t)number;
        if (number < dfa->class_count)
            continue;
        takers[number] = own;
        shared[number] = !alone;
        dfa->class_count++;
    }
}

/* The automaton's, which is made where it is not there; NULL without room. */
static struct dfa *find_dfa(struct bs_rules_dfas *dfas, size_t number,
                            const struct bs_rules_automaton *automaton)
{
    if (dfas->automata[number] != UNKNOWN)
        return dfa_at(dfas, dfas->automata[number]);
    size_t states = automaton->state_count + 1;
    uint16_t unit = take_units(dfas, sizeof(struct dfa) + states * (2 * sizeof(uint16_t) + 1));
    if (unit == UNKNOWN)
        return NULL;
    struct dfa *dfa = dfa_at(dfas, unit);
    dfa->state_count = (uint16_t)states;
    for (size_t i = 1; i < states; i++)
        bytes_of(dfa)[i] = automaton->reached[i].least;
    class_bytes(dfa, automaton);
    dfas->automata[number] = unit;
    return dfa;
}

/* A text under way. The walk is begun only where it is followed state by state. */
struct chase {
    struct bs_rules_dfas *dfas;
    struct dfa *dfa;
    const struct bs_rules_automaton *automaton;
    struct bs_bytes text;
    bool back;
    struct bs_rules_walk walk;
};

static inline void begin_chase(struct chase *chase, struct bs_rules_dfas *dfas, size_t number,
                               const struct bs_rules_automaton *automaton, struct bs_bytes text,
                               bool back)
{
    chase->dfas = dfas;
    chase->dfa = find_dfa(dfas, number, automaton);
    chase->automaton = automaton;
    chase->text = text;
    chase->back = back;
}

static void begin_walk(struct chase *chase, const uint16_t *states, size_t count)
{
    chase->walk =
        bs_rules_walk_begin(chase->automaton, chase->text, chase->back, &chase->dfas->run);
    memcpy(chase->walk.now, states, count * sizeof *states);
    chase->walk.count = count;
}

/* Whether one byte alone leads on from the state, and to the state beside it. */
static bool is_in_string(const struct chase *chase, size_t state)
{
    const struct bs_rules_steps *steps =
        chase->back ? &chase->automaton->back : &chase->automaton->onward;
    const struct bs_rules_step *step = steps->items + steps->states[state];
    return steps->states[state + 1] - steps->states[state] == 1 && step->to != BS_RULES_EDGE &&
           step->to == (chase->back ? state - 1 : state + 1) && step->assertions == 0 &&
           step->class == 0 && step->span == 0;
}

static uint16_t measure_string(const struct chase *chase, size_t state)
{
    size_t length = 0;
    while (is_in_string(chase, chase->back ? state - length : state + length))
        length++;
    return (uint16_t)length;
}

/* Keeps a set; UNKNOWN without room. */
static uint16_t add_set(struct chase *chase, const uint16_t *states, size_t count)
{
    size_t items = count + chase->dfa->class_count;
    uint16_t unit = take_units(chase->dfas, sizeof(struct set) + items * sizeof(uint16_t));
    if (unit == UNKNOWN)
        return UNKNOWN;
    struct set *set = set_at(chase->dfas, unit);
    set->count = (uint16_t)count;
    set->length = count == 1 ? measure_string(chase, states[0]) : 0;
    memcpy(set->items + chase->dfa->class_count, states, count * sizeof *states);
    return unit;
}

/* The set that a state is alone in; without room the walk has it. */
static uint16_t find_single(struct chase *chase, uint16_t state)
{
    uint16_t *single = chase->dfa ? single_of(chase->dfa, chase->back, state) : NULL;
    if (single && *single == UNKNOWN)
        *single = add_set(chase, &state, 1);
    if (single && *single != UNKNOWN)
        return *single;
    begin_walk(chase, &state, 1);
    return UNKNOWN;
}

static void sort(uint16_t *states, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint16_t state = states[i];
        size_t place = i;
        for (; place > 0 && states[place - 1] > state; place--)
            states[place] = states[place - 1];
        states[place] = state;
    }
}

/* The set of these states, which are put in order, or UNKNOWN. */
static uint16_t find_set(struct chase *chase, uint16_t *states, size_t count)
{
    uint32_t hash = 0;
    if (count == 1)
        return find_single(chase, states[0]);
    if (count > SET_MAX)
        return UNKNOWN;
    sort(states, count);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ states[i]) * UINT32_C(0x9e3779b1);
    uint16_t *bucket = &chase->dfa->buckets[chase->back][hash >> 16 & (BUCKETS - 1)];
    for (uint16_t unit = *bucket; unit != UNKNOWN; unit = set_at(chase->dfas, unit)->sibling) {
        const struct set *set = set_at(chase->dfas, unit);
        if (set->count == count &&
            memcmp(set->items + chase->dfa->class_count, states, count * sizeof *states) == 0)
            return unit;
    }
    if (chase->dfa->set_count == SETS_MAX) {
        chase->dfas->full = true;
        return UNKNOWN;
    }
    uint16_t unit = add_set(chase, states, count);
    if (unit != UNKNOWN) {
        set_at(chase->dfas, unit)->sibling = *bucket;
        *bucket = unit;
        chase->dfa->set_count++;
    }
    return unit;
}

/* Where the byte at a place leads from a set, by each of its states; where that is UNKNOWN, the
 * walk has the states that it leads to. */
static uint16_t look_up(struct chase *chase, struct set *set, size_t i)
{
    struct bs_rules_walk *walk = &chase->walk;
    uint16_t next = NOWHERE;
    begin_walk(chase, set->items + chase->dfa->class_count, set->count);
    if (bs_rules_walk_on(walk, i))
        next = EDGE;
    else if (walk->count > 0)
        next = find_set(chase, walk->now, walk->count);
    if (!walk->beside)
        set->items[chase->dfa->classes[(unsigned char)walk->text.ptr[chase->back ? i - 1 : i]]] =
            next;
    return next;
}

/* Where the string leads that alone leads on from the set; NOWHERE where the text has it not. */
static inline uint16_t follow_string(struct chase *chase, struct set *set, size_t i, bool back)
{
    const size_t length = set->length, state = set->items[chase->dfa->class_count];
    const uint8_t *bytes = bytes_of(chase->dfa) + (back ? state - length : state + 1);
    if (length > (back ? i : chase->text.len - i) ||
        memcmp(chase->text.ptr + (back ? i - length : i), bytes, length) != 0)
        return NOWHERE;
    if (set->behind == UNKNOWN)
        set->behind = find_single(chase, (uint16_t)(back ? state - length : state + length));
    return set->behind;
}

/* Follows the text from one state; see rules_dfa.h. */
static inline size_t follow(struct chase *chase, uint16_t state, size_t i, bool back, size_t *work)
{
    const size_t from = i, last = back ? 0 : chase->text.len;
    uint16_t at = find_single(chase, state);
    while (at >= FIRST_UNIT) {
        struct set *set = set_at(chase->dfas, at);
        const size_t length = set->length > 0 ? set->length : 1;
        if (set->length > 0)
            at = follow_string(chase, set, i, back);
        else if (i == last)
            at = look_up(chase, set, i);
        else
            at = set->items[chase->dfa->classes[(unsigned char)chase->text.ptr[back ? i - 1 : i]]];
        if (at < FIRST_UNIT) {
            if (at == UNKNOWN && set->length == 0)
                at = look_up(chase, set, i);
            if (at == NOWHERE || at == EDGE)
                break;
        }
        i = back ? i - length : i + length;
    }
    *work += 1 + (back ? from - i : i - from);
    if (at == UNKNOWN)
        return bs_rules_walk_to_edge(&chase->walk, i, work);
    return at == EDGE ? i : BS_RULES_NO_END;
}

bool bs_rules_dfas_begins(struct bs_rules_dfas *dfas, size_t number,
                          const struct bs_rules_automaton *automaton, struct bs_bytes text,
                          size_t at, uint16_t state, size_t *work)
{
    struct chase chase;
    begin_chase(&chase, dfas, number, automaton, text, true);
    return follow(&chase, state, at, true, work) != BS_RULES_NO_END;
}

size_t bs_rules_dfas_end(struct bs_rules_dfas *dfas, size_t number,
                         const struct bs_rules_automaton *automaton, struct bs_bytes text,
                         size_t at, uint16_t state, size_t *work)
{
    struct chase chase;
    begin_chase(&chase, dfas, number, automaton, text, false);
    return follow(&chase, state, at + 1, false, work);
}
