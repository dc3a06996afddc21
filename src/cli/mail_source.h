/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages that a command is given: a file with one message, an mbox, a Maildir or another folder of files,
 * standard input (`-`) or a pipe. A file is opened when its turn comes, and never read whole: a message is a
 * stretch of an open file, which any thread may read. Of a pipe an mbox is kept in a temporary file, while a single
 * message is read as it comes; compressed files are not read.
 */
#ifndef BS_CLI_MAIL_SOURCE_H
#define BS_CLI_MAIL_SOURCE_H

#include "message/mbox.h"
#include "cli/walk.h"
#include "message/header.h"

#include <stdatomic.h>

enum { BS_MAIL_PIECE = 256 << 10 }; /* bytes that are read at once */

/* An open file, of which messages hold shares. */
struct bs_mail_file;

struct bs_mail {
    struct bs_mail_file *file;
    const char *path;     /* for people; "-" is standard input */
    uint64_t begin, end;  /* end UINT64_MAX: to the end of the file */
    uint64_t index;       /* in an mbox of several messages, from 1; else 0 */
    bool mbox;            /* lines that begin with >From are quoted */
};

struct bs_mail_visitor {
    void *context;
    /* A message, whose share the visitor gives back by bs_mail_release. False to end. */
    bool (*mail)(void *context, const struct bs_mail *mail);
    /* What cannot be read, and why. */
    void (*trouble)(void *context, const char *path, const char *why);
};

/* All messages of `path`. False where the visitor ended it. */
bool bs_mail_visit(const char *path, const struct bs_mail_visitor *visitor);

/* Bytes of all files of `path`, 0 for a pipe; fewer where `stop` becomes true meanwhile. */
uint64_t bs_mail_measure(const char *path, const atomic_bool *stop);

void bs_mail_release(const struct bs_mail *mail);

/* The message in the file `name` of an open directory, with a share. False with errno where it is no regular file. */
bool bs_mail_open(int folder, const char *name, const char *path, struct bs_mail *ret_mail);

/* Reads the message through `piece`, a buffer of BS_MAIL_PIECE bytes, and gives it to `push`, without the quoting of an
 * mbox. False with errno where it cannot be read to its end. */
bool bs_mail_read(const struct bs_mail *mail, char *piece, void (*push)(void *context, struct bs_bytes bytes),
                  void *context);

/* Reads only its header, and finishes that. False with errno where it cannot be read. */
bool bs_mail_read_header(const struct bs_mail *mail, char *piece, struct bs_header *ret_header);

#endif
