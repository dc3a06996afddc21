/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socketmap protocol, from the server's side: Postfix's socketmap_table(5) and Sendmail's socket maps ask
 * `NAME SPACE KEY` in a netstring and get a status word and a text in another. No socket, no memory of its own.
 */
#ifndef BS_WIRE_SOCKETMAP_H
#define BS_WIRE_SOCKETMAP_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/strbuf.h"

enum {
    BS_SOCKETMAP_REQUEST_MAX = 10000, /* bytes in a request's netstring; RFC 5321 paths are far shorter */
    BS_SOCKETMAP_REPLY_MAX = 100000,  /* what Postfix reads at most */
};

struct bs_socketmap_request {
    struct bs_bytes map; /* the map's name */
    struct bs_bytes key; /* what is looked up; may hold spaces */
};

enum bs_socketmap_status {
    BS_SOCKETMAP_OK,       /* found: the text is the value */
    BS_SOCKETMAP_NOTFOUND, /* no such key */
    BS_SOCKETMAP_TEMP,     /* try again later: the text says why */
    BS_SOCKETMAP_TIMEOUT,  /* no answer in time */
    BS_SOCKETMAP_PERM,     /* this map cannot answer, a fault of configuration */
};

enum bs_socketmap_progress {
    BS_SOCKETMAP_REQUEST, /* ret_request is filled, the input has moved past it */
    BS_SOCKETMAP_MORE,    /* less than one request */
    BS_SOCKETMAP_BAD,     /* no netstring, too long, or no space in it: the session must end */
};

/* Takes one request off the front of `io_input`; the views borrow from it. */
enum bs_socketmap_progress bs_socketmap_decode(struct bs_bytes *io_input, struct bs_socketmap_request *ret_request,
                                               struct bs_error *ret_error);

/* Appends one reply. A text that is too long for Postfix is cut; a value never is: `out` fails instead. */
void bs_socketmap_encode(struct bs_strbuf *out, enum bs_socketmap_status status, struct bs_bytes text);

/* The other side, for probes and tests: a request, and a reply read back. `map` holds no space. */
void bs_socketmap_encode_request(struct bs_strbuf *out, const char *map, struct bs_bytes key);
enum bs_socketmap_progress bs_socketmap_decode_reply(struct bs_bytes *io_input, enum bs_socketmap_status *ret_status,
                                                     struct bs_bytes *ret_text, struct bs_error *ret_error);

#endif
