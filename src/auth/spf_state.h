/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of an SPF check share within one run: spf_check.c judges records, spf_match.c their terms,
 * spf_trace.c keeps what explains it. Not for others.
 */
#ifndef BS_AUTH_SPF_STATE_H
#define BS_AUTH_SPF_STATE_H

#include "auth/spf_record.h"

/* How a term, or what stands for one, came out. */
enum bs_spf_match {
    BS_SPF_MATCHED,
    BS_SPF_UNMATCHED,
    BS_SPF_UNKNOWN, /* an answer is missing; the question is noted */
    BS_SPF_STOPPED, /* by an error: state->error */
};

struct bs_spf_state {
    const struct bs_spf_facts *facts;
    const struct bs_answers *known;
    struct bs_arena *arena;
    struct bs_questions *missing;
    struct bs_ip ip;               /* the client's; never IPv4-mapped */
    struct bs_bytes local;         /* of the sender */
    struct bs_bytes sender_domain; /* with A-labels */
    struct bs_bytes helo;
    struct bs_bytes domain; /* whose record is judged just now */
    unsigned lookups, voids;
    size_t records_size, terms;
    bool out_of_memory;
    enum bs_spf_status error; /* of BS_SPF_STOPPED: temperror or permerror */
    const char *problem;
    struct bs_bytes name_for; /* the domain that the %{p} below was found for */
    struct bs_bytes name;
    struct bs_spf_step *first_step, *last_step;
    unsigned step_count, depth;
};

/* A target: the domain that a term asks about. */
enum bs_spf_target {
    BS_SPF_TARGET,       /* there it is */
    BS_SPF_TARGET_ASKED, /* it depends on an answer that is missing */
    BS_SPF_TARGET_NEVER, /* it holds a local part that is not ASCII: the term matches nothing (RFC 8616 section 4) */
    BS_SPF_TARGET_ERROR, /* too long: stopped */
};

/* Looks an answer up, or notes the question. */
const struct bs_dns_answer *bs_spf_ask(struct bs_spf_state *state, struct bs_bytes name, enum bs_dns_type type);

/* Expands a domain-spec; an empty one is `domain` itself. */
enum bs_spf_target bs_spf_find_target(struct bs_spf_state *state, struct bs_bytes domain_spec, struct bs_bytes domain,
                                      struct bs_bytes *ret_target);

/* The values of macros, but for %{p}. */
struct bs_spf_values bs_spf_values_of(const struct bs_spf_state *state, struct bs_bytes domain);

/* %{p}: false where an answer is missing. */
bool bs_spf_find_name(struct bs_spf_state *state, struct bs_bytes domain, struct bs_bytes *ret_name);

/* One term more that asks; false past the limit, which stops. */
bool bs_spf_count_lookup(struct bs_spf_state *state, struct bs_bytes term);

/* Judges a term that is not include. */
enum bs_spf_match bs_spf_match_directive(struct bs_spf_state *state, const struct bs_spf_directive *directive,
                                         struct bs_bytes domain);

/* Sets the error and its text: whose record, the term, what is wrong with it. Returns BS_SPF_STOPPED. */
enum bs_spf_match bs_spf_stop(struct bs_spf_state *state, enum bs_spf_status error, struct bs_bytes term,
                              const char *problem);

/* The same for a question that got no answer. */
enum bs_spf_match bs_spf_stop_for_answer(struct bs_spf_state *state, struct bs_bytes name, enum bs_dns_type type,
                                         const struct bs_dns_answer *answer);

/* Printable ASCII in the arena, long texts cut; "" past the arena's limit, which the state then says. */
const char *bs_spf_visible(struct bs_spf_state *state, struct bs_bytes text);

/* Notes a step where a trace is wanted; the subject is made visible. */
void bs_spf_note(struct bs_spf_state *state, struct bs_bytes subject, const char *outcome, const char *rule);

#endif
