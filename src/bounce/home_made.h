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

enum {
    BS_HOME_MADE_RECIPIENTS_MAX = 100, /* recipients that a text names */
    BS_HOME_MADE_LINES_MAX = 2000,     /* lines of a notice that are looked at for them */
    BS_DIAGNOSTIC_MAX = 1000,          /* bytes of a text that says why */
};

/* Adds the recipients, each of `kind`, with the text that says why. False without memory. */
bool bs_home_made_read(const struct bs_parts *parts, const struct bs_header_signs *signs,
                       const struct bs_notice *notice, enum bs_kind kind, struct bs_arena *arena,
                       struct bs_reading *reading);

/* Looks in the notice for what it says behind the addresses of recipients of which a standard report says little. */
bool bs_home_made_explain(const struct bs_notice *notice, struct bs_arena *arena, struct bs_reading *reading);

#endif
