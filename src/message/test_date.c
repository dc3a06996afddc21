/* SPDX-License-Identifier: BSD-2-Clause */
/* Date fields as they are and as they should not be. */
#include "message/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOON = 1787313600 }; /* 2026-08-21T12:00:00Z */

static void a_date_is_read_in_every_form_of_rfc_5322(void **state)
{
    (void)state;
    static const char *const cases[] = {
        " Fri, 21 Aug 2026 12:00:00 +0000",
        "21 Aug 2026 12:00 GMT",
        " Fri, 21 Aug 2026\r\n 14:00:00 +0200 (CEST)",
        "Fri,21 aug 26 07:00:00 CDT",
        "(a (nested) comment) Fri, 21 Aug (another) 2026 08:00:00 -0400",
        "21 Aug 126 12:00:00 Z",
        "Fri, 21 Aug 2026 12:00:00",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t seconds = 0;
        assert_true(bs_date_parse(bs_bytes_from_cstr(cases[i]), &seconds));
        assert_int_equal(seconds, NOON);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "", "Fri,", "tomorrow", "Fri, 21 Foo 2026 12:00:00 +0000", "Fri, 31 Jun 2026 12:00:00 +0000",
        "Fri, 21 Aug 2026 25:00:00 +0000", "Fri, 21 Aug 2026 12 +0000", "Fri, 21 Aug 2026 12:00:00:00 +0000",
        "Fri, 121 Aug 2026 12:00:00 +0000", "Fri, 21 Aug 1969 12:00:00 +0000", "Fri, 21 Aug 20260 12:00:00 +0000",
        "(never closed Fri, 21 Aug 2026 12:00:00 +0000",
    };
    int64_t seconds;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_false(bs_date_parse(bs_bytes_from_cstr(cases[i]), &seconds));
}

static void a_date_field_has_512_bytes_at_most(void **state)
{
    (void)state;
    char text[BS_DATE_SIZE_MAX + 2];
    int64_t seconds;
    memset(text, ' ', sizeof text);
    memcpy(text, "21 Aug 2026 12:00 GMT", 21);
    assert_true(bs_date_parse(bs_bytes(text, BS_DATE_SIZE_MAX), &seconds));
    assert_false(bs_date_parse(bs_bytes(text, BS_DATE_SIZE_MAX + 1), &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_read_in_every_form_of_rfc_5322),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(a_date_field_has_512_bytes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
