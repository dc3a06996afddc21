/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts as rules see them: letters past ASCII in lower case and the blanks past ASCII as ASCII's,
 * byte for byte in place, so that offsets stay. Case is folded for Latin, Greek, Cyrillic and
 * full-width Latin letters; ASCII is left as it is. Bytes that are no UTF-8 stay what they are.
 */
#ifndef BS_BOUNCE_RULES_FOLD_H
#define BS_BOUNCE_RULES_FOLD_H

#include "base/bytes.h"

/* Whether there is nothing to fold. */
bool bs_rules_fold_is_needless(struct bs_bytes text);

/* Writes the folded text, which is as long as the text, to `ret_folded`. */
void bs_rules_fold(struct bs_bytes text, char *ret_folded);

#endif
