/* SPDX-License-Identifier: BSD-2-Clause */
/* See recipient_words.h. Reply and status codes are those behind the recipient's own address. */
#include "bounce/recipient_words.h"

#include "base/stride.h"
#include "bounce/delivery_status.h"
#include "bounce/text_address.h"
#include "bounce/text_lines.h"

enum {
    EXPLAINED_MAX = 32, /* recipients that a text is looked through for */
    WORDS_MIN = 8,      /* letters that say something */
    REPLIES_LOOKED_AT_MAX = 8
};

struct bs_named_recipients *bs_named_recipients_begin(const struct bs_notice *notice, struct bs_arena *arena)
{
    struct bs_named_recipients *named = bs_arena_take_unset(arena, sizeof *named);
    if (!named)
        return NULL;
    named->text = bs_bytes_first(notice->text, notice->own);
    named->count = 0;
    return named;
}

/* Whether what follows an address in its line is only an address in parentheses, as in `jane@example.com
 * (jane@example.com)`. */
static bool is_repeated(struct bs_bytes rest)
{
    rest = bs_bytes_trim(rest);
    return rest.len > 2 && rest.ptr[0] == '(' && rest.ptr[rest.len - 1] == ')' &&
           bs_bytes_find(rest, '@') < rest.len && bs_bytes_find(rest, ' ') == rest.len;
}

/* Where what is said of the recipient at `begin` ends: at the next one; and where something stands behind it in its
 * line, also at the next line that is not indented, which is about something else. */
static size_t end_of_words(const struct bs_named_recipients *named, size_t begin)
{
    struct bs_bytes text = named->text;
    size_t end = text.len;
    for (size_t i = 0; i < named->count; i++) {
        size_t next = named->items[i].begin;
        if (next <= begin || next >= end)
            continue;
        size_t line = bs_text_line_begin(text, next);
        end = line > begin ? line : next;
    }
    struct bs_bytes line = named->count < 2 ? bs_bytes(NULL, 0) : bs_text_line_at(text, begin);
    if (is_repeated(line)) /* the line is a name and an address; what is said of it begins below */
        return end;
    if (bs_text_count_letters(line) < WORDS_MIN)
        return end;
    for (size_t next = bs_text_next_line(text, begin); next < end; next = bs_text_next_line(text, next)) {
        if (text.ptr[next] != ' ' && text.ptr[next] != '\t')
            return next;
    }
    return end;
}

/* Whether the address ends a line that says something before it, as in `Unknown user: jane@example.com`. */
static bool tells_before(struct bs_bytes text, size_t first, size_t end)
{
    struct bs_bytes lead = bs_bytes(text.ptr + first, end - first);
    size_t letters = bs_text_count_letters(bs_bytes_first(lead, bs_bytes_find(lead, '@')));
    return letters >= WORDS_MIN && bs_bytes_trim(bs_text_line_at(text, end)).len == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* How much of the text at the front has no other white space than single blanks, or a part of that. */
static size_t words_length(struct bs_bytes text)
{
    size_t i = 0;
    for (; i + BS_STRIDE < text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(text.ptr + i), next = bs_stride_at(text.ptr + i + 1);
        size_t end = bs_stride_first((here == '\n') | (here == '\r') | (here == '\t') | ((here == ' ') & (next == ' ')));
        if (end < BS_STRIDE)
            return i + end;
    }
    while (i < text.len && !is_space(text.ptr[i]))
        i++;
    return i;
}

/* Puts the text down with one blank for each white space; at most BS_DIAGNOSTIC_MAX bytes. Returns how many. */
static size_t put_words(struct bs_bytes text, char *ret_words)
{
    size_t len = 0;
    while (text.len > 0 && len < BS_DIAGNOSTIC_MAX) {
        size_t run = is_space(text.ptr[0]) ? 0 : words_length(bs_bytes_first(text, BS_DIAGNOSTIC_MAX - len));
        memcpy(ret_words + len, text.ptr, run);
        len += run;
        if (run == 0 && len > 0 && ret_words[len - 1] != ' ')
            ret_words[len++] = ' ';
        text = bs_bytes_skip(text, run > 0 ? run : 1);
    }
    return len;
}

/* The text from a recipient on to the next one, in one line; with what precedes it in its line where that is a
 * reply's code. */
static bool explain(const struct bs_named_recipients *named, size_t begin, struct bs_arena *arena,
                    struct bs_bytes *ret_diagnostic)
{
    struct bs_bytes text = named->text;
    *ret_diagnostic = bs_bytes(NULL, 0);
    if (begin >= text.len) /* the text does not have the recipient, or ends with it */
        return true;
    size_t end = end_of_words(named, begin), first = bs_text_line_begin(text, begin);
    if (bs_text_reply_code(bs_bytes_first(bs_bytes_skip(text, first), 4)) != 0 || tells_before(text, first, begin))
        begin = first;
    while (begin < end && text.ptr[begin] != '\0' && strchr(">)]:;,\"'\r\n\t ", text.ptr[begin]))
        begin++;
    char *words = bs_arena_take_unset(arena, BS_DIAGNOSTIC_MAX);
    if (!words)
        return false;
    *ret_diagnostic = bs_bytes_trim(bs_bytes(words, put_words(bs_bytes(text.ptr + begin, end - begin), words)));
    return true;
}

/* Of recipients that stand below one another with nothing between, what stands behind the last is said of all. */
static void share_words(const struct bs_named_recipients *named, struct bs_reported_recipient *recipients)
{
    for (size_t i = named->count; i-- > 1;) {
        struct bs_reported_recipient *recipient = &recipients[i - 1];
        if (recipient->diagnostic.len > 0 || named->items[i - 1].begin >= named->items[i].begin ||
            named->items[i].begin >= named->text.len)
            continue;
        recipient->diagnostic = recipients[i].diagnostic;
        recipient->reply_code = recipients[i].reply_code;
        recipient->status = recipients[i].status;
    }
}

/* The line that has the address and begins with a reply's code, as in `<<< 550 <jane@example.com>... User unknown`;
 * empty where there is none. */
static struct bs_bytes reply_line(struct bs_bytes text, struct bs_bytes address)
{
    for (unsigned i = 0; i < REPLIES_LOOKED_AT_MAX && address.len > 0 && text.len > 0; i++) {
        size_t offset = bs_text_find_address(text, address);
        if (offset == text.len)
            break;
        size_t begin = bs_text_line_begin(text, offset);
        struct bs_bytes line = bs_text_line_at(text, begin);
        if (line.len > 4 && memcmp(line.ptr, "<<< ", 4) == 0)
            line = bs_bytes_skip(line, 4);
        if (bs_text_reply_code(bs_bytes_first(line, 4)) != 0)
            return line;
        text = bs_bytes_skip(text, bs_text_next_line(text, offset));
    }
    return bs_bytes(NULL, 0);
}

/* Recipients that are named without a code: what a transcript of the session says of each. */
static void read_transcript(const struct bs_named_recipients *named, struct bs_reported_recipient *recipients)
{
    for (size_t i = 0; i < named->count && i < EXPLAINED_MAX; i++) {
        struct bs_reported_recipient *recipient = &recipients[i];
        if (recipient->reply_code != 0 || recipient->status.len > 0)
            continue;
        struct bs_bytes line = reply_line(named->text, recipient->address);
        if (line.len == 0)
            continue;
        recipient->diagnostic = bs_bytes_first(line, BS_DIAGNOSTIC_MAX);
        recipient->reply_code = bs_text_reply_code(line);
        recipient->status = bs_text_status(line);
    }
}

bool bs_named_recipients_publish(const struct bs_named_recipients *named, enum bs_kind kind, struct bs_arena *arena,
                                 struct bs_reading *reading)
{
    size_t before = reading->recipient_count;
    for (size_t i = 0; i < named->count; i++) {
        const struct bs_named_recipient *found = &named->items[i];
        struct bs_reported_recipient *recipient = bs_reading_add_recipient(reading, arena);
        if (!recipient)
            return reading->limit != NULL;
        *recipient =
            (struct bs_reported_recipient){.address = found->address, .original = found->original, .kind = kind};
        if (!explain(named, found->begin + found->address.len, arena, &recipient->diagnostic))
            return false;
        recipient->reply_code = bs_text_reply_code(recipient->diagnostic);
        recipient->status = bs_text_status(recipient->diagnostic);
    }
    if (named->count > 0) {
        share_words(named, reading->recipients + before);
        read_transcript(named, reading->recipients + before);
    }
    return true;
}

/* Whether another text may say more than what is told: there is none, or codes that only say that it failed. */
static bool is_vague(const struct bs_reported_recipient *recipient)
{
    return recipient->diagnostic.len == 0 ||
           (bs_text_status_is_vague(recipient->status) && bs_text_status(recipient->diagnostic).len == 0);
}

bool bs_notice_explain(const struct bs_notice *notice, struct bs_arena *arena, struct bs_reading *reading)
{
    bool vague = false;
    for (size_t i = 0; i < reading->recipient_count && i < EXPLAINED_MAX && !vague; i++)
        vague = is_vague(&reading->recipients[i]);
    struct bs_named_recipients *named = vague ? bs_named_recipients_begin(notice, arena) : NULL;
    if (!named)
        return !vague;
    for (size_t i = 0; i < reading->recipient_count && i < EXPLAINED_MAX; i++) {
        struct bs_bytes address = reading->recipients[i].address;
        size_t end = named->text.len, at = address.len > 0 ? bs_text_find_address(named->text, address) : end;
        size_t begin = at < end ? at + address.len : end;
        named->items[named->count++] = (struct bs_named_recipient){address, bs_bytes(NULL, 0), begin};
    }
    for (size_t i = 0; i < named->count; i++) {
        struct bs_bytes text;
        struct bs_reported_recipient *recipient = &reading->recipients[i];
        if (!is_vague(recipient) || named->items[i].begin == named->text.len)
            continue;
        if (!explain(named, named->items[i].begin, arena, &text))
            return false;
        struct bs_bytes status = bs_text_status(text);
        if (status.len > 0 && bs_text_status_is_vague(recipient->status))
            recipient->status = status;
        if (recipient->reply_code == 0)
            recipient->reply_code = bs_text_reply_code(text);
        if (recipient->diagnostic.len == 0)
            recipient->diagnostic = text;
    }
    return true;
}
