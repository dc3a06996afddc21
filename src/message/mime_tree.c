/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree of parts: which there are, of what type, and what becomes of their content; see mime.h. */
#include "message/charset.h"
#include "message/mime.h"
#include "message/parameters.h"

enum { FIRST_CAPACITY = 8 };

void bs_mime_note_limit(struct bs_mime *mime, const char *name)
{
    if (!mime->parts->limit)
        mime->parts->limit = name;
}

static void fail(struct bs_mime *mime)
{
    mime->parts->failed = true;
    mime->top->stopped = true;
}

static bool grow(struct bs_mime *mime)
{
    struct bs_parts *parts = mime->parts;
    struct bs_mime *top = mime->top;
    if (parts->count < top->capacity)
        return true;
    size_t capacity = top->capacity > 0 ? top->capacity * 2 : FIRST_CAPACITY;
    struct bs_part *items = bs_arena_take_unset(mime->arena, capacity * sizeof *items);
    if (!items)
        return false;
    if (parts->count > 0)
        memcpy(items, parts->items, parts->count * sizeof *items);
    parts->items = items;
    top->capacity = capacity;
    return true;
}

struct bs_part *bs_mime_add_part(struct bs_mime *mime, size_t parent)
{
    struct bs_parts *parts = mime->parts;
    if (parts->count == BS_PARTS_MAX) {
        bs_mime_note_limit(mime, "BS_PARTS_MAX");
        mime->top->stopped = true;
        return NULL;
    }
    if (!grow(mime)) {
        fail(mime);
        return NULL;
    }
    struct bs_part *part = &parts->items[parts->count];
    *part = (struct bs_part){.parent = parent == BS_MIME_NO_PART ? parts->count : parent};
    if (parent != BS_MIME_NO_PART) {
        const struct bs_part *above = &parts->items[parent];
        part->depth = above->depth + 1;
        part->returned = above->returned;
    }
    parts->count++;
    return part;
}

struct known_type {
    struct bs_bytes type;
    enum bs_media media;
};

/* Known types, those that are met most first. */
static const struct known_type known_types[] = {
    {{"text/plain", 10}, BS_MEDIA_TEXT},
    {{"message/delivery-status", 23}, BS_MEDIA_DELIVERY_STATUS},
    {{"multipart/report", 16}, BS_MEDIA_MULTIPART},
    {{"message/rfc822", 14}, BS_MEDIA_MESSAGE},
    {{"text/rfc822-headers", 19}, BS_MEDIA_HEADERS},
    {{"text/html", 9}, BS_MEDIA_HTML},
    {{"multipart/alternative", 21}, BS_MEDIA_MULTIPART},
    {{"multipart/mixed", 15}, BS_MEDIA_MULTIPART},
    {{"message/global-delivery-status", 30}, BS_MEDIA_DELIVERY_STATUS},
    {{"message/disposition-notification", 32}, BS_MEDIA_DISPOSITION},
    {{"message/global-disposition-notification", 39}, BS_MEDIA_DISPOSITION},
    {{"message/feedback-report", 23}, BS_MEDIA_FEEDBACK},
    {{"text/rfc822-header", 18}, BS_MEDIA_HEADERS},
    {{"message/rfc822-headers", 22}, BS_MEDIA_HEADERS},
    {{"message/global-headers", 22}, BS_MEDIA_HEADERS},
    {{"message/global", 14}, BS_MEDIA_MESSAGE},
    {{"message/news", 12}, BS_MEDIA_MESSAGE},
};

/* NULL for others. */
static const struct known_type *find_known_type(struct bs_bytes type)
{
    for (size_t i = 0; i < sizeof known_types / sizeof *known_types; i++) {
        if (bs_bytes_equal_nocase(type, known_types[i].type))
            return &known_types[i];
    }
    return NULL;
}

static enum bs_media find_media(struct bs_bytes type)
{
    const struct known_type *known = find_known_type(type);
    if (known)
        return known->media;
    if (bs_bytes_starts_nocase(type, BS_LITERAL("multipart/")))
        return BS_MEDIA_MULTIPART;
    bool text = bs_bytes_starts_nocase(type, BS_LITERAL("text/")) || bs_bytes_find(type, '/') == type.len;
    return text ? BS_MEDIA_TEXT : BS_MEDIA_OTHER;
}

/* The type of a part, and what it is by that. */
static void read_type(struct bs_mime *mime, struct bs_mime_fields *fields, struct bs_part *part)
{
    struct bs_bytes plain = bs_parameters_plain_value(fields->type, &fields->parameters);
    const struct known_type *known = find_known_type(plain);
    if (known) {
        part->type = known->type;
        part->media = known->media;
        return;
    }
    part->type = bs_parameters_value(fields->type, mime->arena, &fields->parameters);
    part->media = find_media(part->type);
}

static bool holds_others(enum bs_media media)
{
    return media == BS_MEDIA_MULTIPART || media == BS_MEDIA_MESSAGE || media == BS_MEDIA_HEADERS;
}

/* The boundary of the multipart that was begun; false where it cannot be read. */
static bool open_multipart(struct bs_mime *mime, struct bs_bytes parameters, size_t part)
{
    struct bs_bytes text = bs_parameter_find(parameters, "boundary", mime->arena);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    if (text.len > BS_PARTS_BOUNDARY_MAX || mime->boundaries.count == BS_BOUNDARIES_MAX) {
        bs_mime_note_limit(mime, text.len > BS_PARTS_BOUNDARY_MAX ? "BS_PARTS_BOUNDARY_MAX" : "BS_PARTS_DEPTH_MAX");
        return false;
    }
    struct bs_boundary *boundary = &mime->boundaries.items[mime->boundaries.count];
    *boundary = (struct bs_boundary){.part = part};
    if (text.len > 0)
        boundary->text = bs_arena_copy(mime->arena, text);
    if (text.len > 0 && !boundary->text.ptr) {
        fail(mime);
        return false;
    }
    mime->boundaries.count++;
    return true;
}

/* A message's header begins, which is that of the part `message`. */
static void begin_message(struct bs_mime *mime, size_t message)
{
    struct bs_header *header = &mime->parts->header;
    if (message != BS_MIME_NO_PART)
        header = bs_arena_take(mime->arena, sizeof *header);
    if (!header) {
        fail(mime);
        return;
    }
    bs_header_init(header, mime->arena);
    if (message != BS_MIME_NO_PART)
        mime->parts->items[message].header = header;
    mime->header = header;
    mime->message = message;
    mime->state = BS_MIME_LEAD;
    mime->lead_lines = 0;
    mime->lead_blank = false;
    mime->header_full = false;
}

struct bs_mime *bs_mime_new(struct bs_arena *arena)
{
    struct bs_mime *mime = bs_arena_take_unset(arena, sizeof *mime);
    if (!mime)
        return NULL;
    memset(mime, 0, offsetof(struct bs_mime, boundaries));
    mime->arena = arena;
    return mime;
}

void bs_mime_init(struct bs_mime *mime, struct bs_parts *parts, struct bs_mime *top, size_t owner)
{
    mime->parts = parts;
    mime->arena = top->arena;
    mime->top = top;
    mime->owner = owner;
    mime->boundaries.count = 0;
    mime->carry_len = 0;
    mime->in_line = false;
    mime->content = (struct bs_mime_content){.part = BS_MIME_NO_PART};
    bs_strbuf_init(&mime->part_header, BS_PARTS_HEADER_MAX);
    begin_message(mime, owner);
}

/* What becomes of the content of a part of that media. */
static void open_content(struct bs_mime *mime, const struct bs_mime_fields *fields, size_t place)
{
    size_t used = mime->arena->used;
    struct bs_part *part = &mime->parts->items[place];
    enum bs_transfer_encoding encoding = bs_transfer_encoding_parse(fields->encoding);
    struct bs_bytes charset = bs_bytes(NULL, 0);
    enum bs_mime_use use = BS_MIME_COLLECT;
    if (part->media == BS_MEDIA_OTHER)
        use = BS_MIME_IGNORE;
    else if (part->media == BS_MEDIA_MULTIPART)
        place = BS_MIME_NO_PART;
    else if (holds_others(part->media))
        use = BS_MIME_MESSAGE;
    else
        charset = bs_parameter_find(fields->parameters, "charset", mime->arena);
    mime->top->kept += mime->arena->used - used;
    bool here = use == BS_MIME_MESSAGE && encoding == BS_TRANSFER_IDENTITY;
    mime->state = BS_MIME_BODY;
    bs_mime_content_begin(mime, place, here ? BS_MIME_IGNORE : use, encoding, charset);
    if (here)
        begin_message(mime, place);
}

static struct bs_bytes find_name(const struct bs_mime_fields *fields, struct bs_arena *arena)
{
    struct bs_bytes name = bs_bytes(NULL, 0);
    if (fields->disposition.len > 0)
        name = bs_parameter_text(bs_parameters_skip_value(fields->disposition), "filename", arena);
    if (name.len == 0 && fields->parameters.len > 0)
        name = bs_parameter_text(fields->parameters, "name", arena);
    return name;
}

/* What the fields of a part say of it. */
static void describe(struct bs_mime *mime, struct bs_mime_fields *fields, size_t place)
{
    struct bs_part *part = &mime->parts->items[place];
    part->media = BS_MEDIA_TEXT;
    if (fields->type.len > 0)
        read_type(mime, fields, part);
    const struct bs_part *above = &mime->parts->items[part->parent];
    bool digest = part->type.len == 0 && above != part && bs_bytes_equal(above->type, BS_LITERAL("multipart/digest"));
    if (digest)
        part->media = BS_MEDIA_MESSAGE;
    part->name = find_name(fields, mime->arena);
    if (holds_others(part->media) && part->depth >= BS_PARTS_DEPTH_MAX) {
        bs_mime_note_limit(mime, "BS_PARTS_DEPTH_MAX");
        part->media = BS_MEDIA_OTHER;
    }
    if (part->media == BS_MEDIA_MULTIPART && bs_bytes_equal(part->type, BS_LITERAL("multipart/report"))) {
        struct bs_bytes report = bs_parameter_find(fields->parameters, "report-type", mime->arena);
        part->report = report.len > 0 ? bs_parameters_value(report, mime->arena, NULL) : report;
    }
    if (part->media == BS_MEDIA_MULTIPART && !open_multipart(mime, fields->parameters, place))
        part->media = BS_MEDIA_OTHER;
    part->cut = part->media == BS_MEDIA_OTHER && mime->parts->limit;
    part->returned = part->returned || part->media == BS_MEDIA_MESSAGE || part->media == BS_MEDIA_HEADERS;
}

static void begin_part(struct bs_mime *mime, struct bs_mime_fields *fields, size_t parent)
{
    size_t used = mime->arena->used;
    if (bs_mime_room(mime, 1) == 0) {
        bs_mime_note_limit(mime, "BS_PARTS_KEPT_MAX");
        mime->top->stopped = true;
        return;
    }
    if (!bs_mime_add_part(mime, parent))
        return;
    size_t place = mime->parts->count - 1;
    describe(mime, fields, place);
    mime->top->kept += mime->arena->used - used;
    open_content(mime, fields, place);
}

void bs_mime_take_field(struct bs_mime_fields *fields, struct bs_bytes name, struct bs_bytes body)
{
    static const struct bs_bytes type = {"Content-Type", 12}, encoding = {"Content-Transfer-Encoding", 25},
                                 disposition = {"Content-Disposition", 19};
    const unsigned lengths = 1u << type.len | 1u << encoding.len | 1u << disposition.len;
    if (name.len > encoding.len || !(lengths >> name.len & 1)) /* as it is most times */
        return;
    struct bs_bytes *field = bs_bytes_equal_nocase(name, type)          ? &fields->type
                             : bs_bytes_equal_nocase(name, encoding)    ? &fields->encoding
                             : bs_bytes_equal_nocase(name, disposition) ? &fields->disposition
                                                                        : NULL;
    if (field && !field->ptr)
        *field = body;
}

static void note_limits(struct bs_mime *mime, const struct bs_header *header)
{
    if (header->flags & BS_HEADER_TOO_MANY)
        bs_mime_note_limit(mime, "BS_HEADER_FIELDS_MAX");
    if (header->flags & BS_HEADER_TOO_LARGE)
        bs_mime_note_limit(mime, mime->header_full ? "BS_PARTS_KEPT_MAX" : "BS_HEADER_SIZE_MAX");
    if (header->flags & BS_FIELD_CUT)
        bs_mime_note_limit(mime, "BS_HEADER_FIELD_MAX");
    if (header->failed)
        fail(mime);
}

/* The header of a message has ended, or its input has. */
static void end_header(struct bs_mime *mime)
{
    struct bs_header *header = mime->header;
    if (!header)
        return;
    bs_header_finish(header);
    if (mime->header_full)
        header->flags |= BS_HEADER_TOO_LARGE;
    note_limits(mime, header);
    if (mime->message != BS_MIME_NO_PART) {
        mime->parts->items[mime->message].cut = header->flags & BS_HEADER_INCOMPLETE;
        mime->top->kept += bs_mime_header_cost(header);
    }
    mime->header = NULL;
}

/* What stands behind a header that is returned alone is passed over; what was called one and holds none is text. */
static void begin_behind_headers(struct bs_mime *mime, size_t place)
{
    struct bs_part *part = &mime->parts->items[place];
    bool text = part->header->count == 0;
    if (text) {
        part->media = BS_MEDIA_TEXT;
        part->header = NULL;
    }
    enum bs_mime_use use = text ? BS_MIME_COLLECT : BS_MIME_IGNORE;
    bs_mime_content_begin(mime, place, use, BS_TRANSFER_IDENTITY, bs_bytes(NULL, 0));
}

void bs_mime_begin_body(struct bs_mime *mime)
{
    const struct bs_header *header = mime->header;
    struct bs_mime_fields fields = {.type = {NULL, 0}};
    size_t message = mime->message;
    if (!header) /* it has ended already, or there is no memory */
        return;
    end_header(mime);
    mime->state = BS_MIME_BODY;
    if (mime->top->stopped)
        return;
    if (message != BS_MIME_NO_PART && mime->parts->items[message].media == BS_MEDIA_HEADERS) {
        begin_behind_headers(mime, message);
        return;
    }
    for (size_t i = 0; i < header->count; i++)
        bs_mime_take_field(&fields, header->fields[i].name, header->fields[i].body);
    begin_part(mime, &fields, message);
}

/* Reads the fields of a part's header. */
static struct bs_mime_fields read_fields(struct bs_bytes text)
{
    struct bs_mime_fields fields = {.type = {NULL, 0}};
    while (text.len > 0) {
        size_t end = 0;
        do
            end += bs_bytes_find(bs_bytes_skip(text, end), '\n') + 1;
        while (end < text.len && (text.ptr[end] == ' ' || text.ptr[end] == '\t'));
        struct bs_bytes field = bs_bytes_first(text, end);
        size_t good = bs_header_good_name(field), colon = good > 0 ? good : bs_bytes_find(field, ':');
        if (colon < field.len)
            bs_mime_take_field(&fields, bs_bytes_trim(bs_bytes_first(field, colon)), bs_bytes_skip(field, colon + 1));
        text = bs_bytes_skip(text, field.len);
    }
    return fields;
}

void bs_mime_begin_part_body(struct bs_mime *mime, struct bs_mime_fields *fields)
{
    mime->in_line = false;
    mime->parts->failed |= mime->part_header.failed;
    begin_part(mime, fields, mime->part_header_parent);
}

void bs_mime_end_part_header(struct bs_mime *mime)
{
    struct bs_mime_fields fields = read_fields(bs_strbuf_bytes(&mime->part_header));
    if (mime->part_header.len == mime->part_header.limit)
        bs_mime_note_limit(mime, "BS_PARTS_HEADER_MAX");
    bs_mime_begin_part_body(mime, &fields);
}

/* Ends the part that is being read, whatever of it has been read. */
static void end_part(struct bs_mime *mime)
{
    if (mime->state == BS_MIME_PART_HEADER)
        bs_mime_end_part_header(mime);
    if (mime->state == BS_MIME_LEAD || mime->state == BS_MIME_HEADER)
        end_header(mime);
    else
        bs_mime_content_end(mime);
    mime->in_line = false;
}

void bs_mime_boundary(struct bs_mime *mime, struct bs_boundary_match match)
{
    struct bs_boundary *boundary = &mime->boundaries.items[match.index];
    boundary->seen = true;
    end_part(mime);
    if (mime->top->stopped)
        return;
    mime->boundaries.count = match.index + 1;
    boundary->closed = match.closes;
    mime->part_header.len = 0;
    mime->part_header_parent = boundary->part;
    mime->state = match.closes ? BS_MIME_BODY : BS_MIME_PART_HEADER;
    if (match.closes)
        bs_mime_content_begin(mime, BS_MIME_NO_PART, BS_MIME_IGNORE, BS_TRANSFER_IDENTITY, bs_bytes(NULL, 0));
}

void bs_mime_end_of_input(struct bs_mime *mime)
{
    if (!mime->top->stopped && mime->state == BS_MIME_PART_HEADER && mime->part_header.len == 0)
        return;
    bool headless = mime->message == BS_MIME_NO_PART && (mime->state == BS_MIME_LEAD || mime->state == BS_MIME_HEADER);
    if (headless && !mime->top->stopped)
        bs_mime_begin_body(mime);
    if (mime->state == BS_MIME_BODY)
        bs_mime_content_push_end(mime);
    end_part(mime);
}
