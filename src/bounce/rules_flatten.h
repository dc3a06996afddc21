/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A diagnostic as rules see it: one line, in which the same words stand beside each other whoever the recipient is
 * and however the reply was cut into lines. White space is one blank; addresses (of a word with an @ in it, what
 * stands before a < remains), IP addresses, and the codes that the lines of a reply begin with after the first (RFC
 * 5321 section 4.2.1) are left out; typographical apostrophes are '.
 */
#ifndef BS_BOUNCE_RULES_FLATTEN_H
#define BS_BOUNCE_RULES_FLATTEN_H

#include "base/bytes.h"

/* Writes at most as many bytes as the text has; returns how many. */
size_t bs_rules_flatten(struct bs_bytes text, char *ret_flat);

#endif
