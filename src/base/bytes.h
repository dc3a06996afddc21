/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A view of bytes that somebody else owns. The bytes may hold NUL and need not end in one. Whoever returns a
 * view says from what it borrows and until when it is valid. Comparing without case folds ASCII only, as SMTP
 * and DNS do (RFC 5321 section 2.4, RFC 4343).
 */
#ifndef BS_BASE_BYTES_H
#define BS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bs_bytes {
    const char *ptr; /* may be NULL only where len is 0 */
    size_t len;
};

/* For printf: printf("%.*s", BS_BYTES_ARG(b)). */
#define BS_BYTES_ARG(b) ((int)(b).len), ((b).ptr ? (b).ptr : "")

/* A view of a string literal, its NUL left out. */
#define BS_LITERAL(s) ((struct bs_bytes){("" s), sizeof(s) - 1})

static inline struct bs_bytes bs_bytes(const void *ptr, size_t len)
{
    return (struct bs_bytes){ptr, len};
}

static inline struct bs_bytes bs_bytes_from_cstr(const char *text)
{
    return text ? (struct bs_bytes){text, strlen(text)} : (struct bs_bytes){NULL, 0};
}

/* `bytes` without its first `count` bytes; `count` may not exceed its length. */
static inline struct bs_bytes bs_bytes_skip(struct bs_bytes bytes, size_t count)
{
    return count == 0 ? bytes : (struct bs_bytes){bytes.ptr + count, bytes.len - count};
}

static inline struct bs_bytes bs_bytes_first(struct bs_bytes bytes, size_t count)
{
    return (struct bs_bytes){bytes.ptr, count < bytes.len ? count : bytes.len};
}

static inline bool bs_bytes_equal(struct bs_bytes a, struct bs_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline char bs_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool bs_ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether `len` bytes of both are the same but for case. */
bool bs_bytes_match_nocase(const char *a, const char *b, size_t len);

static inline bool bs_bytes_starts_nocase(struct bs_bytes bytes, struct bs_bytes prefix)
{
    if (bytes.len < prefix.len || prefix.len == 0)
        return prefix.len == 0;
    bool differs = (bytes.ptr[0] ^ prefix.ptr[0]) & ~('a' ^ 'A'); /* as it is most times */
    return !differs && bs_bytes_match_nocase(bytes.ptr, prefix.ptr, prefix.len);
}

bool bs_bytes_contains_nocase(struct bs_bytes bytes, struct bs_bytes needle);

static inline bool bs_bytes_equal_nocase(struct bs_bytes a, struct bs_bytes b)
{
    return a.len == b.len && bs_bytes_starts_nocase(a, b);
}

/* The offset of the first `c`, or bytes.len where there is none. */
static inline size_t bs_bytes_find(struct bs_bytes bytes, char c)
{
    const char *at = bytes.len > 0 ? (const char *)memchr(bytes.ptr, c, bytes.len) : NULL;
    return at ? (size_t)(at - bytes.ptr) : bytes.len;
}

/* The same of the first place where the needle stands; 0 for an empty one. For needles that are known: it takes long where
 * their first and last byte stand at many places of the text, and memmem does not. */
size_t bs_bytes_find_text(struct bs_bytes bytes, struct bs_bytes needle);

/* The same of the last `c`. */
size_t bs_bytes_find_last(struct bs_bytes bytes, char c);

/* Without the blanks and tabs, CRs and LFs at both ends. */
struct bs_bytes bs_bytes_trim(struct bs_bytes bytes);

#endif
