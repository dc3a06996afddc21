/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tagged addresses of ours in what an automatic message returns: in the header of the returned message (Return-Path,
 * X-Envelope-From and whatever else some MTA calls it), in its delivery status (X-Postfix-Sender), and in texts.
 * Texts are searched as the reader of parts has them, decoded; each text is looked at once.
 *
 * A tag proves something only if it is of one of the recipients: a bounce goes where the tag was made for. One that
 * was changed counts as forged only where it stands in a header or a report, since text may have been cut or
 * rewritten.
 */
#ifndef BS_PROOF_RETURNED_TAG_H
#define BS_PROOF_RETURNED_TAG_H

#include "proof/evidence.h"

/* The best result of all that were found; UNSURE where there are more than BS_EVIDENCE_TAGS_MAX and none is good. */
enum bs_proof_result bs_returned_tag_judge(const struct bs_evidence_facts *facts, struct bs_arena *arena);

#endif
