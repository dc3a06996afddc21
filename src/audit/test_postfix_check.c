/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with given settings, and what main.cf lacks: a healthy Postfix, and one line changed at a time. */
#include "audit/postfix_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY = 1024 * 1024 };

#define MILTER "{ inet:127.0.0.1:8896, default_action=tempfail }"
#define MAP    "socketmap:inet:127.0.0.1:8897:backstop"

/* A later line for a name replaces an earlier one. */
static const char healthy[] =
    "mail_version = 3.7.11\ncompatibility_level = 3.6\nqueue_directory = /var/spool/postfix\n"
    "mydestination = example.com, localhost\nmynetworks = 127.0.0.0/8 [::1]/128\n"
    "smtpd_milters = " MILTER "\nnon_smtpd_milters = " MILTER "\nvirtual_alias_maps = " MAP "\n"
    "milter_default_action = accept\nmilter_protocol = 6\nrecipient_delimiter = +\nsoft_bounce = no\n";

static const char services[] = "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n"
                               "127.0.0.1:10025 inet n - n - - smtpd\ncleanup unix n - y - 0 cleanup\n";

struct given {
    const char *settings;  /* added to the healthy ones */
    const char *overrides; /* of master.cf; NULL: none */
    const char *milter;    /* of backstop.conf; NULL: the default */
    const char *map;
    const char *network;   /* NULL: those of the healthy one */
    const char *written;   /* settings with $ in them, as main.cf has them; NULL: none */
    bool enforces;
    bool signs;
};

struct judged {
    struct bs_arena arena;
    struct bs_findings findings;
    struct bs_main_cf_item items[BS_POSTFIX_LISTS];
    size_t item_count;
    struct bs_postfix *postfix;
    struct bs_mta_socket milter, map;
    struct bs_postfix_sockets sockets;
};

static bool is_one_mount(const char *a, const char *b)
{
    return strcmp(a, "/var/spool/postfix/run/mounted") == 0 && strcmp(b, "/run/mounted") == 0;
}

/* Judges; ends with `finish`. */
static struct judged *judge(const struct given *given)
{
    struct judged *judged = calloc(1, sizeof *judged);
    assert_non_null(judged);
    bs_arena_init(&judged->arena, MEMORY);
    bs_findings_init(&judged->findings, &judged->arena);
    const struct bs_postfix_texts texts = {
        .written = bs_bytes_from_cstr(given->written),
        .expanded = bs_bytes_from_cstr(bs_arena_printf(&judged->arena, "%s%s\n", healthy, given->settings)),
        .services = bs_bytes_from_cstr(services),
        .overrides = bs_bytes_from_cstr(given->overrides),
    };
    struct bs_postfix *postfix = bs_arena_take(&judged->arena, sizeof *postfix);
    bs_postfix_parse(&texts, postfix);
    struct bs_mta_socket usual;
    const char *milter = given->milter ? given->milter : "inet:127.0.0.1:8896";
    assert_true(bs_mta_socket_parse(bs_bytes_from_cstr(milter), &judged->milter));
    assert_true(bs_mta_socket_parse(bs_bytes_from_cstr(given->map ? given->map : "inet:127.0.0.1:8897"),
                                    &judged->map));
    assert_true(bs_mta_socket_parse(BS_LITERAL("inet:127.0.0.1:8896"), &usual));
    judged->postfix = postfix;
    judged->sockets = (struct bs_postfix_sockets){postfix, &judged->milter, 1, &judged->map, 1,
                                                  BS_LITERAL("backstop"), usual};
    static const struct bs_bytes domains[] = {{"example.com", 11}};
    struct bs_network networks[2] = {0};
    assert_true(bs_network_parse(bs_bytes_from_cstr(given->network ? given->network : "127.0.0.0/8"), &networks[0]));
    assert_true(bs_network_parse(BS_LITERAL("::1"), &networks[1]));
    const struct bs_postfix_expectation expected = {
        .sockets = judged->sockets,
        .config_file = "/etc/backstop/backstop.conf",
        .domains = domains, .domain_count = 1, .networks = networks, .network_count = 2,
        .enforces = given->enforces, .signs = given->signs, .same_file = is_one_mount,
    };
    bs_postfix_check(&expected, &judged->findings);
    judged->item_count = bs_postfix_plan(&expected.sockets, &judged->arena, judged->items);
    assert_false(judged->findings.incomplete);
    return judged;
}

static void finish(struct judged *judged)
{
    bs_arena_reset(&judged->arena);
    free(judged);
}

static void nothing_is_found_where_nothing_is_wrong(void **state)
{
    static const struct given cases[] = {
        {.settings = ""},
        {.settings = "smtpd_milters = inet:localhost:8899, " MILTER, .enforces = true},
        {.settings = "virtual_alias_maps = hash:/etc/postfix/virtual, proxy:" MAP},
        {.settings = "", .overrides = "127.0.0.1:10025/inet/smtpd_milters =\n"
                                      "127.0.0.1:10025/inet/receive_override_options = no_milters\n"},
        {.settings = "", .overrides = "submission/inet/smtpd_milters = inet:127.0.0.1:8896, inet:localhost:8891\n"},
        {.settings = "smtpd_milters = inet:127.0.0.1:8896\nnon_smtpd_milters = $smtpd_milters\n"
                     "non_smtpd_milters = inet:127.0.0.1:8896\nmilter_default_action = tempfail"},
        {.settings = "smtpd_milters = { inet:127.0.0.1:8896, protocol=6, default_action=tempfail }\n"
                     "non_smtpd_milters = { inet:127.0.0.1:8896, protocol=6, default_action=tempfail }\nmilter_protocol = 2"},
        {.settings = "smtpd_milters = { unix:backstop/milter, default_action=tempfail }\n"
                     "non_smtpd_milters = { unix:/backstop/milter, default_action=tempfail }",
         .milter = "unix:/var/spool/postfix/backstop/milter"},
        {.settings = "virtual_alias_maps = socketmap:unix:/run/mounted:backstop", .map = "unix:/run/mounted"},
        {.settings = "", .network = "0.0.0.0/1", .enforces = true},
        {.settings = "smtp_generic_maps = hash:/x\nsmtp_body_checks = regexp:/x\nsmtp_line_length_limit = 900"},
        {.settings = "smtp_line_length_limit = 998\nsmtp_discard_ehlo_keywords = chunking", .signs = true},
        {.settings = "smtp_line_length_limit = 0\nsmtp_discard_ehlo_keywords = 8bitmime\n"
                     "disable_mime_output_conversion = yes", .signs = true},
        {.settings = "smtp_line_length_limit = 2048", .signs = true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judged *judged = judge(&cases[i]);
        if (judged->findings.count > 0)
            print_error("case %zu: %s\n", i, judged->findings.items[0].problem);
        assert_int_equal(judged->findings.count, 0);
        assert_int_equal(judged->item_count, 0);
        finish(judged);
    }
}

struct fault {
    struct given given;
    const char *id;
    enum bs_severity severity;
    const char *problem; /* a part of it */
    const char *repair;
};

static void expect_findings(const struct fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct judged *judged = judge(&faults[i].given);
        const struct bs_finding *finding = bs_findings_find(&judged->findings, faults[i].id);
        if (!finding)
            print_error("case %zu: no %s among %zu\n", i, faults[i].id, judged->findings.count);
        assert_non_null(finding);
        if (!strstr(finding->problem, faults[i].problem))
            print_error("case %zu: %s\n", i, finding->problem);
        assert_non_null(strstr(finding->problem, faults[i].problem));
        assert_int_equal(finding->severity, faults[i].severity);
        assert_int_equal(finding->repair != NULL, faults[i].repair != NULL);
        if (faults[i].repair && !strstr(finding->repair, faults[i].repair))
            print_error("case %zu: %s\n", i, finding->repair);
        assert_true(!faults[i].repair || strstr(finding->repair, faults[i].repair));
        finish(judged);
    }
}

static void settings_that_do_not_lead_to_us_are_found_with_their_repair(void **state)
{
    static const struct fault faults[] = {
        {{.settings = "smtpd_milters ="}, "smtpd-milter-missing", BS_SEVERITY_SERIOUS, "it is empty",
         "setup --write"},
        {{.settings = "smtpd_milters = inet:127.0.0.1:8891"}, "smtpd-milter-missing", BS_SEVERITY_SERIOUS,
         "there is only: inet:127.0.0.1:8891", "setup --write"},
        {{.settings = "", .milter = "inet:127.0.0.1:9999"}, "smtpd-milter-missing", BS_SEVERITY_SERIOUS,
         "does not name inet:127.0.0.1:9999", "setup --write"},
        {{.settings = "non_smtpd_milters ="}, "local-milter-missing", BS_SEVERITY_WARNING, "not tagged",
         "setup --write"},
        {{.settings = "non_smtpd_milters =", .enforces = true}, "local-milter-missing", BS_SEVERITY_SERIOUS,
         "its bounces are refused", "setup --write"},
        {{.settings = "virtual_alias_maps = hash:/etc/virtual"}, "map-missing", BS_SEVERITY_SERIOUS,
         "hash:/etc/virtual", "setup --write"},
        {{.settings = "virtual_alias_maps = socketmap:inet:127.0.0.1:8897:other"}, "map-name", BS_SEVERITY_SERIOUS,
         "\"other\"", "setup --write"},
        {{.settings = "virtual_alias_maps = socketmap:inet:127.0.0.1:1:backstop"}, "map-elsewhere",
         BS_SEVERITY_SERIOUS,
         "listens on inet:127.0.0.1:8897", "setup --write"},
    };
    (void)state;
    expect_findings(faults, sizeof faults / sizeof *faults);
}

static void settings_that_work_against_us_are_found_with_their_repair(void **state)
{
    static const struct fault faults[] = {
        {{.settings = "smtpd_milters = inet:127.0.0.1:8896"}, "default-action", BS_SEVERITY_WARNING, "accept",
         "default_action=tempfail"},
        {{.settings = "non_smtpd_milters = {inet:127.0.0.1:8896, default_action=reject}"}, "default-action",
         BS_SEVERITY_WARNING, "refused for good", "default_action=tempfail"},
        {{.settings = "milter_protocol = 2"}, "protocol", BS_SEVERITY_SERIOUS, "milter_protocol is 2", "protocol=6"},
        {{.settings = "smtpd_milters = " MILTER ", local:opendkim/opendkim.sock"}, "milter-alike", BS_SEVERITY_NOTE,
         "local:opendkim/opendkim.sock, which looks like OpenDKIM", "authserv-id"},
        {{.settings = "smtpd_milters = { inet:localhost:8893, default_action=accept }, " MILTER}, "milter-alike",
         BS_SEVERITY_NOTE, "looks like OpenDMARC", "authserv-id"},
        {{.settings = "smtpd_milters = " MILTER ", inet:localhost:11332"}, "milter-alike", BS_SEVERITY_NOTE,
         "looks like Rspamd", "authserv-id"},
        {{.settings = "smtp_generic_maps = hash:/etc/generic", .signs = true}, "changed-after-signing", BS_SEVERITY_WARNING,
         "hash:/etc/generic", "canonical_maps"},
        {{.settings = "smtp_mime_header_checks = regexp:/x", .signs = true}, "checked-after-signing", BS_SEVERITY_NOTE,
         "smtp_mime_header_checks", "which come before"},
        {{.settings = "smtp_line_length_limit = 997", .signs = true}, "lines-cut-after-signing", BS_SEVERITY_WARNING, "is 997",
         "postconf -X"},
        {{.settings = "smtp_discard_ehlo_keywords = chunking, 8BITMIME", .signs = true}, "encoded-after-signing",
         BS_SEVERITY_WARNING, "8-bit", "take 8bitmime out"},
        {{.settings = "soft_bounce = yes"}, "soft-bounce", BS_SEVERITY_WARNING, "soft_bounce", "soft_bounce = no"},
        {{.settings = "receive_override_options = no_milters"}, "no-milters", BS_SEVERITY_SERIOUS,
         "no mail is tagged",
         "take no_milters out"},
        {{.settings = "", .overrides = "smtp/inet/receive_override_options = no_address_mappings,no_milters\n"},
         "no-milters", BS_SEVERITY_WARNING, "service smtp", "take no_milters out"},
        {{.settings = "", .overrides = "submission/inet/smtpd_milters =\n"}, "service-override", BS_SEVERITY_WARNING,
         "service submission", "postconf -PX submission/inet/smtpd_milters"},
        {{.settings = "", .overrides = "submission/inet/smtpd_milters = inet:127.0.0.1:8891\n", .enforces = true},
         "service-override", BS_SEVERITY_SERIOUS, "inet:127.0.0.1:8891", "-o smtpd_milters=inet:127.0.0.1:8896,..."},
        {{.settings = "", .overrides = "smtp/inet/virtual_alias_maps = hash:/x\n"}, "service-override",
         BS_SEVERITY_WARNING, "tagged recipients", "-o virtual_alias_maps=" MAP ",..."},
        {{.settings = "smtpd_milters = { unix:/run/backstop/milter, default_action=tempfail }\n"
                      "non_smtpd_milters = { unix:/run/backstop/milter, default_action=tempfail }",
          .milter = "unix:/run/backstop/milter"},
         "chroot", BS_SEVERITY_SERIOUS, "looks for as /var/spool/postfix/run/backstop/milter",
         "unix:backstop/milter"},
        {{.settings = "virtual_alias_maps = socketmap:unix:/run/backstop/map:backstop",
          .map = "unix:/run/backstop/map"},
         "chroot", BS_SEVERITY_SERIOUS, "/var/spool/postfix/run/backstop/map", "unix:backstop/milter"},
        {{.settings = "mydestination = example.com, example.net, example.org"}, "domain-unlisted",
         BS_SEVERITY_WARNING,
         "example.net, example.org", "domain \"example.net\" { mode = off }"},
        {{.settings = "mydestination = a.test b.test c.test d.test e.test f.test g.test"}, "domain-unlisted",
         BS_SEVERITY_WARNING, "a.test, b.test, c.test, d.test, e.test and 2 more", "setup --write adds them"},
        {{.settings = "mydestination = localhost"}, "domain-elsewhere", BS_SEVERITY_NOTE, "example.com", NULL},
        {{.settings = "mynetworks = 127.0.0.0/8 192.0.2.0/24"}, "network-unlisted", BS_SEVERITY_WARNING,
         "192.0.2.0/24",
         "\"192.0.2.0/24\""},
        {{.settings = "", .network = "0.0.0.0/0"}, "network-everyone", BS_SEVERITY_SERIOUS, "every address",
         "list only"},
    };
    (void)state;
    expect_findings(faults, sizeof faults / sizeof *faults);
}

static void domains_in_tables_are_not_missed(void **state)
{
    (void)state;
    struct judged *judged = judge(&(struct given){.settings = "mydestination = hash:/etc/postfix/domains"});
    assert_int_equal(judged->findings.count, 0);
    finish(judged);
}

static void the_plan_has_what_main_cf_lacks(void **state)
{
    static const struct {
        struct given given;
        const char *items[BS_POSTFIX_LISTS]; /* NULL: nothing to add */
    } cases[] = {
        {{.settings = "smtpd_milters =\nnon_smtpd_milters =\nvirtual_alias_maps ="}, {MILTER, MILTER, MAP}},
        {{.settings = "non_smtpd_milters = inet:127.0.0.1:8891"}, {NULL, MILTER, NULL}},
        {{.settings = "virtual_alias_maps = socketmap:inet:127.0.0.1:8897:other"}, {NULL, NULL, MAP}},
        {{.settings = "mail_version = 2.11.3\nsmtpd_milters ="}, {"inet:127.0.0.1:8896", NULL, NULL}},
        {{.settings = "milter_protocol = 4\nsmtpd_milters ="},
         {"{ inet:127.0.0.1:8896, default_action=tempfail, protocol=6 }", NULL, NULL}},
        {{.settings = "", .milter = "inet:0.0.0.0:8896", .map = "inet6:[::1]:8897"},
         {NULL, NULL, "socketmap:inet:[::1]:8897:backstop"}},
        {{.settings = "", .milter = "unix:/var/spool/postfix/backstop/milter", .map = "unix:/run/map"},
         {"{ unix:backstop/milter, default_action=tempfail }", "{ unix:backstop/milter, default_action=tempfail }",
          "socketmap:unix:/run/map:backstop"}},
        /* A list that takes what another one has gets ours with it. */
        {{.settings = "smtpd_milters =\nnon_smtpd_milters =", .written = "non_smtpd_milters = $smtpd_milters"},
         {MILTER, NULL, NULL}},
        {{.settings = "smtpd_milters =\nnon_smtpd_milters =", .written = "smtpd_milters = a, ${non_smtpd_milters}"},
         {NULL, MILTER, NULL}},
        {{.settings = "smtpd_milters =\nnon_smtpd_milters =",
          .written = "non_smtpd_milters = $smtpd_milters_more $x"},
         {MILTER, MILTER, NULL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judged *judged = judge(&cases[i].given);
        size_t next = 0;
        for (size_t list = 0; list < BS_POSTFIX_LISTS; list++) {
            if (!cases[i].items[list])
                continue;
            assert_true(next < judged->item_count);
            assert_string_equal(judged->items[next].name, bs_postfix_lists[list]);
            assert_string_equal(judged->items[next++].item, cases[i].items[list]);
        }
        assert_int_equal(judged->item_count, next);
        assert_true(bs_postfix_assume_plan(judged->postfix, judged->items, judged->item_count, &judged->arena));
        assert_int_equal(bs_postfix_plan(&judged->sockets, &judged->arena, judged->items), 0);
        finish(judged);
    }
}

static void findings_are_kept_up_to_their_limit(void **state)
{
    struct bs_arena arena;
    struct bs_findings *findings = malloc(sizeof *findings);
    (void)state;
    assert_non_null(findings);
    bs_arena_init(&arena, MEMORY);
    bs_findings_init(findings, &arena);
    for (size_t i = 0; i < BS_FINDINGS_MAX; i++)
        bs_findings_add(findings, BS_SEVERITY_NOTE, "note", "number %zu", i);
    assert_false(findings->incomplete);
    bs_findings_add(findings, BS_SEVERITY_SERIOUS, "late", "one too many");
    assert_true(findings->incomplete);
    assert_int_equal(bs_findings_count(findings, BS_SEVERITY_NOTE), BS_FINDINGS_MAX);
    assert_int_equal(bs_findings_count(findings, BS_SEVERITY_SERIOUS), 0);
    bs_arena_reset(&arena);
    free(findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found_where_nothing_is_wrong),
        cmocka_unit_test(settings_that_do_not_lead_to_us_are_found_with_their_repair),
        cmocka_unit_test(settings_that_work_against_us_are_found_with_their_repair),
        cmocka_unit_test(domains_in_tables_are_not_missed),
        cmocka_unit_test(the_plan_has_what_main_cf_lacks),
        cmocka_unit_test(findings_are_kept_up_to_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
