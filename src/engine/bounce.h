/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message from outside that may be automatic, for the domains that observe or enforce. With the null sender its
 * recipients are judged at RCPT, where a tag or an address that never sends decides, and what remains at the end of data
 * by what it is (engine/automatic) and the recipients' policies. With any other sender nobody is refused at RCPT, and
 * only what looks automatic is judged. SMTP has one reply at the end of data: where the recipients' policies differ, what
 * takes least from them holds. It reports each decision through the session that it belongs to.
 */
#ifndef BS_ENGINE_BOUNCE_H
#define BS_ENGINE_BOUNCE_H

#include "engine/session.h"

struct bs_bounce;

/* NULL without memory. */
struct bs_bounce *bs_bounce_new(struct bs_session *session);
void bs_bounce_free(struct bs_bounce *bounce); /* NULL is allowed */

/* See bs_session_resolved and bs_session_recipient. */
void bs_bounce_resolved(struct bs_bounce *bounce, struct bs_bytes address);
struct bs_reply bs_bounce_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused);

/* Reports the recipients that passed at RCPT, once. That waits for the end of the message, by when every MTA has a queue
 * id for it. */
void bs_bounce_report_passed(struct bs_session *session);

/* The header: see bs_automatic_header and bs_automatic_end_of_header. */
void bs_bounce_header(struct bs_bounce *bounce, struct bs_bytes name, struct bs_bytes body, bool kept);
void bs_bounce_end_of_header(struct bs_bounce *bounce, const struct bs_header *header);

/* Whether the end of data is waited for, once the header is over. */
bool bs_bounce_waits(const struct bs_bounce *bounce);

/* Whether the body is read. */
bool bs_bounce_wants_body(const struct bs_bounce *bounce);
void bs_bounce_body(struct bs_bounce *bounce, struct bs_bytes chunk);

/* Forgets what was read for want of memory, and reads no more; what waits for the end of data goes on. False where nothing
 * was left to be read or judged. */
bool bs_bounce_give_up(struct bs_bounce *bounce);

/* Bytes that it holds. */
size_t bs_bounce_weight(const struct bs_bounce *bounce);

/* The end of data: REFUSE, DISCARD, WAIT, or ACCEPT. It is reported once, however often it is called. */
struct bs_reply bs_bounce_end(struct bs_session *session);

/* What goes on a message that is accepted, and, unless somebody else does (`forged_too` false), what must come off it. False
 * without memory, or where that is too much: then the message must not go on. */
bool bs_bounce_mark(struct bs_session *session, bool forged_too, struct bs_changes *changes);

/* Whether every recipient that was taken has shown that we sent the original. */
bool bs_bounce_is_proven(const struct bs_bounce *bounce);

#endif
