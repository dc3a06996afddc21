/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The question whether a message passed through us: BS_ASK_SENT with a name that bs_sent_name of proof/sent_name.h
 * makes from a Message-ID and a sender. Whoever keeps the registry answers it (store/sent.h). It travels as an answer
 * like those of DNS do, so that a registry that cannot be asked is TIMEOUT or SERVFAIL; NXDOMAIN without the words of
 * bs_answers_add_sent, which whoever knows no registry gives, says nothing.
 */
#ifndef BS_ASK_SENT_H
#define BS_ASK_SENT_H

#include "ask/ask.h"

enum bs_sent_status {
    BS_SENT_KNOWN,     /* it passed, at `at` */
    BS_SENT_UNKNOWN,   /* it did not pass after `since`; what passed before that is not known */
    BS_SENT_UNANSWERED,/* nobody can tell */
};

struct bs_sent_answer {
    enum bs_sent_status status;
    int64_t at;    /* of KNOWN: seconds since 1970, to the day */
    int64_t since; /* of UNKNOWN */
};

/* Adds the registry's answer. False past the arena's limit. */
bool bs_answers_add_sent(struct bs_answers *answers, struct bs_bytes name, const struct bs_sent_answer *answer);

/* True with the answer, or false after the question was noted in `io_missing`. */
bool bs_ask_sent(const struct bs_answers *known, struct bs_questions *io_missing, struct bs_bytes name,
                 struct bs_sent_answer *ret_answer);

#endif
