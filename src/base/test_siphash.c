/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash beside the values of its authors' paper and reference vectors. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint64_t key[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

static void the_reference_vectors_come_out(void **state)
{
    static const struct {
        size_t length;
        uint64_t hash;
    } rows[] = {
        {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd}, {7, 0xab0200f58b01d137},
        {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5}, {63, 0x958a324ceb064572},
    };
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(bs_siphash(key, bs_bytes(text, rows[i].length)) == rows[i].hash);
}

static void pieces_do_not_matter(void **state)
{
    struct bs_siphash hash;
    struct bs_bytes text = BS_LITERAL("a text of more than eight bytes");
    (void)state;
    for (size_t cut = 0; cut <= text.len; cut++) {
        bs_siphash_init(&hash, key);
        bs_siphash_push(&hash, bs_bytes_first(text, cut));
        bs_siphash_push(&hash, bs_bytes_skip(text, cut));
        assert_true(bs_siphash_done(&hash) == bs_siphash(key, text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_vectors_come_out),
        cmocka_unit_test(pieces_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
