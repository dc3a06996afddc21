/* SPDX-License-Identifier: BSD-2-Clause */
/* The mailboxes of a From field; see mailbox_list.h. */
#include "message/mailbox_list.h"

#include "message/comment.h"

/* Where one mailbox lies in the text: offsets. */
struct mailbox {
    size_t begin, end;  /* without white space and comments at both ends */
    size_t open, close; /* of the angle brackets */
    bool angle;
    bool found; /* there is anything but white space and comments */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void doubt(struct bs_mailbox_list *list, enum bs_author_doubt why)
{
    if (list->doubt == BS_AUTHOR_CLEAR)
        list->doubt = why;
}

/* The offset behind the quoted string that begins at `at`; 0 for one that is not closed. */
static size_t after_quoted(struct bs_bytes text, size_t at)
{
    for (at++; at < text.len; at++) {
        if (text.ptr[at] == '"')
            return at + 1;
        if (text.ptr[at] == '\\')
            at++;
    }
    return 0;
}

/* The same for a comment. */
static size_t after_comment(struct bs_bytes text, size_t at)
{
    size_t size = bs_comment_size(bs_bytes_skip(text, at));
    return size > 0 ? at + size : 0;
}

/* The same for angle brackets, which may hold quoted strings; strictly, also comments, but nothing else that opens or
 * closes. */
static size_t after_angle(struct bs_bytes text, size_t at, bool strict)
{
    for (at++; at < text.len;) {
        char c = text.ptr[at];
        if (c == '>')
            return at + 1;
        if (strict && (c == '<' || c == ')'))
            return 0;
        size_t next = c == '"' ? after_quoted(text, at) : c == '(' && strict ? after_comment(text, at) : at + 1;
        if (next == 0)
            return 0;
        at = next;
    }
    return 0;
}

/* The same for whichever of them begins at `at`. */
static size_t after_enclosed(struct bs_bytes text, size_t at, bool strict)
{
    char c = text.ptr[at];
    return c == '"' ? after_quoted(text, at) : c == '(' ? after_comment(text, at) : after_angle(text, at, strict);
}

/* Notes what may hold an address to somebody. */
static void note_part(struct bs_mailbox_list *list, enum bs_mailbox_part_kind kind, struct bs_bytes text)
{
    bool may = false;
    for (size_t i = 0; i < text.len && !may; i++)
        may = text.ptr[i] == '@' || text.ptr[i] == '?' || (unsigned char)text.ptr[i] >= 0x80;
    if (!may)
        return;
    if (list->part_count == BS_AUTHOR_PARTS_MAX)
        doubt(list, BS_AUTHOR_TOO_MANY);
    else
        list->parts[list->part_count++] = (struct bs_mailbox_part){kind, text};
}

/* Takes in what lies between two offsets and is no white space. */
static void extend(struct bs_mailbox_list *list, struct mailbox *mailbox, size_t from, size_t to)
{
    if (mailbox->angle)
        doubt(list, BS_AUTHOR_SYNTAX);
    mailbox->begin = mailbox->found ? mailbox->begin : from;
    mailbox->end = to;
    mailbox->found = true;
}

/* Takes in the quoted string, comment or brackets at `at`; returns the offset behind, or 0 after a doubt. */
static size_t take_enclosed(struct bs_mailbox_list *list, struct bs_bytes text, size_t at, struct mailbox *mailbox)
{
    char c = text.ptr[at];
    size_t next = after_enclosed(text, at, true);
    if (next == 0) {
        doubt(list, BS_AUTHOR_UNBALANCED);
        return 0;
    }
    if (c != '<')
        note_part(list, c == '"' ? BS_MAILBOX_QUOTED : BS_MAILBOX_COMMENT, bs_bytes(text.ptr + at + 1, next - at - 2));
    if (c != '(')
        extend(list, mailbox, at, next);
    if (c == '<') {
        mailbox->angle = true;
        mailbox->open = at;
        mailbox->close = next - 1;
    }
    return next;
}

static enum bs_author_doubt doubt_of_special(char c)
{
    return c == ')' || c == '>' ? BS_AUTHOR_UNBALANCED : c == ':' ? BS_AUTHOR_GROUP : BS_AUTHOR_SYNTAX;
}

/* Finds the parts of the mailbox that begins at `at`; returns the offset of the comma behind it, or of the end. */
static size_t find_parts(struct bs_mailbox_list *list, struct bs_bytes text, size_t at, struct mailbox *mailbox)
{
    size_t words = at;
    while (at < text.len && text.ptr[at] != ',' && list->doubt == BS_AUTHOR_CLEAR) {
        char c = text.ptr[at];
        if (c == '"' || c == '(' || c == '<') {
            note_part(list, BS_MAILBOX_WORDS, bs_bytes(text.ptr + words, at - words));
            at = take_enclosed(list, text, at, mailbox);
            words = at;
        } else if (c != '\0' && strchr(")>:;\\", c)) {
            doubt(list, doubt_of_special(c));
        } else {
            if (!is_blank(c))
                extend(list, mailbox, at, at + 1);
            at++;
        }
    }
    if (list->doubt == BS_AUTHOR_CLEAR)
        note_part(list, BS_MAILBOX_WORDS, bs_bytes(text.ptr + words, at - words));
    return at;
}

/* What may stand in a local part without quotes: atext of RFC 5322 section 3.2.3, RFC 6532, and dots. */
static bool is_local_char(char c)
{
    char low = bs_ascii_lower(c);
    return (unsigned char)c >= 0x80 || (low >= 'a' && low <= 'z') || bs_ascii_is_digit(c) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c));
}

/* The offset of the @ behind the local part, or of what is wrong with it. */
static size_t find_end_of_local(struct bs_mailbox_list *list, struct bs_bytes text)
{
    size_t at = 0;
    while (at < text.len) {
        if (text.ptr[at] == '"') {
            size_t next = after_quoted(text, at);
            struct bs_bytes quoted = bs_bytes(text.ptr + at, next > 0 ? next - at : text.len - at);
            if (next == 0)
                doubt(list, BS_AUTHOR_UNBALANCED);
            if (bs_bytes_find(quoted, '@') < quoted.len)
                doubt(list, BS_AUTHOR_SEVERAL_AT);
            if (bs_bytes_find(quoted, '<') < quoted.len || bs_bytes_find(quoted, '>') < quoted.len)
                doubt(list, BS_AUTHOR_SYNTAX);
            at += quoted.len;
        } else if (is_local_char(text.ptr[at])) {
            at++;
        } else {
            break;
        }
    }
    return at;
}

static bool has_blank_or_comment(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_blank(text.ptr[i]) || text.ptr[i] == '(')
            return true;
    }
    return false;
}

static bool has_encoded_word(struct bs_bytes text)
{
    return bs_bytes_contains_nocase(text, BS_LITERAL("=?"));
}

/* Why what follows the local part is no @ and domain. */
static enum bs_author_doubt doubt_of_local(struct bs_bytes rest)
{
    return rest.len == 0 || bs_bytes_find(rest, '@') == rest.len ? BS_AUTHOR_NO_DOMAIN
           : has_blank_or_comment(rest)                           ? BS_AUTHOR_SPACED
                                                                  : BS_AUTHOR_SYNTAX;
}

/* Why what follows the @ is no domain. */
static enum bs_author_doubt doubt_of_domain(struct bs_bytes domain)
{
    return domain.len == 0                            ? BS_AUTHOR_NO_DOMAIN
           : bs_bytes_find(domain, '@') < domain.len ? BS_AUTHOR_SEVERAL_AT
           : domain.ptr[0] == '['                     ? BS_AUTHOR_LITERAL
           : has_blank_or_comment(domain)             ? BS_AUTHOR_SPACED
                                                      : BS_AUTHOR_BAD_DOMAIN;
}

/* Whether other readers may map characters of the address to others; all such are longer than what they become. */
static bool has_lookalikes(struct bs_bytes address)
{
    char folded[BS_AUTHOR_FROM_MAX];
    return address.len > sizeof folded || bs_domain_fold_lookalikes(address, folded) != address.len;
}

/* Reads local-part@domain. */
static void read_address(struct bs_mailbox_list *list, struct bs_bytes text, struct bs_arena *arena)
{
    if (text.len == 0) {
        doubt(list, BS_AUTHOR_NO_ADDRESS);
        return;
    }
    if (has_encoded_word(text))
        doubt(list, BS_AUTHOR_ENCODED_ADDRESS);
    if (text.ptr[0] == '@')
        doubt(list, bs_bytes_find(text, ':') < text.len ? BS_AUTHOR_ROUTE : BS_AUTHOR_SYNTAX);
    size_t at = find_end_of_local(list, text);
    struct bs_bytes rest = bs_bytes_skip(text, at);
    if (rest.len == 0 || rest.ptr[0] != '@') {
        doubt(list, doubt_of_local(rest));
        return;
    }
    struct bs_bytes domain = bs_bytes_skip(rest, 1);
    if (has_lookalikes(text))
        doubt(list, BS_AUTHOR_BAD_DOMAIN);
    if (!bs_domain_names_add(&list->domains, domain, arena))
        doubt(list, doubt_of_domain(domain));
}

static void read_mailbox(struct bs_mailbox_list *list, struct bs_bytes text, const struct mailbox *mailbox,
                         struct bs_arena *arena)
{
    size_t begin = mailbox->angle ? mailbox->open + 1 : mailbox->begin;
    size_t end = mailbox->angle ? mailbox->close : mailbox->end;
    list->count++;
    read_address(list, bs_bytes_trim(bs_bytes(text.ptr + begin, end - begin)), arena);
}

void bs_mailbox_list_read(struct bs_bytes text, struct bs_arena *arena, struct bs_mailbox_list *ret_list)
{
    *ret_list = (struct bs_mailbox_list){.doubt = BS_AUTHOR_CLEAR};
    for (size_t at = 0; at < text.len && ret_list->doubt == BS_AUTHOR_CLEAR; at++) {
        struct mailbox mailbox = {.found = false};
        at = find_parts(ret_list, text, at, &mailbox);
        if (ret_list->doubt == BS_AUTHOR_CLEAR && mailbox.found)
            read_mailbox(ret_list, text, &mailbox, arena);
    }
    if (ret_list->count == 0)
        doubt(ret_list, BS_AUTHOR_NO_ADDRESS);
    if (ret_list->domains.more)
        doubt(ret_list, BS_AUTHOR_TOO_MANY);
}

/* The mailbox that bs_from_addresses reads. */
struct lenient_mailbox {
    char text[BS_PATH_MAX]; /* what stands outside of brackets and comments */
    size_t length;
    bool too_long;
    struct bs_bytes path; /* what stands within brackets; ptr is NULL without any */
};

static void clear(struct lenient_mailbox *mailbox)
{
    mailbox->length = 0;
    mailbox->too_long = false;
    mailbox->path = bs_bytes(NULL, 0);
}

static void append(struct lenient_mailbox *mailbox, struct bs_bytes bytes)
{
    if (bytes.len > sizeof mailbox->text - mailbox->length) {
        mailbox->too_long = true;
        return;
    }
    memcpy(mailbox->text + mailbox->length, bytes.ptr, bytes.len);
    mailbox->length += bytes.len;
}

/* Takes the mailbox as an address, if it is one. */
static void take_address(struct lenient_mailbox *mailbox, struct bs_arena *arena, struct bs_address *addresses,
                         size_t *io_count)
{
    struct bs_bytes path = mailbox->path;
    if (!path.ptr && !mailbox->too_long)
        path = bs_arena_copy(arena, bs_bytes_trim(bs_bytes(mailbox->text, mailbox->length)));
    if (path.ptr && bs_path_parse(path, arena, &addresses[*io_count]) && addresses[*io_count].domain.len > 0)
        ++*io_count;
    clear(mailbox);
}

/* Takes what stands at `at` into the mailbox, to the end of the text where it is not closed; returns the offset behind. */
static size_t take_leniently(struct bs_bytes text, size_t at, struct lenient_mailbox *mailbox)
{
    char c = text.ptr[at];
    bool enclosed = c == '"' || c == '(' || c == '<';
    size_t next = enclosed ? after_enclosed(text, at, false) : at + 1;
    next = next > 0 ? next : text.len;
    struct bs_bytes taken = bs_bytes(text.ptr + at, next - at);
    if (c == '<')
        mailbox->path = taken;
    else if (c == ':') /* what stands before is the name of a group */
        clear(mailbox);
    else if (c != '(')
        append(mailbox, taken);
    return next;
}

size_t bs_from_addresses(struct bs_bytes body, struct bs_arena *arena,
                         struct bs_address ret_addresses[BS_FROM_ADDRESSES_MAX])
{
    size_t count = 0, mailboxes = 1;
    struct lenient_mailbox mailbox;
    clear(&mailbox);
    for (size_t at = 0; at < body.len;) {
        if (body.ptr[at] != ',' && body.ptr[at] != ';') {
            at = take_leniently(body, at, &mailbox);
            continue;
        }
        take_address(&mailbox, arena, ret_addresses, &count);
        if (mailboxes++ == BS_FROM_ADDRESSES_MAX)
            return count;
        at++;
    }
    take_address(&mailbox, arena, ret_addresses, &count);
    return count;
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
