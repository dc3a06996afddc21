/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boundaries of multiparts within one another (RFC 2046 section 5.1.1), innermost last. A line is compared with
 * all of them, so that the end of an outer one also ends those that have no end of their own. An exact line counts
 * before one that has dashes or anything else behind its closing `--`; of equal boundaries the innermost counts that
 * was not closed yet. A multipart that does not name its boundary takes the first line that may be one.
 */
#ifndef BS_MESSAGE_BOUNDARIES_H
#define BS_MESSAGE_BOUNDARIES_H

#include "base/arena.h"

enum {
    BS_BOUNDARIES_MAX = 20,    /* open multiparts */
    BS_BOUNDARY_LINE_MAX = 1024, /* bytes of a line that may be a boundary: -- BOUNDARY -- blanks CRLF */
    BS_BOUNDARY_GUESSED_MAX = 128, /* bytes of a boundary that is guessed */
};

struct bs_boundary {
    struct bs_bytes text; /* without the --; empty while it has to be guessed */
    size_t part;          /* of the multipart */
    bool seen;
    bool closed;
};

struct bs_boundaries {
    struct bs_boundary items[BS_BOUNDARIES_MAX];
    size_t count;
};

/* Where a line stands: the place of its boundary, or `count` where it is none. */
struct bs_boundary_match {
    size_t index;
    bool closes;
};

/* `line` is whole or longer than BS_BOUNDARY_LINE_MAX, and begins with --; its line end does not matter. A
 * boundary that is guessed is kept in the arena. */
struct bs_boundary_match bs_boundaries_match(struct bs_boundaries *boundaries, struct bs_bytes line,
                                             struct bs_arena *arena);

#endif
