/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking name servers directly, each its own questions, all at the same time: what cli/lookup.h does through one. */
#ifndef BS_CLI_SERVER_LOOKUP_H
#define BS_CLI_SERVER_LOOKUP_H

#include "ask/ask.h"
#include "base/error.h"
#include "base/network.h"

enum {
    BS_SERVER_LOOKUP_MAX = 64,            /* servers at once */
    BS_SERVER_LOOKUP_MILLISECONDS = 4000, /* that a server has for a question */
    BS_SERVER_LOOKUP_SECONDS = 20,        /* that all of them have for all questions */
    BS_SERVER_LOOKUP_ROUND = 8,           /* questions that a server is asked at once */
    BS_SERVER_LOOKUP_TEXT = 80,
};

/* A server, what it is asked, and what it answers. */
struct bs_server_lookup {
    char server[BS_SERVER_LOOKUP_TEXT]; /* ADDRESS:PORT, or [ADDRESS]:PORT */
    const struct bs_question *questions;
    size_t question_count;
    struct bs_answers *answers; /* borrowed and filled; what has no answer in time is TIMEOUT, or not there */
};

/* Asks all and waits for all. A server that is silent to a whole round of questions is asked no more. False with an error where nothing can be asked, or the answers take too much memory. */
bool bs_server_lookup_all(const struct bs_server_lookup *lookups, size_t count, struct bs_error *ret_error);

#endif
