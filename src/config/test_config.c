/* SPDX-License-Identifier: BSD-2-Clause */
/* What a configuration file may say, what holds without it, and how a configuration is printed. */
#include "config/config.h"
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Every kind of option set to something else than its default. */
static const char rich[] = "user = mail # a comment\n"
                           "group=\"mail\" filters = 2\n"
                           "log = syslog log-level = debug\n"
                           "milter = { \"unix:/run/a b\", \"inet6:[::1]:8896\" }\n"
                           "socketmap = \"inet:localhost:1\"\n"
                           "socket-mode = 0600\n"
                           "signing-key = 7 tag-lifetime = 2w\n"
                           "networks = { 192.0.2.0/24, \"2001:db8::/32\", # another\n"
                           "  10.0.0.1, 10.0.0.2, }\n"
                           "no-sign = { user+x@example.org, example.net, .example.net }\n"
                           "max-frame = 512k frame-timeout = 90s session-timeout = 120m drain-timeout = 36h\n"
                           "key 7 { secret-file = \"/etc/back\\\\slash \\\"7\\\"\" }\n"
                           "key \"0\" { secret-file = /etc/0 }\n"
                           "domain Example.COM { mode = enforce never-sends = { info, \"o'neil\", \"*\" } }\n"
                           "domain \"b.example\" {\n"
                           "    fold-case = no\n"
                           "}\n"
                           "domain xn--bcher-kva.example { mode = off }\n"
                           "header-token = off envelope-id = no sent-registry = 1M sent-registry-complete = yes rules = { /a, /B }\n"
                           "campaign-threshold = 0 campaign-duration = 60s\n"
                           "policy \"some\" { recipients = { b@B.EXAMPLE, \".com\" } bounce-unclear = discard\n"
                           "  campaign-notice-not-ours = accept }\n";

static void parse(const char *text, struct bs_config *ret_config)
{
    struct bs_error error;
    if (!bs_config_parse(text, "f", ret_config, &error))
        fail_msg("%s", error.text);
}

/* What one of the printing functions writes; to be freed. */
static char *print(const struct bs_config *config, void (*write)(const struct bs_config *, FILE *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    write(config, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void write_sample(const struct bs_config *config, FILE *out)
{
    (void)config;
    bs_config_sample(out);
}

static void write_manual(const struct bs_config *config, FILE *out)
{
    (void)config;
    bs_config_manual(out);
}

static char *show(const char *text)
{
    struct bs_config config;
    parse(text, &config);
    char *shown = print(&config, bs_config_show);
    bs_config_free(&config);
    return shown;
}

static void an_empty_file_means_the_defaults(void **state)
{
    struct bs_config config;
    (void)state;
    parse("", &config);
    assert_string_equal(config.file, "f");
    assert_string_equal(config.user, "backstop");
    assert_string_equal(config.group, "");
    assert_int_equal(config.filters, 0);
    assert_int_equal(config.log, BS_CONFIG_LOG_AUTO);
    assert_int_equal(config.log_level, BS_CONFIG_LEVEL_INFO);
    assert_int_equal(config.milter.count, 1);
    assert_string_equal(config.milter.items[0], "inet:127.0.0.1:8896");
    assert_int_equal(config.socketmap.count, 1);
    assert_string_equal(config.socketmap.items[0], "inet:127.0.0.1:8897");
    assert_string_equal(config.socketmap_name, "backstop");
    assert_int_equal(config.socket_mode, 0660);
    assert_int_equal(config.signing_key, 0);
    assert_int_equal(config.tag_lifetime, 7 * 86400);
    assert_int_equal(config.networks.count, 2);
    assert_string_equal(config.networks.items[1], "::1/128");
    assert_int_equal(config.no_sign.count + config.key_count + config.domain_count, 0);
    assert_int_equal(config.max_frame, 1024 * 1024);
    assert_int_equal(config.max_sessions, 10000);
    assert_int_equal(config.max_recipients, 10000);
    assert_int_equal(config.max_null_recipients, 100);
    assert_true(config.header_token && config.envelope_id);
    assert_int_equal(config.sent_registry, 8 * 1024 * 1024);
    assert_false(config.sent_registry_complete);
    assert_int_equal(config.rules.count + config.policy_count, 0);
    assert_int_equal(config.campaign_threshold, 20);
    assert_int_equal(config.campaign_duration, 3600);
    assert_int_equal(config.frame_timeout, 30);
    assert_int_equal(config.write_timeout, 30);
    assert_int_equal(config.session_timeout, 7200);
    assert_int_equal(config.drain_timeout, 3600);
    bs_config_free(&config);
}

static void a_file_sets_what_it_names(void **state)
{
    struct bs_config config;
    (void)state;
    parse(rich, &config);
    assert_string_equal(config.user, "mail");
    assert_int_equal(config.log, BS_CONFIG_LOG_SYSLOG);
    assert_int_equal(config.log_level, BS_CONFIG_LEVEL_DEBUG);
    assert_string_equal(config.milter.items[0], "unix:/run/a b");
    assert_string_equal(config.socketmap.items[0], "inet:localhost:1");
    assert_int_equal(config.tag_lifetime, 14 * 86400);
    assert_int_equal(config.networks.count, 4);
    assert_string_equal(config.no_sign.items[0], "user+x@example.org");
    assert_int_equal(config.max_frame, 512 * 1024);
    assert_int_equal(config.session_timeout, 7200);
    assert_int_equal(config.key_count, 2);
    assert_int_equal(config.keys[0].digit, 7);
    assert_int_equal(config.keys[0].line, 12);
    assert_string_equal(config.keys[0].secret_file, "/etc/back\\slash \"7\"");
    assert_int_equal(config.domain_count, 3);
    assert_string_equal(config.domains[0].name, "Example.COM");
    assert_int_equal(config.domains[0].mode, BS_CONFIG_ENFORCE);
    assert_true(config.domains[0].fold_case);
    assert_int_equal(config.domains[0].never_sends.count, 3);
    assert_string_equal(config.domains[0].never_sends.items[1], "o'neil");
    assert_int_equal(config.domains[1].mode, BS_CONFIG_SIGN);
    assert_false(config.domains[1].fold_case);
    assert_int_equal(config.domains[1].never_sends.count, 0);
    assert_int_equal(config.domains[1].line, 15);
    assert_int_equal(config.domains[2].mode, BS_CONFIG_OFF);
    assert_false(config.header_token);
    assert_int_equal(config.rules.count, 2);
    assert_int_equal(config.policy_count, 1);
    assert_string_equal(config.policies[0].name, "some");
    assert_string_equal(config.policies[0].recipients.items[1], ".com");
    assert_int_equal(config.policies[0].treatments[0][BS_CONFIG_BOUNCE][BS_CONFIG_UNCLEAR], BS_CONFIG_TREAT_DISCARD);
    assert_int_equal(config.policies[0].treatments[1][BS_CONFIG_NOTICE][BS_CONFIG_NOT_OURS], BS_CONFIG_TREAT_ACCEPT);
    assert_int_equal(config.policies[0].treatments[1][BS_CONFIG_BOUNCE][BS_CONFIG_UNCLEAR], BS_CONFIG_TREAT_QUARANTINE);
    bs_config_free(&config);
}

/* What one option becomes, as `show` prints it. */
static const struct {
    const char *text, *shown;
} values[] = {
    {"user = \"\"", "user = \"\""},
    {"user = a2345678901234567890123456789012", "user = \"a2345678901234567890123456789012\""},
    {"filters = 256", "filters = 256"},
    {"filters = 007", "filters = 7"},
    {"log = stderr", "log = stderr"},
    {"log-level = \"error\"", "log-level = error"},
    {"milter = {}", "milter = {}"},
    {"milter = inet:127.0.0.1:1", "milter = { \"inet:127.0.0.1:1\" }"},
    {"milter = { \"unix:/a\", \"unix:/A\" }", "milter = { \"unix:/a\", \"unix:/A\" }"},
    {"socketmap-name = x", "socketmap-name = \"x\""},
    {"socket-mode = 0777", "socket-mode = 0777"},
    {"socket-mode = 0", "socket-mode = 0000"},
    {"socket-mode = 660", "socket-mode = 0660"},
    {"signing-key = 9", "signing-key = 9"},
    {"tag-lifetime = 1d", "tag-lifetime = 1d"},
    {"tag-lifetime = 499d", "tag-lifetime = 499d"},
    {"tag-lifetime = 48h", "tag-lifetime = 2d"},
    {"tag-lifetime = 86400s", "tag-lifetime = 1d"},
    {"tag-lifetime = 71w", "tag-lifetime = 497d"},
    {"networks = { 0.0.0.0/0, ::/0 }", "networks = { \"0.0.0.0/0\", \"::/0\" }"},
    {"networks = ::ffff:10.0.0.0/104", "networks = { \"::ffff:10.0.0.0/104\" }"},
    {"no-sign = { a.example, .a.example, x@a.example }",
     "no-sign = { \"a.example\", \".a.example\", \"x@a.example\" }"},
    {"no-sign = { \"\\\"a b\\\"@a.example\" }", "no-sign = { \"\\\"a b\\\"@a.example\" }"},
    {"no-sign = { a, b, c, d }", "no-sign = {\n    \"a\",\n    \"b\",\n    \"c\",\n    \"d\",\n}"},
    {"sent-registry = 0", "sent-registry = 0"},
    {"sent-registry = 8k", "sent-registry = 8k"},
    {"sent-registry = 1024M", "sent-registry = 1024M"},
    {"campaign-threshold = 1000000", "campaign-threshold = 1000000"},
    {"campaign-duration = 30d", "campaign-duration = 30d"},
    {"rules = /a", "rules = { \"/a\" }"},
    {"policy \"a\" { notice-unclear = accept }", "    notice-unclear = accept\n"},
    {"max-frame = 65537", "max-frame = 65537"},
    {"max-frame = 64M", "max-frame = 64M"},
    {"max-frame = 65k", "max-frame = 65k"},
    {"max-frame = 65K", "max-frame = 65k"},
    {"max-sessions = 1", "max-sessions = 1"},
    {"message-memory = 64k", "message-memory = 64k"},
    {"message-memory = 65536M", "message-memory = 65536M"},
    {"max-sessions = 1000000", "max-sessions = 1000000"},
    {"max-recipients = 1000000", "max-recipients = 1000000"},
    {"max-null-recipients = 1", "max-null-recipients = 1"},
    {"frame-timeout = 1s", "frame-timeout = 1s"},
    {"frame-timeout = 3600s", "frame-timeout = 1h"},
    {"write-timeout = 60m", "write-timeout = 1h"},
    {"session-timeout = 1w", "session-timeout = 7d"},
    {"drain-timeout = 61m", "drain-timeout = 61m"},
    {"key 9 { secret-file = / }", "key 9 {\n    secret-file = \"/\"\n}"},
    {"domain a { mode = off fold-case = on }",
     "domain \"a\" {\n    mode = off\n    fold-case = true\n    never-sends = {}\n}"},
    {"domain a { mode = off fold-case = false }", "    fold-case = false\n"},
    {"domain a { mode = off fold-case = off }", "    fold-case = false\n"},
    {"domain a { mode = off fold-case = yes }", "    fold-case = true\n"},
    {"domain a { mode = off never-sends = { \"*\", \"müller\", \"\\\"a@b\\\"\" } }",
     "never-sends = { \"*\", \"müller\", \"\\\"a@b\\\"\" }"},
    {"domain a { mode = off never-sends = { a, b, c, d } }",
     "    never-sends = {\n        \"a\",\n        \"b\",\n        \"c\",\n        \"d\",\n    }\n"},
    {"domain a1-2.b { mode = off }", "domain \"a1-2.b\" {"},
    {"domain 123456789012345678901234567890123456789012345678901234567890123.b { mode = off }",
     "domain \"123456789012345678901234567890123456789012345678901234567890123.b\" {"},
};

static void every_kind_of_value_is_read_up_to_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *shown = show(values[i].text);
        if (!strstr(shown, values[i].shown))
            fail_msg("%s: not shown as %s", values[i].text, values[i].shown);
        free(shown);
    }
}

static void what_is_shown_reads_back_as_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i <= sizeof values / sizeof *values; i++) {
        char *first = show(i > 0 ? values[i - 1].text : rich);
        char *second = show(first);
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
}

static void the_sample_means_the_defaults(void **state)
{
    char *sample = print(NULL, write_sample);
    char *shown = show(sample);
    char *defaults = show("");
    (void)state;
    assert_string_equal(shown, defaults);
    free(sample);
    free(shown);
    free(defaults);
}

/* Takes the # off each line that has an option behind it, as an administrator would. */
static void uncomment(char *sample)
{
    for (char *line = sample; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (line[0] == '#' && line[1] != '\0' && strchr(" =\n", line[1]) == NULL)
            line[0] = ' ';
        else if (strncmp(line, "#    ", 5) == 0)
            line[0] = ' ';
    }
}

static void the_sample_with_every_option_set_means_the_same(void **state)
{
    char *sample = print(NULL, write_sample);
    char *defaults = show("");
    (void)state;
    uncomment(sample);
    char *shown = show(sample);
    assert_int_equal(strncmp(shown, defaults, strlen(defaults)), 0);
    assert_string_equal(shown + strlen(defaults), "\nkey 0 {\n    secret-file = \"/etc/backstop/batv.0.key\"\n}\n"
                                                  "\ndomain \"example.com\" {\n    mode = sign\n    fold-case = true\n"
                                                  "    never-sends = {}\n}\n"
                                                  "\npolicy \"all\" {\n    recipients = {}\n"
                                                  "    bounce-not-ours = reject\n"
                                                  "    bounce-unclear = tag\n"
                                                  "    auto-reply-not-ours = reject\n"
                                                  "    auto-reply-unclear = tag\n"
                                                  "    challenge-not-ours = reject\n"
                                                  "    challenge-unclear = tag\n"
                                                  "    notice-not-ours = reject\n"
                                                  "    notice-unclear = tag\n"
                                                  "    campaign-bounce-not-ours = reject\n"
                                                  "    campaign-bounce-unclear = quarantine\n"
                                                  "    campaign-auto-reply-not-ours = reject\n"
                                                  "    campaign-auto-reply-unclear = quarantine\n"
                                                  "    campaign-challenge-not-ours = reject\n"
                                                  "    campaign-challenge-unclear = quarantine\n"
                                                  "    campaign-notice-not-ours = reject\n"
                                                  "    campaign-notice-unclear = quarantine\n}\n");
    free(sample);
    free(shown);
    free(defaults);
}

static void every_option_is_in_sample_manual_and_both_shows(void **state)
{
    struct bs_option_list options = bs_options();
    struct bs_config config;
    (void)state;
    parse(rich, &config);
    char *sample = print(NULL, write_sample);
    char *manual = print(NULL, write_manual);
    char *shown = print(&config, bs_config_show);
    char *json = print(&config, bs_config_show_json);
    for (size_t i = 0; i < options.count; i++) {
        char wanted[100];
        snprintf(wanted, sizeof wanted, "%s = ", options.rows[i].name);
        assert_non_null(strstr(sample, wanted));
        assert_non_null(strstr(shown, wanted));
        snprintf(wanted, sizeof wanted, "\n*%s* = ", options.rows[i].name);
        assert_non_null(strstr(manual, wanted));
        snprintf(wanted, sizeof wanted, "\"%s\": ", options.rows[i].name);
        assert_non_null(strstr(json, wanted));
    }
    free(sample);
    free(manual);
    free(shown);
    free(json);
    bs_config_free(&config);
}

static void json_has_numbers_in_bytes_and_seconds(void **state)
{
    static const char expected[] =
        "{\n  \"file\": \"f\",\n  \"user\": \"mail\",\n  \"group\": \"mail\",\n  \"filters\": 2,\n"
        "  \"log\": \"syslog\",\n  \"log-level\": \"debug\",\n"
        "  \"milter\": [\"unix:/run/a b\", \"inet6:[::1]:8896\"],\n  \"socketmap\": [\"inet:localhost:1\"],\n"
        "  \"socketmap-name\": \"backstop\",\n  \"socket-mode\": \"0600\",\n  \"socket-group\": \"\",\n"
        "  \"signing-key\": 7,\n  \"tag-lifetime\": 1209600,\n"
        "  \"networks\": [\"192.0.2.0/24\", \"2001:db8::/32\", \"10.0.0.1\", \"10.0.0.2\"],\n"
        "  \"no-sign\": [\"user+x@example.org\", \"example.net\", \".example.net\"],\n"
        "  \"header-token\": false,\n  \"envelope-id\": false,\n  \"sent-registry\": 1048576,\n"
        "  \"sent-registry-complete\": true,\n"
        "  \"rules\": [\"/a\", \"/B\"],\n  \"campaign-threshold\": 0,\n  \"campaign-duration\": 60,\n"
        "  \"authentication\": \"off\",\n  \"authserv-id\": \"\",\n  \"reject-action\": \"reject\",\n"
        "  \"quarantine-action\": \"tag\",\n  \"temperror-action\": \"accept\",\n  \"trusted-forwarders\": [],\n  \"trusted-sealers\": [],\n  \"arc-seal\": \"\",\n"
        "  \"sender-check\": \"off\",\n  \"dkim-keys\": \"\",\n  \"dns-servers\": [\"system\"],\n"
        "  \"dns-trust-anchor\": \"\",\n  \"dns-timeout\": 5,\n  \"dns-cache\": 16777216,\n"
        "  \"dns-rate\": 2000,\n  \"max-questions\": 400,\n  \"max-open-questions\": 4000,\n"
        "  \"authentication-timeout\": 20,\n"
        "  \"max-frame\": 524288,\n  \"max-sessions\": 10000,\n  \"message-memory\": 268435456,\n  \"max-recipients\": 10000,\n"
        "  \"max-null-recipients\": 100,\n  \"frame-timeout\": 90,\n"
        "  \"write-timeout\": 30,\n  \"session-timeout\": 7200,\n  \"drain-timeout\": 129600,\n  \"key\": [\n"
        "    {\"digit\": 7, \"secret-file\": \"/etc/back\\\\slash \\\"7\\\"\", \"line\": 12},\n"
        "    {\"digit\": 0, \"secret-file\": \"/etc/0\", \"line\": 13}\n  ],\n  \"domain\": [\n"
        "    {\"name\": \"Example.COM\", \"mode\": \"enforce\", \"fold-case\": true, "
        "\"never-sends\": [\"info\", \"o'neil\", \"*\"], \"line\": 14},\n"
        "    {\"name\": \"b.example\", \"mode\": \"sign\", \"fold-case\": false, \"never-sends\": [], \"line\": 15},\n"
        "    {\"name\": \"xn--bcher-kva.example\", \"mode\": \"off\", \"fold-case\": true, \"never-sends\": [], "
        "\"line\": 18}\n  ],\n  \"policy\": [\n"
        "    {\"name\": \"some\", \"recipients\": [\"b@B.EXAMPLE\", \".com\"], "
        "\"bounce-not-ours\": \"reject\", "
        "\"bounce-unclear\": \"discard\", "
        "\"auto-reply-not-ours\": \"reject\", "
        "\"auto-reply-unclear\": \"tag\", "
        "\"challenge-not-ours\": \"reject\", "
        "\"challenge-unclear\": \"tag\", "
        "\"notice-not-ours\": \"reject\", "
        "\"notice-unclear\": \"tag\", "
        "\"campaign-bounce-not-ours\": \"reject\", "
        "\"campaign-bounce-unclear\": \"quarantine\", "
        "\"campaign-auto-reply-not-ours\": \"reject\", "
        "\"campaign-auto-reply-unclear\": \"quarantine\", "
        "\"campaign-challenge-not-ours\": \"reject\", "
        "\"campaign-challenge-unclear\": \"quarantine\", "
        "\"campaign-notice-not-ours\": \"accept\", "
        "\"campaign-notice-unclear\": \"quarantine\", "
        "\"line\": 21}\n  ]\n}\n";
    struct bs_config config;
    (void)state;
    parse(rich, &config);
    char *json = print(&config, bs_config_show_json);
    assert_string_equal(json, expected);
    free(json);
    bs_config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_means_the_defaults),
        cmocka_unit_test(a_file_sets_what_it_names),
        cmocka_unit_test(every_kind_of_value_is_read_up_to_its_limits),
        cmocka_unit_test(what_is_shown_reads_back_as_the_same),
        cmocka_unit_test(the_sample_means_the_defaults),
        cmocka_unit_test(the_sample_with_every_option_set_means_the_same),
        cmocka_unit_test(every_option_is_in_sample_manual_and_both_shows),
        cmocka_unit_test(json_has_numbers_in_bytes_and_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
