/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a notice shows beside the kind that its wording says: that the wording stands where it opens, that a server's
 * reply or a link is in it, that it names somebody. Each looks through a text, so whoever chooses a kind asks only
 * where the answer decides.
 */
#ifndef BS_BOUNCE_NOTICE_SIGNS_H
#define BS_BOUNCE_NOTICE_SIGNS_H

#include "bounce/header_signs.h"
#include "bounce/notice.h"

enum { BS_NOTICE_OPENING = 1500 }; /* bytes of a text in which a bounce says that it is one */

/* Whether the wording of a bounce ends before `opening`: far below, it may be a part of what somebody tells. */
bool bs_notice_opens_with_dsn(const struct bs_notice *notice, size_t opening);

/* Whether the notice opens with an SMTP reply or a status in its own words. */
bool bs_notice_cites_reply(const struct bs_notice *notice);

/* Whether it opens with the name of somebody beside its own sender and recipient: whoever could not be reached. */
bool bs_notice_names_other(const struct bs_notice *notice, const struct bs_header_signs *signs);

/* Whether its own words have a link. */
bool bs_notice_has_link(const struct bs_notice *notice);

#endif
