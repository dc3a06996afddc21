/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of mbox.c: each file in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "message/mbox.h"

#define FROM_A "From a@b.example Fri Nov 20 10:11:12 2026\n"
#define FROM_B "From MAILER-DAEMON Fri Nov 20 10:11:13 +0100 2026\n"

/* A file and its messages, each in brackets and with its index before it. */
static const struct {
    const char *file, *messages;
} files[] = {
    {"", ""},
    {FROM_A "S: 1\n\nbody\n", "0[S: 1\n\nbody\n]"},
    {FROM_A "S: 1\n\nbody\n\n", "0[S: 1\n\nbody\n]"},
    {FROM_A "S: 1\n\nbody\n\n\n", "0[S: 1\n\nbody\n\n]"},
    {FROM_A "S: 1\n\nbody", "0[S: 1\n\nbody]"},
    {FROM_A, "0[]"},
    {FROM_A "\n", "0[]"},
    {FROM_A "S: 1\n\none\n\n" FROM_B "S: 2\n\ntwo\n\n", "1[S: 1\n\none\n]2[S: 2\n\ntwo\n]"},
    {FROM_A "S: 1\r\n\r\none\r\n\r\n" FROM_B "S: 2\r\n\r\ntwo\r\n", "1[S: 1\r\n\r\none\r\n]2[S: 2\r\n\r\ntwo\r\n]"},
    {FROM_A "\n" FROM_B "\n" FROM_A, "1[]2[]3[]"},
    {FROM_A "S: 1\n\n" FROM_B "S: 2\n\n", "1[S: 1\n]2[S: 2\n]"},
    {FROM_A "S: 1\n\none\n\nFrom a@b.example Fri Nov 20 10:11:12 2026", "1[S: 1\n\none\n]2[]"},
    /* no empty line before it, no date in it, quoted */
    {FROM_A "S: 1\n\none\n" FROM_B "rest\n", "0[S: 1\n\none\n" FROM_B "rest\n]"},
    {FROM_A "S: 1\n\nFrom here on it is text\n", "0[S: 1\n\nFrom here on it is text\n]"},
    {FROM_A "S: 1\n\nFrom 10:30 on\n", "0[S: 1\n\nFrom 10:30 on\n]"},
    {FROM_A "S: 1\n\n>" FROM_B "\n", "0[S: 1\n\n>" FROM_B "]"},
};

static void show(struct bs_strbuf *out, const char *file, const struct bs_mbox_message *message)
{
    bs_strbuf_printf(out, "%u[", (unsigned)message->index);
    bs_strbuf_append(out, bs_bytes(file + message->begin, (size_t)(message->end - message->begin)));
    bs_strbuf_append_char(out, ']');
}

static void assert_messages(struct bs_bytes file, const char *expected, size_t piece)
{
    struct bs_mbox mbox;
    struct bs_mbox_message message;
    struct bs_strbuf out;
    bs_strbuf_init(&out, 65536);
    bs_mbox_init(&mbox);
    for (size_t i = 0; i < file.len; i += piece) {
        struct bs_bytes chunk = bs_bytes_first(bs_bytes_skip(file, i), piece);
        while (bs_mbox_next(&mbox, &chunk, &message))
            show(&out, file.ptr, &message);
    }
    while (bs_mbox_end(&mbox, &message))
        show(&out, file.ptr, &message);
    assert_string_equal(bs_strbuf_cstr(&out), expected);
    bs_strbuf_free(&out);
}

static void an_mbox_is_parted_wherever_its_pieces_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct bs_bytes file = bs_bytes_from_cstr(files[i].file);
        for (size_t piece = 1; piece <= file.len + 1; piece++)
            assert_messages(file, files[i].messages, piece);
    }
}

/* A `From ` line of that length in all, behind a message. */
static void assert_line_parts(size_t length, bool parts)
{
    struct bs_strbuf file;
    bs_strbuf_init(&file, 65536);
    bs_strbuf_append_cstr(&file, FROM_A "S: 1\n\none\n\n");
    size_t begin = file.len;
    bs_strbuf_append_cstr(&file, "From ");
    while (file.len - begin < length - 21)
        bs_strbuf_append_char(&file, 'x');
    bs_strbuf_append_cstr(&file, " Nov 20 10:11:12 2026\n");
    struct bs_mbox mbox;
    struct bs_mbox_message message;
    struct bs_bytes chunk = bs_strbuf_bytes(&file);
    bs_mbox_init(&mbox);
    assert_int_equal(bs_mbox_next(&mbox, &chunk, &message), parts);
    bs_strbuf_free(&file);
}

static void a_from_line_is_as_long_as_its_limit(void **state)
{
    (void)state;
    assert_line_parts(BS_MBOX_LINE_MAX, true);
    assert_line_parts(BS_MBOX_LINE_MAX + 1, false);
}

static void a_file_is_an_mbox_by_its_first_line(void **state)
{
    (void)state;
    assert_true(bs_mbox_begins(BS_LITERAL(FROM_A)));
    assert_true(bs_mbox_begins(BS_LITERAL(FROM_B "Subject: x\n")));
    assert_true(bs_mbox_begins(BS_LITERAL("From a@b.example Fri Nov  6 01:11:12 2026\r\nS: x\r\n")));
    assert_false(bs_mbox_begins(BS_LITERAL("")));
    assert_false(bs_mbox_begins(BS_LITERAL("From: a@b.example\n")));
    assert_false(bs_mbox_begins(BS_LITERAL("From \nDate: Fri, 20 Nov 2026 10:11:12 +0000\n")));
    assert_false(bs_mbox_begins(BS_LITERAL(">" FROM_A)));
}

static void append(void *context, struct bs_bytes piece)
{
    bs_strbuf_append(context, piece);
}

static void assert_unquoted(struct bs_bytes text, const char *expected, size_t piece)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, 65536);
    struct bs_mbox_unquote unquote = {.push = append, .context = &out};
    for (size_t i = 0; i < text.len; i += piece)
        bs_mbox_unquote(&unquote, bs_bytes_first(bs_bytes_skip(text, i), piece));
    bs_mbox_unquote_end(&unquote);
    assert_string_equal(bs_strbuf_cstr(&out), expected);
    bs_strbuf_free(&out);
}

static void quoted_from_lines_lose_one_level_wherever_their_pieces_end(void **state)
{
    static const struct {
        const char *quoted, *plain;
    } cases[] = {
        {"", ""},
        {">From here\n", "From here\n"},
        {"x\n>>From here\n>>>From there", "x\n>From here\n>>From there"},
        {">From", ">From"},
        {">From ", "From "},
        {">", ">"},
        {">>>>\n>\n\n>x\n", ">>>>\n>\n\n>x\n"},
        {"a >From b\n> From c\n>from d\n>Fromage\n", "a >From b\n> From c\n>from d\n>Fromage\n"},
        {"<a>\n<b>From \n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>From x",
         "<a>\n<b>From \n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>From x"},
        {"\n>From \n", "\nFrom \n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_bytes text = bs_bytes_from_cstr(cases[i].quoted);
        for (size_t piece = 1; piece <= text.len + 1; piece++)
            assert_unquoted(text, cases[i].plain, piece);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_mbox_is_parted_wherever_its_pieces_end),
        cmocka_unit_test(a_from_line_is_as_long_as_its_limit),
        cmocka_unit_test(a_file_is_an_mbox_by_its_first_line),
        cmocka_unit_test(quoted_from_lines_lose_one_level_wherever_their_pieces_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
