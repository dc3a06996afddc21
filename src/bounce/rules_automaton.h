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
    uint16_t class;      /* otherwise, from 1: which of the automaton's classes the byte is of */
};
enum { BS_RULES_START = 0 /* the state before a match */, BS_RULES_EDGE = UINT16_MAX };

struct bs_rules_steps {
    const uint16_t
        *states; /* where the steps of each begin; one more says where the last one's end */
    const struct bs_rules_step *items;
};

struct bs_rules_automaton {
    struct bs_rules_steps onward;
    struct bs_rules_steps
        back; /* against the text's direction: BS_RULES_EDGE is where one begins */
    const struct bs_rules_step *reached; /* to each state, from 1 */
    size_t state_count;                  /* START not counted */
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

static inline bool bs_rules_automaton_takes(const struct bs_rules_automaton *automaton,
                                            const struct bs_rules_step *step, unsigned char byte)
{
    return step->class == 0 ? (uint8_t)(byte - step->least) <= step->span
                            : bs_rules_class_has(&automaton->classes[step->class], byte);
}

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

/* A text on its way through an automaton, in its direction or against it. */
struct bs_rules_walk {
    const struct bs_rules_automaton *automaton;
    struct bs_bytes text;
    struct bs_rules_run *run;
    bool back;
    bool beside; /* whether bytes beside the last one that was taken had a say in where it led to */
    uint16_t *now, *next; /* the states that are reached before the byte, and behind it */
    size_t count;         /* of `now` */
};

/* A walk without states: whoever begins it puts them in. One at a time for each `run`. */
struct bs_rules_walk bs_rules_walk_begin(const struct bs_rules_automaton *automaton,
                                         struct bs_bytes text, bool back, struct bs_rules_run *run);

/* From the place before the byte at `i`, takes the byte behind that place or, on the way back, the
 * one before it; none at the edge of the text. True where a match has its edge there. */
bool bs_rules_walk_on(struct bs_rules_walk *walk, size_t i);

/* Goes on from there as long as there are states; returns where the match has its nearest edge, or
 * BS_RULES_NO_END. The number of bytes that were looked at is added to `work`. */
size_t bs_rules_walk_to_edge(struct bs_rules_walk *walk, size_t i, size_t *work);

#endif
