/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of fields as MTAs write them, and the values in them. */
#include "message/field_blocks.h"

#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MEMORY = 2 << 20 };

/* The blocks as text: `name=value|`, a slash behind each block. */
static void read_as_text(struct bs_bytes text, struct bs_strbuf *out)
{
    struct bs_arena arena;
    struct bs_field_blocks blocks;
    bs_arena_init(&arena, MEMORY);
    assert_true(bs_field_blocks_read(text, &arena, &blocks));
    for (size_t i = 0; i < blocks.count; i++) {
        for (size_t j = 0; j < blocks.items[i].count; j++) {
            const struct bs_block_field *field = &blocks.items[i].fields[j];
            bs_strbuf_printf(out, "%.*s=%.*s|", BS_BYTES_ARG(field->name), BS_BYTES_ARG(field->value));
        }
        bs_strbuf_append_char(out, '/');
    }
    if (blocks.limit)
        bs_strbuf_append_cstr(out, blocks.limit);
    bs_arena_reset(&arena);
}

static void blocks_are_read_whatever_stands_between_them(void **state)
{
    static const struct {
        const char *text;
        const char *blocks;
    } cases[] = {
        {"", ""},
        {"\n\n", ""},
        {"Reporting-MTA: dns; a\n\nAction: failed\nStatus: 5.1.1\n", "Reporting-MTA=dns; a|/Action=failed|Status=5.1.1|/"},
        {"A: 1\r\n\r\nB: 2\r\n", "A=1|/B=2|/"},
        {"\n\nA: 1\n\n\n\nB: 2", "A=1|/B=2|/"},
        {"A: 1\n  \t\nB: 2\n", "A=1|/B=2|/"},
        {"A : 1\nB:2\nC:\n", "A=1|B=2|C=|/"},
        {"A: one\n two\n\tthree\nB: x\n", "A=one two three|B=x|/"},
        {"A: one  \r\n    two\r\n", "A=one two|/"},
        {"A:\n one\n", "A=one|/"},
        {"A: 1\n  \n B: 2\n", "A=1|/"},
        {"what is this?\nno field: here\nA: 1\n", "A=1|/"},
        {"no field\n goes on: with this\nA: 1\n", "A=1|/"},
        {": empty\nA: 1\n", "A=1|/"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 1000);
        read_as_text(bs_bytes_from_cstr(cases[i].text), &out);
        if (strcmp(bs_strbuf_cstr(&out), cases[i].blocks) != 0)
            fail_msg("case %zu: %s, not %s", i, bs_strbuf_cstr(&out), cases[i].blocks);
        bs_strbuf_free(&out);
    }
}

/* Reads `count` times `line`. */
static void read_many(size_t count, const char *line, struct bs_field_blocks *ret_blocks)
{
    struct bs_arena arena;
    struct bs_strbuf text;
    bs_arena_init(&arena, MEMORY);
    bs_strbuf_init(&text, MEMORY);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_append_cstr(&text, line);
    assert_true(bs_field_blocks_read(bs_strbuf_bytes(&text), &arena, ret_blocks));
    bs_strbuf_free(&text);
    bs_arena_reset(&arena);
}

static void blocks_and_fields_are_read_up_to_their_limits(void **state)
{
    struct bs_field_blocks blocks;
    (void)state;
    read_many(BS_FIELD_BLOCKS_MAX, "a:b\n\n", &blocks);
    assert_int_equal(blocks.count, BS_FIELD_BLOCKS_MAX);
    assert_null(blocks.limit);
    read_many(BS_FIELD_BLOCKS_MAX + 1, "a:b\n\n", &blocks);
    assert_int_equal(blocks.count, BS_FIELD_BLOCKS_MAX);
    assert_string_equal(blocks.limit, "BS_FIELD_BLOCKS_MAX");
    read_many(BS_FIELD_BLOCKS_FIELDS_MAX, "a:b\n", &blocks);
    assert_null(blocks.limit);
    read_many(BS_FIELD_BLOCKS_FIELDS_MAX + 1, "a:b\n", &blocks);
    assert_string_equal(blocks.limit, "BS_FIELD_BLOCKS_FIELDS_MAX");
    assert_int_equal(blocks.count, 1);
}

static void a_full_arena_is_told(void **state)
{
    struct bs_arena arena;
    struct bs_field_blocks blocks;
    (void)state;
    bs_arena_init(&arena, 100);
    assert_false(bs_field_blocks_read(BS_LITERAL("A: 1\n"), &arena, &blocks));
    bs_arena_reset(&arena);
}

static void a_value_is_found_whatever_the_case_of_its_name(void **state)
{
    struct bs_arena arena;
    struct bs_field_blocks blocks;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    assert_true(bs_field_blocks_read(BS_LITERAL("STATUS: 5.0.0\nstatus: 4.0.0\nEmpty:\n"), &arena, &blocks));
    assert_true(bs_bytes_equal(bs_field_block_value(blocks.items, "Status"), BS_LITERAL("5.0.0")));
    assert_non_null(bs_field_block_value(blocks.items, "Empty").ptr);
    assert_null(bs_field_block_value(blocks.items, "Action").ptr);
    bs_arena_reset(&arena);
}

static void typed_values_are_addresses(void **state)
{
    static const struct {
        const char *text;
        const char *type;
        const char *address;
    } cases[] = {
        {"rfc822; jane@example.com", "rfc822", "jane@example.com"},
        {"RFC822;jane@example.com", "RFC822", "jane@example.com"},
        {"rfc822; <jane@example.com>", "rfc822", "jane@example.com"},
        {"rfc822; Jane <jane@example.com>", "rfc822", "jane@example.com"},
        {"rfc822; jane@example.com (Jane)", "rfc822", "jane@example.com"},
        {"rfc822; jane+2Bx@example.com", "rfc822", "jane+2Bx@example.com"},
        {"jane@example.com", "", "jane@example.com"},
        {"utf-8; j\\x{E4}ne@example.com", "utf-8", "j\xc3\xa4ne@example.com"},
        {"utf-8; j\xc3\xa4ne@example.com", "utf-8", "j\xc3\xa4ne@example.com"},
        {"utf-8-addr-xtext; j+5Cx{E4}ne@example.com", "utf-8-addr-xtext", "j\xc3\xa4ne@example.com"},
        {"utf-8; \\x{1F600}@example.com", "utf-8", "\xf0\x9f\x98\x80@example.com"},
        {"utf-8; \\x{D800}\\x{}\\x{110000}\\x{41", "utf-8", "\\x{D800}\\x{}\\x{110000}\\x{41"},
        {"x400; /G=Jane/S=Doe/", "x400", "/G=Jane/S=Doe/"},
        {"rfc822;", "rfc822", ""},
        {";", "", ""},
    };
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_typed_value typed = bs_typed_value_split(bs_bytes_from_cstr(cases[i].text));
        struct bs_bytes address = bs_typed_value_address(&typed, &arena);
        if (!bs_bytes_equal(typed.type, bs_bytes_from_cstr(cases[i].type)) ||
            !bs_bytes_equal(address, bs_bytes_from_cstr(cases[i].address)))
            fail_msg("%s: %.*s; %.*s", cases[i].text, BS_BYTES_ARG(typed.type), BS_BYTES_ARG(address));
    }
    bs_arena_reset(&arena);
}

static void xtext_is_decoded_where_it_is_xtext(void **state)
{
    static const char *const cases[][2] = {
        {"plain", "plain"}, {"a+2Bb+3D", "a+b="}, {"+2b+", "++"}, {"a+2", "a+2"}, {"+zz+00", "+zz+00"}, {"", ""},
    };
    struct bs_arena arena;
    (void)state;
    bs_arena_init(&arena, MEMORY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_bytes text = bs_xtext_decode(bs_bytes_from_cstr(cases[i][0]), &arena);
        if (!bs_bytes_equal(text, bs_bytes_from_cstr(cases[i][1])))
            fail_msg("%s is %.*s", cases[i][0], BS_BYTES_ARG(text));
    }
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_read_whatever_stands_between_them),
        cmocka_unit_test(blocks_and_fields_are_read_up_to_their_limits),
        cmocka_unit_test(a_full_arena_is_told),
        cmocka_unit_test(a_value_is_found_whatever_the_case_of_its_name),
        cmocka_unit_test(typed_values_are_addresses),
        cmocka_unit_test(xtext_is_decoded_where_it_is_xtext),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
