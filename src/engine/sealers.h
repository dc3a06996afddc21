/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose ARC seals are believed (RFC 8617 section 7.2.1). */
#ifndef BS_ENGINE_SEALERS_H
#define BS_ENGINE_SEALERS_H

#include "auth/arc.h"
#include "policy/name_set.h"

/* Whether a trusted sealer saw DMARC pass for this author: the chain passes, all its sealers from that one to the last are
 * trusted, so that none could have changed the message unseen, and its results say dmarc=pass for the author's domain. */
bool bs_sealers_vouch(const struct bs_name_set *trusted, const struct bs_arc_result *arc, struct bs_bytes author,
                      struct bs_arena *arena);

#endif
