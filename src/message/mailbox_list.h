/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailboxes of a From field (RFC 5322 section 3.4), in two ways.
 *
 * bs_mailbox_list_read finds the domains that DMARC asks about. It takes the grammar strictly where readers could
 * otherwise differ on an address; a display name may hold dots and square brackets without quotes (obs-phrase, and what
 * mail really has), a local part dots anywhere, a list empty places. It goes with author.h, whose doubts it names.
 *
 * bs_from_addresses finds the addresses in fields whose text a signature or a token of ours vouches for, or that are our
 * own: it has no doubts, and what is no address does not keep it from the next.
 */
#ifndef BS_MESSAGE_MAILBOX_LIST_H
#define BS_MESSAGE_MAILBOX_LIST_H

#include "message/address.h"
#include "message/author.h"

enum { BS_FROM_ADDRESSES_MAX = 16 }; /* mailboxes of one field that bs_from_addresses looks at */

enum bs_mailbox_part_kind { BS_MAILBOX_WORDS, BS_MAILBOX_QUOTED, BS_MAILBOX_COMMENT };

/* Something beside an address that may hold another one to some reader. */
struct bs_mailbox_part {
    enum bs_mailbox_part_kind kind;
    struct bs_bytes text;
};

/* Views borrow from the text that is read. */
struct bs_mailbox_list {
    enum bs_author_doubt doubt; /* the first; what is behind it was not read */
    size_t count;
    struct bs_domain_names domains;
    struct bs_mailbox_part parts[BS_AUTHOR_PARTS_MAX];
    size_t part_count;
};

void bs_mailbox_list_read(struct bs_bytes text, struct bs_arena *arena, struct bs_mailbox_list *ret_list);

/* Reads the addresses of a field's body. Returns how many were put in `ret_addresses`. The views borrow from `body`,
 * or from the arena. */
size_t bs_from_addresses(struct bs_bytes body, struct bs_arena *arena,
                         struct bs_address ret_addresses[BS_FROM_ADDRESSES_MAX]);

/* Whether one of them is this one, but for case. */
bool bs_from_has(struct bs_bytes body, const struct bs_address *address, struct bs_arena *arena);

#endif
