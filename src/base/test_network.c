/* SPDX-License-Identifier: BSD-2-Clause */
/* What an administrator may write as an address or a network, and which addresses are in it. */
#include "base/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A copy in memory of exactly its own size, so that a sanitizer sees any read beyond the view. */
static struct bs_bytes exact_copy(const char *text, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return bs_bytes(copy, len);
}

static bool parse_network(const char *text, struct bs_network *ret_network)
{
    struct bs_bytes copy = exact_copy(text, strlen(text));
    bool good = bs_network_parse(copy, ret_network);
    free((char *)copy.ptr);
    return good;
}

static void every_network_is_read_as_it_is_meant(void **state)
{
    static const struct {
        const char *text, *network;
        bool host_bits;
    } cases[] = {
        {"127.0.0.0/8", "127.0.0.0/8", false},
        {"192.0.2.1", "192.0.2.1/32", false},
        {"0.0.0.0/0", "0.0.0.0/0", false},
        {"255.255.255.255/32", "255.255.255.255/32", false},
        {"192.0.2.1/24", "192.0.2.0/24", true},
        {"192.0.2.129/25", "192.0.2.128/25", true},
        {"192.0.2.2/31", "192.0.2.2/31", false},
        {"0.0.0.1/0", "0.0.0.0/0", true},
        {"::1", "::1/128", false},
        {"::1/128", "::1/128", false},
        {"::/0", "::/0", false},
        {"2001:DB8::/32", "2001:db8::/32", false},
        {"2001:db8:0:0:0:0:0:1/64", "2001:db8::/64", true},
        {"2001:db8:8000::/33", "2001:db8:8000::/33", false},
        {"2001:db8:8000::/32", "2001:db8::/32", true},
        {"::ffff:192.0.2.0/120", "192.0.2.0/24", false},
        {"::ffff:c000:201", "192.0.2.1/32", false},
        {"::ffff:0:0/96", "0.0.0.0/0", false},
        {"::ffff:0:0/95", "::fffe:0:0/95", true},
        {"::192.0.2.1", "::192.0.2.1/128", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_network network;
        char text[BS_NETWORK_TEXT];
        assert_true(parse_network(cases[i].text, &network));
        assert_int_equal(bs_network_has_host_bits(&network), cases[i].host_bits);
        network = bs_network_masked(network);
        assert_false(bs_network_has_host_bits(&network));
        bs_network_format(&network, text);
        assert_string_equal(text, cases[i].network);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const cases[] = {
        "", "/", "/8", "127.0.0.1/", "127.0.0.1/33", "::/129", "127.0.0.1/-1", "127.0.0.1/+1", "127.0.0.1/08",
        "127.0.0.1/8 ", " 127.0.0.1", "127.0.0.1/8/8", "127.0.0.1/1000", "127.0.0.1/4294967304", "127.0.0",
        "127.0.0.1.1", "127.0.0.256", "127.0.0.01", "127.1", "0x7f.0.0.1", "localhost", "::1::", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "[::1]", "[::1]/128", "12345::", "::ffff:192.0.2.256", "*",
        "1111:2222:3333:4444:5555:6666:255.255.255.2555",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_network network;
        if (parse_network(cases[i], &network))
            fail_msg("\"%s\" was read as a network", cases[i]);
    }
}

static void a_nul_byte_ends_no_address(void **state)
{
    struct bs_bytes text = exact_copy("127.0.0.1\0", 10);
    struct bs_ip ip;
    struct bs_network network;
    (void)state;
    assert_false(bs_ip_parse(text, &ip));
    assert_false(bs_network_parse(text, &network));
    assert_true(bs_ip_parse(bs_bytes_first(text, 9), &ip));
    free((char *)text.ptr);
}

static void an_address_is_in_the_networks_that_hold_it(void **state)
{
    static const struct {
        const char *network, *ip;
        bool contained;
    } cases[] = {
        {"127.0.0.0/8", "127.255.255.255", true},
        {"127.0.0.0/8", "128.0.0.0", false},
        {"127.0.0.0/8", "126.255.255.255", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"0.0.0.0/0", "::ffff:203.0.113.9", true},
        {"::/0", "203.0.113.9", false},
        {"::/0", "::ffff:203.0.113.9", false},
        {"::/0", "2001:db8::1", true},
        {"::1/128", "::1", true},
        {"::1/128", "::2", false},
        {"2001:db8::/33", "2001:db8:7fff::", true},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "11.1.2.3", false},
        {"192.0.2.77/24", "192.0.2.1", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_network network;
        struct bs_ip ip;
        assert_true(parse_network(cases[i].network, &network));
        assert_true(bs_ip_parse(bs_bytes_from_cstr(cases[i].ip), &ip));
        if (bs_network_contains(&network, &ip) != cases[i].contained)
            fail_msg("%s in %s", cases[i].ip, cases[i].network);
    }
}

static void bytes_from_a_socket_are_the_same_address_as_text(void **state)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1};
    struct bs_network network;
    struct bs_ip raw = {.family = 6};
    (void)state;
    assert_true(parse_network("10.0.0.1", &network));
    struct bs_ip ip = bs_ip_from_bytes(bs_bytes(mapped, 16));
    assert_int_equal(ip.family, 4);
    assert_true(bs_network_contains(&network, &ip));
    ip = bs_ip_from_bytes(bs_bytes(mapped + 12, 4));
    assert_true(bs_network_contains(&network, &ip));
    memcpy(raw.address, mapped, sizeof mapped);
    assert_true(bs_network_contains(&network, &raw));
}

static void no_address_is_in_no_network(void **state)
{
    struct bs_network ipv4, ipv6;
    struct bs_ip ip = bs_ip_from_bytes(bs_bytes("12345", 5));
    (void)state;
    assert_true(parse_network("0.0.0.0/0", &ipv4));
    assert_true(parse_network("::/0", &ipv6));
    assert_false(bs_network_contains(&ipv4, &ip));
    assert_false(bs_network_contains(&ipv6, &ip));
}

static void an_address_may_have_a_port(void **state)
{
    static const struct {
        const char *text;
        unsigned port; /* 0: refused */
    } cases[] = {
        {"192.0.2.1", 53},        {"192.0.2.1:5353", 5353}, {"[2001:db8::1]:65535", 65535}, {"[2001:db8::1]", 53},
        {"2001:db8::1", 53},      {"192.0.2.1:1", 1},       {"192.0.2.1:0", 0},             {"192.0.2.1:65536", 0},
        {"192.0.2.1:", 0},        {"192.0.2.1:5a", 0},      {"[192.0.2.1]:99", 99},          {"[2001:db8::1", 0},
        {"[2001:db8::1]53", 0},   {"[2001:db8::1]:", 0},    {"", 0},                        {"[]", 0},
        {"ns.example", 0},        {":53", 0},               {"192.0.2.1:000053", 0},   {"[2001:db8::1]:-1", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_ip ip;
        uint16_t port = 53;
        bool read = bs_ip_port_parse(bs_bytes_from_cstr(cases[i].text), &ip, &port);
        if (read != (cases[i].port > 0) || (read && port != cases[i].port))
            fail_msg("%s: %d, port %u", cases[i].text, read, port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_network_is_read_as_it_is_meant),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(a_nul_byte_ends_no_address),
        cmocka_unit_test(an_address_is_in_the_networks_that_hold_it),
        cmocka_unit_test(bytes_from_a_socket_are_the_same_address_as_text),
        cmocka_unit_test(no_address_is_in_no_network),
        cmocka_unit_test(an_address_may_have_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
