/* SPDX-License-Identifier: BSD-2-Clause */
/* Socket addresses as an administrator writes them. */
#include "config/socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define PATH_107 \
    "/23456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/123456789/1234567"

static bool parse_copy(struct bs_bytes text, struct bs_config_socket *ret_socket, struct bs_error *ret_error)
{
    char *copy = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    bool good = bs_config_socket_parse(bs_bytes(copy, text.len), ret_socket, ret_error);
    free(copy);
    return good;
}

static void an_address_is_read_with_host_port_or_path(void **state)
{
    static const struct {
        const char *text;
        enum bs_config_socket_kind kind;
        const char *host;
        uint16_t port;
        const char *path;
    } cases[] = {
        {"inet:127.0.0.1:8896", BS_CONFIG_SOCKET_INET, "127.0.0.1", 8896, ""},
        {"inet:localhost:1", BS_CONFIG_SOCKET_INET, "127.0.0.1", 1, ""},
        {"inet:0.0.0.0:65535", BS_CONFIG_SOCKET_INET, "0.0.0.0", 65535, ""},
        {"inet6:[::1]:8896", BS_CONFIG_SOCKET_INET6, "::1", 8896, ""},
        {"inet6:[2001:db8:1111:2222:3333:4444:255.255.255.255]:65535", BS_CONFIG_SOCKET_INET6,
         "2001:db8:1111:2222:3333:4444:255.255.255.255", 65535, ""},
        {"unix:/run/backstop/milter", BS_CONFIG_SOCKET_UNIX, "", 0, "/run/backstop/milter"},
        {"unix:" PATH_107, BS_CONFIG_SOCKET_UNIX, "", 0, PATH_107},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_config_socket socket;
        struct bs_error error;
        assert_true(parse_copy(bs_bytes_from_cstr(cases[i].text), &socket, &error));
        assert_int_equal(socket.kind, cases[i].kind);
        assert_string_equal(socket.host, cases[i].host);
        assert_int_equal(socket.port, cases[i].port);
        assert_string_equal(socket.path, cases[i].path);
    }
}

static void what_is_wrong_with_an_address_is_said(void **state)
{
    static const char no_form[] = "is no socket address: inet:HOST:PORT, inet6:[ADDRESS]:PORT or unix:/PATH";
    static const char inet_host[] =
        "needs an IPv4 address or localhost before the port, as in \"inet:127.0.0.1:8896\"";
    static const char inet6_host[] = "needs an IPv6 address in brackets, as in \"inet6:[::1]:8896\"";
    static const char inet6_port[] = "needs a colon and a port behind the bracket, as in \"inet6:[::1]:8896\"";
    static const char port[] = "needs a port from 1 to 65535 at its end";
    static const char path[] = "needs an absolute path, as in \"unix:/run/backstop/milter\"";
    static const struct {
        struct bs_bytes text;
        const char *error;
    } cases[] = {
        {BS_LITERAL(""), no_form},
        {BS_LITERAL("127.0.0.1:8896"), no_form},
        {BS_LITERAL("8896"), no_form},
        {BS_LITERAL("/run/milter"), no_form},
        {BS_LITERAL("INET:127.0.0.1:8896"), no_form},
        {BS_LITERAL("local:/run/milter"), no_form},
        {BS_LITERAL("inet:"), inet_host},
        {BS_LITERAL("inet:8896"), inet_host},
        {BS_LITERAL("inet::8896"), inet_host},
        {BS_LITERAL("inet:mail.example.com:8896"), inet_host},
        {BS_LITERAL("inet:LOCALHOST:8896"), inet_host},
        {BS_LITERAL("inet:8896@127.0.0.1"), inet_host},
        {BS_LITERAL("inet:::1:8896"), inet_host},
        {BS_LITERAL("inet:[::1]:8896"), inet_host},
        {BS_LITERAL("inet:127.0.0.1"), port},
        {BS_LITERAL("inet:127.0.0.1:"), port},
        {BS_LITERAL("inet:127.0.0.1:0"), port},
        {BS_LITERAL("inet:127.0.0.1:65536"), port},
        {BS_LITERAL("inet:127.0.0.1:99999999999999999999"), port},
        {BS_LITERAL("inet:127.0.0.1:80a"), "has a port that is no number"},
        {BS_LITERAL("inet:127.0.0.1:-1"), "has a port that is no number"},
        {BS_LITERAL("inet6:"), inet6_host},
        {BS_LITERAL("inet6:["), inet6_host},
        {BS_LITERAL("inet6:]"), inet6_host},
        {BS_LITERAL("inet6:[]:1"), inet6_host},
        {BS_LITERAL("inet6:::1:8896"), inet6_host},
        {BS_LITERAL("inet6:[127.0.0.1]:8896"), inet6_host},
        {BS_LITERAL("inet6:[::1"), inet6_port},
        {BS_LITERAL("inet6:[::1]"), inet6_port},
        {BS_LITERAL("inet6:[::1]8896"), inet6_port},
        {BS_LITERAL("inet6:[::1]:"), port},
        {BS_LITERAL("inet6:[::1]:65536"), port},
        {BS_LITERAL("unix:"), path},
        {BS_LITERAL("unix:run/milter"), path},
        {BS_LITERAL("unix:" PATH_107 "8"), "has a path of 108 bytes; the system takes at most 107"},
        {BS_LITERAL("unix:/a\0b"), "has a null byte in its path"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_config_socket socket;
        struct bs_error error;
        if (parse_copy(cases[i].text, &socket, &error))
            fail_msg("\"%.*s\" was read as an address", BS_BYTES_ARG(cases[i].text));
        assert_string_equal(error.text, cases[i].error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_read_with_host_port_or_path),
        cmocka_unit_test(what_is_wrong_with_an_address_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
