/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of a From field; see from_field.h. One pass, in which only the text of the mailbox at hand is kept. */
#include "proof/from_field.h"

#include "message/comment.h"

struct mailbox {
    char text[BS_PATH_MAX]; /* what stands outside of brackets and comments */
    size_t length;
    bool too_long;
    struct bs_bytes path; /* what stands within brackets; ptr is NULL without any */
};

static void clear(struct mailbox *mailbox)
{
    mailbox->length = 0;
    mailbox->too_long = false;
    mailbox->path = bs_bytes(NULL, 0);
}

static void append(struct mailbox *mailbox, struct bs_bytes bytes)
{
    if (bytes.len > sizeof mailbox->text - mailbox->length) {
        mailbox->too_long = true;
        return;
    }
    memcpy(mailbox->text + mailbox->length, bytes.ptr, bytes.len);
    mailbox->length += bytes.len;
}

/* Bytes up to the end of a quoted string or a comment that the text begins with, its delimiters included. */
static size_t skip_quoted(struct bs_bytes text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return text.len;
}

static size_t skip_comment(struct bs_bytes text)
{
    size_t size = bs_comment_size(text);
    return size > 0 ? size : text.len;
}

/* Bytes up to the > of an address in brackets, which may hold a quoted local part. */
static size_t skip_brackets(struct bs_bytes text)
{
    size_t i = 1;
    while (i < text.len && text.ptr[i] != '>')
        i += text.ptr[i] == '"' ? skip_quoted(bs_bytes_skip(text, i)) : 1;
    return i < text.len ? i + 1 : text.len;
}

/* Takes the mailbox as an address, if it is one. */
static void take(struct mailbox *mailbox, struct bs_arena *arena, struct bs_address *addresses, size_t *io_count)
{
    struct bs_bytes path = mailbox->path;
    if (!path.ptr && !mailbox->too_long)
        path = bs_arena_copy(arena, bs_bytes_trim(bs_bytes(mailbox->text, mailbox->length)));
    if (path.ptr && bs_path_parse(path, arena, &addresses[*io_count]) &&
        addresses[*io_count].domain.len > 0)
        ++*io_count;
    clear(mailbox);
}

size_t bs_from_addresses(struct bs_bytes body, struct bs_arena *arena,
                         struct bs_address ret_addresses[BS_FROM_ADDRESSES_MAX])
{
    size_t count = 0, mailboxes = 1;
    struct mailbox mailbox;
    clear(&mailbox);
    while (body.len > 0) {
        size_t size = 1;
        char c = body.ptr[0];
        if (c == '"') {
            size = skip_quoted(body);
            append(&mailbox, bs_bytes_first(body, size));
        } else if (c == '(') {
            size = skip_comment(body);
        } else if (c == '<') {
            size = skip_brackets(body);
            mailbox.path = bs_bytes_first(body, size);
        } else if (c == ',' || c == ';') {
            take(&mailbox, arena, ret_addresses, &count);
            if (mailboxes++ == BS_FROM_ADDRESSES_MAX)
                return count;
        } else if (c == ':') {
            clear(&mailbox);
        } else {
            append(&mailbox, bs_bytes_first(body, 1));
        }
        body = bs_bytes_skip(body, size);
    }
    take(&mailbox, arena, ret_addresses, &count);
    return count;
}

bool bs_address_same(const struct bs_address *a, const struct bs_address *b)
{
    return bs_bytes_equal_nocase(a->local, b->local) && bs_bytes_equal_nocase(a->domain, b->domain);
}

bool bs_from_has(struct bs_bytes body, const struct bs_address *address, struct bs_arena *arena)
{
    struct bs_address addresses[BS_FROM_ADDRESSES_MAX];
    size_t count = bs_from_addresses(body, arena, addresses);
    for (size_t i = 0; i < count; i++) {
        if (bs_address_same(&addresses[i], address))
            return true;
    }
    return false;
}
