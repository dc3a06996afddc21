/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder of sent mail, a Maildir or an mbox, as the sent registry of a person who has only a mailbox: what of his
 * mail there is, by Message-ID, and which addresses he sends from. It answers the questions of proof/evidence.h as
 * the daemon's registry does. The folder holds what it holds: of mail before its oldest message it knows nothing.
 */
#ifndef BS_CLI_SENT_FOLDER_H
#define BS_CLI_SENT_FOLDER_H

#include "ask/sent.h"
#include "cli/mail_source.h"
#include "message/address.h"

enum {
    BS_SENT_FOLDER_NAMES_MAX = 1 << 26,    /* two for each message */
    BS_SENT_FOLDER_ADDRESSES_MAX = 16,     /* as many as proofs are tried for */
    BS_SENT_FOLDER_MEMORY = 1 << 20,       /* bytes for the header of a message */
};

struct bs_sent_folder {
    struct bs_sent_folder_entry *entries; /* a hash table; private */
    size_t capacity, used;
    uint64_t messages; /* that have a Message-ID */
    int64_t oldest;    /* Date of the oldest; INT64_MAX: there is none with a Date */
    int64_t nameless;  /* Date of the latest that has no Message-ID, so that nobody can find it; INT64_MIN: there is none */
    struct bs_address addresses[BS_SENT_FOLDER_ADDRESSES_MAX]; /* in From, each once, without case */
    size_t address_count;
    struct bs_arena arena; /* of the addresses */
};

void bs_sent_folder_init(struct bs_sent_folder *folder);
void bs_sent_folder_free(struct bs_sent_folder *folder);

/* Adds all messages of a path. `trouble` as in bs_mail_visitor. False where the memory is not enough. */
bool bs_sent_folder_read(struct bs_sent_folder *folder, const char *path,
                         void (*trouble)(void *context, const char *path, const char *why), void *context);

/* Since when it has all mail; INT64_MAX: that is not known. */
int64_t bs_sent_folder_since(const struct bs_sent_folder *folder);

/* Whether there is a message with this Message-ID, in brackets or not. */
bool bs_sent_folder_has(const struct bs_sent_folder *folder, struct bs_bytes message_id, struct bs_arena *arena);

/* Answers a question for a name of proof/sent_name.h. */
struct bs_sent_answer bs_sent_folder_answer(const struct bs_sent_folder *folder, struct bs_bytes name);

#endif
