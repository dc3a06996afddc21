/* SPDX-License-Identifier: BSD-2-Clause */
/* The header block of a message; see header.h. */
#include "message/header.h"

#include "base/stride.h"
#include "base/utf8.h"

enum {
    FIRST_CAPACITY = 32,
    PLAIN_FIELD_MAX = 2048, /* bytes of a field that is taken as a whole */
};

void bs_header_init(struct bs_header *header, struct bs_arena *arena)
{
    *header = (struct bs_header){.arena = arena};
    bs_strbuf_init(&header->field, BS_HEADER_FIELD_MAX);
    bs_strbuf_init(&header->line, BS_HEADER_FIELD_MAX + 1); /* and its CR */
}

/* Eight bytes in lower case; others than letters may fall together. */
static uint64_t lower_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word | 0x2020202020202020u;
}

/* The same of a name that has fewer, filled up with blanks. `readable`: bytes that there are from where it begins. */
static inline uint64_t short_name(struct bs_bytes name, size_t readable)
{
    static const unsigned char masks[2 * sizeof(uint64_t)] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint64_t mask, filled = 0x2020202020202020u;
    if (readable >= sizeof mask) {
        memcpy(&mask, masks + sizeof mask - name.len, sizeof mask);
        return (lower_word(name.ptr) & mask) | (filled & ~mask);
    }
    if (name.len > 0)
        memcpy(&filled, name.ptr, name.len);
    return lower_word((const char *)&filled);
}

/* Of the length, the first and the last eight bytes. */
static inline unsigned hash_name(struct bs_bytes name, size_t readable)
{
    static const uint64_t odd = 0x9e3779b97f4a7c15u;
    bool is_short = name.len < sizeof(uint64_t);
    uint64_t first = is_short ? short_name(name, readable) : lower_word(name.ptr);
    uint64_t last = is_short ? 0 : lower_word(name.ptr + name.len - sizeof last);
    uint64_t hash = (first ^ name.len) * odd;
    hash = (hash ^ hash >> 32 ^ last) * odd;
    return (unsigned)(hash >> 32);
}

unsigned bs_header_name_hash(struct bs_bytes name)
{
    return hash_name(name, name.len);
}

bool bs_header_field_is(const struct bs_header_field *field, struct bs_bytes name)
{
    return bs_bytes_equal_nocase(field->name, name);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool all_blank(struct bs_bytes bytes)
{
    size_t i = 0;
    while (i < bytes.len && is_blank(bytes.ptr[i]))
        i++;
    return i == bytes.len;
}

/* A comparison: bytes that are printable ASCII, blanks or tabs. */
static inline BS_STRIDE_OF_BYTES plain_bytes(BS_STRIDE_OF_BYTES bytes)
{
    return bs_stride_behind(bytes, ' ' - 1) | (bytes == '\t');
}

/* The length of what is printable ASCII, blanks and tabs at the front. */
static size_t plain_run(struct bs_bytes bytes)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= bytes.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(bytes.ptr + i);
        size_t odd = bs_stride_first_not(plain_bytes(here));
        if (odd < BS_STRIDE)
            return i + odd;
    }
    while (i < bytes.len && ((bytes.ptr[i] >= ' ' && bytes.ptr[i] < 0x7f) || bytes.ptr[i] == '\t'))
        i++;
    return i;
}

/* What the bytes of a field say, whatever stands where; CRLF is the only line break in it. */
static unsigned content_flags(struct bs_bytes raw)
{
    unsigned flags = 0;
    for (size_t i = plain_run(raw); i < raw.len; i += 1 + plain_run(bs_bytes_skip(raw, i + 1))) {
        unsigned char c = (unsigned char)raw.ptr[i];
        if (c == '\r' && i + 1 < raw.len && raw.ptr[i + 1] == '\n')
            i++;
        else
            flags |= c == 0 ? BS_FIELD_NUL : c >= 0x80 ? BS_FIELD_8BIT : c == '\r' ? BS_FIELD_BARE_CR : BS_FIELD_CONTROL;
    }
    if (flags & BS_FIELD_8BIT && !bs_utf8_is_valid(raw))
        flags |= BS_FIELD_BAD_UTF8;
    return flags;
}

/* `From jane@example.com Mon …`, which is no `From :`. */
static bool is_mbox_from(struct bs_bytes raw)
{
    struct bs_bytes line = raw.len > 0 && raw.ptr[0] == '>' ? bs_bytes_skip(raw, 1) : raw;
    if (line.len < 5 || memcmp(line.ptr, "From ", 5) != 0)
        return false;
    struct bs_bytes rest = bs_bytes_skip(line, 5);
    while (rest.len > 0 && is_blank(rest.ptr[0]))
        rest = bs_bytes_skip(rest, 1);
    return rest.len == 0 || rest.ptr[0] != ':';
}

/* Whether a name has nothing but %d33-57 and %d59-126; a colon ended it. */
static bool name_is_good(struct bs_bytes name)
{
    size_t i = 0;
    while (i < name.len && name.ptr[i] > ' ' && name.ptr[i] < 0x7f)
        i++;
    return name.len > 0 && i == name.len;
}

size_t bs_header_good_name(struct bs_bytes text)
{
    for (size_t i = 0; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i);
        size_t end = bs_stride_first_not(bs_stride_behind(here, ' ') & ~(here == ':'));
        if (end < BS_STRIDE)
            return text.ptr[i + end] == ':' ? i + end : 0;
    }
    return 0;
}

static inline void set_name(struct bs_header_field *field, size_t name, size_t colon)
{
    field->name = bs_bytes(field->raw.ptr, name);
    field->body = bs_bytes(field->raw.ptr + colon + 1, field->raw.len - colon - 1);
    field->name_hash = hash_name(field->name, field->raw.len);
}

/* Splits `raw` at its colon, behind what is no good name; the rest of the field is filled in. */
static void split_odd_field(struct bs_header_field *field)
{
    size_t colon = bs_bytes_find(field->raw, ':'), name = colon;
    field->name = field->body = bs_bytes(NULL, 0);
    field->name_hash = 0;
    if (colon == field->raw.len || field->flags & BS_FIELD_MBOX_FROM) {
        field->flags |= BS_FIELD_NO_COLON;
        return;
    }
    while (name > 0 && is_blank(field->raw.ptr[name - 1]))
        name--;
    set_name(field, name, colon);
    if (name < colon)
        field->flags |= BS_FIELD_SPACE_BEFORE_COLON;
    if (!name_is_good(field->name))
        field->flags |= BS_FIELD_BAD_NAME;
}

static bool grow_fields(struct bs_header *header)
{
    size_t capacity = header->capacity > 0 ? header->capacity * 2 : FIRST_CAPACITY;
    struct bs_header_field *fields = bs_arena_take_unset(header->arena, capacity * sizeof *fields);
    if (!fields)
        return false;
    if (header->count > 0)
        memcpy(fields, header->fields, header->count * sizeof *fields);
    header->fields = fields;
    header->capacity = capacity;
    return true;
}

static inline struct bs_header_field *next_field(struct bs_header *header)
{
    bool room = header->count < header->capacity || grow_fields(header);
    return room ? &header->fields[header->count++] : NULL;
}

/* Whether one more field, of so many bytes, is within the limits. */
static bool has_room(struct bs_header *header, size_t size)
{
    if (header->count == BS_HEADER_FIELDS_MAX)
        header->flags |= BS_HEADER_TOO_MANY;
    else if (size + 2 > BS_HEADER_SIZE_MAX - header->size)
        header->flags |= BS_HEADER_TOO_LARGE;
    else
        return true;
    return false;
}

/* Keeps a field whose bytes are in the arena. `text` begins as they do, and has more behind them where it can. */
static inline __attribute__((always_inline)) void add_field(struct bs_header *header, struct bs_bytes raw, struct bs_bytes text, unsigned flags)
{
    struct bs_header_field *field = raw.ptr ? next_field(header) : NULL;
    if (!field) {
        header->failed = true;
        return;
    }
    field->raw = raw;
    field->flags = flags;
    if (header->count == 1 && is_mbox_from(raw))
        field->flags |= BS_FIELD_MBOX_FROM;
    size_t good = field->flags & BS_FIELD_MBOX_FROM ? 0 : bs_header_good_name(text);
    if (good > 0)
        set_name(field, good, good);
    else
        split_odd_field(field);
    header->size += raw.len + 2;
    header->flags |= field->flags;
}

/* Keeps a copy of a field, unless a limit says that it is dropped. */
static void keep_field(struct bs_header *header, struct bs_bytes text, unsigned flags)
{
    if (has_room(header, text.len))
        add_field(header, bs_arena_copy(header->arena, text), text, flags | content_flags(text));
}

static void keep_copy(struct bs_header *header, const struct bs_header_field *field)
{
    struct bs_bytes raw = bs_arena_copy(header->arena, field->raw);
    struct bs_header_field *kept = raw.ptr ? next_field(header) : NULL;
    if (!kept) {
        header->failed = true;
        return;
    }
    *kept = *field;
    kept->raw = raw;
    if (!(field->flags & BS_FIELD_NO_COLON)) {
        kept->name = bs_bytes_first(raw, field->name.len);
        kept->body = bs_bytes_skip(raw, raw.len - field->body.len);
    }
    header->size += raw.len + 2;
}

void bs_header_copy(struct bs_header *header, const struct bs_header *from)
{
    for (size_t i = 0; i < from->count && has_room(header, from->fields[i].raw.len); i++)
        keep_copy(header, &from->fields[i]);
    header->flags |= from->flags;
    header->failed = header->failed || from->failed;
}

static void close_field(struct bs_header *header)
{
    if (!header->open)
        return;
    header->failed = header->failed || header->field.failed;
    keep_field(header, bs_strbuf_bytes(&header->field), header->open_flags);
    header->open = false;
    header->open_flags = 0;
    header->field.len = 0;
    header->field.failed = false;
}

/* Appends what fits to a buffer of one field; false where something was cut off. */
static bool append_up_to_limit(struct bs_strbuf *buf, struct bs_bytes bytes)
{
    size_t room = buf->limit - buf->len;
    bs_strbuf_append(buf, bs_bytes_first(bytes, room));
    return bytes.len <= room;
}

static void append_to_field(struct bs_header *header, struct bs_bytes bytes)
{
    if (header->open_flags & BS_FIELD_CUT)
        return;
    if (!append_up_to_limit(&header->field, bytes))
        header->open_flags |= BS_FIELD_CUT;
}

/* Takes in one line, without its line end. */
static void take_line(struct bs_header *header, struct bs_bytes line, bool cut)
{
    bool continues = line.len > 0 && is_blank(line.ptr[0]);
    if (line.len == 0 && !cut) {
        header->flags |= header->count == 0 && !header->open ? BS_HEADER_NONE : 0;
        close_field(header);
        header->ended = true;
        return;
    }
    if (continues && header->open) {
        append_to_field(header, BS_LITERAL("\r\n"));
    } else {
        close_field(header);
        header->open = true;
        if (continues)
            header->open_flags |= BS_FIELD_ORPHAN;
    }
    if (continues && all_blank(line))
        header->open_flags |= BS_FIELD_BLANK_FOLD;
    append_to_field(header, line);
    if (cut)
        header->open_flags |= BS_FIELD_CUT;
}

static struct bs_bytes without_cr(struct bs_bytes line)
{
    return line.len > 0 && line.ptr[line.len - 1] == '\r' ? bs_bytes_first(line, line.len - 1) : line;
}

/* Takes in a line that is complete, together with the beginning of it that came before. */
static void end_line(struct bs_header *header, struct bs_bytes rest)
{
    if (header->line.len == 0 && !header->line_cut) {
        take_line(header, without_cr(rest), false);
        return;
    }
    if (!append_up_to_limit(&header->line, rest))
        header->line_cut = true;
    header->failed = header->failed || header->line.failed;
    struct bs_bytes line = bs_strbuf_bytes(&header->line);
    take_line(header, header->line_cut ? line : without_cr(line), header->line_cut);
    header->line.len = 0;
    header->line.failed = false;
    header->line_cut = false;
}

/* Copies what is printable ASCII, blanks and tabs from `at` on, which is before `end`; returns how much that is. */
static inline size_t copy_plain(const char *at, const char *end, char *to)
{
    const char *begin = at;
    for (; end - at >= 2 * BS_STRIDE; at += 2 * BS_STRIDE, to += 2 * BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(at), next = bs_stride_at(at + BS_STRIDE);
        size_t odd = bs_stride_first_not_of_two(plain_bytes(here), plain_bytes(next));
        memcpy(to, &here, sizeof here);
        memcpy(to + BS_STRIDE, &next, sizeof next);
        if (odd < 2 * BS_STRIDE)
            return (size_t)(at - begin) + odd;
    }
    for (; at < end && ((*at >= ' ' && *at < 0x7f) || *at == '\t'); at++)
        *to++ = *at;
    return (size_t)(at - begin);
}

/* Takes a field that lies in the input as a whole, together with the first byte behind it, is not long, and has nothing
 * odd in its lines: it is looked at while it is copied to where it is kept. Returns how many bytes it took; 0 where the
 * field has to go line by line. */
static inline size_t take_plain_field(struct bs_header *header, struct bs_bytes rest)
{
    const char *at = rest.ptr, *end = rest.ptr + (rest.len < PLAIN_FIELD_MAX ? rest.len : PLAIN_FIELD_MAX);
    if (header->line.len > 0 || header->line_cut || is_blank(*at) || *at == '\r' || *at == '\n')
        return 0;
    close_field(header);
    char *raw = bs_arena_peek(header->arena, 2 * PLAIN_FIELD_MAX); /* each LF may become CRLF */
    char *to = raw;
    if (!raw)
        return 0;
    do {
        size_t line = copy_plain(at, end, to);
        at += line;
        to += line;
        if (line == 0 || end - at < 2)
            return 0;
        at += *at == '\r';
        if (*at != '\n' || end - at < 2)
            return 0;
        if (is_blank(to[-1]) && is_blank(to[-(ptrdiff_t)line]) && all_blank(bs_bytes(to - line, line)))
            return 0;
        memcpy(to, "\r\n", 2);
        to += 2;
        at++;
    } while (is_blank(*at));
    size_t len = (size_t)(to - raw) - 2;
    raw[len] = '\0';
    if (has_room(header, len))
        add_field(header, bs_bytes(bs_arena_take_unset(header->arena, len + 1), len), rest, 0);
    return (size_t)(at - rest.ptr);
}

size_t bs_header_push_plain(struct bs_header *header, struct bs_bytes input, size_t room, size_t cost)
{
    size_t taken = 0, most = 2 * PLAIN_FIELD_MAX + cost;
    while (!header->ended && taken < input.len && input.ptr[taken] != '-' && room >= most) {
        size_t field = take_plain_field(header, bs_bytes_skip(input, taken));
        if (field == 0)
            break;
        taken += field;
        room -= 2 * field + cost;
    }
    return taken;
}

size_t bs_header_push(struct bs_header *header, struct bs_bytes input)
{
    size_t taken = 0;
    while (!header->ended && taken < input.len) {
        struct bs_bytes rest = bs_bytes_skip(input, taken);
        size_t field = take_plain_field(header, rest);
        if (field > 0) {
            taken += field;
            continue;
        }
        size_t end = bs_bytes_find(rest, '\n');
        if (end == rest.len) {
            if (!append_up_to_limit(&header->line, rest))
                header->line_cut = true;
            header->failed = header->failed || header->line.failed;
            return input.len;
        }
        end_line(header, bs_bytes_first(rest, end));
        taken += end + 1;
    }
    return taken;
}

void bs_header_finish(struct bs_header *header)
{
    if (!header->ended) {
        if (header->line.len > 0 || header->line_cut)
            end_line(header, bs_bytes(NULL, 0));
        close_field(header);
        if (!header->ended)
            header->flags |= BS_HEADER_OPEN;
        header->ended = true;
    }
    bs_strbuf_free(&header->field);
    bs_strbuf_free(&header->line);
}

void bs_header_add(struct bs_header *header, struct bs_bytes name, struct bs_bytes body)
{
    header->open = true;
    append_to_field(header, name);
    append_to_field(header, BS_LITERAL(":"));
    for (bool first = true; first || body.len > 0; first = false) {
        size_t end = bs_bytes_find(body, '\n');
        struct bs_bytes line = bs_bytes_first(body, end);
        bool more = end < body.len;
        body = bs_bytes_skip(body, more ? end + 1 : end);
        append_to_field(header, more ? without_cr(line) : line);
        if (!more)
            break;
        append_to_field(header, BS_LITERAL("\r\n"));
        if (body.len == 0 || !is_blank(body.ptr[0]))
            header->open_flags |= BS_FIELD_BAD_FOLD;
        if (all_blank(bs_bytes_first(body, bs_bytes_find(body, '\n'))))
            header->open_flags |= BS_FIELD_BLANK_FOLD;
    }
    close_field(header);
}

const struct bs_header_field *bs_header_find_only(const struct bs_header *header, struct bs_bytes name)
{
    const struct bs_header_field *found = NULL;
    for (size_t i = 0; i < header->count; i++) {
        if (!bs_header_field_is(&header->fields[i], name))
            continue;
        if (found)
            return NULL;
        found = &header->fields[i];
    }
    return found;
}
