/* SPDX-License-Identifier: BSD-2-Clause */
/* Key files: what is taken for a secret, and what is refused with which advice. */
#include "config/key_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/backstop-key-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Writes a key file, reads it as a key, removes it. */
static bool read_key(const char *content, size_t size, mode_t mode, char *ret_secret, size_t *ret_length,
                     struct bs_error *ret_error)
{
    char path[64];
    snprintf(path, sizeof path, "%s/key", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    bool read = bs_key_file_read(path, ret_secret, ret_length, ret_error);
    assert_int_equal(unlink(path), 0);
    return read;
}

static void the_secret_is_the_first_line(void **state)
{
    static const struct {
        const char *content, *secret;
    } rows[] = {
        {"secret\n", "secret"}, {"secret", "secret"}, {"secret\r\n", "secret"},
        {"secret\nsecond line\n", "secret"}, {" with blanks \n", " with blanks "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char secret[BS_KEY_FILE_MAX];
        size_t length;
        struct bs_error error;
        assert_true(read_key(rows[i].content, strlen(rows[i].content), 0640, secret, &length, &error));
        assert_int_equal(length, strlen(rows[i].secret));
        assert_memory_equal(secret, rows[i].secret, length);
    }
}

static void check_refused(const char *content, size_t size, mode_t mode, const char *advice)
{
    char secret[BS_KEY_FILE_MAX];
    static const char nothing[BS_KEY_FILE_MAX];
    size_t length;
    struct bs_error error;
    assert_false(read_key(content, size, mode, secret, &length, &error));
    if (!strstr(error.text, advice))
        fail_msg("\"%s\" does not say \"%s\"", error.text, advice);
    assert_memory_equal(secret, nothing, sizeof nothing);
}

static void a_key_that_is_no_secret_is_refused(void **state)
{
    (void)state;
    check_refused("", 0, 0600, "no secret in it");
    check_refused("\n", 1, 0600, "no secret in it");
    check_refused("\r\nsecret\n", 9, 0600, "no secret in it");
    check_refused("secret\n", 7, 0644, "everybody may read this key");
    check_refused("secret\n", 7, 0602, "everybody may read this key");
}

static void a_key_file_has_a_largest_size(void **state)
{
    static char content[BS_KEY_FILE_MAX + 1];
    char secret[BS_KEY_FILE_MAX];
    size_t length;
    struct bs_error error;
    (void)state;
    memset(content, 'k', sizeof content);
    assert_true(read_key(content, BS_KEY_FILE_MAX, 0600, secret, &length, &error));
    assert_int_equal(length, BS_KEY_FILE_MAX);
    check_refused(content, sizeof content, 0600, "longer than the 4096 bytes");
}

static void what_is_no_file_is_refused(void **state)
{
    char secret[BS_KEY_FILE_MAX];
    size_t length;
    struct bs_error error;
    (void)state;
    assert_false(bs_key_file_read("/nowhere/key", secret, &length, &error));
    assert_non_null(strstr(error.text, "/nowhere/key: cannot read"));
    assert_false(bs_key_file_read("/dev/zero", secret, &length, &error));
    assert_non_null(strstr(error.text, "not a regular file"));
    assert_false(bs_key_file_read(folder, secret, &length, &error));
    assert_non_null(strstr(error.text, "not a regular file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_secret_is_the_first_line),
        cmocka_unit_test(a_key_that_is_no_secret_is_refused),
        cmocka_unit_test(a_key_file_has_a_largest_size),
        cmocka_unit_test(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
