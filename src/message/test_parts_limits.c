/* SPDX-License-Identifier: BSD-2-Clause */
/* The limits of the message reader: at each, one past it, and with messages that were made to hurt. */
#include "message/boundaries.h"
#include "message/header_text.h"
#include "message/parameters.h"
#include "message/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MESSAGE_MAX = 64 << 20 };

struct reading {
    struct bs_arena arena;
    struct bs_strbuf message;
    struct bs_parts parts;
};

static struct reading *begin(void)
{
    struct reading *reading = calloc(1, sizeof *reading);
    assert_non_null(reading);
    bs_arena_init(&reading->arena, BS_PARTS_MEMORY);
    bs_strbuf_init(&reading->message, MESSAGE_MAX);
    return reading;
}

static void add(struct reading *reading, const char *text)
{
    bs_strbuf_append_cstr(&reading->message, text);
}

static void add_times(struct reading *reading, size_t count, const char *text)
{
    while (count-- > 0)
        add(reading, text);
}

/* Reads what was added, and tells the limit that was reached, or "". */
static const char *read_all(struct reading *reading)
{
    assert_false(reading->message.failed);
    bs_parts_init(&reading->parts, &reading->arena);
    bs_parts_push(&reading->parts, bs_strbuf_bytes(&reading->message));
    bs_parts_finish(&reading->parts);
    assert_false(reading->parts.failed);
    return reading->parts.limit ? reading->parts.limit : "";
}

static const struct bs_part *last(const struct reading *reading)
{
    struct bs_part *part = &reading->parts.items[reading->parts.count - 1];
    bs_part_text(part);
    return part;
}

static void end(struct reading *reading)
{
    bs_strbuf_free(&reading->message);
    bs_arena_reset(&reading->arena);
    free(reading);
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static void parts_are_kept_up_to_their_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, MIXED);
        add_times(reading, BS_PARTS_MAX - 1 + past, "--b\n\nx\n");
        assert_string_equal(read_all(reading), past ? "BS_PARTS_MAX" : "");
        assert_int_equal(reading->parts.count, BS_PARTS_MAX);
        assert_true(bs_bytes_equal(bs_bytes_trim(last(reading)->text), BS_LITERAL("x")));
        end(reading);
    }
}

static void parts_are_opened_down_to_the_greatest_depth(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add_times(reading, BS_PARTS_DEPTH_MAX + past, "Content-Type: message/rfc822\n\n");
        add(reading, "\nx");
        assert_string_equal(read_all(reading), past ? "BS_PARTS_DEPTH_MAX" : "");
        assert_int_equal(last(reading)->depth, BS_PARTS_DEPTH_MAX);
        assert_int_equal(last(reading)->media, past ? BS_MEDIA_OTHER : BS_MEDIA_TEXT);
        end(reading);
    }
}

static void multiparts_are_opened_down_to_the_greatest_depth(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        for (size_t i = 0; i < BS_BOUNDARIES_MAX + past; i++)
            bs_strbuf_printf(&reading->message, "Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", i, i);
        add(reading, "\nx\n--b0\n\ny");
        assert_string_equal(read_all(reading), past ? "BS_PARTS_DEPTH_MAX" : "");
        assert_int_equal(reading->parts.count, BS_BOUNDARIES_MAX + 2);
        assert_true(bs_bytes_equal(last(reading)->text, BS_LITERAL("y")));
        end(reading);
    }
}

static void a_boundary_is_read_up_to_its_limit(void **state)
{
    static const size_t lengths[] = {BS_PARTS_BOUNDARY_MAX, BS_PARTS_BOUNDARY_MAX + 1, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct reading *reading = begin();
        bool good = lengths[i] <= BS_PARTS_BOUNDARY_MAX;
        add(reading, "Content-Type: multipart/mixed; boundary=\"");
        add_times(reading, lengths[i], "b");
        add(reading, "\"\n\n--");
        add_times(reading, lengths[i], "b");
        add(reading, "\n\nx");
        assert_string_equal(read_all(reading), good ? "" : "BS_PARTS_BOUNDARY_MAX");
        assert_int_equal(last(reading)->media, good ? BS_MEDIA_TEXT : BS_MEDIA_OTHER);
        end(reading);
    }
}

static void a_line_is_a_boundary_up_to_its_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, MIXED "--b");
        add_times(reading, BS_BOUNDARY_LINE_MAX - 5 + past, " ");
        add(reading, "\n\nx");
        read_all(reading);
        assert_int_equal(bs_bytes_equal(last(reading)->text, BS_LITERAL("x")), past == 0);
        end(reading);
    }
}

static void a_boundary_is_guessed_up_to_its_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, "Content-Type: multipart/mixed\n\n--");
        add_times(reading, BS_BOUNDARY_GUESSED_MAX + past, "b");
        add(reading, "\n\nx");
        read_all(reading);
        assert_int_equal(bs_bytes_equal(last(reading)->text, BS_LITERAL("x")), past == 0);
        end(reading);
    }
}

static void the_header_of_a_part_is_read_up_to_its_limit(void **state)
{
    static const char type[] = "Content-Type: image/png\n";
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, MIXED "--b\nA:");
        add_times(reading, BS_PARTS_HEADER_MAX - 3 - (sizeof type - 1) - 1 + past, "x");
        add(reading, "\n");
        add(reading, type);
        add(reading, "\nx");
        assert_string_equal(read_all(reading), past ? "BS_PARTS_HEADER_MAX" : "");
        assert_int_equal(last(reading)->media, BS_MEDIA_OTHER);
        end(reading);
    }
}

static void lines_before_a_header_are_passed_over_up_to_their_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add_times(reading, BS_PARTS_LEAD_MAX + past, "220 x\n");
        add(reading, "Subject: x\n\ny");
        assert_string_equal(read_all(reading), past ? "BS_PARTS_LEAD_MAX" : "");
        assert_int_equal(reading->parts.header.count, 1 + past);
        end(reading);
    }
}

static void a_text_is_kept_up_to_its_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, "A: b\n\n");
        add_times(reading, BS_PARTS_TEXT_MAX + past, "x");
        assert_string_equal(read_all(reading), "");
        assert_int_equal(last(reading)->text.len, BS_PARTS_TEXT_MAX);
        assert_int_equal(last(reading)->cut, past);
        end(reading);
    }
}

static void a_text_that_grows_in_utf_8_is_kept_up_to_its_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, "Content-Type: text/plain; charset=iso-8859-1\n\n");
        add_times(reading, BS_PARTS_TEXT_MAX / 2, "\xe4");
        add_times(reading, past, "x");
        read_all(reading);
        assert_int_equal(last(reading)->text.len, BS_PARTS_TEXT_MAX);
        assert_int_equal(last(reading)->cut, past);
        end(reading);
    }
}

static void a_report_is_kept_up_to_its_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, "Content-Type: message/delivery-status\n\n");
        add_times(reading, BS_PARTS_REPORT_MAX + past, "x");
        assert_string_equal(read_all(reading), past ? "BS_PARTS_REPORT_MAX" : "");
        assert_int_equal(last(reading)->text.len, BS_PARTS_REPORT_MAX);
        assert_int_equal(last(reading)->cut, past);
        end(reading);
    }
}

static void all_parts_together_are_kept_up_to_their_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        size_t kept = 0;
        add(reading, MIXED);
        for (size_t i = 0; i < BS_PARTS_KEPT_MAX / BS_PARTS_REPORT_MAX - 1 + past; i++) {
            add(reading, "--b\nContent-Type: message/delivery-status\n\n");
            add_times(reading, BS_PARTS_REPORT_MAX - 1, "x");
            add(reading, "\n");
        }
        assert_string_equal(read_all(reading), past ? "BS_PARTS_KEPT_MAX" : "");
        for (size_t i = 0; i < reading->parts.count; i++)
            kept += reading->parts.items[i].text.len;
        assert_in_range(kept, 0, BS_PARTS_KEPT_MAX);
        assert_int_equal(last(reading)->cut, past);
        end(reading);
    }
}

/* HTML of many tags and little text, which is not made into text before somebody asks for it. */
static void texts_that_are_made_later_are_kept_up_to_the_same_limits(void **state)
{
    (void)state;
    for (size_t size = 1000; size <= BS_PARTS_REPORT_MAX + 1; size += size < 100000 ? 11000 : 4093) {
        struct reading *reading = begin();
        add(reading, MIXED);
        for (size_t i = 0; i < 30; i++) {
            add(reading, "--b\nContent-Type: text/html\n\nabc");
            add_times(reading, (size - 6) / 4, "<i/>");
            add(reading, "xyz\n");
        }
        assert_string_equal(read_all(reading), "");
        for (size_t i = 1; i < reading->parts.count; i++) {
            struct bs_part *part = &reading->parts.items[i];
            assert_true(bs_bytes_equal(bs_part_text(part), part->cut ? BS_LITERAL("abc\n") : BS_LITERAL("abcxyz\n")));
        }
        assert_int_equal(last(reading)->cut, size > BS_PARTS_REPORT_MAX);
        assert_false(reading->parts.failed);
        end(reading);
    }
}

static void texts_that_are_made_later_count_where_all_parts_do(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, MIXED);
        for (size_t i = 0; i < BS_PARTS_KEPT_MAX / BS_PARTS_TEXT_MAX - 1 + past; i++) {
            add(reading, "--b\nContent-Type: text/html\n\n");
            add_times(reading, BS_PARTS_TEXT_MAX - 1, "x");
            add(reading, "\n");
        }
        assert_string_equal(read_all(reading), past ? "BS_PARTS_KEPT_MAX" : "");
        assert_int_equal(last(reading)->cut, past);
        end(reading);
    }
}

static void headers_of_returned_messages_are_kept_up_to_the_limit_of_all(void **state)
{
    struct reading *reading = begin();
    (void)state;
    add(reading, MIXED);
    for (size_t i = 0; i < 20; i++) {
        add(reading, "--b\nContent-Type: message/rfc822\n\n");
        add_times(reading, BS_HEADER_FIELDS_MAX, "a:\n");
        add(reading, "\nx\n");
    }
    assert_string_equal(read_all(reading), "BS_PARTS_KEPT_MAX");
    assert_in_range(reading->parts.count, 5, 12);
    assert_true(last(reading)->cut);
    assert_true(last(reading)->header->flags & BS_HEADER_INCOMPLETE);
    end(reading);
}

static void limits_of_the_header_are_named(void **state)
{
    struct reading *reading = begin();
    (void)state;
    add_times(reading, BS_HEADER_FIELDS_MAX + 1, "a: b\n");
    assert_string_equal(read_all(reading), "BS_HEADER_FIELDS_MAX");
    end(reading);
    reading = begin();
    add_times(reading, BS_HEADER_FIELD_MAX + 1, "a");
    assert_string_equal(read_all(reading), "BS_HEADER_FIELD_MAX");
    end(reading);
}

/* The greatest that all limits let through at once. */
static void whatever_the_limits_let_through_fits_into_the_memory(void **state)
{
    struct reading *reading = begin();
    (void)state;
    add(reading, "Content-Type: multipart/mixed; boundary=b\n");
    for (size_t i = 1; i < BS_HEADER_FIELDS_MAX; i++)
        bs_strbuf_printf(&reading->message, "X-Field-%zu: %0*d\n", i, BS_HEADER_SIZE_MAX / BS_HEADER_FIELDS_MAX - 20, 0);
    add(reading, "\n");
    for (size_t i = 0; i < BS_PARTS_MAX; i++) {
        add(reading, "--b\nContent-Type: multipart/mixed; boundary=\"\\x");
        add_times(reading, BS_PARTS_BOUNDARY_MAX - 1, "b");
        add(reading, "\"; name=\"");
        add_times(reading, 3 * BS_PARAMETER_TEXT_MAX, "\\n");
        add(reading, "\"\n\nno boundary\n");
    }
    assert_string_equal(read_all(reading), "BS_PARTS_KEPT_MAX");
    assert_in_range(reading->arena.used, BS_PARTS_KEPT_MAX + BS_HEADER_SIZE_MAX, BS_PARTS_MEMORY);
    end(reading);
}

static void a_parameter_is_read_up_to_its_limits(void **state)
{
    struct bs_arena arena;
    struct bs_strbuf text;
    struct bs_bytes rest;
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        bs_arena_init(&arena, BS_PARTS_MEMORY);
        bs_strbuf_init(&text, MESSAGE_MAX);
        bs_strbuf_printf(&text, "a/%0*d", (int)(BS_PARAMETERS_VALUE_MAX - 2 + past), 0);
        assert_int_equal(bs_parameters_value(bs_strbuf_bytes(&text), &arena, NULL).len,
                         past ? 0 : BS_PARAMETERS_VALUE_MAX);
        text.len = 0;
        bs_strbuf_printf(&text, "a; x=%0*d; y=b", (int)(BS_PARAMETERS_SIZE_MAX - 10 + past), 0);
        rest = bs_parameters_skip_value(bs_strbuf_bytes(&text));
        assert_int_equal(bs_parameter_find(rest, "y", &arena).len, past ? 0 : 1);
        text.len = 0;
        bs_strbuf_printf(&text, "a; x=%0*d", (int)(BS_PARAMETER_TEXT_MAX + past), 0);
        rest = bs_parameters_skip_value(bs_strbuf_bytes(&text));
        assert_int_equal(bs_parameter_text(rest, "x", &arena).len, BS_PARAMETER_TEXT_MAX);
        text.len = 0;
        bs_strbuf_append_cstr(&text, "a");
        for (size_t i = 0; i < BS_PARAMETER_SECTIONS_MAX + past; i++)
            bs_strbuf_printf(&text, "; x*%zu=y", i);
        rest = bs_parameters_skip_value(bs_strbuf_bytes(&text));
        assert_int_equal(bs_parameter_text(rest, "x", &arena).len, BS_PARAMETER_SECTIONS_MAX);
        bs_strbuf_free(&text);
        bs_arena_reset(&arena);
    }
}

static void a_field_is_shown_up_to_a_limit(void **state)
{
    (void)state;
    for (size_t past = 0; past < 2; past++) {
        struct reading *reading = begin();
        add(reading, "Subject: ");
        add_times(reading, BS_HEADER_TEXT_MAX + past, "x");
        read_all(reading);
        assert_int_equal(bs_header_text(&reading->parts.header, "Subject", &reading->arena).len, BS_HEADER_TEXT_MAX);
        end(reading);
    }
}

/* The text of a message that is encoded as a whole, `levels` times over. */
static void encode_whole(struct reading *reading, size_t levels)
{
    for (size_t i = 0; i < levels; i++) {
        struct bs_strbuf encoded;
        bs_strbuf_init(&encoded, MESSAGE_MAX);
        bs_strbuf_append_cstr(&encoded, "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n");
        for (size_t at = 0; at < reading->message.len; at++) {
            char c = reading->message.ptr[at];
            bs_strbuf_append(&encoded, c == '=' ? BS_LITERAL("=3D") : bs_bytes(&c, 1));
        }
        bs_strbuf_free(&reading->message);
        reading->message = encoded;
    }
}

static void encodings_within_encodings_end_at_the_greatest_depth(void **state)
{
    struct reading *reading = begin();
    (void)state;
    add(reading, "Subject: x\n\ny");
    encode_whole(reading, BS_PARTS_DEPTH_MAX + 5);
    assert_string_equal(read_all(reading), "BS_PARTS_DEPTH_MAX");
    assert_int_equal(reading->parts.count, BS_PARTS_DEPTH_MAX + 1);
    end(reading);
}

static void messages_made_to_hurt_come_to_an_end(void **state)
{
    static const struct {
        const char *start;
        const char *again;
        size_t times;
        const char *limit;
    } cases[] = {
        {"", "Content-Type: multipart/mixed; boundary=b\n\n--b\n", 10000, "BS_PARTS_DEPTH_MAX"},
        {MIXED, "--b\n", 1000000, "BS_PARTS_MAX"},
        {"a: b\n\n", "x", 2000000, ""},
        {MIXED, "--", 500000, ""},
        {MIXED, "-\n", 500000, ""},
        {MIXED "--b\nContent-Transfer-Encoding: base64\nContent-Type: a/b\n\n", "-a", 500000, ""},
        {"a:", " b\n", 1000000, "BS_HEADER_FIELD_MAX"},
        {"", "a: b\n", 1000000, "BS_HEADER_FIELDS_MAX"},
        {MIXED "--b\nContent-Type: ", "(", 1000000, "BS_PARTS_HEADER_MAX"},
        {"Content-Type: text/html\n\n", "<a =\"", 100000, ""},
        {"Content-Type: text/html\n\n", "<!--", 100000, ""},
        {"Content-Type: text/html\n\n", "<style>", 100000, ""},
        {"Content-Type: text/html\n\n", "&#", 100000, ""},
        {"Subject: ", "=?a?q?", 20000, ""},
        {"Content-Type: text/plain; charset=iso-2022-jp\n\n", "\x1b\xff", 100000, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading *reading = begin();
        add(reading, cases[i].start);
        add_times(reading, cases[i].times, cases[i].again);
        const char *limit = read_all(reading);
        if (strcmp(limit, cases[i].limit) != 0)
            fail_msg("case %zu: %s, not %s", i, limit, cases[i].limit);
        bs_header_text(&reading->parts.header, "Subject", &reading->arena);
        end(reading);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_kept_up_to_their_limit),
        cmocka_unit_test(parts_are_opened_down_to_the_greatest_depth),
        cmocka_unit_test(multiparts_are_opened_down_to_the_greatest_depth),
        cmocka_unit_test(a_boundary_is_read_up_to_its_limit),
        cmocka_unit_test(a_line_is_a_boundary_up_to_its_limit),
        cmocka_unit_test(a_boundary_is_guessed_up_to_its_limit),
        cmocka_unit_test(the_header_of_a_part_is_read_up_to_its_limit),
        cmocka_unit_test(lines_before_a_header_are_passed_over_up_to_their_limit),
        cmocka_unit_test(a_text_is_kept_up_to_its_limit),
        cmocka_unit_test(a_text_that_grows_in_utf_8_is_kept_up_to_its_limit),
        cmocka_unit_test(a_report_is_kept_up_to_its_limit),
        cmocka_unit_test(all_parts_together_are_kept_up_to_their_limit),
        cmocka_unit_test(texts_that_are_made_later_are_kept_up_to_the_same_limits),
        cmocka_unit_test(texts_that_are_made_later_count_where_all_parts_do),
        cmocka_unit_test(headers_of_returned_messages_are_kept_up_to_the_limit_of_all),
        cmocka_unit_test(limits_of_the_header_are_named),
        cmocka_unit_test(whatever_the_limits_let_through_fits_into_the_memory),
        cmocka_unit_test(a_parameter_is_read_up_to_its_limits),
        cmocka_unit_test(a_field_is_shown_up_to_a_limit),
        cmocka_unit_test(encodings_within_encodings_end_at_the_greatest_depth),
        cmocka_unit_test(messages_made_to_hurt_come_to_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
