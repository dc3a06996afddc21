/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs automata: see rules_automaton.h. All states that a text leads to are followed at once, byte
 * by byte.
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

struct bs_rules_walk bs_rules_walk_begin(const struct bs_rules_automaton *automaton,
                                         struct bs_bytes text, bool back, struct bs_rules_run *run)
{
    if (run->turn > UINT32_MAX - 2 - text.len) { /* turns are numbers that were not used */
        memset(run->turns, 0, sizeof run->turns);
        run->turn = 0;
    }
    return (struct bs_rules_walk){.automaton = automaton,
                                  .text = text,
                                  .run = run,
                                  .back = back,
                                  .now = run->states[0],
                                  .next = run->states[1]};
}

bool bs_rules_walk_on(struct bs_rules_walk *walk, size_t i)
{
    const struct bs_rules_steps *steps =
        walk->back ? &walk->automaton->back : &walk->automaton->onward;
    const bool over = i == (walk->back ? 0 : walk->text.len);
    const unsigned char byte = over ? 0 : (unsigned char)walk->text.ptr[walk->back ? i - 1 : i];
    const unsigned known = /* assertions that the byte alone decides, where it is not over */
        walk->back ? BS_RULES_LINE_BEGIN | BS_RULES_TEXT_BEGIN : BS_RULES_LINE_END;
    const uint32_t turn = ++walk->run->turn;
    unsigned broken = UNKNOWN;
    size_t reached = 0;
    walk->beside = over;
    for (size_t j = 0; j < walk->count; j++) {
        const struct bs_rules_step *step = steps->items + steps->states[walk->now[j]];
        const struct bs_rules_step *end = steps->items + steps->states[walk->now[j] + 1];
        for (; step < end; step++) {
            if (step->class == 0 && byte < step->least)
                break; /* the further ones' bytes are greater still */
            if (!bs_rules_automaton_takes(walk->automaton, step, byte))
                continue;
            walk->beside = walk->beside || (step->assertions & ~known) != 0;
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

size_t bs_rules_walk_to_edge(struct bs_rules_walk *walk, size_t i, size_t *work)
{
    const size_t last = walk->back ? 0 : walk->text.len;
    for (;; i = walk->back ? i - 1 : i + 1) {
        bool found = bs_rules_walk_on(walk, i);
        ++*work;
        if (found)
            return i;
        if (walk->count == 0 || i == last)
            return BS_RULES_NO_END;
    }
}

size_t bs_rules_automaton_run(const struct bs_rules_automaton *automaton, struct bs_bytes text,
                              struct bs_rules_run *run)
{
    struct bs_rules_walk walk = bs_rules_walk_begin(automaton, text, false, run);
    for (size_t i = 0;; i++) {
        if (i < text.len && bs_rules_class_has(&automaton->first, (unsigned char)text.ptr[i]))
            walk.now[walk.count++] = BS_RULES_START;
        if (walk.count > 0 && bs_rules_walk_on(&walk, i))
            return i;
        if (i >= text.len)
            return BS_RULES_NO_END;
    }
}
