/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing; see dkim_sign.h. */
#include "auth/dkim_sign.h"

#include "auth/dkim_canonical.h"
#include "auth/dkim_name.h"
#include "base/base64.h"

#include <inttypes.h>

enum {
    COLUMNS = 76,     /* of a line that is folded */
    BASE64_LINE = 72, /* characters of b= in a line */
};

#define FIELD_NAME "DKIM-Signature"

/* Named in h= once more than they are there. */
static const struct bs_bytes always_oversigned[] = {
    BS_LITERAL("From"),       BS_LITERAL("To"),           BS_LITERAL("Subject"),      BS_LITERAL("Date"),
    BS_LITERAL("Message-ID"), BS_LITERAL("Content-Type"), BS_LITERAL("MIME-Version"),
};

/* Named as often as they are there; a list or a forwarder may add them. */
static const struct bs_bytes signed_where_present[] = {
    BS_LITERAL("Sender"),     BS_LITERAL("Reply-To"),   BS_LITERAL("Cc"),
    BS_LITERAL("In-Reply-To"), BS_LITERAL("References"), BS_LITERAL("Content-Transfer-Encoding"),
};

enum {
    OVERSIGNED = sizeof always_oversigned / sizeof *always_oversigned,
    PRESENT = sizeof signed_where_present / sizeof *signed_where_present,
};

/* The names of h= with the fields that they select, hashed and written in the same order. */
struct naming {
    const struct bs_dkim_signer *signer;
    const struct bs_header *header;
    struct bs_dkim_sink *sink;
    struct bs_strbuf *field;
    size_t line; /* where the line that is written began */
    size_t count;
};

size_t bs_dkim_sign_body(struct bs_dkim_bodies *bodies)
{
    return bs_dkim_bodies_want(bodies, BS_DIGEST_SHA256, true, BS_DKIM_WHOLE_BODY);
}

static void fold(struct naming *naming)
{
    bs_strbuf_append_cstr(naming->field, "\r\n\t");
    naming->line = naming->field->len;
}

static void name_once(struct naming *naming, struct bs_bytes name)
{
    if (naming->count++ > 0)
        bs_strbuf_append_char(naming->field, ':');
    if (naming->field->len - naming->line + name.len + 1 > COLUMNS)
        fold(naming);
    bs_strbuf_append(naming->field, name);
}

/* Names a field as often as it is there, hashing from the lowest up, and once more where it is oversigned. */
static void name_all(struct naming *naming, struct bs_bytes name, bool oversigned)
{
    const struct bs_header *header = naming->header;
    for (size_t i = header->count; i-- > 0;) {
        if (bs_header_field_is(&header->fields[i], name)) {
            name_once(naming, name);
            bs_dkim_put_field(naming->sink, &header->fields[i], true);
        }
    }
    if (oversigned)
        name_once(naming, name);
}

/* Whether one of the first `count` names is this one, so that none is named twice. */
static bool is_among(struct bs_bytes name, const struct bs_bytes *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bs_bytes_equal_nocase(name, names[i]))
            return true;
    }
    return false;
}

static void name_fields(struct naming *naming)
{
    const struct bs_dkim_signer *signer = naming->signer;
    for (size_t i = 0; i < OVERSIGNED; i++)
        name_all(naming, always_oversigned[i], true);
    for (size_t i = 0; i < signer->oversign_count; i++) {
        struct bs_bytes name = signer->oversign[i];
        if (!is_among(name, always_oversigned, OVERSIGNED) && !is_among(name, signer->oversign, i))
            name_all(naming, name, true);
    }
    for (size_t i = 0; i < PRESENT; i++) {
        if (!is_among(signed_where_present[i], signer->oversign, signer->oversign_count))
            name_all(naming, signed_where_present[i], false);
    }
}

static bool header_can_be_signed(const struct bs_header *header, struct bs_error *ret_error)
{
    size_t from = 0;
    if (header->failed || header->flags & BS_HEADER_INCOMPLETE)
        return bs_error_set(ret_error, "the header is larger than what is signed");
    for (size_t i = 0; i < header->count; i++) {
        if (!bs_header_field_is(&header->fields[i], BS_LITERAL("From")))
            continue;
        if (header->fields[i].flags & (unsigned)BS_FIELD_MALFORMED)
            return bs_error_set(ret_error, "the From field is malformed");
        from++;
    }
    return from == 1 || bs_error_set(ret_error, "the message has %s From field", from == 0 ? "no" : "more than one");
}

/* A field name (RFC 5322 section 3.6.8) that h= can hold, which ends at a semicolon. */
static bool is_field_name(struct bs_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':' || name.ptr[i] == ';')
            return false;
    }
    return name.len > 0;
}

static bool names_are_good(const struct bs_dkim_signer *signer, struct bs_error *ret_error)
{
    if (!bs_dkim_is_domain(signer->domain, 2))
        return bs_error_set(ret_error, "\"%.*s\" is no domain", BS_BYTES_ARG(signer->domain));
    if (!bs_dkim_is_domain(signer->selector, 1))
        return bs_error_set(ret_error, "\"%.*s\" is no selector", BS_BYTES_ARG(signer->selector));
    for (size_t i = 0; i < signer->oversign_count; i++) {
        if (!is_field_name(signer->oversign[i]))
            return bs_error_set(ret_error, "\"%.*s\" is no field name", BS_BYTES_ARG(signer->oversign[i]));
    }
    return true;
}

/* Everything up to `b=`, and the fields that it covers into the digest. */
static size_t write_tags(const struct bs_dkim_signer *signer, const struct bs_header *header,
                         const struct bs_dkim_body_sum *body, struct bs_dkim_sink *sink, struct bs_strbuf *field)
{
    struct naming naming = {signer, header, sink, field, 0, 0};
    char body_hash[BS_BASE64_ENCODED(BS_DIGEST_MAX) + 1];
    bs_base64_encode(bs_bytes(body->sum, bs_digest_size(BS_DIGEST_SHA256)), body_hash);
    bs_strbuf_printf(field, FIELD_NAME ": v=1; a=%s; c=relaxed/relaxed; d=%.*s;",
                     bs_private_key_type(signer->key) == BS_KEY_RSA ? "rsa-sha256" : "ed25519-sha256",
                     BS_BYTES_ARG(signer->domain));
    fold(&naming);
    bs_strbuf_printf(field, "s=%.*s; t=%" PRId64 ";", BS_BYTES_ARG(signer->selector), signer->now);
    if (signer->lifetime > 0)
        bs_strbuf_printf(field, " x=%" PRId64 ";", signer->now + signer->lifetime);
    fold(&naming);
    bs_strbuf_append_cstr(field, "h=");
    name_fields(&naming);
    bs_strbuf_append_char(field, ';');
    fold(&naming);
    bs_strbuf_printf(field, "bh=%s;", body_hash);
    fold(&naming);
    bs_strbuf_append_cstr(field, "b=");
    return naming.count;
}

static void put_own_field(struct bs_dkim_sink *sink, const struct bs_strbuf *field)
{
    struct bs_bytes raw = bs_strbuf_bytes(field), body = bs_bytes_skip(raw, sizeof FIELD_NAME);
    struct bs_header_field own = {.raw = raw, .name = BS_LITERAL(FIELD_NAME), .body = body};
    bs_dkim_put_signature(sink, &own, bs_bytes_skip(body, body.len), true);
}

static void write_base64(struct bs_strbuf *field, struct bs_bytes signature)
{
    char text[BS_BASE64_ENCODED(BS_SIGNATURE_MAX) + 1];
    bs_base64_encode(signature, text);
    struct bs_bytes rest = bs_bytes_from_cstr(text);
    while (rest.len > 0) {
        struct bs_bytes line = bs_bytes_first(rest, BASE64_LINE);
        bs_strbuf_append(field, line);
        rest = bs_bytes_skip(rest, line.len);
        if (rest.len > 0)
            bs_strbuf_append_cstr(field, "\r\n\t");
    }
}

static void append_folded(struct bs_strbuf *to, struct bs_bytes field, bool bare_lf)
{
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] != '\r' || !bare_lf)
            bs_strbuf_append_char(to, field.ptr[i]);
    }
}

/* The signature over what went into the digest, and its field. */
static bool write_field(const struct bs_dkim_signer *signer, const struct bs_header *header,
                        const struct bs_dkim_body_sum *body, struct bs_digest *digest, struct bs_strbuf *field,
                        struct bs_error *ret_error)
{
    struct bs_dkim_sink sink;
    unsigned char sum[BS_DIGEST_MAX], signature[BS_SIGNATURE_MAX];
    size_t size;
    bs_dkim_sink_init(&sink, digest);
    if (write_tags(signer, header, body, &sink, field) > BS_DKIM_SIGNED_NAMES_MAX)
        return bs_error_set(ret_error, "the header has too many fields that are to be signed");
    put_own_field(&sink, field);
    if (!bs_dkim_sink_sum(&sink, sum) || !bs_private_key_sign(signer->key, sum, signature, &size))
        return bs_error_set(ret_error, "the crypto library failed");
    write_base64(field, bs_bytes(signature, size));
    return !field->failed || bs_error_set(ret_error, "the signature's field grew too long");
}

bool bs_dkim_sign(const struct bs_dkim_signer *signer, const struct bs_header *header,
                  const struct bs_dkim_body_sum *body, struct bs_strbuf *ret_field, struct bs_error *ret_error)
{
    struct bs_strbuf field;
    if (!header_can_be_signed(header, ret_error) || !names_are_good(signer, ret_error))
        return false;
    bs_strbuf_init(&field, BS_DKIM_SIGNED_SIZE_MAX);
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    bool made = digest ? write_field(signer, header, body, digest, &field, ret_error)
                       : bs_error_set(ret_error, "the crypto library failed");
    bs_digest_free(digest);
    if (made)
        append_folded(ret_field, bs_strbuf_bytes(&field), signer->bare_lf);
    bs_strbuf_free(&field);
    return made && (!ret_field->failed || bs_error_set(ret_error, "out of memory"));
}

bool bs_dkim_key_record_make(const struct bs_private_key *key, struct bs_strbuf *ret_text)
{
    unsigned char public_half[BS_PUBLIC_KEY_DER_MAX];
    char text[BS_BASE64_ENCODED(BS_PUBLIC_KEY_DER_MAX) + 1];
    size_t size;
    if (!bs_private_key_public(key, public_half, &size))
        return false;
    bs_base64_encode(bs_bytes(public_half, size), text);
    bs_strbuf_printf(ret_text, "v=DKIM1; k=%s; p=%s", bs_private_key_type(key) == BS_KEY_RSA ? "rsa" : "ed25519", text);
    return !ret_text->failed;
}
