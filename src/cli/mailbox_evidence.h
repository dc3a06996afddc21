/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a person who has only a mailbox knows of the mail that he sent, and what it says about an automatic message:
 * the folder of his sent mail, his addresses, the keys of a configuration. The judgement is that of
 * proof/evidence.h, with the folder for a registry, and two more grounds, which a server does not have: a message
 * that the folder would hold and does not is not his, nor is one from an address that is none of his.
 */
#ifndef BS_CLI_MAILBOX_EVIDENCE_H
#define BS_CLI_MAILBOX_EVIDENCE_H

#include "cli/mail_reader.h"
#include "cli/sent_folder.h"
#include "proof/evidence.h"

enum {
    BS_MAILBOX_SENT_MAX = 32,       /* folders of sent mail */
    BS_MAILBOX_QUEUE_LIFE = 30,     /* days within which a bounce or a reply comes */
};

struct bs_mailbox_evidence {
    const char *sent_paths[BS_MAILBOX_SENT_MAX];
    size_t sent_count;
    struct bs_sent_folder sent;
    struct bs_address addresses[BS_EVIDENCE_RECIPIENTS_MAX]; /* given; without any, those in `sent` are his */
    size_t address_count;
    const char *config_file;
    struct bs_mailbox_keys *keys; /* of the configuration; NULL without */
};

struct bs_mailbox_verdict {
    enum bs_verdict verdict;
    const char *why;
};

void bs_mailbox_evidence_init(struct bs_mailbox_evidence *evidence);
void bs_mailbox_evidence_free(struct bs_mailbox_evidence *evidence);

/* As options give them, borrowed; false after having said what is wrong. */
bool bs_mailbox_evidence_add_sent(struct bs_mailbox_evidence *evidence, const char *path);
bool bs_mailbox_evidence_add_address(struct bs_mailbox_evidence *evidence, const char *address);

/* Reads folders and keys. -1 to go on, else the exit status, after having said what is wrong. */
int bs_mailbox_evidence_load(struct bs_mailbox_evidence *evidence);

/* Whether anything was given that could show something. */
bool bs_mailbox_evidence_is_there(const struct bs_mailbox_evidence *evidence);

/* What is known of the message that was read. `received` is when it came, in seconds since 1970. */
struct bs_mailbox_verdict bs_mailbox_evidence_judge(const struct bs_mailbox_evidence *evidence,
                                                    struct bs_mail_reader *reader, int64_t received);

#endif
