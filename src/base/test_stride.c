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
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_byte_that_a_comparison_holds_for_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
