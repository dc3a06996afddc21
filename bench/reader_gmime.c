/* SPDX-License-Identifier: BSD-2-Clause */
/* GMime's parse of a message into its tree, nothing decoded: the floor that bench-reader stands beside. */
#include "reader.h"

#include <gmime/gmime.h>

static void *begin(void)
{
    g_mime_init();
    return NULL;
}

static void read_message(void *state, struct bs_bytes message)
{
    (void)state;
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(message.ptr, message.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *parsed = g_mime_parser_construct_message(parser, NULL);
    if (parsed)
        g_object_unref(parsed);
    g_object_unref(parser);
    g_object_unref(stream);
}

const struct bench_way bench_way_gmime = {"gmime", begin, read_message};
