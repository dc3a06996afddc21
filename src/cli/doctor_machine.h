/* SPDX-License-Identifier: BSD-2-Clause */
/* What doctor asks of the machine: how a file or socket looks to another user, and the limits of a process. */
#ifndef BS_CLI_DOCTOR_MACHINE_H
#define BS_CLI_DOCTOR_MACHINE_H

#include "base/bytes.h"

#include <sys/types.h>

struct bs_doctor_user {
    const char *name;
    uid_t uid;
    gid_t gid;
};

/* False where there is no such user or group; `group` may be empty for the user's own. */
bool bs_doctor_find_user(const char *name, const char *group, struct bs_doctor_user *ret_user);

/* What the user gets when he tries, as an errno, or 0; -1 where it cannot be tried, since only root can become
 * somebody else. A socket is looked for below `root`, unless that is NULL, as a chrooted process would. */
int bs_doctor_try_read(const struct bs_doctor_user *user, const char *path);
int bs_doctor_try_connect(const struct bs_doctor_user *user, const char *root, const char *socket);

/* The soft limit of open files in a /proc/PID/limits; 0 where there is none, or it is unlimited. */
unsigned long bs_doctor_open_files(struct bs_bytes limits);

/* The same of a running backstopd that was started with this configuration; 0 where none is found. */
unsigned long bs_doctor_daemon_open_files(const char *config_file);

#endif
