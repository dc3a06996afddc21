/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the filter writes, byte for byte: `|` stands for NUL, and the first four bytes are the length. What strangers
 * sent may stand in texts, so each is tried with what would end a line, a field or a frame.
 */
#include "wire/milter_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The bytes of `text`, with NUL for each `|`. */
static void append_bytes(struct bs_strbuf *out, const char *text)
{
    for (; *text; text++)
        bs_strbuf_append_char(out, *text == '|' ? '\0' : *text);
}

static void check_bytes(struct bs_strbuf *out, const char *expected)
{
    struct bs_strbuf wanted;
    bs_strbuf_init(&wanted, 1 << 20);
    append_bytes(&wanted, expected);
    assert_false(out->failed);
    assert_int_equal(out->len, wanted.len);
    assert_memory_equal(out->ptr, wanted.ptr, wanted.len);
    bs_strbuf_free(&wanted);
    bs_strbuf_free(out);
}

struct frame_case {
    const char *name;
    unsigned code; /* a reply or a modification */
    uint32_t index;
    struct bs_bytes first;
    struct bs_bytes second;
    const char *frame;
};

#define TEXT(literal) {("" literal), sizeof(literal) - 1}

static const struct frame_case frames[] = {
    {"ACCEPT", 'a', 0, TEXT(""), TEXT(""), "|||\1a"},
    {"CONTINUE", 'c', 0, TEXT(""), TEXT(""), "|||\1c"},
    {"DISCARD", 'd', 0, TEXT(""), TEXT(""), "|||\1d"},
    {"CONN_FAIL", 'f', 0, TEXT(""), TEXT(""), "|||\1f"},
    {"PROGRESS", 'p', 0, TEXT(""), TEXT(""), "|||\1p"},
    {"REJECT", 'r', 0, TEXT(""), TEXT(""), "|||\1r"},
    {"SKIP", 's', 0, TEXT(""), TEXT(""), "|||\1s"},
    {"TEMPFAIL", 't', 0, TEXT(""), TEXT(""), "|||\1t"},
    {"SHUTDOWN", '4', 0, TEXT(""), TEXT(""), "|||\0014"},

    {"a new sender", 'e', 0, TEXT("<a@b>"), TEXT(""), "|||\7e<a@b>|"},
    {"a new sender with parameters", 'e', 0, TEXT("<a@b>"), TEXT("ENVID=x RET=HDRS"),
     "|||\030e<a@b>|ENVID=x RET=HDRS|"},
    {"the null sender", 'e', 0, TEXT("<>"), TEXT(""), "|||\4e<>|"},
    {"a sender ends at its NUL, and holds no line end", 'e', 0, TEXT("<a\r\n@b>\0<c@d>"), TEXT("A=1\n\0B=2"),
     "|||\016e<a  @b>|A=1 |"},
    {"another recipient", '+', 0, TEXT("<a@b>"), TEXT(""), "|||\7+<a@b>|"},
    {"another recipient with parameters", '+', 0, TEXT("<a@b>"), TEXT("NOTIFY=NEVER"), "|||\0242<a@b>|NOTIFY=NEVER|"},
    {"one recipient less", '-', 0, TEXT("<a@b>"), TEXT(""), "|||\7-<a@b>|"},
    {"a header field at the end", 'h', 0, TEXT("X-A"), TEXT("v"), "|||\7hX-A|v|"},
    {"a header field without a value", 'h', 0, TEXT("X-A"), TEXT(""), "|||\6hX-A||"},
    {"a header field above all", 'i', 0, TEXT("X-A"), TEXT("v"), "|||\013i||||X-A|v|"},
    {"a header field in its place", 'i', 0x01020304, TEXT("X-A"), TEXT("v"), "|||\013i\1\2\3\4X-A|v|"},
    {"another value for a header field", 'm', 2, TEXT("X-A"), TEXT("v"), "|||\013m|||\2X-A|v|"},
    {"a header field is taken out", 'm', 1, TEXT("X-A"), TEXT(""), "|||\012m|||\1X-A||"},
    {"a header field stays folded", 'h', 0, TEXT("X-A"), TEXT("a\n b\n\tc"), "|||\015hX-A|a\n b\n\tc|"},
    {"a header field cannot begin another", 'h', 0, TEXT("X-A"), TEXT("a\nBcc: b\r\nc\r\n\r\n d\n"),
     "|||\030hX-A|a Bcc: b  c   \n d |"},
    {"a header field begins with a fold", 'h', 0, TEXT("X-A"), TEXT("\n a"), "|||\011hX-A|\n a|"},
    {"what is behind a value does not fold it", 'h', 0, TEXT("X-A"), {"a\n b", 2}, "|||\010hX-A|a |"},
    {"a value that is one line feed", 'h', 0, TEXT("X-A"), TEXT("\n"), "|||\7hX-A| |"},
    {"a value ends at its NUL", 'i', 0, TEXT("X-A\0"), TEXT("a\n\0 b"), "|||\014i||||X-A|a |"},
    {"a name holds no line end", 'm', 0, TEXT("X\r\n-A"), TEXT("b"), "|||\015m||||X  -A|b|"},
    {"a new body", 'b', 0, TEXT("a\r\n\0b"), TEXT(""), "|||\6ba\r\n|b"},
    {"an empty body is an empty line", 'b', 0, TEXT(""), TEXT(""), "|||\3b\r\n"},
    {"quarantine", 'q', 0, TEXT("a reason"), TEXT(""), "|||\012qa reason|"},
    {"quarantine with a reason of several lines", 'q', 0, TEXT("a\r\nb\0c"), TEXT(""), "|||\6qa  b|"},
    {"quarantine without a reason", 'q', 0, TEXT(""), TEXT(""), "|||\2q|"},
};

enum { FRAME_COUNT = sizeof frames / sizeof frames[0] };

static void encode(struct bs_strbuf *out, const struct frame_case *row)
{
    switch (row->code) {
    case BS_MILTER_CHANGE_FROM:
        bs_milter_encode_change_from(out, row->first, row->second);
        break;
    case BS_MILTER_ADD_RCPT:
        bs_milter_encode_add_recipient(out, row->first, row->second);
        break;
    case BS_MILTER_DEL_RCPT:
        bs_milter_encode_delete_recipient(out, row->first);
        break;
    case BS_MILTER_ADD_HEADER:
        bs_milter_encode_add_header(out, row->first, row->second);
        break;
    case BS_MILTER_INSERT_HEADER:
        bs_milter_encode_insert_header(out, row->index, row->first, row->second);
        break;
    case BS_MILTER_CHANGE_HEADER:
        bs_milter_encode_change_header(out, row->index, row->first, row->second);
        break;
    case BS_MILTER_REPLACE_BODY:
        bs_milter_encode_replace_body(out, row->first);
        break;
    case BS_MILTER_QUARANTINE:
        bs_milter_encode_quarantine(out, row->first);
        break;
    default:
        bs_milter_encode_reply(out, (enum bs_milter_reply)row->code);
        break;
    }
}

static void a_frame_is_written(void **state)
{
    const struct frame_case *row = *state;
    struct bs_strbuf out;
    bs_strbuf_init(&out, 1000);
    encode(&out, row);
    check_bytes(&out, row->frame);
}

static void a_frame_that_does_not_fit_leaves_nothing_behind(void **state)
{
    (void)state;
    for (size_t i = 0; i < FRAME_COUNT; i++) {
        size_t size = strlen(frames[i].frame);
        for (size_t limit = 0; limit <= size; limit++) {
            struct bs_strbuf out;
            bs_strbuf_init(&out, 3 + limit);
            bs_strbuf_append_cstr(&out, "abc");
            encode(&out, &frames[i]);
            assert_int_equal(out.failed, limit < size);
            assert_int_equal(out.len, limit < size ? 3 : 3 + size);
            assert_memory_equal(out.ptr, "abc", 3);
            assert_int_equal(out.ptr[out.len], '\0');
            bs_strbuf_free(&out);
        }
    }
}

struct reply_case {
    unsigned code;
    const char *text;
    const char *frame; /* NULL: fails */
};

static const struct reply_case replies[] = {
    {550, "5.7.1 no such bounce", "|||\032y550 5.7.1 no such bounce|"},
    {451, "4.3.0 later", "|||\021y451 4.3.0 later|"},
    {400, "4.0.0 ~", "|||\015y400 4.0.0 ~|"},
    {599, "5.0.0 x", "|||\015y599 5.0.0 x|"},
    {399, "3.0.0 x", NULL},
    {600, "6.0.0 x", NULL},
    {0, "0.0.0 x", NULL},
    {550, "5.1.1 100% of %s %n %%", "|||\041y550 5.1.1 100%% of %%s %%n %%%%|"},
    {550, "5.1.1 a\r\n250 ok\tb\n", "|||\030y550 5.1.1 a  250 ok b |"},
    {550, "5.1.1 j\xc3\xb6rg \x1b\x7f\x01", "|||\025y550 5.1.1 j??rg ???|"},
    {550, "no status code", "|||\032y550 5.0.0 no status code|"},
    {450, "5.7.1 another class", "|||\037y450 4.0.0 5.7.1 another class|"},
    {550, "4", "|||\015y550 5.0.0 4|"},
    {550, "5", "|||\015y550 5.0.0 5|"},
    {550, "5 is no status code", "|||\037y550 5.0.0 5 is no status code|"},
    {550, "", "|||\014y550 5.0.0 |"},
    {550, NULL, "|||\014y550 5.0.0 |"},
};

static void a_reply_can_carry_any_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 1000);
        bs_milter_encode_replycode(&out, replies[i].code, replies[i].text);
        assert_int_equal(out.failed, replies[i].frame == NULL);
        if (replies[i].frame)
            check_bytes(&out, replies[i].frame);
        bs_strbuf_free(&out);
    }
}

/* How much of a text of `length` bytes gets into the reply. */
static size_t reply_text_length(size_t length, const char *start, char filler)
{
    char text[1000] = "";
    memset(text, filler, length);
    memcpy(text, start, strlen(start));
    text[length] = '\0';
    struct bs_strbuf out;
    bs_strbuf_init(&out, 5000);
    bs_milter_encode_replycode(&out, 550, text);
    assert_false(out.failed);
    size_t count = out.len - strlen("LLLLy550 ") - 1;
    bs_strbuf_free(&out);
    return count;
}

static void a_reply_fits_an_smtp_line(void **state)
{
    (void)state;
    assert_int_equal(reply_text_length(BS_MILTER_REPLY_TEXT_MAX, "5.1.1 ", 'x'), BS_MILTER_REPLY_TEXT_MAX);
    assert_int_equal(reply_text_length(BS_MILTER_REPLY_TEXT_MAX + 1, "5.1.1 ", 'x'), BS_MILTER_REPLY_TEXT_MAX);
    assert_int_equal(reply_text_length(BS_MILTER_REPLY_TEXT_MAX + 1, "", 'x'), BS_MILTER_REPLY_TEXT_MAX);
    assert_int_equal(reply_text_length(BS_MILTER_REPLY_TEXT_MAX - 6, "", 'x'), BS_MILTER_REPLY_TEXT_MAX);
    assert_int_equal(reply_text_length(BS_MILTER_REPLY_TEXT_MAX - 7, "", 'x'), BS_MILTER_REPLY_TEXT_MAX - 1);
    assert_int_equal(reply_text_length(BS_MILTER_REPLY_TEXT_MAX + 1, "5.1.1 ", '%'),
                     2 * BS_MILTER_REPLY_TEXT_MAX - 6);
}

static void a_long_body_is_cut_into_chunks(void **state)
{
    (void)state;
    static const size_t sizes[] = {BS_MILTER_CHUNK_MAX - 1, BS_MILTER_CHUNK_MAX, BS_MILTER_CHUNK_MAX + 1,
                                   3 * BS_MILTER_CHUNK_MAX};
    static const size_t counts[] = {1, 1, 2, 3};
    static char body[3 * BS_MILTER_CHUNK_MAX];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 1 << 20);
        bs_milter_encode_replace_body(&out, bs_bytes(body, sizes[i]));
        assert_int_equal(out.len, sizes[i] + 5 * counts[i]);
        struct bs_bytes rest = bs_strbuf_bytes(&out);
        for (size_t n = 0; n < counts[i]; n++) {
            struct bs_milter_frame frame;
            size_t size;
            uint32_t length;
            assert_int_equal(bs_milter_frame_peek(rest, BS_MILTER_CHUNK_MAX + 1, &frame, &size, &length),
                             BS_MILTER_EVENT);
            assert_int_equal(frame.code, 'b');
            rest = bs_bytes_skip(rest, size);
        }
        assert_int_equal(rest.len, 0);
        bs_strbuf_free(&out);
    }
}

static void a_negotiation_is_answered(void **state)
{
    (void)state;
    static const struct bs_milter_macro_list lists[] = {{2, "i {auth_authen}"}, {5, ""}};
    struct bs_milter_options agreed = {6, BS_MILTER_CAN_CHANGE_FROM | BS_MILTER_CAN_SET_MACRO_LIST, 0x1e};
    struct bs_strbuf out;
    bs_strbuf_init(&out, 1000);
    bs_milter_encode_negotiation(&out, &agreed, lists, 2);
    check_bytes(&out, "|||\046O|||\6||\1\100|||\036|||\2i {auth_authen}||||\5|");
    bs_milter_encode_negotiation(&out, &agreed, NULL, 0);
    check_bytes(&out, "|||\015O|||\6||\1\100|||\036");
    agreed.actions = BS_MILTER_CAN_CHANGE_FROM;
    bs_milter_encode_negotiation(&out, &agreed, lists, 2);
    check_bytes(&out, "|||\015O|||\6|||\100|||\036");
}

struct negotiation_case {
    struct bs_milter_options offer, wanted, agreed;
    const char *error; /* part of the reason; NULL: agreed */
};

static const struct negotiation_case negotiations[] = {
    {{6, 0x1ff, 0x1fffff}, {6, 0x48, 0xff004}, {0}, "MAIL cannot be negotiated away"},
    {{6, 0x1ff, 0x1fffff}, {6, 0x48, 0xff000}, {6, 0x48, 0xff000}, NULL},
    {{6, 0x3f, 0x7f}, {6, 0x1, 0xff071}, {6, 0x1, 0x71}, NULL},
    {{2, 0xf, 0x7f}, {6, 0x1, 0x7f0}, {2, 0x1, 0x70}, NULL},
    {{6, 0x1ff, 0x1fffff}, {2, 0x1, 0x10}, {2, 0x1, 0x10}, NULL},
    {{7, 0xffffffff, 0xffffffff}, {6, 0x1ff, 0x10}, {6, 0x1ff, 0x10}, NULL},
    {{0xffffffff, 0, 0}, {6, 0, 0}, {6, 0, 0}, NULL},
    {{1, 0xf, 0x7f}, {6, 0, 0}, {0}, "version 1, the oldest supported is 2"},
    {{0, 0xf, 0x7f}, {6, 0, 0}, {0}, "version 0"},
    {{6, 0xf, 0x7f}, {1, 0, 0}, {0}, "version 1 is wanted"},
    {{6, 0xf, 0x7f}, {7, 0, 0}, {0}, "version 7 is wanted"},
    {{6, 0x3f, 0x7f}, {6, 0x41, 0}, {0}, "actions 0x040"},
    {{6, 0, 0x7f}, {6, 0x1ff, 0}, {0}, "actions 0x1ff"},
};

static void the_filter_gets_no_more_than_the_mta_offers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof negotiations / sizeof negotiations[0]; i++) {
        const struct negotiation_case *row = &negotiations[i];
        struct bs_milter_options agreed;
        struct bs_error error;
        bool done = bs_milter_negotiate(&row->offer, &row->wanted, &agreed, &error);
        assert_int_equal(done, row->error == NULL);
        if (!done) {
            assert_non_null(strstr(error.text, row->error));
            continue;
        }
        assert_int_equal(agreed.version, row->agreed.version);
        assert_int_equal(agreed.actions, row->agreed.actions);
        assert_int_equal(agreed.steps, row->agreed.steps);
    }
}

static void replies_are_expected_unless_negotiated_away(void **state)
{
    (void)state;
    static const struct {
        enum bs_milter_command command;
        uint32_t flag; /* 0: nothing takes the reply away */
        bool replies;
    } cases[] = {
        {BS_MILTER_OPTNEG, 0, true},         {BS_MILTER_CONNECT, 0x1000, true}, {BS_MILTER_HELO, 0x2000, true},
        {BS_MILTER_MAIL, 0x4000, true},      {BS_MILTER_RCPT, 0x8000, true},    {BS_MILTER_DATA, 0x10000, true},
        {BS_MILTER_UNKNOWN, 0x20000, true},  {BS_MILTER_HEADER, 0x80, true},    {BS_MILTER_EOH, 0x40000, true},
        {BS_MILTER_BODY, 0x80000, true},     {BS_MILTER_EOM, 0, true},          {BS_MILTER_MACRO, 0, false},
        {BS_MILTER_ABORT, 0, false},         {BS_MILTER_QUIT, 0, false},        {BS_MILTER_QUIT_NC, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_milter_options none = {6, 0, 0}, others = {6, 0x1ff, ~cases[i].flag}, this = {6, 0, cases[i].flag};
        assert_int_equal(bs_milter_expects_reply(&none, cases[i].command), cases[i].replies);
        assert_int_equal(bs_milter_expects_reply(&others, cases[i].command), cases[i].replies);
        assert_int_equal(bs_milter_expects_reply(&this, cases[i].command), cases[i].replies && cases[i].flag == 0);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_frame_that_does_not_fit_leaves_nothing_behind),
        cmocka_unit_test(a_reply_can_carry_any_text),
        cmocka_unit_test(a_reply_fits_an_smtp_line),
        cmocka_unit_test(a_long_body_is_cut_into_chunks),
        cmocka_unit_test(a_negotiation_is_answered),
        cmocka_unit_test(the_filter_gets_no_more_than_the_mta_offers),
        cmocka_unit_test(replies_are_expected_unless_negotiated_away),
    };
    enum { OTHER_COUNT = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[OTHER_COUNT + FRAME_COUNT];
    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < FRAME_COUNT; i++)
        tests[OTHER_COUNT + i] = (struct CMUnitTest){.name = frames[i].name, .test_func = a_frame_is_written,
                                                     .initial_state = (void *)(uintptr_t)&frames[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
