/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of treatments; see bounce_policy.h. */
#include "policy/bounce_policy.h"

enum bs_automatic_group bs_automatic_group(enum bs_kind kind)
{
    switch (kind) {
    case BS_KIND_DSN_FAILED:
    case BS_KIND_DSN_DELAYED:
    case BS_KIND_DSN_SUCCESS:
        return BS_GROUP_BOUNCE;
    case BS_KIND_AUTOREPLY:
        return BS_GROUP_AUTO_REPLY;
    case BS_KIND_CHALLENGE:
        return BS_GROUP_CHALLENGE;
    case BS_KIND_NOTICE:
        return BS_GROUP_NOTICE;
    default:
        return BS_GROUP_NONE;
    }
}

struct bs_bounce_policy bs_bounce_policy_default(void)
{
    static const enum bs_action unclear[BS_COLUMN_COUNT] = {
        [BS_COLUMN_NORMAL] = BS_ACTION_TAG,
        [BS_COLUMN_CAMPAIGN] = BS_ACTION_QUARANTINE,
    };
    struct bs_bounce_policy policy;
    for (int column = 0; column < BS_COLUMN_COUNT; column++) {
        for (int group = 0; group < BS_GROUP_COUNT; group++) {
            policy.actions[column][group][BS_UNPROVEN_NOT_OURS] = BS_ACTION_REFUSE;
            policy.actions[column][group][BS_UNPROVEN_UNCLEAR] = unclear[column];
        }
    }
    return policy;
}

/* Of kinds that are in no group. */
static enum bs_reason free_reason(enum bs_kind kind)
{
    switch (kind) {
    case BS_KIND_MDN:
        return BS_REASON_MDN;
    case BS_KIND_ARF:
        return BS_REASON_ARF;
    case BS_KIND_LIST:
        return BS_REASON_LIST;
    case BS_KIND_OTHER:
        return BS_REASON_OTHER_AUTOMATIC;
    default:
        return BS_REASON_NOT_AUTOMATIC;
    }
}

static enum bs_reason group_reason(enum bs_automatic_group group, enum bs_verdict verdict)
{
    static const enum bs_reason reasons[BS_GROUP_COUNT][3] = {
        [BS_GROUP_BOUNCE] = {BS_REASON_BOUNCE_PROVEN, BS_REASON_BOUNCE_NOT_OURS, BS_REASON_BOUNCE_UNCLEAR},
        [BS_GROUP_AUTO_REPLY] =
            {BS_REASON_AUTO_REPLY_PROVEN, BS_REASON_AUTO_REPLY_NOT_OURS, BS_REASON_AUTO_REPLY_UNCLEAR},
        [BS_GROUP_CHALLENGE] =
            {BS_REASON_CHALLENGE_PROVEN, BS_REASON_CHALLENGE_NOT_OURS, BS_REASON_CHALLENGE_UNCLEAR},
        [BS_GROUP_NOTICE] = {BS_REASON_NOTICE_PROVEN, BS_REASON_NOTICE_NOT_OURS, BS_REASON_NOTICE_UNCLEAR},
    };
    return reasons[group][verdict];
}

struct bs_decision bs_bounce_policy_decide(const struct bs_bounce_policy *policy, enum bs_kind kind,
                                           enum bs_verdict verdict, enum bs_policy_column column, bool observe)
{
    enum bs_automatic_group group = bs_automatic_group(kind);
    struct bs_decision decision = {.action = BS_ACTION_PASS};
    if (group == BS_GROUP_NONE) {
        decision.reason = free_reason(kind);
        return decision;
    }
    decision.reason = group_reason(group, verdict);
    if (verdict == BS_VERDICT_PROVEN)
        return decision;
    enum bs_unproven unproven = verdict == BS_VERDICT_NOT_OURS ? BS_UNPROVEN_NOT_OURS : BS_UNPROVEN_UNCLEAR;
    enum bs_action action = policy->actions[column][group][unproven];
    decision.observed = observe && action != BS_ACTION_PASS;
    decision.action = observe ? BS_ACTION_PASS : action;
    return decision;
}

bool bs_action_is_gentler(enum bs_action a, enum bs_action b)
{
    static const int severity[] = {
        [BS_ACTION_PASS] = 0,   [BS_ACTION_TAG] = 1,     [BS_ACTION_QUARANTINE] = 2,
        [BS_ACTION_REFUSE] = 3, [BS_ACTION_DISCARD] = 4,
    };
    return severity[a] < severity[b];
}

bool bs_bounce_policy_is_unproven(enum bs_kind kind, enum bs_verdict verdict)
{
    return bs_automatic_group(kind) != BS_GROUP_NONE && verdict != BS_VERDICT_PROVEN;
}
