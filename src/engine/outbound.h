/* SPDX-License-Identifier: BSD-2-Clause */
/* Mail of ours: its envelope sender is tagged, and it is signed with DKIM. For the session only; see message.h. */
#ifndef BS_ENGINE_OUTBOUND_H
#define BS_ENGINE_OUTBOUND_H

#include "engine/message.h"

/* Whether a message from this sender needs attention. */
bool bs_outbound_is_of_interest(const struct bs_session *session, struct bs_bytes sender);

/* Sets the session's new message up; reports why its sender is not tagged where that is worth a line. */
enum bs_begun bs_outbound_begin(struct bs_session *session);

/* A recipient that was taken: one on the no-sign list keeps the sender from being tagged. */
void bs_outbound_recipient(struct bs_session *session, struct bs_bytes path);

/* Whether nothing is left to do before the message has come, as no recipient will be added. */
bool bs_outbound_is_over(const struct bs_message *message);
struct bs_reply bs_outbound_end_unsigned(struct bs_session *session);

/* The end of data: ACCEPT with the changes, or WAIT. */
struct bs_reply bs_outbound_end(struct bs_session *session, struct bs_changes *ret_changes);

#endif
