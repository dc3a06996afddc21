/* SPDX-License-Identifier: BSD-2-Clause */
/* Organizational Domains by the Public Suffix List. */
#include "auth/suffix_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_name_belongs_to_the_one_below_its_public_suffix(void **state)
{
    static const struct {
        const char *name, *organization;
    } cases[] = {
        {"example.com", "example.com"},     {"a.b.example.com", "example.com"}, {"A.Example.COM", "example.com"},
        {"a.b.example.co.uk", "example.co.uk"}, {"co.uk", ""},                 {"com", ""},
        {"", ""},                           {"a..example.com", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_arena arena;
        bs_arena_init(&arena, 1024);
        struct bs_bytes found = bs_suffix_list_organization(bs_bytes_from_cstr(cases[i].name), &arena);
        if (!bs_bytes_equal(found, bs_bytes_from_cstr(cases[i].organization)))
            fail_msg("%s: %.*s", cases[i].name, BS_BYTES_ARG(found));
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_belongs_to_the_one_below_its_public_suffix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
