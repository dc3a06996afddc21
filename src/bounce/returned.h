/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The message that a notice returns, or as much of its header as it returns: in a part of its own (RFC 6522 section
 * 3), in the text behind the notice as it was, or there quoted or indented. Proofs rest on it, so it is said whether
 * its bytes are those that came back.
 */
#ifndef BS_BOUNCE_RETURNED_H
#define BS_BOUNCE_RETURNED_H

#include "bounce/reading.h"

enum {
    BS_RETURNED_PREFIX_MAX = 16, /* bytes of quoting or indentation that are taken off each line */
    BS_RETURNED_RUNS_MAX = 32,   /* places in a text that may be a header and are looked at */
};

/* The first part that is a returned header and holds anything. False where there is none. */
bool bs_returned_in_parts(const struct bs_parts *parts, struct bs_returned *ret_returned);

/* Where a header of another message stands in a text. */
struct bs_returned_place {
    size_t begin; /* the length of the text where there is none */
    size_t end;
    bool traced;  /* there is a trace of its way in it, such as Received: it is a header, not what a notice tells of one */
};

/* The first place with at least three lines that are fields, one of them such as only programs write: Message-ID. */
struct bs_returned_place bs_returned_find(struct bs_bytes text);

/* Reads the header that begins there, perhaps behind rulers; if it is the one that was `seen`, its end is known; or NULL.
 * `verbatim`: the text is what came over the wire but for its transfer encoding. `ret_open`: it goes on to the end of
 * the text, so that more of it may be missing. False without memory. */
bool bs_returned_in_text(struct bs_bytes text, size_t begin, const struct bs_returned_place *seen, bool verbatim, struct bs_arena *arena,
                         struct bs_returned *ret_returned, bool *ret_open);

#endif
