/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines of a text, which end with LF, where offsets lie among them, and what stands in them. */
#ifndef BS_BOUNCE_TEXT_LINES_H
#define BS_BOUNCE_TEXT_LINES_H

#include "base/bytes.h"

/* The rest of the line at an offset, without its end. */
struct bs_bytes bs_text_line_at(struct bs_bytes text, size_t offset);

/* Where the line behind that begins; the text's length where it is the last. */
size_t bs_text_next_line(struct bs_bytes text, size_t offset);

/* Where the line begins that an offset is in. */
size_t bs_text_line_begin(struct bs_bytes text, size_t offset);

/* Where an address stands in a text, both of which may be made to look alike; the text's length where it does not. */
size_t bs_text_find_address(struct bs_bytes text, struct bs_bytes address);

/* How many letters of ASCII the text has, and bytes of others. */
size_t bs_text_count_letters(struct bs_bytes text);

#endif
