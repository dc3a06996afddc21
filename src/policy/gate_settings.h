/* SPDX-License-Identifier: BSD-2-Clause */
/* What the gate knows, as gate_settings.c builds it and gate.c reads it. Private to these two. */
#ifndef BS_POLICY_GATE_SETTINGS_H
#define BS_POLICY_GATE_SETTINGS_H

#include "policy/gate.h"
#include "policy/name_set.h"

struct bs_gate_domain {
    enum bs_mode mode;
    bool fold_case;                 /* sign addresses in lower case, see batv.h */
    bool nobody_sends;              /* no address of the domain sends */
    struct bs_name_set never_sends; /* local parts */
};

struct bs_gate {
    struct bs_batv_keys keys; /* owned */
    unsigned lifetime;        /* days */
    enum bs_mode highest;     /* of all domains */
    struct bs_name_set domains;
    struct bs_name_set no_sign; /* "user@domain", "domain", ".domain" */
    struct bs_network *networks;
    size_t network_count;
};

#endif
