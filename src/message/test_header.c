/* SPDX-License-Identifier: BSD-2-Clause */
/* The header reader, over one table of messages that are fed in every way, and at its limits. */
#include "message/header.h"

#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct reading {
    struct bs_arena arena;
    struct bs_header header;
};

static const struct {
    unsigned flag;
    const char *name;
} flag_names[] = {
    {BS_FIELD_NO_COLON, "no-colon"},   {BS_FIELD_SPACE_BEFORE_COLON, "space"}, {BS_FIELD_BAD_NAME, "bad-name"},
    {BS_FIELD_NUL, "nul"},             {BS_FIELD_8BIT, "8bit"},                {BS_FIELD_BAD_UTF8, "bad-utf8"},
    {BS_FIELD_BARE_CR, "bare-cr"},     {BS_FIELD_CONTROL, "control"},          {BS_FIELD_ORPHAN, "orphan"},
    {BS_FIELD_MBOX_FROM, "mbox-from"}, {BS_FIELD_BLANK_FOLD, "blank-fold"},    {BS_FIELD_BAD_FOLD, "bad-fold"},
    {BS_FIELD_CUT, "cut"},             {BS_HEADER_TOO_MANY, "too-many"},       {BS_HEADER_TOO_LARGE, "too-large"},
    {BS_HEADER_NONE, "none"},          {BS_HEADER_OPEN, "open"},
};

static void log_flags(struct bs_strbuf *log, unsigned flags)
{
    for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++) {
        if (flags & flag_names[i].flag)
            bs_strbuf_printf(log, " %s", flag_names[i].name);
    }
}

/* name=body flags| … # flags of the header */
static void log_header(const struct bs_header *header, struct bs_strbuf *log)
{
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        bs_strbuf_append(log, field->name);
        bs_strbuf_append_cstr(log, field->flags & BS_FIELD_NO_COLON ? "" : "=");
        bs_strbuf_append(log, field->flags & BS_FIELD_NO_COLON ? field->raw : field->body);
        log_flags(log, field->flags);
        bs_strbuf_append_char(log, '|');
    }
    bs_strbuf_append_char(log, '#');
    log_flags(log, header->flags & ~0u << 12);
}

static void begin(void *state)
{
    struct reading *reading = state;
    bs_header_finish(&reading->header);
    bs_arena_reset(&reading->arena);
    bs_header_init(&reading->header, &reading->arena);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct reading *reading = state;
    size_t taken = bs_header_push(&reading->header, input);
    if (!reading->header.ended && !last)
        return taken;
    bs_header_finish(&reading->header);
    log_header(&reading->header, log);
    return FEED_STOP;
}

struct message_case {
    const char *message;
    size_t size; /* 0: up to the NUL */
    const char *expected;
};

static const struct message_case cases[] = {
    {"From: a@b\r\nTo: c\r\n\r\nbody", 0, "From= a@b|To= c|#"},
    {"From: a@b\nTo: c\n\nbody: x\n", 0, "From= a@b|To= c|#"},
    {"A:1\r\n 2\r\n\t3\r\nB:\r\n\r\n", 0, "A=1\r\n 2\r\n\t3|B=|#"},
    {"A:1\n 2\n\n", 0, "A=1\r\n 2|#"},
    {"A: 1 \r\n \r\n\t\r\nB: 2\r\n\r\n", 0, "A= 1 \r\n \r\n\t blank-fold|B= 2|#"},
    {"From : a\nFrom\t:b\n\n", 0, "From= a space|From=b space|#"},
    {"no colon here\nB: 2\n\n", 0, "no colon here no-colon|B= 2|#"},
    {": x\nB\x01: 2\nC D: 3\n\n", 0, "= x bad-name|B\x01= 2 bad-name control|C D= 3 bad-name|#"},
    {" x\nB: 2\n\n", 0, " x no-colon orphan|B= 2|#"},
    {"\tx: y\nB: 2\n\n", 0, "\tx= y bad-name orphan|B= 2|#"},
    {"\r\nbody", 0, "# none"},
    {"", 0, "# open"},
    {"A: 1", 0, "A= 1|# open"},
    {"A: 1\r\n", 0, "A= 1|# open"},
    {"A: 1\r\n\r", 0, "A= 1|#"},
    {"From jane@example.com Fri Aug 21 12:00:00 2026\nA: 1\n\n", 0,
     "From jane@example.com Fri Aug 21 12:00:00 2026 no-colon mbox-from|A= 1|#"},
    {">From jane@example.com\nA: 1\n\n", 0, ">From jane@example.com no-colon mbox-from|A= 1|#"},
    {"From  : jane\n\n", 0, "From= jane space|#"},
    {"A: 1\nFrom jane@example.com 12:00\n\n", 0, "A= 1|From jane@example.com 12=00 bad-name|#"},
    {"A: \xc3\xa4\nB: \xe4\n\n", 0, "A= \xc3\xa4 8bit|B= \xe4 8bit bad-utf8|#"},
    {"\xc3\xa4: 1\n\n", 0, "\xc3\xa4= 1 bad-name 8bit|#"},
    {"A: x\ry\r\nB: z\r\r\n\r\n", 0, "A= x\ry bare-cr|B= z\r bare-cr|#"},
    {"A: x\0y\n\n", 8, "A= x\0y nul|#"},
    {"A: a:b\n\n", 0, "A= a:b|#"},
};

static void each_message_reads_the_same_in_any_pieces(void **state)
{
    (void)state;
    struct reading reading = {0};
    struct feed feed = {begin, take, &reading};
    bs_arena_init(&reading.arena, 4 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf log, other;
        struct bs_bytes input = cases[i].size > 0 ? bs_bytes(cases[i].message, cases[i].size)
                                                  : bs_bytes_from_cstr(cases[i].message);
        const char *way = feed_every_way(&feed, input, &log, &other);
        if (way)
            fail_msg("case %zu %s: %s", i, way, bs_strbuf_cstr(&other));
        if (cases[i].size == 0 && strcmp(bs_strbuf_cstr(&log), cases[i].expected) != 0)
            fail_msg("case %zu: %s", i, bs_strbuf_cstr(&log));
        if (cases[i].size > 0)
            assert_true(bs_bytes_equal(bs_strbuf_bytes(&log), bs_bytes(cases[i].expected, 12)));
        bs_strbuf_free(&log);
    }
    bs_arena_reset(&reading.arena);
}

static void the_body_begins_where_the_reader_stopped(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_header header;
    bs_arena_init(&arena, 1 << 20);
    bs_header_init(&header, &arena);
    assert_int_equal(bs_header_push(&header, BS_LITERAL("A: 1\r\n\r\n\r\nbody")), 8);
    assert_true(header.ended);
    assert_int_equal(bs_header_push(&header, BS_LITERAL("more")), 0);
    bs_header_finish(&header);
    assert_int_equal(header.size, 6);
    assert_string_equal(header.fields[0].raw.ptr, "A: 1");
    bs_arena_reset(&arena);
}

static void a_milters_field_reads_as_if_it_stood_in_the_message(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_header header;
    struct bs_strbuf log;
    bs_arena_init(&arena, 1 << 20);
    bs_strbuf_init(&log, 1000);
    bs_header_init(&header, &arena);
    bs_header_add(&header, BS_LITERAL("Received"), BS_LITERAL(" from a\n\tby b"));
    bs_header_add(&header, BS_LITERAL("X"), BS_LITERAL(""));
    bs_header_add(&header, BS_LITERAL("From "), BS_LITERAL(" a\r\n b"));
    bs_header_add(&header, BS_LITERAL("Y"), BS_LITERAL("1\nBcc: z"));
    bs_header_add(&header, BS_LITERAL("Z"), BS_LITERAL("1\n"));
    bs_header_finish(&header);
    log_header(&header, &log);
    assert_string_equal(bs_strbuf_cstr(&log), "Received= from a\r\n\tby b|X=|From= a\r\n b space|"
                                              "Y=1\r\nBcc: z bad-fold|Z=1\r\n blank-fold bad-fold|# open");
    bs_strbuf_free(&log);
    bs_arena_reset(&arena);
}

/* Reads `count` fields of `length` bytes each, and returns the header's flags. */
static unsigned flags_of(size_t count, size_t length, size_t *ret_count)
{
    struct bs_arena arena;
    struct bs_header header;
    char *line = malloc(length + 1);
    assert_non_null(line);
    memset(line, 'a', length);
    line[1] = ':';
    line[length] = '\n';
    bs_arena_init(&arena, 4 << 20);
    bs_header_init(&header, &arena);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(bs_header_push(&header, bs_bytes(line, length + 1)), length + 1);
    bs_header_push(&header, BS_LITERAL("\n"));
    bs_header_finish(&header);
    unsigned flags = header.flags;
    *ret_count = header.count;
    assert_false(header.failed);
    bs_arena_reset(&arena);
    free(line);
    return flags;
}

static void fields_are_kept_up_to_the_limits_and_the_header_says_what_is_past_them(void **state)
{
    (void)state;
    size_t count;
    assert_int_equal(flags_of(BS_HEADER_FIELDS_MAX, 4, &count), 0);
    assert_int_equal(count, BS_HEADER_FIELDS_MAX);
    assert_int_equal(flags_of(BS_HEADER_FIELDS_MAX + 1, 4, &count), BS_HEADER_TOO_MANY);
    assert_int_equal(count, BS_HEADER_FIELDS_MAX);
    assert_int_equal(flags_of(1, BS_HEADER_FIELD_MAX, &count), 0);
    assert_int_equal(flags_of(1, BS_HEADER_FIELD_MAX + 1, &count), BS_FIELD_CUT);
    assert_int_equal(count, 1);
    assert_int_equal(flags_of(8, BS_HEADER_SIZE_MAX / 8 - 2, &count), 0);
    assert_int_equal(flags_of(8, BS_HEADER_SIZE_MAX / 8 - 1, &count), BS_HEADER_TOO_LARGE);
    assert_int_equal(count, 7);
}

/* Reads one field of `length` bytes and its CRLF in two pieces, and returns the header's flags. */
static unsigned flags_of_pieces(size_t length, size_t first)
{
    struct bs_arena arena;
    struct bs_header header;
    char *line = malloc(length + 2);
    assert_non_null(line);
    memset(line, 'a', length);
    memcpy(line + 1, ":", 1);
    memcpy(line + length, "\r\n", 2);
    bs_arena_init(&arena, 4 << 20);
    bs_header_init(&header, &arena);
    bs_header_push(&header, bs_bytes(line, first));
    bs_header_push(&header, bs_bytes(line + first, length + 2 - first));
    bs_header_push(&header, BS_LITERAL("\r\n"));
    bs_header_finish(&header);
    unsigned flags = header.flags;
    bs_arena_reset(&arena);
    free(line);
    return flags;
}

static void the_limit_of_a_field_is_the_same_however_it_arrives(void **state)
{
    (void)state;
    const size_t firsts[] = {0, 1, BS_HEADER_FIELD_MAX - 1, BS_HEADER_FIELD_MAX, BS_HEADER_FIELD_MAX + 1};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        assert_int_equal(flags_of_pieces(BS_HEADER_FIELD_MAX, firsts[i]), 0);
        assert_int_equal(flags_of_pieces(BS_HEADER_FIELD_MAX + 1, firsts[i]), BS_FIELD_CUT);
        assert_int_equal(flags_of_pieces(BS_HEADER_FIELD_MAX + 2, firsts[i]), BS_FIELD_CUT);
    }
}

static void a_full_arena_is_said_and_not_hidden(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_header header;
    bs_arena_init(&arena, 100);
    bs_header_init(&header, &arena);
    bs_header_push(&header, BS_LITERAL("A: 1\nB: 2\n\n"));
    bs_header_finish(&header);
    assert_true(header.failed);
    bs_arena_reset(&arena);
}

/* What is wrong with a field, with so many letters in its name and so many before the odd byte of its body. */
static unsigned flags_at(size_t name, size_t letters, const char *odd, size_t size)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_strbuf text;
    bs_arena_init(&arena, 10000);
    bs_header_init(&header, &arena);
    bs_strbuf_init(&text, 1000);
    bs_strbuf_printf(&text, "%.*s: %.*s", (int)name, "an-exemplary-name-of-a-field-in-a-header", (int)letters,
                     "A body that is longer than any stride, or two of them.");
    bs_strbuf_append(&text, bs_bytes(odd, size));
    bs_strbuf_append_cstr(&text, "and more that comes behind it\r\n\r\n");
    bs_header_push(&header, bs_strbuf_bytes(&text));
    assert_true(header.ended);
    assert_int_equal(header.count, 1);
    assert_int_equal(header.fields[0].name.len, name);
    assert_int_equal(header.fields[0].name_hash, bs_header_name_hash(header.fields[0].name));
    unsigned flags = header.flags;
    bs_strbuf_free(&text);
    bs_header_finish(&header);
    bs_arena_reset(&arena);
    return flags;
}

static void it_does_not_matter_where_in_a_stride_anything_stands(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        unsigned flags;
    } odd[] = {
        {"\t", 1, 0}, {"~", 1, 0}, {"\r\n ", 3, 0}, {"\n\t", 2, 0}, {"\0", 1, BS_FIELD_NUL}, {"\x1f", 1, BS_FIELD_CONTROL},
        {"\x7f", 1, BS_FIELD_CONTROL}, {"\r", 1, BS_FIELD_BARE_CR}, {"\xc3\xbc", 2, BS_FIELD_8BIT},
        {"\xbc", 1, BS_FIELD_8BIT | BS_FIELD_BAD_UTF8}, {"\r\n \r\n ", 6, BS_FIELD_BLANK_FOLD},
    };
    (void)state;
    for (size_t place = 1; place <= 40; place++) {
        for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
            assert_int_equal(flags_at(place, 3, odd[i].bytes, odd[i].size), odd[i].flags);
            assert_int_equal(flags_at(4, place, odd[i].bytes, odd[i].size), odd[i].flags);
        }
    }
}

/* Reads a header whose first field has `length` bytes in lines that end in LF, in pieces of `size` bytes. */
static void read_long_field(struct bs_header *header, struct bs_arena *arena, size_t length, size_t size)
{
    struct bs_strbuf text;
    bs_arena_init(arena, 1 << 20);
    bs_header_init(header, arena);
    bs_strbuf_init(&text, 10000);
    bs_strbuf_append_cstr(&text, "A:");
    for (size_t i = 2; i < length; i++)
        bs_strbuf_append_char(&text, i % 20 == 0 && i + 1 < length ? '\n' : i % 20 == 1 ? '\t' : 'x');
    bs_strbuf_append_cstr(&text, "x\nB: 2\n\nthe body, which is longer than two strides");
    struct bs_bytes rest = bs_strbuf_bytes(&text), piece;
    for (; rest.len > 0 && !header->ended; rest = bs_bytes_skip(rest, piece.len)) {
        piece = bs_bytes_first(rest, size);
        bs_header_push(header, piece);
    }
    bs_strbuf_free(&text);
    bs_header_finish(header);
}

static void a_field_is_the_same_however_long_it_is(void **state)
{
    (void)state;
    for (size_t length = 2030; length < 2070; length++) {
        struct bs_arena arenas[2];
        struct bs_header headers[2];
        read_long_field(&headers[0], &arenas[0], length, SIZE_MAX);
        read_long_field(&headers[1], &arenas[1], length, 1);
        assert_int_equal(headers[0].count, 2);
        assert_int_equal(headers[0].size, headers[1].size);
        assert_int_equal(headers[0].flags, headers[1].flags);
        for (size_t i = 0; i < 2; i++)
            assert_true(bs_bytes_equal(headers[0].fields[i].raw, headers[1].fields[i].raw));
        bs_arena_reset(&arenas[0]);
        bs_arena_reset(&arenas[1]);
    }
}

static void a_copy_has_what_its_original_has_and_keeps_within_the_limits(void **state)
{
    (void)state;
    struct reading original = {0}, copy = {0};
    struct bs_strbuf first, second;
    bs_strbuf_init(&first, 1 << 20);
    bs_strbuf_init(&second, 1 << 20);
    bs_arena_init(&original.arena, 8 << 20);
    bs_arena_init(&copy.arena, 8 << 20);
    bs_header_init(&original.header, &original.arena);
    bs_header_add(&original.header, BS_LITERAL("From "), BS_LITERAL(" jane@example.com\r\n\tand more"));
    bs_header_add(&original.header, BS_LITERAL("Bad name"), BS_LITERAL("\xff"));
    bs_header_add(&original.header, BS_LITERAL(""), BS_LITERAL(""));
    bs_header_finish(&original.header);
    log_header(&original.header, &first);
    bs_header_init(&copy.header, &copy.arena);
    bs_header_copy(&copy.header, &original.header);
    assert_int_equal(copy.header.size, original.header.size);
    bs_arena_reset(&original.arena);
    bs_header_finish(&copy.header);
    log_header(&copy.header, &second);
    assert_string_equal(bs_strbuf_cstr(&first), bs_strbuf_cstr(&second));
    for (size_t i = copy.header.count; i <= BS_HEADER_FIELDS_MAX; i++)
        bs_header_copy(&copy.header, &(struct bs_header){.fields = copy.header.fields, .count = 1});
    assert_int_equal(copy.header.count, BS_HEADER_FIELDS_MAX);
    assert_true(copy.header.flags & BS_HEADER_TOO_MANY);
    bs_arena_reset(&copy.arena);
    bs_strbuf_free(&first);
    bs_strbuf_free(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_reads_the_same_in_any_pieces),
        cmocka_unit_test(the_body_begins_where_the_reader_stopped),
        cmocka_unit_test(a_milters_field_reads_as_if_it_stood_in_the_message),
        cmocka_unit_test(fields_are_kept_up_to_the_limits_and_the_header_says_what_is_past_them),
        cmocka_unit_test(the_limit_of_a_field_is_the_same_however_it_arrives),
        cmocka_unit_test(a_field_is_the_same_however_long_it_is),
        cmocka_unit_test(a_copy_has_what_its_original_has_and_keeps_within_the_limits),
        cmocka_unit_test(a_full_arena_is_said_and_not_hidden),
        cmocka_unit_test(it_does_not_matter_where_in_a_stride_anything_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
