/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message with the null sender from outside, as the gate judges it: its recipients at RCPT, and what remains
 * undecided at the end of data, by the kind that its header shows and the tags in what it returns. It reports each
 * decision through the session that it belongs to.
 */
#ifndef BS_ENGINE_BOUNCE_H
#define BS_ENGINE_BOUNCE_H

#include "engine/session.h"

struct bs_bounce; /* in the message's arena */

/* NULL without memory. */
struct bs_bounce *bs_bounce_new(struct bs_session *session);
void bs_bounce_free(struct bs_bounce *bounce); /* NULL is allowed */

/* See bs_session_resolved and bs_session_recipient. */
void bs_bounce_resolved(struct bs_bounce *bounce, struct bs_bytes address);
struct bs_reply bs_bounce_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused);

/* Reports the recipients that passed. That waits for DATA, by when every MTA has a queue id for the message. */
void bs_bounce_report_passed(struct bs_session *session);

void bs_bounce_header(struct bs_bounce *bounce, struct bs_bytes name, struct bs_bytes value);

/* Whether a recipient waits for the end of data. */
bool bs_bounce_waits(const struct bs_bounce *bounce);

/* Whether the body may still prove something. */
bool bs_bounce_wants_body(const struct bs_session *session);
void bs_bounce_body(struct bs_session *session, struct bs_bytes chunk);

/* The end of data: REFUSE, or ACCEPT. It is reported once, however often it is called. */
struct bs_reply bs_bounce_end(struct bs_session *session);

/* Whether every recipient that was taken has shown that we sent the original. */
bool bs_bounce_is_proven(const struct bs_bounce *bounce);

#endif
