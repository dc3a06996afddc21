/* SPDX-License-Identifier: BSD-2-Clause */
/* The MTA's copy of a message; see message.h. */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIELDS_MAX = 4000, FIELD_MAX = 64 * 1024 * 1024 };

void message_clear(struct message *message)
{
    for (size_t i = 0; i < message->count; i++)
        free(message->fields[i]);
    free(message->fields);
    bs_strbuf_free(&message->body);
    *message = (struct message){.count = 0};
    bs_strbuf_init(&message->body, FIELD_MAX);
}

static void insert_field(struct message *message, size_t place, struct bs_bytes text)
{
    if (message->count == FIELDS_MAX)
        return;
    if (!message->fields)
        message->fields = calloc(FIELDS_MAX, sizeof *message->fields);
    if (place > message->count)
        place = message->count;
    memmove(message->fields + place + 1, message->fields + place, (message->count - place) * sizeof *message->fields);
    message->fields[place] = strndup(text.ptr, text.len);
    message->count++;
}

static void remove_field(struct message *message, size_t place)
{
    free(message->fields[place]);
    message->count--;
    memmove(message->fields + place, message->fields + place + 1, (message->count - place) * sizeof *message->fields);
}

void message_read(struct message *message, struct bs_bytes text)
{
    message_clear(message);
    while (text.len > 0 && text.ptr[0] != '\n') {
        size_t end = bs_bytes_find(text, '\n');
        while (end + 1 < text.len && (text.ptr[end + 1] == ' ' || text.ptr[end + 1] == '\t'))
            end += 1 + bs_bytes_find(bs_bytes_skip(text, end + 1), '\n');
        size_t size = end < text.len ? end + 1 : text.len;
        if (bs_bytes_find(text, ':') > end)
            break;
        insert_field(message, message->count, bs_bytes_first(text, size));
        text = bs_bytes_skip(text, size);
    }
    bs_strbuf_append(&message->body, text.len > 0 ? bs_bytes_skip(text, 1) : text);
}

void message_write(const struct message *message, struct bs_strbuf *out)
{
    for (size_t i = 0; i < message->count; i++)
        bs_strbuf_append_cstr(out, message->fields[i]);
    bs_strbuf_append_char(out, '\n');
    bs_strbuf_append(out, bs_strbuf_bytes(&message->body));
}

static bool is_called(const char *field, struct bs_bytes name)
{
    struct bs_bytes text = bs_bytes_from_cstr(field);
    return bs_bytes_equal_nocase(bs_bytes_trim(bs_bytes_first(text, bs_bytes_find(text, ':'))), name);
}

/* The n-th field of the name, counted from 1; message->count where there is none. */
static size_t find_field(const struct message *message, struct bs_bytes name, uint32_t index)
{
    for (size_t i = 0; i < message->count; i++) {
        if (is_called(message->fields[i], name) && --index == 0)
            return i;
    }
    return message->count;
}

static void add_field(struct message *message, const struct bs_milter_answer *change, size_t place)
{
    struct bs_strbuf field;
    bs_strbuf_init(&field, FIELD_MAX);
    bs_strbuf_printf(&field, "%.*s:%.*s\n", BS_BYTES_ARG(change->header.name), BS_BYTES_ARG(change->header.value));
    insert_field(message, place, bs_strbuf_bytes(&field));
    bs_strbuf_free(&field);
}

static void change_field(struct message *message, const struct bs_milter_answer *change)
{
    size_t place = find_field(message, change->header.name, change->header.index);
    if (place < message->count)
        remove_field(message, place);
    if (change->header.value.len > 0)
        add_field(message, change, place);
}

bool message_change(struct message *message, const struct bs_milter_answer *change)
{
    switch (change->code) {
    case BS_MILTER_INSERT_HEADER:
        add_field(message, change, change->header.index);
        return true;
    case BS_MILTER_CHANGE_HEADER:
        change_field(message, change);
        return true;
    case BS_MILTER_QUARANTINE:
        snprintf(message->held, sizeof message->held, "%.*s", BS_BYTES_ARG(change->text));
        return true;
    default:
        return false;
    }
}

bool message_has(const struct message *message, const char *text)
{
    for (size_t i = 0; i < message->count; i++) {
        char *field = strdup(message->fields[i]), *to = field;
        for (const char *from = field; *from; from++) {
            bool folds = *from == '\n' && (from[1] == ' ' || from[1] == '\t');
            bool blank = folds || *from == '\t' || *from == ' ';
            if (!(blank && to > field && to[-1] == ' '))
                *to++ = blank ? ' ' : *from;
        }
        *to = '\0';
        bool found = strstr(field, text) != NULL;
        free(field);
        if (found)
            return true;
    }
    return false;
}
