/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that authenticates one message: SPF for its envelope, DKIM for its signatures, ARC for its chain and DMARC for
 * its author, each run when what it needs is there, and again when answers came. What is done is kept, so that no signature is
 * verified twice. It decides nothing about the message.
 *
 *     bs_authentication_new                 the envelope is known
 *     bs_authentication_header …  bs_authentication_end_of_header
 *     bs_authentication_body …    bs_authentication_end_of_body
 *     bs_authentication_run                 at any time: asks for all that can be foreseen; DONE after the body only
 */
#ifndef BS_ENGINE_AUTHENTICATION_H
#define BS_ENGINE_AUTHENTICATION_H

#include "auth/arc.h"
#include "auth/dkim.h"
#include "auth/dmarc_authors.h"
#include "auth/spf.h"
#include "message/author.h"

/* The names of the fields that we mark messages with. */
#define BS_RESULTS_FIELD "Authentication-Results"
#define BS_MARK_FIELD    "Backstop-Result"

enum {
    BS_AUTHENTICATION_MEMORY = 2 << 20, /* bytes of the header and what is read of it, beside what each method takes */
    BS_AUTHENTICATION_RUN_MEMORY = 2 << 20, /* bytes that a run of DKIM, ARC or DMARC may take */
};

struct bs_authentication_facts {
    const struct bs_ip *client;  /* NULL where it is not known; then SPF gives none */
    struct bs_bytes helo;        /* as it was said */
    struct bs_bytes sender;      /* the reverse-path, with or without brackets */
    struct bs_bytes receiver;    /* our host's name */
    int64_t now;                 /* seconds since 1970 */
    bool allow_legacy;           /* see bs_dkim_begin */
    struct bs_key_cache *keys;   /* of public keys, borrowed; NULL: none */
    bool explain;                /* keep the steps of SPF, DKIM and ARC */
};

/* The results. Views are valid as long as the authentication. */
struct bs_authentication {
    struct bs_spf_result spf;
    struct bs_dkim_results dkim;
    struct bs_arc_result arc;
    struct bs_author author;
    struct bs_dmarc_verdict dmarc;
    struct bs_bytes dmarc_author; /* the domain that the verdict is on; empty where From names none */
    struct bs_spf_facts spf_facts;
    struct bs_header header;      /* with CRLF, as it came */
    /* Fields of these names that came, also those that the header has no room for. */
    unsigned results_seen, marks_seen;

    struct bs_dkim_message message; /* private from here */
    struct bs_arc_chain chain;
    int64_t now;
    bool explain;
    bool allow_legacy;
    struct bs_key_cache *keys;
    bool spf_known, dkim_known, arc_known, dmarc_known;
    bool short_of_memory;
    bool forgotten; /* see bs_authentication_forget */
    bool header_ended, body_ended;
    struct bs_arena arena;       /* facts, header, signatures, author */
    struct bs_arena spf_arena, dkim_arena, arc_arena, dmarc_arena; /* each of the last run of its method */
};

/* Copies the facts. NULL without memory. */
struct bs_authentication *bs_authentication_new(const struct bs_authentication_facts *facts);
void bs_authentication_free(struct bs_authentication *authentication); /* NULL is allowed */

/* A header field; `body` is all that followed the colon. */
void bs_authentication_header(struct bs_authentication *authentication, struct bs_bytes name, struct bs_bytes body);
void bs_authentication_end_of_header(struct bs_authentication *authentication);

/* Or the whole header of a message in memory, as it stands there, and its end. Returns its length: the rest is body. */
size_t bs_authentication_whole_header(struct bs_authentication *authentication, struct bs_bytes message);

/* Whether anything of the body is of interest, once the header ended. */
bool bs_authentication_wants_body(const struct bs_authentication *authentication);
void bs_authentication_body(struct bs_authentication *authentication, struct bs_bytes chunk);
void bs_authentication_end_of_body(struct bs_authentication *authentication);

/* BS_DONE with all results there, or BS_ASK with what is missing added to `io_missing`, which may be nothing before the
 * body ended. Where memory ran out, the method's result is temperror. */
enum bs_step bs_authentication_run(struct bs_authentication *authentication, const struct bs_answers *known,
                                   struct bs_questions *io_missing);

/* No answers will come any more, nor can it be said that there are none: what is not known is temperror. */
void bs_authentication_give_up(struct bs_authentication *authentication);

/* There is no memory for the message: frees all of it, and keeps no more, but goes on counting the fields that may be forged. All
 * results are temperror. False where they are there already. */
bool bs_authentication_forget(struct bs_authentication *authentication);

/* Bytes that it holds. */
size_t bs_authentication_weight(const struct bs_authentication *authentication);

/* The best DKIM result: the first that passes, or else the first; NULL without a signature. */
const struct bs_dkim_result *bs_authentication_best_dkim(const struct bs_authentication *authentication);

#endif
