/* SPDX-License-Identifier: BSD-2-Clause */
/* What postconf prints, read: parameters, services, lists, sockets, domains, networks. */
#include "audit/postfix_domains.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY = 1024 * 1024 };

static void assert_bytes(struct bs_bytes bytes, const char *expected)
{
    char *copy = malloc(bytes.len + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.len > 0 ? bytes.ptr : "", bytes.len);
    copy[bytes.len] = '\0';
    assert_string_equal(copy, expected);
    free(copy);
}

static struct bs_postfix *parse(const char *written, const char *expanded, const char *services,
                                const char *overrides)
{
    const struct bs_postfix_texts texts = {bs_bytes_from_cstr(written), bs_bytes_from_cstr(expanded),
                                           bs_bytes_from_cstr(services), bs_bytes_from_cstr(overrides)};
    struct bs_postfix *postfix = malloc(sizeof *postfix);
    assert_non_null(postfix);
    bs_postfix_parse(&texts, postfix);
    return postfix;
}

static void parameters_are_kept_as_written_and_expanded(void **state)
{
    (void)state;
    struct bs_postfix *postfix =
        parse("virtual_alias_maps = $virtual_maps\nmynetworks = a = b\nrecipient_delimiter =\n",
              "virtual_alias_maps = \nmynetworks = a = b\nonly = here\nnonsense\n = x\n", "", "");
    assert_bytes(bs_postfix_written(postfix, "virtual_alias_maps"), "$virtual_maps");
    assert_bytes(bs_postfix_value(postfix, "virtual_alias_maps"), "");
    assert_bytes(bs_postfix_value(postfix, "mynetworks"), "a = b");
    assert_bytes(bs_postfix_value(postfix, "recipient_delimiter"), "");
    assert_bytes(bs_postfix_value(postfix, "only"), "here");
    assert_bytes(bs_postfix_value(postfix, "absent"), "");
    bs_postfix_assume(postfix, "only", BS_LITERAL("there"));
    assert_bytes(bs_postfix_value(postfix, "only"), "there");
    assert_false(postfix->incomplete);
    free(postfix);
}

static void services_tell_whether_they_are_chrooted(void **state)
{
    static const char services[] = "smtp       inet  n       -       y       -       -       smtpd -o x=y\n"
                                   "127.0.0.1:10025 inet n - n - - smtpd\n"
                                   "cleanup    unix  n       -       -       -       0       cleanup\n"
                                   "short line\n";
    static const struct {
        const char *settings;
        bool by_default;
    } cases[] = {
        {"mail_version = 3.7.11\ncompatibility_level = 3.6\n", false},
        {"mail_version = 3.7.11\ncompatibility_level = 1\n", false},
        {"mail_version = 3.7.11\ncompatibility_level = 0\n", true},
        {"mail_version = 2.11.3\n", true},
        {"", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_postfix *postfix = parse("", cases[i].settings, services, "");
        assert_int_equal(postfix->service_count, 3);
        assert_bytes(postfix->services[0].program, "smtpd");
        assert_true(postfix->services[0].chrooted);
        assert_bytes(postfix->services[1].name, "127.0.0.1:10025");
        assert_false(postfix->services[1].chrooted);
        assert_int_equal(postfix->services[2].chrooted, cases[i].by_default);
        free(postfix);
    }
}

static void settings_of_a_service_are_found_by_its_name_and_type(void **state)
{
    (void)state;
    struct bs_postfix *postfix = parse("", "", "smtp inet n - y - - smtpd\nsmtp unix - - y - - smtp\n",
                                       "smtp/inet/smtpd_milters = inet:a:1, b\nsmtp/inet/empty =\nbroken = x\n");
    const struct bs_postfix_override *own = bs_postfix_override(postfix, &postfix->services[0], "smtpd_milters");
    assert_non_null(own);
    assert_bytes(own->value, "inet:a:1, b");
    assert_non_null(bs_postfix_override(postfix, &postfix->services[0], "empty"));
    assert_null(bs_postfix_override(postfix, &postfix->services[0], "absent"));
    assert_null(bs_postfix_override(postfix, &postfix->services[1], "smtpd_milters"));
    free(postfix);
}

static void versions_compare_as_numbers(void **state)
{
    static const struct {
        const char *version;
        unsigned major, minor;
        bool at_least;
    } cases[] = {
        {"3.7.11", 3, 0, true}, {"3.0.0", 3, 0, true},          {"2.11.3", 3, 0, false}, {"3.10.1", 3, 9, true},
        {"3.9.1", 3, 10, false}, {"3.11-20250101", 3, 11, true}, {"10.0", 3, 8, true},    {"", 2, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[64];
        snprintf(line, sizeof line, "mail_version = %s\n", cases[i].version);
        struct bs_postfix *postfix = parse("", line, "", "");
        assert_int_equal(bs_postfix_is_at_least(postfix, cases[i].major, cases[i].minor), cases[i].at_least);
        free(postfix);
    }
}

static void lists_are_split_as_postfix_does(void **state)
{
    static const struct {
        const char *list;
        const char *items[4];
    } cases[] = {
        {"", {NULL}},
        {" , ,", {NULL}},
        {"a", {"a"}},
        {"a, b\tc", {"a", "b", "c"}},
        {"{ inet:a:1, x=y }, b", {"{ inet:a:1, x=y }", "b"}},
        {"{ a, { b, c } } d", {"{ a, { b, c } }", "d"}},
        {"{ a, b", {"{ a, b"}},
        {"a{b} c", {"a{b}", "c"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_bytes list = bs_bytes_from_cstr(cases[i].list), item;
        for (const char *const *expected = cases[i].items; *expected; expected++) {
            assert_true(bs_postfix_list_next(&list, &item));
            assert_bytes(item, *expected);
        }
        assert_false(bs_postfix_list_next(&list, &item));
    }
}

static void milters_and_maps_are_read_with_what_belongs_to_them(void **state)
{
    static const struct {
        const char *item;
        const char *action;
        const char *protocol;
        unsigned port;
    } milters[] = {
        {"inet:127.0.0.1:8896", "", "", 8896},
        {"{ inet:127.0.0.1:8896, default_action=tempfail }", "tempfail", "", 8896},
        {"{inet:[::1]:8896,protocol=6,{ default_action = accept }}", "accept", "6", 8896},
        {"inet:localhost:smtp", "", "", 0},
        {"inet:localhost:65536", "", "", 0},
    };
    struct bs_postfix_milter milter;
    struct bs_postfix_socketmap map;
    (void)state;
    for (size_t i = 0; i < sizeof milters / sizeof *milters; i++) {
        assert_true(bs_postfix_milter_parse(bs_bytes_from_cstr(milters[i].item), &milter));
        assert_bytes(milter.default_action, milters[i].action);
        assert_bytes(milter.protocol, milters[i].protocol);
        assert_int_equal(milter.socket.port, milters[i].port);
    }
    assert_false(bs_postfix_milter_parse(BS_LITERAL("$others"), &milter));
    assert_false(bs_postfix_milter_parse(BS_LITERAL("{}"), &milter));
    assert_false(bs_postfix_milter_parse(BS_LITERAL("inet:8896"), &milter));
    assert_true(bs_postfix_socketmap_parse(BS_LITERAL("proxy:socketmap:unix:backstop/map:backstop"), &map));
    assert_bytes(map.socket.path, "backstop/map");
    assert_bytes(map.name, "backstop");
    assert_false(bs_postfix_socketmap_parse(BS_LITERAL("hash:/etc/postfix/virtual"), &map));
    assert_false(bs_postfix_socketmap_parse(BS_LITERAL("socketmap:backstop"), &map));
}

static void sockets_are_the_same_where_they_lead_to_the_same(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {"inet:127.0.0.1:8896", "inet:127.0.0.1:8896", true},
        {"inet:127.0.0.1:8896", "inet:localhost:8896", true},
        {"inet:[::1]:8896", "inet:LOCALHOST:8896", true},
        {"inet6:[::1]:8896", "inet:[0::1]:8896", true},
        {"inet:0.0.0.0:8896", "inet:192.0.2.1:8896", true},
        {"inet:127.0.0.1:8896", "inet:127.0.0.1:8897", false},
        {"inet:127.0.0.1:8896", "inet:127.0.0.2:8896", false},
        {"inet:127.0.0.1:8896", "inet:[::1]:8896", false},
        {"inet:mx.example:8896", "inet:MX.example:8896", true},
        {"inet:mx.example:smtp", "inet:mx.example:smtp", false},
        {"unix:/run/a", "local:/run/a", true},
        {"unix:/run/a", "unix:/run/b", false},
        {"unix:/run/a", "inet:127.0.0.1:8896", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_mta_socket a, b;
        assert_true(bs_mta_socket_parse(bs_bytes_from_cstr(cases[i].a), &a));
        assert_true(bs_mta_socket_parse(bs_bytes_from_cstr(cases[i].b), &b));
        assert_int_equal(bs_mta_socket_equal(&a, &b), cases[i].equal);
        assert_int_equal(bs_mta_socket_equal(&b, &a), cases[i].equal);
    }
}

static void sockets_are_written_as_postfix_reads_them(void **state)
{
    static const char *const cases[][2] = {
        {"inet:127.0.0.1:8896", "inet:127.0.0.1:8896"}, {"inet:0.0.0.0:8896", "inet:127.0.0.1:8896"},
        {"inet6:[::1]:8896", "inet:[::1]:8896"},        {"inet6:[::]:8896", "inet:[::1]:8896"},
        {"unix:/run/a", "unix:/run/a"},
    };
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_mta_socket socket;
        assert_true(bs_mta_socket_parse(bs_bytes_from_cstr(cases[i][0]), &socket));
        assert_string_equal(bs_mta_socket_text(&socket, &arena), cases[i][1]);
    }
    bs_arena_reset(&arena);
}

static void domains_of_ours_are_those_that_mail_can_come_back_to(void **state)
{
    static const char settings[] =
        "mydestination = mail.example.com, example.com, mail, localhost.example.com, localhost.localdomain, localhost, "
        "host.localdomain, [192.0.2.1], /etc/postfix/destinations\n"
        "virtual_mailbox_domains = Example.COM example.net mysql:/etc/postfix/domains.cf\n"
        "virtual_alias_domains = hash:/etc/postfix/virtual socketmap:inet:127.0.0.1:8897:backstop\n"
        "relay_domains = example.org .sub.example\n";
    static const char *const expected[][2] = {
        {"mail.example.com", "mydestination"}, {"example.com", "mydestination"},
        {"example.net", "virtual_mailbox_domains"}, {"example.org", "relay_domains"},
    };
    struct bs_arena arena;
    struct bs_postfix_domains domains;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    struct bs_postfix *postfix = parse("", settings, "", "");
    assert_true(bs_postfix_domains(postfix, BS_LITERAL("backstop"), &arena, &domains));
    assert_int_equal(domains.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < domains.count; i++) {
        assert_bytes(domains.items[i].name, expected[i][0]);
        assert_string_equal(domains.items[i].parameter, expected[i][1]);
    }
    assert_int_equal(domains.table_count, 3);
    assert_bytes(domains.tables[0].text, "/etc/postfix/destinations");
    assert_bytes(domains.tables[1].text, "mysql:/etc/postfix/domains.cf");
    assert_bytes(domains.tables[2].text, "hash:/etc/postfix/virtual");
    assert_true(bs_postfix_domains_has(&domains, BS_LITERAL("EXAMPLE.org")));
    assert_false(bs_postfix_domains_has(&domains, BS_LITERAL("localhost")));
    bs_arena_reset(&arena);
    free(postfix);
}

static void more_domains_than_there_is_room_for_are_told_of(void **state)
{
    enum { COUNT = BS_POSTFIX_DOMAINS_MAX + 1, SIZE = 16 };
    struct bs_arena arena;
    struct bs_postfix_domains domains;
    (void)state;
    for (size_t count = COUNT - 1; count <= COUNT; count++) {
        char *text = malloc(32 + count * SIZE), *end = text;
        assert_non_null(text);
        end += sprintf(end, "mydestination =");
        for (size_t i = 0; i < count; i++)
            end += sprintf(end, " d%zu.example", i);
        bs_arena_init(&arena, MEMORY);
        struct bs_postfix *postfix = parse("", text, "", "");
        assert_true(bs_postfix_domains(postfix, BS_LITERAL("backstop"), &arena, &domains));
        assert_int_equal(domains.count, BS_POSTFIX_DOMAINS_MAX);
        assert_int_equal(domains.incomplete, count > BS_POSTFIX_DOMAINS_MAX);
        bs_arena_reset(&arena);
        free(postfix);
        free(text);
    }
}

static void networks_are_read_with_their_brackets_and_mapped_addresses(void **state)
{
    static const char *const expected[] = {"127.0.0.0/8", "::1/128", "192.0.2.1/32", "2001:db8::/32"};
    struct bs_arena arena;
    struct bs_postfix_networks networks;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    struct bs_postfix *postfix = parse("", "mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128, 192.0.2.1 "
                                           "[2001:db8::]/32 !192.0.2.9 cidr:/etc/postfix/nets /etc/nets\n", "", "");
    assert_true(bs_postfix_networks(postfix, &arena, &networks));
    assert_int_equal(networks.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < networks.count; i++) {
        char text[BS_NETWORK_TEXT];
        bs_network_format(&networks.items[i], text);
        assert_string_equal(text, expected[i]);
    }
    assert_int_equal(networks.other_count, 3);
    assert_bytes(networks.others[0], "!192.0.2.9");
    bs_arena_reset(&arena);
    free(postfix);
}

static void a_network_is_covered_by_one_that_is_as_large_or_larger(void **state)
{
    static const struct {
        const char *listed, *wanted;
        bool covered;
    } cases[] = {
        {"192.0.2.0/24", "192.0.2.0/24", true},  {"192.0.2.0/24", "192.0.2.7/32", true},
        {"192.0.2.0/24", "192.0.2.0/23", false}, {"192.0.2.0/24", "198.51.100.0/24", false},
        {"0.0.0.0/0", "192.0.2.0/24", true},     {"0.0.0.0/0", "::/0", false},
        {"2001:db8::/32", "2001:db8:1::/48", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_network listed, wanted;
        assert_true(bs_network_parse(bs_bytes_from_cstr(cases[i].listed), &listed));
        assert_true(bs_network_parse(bs_bytes_from_cstr(cases[i].wanted), &wanted));
        assert_int_equal(bs_networks_cover(&listed, 1, &wanted), cases[i].covered);
    }
}

static void paths_lead_into_the_queue_directory_where_they_are_relative_or_seen_from_a_chroot(void **state)
{
    static const struct {
        const char *path;
        bool chrooted;
        const char *leads_to;
    } cases[] = {
        {"/run/a", false, "/run/a"},
        {"/run/a", true, "/var/spool/postfix/run/a"},
        {"backstop/a", false, "/var/spool/postfix/backstop/a"},
        {"backstop/a", true, "/var/spool/postfix/backstop/a"},
    };
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    struct bs_postfix *postfix = parse("", "queue_directory = /var/spool/postfix\n", "", "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(bs_postfix_path(postfix, bs_bytes_from_cstr(cases[i].path), cases[i].chrooted, &arena),
                            cases[i].leads_to);
    bs_arena_reset(&arena);
    free(postfix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_kept_as_written_and_expanded),
        cmocka_unit_test(services_tell_whether_they_are_chrooted),
        cmocka_unit_test(settings_of_a_service_are_found_by_its_name_and_type),
        cmocka_unit_test(versions_compare_as_numbers),
        cmocka_unit_test(lists_are_split_as_postfix_does),
        cmocka_unit_test(milters_and_maps_are_read_with_what_belongs_to_them),
        cmocka_unit_test(sockets_are_the_same_where_they_lead_to_the_same),
        cmocka_unit_test(sockets_are_written_as_postfix_reads_them),
        cmocka_unit_test(domains_of_ours_are_those_that_mail_can_come_back_to),
        cmocka_unit_test(more_domains_than_there_is_room_for_are_told_of),
        cmocka_unit_test(networks_are_read_with_their_brackets_and_mapped_addresses),
        cmocka_unit_test(a_network_is_covered_by_one_that_is_as_large_or_larger),
        cmocka_unit_test(paths_lead_into_the_queue_directory_where_they_are_relative_or_seen_from_a_chroot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
