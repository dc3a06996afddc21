/* SPDX-License-Identifier: BSD-2-Clause */
/* Building what the gate knows; see gate.h. */
#include "policy/gate_settings.h"

#include <stdlib.h>

struct bs_gate *bs_gate_new(const struct bs_batv_keys *keys, unsigned lifetime)
{
    struct bs_gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    gate->keys = *keys;
    gate->lifetime = lifetime;
    return gate;
}

static void free_domain(void *value)
{
    struct bs_gate_domain *domain = value;
    bs_name_set_clear(&domain->never_sends, NULL);
    free(domain);
}

void bs_gate_free(struct bs_gate *gate)
{
    if (!gate)
        return;
    bs_batv_keys_free(&gate->keys);
    bs_name_set_clear(&gate->domains, free_domain);
    bs_name_set_clear(&gate->no_sign, NULL);
    free(gate->networks);
    free(gate);
}

bool bs_gate_add_domain(struct bs_gate *gate, const char *name, enum bs_mode mode, bool fold_case)
{
    struct bs_gate_domain *domain = calloc(1, sizeof *domain);
    if (!domain)
        return false;
    domain->mode = mode;
    domain->fold_case = fold_case;
    if (bs_name_set_add(&gate->domains, bs_bytes_from_cstr(name), domain)) {
        if (mode > gate->highest)
            gate->highest = mode;
        return true;
    }
    free(domain);
    return false;
}

/* Adds a name that may be there already. */
static bool add_name(struct bs_name_set *set, struct bs_bytes name)
{
    return bs_name_set_find(set, name, NULL) || bs_name_set_add(set, name, NULL);
}

bool bs_gate_add_never_sends(struct bs_gate *gate, const char *domain, const char *local)
{
    void *found;
    if (!bs_name_set_find(&gate->domains, bs_bytes_from_cstr(domain), &found))
        return false;
    struct bs_gate_domain *entry = found;
    if (strcmp(local, "*") == 0) {
        entry->nobody_sends = true;
        return true;
    }
    return add_name(&entry->never_sends, bs_bytes_from_cstr(local));
}

bool bs_gate_add_network(struct bs_gate *gate, const struct bs_network *network)
{
    struct bs_network *grown = realloc(gate->networks, (gate->network_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    gate->networks = grown;
    gate->networks[gate->network_count++] = *network;
    return true;
}

bool bs_gate_add_no_sign(struct bs_gate *gate, const char *pattern)
{
    return add_name(&gate->no_sign, bs_bytes_from_cstr(pattern[0] == '@' ? pattern + 1 : pattern));
}
