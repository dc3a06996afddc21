/* SPDX-License-Identifier: BSD-2-Clause */
/* Transfer encodings, whole and in pieces, into much room and into little. */
#include "message/transfer_encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    enum bs_transfer_encoding encoding;
    const char *text;
    const char *decoded;
} cases[] = {
    {BS_TRANSFER_IDENTITY, "a=3D\r\n", "a=3D\r\n"},
    {BS_TRANSFER_BASE64, "", ""},
    {BS_TRANSFER_BASE64, "YWJj", "abc"},
    {BS_TRANSFER_BASE64, "YWI=", "ab"},
    {BS_TRANSFER_BASE64, "YQ==YWJj", "aabc"},
    {BS_TRANSFER_BASE64, "Y\r\nW\tJ j\nYWJjYWJjYWJjYWJj", "abcabcabcabcabc"},
    {BS_TRANSFER_BASE64, "-Y!W.J*j_", "abc"},
    {BS_TRANSFER_BASE64, "YWJjYW", "abca"},
    {BS_TRANSFER_BASE64, "Y", ""},
    {BS_TRANSFER_BASE64, "Y=WJj", "X\x98"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "plain", "plain"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "=41=4a=4A", "AJJ"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "a=\nb=\r\nc= \t\nd=\t\r\ne", "abcde"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "a \r\nb\n", "a \r\nb\n"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "=zz=4z=4", "=zz=4z=4"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "==41", "=A"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "= x=\rx", "= x=\rx"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "a=", "a"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "a= \t", "a"},
    {BS_TRANSFER_QUOTED_PRINTABLE, "a=4", "a=4"},
};

/* Decodes pieces of `step` bytes into `room` at a time. */
static size_t decode(enum bs_transfer_encoding encoding, struct bs_bytes text, size_t step, size_t room, char *ret_all)
{
    struct bs_transfer_decoder decoder;
    size_t length = 0;
    bs_transfer_init(&decoder, encoding);
    while (text.len > 0) {
        struct bs_bytes piece = bs_bytes_first(text, step);
        text = bs_bytes_skip(text, piece.len);
        while (piece.len > 0) {
            char *exact = malloc(room);
            assert_non_null(exact);
            size_t size = bs_transfer_decode(&decoder, &piece, exact, room);
            assert_in_range(size, 0, room);
            memcpy(ret_all + length, exact, size);
            length += size;
            free(exact);
        }
    }
    return length + bs_transfer_finish(&decoder, ret_all + length);
}

static void what_is_encoded_is_decoded_however_it_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_bytes text = bs_bytes_from_cstr(cases[i].text);
        for (size_t step = 1; step <= text.len; step++) {
            for (size_t room = BS_TRANSFER_ROOM_MIN; room < 40; room += 7) {
                char all[100];
                size_t length = decode(cases[i].encoding, text, step, room, all);
                if (!bs_bytes_equal(bs_bytes(all, length), bs_bytes_from_cstr(cases[i].decoded)))
                    fail_msg("%s in pieces of %zu is %.*s", cases[i].text, step, (int)length, all);
            }
        }
    }
}

static void what_is_called_base64_is_known_by_its_beginning(void **state)
{
    static const struct {
        const char *text;
        bool base64;
    } beginnings[] = {
        {"", true},
        {"Y", true},
        {"Hello", true},
        {"\r\n\t YWJjYWJj \r\nYWJj\r\n", true},
        {"YWJjYWJjYWJjYWJj!YWJjYWJj", true},
        {"YWJjYWJjYWJj!YWJ", true},
        {"YWJjYWJjYWJ!YWJ", false},
        {"YQ==YWJjYWI=YWJj", true},
        {"> YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj\n> YWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJjYWJj\n", true},
        {"SGVsbG8=\n\n____________\na list, and what it is for\n", true},
        {"SGVsbG8hISEh\nSGVs\n____________\na list, and what it is for\n", true},
        {"SGVsbG8hISEhSGV\n____________\na list, and what it is for\n", false},
        {"Your message was not delivered", false},
        {"Hello\n\nYour message was not delivered\n", false},
        {"=================================\nNot delivered\n", false},
        {"==\nNot delivered:\n", false},
        {"Reporting-MTA: dns; a.example\n", false},
        {"\xe3\x82\xa2\xe3\x83\x89\xe3\x83\xac\xe3\x82\xb9", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (bs_transfer_is_base64(bs_bytes_from_cstr(beginnings[i].text)) != beginnings[i].base64)
            fail_msg("%s is taken for %s", beginnings[i].text, beginnings[i].base64 ? "text" : "base64");
    }
}

static void an_encoding_is_known_by_its_name(void **state)
{
    static const struct {
        const char *name;
        enum bs_transfer_encoding encoding;
    } names[] = {
        {" base64", BS_TRANSFER_BASE64},
        {"BASE64 (comment)", BS_TRANSFER_BASE64},
        {" \"quoted-printable\"", BS_TRANSFER_QUOTED_PRINTABLE},
        {"\r\n\tQuoted-Printable;", BS_TRANSFER_QUOTED_PRINTABLE},
        {"quoted printable", BS_TRANSFER_QUOTED_PRINTABLE},
        {"7bit", BS_TRANSFER_IDENTITY},
        {"x-uuencode", BS_TRANSFER_IDENTITY},
        {"", BS_TRANSFER_IDENTITY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(bs_transfer_encoding_parse(bs_bytes_from_cstr(names[i].name)), names[i].encoding);
}

static void it_does_not_matter_where_in_a_stride_an_escape_stands(void **state)
{
    static const char letters[] = "An exemplary text that is longer than two strides.";
    (void)state;
    for (int i = 0; i < 40; i++) {
        char text[100], expected[100], all[100];
        snprintf(text, sizeof text, "%.*s=c3=BC,=\r\n and more behind it", i, letters);
        snprintf(expected, sizeof expected, "%.*s\xc3\xbc, and more behind it", i, letters);
        size_t length = decode(BS_TRANSFER_QUOTED_PRINTABLE, bs_bytes_from_cstr(text), sizeof text, sizeof all, all);
        all[length] = '\0';
        assert_string_equal(all, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded_however_it_comes),
        cmocka_unit_test(what_is_called_base64_is_known_by_its_beginning),
        cmocka_unit_test(an_encoding_is_known_by_its_name),
        cmocka_unit_test(it_does_not_matter_where_in_a_stride_an_escape_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
