/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SMTP sessions by the thousand, seen from the filter: each is a milter connection that carries some messages, as
 * plan.h has them, and is then closed. What the filter answers is compared with what is expected, and the waits for
 * its answers are measured.
 *
 * A wait is from the moment a step is given to the kernel until its answer has come to the generator's socket (by the
 * kernel's stamp; for unix sockets, which have none, until it is read). It holds the work of the kernel and of the
 * filter, and the filter's waits for a processor. The added latency of a message is the sum of its waits; the first of
 * a session bears the session's start, too.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "daemon/endpoint.h"
#include "histogram.h"
#include "plan.h"

#include <stdio.h>

struct bench_load {
    /* what to do */
    struct bs_endpoint filter;
    const struct bench_plan *plan;
    const struct bench_identity *identity;
    enum bench_expectation expectation;
    unsigned weights[BENCH_KINDS]; /* how often each kind comes; their sum is over 0 */
    uint64_t random;               /* gives the order of messages: the same seed, the same order */
    size_t connections;            /* at once; at most so many where a rate is given */
    size_t per_connection;         /* messages on each */
    uint64_t messages;             /* in all */
    double rate;                   /* messages per second, at random moments; 0: each as soon as the last is over */
    double time_limit;             /* seconds after which what runs is broken off */
    size_t idle;                   /* instead of messages: sessions that are opened and held */
    void (*on_all_idle)(void);     /* called once they are */
    FILE *changes;                 /* where each header field that a filter adds or changes is noted; NULL: nowhere */
    double average[BENCH_SETS];    /* bytes of a message, for the report */

    /* what came of it */
    uint64_t outcomes[BENCH_KINDS][BENCH_OUTCOMES];
    uint64_t done;       /* messages that ended */
    uint64_t wrong;      /* of these, not as expected */
    uint64_t broken;     /* sessions that ended before we ended them, or whose answers were no milter protocol */
    uint64_t sessions;   /* opened */
    bool timed_out;
    double seconds;      /* from the first message to the last */
    char first_fault[BS_ERROR_TEXT];
    struct bench_histogram steps[256]; /* by command: the wait for the answer; OPTNEG counts from connect() */
    struct bench_histogram added;      /* by message */
    struct bench_histogram late;       /* how long after its moment a message began, where a rate is given */
};

/* Does it; false where it could not begin. In idle mode it returns when the process gets SIGTERM or SIGINT. */
bool bench_load_run(struct bench_load *load, struct bs_error *ret_error);

#endif
