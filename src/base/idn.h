/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Internationalised domain names as DNS has them: U-labels become A-labels (RFC 5890 section 2.3.2.1, by Punycode, RFC
 * 3492). A U-label is in lower case and Unicode's form C by definition; nothing is mapped or normalised here, and whether
 * the characters are allowed in a name is not checked: a name that is no U-label becomes one that nobody has.
 */
#ifndef BS_BASE_IDN_H
#define BS_BASE_IDN_H

#include "base/arena.h"

enum { BS_IDN_LABEL_MAX = 63 }; /* bytes of a label, before and after */

/* The name with every label in ASCII, in lower case, in the arena; one without U-labels is only folded. ptr is NULL
 * where the name is not UTF-8, a U-label is longer than BS_IDN_LABEL_MAX on either side, or the arena is full. */
struct bs_bytes bs_idn_to_ascii(struct bs_bytes name, struct bs_arena *arena);

#endif
