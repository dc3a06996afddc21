/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The milter protocol, seen from the filter: bytes from the MTA in, events out; decisions in, bytes for the MTA
 * out. No socket, no clock, no memory of its own. There is no RFC; the protocol is what Sendmail's libmilter and
 * Postfix speak, versions 2 to 6.
 *
 * One transaction, from start to end. The MTA connects and sends OPTNEG with what it offers; the filter answers
 * with what it wants (bs_milter_negotiate, bs_milter_encode_negotiation). Then the MTA sends CONNECT, HELO, MAIL,
 * RCPT (one each), DATA, HEADER (one each), EOH, BODY (chunks), EOM. Before a step it may send MACRO with values
 * for it. The filter answers each step but MACRO, ABORT, QUIT and QUIT_NC, and those whose answer it negotiated
 * away, with exactly one reply; at EOM it may send modifications first. After a final reply or ABORT the next
 * MAIL begins another message; after QUIT_NC the next CONNECT begins another SMTP connection.
 *
 * Do not rely on ABORT: a MAIL or HELO within a message ends it just so. Sendmail sends no ABORT when replies to
 * MAIL were negotiated away, nor after a refused MAIL; Postfix sends HELO before the ABORT that belongs to it, and
 * ABORT also when no message is open. When DATA was refused, by this filter or another one, the SMTP client may go
 * on in the same envelope: RCPT and DATA come again without another MAIL.
 *
 * A frame is a length of 4 bytes, most significant first, that counts the command byte and the data behind it.
 */
#ifndef BS_WIRE_MILTER_H
#define BS_WIRE_MILTER_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/strbuf.h"

#include <stdint.h>

enum {
    BS_MILTER_VERSION_MIN = 2,
    BS_MILTER_VERSION_MAX = 6,
    BS_MILTER_LENGTH_SIZE = 4,
    BS_MILTER_CHUNK_MAX = 65535, /* body bytes in one BODY frame, as MTAs send it */
    BS_MILTER_REPLY_TEXT_MAX = 506, /* of an SMTP reply line: RFC 5321 section 4.5.3.1.5 less "550 " and CR LF */
};

/* What the MTA sends. */
enum bs_milter_command {
    BS_MILTER_ABORT = 'A',
    BS_MILTER_BODY = 'B',
    BS_MILTER_CONNECT = 'C',
    BS_MILTER_MACRO = 'D',
    BS_MILTER_EOM = 'E',
    BS_MILTER_HELO = 'H',
    BS_MILTER_QUIT_NC = 'K',
    BS_MILTER_HEADER = 'L',
    BS_MILTER_MAIL = 'M',
    BS_MILTER_EOH = 'N',
    BS_MILTER_OPTNEG = 'O',
    BS_MILTER_QUIT = 'Q',
    BS_MILTER_RCPT = 'R',
    BS_MILTER_DATA = 'T',
    BS_MILTER_UNKNOWN = 'U',
};

/* Replies that are one byte. BS_MILTER_REPLYCODE carries a text, see bs_milter_encode_replycode. */
enum bs_milter_reply {
    BS_MILTER_ACCEPT = 'a',
    BS_MILTER_CONTINUE = 'c',
    BS_MILTER_DISCARD = 'd',
    BS_MILTER_CONN_FAIL = 'f',
    BS_MILTER_PROGRESS = 'p',
    BS_MILTER_REJECT = 'r',
    BS_MILTER_SKIP = 's',
    BS_MILTER_TEMPFAIL = 't',
    BS_MILTER_REPLYCODE = 'y',
    BS_MILTER_SHUTDOWN = '4',
};

/* Modifications, allowed between EOM and its reply. */
enum bs_milter_modification {
    BS_MILTER_ADD_RCPT = '+',
    BS_MILTER_DEL_RCPT = '-',
    BS_MILTER_ADD_RCPT_PAR = '2',
    BS_MILTER_REPLACE_BODY = 'b',
    BS_MILTER_CHANGE_FROM = 'e',
    BS_MILTER_ADD_HEADER = 'h',
    BS_MILTER_INSERT_HEADER = 'i',
    BS_MILTER_CHANGE_HEADER = 'm',
    BS_MILTER_QUARANTINE = 'q',
};

/* Actions the filter may take (SMFIF_*). */
#define BS_MILTER_CAN_ADD_HEADERS     UINT32_C(0x001)
#define BS_MILTER_CAN_CHANGE_BODY     UINT32_C(0x002)
#define BS_MILTER_CAN_ADD_RCPT        UINT32_C(0x004)
#define BS_MILTER_CAN_DEL_RCPT        UINT32_C(0x008)
#define BS_MILTER_CAN_CHANGE_HEADERS  UINT32_C(0x010)
#define BS_MILTER_CAN_QUARANTINE      UINT32_C(0x020)
#define BS_MILTER_CAN_CHANGE_FROM     UINT32_C(0x040)
#define BS_MILTER_CAN_ADD_RCPT_PAR    UINT32_C(0x080)
#define BS_MILTER_CAN_SET_MACRO_LIST  UINT32_C(0x100)

/* Steps the MTA need not send, need not wait for, or may do otherwise (SMFIP_*). */
#define BS_MILTER_NO_CONNECT          UINT32_C(0x000001)
#define BS_MILTER_NO_HELO             UINT32_C(0x000002)
#define BS_MILTER_NO_MAIL             UINT32_C(0x000004)
#define BS_MILTER_NO_RCPT             UINT32_C(0x000008)
#define BS_MILTER_NO_BODY             UINT32_C(0x000010)
#define BS_MILTER_NO_HEADERS          UINT32_C(0x000020)
#define BS_MILTER_NO_EOH              UINT32_C(0x000040)
#define BS_MILTER_NO_HEADER_REPLY     UINT32_C(0x000080)
#define BS_MILTER_NO_UNKNOWN          UINT32_C(0x000100)
#define BS_MILTER_NO_DATA             UINT32_C(0x000200)
#define BS_MILTER_UNDERSTANDS_SKIP    UINT32_C(0x000400)
#define BS_MILTER_SEND_REJECTED_RCPT  UINT32_C(0x000800)
#define BS_MILTER_NO_CONNECT_REPLY    UINT32_C(0x001000)
#define BS_MILTER_NO_HELO_REPLY       UINT32_C(0x002000)
#define BS_MILTER_NO_MAIL_REPLY       UINT32_C(0x004000)
#define BS_MILTER_NO_RCPT_REPLY       UINT32_C(0x008000)
#define BS_MILTER_NO_DATA_REPLY       UINT32_C(0x010000)
#define BS_MILTER_NO_UNKNOWN_REPLY    UINT32_C(0x020000)
#define BS_MILTER_NO_EOH_REPLY        UINT32_C(0x040000)
#define BS_MILTER_NO_BODY_REPLY       UINT32_C(0x080000)
#define BS_MILTER_HEADER_LEADING_SPACE UINT32_C(0x100000)

/* Who is at the other end of the SMTP connection, as CONNECT says. */
enum bs_milter_family {
    BS_MILTER_FAMILY_UNKNOWN = 'U',
    BS_MILTER_FAMILY_UNIX = 'L',
    BS_MILTER_FAMILY_INET = '4',
    BS_MILTER_FAMILY_INET6 = '6',
};

/* What is agreed, or offered, or wanted, in the first exchange. */
struct bs_milter_options {
    uint32_t version;
    uint32_t actions; /* BS_MILTER_CAN_* */
    uint32_t steps;   /* BS_MILTER_NO_* and what stands beside them */
};

/* One frame from the MTA. All views borrow from the input of bs_milter_decode. */
struct bs_milter_event {
    enum bs_milter_command command;
    union {
        struct bs_milter_options offer; /* OPTNEG */
        struct {
            struct bs_bytes hostname;
            enum bs_milter_family family;
            uint16_t port;           /* 0 for UNIX and UNKNOWN */
            struct bs_bytes address; /* as text, a leading "IPv6:" taken off; empty for UNKNOWN */
        } connect;
        struct {
            enum bs_milter_command step; /* the step that the values are for */
            struct bs_bytes values;      /* see bs_milter_macro */
        } macro;
        struct bs_bytes helo;
        struct {
            /* As sent: in angle brackets from an SMTP session; without them, and empty for the null sender, for
             * mail that Postfix passes to non_smtpd_milters. */
            struct bs_bytes path;
            struct bs_bytes parameters; /* ESMTP parameters, see bs_milter_next_text */
        } envelope;                     /* MAIL and RCPT */
        struct {
            struct bs_bytes name;
            struct bs_bytes value; /* as in the message, folded with LF alone; one blank behind the colon is gone */
        } header;
        struct bs_bytes body;    /* BODY; also the last chunk that EOM may carry (empty else) */
        struct bs_bytes unknown; /* an SMTP command that the MTA does not know */
    };
};

enum bs_milter_progress {
    BS_MILTER_EVENT, /* ret_event is filled, the input has moved past its frame */
    BS_MILTER_MORE,  /* the input holds less than one frame; decoder->needed says how much a whole one is */
    BS_MILTER_BAD,   /* the peer broke the protocol or a limit: ret_error says how; the session must end */
};

/* Where one connection with an MTA stands. Plain data: nothing to free. */
struct bs_milter_decoder {
    size_t max_frame;   /* bytes a frame may count, its command byte included; a longer one is BAD at once */
    size_t needed;      /* after MORE: bytes of the frame whose beginning is known, its length field included */
    int stage;          /* private: the step of the session, see milter_decode.c */
    uint64_t offset;    /* bytes of the stream before the current input, for error texts */
};

void bs_milter_decoder_init(struct bs_milter_decoder *decoder, size_t max_frame);

/*
 * Takes one frame off the front of `io_input`. The caller keeps what remains and calls again with more behind it.
 * BAD comes for a frame of length 0 or over the limit, an unknown command, data that is not of the command's
 * form (a missing NUL, a short OPTNEG), and a command out of order: anything but OPTNEG first, a second OPTNEG,
 * CONNECT within a message, RCPT, DATA, HEADER, EOH, BODY or EOM without one, RCPT or DATA after HEADER, HEADER or
 * EOH after EOH or BODY. After BAD the decoder must not be used again.
 */
enum bs_milter_progress bs_milter_decode(struct bs_milter_decoder *decoder, struct bs_bytes *io_input,
                                         struct bs_milter_event *ret_event, struct bs_error *ret_error);

/*
 * The filter's reply ended the message before EOM: ACCEPT or DISCARD at any step of it, REJECT, TEMPFAIL or
 * REPLYCODE at any but RCPT. The MTA may no longer send this message's header or body; RCPT and DATA that follow a
 * refused DATA stay events, and want a reply.
 */
void bs_milter_decoder_message_done(struct bs_milter_decoder *decoder);

/* The next of NUL-ended texts; false when none is left. Used for ESMTP parameters. */
bool bs_milter_next_text(struct bs_bytes *io_texts, struct bs_bytes *ret_text);

/* The value of macro `name` ("i", "{auth_authen}"; a name is found with and without its braces) among the values
 * of a MACRO event; false where it is not there. */
bool bs_milter_macro(struct bs_bytes values, const char *name, struct bs_bytes *ret_value);

/*
 * What to answer to an offer: the lower version, the wanted actions, and those of the wanted steps that the MTA
 * offers. False, with the reason, where the MTA's version is below BS_MILTER_VERSION_MIN, the wanted one is out of
 * range, or an action in `wanted->actions` is not offered. `wanted->steps` holds flags the filter would like;
 * those not offered are left out. NO_MAIL may not be wanted: MAIL is what tells where a message begins.
 */
bool bs_milter_negotiate(const struct bs_milter_options *offer, const struct bs_milter_options *wanted,
                         struct bs_milter_options *ret_agreed, struct bs_error *ret_error);

/* True where a reply to `command` must be sent under the agreed steps. */
bool bs_milter_expects_reply(const struct bs_milter_options *agreed, enum bs_milter_command command);

/* The encoders append one frame to `out`; a NUL in a text ends it there, CR and LF become spaces, since neither
 * may reach an SMTP reply or an envelope; only a LF that folds a header value (a blank or a tab behind it) stays.
 * Whether it fitted shows in out->failed; a frame that did not fit leaves nothing behind. */

/* A list of macros that the filter wants at a step goes with the negotiation (BS_MILTER_CAN_SET_MACRO_LIST). */
struct bs_milter_macro_list {
    uint32_t step; /* 0 CONNECT, 1 HELO, 2 MAIL, 3 RCPT, 4 DATA, 5 EOM, 6 EOH */
    const char *names; /* separated by spaces */
};
void bs_milter_encode_negotiation(struct bs_strbuf *out, const struct bs_milter_options *agreed,
                                  const struct bs_milter_macro_list *lists, size_t list_count);

/* A reply of one byte. */
void bs_milter_encode_reply(struct bs_strbuf *out, enum bs_milter_reply reply);

/* `code` 400–599 (`out` fails on any other), `text` begins with the enhanced status code (RFC 3463):
 * "550 5.7.1 text". Postfix takes a text that begins with a digit of another class for a broken filter, so X.0.0
 * goes before a text without a status code of the class of `code`. A % is doubled: Sendmail takes the text for a
 * format, and Postfix makes one of two. Past BS_MILTER_REPLY_TEXT_MAX the text is cut; bytes that an SMTP reply
 * cannot carry become question marks. */
void bs_milter_encode_replycode(struct bs_strbuf *out, unsigned code, const char *text);

/* New envelope sender with its angle brackets; `parameters` are ESMTP ones ("ENVID=…") or empty. */
void bs_milter_encode_change_from(struct bs_strbuf *out, struct bs_bytes path, struct bs_bytes parameters);
void bs_milter_encode_add_recipient(struct bs_strbuf *out, struct bs_bytes path, struct bs_bytes parameters);
void bs_milter_encode_delete_recipient(struct bs_strbuf *out, struct bs_bytes path);
void bs_milter_encode_add_header(struct bs_strbuf *out, struct bs_bytes name, struct bs_bytes value);
/* `index`: 0 is above all. */
void bs_milter_encode_insert_header(struct bs_strbuf *out, uint32_t index, struct bs_bytes name,
                                    struct bs_bytes value);
/* `index`: 1 is the first of that name; an empty value deletes it. */
void bs_milter_encode_change_header(struct bs_strbuf *out, uint32_t index, struct bs_bytes name,
                                    struct bs_bytes value);
/* Any number of bytes, cut into frames of BS_MILTER_CHUNK_MAX; none become an empty line, since Postfix takes no
 * frame without data. */
void bs_milter_encode_replace_body(struct bs_strbuf *out, struct bs_bytes body);
void bs_milter_encode_quarantine(struct bs_strbuf *out, struct bs_bytes reason);

#endif
