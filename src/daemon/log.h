/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines to the journal (its native protocol), to syslog (RFC 3164 form, by /dev/log) or to stderr. Writing never
 * waits: a line that the other side does not take at once is dropped and counted, and the next line that gets
 * through is followed by one that says how many were lost. One log per process; a fork shares it.
 */
#ifndef BS_DAEMON_LOG_H
#define BS_DAEMON_LOG_H

#include "config/config.h"

enum { BS_LOG_LINE_MAX = 4000 }; /* bytes; a longer line is cut, so that with its head a pipe takes it whole (PIPE_BUF) */

/* Chooses where lines go; AUTO is the journal where stderr is connected to it, stderr where that is a terminal,
 * syslog else. Before the first call lines go to stderr. Where the journal or syslog is not there, stderr it is. */
void bs_log_open(enum bs_config_log target, enum bs_config_log_level level);

/* One line, without its end. Control characters in it become question marks. */
void bs_log(enum bs_config_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether lines of this level are written. */
bool bs_log_wants(enum bs_config_log_level level);

#endif
