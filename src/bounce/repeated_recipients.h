/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recipients that a bounce tells of more than once, as gateways do that report each attempt or put several reports into
 * one message. Two are one if they have the same address, but for case, and are not known to have been addressed
 * differently (Original-Recipient, RFC 3464 section 2.3.1).
 */
#ifndef BS_BOUNCE_REPEATED_RECIPIENTS_H
#define BS_BOUNCE_REPEATED_RECIPIENTS_H

#include "bounce/reading.h"

/* Leaves each once, where it is told of first: with the gravest of what became of it, a failure before a delay, by the
 * one that says most, and with what only the others say, as far as it holds for that. False without memory. */
bool bs_reading_unite_recipients(struct bs_reading *reading, struct bs_arena *arena);

#endif
