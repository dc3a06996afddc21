/* SPDX-License-Identifier: BSD-2-Clause */
/* The arena's promises: zeroed, aligned, apart, bounded. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct bs_arena arena;
    unsigned char *pieces[200];
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < 200; i++) {
        size_t size = i * 7 + 1;
        pieces[i] = bs_arena_take(&arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(pieces[i][at], 0);
        memset(pieces[i], (int)i, size);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t at = 0; at < i * 7 + 1; at++)
            assert_int_equal(pieces[i][at], i);
    }
    bs_arena_reset(&arena);
}

static void the_limit_holds_to_the_byte_and_is_whole_again_after_a_reset(void **state)
{
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, 1024);
    for (int round = 0; round < 2; round++) {
        assert_non_null(bs_arena_take(&arena, 512));
        assert_non_null(bs_arena_take(&arena, 512));
        assert_null(bs_arena_take(&arena, 1));
        bs_arena_reset(&arena);
    }
    assert_null(bs_arena_take(&arena, 1025));
    assert_null(bs_arena_take(&arena, SIZE_MAX));
    assert_null(bs_arena_take(&arena, SIZE_MAX - 8));
    assert_int_equal(arena.used, 0);
}

static void what_is_written_before_it_is_taken_is_kept(void **state)
{
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, 1024);
    for (size_t size = 1; size <= 64; size++) {
        char *peeked = bs_arena_peek(&arena, 64);
        if (!peeked)
            break;
        memset(peeked, (int)size, size);
        char *taken = bs_arena_take_unset(&arena, size);
        assert_ptr_equal(taken, peeked);
        assert_int_equal(taken[size - 1], size);
    }
    assert_in_range(arena.limit - arena.used, 0, 63);
    bs_arena_reset(&arena);
    assert_non_null(bs_arena_peek(&arena, 1024));
    assert_null(bs_arena_peek(&arena, 1025));
    assert_int_equal(arena.used, 0);
    bs_arena_reset(&arena);
}

static void a_cleared_arena_begins_anew_in_its_newest_block(void **state)
{
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, 1 << 20);
    bs_arena_clear(&arena);
    for (size_t i = 0; i < 100; i++)
        assert_non_null(bs_arena_take(&arena, 100));
    struct bs_arena_block *newest = arena.blocks;
    bs_arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_ptr_equal(arena.blocks, newest);
    char *piece = bs_arena_take(&arena, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(piece[i], 0);
    assert_ptr_equal(arena.blocks, newest);
    assert_null(bs_arena_take(&arena, 1 << 20));
    assert_non_null(bs_arena_take(&arena, 1 << 19)); /* a large piece is given back */
    bs_arena_clear(&arena);
    assert_null(arena.blocks);
    assert_non_null(bs_arena_take(&arena, 1 << 20));
    bs_arena_reset(&arena);
}

static void a_copy_ends_in_a_nul_and_keeps_those_inside(void **state)
{
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, 1024);
    struct bs_bytes copy = bs_arena_copy(&arena, bs_bytes("a\0b", 3));
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.ptr, "a\0b", 4);
    copy = bs_arena_copy(&arena, bs_bytes(NULL, 0));
    assert_string_equal(copy.ptr, "");
    bs_arena_reset(&arena);
}

static void printf_past_the_limit_gives_nothing(void **state)
{
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, 16);
    assert_string_equal(bs_arena_printf(&arena, "%d-%s", 7, "seven"), "7-seven");
    assert_null(bs_arena_printf(&arena, "x"));
    bs_arena_reset(&arena);
    assert_null(bs_arena_printf(&arena, "%20d", 1));
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_limit_holds_to_the_byte_and_is_whole_again_after_a_reset),
        cmocka_unit_test(what_is_written_before_it_is_taken_is_kept),
        cmocka_unit_test(a_cleared_arena_begins_anew_in_its_newest_block),
        cmocka_unit_test(a_copy_ends_in_a_nul_and_keeps_those_inside),
        cmocka_unit_test(printf_past_the_limit_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
