/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs automata: see rules_automaton.h. All states that a text leads to are followed at once, byte
 * by byte; a single one, which is what most places come down to, is followed without a list.
 */
#include "bounce/rules_automaton.h"

#include "bounce/rules_class.h"

enum { UNKNOWN = 0xff /* of `broken`: before it was looked up */ };

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

/* A text on its way through an automaton. */
struct walk {
    const struct bs_rules_automaton *automaton;
    const struct bs_rules_steps *steps;
    struct bs_bytes text;
    struct bs_rules_run *run;
    uint16_t *now, *next; /* the states that are reached before the byte, and behind it */
    size_t count;         /* of `now` */
};

static struct walk begin_walk(const struct bs_rules_automaton *automaton,
                              const struct bs_rules_steps *steps, struct bs_bytes text,
                              struct bs_rules_run *run)
{
    if (run->turn > UINT32_MAX - 2 - text.len) { /* turns are numbers that were not used */
        memset(run->turns, 0, sizeof run->turns);
        run->turn = 0;
    }
    return (struct walk){automaton, steps, text, run, run->states[0], run->states[1], 0};
}

/* From the place before the byte at `i`, takes the byte behind that place or, on the way back, the
 * one before it; none at the edge of the text. True where a match has its edge there. */
static inline bool advance(struct walk *walk, size_t i, bool back)
{
    const bool over = i == (back ? 0 : walk->text.len);
    const unsigned char byte = over ? 0 : (unsigned char)walk->text.ptr[back ? i - 1 : i];
    const uint32_t turn = ++walk->run->turn;
    unsigned broken = UNKNOWN;
    size_t reached = 0;
    for (size_t j = 0; j < walk->count; j++) {
        const struct bs_rules_state *state = &walk->steps->states[walk->now[j]];
        const struct bs_rules_step *step = walk->steps->items + state[0].steps;
        const struct bs_rules_step *end = walk->steps->items + state[1].steps;
        for (; step < end; step++) {
            if (step->class == 0 && byte < step->least)
                break; /* the further ones' bytes are greater still */
            if (!takes(walk->automaton, step, byte))
                continue;
            if (step->assertions && broken == UNKNOWN)
                broken = broken_at(walk->text, i);
            if (step->assertions & broken)
                continue;
            if (step->to == BS_RULES_EDGE)
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

/* Follows the only state that there is as long as one byte leads on from it, or it idles; returns
 * before which byte that ends. */
static inline size_t follow_one(struct walk *walk, size_t i, bool back)
{
    uint16_t number = walk->now[0];
    for (; i != (back ? 0 : walk->text.len); i = back ? i - 1 : i + 1) {
        const struct bs_rules_state *state = &walk->steps->states[number];
        const struct bs_rules_step *step = walk->steps->items + state->steps;
        unsigned char byte = (unsigned char)walk->text.ptr[back ? i - 1 : i];
        if (step->alone && byte == step->least)
            number = step->to;
        else if (step->alone)
            break;
        else if (state->idle == 0 ||
                 !bs_rules_class_has(&walk->automaton->classes[state->idle], byte))
            break;
    }
    walk->now[0] = number;
    return i;
}

/* Follows what stands behind the place before the byte at `i`, or before it; returns where the
 * match has its nearest edge, or BS_RULES_NO_END. */
static inline size_t follow_on(struct walk *walk, size_t i, bool back, size_t *work)
{
    const size_t from = i, last = back ? 0 : walk->text.len;
    for (;;) {
        if (walk->count == 1)
            i = follow_one(walk, i, back);
        bool found = advance(walk, i, back);
        if (found || walk->count == 0 || i == last) {
            *work += 1 + (back ? from - i : i - from);
            return found ? i : BS_RULES_NO_END;
        }
        i = back ? i - 1 : i + 1;
    }
}

bool bs_rules_automaton_begins(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                               size_t at, uint16_t state, struct bs_rules_run *run, size_t *work)
{
    if (!takes(automaton, &automaton->reached[state], (unsigned char)text.ptr[at])) {
        ++*work;
        return false;
    }
    struct walk walk = begin_walk(automaton, &automaton->back, text, run);
    walk.now[walk.count++] = state;
    return follow_on(&walk, at, true, work) != BS_RULES_NO_END;
}

size_t bs_rules_automaton_end(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                              size_t at, uint16_t state, struct bs_rules_run *run, size_t *work)
{
    struct walk walk = begin_walk(automaton, &automaton->onward, text, run);
    walk.now[walk.count++] = state;
    return follow_on(&walk, at + 1, false, work);
}

size_t bs_rules_automaton_run(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                              struct bs_rules_run *run)
{
    struct walk walk = begin_walk(automaton, &automaton->onward, text, run);
    for (size_t i = 0;; i++) {
        if (i < text.len && bs_rules_class_has(&automaton->first, (unsigned char)text.ptr[i]))
            walk.now[walk.count++] = BS_RULES_START;
        if (walk.count > 0 && advance(&walk, i, false))
            return i;
        if (i >= text.len)
            return BS_RULES_NO_END;
    }
}
