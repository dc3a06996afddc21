/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bar on stderr for work that takes more than a second: how much of the input was read, and how many messages.
 * There is none where stderr is no terminal, or where stdout is one too, whose lines show progress by themselves.
 */
#ifndef BS_CLI_PROGRESS_H
#define BS_CLI_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct bs_progress {
    atomic_ullong bytes, messages; /* done; the work counts */
    char **paths;                  /* of the input; NULL at their end */
    atomic_bool stop;
    bool running;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
};

/* `lines`: whether the work writes lines to stdout meanwhile. */
void bs_progress_begin(struct bs_progress *progress, char **paths, bool lines);
void bs_progress_end(struct bs_progress *progress);

#endif
