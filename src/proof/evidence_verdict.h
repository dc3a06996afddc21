/* SPDX-License-Identifier: BSD-2-Clause */
/* What the results of the proofs amount to. */
#ifndef BS_PROOF_EVIDENCE_VERDICT_H
#define BS_PROOF_EVIDENCE_VERDICT_H

#include "proof/evidence.h"

/* The header that is judged: what the reading found, or else, where it takes the message for no automatic one, the
 * first that is attached. */
struct bs_returned bs_evidence_returned(const struct bs_evidence_facts *facts);

/* Fills verdict and why from the results. `all_unknown`: messages are returned or answered that the sent registry
 * would know. False past the arena's limit. */
bool bs_evidence_conclude(const struct bs_evidence_facts *facts, bool all_unknown, struct bs_arena *arena,
                          struct bs_evidence *evidence);

#endif
