/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files below a folder, in the order of their names: of a Maildir those in new and cur and in its subfolders,
 * of any other folder all, however deep. Symbolic links below it are not followed, and what is no regular file is
 * passed over.
 */
#ifndef BS_CLI_WALK_H
#define BS_CLI_WALK_H

#include <stdbool.h>

enum {
    BS_WALK_DEPTH_MAX = 100,           /* folders within one another */
    BS_WALK_ENTRIES_MAX = 16 << 20,    /* names in a folder */
    BS_WALK_PATH_MAX = 64 << 10,       /* bytes of a path */
};

struct bs_walk_visitor {
    void *context;
    /* `name` in the open directory `folder`, which is `path` to people. False to end the walk. */
    bool (*file)(void *context, int folder, const char *name, const char *path);
    /* A folder that cannot be read, and why. */
    void (*trouble)(void *context, const char *path, const char *why);
};

/* Whether the directory is a Maildir: it has the folders cur and new. */
bool bs_walk_is_maildir(int folder);

/* `folder` is open, and stays so. False where the visitor ended the walk. */
bool bs_walk(int folder, const char *path, const struct bs_walk_visitor *visitor);

/* The same of new and cur only, where `folder` is a Maildir. */
bool bs_walk_maildir(int folder, const char *path, const struct bs_walk_visitor *visitor);

#endif
