/* SPDX-License-Identifier: BSD-2-Clause */
/* The content of parts: decoded, collected up to a limit, and kept as text, or as it came; see mime.h. */
#include "message/mime.h"

enum {
    PIECE = 4096,      /* bytes that are decoded at a time */
    HEADER_COST = 2048, /* what a returned header takes without its fields, at most */
    FIELD_COST = 128,  /* and a field of it beside its bytes */
    DEFERRED_MAX = 256 * 1024, /* bytes of texts of one message that are kept as they came */
    CHARSET_MAX = 40,  /* bytes of a charset's name that anybody knows */
    UTF8_GROWTH = 3,   /* bytes that one becomes in UTF-8, at most */
};

/* Bytes that are collected of a part: of HTML, whose tags come off, as many as of a report. */
static size_t collected_max(const struct bs_mime *mime)
{
    size_t part = mime->content.part;
    enum bs_media media = part == BS_MIME_NO_PART ? BS_MEDIA_TEXT : mime->parts->items[part].media;
    return media == BS_MEDIA_TEXT ? BS_PARTS_TEXT_MAX : BS_PARTS_REPORT_MAX;
}

/* Whether few ask for the text of the part. */
static bool is_deferred(const struct bs_mime *mime, size_t part, enum bs_mime_use use)
{
    if (part == BS_MIME_NO_PART || use != BS_MIME_COLLECT)
        return false;
    const struct bs_part *item = &mime->parts->items[part];
    return item->media == BS_MEDIA_HTML || (item->media == BS_MEDIA_TEXT && item->returned);
}

void bs_mime_content_begin(struct bs_mime *mime, size_t part, enum bs_mime_use use, enum bs_transfer_encoding encoding,
                           struct bs_bytes charset)
{
    struct bs_mime_content *content = &mime->content;
    content->part = part;
    content->use = use;
    content->charset = charset;
    content->pending = bs_bytes(NULL, 0);
    content->held = BS_MIME_NO_END;
    content->full = false;
    content->deferred = is_deferred(mime, part, use);
    content->undecided = encoding == BS_TRANSFER_BASE64;
    mime->beginning_len = 0;
    content->bytes.len = 0;
    content->bytes.failed = false;
    content->bytes.limit = collected_max(mime);
    bs_transfer_init(&content->decoder, encoding);
    if (use != BS_MIME_MESSAGE)
        return;
    bs_strbuf_free(&content->bytes);
    if (!mime->inner)
        mime->inner = bs_mime_new(mime->arena);
    if (mime->inner) {
        bs_mime_init(mime->inner, mime->parts, mime->top, part);
    } else {
        mime->parts->failed = true;
        mime->top->stopped = true;
    }
}

/* Takes what is decoded. */
static void take_decoded(struct bs_mime *mime, struct bs_bytes bytes)
{
    struct bs_mime_content *content = &mime->content;
    if (bytes.len == 0)
        return;
    if (content->use == BS_MIME_MESSAGE) {
        bs_mime_read(mime->inner, bytes);
        return;
    }
    size_t room = content->bytes.limit - content->bytes.len;
    bs_strbuf_append(&content->bytes, bs_bytes_first(bytes, room));
    content->full = bytes.len > room || content->bytes.failed;
}

/* Decodes bytes to where they are collected, for which there is room: what is decoded is hardly longer than before. */
static void decode_into(struct bs_mime_content *content, struct bs_bytes *io_bytes)
{
    struct bs_strbuf *out = &content->bytes;
    size_t room = io_bytes->len + 2 * BS_TRANSFER_ROOM_MIN;
    bs_strbuf_reserve(out, room);
    if (out->failed)
        return;
    out->len += bs_transfer_decode(&content->decoder, io_bytes, out->ptr + out->len, room);
    out->ptr[out->len] = '\0';
}

static void decode_as_decided(struct bs_mime *mime, struct bs_bytes bytes)
{
    struct bs_mime_content *content = &mime->content;
    if (content->decoder.encoding == BS_TRANSFER_IDENTITY) {
        take_decoded(mime, bytes);
        return;
    }
    size_t room = content->bytes.limit - content->bytes.len;
    if (content->use == BS_MIME_COLLECT && bytes.len + 2 * BS_TRANSFER_ROOM_MIN < room)
        decode_into(content, &bytes);
    while (bytes.len > 0 && !content->full) {
        char piece[PIECE];
        size_t len = bs_transfer_decode(&content->decoder, &bytes, piece, sizeof piece);
        take_decoded(mime, bs_bytes(piece, len));
    }
}

/* What is called base64 and is none stands for itself. */
static void decide(struct bs_mime *mime)
{
    struct bs_bytes beginning = bs_bytes(mime->beginning, mime->beginning_len);
    mime->content.undecided = false;
    if (!bs_transfer_is_base64(beginning))
        bs_transfer_init(&mime->content.decoder, BS_TRANSFER_IDENTITY);
    decode_as_decided(mime, beginning);
}

static void decode(struct bs_mime *mime, struct bs_bytes bytes)
{
    if (mime->content.undecided) {
        struct bs_bytes part = bs_bytes_first(bytes, sizeof mime->beginning - mime->beginning_len);
        memcpy(mime->beginning + mime->beginning_len, part.ptr, part.len);
        mime->beginning_len += part.len;
        bytes = bs_bytes_skip(bytes, part.len);
        if (mime->beginning_len < sizeof mime->beginning)
            return;
        decide(mime);
    }
    if (!mime->content.full)
        decode_as_decided(mime, bytes);
}

/* The content has ended: decodes what was held back. */
static void finish_decoding(struct bs_mime *mime)
{
    char rest[BS_TRANSFER_ROOM_MIN];
    if (mime->content.undecided)
        decide(mime);
    if (!mime->content.full)
        take_decoded(mime, bs_bytes(rest, bs_transfer_finish(&mime->content.decoder, rest)));
}

/* The text is made at once: decodes what was kept as it came. */
static void stop_deferring(struct bs_mime *mime)
{
    struct bs_strbuf raw = mime->content.bytes;
    bs_strbuf_init(&mime->content.bytes, raw.limit);
    mime->content.deferred = false;
    if (raw.len > 0)
        decode(mime, bs_strbuf_bytes(&raw));
    mime->content.bytes.failed |= raw.failed;
    bs_strbuf_free(&raw);
}

/* Takes content as it came, but for the line end that a boundary may follow. */
static void take(struct bs_mime *mime, struct bs_bytes bytes)
{
    struct bs_mime_content *content = &mime->content;
    if (content->deferred && bytes.len > content->bytes.limit - content->bytes.len)
        stop_deferring(mime);
    if (content->deferred)
        bs_strbuf_append(&content->bytes, bytes);
    else
        decode(mime, bytes);
}

static const struct bs_bytes line_ends[] = {{"", 0}, {"\r", 1}, {"\n", 1}, {"\r\n", 2}};

/* The line end that was held back is content. */
static void give_held(struct bs_mime *mime, struct bs_bytes *io_bytes)
{
    enum bs_mime_line_end held = mime->content.held;
    mime->content.held = BS_MIME_NO_END;
    if (held == BS_MIME_CR && io_bytes->ptr[0] == '\n') {
        *io_bytes = bs_bytes_skip(*io_bytes, 1);
        mime->content.held = BS_MIME_CRLF;
        if (io_bytes->len == 0)
            return;
        held = BS_MIME_CRLF;
        mime->content.held = BS_MIME_NO_END;
    }
    take(mime, line_ends[held]);
}

/* The line end that the bytes end in. */
static enum bs_mime_line_end find_line_end(struct bs_bytes bytes)
{
    if (bytes.len == 0 || (bytes.ptr[bytes.len - 1] != '\n' && bytes.ptr[bytes.len - 1] != '\r'))
        return BS_MIME_NO_END;
    if (bytes.ptr[bytes.len - 1] == '\r')
        return BS_MIME_CR;
    return bytes.len > 1 && bytes.ptr[bytes.len - 2] == '\r' ? BS_MIME_CRLF : BS_MIME_LF;
}

void bs_mime_content_push(struct bs_mime *mime, struct bs_bytes bytes)
{
    struct bs_mime_content *content = &mime->content;
    if (content->use == BS_MIME_IGNORE || content->full || bytes.len == 0)
        return;
    if (content->pending.len > 0 && content->pending.ptr + content->pending.len == bytes.ptr) {
        content->pending.len += bytes.len;
        return;
    }
    bs_mime_content_flush(mime);
    content->pending = bytes;
}

void bs_mime_content_flush(struct bs_mime *mime)
{
    struct bs_mime_content *content = &mime->content;
    struct bs_bytes bytes = content->pending;
    content->pending.len = 0;
    if (bytes.len > 0 && content->held != BS_MIME_NO_END)
        give_held(mime, &bytes);
    if (bytes.len == 0)
        return;
    content->held = find_line_end(bytes);
    bytes = bs_bytes_first(bytes, bytes.len - line_ends[content->held].len);
    if (bytes.len > 0 && !content->full)
        take(mime, bytes);
}

/* Makes all texts that nobody asked for yet. */
static void make_texts(struct bs_mime *top)
{
    for (size_t i = 0; i < top->parts->count; i++) {
        struct bs_part *part = &top->parts->items[i];
        if (part->content)
            top->kept += bs_part_text(part).len;
    }
    top->deferred = 0;
}

size_t bs_mime_room(struct bs_mime *mime, size_t enough)
{
    struct bs_mime *top = mime->top;
    size_t most = top->kept + top->deferred, room = most < BS_PARTS_KEPT_MAX ? BS_PARTS_KEPT_MAX - most : 0;
    if (room >= enough || top->deferred == 0)
        return room;
    make_texts(top);
    return top->kept < BS_PARTS_KEPT_MAX ? BS_PARTS_KEPT_MAX - top->kept : 0;
}

/* Keeps the content for when somebody asks for the text; false where it cannot be known yet that there will be room. */
static bool defer_text(struct bs_mime *mime, struct bs_part *part, struct bs_bytes bytes)
{
    struct bs_bytes charset = mime->content.charset;
    struct bs_mime *top = mime->top;
    if (bytes.len > DEFERRED_MAX - top->deferred_bytes || bs_mime_room(mime, BS_PARTS_TEXT_MAX) < BS_PARTS_TEXT_MAX)
        return false;
    struct bs_part_content *content = bs_arena_take_unset(mime->arena, sizeof *content);
    if (!content) {
        mime->parts->failed = true;
        return true;
    }
    *content = (struct bs_part_content){
        .parts = mime->parts,
        .arena = mime->arena,
        .bytes = bs_arena_copy(mime->arena, bytes),
        .encoding = mime->content.decoder.encoding,
        .charset = bs_arena_copy(mime->arena, bs_bytes_first(charset, charset.len <= CHARSET_MAX ? charset.len : 0)),
    };
    if (content->bytes.ptr && content->charset.ptr)
        part->content = content;
    else
        mime->parts->failed = true;
    size_t grown = UTF8_GROWTH * (bytes.len + 1), text = grown < BS_PARTS_TEXT_MAX ? grown : BS_PARTS_TEXT_MAX;
    top->deferred += text;
    top->deferred_bytes += bytes.len;
    return true;
}

/* Keeps what was collected as the text of a part, as far as there is room. */
static void keep_text(struct bs_mime *mime, struct bs_part *part, struct bs_bytes bytes)
{
    const struct bs_part_content content = {
        .parts = mime->parts, .arena = mime->arena, .bytes = bytes, .charset = mime->content.charset};
    bool text = part->media == BS_MEDIA_TEXT || part->media == BS_MEDIA_HTML;
    size_t most = text ? BS_PARTS_TEXT_MAX : BS_PARTS_REPORT_MAX, left = bs_mime_room(mime, most);
    bs_part_make_text(&content, part, most < left ? most : left);
    part->cut = part->cut || mime->content.full;
    mime->parts->failed |= mime->content.bytes.failed;
    if (part->cut && (left < most || !text))
        bs_mime_note_limit(mime, left < most ? "BS_PARTS_KEPT_MAX" : "BS_PARTS_REPORT_MAX");
    mime->top->kept += part->text.len;
}

/* Text before the first boundary of a multipart that never came is all that there is. */
static void keep_text_without_boundary(struct bs_mime *mime, struct bs_bytes bytes)
{
    const struct bs_boundaries *boundaries = &mime->boundaries;
    if (boundaries->count == 0 || boundaries->items[boundaries->count - 1].seen || bytes.len == 0)
        return;
    struct bs_part *part = bs_mime_add_part(mime, boundaries->items[boundaries->count - 1].part);
    if (!part)
        return;
    part->media = BS_MEDIA_TEXT;
    keep_text(mime, part, bytes);
}

void bs_mime_content_push_end(struct bs_mime *mime)
{
    bs_mime_content_flush(mime);
    if (mime->content.use != BS_MIME_IGNORE && !mime->content.full)
        take(mime, line_ends[mime->content.held]);
    mime->content.held = BS_MIME_NO_END;
}

/* Takes the content that lies in the input as a whole, and can stay there until it is kept, if that is all. */
static struct bs_bytes take_where_it_lies(struct bs_mime_content *content)
{
    struct bs_bytes bytes = content->pending;
    bool as_it_is = content->deferred || (content->decoder.encoding == BS_TRANSFER_IDENTITY && !content->undecided);
    if (content->use != BS_MIME_COLLECT || !as_it_is || content->bytes.len > 0 || content->held != BS_MIME_NO_END)
        return bs_bytes(NULL, 0);
    bytes = bs_bytes_first(bytes, bytes.len - line_ends[find_line_end(bytes)].len);
    if (content->deferred && bytes.len > content->bytes.limit)
        return bs_bytes(NULL, 0);
    content->full = bytes.len > content->bytes.limit;
    content->pending.len = 0;
    return bs_bytes_first(bytes, content->bytes.limit);
}

/* The content of a part is there as a whole. */
static void end_text(struct bs_mime *mime, struct bs_bytes bytes)
{
    struct bs_mime_content *content = &mime->content;
    struct bs_part *part = &mime->parts->items[content->part];
    mime->parts->failed |= content->bytes.failed;
    if (content->deferred && bytes.len > 0 && defer_text(mime, part, bytes))
        return;
    if (content->deferred) {
        if (content->bytes.len == 0)
            bs_strbuf_append(&content->bytes, bytes);
        stop_deferring(mime);
        finish_decoding(mime);
        bytes = bs_strbuf_bytes(&content->bytes);
    }
    keep_text(mime, part, bytes);
}

void bs_mime_content_end(struct bs_mime *mime)
{
    struct bs_mime_content *content = &mime->content;
    enum bs_mime_use use = content->use;
    struct bs_bytes bytes = take_where_it_lies(content);
    bs_mime_content_flush(mime);
    if (use != BS_MIME_IGNORE && !content->deferred)
        finish_decoding(mime);
    if (bytes.len == 0)
        bytes = bs_strbuf_bytes(&content->bytes);
    if (use == BS_MIME_MESSAGE && mime->inner)
        bs_mime_finish(mime->inner);
    else if (use == BS_MIME_COLLECT && content->part != BS_MIME_NO_PART)
        end_text(mime, bytes);
    else if (use == BS_MIME_COLLECT)
        keep_text_without_boundary(mime, bytes);
    content->use = BS_MIME_IGNORE;
}

size_t bs_mime_header_cost(const struct bs_header *header)
{
    return HEADER_COST + header->size + header->count * FIELD_COST;
}

/* Bytes that the header may still take; it may be more than what is said, where that is not below `enough`. */
static size_t header_room(struct bs_mime *mime, size_t enough)
{
    size_t cost = bs_mime_header_cost(mime->header), room = bs_mime_room(mime, cost + enough);
    return cost < room ? room - cost : 0;
}

void bs_mime_header_push_plain(struct bs_mime *mime, struct bs_bytes *io_bytes)
{
    size_t taken = bs_header_push_plain(mime->header, *io_bytes, header_room(mime, 0), FIELD_COST);
    *io_bytes = bs_bytes_skip(*io_bytes, taken);
}

void bs_mime_header_push(struct bs_mime *mime, struct bs_bytes bytes)
{
    if (mime->header->flags & BS_HEADER_TOO_MANY) /* nothing more is kept */
        return;
    if (header_room(mime, 0) / FIELD_COST > bytes.len) {
        bs_header_push(mime->header, bytes);
        return;
    }
    while (bytes.len > 0 && !mime->header_full) {
        size_t end = bs_bytes_find(bytes, '\n');
        struct bs_bytes line = bs_bytes_first(bytes, end < bytes.len ? end + 1 : end);
        if (header_room(mime, line.len + FIELD_COST) < line.len + FIELD_COST)
            mime->header_full = true;
        else
            bs_header_push(mime->header, line);
        bytes = bs_bytes_skip(bytes, line.len);
    }
}
