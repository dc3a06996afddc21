/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands have in common in how they speak: errors on stderr with the program's name before them,
 * colour only on a terminal, and never where NO_COLOR is set (https://no-color.org) or the terminal is dumb.
 */
#ifndef BS_CLI_OUTPUT_H
#define BS_CLI_OUTPUT_H

#include "base/bytes.h"

#include <stdio.h>

enum bs_colour { BS_COLOUR_NONE, BS_COLOUR_BAD, BS_COLOUR_WARNING, BS_COLOUR_GOOD, BS_COLOUR_STRONG };

/* Whether what is written to `stream` may have colour. */
bool bs_output_has_colour(FILE *stream);

/* The escape sequence that begins the colour, or ends it for BS_COLOUR_NONE; "" where there is no colour. */
const char *bs_output_colour(FILE *stream, enum bs_colour colour);

/* Writes `backstop: TEXT` and a newline to stderr. */
void bs_output_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes to stdout what a stranger wrote, with `before` in front of it; nothing where it is empty. Control characters, of
 * which UTF-8 has some past ASCII, become `?`. */
void bs_output_foreign(const char *before, struct bs_bytes text);

/* Writes a usage text: to stdout for --help, returning 0; to stderr otherwise, returning EX_USAGE. */
int bs_output_usage(const char *usage, bool asked_for);

#endif
