/* SPDX-License-Identifier: BSD-2-Clause */
/* Differences as diff -u would show them, and that applying them gives the second text. */
#include "audit/line_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bs_strbuf diff(struct bs_bytes before, struct bs_bytes after)
{
    static const struct bs_diff_names names = {"old", "new"};
    struct bs_arena arena;
    struct bs_strbuf out;
    bs_arena_init(&arena, 1024 * 1024);
    bs_strbuf_init(&out, 1024 * 1024);
    assert_true(bs_line_diff(before, after, &names, &arena, &out));
    bs_arena_reset(&arena);
    return out;
}

static void changes_are_shown_with_two_lines_around_them(void **state)
{
    static const struct {
        const char *before;
        const char *after;
        const char *hunks;
    } cases[] = {
        {"a\nb\nc\n", "a\nb\nc\n", ""},
        {"", "", ""},
        {"", "a\n", "--- old\n+++ new\n@@ -0,0 +1,1 @@\n+a\n"},
        {"a\n", "", "--- old\n+++ new\n@@ -1,1 +0,0 @@\n-a\n"},
        {"a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n",
         "--- old\n+++ new\n@@ -2,5 +2,5 @@\n b\n c\n-d\n+X\n e\n f\n"},
        {"a\nb\n", "a\nb\n\nc\n", "--- old\n+++ new\n@@ -1,2 +1,4 @@\n a\n b\n+\n+c\n"},
        {"a\nb", "a\nb\n\nc", "--- old\n+++ new\n@@ -1,2 +1,4 @@\n a\n-b\n\\ No newline at end of file\n+b\n+\n+c\n"
                              "\\ No newline at end of file\n"},
        {"1\n2\n3\n4\n5\n6\n7\n", "X\n2\n3\n4\n5\n6\nY\n",
         "--- old\n+++ new\n@@ -1,3 +1,3 @@\n-1\n+X\n 2\n 3\n@@ -5,3 +5,3 @@\n 5\n 6\n-7\n+Y\n"},
        {"1\n2\n3\n4\n5\n6\n", "X\n2\n3\n4\n5\nY\n",
         "--- old\n+++ new\n@@ -1,6 +1,6 @@\n-1\n+X\n 2\n 3\n 4\n 5\n-6\n+Y\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf out = diff(bs_bytes_from_cstr(cases[i].before), bs_bytes_from_cstr(cases[i].after));
        assert_string_equal(bs_strbuf_cstr(&out), cases[i].hunks);
        bs_strbuf_free(&out);
    }
}

/* Applies hunks, whose lines all end in a line end, and checks that what they take away was there. */
static void apply(const char *before, const char *hunks, char *ret_after)
{
    size_t line = 1;
    while (*hunks != '\0') {
        const char *end = strchr(hunks, '\n') + 1;
        if (hunks[0] == '@') {
            for (size_t start = strtoul(hunks + 4, NULL, 10); line < start; line++) {
                const char *next = strchr(before, '\n') + 1;
                strncat(ret_after, before, (size_t)(next - before));
                before = next;
            }
        } else if (strncmp(hunks, "---", 3) != 0 && strncmp(hunks, "+++", 3) != 0) {
            size_t length = (size_t)(end - hunks) - 1;
            if (hunks[0] != '-')
                strncat(ret_after, hunks + 1, length);
            if (hunks[0] != '+') {
                assert_memory_equal(before, hunks + 1, length);
                before += length;
                line++;
            }
        }
        hunks = end;
    }
    strcat(ret_after, before);
}

static void make_text(size_t number, size_t lines, char *ret_text)
{
    *ret_text = '\0';
    for (size_t i = 0; i < lines; i++, number /= 3) {
        char line[] = {(char)('a' + number % 3), '\n', '\0'};
        strcat(ret_text, line);
    }
}

static void the_hunks_make_the_second_text_of_the_first(void **state)
{
    enum { LINES = 5, TEXTS = 3 * 3 * 3 * 3 * 3 };
    (void)state;
    for (size_t i = 0; i < TEXTS; i++) {
        for (size_t j = 0; j < TEXTS; j++) {
            char before[2 * LINES + 1], after[2 * LINES + 1], made[4 * LINES + 1] = "";
            make_text(i, LINES, before);
            make_text(j, LINES - j % 2, after);
            struct bs_strbuf out = diff(bs_bytes_from_cstr(before), bs_bytes_from_cstr(after));
            apply(before, bs_strbuf_cstr(&out), made);
            assert_string_equal(made, after);
            bs_strbuf_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_are_shown_with_two_lines_around_them),
        cmocka_unit_test(the_hunks_make_the_second_text_of_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
