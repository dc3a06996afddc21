/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages judged by several threads, with results in the order in which the messages were given. Each thread has
 * its own memory; what they share does not change. A thread whose result is the next one to be shown shows it.
 */
#ifndef BS_CLI_IN_ORDER_H
#define BS_CLI_IN_ORDER_H

#include "base/strbuf.h"
#include "cli/mail_source.h"

enum {
    BS_IN_ORDER_JOBS_MAX = 64,
    BS_IN_ORDER_WAITING_MAX = 128,      /* messages that are open at once */
    BS_IN_ORDER_RESULT_MAX = 16 << 20,  /* bytes of text of a result */
};

struct bs_in_order_result {
    struct bs_strbuf text;
    int kind;     /* what the work makes of it */
    int error;    /* an errno; 0: none */
};

struct bs_in_order_work {
    void *context;
    void *(*start)(void *context); /* a thread's memory; NULL: there is none left */
    /* The result's text is empty. */
    void (*judge)(void *memory, const struct bs_mail *mail, struct bs_in_order_result *result);
    /* One at a time. */
    void (*show)(void *context, const struct bs_mail *mail, const struct bs_in_order_result *result);
    void (*end)(void *memory);
};

struct bs_in_order;

/* Starts `jobs` threads. NULL where not even one starts. */
struct bs_in_order *bs_in_order_new(const struct bs_in_order_work *work, unsigned jobs);

/* Takes a message and its share; waits while too many are open. */
void bs_in_order_give(struct bs_in_order *order, const struct bs_mail *mail);

/* Waits until all results were shown, and frees everything. */
void bs_in_order_finish(struct bs_in_order *order);

#endif
