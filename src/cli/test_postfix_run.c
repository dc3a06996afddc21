/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that behave, and programs that hang, flood, crash or are not there. */
#include "cli/postfix_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static bool run_shell(const char *script, int seconds, struct bs_run *run, struct bs_error *error)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    return bs_run(argv, seconds, run, error);
}

static void what_a_program_prints_and_how_it_ends_is_kept(void **state)
{
    static const struct {
        const char *script;
        int status;
        const char *out;
        const char *errors;
        const char *complaint;
    } cases[] = {
        {"echo a; echo b >&2; exit 3", 3, "a\n", "b\n", "b"},
        {"true", 0, "", "", ""},
        {"cat", 0, "", "", ""}, /* standard input is empty */
        {"echo first; echo second", 0, "first\nsecond\n", "", "first"},
        /* What is left running does not keep us. */
        {"echo done; sleep 3 & exit 0", 0, "done\n", "", "done"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_run run;
        struct bs_error error = {""};
        if (!run_shell(cases[i].script, 30, &run, &error))
            fail_msg("%s: %s", cases[i].script, error.text);
        assert_int_equal(run.status, cases[i].status);
        assert_string_equal(bs_strbuf_cstr(&run.out), cases[i].out);
        assert_string_equal(bs_strbuf_cstr(&run.errors), cases[i].errors);
        struct bs_bytes complaint = bs_run_complaint(&run);
        assert_true(bs_bytes_equal(complaint, bs_bytes_from_cstr(cases[i].complaint)));
        bs_run_free(&run);
    }
}

static void what_does_not_end_well_is_told_so(void **state)
{
    static const struct {
        const char *script;
        const char *problem;
    } cases[] = {
        {"sleep 1000", "did not end within 1 s"},
        {"trap '' TERM; while :; do sleep 1; done", "did not end within 1 s"},
        {"exec >&- 2>&-; sleep 1000", "did not end within 1 s"},
        {"yes", "printed more than 4194304 bytes"},
        {"kill -9 $$", "was killed by signal 9"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_run run;
        struct bs_error error = {""};
        int seconds = i < 3 ? 1 : 30;
        assert_false(run_shell(cases[i].script, seconds, &run, &error));
        assert_non_null(strstr(error.text, cases[i].problem));
        bs_run_free(&run);
    }
}

static void output_up_to_the_limit_is_kept_whole(void **state)
{
    struct bs_run run;
    struct bs_error error = {""};
    (void)state;
    assert_true(run_shell("head -c 4194304 /dev/zero", 30, &run, &error));
    assert_int_equal(run.out.len, BS_RUN_OUTPUT_MAX);
    bs_run_free(&run);
    assert_false(run_shell("head -c 4194305 /dev/zero", 30, &run, &error));
    bs_run_free(&run);
}

static void a_program_that_is_not_there_is_an_error(void **state)
{
    const char *const argv[] = {"/nonexistent/postconf", NULL};
    struct bs_run run;
    struct bs_error error = {""};
    char path[4096];
    (void)state;
    assert_false(bs_run(argv, 1, &run, &error));
    assert_string_equal(error.text, "/nonexistent/postconf cannot be started: No such file or directory");
    bs_run_free(&run);
    assert_false(bs_run_find("no-such-program-anywhere", path));
    assert_true(bs_run_find("sh", path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_program_prints_and_how_it_ends_is_kept),
        cmocka_unit_test(what_does_not_end_well_is_told_so),
        cmocka_unit_test(output_up_to_the_limit_is_kept_whole),
        cmocka_unit_test(a_program_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
