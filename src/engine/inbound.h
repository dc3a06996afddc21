/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mail from outside: a sender that no bounce could reach, bounces that the gate judges, and what SPF, DKIM, ARC and DMARC
 * say of a message. For the session, see message.h; `backstop auth` asks for bs_inbound_trust.
 */
#ifndef BS_ENGINE_INBOUND_H
#define BS_ENGINE_INBOUND_H

#include "engine/message.h"

/* Whether a message from this sender needs attention. */
bool bs_inbound_is_of_interest(const struct bs_session *session, struct bs_bytes sender);

/* Why a message that fails is delivered all the same: who brought it, or who sealed it. A bounce's proof is not looked at. */
enum bs_trust bs_inbound_trust(const struct bs_settings *settings, const struct bs_ip *client,
                               const struct bs_authentication *authentication, struct bs_arena *arena);

/* Sets the session's new message up. */
enum bs_begun bs_inbound_begin(struct bs_session *session);

/* Judges the sender, and asks for what else can be foreseen: CONTINUE, WAIT, REFUSE, or ACCEPT where nothing is left to
 * judge. */
struct bs_reply bs_inbound_sender(struct bs_session *session);

/* The end of data: ACCEPT with the changes, REFUSE or WAIT. */
struct bs_reply bs_inbound_end(struct bs_session *session, struct bs_changes *ret_changes);

#endif
