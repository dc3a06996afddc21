/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that setup proposes to make or to change: shown as differences, written whole or not at all. A file that is
 * made never overwrites one; a file that is changed keeps its owner and permissions, has a copy of what it was, and
 * is left alone if it changed since it was read.
 */
#ifndef BS_CLI_SETUP_FILES_H
#define BS_CLI_SETUP_FILES_H

#include "audit/main_cf.h"
#include "base/arena.h"
#include "base/error.h"

#include <sys/types.h>

enum { BS_SETUP_FILE_MAX = BS_MAIN_CF_MAX };

struct bs_setup_file {
    const char *path;
    bool exists;
    struct bs_bytes before; /* what is there; empty for a new one */
    struct bs_bytes after;
    mode_t mode;            /* of a new one */
    gid_t group;            /* of a new one; (gid_t)-1: that of who makes it */
    const char *owner;      /* as text for people, "root:backstop"; NULL: not told */
    bool secret;            /* its text is never shown */
    const char *backup;     /* the copy of what it was, once it is written */
};

/* Reads a file up to BS_SETUP_FILE_MAX; one that is not there is no error. */
bool bs_setup_file_read(const char *path, struct bs_arena *arena, struct bs_setup_file *ret_file,
                        struct bs_error *ret_error);

/* Appends the difference as diff -u shows it. */
bool bs_setup_file_diff(const struct bs_setup_file *file, struct bs_arena *arena, struct bs_strbuf *out);

/* Writes it. The copy of what was there goes into the directory `keep`, with `stamp` behind its name. */
bool bs_setup_file_write(struct bs_setup_file *file, const char *keep, const char *stamp, struct bs_arena *arena,
                         struct bs_error *ret_error);

/* Puts back what was there before bs_setup_file_write. */
bool bs_setup_file_restore(const struct bs_setup_file *file, struct bs_error *ret_error);

#endif
