/* SPDX-License-Identifier: BSD-2-Clause */
/* See home_made.h. */
#include "bounce/home_made.h"

#include "base/stride.h"
#include "bounce/delivery_status.h"
#include "bounce/text_address.h"

enum {
    LEAD_MAX = 3,
    TAIL = 4,
    NAME_MAX = 80,
    ALONE_TEXT_MAX = 4096,
    ALONE_ADDRESSES_MAX = 32,
    FIELD_LOOKED_AT_MAX = 2048,
    FIELDS_LOOKED_AT_MAX = 32,
    EXPLAINED_MAX = 32,
    WORDS_MIN = 8,
    REPLIES_LOOKED_AT_MAX = 8
};

/* What the text has named so far. Offsets are into the notice's own words. */
struct found {
    struct bs_bytes address;
    struct bs_bytes original;
    size_t begin;
};

struct collection {
    struct bs_bytes text; /* the notice's own words */
    struct bs_bytes sender; /* of the notice */
    struct bs_bytes addressee; /* of the notice */
    struct bs_bytes mentioned; /* the addressee, where the text may only say who wrote */
    size_t lines;
    size_t count;
    bool full;
    struct found found[BS_HOME_MADE_RECIPIENTS_MAX];
};

/* An empty one; NULL without memory. */
static struct collection *begin_collection(const struct bs_notice *notice, struct bs_arena *arena)
{
    struct collection *collection = bs_arena_take_unset(arena, sizeof *collection);
    if (!collection)
        return NULL;
    memset(collection, 0, offsetof(struct collection, found));
    collection->text = bs_bytes_first(notice->text, notice->own);
    return collection;
}

static struct bs_bytes line_at(struct bs_bytes text, size_t begin)
{
    struct bs_bytes rest = bs_bytes_skip(text, begin);
    return bs_bytes_first(rest, bs_bytes_find(rest, '\n'));
}

static size_t next_line(struct bs_bytes text, size_t begin)
{
    size_t end = begin + line_at(text, begin).len;
    return end < text.len ? end + 1 : end;
}

static size_t line_begin(struct bs_bytes text, size_t offset)
{
    const char *before = offset > 0 ? memrchr(text.ptr, '\n', offset) : NULL;
    return before ? (size_t)(before - text.ptr) + 1 : 0;
}

/* Where an address stands in a text, both of which may be made to look alike; the text's length where it does not. */
static size_t find_address(struct bs_bytes text, struct bs_bytes address)
{
    const char *at = text.len > 0 ? memmem(text.ptr, text.len, address.ptr, address.len) : NULL;
    return at ? (size_t)(at - text.ptr) : text.len;
}

static size_t offset_of(const struct collection *collection, struct bs_bytes part)
{
    return (size_t)(part.ptr - collection->text.ptr);
}

static void add(struct collection *collection, struct bs_bytes address, struct bs_bytes original)
{
    if (bs_bytes_equal_nocase(address, collection->sender) && bs_address_is_daemon(address))
        return;
    for (size_t i = 0; i < collection->count; i++) {
        if (bs_bytes_equal_nocase(collection->found[i].address, address))
            return;
    }
    if (collection->count == BS_HOME_MADE_RECIPIENTS_MAX) {
        collection->full = true;
        return;
    }
    collection->found[collection->count++] = (struct found){address, original, offset_of(collection, address)};
}

static bool is_letter(char c)
{
    return (bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

static bool has_letter(struct bs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (is_letter(bytes.ptr[i]))
            return true;
    }
    return false;
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
    struct bs_bytes tail = bs_bytes_first(line_at(text, offset_of(collection, first) + first.len), TAIL);
    for (; begin < text.len && collection->lines < BS_HOME_MADE_LINES_MAX; begin = next_line(text, begin)) {
        struct bs_bytes line = line_at(text, begin), rest = line, address;
        collection->lines++;
        if (is_ruler(line))
            break;
        if (line.len <= lead.len || !begins_alike(line, lead) ||
            !bs_text_address_next(&rest, &address) || offset_of(collection, address) != begin + lead.len)
            continue;
        size_t end = offset_of(collection, address) + address.len;
        if (lead.len == 0 && !ends_alike(line_at(text, end), tail))
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
         begin = next_line(text, begin)) {
        struct bs_bytes line = line_at(text, begin), rest = line;
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
        if (begin != end || line_begin(text, begin) == begin)
            add_alike(collection, next_line(text, begin), lead, address);
        break;
    }
}

/* RECIPIENT_HERE: behind the match in its line, or in the next one that is not empty. Whoever gets the notice counts only
 * where nobody else is named, since notices also say whose mail is not wanted. */
static void read_here(struct collection *collection, size_t end)
{
    struct bs_bytes text = collection->text, address;
    for (unsigned tries = 0; tries < 3 && end < text.len; tries++, end = next_line(text, end)) {
        struct bs_bytes line = line_at(text, end), rest = line;
        if (!bs_text_address_next(&rest, &address)) {
            if (bs_bytes_trim(line).len > 0 && tries > 0)
                break;
            continue;
        }
        size_t begin = line_begin(text, end), at = offset_of(collection, address);
        if (tries > 0 && !is_lead(bs_bytes(text.ptr + end, at - end)))
            break;
        if (bs_bytes_equal_nocase(address, collection->addressee)) {
            collection->mentioned = address;
            break;
        }
        struct bs_bytes lead = bs_bytes(text.ptr + begin, at - begin);
        add_line(collection, line);
        if (lead.len > 0)
            add_alike(collection, next_line(text, end), lead, address);
        break;
    }
}

/* RECIPIENT_BEFORE: the last address of the line that ends before the match does. */
static void read_before(struct collection *collection, size_t end)
{
    struct bs_bytes text = collection->text, address, last = bs_bytes(NULL, 0);
    size_t begin = line_begin(text, end > 0 ? end - 1 : 0);
    struct bs_bytes rest = line_at(text, begin);
    while (bs_text_address_next(&rest, &address) && offset_of(collection, address) < end) {
        struct bs_bytes origin =
            last.len > 0 ? origin_in(bs_bytes_skip(text, offset_of(collection, last) + last.len)) : last;
        if (origin.len == 0 || origin.ptr != address.ptr)
            last = address;
    }
    if (last.len == 0 && begin > 0) {
        size_t previous = line_begin(text, begin - 1);
        rest = bs_bytes(text.ptr + previous, begin - previous);
        if (!bs_text_address_next(&rest, &last))
            return;
        begin = previous;
    }
    if (last.len == 0)
        return;
    size_t at = offset_of(collection, last);
    add(collection, last, origin_in(bs_bytes_skip(text, at + last.len)));
    add_alike(collection, next_line(text, at), bs_bytes(text.ptr + begin, at - begin), last);
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
    if (collection->count == 0 && collection->mentioned.len > 0)
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
    if (collection->count == 0 && others == 1 && !returned)
        add(collection, only, bs_bytes(NULL, 0));
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
static size_t end_of_words(const struct collection *collection, size_t begin)
{
    struct bs_bytes text = collection->text;
    size_t end = text.len;
    for (size_t i = 0; i < collection->count; i++) {
        size_t next = collection->found[i].begin;
        if (next <= begin || next >= end)
            continue;
        size_t line = line_begin(text, next);
        end = line > begin ? line : next;
    }
    size_t letters = 0;
    struct bs_bytes line = collection->count < 2 ? bs_bytes(NULL, 0) : line_at(text, begin);
    if (is_repeated(line)) /* the line is a name and an address; what is said of it begins below */
        return end;
    for (size_t i = 0; i < line.len; i++)
        letters += is_letter(line.ptr[i]);
    if (letters < WORDS_MIN)
        return end;
    for (size_t next = next_line(text, begin); next < end; next = next_line(text, next)) {
        if (text.ptr[next] != ' ' && text.ptr[next] != '\t')
            return next;
    }
    return end;
}

/* Whether the address ends a line that says something before it, as in `Unknown user: jane@example.com`. */
static bool tells_before(struct bs_bytes text, size_t first, size_t end)
{
    struct bs_bytes lead = bs_bytes(text.ptr + first, end - first);
    size_t letters = 0, address = bs_bytes_find(lead, '@');
    for (size_t i = 0; i < address; i++)
        letters += is_letter(lead.ptr[i]);
    return letters >= WORDS_MIN && bs_bytes_trim(line_at(text, end)).len == 0;
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
static bool explain(const struct collection *collection, size_t begin, struct bs_arena *arena,
                    struct bs_bytes *ret_diagnostic)
{
    struct bs_bytes text = collection->text;
    *ret_diagnostic = bs_bytes(NULL, 0);
    if (begin >= text.len) /* the text does not have the recipient, or ends with it */
        return true;
    size_t end = end_of_words(collection, begin), first = line_begin(text, begin);
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
static void share_words(const struct collection *collection, struct bs_reported_recipient *recipients)
{
    for (size_t i = collection->count; i-- > 1;) {
        struct bs_reported_recipient *recipient = &recipients[i - 1];
        if (recipient->diagnostic.len > 0 || collection->found[i - 1].begin >= collection->found[i].begin ||
            collection->found[i].begin >= collection->text.len)
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
        size_t offset = find_address(text, address);
        if (offset == text.len)
            break;
        size_t begin = line_begin(text, offset);
        struct bs_bytes line = line_at(text, begin);
        if (line.len > 4 && memcmp(line.ptr, "<<< ", 4) == 0)
            line = bs_bytes_skip(line, 4);
        if (bs_text_reply_code(bs_bytes_first(line, 4)) != 0)
            return line;
        text = bs_bytes_skip(text, next_line(text, offset));
    }
    return bs_bytes(NULL, 0);
}

/* Recipients that are named without a code: what a transcript of the session says of each. */
static void read_transcript(const struct collection *collection, struct bs_reported_recipient *recipients)
{
    for (size_t i = 0; i < collection->count && i < EXPLAINED_MAX; i++) {
        struct bs_reported_recipient *recipient = &recipients[i];
        if (recipient->reply_code != 0 || recipient->status.len > 0)
            continue;
        struct bs_bytes line = reply_line(collection->text, recipient->address);
        if (line.len == 0)
            continue;
        recipient->diagnostic = bs_bytes_first(line, BS_DIAGNOSTIC_MAX);
        recipient->reply_code = bs_text_reply_code(line);
        recipient->status = bs_text_status(line);
    }
}

/* Reply and status codes are those behind the recipient's own address. */
static bool publish(const struct collection *collection, enum bs_kind kind, struct bs_arena *arena,
                    struct bs_reading *reading)
{
    size_t before = reading->recipient_count;
    for (size_t i = 0; i < collection->count; i++) {
        const struct found *found = &collection->found[i];
        struct bs_reported_recipient *recipient = bs_reading_add_recipient(reading, arena);
        if (!recipient)
            return reading->limit != NULL;
        *recipient =
            (struct bs_reported_recipient){.address = found->address, .original = found->original, .kind = kind};
        if (!explain(collection, found->begin + found->address.len, arena, &recipient->diagnostic))
            return false;
        recipient->reply_code = bs_text_reply_code(recipient->diagnostic);
        recipient->status = bs_text_status(recipient->diagnostic);
    }
    if (collection->count > 0) {
        share_words(collection, reading->recipients + before);
        read_transcript(collection, reading->recipients + before);
    }
    return true;
}

/* Whether another text may say more than what is told: there is none, or codes that only say that it failed. */
static bool is_vague(const struct bs_reported_recipient *recipient)
{
    return recipient->diagnostic.len == 0 ||
           (bs_text_status_is_vague(recipient->status) && bs_text_status(recipient->diagnostic).len == 0);
}

bool bs_home_made_explain(const struct bs_notice *notice, struct bs_arena *arena, struct bs_reading *reading)
{
    bool vague = false;
    for (size_t i = 0; i < reading->recipient_count && i < EXPLAINED_MAX && !vague; i++)
        vague = is_vague(&reading->recipients[i]);
    struct collection *collection = vague ? begin_collection(notice, arena) : NULL;
    if (!collection)
        return !vague;
    for (size_t i = 0; i < reading->recipient_count && i < EXPLAINED_MAX; i++) {
        struct bs_bytes address = reading->recipients[i].address;
        size_t end = collection->text.len, at = address.len > 0 ? find_address(collection->text, address) : end;
        size_t begin = at < end ? at + address.len : end;
        collection->found[collection->count++] = (struct found){address, bs_bytes(NULL, 0), begin};
    }
    for (size_t i = 0; i < collection->count; i++) {
        struct bs_bytes text;
        struct bs_reported_recipient *recipient = &reading->recipients[i];
        if (!is_vague(recipient) || collection->found[i].begin == collection->text.len)
            continue;
        if (!explain(collection, collection->found[i].begin, arena, &text))
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

/* The recipients of X-Failed-Recipients, each where the text names it, too. */
static void read_failed_field(struct collection *collection, const struct bs_header_field *field)
{
    struct bs_bytes rest = field->body, address;
    while (bs_text_address_next(&rest, &address)) {
        struct bs_bytes text = collection->text;
        size_t place = collection->count < 32 ? find_address(text, address) : text.len;
        const char *at = place < text.len ? text.ptr + place : NULL;
        if (collection->count == BS_HOME_MADE_RECIPIENTS_MAX) {
            collection->full = true;
            return;
        }
        struct bs_bytes own = at ? bs_bytes(at, address.len) : address;
        struct bs_bytes origin =
            at ? origin_in(bs_bytes_skip(collection->text, (size_t)(at - collection->text.ptr) + own.len))
               : bs_bytes(NULL, 0);
        collection->found[collection->count++] =
            (struct found){own, origin, at ? offset_of(collection, own) : collection->text.len};
    }
}

bool bs_home_made_read(const struct bs_parts *parts, const struct bs_header_signs *signs,
                       const struct bs_notice *notice, enum bs_kind kind, struct bs_arena *arena,
                       struct bs_reading *reading)
{
    struct collection *collection = begin_collection(notice, arena);
    if (!collection)
        return false;
    collection->sender = signs->from_address;
    collection->addressee = signs->to ? bs_field_address(signs->to->body) : bs_bytes(NULL, 0);
    if (signs->failed_recipients)
        read_failed_field(collection, signs->failed_recipients);
    if (collection->count == 0)
        read_roles(collection, notice);
    if (collection->count == 0)
        read_alone(collection, &parts->header, reading->returned.header);
    if (collection->full && !reading->limit)
        reading->limit = "BS_HOME_MADE_RECIPIENTS_MAX";
    return publish(collection, kind, arena, reading);
}
