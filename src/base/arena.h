/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory for one transaction: take pieces, never give one back, drop them all at once. An arena has a limit, so
 * that what a peer sends can never take more than it; a request past the limit returns NULL, as does one for
 * which the system has no memory. What an arena hands out is valid until bs_arena_reset or bs_arena_free.
 */
#ifndef BS_BASE_ARENA_H
#define BS_BASE_ARENA_H

#include "base/bytes.h"

#include <stdint.h>

struct bs_arena {
    struct bs_arena_block *blocks; /* newest first */
    size_t used;                   /* bytes handed out since the last reset, padding included */
    size_t limit;                  /* bytes at most */
};

/* An empty arena; it takes no memory before the first request. */
void bs_arena_init(struct bs_arena *arena, size_t limit);

/* `size` zeroed bytes aligned for any type, or NULL past the limit. */
void *bs_arena_take(struct bs_arena *arena, size_t size);

/* The same, but whatever the memory held: for what is written in full at once. */
void *bs_arena_take_unset(struct bs_arena *arena, size_t size);

/* A copy, with a NUL behind it that is not counted in its length; ptr is NULL past the limit. */
struct bs_bytes bs_arena_copy(struct bs_arena *arena, struct bs_bytes bytes);

/* The text that printf would write, in the arena, as a C string; NULL past the limit. */
char *bs_arena_printf(struct bs_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Forgets everything that was taken and gives all memory back. */
void bs_arena_reset(struct bs_arena *arena);

#endif
