/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The marks that a message from outside gets: our Authentication-Results on top (RFC 8601), and Backstop-Result where it is
 * suspicious, or automatic. Fields that arrive under our name are taken off first (section 5). The session makes changes of them, `backstop
 * auth` shows them.
 */
#ifndef BS_ENGINE_MARKS_H
#define BS_ENGINE_MARKS_H

#include "engine/message.h"

enum { BS_REMOVED_SIZE_MAX = 32 * 1024 }; /* bytes that an MTA is told to take fields off with; see BS_MILTER_OUTPUT_MAX */

/* The name that results are given under: the configured one, or the MTA's, or "localhost". */
struct bs_bytes bs_session_authserv_id(const struct bs_session *session);

/* The value of our Authentication-Results, folded with LF, as it says what is done; ptr is NULL without memory. */
struct bs_bytes bs_marks_results(const struct bs_authentication *authentication, struct bs_bytes authserv_id,
                                 const struct bs_decision *decision, struct bs_arena *arena);

/* Fields that claim to be ours, in the order in which to remove them; in the authentication's arena. False without memory,
 * and for more than may be taken off. */
bool bs_marks_find_forged(struct bs_authentication *authentication, struct bs_bytes authserv_id,
                          struct bs_removed_field **ret_removed, size_t *ret_count);

/* Takes all fields off that claim to be our Backstop-Result, where nothing else does. False where that is too much. */
bool bs_marks_remove_forged(unsigned count, struct bs_arena *arena, struct bs_changes *changes);

/* Adds the Backstop-Result of automatic mail; without memory it is left out. */
void bs_marks_add_finding(const struct bs_automatic_finding *finding, const struct bs_decision *decision, struct bs_arena *arena,
                          struct bs_changes *changes);

/* Appends to the changes; without memory the mark gives no reason, and our results are left out. False where what must come off
 * cannot be found, or is too much: then the message must not go on. */
bool bs_marks_make(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes);

#endif
