/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value and the parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2183), with RFC
 * 2231's continuations and charsets, and encoded words (RFC 2047) where they may not be but are. Read as mail has
 * them: comments and folding anywhere, a missing semicolon behind the value, values without quotes up to the next
 * semicolon, a quote without its end. Of parameters of one name the first counts.
 */
#ifndef BS_MESSAGE_PARAMETERS_H
#define BS_MESSAGE_PARAMETERS_H

#include "base/arena.h"

enum {
    BS_PARAMETERS_SIZE_MAX = 8192,  /* bytes of a field that are read */
    BS_PARAMETERS_VALUE_MAX = 255,  /* bytes of the value; RFC 6838 section 4.2 allows 127 on each side of the slash */
    BS_PARAMETER_SECTIONS_MAX = 16, /* sections of a parameter (RFC 2231 section 3) */
    BS_PARAMETER_TEXT_MAX = 1024,   /* bytes of a value that is read as a text */
};

/* The value before the parameters, such as "multipart/report", in lower case and without blanks, in the arena;
 * empty where there is none, it is longer than BS_PARAMETERS_VALUE_MAX or the arena is full. `ret_parameters` is what
 * stands behind it, and may be NULL. */
struct bs_bytes bs_parameters_value(struct bs_bytes field_body, struct bs_arena *arena, struct bs_bytes *ret_parameters);

/* The value as it stands, where nothing but blanks precedes it and a blank or a semicolon ends it; it may be none. */
struct bs_bytes bs_parameters_plain_value(struct bs_bytes field_body, struct bs_bytes *ret_parameters);

/* What stands behind the value. */
struct bs_bytes bs_parameters_skip_value(struct bs_bytes field_body);

/* A parameter as it stands, without its quotes; borrows, or is in the arena. ptr is NULL where there is none. */
struct bs_bytes bs_parameter_find(struct bs_bytes parameters, const char *name, struct bs_arena *arena);

/* A parameter for people: with RFC 2231 and RFC 2047 decoded, in UTF-8, at most BS_PARAMETER_TEXT_MAX bytes, in
 * the arena; empty where there is none. */
struct bs_bytes bs_parameter_text(struct bs_bytes parameters, const char *name, struct bs_arena *arena);

#endif
