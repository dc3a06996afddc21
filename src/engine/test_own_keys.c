/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of our DKIM keys are known on what is returned: all that have a file, whether they sign or not. */
#include "engine/own_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {"new._domainkey.test.ex.pem", "old._domainkey.test.ex.pem"};

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static void write_key(const char *directory, const char *name)
{
    struct bs_strbuf pem;
    struct bs_private_key *key = bs_private_key_make(BS_KEY_ED25519, 0);
    bs_strbuf_init(&pem, BS_PRIVATE_KEY_PEM_MAX);
    assert_true(bs_private_key_pem(key, &pem));
    write_file(directory, name, bs_strbuf_cstr(&pem));
    bs_strbuf_free(&pem);
    bs_private_key_free(key);
}

static void remove_all(const char *directory)
{
    char path[256];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, i < 2 ? names[i] : "states");
        unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void keys_that_sign_no_longer_are_known(void **state)
{
    char directory[] = "/tmp/backstop-own-keys-XXXXXX";
    struct bs_own_keys keys;
    struct bs_error error = {""};
    (void)state;
    assert_non_null(mkdtemp(directory));
    write_key(directory, names[0]);
    write_key(directory, names[1]);
    write_file(directory, "states", "new._domainkey.test.ex signing 2026-08-01\nold._domainkey.test.ex retiring 2026-08-01\n"
                                    "gone._domainkey.test.ex revoked 2026-01-01\n");
    if (!bs_own_keys_load(directory, &keys, &error))
        fail_msg("%s", error.text);
    assert_int_equal(keys.count, 2);
    assert_string_equal(keys.items[0].name.ptr, "new._domainkey.test.ex");
    assert_string_equal(keys.items[1].name.ptr, "old._domainkey.test.ex");
    assert_int_equal(keys.items[1].half.type, BS_KEY_ED25519);
    assert_int_equal(keys.items[1].half.key.len, 32);
    bs_own_keys_free(&keys);
    remove_all(directory);
}

static void a_file_that_holds_no_key_is_named(void **state)
{
    char directory[] = "/tmp/backstop-own-keys-XXXXXX";
    struct bs_own_keys keys;
    struct bs_error error = {""};
    (void)state;
    assert_non_null(mkdtemp(directory));
    write_file(directory, names[0], "nonsense\n");
    assert_false(bs_own_keys_load(directory, &keys, &error));
    assert_non_null(strstr(error.text, names[0]));
    remove_all(directory);
}

static void without_a_directory_there_are_none(void **state)
{
    struct bs_own_keys keys;
    struct bs_error error;
    (void)state;
    assert_true(bs_own_keys_load("", &keys, &error));
    assert_int_equal(keys.count, 0);
    bs_own_keys_free(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_sign_no_longer_are_known),
        cmocka_unit_test(a_file_that_holds_no_key_is_named),
        cmocka_unit_test(without_a_directory_there_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
