/* SPDX-License-Identifier: BSD-2-Clause */
/* Header fields for people; see header_text.h and parts.h. */
#include "message/header_text.h"

#include "base/strbuf.h"
#include "base/utf8.h"
#include "message/charset.h"
#include "message/parameters.h"
#include "message/parts.h"
#include "message/transfer_encoding.h"

struct word {
    struct bs_bytes charset;
    struct bs_bytes text;
    bool base64;
    size_t size; /* with =? and ?= */
};

/* What is decoded but not converted yet: the bytes of adjacent words of one charset. */
struct decoding {
    struct bs_strbuf *out;
    struct bs_strbuf bytes;
    struct bs_bytes charset; /* of `bytes` */
    struct bs_bytes legacy;  /* of what is no encoded word */
    bool after_word;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the last ?= of the text begins; NULL where there is none. Behind it no word is looked for, so that looking
 * takes no longer than the text is long. */
static const char *find_last_end(struct bs_bytes text)
{
    for (size_t i = text.len; i > 1; i--) {
        if (text.ptr[i - 2] == '?' && text.ptr[i - 1] == '=')
            return text.ptr + i - 2;
    }
    return NULL;
}

/* Reads the encoded word that `text` begins with. */
static bool read_word(struct bs_bytes text, const char *last_end, struct word *ret_word)
{
    if (text.len < 8 || text.ptr[1] != '?' || !last_end || text.ptr >= last_end)
        return false;
    struct bs_bytes rest = bs_bytes_skip(text, 2);
    size_t charset = bs_bytes_find(bs_bytes_first(rest, 80), '?');
    if (rest.len < charset + 5 || rest.ptr[charset] != '?' || rest.ptr[charset + 2] != '?')
        return false;
    char encoding = bs_ascii_lower(rest.ptr[charset + 1]);
    if (encoding != 'q' && encoding != 'b')
        return false;
    ret_word->charset = bs_bytes_first(rest, bs_bytes_find(bs_bytes_first(rest, charset), '*'));
    ret_word->base64 = encoding == 'b';
    rest = bs_bytes_skip(rest, charset + 3);
    size_t end = bs_bytes_find(rest, '?');
    while (end + 1 < rest.len && rest.ptr[end + 1] != '=')
        end += 1 + bs_bytes_find(bs_bytes_skip(rest, end + 1), '?');
    if (end + 1 >= rest.len)
        return false;
    ret_word->text = bs_bytes_first(rest, end);
    ret_word->size = (size_t)(rest.ptr + end + 2 - text.ptr);
    return true;
}

static void convert(struct decoding *decoding)
{
    if (decoding->bytes.len > 0)
        bs_charset_append(decoding->out, decoding->charset, bs_strbuf_bytes(&decoding->bytes));
    decoding->bytes.len = 0;
}

static void decode_word(struct decoding *decoding, const struct word *word)
{
    if (!bs_bytes_equal_nocase(decoding->charset, word->charset))
        convert(decoding);
    decoding->charset = word->charset;
    struct bs_transfer_decoder decoder;
    bs_transfer_init(&decoder, word->base64 ? BS_TRANSFER_BASE64 : BS_TRANSFER_QUOTED_PRINTABLE);
    struct bs_bytes rest = word->text;
    size_t from = decoding->bytes.len, len;
    char piece[256];
    while (rest.len > 0) {
        struct bs_bytes next = bs_bytes_first(rest, sizeof piece / 2);
        size_t run = !word->base64 ? bs_bytes_find(next, '_') : next.len;
        next = bs_bytes_first(next, run > 0 ? run : 1);
        rest = bs_bytes_skip(rest, next.len);
        if (run == 0)
            next = BS_LITERAL(" ");
        len = bs_transfer_decode(&decoder, &next, piece, sizeof piece);
        bs_strbuf_append(&decoding->bytes, bs_bytes(piece, len));
    }
    len = bs_transfer_finish(&decoder, piece);
    bs_strbuf_append(&decoding->bytes, bs_bytes(piece, len));
    for (size_t i = from; i < decoding->bytes.len; i++) {
        char *at = &decoding->bytes.ptr[i];
        *at = *at == '\n' || *at == '\r' || *at == '\0' ? ' ' : *at;
    }
}

/* What stands between encoded words: blanks between two of them are dropped. */
static void decode_plain(struct decoding *decoding, struct bs_bytes text, bool before_word)
{
    size_t blanks = 0;
    while (blanks < text.len && is_blank(text.ptr[blanks]))
        blanks++;
    if (text.len == 0 || (decoding->after_word && before_word && blanks == text.len))
        return;
    convert(decoding);
    decoding->after_word = false;
    if (bs_ascii_run(text) == text.len || bs_utf8_is_valid(text))
        bs_charset_append(decoding->out, BS_LITERAL("utf-8"), text);
    else
        bs_charset_append(decoding->out, decoding->legacy, text);
}

static void decode_words(struct decoding *decoding, struct bs_bytes text)
{
    size_t plain = 0, at = 0;
    struct word word;
    const char *last_end = find_last_end(text);
    while (at < text.len) {
        at += bs_bytes_find(bs_bytes_skip(text, at), '=');
        if (at == text.len || !read_word(bs_bytes_skip(text, at), last_end, &word)) {
            at += at < text.len ? 1 : 0;
            continue;
        }
        decode_plain(decoding, bs_bytes_first(bs_bytes_skip(text, plain), at - plain), true);
        decode_word(decoding, &word);
        decoding->after_word = true;
        plain = at += word.size;
    }
    decode_plain(decoding, bs_bytes_skip(text, plain), false);
    convert(decoding);
}

/* Copies the text without its line breaks. */
static struct bs_bytes unfold(struct bs_bytes text, struct bs_arena *arena)
{
    if (bs_bytes_find(text, '\n') == text.len && bs_bytes_find(text, '\r') == text.len)
        return text;
    char *copy = bs_arena_take(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; copy && i < text.len; i++) {
        if (text.ptr[i] != '\r' && text.ptr[i] != '\n')
            copy[len++] = text.ptr[i];
    }
    return bs_bytes(copy, len);
}

struct bs_bytes bs_text_decode(struct bs_bytes text, struct bs_bytes charset, size_t max, struct bs_arena *arena)
{
    text = bs_bytes_trim(unfold(bs_bytes_first(bs_bytes_trim(text), 4 * max), arena));
    if (bs_ascii_run(text) == text.len && bs_bytes_find(text, '?') == text.len)
        return text.len > 0 ? bs_arena_copy(arena, bs_bytes_first(text, max)) : bs_bytes(NULL, 0);
    struct bs_strbuf out;
    bs_strbuf_init(&out, max);
    struct decoding decoding = {.out = &out, .legacy = charset};
    bs_strbuf_init(&decoding.bytes, 4 * max);
    decode_words(&decoding, text);
    struct bs_bytes result = bs_arena_copy(arena, bs_bytes_trim(bs_strbuf_bytes(&out)));
    bs_strbuf_free(&decoding.bytes);
    bs_strbuf_free(&out);
    return result;
}

const struct bs_header_field *bs_header_find(const struct bs_header *header, const char *name)
{
    struct bs_bytes wanted = bs_bytes_from_cstr(name);
    unsigned hash = bs_header_name_hash(wanted);
    for (size_t i = 0; i < header->count; i++) {
        if (header->fields[i].name_hash == hash && bs_header_field_is(&header->fields[i], wanted))
            return &header->fields[i];
    }
    return NULL;
}

struct bs_bytes bs_header_text(const struct bs_header *header, const char *name, struct bs_arena *arena)
{
    const struct bs_header_field *field = bs_header_find(header, name);
    if (!field)
        return bs_bytes(NULL, 0);
    struct bs_bytes charset = bs_bytes(NULL, 0);
    if (field->flags & BS_FIELD_BAD_UTF8) {
        const struct bs_header_field *type = bs_header_find(header, "Content-Type");
        if (type)
            charset = bs_parameter_find(bs_parameters_skip_value(type->body), "charset", arena);
    }
    return bs_text_decode(field->body, charset, BS_HEADER_TEXT_MAX, arena);
}
