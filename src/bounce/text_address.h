/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses, status codes and SMTP reply codes as they stand in running text, where nothing but their form tells
 * them. */
#ifndef BS_BOUNCE_TEXT_ADDRESS_H
#define BS_BOUNCE_TEXT_ADDRESS_H

#include "base/bytes.h"

enum { BS_TEXT_ADDRESS_MAX = 320 }; /* bytes of an address in a text: 64, @ and 255 */

/* Finds the next address of `rest` and takes it and what precedes it off. `ret_address` borrows, has no brackets and
 * may begin with a quoted local part. One without ASCII letters on both sides only counts within angle brackets.
 * False when there is none. */
bool bs_text_address_next(struct bs_bytes *rest, struct bs_bytes *ret_address);

/* The place of the next 2, 4 or 5 from `begin` on, with which all codes begin; text.len where there is none. */
size_t bs_text_find_class(struct bs_bytes text, size_t begin);

/* The first status code of RFC 3463 in the text, such as 5.1.1; empty where there is none. An IP address is none. */
struct bs_bytes bs_text_status(struct bs_bytes text);

/* Whether a status is missing or only says success or failure, as 5.0.0 does. */
bool bs_text_status_is_vague(struct bs_bytes status);

/* The first SMTP reply code from 400 to 599 that stands as a word with a text behind it, or 0. */
unsigned bs_text_reply_code(struct bs_bytes text);

#endif
