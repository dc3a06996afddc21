/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of fields; see field_blocks.h. */
#include "message/field_blocks.h"

#include "base/stride.h"
#include "message/header.h"

enum { FIRST_CAPACITY = 16 };

struct reader {
    struct bs_arena *arena;
    struct bs_block_field *fields;
    size_t count, capacity;
    size_t block; /* the first field of the block that is being read */
    struct bs_field_block *blocks;
    size_t block_count, block_capacity;
    const char *limit;
    bool failed;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Room for one more of `size` bytes in what has `count` of `io_capacity`; what was taken before stays in the
 * arena. */
static void *make_room(struct reader *reader, void *items, size_t count, size_t *io_capacity, size_t size)
{
    if (count < *io_capacity)
        return items;
    size_t capacity = *io_capacity > 0 ? *io_capacity * 2 : FIRST_CAPACITY;
    void *grown = bs_arena_take_unset(reader->arena, capacity * size);
    if (grown && count > 0)
        memcpy(grown, items, count * size);
    reader->failed = reader->failed || !grown;
    *io_capacity = grown ? capacity : *io_capacity;
    return grown;
}

static size_t white_length(struct bs_bytes text)
{
    size_t i = 0;
    while (i < text.len && (is_blank(text.ptr[i]) || text.ptr[i] == '\n' || text.ptr[i] == '\r'))
        i++;
    return i;
}

/* The length of the text up to a CR or an LF. */
static size_t length_without_break(struct bs_bytes text)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i);
        size_t end = bs_stride_first((here == '\n') | (here == '\r'));
        if (end < BS_STRIDE)
            return i + end;
    }
    while (i < text.len && text.ptr[i] != '\n' && text.ptr[i] != '\r')
        i++;
    return i;
}

/* The text without its line breaks; each becomes one blank together with the white space around it. */
static struct bs_bytes unfold(struct reader *reader, struct bs_bytes text)
{
    text = bs_bytes_trim(text);
    char *copy = bs_arena_take_unset(reader->arena, text.len);
    size_t len = 0;
    reader->failed = reader->failed || !copy;
    while (copy && text.len > 0) {
        size_t run = length_without_break(text);
        memcpy(copy + len, text.ptr, run);
        len += run;
        text = bs_bytes_skip(text, run);
        if (text.len == 0)
            break;
        while (len > 0 && is_blank(copy[len - 1]))
            len--;
        text = bs_bytes_skip(text, white_length(text));
        copy[len++] = ' ';
    }
    return bs_bytes(copy, len);
}

static void keep_field(struct reader *reader, struct bs_bytes name, struct bs_bytes body, bool folded)
{
    if (reader->count == BS_FIELD_BLOCKS_FIELDS_MAX) {
        reader->limit = reader->limit ? reader->limit : "BS_FIELD_BLOCKS_FIELDS_MAX";
        return;
    }
    struct bs_block_field *fields = make_room(reader, reader->fields, reader->count, &reader->capacity, sizeof *fields);
    if (!fields)
        return;
    reader->fields = fields;
    fields[reader->count++] = (struct bs_block_field){name, folded ? unfold(reader, body) : bs_bytes_trim(body)};
}

static void end_block(struct reader *reader)
{
    size_t count = reader->count - reader->block;
    if (count == 0)
        return;
    if (reader->block_count == BS_FIELD_BLOCKS_MAX) {
        reader->limit = reader->limit ? reader->limit : "BS_FIELD_BLOCKS_MAX";
        reader->count = reader->block;
        return;
    }
    struct bs_field_block *blocks =
        make_room(reader, reader->blocks, reader->block_count, &reader->block_capacity, sizeof *blocks);
    if (!blocks)
        return;
    reader->blocks = blocks;
    blocks[reader->block_count++].count = count;
    reader->block = reader->count;
}

/* Whether a line holds nothing but white space. */
static bool is_white(struct bs_bytes line)
{
    return white_length(line) == line.len;
}

/* The length of the line that the text begins with, its line end included. */
static size_t line_length(struct bs_bytes text)
{
    size_t end = bs_bytes_find(text, '\n');
    return end < text.len ? end + 1 : end;
}

/* Whether the text goes on with the field before: a line that begins with white space and holds more. */
static bool continues(struct bs_bytes text)
{
    return text.len > 0 && is_blank(text.ptr[0]) && !is_white(bs_bytes_first(text, line_length(text)));
}

/* The colon behind a field's name, which has no blanks within it; line.len where the line is no field. */
static size_t find_odd_colon(struct bs_bytes line)
{
    size_t colon = bs_bytes_find(line, ':'), name = colon;
    while (colon < line.len && name > 0 && is_blank(line.ptr[name - 1]))
        name--;
    for (size_t i = 0; i < name; i++) {
        if ((unsigned char)line.ptr[i] <= ' ')
            return line.len;
    }
    return name > 0 ? colon : line.len;
}

/* Reads the field that the text begins with, in whose first line there are `first` bytes. */
static struct bs_bytes read_field(struct reader *reader, struct bs_bytes text, size_t first)
{
    size_t end = first, good = bs_header_good_name(text), colon = good;
    if (good == 0) /* as it seldom is */
        colon = find_odd_colon(bs_bytes_first(text, first));
    while (continues(bs_bytes_skip(text, end)))
        end += line_length(bs_bytes_skip(text, end));
    struct bs_bytes name = bs_bytes_first(text, colon);
    if (colon < first)
        keep_field(reader, good > 0 ? name : bs_bytes_trim(name), bs_bytes(text.ptr + colon + 1, end - colon - 1), end > first);
    return bs_bytes_skip(text, end);
}

bool bs_field_blocks_read(struct bs_bytes text, struct bs_arena *arena, struct bs_field_blocks *ret_blocks)
{
    struct reader reader = {.arena = arena};
    *ret_blocks = (struct bs_field_blocks){.count = 0};
    while (text.len > 0 && !reader.failed) {
        size_t line = line_length(text);
        if (!is_white(bs_bytes_first(text, line))) {
            text = read_field(&reader, text, line);
        } else {
            end_block(&reader);
            text = bs_bytes_skip(text, line);
        }
    }
    end_block(&reader);
    const struct bs_block_field *fields = reader.fields;
    for (size_t i = 0; i < reader.block_count; i++) {
        reader.blocks[i].fields = fields;
        fields += reader.blocks[i].count;
    }
    *ret_blocks = (struct bs_field_blocks){reader.blocks, reader.block_count, reader.limit};
    return !reader.failed;
}

struct bs_bytes bs_field_block_value(const struct bs_field_block *block, const char *name)
{
    struct bs_bytes wanted = bs_bytes_from_cstr(name);
    for (size_t i = 0; i < block->count; i++) {
        if (bs_bytes_equal_nocase(block->fields[i].name, wanted))
            return block->fields[i].value.ptr ? block->fields[i].value : BS_LITERAL("");
    }
    return bs_bytes(NULL, 0);
}

struct bs_typed_value bs_typed_value_split(struct bs_bytes text)
{
    size_t semicolon = bs_bytes_find(text, ';');
    if (semicolon == text.len)
        return (struct bs_typed_value){{NULL, 0}, bs_bytes_trim(text)};
    return (struct bs_typed_value){bs_bytes_trim(bs_bytes_first(text, semicolon)),
                                   bs_bytes_trim(bs_bytes_skip(text, semicolon + 1))};
}

static int hex_digit(char c)
{
    char low = bs_ascii_lower(c);
    return bs_ascii_is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Reads `+HH`; 0 for anything else, also for what would be no character of a text. */
static unsigned read_plus(struct bs_bytes text)
{
    int high = text.len > 2 && text.ptr[0] == '+' ? hex_digit(text.ptr[1]) : -1;
    int low = high >= 0 ? hex_digit(text.ptr[2]) : -1;
    return low >= 0 ? (unsigned)(high << 4 | low) : 0;
}

struct bs_bytes bs_xtext_decode(struct bs_bytes text, struct bs_arena *arena)
{
    if (bs_bytes_find(text, '+') == text.len)
        return text;
    char *copy = bs_arena_take_unset(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; copy && i < text.len; i++) {
        unsigned byte = read_plus(bs_bytes_skip(text, i));
        copy[len++] = byte ? (char)byte : text.ptr[i];
        i += byte ? 2 : 0;
    }
    return bs_bytes(copy, len);
}

/* Reads `\x{H…}`, of two to six digits; returns its size, or 0. */
static size_t read_point(struct bs_bytes text, unsigned *ret_point)
{
    size_t i = 3;
    *ret_point = 0;
    if (text.len < 6 || memcmp(text.ptr, "\\x{", 3) != 0)
        return 0;
    for (; i < text.len && i < 9 && hex_digit(text.ptr[i]) >= 0; i++)
        *ret_point = *ret_point << 4 | (unsigned)hex_digit(text.ptr[i]);
    bool good = i > 3 && i < text.len && text.ptr[i] == '}' && *ret_point > 0 && *ret_point <= 0x10ffff &&
                (*ret_point < 0xd800 || *ret_point > 0xdfff);
    return good ? i + 1 : 0;
}

static size_t encode(unsigned point, char *ret_bytes)
{
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    size_t more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    ret_bytes[0] = (char)(first[more] | point >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        ret_bytes[i] = (char)(0x80 | (point >> 6 * (more - i) & 0x3f));
    return more + 1;
}

struct bs_bytes bs_unitext_decode(struct bs_bytes text, struct bs_arena *arena)
{
    if (bs_bytes_find(text, '\\') == text.len)
        return text;
    char *copy = bs_arena_take_unset(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; copy && i < text.len;) {
        unsigned point;
        size_t size = read_point(bs_bytes_skip(text, i), &point);
        if (size > 0)
            len += encode(point, copy + len);
        else
            copy[len++] = text.ptr[i];
        i += size > 0 ? size : 1;
    }
    return bs_bytes(copy, len);
}

/* Takes off a comment at the end, and angle brackets around the rest or behind a name. */
static struct bs_bytes without_decoration(struct bs_bytes text)
{
    size_t open = bs_bytes_find(text, '<'), close = open < text.len ? bs_bytes_find_last(text, '>') : text.len;
    if (open < close && close < text.len && (text.len == 0 || text.ptr[0] != '"' || open == 0))
        return bs_bytes_trim(bs_bytes(text.ptr + open + 1, close - open - 1));
    if (text.len == 0 || text.ptr[text.len - 1] != ')')
        return text;
    size_t comment = bs_bytes_find_last(text, '(');
    if (comment > 0 && comment < text.len && is_blank(text.ptr[comment - 1]))
        return bs_bytes_trim(bs_bytes_first(text, comment));
    return text;
}

struct bs_bytes bs_typed_value_address(const struct bs_typed_value *typed, struct bs_arena *arena)
{
    struct bs_bytes text = without_decoration(typed->value);
    if (bs_bytes_equal_nocase(typed->type, BS_LITERAL("utf-8")))
        text = bs_unitext_decode(text, arena);
    else if (bs_bytes_equal_nocase(typed->type, BS_LITERAL("utf-8-addr-xtext")) ||
             bs_bytes_equal_nocase(typed->type, BS_LITERAL("utf-8-addr-unitext")))
        text = bs_unitext_decode(bs_xtext_decode(text, arena), arena);
    return text;
}
