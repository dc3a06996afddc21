/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines, boundaries and headers of parts; see mime.h. Lines are looked at where they lie; only one that may be a
 * boundary, or that stands before or in a header of a part, is kept when it comes in pieces.
 */
#include "message/mime.h"

#include "base/stride.h"

enum { USUAL_PART_HEADER = 250 }; /* bytes that make room for the header of most parts */

enum event { MORE, BOUNDARY, EMPTY_LINE };

/* A line that has to be seen whole, its line end included; without one it is the last, or longer than is looked
 * at. */
struct line {
    struct bs_bytes bytes;
    char kept[BS_BOUNDARY_LINE_MAX]; /* where `bytes` are if they came in pieces */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes a line off the front; false where its end has not come yet, and then all of `io_chunk` is kept. */
static bool take_line(struct bs_mime *mime, struct bs_bytes *io_chunk, struct line *ret_line)
{
    struct bs_bytes shown = bs_bytes_first(*io_chunk, sizeof mime->carry - mime->carry_len);
    size_t end = bs_bytes_find(shown, '\n');
    bool whole = end < shown.len;
    struct bs_bytes taken = bs_bytes_first(shown, whole ? end + 1 : shown.len);
    *io_chunk = bs_bytes_skip(*io_chunk, taken.len);
    if (mime->carry_len == 0 && (whole || taken.len == sizeof mime->carry)) {
        ret_line->bytes = taken;
        return true;
    }
    if (taken.len > 0)
        memcpy(mime->carry + mime->carry_len, taken.ptr, taken.len);
    mime->carry_len += taken.len;
    if (!whole && mime->carry_len < sizeof mime->carry)
        return false;
    memcpy(ret_line->kept, mime->carry, mime->carry_len);
    ret_line->bytes = bs_bytes(ret_line->kept, mime->carry_len);
    mime->carry_len = 0;
    return true;
}

static bool has_end(struct bs_bytes line)
{
    return line.len > 0 && line.ptr[line.len - 1] == '\n';
}

static struct bs_bytes without_end(struct bs_bytes line)
{
    while (line.len > 0 && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static bool all_blank(struct bs_bytes line)
{
    size_t i = 0;
    while (i < line.len && is_blank(line.ptr[i]))
        i++;
    return i == line.len;
}

/* The length of the empty line that the bytes begin with; 0 without one. */
static size_t empty_line(struct bs_bytes bytes)
{
    size_t cr = bytes.len > 0 && bytes.ptr[0] == '\r' ? 1 : 0;
    return bytes.len > cr && bytes.ptr[cr] == '\n' ? cr + 1 : 0;
}

static bool starts_as_boundary(struct bs_bytes line)
{
    return line.len >= 2 && line.ptr[0] == '-' && line.ptr[1] == '-';
}

/* `Name:`, with anything but blanks and controls in the name, which blanks may follow. */
static bool is_field(struct bs_bytes line)
{
    if (bs_header_good_name(line) > 0) /* as it is most times */
        return true;
    size_t colon = bs_bytes_find(line, ':'), name = colon;
    while (colon < line.len && name > 0 && is_blank(line.ptr[name - 1]))
        name--;
    for (size_t i = 0; i < name; i++) {
        if ((unsigned char)line.ptr[i] <= ' ' || line.ptr[i] == 0x7f)
            return false;
    }
    return colon < line.len && name > 0;
}

static bool is_mbox_from(struct bs_bytes line)
{
    if (line.len > 0 && line.ptr[0] == '>')
        line = bs_bytes_skip(line, 1);
    return line.len > 5 && memcmp(line.ptr, "From ", 5) == 0 && !is_field(line);
}

/* A command or a reply of SMTP (RFC 5321 sections 4.1 and 4.2), which some put down together with the message. */
static bool is_smtp(struct bs_bytes line)
{
    static const char *const commands[] = {"MAIL FROM:", "RCPT TO:", "EHLO ", "HELO ", "LHLO "};
    static const char *const words[] = {"DATA", "RSET", "NOOP", "QUIT"};
    struct bs_bytes text = bs_bytes_trim(line);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (bs_bytes_starts_nocase(text, bs_bytes_from_cstr(commands[i])))
            return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (bs_bytes_equal_nocase(text, bs_bytes_from_cstr(words[i])))
            return true;
    }
    bool code = text.len >= 3 && text.ptr[0] >= '2' && text.ptr[0] <= '5' && bs_ascii_is_digit(text.ptr[1]) &&
                bs_ascii_is_digit(text.ptr[2]);
    return code && (text.len == 3 || text.ptr[3] == ' ' || text.ptr[3] == '-');
}

/* Whether a line before a header is passed over. */
static bool is_lead(struct bs_mime *mime, struct bs_bytes line)
{
    bool blank = all_blank(line);
    if (!blank && !is_mbox_from(line) && (mime->message != BS_MIME_NO_PART || !is_smtp(line)))
        return false;
    if (mime->lead_lines++ == BS_PARTS_LEAD_MAX) {
        bs_mime_note_limit(mime, "BS_PARTS_LEAD_MAX");
        return false;
    }
    mime->lead_blank = mime->lead_blank || blank;
    return true;
}

static bool starts_with_letter(struct bs_bytes line)
{
    char low = line.len > 0 ? bs_ascii_lower(line.ptr[0]) : '\0';
    return low >= 'a' && low <= 'z';
}

/* A line before a header; false where it was not taken, because it is the first of the header or of the body. */
static bool take_lead(struct bs_mime *mime, struct bs_bytes line)
{
    static const struct bs_bytes mark = {"\xef\xbb\xbf", 3};
    struct bs_bytes text = without_end(line);
    if (starts_with_letter(line) && bs_header_good_name(line) > 0) { /* as it does most times */
        mime->state = BS_MIME_HEADER;
        return false;
    }
    bool marked = mime->lead_lines == 0 && bs_bytes_starts_nocase(text, mark);
    if (marked && has_end(line) && is_field(text)) {
        mime->state = BS_MIME_HEADER;
        bs_header_push(mime->header, bs_bytes_skip(line, mark.len));
        return true;
    }
    if (is_lead(mime, text))
        return true;
    mime->state = BS_MIME_HEADER;
    if (!is_field(text) && (mime->lead_blank || mime->message != BS_MIME_NO_PART)) {
        mime->header->flags |= BS_HEADER_NONE;
        mime->header->ended = true;
        bs_mime_begin_body(mime);
    }
    return false;
}

/* A line of a part's header; false where it was not taken, because it is the first of the body. */
static bool take_part_header(struct bs_mime *mime, struct bs_bytes line)
{
    struct bs_bytes text = without_end(line);
    bool first = mime->part_header.len == 0;
    bool empty = all_blank(text) && (text.len == 0 || has_end(line));
    bool field = is_field(text) || (!first && text.len > 0 && is_blank(text.ptr[0])) || (first && is_mbox_from(text));
    if (!empty && field) {
        size_t room = mime->part_header.limit - mime->part_header.len;
        if (first)
            bs_strbuf_reserve(&mime->part_header, USUAL_PART_HEADER);
        bs_strbuf_append(&mime->part_header, bs_bytes_first(line, room));
        mime->in_line = !has_end(line);
        return true;
    }
    bs_mime_end_part_header(mime);
    return empty;
}

/* What stands behind a field's name and its colon. */
static struct bs_bytes behind_colon(struct bs_bytes name, const char *end)
{
    const char *body = name.ptr + name.len + 1;
    return bs_bytes(body, (size_t)(end - body));
}

/* The same bytes in a copy of what they lie in. */
static struct bs_bytes in_copy(struct bs_bytes bytes, const char *from, const char *copy)
{
    return bytes.ptr ? bs_bytes(copy + (bytes.ptr - from), bytes.len) : bytes;
}

/* Keeps a part's header, since the charset that it names is needed until the part ends, and begins the part. */
static void keep_part_header(struct bs_mime *mime, struct bs_bytes header, struct bs_mime_fields fields)
{
    bs_strbuf_append(&mime->part_header, header);
    const char *copy = bs_strbuf_cstr(&mime->part_header);
    if (mime->part_header.failed) {
        mime->parts->failed = true;
        fields = (struct bs_mime_fields){.type = {NULL, 0}};
    }
    fields.type = in_copy(fields.type, header.ptr, copy);
    fields.encoding = in_copy(fields.encoding, header.ptr, copy);
    fields.disposition = in_copy(fields.disposition, header.ptr, copy);
    bs_mime_begin_part_body(mime, &fields);
}

/* Takes a part's header that lies in the chunk as a whole, is not long, and has nothing but fields that are seen to be
 * some at a glance; false where it has to go line by line. */
static bool take_plain_part_header(struct bs_mime *mime, struct bs_bytes *io_chunk)
{
    struct bs_bytes shown = bs_bytes_first(*io_chunk, BS_BOUNDARY_LINE_MAX - 1), name = {NULL, 0};
    struct bs_mime_fields fields = {.type = {NULL, 0}};
    size_t at = 0, empty;
    if (mime->state != BS_MIME_PART_HEADER || mime->carry_len > 0 || mime->part_header.len > 0)
        return false;
    while ((empty = empty_line(bs_bytes_skip(shown, at))) == 0) {
        struct bs_bytes rest = bs_bytes_skip(shown, at), line = bs_bytes_first(rest, bs_bytes_find(rest, '\n'));
        size_t colon = starts_as_boundary(line) ? 0 : bs_header_good_name(rest);
        bool goes_on = at > 0 && line.len > 0 && is_blank(line.ptr[0]) && !all_blank(without_end(line));
        if (line.len == rest.len || (colon == 0 && !goes_on))
            return false;
        if (colon > 0 && at > 0)
            bs_mime_take_field(&fields, name, behind_colon(name, rest.ptr));
        if (colon > 0)
            name = bs_bytes_first(rest, colon);
        at += line.len + 1;
    }
    if (at > 0)
        bs_mime_take_field(&fields, name, behind_colon(name, shown.ptr + at));
    *io_chunk = bs_bytes_skip(*io_chunk, at + empty);
    keep_part_header(mime, bs_bytes_first(shown, at), fields);
    return true;
}

/* The rest of a line of a part's header that is longer than what is looked at. */
static void take_rest_of_line(struct bs_mime *mime, struct bs_bytes *io_chunk)
{
    size_t end = bs_bytes_find(*io_chunk, '\n');
    mime->in_line = end == io_chunk->len;
    struct bs_bytes rest = bs_bytes_first(*io_chunk, mime->in_line ? end : end + 1);
    bs_strbuf_append(&mime->part_header, bs_bytes_first(rest, mime->part_header.limit - mime->part_header.len));
    *io_chunk = bs_bytes_skip(*io_chunk, rest.len);
}

/* Reads what came on the boundary that is at `line`, if it is one. */
static bool take_boundary(struct bs_mime *mime, struct bs_bytes line)
{
    if (mime->boundaries.count == 0 || !starts_as_boundary(line))
        return false;
    struct bs_boundary_match match = bs_boundaries_match(&mime->boundaries, line, mime->arena);
    if (match.index == mime->boundaries.count)
        return false;
    bs_mime_boundary(mime, match);
    return true;
}

/* Lines before a message's header or in a part's: each is seen whole. */
static void read_lines(struct bs_mime *mime, struct bs_bytes *io_chunk)
{
    struct line line;
    if (mime->in_line) {
        take_rest_of_line(mime, io_chunk);
        return;
    }
    if (take_plain_part_header(mime, io_chunk))
        return;
    struct bs_bytes before = *io_chunk;
    if (!take_line(mime, io_chunk, &line) || take_boundary(mime, line.bytes))
        return;
    bool taken = mime->state == BS_MIME_LEAD ? take_lead(mime, line.bytes) : take_part_header(mime, line.bytes);
    if (taken)
        return;
    if (line.bytes.ptr != line.kept)
        *io_chunk = before;
    else
        bs_mime_read(mime, line.bytes);
}

static void give(struct bs_mime *mime, struct bs_bytes bytes)
{
    if (bytes.len == 0)
        return;
    if (mime->state == BS_MIME_HEADER)
        bs_mime_header_push(mime, bytes);
    else
        bs_mime_content_push(mime, bytes);
}

/* A line that may be more than content. */
static enum event take_candidate(struct bs_mime *mime, struct bs_bytes line)
{
    bool empty = mime->state == BS_MIME_HEADER && empty_line(line) > 0;
    if (take_boundary(mime, line))
        return BOUNDARY;
    give(mime, line);
    mime->in_line = !has_end(line);
    return empty ? EMPTY_LINE : MORE;
}

/* Whether a line that begins at `at` may be more than content. */
static bool may_be_more(const struct bs_mime *mime, const char *at, const char *end)
{
    return (*at == '-' && (at + 1 == end || at[1] == '-')) ||
           (mime->state == BS_MIME_HEADER && (*at == '\r' || *at == '\n'));
}

/* The line ends in a stride behind which there may be more than content. */
static inline BS_STRIDE_OF_BYTES candidates(const char *at, bool header)
{
    BS_STRIDE_OF_BYTES next = bs_stride_at(at + 1), more = next == '-';
    if (header)
        more |= (next == '\n') | (next == '\r');
    return (bs_stride_at(at) == '\n') & more;
}

/* Passes over lines, of which none but the last may be more than content, as long as they go by the stride. */
static inline const char *pass_lines(const char *at, const char *end, bool header)
{
    for (; end - at > 2 * BS_STRIDE; at += 2 * BS_STRIDE) {
        BS_STRIDE_OF_BYTES lines = candidates(at, header), next_lines = candidates(at + BS_STRIDE, header);
        if (bs_stride_any(lines | next_lines))
            return at + bs_stride_first_of_two(lines, next_lines);
    }
    return at;
}

/* The first line at or behind `at`, which begins one, that may be more than content; `end` where there is none.
 * `ret_open`: the last line has no end. */
static const char *find_candidate(const struct bs_mime *mime, const char *at, const char *end, bool *ret_open)
{
    *ret_open = false;
    if (mime->state == BS_MIME_BODY && mime->boundaries.count == 0) { /* nothing but content is left */
        *ret_open = end[-1] != '\n';
        return end;
    }
    while (at < end) {
        if (may_be_more(mime, at, end))
            return at;
        at = mime->state == BS_MIME_HEADER ? pass_lines(at, end, true) : pass_lines(at, end, false);
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) {
            *ret_open = true;
            return end;
        }
        at++;
    }
    return end;
}

/* The same where nothing is kept: base64 has no dashes, so looking for one goes faster than from line to line. */
static const char *find_dash(const char *at, const char *begin, const char *end, bool *ret_open)
{
    *ret_open = end[-1] != '\n';
    while ((at = memchr(at, '-', (size_t)(end - at)))) {
        bool line = at == begin || at[-1] == '\n';
        if (line && (at + 1 == end || at[1] == '-')) {
            *ret_open = false;
            return at;
        }
        while (at < end && *at == '-')
            at++;
        if (at == end)
            break;
    }
    return end;
}

/* Reads up to the next event; what comes before is given to whoever wants it. */
static enum event scan(struct bs_mime *mime, struct bs_bytes *io_chunk)
{
    struct line line;
    if (mime->carry_len > 0) {
        enum event event = take_line(mime, io_chunk, &line) ? take_candidate(mime, line.bytes) : MORE;
        bs_mime_content_flush(mime); /* the line goes out of scope */
        return event;
    }
    if (mime->state == BS_MIME_HEADER && !mime->in_line && !mime->header_full)
        bs_mime_header_push_plain(mime, io_chunk);
    if (io_chunk->len == 0)
        return MORE;
    const char *begin = io_chunk->ptr, *at = begin, *end = begin + io_chunk->len;
    if (mime->in_line) {
        at = memchr(at, '\n', io_chunk->len);
        at = at ? at + 1 : end;
        mime->in_line = at[-1] != '\n';
    }
    if (at < end) {
        const struct bs_mime_content *content = &mime->content;
        bool skip = mime->state == BS_MIME_BODY && content->decoder.encoding == BS_TRANSFER_BASE64 &&
                    (content->use == BS_MIME_IGNORE || content->full);
        at = skip ? find_dash(at, at, end, &mime->in_line) : find_candidate(mime, at, end, &mime->in_line);
    }
    size_t empty = mime->state == BS_MIME_HEADER ? empty_line(bs_bytes(at, (size_t)(end - at))) : 0;
    at += empty;
    give(mime, bs_bytes(begin, (size_t)(at - begin)));
    *io_chunk = bs_bytes(at, (size_t)(end - at));
    if (empty > 0)
        return EMPTY_LINE;
    return at < end && take_line(mime, io_chunk, &line) ? take_candidate(mime, line.bytes) : MORE;
}

/* The header of the message itself, in which no boundary can end it. */
static void read_own_header(struct bs_mime *mime, struct bs_bytes *io_chunk)
{
    *io_chunk = bs_bytes_skip(*io_chunk, bs_header_push(mime->header, *io_chunk));
    if (mime->header->ended)
        bs_mime_begin_body(mime);
}

void bs_mime_read(struct bs_mime *mime, struct bs_bytes bytes)
{
    while (bytes.len > 0 && !mime->top->stopped) {
        if (mime->state == BS_MIME_LEAD || mime->state == BS_MIME_PART_HEADER)
            read_lines(mime, &bytes);
        else if (mime->state == BS_MIME_HEADER && mime->message == BS_MIME_NO_PART)
            read_own_header(mime, &bytes);
        else if (scan(mime, &bytes) == EMPTY_LINE)
            bs_mime_begin_body(mime);
    }
    bs_mime_content_flush(mime);
}

/* The last line, which has no end. */
static void take_last_line(struct bs_mime *mime, struct bs_bytes line)
{
    if (mime->state == BS_MIME_LEAD) {
        if (!take_lead(mime, line))
            take_last_line(mime, line);
    } else if (mime->state == BS_MIME_PART_HEADER) {
        if (!take_part_header(mime, line))
            take_last_line(mime, line);
    } else if (mime->state == BS_MIME_HEADER && mime->message == BS_MIME_NO_PART) {
        bs_header_push(mime->header, line);
    } else {
        give(mime, line);
    }
}

void bs_mime_finish(struct bs_mime *mime)
{
    char kept[BS_BOUNDARY_LINE_MAX];
    struct bs_bytes line = bs_bytes(kept, mime->carry_len);
    if (line.len > 0)
        memcpy(kept, mime->carry, line.len);
    mime->carry_len = 0;
    if (line.len > 0 && !mime->top->stopped && !take_boundary(mime, line))
        take_last_line(mime, line);
    bs_mime_end_of_input(mime);
    bs_strbuf_free(&mime->part_header);
    bs_strbuf_free(&mime->content.bytes);
}
