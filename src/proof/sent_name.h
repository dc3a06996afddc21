/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the sent registry calls a message (ask/sent.h): 128 bits of SHA-256 over its Message-ID (RFC 5322 section
 * 3.6.4) and a sender in lower case, or none, in hexadecimal. A message is put under several names: without sender,
 * so that it can be told from one that never passed; with its envelope sender; and with its author, where that is
 * another, since automatic replies go there.
 */
#ifndef BS_PROOF_SENT_NAME_H
#define BS_PROOF_SENT_NAME_H

#include "message/address.h"

enum {
    BS_SENT_NAME_SIZE = 32,  /* bytes of a name, without its NUL */
    BS_MESSAGE_ID_MAX = 998, /* bytes of a Message-ID that is looked at */
};

/* The Message-ID in a field's body or a text: from the first < to the > behind it, or all of it without white space
 * at its ends; empty where there is none. Borrows. */
struct bs_bytes bs_message_id_of(struct bs_bytes text);

/* Makes the name. `sender` without its tag, or NULL. False for an empty Message-ID, one that is too long, or where
 * memory or the crypto library fails. */
bool bs_sent_name(struct bs_bytes message_id, const struct bs_address *sender, struct bs_arena *arena,
                  char ret_name[BS_SENT_NAME_SIZE + 1]);

#endif
