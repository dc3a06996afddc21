/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading canned answers and giving them; see canned.h. */
#include "ask/canned.h"

#include <arpa/inet.h>

enum data_kind { DATA_ADDRESS4, DATA_ADDRESS6, DATA_NAME, DATA_MX, DATA_TEXT, DATA_AS_WRITTEN, DATA_IGNORED };

struct record_type {
    const char *name;
    enum bs_dns_type type; /* 0 where it is ignored */
    enum data_kind kind;
};

static const struct record_type record_types[] = {
    {"A", BS_DNS_A, DATA_ADDRESS4},        {"AAAA", BS_DNS_AAAA, DATA_ADDRESS6}, {"TXT", BS_DNS_TXT, DATA_TEXT},
    {"MX", BS_DNS_MX, DATA_MX},            {"PTR", BS_DNS_PTR, DATA_NAME},       {"CNAME", BS_DNS_CNAME, DATA_NAME},
    {"NS", BS_DNS_NS, DATA_NAME},          {"SOA", BS_DNS_SOA, DATA_AS_WRITTEN}, {"TLSA", BS_DNS_TLSA, DATA_AS_WRITTEN},
    {"SPF", 0, DATA_IGNORED},              {"CAA", 0, DATA_IGNORED},             {"SRV", 0, DATA_IGNORED},
    {"DS", 0, DATA_IGNORED},               {"DNSKEY", 0, DATA_IGNORED},          {"RRSIG", 0, DATA_IGNORED},
    {"NSEC", 0, DATA_IGNORED},             {"NSEC3", 0, DATA_IGNORED},           {"HINFO", 0, DATA_IGNORED},
    {"NAPTR", 0, DATA_IGNORED},            {"SSHFP", 0, DATA_IGNORED},           {"HTTPS", 0, DATA_IGNORED},
    {"SVCB", 0, DATA_IGNORED},
};

/* The records of an owner and type. */
struct record_set {
    struct record_set *next;
    enum bs_dns_type type;
    struct bs_dns_record *records;
    size_t count;
    size_t capacity;
};

struct owner {
    struct bs_name_node node; /* first, so that the node is the owner */
    struct record_set *sets;
    enum bs_dns_status otherwise; /* for types without a set: NODATA, TIMEOUT or SERVFAIL */
};

/* Where reading is; a failing function has set the error. */
struct reader {
    struct bs_canned *canned;
    struct bs_bytes rest; /* of the line */
    const char *name;
    size_t line;
    struct bs_error *error;
};

#define FAIL(reader, format, ...) \
    bs_error_set((reader)->error, "%s:%zu: " format, (reader)->name, (reader)->line, __VA_ARGS__)

static bool fail_memory(struct reader *reader)
{
    return FAIL(reader, "%s", "the records take too much memory");
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Skips blanks and a comment; whether there is more on the line. */
static bool has_more(struct reader *reader)
{
    while (reader->rest.len > 0 && is_blank(reader->rest.ptr[0]))
        reader->rest = bs_bytes_skip(reader->rest, 1);
    if (reader->rest.len > 0 && reader->rest.ptr[0] == ';')
        reader->rest.len = 0;
    return reader->rest.len > 0;
}

/* Where the word that the text begins with ends; a backslash takes the byte behind it along. */
static size_t word_length(struct bs_bytes text, bool quoted)
{
    size_t at = 0;
    while (at < text.len && (quoted ? text.ptr[at] != '"' : !is_blank(text.ptr[at]) && text.ptr[at] != ';'))
        at += text.ptr[at] == '\\' ? 2 : 1;
    return at < text.len ? at : text.len;
}

/* Takes a word, its escapes as they are, without the quotes around it. */
static bool take_word(struct reader *reader, const char *what, struct bs_bytes *ret_word)
{
    if (!has_more(reader))
        return FAIL(reader, "%s is missing; a record is `owner. TTL IN TYPE RDATA`", what);
    bool quoted = reader->rest.ptr[0] == '"';
    if (quoted)
        reader->rest = bs_bytes_skip(reader->rest, 1);
    size_t length = word_length(reader->rest, quoted);
    if (quoted && length == reader->rest.len)
        return FAIL(reader, "%s", "the quote is not closed");
    *ret_word = bs_bytes_first(reader->rest, length);
    reader->rest = bs_bytes_skip(reader->rest, length + quoted);
    return true;
}

/* Takes the byte that the text begins with, escaped or not. */
static bool take_byte(struct reader *reader, struct bs_bytes *io_text, char *ret_byte)
{
    const char *at = io_text->ptr;
    *ret_byte = at[0];
    size_t length = 1;
    if (at[0] == '\\' && io_text->len > 1 && !bs_ascii_is_digit(at[1])) {
        *ret_byte = at[1];
        length = 2;
    } else if (at[0] == '\\') {
        if (io_text->len < 4 || !bs_ascii_is_digit(at[1]) || !bs_ascii_is_digit(at[2]) || !bs_ascii_is_digit(at[3]))
            return FAIL(reader, "%s", "a backslash is followed by three digits or by another character");
        int value = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
        if (value > 255)
            return FAIL(reader, "\\%d is no byte", value);
        *ret_byte = (char)value;
        length = 4;
    }
    *io_text = bs_bytes_skip(*io_text, length);
    return true;
}

/* Takes an absolute name; without its final dot, "" for the root. */
static bool take_name(struct reader *reader, const char *what, struct bs_bytes *ret_name)
{
    char name[BS_DNS_NAME_MAX + 1];
    size_t length = 0;
    struct bs_bytes word, rest;
    if (!take_word(reader, what, &word))
        return false;
    for (rest = word; rest.len > 0 && length < sizeof name; length++) {
        bool escaped = rest.ptr[0] == '\\';
        if (!take_byte(reader, &rest, &name[length]))
            return false;
        if (escaped && name[length] == '.')
            return FAIL(reader, "%s holds a dot within a label, which is not supported", what);
    }
    if (rest.len > 0 || (length > 1 && name[length - 1] == '.' &&
                         !bs_dns_name_is_valid(bs_bytes(name, length - 1))))
        return FAIL(reader, "%s is no domain name: labels have 1 to %d bytes, a name has %d at most", what,
                    BS_DNS_LABEL_MAX, BS_DNS_NAME_MAX);
    if (length == 0 || name[length - 1] != '.')
        return FAIL(reader, "%s \"%.*s\" is not absolute; end it with a dot", what,
                    BS_BYTES_ARG(bs_bytes_first(word, 80)));
    *ret_name = bs_arena_copy(reader->canned->arena, bs_bytes(name, length - 1));
    return ret_name->ptr || fail_memory(reader);
}

/* Takes a number without sign. */
static bool take_number(struct reader *reader, const char *what, unsigned long max, unsigned long *ret_number)
{
    struct bs_bytes word;
    if (!take_word(reader, what, &word))
        return false;
    *ret_number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (!bs_ascii_is_digit(word.ptr[i]) || i >= 10)
            return FAIL(reader, "%s \"%.*s\" is no number from 0 to %lu", what, BS_BYTES_ARG(bs_bytes_first(word, 80)),
                        max);
        *ret_number = *ret_number * 10 + (unsigned long)(word.ptr[i] - '0');
    }
    return (word.len > 0 && *ret_number <= max) || FAIL(reader, "%s is no number from 0 to %lu", what, max);
}

static bool take_address(struct reader *reader, int family, size_t size, struct bs_bytes *ret_data)
{
    char text[INET6_ADDRSTRLEN] = "";
    unsigned char address[16];
    struct bs_bytes word;
    if (!take_word(reader, "the address", &word))
        return false;
    if (word.len < sizeof text)
        memcpy(text, word.ptr, word.len);
    if (inet_pton(family, text, address) != 1)
        return FAIL(reader, "\"%.*s\" is no %s address", BS_BYTES_ARG(bs_bytes_first(word, 80)),
                    family == AF_INET ? "IPv4" : "IPv6");
    *ret_data = bs_arena_copy(reader->canned->arena, bs_bytes(address, size));
    return ret_data->ptr || fail_memory(reader);
}

/* Takes strings up to the end of the line and joins them. */
static bool take_text(struct reader *reader, struct bs_bytes *ret_data)
{
    char *text = bs_arena_take(reader->canned->arena, reader->rest.len + 1);
    size_t length = 0;
    if (!text)
        return fail_memory(reader);
    while (has_more(reader)) {
        struct bs_bytes word;
        if (!take_word(reader, "the text", &word))
            return false;
        while (word.len > 0) {
            if (!take_byte(reader, &word, &text[length++]))
                return false;
        }
    }
    *ret_data = bs_bytes(text, length);
    return length <= BS_DNS_TEXT_MAX || FAIL(reader, "the text is longer than %d bytes", BS_DNS_TEXT_MAX);
}

/* Takes the rest of the line as it is. */
static bool take_as_written(struct reader *reader, struct bs_bytes *ret_data)
{
    has_more(reader);
    *ret_data = bs_arena_copy(reader->canned->arena, bs_bytes_trim(reader->rest));
    reader->rest.len = 0;
    return ret_data->ptr || fail_memory(reader);
}

static bool take_data(struct reader *reader, enum data_kind kind, struct bs_dns_record *ret_record)
{
    unsigned long preference = 0;
    switch (kind) {
    case DATA_ADDRESS4:
        return take_address(reader, AF_INET, 4, &ret_record->data);
    case DATA_ADDRESS6:
        return take_address(reader, AF_INET6, 16, &ret_record->data);
    case DATA_NAME:
        return take_name(reader, "the name in the RDATA", &ret_record->data);
    case DATA_MX:
        if (!take_number(reader, "the preference", UINT16_MAX, &preference))
            return false;
        ret_record->preference = (uint16_t)preference;
        return take_name(reader, "the mail exchanger", &ret_record->data);
    case DATA_TEXT:
        return take_text(reader, &ret_record->data);
    case DATA_AS_WRITTEN:
    case DATA_IGNORED:
        break;
    }
    return take_as_written(reader, &ret_record->data);
}

static struct record_set *find_set(const struct owner *owner, enum bs_dns_type type)
{
    struct record_set *set = owner->sets;
    while (set && set->type != type)
        set = set->next;
    return set;
}

/* Room for one more record in the owner's set of that type. */
static struct bs_dns_record *next_record(struct reader *reader, struct owner *owner, enum bs_dns_type type)
{
    struct bs_arena *arena = reader->canned->arena;
    struct record_set *set = find_set(owner, type);
    if (!set && (set = bs_arena_take(arena, sizeof *set))) {
        set->type = type;
        set->next = owner->sets;
        owner->sets = set;
    }
    if (set && set->count == set->capacity) {
        size_t capacity = set->capacity ? 2 * set->capacity : 1;
        struct bs_dns_record *records = bs_arena_take(arena, capacity * sizeof *records);
        if (records && set->count > 0)
            memcpy(records, set->records, set->count * sizeof *records);
        set->capacity = records ? capacity : 0;
        set->records = records;
    }
    return set && set->records ? &set->records[set->count++] : NULL;
}

static bool add_record(struct reader *reader, struct owner *owner, const struct record_type *type)
{
    struct bs_dns_record record = {0};
    if (!take_data(reader, type->kind, &record))
        return false;
    if (type->kind == DATA_IGNORED)
        return true;
    const struct record_set *set = find_set(owner, type->type);
    if (set && set->count == BS_DNS_RECORDS_MAX)
        return FAIL(reader, "more than %d records of one owner and type", BS_DNS_RECORDS_MAX);
    struct bs_dns_record *place = next_record(reader, owner, type->type);
    if (!place)
        return fail_memory(reader);
    *place = record;
    return true;
}

static const struct record_type *find_type(struct bs_bytes word)
{
    for (size_t i = 0; i < sizeof record_types / sizeof *record_types; i++) {
        if (bs_bytes_equal_nocase(word, bs_bytes_from_cstr(record_types[i].name)))
            return &record_types[i];
    }
    return NULL;
}

/* The owner of that name, made where there is none. */
static struct owner *owner_of(struct bs_canned *canned, struct bs_bytes name)
{
    struct bs_name_node *node = bs_name_index_find(&canned->owners, name, 0);
    if (node)
        return (struct owner *)node;
    struct owner *owner = bs_arena_take(canned->arena, sizeof *owner);
    if (!owner)
        return NULL;
    owner->otherwise = BS_DNS_NODATA;
    owner->node.name = bs_name_fold(name, canned->arena);
    return owner->node.name.ptr && bs_name_index_add(&canned->owners, canned->arena, &owner->node) ? owner : NULL;
}

/* What follows the owner in a line that is no pseudo-record: TTL IN TYPE RDATA. */
static bool read_record(struct reader *reader, struct owner *owner)
{
    unsigned long ttl;
    struct bs_bytes class, type_name;
    if (!take_number(reader, "the TTL", INT32_MAX, &ttl) || !take_word(reader, "the class", &class))
        return false;
    if (!bs_bytes_equal_nocase(class, BS_LITERAL("IN")))
        return FAIL(reader, "the class is \"%.*s\"; only IN is known", BS_BYTES_ARG(bs_bytes_first(class, 80)));
    if (!take_word(reader, "the type", &type_name))
        return false;
    const struct record_type *type = find_type(type_name);
    if (!type)
        return FAIL(reader, "unknown type \"%.*s\"; known are A, AAAA, MX, TXT, PTR, CNAME, NS, SOA and TLSA",
                    BS_BYTES_ARG(bs_bytes_first(type_name, 80)));
    return add_record(reader, owner, type);
}

/* Whether the line goes on with TIMEOUT or SERVFAIL, which is taken. */
static bool take_pseudo(struct reader *reader, struct owner *owner)
{
    struct reader ahead = *reader;
    struct bs_bytes word;
    if (!has_more(&ahead) || !take_word(&ahead, "", &word))
        return false;
    if (bs_bytes_equal_nocase(word, BS_LITERAL("TIMEOUT")))
        owner->otherwise = BS_DNS_TIMEOUT;
    else if (bs_bytes_equal_nocase(word, BS_LITERAL("SERVFAIL")))
        owner->otherwise = BS_DNS_SERVFAIL;
    else
        return false;
    reader->rest = ahead.rest;
    return true;
}

static bool read_line(struct reader *reader)
{
    struct bs_bytes name;
    if (!has_more(reader))
        return true;
    if (reader->rest.ptr[0] == '$')
        return FAIL(reader, "%s", "lines that begin with $ are not read; write absolute names and a TTL in each line");
    if (++reader->canned->records > BS_CANNED_RECORDS_MAX)
        return FAIL(reader, "more than %d records", BS_CANNED_RECORDS_MAX);
    if (!take_name(reader, "the owner", &name))
        return false;
    struct owner *owner = owner_of(reader->canned, name);
    if (!owner)
        return fail_memory(reader);
    if (!take_pseudo(reader, owner) && !read_record(reader, owner))
        return false;
    return !has_more(reader) || FAIL(reader, "\"%.*s\" is too much in this line",
                                     BS_BYTES_ARG(bs_bytes_first(reader->rest, 80)));
}

bool bs_canned_parse(struct bs_bytes text, const char *name, struct bs_arena *arena, struct bs_canned *ret_canned,
                     struct bs_error *ret_error)
{
    struct reader reader = {.canned = ret_canned, .name = name, .error = ret_error};
    *ret_canned = (struct bs_canned){.arena = arena};
    if (text.len > BS_CANNED_TEXT_MAX)
        return bs_error_set(ret_error, "%s: longer than %d bytes", name, BS_CANNED_TEXT_MAX);
    while (text.len > 0) {
        size_t end = bs_bytes_find(text, '\n');
        reader.rest = bs_bytes_first(text, end);
        reader.line++;
        if (end > 0 && text.ptr[end - 1] == '\r')
            reader.rest.len--;
        if (reader.rest.len > BS_CANNED_LINE_MAX)
            return FAIL(&reader, "longer than %d bytes", BS_CANNED_LINE_MAX);
        if (!read_line(&reader))
            return false;
        text = bs_bytes_skip(text, end < text.len ? end + 1 : end);
    }
    return true;
}

struct bs_dns_answer bs_canned_answer(const struct bs_canned *canned, struct bs_bytes name, enum bs_dns_type type)
{
    for (int aliases = 0; aliases <= BS_CANNED_CNAMES_MAX; aliases++) {
        const struct owner *owner = (const struct owner *)bs_name_index_find(&canned->owners, name, 0);
        if (!owner)
            return (struct bs_dns_answer){.status = BS_DNS_NXDOMAIN};
        const struct record_set *set = find_set(owner, type);
        if (set)
            return (struct bs_dns_answer){.status = BS_DNS_FOUND, .records = set->records, .count = set->count};
        const struct record_set *alias = find_set(owner, BS_DNS_CNAME);
        if (!alias)
            return (struct bs_dns_answer){.status = owner->otherwise};
        name = alias->records[0].data;
    }
    return (struct bs_dns_answer){.status = BS_DNS_SERVFAIL};
}
