/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts for people: problems, and the steps of a trace where one is wanted; see spf_state.h. */
#include "auth/spf_state.h"

#include <stdio.h>

enum { VISIBLE_MAX = 512 };

const char *bs_spf_visible(struct bs_spf_state *state, struct bs_bytes text)
{
    char visible[VISIBLE_MAX + 8];
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (length > VISIBLE_MAX - 4) {
            length += (size_t)snprintf(visible + length, sizeof visible - length, "...");
            break;
        }
        bool plain = c >= 0x20 && c < 0x7f && c != '\\';
        length += (size_t)snprintf(visible + length, sizeof visible - length, plain ? "%c" : "\\%03u", c);
    }
    struct bs_bytes copy = bs_arena_copy(state->arena, bs_bytes(visible, length));
    state->out_of_memory = state->out_of_memory || !copy.ptr;
    return copy.ptr ? copy.ptr : "";
}

enum bs_spf_match bs_spf_stop(struct bs_spf_state *state, enum bs_spf_status error, struct bs_bytes term,
                              const char *problem)
{
    const char *shown = bs_spf_visible(state, term);
    const char *domain = bs_spf_visible(state, state->domain);
    state->error = error;
    state->problem = bs_arena_printf(state->arena, "%s: \"%s\" %s", domain, shown, problem);
    state->out_of_memory = state->out_of_memory || !state->problem;
    return BS_SPF_STOPPED;
}

static const char *failure_name(const struct bs_dns_answer *answer)
{
    return answer->status == BS_DNS_TIMEOUT    ? "no answer came in time"
           : answer->status == BS_DNS_SERVFAIL ? "the name servers failed"
                                                : "DNSSEC validation failed";
}

enum bs_spf_match bs_spf_stop_for_answer(struct bs_spf_state *state, struct bs_bytes name, enum bs_dns_type type,
                                         const struct bs_dns_answer *answer)
{
    const char *shown = bs_spf_visible(state, name);
    state->error = BS_SPF_TEMPERROR;
    state->problem = bs_arena_printf(state->arena, "%s %s: %s", bs_dns_type_name(type), shown, failure_name(answer));
    state->out_of_memory = state->out_of_memory || !state->problem;
    return BS_SPF_STOPPED;
}

void bs_spf_note(struct bs_spf_state *state, struct bs_bytes subject, const char *outcome, const char *rule)
{
    if (!state->facts->want_trace || state->step_count == BS_SPF_STEPS_MAX)
        return;
    struct bs_spf_step *step = bs_arena_take(state->arena, sizeof *step);
    if (!step || !outcome) {
        state->out_of_memory = true;
        return;
    }
    *step = (struct bs_spf_step){.depth = state->depth, .outcome = outcome, .rule = rule};
    step->subject = bs_spf_visible(state, subject);
    if (state->last_step)
        state->last_step->next = step;
    else
        state->first_step = step;
    state->last_step = step;
    state->step_count++;
}
