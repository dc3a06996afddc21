/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What mail of ours takes along so that whatever comes back about it can be known for genuine: a header token
 * (proof/token.h), an ENVID (proof/envelope_id.h), and an entry in the registry of what was sent (store/sent.h). For mail
 * whose envelope sender or whose author lies in a domain of ours that signs. For the session only; see message.h.
 */
#ifndef BS_ENGINE_OUTGOING_H
#define BS_ENGINE_OUTGOING_H

#include "engine/message.h"

/* Whether there is anything to be taken along at all. */
bool bs_outgoing_is_wanted(const struct bs_session *session);

/* NULL without memory. */
struct bs_outgoing *bs_outgoing_new(const struct bs_session *session);
void bs_outgoing_free(struct bs_outgoing *outgoing); /* NULL is allowed */

/* Bytes that it holds. */
size_t bs_outgoing_weight(const struct bs_outgoing *outgoing);

void bs_outgoing_header(struct bs_outgoing *outgoing, struct bs_bytes name, struct bs_bytes body);

/* False where the message turns out to be none of ours. */
bool bs_outgoing_end_of_header(struct bs_session *session);

/* The end of data: the token goes to the changes, the message into the registry. */
void bs_outgoing_end(struct bs_session *session, struct bs_changes *changes);

/* The ENVID for a message whose sender is set, into the changes. A client's own is kept. */
void bs_outgoing_set_envelope_id(struct bs_session *session, struct bs_changes *changes);

#endif
