/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers of returned messages in the text of a notice. */
#include "bounce/returned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIELDS "Received: from a by b; now\nMessage-ID: <1@x.example>\nFrom: jane@example.com\nSubject: lunch\n"

static void a_header_is_found_where_programs_wrote_it(void **state)
{
    (void)state;
    static const struct {
        const char *title, *before, *rest;
        bool found, traced;
    } cases[] = {
        {"behind a notice", "Sorry.\n\n", FIELDS "\nHello\n", true, true},
        {"at once", "", FIELDS, true, true},
        {"quoted", "Sorry.\n\n", "> Received: from a by b; now\n> From: x\n> To: y\n", true, true},
        {"indented", "Sorry:\n", "   Received: from a\n      by b\n   From: x\n   To: y\n", true, true},
        {"without a trace", "Sorry.\n", "Message-ID: <1@x>\nFrom: x\nTo: y\n\n", true, false},
        {"what a person quotes of a header", "Hi,\n\nFrom: Jane\nSent: Monday\nTo: Joe\nSubject: lunch\n\n", "", false, false},
        {"a report", "Reporting-MTA: dns; x\nReceived-From-MTA: y\nFinal-Recipient: z\nMIME-Version: 1.0\n", "", false, false},
        {"the fields of a part, then a header", "Content-Description: x\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n",
         FIELDS, true, true},
        {"two fields", "Received: x\nFrom: y\n\n", "", false, false},
        {"nothing", "", "", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        bs_arena_init(&arena, 100000);
        const char *text = bs_arena_printf(&arena, "%s%s", cases[i].before, cases[i].rest);
        struct bs_returned_place place = bs_returned_find(bs_bytes_from_cstr(text));
        if (place.begin != (cases[i].found ? strlen(cases[i].before) : strlen(text)) || place.traced != cases[i].traced)
            fail_msg("%s: at %zu", cases[i].title, place.begin);
        bs_arena_reset(&arena);
    }
}

static void a_header_in_a_text_is_exact_only_as_it_came(void **state)
{
    (void)state;
    static const struct {
        const char *title, *text;
        bool verbatim;
        size_t fields;
        bool exact, open;
    } cases[] = {
        {"verbatim", FIELDS "\nHello: there\n", true, 4, true, false},
        {"behind a ruler", "-----\n\n" FIELDS, true, 4, true, true},
        {"converted", FIELDS, false, 4, false, true},
        {"with letters past ASCII", FIELDS "X-Name: J\xc3\xb6rg\n", true, 5, false, true},
        {"quoted", "> Received: from a\n> \tby b\n> From: x\n\n> Subject: y\n", true, 2, false, false},
        {"indented", "  Received: from a\n      by b\n  From: x\n", true, 2, false, true},
        {"no header", "Dear Jane,\n", true, 0, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_arena arena;
        struct bs_returned returned;
        bool open;
        bs_arena_init(&arena, 100000);
        assert_true(bs_returned_in_text(bs_bytes_from_cstr(cases[i].text), 0, NULL, cases[i].verbatim, &arena, &returned,
                                        &open));
        size_t fields = returned.header ? returned.header->count : 0;
        if (fields != cases[i].fields || returned.exact != cases[i].exact || open != cases[i].open || returned.attached)
            fail_msg("%s: %zu fields, %s", cases[i].title, fields, returned.exact ? "exact" : "not exact");
        bs_arena_reset(&arena);
    }
}

static void a_header_that_was_seen_is_read_as_one_that_was_not(void **state)
{
    static const char *const before[] = {"", "Sorry.\n\n", "---\n\n", "> x\n\n---\n"};
    (void)state;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        struct bs_arena arena;
        struct bs_returned returned, again;
        bool open, again_open;
        bs_arena_init(&arena, 100000);
        struct bs_bytes text = bs_bytes_from_cstr(bs_arena_printf(&arena, "%s%s\nHello: there\n", before[i], FIELDS));
        struct bs_returned_place place = bs_returned_find(text);
        assert_true(bs_returned_in_text(text, place.begin, &place, true, &arena, &returned, &open));
        assert_true(bs_returned_in_text(text, place.begin, NULL, true, &arena, &again, &again_open));
        assert_int_equal(returned.header->size, again.header->size);
        assert_int_equal(returned.exact, again.exact);
        assert_int_equal(open, again_open);
        struct bs_bytes rulers = BS_LITERAL("---\n");
        place = bs_returned_find(rulers);
        assert_true(bs_returned_in_text(rulers, 0, &place, true, &arena, &returned, &open));
        assert_null(returned.header);
        bs_arena_reset(&arena);
    }
}

static void the_bytes_of_an_exact_field_are_those_that_came(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_returned returned;
    bool open;
    bs_arena_init(&arena, 100000);
    assert_true(bs_returned_in_text(BS_LITERAL("DKIM-Signature: v=1;\n\tb=x  y \nFrom:  jane@example.com\n\n"), 0, NULL, true,
                                    &arena, &returned, &open));
    assert_true(bs_bytes_equal(returned.header->fields[0].raw, BS_LITERAL("DKIM-Signature: v=1;\r\n\tb=x  y ")));
    bs_arena_reset(&arena);
}

static void quoting_is_taken_off_up_to_a_length(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct bs_arena arena;
        struct bs_returned returned;
        bool open;
        bs_arena_init(&arena, 100000);
        const char *text = bs_arena_printf(&arena, "%*sReceived: x\n%*sFrom: y\n", BS_RETURNED_PREFIX_MAX + more, "",
                                           BS_RETURNED_PREFIX_MAX + more, "");
        assert_true(bs_returned_in_text(bs_bytes_from_cstr(text), 0, NULL, true, &arena, &returned, &open));
        assert_int_equal(returned.header != NULL, more == 0);
        bs_arena_reset(&arena);
    }
}

static void places_that_look_like_a_header_are_tried_up_to_a_limit(void **state)
{
    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct bs_arena arena;
        const char *text = "";
        bs_arena_init(&arena, 1000000);
        for (size_t i = 0; i < BS_RETURNED_RUNS_MAX - 1 + more; i++)
            text = bs_arena_printf(&arena, "%sTo: x\nFrom: y\n\n", text);
        size_t begin = strlen(text);
        text = bs_arena_printf(&arena, "%s%s", text, FIELDS);
        assert_int_equal(bs_returned_find(bs_bytes_from_cstr(text)).begin, more == 0 ? begin : strlen(text));
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_found_where_programs_wrote_it),
        cmocka_unit_test(a_header_in_a_text_is_exact_only_as_it_came),
        cmocka_unit_test(a_header_that_was_seen_is_read_as_one_that_was_not),
        cmocka_unit_test(the_bytes_of_an_exact_field_are_those_that_came),
        cmocka_unit_test(quoting_is_taken_off_up_to_a_length),
        cmocka_unit_test(places_that_look_like_a_header_are_tried_up_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
