/* SPDX-License-Identifier: BSD-2-Clause */
/* Parting an mbox into messages; see mbox.h. */
#include "message/mbox.h"

#define FROM BS_LITERAL("From ")

/* --- Messages ----------------------------------------------------------------------------------------------- */

static bool is_clock(const char *text)
{
    return bs_ascii_is_digit(text[0]) && text[1] == ':' && bs_ascii_is_digit(text[2]) && bs_ascii_is_digit(text[3]);
}

static bool is_year(const char *text)
{
    return text[0] == ' ' && (memcmp(text + 1, "19", 2) == 0 || memcmp(text + 1, "20", 2) == 0) &&
           bs_ascii_is_digit(text[3]) && bs_ascii_is_digit(text[4]);
}

/* `From ` with a time of day, and behind it a year, as asctime writes them; some put a zone between or behind. */
static bool is_separator(struct bs_bytes line)
{
    if (line.len < FROM.len || memcmp(line.ptr, FROM.ptr, FROM.len) != 0)
        return false;
    size_t i = FROM.len;
    while (i + 4 <= line.len && !is_clock(line.ptr + i))
        i++;
    for (; i + 5 <= line.len; i++) {
        if (is_year(line.ptr + i))
            return true;
    }
    return false;
}

bool bs_mbox_begins(struct bs_bytes beginning)
{
    return is_separator(bs_bytes_first(beginning, bs_bytes_find(beginning, '\n')));
}

void bs_mbox_init(struct bs_mbox *mbox)
{
    *mbox = (struct bs_mbox){.after_blank = true};
}

/* Keeps the piece of a line for as long as it may part messages. */
static void keep(struct bs_mbox *mbox, struct bs_bytes piece)
{
    if (mbox->foreign)
        return;
    if (mbox->kept + piece.len > sizeof mbox->line) {
        mbox->foreign = true;
        return;
    }
    if (piece.len > 0)
        memcpy(mbox->line + mbox->kept, piece.ptr, piece.len);
    mbox->kept += piece.len;
    size_t compared = mbox->kept < FROM.len ? mbox->kept : FROM.len;
    bool empty = mbox->kept == 1 && mbox->line[0] == '\r';
    mbox->foreign = !empty && memcmp(mbox->line, FROM.ptr, compared) != 0;
}

static struct bs_mbox_message finished(const struct bs_mbox *mbox, uint64_t end)
{
    return (struct bs_mbox_message){.begin = mbox->begin, .end = end, .index = mbox->found};
}

/* A line is over, its line end read. True where a message is. */
static bool end_line(struct bs_mbox *mbox, struct bs_mbox_message *ret_message)
{
    bool empty = !mbox->foreign && (mbox->kept == 0 || (mbox->kept == 1 && mbox->line[0] == '\r'));
    bool parts = mbox->after_blank && !mbox->foreign && !empty && is_separator(bs_bytes(mbox->line, mbox->kept));
    bool over = parts && mbox->found > 0;
    if (over)
        *ret_message = finished(mbox, mbox->blank < mbox->begin ? mbox->begin : mbox->blank);
    if (parts) {
        mbox->found++;
        mbox->begin = mbox->offset;
    }
    mbox->blank = empty ? mbox->line_start : mbox->blank;
    mbox->after_blank = empty;
    mbox->line_start = mbox->offset;
    mbox->kept = 0;
    mbox->foreign = false;
    return over;
}

bool bs_mbox_next(struct bs_mbox *mbox, struct bs_bytes *io_chunk, struct bs_mbox_message *ret_message)
{
    while (io_chunk->len > 0) {
        size_t length = bs_bytes_find(*io_chunk, '\n');
        bool whole = length < io_chunk->len;
        keep(mbox, bs_bytes_first(*io_chunk, length));
        *io_chunk = bs_bytes_skip(*io_chunk, length + whole);
        mbox->offset += length + whole;
        if (whole && end_line(mbox, ret_message))
            return true;
    }
    return false;
}

bool bs_mbox_end(struct bs_mbox *mbox, struct bs_mbox_message *ret_message)
{
    if (mbox->offset > mbox->line_start && end_line(mbox, ret_message))
        return true; /* the file ends in a `From ` line without a line end */
    if (mbox->found == 0)
        return false;
    bool blank = mbox->after_blank && mbox->blank >= mbox->begin;
    *ret_message = finished(mbox, blank ? mbox->blank : mbox->offset);
    ret_message->index = mbox->found > 1 ? mbox->found : 0;
    mbox->found = 0;
    return true;
}

/* --- Quoting ------------------------------------------------------------------------------------------------ */

static void push_quotes(struct bs_mbox_unquote *unquote)
{
    static const char quotes[] = ">>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>";
    while (unquote->quotes > 0) {
        size_t count = unquote->quotes < sizeof quotes - 1 ? (size_t)unquote->quotes : sizeof quotes - 1;
        unquote->push(unquote->context, bs_bytes(quotes, count));
        unquote->quotes -= count;
    }
}

/* Gives what was held back of the line's beginning, which is now known. */
static void settle(struct bs_mbox_unquote *unquote)
{
    unquote->quotes -= unquote->quotes > 0 && unquote->matched == FROM.len;
    push_quotes(unquote);
    if (unquote->matched > 0)
        unquote->push(unquote->context, bs_bytes_first(FROM, unquote->matched));
    unquote->matched = 0;
    unquote->inside = true;
}

/* Takes the bytes of a line's beginning that may be quoting; returns how many. */
static size_t take_quoting(struct bs_mbox_unquote *unquote, struct bs_bytes chunk)
{
    size_t i = 0;
    for (; i < chunk.len && unquote->matched == 0 && chunk.ptr[i] == '>'; i++)
        unquote->quotes++;
    for (; i < chunk.len && unquote->quotes > 0 && unquote->matched < FROM.len; i++) {
        if (chunk.ptr[i] != FROM.ptr[unquote->matched])
            break;
        unquote->matched++;
    }
    if (i < chunk.len || unquote->matched == FROM.len)
        settle(unquote);
    return i;
}

/* How many bytes there are up to the next line that begins with >, or in all. */
static size_t find_quoting(struct bs_bytes chunk)
{
    for (size_t from = 1; from < chunk.len;) {
        const char *quote = memchr(chunk.ptr + from, '>', chunk.len - from);
        if (!quote)
            break;
        if (quote[-1] == '\n')
            return (size_t)(quote - chunk.ptr);
        from = (size_t)(quote - chunk.ptr) + 1;
    }
    return chunk.len;
}

void bs_mbox_unquote(struct bs_mbox_unquote *unquote, struct bs_bytes chunk)
{
    while (chunk.len > 0) {
        if (!unquote->inside)
            chunk = bs_bytes_skip(chunk, take_quoting(unquote, chunk));
        if (chunk.len == 0)
            return;
        size_t count = find_quoting(chunk);
        unquote->push(unquote->context, bs_bytes_first(chunk, count));
        unquote->inside = chunk.ptr[count - 1] != '\n';
        chunk = bs_bytes_skip(chunk, count);
    }
}

void bs_mbox_unquote_end(struct bs_mbox_unquote *unquote)
{
    settle(unquote);
    unquote->inside = false;
}
