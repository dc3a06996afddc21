/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of DKIM keys: what is read, what is refused with which advice, what is written and what stays. */
#include "config/dkim_keys.h"

#include "base/strbuf.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY_2026_11_22 = 20779 };
#define AT_2026_11_22 (INT64_C(86400) * DAY_2026_11_22)

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/backstop-dkim-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[512];
    (void)state;
    chmod(folder, 0700);
    DIR *stream = opendir(folder);
    for (const struct dirent *entry; stream && (entry = readdir(stream));) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
            unlink(path);
    }
    closedir(stream);
    return rmdir(folder);
}

static void put(const char *name, const char *content, size_t size, mode_t mode)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void put_key(const char *name)
{
    put(name, "a key\n", 6, 0640);
}

static void put_states(const char *text)
{
    put("states", text, strlen(text), 0640);
}

static void check_states(const char *expected)
{
    char path[512], text[4096];
    snprintf(path, sizeof path, "%s/states", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    assert_string_equal(text, expected);
}

static void check_refused(const char *advice)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    assert_false(bs_dkim_keys_read(folder, &keys, &error));
    if (!strstr(error.text, advice) || strncmp(error.text, folder, strlen(folder)) != 0)
        fail_msg("\"%s\" does not say \"%s\"", error.text, advice);
    assert_int_equal(keys.count, 0);
}

static void keys_are_read_with_their_states_in_the_order_of_domains(void **state)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    (void)state;
    put_key("may._domainkey.example.org.pem");
    put_key("June.2026._domainkey.Example.COM.pem");
    put_key("april._domainkey.example.com.pem");
    put_key("notes.txt");
    put_key(".hidden.pem");
    put_states("# ours\n\n\tapril._domainkey.EXAMPLE.com  RETIRING 2026-11-22\r\n"
               "june.2026._domainkey.example.com signing 2026-11-22T01:00:00Z\n"
               "old._domainkey.example.com revoked 2026-01-01");
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.count, 4);
    assert_string_equal(keys.items[0].name.ptr, "april._domainkey.example.com");
    assert_int_equal(keys.items[0].state, BS_DKIM_KEY_RETIRING);
    assert_int_equal(keys.items[0].since, AT_2026_11_22);
    assert_true(bs_bytes_equal(keys.items[0].pem, BS_LITERAL("a key\n")));
    assert_true(bs_bytes_equal(keys.items[1].selector, BS_LITERAL("june.2026")));
    assert_true(bs_bytes_equal(keys.items[1].domain, BS_LITERAL("example.com")));
    assert_int_equal(keys.items[1].state, BS_DKIM_KEY_SIGNING);
    assert_int_equal(keys.items[1].since, AT_2026_11_22 + 3600);
    assert_string_equal(keys.items[2].name.ptr, "old._domainkey.example.com");
    assert_int_equal(keys.items[2].state, BS_DKIM_KEY_REVOKED);
    assert_null(keys.items[2].pem.ptr);
    assert_string_equal(keys.items[3].name.ptr, "may._domainkey.example.org");
    assert_int_equal(keys.items[3].state, BS_DKIM_KEY_NEW);
    assert_false(keys.items[3].listed);
    assert_ptr_equal(bs_dkim_keys_find(&keys, BS_LITERAL("MAY._domainkey.example.ORG")), &keys.items[3]);
    assert_null(bs_dkim_keys_find(&keys, BS_LITERAL("may._domainkey.example.net")));
    bs_dkim_keys_free(&keys);
    bs_dkim_keys_free(&keys);
}

static void a_key_without_a_line_is_as_old_as_its_file(void **state)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    char path[512];
    const struct timespec times[] = {{.tv_sec = 1000000}, {.tv_sec = 1000000}};
    (void)state;
    put_key("may._domainkey.example.org.pem");
    snprintf(path, sizeof path, "%s/may._domainkey.example.org.pem", folder);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.items[0].since, 1000000);
    bs_dkim_keys_free(&keys);
}

static void an_empty_directory_has_no_keys(void **state)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    (void)state;
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.count, 0);
    bs_dkim_keys_free(&keys);
    assert_false(bs_dkim_keys_read("/nowhere/dkim", &keys, &error));
    assert_string_equal(error.text, "/nowhere/dkim: cannot read this directory: No such file or directory");
}

static void a_line_of_states_that_is_wrong_is_refused(void **state)
{
    static const struct {
        const char *line, *advice;
    } rows[] = {
        {"a._domainkey.example.com sining 2026-01-01", "states:2: \"sining\" is no state; did you mean \"signing\"?"},
        {"a._domainkey.example.com x 2026-01-01", "is no state; write new, signing, retiring or revoked"},
        {"a._domainkey.example.com", "\"\" is no state"},
        {"a._domainkey.example.com new", "\"\" is no time; write 2026-08-21"},
        {"a._domainkey.example.com new 2026-13-01", "\"2026-13-01\" is no time"},
        {"a._domainkey.example.com new 2026-01-01 # why", "nothing may follow the time"},
        {"a.example.com new 2026-01-01", "\"a.example.com\" is no name of a key"},
        {"a._domainkey.com new 2026-01-01", "is no name of a key"},
        {"._domainkey.example.com new 2026-01-01", "is no name of a key"},
        {"a._domainkey.example..com new 2026-01-01", "is no name of a key"},
        {"a\xc3\xa4._domainkey.example.com new 2026-01-01", "is no name of a key"},
        {"b._domainkey.example.com signing 2026-01-01", "states:2: there is no file b._domainkey.example.com.pem"},
        {"b._domainkey.example.com new 2026-01-01", "bring it back, or take the line out"},
        {"a._domainkey.example.com new 2026-01-01\nA._domainkey.example.com new 2026-01-01",
         "states:3: this key has a line already, line 2"},
        {"b._domainkey.example.com revoked 2026-01-01\nb._domainkey.example.com revoked 2026-01-01",
         "states:3: this key has a line already, line 2"},
    };
    (void)state;
    put_key("a._domainkey.example.com.pem");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "# states\n%s\n", rows[i].line);
        put_states(text);
        check_refused(rows[i].advice);
    }
}

static void a_key_that_others_may_read_or_that_is_none_is_refused(void **state)
{
    static const char name[] = "a._domainkey.example.com.pem";
    char path[512];
    (void)state;
    put(name, "a key\n", 6, 0644);
    check_refused("everybody may read this key; use: chmod 0640 ");
    put(name, "a key\n", 6, 0641);
    check_refused("everybody may read this key");
    put(name, "", 0, 0640);
    check_refused("is empty");
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
    assert_int_equal(mkfifo(path, 0640), 0);
    check_refused("not a regular file");
    unlink(path);
    put_key("example.com.pem");
    check_refused("example.com.pem: is not called as a key is; call it SELECTOR._domainkey.DOMAIN.pem");
}

static void files_that_differ_in_case_only_are_refused(void **state)
{
    (void)state;
    put_key("a._domainkey.example.com.pem");
    put_key("A._domainkey.example.com.pem");
    check_refused("but for case; remove one");
}

static void what_everybody_may_write_is_refused(void **state)
{
    (void)state;
    put_states("# states\n");
    char path[512];
    snprintf(path, sizeof path, "%s/states", folder);
    assert_int_equal(chmod(path, 0646), 0);
    check_refused("everybody may write this file");
    assert_int_equal(chmod(folder, 0707), 0);
    check_refused("everybody may write into this directory");
}

static void a_key_file_has_a_largest_size(void **state)
{
    static char content[BS_DKIM_KEY_FILE_MAX + 1];
    struct bs_dkim_keys keys;
    struct bs_error error;
    (void)state;
    memset(content, 'k', sizeof content);
    put("a._domainkey.example.com.pem", content, BS_DKIM_KEY_FILE_MAX, 0600);
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.items[0].pem.len, BS_DKIM_KEY_FILE_MAX);
    bs_dkim_keys_free(&keys);
    put("a._domainkey.example.com.pem", content, BS_DKIM_KEY_FILE_MAX + 1, 0600);
    check_refused("longer than the 16384 bytes");
}

static void the_file_of_states_has_a_largest_size(void **state)
{
    static char content[BS_DKIM_STATES_FILE_MAX + 1];
    struct bs_dkim_keys keys;
    struct bs_error error;
    (void)state;
    memset(content, '#', sizeof content);
    put("states", content, BS_DKIM_STATES_FILE_MAX, 0600);
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    bs_dkim_keys_free(&keys);
    put("states", content, BS_DKIM_STATES_FILE_MAX + 1, 0600);
    check_refused("states: longer than the 524288 bytes");
}

static void a_directory_has_a_largest_number_of_keys(void **state)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    char name[64];
    (void)state;
    for (int i = 0; i < BS_DKIM_KEYS_MAX; i++) {
        snprintf(name, sizeof name, "k%d._domainkey.example.com.pem", i);
        put_key(name);
    }
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.count, BS_DKIM_KEYS_MAX);
    bs_dkim_keys_free(&keys);
    put_states("old._domainkey.example.com revoked 2026-01-01\n");
    check_refused("states:1: more than 1000 keys");
    put_states("");
    put_key("more._domainkey.example.com.pem");
    check_refused("more than 1000 keys");
}

static void a_name_is_as_long_as_dns_lets_it(void **state)
{
    struct bs_bytes selector, domain;
    char name[300];
    (void)state;
    memset(name, 'a', sizeof name);
    memcpy(name + 63, "._domainkey.", 12);
    for (size_t i = 138; i < 250; i += 64)
        name[i] = '.';
    assert_true(bs_dkim_key_split(bs_bytes(name, 253), &selector, &domain));
    assert_int_equal(selector.len, 63);
    assert_int_equal(domain.len, 178);
    assert_false(bs_dkim_key_split(bs_bytes(name, 254), &selector, &domain));
    memset(name, 'a', 64);
    memcpy(name + 64, "._domainkey.example.com", 23);
    assert_false(bs_dkim_key_split(bs_bytes(name, 87), &selector, &domain));
}

static void writing_keeps_comments_order_and_mode(void **state)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    struct stat info;
    char path[512];
    (void)state;
    put_key("a._domainkey.example.com.pem");
    put_key("b._domainkey.example.com.pem");
    put_key("c._domainkey.example.com.pem");
    put_key("d._domainkey.example.com.pem");
    put_states("# first\nc._domainkey.example.com new 2026-11-01\n\n  # second\n"
               "a._domainkey.example.com   signing 2026-11-02");
    snprintf(path, sizeof path, "%s/states", folder);
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    bs_dkim_key_set_state(&keys.items[0], BS_DKIM_KEY_RETIRING, AT_2026_11_22);
    bs_dkim_key_set_state(&keys.items[1], BS_DKIM_KEY_SIGNING, AT_2026_11_22 + 1);
    assert_true(bs_dkim_keys_write(&keys, &error));
    check_states("# first\nc._domainkey.example.com new 2026-11-01T00:00:00Z\n\n  # second\n"
                 "a._domainkey.example.com retiring 2026-11-22T00:00:00Z\n"
                 "b._domainkey.example.com signing 2026-11-22T00:00:01Z\n");
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    bs_dkim_keys_free(&keys);
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.items[1].state, BS_DKIM_KEY_SIGNING);
    assert_int_equal(keys.items[3].state, BS_DKIM_KEY_NEW);
    bs_dkim_keys_free(&keys);
}

static void a_first_file_of_states_says_what_is_in_it(void **state)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    (void)state;
    put_key("a._domainkey.example.com.pem");
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    bs_dkim_key_set_state(&keys.items[0], BS_DKIM_KEY_NEW, AT_2026_11_22);
    assert_true(bs_dkim_keys_write(&keys, &error));
    check_states("# KEY STATE SINCE; states are new, signing, retiring, revoked\n"
                 "a._domainkey.example.com new 2026-11-22T00:00:00Z\n");
    bs_dkim_keys_free(&keys);
}

static void states_that_would_be_too_long_are_not_written(void **state)
{
    static char content[BS_DKIM_STATES_FILE_MAX];
    struct bs_dkim_keys keys;
    struct bs_error error;
    (void)state;
    memset(content, '#', sizeof content);
    put("states", content, sizeof content, 0600);
    put_key("a._domainkey.example.com.pem");
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    bs_dkim_key_set_state(&keys.items[0], BS_DKIM_KEY_NEW, AT_2026_11_22);
    assert_false(bs_dkim_keys_write(&keys, &error));
    assert_non_null(strstr(error.text, "would be longer than 524288 bytes; it is as it was"));
    bs_dkim_keys_free(&keys);
    assert_true(bs_dkim_keys_read(folder, &keys, &error));
    assert_int_equal(keys.states_text.len, sizeof content);
    bs_dkim_keys_free(&keys);
}

static void one_at_a_time_changes_the_keys(void **state)
{
    struct bs_error error;
    (void)state;
    int first = bs_dkim_keys_lock(folder, &error);
    assert_true(first >= 0);
    assert_int_equal(bs_dkim_keys_lock(folder, &error), -1);
    assert_non_null(strstr(error.text, "somebody else is changing the keys now; try again"));
    close(first);
    int second = bs_dkim_keys_lock(folder, &error);
    assert_true(second >= 0);
    close(second);
    assert_int_equal(bs_dkim_keys_lock("/nowhere/dkim", &error), -1);
    assert_non_null(strstr(error.text, "/nowhere/dkim: cannot use this directory"));
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(keys_are_read_with_their_states_in_the_order_of_domains),
        IN_A_FOLDER(a_key_without_a_line_is_as_old_as_its_file),
        IN_A_FOLDER(an_empty_directory_has_no_keys),
        IN_A_FOLDER(a_line_of_states_that_is_wrong_is_refused),
        IN_A_FOLDER(a_key_that_others_may_read_or_that_is_none_is_refused),
        IN_A_FOLDER(files_that_differ_in_case_only_are_refused),
        IN_A_FOLDER(what_everybody_may_write_is_refused),
        IN_A_FOLDER(a_key_file_has_a_largest_size),
        IN_A_FOLDER(the_file_of_states_has_a_largest_size),
        IN_A_FOLDER(a_directory_has_a_largest_number_of_keys),
        IN_A_FOLDER(a_name_is_as_long_as_dns_lets_it),
        IN_A_FOLDER(writing_keeps_comments_order_and_mode),
        IN_A_FOLDER(a_first_file_of_states_says_what_is_in_it),
        IN_A_FOLDER(states_that_would_be_too_long_are_not_written),
        IN_A_FOLDER(one_at_a_time_changes_the_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
