/* SPDX-License-Identifier: BSD-2-Clause */
/* A stride finds the first byte of a class, wherever it stands and whatever its sign. */
#include "base/stride.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_first_byte_that_a_comparison_holds_for_is_found(void **state)
{
    char bytes[3 * BS_STRIDE];
    (void)state;
    for (size_t begin = 0; begin < BS_STRIDE; begin++) {
        for (size_t place = 0; place <= BS_STRIDE; place++) {
            memset(bytes, 'x', sizeof bytes);
            bytes[begin + place] = '\xff';
            bytes[begin + BS_STRIDE + 1] = '\n';
            assert_int_equal(bs_stride_first(bs_stride_at(bytes + begin) < 0), place);
            assert_int_equal(bs_stride_first(bs_stride_at(bytes + begin) == 'x'), place == 0);
            assert_int_equal(bs_stride_first(bs_stride_at(bytes + begin) == '\n'), BS_STRIDE);
            for (size_t count = 0; count <= BS_STRIDE; count++)
                assert_int_equal(bs_stride_first_behind(bs_stride_at(bytes + begin) < 0, count),
                                 count <= place ? place : BS_STRIDE);
            assert_int_equal(bs_stride_first_not(bs_stride_at(bytes + begin) == 'x'), place);
        }
    }
}

static void of_two_strides_the_first_byte_of_both_is_found(void **state)
{
    char bytes[2 * BS_STRIDE];
    (void)state;
    for (size_t place = 0; place <= sizeof bytes; place++) {
        memset(bytes, 'x', sizeof bytes);
        memset(bytes + place, '-', sizeof bytes - place);
        BS_STRIDE_OF_BYTES dash = bs_stride_at(bytes) == '-', next_dash = bs_stride_at(bytes + BS_STRIDE) == '-';
        assert_int_equal(bs_stride_first_of_two(dash, next_dash), place);
        assert_int_equal(bs_stride_first_not_of_two(dash == 0, next_dash == 0), place);
        assert_int_equal(bs_stride_any(dash), place < BS_STRIDE);
        assert_int_equal(bs_stride_any(next_dash), place < sizeof bytes);
    }
}

static void bytes_within_a_range_of_ascii_are_told_from_others(void **state)
{
    char bytes[BS_STRIDE];
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        memset(bytes, byte, sizeof bytes);
        assert_int_equal(bs_stride_any(bs_stride_behind(bs_stride_at(bytes), '\x1f')), byte >= ' ' && byte <= '~');
        assert_int_equal(bs_stride_any(bs_stride_behind(bs_stride_at(bytes), ' ')), byte > ' ' && byte <= '~');
        assert_int_equal(bs_stride_any(bs_stride_between(bs_stride_at(bytes), 'a', 'z')), byte >= 'a' && byte <= 'z');
        assert_int_equal(bs_stride_any(bs_stride_between(bs_stride_at(bytes), '0', '0')), byte == '0');
        assert_int_equal(bs_stride_any(bs_stride_between(bs_stride_at(bytes), '\1', '\x7f')), byte > 0 && byte < 0x80);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_byte_that_a_comparison_holds_for_is_found),
        cmocka_unit_test(of_two_strides_the_first_byte_of_both_is_found),
        cmocka_unit_test(bytes_within_a_range_of_ascii_are_told_from_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
