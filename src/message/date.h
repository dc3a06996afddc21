/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Date field (RFC 5322 sections 3.3 and 4.3): comments and folding anywhere between its words, the day of the
 * week unlooked at, seconds optional, years of two and three digits, and the old names of zones. A zone of another
 * name counts as UTC, as section 4.3 asks.
 */
#ifndef BS_MESSAGE_DATE_H
#define BS_MESSAGE_DATE_H

#include "base/bytes.h"

#include <stdint.h>

enum { BS_DATE_SIZE_MAX = 512 }; /* bytes of a field's body that is read */

/* Reads the body of a Date field. False for what is no date from 1970 to 9999. */
bool bs_date_parse(struct bs_bytes body, int64_t *ret_seconds);

#endif
