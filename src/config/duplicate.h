/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that stand in the configuration twice. */
#ifndef BS_CONFIG_DUPLICATE_H
#define BS_CONFIG_DUPLICATE_H

#include <stdbool.h>
#include <stddef.h>

struct bs_named_line {
    const char *name;
    int line;
};

/* Sorts the names and finds the first on the later line of two that are equal; false where each is there once.
 * `fold_case`: as names that differ only in the case of ASCII letters are. */
bool bs_duplicate_find(struct bs_named_line *names, size_t count, bool fold_case, struct bs_named_line *ret_first,
                       struct bs_named_line *ret_second);

#endif
