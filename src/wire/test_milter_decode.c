/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MTAs send, well and badly formed, and what the filter makes of it. A stream is a list of frames without
 * their length; `|` stands for NUL. What comes of it is text, see milter_log.h.
 */
#include "../../tests/support/feed.h"
#include "../../tests/support/milter_log.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { FRAMES_MAX = 24, FRAME_LIMIT = 1000 };

#define OFFER      "O|||\006||\001\377|\037\377\377"
#define OFFER_READ "O 6 0x1ff 0x1fffff\n"
#define OFFER_SIZE 17 /* bytes on the wire */

struct stream_case {
    const char *name;
    const char *frames[FRAMES_MAX];
    const char *read;
    char decided; /* a command to which the filter's reply ends the message */
};

static const struct stream_case streams[] = {
    {"Postfix 3.7 receives a message and one that is given up",
     {OFFER, "DCj|mx.example|{daemon_name}|smtpd|v|Postfix 3.7.11|", "Cclient.example|4\300\001192.0.2.1|",
      "DH", "Hclient.example|", "DM{mail_addr}|u@example.com|", "M<u@example.com>|SIZE=1000|BODY=8BITMIME|",
      "DR{rcpt_addr}|v@example.net|", "R<v@example.net>|NOTIFY=NEVER|", "R<w@example.net>|", "DTi|4XyZ|", "T",
      "LSubject|hello|", "LReceived|from a\n\tby b|", "N", "Bline\r\n", "DEi|4XyZ|", "E", "A", "M<>|", "A", "Q"},
     OFFER_READ "D C | j | mx.example | {daemon_name} | smtpd | v | Postfix 3.7.11\n"
                "C 4 49153 | client.example | 192.0.2.1\nD H\nH | client.example\n"
                "D M | {mail_addr} | u@example.com\nM | <u@example.com> | SIZE=1000 | BODY=8BITMIME\n"
                "D R | {rcpt_addr} | v@example.net\nR | <v@example.net> | NOTIFY=NEVER\nR | <w@example.net>\n"
                "D T | i | 4XyZ\nT\nL | Subject | hello\nL | Received | from a\\n\\x09by b\nN\n"
                "B | line\\x0d\\n\nD E | i | 4XyZ\nE | \nA\nM | <>\nA\nQ\n",
     0},
    {"Postfix reports EHLO within a message before it aborts that message",
     {OFFER, "M<a@b>|", "R<c@d>|", "Hclient|", "A", "M<a@b>|", "A"},
     OFFER_READ "M | <a@b>\nR | <c@d>\nH | client\nA\nM | <a@b>\nA\n", 0},
    {"local submission brings an envelope without angle brackets, and the null sender empty",
     {OFFER, "CLocalhost|4||127.0.0.1|", "Hlocalhost|", "M|", "Ru@example.com|", "E", "Mu@example.com|"},
     OFFER_READ "C 4 0 | Localhost | 127.0.0.1\nH | localhost\nM | \nR | u@example.com\nE | \nM | u@example.com\n",
     0},
    {"Sendmail without replies to MAIL begins another message without an ABORT",
     {OFFER, "M<a@b>|", "R<c@d>|", "M<e@f>|", "LA|b|", "M<g@h>|", "Bx", "M<i@j>|"},
     OFFER_READ "M | <a@b>\nR | <c@d>\nM | <e@f>\nL | A | b\nM | <g@h>\nB | x\nM | <i@j>\n", 0},
    {"HELO comes again and again, before and after messages",
     {OFFER, "Ha|", "Hb|", "M<a@b>|", "E", "Hc|", "M<a@b>|", "A", "Hd|", "Q"},
     OFFER_READ "H | a\nH | b\nM | <a@b>\nE | \nH | c\nM | <a@b>\nA\nH | d\nQ\n", 0},
    {"QUIT_NC keeps the connection for another client",
     {OFFER, "Ca|U", "M<a@b>|", "K", "Cb|U", "M<a@b>|", "Q"},
     OFFER_READ "C U 0 | a | \nM | <a@b>\nK\nC U 0 | b | \nM | <a@b>\nQ\n", 0},
    {"QUIT comes at once", {OFFER, "Q"}, OFFER_READ "Q\n", 0},
    {"ABORT comes where no message is open", {OFFER, "A", "Ca|U", "A", "A"}, OFFER_READ "A\nC U 0 | a | \nA\nA\n", 0},
    {"UNKNOWN comes anywhere", {OFFER, "UNOOP|", "M<a@b>|", "UXYZ a b|", "T", "UX|", "LA|b|", "U|"},
     OFFER_READ "U | NOOP\nM | <a@b>\nU | XYZ a b\nT\nU | X\nL | A | b\nU | \n", 0},
    {"macros come anywhere, also for steps that were negotiated away",
     {OFFER, "DL", "DN", "DBx|y|", "DU", "DE", "M<a@b>|", "DR{x}||", "LA|b|", "DE"},
     OFFER_READ "D L\nD N\nD B | x | y\nD U\nD E\nM | <a@b>\nD R | {x} | \nL | A | b\nD E\n", 0},
    {"all steps of a message but MAIL and EOM are negotiated away", {OFFER, "M<a@b>|", "E", "M<a@b>|", "E"},
     OFFER_READ "M | <a@b>\nE | \nM | <a@b>\nE | \n", 0},
    {"no RCPT and no DATA", {OFFER, "M<a@b>|", "LA|b|", "N", "Bx", "E"},
     OFFER_READ "M | <a@b>\nL | A | b\nN\nB | x\nE | \n", 0},
    {"no EOH", {OFFER, "M<a@b>|", "R<c@d>|", "T", "LA|b|", "Bx", "Bz", "E"},
     OFFER_READ "M | <a@b>\nR | <c@d>\nT\nL | A | b\nB | x\nB | z\nE | \n", 0},
    {"no header and no EOH", {OFFER, "M<a@b>|", "R<c@d>|", "Bx", "E"},
     OFFER_READ "M | <a@b>\nR | <c@d>\nB | x\nE | \n", 0},
    {"no header but EOH", {OFFER, "M<a@b>|", "T", "N", "E"}, OFFER_READ "M | <a@b>\nT\nN\nE | \n", 0},
    {"no body", {OFFER, "M<a@b>|", "LA|b|", "E"}, OFFER_READ "M | <a@b>\nL | A | b\nE | \n", 0},
    {"EOM carries the last body bytes", {OFFER, "M<a@b>|", "B", "B|\r\n|", "Ez|\377"},
     OFFER_READ "M | <a@b>\nB | \nB | \\x00\\x0d\\n\\x00\nE | z\\x00\\xff\n", 0},
    {"after a refused DATA the client goes on with the envelope",
     {OFFER, "M<a@b>|", "R<c@d>|", "T", "R<e@f>|", "T", "LA|b|", "E"},
     OFFER_READ "M | <a@b>\nR | <c@d>\nT\nR | <e@f>\nT\nL | A | b\nE | \n", 0},
    {"after a refused DATA that the filter took for the end, too",
     {OFFER, "M<a@b>|", "R<c@d>|", "T", "R<e@f>|", "T", "T", "M<g@h>|"},
     OFFER_READ "M | <a@b>\nR | <c@d>\nT\nR | <e@f>\nT\nT\nM | <g@h>\n", 'T'},
    {"after a refused MAIL the next one comes", {OFFER, "M<a@b>|", "M<c@d>|", "A", "M<e@f>|"},
     OFFER_READ "M | <a@b>\nM | <c@d>\nA\nM | <e@f>\n", 'M'},
    {"after a message was accepted at its header the next one comes",
     {OFFER, "M<a@b>|", "LA|b|", "A", "M<a@b>|", "LA|b|", "M<c@d>|"},
     OFFER_READ "M | <a@b>\nL | A | b\nA\nM | <a@b>\nL | A | b\nM | <c@d>\n", 'L'},
    {"after the client was accepted at HELO another one comes", {OFFER, "Ha|", "Q", "Ca|U"},
     OFFER_READ "H | a\nQ\nC U 0 | a | \n", 'H'},
    {"an address family that nobody knows has neither port nor address", {OFFER, "C|U"},
     OFFER_READ "C U 0 |  | \n", 0},
    {"a client over a unix socket has no port", {OFFER, "Clocalhost|L\1\2/run/s|"},
     OFFER_READ "C L 0 | localhost | /run/s\n", 0},
    {"an IPv6 address loses its prefix", {OFFER, "C[IPv6:::1]|6|\031IPv6:2001:db8::1|"},
     OFFER_READ "C 6 25 | [IPv6:::1] | 2001:db8::1\n", 0},
    {"an IPv6 address has no prefix", {OFFER, "Ch|6\377\3772001:db8::1|"}, OFFER_READ "C 6 65535 | h | 2001:db8::1\n",
     0},
    {"version 2 offers little", {"O|||\2|||\17|||\177", "M<a@b>|"}, "O 2 0xf 0x7f\nM | <a@b>\n", 0},
    {"an offer may have more behind it", {"O|||\7|||\1||||extra"}, "O 7 0x1 0x0\n", 0},
    {"a name, a value and a line are empty", {OFFER, "H|", "M<a@b>|", "L||"}, OFFER_READ "H | \nM | <a@b>\nL |  | \n",
     0},

    {"BAD: a command before the negotiation", {"M<a@b>|"},
     "BAD milter frame at byte 0: MAIL came before the negotiation\n", 0},
    {"BAD: a macro before the negotiation", {"DC"}, "BAD milter frame at byte 0: MACRO came before the negotiation\n",
     0},
    {"BAD: QUIT before the negotiation", {"Q"}, "BAD milter frame at byte 0: QUIT came before the negotiation\n", 0},
    {"BAD: a second negotiation", {OFFER, OFFER},
     OFFER_READ "BAD milter frame at byte 17: OPTNEG came outside a message\n", 0},
    {"BAD: a negotiation within a message", {OFFER, "M<a@b>|", OFFER},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: OPTNEG came within an envelope\n", 0},
    {"BAD: CONNECT within a message", {OFFER, "M<a@b>|", "Ca|U"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: CONNECT came within an envelope\n", 0},
    {"BAD: RCPT before MAIL", {OFFER, "R<a@b>|"},
     OFFER_READ "BAD milter frame at byte 17: RCPT came outside a message\n", 0},
    {"BAD: RCPT after an aborted message", {OFFER, "M<a@b>|", "A", "R<a@b>|"},
     OFFER_READ "M | <a@b>\nA\nBAD milter frame at byte 33: RCPT came outside a message\n", 0},
    {"BAD: RCPT after the HELO that ended a message", {OFFER, "M<a@b>|", "Ha|", "R<a@b>|"},
     OFFER_READ "M | <a@b>\nH | a\nBAD milter frame at byte 35: RCPT came outside a message\n", 0},
    {"BAD: RCPT after the end of a message", {OFFER, "M<a@b>|", "E", "R<a@b>|"},
     OFFER_READ "M | <a@b>\nE | \nBAD milter frame at byte 33: RCPT came outside a message\n", 0},
    {"BAD: DATA with no message", {OFFER, "T"},
     OFFER_READ "BAD milter frame at byte 17: DATA came outside a message\n", 0},
    {"BAD: HEADER with no message", {OFFER, "LA|b|"},
     OFFER_READ "BAD milter frame at byte 17: HEADER came outside a message\n", 0},
    {"BAD: EOH with no message", {OFFER, "N"}, OFFER_READ "BAD milter frame at byte 17: EOH came outside a message\n",
     0},
    {"BAD: BODY with no message", {OFFER, "Bx"},
     OFFER_READ "BAD milter frame at byte 17: BODY came outside a message\n", 0},
    {"BAD: EOM with no message", {OFFER, "E"}, OFFER_READ "BAD milter frame at byte 17: EOM came outside a message\n",
     0},
    {"BAD: a second EOM", {OFFER, "M<a@b>|", "E", "E"},
     OFFER_READ "M | <a@b>\nE | \nBAD milter frame at byte 33: EOM came outside a message\n", 0},
    {"BAD: a message that was decided goes on with its header", {OFFER, "M<a@b>|", "LA|b|", "LA|b|"},
     OFFER_READ "M | <a@b>\nL | A | b\nBAD milter frame at byte 37: HEADER came outside a message\n", 'L'},
    {"BAD: a message that was decided goes on with its body", {OFFER, "M<a@b>|", "N", "Bx"},
     OFFER_READ "M | <a@b>\nN\nBAD milter frame at byte 33: BODY came outside a message\n", 'N'},
    {"BAD: a message that was decided has its end", {OFFER, "M<a@b>|", "T", "E"},
     OFFER_READ "M | <a@b>\nT\nBAD milter frame at byte 33: EOM came outside a message\n", 'T'},
    {"BAD: RCPT after HEADER", {OFFER, "M<a@b>|", "LA|b|", "R<a@b>|"},
     OFFER_READ "M | <a@b>\nL | A | b\nBAD milter frame at byte 37: RCPT came within the header\n", 0},
    {"BAD: DATA after HEADER", {OFFER, "M<a@b>|", "LA|b|", "T"},
     OFFER_READ "M | <a@b>\nL | A | b\nBAD milter frame at byte 37: DATA came within the header\n", 0},
    {"BAD: HEADER after EOH", {OFFER, "M<a@b>|", "N", "LA|b|"},
     OFFER_READ "M | <a@b>\nN\nBAD milter frame at byte 33: HEADER came behind the header\n", 0},
    {"BAD: HEADER after BODY", {OFFER, "M<a@b>|", "Bx", "LA|b|"},
     OFFER_READ "M | <a@b>\nB | x\nBAD milter frame at byte 34: HEADER came behind the header\n", 0},
    {"BAD: EOH after EOH", {OFFER, "M<a@b>|", "N", "N"},
     OFFER_READ "M | <a@b>\nN\nBAD milter frame at byte 33: EOH came behind the header\n", 0},

    {"BAD: an unknown command", {OFFER, "Z"}, OFFER_READ "BAD milter frame at byte 17: unknown command 0x5a\n", 0},
    {"BAD: a command above ASCII", {OFFER, "\377"}, OFFER_READ "BAD milter frame at byte 17: unknown command 0xff\n",
     0},
    {"BAD: the command NUL", {OFFER, "|"}, OFFER_READ "BAD milter frame at byte 17: unknown command 0x00\n", 0},
    {"BAD: a short OPTNEG", {"O|||\6|||\1|||"},
     "BAD milter frame at byte 0: OPTNEG with malformed data of 11 bytes\n", 0},
    {"BAD: an empty OPTNEG", {"O"}, "BAD milter frame at byte 0: OPTNEG with malformed data of 0 bytes\n", 0},
    {"BAD: CONNECT without a NUL", {OFFER, "Cabc"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 3 bytes\n", 0},
    {"BAD: CONNECT without a family", {OFFER, "Ca|"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 2 bytes\n", 0},
    {"BAD: CONNECT with an unknown family", {OFFER, "Ca|5|\031127.0.0.1|"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 15 bytes\n", 0},
    {"BAD: CONNECT with half a port", {OFFER, "Ca|4|"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 4 bytes\n", 0},
    {"BAD: CONNECT without an address", {OFFER, "Ca|4|\031"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 5 bytes\n", 0},
    {"BAD: CONNECT with an address that has no end", {OFFER, "Ca|4|\031127.0.0.1"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 14 bytes\n", 0},
    {"BAD: CONNECT with more behind its address", {OFFER, "Ca|4|\031127.0.0.1|x"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 16 bytes\n", 0},
    {"BAD: CONNECT with an address of no family", {OFFER, "Ca|U|\031127.0.0.1|"},
     OFFER_READ "BAD milter frame at byte 17: CONNECT with malformed data of 15 bytes\n", 0},
    {"BAD: HELO without a NUL", {OFFER, "Habc"},
     OFFER_READ "BAD milter frame at byte 17: HELO with malformed data of 3 bytes\n", 0},
    {"BAD: HELO without data", {OFFER, "H"},
     OFFER_READ "BAD milter frame at byte 17: HELO with malformed data of 0 bytes\n", 0},
    {"BAD: HELO with a NUL inside", {OFFER, "Ha|b|"},
     OFFER_READ "BAD milter frame at byte 17: HELO with malformed data of 4 bytes\n", 0},
    {"BAD: UNKNOWN without a NUL", {OFFER, "UNOOP"},
     OFFER_READ "BAD milter frame at byte 17: UNKNOWN with malformed data of 4 bytes\n", 0},
    {"BAD: MAIL without data", {OFFER, "M"},
     OFFER_READ "BAD milter frame at byte 17: MAIL with malformed data of 0 bytes\n", 0},
    {"BAD: MAIL without a NUL", {OFFER, "M<a@b>"},
     OFFER_READ "BAD milter frame at byte 17: MAIL with malformed data of 5 bytes\n", 0},
    {"BAD: RCPT with a parameter that has no end", {OFFER, "M<a@b>|", "R<a@b>|NOTIFY=NEVER"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: RCPT with malformed data of 18 bytes\n", 0},
    {"BAD: HEADER without a value", {OFFER, "M<a@b>|", "LSubject|"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: HEADER with malformed data of 8 bytes\n", 0},
    {"BAD: HEADER with a value that has no end", {OFFER, "M<a@b>|", "LSubject|a"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: HEADER with malformed data of 9 bytes\n", 0},
    {"BAD: HEADER with a NUL in its value", {OFFER, "M<a@b>|", "LSubject|a|b|"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: HEADER with malformed data of 12 bytes\n", 0},
    {"BAD: MACRO for no step", {OFFER, "D"},
     OFFER_READ "BAD milter frame at byte 17: MACRO with malformed data of 0 bytes\n", 0},
    {"BAD: MACRO for an unknown step", {OFFER, "DZa|b|"},
     OFFER_READ "BAD milter frame at byte 17: MACRO with malformed data of 5 bytes\n", 0},
    {"BAD: MACRO with a name without a value", {OFFER, "DCa|b|c|"},
     OFFER_READ "BAD milter frame at byte 17: MACRO with malformed data of 7 bytes\n", 0},
    {"BAD: MACRO with a value that has no end", {OFFER, "DCa|b"},
     OFFER_READ "BAD milter frame at byte 17: MACRO with malformed data of 4 bytes\n", 0},
    {"BAD: ABORT with data", {OFFER, "Ax"},
     OFFER_READ "BAD milter frame at byte 17: ABORT with malformed data of 1 bytes\n", 0},
    {"BAD: QUIT with data", {OFFER, "Q|"},
     OFFER_READ "BAD milter frame at byte 17: QUIT with malformed data of 1 bytes\n", 0},
    {"BAD: QUIT_NC with data", {OFFER, "K|"},
     OFFER_READ "BAD milter frame at byte 17: QUIT_NC with malformed data of 1 bytes\n", 0},
    {"BAD: DATA with data", {OFFER, "M<a@b>|", "T|"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: DATA with malformed data of 1 bytes\n", 0},
    {"BAD: EOH with data", {OFFER, "M<a@b>|", "N|"},
     OFFER_READ "M | <a@b>\nBAD milter frame at byte 28: EOH with malformed data of 1 bytes\n", 0},
};

enum { STREAM_COUNT = sizeof streams / sizeof streams[0] };

/* The decoder as tests/support/feed.h wants it. */
struct session {
    struct bs_milter_decoder decoder;
    size_t max_frame;
    char decided;
    bool ended;
};

static void session_begin(void *state)
{
    struct session *session = state;
    bs_milter_decoder_init(&session->decoder, session->max_frame);
    session->ended = false;
}

static size_t session_take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    (void)last;
    struct session *session = state;
    struct bs_bytes rest = input;
    struct bs_milter_event event;
    struct bs_error error;
    enum bs_milter_progress progress;
    while ((progress = bs_milter_decode(&session->decoder, &rest, &event, &error)) == BS_MILTER_EVENT) {
        log_event(log, &event);
        if (session->decided != '\0' && (char)event.command == session->decided)
            bs_milter_decoder_message_done(&session->decoder);
    }
    if (progress == BS_MILTER_MORE)
        return input.len - rest.len;
    bs_strbuf_printf(log, "BAD %s\n", error.text);
    return FEED_STOP;
}

/* Appends a frame with its length; every `|` becomes NUL. */
static void append_frame(struct bs_strbuf *out, const char *frame)
{
    uint32_t length = htonl((uint32_t)strlen(frame));
    bs_strbuf_append(out, bs_bytes(&length, sizeof length));
    for (; *frame; frame++)
        bs_strbuf_append_char(out, *frame == '|' ? '\0' : *frame);
}

/* Feeds the stream in every way, and expects the same log each time. */
static void check_stream(struct session *session, struct bs_bytes input, const char *expected)
{
    struct feed feed = {session_begin, session_take, session};
    struct bs_strbuf log, other;
    const char *way = feed_every_way(&feed, input, &log, &other);
    assert_string_equal(bs_strbuf_cstr(&log), expected);
    if (way)
        fail_msg("%s it is another: %s", way, bs_strbuf_cstr(&other));
    bs_strbuf_free(&log);
}

static void a_stream_is_read(void **state)
{
    const struct stream_case *row = *state;
    struct bs_strbuf input;
    bs_strbuf_init(&input, 100000);
    for (size_t i = 0; i < FRAMES_MAX && row->frames[i]; i++)
        append_frame(&input, row->frames[i]);
    struct session session = {.max_frame = FRAME_LIMIT, .decided = row->decided};
    check_stream(&session, bs_strbuf_bytes(&input), row->read);
    bs_strbuf_free(&input);
}

static void a_frame_of_length_zero_is_bad(void **state)
{
    (void)state;
    struct session session = {.max_frame = FRAME_LIMIT};
    check_stream(&session, BS_LITERAL("\0\0\0\0"),
                 "BAD milter frame at byte 0 is empty: is the peer an MTA?\n");
}

/* A body frame that counts `length` bytes in a message, up to its end. */
static void append_body_frame(struct bs_strbuf *out, uint32_t length)
{
    append_frame(out, OFFER);
    append_frame(out, "M<a@b>|");
    uint32_t wire = htonl(length);
    bs_strbuf_append(out, bs_bytes(&wire, sizeof wire));
    bs_strbuf_append_char(out, 'B');
    for (uint32_t i = 1; i < length; i++)
        bs_strbuf_append_char(out, 'x');
}

static void the_limit_of_a_frame_counts_its_command_byte(void **state)
{
    (void)state;
    struct session session = {.max_frame = FRAME_LIMIT};
    struct bs_strbuf input, expected;
    bs_strbuf_init(&input, 10000);
    bs_strbuf_init(&expected, 10000);
    append_body_frame(&input, FRAME_LIMIT);
    bs_strbuf_append_cstr(&expected, OFFER_READ "M | <a@b>\nB | ");
    for (size_t i = 1; i < FRAME_LIMIT; i++)
        bs_strbuf_append_char(&expected, 'x');
    bs_strbuf_append_char(&expected, '\n');
    check_stream(&session, bs_strbuf_bytes(&input), bs_strbuf_cstr(&expected));
    bs_strbuf_free(&input);
    append_body_frame(&input, FRAME_LIMIT + 1);
    check_stream(&session, bs_strbuf_bytes(&input),
                 OFFER_READ "M | <a@b>\n"
                            "BAD milter frame at byte 28 counts 1001 bytes, the limit is 1000 (max-frame)\n");
    bs_strbuf_free(&input);
    bs_strbuf_free(&expected);
}

static void a_frame_over_the_limit_is_bad_once_its_length_is_known(void **state)
{
    (void)state;
    struct session session = {.max_frame = FRAME_LIMIT};
    check_stream(&session, BS_LITERAL("\377\377\377\377"),
                 "BAD milter frame at byte 0 counts 4294967295 bytes, the limit is 1000 (max-frame)\n");
    check_stream(&session, BS_LITERAL("GET / HTTP/1.1\r\n"),
                 "BAD milter frame at byte 0 counts 1195725856 bytes, the limit is 1000 (max-frame)\n");
}

static void the_decoder_says_how_many_bytes_it_needs(void **state)
{
    (void)state;
    struct bs_milter_decoder decoder;
    bs_milter_decoder_init(&decoder, FRAME_LIMIT);
    struct bs_strbuf input;
    bs_strbuf_init(&input, 1000);
    append_frame(&input, OFFER);
    for (size_t known = 0; known < OFFER_SIZE; known++) {
        struct bs_bytes rest = bs_bytes_first(bs_strbuf_bytes(&input), known);
        struct bs_milter_event event;
        struct bs_error error;
        assert_int_equal(bs_milter_decode(&decoder, &rest, &event, &error), BS_MILTER_MORE);
        assert_int_equal(rest.len, known);
        assert_int_equal(decoder.needed, known < 4 ? 4 : OFFER_SIZE);
    }
    bs_strbuf_free(&input);
}

static void a_header_of_ten_megabytes_is_one_event_and_not_copied(void **state)
{
    (void)state;
    const size_t size = 10 << 20;
    struct bs_strbuf input;
    bs_strbuf_init(&input, 2 * size);
    uint32_t length = htonl((uint32_t)(sizeof "LSubject" + size + 1));
    append_frame(&input, OFFER);
    append_frame(&input, "M<a@b>|");
    bs_strbuf_append(&input, bs_bytes(&length, sizeof length));
    bs_strbuf_append(&input, bs_bytes("LSubject", sizeof "LSubject"));
    for (size_t i = 0; i < size; i++)
        bs_strbuf_append_char(&input, 'v');
    bs_strbuf_append_char(&input, '\0');
    struct bs_milter_decoder decoder;
    bs_milter_decoder_init(&decoder, 2 * size);
    struct bs_bytes rest = bs_strbuf_bytes(&input);
    struct bs_milter_event event;
    struct bs_error error;
    for (int i = 0; i < 3; i++)
        assert_int_equal(bs_milter_decode(&decoder, &rest, &event, &error), BS_MILTER_EVENT);
    assert_int_equal(rest.len, 0);
    assert_int_equal(event.header.value.len, size);
    assert_ptr_equal(event.header.value.ptr + size + 1, input.ptr + input.len);
    bs_strbuf_free(&input);
}

static void texts_are_told_apart_by_their_nul(void **state)
{
    (void)state;
    struct bs_bytes texts = BS_LITERAL("SIZE=1\0\0RET=HDRS\0unfinished");
    static const char *const expected[] = {"SIZE=1", "", "RET=HDRS", "unfinished"};
    struct bs_bytes text;
    for (size_t i = 0; i < 4; i++) {
        assert_true(bs_milter_next_text(&texts, &text));
        assert_true(bs_bytes_equal(text, bs_bytes_from_cstr(expected[i])));
    }
    assert_false(bs_milter_next_text(&texts, &text));
}

static void a_macro_is_found_with_and_without_braces(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value; /* NULL: there is none */
    } cases[] = {
        {"i", "4XyZ"},          {"{i}", "4XyZ"},         {"{auth_authen}", "joe"}, {"auth_authen", "joe"},
        {"{short}", "s"},       {"empty", ""},           {"auth", NULL},           {"{auth_type}", NULL},
        {"joe", NULL},          {"4XyZ", NULL},          {"", NULL},               {"{}", NULL},
        {"AUTH_AUTHEN", NULL},  {"{auth_authen", NULL},  {"{auth_authen.", NULL},  {".auth_authen}", NULL},
    };
    struct bs_bytes values = BS_LITERAL("i\0" "4XyZ\0{auth_authen}\0joe\0short\0s\0{empty}\0\0i\0second\0");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_bytes value;
        assert_int_equal(bs_milter_macro(values, cases[i].name, &value), cases[i].value != NULL);
        if (cases[i].value)
            assert_true(bs_bytes_equal(value, bs_bytes_from_cstr(cases[i].value)));
    }
    struct bs_bytes none;
    assert_false(bs_milter_macro(bs_bytes(NULL, 0), "i", &none));
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_frame_of_length_zero_is_bad),
        cmocka_unit_test(the_limit_of_a_frame_counts_its_command_byte),
        cmocka_unit_test(a_frame_over_the_limit_is_bad_once_its_length_is_known),
        cmocka_unit_test(the_decoder_says_how_many_bytes_it_needs),
        cmocka_unit_test(a_header_of_ten_megabytes_is_one_event_and_not_copied),
        cmocka_unit_test(texts_are_told_apart_by_their_nul),
        cmocka_unit_test(a_macro_is_found_with_and_without_braces),
    };
    enum { OTHER_COUNT = sizeof others / sizeof others[0] };
    struct CMUnitTest tests[OTHER_COUNT + STREAM_COUNT];
    memcpy(tests, others, sizeof others);
    for (size_t i = 0; i < STREAM_COUNT; i++)
        tests[OTHER_COUNT + i] = (struct CMUnitTest){.name = streams[i].name, .test_func = a_stream_is_read,
                                                     .initial_state = (void *)(uintptr_t)&streams[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
