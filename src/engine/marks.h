/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The marks that a message from outside gets: our Authentication-Results on top (RFC 8601), and Backstop-Result where it is
 * suspicious. Fields that arrive under our name are taken off first (section 5). For the session only; see message.h.
 */
#ifndef BS_ENGINE_MARKS_H
#define BS_ENGINE_MARKS_H

#include "engine/message.h"

/* The name that results are given under: the configured one, or the MTA's, or "localhost". */
struct bs_bytes bs_session_authserv_id(const struct bs_session *session);

/* Appends to the changes; what there is no memory for is left out. */
void bs_marks_make(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes);

#endif
