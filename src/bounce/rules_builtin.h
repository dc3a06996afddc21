/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of rules/, as they stand in the library; the build makes rules_builtin.c of them. */
#ifndef BS_BOUNCE_RULES_BUILTIN_H
#define BS_BOUNCE_RULES_BUILTIN_H

#include "base/bytes.h"

struct bs_rules_builtin {
    const char *name; /* "rules/failures.rules" */
    struct bs_bytes text;
};

extern const struct bs_rules_builtin bs_rules_builtins[];
extern const size_t bs_rules_builtin_count;

#endif
