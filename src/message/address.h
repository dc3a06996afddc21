/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of the envelope: Reverse-path and Forward-path (RFC 5321 section 4.1.2, RFC 6531 for UTF-8).
 * Reading is as tolerant as MTAs are: the angle brackets may be missing, a source route is dropped. What is read
 * has one form only: the local part without its quoting, so that "user"@x and user@x are the same address, and the
 * domain without the dot that may end it. Comments and blanks within an address, which some MTAs take, are not read.
 */
#ifndef BS_MESSAGE_ADDRESS_H
#define BS_MESSAGE_ADDRESS_H

#include "base/arena.h"

enum {
    BS_PATH_MAX = 1024,      /* bytes in a path that is read; RFC 5321 section 4.5.3.1.3 asks for 256 */
    BS_LOCAL_PART_MAX = 64,  /* section 4.5.3.1.1: what every MTA takes */
    BS_DOMAIN_MAX = 255,     /* section 4.5.3.1.2 */
};

struct bs_address {
    struct bs_bytes local;  /* unquoted; never empty */
    struct bs_bytes domain; /* in the case it came in; empty only for a bare local part such as <postmaster> */
};

/* True for the null reverse-path, `<>`. */
bool bs_path_is_null(struct bs_bytes path);

/* Reads a path. The views borrow from `path`, or from the arena where quoting had to be taken off. False for the
 * null path, for what is no address, and past a limit. */
bool bs_path_parse(struct bs_bytes path, struct bs_arena *arena, struct bs_address *ret_address);

/* Reads an address as MTAs keep it inside: the local part unquoted, up to the last @. The views borrow from `text`.
 * False without a local part or a domain. */
bool bs_address_from_internal(struct bs_bytes text, struct bs_address *ret_address);

/* Whether an MTA may find another address within this one: user%domain@relay, domain!user, "user@domain"@relay, no
 * domain at all, or an address literal for one. */
bool bs_address_may_be_routed(const struct bs_address *address);

/* local@domain, the local part quoted only where it must be, in the arena and with a NUL behind it; ptr is NULL
 * past the arena's limit. */
struct bs_bytes bs_address_text(const struct bs_address *address, struct bs_arena *arena);

/* The address in lower case (ASCII only), in the arena; an empty local part past the arena's limit. */
struct bs_address bs_address_fold_case(const struct bs_address *address, struct bs_arena *arena);

/* Equal but for ASCII case. */
bool bs_address_same(const struct bs_address *a, const struct bs_address *b);

/* The local part without an address extension: up to the first `+` that is not its first byte (RFC 5233). */
struct bs_bytes bs_address_base_local(const struct bs_address *address);

/* Whether the text is a dot-atom (RFC 5322 section 3.2.3), in ASCII: needs no quotes wherever an address stands. */
bool bs_is_dot_atom(struct bs_bytes text);

#endif
