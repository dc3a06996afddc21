/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection with an MTA that looks tagged recipients up: requests in, replies out, no socket. The answer to an
 * address with a tag of ours is the address without it; to everything else, whatever it is, NOTFOUND: a map that
 * answered PERM or TEMP would keep such mail in the queue.
 */
#ifndef BS_ENGINE_SOCKETMAP_SESSION_H
#define BS_ENGINE_SOCKETMAP_SESSION_H

#include "engine/settings.h"
#include "wire/socketmap.h"

/* Bytes of replies that one call may leave for the peer. */
enum { BS_SOCKETMAP_OUTPUT_MAX = 64 * 1024 };

/*
 * Takes whole requests off the front of `io_input` and appends the replies to `out`, whose limit should be
 * BS_SOCKETMAP_OUTPUT_MAX. A request for a map that is not settings->socketmap_name gets PERM with a text that
 * says so, since that is a fault of the MTA's configuration. False when the peer broke the protocol or does not
 * read: the connection must be closed, and the error says why.
 */
bool bs_socketmap_session_feed(const struct bs_settings *settings, struct bs_bytes *io_input,
                               struct bs_strbuf *out, struct bs_error *ret_error);

#endif
