/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing mail from outside with ARC (RFC 8617 section 5.1), for hosts that pass mail on: the next server can then see what
 * was found here, whatever the way did to the message. A key that DNS does not show seals nothing, and neither is a chain
 * sealed whose failure another try may cure. For the session only; see message.h.
 */
#ifndef BS_ENGINE_SEALING_H
#define BS_ENGINE_SEALING_H

#include "engine/message.h"

/* Once the header ended: asks for the body hash that a seal needs, where the settings want one. */
void bs_sealing_begin(struct bs_session *session);

/* Asks whether the key is published; nothing once that is known. */
void bs_sealing_ask(struct bs_session *session, struct bs_questions *io_missing);

/* Adds the three fields on top of the results that `changes` hold; reports why where it cannot. */
void bs_sealing_add(struct bs_session *session, struct bs_changes *changes);

#endif
