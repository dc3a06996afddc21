/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of names; see recipient_policies.h. */
#include "policy/recipient_policies.h"

#include <stdlib.h>

bool bs_recipient_policies_add(struct bs_recipient_policies *policies, const char *name,
                               const struct bs_bounce_policy *policy)
{
    struct bs_bounce_policy *copy = malloc(sizeof *copy);
    if (!copy)
        return false;
    *copy = *policy;
    if (bs_name_set_add(&policies->names, bs_bytes_from_cstr(name), copy))
        return true;
    free(copy);
    return false;
}

void bs_recipient_policies_free(struct bs_recipient_policies *policies)
{
    bs_name_set_clear(&policies->names, free);
}

static const struct bs_bounce_policy *find_name(const struct bs_recipient_policies *policies, struct bs_bytes name)
{
    void *found = NULL;
    return bs_name_set_find(&policies->names, name, &found) ? found : NULL;
}

static const struct bs_bounce_policy *find_address(const struct bs_recipient_policies *policies, struct bs_bytes local,
                                                   struct bs_bytes domain)
{
    char text[BS_NAME_MAX];
    size_t length = local.len + 1 + domain.len;
    if (local.len == 0 || length > sizeof text)
        return NULL;
    memcpy(text, local.ptr, local.len);
    text[local.len] = '@';
    if (domain.len > 0)
        memcpy(text + local.len + 1, domain.ptr, domain.len);
    return find_name(policies, bs_bytes(text, length));
}

/* The domain itself, or .domain above it. */
static const struct bs_bounce_policy *find_domain(const struct bs_recipient_policies *policies, struct bs_bytes domain)
{
    const struct bs_bounce_policy *found = find_name(policies, domain);
    for (size_t dot = bs_bytes_find(domain, '.'); !found && dot < domain.len; dot = bs_bytes_find(domain, '.')) {
        domain = bs_bytes_skip(domain, dot);
        found = find_name(policies, domain);
        domain = bs_bytes_skip(domain, 1);
    }
    return found;
}

const struct bs_bounce_policy *bs_recipient_policies_find(const struct bs_recipient_policies *policies,
                                                          const struct bs_address *recipient)
{
    if (!policies->names.entries)
        return &policies->others;
    const struct bs_bounce_policy *found = find_address(policies, recipient->local, recipient->domain);
    if (!found)
        found = find_address(policies, bs_address_base_local(recipient), recipient->domain);
    if (!found)
        found = find_domain(policies, recipient->domain);
    return found ? found : &policies->others;
}
