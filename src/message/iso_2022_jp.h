/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Japanese mail (RFC 1468) as CP932, for iconv. What calls itself iso-2022-jp is Microsoft's CP50221 as often: half-width
 * katakana (designated, or as bytes past ASCII), and in the double-byte set the numbers, units and abbreviations of row 13
 * and the names' characters of rows 89 to 92, none of which iconv reads under the name. JIS-Roman is read as ASCII, which
 * is what programs mean by it, and bytes past ASCII as Shift_JIS, which some declare as this. Other sets that RFC 1554
 * adds are not read here. What carriers once had in rows 117 and up, pictures, is no character.
 */
#ifndef BS_MESSAGE_ISO_2022_JP_H
#define BS_MESSAGE_ISO_2022_JP_H

#include "base/bytes.h"

/* Writes at most text.len bytes and says how many; a byte 0xff stands for what is no character. False where the text
 * designates a set of RFC 1554. */
bool bs_iso_2022_jp_to_cp932(struct bs_bytes text, char *ret_bytes, size_t *ret_len);

#endif
