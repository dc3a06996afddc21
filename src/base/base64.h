/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 (RFC 4648 section 4). Reading is strict: white space is the caller's to take out (bs_base64_decode_folded does
 * it), padding is whole or missing altogether, and bits beyond the last byte are 0, so that one value has one text but
 * for its padding.
 */
#ifndef BS_BASE_BASE64_H
#define BS_BASE_BASE64_H

#include "base/bytes.h"

/* Bytes that hold whatever a text of `len` characters decodes to, and characters that `len` bytes encode to. */
#define BS_BASE64_DECODED_MAX(len) ((len) / 4 * 3 + 3)
#define BS_BASE64_ENCODED(len) (((len) + 2) / 3 * 4)

/* Writes BS_BASE64_ENCODED(bytes.len) characters and a NUL. */
void bs_base64_encode(struct bs_bytes bytes, char *ret_text);

/* Reads the text into `ret_bytes`, which holds BS_BASE64_DECODED_MAX(text.len); false for what is no base64. */
bool bs_base64_decode(struct bs_bytes text, unsigned char *ret_bytes, size_t *ret_size);

/* The same where blanks, tabs, CRs and LFs may stand anywhere in the text, as in a folded header field. */
bool bs_base64_decode_folded(struct bs_bytes text, unsigned char *ret_bytes, size_t *ret_size);

#endif
