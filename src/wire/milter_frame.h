/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both sides of the milter protocol share: a frame is a length of 4 bytes, most significant first, one byte
 * that says what it is, and data. Private to the milter codec; see milter.h for the protocol.
 */
#ifndef BS_WIRE_MILTER_FRAME_H
#define BS_WIRE_MILTER_FRAME_H

#include "wire/milter.h"

struct bs_milter_frame {
    unsigned char code;   /* a command or a reply */
    struct bs_bytes data; /* what is behind it */
};

/* Looks at the front of `input` for one frame of at most `max_frame` bytes after its length field. BS_MILTER_EVENT:
 * ret_frame is filled, it takes *ret_size bytes of the input; BS_MILTER_MORE: *ret_size bytes are needed;
 * BS_MILTER_BAD: the length is 0 or over the limit, and *ret_length is what it says. */
enum bs_milter_progress bs_milter_frame_peek(struct bs_bytes input, size_t max_frame,
                                             struct bs_milter_frame *ret_frame, size_t *ret_size,
                                             uint32_t *ret_length);

/* The readers take a value off the front of `io_data`; false where it is not whole. */
bool bs_milter_take_u16(struct bs_bytes *io_data, uint16_t *ret_value);
bool bs_milter_take_u32(struct bs_bytes *io_data, uint32_t *ret_value);
/* A text that ends in a NUL. */
bool bs_milter_take_text(struct bs_bytes *io_data, struct bs_bytes *ret_text);
/* OPTNEG's version, actions and steps. */
bool bs_milter_take_options(struct bs_bytes *io_data, struct bs_milter_options *ret_options);

/* Opens a frame; what is appended until bs_milter_frame_end is its data. Returns where it starts. */
size_t bs_milter_frame_begin(struct bs_strbuf *out, unsigned code);
/* Writes the length; a frame that did not fit is taken out whole. */
void bs_milter_frame_end(struct bs_strbuf *out, size_t start);
/* A frame without data. */
void bs_milter_frame_empty(struct bs_strbuf *out, unsigned code);

void bs_milter_put_u16(struct bs_strbuf *out, uint16_t value);
void bs_milter_put_u32(struct bs_strbuf *out, uint32_t value);
void bs_milter_put_options(struct bs_strbuf *out, const struct bs_milter_options *options);
/* A text and its NUL; a NUL inside cuts it, CR and LF become spaces. */
void bs_milter_put_text(struct bs_strbuf *out, struct bs_bytes text);

#endif
