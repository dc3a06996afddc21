/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was read in a message, as `backstop classify`, `backstop scan` and `backstop explain` show it. The names of
 * the object's members are described in backstop-classify(1).
 */
#ifndef BS_CLI_READING_PRINT_H
#define BS_CLI_READING_PRINT_H

#include "base/strbuf.h"
#include "bounce/reading.h"
#include "cli/mail_source.h"

/* What the message says as a whole: that of its first recipient that failed, or of which delivery was delayed. */
struct bs_reading_summary {
    const struct bs_reported_recipient *recipient; /* NULL: none */
    struct bs_bytes status;                        /* empty: not told */
    const char *reason;                            /* NULL: not told */
    const char *hard;                              /* "true", "false" or "null" */
};

struct bs_reading_summary bs_reading_summarise(const struct bs_reading *reading);

/* Whether the recipient is one that the message is about: failed, in a message that says so; delayed, in one of
 * that. */
bool bs_reading_concerns(const struct bs_reading *reading, const struct bs_reported_recipient *recipient);

/* Appends `"file": …` and, in an mbox of several messages, which it is. */
void bs_reading_append_place(const struct bs_mail *mail, struct bs_strbuf *out);

/* Appends the members from `kind` on, which are not the first of the object. */
void bs_reading_append(const struct bs_parts *parts, const struct bs_reading *reading, struct bs_arena *arena,
                       struct bs_strbuf *out);

/* Appends FILE or FILE:INDEX, what a stranger wrote with `?` for control characters. */
void bs_reading_append_name(const struct bs_mail *mail, struct bs_strbuf *out);

/* Appends kind, recipients, status and reason, with a tab before each, and `-` for what is not told. */
void bs_reading_append_line(const struct bs_reading *reading, struct bs_strbuf *out);

/* A member `"name": "text"`, null where the text is empty. */
void bs_reading_append_text(struct bs_strbuf *out, const char *name, struct bs_bytes text);

#endif
