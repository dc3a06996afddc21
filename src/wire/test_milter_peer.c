/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two sides of the protocol against each other: what the MTA's side writes the filter's side reads, and what
 * the filter's side writes the MTA's side reads. Then what a broken filter could answer.
 */
#include "../../tests/support/feed.h"
#include "../../tests/support/milter_log.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { FRAME_LIMIT = 1000 };

#define TEXT(literal) bs_bytes(literal, sizeof(literal) - 1)

static const struct bs_milter_options everything = {6, 0x1ff, 0x1fffff};

/* A session with every command. */
static void write_session(struct bs_strbuf *out)
{
    static const char *const macros[] = {"j", "mx.example", "{empty}", ""};
    static const char *const parameters[] = {"SIZE=1", "RET=HDRS"};
    bs_milter_peer_offer(out, &everything);
    bs_milter_peer_macros(out, BS_MILTER_CONNECT, macros, 2);
    bs_milter_peer_connect(out, TEXT("h"), BS_MILTER_FAMILY_INET6, 25, TEXT("IPv6:2001:db8::1"));
    bs_milter_peer_helo(out, TEXT("client.example"));
    bs_milter_peer_unknown(out, TEXT("VERB on"));
    bs_milter_peer_macros(out, BS_MILTER_MAIL, NULL, 0);
    bs_milter_peer_envelope(out, BS_MILTER_MAIL, TEXT("<a@b>"), parameters, 2);
    bs_milter_peer_envelope(out, BS_MILTER_RCPT, TEXT("<c@d>"), NULL, 0);
    bs_milter_peer_command(out, BS_MILTER_DATA);
    bs_milter_peer_header(out, TEXT("Subject"), TEXT("a\r\n b"));
    bs_milter_peer_header(out, TEXT("X\0Y"), TEXT("a\0b"));
    bs_milter_peer_command(out, BS_MILTER_EOH);
    bs_milter_peer_body(out, TEXT("a\0b"));
    bs_milter_peer_body(out, TEXT(""));
    bs_milter_peer_command(out, BS_MILTER_EOM);
    bs_milter_peer_command(out, BS_MILTER_ABORT);
    bs_milter_peer_command(out, BS_MILTER_QUIT_NC);
    bs_milter_peer_connect(out, TEXT("h"), BS_MILTER_FAMILY_UNKNOWN, 25, TEXT("ignored"));
    bs_milter_peer_command(out, BS_MILTER_QUIT);
}

static void the_filter_reads_every_command_of_the_mta(void **state)
{
    (void)state;
    struct bs_strbuf out, log;
    bs_strbuf_init(&out, 10000);
    bs_strbuf_init(&log, 10000);
    write_session(&out);
    struct bs_milter_decoder decoder;
    bs_milter_decoder_init(&decoder, FRAME_LIMIT);
    struct bs_bytes rest = bs_strbuf_bytes(&out);
    struct bs_milter_event event;
    struct bs_error error;
    while (bs_milter_decode(&decoder, &rest, &event, &error) == BS_MILTER_EVENT)
        log_event(&log, &event);
    assert_int_equal(rest.len, 0);
    assert_string_equal(bs_strbuf_cstr(&log),
                        "O 6 0x1ff 0x1fffff\nD C | j | mx.example | {empty} | \nC 6 25 | h | 2001:db8::1\n"
                        "H | client.example\nU | VERB on\nD M\nM | <a@b> | SIZE=1 | RET=HDRS\nR | <c@d>\nT\n"
                        "L | Subject | a\\x0d\\n b\nL | X | a\nN\nB | a\\x00b\nE | \nA\nK\nC U 0 | h | \nQ\n");
    bs_strbuf_free(&out);
    bs_strbuf_free(&log);
}

static void a_session_that_does_not_fit_has_whole_frames_only(void **state)
{
    (void)state;
    struct bs_strbuf out;
    bs_strbuf_init(&out, 10000);
    write_session(&out);
    size_t size = out.len;
    bs_strbuf_free(&out);
    for (size_t limit = 0; limit < size; limit++) {
        bs_strbuf_init(&out, limit);
        write_session(&out);
        assert_true(out.failed);
        struct bs_milter_decoder decoder;
        bs_milter_decoder_init(&decoder, FRAME_LIMIT);
        struct bs_bytes rest = bs_strbuf_bytes(&out);
        struct bs_milter_event event;
        struct bs_error error;
        while (rest.len > 0)
            assert_int_equal(bs_milter_decode(&decoder, &rest, &event, &error), BS_MILTER_EVENT);
        bs_strbuf_free(&out);
    }
}

static void a_long_body_is_cut_into_chunks(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, BS_MILTER_CHUNK_MAX, BS_MILTER_CHUNK_MAX + 1, 2 * BS_MILTER_CHUNK_MAX + 1};
    static const size_t counts[] = {0, 1, 1, 2, 3};
    static char body[2 * BS_MILTER_CHUNK_MAX + 1];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bs_strbuf out;
        bs_strbuf_init(&out, 1 << 20);
        bs_milter_peer_body(&out, bs_bytes(body, sizes[i]));
        assert_int_equal(out.len, sizes[i] + counts[i] * 5);
        bs_strbuf_free(&out);
    }
}

/* Every answer of the filter. */
static void write_answers(struct bs_strbuf *out)
{
    static const char replies[] = "acdfprst4";
    static const struct bs_milter_macro_list lists[] = {{3, "i j"}};
    bs_milter_encode_negotiation(out, &everything, lists, 1);
    for (size_t i = 0; replies[i]; i++)
        bs_milter_encode_reply(out, (enum bs_milter_reply)replies[i]);
    bs_milter_encode_replycode(out, 550, "5.7.1 100% forged");
    bs_milter_encode_change_from(out, TEXT("<a@b>"), TEXT(""));
    bs_milter_encode_change_from(out, TEXT("<a@b>"), TEXT("RET=HDRS"));
    bs_milter_encode_add_recipient(out, TEXT("<a@b>"), TEXT(""));
    bs_milter_encode_add_recipient(out, TEXT("<a@b>"), TEXT("NOTIFY=NEVER"));
    bs_milter_encode_delete_recipient(out, TEXT("<a@b>"));
    bs_milter_encode_add_header(out, TEXT("X-A"), TEXT("v"));
    bs_milter_encode_insert_header(out, 7, TEXT("X-A"), TEXT("v\n w"));
    bs_milter_encode_change_header(out, 1, TEXT("X-A"), TEXT(""));
    bs_milter_encode_replace_body(out, TEXT("a\0b"));
    bs_milter_encode_quarantine(out, TEXT("reason"));
}

/* The peer's decoder as tests/support/feed.h wants it. */
static void answers_begin(void *state)
{
    (void)state;
}

static size_t answers_take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)state;
    (void)last;
    struct bs_bytes rest = input;
    struct bs_milter_answer answer;
    struct bs_error error;
    enum bs_milter_progress progress;
    while ((progress = bs_milter_peer_decode(&rest, FRAME_LIMIT, &answer, &error)) == BS_MILTER_EVENT)
        log_answer(log, &answer);
    if (progress == BS_MILTER_MORE)
        return input.len - rest.len;
    bs_strbuf_printf(log, "BAD %s\n", error.text);
    return FEED_STOP;
}

static void check_answers(struct bs_bytes input, const char *expected)
{
    static const struct feed feed = {answers_begin, answers_take, NULL};
    struct bs_strbuf log, other;
    const char *way = feed_every_way(&feed, input, &log, &other);
    assert_string_equal(bs_strbuf_cstr(&log), expected);
    if (way)
        fail_msg("%s it is another: %s", way, bs_strbuf_cstr(&other));
    bs_strbuf_free(&log);
}

static void the_mta_reads_every_answer_of_the_filter(void **state)
{
    (void)state;
    struct bs_strbuf out;
    bs_strbuf_init(&out, 10000);
    write_answers(&out);
    check_answers(bs_strbuf_bytes(&out),
                  "O 6 0x1ff 0x1fffff | \\x00\\x00\\x00\\x03i j\\x00\na\nc\nd\nf\np\nr\ns\nt\n4\n"
                  "y | 550 5.7.1 100%% forged\ne | <a@b> | \ne | <a@b> | RET=HDRS\n+ | <a@b> | \n"
                  "2 | <a@b> | NOTIFY=NEVER\n- | <a@b> | \nh 0 | X-A | v\ni 7 | X-A | v\\n w\nm 1 | X-A | \n"
                  "b | a\\x00b\nq | reason\n");
    bs_strbuf_free(&out);
}

struct answer_case {
    const char *name;
    const char *frame; /* without its length; `|` is NUL */
    const char *read;  /* NULL: BAD */
};

static const struct answer_case answers[] = {
    {"an offer without lists", "O|||\6||||||||", "O 6 0x0 0x0 | \n"},
    {"an added recipient without parameters", "2<a@b>|", "2 | <a@b> | \n"},
    {"an empty body", "b", "b | \n"},
    {"a reply without text", "y|", "y | \n"},
    {"BAD: an unknown answer", "Z", NULL},
    {"BAD: a command for an answer", "M<a@b>|", NULL},
    {"BAD: an answer of NUL", "|", NULL},
    {"BAD: CONTINUE with data", "cx", NULL},
    {"BAD: ACCEPT with a NUL", "a|", NULL},
    {"BAD: a short negotiation", "O|||\6|||||||", NULL},
    {"BAD: half a macro list", "O|||\6|||||||||||", NULL},
    {"BAD: a macro list without a NUL", "O|||\6||||||||||||i", NULL},
    {"BAD: a reply without a NUL", "y550 5.7.1 x", NULL},
    {"BAD: a reply without data", "y", NULL},
    {"BAD: a reply with more behind it", "y550 5.7.1 x|y|", NULL},
    {"BAD: quarantine without a NUL", "qx", NULL},
    {"BAD: a new sender without a NUL", "e<a@b>", NULL},
    {"BAD: a new sender with parameters without a NUL", "e<a@b>|x", NULL},
    {"BAD: a new sender with more behind its parameters", "e<a@b>|x|y|", NULL},
    {"BAD: a recipient with parameters it may not have", "+<a@b>|x|", NULL},
    {"BAD: a recipient less with parameters", "-<a@b>|x|", NULL},
    {"BAD: a header field without a value", "hX-A|", NULL},
    {"BAD: a header field with more behind it", "hX-A|v|x|", NULL},
    {"BAD: a header field without its index", "i|||", NULL},
    {"BAD: an index alone", "m||||", NULL},
};

enum { ANSWER_COUNT = sizeof answers / sizeof answers[0] };

static void an_answer_is_read(void **state)
{
    const struct answer_case *row = *state;
    struct bs_strbuf input, expected;
    bs_strbuf_init(&input, 1000);
    bs_strbuf_init(&expected, 1000);
    size_t size = strlen(row->frame);
    uint32_t length = htonl((uint32_t)size);
    bs_strbuf_append(&input, bs_bytes(&length, sizeof length));
    for (size_t i = 0; i < size; i++)
        bs_strbuf_append_char(&input, row->frame[i] == '|' ? '\0' : row->frame[i]);
    if (row->read)
        bs_strbuf_append_cstr(&expected, row->read);
    else
        bs_strbuf_printf(&expected,
                         "BAD the filter's answer 0x%02x is unknown, or its %zu bytes of data are malformed\n",
                         (unsigned)(unsigned char)input.ptr[4], size - 1);
    check_answers(bs_strbuf_bytes(&input), bs_strbuf_cstr(&expected));
    bs_strbuf_free(&input);
    bs_strbuf_free(&expected);
}

static void the_length_of_an_answer_has_limits(void **state)
{
    (void)state;
    check_answers(TEXT("\0\0\0\0"), "BAD the filter's frame counts 0 bytes, 1 to 1000 are allowed\n");
    check_answers(TEXT("\0\0\3\351"), "BAD the filter's frame counts 1001 bytes, 1 to 1000 are allowed\n");
    struct bs_strbuf out, expected;
    bs_strbuf_init(&out, 10000);
    bs_strbuf_init(&expected, 10000);
    char body[FRAME_LIMIT];
    memset(body, 'x', sizeof body);
    bs_milter_encode_replace_body(&out, bs_bytes(body, FRAME_LIMIT - 1));
    bs_strbuf_printf(&expected, "b | %.*s\n", FRAME_LIMIT - 1, body);
    check_answers(bs_strbuf_bytes(&out), bs_strbuf_cstr(&expected));
    bs_strbuf_free(&out);
    bs_strbuf_free(&expected);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(the_filter_reads_every_command_of_the_mta),
        cmocka_unit_test(a_session_that_does_not_fit_has_whole_frames_only),
        cmocka_unit_test(a_long_body_is_cut_into_chunks),
        cmocka_unit_test(the_mta_reads_every_answer_of_the_filter),
        cmocka_unit_test(the_length_of_an_answer_has_limits),
    };
    enum { OTHER_COUNT = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[OTHER_COUNT + ANSWER_COUNT];
    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < ANSWER_COUNT; i++)
        tests[OTHER_COUNT + i] = (struct CMUnitTest){.name = answers[i].name, .test_func = an_answer_is_read,
                                                     .initial_state = (void *)(uintptr_t)&answers[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
