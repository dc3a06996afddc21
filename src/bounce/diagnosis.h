/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a recipient failed, from the three things that a bounce says about it: the enhanced status (RFC 3463, and the
 * registry of enhanced status codes that RFC 5248 began), the reply code of SMTP (RFC 5321 section 4.2) and the text.
 * Texts are looked at by the rules for `diagnostic`. Each of the three has a weight for what it says, and the
 * heaviest counts: a text that is specific before a status, a status that is before a text that is not, and the reply
 * code where neither says anything. Words that say no more than what a reply is about (rules of a weight below 8) count
 * only beside a code that would mean an unknown mailbox alone.
 */
#ifndef BS_BOUNCE_DIAGNOSIS_H
#define BS_BOUNCE_DIAGNOSIS_H

#include "bounce/failure.h"
#include "bounce/rules.h"

enum { BS_DIAGNOSIS_CODES_MAX = 2000 }; /* bytes of a text in which codes are looked for */

/* `status`: "5.1.1" or empty; `reply_code`: 400 to 599 or 0; `diagnostic`: whatever text there is about this
 * recipient, of any length and with or without codes in it, which are found where the others do not say anything. */
enum bs_failure bs_diagnose(struct bs_rules_scan *scan, struct bs_bytes status, unsigned reply_code,
                            struct bs_bytes diagnostic);

#endif
