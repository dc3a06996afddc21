/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a message says it is from; see author.h. */
#include "message/author.h"

#include "message/encoded_word.h"
#include "message/mailbox_list.h"

/* What is found on the way. */
struct search {
    struct bs_author *author;
    struct bs_arena *arena;
    size_t scanned;
    size_t from_fields; /* fields that some reader takes for From */
};

static void doubt(struct bs_author *author, enum bs_author_doubt why)
{
    if (author->doubt == BS_AUTHOR_CLEAR)
        author->doubt = why;
}

/* Adds all names in the encoded words of a text, and in what is around them. */
static void scan_encoded(struct bs_domain_names *names, struct bs_bytes text, struct bs_decoded_words *ret_words,
                         struct bs_arena *arena)
{
    char decoded[BS_AUTHOR_FROM_MAX], folded[BS_AUTHOR_FROM_MAX];
    for (int apart = 0; apart < 2; apart++) {
        size_t length = bs_encoded_words_decode(text, apart, decoded, ret_words);
        if (ret_words->count == 0)
            return;
        bs_domain_names_scan(names, bs_bytes(decoded, length), arena);
        length = bs_domain_fold_lookalikes(bs_bytes(decoded, length), folded);
        bs_domain_names_scan(names, bs_bytes(folded, length), arena);
    }
}

/* Adds all names in a text as it stands, with look-alikes as ASCII, and with its encoded words decoded. */
static void scan_readings(struct bs_domain_names *names, struct bs_bytes text, struct bs_arena *arena)
{
    char folded[BS_AUTHOR_FROM_MAX];
    struct bs_decoded_words words;
    text = bs_bytes_first(text, BS_AUTHOR_FROM_MAX);
    bs_domain_names_scan(names, text, arena);
    size_t length = bs_domain_fold_lookalikes(text, folded);
    if (length < text.len)
        bs_domain_names_scan(names, bs_bytes(folded, length), arena);
    scan_encoded(names, text, &words, arena);
    names->more = names->more || words.odd_charset;
}

/* Adds every domain that anybody may find in the text, as far as it may be searched. */
static void scan_all(struct search *search, struct bs_bytes text)
{
    size_t room = BS_AUTHOR_SCANNED_MAX - search->scanned;
    size_t most = room < BS_AUTHOR_FROM_MAX ? room : BS_AUTHOR_FROM_MAX;
    if (text.len > most)
        search->author->domains.more = search->author->domains.cut = true;
    text = bs_bytes_first(text, most);
    search->scanned += text.len;
    scan_readings(&search->author->domains, text, search->arena);
}

/* Whether a name that may bear a policy is not among those of the author. A name of one label bears none. */
static bool has_others(const struct bs_domain_names *names, const struct bs_author *author)
{
    for (size_t i = 0; i < names->count; i++) {
        bool bears = bs_bytes_find(names->items[i], '.') < names->items[i].len;
        if (bears && !bs_domain_names_have(&author->domains, names->items[i]))
            return true;
    }
    return names->more && names->count == BS_DOMAIN_NAMES_MAX;
}

/* Looks for addresses in encoded words. */
static void check_encoded_words(struct search *search, struct bs_bytes text)
{
    struct bs_domain_names names = {.count = 0};
    struct bs_decoded_words words;
    scan_encoded(&names, text, &words, search->arena);
    if (words.count == 0)
        return;
    if (words.odd_charset)
        doubt(search->author, BS_AUTHOR_CHARSET);
    if (words.line_end)
        doubt(search->author, BS_AUTHOR_CONTROL);
    if (has_others(&names, search->author))
        doubt(search->author, BS_AUTHOR_WORD_ADDRESS);
    search->author->domains.failed = search->author->domains.failed || names.failed;
}

/* Adds the names behind each @ of a part; a name may go on past the part's end, within `body`. */
static void scan_part(struct bs_domain_names *names, struct bs_bytes part, struct bs_bytes body,
                      struct bs_arena *arena)
{
    char folded[BS_AUTHOR_FROM_MAX];
    for (size_t i = 0; i < part.len; i++) {
        const char *behind = part.ptr + i + 1;
        if (part.ptr[i] == '@')
            bs_domain_names_scan_one(names, bs_bytes(behind, (size_t)(body.ptr + body.len - behind)), arena);
    }
    size_t length = bs_domain_fold_lookalikes(part, folded);
    if (length < part.len)
        bs_domain_names_scan(names, bs_bytes(folded, length), arena);
}

static void check_part(struct search *search, const struct bs_mailbox_part *part, struct bs_bytes body)
{
    static const enum bs_author_doubt doubts[] = {
        [BS_MAILBOX_WORDS] = BS_AUTHOR_DISPLAY_ADDRESS,
        [BS_MAILBOX_QUOTED] = BS_AUTHOR_CLEAR,
        [BS_MAILBOX_COMMENT] = BS_AUTHOR_COMMENT_ADDRESS,
    };
    struct bs_domain_names inside = {.count = 0};
    check_encoded_words(search, part->text);
    if (part->kind == BS_MAILBOX_QUOTED)
        bs_domain_names_scan_plain(&search->author->display, part->text, search->arena);
    else
        scan_part(&inside, part->text, part->kind == BS_MAILBOX_WORDS ? body : part->text, search->arena);
    if (has_others(&inside, search->author))
        doubt(search->author, doubts[part->kind]);
    search->author->domains.failed = search->author->domains.failed || inside.failed;
}

/* Leaves out of the names of display names those that are the author's. */
static void keep_other_display_names(struct bs_author *author)
{
    size_t kept = 0;
    for (size_t i = 0; i < author->display.count; i++) {
        if (!bs_domain_names_have(&author->domains, author->display.items[i]))
            author->display.items[kept++] = author->display.items[i];
    }
    author->display.count = kept;
}

/* Bytes that are no UTF-8 may swallow what follows them: then nothing in the field may be another address. */
static void check_bad_utf8(struct search *search, struct bs_bytes body)
{
    struct bs_domain_names all = {.count = 0};
    scan_readings(&all, body, search->arena);
    if (has_others(&all, search->author))
        doubt(search->author, BS_AUTHOR_BAD_UTF8);
    search->author->domains.failed = search->author->domains.failed || all.failed;
}

/* Reads the only From field, which has no doubt of its own so far. */
static void read_field(struct search *search, const struct bs_header_field *field)
{
    struct bs_mailbox_list list;
    bs_mailbox_list_read(field->body, search->arena, &list);
    doubt(search->author, list.doubt);
    search->author->mailboxes = list.count;
    search->author->domains = list.domains;
    for (size_t i = 0; i < list.part_count; i++)
        check_part(search, &list.parts[i], field->body);
    if (field->flags & BS_FIELD_BAD_UTF8)
        check_bad_utf8(search, field->body);
}

/* Whether somebody takes the name for From: `From`, perhaps with bytes in it that are not seen. */
static bool is_like_from(struct bs_bytes name)
{
    static const char from[] = "from";
    size_t matched = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
            continue;
        if (matched == sizeof from - 1 || bs_ascii_lower(name.ptr[i]) != from[matched])
            return false;
        matched++;
    }
    return matched == sizeof from - 1;
}

static void check_field_flags(struct bs_author *author, const struct bs_header_field *field)
{
    if (field->flags & (BS_FIELD_SPACE_BEFORE_COLON | BS_FIELD_BAD_NAME | BS_FIELD_ORPHAN))
        doubt(author, BS_AUTHOR_FIELD_NAME);
    if (field->flags & BS_FIELD_CUT)
        doubt(author, BS_AUTHOR_CUT);
    if (field->flags & BS_FIELD_NUL)
        doubt(author, BS_AUTHOR_NUL);
    if (field->flags & (BS_FIELD_CONTROL | BS_FIELD_BARE_CR))
        doubt(author, BS_AUTHOR_CONTROL);
    if (field->flags & (BS_FIELD_BLANK_FOLD | BS_FIELD_BAD_FOLD))
        doubt(author, BS_AUTHOR_FOLDING);
    if (field->body.len > BS_AUTHOR_FROM_MAX)
        doubt(author, BS_AUTHOR_TOO_LARGE);
}

/* Whether some reader ends a line at this byte. */
static bool is_line_end(char c)
{
    return c == '\r' || c == '\n' || c == '\0' || c == '\v' || c == '\f';
}

/* The body of a field From that some reader sees begin at the start of `text`; an empty view where nobody does. */
static struct bs_bytes hidden_body(struct bs_bytes text)
{
    size_t colon = bs_bytes_find(bs_bytes_first(text, BS_DOMAIN_SCAN_MAX), ':');
    if (colon >= text.len || text.ptr[colon] != ':' || !is_like_from(bs_bytes_first(text, colon)))
        return bs_bytes(NULL, 0);
    return bs_bytes_skip(text, colon);
}

/* Looks for lines `From:` in a field that holds line breaks of which only some readers know. */
static void search_hidden(struct search *search, const struct bs_header_field *field)
{
    if (!(field->flags & (BS_FIELD_BAD_FOLD | BS_FIELD_BARE_CR | BS_FIELD_NUL | BS_FIELD_CONTROL)))
        return;
    for (size_t i = 0; i + 1 < field->raw.len; i++) {
        if (!is_line_end(field->raw.ptr[i]) || bs_ascii_lower(field->raw.ptr[i + 1]) != 'f')
            continue;
        struct bs_bytes body = hidden_body(bs_bytes_skip(field->raw, i + 1));
        if (body.len == 0)
            continue;
        doubt(search->author, BS_AUTHOR_HIDDEN_FROM);
        search->from_fields++;
        scan_all(search, body);
    }
}

/* Finds the From fields and what speaks against them. */
static void find_fields(struct search *search, const struct bs_header *header)
{
    struct bs_author *author = search->author;
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        if (!is_like_from(field->name)) {
            search_hidden(search, field);
            continue;
        }
        search->from_fields++;
        author->field = author->field ? author->field : field;
        check_field_flags(author, field);
    }
    if (search->from_fields > 1)
        doubt(author, BS_AUTHOR_SEVERAL_FROM);
}

/* Replaces the domains by all that anybody may see. */
static void list_candidates(struct search *search, const struct bs_header *header)
{
    search->author->mailboxes = 0;
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        if (!is_like_from(field->name))
            continue;
        scan_all(search, field->body);
        if (field->flags & BS_FIELD_CUT)
            search->author->domains.more = search->author->domains.cut = true;
    }
}

bool bs_author_read(const struct bs_header *header, struct bs_arena *arena, struct bs_author *ret_author)
{
    struct search search = {.author = ret_author, .arena = arena};
    *ret_author = (struct bs_author){.doubt = BS_AUTHOR_CLEAR};
    find_fields(&search, header);
    if (header->failed || header->flags & (BS_HEADER_TOO_MANY | BS_HEADER_TOO_LARGE)) {
        doubt(ret_author, BS_AUTHOR_CUT);
        ret_author->domains.more = ret_author->domains.cut = true;
    }
    if (search.from_fields == 0)
        doubt(ret_author, BS_AUTHOR_NO_FROM);
    else if (ret_author->doubt == BS_AUTHOR_CLEAR)
        read_field(&search, ret_author->field);
    if (ret_author->doubt != BS_AUTHOR_CLEAR)
        list_candidates(&search, header);
    ret_author->incomplete = bs_author_is_ambiguous(ret_author) && ret_author->domains.cut;
    keep_other_display_names(ret_author);
    return !ret_author->domains.failed && !ret_author->display.failed;
}

const char *bs_author_doubt_name(enum bs_author_doubt doubt)
{
    static const char *const names[] = {
        [BS_AUTHOR_CLEAR] = "clear",
        [BS_AUTHOR_NO_FROM] = "no-from-field",
        [BS_AUTHOR_SEVERAL_FROM] = "several-from-fields",
        [BS_AUTHOR_FIELD_NAME] = "odd-field-name",
        [BS_AUTHOR_HIDDEN_FROM] = "hidden-from-field",
        [BS_AUTHOR_CUT] = "incomplete-header",
        [BS_AUTHOR_TOO_LARGE] = "too-large",
        [BS_AUTHOR_NUL] = "nul",
        [BS_AUTHOR_CONTROL] = "control-character",
        [BS_AUTHOR_FOLDING] = "odd-folding",
        [BS_AUTHOR_BAD_UTF8] = "bad-utf-8",
        [BS_AUTHOR_NO_ADDRESS] = "no-address",
        [BS_AUTHOR_NO_DOMAIN] = "no-domain",
        [BS_AUTHOR_LITERAL] = "address-literal",
        [BS_AUTHOR_BAD_DOMAIN] = "bad-domain",
        [BS_AUTHOR_GROUP] = "group",
        [BS_AUTHOR_ROUTE] = "route",
        [BS_AUTHOR_UNBALANCED] = "unbalanced",
        [BS_AUTHOR_SEVERAL_AT] = "several-at-signs",
        [BS_AUTHOR_SPACED] = "space-in-address",
        [BS_AUTHOR_SYNTAX] = "bad-syntax",
        [BS_AUTHOR_DISPLAY_ADDRESS] = "address-in-display-name",
        [BS_AUTHOR_COMMENT_ADDRESS] = "address-in-comment",
        [BS_AUTHOR_WORD_ADDRESS] = "address-in-encoded-word",
        [BS_AUTHOR_ENCODED_ADDRESS] = "encoded-word-in-address",
        [BS_AUTHOR_CHARSET] = "odd-charset",
        [BS_AUTHOR_TOO_MANY] = "too-many",
    };
    return names[doubt];
}
