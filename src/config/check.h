/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold between the options of a configuration. */
#ifndef BS_CONFIG_CHECK_H
#define BS_CONFIG_CHECK_H

#include "config/config.h"

/* No domain twice; a key to sign with where anything is signed; no socket for two purposes. */
bool bs_config_check(const struct bs_config *config, struct bs_error *ret_error);

#endif
