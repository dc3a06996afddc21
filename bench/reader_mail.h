/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages for bench-reader: those of folders, byte for byte, or made-up ordinary mail with attachments: a text, its
 * HTML twin and files in base64, 250 kB on average; a third has no file. The same count gives the same messages.
 */
#ifndef BENCH_READER_MAIL_H
#define BENCH_READER_MAIL_H

#include "base/bytes.h"

enum { BENCH_MAIL_MAX = 20000, BENCH_MAIL_SIZE_MAX = 64 << 20 };

struct bench_mail {
    struct bs_bytes *items; /* each in memory of its own */
    size_t count;
    size_t size; /* of all */
};

/* Adds the files of a folder that end in .eml; false where it cannot be read. */
bool bench_mail_read(struct bench_mail *mail, const char *folder);

/* Adds `count` messages with attachments. */
bool bench_mail_make(struct bench_mail *mail, size_t count);

#endif
