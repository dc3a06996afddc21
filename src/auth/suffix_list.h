/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Organizational Domain by the Public Suffix List, as DMARC had it before RFC 9989 (RFC 7489 section 3.2). It decides
 * nothing here: it is shown beside the tree walk's, so that differences can be seen. The list is the one that libpsl was built
 * with.
 */
#ifndef BS_AUTH_SUFFIX_LIST_H
#define BS_AUTH_SUFFIX_LIST_H

#include "base/arena.h"

/* The name as A-labels; the result is in the arena. Empty for a public suffix, what is no name, and without a list. */
struct bs_bytes bs_suffix_list_organization(struct bs_bytes name, struct bs_arena *arena);

#endif
