/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kind of a message that no standard structure tells: wording counts only together with a sign in the header that
 * a program made the message, or where the subject and the text say the same; a person who forwards, quotes or
 * discusses a bounce has the wording without the signs. What has to come together, and what speaks against a kind, is
 * a table of rows in kind_rows.h.
 */
#ifndef BS_BOUNCE_KIND_CHOICE_H
#define BS_BOUNCE_KIND_CHOICE_H

#include "bounce/wording.h"

/* `ret_sign` is what decided: a rule's id or a word; NULL for ordinary mail. */
enum bs_kind bs_kind_choose(const struct bs_header_signs *signs, const struct bs_wording *wording,
                            const char **ret_sign);

#endif
