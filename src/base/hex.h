/* SPDX-License-Identifier: BSD-2-Clause */
/* Hexadecimal text (RFC 4648 section 8, lower case out, either case in). */
#ifndef BS_BASE_HEX_H
#define BS_BASE_HEX_H

#include "base/bytes.h"

/* Writes 2 * bytes.len digits and a NUL. */
void bs_hex_encode(struct bs_bytes bytes, char *ret_text);

/* Reads exactly 2 * size digits into `ret_bytes`; false on any other length or character. */
bool bs_hex_decode(struct bs_bytes text, unsigned char *ret_bytes, size_t size);

#endif
