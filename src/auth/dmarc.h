/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMARC (RFC 9989): does what SPF and DKIM proved concern the domain that the reader sees in From, and if not, what
 * does that domain ask for? A pure judgement over known answers, see ask/ask.h.
 *
 * The DNS tree walk (section 4.10) asks for the records of a domain and of those above it, longest name first: a name of
 * eight labels or more is cut to seven, then loses a label at a time, so that no walk has more than
 * BS_DMARC_WALK_MAX questions. It finds both the policy and the Organizational Domain, by which identifiers are aligned.
 * All questions of all walks are asked in one round.
 *
 * One Author Domain is judged at a time; for a From with several the caller judges each. Reports are not written here.
 */
#ifndef BS_AUTH_DMARC_H
#define BS_AUTH_DMARC_H

#include "ask/ask.h"
#include "auth/dmarc_record.h"

enum {
    BS_DMARC_WALK_MAX = 8,         /* names in a tree walk */
    BS_DMARC_IDENTIFIERS_MAX = 16, /* DKIM identifiers that are looked at; further ones count as absent */
};

/* What one mechanism says. Only what passed can be aligned; an error keeps a failure from being certain. */
enum bs_dmarc_evidence { BS_DMARC_FAILED, BS_DMARC_PASSED, BS_DMARC_TEMPERROR };

struct bs_dmarc_identifier {
    struct bs_bytes domain; /* SPF: of MAIL FROM, never of HELO alone; DKIM: d= */
    enum bs_dmarc_evidence evidence;
};

struct bs_dmarc_facts {
    struct bs_bytes author;         /* the Author Domain, as A-labels */
    struct bs_dmarc_identifier spf; /* an empty domain: there is none */
    const struct bs_dmarc_identifier *dkim;
    size_t dkim_count;
};

enum bs_dmarc_result {
    BS_DMARC_RESULT_NONE,      /* the domain has no usable record */
    BS_DMARC_RESULT_PASS,      /* an identifier that passed is aligned */
    BS_DMARC_RESULT_FAIL,
    BS_DMARC_RESULT_TEMPERROR, /* DNS failed: neither pass nor fail */
    BS_DMARC_RESULT_PERMERROR, /* the Author Domain is no domain */
};

struct bs_dmarc_verdict {
    enum bs_dmarc_result result;
    enum bs_dmarc_policy published;   /* what the record asks for in this case; UNSET without one */
    enum bs_dmarc_policy disposition; /* what to do: `published` for a failure, one level less with t=y; else NONE */
    bool testing;                     /* t=y */
    struct bs_bytes policy_domain;    /* whose record it is; views borrow from the facts and the arena */
    struct bs_bytes organization;     /* the Author Domain's Organizational Domain */
    bool spf_aligned;                 /* and passed */
    bool dkim_aligned;
    const char *reason;               /* a constant: which rule decided */
};

/* BS_ASK with the questions added to `ret_missing`, or BS_DONE with the verdict. */
enum bs_step bs_dmarc_check(const struct bs_dmarc_facts *facts, const struct bs_answers *known,
                            struct bs_arena *arena, struct bs_dmarc_verdict *ret_verdict,
                            struct bs_questions *ret_missing);

/* A question of a tree walk and what came of it, for people. */
struct bs_dmarc_step {
    struct bs_bytes name;      /* the record is asked for at _dmarc.NAME */
    enum bs_dns_status status;
    size_t records;            /* DMARC records in the answer: more than one count as none */
    struct bs_bytes record;    /* the text of the first; or empty */
};

/* The walk that begins at `start`, up to where it ends or an answer is not known. Returns the number of steps; names borrow
 * from `start`, records from the answers. */
size_t bs_dmarc_trace(struct bs_bytes start, const struct bs_answers *known, struct bs_arena *arena,
                      struct bs_dmarc_step ret_steps[BS_DMARC_WALK_MAX]);

/* "pass" and so on, as Authentication-Results names them (RFC 8601 section 2.7.1, RFC 9989 section 9). */
const char *bs_dmarc_result_name(enum bs_dmarc_result result);

#endif
