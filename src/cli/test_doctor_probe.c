/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the probe says of a daemon that runs on the same configuration as the file, on another one, with another key,
 * or that is no backstopd at all. The daemon's side is its own session code; bytes go through memory.
 */
#include "cli/doctor_machine.h"
#include "cli/doctor_probe.h"
#include "engine/milter_session.h"
#include "engine/socketmap_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { MEMORY = 1024 * 1024, PATH_SIZE = 64, NOW = 1787270400 };

static char directory[PATH_SIZE];

/* A configuration with its settings; KEY in its text stands for the directory of the keys. */
struct side {
    struct bs_config config;
    struct bs_settings settings;
};

static struct side *load(const char *text)
{
    struct bs_strbuf whole;
    struct bs_error error = {""};
    struct side *side = calloc(1, sizeof *side);
    assert_non_null(side);
    bs_strbuf_init(&whole, MEMORY);
    for (const char *key; (key = strstr(text, "KEY")) != NULL; text = key + 3) {
        bs_strbuf_append(&whole, bs_bytes(text, (size_t)(key - text)));
        bs_strbuf_append_cstr(&whole, directory);
    }
    bs_strbuf_append_cstr(&whole, text);
    if (!bs_config_parse(bs_strbuf_cstr(&whole), "backstop.conf", &side->config, &error) ||
        !bs_settings_load(&side->config, &side->settings, &error))
        fail_msg("%s", error.text);
    bs_strbuf_free(&whole);
    return side;
}

static void unload(struct side *side)
{
    bs_settings_free(&side->settings);
    bs_config_free(&side->config);
    free(side);
}

/* The other end of the line. */
struct daemon {
    struct bs_milter_session milter;
    const struct bs_settings *settings;
    struct bs_strbuf in;
    struct bs_strbuf out;
};

static void ignore_report(void *context, const struct bs_report *report)
{
    (void)context;
    (void)report;
}

static bool send_to_milter(void *context, struct bs_bytes bytes, struct bs_error *ret_error)
{
    struct daemon *daemon = context;
    bs_strbuf_append(&daemon->in, bytes);
    struct bs_bytes input = bs_strbuf_bytes(&daemon->in);
    bool good = bs_milter_session_feed(&daemon->milter, &input, NOW, &daemon->out, ret_error);
    bs_strbuf_consume(&daemon->in, daemon->in.len - input.len);
    return good;
}

static bool send_to_map(void *context, struct bs_bytes bytes, struct bs_error *ret_error)
{
    struct daemon *daemon = context;
    return bs_socketmap_session_feed(daemon->settings, &bytes, &daemon->out, ret_error);
}

static bool receive(void *context, struct bs_strbuf *buf, struct bs_error *ret_error)
{
    struct daemon *daemon = context;
    if (daemon->out.len == 0)
        return bs_error_set(ret_error, "it does not answer");
    bs_strbuf_append(buf, bs_strbuf_bytes(&daemon->out));
    bs_strbuf_consume(&daemon->out, daemon->out.len);
    return true;
}

/* The problem that is found, in the arena; "" where none is. At most one may be. */
static const char *try(const char *file_text, const char *daemon_text, bool map, struct bs_arena *arena)
{
    struct side *file = load(file_text), *running = load(daemon_text);
    struct daemon daemon = {.settings = &running->settings};
    struct bs_findings findings;
    const struct bs_probe probe = {&file->config, &file->settings, NOW, "inet:127.0.0.1:8896", &findings};
    const struct bs_probe_line line = {map ? send_to_map : send_to_milter, receive, &daemon};
    bs_findings_init(&findings, arena);
    bs_strbuf_init(&daemon.in, MEMORY);
    bs_strbuf_init(&daemon.out, MEMORY);
    bs_milter_session_init(&daemon.milter, &running->settings, &(struct bs_session_host){.report = ignore_report});
    (map ? bs_probe_socketmap : bs_probe_milter)(&probe, &line);
    bs_milter_session_close(&daemon.milter);
    bs_strbuf_free(&daemon.in);
    bs_strbuf_free(&daemon.out);
    unload(file);
    unload(running);
    assert_true(findings.count <= 1);
    return findings.count > 0 ? findings.items[0].problem : "";
}

#define KEYS "key 0 { secret-file = \"KEY/one\" }\n"
#define MODES "domain \"s.test\" { mode = sign }\ndomain \"e.test\" { mode = enforce never-sends = { \"*\" } }\n" \
              "domain \"o.test\" { mode = observe fold-case = false }\ndomain \"x.test\" { mode = off }\n"

static const struct {
    const char *file;
    const char *daemon;
    const char *milter; /* what is found: a part of it, or "" for nothing */
    const char *map;
} cases[] = {
    {KEYS MODES, KEYS MODES, "", ""},
    {KEYS MODES, "key 0 { secret-file = \"KEY/two\" }\n" MODES,
     "tag that mail from s.test gets is not signed by a key",
     "tagged recipient of s.test is unknown"},
    {KEYS "domain \"a.test\" { mode = enforce }", KEYS "domain \"a.test\" { mode = sign }",
     "a bounce to a forged tag of a.test is not refused", ""},
    {KEYS "domain \"a.test\" { mode = sign }", KEYS "domain \"a.test\" { mode = enforce }",
     "a bounce to a forged tag of a.test is refused", ""},
    {KEYS "domain \"a.test\" { mode = sign }", KEYS "domain \"b.test\" { mode = sign }",
     "mail from a.test gets no tag",
     "a tagged recipient of a.test is unknown"},
    {KEYS "domain \"a.test\" { mode = off }", KEYS "domain \"a.test\" { mode = sign }",
     "mail from a.test gets a tag, and should not", ""},
    {KEYS "key 1 { secret-file = \"KEY/two\" } signing-key = 1 domain \"a.test\" {}",
     KEYS "key 1 { secret-file = \"KEY/two\" } domain \"a.test\" {}", "signed with key 0, not with signing-key 1", ""},
    {KEYS "socketmap-name = \"new\" domain \"a.test\" {}", KEYS "domain \"a.test\" {}", "", "knows no map \"new\""},
    /* Where everybody is one of us, no bounce can be tried. */
    {KEYS "networks = { \"0.0.0.0/0\" } domain \"a.test\" { mode = enforce }",
     KEYS "networks = { \"0.0.0.0/0\" } domain \"a.test\" { mode = sign }", "", ""},
    {KEYS "networks = { \"192.0.2.0/24\" } domain \"a.test\" { mode = enforce }",
     KEYS "networks = { \"198.51.100.0/24\" } domain \"a.test\" { mode = enforce }", "forged tag of a.test is not refused", ""},
    /* Only so much is told. */
    {KEYS "domain \"a.test\" {} domain \"b.test\" {} domain \"c.test\" {} domain \"d.test\" {} domain \"e.test\" {} "
          "domain \"f.test\" {}", KEYS "domain \"z.test\" {}", "mail from e.test gets no tag; and more",
     "recipient of e.test is unknown; and more"},
    {"networks = {}", "networks = {}", "", ""},
};

static void a_daemon_on_another_configuration_or_key_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        bool map = i % 2 == 1;
        const char *expected = map ? cases[i / 2].map : cases[i / 2].milter;
        struct bs_arena arena;
        bs_arena_init(&arena, MEMORY);
        const char *found = try(cases[i / 2].file, cases[i / 2].daemon, map, &arena);
        if (expected[0] == '\0' ? found[0] != '\0' : !strstr(found, expected))
            print_error("case %zu, %s: \"%s\" instead of \"%s\"\n", i / 2, map ? "map" : "milter", found, expected);
        assert_true(expected[0] == '\0' ? found[0] == '\0' : strstr(found, expected) != NULL);
        bs_arena_reset(&arena);
    }
}

/* A peer that says one thing first, and then always the same. */
struct parrot {
    struct bs_bytes first;
    struct bs_bytes then;
    bool began;
};

static bool send_nowhere(void *context, struct bs_bytes bytes, struct bs_error *ret_error)
{
    (void)context;
    (void)bytes;
    (void)ret_error;
    return true;
}

static bool receive_the_same(void *context, struct bs_strbuf *buf, struct bs_error *ret_error)
{
    struct parrot *parrot = context;
    (void)ret_error;
    bs_strbuf_append(buf, parrot->began ? parrot->then : parrot->first);
    parrot->began = true;
    return true;
}

#define SAME(text) {.first = BS_LITERAL(text), .then = BS_LITERAL(text)}

static void what_is_no_backstopd_is_told_so(void **state)
{
    struct {
        struct parrot parrot;
        bool map;
        const char *problem;
    } peers[] = {
        {SAME("220 mail.example ESMTP\r\n"), false, "does not answer as backstopd does"},
        {SAME("\0\0\0\1c"), false, "it does not negotiate"},
        {SAME("\0\0\0\15O\0\0\0\6\0\0\0\1\0\0\0\0"), false, "a milter that does not change the sender"},
        {SAME("\0\0\0\15O\0\0\0\6\0\0\1\377\0\0\0\0"), false, "answers 0x4f to the command C"},
        {SAME("HTTP/1.1 400 Bad Request\r\n"), true, "does not answer as backstopd does"},
        {SAME("9:OK a@b.te,"), true, "it maps the domain a.test to a@b.te"},
        {SAME("00000000"), false, "counts"},
        {{.first = BS_LITERAL("\0\0\0\15O\0\0\0\6\0\0\1\377\0\0\0\0"), .then = BS_LITERAL("\0\0\0\1t")}, false,
         "answers 0x74 to the command C"},
        {{.first = BS_LITERAL("\0\0\0\15O\0\0\0\6\0\0\1\377\0\0\0\0"),
          .then = BS_LITERAL("\0\0\0\13y550 5.7.1\0")}, false, "it says \"550 5.7.1\""},
        /* Every reply but the last negotiated away; then changes of the sender without end, or a new body. */
        {{.first = BS_LITERAL("\0\0\0\15O\0\0\0\6\0\0\1\377\0\5\360\200"),
          .then = BS_LITERAL("\0\0\0\7e<a@b>\0")}, false, "does not come to an end"},
        {{.first = BS_LITERAL("\0\0\0\15O\0\0\0\6\0\0\1\377\0\5\360\200\0\0\377\377b"), .then = BS_LITERAL("x")},
         false, "answers 0x62 to the command E"},
        {{.first = BS_LITERAL("99999:"), .then = BS_LITERAL("x")}, true, "does not answer"},
    };
    struct bs_arena arena;
    struct side *file = load(KEYS "domain \"a.test\" {}");
    (void)state;
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
        struct bs_findings findings;
        const struct bs_probe probe = {&file->config, &file->settings, NOW, "inet:127.0.0.1:8896", &findings};
        const struct bs_probe_line line = {send_nowhere, receive_the_same, &peers[i].parrot};
        bs_arena_init(&arena, MEMORY);
        bs_findings_init(&findings, &arena);
        (peers[i].map ? bs_probe_socketmap : bs_probe_milter)(&probe, &line);
        assert_int_equal(findings.count, 1);
        assert_string_equal(findings.items[0].id, "probe-failed");
        if (!strstr(findings.items[0].problem, peers[i].problem))
            print_error("peer %zu: %s\n", i, findings.items[0].problem);
        assert_non_null(strstr(findings.items[0].problem, peers[i].problem));
        bs_arena_reset(&arena);
    }
    unload(file);
}

static void the_limit_of_open_files_is_read_from_proc(void **state)
{
    static const struct {
        const char *limits;
        unsigned long files;
    } texts[] = {
        {"Limit                     Soft Limit           Hard Limit           Units     \n"
         "Max processes             95949                95949                processes \n"
         "Max open files            65536                524288               files     \n", 65536},
        {"Max open files            unlimited            unlimited            files     \n", 0},
        {"Max open files", 0},
        {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(bs_doctor_open_files(bs_bytes_from_cstr(texts[i].limits)), texts[i].files);
}

static int write_key(const char *name, const char *secret)
{
    char path[2 * PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    fputs(secret, file);
    fclose(file);
    return chmod(path, 0600);
}

static int make_keys(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/backstop-probe.XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    return write_key("one", "the one secret\n") == 0 && write_key("two", "the other secret\n") == 0 ? 0 : -1;
}

static int remove_keys(void **state)
{
    static const char *const names[] = {"/one", "/two", ""};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[2 * PATH_SIZE];
        snprintf(path, sizeof path, "%s%s", directory, names[i]);
        if (remove(path) != 0)
            return -1;
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daemon_on_another_configuration_or_key_is_found),
        cmocka_unit_test(what_is_no_backstopd_is_told_so),
        cmocka_unit_test(the_limit_of_open_files_is_read_from_proc),
    };
    return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
