/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of the library together with those of the administrator's files. */
#ifndef BS_ENGINE_RULE_FILES_H
#define BS_ENGINE_RULE_FILES_H

#include "bounce/rules.h"
#include "config/config.h"

enum { BS_RULE_FILE_MAX = 1024 * 1024 }; /* bytes of a file of rules */

/* NULL with an error that names file and line. */
struct bs_rules *bs_rule_files_load(const struct bs_config_list *files, struct bs_error *ret_error);

#endif
