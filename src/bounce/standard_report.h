/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports of standard form: delivery status (RFC 3464, RFC 6533), disposition notifications (RFC 8098), feedback (RFC
 * 5965). Only parts that are the message's own count: a report within a message that is returned or attached is what
 * somebody sends on.
 */
#ifndef BS_BOUNCE_STANDARD_REPORT_H
#define BS_BOUNCE_STANDARD_REPORT_H

#include "bounce/header_signs.h"
#include "bounce/reading.h"

/* Reads the report that the message is, if it is one: then the reading has its kind and what it says. False without
 * memory. */
bool bs_standard_report_read(const struct bs_parts *parts, const struct bs_header_signs *signs, struct bs_arena *arena,
                             struct bs_reading *reading);

/* The kind that the recipients of a delivery status make: one that failed decides, then one that is delayed. */
enum bs_kind bs_kind_of_recipients(const struct bs_reading *reading);

/* Adds the Message-IDs in angle brackets of a field's text. */
void bs_reading_add_references(struct bs_reading *reading, struct bs_bytes text);

#endif
