/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Encoded words (RFC 2047, with the language of RFC 2231 section 5) as the most lenient reader takes them: anywhere,
 * also within quotes, with blanks in the text, of any length, with broken base64. The bytes are decoded and left in the
 * charset that they are in. It shows what some reader may see; it is no decoder for display.
 */
#ifndef BS_MESSAGE_ENCODED_WORD_H
#define BS_MESSAGE_ENCODED_WORD_H

#include "base/bytes.h"

struct bs_decoded_words {
    size_t count;     /* encoded words */
    bool odd_charset; /* that of one of them is not a superset of ASCII, so that its bytes say nothing */
    bool line_end;    /* one encodes a CR, an LF or a NUL, which ends a line or a string */
};

/* Copies `text` to `ret_text`, which holds text.len bytes, with each encoded word replaced by the bytes that it
 * encodes, and without the white space between two of them; with `apart`, with a blank at both ends of each instead, as
 * some readers put it. Returns the length. */
size_t bs_encoded_words_decode(struct bs_bytes text, bool apart, char *ret_text, struct bs_decoded_words *ret_words);

#endif
