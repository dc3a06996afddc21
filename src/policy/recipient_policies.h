/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which policy for automatic mail holds for a recipient: that of the address, or of the address without its extension, or
 * of the domain, or of the nearest domain above it that is named as .domain, or that for all others.
 */
#ifndef BS_POLICY_RECIPIENT_POLICIES_H
#define BS_POLICY_RECIPIENT_POLICIES_H

#include "message/address.h"
#include "policy/bounce_policy.h"
#include "policy/name_set.h"

/* Begins as all zero but for `others`. */
struct bs_recipient_policies {
    struct bs_bounce_policy others; /* see bs_bounce_policy_default */
    struct bs_name_set names;       /* private */
};

/* "user@domain", "domain" or ".domain". The policy is copied. False without memory, or for a name that is there. */
bool bs_recipient_policies_add(struct bs_recipient_policies *policies, const char *name,
                               const struct bs_bounce_policy *policy);
void bs_recipient_policies_free(struct bs_recipient_policies *policies);

const struct bs_bounce_policy *bs_recipient_policies_find(const struct bs_recipient_policies *policies,
                                                          const struct bs_address *recipient);

#endif
