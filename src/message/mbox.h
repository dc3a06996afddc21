/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages in an mbox file (RFC 4155 describes the format as it is met): each begins with a line `From SENDER
 * DATE`, before which there is an empty line unless it is the first of the file. A line of a body that begins so by
 * chance has no date in it; lines that were quoted as `>From ` get one > less (the form called mboxrd).
 * Content-Length fields are not believed. Both readers take the file in any pieces.
 */
#ifndef BS_MESSAGE_MBOX_H
#define BS_MESSAGE_MBOX_H

#include "base/bytes.h"

#include <stdint.h>

enum { BS_MBOX_LINE_MAX = 400 }; /* bytes of a `From ` line; a longer one parts no messages */

/* Finds where messages begin and end. */
struct bs_mbox {
    uint64_t offset;      /* of the byte that comes next */
    uint64_t line_start;  /* of the line that is being read */
    uint64_t begin;       /* of the message that is being read, behind its `From ` line */
    uint64_t blank;       /* where the empty line before this one begins, if there is one */
    uint64_t found;       /* messages that have begun */
    bool after_blank;     /* the line before this one is empty, or this is the first */
    bool foreign;         /* what was kept of the line shows that it parts no messages, or it is too long */
    size_t kept;
    char line[BS_MBOX_LINE_MAX];
};

struct bs_mbox_message {
    uint64_t begin, end; /* offsets; without the `From ` line and the empty line behind the message */
    uint64_t index;      /* from 1; 0 for the only one of its file */
};

/* Whether a file that begins so, BS_MBOX_LINE_MAX bytes or all, is an mbox. */
bool bs_mbox_begins(struct bs_bytes beginning);

void bs_mbox_init(struct bs_mbox *mbox);

/* Reads on until a message is over, and takes what was read off `io_chunk`. False when the chunk is used up. */
bool bs_mbox_next(struct bs_mbox *mbox, struct bs_bytes *io_chunk, struct bs_mbox_message *ret_message);

/* The file is over: its last messages, one with each call. False where there are no more. */
bool bs_mbox_end(struct bs_mbox *mbox, struct bs_mbox_message *ret_message);

/* Takes one > from lines that begin with any number of them and `From `. */
struct bs_mbox_unquote {
    bool inside;      /* a line, behind what could be quoting */
    uint64_t quotes;  /* > at the beginning of this line that were not given yet */
    size_t matched;   /* of `From ` behind them */
    void (*push)(void *context, struct bs_bytes piece);
    void *context;
};

void bs_mbox_unquote(struct bs_mbox_unquote *unquote, struct bs_bytes chunk);

/* The message is over: gives what was held back. */
void bs_mbox_unquote_end(struct bs_mbox_unquote *unquote);

#endif
