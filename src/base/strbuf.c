/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing buffer with a limit; see strbuf.h. */
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void bs_strbuf_init(struct bs_strbuf *buf, size_t limit)
{
    *buf = (struct bs_strbuf){.limit = limit};
}

static size_t grown_capacity(const struct bs_strbuf *buf, size_t needed)
{
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity < needed)
        capacity = capacity > buf->limit / 2 ? buf->limit + 1 : capacity * 2;
    return capacity;
}

/* Memory of that size with what the buffer holds; NULL without any. */
static char *grow(struct bs_strbuf *buf, size_t capacity)
{
    if (buf->len > 0)
        return realloc(buf->ptr, capacity);
    char *grown = malloc(capacity); /* what stands in an empty buffer is not worth a copy */
    if (grown)
        free(buf->ptr);
    return grown;
}

/* Makes room for `more` bytes and the NUL; false, and failed, where that passes the limit. */
static bool reserve(struct bs_strbuf *buf, size_t more)
{
    if (buf->failed || more > buf->limit - buf->len) {
        buf->failed = true;
        return false;
    }
    size_t needed = buf->len + more + 1;
    if (needed <= buf->capacity)
        return true;
    size_t capacity = grown_capacity(buf, needed);
    char *grown = grow(buf, capacity);
    if (!grown) {
        buf->failed = true;
        return false;
    }
    buf->ptr = grown;
    buf->capacity = capacity;
    return true;
}

void bs_strbuf_reserve(struct bs_strbuf *buf, size_t more)
{
    size_t room = buf->limit - buf->len;
    if (reserve(buf, more < room ? more : room))
        buf->ptr[buf->len] = '\0';
}

void bs_strbuf_append(struct bs_strbuf *buf, struct bs_bytes bytes)
{
    if (!reserve(buf, bytes.len))
        return;
    if (bytes.len > 0)
        memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
    buf->len += bytes.len;
    buf->ptr[buf->len] = '\0';
}

void bs_strbuf_append_cstr(struct bs_strbuf *buf, const char *text)
{
    bs_strbuf_append(buf, bs_bytes_from_cstr(text));
}

void bs_strbuf_append_char(struct bs_strbuf *buf, char c)
{
    if (!reserve(buf, 1))
        return;
    buf->ptr[buf->len++] = c;
    buf->ptr[buf->len] = '\0';
}

void bs_strbuf_printf(struct bs_strbuf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bs_strbuf_vprintf(buf, format, args);
    va_end(args);
}

/* Most texts fit into the room that there is; others are written once more. */
void bs_strbuf_vprintf(struct bs_strbuf *buf, const char *format, va_list args)
{
    va_list again;
    size_t room = buf->failed ? 0 : buf->capacity - buf->len;
    va_copy(again, args);
    int length = vsnprintf(room > 0 ? buf->ptr + buf->len : NULL, room, format, args);
    if (length < 0)
        buf->failed = true;
    else if (reserve(buf, (size_t)length) && (size_t)length >= room)
        vsnprintf(buf->ptr + buf->len, (size_t)length + 1, format, again);
    va_end(again);
    if (!buf->failed)
        buf->len += (size_t)length;
    else if (room > 0)
        buf->ptr[buf->len] = '\0';
}

void bs_strbuf_consume(struct bs_strbuf *buf, size_t count)
{
    if (count == 0)
        return;
    memmove(buf->ptr, buf->ptr + count, buf->len - count + 1);
    buf->len -= count;
}

void bs_strbuf_free(struct bs_strbuf *buf)
{
    free(buf->ptr);
    bs_strbuf_init(buf, buf->limit);
}
