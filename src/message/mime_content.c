/* SPDX-License-Identifier: BSD-2-Clause */
/* The content of parts: decoded, collected up to a limit, and made into text; see mime.h. */
#include "base/stride.h"
#include "message/charset.h"
#include "message/html_text.h"
#include "message/mime.h"

enum {
    PIECE = 4096,      /* bytes that are decoded at a time */
    HEADER_COST = 2048, /* what a returned header takes without its fields, at most */
    FIELD_COST = 128,  /* and a field of it beside its bytes */
};

/* Bytes that are collected of a part: of HTML, whose tags come off, as many as of a report. */
static size_t collected_max(const struct bs_mime *mime)
{
    size_t part = mime->content.part;
    enum bs_media media = part == BS_MIME_NO_PART ? BS_MEDIA_TEXT : mime->parts->items[part].media;
    return media == BS_MEDIA_TEXT ? BS_PARTS_TEXT_MAX : BS_PARTS_REPORT_MAX;
}

void bs_mime_content_begin(struct bs_mime *mime, size_t part, enum bs_mime_use use, enum bs_transfer_encoding encoding,
                           struct bs_bytes charset)
{
    struct bs_mime_content *content = &mime->content;
    content->part = part;
    content->use = use;
    content->charset = charset;
    content->held = BS_MIME_NO_END;
    content->full = false;
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
    decode(mime, line_ends[held]);
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
    if (content->held != BS_MIME_NO_END)
        give_held(mime, &bytes);
    if (bytes.len == 0)
        return;
    content->held = find_line_end(bytes);
    bytes = bs_bytes_first(bytes, bytes.len - line_ends[content->held].len);
    if (bytes.len > 0)
        decode(mime, bytes);
}

/* Takes CRs off the front; what LF does not follow ends a line each, and is put down as LF. Returns where to go on. */
static char *end_lines(char *to, struct bs_bytes *io_text)
{
    size_t count = 0;
    while (count < io_text->len && io_text->ptr[count] == '\r')
        count++;
    *io_text = bs_bytes_skip(*io_text, count);
    if (io_text->len > 0 && io_text->ptr[0] == '\n')
        return to;
    memset(to, '\n', count);
    return to + count;
}

/* A copy in the arena with lines that end in LF. */
static struct bs_bytes copy_lines(struct bs_arena *arena, struct bs_bytes text)
{
    if (bs_bytes_find(text, '\r') == text.len)
        return bs_arena_copy(arena, text);
    char *copy = bs_arena_take_unset(arena, text.len + 1), *to = copy;
    while (copy && text.len > 0) {
        size_t run = text.ptr[0] != '\r';
        if (text.len >= BS_STRIDE) {
            BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr);
            memcpy(to, &here, sizeof here);
            run = bs_stride_first(here == '\r');
        } else {
            *to = text.ptr[0];
        }
        to += run;
        text = bs_bytes_skip(text, run);
        if (run < BS_STRIDE)
            to = end_lines(to, &text);
    }
    if (copy)
        *to = '\0';
    return bs_bytes(copy, copy ? (size_t)(to - copy) : 0);
}

/* What was collected, as UTF-8 in `out`; false where something was left out. */
static bool convert(const struct bs_mime_content *content, enum bs_media media, struct bs_strbuf *out)
{
    struct bs_bytes bytes = bs_strbuf_bytes(&content->bytes);
    if (media != BS_MEDIA_HTML)
        return bs_charset_append(out, content->charset, bytes);
    if (bs_charset_is_utf8(content->charset, bytes))
        return bs_html_text_append(out, bytes);
    struct bs_strbuf html;
    bs_strbuf_init(&html, BS_PARTS_REPORT_MAX);
    bool whole = bs_charset_append(&html, content->charset, bytes);
    whole = bs_html_text_append(out, bs_strbuf_bytes(&html)) && whole;
    bs_strbuf_free(&html);
    return whole;
}

/* What was collected as text, in the arena. */
static void make_text(struct bs_mime *mime, struct bs_part *part, size_t most)
{
    struct bs_mime_content *content = &mime->content;
    if (most == 0) {
        part->cut = content->bytes.len > 0;
        return;
    }
    bool ready = part->media != BS_MEDIA_HTML && content->bytes.len <= most &&
                 bs_charset_is_utf8(content->charset, bs_strbuf_bytes(&content->bytes));
    struct bs_strbuf converted;
    bs_strbuf_init(&converted, most);
    part->cut = (!ready && !convert(content, part->media, &converted)) || content->full;
    struct bs_strbuf *text = ready ? &content->bytes : &converted;
    part->text = text->len > 0 ? copy_lines(mime->arena, bs_strbuf_bytes(text)) : bs_bytes(NULL, 0);
    if (content->bytes.failed || (text->len > 0 && !part->text.ptr))
        mime->parts->failed = true;
    bs_strbuf_free(&converted);
}

/* Keeps what was collected as the text of a part, as far as there is room. */
static void keep_text(struct bs_mime *mime, struct bs_part *part)
{
    struct bs_mime *top = mime->top;
    size_t left = top->kept < BS_PARTS_KEPT_MAX ? BS_PARTS_KEPT_MAX - top->kept : 0;
    bool text = part->media == BS_MEDIA_TEXT || part->media == BS_MEDIA_HTML;
    size_t most = text ? BS_PARTS_TEXT_MAX : BS_PARTS_REPORT_MAX;
    make_text(mime, part, most < left ? most : left);
    if (part->cut && (left < most || !text))
        bs_mime_note_limit(mime, left < most ? "BS_PARTS_KEPT_MAX" : "BS_PARTS_REPORT_MAX");
    top->kept += part->text.len;
}

/* Text before the first boundary of a multipart that never came is all that there is. */
static void keep_text_without_boundary(struct bs_mime *mime)
{
    const struct bs_boundaries *boundaries = &mime->boundaries;
    if (boundaries->count == 0 || boundaries->items[boundaries->count - 1].seen || mime->content.bytes.len == 0)
        return;
    struct bs_part *part = bs_mime_add_part(mime, boundaries->items[boundaries->count - 1].part);
    if (!part)
        return;
    part->media = BS_MEDIA_TEXT;
    keep_text(mime, part);
}

void bs_mime_content_push_end(struct bs_mime *mime)
{
    if (mime->content.use != BS_MIME_IGNORE && !mime->content.full)
        decode(mime, line_ends[mime->content.held]);
    mime->content.held = BS_MIME_NO_END;
}

void bs_mime_content_end(struct bs_mime *mime)
{
    struct bs_mime_content *content = &mime->content;
    char rest[BS_TRANSFER_ROOM_MIN];
    enum bs_mime_use use = content->use;
    if (use != BS_MIME_IGNORE && content->undecided)
        decide(mime);
    if (use != BS_MIME_IGNORE && !content->full)
        take_decoded(mime, bs_bytes(rest, bs_transfer_finish(&content->decoder, rest)));
    if (use == BS_MIME_MESSAGE && mime->inner)
        bs_mime_finish(mime->inner);
    else if (use == BS_MIME_COLLECT && content->part != BS_MIME_NO_PART)
        keep_text(mime, &mime->parts->items[content->part]);
    else if (use == BS_MIME_COLLECT)
        keep_text_without_boundary(mime);
    content->use = BS_MIME_IGNORE;
}

size_t bs_mime_header_cost(const struct bs_header *header)
{
    return HEADER_COST + header->size + header->count * FIELD_COST;
}

/* Bytes that the header may still take. */
static size_t header_room(const struct bs_mime *mime)
{
    size_t used = mime->top->kept + bs_mime_header_cost(mime->header);
    return used < BS_PARTS_KEPT_MAX ? BS_PARTS_KEPT_MAX - used : 0;
}

void bs_mime_header_push(struct bs_mime *mime, struct bs_bytes bytes)
{
    if (mime->header->flags & BS_HEADER_TOO_MANY) /* nothing more is kept */
        return;
    if (header_room(mime) / FIELD_COST > bytes.len) {
        bs_header_push(mime->header, bytes);
        return;
    }
    while (bytes.len > 0 && !mime->header_full) {
        size_t end = bs_bytes_find(bytes, '\n');
        struct bs_bytes line = bs_bytes_first(bytes, end < bytes.len ? end + 1 : end);
        if (header_room(mime) < line.len + FIELD_COST)
            mime->header_full = true;
        else
            bs_header_push(mime->header, line);
        bytes = bs_bytes_skip(bytes, line.len);
    }
}
