/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transfer encodings (RFC 2045 section 6) decoded as they stream by. Nothing is refused: in base64 what is none of
 * its characters is passed over and a pad begins a new group; in quoted-printable an `=` that encodes nothing stays
 * as it stands, and blanks between the `=` of a soft line break and the line's end are passed over. White space at
 * the end of a quoted-printable line is kept. An `=` at the very end is a soft line break, whose line end was that of
 * a boundary.
 *
 * Programs that answer or return a message copy its Content-Transfer-Encoding and write plain text behind it. Whether
 * what is called base64 is some can be told from its beginning; where it cannot, it is.
 */
#ifndef BS_MESSAGE_TRANSFER_ENCODING_H
#define BS_MESSAGE_TRANSFER_ENCODING_H

#include "base/bytes.h"

enum bs_transfer_encoding {
    BS_TRANSFER_IDENTITY, /* 7bit, 8bit, binary, and what nobody knows */
    BS_TRANSFER_BASE64,
    BS_TRANSFER_QUOTED_PRINTABLE,
};

struct bs_transfer_decoder {
    enum bs_transfer_encoding encoding;
    unsigned value; /* private from here */
    unsigned bits;
    unsigned state;
    char first;
};

/* The encoding that a Content-Transfer-Encoding field names. */
enum bs_transfer_encoding bs_transfer_encoding_parse(struct bs_bytes field_body);

void bs_transfer_init(struct bs_transfer_decoder *decoder, enum bs_transfer_encoding encoding);

/* Bytes at the beginning of content that are enough for bs_transfer_is_base64: three lines. */
enum { BS_TRANSFER_BEGINNING_SIZE = 256 };

/* Whether content that is called base64, and begins so, may be some: where it is not, hardly a line is without blanks
 * and punctuation. */
bool bs_transfer_is_base64(struct bs_bytes beginning);

/* Room that a call of bs_transfer_decode needs at least. */
enum { BS_TRANSFER_ROOM_MIN = 4 };

/* Decodes from the front of `io_input`, and takes off what it read, until the input is empty or fewer than
 * BS_TRANSFER_ROOM_MIN of `room` bytes are left; returns how many bytes it wrote. */
size_t bs_transfer_decode(struct bs_transfer_decoder *decoder, struct bs_bytes *io_input, char *ret_bytes, size_t room);

/* The input ended: what was held back, at most BS_TRANSFER_ROOM_MIN bytes; returns how many. */
size_t bs_transfer_finish(struct bs_transfer_decoder *decoder, char *ret_bytes);

#endif
