/* SPDX-License-Identifier: BSD-2-Clause */
/* See returned.h. Every line of a text is looked at once or twice, but for lines that are indented more and more, up
 * to BS_RETURNED_PREFIX_MAX times. */
#include "bounce/returned.h"

#include "base/stride.h"
#include "bounce/text_lines.h"
#include "message/charset.h"

enum {
    NAME_MAX = 60,  /* bytes of a field's name */
    FIELDS_MIN = 3, /* fields that make a header where no wording says that there is one */
};

/* Where the line behind one begins. */
static size_t behind_line(struct bs_bytes text, size_t begin, struct bs_bytes line)
{
    size_t end = begin + line.len;
    return end < text.len ? end + 1 : end;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The length of what quotes or indents the line: blanks, > and |. */
static size_t prefix_length(struct bs_bytes line)
{
    size_t len = 0;
    while (len < line.len && len < BS_RETURNED_PREFIX_MAX &&
           (is_blank(line.ptr[len]) || line.ptr[len] == '>' || line.ptr[len] == '|'))
        len++;
    return len;
}

static bool is_letter(char c)
{
    return (unsigned char)((c | ('a' ^ 'A')) - 'a') < 26;
}

static bool is_name(char c)
{
    return is_letter(c) || bs_ascii_is_digit(c) || c == '-' || c == '_';
}

/* How many bytes at the front may be a field's name; past NAME_MAX it does not matter. */
static size_t name_length(struct bs_bytes line)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= line.len && i <= NAME_MAX; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(line.ptr + i), low = here | ('a' ^ 'A');
        BS_STRIDE_OF_BYTES letters = bs_stride_between(low, 'a', 'z'), digits = bs_stride_between(here, '0', '9');
        size_t end = bs_stride_first_not(letters | digits | (here == '-') | (here == '_'));
        if (end < BS_STRIDE)
            return i + end;
    }
    while (i < line.len && i <= NAME_MAX && is_name(line.ptr[i]))
        i++;
    return i;
}

/* The name of the field that the line is, or empty. */
static struct bs_bytes field_name(struct bs_bytes line)
{
    size_t colon = name_length(line);
    bool is_field = colon > 1 && colon <= NAME_MAX && colon < line.len && line.ptr[colon] == ':' &&
                    is_letter(line.ptr[0]) &&
                    (colon + 1 == line.len || is_blank(line.ptr[colon + 1]) || line.ptr[colon + 1] != '/');
    return is_field ? bs_bytes(line.ptr, colon) : bs_bytes(NULL, 0);
}

enum field_class {
    FIELD_ANY,
    FIELD_MACHINE, /* no person writes it into a text; a returned header has at least one */
    FIELD_TRACE,   /* of those, what tells of the message's way */
    FIELD_REPORT,  /* of a report about a message, no part of it */
};

static enum field_class classify_field(struct bs_bytes name)
{
    static const struct {
        struct bs_bytes name;
        enum field_class class;
    } fields[] = {
        {{"Received", 8}, FIELD_TRACE},
        {{"X-Mailer", 8}, FIELD_MACHINE},
        {{"Message-ID", 10}, FIELD_MACHINE},
        {{"Remote-MTA", 10}, FIELD_REPORT},
        {{"Return-Path", 11}, FIELD_TRACE},
        {{"MIME-Version", 12}, FIELD_MACHINE},
        {{"Arrival-Date", 12}, FIELD_REPORT},
        {{"Reporting-MTA", 13}, FIELD_REPORT},
        {{"DKIM-Signature", 14}, FIELD_TRACE},
        {{"Final-Recipient", 15}, FIELD_REPORT},
        {{"Diagnostic-Code", 15}, FIELD_REPORT},
        {{"Original-Recipient", 18}, FIELD_REPORT},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (bs_bytes_equal_nocase(fields[i].name, name))
            return fields[i].class;
    }
    return FIELD_ANY;
}

static bool is_white(struct bs_bytes line)
{
    bool ends_in_text = line.len > 0 && (unsigned char)line.ptr[line.len - 1] > ' '; /* as it does most times */
    return !ends_in_text && bs_bytes_trim(line).len == 0;
}

struct run {
    size_t fields;
    bool machine;
    bool trace;
    bool report;
    size_t end; /* of the last line looked at */
};

/* Counts the fields of the header that begins there, whose lines all have the same prefix. */
static struct run measure(struct bs_bytes text, size_t begin)
{
    struct run run = {.end = begin};
    struct bs_bytes prefix = bs_text_line_at(text, begin);
    prefix = bs_bytes_first(prefix, prefix_length(prefix));
    while (run.end < text.len) {
        struct bs_bytes line = bs_text_line_at(text, run.end);
        size_t next = behind_line(text, run.end, line);
        if (!bs_bytes_equal(bs_bytes_first(line, prefix.len), prefix))
            break;
        line = bs_bytes_skip(line, prefix.len);
        struct bs_bytes name = field_name(line);
        if (name.len == 0 &&
            (run.fields == 0 || line.len == 0 || !is_blank(line.ptr[0]) || is_white(line)))
            break;
        run.fields += name.len > 0;
        enum field_class class = classify_field(name);
        run.machine |= class == FIELD_MACHINE || class == FIELD_TRACE;
        run.trace |= class == FIELD_TRACE;
        run.report |= class == FIELD_REPORT;
        run.end = next;
    }
    return run;
}

struct bs_returned_place bs_returned_find(struct bs_bytes text)
{
    for (size_t begin = 0, runs = 0; begin < text.len && runs < BS_RETURNED_RUNS_MAX;) {
        struct bs_bytes line = bs_text_line_at(text, begin);
        if (field_name(bs_bytes_skip(line, prefix_length(line))).len == 0) {
            begin = behind_line(text, begin, line);
            continue;
        }
        struct run run = measure(text, begin);
        if (run.fields >= FIELDS_MIN && run.machine && !run.report)
            return (struct bs_returned_place){.begin = begin, .end = run.end, .traced = run.trace};
        begin = run.fields > 1 ? run.end : behind_line(text, begin, line);
        runs += run.fields > 1;
    }
    return (struct bs_returned_place){.begin = text.len, .end = text.len};
}

static bool is_ruling(char c)
{
    static const bool ruling[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['-'] = true, ['='] = true,
                                     ['_'] = true, ['*'] = true,  ['>'] = true,  ['|'] = true, ['.'] = true};
    return ruling[(unsigned char)c];
}

/* The beginning of the first line that holds anything but what rules text off. */
static size_t skip_rulers(struct bs_bytes text, size_t begin)
{
    for (; begin < text.len; begin = bs_text_next_line(text, begin)) {
        struct bs_bytes line = bs_text_line_at(text, begin);
        size_t i = 0;
        while (i < line.len && is_ruling(line.ptr[i]))
            i++;
        if (i < line.len)
            break;
    }
    return begin;
}

static void push_without_prefix(struct bs_header *header, struct bs_bytes text, size_t prefix)
{
    struct bs_bytes line;
    for (size_t begin = 0; begin < text.len && !header->ended; begin = behind_line(text, begin, line)) {
        line = bs_text_line_at(text, begin);
        bs_header_push(header, bs_bytes_skip(line, prefix < line.len ? prefix : line.len));
        bs_header_push(header, BS_LITERAL("\n"));
    }
}

bool bs_returned_in_text(struct bs_bytes text, size_t begin, const struct bs_returned_place *seen, bool verbatim,
                         struct bs_arena *arena, struct bs_returned *ret_returned, bool *ret_open)
{
    *ret_returned = (struct bs_returned){0};
    *ret_open = false;
    begin = skip_rulers(text, begin);
    bool known = seen && begin == seen->begin && begin < text.len;
    struct run run = known ? (struct run){.fields = FIELDS_MIN, .end = seen->end} : measure(text, begin);
    if (run.fields < 2)
        return true;
    struct bs_header *header = bs_arena_take(arena, sizeof *header);
    if (!header)
        return false;
    size_t prefix = prefix_length(bs_text_line_at(text, begin));
    struct bs_bytes fields = bs_bytes(text.ptr + begin, run.end - begin);
    bool open = run.end == text.len; /* the text may have been cut within it */
    bool empty_line = !open && text.ptr[run.end] == '\n';
    bs_header_init(header, arena);
    if (prefix > 0)
        push_without_prefix(header, fields, prefix);
    else
        bs_header_push(header, bs_bytes(fields.ptr, fields.len + empty_line));
    if (!open && !header->ended)
        bs_header_push(header, BS_LITERAL("\n"));
    bs_header_finish(header);
    if (header->failed)
        return false;
    *ret_open = open;
    ret_returned->header = header;
    ret_returned->exact = verbatim && prefix == 0 && bs_ascii_run(fields) == fields.len;
    return true;
}

/* A part that is called a header and holds none, such as an empty one, is passed over. */
static bool holds_header(const struct bs_part *part)
{
    return part->header && part->header->count >= 2 &&
           (part->media == BS_MEDIA_MESSAGE || part->media == BS_MEDIA_HEADERS);
}

bool bs_returned_in_parts(const struct bs_parts *parts, struct bs_returned *ret_returned)
{
    *ret_returned = (struct bs_returned){0};
    for (size_t i = 0; i < parts->count; i++) {
        if (!holds_header(&parts->items[i]))
            continue;
        *ret_returned = (struct bs_returned){.header = parts->items[i].header, .exact = true, .attached = true};
        return true;
    }
    return false;
}
