/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The failed recipients of a notice that follows no standard: X-Failed-Recipients, and what the wording of the rules'
 * roles points at. A list names its recipients in lines of one shape: what stands before the first address stands
 * before each.
 */
#ifndef BS_BOUNCE_HOME_MADE_H
#define BS_BOUNCE_HOME_MADE_H

#include "bounce/header_signs.h"
#include "bounce/notice.h"
#include "bounce/reading.h"

enum { BS_HOME_MADE_LINES_MAX = 2000 }; /* lines of a notice that are looked at for recipients */

/* Adds the recipients, each of `kind`, with the text that says why. False without memory. */
bool bs_home_made_read(const struct bs_parts *parts, const struct bs_header_signs *signs,
                       const struct bs_notice *notice, enum bs_kind kind, struct bs_arena *arena,
                       struct bs_reading *reading);

#endif
