/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The leaves of messages as we read them and as GMime does. `mime-parts` reads names of files, a line each, and
 * answers with a line of JSON: two lists of leaves, each with its type, its text (where it is text and not HTML), its
 * file name, and whether we cut it; and the subject, twice.
 */
#include "base/json.h"
#include "message/parts.h"

#include <gmime/gmime.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { FILE_SIZE_MAX = 64 << 20, OUTPUT_MAX = 64 << 20 };

struct leaves {
    struct bs_strbuf *out;
    size_t count;
};

static void append_leaf(struct leaves *leaves, struct bs_bytes type, struct bs_bytes text, struct bs_bytes name, bool cut)
{
    bs_strbuf_append_cstr(leaves->out, leaves->count++ > 0 ? ", [" : "[");
    bs_json_append_string(leaves->out, type);
    bs_strbuf_append_cstr(leaves->out, ", ");
    bs_json_append_string(leaves->out, text);
    bs_strbuf_append_cstr(leaves->out, ", ");
    bs_json_append_string(leaves->out, name);
    bs_strbuf_append_cstr(leaves->out, cut ? ", true]" : ", false]");
}

static void append_subject(struct leaves *leaves, struct bs_bytes subject)
{
    bs_strbuf_append_cstr(leaves->out, "], ");
    bs_json_append_string(leaves->out, subject);
}

static void append_ours(struct leaves *leaves, struct bs_bytes message)
{
    struct bs_arena arena;
    struct bs_parts parts;
    bs_arena_init(&arena, BS_PARTS_MEMORY);
    bs_parts_init(&parts, &arena);
    bs_parts_push(&parts, message);
    bs_parts_finish(&parts);
    for (size_t i = 0; i < parts.count; i++) {
        struct bs_part *part = &parts.items[i];
        if (part->media == BS_MEDIA_MULTIPART || part->media == BS_MEDIA_MESSAGE)
            continue;
        struct bs_bytes type = part->type.len > 0 ? part->type : BS_LITERAL("text/plain");
        struct bs_bytes text = bs_part_text(part);
        append_leaf(leaves, type, part->media == BS_MEDIA_TEXT ? text : bs_bytes(NULL, 0), part->name, part->cut);
    }
    append_subject(leaves, bs_header_text(&parts.header, "Subject", &arena));
    bs_arena_reset(&arena);
}

static void append_gmime(struct leaves *leaves, GMimeObject *object)
{
    if (GMIME_IS_MULTIPART(object)) {
        GMimeMultipart *multipart = GMIME_MULTIPART(object);
        for (int i = 0; i < g_mime_multipart_get_count(multipart); i++)
            append_gmime(leaves, g_mime_multipart_get_part(multipart, i));
        return;
    }
    if (GMIME_IS_MESSAGE_PART(object)) {
        GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
        if (message && g_mime_message_get_mime_part(message))
            append_gmime(leaves, g_mime_message_get_mime_part(message));
        return;
    }
    char *type = object ? g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object)) : NULL;
    char *text = object && GMIME_IS_TEXT_PART(object) ? g_mime_text_part_get_text(GMIME_TEXT_PART(object)) : NULL;
    const char *name = object && GMIME_IS_PART(object) ? g_mime_part_get_filename(GMIME_PART(object)) : NULL;
    struct bs_strbuf lower;
    bs_strbuf_init(&lower, 1000);
    for (const char *c = type; c && *c; c++)
        bs_strbuf_append_char(&lower, bs_ascii_lower(*c));
    append_leaf(leaves, bs_strbuf_bytes(&lower), bs_bytes_from_cstr(text), bs_bytes_from_cstr(name), false);
    bs_strbuf_free(&lower);
    g_free(type);
    g_free(text);
}

static void parse_with_gmime(struct leaves *leaves, struct bs_bytes bytes)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.ptr, bytes.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    if (message && g_mime_message_get_mime_part(message))
        append_gmime(leaves, g_mime_message_get_mime_part(message));
    append_subject(leaves, bs_bytes_from_cstr(message ? g_mime_message_get_subject(message) : NULL));
    if (message)
        g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
}

static bool print_file(const char *path)
{
    static char bytes[FILE_SIZE_MAX];
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    struct bs_bytes message = bs_bytes(bytes, fread(bytes, 1, sizeof bytes, file));
    fclose(file);
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_cstr(&out, "[[");
    append_ours(&(struct leaves){.out = &out}, message);
    bs_strbuf_append_cstr(&out, ", [");
    parse_with_gmime(&(struct leaves){.out = &out}, message);
    bs_strbuf_append_cstr(&out, "]");
    puts(bs_strbuf_cstr(&out));
    fflush(stdout);
    bs_strbuf_free(&out);
    return true;
}

int main(void)
{
    char path[PATH_MAX];
    g_mime_init();
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = '\0';
        if (!print_file(path))
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
