/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of blocks that are filled in order; see arena.h. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_BLOCK = 512,
    LARGEST_BLOCK = 64 * 1024,
    NEAR_TEXT = 256, /* bytes; a longer text is written twice */
};

struct bs_arena_block {
    struct bs_arena_block *next;
    size_t size;
    alignas(max_align_t) char data[];
};

void bs_arena_init(struct bs_arena *arena, size_t limit)
{
    *arena = (struct bs_arena){.limit = limit};
}

static size_t next_block_size(const struct bs_arena *arena, size_t at_least)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    return size < at_least ? at_least : size;
}

static bool add_block(struct bs_arena *arena, size_t at_least)
{
    size_t size = next_block_size(arena, at_least);
    struct bs_arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return false;
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->rest = block->data;
    arena->room = size;
    return true;
}

void *bs_arena_take_or_grow(struct bs_arena *arena, size_t size)
{
    if (size > arena->limit)
        return NULL;
    size_t padded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (padded > arena->limit - arena->used)
        return NULL;
    if ((!arena->blocks || padded > arena->room) && !add_block(arena, padded))
        return NULL;
    void *piece = arena->rest;
    arena->rest += padded;
    arena->room -= padded;
    arena->used += padded;
    return piece;
}

char *bs_arena_peek_or_grow(struct bs_arena *arena, size_t size)
{
    size_t padded = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (size > arena->limit || padded > arena->limit - arena->used)
        return NULL;
    return padded <= arena->room || add_block(arena, padded) ? arena->rest : NULL;
}

void *bs_arena_take(struct bs_arena *arena, size_t size)
{
    void *piece = bs_arena_take_unset(arena, size);
    return piece ? memset(piece, 0, size) : NULL;
}

struct bs_bytes bs_arena_copy(struct bs_arena *arena, struct bs_bytes bytes)
{
    char *copy = bytes.len < SIZE_MAX ? bs_arena_take_unset(arena, bytes.len + 1) : NULL;
    if (!copy)
        return (struct bs_bytes){NULL, 0};
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    copy[bytes.len] = '\0';
    return (struct bs_bytes){copy, bytes.len};
}

char *bs_arena_printf(struct bs_arena *arena, const char *format, ...)
{
    va_list args;
    char near[NEAR_TEXT];
    va_start(args, format);
    int length = vsnprintf(near, sizeof near, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : bs_arena_take_unset(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    if ((size_t)length < sizeof near)
        return memcpy(text, near, (size_t)length + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void bs_arena_reset(struct bs_arena *arena)
{
    while (arena->blocks) {
        struct bs_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->room = arena->used = 0;
}

void bs_arena_clear(struct bs_arena *arena)
{
    struct bs_arena_block *kept = arena->blocks;
    if (!kept || kept->size > LARGEST_BLOCK) {
        bs_arena_reset(arena);
        return;
    }
    arena->blocks = kept->next;
    bs_arena_reset(arena);
    kept->next = NULL;
    arena->blocks = kept;
    arena->rest = kept->data;
    arena->room = kept->size;
}
