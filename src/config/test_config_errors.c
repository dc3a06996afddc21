/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a configuration, as the administrator is told: file, line, what is allowed, what was meant. */
#include "config/config.h"
#include "config/parse.h"
#include "config/reader.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NO_DOMAIN \
    "is no domain: labels of 1 to 63 letters, digits and inner hyphens, with dots between them"
#define NO_ACCOUNT "is no name of an account: at most 32 bytes, ASCII, without blanks, : / and ,"
#define NO_SIZE    "is not a size in bytes, or with k or M, from 65537 to 64M"
#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
    const char *text, *error;
} cases[] = {
    /* Names. */
    {"\n\ndomain \"example.com\" {\n mdoe = sign }",
     "f:4: unknown option \"mdoe\" in domain \"example.com\"; did you mean \"mode\"?"},
    {"filter = 2", "f:1: unknown option \"filter\"; did you mean \"filters\"?"},
    {"max_sessions = 2", "f:1: unknown option \"max_sessions\"; did you mean \"max-sessions\"?"},
    {"Domain x {", "f:1: unknown option \"Domain\"; did you mean \"domain\"?"},
    {"colour = red", "f:1: unknown option \"colour\""},
    {"mode = sign", "f:1: unknown option \"mode\"; it stands in a domain section"},
    {"secret-file = /x", "f:1: unknown option \"secret-file\"; it stands in a key section"},
    {"domain a { filters = 1 }", "f:1: unknown option \"filters\" in domain \"a\"; it stands outside of sections"},
    {"key 1 { scret-file = /x }", "f:1: unknown option \"scret-file\" in key \"1\"; did you mean \"secret-file\"?"},
    {"domain a { mode = sign\ndomain b { }",
     "f:2: unknown option \"domain\" in domain \"a\"; a section cannot stand in another: is a } missing?"},
    {"\"\" = x", "f:1: unknown option \"\""},
    {"\"a\033[31mb\" = x", "f:1: a string holds the control character 0x1b"},

    {"dns-servers = { \"192.0.2.1:0\" }",
     "f:1: dns-servers: \"192.0.2.1:0\" is no resolver: \"system\", ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT"},
    {"trusted-sealers = { \"a..b\" }", "f:1: trusted-sealers: \"a..b\" " NO_DOMAIN},
    {"authserv-id = \"mx one\"", "f:1: authserv-id: \"mx one\" " NO_DOMAIN},
    {"dkim-keys = \"dkim\"", "f:1: dkim-keys: \"dkim\" is no absolute path"},
    {"authentication = on", "f:1: authentication: \"on\" is not one of off, monitor, enforce"},

    /* How the parts stand together. */
    {"filters", "f:1: expected = behind filters, found the end of the file"},
    {"filters 2", "f:1: expected = behind filters, found \"2\""},
    {"filters {", "f:1: expected = behind filters, found \"{\""},
    {"filters =", "f:1: expected a value for filters, found the end of the file"},
    {"filters = = 2", "f:1: expected a value for filters, found \"=\""},
    {"filters = { 2 }", "f:1: filters takes one value, not a list"},
    {"= 2", "f:1: expected an option, found \"=\""},
    {"filters = 2\n}", "f:2: expected an option, found \"}\""},
    {"filters = 2\nuser = a\nfilters = 3", "f:3: filters is set already, on line 1"},
    {"domain a {\nmode = off\nmode = off }", "f:3: mode in domain \"a\" is set already, on line 2"},
    {"milter = { \"inet:127.0.0.1:1\" \"inet:127.0.0.1:2\" }",
     "f:1: milter: expected , or } in the list, found \"inet:127.0.0.1:2\""},
    {"milter = {", "f:1: milter: expected a value or } in the list, found the end of the file"},
    {"milter = { , }", "f:1: milter: expected a value or } in the list, found \",\""},
    {"milter = {\n \"unix:/a\",\n\n \"unix:/a\" }", "f:4: milter: \"unix:/a\" stands in the list already, on line 2"},
    {"no-sign = { a.example,\nA.Example }", "f:2: no-sign: \"A.Example\" stands in the list already, on line 1"},
    {"domain a {\nnever-sends = { info, b,\nc, B, INFO } }",
     "f:3: never-sends in domain \"a\": \"B\" stands in the list already, on line 2"},
    {"domain", "f:1: expected a name behind domain, found the end of the file"},
    {"domain { }", "f:1: expected a name behind domain, found \"{\""},
    {"key { }", "f:1: expected a digit behind key, found \"{\""},
    {"domain a mode = sign", "f:1: expected { behind domain \"a\", found \"mode\""},
    {"domain a {\nmode = sign\n", "f:1: domain \"a\" has no closing }"},
    {"domain a {\n= }", "f:2: expected an option or } in domain \"a\", found \"=\""},
    {"domain a { mode = sign } }", "f:1: expected an option, found \"}\""},
    {"key 1 { }", "f:1: secret-file is missing in key \"1\""},
    {"key 1 { secret-file = /a }\n\nkey 1 { secret-file = /b }", "f:3: key \"1\" has a section already, on line 1"},
    {"key 10 { }", "f:1: key \"10\": a key is called by a digit from 0 to 9"},
    {"key a { }", "f:1: key \"a\": a key is called by a digit from 0 to 9"},
    {"key \"\" { }", "f:1: key \"\": a key is called by a digit from 0 to 9"},

    /* Values. */
    {"filters = 257", "f:1: filters: \"257\" is not a whole number from 0 to 256"},
    {"filters = -1", "f:1: filters: \"-1\" is not a whole number from 0 to 256"},
    {"filters = 1.5", "f:1: filters: \"1.5\" is not a whole number from 0 to 256"},
    {"filters = two", "f:1: filters: \"two\" is not a whole number from 0 to 256"},
    {"filters = \"\"", "f:1: filters: \"\" is not a whole number from 0 to 256"},
    {"filters = 18446744073709551616", "f:1: filters: \"18446744073709551616\" is not a whole number from 0 to 256"},
    {"max-sessions = 0", "f:1: max-sessions: \"0\" is not a whole number from 1 to 1000000"},
    {"max-sessions = 1000001", "f:1: max-sessions: \"1000001\" is not a whole number from 1 to 1000000"},
    {"max-recipients = 0", "f:1: max-recipients: \"0\" is not a whole number from 1 to 1000000"},
    {"max-null-recipients = 0", "f:1: max-null-recipients: \"0\" is not a whole number from 1 to 1000000"},
    {"signing-key = 10", "f:1: signing-key: \"10\" is not a whole number from 0 to 9"},
    {"log = jornal", "f:1: log: \"jornal\" is not one of auto, journal, syslog, stderr; did you mean \"journal\"?"},
    {"log-level = loud", "f:1: log-level: \"loud\" is not one of error, warning, info, debug"},
    {"domain \"a\" {\nmode = enforcee }",
     "f:2: mode in domain \"a\": \"enforcee\" is not one of off, sign, observe, enforce; did you mean \"enforce\"?"},
    {"domain a { fold-case = maybe }", "f:1: fold-case in domain \"a\": \"maybe\" is not true or false"},
    {"domain a { fold-case = 1 }", "f:1: fold-case in domain \"a\": \"1\" is not true or false"},
    {"message-memory = 63k", "f:1: message-memory: \"63k\" is not a size in bytes, or with k or M, from 64k to 65536M"},
    {"message-memory = 65537M", "f:1: message-memory: \"65537M\" is not a size in bytes, or with k or M, from 64k to 65536M"},
    {"max-frame = 64k", "f:1: max-frame: \"64k\" " NO_SIZE},
    {"max-frame = 65536", "f:1: max-frame: \"65536\" " NO_SIZE},
    {"max-frame = 67108865", "f:1: max-frame: \"67108865\" " NO_SIZE},
    {"max-frame = 1G", "f:1: max-frame: \"1G\" " NO_SIZE},
    {"max-frame = M", "f:1: max-frame: \"M\" " NO_SIZE},
    {"max-frame = 8796093022208M",
     "f:1: max-frame: \"8796093022208M\" " NO_SIZE},
    {"frame-timeout = 30", "f:1: frame-timeout: \"30\" is not a time with its unit (s, m, h, d or w) from 1s to 1h"},
    {"frame-timeout = 0s", "f:1: frame-timeout: \"0s\" is not a time with its unit (s, m, h, d or w) from 1s to 1h"},
    {"frame-timeout = 3601s",
     "f:1: frame-timeout: \"3601s\" is not a time with its unit (s, m, h, d or w) from 1s to 1h"},
    {"frame-timeout = 1h30m",
     "f:1: frame-timeout: \"1h30m\" is not a time with its unit (s, m, h, d or w) from 1s to 1h"},
    {"session-timeout = 8d",
     "f:1: session-timeout: \"8d\" is not a time with its unit (s, m, h, d or w) from 1s to 7d"},
    {"tag-lifetime = 0d", "f:1: tag-lifetime: \"0d\" is not a time in whole days from 1d to 499d"},
    {"tag-lifetime = 500d", "f:1: tag-lifetime: \"500d\" is not a time in whole days from 1d to 499d"},
    {"tag-lifetime = 36h", "f:1: tag-lifetime: \"36h\" is not a time in whole days from 1d to 499d"},
    {"socket-mode = 1777", "f:1: socket-mode: \"1777\" is not permissions in octal from 0000 to 0777"},
    {"socket-mode = 0668", "f:1: socket-mode: \"0668\" is not permissions in octal from 0000 to 0777"},
    {"socket-mode = rw", "f:1: socket-mode: \"rw\" is not permissions in octal from 0000 to 0777"},
    {"user = \"a b\"", "f:1: user: \"a b\" " NO_ACCOUNT},
    {"group = a23456789012345678901234567890123", "f:1: group: \"a23456789012345678901234567890123\" " NO_ACCOUNT},
    {"socketmap-name = \"\"",
     "f:1: socketmap-name: \"\" is no name of a map: 1 to 100 bytes of ASCII without blanks, : and ,"},
    {"socketmap-name = a:b",
     "f:1: socketmap-name: \"a:b\" is no name of a map: 1 to 100 bytes of ASCII without blanks, : and ,"},
    {"key 1 { secret-file = batv.key }", "f:1: secret-file in key \"1\": \"batv.key\" is no absolute path"},
    {"key 1 { secret-file = \"\" }", "f:1: secret-file in key \"1\": \"\" is no absolute path"},
    {"milter = { inet:127.0.0.1:0 }",
     "f:1: milter: \"inet:127.0.0.1:0\" needs a port from 1 to 65535 at its end"},
    {"milter = 8896",
     "f:1: milter: \"8896\" is no socket address: inet:HOST:PORT, inet6:[ADDRESS]:PORT or unix:/PATH"},
    {"networks = { 127.0.0.1,\n10.0.0.1/8 }",
     "f:2: networks: \"10.0.0.1/8\" has bits set behind its first 8; the network is \"10.0.0.0/8\""},
    {"networks = 2001:db8::1/64",
     "f:1: networks: \"2001:db8::1/64\" has bits set behind its first 64; the network is \"2001:db8::/64\""},
    {"networks = mail.example.com",
     "f:1: networks: \"mail.example.com\" is no address or network, such as \"192.0.2.0/24\" or \"2001:db8::/32\""},
    {"networks = 10.0.0.0/33",
     "f:1: networks: \"10.0.0.0/33\" is no address or network, such as \"192.0.2.0/24\" or \"2001:db8::/32\""},
    {"no-sign = @example.com",
     "f:1: no-sign: \"@example.com\" begins with an @; a domain alone is written without it"},
    {"no-sign = user@", "f:1: no-sign: \"user@\" " NO_DOMAIN},
    {"no-sign = \".\"", "f:1: no-sign: \".\" " NO_DOMAIN},
    {"no-sign = \"a b@example.com\"",
     "f:1: no-sign: \"a b@example.com\" is no local part: it has a blank, or one of < > \""},
    {"no-sign = a@b@c", "f:1: no-sign: \"a@b@c\" has an @; write the part before it alone"},
    {"domain a { never-sends = info@a }",
     "f:1: never-sends in domain \"a\": \"info@a\" has an @; write the part before it alone"},
    {"domain a { never-sends = \"\" }",
     "f:1: never-sends in domain \"a\": \"\" is no local part: it has 1 to 64 bytes"},
    {"domain a { never-sends = " LABEL_63 "45 }",
     "f:1: never-sends in domain \"a\": \"a23456789012345678901234567890123456789012345678901234567890...\" is no "
     "local part: it has 1 to 64 bytes"},

    /* Domains. */
    {"domain example.com. { }", "f:1: domain \"example.com.\" ends with a dot; write the domain without it"},
    {"domain \"bücher.example\" { }",
     "f:1: domain \"bücher.example\" is not ASCII; write an internationalized domain in its xn-- form"},
    {"domain a_b.example { }", "f:1: domain \"a_b.example\" " NO_DOMAIN},
    {"domain -a.example { }", "f:1: domain \"-a.example\" " NO_DOMAIN},
    {"domain a-.example { }", "f:1: domain \"a-.example\" " NO_DOMAIN},
    {"domain a..example { }", "f:1: domain \"a..example\" " NO_DOMAIN},
    {"domain \"\" { }", "f:1: domain \"\" " NO_DOMAIN},
    {"domain [127.0.0.1] { }", "f:1: domain \"[127.0.0.1]\" " NO_DOMAIN},
    {"domain user@example.com { }", "f:1: domain \"user@example.com\" " NO_DOMAIN},
    {"domain " LABEL_63 "4 { }",
     "f:1: domain \"a23456789012345678901234567890123456789012345678901234567890...\" " NO_DOMAIN},
    {"domain " LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 " { }",
     "f:1: domain \"a23456789012345678901234567890123456789012345678901234567890...\" is longer than the 253 "
     "bytes of a domain"},

    /* Policies. */
    {"policy { }", "f:1: expected a name behind policy, found \"{\""},
    {"policy \"a b\" { }",
     "f:1: policy \"a b\" is no name of a policy: 1 to 64 bytes of ASCII without blanks, quotes and braces"},
    {"policy a { }\npolicy A { }", "f:2: policy \"A\" has a section already, on line 1"},
    {"policy a { }\npolicy b { }", "f:2: policy \"b\" names no recipients, so it is for all, as is that on line 1"},
    {"policy a { bounce-unclear = rejekt }",
     "f:1: bounce-unclear in policy \"a\": \"rejekt\" is not one of accept, tag, quarantine, reject, discard; did you mean "
     "\"reject\"?"},
    {"bounce-unclear = reject", "f:1: unknown option \"bounce-unclear\"; it stands in a policy section"},
    {"domain a { mode = off }\npolicy a { recipients = { x@b } }",
     "f:2: policy \"a\" is for \"x@b\", but no domain section has it"},
    {"domain a { mode = off }\npolicy a { recipients = { \".a\" } }",
     "f:2: policy \"a\" is for \".a\", but no domain section has it"},
    {"domain a { mode = off }\npolicy a { recipients = { x@a } }\npolicy b { recipients = { X@A } }",
     "f:3: \"X@A\" stands in the recipients of another policy already, on line 2"},
    {"campaign-threshold = 1000001",
     "f:1: campaign-threshold: \"1000001\" is not a whole number from 0 to 1000000"},
    {"campaign-duration = 59s",
     "f:1: campaign-duration: \"59s\" is not a time with its unit (s, m, h, d or w) from 1m to 30d"},
    {"sent-registry = 8191", "f: sent-registry: a registry has at least 8192 bytes, or 0 for none"},
    {"rules = { a.rules }", "f:1: rules: \"a.rules\" is no absolute path"},

    /* What must hold between options. */
    {"key 0 { secret-file = /a }\ndomain a { }\ndomain b { }\ndomain c { }\n\ndomain C { }\ndomain B { }",
     "f:6: domain \"C\" has a section already, on line 4"},
    {"signing-key = 1\nkey 0 { secret-file = /a }\ndomain a { mode = off }\ndomain b { mode = observe }",
     "f:4: domain \"b\" has the mode observe, but there is no key 1 to sign with (signing-key); add: key 1 { "
     "secret-file = \"...\" }"},
    {"domain a { }",
     "f:1: domain \"a\" has the mode sign, but there is no key 0 to sign with (signing-key); add: key 0 { "
     "secret-file = \"...\" }"},
    {"milter = unix:/a\nsocketmap = { unix:/b, unix:/a }",
     "f: \"unix:/a\" stands in both milter and socketmap; a socket serves one of them"},
};

static void every_fault_is_named_with_its_line_and_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_config config;
        struct bs_error error = {""};
        if (bs_config_parse(cases[i].text, "f", &config, &error))
            fail_msg("accepted: %s", cases[i].text);
        assert_string_equal(error.text, cases[i].error);
        assert_null(config.file);
        assert_null(config.arena.blocks);
    }
}

/* Parses memory of exactly the text's size. */
static bool parse_exact(const char *text, size_t size)
{
    struct bs_config config = {0};
    struct bs_error error;
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    bs_arena_init(&config.arena, BS_CONFIG_MEMORY_MAX);
    bool good = bs_config_fill(bs_bytes(copy, size), "f", &config, &error);
    free(copy);
    bs_config_free(&config);
    return good;
}

static void a_file_may_end_anywhere(void **state)
{
    static const char text[] = "user = \"a\" milter = { \"unix:/a\", \"unix:/b\" } # end\n"
                               "key 0 { secret-file = \"/a\\\"\" }\ndomain a { mode = sign never-sends = { x } }";
    (void)state;
    for (size_t size = 0; size < sizeof text - 1; size++)
        parse_exact(text, size);
    assert_true(parse_exact(text, sizeof text - 1));
}

static void memory_has_a_limit(void **state)
{
    static const char text[] = "networks = { 10.0.0.1, 10.0.0.2 }\ndomain a { }\ndomain b { never-sends = { x, y } }";
    struct bs_config config = {0};
    struct bs_error error;
    size_t enough = 0;
    bool good = false;
    (void)state;
    while (!good && enough < 10000) {
        bs_arena_init(&config.arena, enough++);
        good = bs_config_fill(bs_bytes_from_cstr(text), "f", &config, &error);
        assert_true(good || strstr(error.text, "out of memory: a configuration may take 256 MB"));
        bs_config_free(&config);
    }
    assert_true(good);
}

/* A list or file made of `count` pieces that printf makes of their number. */
static char *repeat(const char *before, const char *piece, int count, const char *behind)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(before, out);
    for (int i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        fprintf(out, piece, i);
#pragma GCC diagnostic pop
    }
    fputs(behind, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void lists_and_domains_have_a_largest_number(void **state)
{
    static const struct {
        const char *before, *piece, *behind;
        int limit;
        const char *error;
    } limits[] = {
        {"milter = {", "unix:/%d,", "}", 16, "f:1: milter: more than 16 in the list"},
        {"no-sign = {", "a%d,\n", "}", 100000, "f:100001: no-sign: more than 100000 in the list"},
        {"key 0 { secret-file = /a }", "domain a%d {}\n", "", 100000, "f:100001: more than 100000 domains"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (int past = 0; past < 2; past++) {
            struct bs_config config;
            struct bs_error error = {""};
            char *text = repeat(limits[i].before, limits[i].piece, limits[i].limit + past, limits[i].behind);
            assert_int_equal(bs_config_parse(text, "f", &config, &error), !past);
            assert_string_equal(error.text, past ? limits[i].error : "");
            bs_config_free(&config);
            free(text);
        }
    }
}

/* Loads a file that holds the bytes and is filled up with # to the size. */
static bool load(struct bs_bytes bytes, size_t size, struct bs_error *ret_error)
{
    char path[] = "/tmp/backstop-test-XXXXXX";
    char *content = malloc(size);
    struct bs_config config;
    assert_non_null(content);
    memset(content, '#', size);
    memcpy(content, bytes.ptr, bytes.len);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, size), (ssize_t)size);
    close(fd);
    bool good = bs_config_load(path, &config, ret_error);
    if (good)
        assert_string_equal(config.file, path);
    unlink(path);
    bs_config_free(&config);
    free(content);
    return good;
}

static void a_file_has_a_largest_size(void **state)
{
    struct bs_error error;
    (void)state;
    assert_true(load(BS_LITERAL("user = a\n"), BS_CONFIG_FILE_MAX, &error));
    assert_false(load(BS_LITERAL("user = a\n"), BS_CONFIG_FILE_MAX + 1, &error));
    assert_non_null(strstr(error.text, ": larger than the 16 MB that a configuration may have"));
}

static void a_null_byte_in_a_file_is_an_error(void **state)
{
    struct bs_error error;
    (void)state;
    assert_true(load(BS_LITERAL("user = a\n"), 20, &error));
    assert_false(load(BS_LITERAL("user = a\n\0"), 20, &error));
    assert_non_null(strstr(error.text, ":2: the file holds a null byte; it must be text"));
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct bs_config config;
    struct bs_error error;
    (void)state;
    assert_false(bs_config_load("/nonexistent/backstop.conf", &config, &error));
    assert_string_equal(error.text, "/nonexistent/backstop.conf: no such file; `backstop setup` makes one for this "
                                    "machine, `backstop config sample` prints one to edit");
    assert_false(bs_config_load("/", &config, &error));
    assert_string_equal(error.text, "/: cannot be read: Is a directory");
    bs_config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_named_with_its_line_and_what_is_allowed),
        cmocka_unit_test(a_file_may_end_anywhere),
        cmocka_unit_test(memory_has_a_limit),
        cmocka_unit_test(lists_and_domains_have_a_largest_number),
        cmocka_unit_test(a_file_has_a_largest_size),
        cmocka_unit_test(a_null_byte_in_a_file_is_an_error),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
