/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing envelope addresses; see address.h. */
#include "message/address.h"

bool bs_path_is_null(struct bs_bytes path)
{
    path = bs_bytes_trim(path);
    return path.len == 0 || bs_bytes_equal(path, BS_LITERAL("<>"));
}

/* atext of RFC 5322 section 3.2.3, and what RFC 6531 adds to it. */
static bool is_atext(char c)
{
    unsigned char byte = (unsigned char)c;
    if (byte >= 0x80 || bs_ascii_is_digit(c))
        return true;
    char low = bs_ascii_lower(c);
    return (low >= 'a' && low <= 'z') || (byte != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_control(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte < 0x20 || byte == 0x7f;
}

/* `<@a,@b:user@c>` → `user@c` (RFC 5321 appendix C); false for brackets that do not match. */
static bool strip_brackets_and_route(struct bs_bytes *io_path)
{
    struct bs_bytes path = bs_bytes_trim(*io_path);
    if (path.len > 0 && path.ptr[0] == '<') {
        if (path.len < 2 || path.ptr[path.len - 1] != '>')
            return false;
        path = bs_bytes_trim(bs_bytes(path.ptr + 1, path.len - 2));
    }
    if (path.len > 0 && path.ptr[0] == '@') {
        size_t colon = bs_bytes_find(path, ':');
        if (colon == path.len)
            return false;
        path = bs_bytes_skip(path, colon + 1);
    }
    *io_path = path;
    return true;
}

/* Takes one quoted-string off the front of `io_text` and writes its content behind `ret_local`. */
static bool take_quoted(struct bs_bytes *io_text, char *local, size_t *io_length)
{
    size_t at = 1;
    for (; at < io_text->len && io_text->ptr[at] != '"'; at++) {
        if (io_text->ptr[at] == '\\')
            at++;
        if (at >= io_text->len || is_control(io_text->ptr[at]))
            return false;
        local[(*io_length)++] = io_text->ptr[at];
    }
    if (at >= io_text->len)
        return false;
    *io_text = bs_bytes_skip(*io_text, at + 1);
    return true;
}

/* The same for a run of atoms and dots; a dot may stand anywhere, as MTAs let it (`john..doe@`, `john.@`). */
static void take_atoms(struct bs_bytes *io_text, char *local, size_t *io_length)
{
    while (io_text->len > 0 && (is_atext(io_text->ptr[0]) || io_text->ptr[0] == '.')) {
        local[(*io_length)++] = io_text->ptr[0];
        *io_text = bs_bytes_skip(*io_text, 1);
    }
}

/* Reads a local part that holds quoted strings (obs-local-part of RFC 5322 allows several), up to its `@`. */
static bool take_local_with_quotes(struct bs_bytes *io_text, struct bs_arena *arena, struct bs_bytes *ret_local)
{
    char *local = bs_arena_take(arena, io_text->len);
    size_t length = 0;
    if (!local)
        return false;
    while (io_text->len > 0 && io_text->ptr[0] != '@') {
        size_t before = io_text->len;
        if (io_text->ptr[0] == '"' && !take_quoted(io_text, local, &length))
            return false;
        take_atoms(io_text, local, &length);
        if (io_text->len == before)
            return false;
    }
    *ret_local = bs_bytes(local, length);
    return true;
}

static bool take_plain_local(struct bs_bytes *io_text, struct bs_bytes *ret_local)
{
    size_t length = 0;
    while (length < io_text->len && (is_atext(io_text->ptr[length]) || io_text->ptr[length] == '.'))
        length++;
    *ret_local = bs_bytes(io_text->ptr, length);
    *io_text = bs_bytes_skip(*io_text, length);
    return true;
}

/* A domain or an address literal: no blank, no control, none of the characters that end or route an address. */
static bool is_domain(struct bs_bytes domain)
{
    if (domain.len == 0 || domain.len > BS_DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i];
        if (is_control(c) || strchr(" <>()@,;\\\"", c))
            return false;
    }
    return true;
}

/* MTAs take example.com. for example.com; what has two dots at its end is no domain to them. */
static struct bs_bytes without_last_dot(struct bs_bytes domain)
{
    if (domain.len < 2 || domain.ptr[domain.len - 1] != '.' || domain.ptr[domain.len - 2] == '.')
        return domain;
    return bs_bytes_first(domain, domain.len - 1);
}

static bool take_domain(struct bs_bytes text, struct bs_address *address)
{
    address->domain = without_last_dot(text);
    return is_domain(address->domain) && !bs_bytes_equal(text, BS_LITERAL("."));
}

bool bs_path_parse(struct bs_bytes path, struct bs_arena *arena, struct bs_address *ret_address)
{
    if (path.len > BS_PATH_MAX || !strip_brackets_and_route(&path) || path.len == 0)
        return false;
    bool quoted = bs_bytes_find(path, '"') < path.len;
    bool read = quoted ? take_local_with_quotes(&path, arena, &ret_address->local)
                       : take_plain_local(&path, &ret_address->local);
    if (!read || ret_address->local.len == 0)
        return false;
    ret_address->domain = (struct bs_bytes){NULL, 0};
    if (path.len == 0)
        return true;
    if (path.ptr[0] != '@')
        return false;
    return take_domain(bs_bytes_skip(path, 1), ret_address);
}

bool bs_address_from_internal(struct bs_bytes text, struct bs_address *ret_address)
{
    size_t at = bs_bytes_find_last(text, '@');
    if (at == 0 || at == text.len || text.len > BS_PATH_MAX)
        return false;
    ret_address->local = bs_bytes_first(text, at);
    return take_domain(bs_bytes_skip(text, at + 1), ret_address);
}

bool bs_address_may_be_routed(const struct bs_address *address)
{
    if (address->domain.len == 0 || address->domain.ptr[0] == '[')
        return true;
    for (size_t i = 0; i < address->local.len; i++) {
        if (strchr("%!@", address->local.ptr[i]))
            return true;
    }
    return false;
}

/* A Dot-string needs no quotes (RFC 5321 section 4.1.2); stray dots are left as they came. */
static bool needs_quotes(struct bs_bytes local)
{
    for (size_t i = 0; i < local.len; i++) {
        if (!is_atext(local.ptr[i]) && local.ptr[i] != '.')
            return true;
    }
    return false;
}

/* Writes the local part as SMTP wants it; returns its length, 2 * local.len + 2 at most. */
static size_t write_local(char *to, struct bs_bytes local)
{
    size_t length = 0;
    if (!needs_quotes(local)) {
        memcpy(to, local.ptr, local.len);
        return local.len;
    }
    to[length++] = '"';
    for (size_t i = 0; i < local.len; i++) {
        if (local.ptr[i] == '"' || local.ptr[i] == '\\')
            to[length++] = '\\';
        to[length++] = local.ptr[i];
    }
    to[length++] = '"';
    return length;
}

struct bs_bytes bs_address_text(const struct bs_address *address, struct bs_arena *arena)
{
    char *text = bs_arena_take(arena, 2 * address->local.len + address->domain.len + 4);
    if (!text)
        return (struct bs_bytes){NULL, 0};
    size_t length = write_local(text, address->local);
    if (address->domain.len > 0) {
        text[length++] = '@';
        memcpy(text + length, address->domain.ptr, address->domain.len);
        length += address->domain.len;
    }
    return bs_bytes(text, length);
}

static struct bs_bytes lower_copy(struct bs_bytes bytes, struct bs_arena *arena)
{
    char *copy = bs_arena_take(arena, bytes.len);
    if (!copy)
        return (struct bs_bytes){NULL, 0};
    for (size_t i = 0; i < bytes.len; i++)
        copy[i] = bs_ascii_lower(bytes.ptr[i]);
    return bs_bytes(copy, bytes.len);
}

struct bs_address bs_address_fold_case(const struct bs_address *address, struct bs_arena *arena)
{
    return (struct bs_address){lower_copy(address->local, arena), lower_copy(address->domain, arena)};
}

bool bs_address_same(const struct bs_address *a, const struct bs_address *b)
{
    return bs_bytes_equal_nocase(a->local, b->local) && bs_bytes_equal_nocase(a->domain, b->domain);
}

struct bs_bytes bs_address_base_local(const struct bs_address *address)
{
    size_t plus = bs_bytes_find(address->local, '+');
    return plus == 0 ? address->local : bs_bytes_first(address->local, plus);
}

static bool is_ascii_atext(char c)
{
    return (unsigned char)c < 0x80 && is_atext(c);
}

bool bs_is_dot_atom(struct bs_bytes text)
{
    bool after_atom = false;
    for (size_t i = 0; i < text.len; i++) {
        bool dot = text.ptr[i] == '.';
        if (dot ? !after_atom : !is_ascii_atext(text.ptr[i]))
            return false;
        after_atom = !dot;
    }
    return after_atom;
}
