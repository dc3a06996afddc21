/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pattern as an automaton without empty steps (Glushkov's), whose states are the bytes of the
 * pattern. All matches are followed at once, so the time is that of the text times the states that
 * are reached, whatever text and pattern are.
 */
#ifndef BS_BOUNCE_RULES_AUTOMATON_H
#define BS_BOUNCE_RULES_AUTOMATON_H

#include "bounce/rules_pattern.h"

enum {
    BS_RULES_STATES_MAX = 4000, /* bytes of a pattern, each repetition counted */
    BS_RULES_STEPS_MAX = 40000, /* pairs of bytes of which one may stand behind the other */
};

/* From a state to one that a byte leads to. */
struct bs_rules_step {
    uint16_t to;         /* BS_RULES_EDGE: a match may end here, before any byte */
    uint8_t assertions;  /* that have to hold before the byte */
    uint8_t least, span; /* where `class` is 0: the byte is one of `least` to `least` + `span` */
    bool alone; /* there is no other from that state, no assertion, and one byte that it takes */
    uint16_t class; /* otherwise, from 1: which of the automaton's classes the byte is of */
};
enum { BS_RULES_START = 0 /* the state before a match */, BS_RULES_EDGE = UINT16_MAX };

struct bs_rules_state {
    uint16_t steps; /* where its steps begin; one more state says where the last one's end */
    uint16_t idle;  /* from 1: the class of bytes that lead to itself and nowhere else */
};

struct bs_rules_steps {
    const struct bs_rules_state *states;
    const struct bs_rules_step *items;
};

struct bs_rules_automaton {
    struct bs_rules_steps onward;
    struct bs_rules_steps
        back; /* against the text's direction: BS_RULES_EDGE is where one begins */
    const struct bs_rules_step *reached; /* to each state */
    const struct bs_rules_class *classes;
    struct bs_rules_class first; /* bytes that a match begins with */
};

/* What making automata needs, some 700 kB; serves one after the other. */
struct bs_rules_builder;
struct bs_rules_builder *bs_rules_builder_new(void);
void bs_rules_builder_free(struct bs_rules_builder *builder);

/* Makes the automaton of a pattern's tree in the arena. False with what is wrong (as
 * bs_rules_pattern), or with NULL where the arena is full. */
bool bs_rules_automaton_make(struct bs_rules_builder *builder, const struct bs_rules_node *tree,
                             struct bs_arena *arena, struct bs_rules_automaton *ret_automaton,
                             const char **ret_wrong);

/* The states of the automaton made last that a class of its tree has, one for each repetition; the
 * class is known by where it lies. `ret_states` has room for BS_RULES_STATES_MAX; returns how many
 * there are. */
size_t bs_rules_automaton_states(const struct bs_rules_builder *builder,
                                 const struct bs_rules_class *class, uint16_t *ret_states);

/* What running automata needs. */
struct bs_rules_run {
    uint32_t turn;
    uint16_t states[2][BS_RULES_STATES_MAX + 2];
    uint32_t turns[BS_RULES_STATES_MAX + 1]; /* in which each state was last reached */
};

enum { BS_RULES_NO_END = SIZE_MAX };

/* Looks for a match. Returns where that ends that ends first, or BS_RULES_NO_END. */
size_t bs_rules_automaton_run(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                              struct bs_rules_run *run);

/* The same of matches in which the state takes the byte at `at`: whether one may begin there or
 * before, and where that ends that ends first. There is a match where both say so. The number of
 * bytes that were looked at is added to `work`. */
bool bs_rules_automaton_begins(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                               size_t at, uint16_t state, struct bs_rules_run *run, size_t *work);
size_t bs_rules_automaton_end(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                              size_t at, uint16_t state, struct bs_rules_run *run, size_t *work);

#endif
