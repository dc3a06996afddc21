/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving messages from a Maildir to a folder of it (Maildir++) or to another Maildir of the same file system, by
 * renaming, so that a message is at every moment in one of the two. Flags stay; nothing is ever overwritten or
 * copied.
 */
#ifndef BS_CLI_MAILDIR_FOLDER_H
#define BS_CLI_MAILDIR_FOLDER_H

#include "base/error.h"

struct bs_maildir_folder {
    char *path;   /* owned */
    bool within;  /* a Maildir++ folder, `.NAME` in the Maildir */
    int folder, current, fresh; /* the open directories; -1: not open */
};

/* Where `name` is: as a path where it has a slash, else the folder of that name in the Maildir, whether it is there or
 * not. Nothing is made. False with the error where the name cannot be a folder's. */
bool bs_maildir_folder_find(const char *maildir, const char *name, struct bs_maildir_folder *ret_folder,
                            struct bs_error *error);

/* Whether the folder is there. */
bool bs_maildir_folder_exists(const struct bs_maildir_folder *folder);

/* Opens the folder, and makes it where there is none. */
bool bs_maildir_folder_open(struct bs_maildir_folder *folder, struct bs_error *error);

void bs_maildir_folder_close(struct bs_maildir_folder *folder);

enum bs_maildir_moved {
    BS_MAILDIR_MOVED,
    BS_MAILDIR_GONE,   /* it was moved or removed, or its flags changed, by somebody else meanwhile */
    BS_MAILDIR_FAILED, /* it stays where it is; the error says why */
};

/* Moves the file `name` of the open directory, which is new or cur of the Maildir, into the open folder. */
enum bs_maildir_moved bs_maildir_move(int from, const char *name, bool fresh, const struct bs_maildir_folder *to,
                                      struct bs_error *error);

#endif
