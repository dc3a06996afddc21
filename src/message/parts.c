/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a message; see parts.h, and mime.h for how they are read. */
#include "message/parts.h"

#include "message/mime.h"

void bs_parts_init(struct bs_parts *parts, struct bs_arena *arena)
{
    *parts = (struct bs_parts){.count = 0};
    bs_header_init(&parts->header, arena);
    parts->reader = bs_mime_new(arena);
    parts->failed = !parts->reader;
    if (parts->reader)
        bs_mime_init(parts->reader, parts, parts->reader, BS_MIME_NO_PART);
}

void bs_parts_push(struct bs_parts *parts, struct bs_bytes chunk)
{
    parts->size += chunk.len;
    if (parts->reader)
        bs_mime_read(parts->reader, chunk);
}

void bs_parts_field(struct bs_parts *parts, struct bs_bytes name, struct bs_bytes body)
{
    parts->size += name.len + 1 + body.len + 2;
    bs_header_add(&parts->header, name, body);
}

void bs_parts_fields(struct bs_parts *parts, const struct bs_header *header)
{
    parts->size += header->size;
    bs_header_copy(&parts->header, header);
}

void bs_parts_end_of_header(struct bs_parts *parts)
{
    parts->size += 2;
    if (parts->reader)
        bs_mime_begin_body(parts->reader);
}

void bs_parts_finish(struct bs_parts *parts)
{
    if (parts->reader)
        bs_mime_finish(parts->reader);
    bs_header_finish(&parts->header);
    parts->reader = NULL;
}

size_t bs_parts_collected(const struct bs_parts *parts)
{
    size_t sum = 0;
    for (const struct bs_mime *mime = parts->reader; mime; mime = mime->inner)
        sum += mime->content.bytes.capacity + mime->part_header.capacity;
    return sum;
}
