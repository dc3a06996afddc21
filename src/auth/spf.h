/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF (RFC 7208, with RFC 8616 for internationalized mail): may this client use this domain in MAIL FROM? For the null
 * reverse-path the HELO identity is judged (section 2.4).
 *
 * A pure function: it takes the envelope and the DNS answers known so far, and either decides or lists its questions
 * (see ask/ask.h). Every question that can be foreseen is in the first list that can have it: those of all terms of a
 * record at once, although the terms are still judged in their order, and never more than the lookup limits allow.
 *
 * Where RFC 7208 leaves a choice: a target that DNS cannot hold (an empty or too long label) does not exist; a term
 * makes one void lookup at most, as section 4.6.4 counts terms; an exp= counts neither as lookup nor as void; MX hosts
 * are judged in the order of the answer. The type SPF is never asked. The time of a whole check is limited by whoever
 * asks the questions: a time-out is an answer.
 */
#ifndef BS_AUTH_SPF_H
#define BS_AUTH_SPF_H

#include "ask/ask.h"
#include "base/network.h"
#include "base/strbuf.h"

enum {
    BS_SPF_LOOKUPS_MAX = 10,        /* terms that ask DNS (section 4.6.4); one more is permerror */
    BS_SPF_VOIDS_MAX = 2,           /* of these, terms whose answer is that there is nothing; one more is permerror */
    BS_SPF_MX_MAX = 10,             /* names of an MX answer; one more is permerror */
    BS_SPF_PTR_MAX = 10,            /* names of a PTR answer; more are not looked at */
    BS_SPF_RECORDS_SIZE_MAX = 65536, /* bytes of all SPF records of a check; one more is permerror */
    BS_SPF_TERMS_MAX = 4096,        /* terms of all records of a check; one more is permerror */
    BS_SPF_EXPANSION_MAX = 4096,    /* bytes that a domain-spec expands to; one more is permerror */
    BS_SPF_EXPLANATION_MAX = 1024,  /* bytes of an explanation; a longer one is none */
    BS_SPF_SENDER_MAX = 1024,       /* bytes of the sender's address; for a longer one the result is none */
    BS_SPF_STEPS_MAX = 1000,        /* steps of a trace; more are left out */
    BS_SPF_MEMORY_MAX = 2 << 20,    /* bytes of an arena in which no run fails, whatever the records are */
};

enum bs_spf_status { /* section 2.6 */
    BS_SPF_NONE,
    BS_SPF_NEUTRAL,
    BS_SPF_PASS,
    BS_SPF_FAIL,
    BS_SPF_SOFTFAIL,
    BS_SPF_TEMPERROR,
    BS_SPF_PERMERROR,
};

enum bs_spf_identity { BS_SPF_MAILFROM, BS_SPF_HELO };

struct bs_spf_facts {
    struct bs_ip ip;           /* of the client */
    struct bs_bytes helo;      /* as it was said */
    struct bs_bytes local;     /* of MAIL FROM, without quoting; may be empty */
    struct bs_bytes domain;    /* of MAIL FROM; both empty: the null reverse-path */
    struct bs_bytes receiver;  /* the host that checks, for %{r}; empty: "unknown" */
    int64_t now;               /* seconds since 1970, for %{t} */
    bool want_explanation;     /* ask for the text of exp= where the result is fail */
    bool want_trace;
};

/* A step of a check, for people; texts are printable ASCII. */
struct bs_spf_step {
    struct bs_spf_step *next;
    unsigned depth;      /* 0, and one more within each include and redirect */
    const char *subject; /* a query, a term */
    const char *outcome;
    const char *rule; /* "RFC 7208 section …" */
};

/* Views are in the arena of the run, or borrow from facts and answers. */
struct bs_spf_result {
    enum bs_spf_status status;
    enum bs_spf_identity identity;
    struct bs_bytes local;       /* of the sender that was judged: "postmaster" where there is none */
    struct bs_bytes domain;      /* that was judged, with A-labels */
    struct bs_bytes decided_by;  /* the domain whose record decided: the one judged, or where redirect= led */
    struct bs_bytes mechanism;   /* the term that matched, as it is written; "default" where none did; or empty */
    const char *problem;         /* of none, temperror and permerror: which term, and why; printable; else NULL */
    struct bs_bytes explanation; /* of fail: the domain's words, printable ASCII; or empty */
    unsigned lookups;
    unsigned voids;
    const struct bs_spf_step *steps; /* in their order; NULL unless a trace was wanted */
};

enum bs_step bs_spf_check(const struct bs_spf_facts *facts, const struct bs_answers *known, struct bs_arena *arena,
                          struct bs_spf_result *ret_result, struct bs_questions *ret_missing);

const char *bs_spf_status_name(enum bs_spf_status status);

/* One sentence: why the result is what it is. In the arena; NULL past its limit. */
const char *bs_spf_reason(const struct bs_spf_facts *facts, const struct bs_spf_result *result,
                          struct bs_arena *arena);

/* Appends the value of a Received-SPF field (section 9.1), folded with line feeds and tabs. */
void bs_spf_append_received(const struct bs_spf_facts *facts, const struct bs_spf_result *result,
                            struct bs_strbuf *out);

/* Appends a clause of Authentication-Results (RFC 8601 section 2.7.2): spf=pass smtp.mailfrom=user@example.com */
void bs_spf_append_clause(const struct bs_spf_result *result, struct bs_strbuf *out);

#endif
