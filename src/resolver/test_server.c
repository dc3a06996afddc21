/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of name servers as people write them. */
#include "resolver/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void addresses_may_have_a_port_and_then_ipv6_has_brackets(void **state)
{
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1@53"},
        {"192.0.2.1:5353", "192.0.2.1@5353"},
        {"192.0.2.1:65535", "192.0.2.1@65535"},
        {"2001:db8::1", "2001:db8::1@53"},
        {"[2001:db8::1]", "2001:db8::1@53"},
        {"[2001:db8::1]:1", "2001:db8::1@1"},
        {"[192.0.2.1]:53", "192.0.2.1@53"},
        {"192.0.2.1:", NULL},
        {"192.0.2.1:0", NULL},
        {"192.0.2.1:65536", NULL},
        {"192.0.2.1:000053", NULL},
        {"192.0.2.1:+5", NULL},
        {"192.0.2.1@53", NULL},
        {"[2001:db8::1", NULL},
        {"[2001:db8::1]53", NULL},
        {"[2001:db8::1]:", NULL},
        {"[]:53", NULL},
        {"ns.example.com", NULL},
        {"", NULL},
        {":53", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[BS_SERVER_TEXT];
        struct bs_error error = {""};
        bool read = bs_server_parse(cases[i].text, text, &error);
        assert_int_equal(read, cases[i].expected != NULL);
        if (read)
            assert_string_equal(text, cases[i].expected);
        else
            assert_non_null(strstr(error.text, "is no name server"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_may_have_a_port_and_then_ipv6_has_brackets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
