/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of two results of one proof counts: what speaks for the message goes before what leaves it open, and that
 * before what speaks against it. */
#ifndef BS_PROOF_EVIDENCE_RANK_H
#define BS_PROOF_EVIDENCE_RANK_H

#include "proof/evidence.h"

static inline enum bs_proof_result bs_proof_better(enum bs_proof_result a, enum bs_proof_result b)
{
    static const unsigned char ranks[] = {
        [BS_PROOF_ABSENT] = 0, [BS_PROOF_FORGED] = 1,  [BS_PROOF_UNSURE] = 2,
        [BS_PROOF_UNBOUND] = 3, [BS_PROOF_EXPIRED] = 4, [BS_PROOF_GOOD] = 5,
    };
    return ranks[b] > ranks[a] ? b : a;
}

#endif
