/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A filter: the process that serves sessions. One event loop, no file system, no other process to wait for. It is
 * forked by the supervisor and ends by a signal: SIGTERM (stop: sessions with a message under way get
 * BS_FILTER_STOP_SECONDS to finish it) or SIGUSR1 (drain: sessions get the configured drain-timeout to end).
 */
#ifndef BS_DAEMON_FILTER_H
#define BS_DAEMON_FILTER_H

#include "daemon/supervisor.h"

enum { BS_FILTER_STOP_SECONDS = 5 };

/* Serves until told to end, and returns the process's exit status. `ready_fd` gets one byte, and is closed, once the
 * filter accepts sessions. */
int bs_filter_run(const struct bs_generation *generation, int ready_fd);

#endif
