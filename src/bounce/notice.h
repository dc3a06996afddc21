/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text that a message opens with, as the rules see it: what kinds its wording says, where it names recipients,
 * and where its own words end because it quotes or returns another message. What is quoted line by line says nothing.
 */
#ifndef BS_BOUNCE_NOTICE_H
#define BS_BOUNCE_NOTICE_H

#include "bounce/kind.h"
#include "bounce/rules.h"
#include "message/parts.h"

enum {
    BS_NOTICE_ROLES_MAX = 40,
    BS_NOTICE_TEXTS_MAX = 4,
    BS_NOTICE_SCAN_MAX = 8 * 1024, /* bytes of a text that rules look at */
};

struct bs_notice_role {
    enum bs_rule_role role;
    size_t end; /* offset behind the match */
};

struct bs_notice {
    struct bs_bytes text; /* all of it; empty where the message has none */
    size_t own;           /* bytes of it that are its own words */
    size_t returned;      /* where wording says that the returned message begins; text.len where none does */
    size_t header;        /* where a header of another message is seen; text.len where none is */
    size_t header_end;
    bool html;
    bool verbatim;        /* the text's bytes are those of the message but for the transfer encoding */
    bool cut;             /* there was more of it than was kept */
    const struct bs_rule *kinds[BS_KIND_COUNT]; /* the first rule that says each, or NULL */
    size_t ends[BS_KIND_COUNT];                 /* where its match ends */
    size_t role_count;
    /* In the text's order, without RETURNED_BELOW and QUOTED_BELOW. They are the last, as those past the count are not set. */
    struct bs_notice_role roles[BS_NOTICE_ROLES_MAX];
};

/* Looks at the texts of the message's own parts, at most BS_NOTICE_TEXTS_MAX of them, until one says something; if none
 * does, the first that holds anything is the notice. With `kinds`, that is a kind; without, kinds are not looked for, and
 * it is a role. */
void bs_notice_read(const struct bs_parts *parts, struct bs_rules_scan *scan, bool kinds, struct bs_notice *ret_notice);

/* Whether the wording says nothing of a kind. */
bool bs_notice_is_mute(const struct bs_notice *notice);

#endif
