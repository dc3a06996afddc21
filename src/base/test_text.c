/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes, hexadecimal text and points in time: small tables. */
#include "base/bytes.h"
#include "base/hex.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bytes_compare_without_the_case_of_ascii_only(void **state)
{
    (void)state;
    assert_true(bs_bytes_equal_nocase(BS_LITERAL("Mailer-DAEMON"), BS_LITERAL("mailer-daemon")));
    assert_false(bs_bytes_equal_nocase(BS_LITERAL("abc"), BS_LITERAL("abcd")));
    assert_false(bs_bytes_equal_nocase(BS_LITERAL("\xc4"), BS_LITERAL("\xe4")));
    assert_false(bs_bytes_equal_nocase(BS_LITERAL("@["), BS_LITERAL("`{")));
    assert_true(bs_bytes_equal(bs_bytes(NULL, 0), BS_LITERAL("")));
    assert_true(bs_bytes_equal(bs_bytes("a\0b", 3), bs_bytes("a\0b", 3)));
    assert_false(bs_bytes_equal(bs_bytes("a\0b", 3), bs_bytes("a\0c", 3)));
}

static void only_letters_have_two_cases_wherever_they_stand(void **state)
{
    static const unsigned char some[] = {0,   '\r', ' ', '*', '-', '@', 'A',  'M',  'Z', '[',
                                         '_', '`',  'a', 'm', 'z', '{', 0x7f, 0xc4, 0xe4};
    char a[24], b[24];
    (void)state;
    for (size_t len = 1; len <= sizeof a; len++) {
        for (size_t place = 0; place < len; place++) {
            for (size_t i = 0; i < sizeof some * sizeof some; i++) {
                memset(a, 'x', sizeof a);
                memset(b, place % 2 == 0 ? 'x' : 'X', sizeof b);
                a[place] = (char)some[i / sizeof some];
                b[place] = (char)some[i % sizeof some];
                bool same = bs_ascii_lower(a[place]) == bs_ascii_lower(b[place]);
                assert_int_equal(bs_bytes_equal_nocase(bs_bytes(a, len), bs_bytes(b, len)), same);
            }
        }
    }
}

static void a_needle_is_found_at_both_ends_and_nowhere_else(void **state)
{
    (void)state;
    assert_true(bs_bytes_contains_nocase(BS_LITERAL("PostMaster@x"), BS_LITERAL("postmaster")));
    assert_true(bs_bytes_contains_nocase(BS_LITERAL("x@postmaster"), BS_LITERAL("postmaster")));
    assert_true(bs_bytes_contains_nocase(BS_LITERAL("some words before the POSTMASTER and some behind"), BS_LITERAL("postmaster")));
    assert_true(bs_bytes_contains_nocase(BS_LITERAL("some words before the @POSTMASTER"), BS_LITERAL("@postmaster")));
    assert_false(bs_bytes_contains_nocase(BS_LITERAL("some words before the `POSTMASTER, a post and a master"),
                                          BS_LITERAL("@postmaster")));
    assert_true(bs_bytes_contains_nocase(BS_LITERAL("x"), BS_LITERAL("")));
    assert_true(bs_bytes_contains_nocase(bs_bytes(NULL, 0), BS_LITERAL("")));
    assert_false(bs_bytes_contains_nocase(BS_LITERAL("postmaste"), BS_LITERAL("postmaster")));
    assert_false(bs_bytes_contains_nocase(bs_bytes(NULL, 0), BS_LITERAL("x")));
}

static void a_text_is_found_wherever_it_stands(void **state)
{
    char bytes[64];
    (void)state;
    for (size_t len = 1; len <= 20; len++) {
        for (size_t place = 0; place + len <= sizeof bytes; place++) {
            memset(bytes, 'x', sizeof bytes);
            memcpy(bytes + place, "a needle, that is all", len);
            struct bs_bytes text = bs_bytes(bytes, sizeof bytes), large = bs_bytes("A NEEDLE, THAT IS ALL", len);
            assert_int_equal(bs_bytes_find_text(text, bs_bytes("a needle, that is all", len)), place);
            assert_int_equal(bs_bytes_find_text(text, large), sizeof bytes);
            assert_true(bs_bytes_contains_nocase(text, large));
            assert_false(bs_bytes_contains_nocase(bs_bytes_first(text, place + len - 1), large));
        }
    }
    assert_int_equal(bs_bytes_find_text(BS_LITERAL("abc"), BS_LITERAL("")), 0);
    assert_int_equal(bs_bytes_find_text(BS_LITERAL("abc"), BS_LITERAL("abcd")), 3);
    assert_int_equal(bs_bytes_find_text(bs_bytes(NULL, 0), BS_LITERAL("a")), 0);
}

static void a_needle_may_begin_and_end_past_ascii(void **state)
{
    (void)state;
    assert_true(bs_bytes_contains_nocase(BS_LITERAL("mail for \xc3\xa9T\xc3\xa9"), BS_LITERAL("\xc3\xa9t\xc3\xa9")));
    assert_false(bs_bytes_contains_nocase(BS_LITERAL("mail for \xc3\xa9t\xc3\x89"), BS_LITERAL("\xc3\xa9t\xc3\xa9")));
    assert_int_equal(bs_bytes_find_text(BS_LITERAL("mail for \xc3\xa9t\xc3\xa9"), BS_LITERAL("\xc3\xa9t\xc3\xa9")), 9);
}

static void finding_gives_the_length_where_there_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(bs_bytes_find(BS_LITERAL("a@b@c"), '@'), 1);
    assert_int_equal(bs_bytes_find_last(BS_LITERAL("a@b@c"), '@'), 3);
    assert_int_equal(bs_bytes_find(BS_LITERAL("abc"), '@'), 3);
    assert_int_equal(bs_bytes_find_last(BS_LITERAL("abc"), '@'), 3);
    assert_int_equal(bs_bytes_find(bs_bytes(NULL, 0), '@'), 0);
}

static void trimming_takes_blanks_off_both_ends(void **state)
{
    (void)state;
    assert_true(bs_bytes_equal(bs_bytes_trim(BS_LITERAL(" \t\r\n a b \n")), BS_LITERAL("a b")));
    assert_int_equal(bs_bytes_trim(BS_LITERAL(" \n ")).len, 0);
    assert_int_equal(bs_bytes_trim(bs_bytes(NULL, 0)).len, 0);
}

static void hex_reads_either_case_and_nothing_else(void **state)
{
    unsigned char bytes[3];
    char text[7];
    (void)state;
    assert_true(bs_hex_decode(BS_LITERAL("00aFFf"), bytes, 3));
    assert_memory_equal(bytes, "\x00\xaf\xff", 3);
    bs_hex_encode(bs_bytes(bytes, 3), text);
    assert_string_equal(text, "00afff");
    assert_false(bs_hex_decode(BS_LITERAL("00afg0"), bytes, 3));
    assert_false(bs_hex_decode(BS_LITERAL("00af"), bytes, 3));
    assert_false(bs_hex_decode(BS_LITERAL("00affff"), bytes, 3));
}

struct time_case {
    const char *text;
    int64_t seconds; /* -1: no time */
};

static const struct time_case time_cases[] = {
    {"1970-01-01", 0},
    {"2026-08-21", INT64_C(20686) * 86400},
    {"2027-07-01", INT64_C(21000) * 86400},
    {"2024-02-29", INT64_C(19782) * 86400},
    {"2026-08-21T10:30:01Z", INT64_C(20686) * 86400 + 37801},
    {"2026-08-21 23:59:59", INT64_C(20686) * 86400 + 86399},
    {"@1787270400", 1787270400},
    {"@0", 0},
    {"2025-02-29", -1},
    {"2100-02-29", -1},
    {"2026-13-01", -1},
    {"2026-00-10", -1},
    {"2026-04-31", -1},
    {"1969-12-31", -1},
    {"2026-08-21T24:00:00Z", -1},
    {"2026-08-21T10:60:00", -1},
    {"2026-08-21T10:30", -1},
    {"2026-08-21x", -1},
    {"2026-8-21", -1},
    {"@", -1},
    {"@-1", -1},
    {"@1234567890123", -1},
    {"", -1},
    {"now", -1},
};

static void each_time_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof time_cases / sizeof time_cases[0]; i++) {
        int64_t seconds = -1;
        bool read = bs_timestamp_parse(bs_bytes_from_cstr(time_cases[i].text), &seconds);
        if (read != (time_cases[i].seconds >= 0) || (read && seconds != time_cases[i].seconds))
            fail_msg("\"%s\" gives %lld", time_cases[i].text, (long long)seconds);
    }
}

static void a_time_is_written_as_it_is_read(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {INT64_C(19782) * 86400 + 86399, "2024-02-29T23:59:59Z"},
        {INT64_C(19783) * 86400, "2024-03-01T00:00:00Z"},
        {1787308201, "2026-08-21T10:30:01Z"},
        {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
        {INT64_C(253402300800), "9999-12-31T23:59:59Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
        {-1, "1970-01-01T00:00:00Z"},
    };
    char text[BS_TIMESTAMP_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bs_timestamp_format(rows[i].seconds, text);
        assert_string_equal(text, rows[i].text);
    }
    for (int64_t seconds = 43200; seconds < INT64_C(60000) * 86400; seconds += 86400) {
        int64_t again = -1;
        bs_timestamp_format(seconds, text);
        assert_true(bs_timestamp_parse(bs_bytes_from_cstr(text), &again));
        assert_int_equal(again, seconds);
    }
}

static void days_begin_at_midnight_utc(void **state)
{
    (void)state;
    assert_int_equal(bs_timestamp_day(0), 0);
    assert_int_equal(bs_timestamp_day(86399), 0);
    assert_int_equal(bs_timestamp_day(86400), 1);
    assert_int_equal(bs_timestamp_day(-1), -1);
    assert_int_equal(bs_timestamp_day(-86400), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_compare_without_the_case_of_ascii_only),
        cmocka_unit_test(only_letters_have_two_cases_wherever_they_stand),
        cmocka_unit_test(a_needle_is_found_at_both_ends_and_nowhere_else),
        cmocka_unit_test(a_text_is_found_wherever_it_stands),
        cmocka_unit_test(a_needle_may_begin_and_end_past_ascii),
        cmocka_unit_test(finding_gives_the_length_where_there_is_nothing),
        cmocka_unit_test(trimming_takes_blanks_off_both_ends),
        cmocka_unit_test(hex_reads_either_case_and_nothing_else),
        cmocka_unit_test(each_time_is_read_or_refused),
        cmocka_unit_test(a_time_is_written_as_it_is_read),
        cmocka_unit_test(days_begin_at_midnight_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
