/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header block of a message (RFC 5322 section 2.2, RFC 6532 for UTF-8): the one reader that feeds all that judges
 * header fields. It keeps each field byte for byte, in order, and says what is wrong with it; it repairs nothing and
 * leaves nothing out for being wrong, so that whoever judges can see where two readers may differ.
 *
 * Bytes come in any pieces, with lines that end in CRLF or in a bare LF; or field by field, as a milter has them. Line
 * ends inside a field become CRLF, as MTAs send them. A line without a colon is a field that is flagged, and the header
 * goes on behind it: it ends at the first empty line only.
 *
 *     bs_header_init(&header, &arena);
 *     size_t taken = bs_header_push(&header, input);       until header.ended; what was not taken is body
 *     bs_header_finish(&header);                           where the input ended
 */
#ifndef BS_MESSAGE_HEADER_H
#define BS_MESSAGE_HEADER_H

#include "base/arena.h"
#include "base/strbuf.h"

enum {
    BS_HEADER_FIELDS_MAX = 1000,        /* fields that are kept */
    BS_HEADER_FIELD_MAX = 128 * 1024,   /* bytes of one field; Postfix's header_size_limit is 102400 */
    BS_HEADER_SIZE_MAX = 512 * 1024,    /* bytes of all fields together */
};

/* What is wrong with a field, or with the header as a whole, which has the flags of all its fields. */
enum bs_header_flag {
    BS_FIELD_NO_COLON = 1 << 0,           /* name and body are empty */
    BS_FIELD_SPACE_BEFORE_COLON = 1 << 1, /* `Name :`, obsolete (RFC 5322 section 4.5) */
    BS_FIELD_BAD_NAME = 1 << 2,           /* empty, or with bytes other than %d33-57, %d59-126 */
    BS_FIELD_NUL = 1 << 3,
    BS_FIELD_8BIT = 1 << 4,               /* bytes past ASCII; well-formed UTF-8 unless the next flag is set, too */
    BS_FIELD_BAD_UTF8 = 1 << 5,
    BS_FIELD_BARE_CR = 1 << 6,            /* a CR that no LF follows */
    BS_FIELD_CONTROL = 1 << 7,            /* another control character than tab, CR, LF and NUL */
    BS_FIELD_ORPHAN = 1 << 8,             /* begins with white space: a continuation of nothing */
    BS_FIELD_MBOX_FROM = 1 << 9,          /* the first line is `From ` of an mbox file, perhaps with > before it */
    BS_FIELD_BLANK_FOLD = 1 << 10,        /* a folded line of nothing but white space, which may pass for the end */
    BS_FIELD_BAD_FOLD = 1 << 11,          /* a line break that no white space follows; from a milter only */
    BS_FIELD_CUT = 1 << 12,               /* longer than BS_HEADER_FIELD_MAX, and cut there */
    BS_HEADER_TOO_MANY = 1 << 13,         /* fields past BS_HEADER_FIELDS_MAX were dropped */
    BS_HEADER_TOO_LARGE = 1 << 14,        /* fields past BS_HEADER_SIZE_MAX were dropped */
    BS_HEADER_NONE = 1 << 15,             /* the message began with an empty line */
    BS_HEADER_OPEN = 1 << 16,             /* the input ended before an empty line came */
};

/* The field is not as it was: nothing that rests on its bytes, or on all fields being there, can be judged. */
enum { BS_HEADER_INCOMPLETE = BS_FIELD_CUT | BS_HEADER_TOO_MANY | BS_HEADER_TOO_LARGE };

/* A field of strict RFC 5322 or RFC 6532 form has none of these. */
enum { BS_FIELD_MALFORMED = ~(BS_FIELD_8BIT) };

/* All views borrow from the reader's arena. */
struct bs_header_field {
    struct bs_bytes raw;  /* the whole field, folded with CRLF as it came, without the line end behind it */
    struct bs_bytes name; /* what precedes the colon, without white space before the colon */
    struct bs_bytes body; /* what follows the colon, white space and folding included */
    unsigned flags;
    unsigned name_hash; /* equal for names that are equal but for case */
};

struct bs_header {
    struct bs_header_field *fields; /* in the order of the message */
    size_t count;
    size_t size;    /* bytes of all fields, each with the CRLF behind it */
    unsigned flags;
    bool ended;     /* an empty line, or bs_header_finish */
    bool failed;    /* the arena's limit was reached, or there is no memory: fields may be missing */
    size_t capacity;         /* private from here */
    struct bs_arena *arena;
    struct bs_strbuf field;  /* the field that is being read */
    struct bs_strbuf line;   /* the beginning of a line whose end has not come */
    bool open;               /* `field` holds one */
    bool line_cut;
    unsigned open_flags;
};

void bs_header_init(struct bs_header *header, struct bs_arena *arena);

/* Reads on and returns how many bytes it took: all, unless the header ended. */
size_t bs_header_push(struct bs_header *header, struct bs_bytes input);

/* Reads fields that lie in the input as a whole, are not long and have nothing odd in them, up to one that is none of
 * these, that begins with a dash, or that may exceed `room` with the others: each counts twice its bytes, for
 * its line ends, and `cost`. Returns how many bytes it took. */
size_t bs_header_push_plain(struct bs_header *header, struct bs_bytes input, size_t room, size_t cost);

/* The input ended. Frees what the reader keeps beside the arena; fields stay valid as long as the arena. */
void bs_header_finish(struct bs_header *header);

/* Adds a field as a milter is told of it: `body` is all that followed the colon. Not to be mixed with push. */
void bs_header_add(struct bs_header *header, struct bs_bytes name, struct bs_bytes body);

/* Adds copies of the fields of another header, which has ended. */
void bs_header_copy(struct bs_header *header, const struct bs_header *from);

/* The length of the name that the text begins with, where it is a good one that a colon ends, and is seen to be one
 * at a glance: 16 bytes or more follow its beginning. Else 0. */
size_t bs_header_good_name(struct bs_bytes text);

/* The number that bs_header_field.name_hash holds for a name. */
unsigned bs_header_name_hash(struct bs_bytes name);

/* Whether the field is called so, but for case. */
bool bs_header_field_is(const struct bs_header_field *field, struct bs_bytes name);

/* The field of that name; NULL where there is none, or more than one. */
const struct bs_header_field *bs_header_find_only(const struct bs_header *header, struct bs_bytes name);

#endif
