/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of a header field for people: unfolded, encoded words (RFC 2047, RFC 2231 section 5) decoded, in UTF-8
 * (RFC 6532). Adjacent words of one charset are decoded together, so that a character may be split between them. It
 * shows what a good mail program shows; what a hostile reader may see is encoded_word.h's matter.
 */
#ifndef BS_MESSAGE_HEADER_TEXT_H
#define BS_MESSAGE_HEADER_TEXT_H

#include "base/arena.h"

enum { BS_HEADER_TEXT_MAX = 16 * 1024 }; /* bytes of a field's text */

/* The text, trimmed, at most `max` bytes, in the arena. Bytes past ASCII outside of encoded words are UTF-8 if
 * they can be, and of `charset` otherwise. */
struct bs_bytes bs_text_decode(struct bs_bytes text, struct bs_bytes charset, size_t max, struct bs_arena *arena);

#endif
