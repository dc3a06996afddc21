/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection with an MTA that speaks milter: bytes in, bytes out, SMTP sessions in between. No socket. It asks
 * the MTA for the steps that the settings need and no others, and to leave out replies that it would not look at.
 */
#ifndef BS_ENGINE_MILTER_SESSION_H
#define BS_ENGINE_MILTER_SESSION_H

#include "engine/session.h"
#include "wire/milter.h"

/* Bytes of replies that one call may leave for the MTA. A peer that sends faster than it reads is stopped by it. */
enum { BS_MILTER_OUTPUT_MAX = 64 * 1024 };

struct bs_milter_session {
    struct bs_session session;
    struct bs_milter_decoder decoder;
    struct bs_milter_options agreed; /* version 0 before the negotiation */
    bool authenticated;              /* {auth_authen} came with the MAIL under way */
    bool recipient_refused;          /* {rcpt_mailer} said that the MTA refused the RCPT to come */
    bool finished;                   /* the MTA said QUIT */
    enum bs_milter_command waiting;  /* the step whose reply waits for answers; 0: none. No input is taken meanwhile */
};

/* See bs_session_init. */
void bs_milter_session_init(struct bs_milter_session *milter, const struct bs_settings *settings,
                            const struct bs_session_host *host);

/*
 * Takes whole frames off the front of `io_input` and appends what the MTA gets to `out`, whose limit should be
 * BS_MILTER_OUTPUT_MAX. What remains of the input is the beginning of a frame of milter->decoder.needed bytes.
 * False when the peer broke the protocol or a limit: the connection must be closed, and the error says why.
 */
bool bs_milter_session_feed(struct bs_milter_session *milter, struct bs_bytes *io_input, int64_t now,
                            struct bs_strbuf *out, struct bs_error *ret_error);

/* The answers that the session asked for are there, or (`in_time` false) shall count as unanswered. Appends the reply that
 * waits, if any, to `out`; then the input that was not taken is to be fed again. False as bs_milter_session_feed. */
bool bs_milter_session_resume(struct bs_milter_session *milter, bool in_time, struct bs_strbuf *out,
                              struct bs_error *ret_error);

/* Gives back what a message under way holds. */
void bs_milter_session_close(struct bs_milter_session *milter);

#endif
