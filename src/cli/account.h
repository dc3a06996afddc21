/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An account of one message as automatic mail, for `backstop explain`: what it is, what it returns, each proof, the
 * verdict, and what backstopd would do with it. The judgements are those of the daemon, but the sent registry,
 * which lies in the daemon's memory, is not asked.
 */
#ifndef BS_CLI_ACCOUNT_H
#define BS_CLI_ACCOUNT_H

#include "base/strbuf.h"
#include "engine/settings.h"
#include "proof/evidence.h"

enum { BS_ACCOUNT_MEMORY = 8 << 20 };

/* What is known of the message. All of it is borrowed. */
struct bs_account_facts {
    struct bs_bytes text;
    const struct bs_config *config; /* for `rules`, and for keys and policies where `configured` */
    bool configured;                /* it was read from a file */
    struct bs_bytes sender;         /* of the envelope */
    bool sender_known, sender_given; /* somehow; by an option, so that it may not be in the message */
    const char *recipient;          /* of the envelope; NULL: look into the header */
    int64_t now;
};

/* Where the recipient comes from. */
enum bs_recipient_source { BS_RECIPIENT_UNKNOWN, BS_RECIPIENT_GIVEN, BS_RECIPIENT_FIELD };

struct bs_account {
    struct bs_arena parts_arena, arena;
    struct bs_parts parts;
    struct bs_rules *rules;
    struct bs_rules_scan *scan;
    struct bs_reading reading;
    bool null_sender;
    bool is_read_by_daemon;             /* its header suggests an automatic message */
    enum bs_kind treated_as;            /* by the policy; with the null sender it may be another than it is */

    bool has_settings;                  /* keys and policies are there, and so is all that follows */
    struct bs_settings settings;
    struct bs_error trouble;            /* why they are not; empty: there is no configuration */
    enum bs_recipient_source recipient_source;
    const char *recipient_field;
    struct bs_evidence_recipient recipient;
    enum bs_mode mode;                  /* of its domain */
    struct bs_decision at_rcpt;         /* of mail with the null sender */
    struct bs_evidence evidence;
    struct bs_decision decisions[BS_COLUMN_COUNT]; /* at the end of data */
};

/* Begins as all zero. False after having said what is wrong. */
bool bs_account_make(struct bs_account *account, const struct bs_account_facts *facts);
void bs_account_free(struct bs_account *account);

/* Whether backstopd would judge it by its policy at the end of data. */
bool bs_account_is_judged(const struct bs_account *account);

/* As sections of text, on standard output. */
void bs_account_print(struct bs_account *account);

/* Appends the member `automatic`, which is not the first of its object. */
void bs_account_append(struct bs_account *account, struct bs_strbuf *out);

#endif
