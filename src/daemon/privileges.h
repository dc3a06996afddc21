/* SPDX-License-Identifier: BSD-2-Clause */
/* Giving up the rights of root. */
#ifndef BS_DAEMON_PRIVILEGES_H
#define BS_DAEMON_PRIVILEGES_H

#include "config/config.h"

/* As root, becomes the configuration's user and group for good, with no other groups; an empty user stays root.
 * Nothing to do for anybody else. False where the user or group is not there, or the kernel refuses. */
bool bs_privileges_drop(const struct bs_config *config, struct bs_error *ret_error);

/* Allows as many open files as the hard limit; returns how many. */
unsigned long bs_privileges_raise_files(void);

#endif
