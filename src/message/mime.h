/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader behind parts.h, private to it: lines, boundaries, headers of parts. A message that is encoded as a whole
 * (RFC 2046 section 5.2.1 forbids it) is read by another reader, which takes what the first one decodes.
 */
#ifndef BS_MESSAGE_MIME_H
#define BS_MESSAGE_MIME_H

#include "message/boundaries.h"
#include "message/parts.h"
#include "message/transfer_encoding.h"

enum bs_mime_state {
    BS_MIME_LEAD,        /* before a message's header */
    BS_MIME_HEADER,      /* within it */
    BS_MIME_PART_HEADER, /* the header of a part of a multipart */
    BS_MIME_BODY,
};

/* What becomes of the bytes that are being read. */
enum bs_mime_use { BS_MIME_IGNORE, BS_MIME_COLLECT, BS_MIME_MESSAGE };

/* The line end that was read last and is content only if more content follows (RFC 2046 section 5.1.1). */
enum bs_mime_line_end { BS_MIME_NO_END, BS_MIME_CR, BS_MIME_LF, BS_MIME_CRLF };

struct bs_mime_content {
    size_t part; /* BS_MIME_NO_PART: before the first boundary of a multipart, or behind its last */
    enum bs_mime_use use;
    struct bs_transfer_decoder decoder;
    struct bs_bytes charset; /* borrowed from the header of the part */
    struct bs_strbuf bytes;  /* what is collected, decoded, in its charset */
    struct bs_bytes pending; /* content that lies in the input and was not taken yet */
    enum bs_mime_line_end held;
    bool deferred;  /* kept as it comes, for when somebody asks for the text */
    bool undecided; /* called base64; what is in mime->beginning will show whether it is */
    bool full;      /* nothing more is collected */
};

struct bs_mime {
    struct bs_parts *parts;
    struct bs_arena *arena;
    struct bs_mime *top;   /* the reader of the whole message */
    struct bs_mime *inner; /* of a message that is encoded as a whole; made when first needed */
    size_t owner;          /* the MESSAGE or HEADERS part whose content is read, or BS_MIME_NO_PART */
    size_t message;        /* the one whose header is read */
    struct bs_header *header;
    enum bs_mime_state state;
    struct bs_mime_content content;
    struct bs_strbuf part_header;
    size_t part_header_parent;
    size_t lead_lines;
    bool lead_blank;  /* an empty line came before the header */
    bool in_line;     /* what comes next goes on with a line */
    bool header_full; /* fields of the header are left out */
    size_t capacity;  /* of parts->items; of the top only, as the next two */
    size_t kept;
    size_t deferred;       /* bytes that the texts that nobody asked for yet may add to that */
    size_t deferred_bytes; /* that such texts have taken as they came */
    bool stopped;
    size_t beginning_len;
    size_t carry_len;
    struct bs_boundaries boundaries;            /* as the memory was from here, but for the count */
    char beginning[BS_TRANSFER_BEGINNING_SIZE]; /* of the content, encoded */
    char carry[BS_BOUNDARY_LINE_MAX];           /* the beginning of a line that has to be seen whole */
};

#define BS_MIME_NO_PART SIZE_MAX

/* What the header of a part says; ptr is NULL where there is no such field. */
struct bs_mime_fields {
    struct bs_bytes type, encoding, disposition;
    struct bs_bytes parameters; /* of the type; when that has been read */
};

/* Lines and boundaries: mime.c. */

/* The input goes on, and ends. */
void bs_mime_read(struct bs_mime *mime, struct bs_bytes bytes);
void bs_mime_finish(struct bs_mime *mime);

/* Parts: mime_tree.c. */

/* Memory for a reader; NULL without any. */
struct bs_mime *bs_mime_new(struct bs_arena *arena);

/* Begins to read a message: that of `top`, or the content of the part `owner`. */
void bs_mime_init(struct bs_mime *mime, struct bs_parts *parts, struct bs_mime *top, size_t owner);

/* The header that mime->header holds, or that of a part, has ended: the body begins. */
void bs_mime_begin_body(struct bs_mime *mime);
void bs_mime_end_part_header(struct bs_mime *mime);

/* The same where the fields of a part's header are known, which lie in mime->part_header. */
void bs_mime_begin_part_body(struct bs_mime *mime, struct bs_mime_fields *fields);

/* Takes a field's body, if it is one that is needed and the first of its name. */
void bs_mime_take_field(struct bs_mime_fields *fields, struct bs_bytes name, struct bs_bytes body);

void bs_mime_boundary(struct bs_mime *mime, struct bs_boundary_match match);
void bs_mime_end_of_input(struct bs_mime *mime);

/* A new part; NULL, and stopped, past BS_PARTS_MAX and without memory. */
struct bs_part *bs_mime_add_part(struct bs_mime *mime, size_t parent);
void bs_mime_note_limit(struct bs_mime *mime, const char *name);

/* Text: part_text.c. */

/* What the text of a part is made of. */
struct bs_part_content {
    struct bs_parts *parts;
    struct bs_arena *arena;
    struct bs_bytes bytes;
    enum bs_transfer_encoding encoding; /* that the bytes are in */
    struct bs_bytes charset;
};

/* Makes the text of a part of what is decoded: `most` bytes at most, and whether that cuts it. */
void bs_part_make_text(const struct bs_part_content *content, struct bs_part *part, size_t most);

/* Content: mime_content.c. */

void bs_mime_content_begin(struct bs_mime *mime, size_t part, enum bs_mime_use use, enum bs_transfer_encoding encoding,
                           struct bs_bytes charset);
void bs_mime_content_push(struct bs_mime *mime, struct bs_bytes bytes);

/* What was pushed and lies in the input is taken: the input ends, or goes on elsewhere. */
void bs_mime_content_flush(struct bs_mime *mime);

/* No boundary follows: the last line end is content, too. */
void bs_mime_content_push_end(struct bs_mime *mime);
void bs_mime_content_end(struct bs_mime *mime);

/* What is left of BS_PARTS_KEPT_MAX; it may be more than what is said, where that is not below `enough`. */
size_t bs_mime_room(struct bs_mime *mime, size_t enough);

/* What the header of a returned message takes of BS_PARTS_KEPT_MAX: its bytes, and what its fields need beside
 * them. */
size_t bs_mime_header_cost(const struct bs_header *header);

/* Takes fields of the header of a returned message off the front, in which no boundary can be, as long as all is plain. */
void bs_mime_header_push_plain(struct bs_mime *mime, struct bs_bytes *io_bytes);

/* Bytes of the header of a returned message. */
void bs_mime_header_push(struct bs_mime *mime, struct bs_bytes bytes);

#endif
