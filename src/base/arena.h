/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for one transaction: take pieces, never give one back, drop them all at once. An arena has a limit, so
 * that what a peer sends can never take more than it; a request past the limit returns NULL, as does one for
 * which the system has no memory. What an arena hands out is valid until bs_arena_reset or bs_arena_clear.
 */
#ifndef BS_BASE_ARENA_H
#define BS_BASE_ARENA_H

#include "base/bytes.h"

#include <stdalign.h>
#include <stdint.h>

struct bs_arena {
    struct bs_arena_block *blocks; /* newest first */
    char *rest;                    /* of the newest block, what is not handed out yet */
    size_t room;                   /* bytes of that */
    size_t used;                   /* bytes handed out since the last reset or clear, padding included */
    size_t limit;                  /* bytes at most */
};

/* An empty arena; it takes no memory before the first request. */
void bs_arena_init(struct bs_arena *arena, size_t limit);

/* `size` zeroed bytes aligned for any type, or NULL past the limit. */
void *bs_arena_take(struct bs_arena *arena, size_t size);

/* Private: the same as bs_arena_take_unset and bs_arena_peek, also where the newest block is used up. */
void *bs_arena_take_or_grow(struct bs_arena *arena, size_t size);
char *bs_arena_peek_or_grow(struct bs_arena *arena, size_t size);

/* The same, but whatever the memory held: for what is written in full at once. */
static inline void *bs_arena_take_unset(struct bs_arena *arena, size_t size)
{
    size_t padded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (size >= arena->room || padded > arena->limit - arena->used)
        return bs_arena_take_or_grow(arena, size);
    void *piece = arena->rest;
    arena->rest += padded;
    arena->room -= padded;
    arena->used += padded;
    return piece;
}

/* Where the next piece will lie if it has at most `size` bytes: they may be written before they are taken. NULL past
 * the limit. */
static inline char *bs_arena_peek(struct bs_arena *arena, size_t size)
{
    size_t padded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (size >= arena->room || padded > arena->limit - arena->used)
        return bs_arena_peek_or_grow(arena, size);
    return arena->rest;
}

/* A copy, with a NUL behind it that is not counted in its length; ptr is NULL past the limit. */
struct bs_bytes bs_arena_copy(struct bs_arena *arena, struct bs_bytes bytes);

/* The text that printf would write, in the arena, as a C string; NULL past the limit. */
char *bs_arena_printf(struct bs_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets everything that was taken and gives all memory back. */
void bs_arena_reset(struct bs_arena *arena);

/* Forgets everything that was taken and keeps the newest block for what comes next, unless that was for a large piece. */
void bs_arena_clear(struct bs_arena *arena);

#endif
