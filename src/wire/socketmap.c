/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socketmap protocol; see socketmap.h, Postfix's socketmap_table(5) and D. J. Bernstein's netstrings: the
 * length in decimal digits without leading zeros, a colon, the bytes, a comma.
 */
#include "wire/socketmap.h"

static const char *const status_words[] = {
    [BS_SOCKETMAP_OK] = "OK",           [BS_SOCKETMAP_NOTFOUND] = "NOTFOUND", [BS_SOCKETMAP_TEMP] = "TEMP",
    [BS_SOCKETMAP_TIMEOUT] = "TIMEOUT", [BS_SOCKETMAP_PERM] = "PERM",
};

enum { STATUS_COUNT = sizeof status_words / sizeof status_words[0] };

static enum bs_socketmap_progress bad(struct bs_error *ret_error, const char *why)
{
    bs_error_set(ret_error, "socketmap: %s", why);
    return BS_SOCKETMAP_BAD;
}

/* The length in front of a netstring and the digits and colon it takes. */
static enum bs_socketmap_progress read_length(struct bs_bytes input, size_t limit, size_t *ret_length,
                                              size_t *ret_prefix, struct bs_error *ret_error)
{
    size_t length = 0;
    for (size_t i = 0; i < input.len; i++) {
        char c = input.ptr[i];
        if (c == ':' && i > 0) {
            *ret_length = length;
            *ret_prefix = i + 1;
            return BS_SOCKETMAP_REQUEST;
        }
        if (!bs_ascii_is_digit(c))
            return bad(ret_error, "a netstring begins with its length and a colon");
        if (i > 0 && length == 0)
            return bad(ret_error, "a netstring's length has no leading zeros");
        length = length * 10 + (size_t)(c - '0');
        if (length > limit) {
            bs_error_set(ret_error, "socketmap: a netstring is longer than %zu bytes", limit);
            return BS_SOCKETMAP_BAD;
        }
    }
    return BS_SOCKETMAP_MORE;
}

/* Takes one netstring of at most `limit` bytes off the front. */
static enum bs_socketmap_progress take_netstring(struct bs_bytes *io_input, size_t limit,
                                                 struct bs_bytes *ret_content, struct bs_error *ret_error)
{
    size_t length, prefix;
    enum bs_socketmap_progress progress = read_length(*io_input, limit, &length, &prefix, ret_error);
    if (progress != BS_SOCKETMAP_REQUEST)
        return progress;
    struct bs_bytes rest = bs_bytes_skip(*io_input, prefix);
    if (rest.len <= length)
        return BS_SOCKETMAP_MORE;
    if (rest.ptr[length] != ',')
        return bad(ret_error, "a netstring ends in a comma");
    *ret_content = bs_bytes_first(rest, length);
    *io_input = bs_bytes_skip(rest, length + 1);
    return BS_SOCKETMAP_REQUEST;
}

static void append_netstring(struct bs_strbuf *out, const char *word, struct bs_bytes text)
{
    size_t start = out->len;
    bs_strbuf_printf(out, "%zu:%s ", strlen(word) + 1 + text.len, word);
    bs_strbuf_append(out, text);
    bs_strbuf_append_char(out, ',');
    if (!out->failed)
        return;
    out->len = start;
    if (out->ptr)
        out->ptr[start] = '\0';
}

enum bs_socketmap_progress bs_socketmap_decode(struct bs_bytes *io_input, struct bs_socketmap_request *ret_request,
                                               struct bs_error *ret_error)
{
    struct bs_bytes rest = *io_input;
    struct bs_bytes content;
    enum bs_socketmap_progress progress = take_netstring(&rest, BS_SOCKETMAP_REQUEST_MAX, &content, ret_error);
    if (progress != BS_SOCKETMAP_REQUEST)
        return progress;
    size_t space = bs_bytes_find(content, ' ');
    if (space == content.len)
        return bad(ret_error, "a request is a map's name, a space and a key");
    ret_request->map = bs_bytes_first(content, space);
    ret_request->key = bs_bytes_skip(content, space + 1);
    *io_input = rest;
    return BS_SOCKETMAP_REQUEST;
}

void bs_socketmap_encode(struct bs_strbuf *out, enum bs_socketmap_status status, struct bs_bytes text)
{
    const char *word = status_words[status];
    size_t room = BS_SOCKETMAP_REPLY_MAX - strlen(word) - 1;
    if (status == BS_SOCKETMAP_OK && text.len > room)
        out->failed = true;
    append_netstring(out, word, bs_bytes_first(text, room));
}

void bs_socketmap_encode_request(struct bs_strbuf *out, const char *map, struct bs_bytes key)
{
    append_netstring(out, map, key);
}

enum bs_socketmap_progress bs_socketmap_decode_reply(struct bs_bytes *io_input, enum bs_socketmap_status *ret_status,
                                                     struct bs_bytes *ret_text, struct bs_error *ret_error)
{
    struct bs_bytes rest = *io_input;
    struct bs_bytes content;
    enum bs_socketmap_progress progress = take_netstring(&rest, BS_SOCKETMAP_REPLY_MAX, &content, ret_error);
    if (progress != BS_SOCKETMAP_REQUEST)
        return progress;
    size_t space = bs_bytes_find(content, ' ');
    struct bs_bytes word = bs_bytes_first(content, space);
    for (int i = 0; i < STATUS_COUNT; i++) {
        if (!bs_bytes_equal(word, bs_bytes_from_cstr(status_words[i])))
            continue;
        *ret_status = (enum bs_socketmap_status)i;
        *ret_text = space < content.len ? bs_bytes_skip(content, space + 1) : bs_bytes(NULL, 0);
        *io_input = rest;
        return BS_SOCKETMAP_REQUEST;
    }
    return bad(ret_error, "a reply begins with OK, NOTFOUND, TEMP, TIMEOUT or PERM");
}
