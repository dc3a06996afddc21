/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a part: decoded, in UTF-8, without tags, with lines that end in LF; see parts.h and mime.h. */
#include "base/stride.h"
#include "message/charset.h"
#include "message/html_text.h"
#include "message/mime.h"

enum { PIECE = 4096 }; /* bytes that are decoded at a time */

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

/* Copies up to a CR, or to what is not ASCII where that ends it, too; returns how much that is. */
static inline size_t copy_run(const char *at, const char *end, char *to, bool ascii)
{
    const char *begin = at;
    for (; end - at >= 2 * BS_STRIDE; at += 2 * BS_STRIDE, to += 2 * BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(at), next = bs_stride_at(at + BS_STRIDE);
        BS_STRIDE_OF_BYTES stops = here == '\r', next_stops = next == '\r';
        if (ascii) { /* a byte past ASCII is negative, and so is what a comparison holds for */
            stops |= here;
            next_stops |= next;
        }
        memcpy(to, &here, sizeof here);
        memcpy(to + BS_STRIDE, &next, sizeof next);
        if (bs_stride_any((stops | next_stops) < 0))
            return (size_t)(at - begin) + bs_stride_first_of_two(stops < 0, next_stops < 0);
    }
    for (; at < end && *at != '\r' && (!ascii || !((unsigned char)*at & 0x80)); at++)
        *to++ = *at;
    return (size_t)(at - begin);
}

/* A copy in the arena with lines that end in LF; its ptr is NULL without memory, and where `ascii` is wanted and the
 * text is not. */
static inline struct bs_bytes copy_lines(struct bs_arena *arena, struct bs_bytes text, bool ascii)
{
    char *copy = bs_arena_peek(arena, text.len + 1), *to = copy;
    while (copy && text.len > 0) {
        size_t run = copy_run(text.ptr, text.ptr + text.len, to, ascii);
        to += run;
        text = bs_bytes_skip(text, run);
        if (text.len > 0 && text.ptr[0] != '\r')
            return bs_bytes(NULL, 0);
        if (text.len > 0)
            to = end_lines(to, &text);
    }
    if (!copy)
        return bs_bytes(NULL, 0);
    *to = '\0';
    bs_arena_take_unset(arena, (size_t)(to - copy) + 1);
    return bs_bytes(copy, (size_t)(to - copy));
}

/* Converts to UTF-8 in `out`; false where something was left out. */
static bool convert(const struct bs_part_content *content, enum bs_media media, struct bs_strbuf *out)
{
    if (media != BS_MEDIA_HTML)
        return bs_charset_append(out, content->charset, content->bytes);
    if (bs_charset_is_utf8(content->charset, content->bytes))
        return bs_html_text_append(out, content->bytes);
    struct bs_strbuf html;
    bs_strbuf_init(&html, BS_PARTS_REPORT_MAX);
    bool whole = bs_charset_append(&html, content->charset, content->bytes);
    whole = bs_html_text_append(out, bs_strbuf_bytes(&html)) && whole;
    bs_strbuf_free(&html);
    return whole;
}

/* Takes what is text as it stands, as most is; false where it has to be converted. */
static bool take_ready_text(const struct bs_part_content *content, struct bs_part *part, size_t most)
{
    if (part->media == BS_MEDIA_HTML || content->bytes.len > most)
        return false;
    if (bs_charset_keeps_ascii(content->charset, content->bytes))
        part->text = copy_lines(content->arena, content->bytes, true);
    if (!part->text.ptr && bs_charset_is_utf8(content->charset, content->bytes))
        part->text = copy_lines(content->arena, content->bytes, false);
    return part->text.ptr;
}

void bs_part_make_text(const struct bs_part_content *content, struct bs_part *part, size_t most)
{
    part->text = bs_bytes(NULL, 0);
    part->cut = false;
    if (most == 0)
        part->cut = content->bytes.len > 0;
    if (most == 0 || content->bytes.len == 0 || take_ready_text(content, part, most))
        return;
    struct bs_strbuf converted;
    bs_strbuf_init(&converted, most);
    part->cut = !convert(content, part->media, &converted);
    if (converted.len > 0)
        part->text = copy_lines(content->arena, bs_strbuf_bytes(&converted), false);
    if (converted.len > 0 && !part->text.ptr)
        content->parts->failed = true;
    bs_strbuf_free(&converted);
}

/* Decodes the whole of a content. */
static void decode_content(const struct bs_part_content *content, struct bs_strbuf *out)
{
    struct bs_bytes rest = content->bytes;
    struct bs_transfer_decoder decoder;
    char piece[PIECE];
    bool named = content->encoding == BS_TRANSFER_BASE64 &&
                 !bs_transfer_is_base64(bs_bytes_first(rest, BS_TRANSFER_BEGINNING_SIZE));
    bs_transfer_init(&decoder, named ? BS_TRANSFER_IDENTITY : content->encoding);
    bs_strbuf_reserve(out, rest.len);
    while (rest.len > 0) {
        size_t len = bs_transfer_decode(&decoder, &rest, piece, sizeof piece);
        bs_strbuf_append(out, bs_bytes(piece, len));
    }
    bs_strbuf_append(out, bs_bytes(piece, bs_transfer_finish(&decoder, piece)));
}

struct bs_bytes bs_part_text(struct bs_part *part)
{
    if (!part->content)
        return part->text;
    struct bs_part_content content = *part->content;
    struct bs_strbuf decoded;
    part->content = NULL;
    bs_strbuf_init(&decoded, BS_PARTS_REPORT_MAX);
    if (content.encoding != BS_TRANSFER_IDENTITY) {
        decode_content(&content, &decoded);
        content.bytes = bs_strbuf_bytes(&decoded);
        content.parts->failed |= decoded.failed;
    }
    bs_part_make_text(&content, part, BS_PARTS_TEXT_MAX);
    bs_strbuf_free(&decoded);
    return part->text;
}
