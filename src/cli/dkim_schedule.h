/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is due for the DKIM keys of one domain: a pure function of their states, of what DNS shows of them, and of the
 * time. RSA and Ed25519 keys are each renewed for themselves. A key goes from new to signing when every name server of
 * the zone shows it, and the former one then goes to retiring; after a while, in which mail that it signed arrives and
 * is verified, it is revoked. Carrying that out is for `backstop dkim rotate`.
 */
#ifndef BS_CLI_DKIM_SCHEDULE_H
#define BS_CLI_DKIM_SCHEDULE_H

#include "config/dkim_keys.h"
#include "crypto/signature.h"

enum { BS_KEY_TYPES = BS_KEY_ED25519 + 1 };

#define BS_DKIM_NEVER INT64_MAX

enum bs_dkim_sight {
    BS_DKIM_SEEN,    /* all name servers show the key */
    BS_DKIM_UNSEEN,  /* one does not */
    BS_DKIM_UNKNOWN, /* it could not be found out */
};

struct bs_dkim_schedule_key {
    enum bs_key_type type;
    enum bs_dkim_key_state state;
    int64_t since;
    enum bs_dkim_sight sight; /* of new keys only */
};

struct bs_dkim_schedule {
    int64_t overlap;           /* seconds that a key is published after its last signature */
    int64_t every;             /* seconds that a key signs */
    bool wanted[BS_KEY_TYPES]; /* types that the domain is to have, beside those that it has */
};

enum bs_dkim_action {
    BS_DKIM_MAKE,   /* a key of the type, without index */
    BS_DKIM_START,  /* new → signing */
    BS_DKIM_RETIRE, /* signing → retiring */
    BS_DKIM_REVOKE, /* retiring → revoked */
    BS_DKIM_WAIT,   /* a new key that is not seen everywhere */
    BS_DKIM_DOUBT,  /* a new key of which it could not be found out */
};

struct bs_dkim_plan_step {
    enum bs_dkim_action action;
    enum bs_key_type type;
    size_t key; /* index; of MAKE: none */
};

struct bs_dkim_plan {
    struct bs_dkim_plan_step steps[BS_DKIM_KEYS_MAX + BS_KEY_TYPES];
    size_t count;
    int64_t next; /* when something is due without anybody's doing; BS_DKIM_NEVER: nothing */
};

/* All that is due now. Of each key there is one step at most. `count` is up to BS_DKIM_KEYS_MAX. */
void bs_dkim_schedule_plan(const struct bs_dkim_schedule *schedule, const struct bs_dkim_schedule_key *keys,
                           size_t count, int64_t now, struct bs_dkim_plan *ret_plan);

#endif
