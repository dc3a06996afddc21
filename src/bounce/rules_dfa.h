/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Automata made deterministic, as far as texts ask for it: a set of states that a text led to is
 * kept with where each byte leads on from it, so that the next text that comes by needs one look
 * for each byte. What is kept has room in a block of memory; when that is full, all is forgotten
 * before the next text, and until then what has no room is followed state by state
 * (rules_automaton.h). So neither texts nor patterns can make it take more than a fixed multiple of
 * what following the states takes.
 */
#ifndef BS_BOUNCE_RULES_DFA_H
#define BS_BOUNCE_RULES_DFA_H

#include "bounce/rules_automaton.h"

enum { BS_RULES_DFA_MEMORY_MAX = 4 * 1024 * 1024 }; /* bytes; used as far as texts ask for it */

/* What is kept of some automata, which are known by numbers from 0. Serves one thread. */
struct bs_rules_dfas;

/* Room for `memory` bytes of what is kept, BS_RULES_DFA_MEMORY_MAX at most; NULL without memory. */
struct bs_rules_dfas *bs_rules_dfas_new(size_t automata, size_t memory);
void bs_rules_dfas_free(struct bs_rules_dfas *dfas);

/* Has to be called before each text. */
void bs_rules_dfas_begin_text(struct bs_rules_dfas *dfas);

/* Of matches in which the state takes the byte at `at`, which it can: whether one may begin there
 * or before, and where that ends that ends first, or BS_RULES_NO_END. There is a match where both
 * say so. The number is the automaton's as long as `dfas` is there. The number of bytes that were
 * looked at is added to `work`. */
bool bs_rules_dfas_begins(struct bs_rules_dfas *dfas, size_t number,
                          const struct bs_rules_automaton *automaton, struct bs_bytes text,
                          size_t at, uint16_t state, size_t *work);
size_t bs_rules_dfas_end(struct bs_rules_dfas *dfas, size_t number,
                         const struct bs_rules_automaton *automaton, struct bs_bytes text,
                         size_t at, uint16_t state, size_t *work);

#endif
