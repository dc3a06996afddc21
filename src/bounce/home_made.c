/* SPDX-License-Identifier: BSD-2-Clause */
/* See home_made.h. */
#include "bounce/home_made.h"

#include "bounce/recipient_words.h"
#include "bounce/text_address.h"
#include "bounce/text_lines.h"

enum {
    LEAD_MAX = 3, /* lines between a match and the first address */
    TAIL = 4,     /* bytes behind an address that tell the lines of a list */
    NAME_MAX = 80,
    ALONE_TEXT_MAX = 4096,
    ALONE_ADDRESSES_MAX = 32,
    FIELD_LOOKED_AT_MAX = 2048,
    FIELDS_LOOKED_AT_MAX = 32,
    LOOKED_FOR_MAX = 32, /* addresses of a field that the text is searched for */
};

/* What the steps share. Offsets are into the notice's own words. */
struct collection {
    struct bs_named_recipients *named; /* so far */
    bool full;                         /* there were more of them than have room */
    size_t lines;                      /* that were looked at */
    struct bs_bytes text;              /* the notice's own words */
    struct bs_bytes sender;            /* of the notice */
    struct bs_bytes addressee;         /* of the notice */
    struct bs_bytes mentioned;         /* the addressee, where the text may only say who wrote */
};

static size_t offset_of(const struct collection *collection, struct bs_bytes part)
{
    return (size_t)(part.ptr - collection->text.ptr);
}

/* Each once. */
static void put(struct collection *collection, struct bs_named_recipient recipient)
{
    struct bs_named_recipients *named = collection->named;
    for (size_t i = 0; i < named->count; i++) {
        if (bs_bytes_equal_nocase(named->items[i].address, recipient.address))
            return;
    }
    collection->full = named->count == BS_HOME_MADE_RECIPIENTS_MAX;
    if (!collection->full)
        named->items[named->count++] = recipient;
}

static void add(struct collection *collection, struct bs_bytes address, struct bs_bytes original)
{
    if (!bs_bytes_equal_nocase(address, collection->sender) || !bs_address_is_daemon(address))
        put(collection, (struct bs_named_recipient){address, original, offset_of(collection, address)});
}

static bool has_letter(struct bs_bytes bytes)
{
    return bs_text_count_letters(bytes) > 0;
}

/* Whether a line of a list may have this before its address: marks only, a label, or a display name and a bracket. */
static bool is_lead(struct bs_bytes lead)
{
    static const char *const labels[] = {"to", "recipient", "recipients", "address", "user", "smtp", "rfc822", "mailto",
                                         "email", "e-mail", "mail", "cc", NULL};
    if (!has_letter(lead))
        return true;
    if (lead.len > NAME_MAX)
        return false;
    if (lead.len >= 5 && bs_bytes_equal_nocase(bs_bytes_skip(lead, lead.len - 5), BS_LITERAL("smtp=")))
        return true; /* of an X.400 address that holds one of ours */
    size_t colon = bs_bytes_find_last(lead, ':');
    if (colon == lead.len)
        colon = bs_bytes_find_last(lead, ';');
    if (colon == lead.len)
        return lead.ptr[lead.len - 1] == '<' || lead.ptr[lead.len - 1] == '(' || lead.ptr[lead.len - 1] == '[';
    struct bs_bytes label = bs_bytes_trim(bs_bytes_first(lead, colon));
    for (size_t i = 0; labels[i]; i++) {
        struct bs_bytes word = bs_bytes_from_cstr(labels[i]);
        if (label.len >= word.len && bs_bytes_equal_nocase(bs_bytes_skip(label, label.len - word.len), word))
            return !has_letter(bs_bytes_skip(lead, colon));
    }
    return false;
}

/* The address in parentheses behind a recipient that an alias led to, as in `(generated from jane@example.com)`. */
static struct bs_bytes origin_in(struct bs_bytes rest)
{
    struct bs_bytes original;
    rest = bs_bytes_first(rest, 200);
    size_t open = bs_bytes_find(rest, '(');
    if (open == rest.len)
        return bs_bytes(NULL, 0);
    struct bs_bytes inside = bs_bytes_skip(rest, open + 1);
    if (bs_bytes_contains_nocase(bs_bytes_first(rest, open), BS_LITERAL("\n\n")))
        return bs_bytes(NULL, 0);
    if (!bs_bytes_starts_nocase(inside, BS_LITERAL("generated from")) &&
        !bs_bytes_starts_nocase(inside, BS_LITERAL("expanded from")) &&
        !bs_bytes_starts_nocase(inside, BS_LITERAL("ultimately generated from")) &&
        !bs_bytes_starts_nocase(inside, BS_LITERAL("originally addressed to")))
        return bs_bytes(NULL, 0);
    inside = bs_bytes_first(inside, bs_bytes_find(inside, ')'));
    return bs_text_address_next(&inside, &original) ? original : bs_bytes(NULL, 0);
}

static bool is_ruler(struct bs_bytes line)
{
    line = bs_bytes_trim(line);
    return line.len >= 3 && strchr("-=_*#", line.ptr[0]) && line.ptr[1] == line.ptr[0] &&
           line.ptr[2] == line.ptr[0] && bs_bytes_find(line, '@') == line.len;
}

/* Whether a line begins as another does, any digit standing for any other. */
static bool begins_alike(struct bs_bytes line, struct bs_bytes lead)
{
    for (size_t i = 0; i < lead.len; i++) {
        if (i == line.len || (line.ptr[i] != lead.ptr[i] &&
                              !(bs_ascii_is_digit(line.ptr[i]) && bs_ascii_is_digit(lead.ptr[i]))))
            return false;
    }
    return true;
}

static bool opens_parenthesis(struct bs_bytes bytes)
{
    bytes = bs_bytes_trim(bytes);
    return bytes.len > 0 && bytes.ptr[0] == '(';
}

/* Where nothing stands before an address: whether it is one of a list as the first one was, by what stands behind
 * both. */
static bool ends_alike(struct bs_bytes behind, struct bs_bytes first)
{
    return bs_bytes_trim(behind).len == 0 || behind.ptr[0] == ':' || behind.ptr[0] == ',' ||
           (first.len == TAIL &&
            (begins_alike(behind, first) || (opens_parenthesis(behind) && opens_parenthesis(first))));
}

/* Adds every further line that has the same before its address as the line of `first`, up to a ruler. */
static void add_alike(struct collection *collection, size_t begin, struct bs_bytes lead, struct bs_bytes first)
{
    struct bs_bytes text = collection->text;
    struct bs_bytes tail = bs_bytes_first(bs_text_line_at(text, offset_of(collection, first) + first.len), TAIL);
    for (; begin < text.len && collection->lines < BS_HOME_MADE_LINES_MAX; begin = bs_text_next_line(text, begin)) {
        struct bs_bytes line = bs_text_line_at(text, begin), rest = line, address;
        collection->lines++;
        if (is_ruler(line))
            break;
        if (line.len <= lead.len || !begins_alike(line, lead) ||
            !bs_text_address_next(&rest, &address) || offset_of(collection, address) != begin + lead.len)
            continue;
        size_t end = offset_of(collection, address) + address.len;
        if (lead.len == 0 && !ends_alike(bs_text_line_at(text, end), tail))
            continue;
        add(collection, address, origin_in(bs_bytes_skip(text, end)));
    }
}

/* An address that is a display name gives way to the one in brackets behind it, as in `jane@example.com
 * <joe@example.org>`. */
static struct bs_bytes behind_name(struct bs_bytes address, struct bs_bytes rest)
{
    struct bs_bytes next;
    struct bs_bytes between = rest;
    if (!bs_text_address_next(&rest, &next))
        return address;
    between = bs_bytes_trim(bs_bytes_first(between, (size_t)(next.ptr - between.ptr)));
    bool name = bs_bytes_equal(between, BS_LITERAL("<")) || bs_bytes_equal(between, BS_LITERAL("\" <"));
    return name ? next : address;
}

/* All addresses of one line that are set apart by commas or semicolons. */
static void add_line(struct collection *collection, struct bs_bytes rest)
{
    struct bs_bytes address, from = bs_bytes(NULL, 0);
    while (bs_text_address_next(&rest, &address)) {
        struct bs_bytes named = behind_name(address, rest);
        if (named.ptr != address.ptr)
            rest = bs_bytes_skip(rest, (size_t)(named.ptr - rest.ptr) + named.len);
        address = named;
        add(collection, address,
            origin_in(bs_bytes_skip(collection->text, offset_of(collection, address) + address.len)));
        from = bs_bytes_trim(rest);
        if (from.len > 0 && from.ptr[0] == '>')
            from = bs_bytes_trim(bs_bytes_skip(from, 1));
        if (from.len == 0 || (from.ptr[0] != ',' && from.ptr[0] != ';'))
            break;
    }
}

/* RECIPIENTS_BELOW: the first line behind the match that is an address, after a few that may end the sentence. */
static void read_below(struct collection *collection, size_t end)
{
    struct bs_bytes text = collection->text, address;
    size_t begin = end;
    for (unsigned words = 0; begin < text.len && words <= LEAD_MAX && collection->lines < BS_HOME_MADE_LINES_MAX;
         begin = bs_text_next_line(text, begin)) {
        struct bs_bytes line = bs_text_line_at(text, begin), rest = line;
        collection->lines++;
        if (bs_bytes_trim(line).len == 0)
            continue;
        if (!bs_text_address_next(&rest, &address)) {
            words++;
            continue;
        }
        size_t at = offset_of(collection, address);
        struct bs_bytes lead = bs_bytes(text.ptr + begin, at - begin);
        if (!is_lead(lead)) {
            words++;
            continue;
        }
        add_line(collection, line);
        if (begin != end || bs_text_line_begin(text, begin) == begin)
            add_alike(collection, bs_text_next_line(text, begin), lead, address);
        break;
    }
}

/* RECIPIENT_HERE: behind the match in its line, or in the next one that is not empty. Whoever gets the notice counts only
 * where nobody else is named, since notices also say whose mail is not wanted. */
static void read_here(struct collection *collection, size_t end)
{
    struct bs_bytes text = collection->text, address;
    for (unsigned tries = 0; tries < 3 && end < text.len; tries++, end = bs_text_next_line(text, end)) {
        struct bs_bytes line = bs_text_line_at(text, end), rest = line;
        if (!bs_text_address_next(&rest, &address)) {
            if (bs_bytes_trim(line).len > 0 && tries > 0)
                break;
            continue;
        }
        size_t begin = bs_text_line_begin(text, end), at = offset_of(collection, address);
        if (tries > 0 && !is_lead(bs_bytes(text.ptr + end, at - end)))
            break;
        if (bs_bytes_equal_nocase(address, collection->addressee)) {
            collection->mentioned = address;
            break;
        }
        struct bs_bytes lead = bs_bytes(text.ptr + begin, at - begin);
        add_line(collection, line);
        if (lead.len > 0)
            add_alike(collection, bs_text_next_line(text, end), lead, address);
        break;
    }
}

/* RECIPIENT_BEFORE: the last address of the line that ends before the match does. */
static void read_before(struct collection *collection, size_t end)
{
    struct bs_bytes text = collection->text, address, last = bs_bytes(NULL, 0);
    size_t begin = bs_text_line_begin(text, end > 0 ? end - 1 : 0);
    struct bs_bytes rest = bs_text_line_at(text, begin);
    while (bs_text_address_next(&rest, &address) && offset_of(collection, address) < end) {
        struct bs_bytes origin =
            last.len > 0 ? origin_in(bs_bytes_skip(text, offset_of(collection, last) + last.len)) : last;
        if (origin.len == 0 || origin.ptr != address.ptr)
            last = address;
    }
    if (last.len == 0 && begin > 0) {
        size_t previous = bs_text_line_begin(text, begin - 1);
        rest = bs_bytes(text.ptr + previous, begin - previous);
        if (!bs_text_address_next(&rest, &last))
            return;
        begin = previous;
    }
    if (last.len == 0)
        return;
    size_t at = offset_of(collection, last);
    add(collection, last, origin_in(bs_bytes_skip(text, at + last.len)));
    add_alike(collection, bs_text_next_line(text, at), bs_bytes(text.ptr + begin, at - begin), last);
}

static void read_roles(struct collection *collection, const struct bs_notice *notice)
{
    for (size_t i = 0; i < notice->role_count; i++) {
        size_t end = notice->roles[i].end;
        if (end > collection->text.len)
            continue;
        if (notice->roles[i].role == BS_ROLE_RECIPIENTS_BELOW)
            read_below(collection, end);
        else if (notice->roles[i].role == BS_ROLE_RECIPIENT_HERE)
            read_here(collection, end);
        else if (notice->roles[i].role == BS_ROLE_RECIPIENT_BEFORE)
            read_before(collection, end);
    }
    if (collection->named->count == 0 && collection->mentioned.len > 0)
        add(collection, collection->mentioned, bs_bytes(NULL, 0));
}

/* Whether one of the first such fields of a header has the address. */
static bool is_among(struct bs_bytes address, const struct bs_header *header, const char *const *names)
{
    size_t looked_at = 0;
    for (size_t i = 0; header && i < header->count && looked_at < FIELDS_LOOKED_AT_MAX; i++) {
        for (size_t j = 0; names[j]; j++) {
            if (!bs_header_field_is(&header->fields[i], bs_bytes_from_cstr(names[j])))
                continue;
            looked_at++;
            if (bs_bytes_contains_nocase(bs_bytes_first(header->fields[i].body, FIELD_LOOKED_AT_MAX), address))
                return true;
        }
    }
    return false;
}

/* Where no wording names a recipient: the addresses that the notice has in common with the recipients of what it
 * returns; where it returns nothing, the only one that it has beside its own sender and recipient. */
static void read_alone(struct collection *collection, const struct bs_header *own, const struct bs_header *returned)
{
    static const char *const recipients[] = {"To", "Cc", "Bcc", "Resent-To", "Delivered-To", "X-Original-To",
                                             "X-Envelope-To", "Envelope-To", "Received", NULL};
    static const char *const ends[] = {"To", "From", "Reply-To", "Message-ID", "Cc", NULL};
    struct bs_bytes rest = bs_bytes_first(collection->text, ALONE_TEXT_MAX), address, only = bs_bytes(NULL, 0);
    size_t others = 0;
    for (unsigned seen = 0; seen < ALONE_ADDRESSES_MAX && bs_text_address_next(&rest, &address); seen++) {
        if (is_among(address, returned, recipients)) {
            add(collection, address, bs_bytes(NULL, 0));
        } else if (!bs_address_is_daemon(address) && !is_among(address, own, ends) &&
                   !bs_bytes_equal_nocase(address, only)) {
            only = others++ == 0 ? address : only;
        }
    }
    if (collection->named->count == 0 && others == 1 && !returned)
        add(collection, only, bs_bytes(NULL, 0));
}

/* The recipients of X-Failed-Recipients, each where the text names it, too. */
static void read_failed_field(struct collection *collection, const struct bs_header_field *field)
{
    struct bs_bytes text = collection->text, rest = field->body, address;
    while (!collection->full && bs_text_address_next(&rest, &address)) {
        size_t at = collection->named->count < LOOKED_FOR_MAX ? bs_text_find_address(text, address) : text.len;
        struct bs_named_recipient recipient = {.address = address, .begin = at};
        if (at < text.len) {
            recipient.address = bs_bytes(text.ptr + at, address.len);
            recipient.original = origin_in(bs_bytes_skip(text, at + address.len));
        }
        put(collection, recipient);
    }
}

bool bs_home_made_read(const struct bs_parts *parts, const struct bs_header_signs *signs,
                       const struct bs_notice *notice, enum bs_kind kind, struct bs_arena *arena,
                       struct bs_reading *reading)
{
    struct bs_named_recipients *named = bs_named_recipients_begin(notice, arena);
    if (!named)
        return false;
    struct collection collection = {.named = named, .text = named->text, .sender = signs->from_address};
    if (signs->to)
        collection.addressee = bs_field_address(signs->to->body);
    if (signs->failed_recipients)
        read_failed_field(&collection, signs->failed_recipients);
    if (named->count == 0)
        read_roles(&collection, notice);
    if (named->count == 0)
        read_alone(&collection, &parts->header, reading->returned.header);
    if (collection.full && !reading->limit)
        reading->limit = "BS_HOME_MADE_RECIPIENTS_MAX";
    return bs_named_recipients_publish(named, kind, arena, reading);
}
