/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From text to configuration: options and sections, each value checked on its own. What depends on several
 * options is left to check.h.
 */
#ifndef BS_CONFIG_PARSE_H
#define BS_CONFIG_PARSE_H

#include "config/config.h"

/* Fills the configuration, whose arena must be ready and whose rest must be zero; defaults first. On false its
 * members are of no use. */
bool bs_config_fill(struct bs_bytes text, const char *name, struct bs_config *config, struct bs_error *ret_error);

#endif
