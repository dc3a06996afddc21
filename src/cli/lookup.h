/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers from the network for a command: the resolver on an event loop of its own, with a limit for the whole. */
#ifndef BS_CLI_LOOKUP_H
#define BS_CLI_LOOKUP_H

#include "ask/ask.h"
#include "base/error.h"

enum {
    BS_LOOKUP_SERVERS_MAX = 8,
    BS_LOOKUP_MILLISECONDS = 10000, /* that a question may take */
    BS_LOOKUP_SECONDS = 20,         /* that all of them may take (RFC 7208 section 4.6.4); then they are TIMEOUT */
    BS_LOOKUP_QUESTIONS_MAX = 4096, /* of a command; further ones are TIMEOUT */
    BS_LOOKUP_CACHE = 4 << 20,
};

/* Where to ask. */
struct bs_lookup_place {
    const char *servers[BS_LOOKUP_SERVERS_MAX]; /* as bs_resolver_settings has them; none: the system's */
    size_t server_count;
    const char *trust_anchor; /* a file with keys; NULL: no DNSSEC */
};

/* Adds a server; the error says what is wrong with it, or that there are too many. */
bool bs_lookup_add_server(struct bs_lookup_place *place, const char *text, struct bs_error *ret_error);

/* The time runs from now on. The answers are borrowed, and filled by bs_lookup_round. */
struct bs_lookup *bs_lookup_new(const struct bs_lookup_place *place, struct bs_answers *answers,
                                struct bs_error *ret_error);
void bs_lookup_free(struct bs_lookup *lookup);

/* Asks the questions of a round and waits for all answers. False where they take too much memory. */
bool bs_lookup_round(struct bs_lookup *lookup, const struct bs_questions *questions);

#endif
