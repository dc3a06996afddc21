/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing a field that is a signature; see dkim_compose.h. */
#include "auth/dkim_compose.h"

#include "auth/dkim_name.h"
#include "base/base64.h"

enum {
    COLUMNS = 76,     /* of a line that is folded */
    BASE64_LINE = 72, /* characters of b= in a line */
};

/* Named in h= once more than they are there. */
static const struct bs_bytes always_oversigned[] = {
    BS_LITERAL("From"),       BS_LITERAL("To"),           BS_LITERAL("Subject"),      BS_LITERAL("Date"),
    BS_LITERAL("Message-ID"), BS_LITERAL("Content-Type"), BS_LITERAL("MIME-Version"),
};

/* Of these, what a submission server adds where it is missing; some do so after a milter has seen the message. */
static const struct bs_bytes completed_later[] = {BS_LITERAL("Date"), BS_LITERAL("Message-ID")};

/* Named as often as they are there; a list or a forwarder may add them. */
static const struct bs_bytes signed_where_present[] = {
    BS_LITERAL("Sender"),     BS_LITERAL("Reply-To"),   BS_LITERAL("Cc"),
    BS_LITERAL("In-Reply-To"), BS_LITERAL("References"), BS_LITERAL("Content-Transfer-Encoding"),
    BS_LITERAL("Auto-Submitted"),
};

/* Not covered by an ARC-Message-Signature, whatever the signer is told to oversign. */
static const struct bs_bytes never_in_arc[] = {
    BS_LITERAL("Authentication-Results"),     BS_LITERAL("ARC-Seal"), BS_LITERAL("ARC-Message-Signature"),
    BS_LITERAL("ARC-Authentication-Results"), BS_LITERAL("DKIM-Signature"), /* the last is named where it is there */
};

enum {
    OVERSIGNED = sizeof always_oversigned / sizeof *always_oversigned,
    COMPLETED = sizeof completed_later / sizeof *completed_later,
    PRESENT = sizeof signed_where_present / sizeof *signed_where_present,
    NEVER_IN_ARC = sizeof never_in_arc / sizeof *never_in_arc,
};

bool bs_dkim_compose_begin(struct bs_dkim_composer *composer, const struct bs_dkim_signer *signer,
                           const struct bs_header *header)
{
    composer->signer = signer;
    composer->header = header;
    composer->line = 0;
    composer->digest = bs_digest_new(BS_DIGEST_SHA256);
    bs_dkim_sink_init(&composer->sink, composer->digest);
    bs_strbuf_init(&composer->field, BS_DKIM_SIGNED_SIZE_MAX);
    return composer->digest != NULL;
}

void bs_dkim_compose_free(struct bs_dkim_composer *composer)
{
    bs_digest_free(composer->digest);
    bs_strbuf_free(&composer->field);
}

void bs_dkim_compose_fold(struct bs_dkim_composer *composer)
{
    bs_strbuf_append_cstr(&composer->field, "\r\n\t");
    composer->line = composer->field.len;
}

const char *bs_dkim_compose_algorithm(const struct bs_dkim_signer *signer)
{
    return bs_private_key_type(signer->key) == BS_KEY_RSA ? "rsa-sha256" : "ed25519-sha256";
}

static void name_once(struct bs_dkim_composer *composer, struct bs_bytes name, size_t *io_count)
{
    struct bs_strbuf *field = &composer->field;
    if ((*io_count)++ > 0)
        bs_strbuf_append_char(field, ':');
    if (field->len - composer->line + name.len + 1 > COLUMNS)
        bs_dkim_compose_fold(composer);
    bs_strbuf_append(field, name);
}

/* Names a field as often as it is there, hashing from the lowest up, and once more where it is oversigned. */
static void name_all(struct bs_dkim_composer *composer, struct bs_bytes name, bool oversigned, size_t *io_count)
{
    const struct bs_header *header = composer->header;
    for (size_t i = header->count; i-- > 0;) {
        if (bs_header_field_is(&header->fields[i], name)) {
            name_once(composer, name, io_count);
            bs_dkim_put_field(&composer->sink, &header->fields[i], true);
        }
    }
    if (oversigned)
        name_once(composer, name, io_count);
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

/* Whether the field is not there and may still come. */
static bool may_come(const struct bs_dkim_composer *composer, struct bs_bytes name)
{
    const struct bs_header *header = composer->header;
    if (!composer->signer->may_be_completed || !is_among(name, completed_later, COMPLETED))
        return false;
    for (size_t i = 0; i < header->count; i++) {
        if (bs_header_field_is(&header->fields[i], name))
            return false;
    }
    return true;
}

bool bs_dkim_compose_names(struct bs_dkim_composer *composer, bool arc, struct bs_error *ret_error)
{
    const struct bs_dkim_signer *signer = composer->signer;
    size_t count = 0;
    for (size_t i = 0; i < OVERSIGNED; i++)
        name_all(composer, always_oversigned[i], !may_come(composer, always_oversigned[i]), &count);
    for (size_t i = 0; i < signer->oversign_count; i++) {
        struct bs_bytes name = signer->oversign[i];
        if (!is_among(name, always_oversigned, OVERSIGNED) && !is_among(name, signer->oversign, i) &&
            !(arc && is_among(name, never_in_arc, NEVER_IN_ARC)))
            name_all(composer, name, true, &count);
    }
    for (size_t i = 0; i < PRESENT; i++) {
        if (!is_among(signed_where_present[i], signer->oversign, signer->oversign_count))
            name_all(composer, signed_where_present[i], false, &count);
    }
    if (arc)
        name_all(composer, BS_LITERAL("DKIM-Signature"), false, &count);
    return count <= BS_DKIM_SIGNED_NAMES_MAX ||
           bs_error_set(ret_error, "the header has too many fields that are to be signed");
}

void bs_dkim_compose_body(struct bs_dkim_composer *composer, const struct bs_dkim_body_sum *body)
{
    char hash[BS_BASE64_ENCODED(BS_DIGEST_MAX) + 1];
    bs_base64_encode(bs_bytes(body->sum, bs_digest_size(BS_DIGEST_SHA256)), hash);
    bs_strbuf_printf(&composer->field, "bh=%s;", hash);
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

bool bs_dkim_compose_check(const struct bs_dkim_signer *signer, const struct bs_header *header,
                           struct bs_error *ret_error)
{
    if (!header_can_be_signed(header, ret_error))
        return false;
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

static void put_own_field(struct bs_dkim_composer *composer)
{
    struct bs_bytes raw = bs_strbuf_bytes(&composer->field);
    struct bs_bytes name = bs_bytes_first(raw, bs_bytes_find(raw, ':')), body = bs_bytes_skip(raw, name.len + 1);
    struct bs_header_field own = {.raw = raw, .name = name, .body = body};
    bs_dkim_put_signature(&composer->sink, &own, bs_bytes_skip(body, body.len), true);
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

bool bs_dkim_compose_end(struct bs_dkim_composer *composer, struct bs_error *ret_error)
{
    unsigned char sum[BS_DIGEST_MAX], signature[BS_SIGNATURE_MAX];
    size_t size;
    if (composer->field.failed)
        return bs_error_set(ret_error, "the signature's field grew too long");
    put_own_field(composer);
    if (!bs_dkim_sink_sum(&composer->sink, sum) ||
        !bs_private_key_sign(composer->signer->key, sum, signature, &size))
        return bs_error_set(ret_error, "the crypto library failed");
    write_base64(&composer->field, bs_bytes(signature, size));
    return !composer->field.failed || bs_error_set(ret_error, "the signature's field grew too long");
}

void bs_dkim_compose_append(struct bs_strbuf *to, struct bs_bytes field, bool bare_lf)
{
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] != '\r' || !bare_lf)
            bs_strbuf_append_char(to, field.ptr[i]);
    }
}
