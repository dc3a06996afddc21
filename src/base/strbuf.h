/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A buffer of bytes that grows up to a declared limit. Once an append does not fit, or memory runs out, the
 * buffer is `failed`: it keeps what it had and ignores further appends, so that a caller checks once, at the end.
 * The bytes always have a NUL behind them that is not counted, except in a buffer that never held any.
 */
#ifndef BS_BASE_STRBUF_H
#define BS_BASE_STRBUF_H

#include "base/bytes.h"

#include <stdarg.h>

struct bs_strbuf {
    char *ptr; /* owned; NULL while nothing was appended */
    size_t len;
    size_t capacity;
    size_t limit; /* len never exceeds it */
    bool failed;
};

void bs_strbuf_init(struct bs_strbuf *buf, size_t limit);

/* Makes room at once for `more` bytes that are to be appended in pieces, as far as the limit lets them. */
void bs_strbuf_reserve(struct bs_strbuf *buf, size_t more);
void bs_strbuf_append(struct bs_strbuf *buf, struct bs_bytes bytes);
void bs_strbuf_append_cstr(struct bs_strbuf *buf, const char *text);
void bs_strbuf_append_char(struct bs_strbuf *buf, char c);
void bs_strbuf_printf(struct bs_strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bs_strbuf_vprintf(struct bs_strbuf *buf, const char *format, va_list args);

/* Takes the first `count` bytes off; `count` may not exceed the length. */
void bs_strbuf_consume(struct bs_strbuf *buf, size_t count);

/* Empties the buffer and gives its memory back; limit stays, failed is cleared. */
void bs_strbuf_free(struct bs_strbuf *buf);

/* What the buffer holds, valid until it changes. */
static inline struct bs_bytes bs_strbuf_bytes(const struct bs_strbuf *buf)
{
    return (struct bs_bytes){buf->ptr, buf->len};
}

/* The content as a C string: "" for an empty buffer. */
static inline const char *bs_strbuf_cstr(const struct bs_strbuf *buf)
{
    return buf->ptr ? buf->ptr : "";
}

#endif
