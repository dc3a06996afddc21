/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting to what the configuration names, within a limit. */
#include "daemon/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct bs_endpoint parsed(const char *text)
{
    struct bs_endpoint endpoint;
    struct bs_error error;
    if (!bs_endpoint_parse(text, &endpoint, &error))
        fail_msg("%s", error.text);
    return endpoint;
}

static void addresses_become_what_the_system_takes(void **state)
{
    (void)state;
    struct bs_endpoint endpoint = parsed("inet:192.0.2.1:8896");
    const struct sockaddr_in *inet = (const struct sockaddr_in *)&endpoint.address;
    assert_int_equal(inet->sin_family, AF_INET);
    assert_int_equal(ntohs(inet->sin_port), 8896);
    assert_int_equal(ntohl(inet->sin_addr.s_addr), 0xc0000201);
    endpoint = parsed("inet6:[::1]:25");
    const struct sockaddr_in6 *inet6 = (const struct sockaddr_in6 *)&endpoint.address;
    assert_int_equal(inet6->sin6_family, AF_INET6);
    assert_memory_equal(&inet6->sin6_addr, &in6addr_loopback, sizeof in6addr_loopback);
    endpoint = parsed("unix:/run/backstop/milter");
    assert_string_equal(((const struct sockaddr_un *)&endpoint.address)->sun_path, "/run/backstop/milter");
}

static void an_error_repeats_the_address(void **state)
{
    (void)state;
    struct bs_endpoint endpoint;
    struct bs_error error;
    assert_false(bs_endpoint_parse("inet:nowhere", &endpoint, &error));
    assert_non_null(strstr(error.text, "\"inet:nowhere\""));
}

/* A listening socket on a port that the kernel chose. */
static int listen_somewhere(char *ret_text, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(ret_text, size, "inet:127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

static void a_connection_is_made_and_its_reads_have_a_limit(void **state)
{
    (void)state;
    char text[64], byte;
    int listening = listen_somewhere(text, sizeof text);
    struct bs_endpoint endpoint = parsed(text);
    int fd = bs_endpoint_connect(&endpoint, 100);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    close(fd);
    close(listening);
}

static void nobody_there_is_an_error(void **state)
{
    (void)state;
    char text[64];
    int listening = listen_somewhere(text, sizeof text);
    close(listening);
    struct bs_endpoint endpoint = parsed(text);
    assert_int_equal(bs_endpoint_connect(&endpoint, 1000), -1);
    assert_int_equal(errno, ECONNREFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_become_what_the_system_takes),
        cmocka_unit_test(an_error_repeats_the_address),
        cmocka_unit_test(a_connection_is_made_and_its_reads_have_a_limit),
        cmocka_unit_test(nobody_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
