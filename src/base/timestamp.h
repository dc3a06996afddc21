/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time as people write them (RFC 3339) and as the code keeps them: seconds since 1970, UTC. */
#ifndef BS_BASE_TIMESTAMP_H
#define BS_BASE_TIMESTAMP_H

#include "base/bytes.h"

#include <stdint.h>

enum { BS_SECONDS_PER_DAY = 86400 };

/* Reads `2026-08-21`, `2026-08-21T10:30:00Z`, `2026-08-21 10:30:00` or `@1787270400`; false for anything else. */
bool bs_timestamp_parse(struct bs_bytes text, int64_t *ret_seconds);

enum { BS_TIMESTAMP_TEXT = 40 }; /* bytes that hold any point in time as text, with its NUL */

/* Writes `2026-08-21T10:30:00Z`. What lies before 1970 or after 9999 becomes the first or last second that does not. */
void bs_timestamp_format(int64_t seconds, char ret_text[BS_TIMESTAMP_TEXT]);

/* Whole UTC days since 1970-01-01. */
static inline int64_t bs_timestamp_day(int64_t seconds)
{
    int64_t day = seconds / BS_SECONDS_PER_DAY;
    return seconds % BS_SECONDS_PER_DAY < 0 ? day - 1 : day;
}

#endif
