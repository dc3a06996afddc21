/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of a message (RFC 2045, 2046, RFC 6522, RFC 6532) that whoever reads automatic mail has to see, taken
 * while the message streams by: its header, the text that it opens with, its reports, and the header of what it
 * returns. Each is kept decoded, in UTF-8 (what its charset cannot say becomes U+FFFD), with lines that end in LF,
 * and up to a limit; attachments and the rest of long texts are passed over at the speed of a search for the next
 * boundary, and nothing of them is kept. The order is the order of the message; the tree is in `parent`.
 *
 *     bs_parts_init(&parts, &arena);
 *     bs_parts_push(&parts, chunk);                        any pieces give the same parts
 *     bs_parts_finish(&parts);
 *
 * or, as a milter has it: bs_parts_field for each field, bs_parts_end_of_header, bs_parts_push for the body.
 *
 * A limit never fails: what is past it is left out, and `limit` names the first that was reached. BS_PARTS_TEXT_MAX,
 * which the texts of many an ordinary message pass, is no such limit: `cut` tells of it.
 */
#ifndef BS_MESSAGE_PARTS_H
#define BS_MESSAGE_PARTS_H

#include "message/header.h"

enum {
    BS_PARTS_MAX = 250,                  /* parts that are kept; multiparts count */
    BS_PARTS_DEPTH_MAX = 20,             /* multiparts and messages within one another */
    BS_PARTS_BOUNDARY_MAX = 998,         /* bytes of a boundary; RFC 2046 section 5.1.1 allows 70 */
    BS_PARTS_HEADER_MAX = 16 * 1024,     /* bytes of the header of one part of a multipart */
    BS_PARTS_LEAD_MAX = 100,             /* lines before a header that are passed over: empty, of mbox, of SMTP */
    BS_PARTS_TEXT_MAX = 32 * 1024,       /* bytes kept of one text */
    BS_PARTS_REPORT_MAX = 128 * 1024,    /* bytes kept of one report */
    BS_PARTS_KEPT_MAX = 512 * 1024,      /* bytes kept of all parts together, headers of returned messages included */
    BS_PARTS_MEMORY = 2 * 1024 * 1024,   /* an arena that a message within these limits fits in */
};

enum bs_media {
    BS_MEDIA_MULTIPART,       /* a node of the tree, without text */
    BS_MEDIA_TEXT,            /* text of any type but those below; also what has no Content-Type or a broken one */
    BS_MEDIA_HTML,            /* its text without the tags, entities decoded; blocks begin on lines of their own */
    BS_MEDIA_DELIVERY_STATUS, /* message/delivery-status, message/global-delivery-status */
    BS_MEDIA_DISPOSITION,     /* message/disposition-notification and its global twin */
    BS_MEDIA_FEEDBACK,        /* message/feedback-report */
    BS_MEDIA_HEADERS,         /* text/rfc822-headers, message/rfc822-headers, message/global-headers: see `header` */
    BS_MEDIA_MESSAGE,         /* message/rfc822, message/global and the like: see `header`; its body is the next part */
    BS_MEDIA_OTHER,           /* attachments: their text is not kept */
};

struct bs_part {
    enum bs_media media;
    unsigned depth;         /* 0: the message's own body, or the multipart that it is */
    size_t parent;          /* its place in `items`; that of itself at depth 0 */
    struct bs_bytes type;   /* "multipart/report": lower case, without parameters; empty where nothing says it */
    struct bs_bytes report; /* the parameter report-type of a multipart/report, lower case */
    struct bs_bytes name;   /* the file name, from Content-Disposition or Content-Type (RFC 2231, RFC 2047) */
    struct bs_bytes text;   /* of the media that have one; see bs_part_text */
    const struct bs_header *header; /* of MESSAGE and HEADERS: what is returned, byte for byte; else NULL */
    bool returned;          /* MESSAGE or HEADERS, or anything within them */
    bool cut;               /* there was more of it than is kept */
    struct bs_part_content *content; /* private: what the text will be made of */
};

struct bs_parts {
    struct bs_header header; /* of the message itself */
    struct bs_part *items;
    size_t count;
    uint64_t size;      /* bytes of the message */
    const char *limit;  /* the name of the first limit that was reached, such as "BS_PARTS_DEPTH_MAX"; or NULL */
    bool failed;        /* the arena's limit was reached, or there is no memory */
    struct bs_mime *reader; /* private */
};

void bs_parts_init(struct bs_parts *parts, struct bs_arena *arena);

/* Bytes of the message; of its body only, where the header comes field by field. */
void bs_parts_push(struct bs_parts *parts, struct bs_bytes chunk);

/* The header as a milter tells it: `body` is all that followed the colon. */
void bs_parts_field(struct bs_parts *parts, struct bs_bytes name, struct bs_bytes body);
void bs_parts_end_of_header(struct bs_parts *parts);

/* In the place of bs_parts_field: all fields of a header that was read elsewhere. They are copied. */
void bs_parts_fields(struct bs_parts *parts, const struct bs_header *header);

/* The message is over. Everything is valid as long as the arena. Frees what was kept beside the arena. */
void bs_parts_finish(struct bs_parts *parts);

/* The text of a part, for as long as the arena. What few ask for is decoded and made into text when somebody does: HTML,
 * and texts of what is returned, unless they are long. Until then `text` is empty, and `cut` not known. Sets
 * parts->failed where there is no memory, and then the text is empty. */
struct bs_bytes bs_part_text(struct bs_part *part);

/* Bytes that are kept beside the arena. */
size_t bs_parts_collected(const struct bs_parts *parts);

/* The first field of that name in a header, unfolded, encoded words decoded, in UTF-8, trimmed; empty where there
 * is none or it is empty. In the arena. */
struct bs_bytes bs_header_text(const struct bs_header *header, const char *name, struct bs_arena *arena);

/* The first field of that name, or NULL. */
const struct bs_header_field *bs_header_find(const struct bs_header *header, const char *name);

#endif
