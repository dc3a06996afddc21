/* SPDX-License-Identifier: BSD-2-Clause */
/* One DKIM-Signature field; see dkim_signature.h. */
#include "auth/dkim_signature.h"

#include "ask/ask.h"
#include "auth/dkim_name.h"
#include "auth/dkim_taglist.h"
#include "base/base64.h"
#include "base/utf8.h"

enum {
    LENGTH_DIGITS_MAX = 76, /* l=, RFC 6376 section 3.5 */
    TIME_DIGITS_MAX = 12,   /* t= and x= */
};

/* A field that is being read. */
struct reader {
    struct bs_dkim_taglist tags;
    struct bs_dkim_signature *out;
    struct bs_arena *arena;
    enum bs_dkim_kind kind;
    bool allow_legacy;
    bool out_of_memory;
};

static bool reject(struct reader *reader, enum bs_dkim_code code, const char *reason)
{
    reader->out->code = code;
    reader->out->reason = reason;
    return false;
}

static bool out_of_memory(struct reader *reader)
{
    reader->out_of_memory = true;
    return reject(reader, BS_DKIM_PERMERROR, "out of memory");
}

/* The value of a tag; an empty one with ptr NULL where it is missing. */
static struct bs_bytes value_of(const struct reader *reader, const char *name)
{
    const struct bs_dkim_tag *tag = bs_dkim_taglist_find(&reader->tags, name);
    return tag ? tag->value : bs_bytes(NULL, 0);
}

static bool is_word(struct bs_bytes value, const char *word)
{
    return bs_bytes_equal_nocase(value, bs_bytes_from_cstr(word));
}

static bool read_version(struct reader *reader)
{
    struct bs_bytes version = value_of(reader, "v");
    if (bs_bytes_equal(version, BS_LITERAL("1")))
        return true;
    bool draft = !version.ptr || bs_bytes_equal(version, BS_LITERAL("0.5"));
    if (draft && reader->allow_legacy)
        return true;
    return version.ptr ? reject(reader, BS_DKIM_NEUTRAL, "v= is not 1")
                       : reject(reader, BS_DKIM_PERMERROR, "v= is missing");
}

static bool read_algorithm(struct reader *reader)
{
    struct bs_dkim_signature *out = reader->out;
    out->algorithm_name = value_of(reader, "a");
    out->key_type = BS_KEY_RSA;
    out->digest = BS_DIGEST_SHA256;
    if (out->algorithm_name.len == 0)
        return reject(reader, BS_DKIM_PERMERROR, "a= is missing");
    if (is_word(out->algorithm_name, "rsa-sha256"))
        return true;
    if (is_word(out->algorithm_name, "ed25519-sha256")) {
        out->key_type = BS_KEY_ED25519;
        return true;
    }
    out->digest = BS_DIGEST_SHA1;
    if (!is_word(out->algorithm_name, "rsa-sha1"))
        return reject(reader, BS_DKIM_NEUTRAL, "a= names an unknown algorithm");
    return reader->allow_legacy || reject(reader, BS_DKIM_POLICY, "rsa-sha1 is refused (RFC 8301 section 3.1)");
}

/* Reads one half of c=. */
static bool read_form(struct bs_bytes word, bool *ret_relaxed)
{
    *ret_relaxed = is_word(word, "relaxed");
    return *ret_relaxed || is_word(word, "simple");
}

static bool read_canonicalization(struct reader *reader)
{
    struct bs_bytes forms = value_of(reader, "c");
    if (!forms.ptr)
        return true;
    size_t slash = bs_bytes_find(forms, '/');
    struct bs_bytes body = slash < forms.len ? bs_bytes_skip(forms, slash + 1) : BS_LITERAL("simple");
    if (read_form(bs_bytes_first(forms, slash), &reader->out->relaxed_header) &&
        read_form(body, &reader->out->relaxed_body))
        return true;
    return reject(reader, BS_DKIM_NEUTRAL, "c= names an unknown canonical form");
}

static bool read_query(struct reader *reader)
{
    struct bs_bytes methods = value_of(reader, "q");
    if (!methods.ptr || bs_dkim_list_has(methods, "dns/txt") ||
        (reader->allow_legacy && bs_dkim_list_has(methods, "dns")))
        return true;
    return reject(reader, BS_DKIM_NEUTRAL, "q= names no known way to the key");
}

static bool read_domain(struct reader *reader)
{
    struct bs_dkim_signature *out = reader->out;
    out->domain = value_of(reader, "d");
    out->selector = value_of(reader, "s");
    if (out->domain.len == 0)
        return reject(reader, BS_DKIM_PERMERROR, "d= is missing");
    if (out->selector.len == 0)
        return reject(reader, BS_DKIM_PERMERROR, "s= is missing");
    if (!bs_dkim_is_domain(out->domain, 2)) {
        out->domain = bs_bytes(NULL, 0);
        return reject(reader, BS_DKIM_PERMERROR, "d= is no domain");
    }
    if (!bs_dkim_is_domain(out->selector, 1)) {
        out->selector = bs_bytes(NULL, 0);
        return reject(reader, BS_DKIM_PERMERROR, "s= is no selector");
    }
    if (!bs_dkim_key_name(out->selector, out->domain, reader->arena, &out->key_name))
        return out_of_memory(reader);
    return bs_dns_name_is_valid(out->key_name) ||
           reject(reader, BS_DKIM_PERMERROR, "s= and d= make a name that DNS cannot hold");
}

static int hex_value(char c)
{
    char low = bs_ascii_lower(c);
    if (bs_ascii_is_digit(low))
        return low - '0';
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* Reads DKIM's quoted-printable (RFC 6376 section 2.11) without the white space in it. */
static bool decode_quoted(struct bs_bytes text, char *ret_bytes, size_t *ret_size)
{
    size_t size = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c == '=') {
            int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f)
            return false;
        ret_bytes[size++] = c;
    }
    *ret_size = size;
    return bs_utf8_is_valid(bs_bytes(ret_bytes, size));
}

/* [ Local-part ] "@" domain-name (RFC 6376 section 3.5), as far as it matters where the domain begins: an @ in a
 * local part is quoted. Returns the place of the @ before the domain; the length where there is none. */
static size_t find_domain(struct bs_bytes identity)
{
    size_t at = bs_bytes_find_last(identity, '@');
    bool is_quoted = identity.len > 0 && identity.ptr[0] == '"';
    if (!is_quoted && bs_bytes_find(identity, '@') != at)
        return identity.len;
    return at;
}

static bool read_identity(struct reader *reader)
{
    struct bs_dkim_signature *out = reader->out;
    struct bs_bytes quoted = value_of(reader, "i");
    char *bytes = bs_arena_take(reader->arena, quoted.len + out->domain.len + 2);
    if (!bytes)
        return out_of_memory(reader);
    if (!quoted.ptr) {
        bytes[0] = '@';
        memcpy(bytes + 1, out->domain.ptr, out->domain.len);
        out->identity = bs_bytes(bytes, out->domain.len + 1);
        return true;
    }
    size_t size;
    if (!decode_quoted(quoted, bytes, &size))
        return reject(reader, BS_DKIM_PERMERROR, "i= is no quoted-printable text");
    struct bs_bytes identity = bs_bytes(bytes, size);
    size_t at = find_domain(identity);
    if (at == size || !bs_dkim_is_domain(bs_bytes_skip(identity, at + 1), 1))
        return reject(reader, BS_DKIM_PERMERROR, "i= is no address");
    struct bs_bytes domain = bs_bytes_skip(identity, at + 1);
    out->identity = identity;
    out->identity_is_below = !bs_dkim_same_domain(domain, out->domain);
    return bs_dkim_is_within(domain, out->domain) || reject(reader, BS_DKIM_PERMERROR, "i= lies outside of d=");
}

static bool is_field_name(struct bs_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < 33 || name.ptr[i] > 126)
            return false;
    }
    return name.len > 0;
}

static size_t count_items(struct bs_bytes list)
{
    size_t count = 1;
    for (size_t i = 0; i < list.len; i++)
        count += list.ptr[i] == ':';
    return count;
}

static bool read_names(struct reader *reader)
{
    struct bs_bytes list = value_of(reader, "h");
    if (list.len == 0)
        return reject(reader, BS_DKIM_PERMERROR, "h= is missing");
    size_t count = count_items(list), at = 0;
    if (count > BS_DKIM_SIGNED_NAMES_MAX)
        return reject(reader, BS_DKIM_PERMERROR, "h= names too many fields");
    struct bs_bytes *names = bs_arena_take(reader->arena, count * sizeof *names);
    bool from = false;
    if (!names)
        return out_of_memory(reader);
    for (bool more = true; bs_dkim_next_item(&list, &more, &names[at]); at++) {
        if (!is_field_name(names[at]))
            return reject(reader, BS_DKIM_PERMERROR, "h= holds something that is no field name");
        if (reader->kind == BS_ARC_MESSAGE_FIELD && is_word(names[at], "ARC-Seal"))
            return reject(reader, BS_DKIM_PERMERROR, "h= names ARC-Seal (RFC 8617 section 4.1.2)");
        from = from || is_word(names[at], "From");
    }
    reader->out->names = names;
    reader->out->name_count = at;
    return from || reject(reader, BS_DKIM_PERMERROR, "h= does not name From");
}

/* Reads digits; what does not fit counts as the greatest number. */
static bool read_number(struct bs_bytes text, size_t digits_max, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]))
            return false;
        unsigned digit = (unsigned)(text.ptr[i] - '0');
        number = number > (UINT64_MAX - 1 - digit) / 10 ? UINT64_MAX - 1 : number * 10 + digit;
    }
    *ret_number = number;
    return text.len > 0 && text.len <= digits_max;
}

static bool read_time(const struct reader *reader, const char *name, int64_t *ret_time)
{
    uint64_t number;
    struct bs_bytes text = value_of(reader, name);
    *ret_time = BS_DKIM_NO_TIME;
    if (!text.ptr)
        return true;
    if (!read_number(text, TIME_DIGITS_MAX, &number))
        return false;
    *ret_time = (int64_t)number;
    return true;
}

static bool read_numbers(struct reader *reader)
{
    struct bs_dkim_signature *out = reader->out;
    struct bs_bytes length = value_of(reader, "l");
    if (length.ptr && !read_number(length, LENGTH_DIGITS_MAX, &out->length))
        return reject(reader, BS_DKIM_PERMERROR, "l= is no number");
    if (!read_time(reader, "t", &out->signed_at))
        return reject(reader, BS_DKIM_PERMERROR, "t= is no time");
    if (!read_time(reader, "x", &out->expires_at))
        return reject(reader, BS_DKIM_PERMERROR, "x= is no time");
    if (out->expires_at != BS_DKIM_NO_TIME && out->signed_at != BS_DKIM_NO_TIME && out->expires_at <= out->signed_at)
        return reject(reader, BS_DKIM_PERMERROR, "x= is not later than t=");
    return true;
}

/* A tag in base64, decoded into the arena. */
static bool read_base64(struct reader *reader, struct bs_bytes text, const char *reason, struct bs_bytes *ret_bytes)
{
    size_t size;
    unsigned char *bytes = bs_arena_take(reader->arena, BS_BASE64_DECODED_MAX(text.len));
    if (!bytes)
        return out_of_memory(reader);
    if (!bs_base64_decode_folded(text, bytes, &size))
        return reject(reader, BS_DKIM_PERMERROR, reason);
    *ret_bytes = bs_bytes(bytes, size);
    return true;
}

static bool read_body_hash(struct reader *reader)
{
    struct bs_dkim_signature *out = reader->out;
    struct bs_bytes body_hash = value_of(reader, "bh");
    if (body_hash.len == 0)
        return reject(reader, BS_DKIM_PERMERROR, "bh= is missing");
    if (!read_base64(reader, body_hash, "bh= is no base64", &out->body_hash))
        return false;
    return out->body_hash.len == bs_digest_size(out->digest) ||
           reject(reader, BS_DKIM_PERMERROR, "bh= has another length than a= makes");
}

static bool read_signature(struct reader *reader)
{
    struct bs_dkim_signature *out = reader->out;
    const struct bs_dkim_tag *signature = bs_dkim_taglist_find(&reader->tags, "b");
    if (!signature || signature->value.len == 0)
        return reject(reader, BS_DKIM_PERMERROR, "b= is missing");
    out->signature_text = signature->value;
    out->signature_span = signature->span;
    if (!read_base64(reader, signature->value, "b= is no base64", &out->signature))
        return false;
    if (out->signature.len == 0 || out->signature.len > BS_SIGNATURE_MAX ||
        (out->key_type == BS_KEY_ED25519 && out->signature.len != BS_ED25519_SIGNATURE))
        return reject(reader, BS_DKIM_PERMERROR, "b= has a length that no signature has");
    return true;
}

unsigned bs_arc_instance_read(struct bs_bytes value)
{
    uint64_t number;
    return read_number(value, 2, &number) && number <= BS_ARC_INSTANCE_MAX ? (unsigned)number : 0;
}

static bool read_instance(struct reader *reader)
{
    reader->out->instance = bs_arc_instance_read(value_of(reader, "i"));
    return reader->out->instance > 0 ||
           reject(reader, BS_DKIM_PERMERROR, "i= is no instance from 1 to 50 (RFC 8617 section 4.2.1)");
}

static bool read_chain(struct reader *reader)
{
    struct bs_bytes chain = value_of(reader, "cv");
    if (value_of(reader, "h").ptr)
        return reject(reader, BS_DKIM_PERMERROR, "it has an h= (RFC 8617 section 4.1.3)");
    if (!is_word(chain, "none") && !is_word(chain, "pass") && !is_word(chain, "fail"))
        return reject(reader, BS_DKIM_PERMERROR, "cv= is none of none, pass and fail (RFC 8617 section 4.1.3)");
    reader->out->chain = chain;
    return true;
}

static bool read_tags(struct reader *reader)
{
    struct bs_error error;
    const struct bs_header_field *field = reader->out->field;
    if (field->raw.len > BS_DKIM_SIGNATURE_SIZE_MAX || field->flags & BS_FIELD_CUT)
        return reject(reader, BS_DKIM_PERMERROR, "the field is too long");
    if (field->flags & (BS_FIELD_NUL | BS_FIELD_BARE_CR | BS_FIELD_BAD_FOLD | BS_FIELD_CONTROL))
        return reject(reader, BS_DKIM_PERMERROR, "the field holds control characters");
    if (bs_dkim_taglist_parse(field->body, &reader->tags, &error))
        return true;
    const char *reason = bs_arena_printf(reader->arena, "%s", error.text);
    return reason ? reject(reader, BS_DKIM_PERMERROR, reason) : out_of_memory(reader);
}

static bool read_dkim(struct reader *reader)
{
    return read_domain(reader) && read_version(reader) && read_algorithm(reader) && read_canonicalization(reader) &&
           read_query(reader) && read_identity(reader) && read_names(reader) && read_numbers(reader) &&
           read_body_hash(reader) && read_signature(reader);
}

static bool read_arc_message(struct reader *reader)
{
    return read_instance(reader) && read_domain(reader) && read_algorithm(reader) && read_canonicalization(reader) &&
           read_query(reader) && read_names(reader) && read_numbers(reader) && read_body_hash(reader) &&
           read_signature(reader);
}

/* What is not a tag of ARC-Seal is ignored, x= and c= among it: its one canonical form is relaxed. */
static bool read_arc_seal(struct reader *reader)
{
    reader->out->relaxed_header = true;
    if (!read_instance(reader) || !read_chain(reader) || !read_domain(reader) || !read_algorithm(reader))
        return false;
    if (!read_time(reader, "t", &reader->out->signed_at))
        return reject(reader, BS_DKIM_PERMERROR, "t= is no time");
    return read_signature(reader);
}

bool bs_dkim_signature_read_as(enum bs_dkim_kind kind, const struct bs_header_field *field, bool allow_legacy,
                               struct bs_arena *arena, struct bs_dkim_signature *ret_signature)
{
    struct reader reader = {.out = ret_signature, .arena = arena, .kind = kind};
    reader.allow_legacy = allow_legacy && kind == BS_DKIM_SIGNATURE_FIELD;
    *ret_signature = (struct bs_dkim_signature){
        .code = BS_DKIM_PASS,
        .reason = "",
        .field = field,
        .length = UINT64_MAX,
        .signed_at = BS_DKIM_NO_TIME,
        .expires_at = BS_DKIM_NO_TIME,
    };
    if (read_tags(&reader))
        (void)(kind == BS_DKIM_SIGNATURE_FIELD ? read_dkim(&reader)
               : kind == BS_ARC_MESSAGE_FIELD  ? read_arc_message(&reader)
                                               : read_arc_seal(&reader));
    return !reader.out_of_memory;
}

bool bs_dkim_signature_read(const struct bs_header_field *field, bool allow_legacy, struct bs_arena *arena,
                            struct bs_dkim_signature *ret_signature)
{
    return bs_dkim_signature_read_as(BS_DKIM_SIGNATURE_FIELD, field, allow_legacy, arena, ret_signature);
}

const char *bs_dkim_code_name(enum bs_dkim_code code)
{
    static const char *const names[] = {
        [BS_DKIM_NONE] = "none",       [BS_DKIM_PASS] = "pass",       [BS_DKIM_FAIL] = "fail",
        [BS_DKIM_POLICY] = "policy",   [BS_DKIM_NEUTRAL] = "neutral", [BS_DKIM_TEMPERROR] = "temperror",
        [BS_DKIM_PERMERROR] = "permerror",
    };
    return names[code];
}
