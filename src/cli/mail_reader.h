/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads messages one after another for what they are: what one thread needs for that. See bounce/reading.h. */
#ifndef BS_CLI_MAIL_READER_H
#define BS_CLI_MAIL_READER_H

#include "bounce/reading.h"
#include "cli/mail_source.h"

enum {
    BS_MAIL_READER_MEMORY = 8 << 20, /* bytes for the parts of a message, its reading and what is made of these */
    BS_RULE_FILES_MAX = 32,          /* files of --rules */
};

struct bs_mail_reader {
    struct bs_rules_scan *scan;
    char *piece;
    struct bs_arena arena; /* emptied with each message */
    struct bs_parts parts;
    struct bs_reading reading; /* `limit` also where memory was not enough */
    atomic_ullong *bytes_read; /* counts what is read, or NULL */
};

/* False without memory. */
bool bs_mail_reader_init(struct bs_mail_reader *reader, const struct bs_rules *rules);
void bs_mail_reader_free(struct bs_mail_reader *reader);

/* Reads the message; `parts` and `reading` are valid until the next. False with errno where it cannot be read to its
 * end. */
bool bs_mail_reader_read(struct bs_mail_reader *reader, const struct bs_mail *mail);

#endif
