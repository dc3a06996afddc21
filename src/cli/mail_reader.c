/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading messages for what they are; see mail_reader.h. */
#include "cli/mail_reader.h"

#include <errno.h>
#include <stdlib.h>

bool bs_mail_reader_init(struct bs_mail_reader *reader, const struct bs_rules *rules)
{
    *reader = (struct bs_mail_reader){.scan = bs_rules_scan_new(rules), .piece = malloc(BS_MAIL_PIECE)};
    bs_arena_init(&reader->arena, BS_MAIL_READER_MEMORY);
    if (reader->scan && reader->piece)
        return true;
    bs_mail_reader_free(reader);
    return false;
}

void bs_mail_reader_free(struct bs_mail_reader *reader)
{
    if (reader->scan)
        bs_rules_scan_free(reader->scan);
    free(reader->piece);
    bs_arena_reset(&reader->arena);
    *reader = (struct bs_mail_reader){.scan = NULL};
}

static void push(void *context, struct bs_bytes bytes)
{
    struct bs_mail_reader *reader = context;
    if (reader->bytes_read)
        atomic_fetch_add_explicit(reader->bytes_read, bytes.len, memory_order_relaxed);
    bs_parts_push(&reader->parts, bytes);
}

bool bs_mail_reader_read(struct bs_mail_reader *reader, const struct bs_mail *mail)
{
    bs_arena_clear(&reader->arena);
    bs_parts_init(&reader->parts, &reader->arena);
    bool whole = bs_mail_read(mail, reader->piece, push, reader);
    int error = errno;
    bs_parts_finish(&reader->parts);
    bool made = bs_reading_make(&reader->parts, reader->scan, &reader->arena, &reader->reading);
    if (!made)
        reader->reading = (struct bs_reading){.kind = BS_KIND_NONE, .sign = "none"};
    if (!made || reader->parts.failed)
        reader->reading.limit = "BS_MAIL_READER_MEMORY";
    errno = error;
    return whole;
}
