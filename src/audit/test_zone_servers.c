/* SPDX-License-Identifier: BSD-2-Clause */
/* The name servers of a zone: found through aliases, at the closest cut, and with every way of not finding them. */
#include "audit/zone_servers.h"

#include "ask/canned.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NS(zone, server) zone ". 60 IN NS " server ".\n"
#define A(server, address) server ". 60 IN A " address "\n"
#define AAAA(server, address) server ". 60 IN AAAA " address "\n"
#define TWO NS("example.com", "ns2.example.com") NS("example.com", "ns1.example.net") \
    A("ns1.example.net", "192.0.2.1") AAAA("ns1.example.net", "2001:db8::1") A("ns2.example.com", "192.0.2.2")

/* `zone: server=address,address server=address`, or `! reason`. */
static void describe(const struct bs_zone_servers *servers, struct bs_strbuf *out)
{
    if (servers->reason) {
        bs_strbuf_printf(out, "! %s", servers->reason);
        return;
    }
    bs_strbuf_printf(out, "%.*s:", BS_BYTES_ARG(servers->zone));
    for (size_t i = 0; i < servers->count; i++) {
        const struct bs_zone_server *server = &servers->items[i];
        bs_strbuf_printf(out, " %.*s%s", BS_BYTES_ARG(server->name), server->failed ? "?" : "=");
        for (size_t j = 0; j < server->address_count; j++) {
            char address[BS_NETWORK_TEXT];
            bs_ip_format(&server->addresses[j], address);
            bs_strbuf_printf(out, "%s%s", j > 0 ? "," : "", address);
        }
    }
    if (servers->more > 0)
        bs_strbuf_printf(out, " and %zu", servers->more);
}

/* Runs until there are no more questions; the number of rounds. */
static int run(const char *name, const char *zone, struct bs_strbuf *out)
{
    struct bs_arena arena, run_arena;
    struct bs_answers known;
    struct bs_canned canned;
    struct bs_error error;
    struct bs_zone_servers servers;
    struct bs_questions missing = {.count = 0};
    int rounds = 0;
    bs_arena_init(&arena, 1 << 22);
    bs_arena_init(&run_arena, 1 << 20);
    bs_answers_init(&known, &arena);
    if (!bs_canned_parse(bs_bytes_from_cstr(zone), "zone", &arena, &canned, &error))
        fail_msg("%s", error.text);
    enum bs_step step;
    while ((step = bs_zone_servers_find(bs_bytes_from_cstr(name), &known, &run_arena, &servers, &missing)) == BS_ASK) {
        assert_true(missing.count > 0 && ++rounds < 30);
        for (size_t i = 0; i < missing.count; i++) {
            struct bs_dns_answer answer = bs_canned_answer(&canned, missing.items[i].name, missing.items[i].type);
            assert_true(bs_answers_add(&known, missing.items[i].name, missing.items[i].type, &answer));
        }
        missing = (struct bs_questions){.count = 0};
    }
    assert_int_equal(step, BS_DONE);
    describe(&servers, out);
    bs_arena_reset(&arena);
    bs_arena_reset(&run_arena);
    return rounds;
}

static void each_name_has_its_servers_or_a_reason(void **state)
{
    static const struct {
        const char *what, *zone, *servers;
    } rows[] = {
        {"servers of the domain", TWO,
         "example.com: ns1.example.net=192.0.2.1,2001:db8::1 ns2.example.com=192.0.2.2"},
        {"the closest cut counts", TWO NS("_domainkey.example.com", "ns.example.org") A("ns.example.org", "192.0.2.9"),
         "_domainkey.example.com: ns.example.org=192.0.2.9"},
        {"an alias has the servers of what it stands for",
         TWO "s._domainkey.example.com. 60 IN CNAME k.example.org.\n" NS("example.org", "ns.example.org")
             A("ns.example.org", "192.0.2.9"),
         "example.org: ns.example.org=192.0.2.9"},
        {"a circle of aliases", "s._domainkey.example.com. 60 IN CNAME s._domainkey.example.com.\n",
         "! there are too many aliases, or they go round in a circle"},
        {"no servers anywhere, and the top-level domain is not asked", NS("com", "a.example.net"),
         "! no name above it has name servers"},
        {"a server without address", NS("example.com", "ns.example.net"), "example.com: ns.example.net="},
        {"a server whose address is not to be had", NS("example.com", "ns.example.net") "ns.example.net. SERVFAIL\n",
         "example.com: ns.example.net?"},
        {"DNS fails for a name that may be the cut", TWO "_domainkey.example.com. TIMEOUT\n",
         "! DNS failed for NS _domainkey.example.com (timeout)"},
        {"DNS fails for the alias", TWO "s._domainkey.example.com. SERVFAIL\n",
         "! DNS failed for CNAME s._domainkey.example.com (servfail)"},
        {"more addresses than are looked at",
         NS("example.com", "ns.example.net") A("ns.example.net", "192.0.2.1") A("ns.example.net", "192.0.2.2")
             A("ns.example.net", "192.0.2.3") A("ns.example.net", "192.0.2.4") A("ns.example.net", "192.0.2.5"),
         "example.com: ns.example.net=192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 4096);
        int rounds = run("s._domainkey.example.com", rows[i].zone, &out);
        if (strcmp(bs_strbuf_cstr(&out), rows[i].servers) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].what, bs_strbuf_cstr(&out), rows[i].servers);
        assert_true(rounds <= 4);
        bs_strbuf_free(&out);
    }
}

/* A zone with `count` servers, or a chain of so many aliases. */
static void check_limit(const char *line, int count, const char *rest, const char *expected)
{
    struct bs_strbuf zone, out;
    bs_strbuf_init(&zone, 65536);
    bs_strbuf_init(&out, 65536);
    for (int i = 0; i < count; i++) {
        if (strstr(line, "CNAME"))
            bs_strbuf_printf(&zone, "a%d.example.com. 60 IN CNAME a%d.example.com.\n", i, i + 1);
        else
            bs_strbuf_printf(&zone, "example.com. 60 IN NS ns%d.example.net.\n", i);
    }
    bs_strbuf_append_cstr(&zone, rest);
    run("a0.example.com", bs_strbuf_cstr(&zone), &out);
    if (strncmp(bs_strbuf_cstr(&out), expected, strlen(expected)) != 0 &&
        !strstr(bs_strbuf_cstr(&out), expected))
        fail_msg("\"%s\", not \"%s\"", bs_strbuf_cstr(&out), expected);
    bs_strbuf_free(&zone);
    bs_strbuf_free(&out);
}

static void servers_and_aliases_have_limits(void **state)
{
    (void)state;
    check_limit("NS", BS_ZONE_SERVERS_MAX, "", " ns9.example.net=");
    check_limit("NS", BS_ZONE_SERVERS_MAX + 1, "", " ns9.example.net= and 1");
    check_limit("CNAME", BS_ZONE_ALIASES_MAX, NS("example.com", "ns.example.net"), "example.com: ns.example.net=");
    check_limit("CNAME", BS_ZONE_ALIASES_MAX + 1, NS("example.com", "ns.example.net"), "! there are too many aliases");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_has_its_servers_or_a_reason),
        cmocka_unit_test(servers_and_aliases_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
