/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kind of a message that no standard structure tells: wording counts only together with a sign in the header that
 * a program made the message, or where the subject and the text say the same; a person who forwards, quotes or
 * discusses a bounce has the wording without the signs. A heading is the kind's own condition, see the table in
 * kind_choice.c.
 */
#ifndef BS_BOUNCE_KIND_CHOICE_H
#define BS_BOUNCE_KIND_CHOICE_H

#include "bounce/header_signs.h"
#include "bounce/notice.h"

/* What the rules say of a message, place by place. */
struct bs_wording {
    const struct bs_rule *subject[BS_KIND_COUNT]; /* the heaviest rule that says each kind, or NULL */
    const struct bs_rule *from[BS_KIND_COUNT];
    const struct bs_rule *field[BS_KIND_COUNT];
    struct bs_notice notice;
    bool returns; /* another message is returned in a part of its own */
    bool baits;   /* a program or an archive is attached, as worms and thieves do in the words of mail systems */
};

/* Looks at the places of the header; at some only where the notice, which was looked at before, leaves a doubt. False
 * without memory. */
bool bs_wording_read_header(const struct bs_header *header, const struct bs_header_signs *signs,
                            struct bs_rules_scan *scan, struct bs_arena *arena, struct bs_wording *wording);

/* `ret_sign` is what decided: a rule's id or a word; NULL for ordinary mail. */
enum bs_kind bs_kind_choose(const struct bs_header_signs *signs, const struct bs_wording *wording,
                            const char **ret_sign);

#endif
