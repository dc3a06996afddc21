/* SPDX-License-Identifier: BSD-2-Clause */
/* Socketmap requests and replies, from both sides, well and badly formed; what comes of them is text. */
#include "wire/socketmap.h"

#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TEXT(literal) bs_bytes(literal, sizeof(literal) - 1)

struct wire_case {
    const char *name;
    struct bs_bytes input;
    struct bs_bytes read; /* `MAP|KEY` or `STATUS|TEXT`, a line each; how it ends */
};

#define WIRE(literal) {("" literal), sizeof(literal) - 1}

static const struct wire_case requests[] = {
    {"a request", WIRE("19:batv user@example.c,"), WIRE("batv|user@example.c\n")},
    {"several requests at once", WIRE("3:a b,3:c d,4:e fg,"), WIRE("a|b\nc|d\ne|fg\n")},
    {"a key with spaces", WIRE("10:a \"b c\" d ,"), WIRE("a|\"b c\" d \n")},
    {"a key with a NUL, a comma and a line end", WIRE("8:a b\0,\r\nc,"), WIRE("a|b\0,\r\nc\n")},
    {"an empty key", WIRE("2:a ,"), WIRE("a|\n")},
    {"an empty name", WIRE("2: a,"), WIRE("|a\n")},
    {"half a request", WIRE("3:a b,3:c"), WIRE("a|b\n")},
    {"BAD: no space", WIRE("3:abc,"), WIRE("BAD socketmap: a request is a map's name, a space and a key\n")},
    {"BAD: empty", WIRE("0:,"), WIRE("BAD socketmap: a request is a map's name, a space and a key\n")},
    {"BAD: no netstring", WIRE("GET / HTTP/1.1\r\n"),
     WIRE("BAD socketmap: a netstring begins with its length and a colon\n")},
    {"BAD: no length", WIRE(":a b,"), WIRE("BAD socketmap: a netstring begins with its length and a colon\n")},
    {"BAD: a blank before the length", WIRE(" 3:a b,"),
     WIRE("BAD socketmap: a netstring begins with its length and a colon\n")},
    {"BAD: a sign before the length", WIRE("-1:a b,"),
     WIRE("BAD socketmap: a netstring begins with its length and a colon\n")},
    {"BAD: hexadecimal", WIRE("1a:"), WIRE("BAD socketmap: a netstring begins with its length and a colon\n")},
    {"BAD: leading zeros", WIRE("03:a b,"), WIRE("BAD socketmap: a netstring's length has no leading zeros\n")},
    {"BAD: only zeros", WIRE("00"), WIRE("BAD socketmap: a netstring's length has no leading zeros\n")},
    {"BAD: no comma", WIRE("3:a b;"), WIRE("BAD socketmap: a netstring ends in a comma\n")},
    {"BAD: longer than it says", WIRE("3:a b,3:c de,"), WIRE("a|b\nBAD socketmap: a netstring ends in a comma\n")},
    {"BAD: one byte over the limit", WIRE("10001"), WIRE("BAD socketmap: a netstring is longer than 10000 bytes\n")},
    {"BAD: a length that has no end", WIRE("99999999999999999999999999999999999999999999"),
     WIRE("BAD socketmap: a netstring is longer than 10000 bytes\n")},
};

static const struct wire_case replies[] = {
    {"OK", WIRE("17:OK user@example.c,"), WIRE("0|user@example.c\n")},
    {"OK without a value", WIRE("3:OK ,"), WIRE("0|\n")},
    {"OK without a space", WIRE("2:OK,"), WIRE("0|\n")},
    {"NOTFOUND", WIRE("9:NOTFOUND ,"), WIRE("1|\n")},
    {"TEMP", WIRE("10:TEMP later,"), WIRE("2|later\n")},
    {"TIMEOUT", WIRE("16:TIMEOUT too slow,"), WIRE("3|too slow\n")},
    {"PERM", WIRE("11:PERM broken,"), WIRE("4|broken\n")},
    {"several replies at once", WIRE("4:OK a,9:NOTFOUND ,"), WIRE("0|a\n1|\n")},
    {"BAD: an unknown word", WIRE("4:YES ,"),
     WIRE("BAD socketmap: a reply begins with OK, NOTFOUND, TEMP, TIMEOUT or PERM\n")},
    {"BAD: lower case", WIRE("4:ok a,"),
     WIRE("BAD socketmap: a reply begins with OK, NOTFOUND, TEMP, TIMEOUT or PERM\n")},
    {"BAD: a word and more", WIRE("3:OKa,"),
     WIRE("BAD socketmap: a reply begins with OK, NOTFOUND, TEMP, TIMEOUT or PERM\n")},
    {"BAD: nothing", WIRE("0:,"),
     WIRE("BAD socketmap: a reply begins with OK, NOTFOUND, TEMP, TIMEOUT or PERM\n")},
    {"BAD: one byte over the limit of a reply", WIRE("100001"),
     WIRE("BAD socketmap: a netstring is longer than 100000 bytes\n")},
};

enum {
    REQUEST_COUNT = sizeof requests / sizeof requests[0],
    REPLY_COUNT = sizeof replies / sizeof replies[0],
};

static void nothing_to_begin(void *state)
{
    (void)state;
}

static size_t stop(struct bs_strbuf *log, const struct bs_error *error)
{
    bs_strbuf_printf(log, "BAD %s\n", error->text);
    return FEED_STOP;
}

static size_t take_requests(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    (void)last;
    struct bs_bytes rest = input;
    struct bs_socketmap_request request;
    struct bs_error error;
    enum bs_socketmap_progress progress;
    while ((progress = bs_socketmap_decode(&rest, &request, &error)) == BS_SOCKETMAP_REQUEST) {
        bs_strbuf_append(log, request.map);
        bs_strbuf_append_char(log, '|');
        bs_strbuf_append(log, request.key);
        bs_strbuf_append_char(log, '\n');
    }
    return progress == BS_SOCKETMAP_MORE ? input.len - rest.len : stop(log, &error);
}

static size_t take_replies(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    (void)last;
    struct bs_bytes rest = input;
    enum bs_socketmap_status status;
    struct bs_bytes text;
    struct bs_error error;
    enum bs_socketmap_progress progress;
    while ((progress = bs_socketmap_decode_reply(&rest, &status, &text, &error)) == BS_SOCKETMAP_REQUEST) {
        bs_strbuf_printf(log, "%d|", (int)status);
        bs_strbuf_append(log, text);
        bs_strbuf_append_char(log, '\n');
    }
    return progress == BS_SOCKETMAP_MORE ? input.len - rest.len : stop(log, &error);
}

static const struct feed request_feed = {nothing_to_begin, take_requests, NULL};
static const struct feed reply_feed = {nothing_to_begin, take_replies, NULL};

static void check(const struct feed *feed, struct bs_bytes input, struct bs_bytes expected)
{
    struct bs_strbuf log, other;
    const char *way = feed_every_way(feed, input, &log, &other);
    assert_int_equal(log.len, expected.len);
    if (expected.len > 0)
        assert_memory_equal(log.ptr, expected.ptr, expected.len);
    if (way)
        fail_msg("%s it is another: %s", way, bs_strbuf_cstr(&other));
    bs_strbuf_free(&log);
}

static void a_request_is_read(void **state)
{
    const struct wire_case *row = *state;
    check(&request_feed, row->input, row->read);
}

static void a_reply_is_read(void **state)
{
    const struct wire_case *row = *state;
    check(&reply_feed, row->input, row->read);
}

/* Writes a request whose netstring is `length` bytes long, and what is read back of it. */
static void write_long_request(struct bs_strbuf *out, struct bs_strbuf *expected, size_t length)
{
    static char key[BS_SOCKETMAP_REQUEST_MAX];
    memset(key, 'k', sizeof key);
    bs_socketmap_encode_request(out, "m", bs_bytes(key, length - 2));
    bs_strbuf_append_cstr(expected, "m|");
    bs_strbuf_append(expected, bs_bytes(key, length - 2));
    bs_strbuf_append_char(expected, '\n');
}

static void a_request_has_a_limit(void **state)
{
    (void)state;
    struct bs_strbuf out, expected;
    bs_strbuf_init(&out, 20000);
    bs_strbuf_init(&expected, 20000);
    write_long_request(&out, &expected, BS_SOCKETMAP_REQUEST_MAX);
    check(&request_feed, bs_strbuf_bytes(&out), bs_strbuf_bytes(&expected));
    bs_strbuf_free(&out);
    write_long_request(&out, &expected, BS_SOCKETMAP_REQUEST_MAX + 1);
    check(&request_feed, bs_strbuf_bytes(&out), TEXT("BAD socketmap: a netstring is longer than 10000 bytes\n"));
    bs_strbuf_free(&out);
    bs_strbuf_free(&expected);
}

static void every_status_is_written_and_read_back(void **state)
{
    (void)state;
    static const char *const written[] = {"4:OK x,", "10:NOTFOUND x,", "6:TEMP x,", "9:TIMEOUT x,", "6:PERM x,"};
    for (int i = 0; i < 5; i++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 1000);
        bs_socketmap_encode(&out, (enum bs_socketmap_status)i, TEXT("x"));
        assert_string_equal(bs_strbuf_cstr(&out), written[i]);
        char expected[] = {(char)('0' + i), '|', 'x', '\n'};
        check(&reply_feed, bs_strbuf_bytes(&out), bs_bytes(expected, sizeof expected));
        bs_strbuf_free(&out);
    }
}

static void a_reply_is_written_whole_or_not_at_all(void **state)
{
    (void)state;
    const size_t size = strlen("6:OK a@b,");
    for (size_t limit = 0; limit <= size; limit++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 3 + limit);
        bs_strbuf_append_cstr(&out, "abc");
        bs_socketmap_encode(&out, BS_SOCKETMAP_OK, TEXT("a@b"));
        assert_int_equal(out.failed, limit < size);
        assert_string_equal(bs_strbuf_cstr(&out), limit < size ? "abc" : "abc6:OK a@b,");
        bs_strbuf_free(&out);
    }
}

static void a_long_reason_is_cut_and_a_long_value_never(void **state)
{
    (void)state;
    static char text[BS_SOCKETMAP_REPLY_MAX];
    memset(text, 'x', sizeof text);
    static const struct {
        enum bs_socketmap_status status;
        size_t room;
    } cases[] = {{BS_SOCKETMAP_OK, BS_SOCKETMAP_REPLY_MAX - 3}, {BS_SOCKETMAP_TEMP, BS_SOCKETMAP_REPLY_MAX - 5}};
    for (size_t i = 0; i < 2; i++) {
        for (size_t length = cases[i].room - 1; length <= cases[i].room + 1; length++) {
            struct bs_strbuf out;
            bs_strbuf_init(&out, 200000);
            bs_socketmap_encode(&out, cases[i].status, bs_bytes(text, length));
            bool too_long = cases[i].status == BS_SOCKETMAP_OK && length > cases[i].room;
            assert_int_equal(out.failed, too_long);
            struct bs_bytes rest = bs_strbuf_bytes(&out), value;
            enum bs_socketmap_status status;
            struct bs_error error;
            if (!too_long) {
                assert_int_equal(bs_socketmap_decode_reply(&rest, &status, &value, &error), BS_SOCKETMAP_REQUEST);
                assert_int_equal(value.len, length < cases[i].room ? length : cases[i].room);
            }
            bs_strbuf_free(&out);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_request_has_a_limit),
        cmocka_unit_test(every_status_is_written_and_read_back),
        cmocka_unit_test(a_reply_is_written_whole_or_not_at_all),
        cmocka_unit_test(a_long_reason_is_cut_and_a_long_value_never),
    };
    enum { OTHER_COUNT = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[OTHER_COUNT + REQUEST_COUNT + REPLY_COUNT];
    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < REQUEST_COUNT; i++)
        tests[OTHER_COUNT + i] = (struct CMUnitTest){.name = requests[i].name, .test_func = a_request_is_read,
                                                     .initial_state = (void *)(uintptr_t)&requests[i]};
    for (size_t i = 0; i < REPLY_COUNT; i++)
        tests[OTHER_COUNT + REQUEST_COUNT + i] =
            (struct CMUnitTest){.name = replies[i].name, .test_func = a_reply_is_read,
                                .initial_state = (void *)(uintptr_t)&replies[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
