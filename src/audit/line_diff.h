/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What differs between two texts, as diff -u shows it and patch(1) takes it. Meant for texts that differ in a few
 * lines: the hunks are right, if not always the smallest.
 */
#ifndef BS_AUDIT_LINE_DIFF_H
#define BS_AUDIT_LINE_DIFF_H

#include "base/arena.h"
#include "base/strbuf.h"

enum { BS_DIFF_CONTEXT = 2 }; /* lines shown around a change */

struct bs_diff_names {
    const char *before; /* what stands behind ---, such as /dev/null */
    const char *after;  /* and behind +++ */
};

/* Appends the hunks with their head to `out`, nothing where the texts are the same; false past the arena's limit. */
bool bs_line_diff(struct bs_bytes before, struct bs_bytes after, const struct bs_diff_names *names,
                  struct bs_arena *arena, struct bs_strbuf *out);

#endif
