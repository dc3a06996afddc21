/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The mailboxes of a From field (RFC 5322 section 3.4). The grammar is taken strictly where readers could otherwise
 * differ on an address; a display name may hold dots and square brackets without quotes (obs-phrase, and what mail
 * really has), a local part dots anywhere, a list empty places. It goes with author.h, whose doubts it names.
 */
#ifndef BS_MESSAGE_MAILBOX_LIST_H
#define BS_MESSAGE_MAILBOX_LIST_H

#include "message/author.h"

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

#endif
