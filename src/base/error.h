/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, as a text for the administrator: what, where (file:line or byte offset), and what to do.
 * A function that can fail returns false (or NULL) and fills the error that its caller gave; it never logs.
 * A text that is too long is cut, never refused.
 */
#ifndef BS_BASE_ERROR_H
#define BS_BASE_ERROR_H

#include <stdbool.h>

enum { BS_ERROR_TEXT = 512 };

struct bs_error {
    char text[BS_ERROR_TEXT];
};

/* Writes the text; returns false, so that a failing function can end in `return bs_error_set(…)`. */
bool bs_error_set(struct bs_error *ret_error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
