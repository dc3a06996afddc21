/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that hold secrets, which the configuration names. */
#ifndef BS_CONFIG_KEY_FILE_H
#define BS_CONFIG_KEY_FILE_H

#include "base/error.h"

#include <stddef.h>

enum { BS_KEY_FILE_MAX = 4096 }; /* bytes in a key file */

/*
 * The secret in a key file: its first line, without the line's end. False for a file that cannot be read, is no
 * regular file, may be read by everybody, is empty, or is longer than BS_KEY_FILE_MAX; then nothing is left in
 * ret_secret. The caller wipes it after use.
 */
bool bs_key_file_read(const char *path, char ret_secret[BS_KEY_FILE_MAX], size_t *ret_length,
                      struct bs_error *ret_error);

#endif
