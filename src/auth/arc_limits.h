/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that the senders of a message choose, and how much of it ARC looks at. Those of a field and a key are in
 * dkim_limits.h, and BS_ARC_INSTANCE_MAX, RFC 8617's 50 sets, in dkim_signature.h. */
#ifndef BS_AUTH_ARC_LIMITS_H
#define BS_AUTH_ARC_LIMITS_H

enum {
    BS_ARC_SETS_TRIED_MAX = 20,      /* sets of a chain that is verified; a longer one fails */
    BS_ARC_KEYS_MAX = 24,            /* names in DNS that a message asks for */
    BS_ARC_VERIFICATIONS_MAX = 32,   /* of one message, over all its signatures and their records */
    BS_ARC_RESULTS_SIZE_MAX = 16384, /* bytes of one ARC-Authentication-Results field */
};

#endif
