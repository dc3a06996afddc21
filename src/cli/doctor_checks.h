/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of `backstop doctor`. Each adds what it finds; none changes anything or waits for long. */
#ifndef BS_CLI_DOCTOR_CHECKS_H
#define BS_CLI_DOCTOR_CHECKS_H

#include "cli/postfix.h"
#include "engine/settings.h"

struct bs_doctor {
    const char *config_file;
    struct bs_postfix_place place;
    bool with_postfix; /* look at Postfix */
    bool with_probe;   /* talk to the daemon */
    int64_t now;

    struct bs_arena arena;
    struct bs_findings findings;
    struct bs_config config;
    struct bs_settings settings; /* gate NULL: not to be had */
};

/* Key files: there, good, readable by the daemon, long enough; the configuration itself readable by it. */
void bs_doctor_check_keys(struct bs_doctor *doctor);

/* Whether the daemon, once it is its own user, can read the file, as it does at every reload; false where a finding of
 * this id says that it cannot. */
bool bs_doctor_check_readable(struct bs_doctor *doctor, const char *path, const char *id);

/* The clock, on which the days in tags rest. */
void bs_doctor_check_clock(struct bs_doctor *doctor);

/* Whether a filter may open as many files as it lets sessions in. */
void bs_doctor_check_limits(struct bs_doctor *doctor);

/* The sockets answer, and the daemon behind them does what the configuration says. */
void bs_doctor_check_daemon(struct bs_doctor *doctor);

/* Whether the configuration asks anything of DNS. */
bool bs_doctor_needs_dns(const struct bs_doctor *doctor);

/* DNS answers, and shows the keys that sign; nothing where the configuration asks nothing of it. */
void bs_doctor_check_dns(struct bs_doctor *doctor);

/* Postfix's settings lead to these sockets, its processes can open them, and none of its tables is in the way. */
void bs_doctor_check_postfix(struct bs_doctor *doctor);

#endif
