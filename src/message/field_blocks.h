/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The body of a delivery status (RFC 3464 section 2.1, RFC 6533 section 3), of a disposition notification (RFC 8098)
 * and of a feedback report (RFC 5965): blocks of fields with empty lines between them, the first about the message,
 * each other about a recipient. Reading is as tolerant as MTAs are careless: empty lines may come first, be several,
 * or hold blanks; a line that is neither a field nor a continuation is passed over. Nothing is said about which
 * fields there must be.
 */
#ifndef BS_MESSAGE_FIELD_BLOCKS_H
#define BS_MESSAGE_FIELD_BLOCKS_H

#include "base/arena.h"

enum {
    BS_FIELD_BLOCKS_MAX = 1001,        /* blocks that are read */
    BS_FIELD_BLOCKS_FIELDS_MAX = 8000, /* fields of all blocks */
};

struct bs_block_field {
    struct bs_bytes name;  /* as it came */
    struct bs_bytes value; /* trimmed, its folding replaced by one blank */
};

struct bs_field_block {
    const struct bs_block_field *fields; /* at least one */
    size_t count;
};

struct bs_field_blocks {
    const struct bs_field_block *items;
    size_t count;
    const char *limit; /* the name of the first limit that was reached, or NULL */
};

/* Reads the text of a part, whose lines end in LF or CRLF. Views borrow from the text and the arena. False where
 * the arena's limit was reached. */
bool bs_field_blocks_read(struct bs_bytes text, struct bs_arena *arena, struct bs_field_blocks *ret_blocks);

/* The value of the block's first field of that name, whatever its case; ptr is NULL where there is none. */
struct bs_bytes bs_field_block_value(const struct bs_field_block *block, const char *name);

/* `type; value`, as "rfc822; jane@example.com" or "dns; mx.example.com" (RFC 3464 sections 2.1.2 and 2.3). */
struct bs_typed_value {
    struct bs_bytes type;  /* as it came, without blanks; empty where there is no semicolon */
    struct bs_bytes value; /* trimmed; all of it where there is no type */
};

/* Splits at the first semicolon. The views borrow from `text`. */
struct bs_typed_value bs_typed_value_split(struct bs_bytes text);

/* The address that a typed value is: of type rfc822 as it stands, of utf-8 and of utf-8-addr-xtext decoded (RFC
 * 6533 section 3), of any other type as it stands; angle brackets and a comment behind it taken off. Borrows or is
 * in the arena. ptr is NULL past the arena's limit. */
struct bs_bytes bs_typed_value_address(const struct bs_typed_value *typed, struct bs_arena *arena);

/* xtext (RFC 3461 section 4) decoded: +HH is a byte. What is no xtext stays as it stands. Borrows from `text` where
 * nothing is encoded, else in the arena; ptr is NULL past its limit. */
struct bs_bytes bs_xtext_decode(struct bs_bytes text, struct bs_arena *arena);

/* utf-8-addr-xtext and utf-8-addr-unitext (RFC 6533 section 3) decoded to UTF-8: \x{H…} is a character. What is
 * neither stays as it stands. As above. */
struct bs_bytes bs_unitext_decode(struct bs_bytes text, struct bs_arena *arena);

#endif
