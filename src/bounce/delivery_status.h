/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A delivery status (RFC 3464 section 2, RFC 6533 section 3) as a reading has it: what became of each recipient. As
 * tolerant as reporters are careless: an action may be missing where the status tells, addresses may lack their type,
 * all fields may stand in one block or each in its own.
 */
#ifndef BS_BOUNCE_DELIVERY_STATUS_H
#define BS_BOUNCE_DELIVERY_STATUS_H

#include "bounce/reading.h"

/* Adds the recipients, the reporting MTA and the envelope id that the text of a status tells; `ret_found`: it was
 * one. False without memory. A recipient's failure is not told here. */
bool bs_delivery_status_read(struct bs_bytes text, struct bs_arena *arena, struct bs_reading *reading, bool *ret_found);

/* Adds an empty recipient. NULL without memory, or where BS_REPORTED_RECIPIENTS_MAX are there: then `limit` says so. */
struct bs_reported_recipient *bs_reading_add_recipient(struct bs_reading *reading, struct bs_arena *arena);

#endif
