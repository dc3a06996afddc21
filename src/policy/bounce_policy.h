/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of an automatic message at the end of data, by what it is and whether it is about mail of ours. A policy has
 * an action for each group of kinds and each verdict but "proven", which is always let through, in two columns: what holds
 * at most times, and what holds during a campaign (see campaign.h). Receipts, feedback reports, list mail and what is no
 * automatic message at all are let through: they need not be about mail of ours.
 *
 * The defaults lose nothing: what is certain not to be ours is refused, what cannot be told is delivered with a mark, and in
 * a campaign held for the administrator to look at, where the MTA can.
 */
#ifndef BS_POLICY_BOUNCE_POLICY_H
#define BS_POLICY_BOUNCE_POLICY_H

#include "bounce/kind.h"
#include "policy/decision.h"
#include "proof/evidence.h"

/* Kinds that are treated alike. */
enum bs_automatic_group {
    BS_GROUP_BOUNCE,     /* delivery status notifications, in whatever form */
    BS_GROUP_AUTO_REPLY,
    BS_GROUP_CHALLENGE,
    BS_GROUP_NOTICE,     /* of scanners */
    BS_GROUP_COUNT,
    BS_GROUP_NONE = BS_GROUP_COUNT /* all other mail */
};

enum bs_unproven { BS_UNPROVEN_NOT_OURS, BS_UNPROVEN_UNCLEAR, BS_UNPROVEN_COUNT };
enum bs_policy_column { BS_COLUMN_NORMAL, BS_COLUMN_CAMPAIGN, BS_COLUMN_COUNT };

struct bs_bounce_policy {
    /* PASS, TAG, QUARANTINE, REFUSE or DISCARD */
    enum bs_action actions[BS_COLUMN_COUNT][BS_GROUP_COUNT][BS_UNPROVEN_COUNT];
};

enum bs_automatic_group bs_automatic_group(enum bs_kind kind);

/* What a policy that says nothing does. */
struct bs_bounce_policy bs_bounce_policy_default(void);

/* The action and its reason. Where the domain observes, PASS with `observed` instead of anything that keeps mail from its
 * reader or changes it. */
struct bs_decision bs_bounce_policy_decide(const struct bs_bounce_policy *policy, enum bs_kind kind,
                                           enum bs_verdict verdict, enum bs_policy_column column, bool observe);

/* Whether `a` is done to a message rather than `b`, where its recipients differ: the action that takes less from them. */
bool bs_action_is_gentler(enum bs_action a, enum bs_action b);

/* Whether the message counts for a campaign. */
bool bs_bounce_policy_is_unproven(enum bs_kind kind, enum bs_verdict verdict);

#endif
