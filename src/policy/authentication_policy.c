/* SPDX-License-Identifier: BSD-2-Clause */
/* From verdicts to a decision; see authentication_policy.h. */
#include "policy/authentication_policy.h"

static const struct {
    enum bs_reason clear, ambiguous;
} reasons[] = {
    [BS_DMARC_QUARANTINE] = {BS_REASON_DMARC_QUARANTINE, BS_REASON_FROM_AMBIGUOUS_QUARANTINE},
    [BS_DMARC_REJECT] = {BS_REASON_DMARC_REJECT, BS_REASON_FROM_AMBIGUOUS_REJECT},
};

static struct bs_decision pass(enum bs_reason reason)
{
    return (struct bs_decision){.action = BS_ACTION_PASS, .reason = reason};
}

/* For mail that nothing is to be done about. */
static enum bs_reason harmless_reason(const struct bs_dmarc_verdict *dmarc, bool ambiguous)
{
    static const enum bs_reason by_result[] = {
        [BS_DMARC_RESULT_NONE] = BS_REASON_DMARC_NONE,           [BS_DMARC_RESULT_PASS] = BS_REASON_DMARC_PASS,
        [BS_DMARC_RESULT_FAIL] = BS_REASON_DMARC_FAIL,           [BS_DMARC_RESULT_TEMPERROR] = BS_REASON_DMARC_TEMPERROR,
        [BS_DMARC_RESULT_PERMERROR] = BS_REASON_DMARC_NONE,
    };
    return ambiguous ? BS_REASON_FROM_AMBIGUOUS : by_result[dmarc->result];
}

static struct bs_decision defer(enum bs_reason reason)
{
    return (struct bs_decision){.action = BS_ACTION_DEFER, .reason = reason};
}

static bool is_deferred(const struct bs_authentication_policy *policy, const struct bs_dmarc_verdict *dmarc,
                        enum bs_trust trust)
{
    return policy->enforce && policy->defer_temperror && dmarc->result == BS_DMARC_RESULT_TEMPERROR &&
           trust == BS_TRUST_NONE;
}

struct bs_decision bs_policy_authenticated(const struct bs_authentication_policy *policy,
                                           const struct bs_dmarc_verdict *dmarc, const struct bs_author *author,
                                           enum bs_trust trust)
{
    static const enum bs_reason trusted[] = {
        [BS_TRUST_PROVEN_BOUNCE] = BS_REASON_PROVEN_BOUNCE,
        [BS_TRUST_FORWARDER] = BS_REASON_TRUSTED_FORWARDER,
        [BS_TRUST_SEALER] = BS_REASON_TRUSTED_SEALER,
    };
    bool ambiguous = bs_author_is_ambiguous(author);
    bool unseen = author->incomplete && dmarc->disposition != BS_DMARC_REJECT;
    enum bs_dmarc_policy wanted = unseen ? BS_DMARC_REJECT : dmarc->disposition;
    if (wanted != BS_DMARC_QUARANTINE && wanted != BS_DMARC_REJECT)
        return is_deferred(policy, dmarc, trust) ? defer(BS_REASON_DMARC_TEMPERROR)
                                                 : pass(harmless_reason(dmarc, ambiguous));
    if (trust != BS_TRUST_NONE)
        return pass(trusted[trust]);
    struct bs_decision decision = {
        .action = wanted == BS_DMARC_REJECT ? policy->for_reject : policy->for_quarantine,
        .reason = unseen      ? BS_REASON_FROM_INCOMPLETE
                  : ambiguous ? reasons[wanted].ambiguous
                              : reasons[wanted].clear,
    };
    if (!policy->enforce) {
        decision.action = BS_ACTION_PASS;
        decision.observed = true;
    }
    return decision;
}

/* --- Senders ------------------------------------------------------------------------------------------------ */

enum reach { REACHED, UNREACHED, UNKNOWN, WAITING };

/* Whether the domain has an address of this type. */
static enum reach has_address(struct bs_bytes domain, enum bs_dns_type type, const struct bs_answers *known,
                              struct bs_questions *missing)
{
    const struct bs_dns_answer *answer = bs_ask_dns(known, missing, domain, type);
    if (!answer)
        return WAITING;
    if (bs_dns_failed(answer))
        return UNKNOWN;
    return answer->status == BS_DNS_FOUND ? REACHED : UNREACHED;
}

/* A domain without MX is reached at its address (RFC 5321 section 5.1). */
static enum reach is_reached_without_mx(struct bs_bytes domain, const struct bs_answers *known,
                                        struct bs_questions *missing)
{
    enum reach ipv4 = has_address(domain, BS_DNS_A, known, missing);
    enum reach ipv6 = has_address(domain, BS_DNS_AAAA, known, missing);
    if (ipv4 == REACHED || ipv6 == REACHED)
        return REACHED;
    return ipv4 > ipv6 ? ipv4 : ipv6;
}

static bool is_null_mx(const struct bs_dns_answer *mx)
{
    return mx->status == BS_DNS_FOUND && mx->count == 1 && mx->records[0].data.len == 0;
}

static enum bs_step decide(enum bs_reason reason, bool enforce, struct bs_decision *ret_decision)
{
    *ret_decision = (struct bs_decision){.action = BS_ACTION_NONE, .reason = reason};
    if (reason == BS_REASON_NONE)
        return BS_DONE;
    ret_decision->action = enforce ? BS_ACTION_REFUSE : BS_ACTION_PASS;
    ret_decision->observed = !enforce;
    return BS_DONE;
}

enum bs_step bs_policy_sender(struct bs_bytes domain, bool enforce, const struct bs_answers *known,
                              struct bs_decision *ret_decision, struct bs_questions *ret_missing)
{
    if (domain.len == 0 || domain.ptr[0] == '[')
        return decide(BS_REASON_NONE, enforce, ret_decision);
    const struct bs_dns_answer *mx = bs_ask_dns(known, ret_missing, domain, BS_DNS_MX);
    if (!mx)
        return BS_ASK;
    if (mx->status == BS_DNS_NXDOMAIN)
        return decide(BS_REASON_SENDER_NXDOMAIN, enforce, ret_decision);
    if (is_null_mx(mx))
        return decide(BS_REASON_SENDER_NULL_MX, enforce, ret_decision);
    if (mx->status != BS_DNS_NODATA)
        return decide(BS_REASON_NONE, enforce, ret_decision);
    enum reach reach = is_reached_without_mx(domain, known, ret_missing);
    if (reach == WAITING)
        return BS_ASK;
    return decide(reach == UNREACHED ? BS_REASON_SENDER_NO_HOST : BS_REASON_NONE, enforce, ret_decision);
}
