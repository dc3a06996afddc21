/* SPDX-License-Identifier: BSD-2-Clause */
/* Sealing; see arc_seal.h. */
#include "auth/arc_seal.h"

#include "auth/dkim_compose.h"

#include <inttypes.h>

enum { FIRST_LINE = 40 }; /* characters of results that fit behind `ARC-Authentication-Results: i=N; ` in a line */

const char *bs_arc_seal_refusal(const struct bs_arc_chain *chain, enum bs_arc_code code)
{
    const struct bs_arc_sets *sets = &chain->sets;
    if (code != BS_ARC_FAIL && (code == BS_ARC_NONE) != (sets->count == 0))
        return "the result is not that of the chain";
    if (code == BS_ARC_PASS && sets->reason)
        return "the result is not that of the chain";
    if (sets->ended)
        return "the last sealer found the chain broken: cv=fail (RFC 8617 section 5.1)";
    if (sets->highest >= BS_ARC_INSTANCE_MAX)
        return "the chain has 50 sets, which is as many as there may be (RFC 8617 section 4.2.1)";
    return NULL;
}

/* Whether the text can follow the colon of a field: no control characters, and folded only where a line goes on. */
static bool is_field_text(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool folds = i + 1 < text.len && (text.ptr[i + 1] == ' ' || text.ptr[i + 1] == '\t');
        if (c == '\r' ? i + 1 == text.len || text.ptr[i + 1] != '\n' : c == '\n' ? !folds : c < 0x20 && c != '\t')
            return false;
        if (c == 0x7f)
            return false;
    }
    return text.len > 0;
}

/* Appends folded text with CRLF at its line ends. */
static void append_text(struct bs_strbuf *field, struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n')
            bs_strbuf_append_char(field, '\r');
        if (text.ptr[i] != '\r')
            bs_strbuf_append_char(field, text.ptr[i]);
    }
}

static bool write_results(unsigned instance, struct bs_bytes results, struct bs_strbuf *field,
                          struct bs_error *ret_error)
{
    results = bs_bytes_trim(results);
    if (!is_field_text(results))
        return bs_error_set(ret_error, "the authentication results are no text of a header field");
    bool fits = bs_bytes_find(results, '\n') <= FIRST_LINE;
    bs_strbuf_printf(field, "ARC-Authentication-Results: i=%u;%s", instance, fits ? " " : "\r\n\t");
    append_text(field, results);
    return !field->failed || bs_error_set(ret_error, "the authentication results are too long");
}

static bool write_message(struct bs_dkim_composer *composer, unsigned instance, const struct bs_dkim_body_sum *body,
                          struct bs_error *ret_error)
{
    const struct bs_dkim_signer *signer = composer->signer;
    struct bs_strbuf *field = &composer->field;
    bs_strbuf_printf(field, "ARC-Message-Signature: i=%u; a=%s; c=relaxed/relaxed;", instance,
                     bs_dkim_compose_algorithm(signer));
    bs_dkim_compose_fold(composer);
    bs_strbuf_printf(field, "d=%.*s; s=%.*s; t=%" PRId64 ";", BS_BYTES_ARG(signer->domain),
                     BS_BYTES_ARG(signer->selector), signer->now);
    bs_dkim_compose_fold(composer);
    bs_strbuf_append_cstr(field, "h=");
    if (!bs_dkim_compose_names(composer, true, ret_error))
        return false;
    bs_strbuf_append_char(field, ';');
    bs_dkim_compose_fold(composer);
    bs_dkim_compose_body(composer, body);
    bs_dkim_compose_fold(composer);
    bs_strbuf_append_cstr(field, "b=");
    return bs_dkim_compose_end(composer, ret_error);
}

static struct bs_header_field field_of(const struct bs_strbuf *text)
{
    struct bs_bytes raw = bs_strbuf_bytes(text), name = bs_bytes_first(raw, bs_bytes_find(raw, ':'));
    return (struct bs_header_field){.raw = raw, .name = name, .body = bs_bytes_skip(raw, name.len + 1)};
}

/* Hashes the sets before ours, where they count, and our two fields; bs_dkim_compose_end adds the seal itself. */
static void put_chain(struct bs_dkim_sink *sink, const struct bs_arc_sets *before, const struct bs_arc_fields *fields)
{
    const struct bs_header_field results = field_of(&fields->results), message = field_of(&fields->message);
    if (before)
        bs_arc_put_sets(sink, before->items, before->count);
    bs_dkim_put_field(sink, &results, true);
    bs_dkim_put_field(sink, &message, true);
}

static bool write_seal(struct bs_dkim_composer *composer, const struct bs_arc_chain *chain, enum bs_arc_code code,
                       const struct bs_arc_fields *fields, struct bs_error *ret_error)
{
    const struct bs_dkim_signer *signer = composer->signer;
    struct bs_strbuf *field = &composer->field;
    put_chain(&composer->sink, code == BS_ARC_PASS ? &chain->sets : NULL, fields);
    bs_strbuf_printf(field, "ARC-Seal: i=%u; a=%s; cv=%s;", fields->instance, bs_dkim_compose_algorithm(signer),
                     bs_arc_code_name(code));
    bs_dkim_compose_fold(composer);
    bs_strbuf_printf(field, "d=%.*s; s=%.*s; t=%" PRId64 ";", BS_BYTES_ARG(signer->domain),
                     BS_BYTES_ARG(signer->selector), signer->now);
    bs_dkim_compose_fold(composer);
    bs_strbuf_append_cstr(field, "b=");
    return bs_dkim_compose_end(composer, ret_error);
}

static bool begin(struct bs_dkim_composer *composer, const struct bs_dkim_signer *signer,
                  const struct bs_header *header, struct bs_error *ret_error)
{
    return bs_dkim_compose_begin(composer, signer, header) || bs_error_set(ret_error, "the crypto library failed");
}

/* Moves what was composed into a field. */
static bool keep(struct bs_strbuf *to, struct bs_dkim_composer *composer, bool made, struct bs_error *ret_error)
{
    if (made)
        bs_strbuf_append(to, bs_strbuf_bytes(&composer->field));
    bs_dkim_compose_free(composer);
    return made && (!to->failed || bs_error_set(ret_error, "out of memory"));
}

static bool write_fields(const struct bs_dkim_signer *signer, const struct bs_arc_chain *chain, enum bs_arc_code code,
                         const struct bs_header *header, const struct bs_dkim_body_sum *body, struct bs_bytes results,
                         struct bs_arc_fields *fields, struct bs_error *ret_error)
{
    struct bs_dkim_composer composer;
    if (!write_results(fields->instance, results, &fields->results, ret_error))
        return false;
    bool begun = begin(&composer, signer, header, ret_error);
    if (!keep(&fields->message, &composer, begun && write_message(&composer, fields->instance, body, ret_error),
              ret_error))
        return false;
    begun = begin(&composer, signer, header, ret_error);
    return keep(&fields->seal, &composer, begun && write_seal(&composer, chain, code, fields, ret_error), ret_error);
}

/* Takes the CRs out. */
static void fold_with_lf(struct bs_strbuf *field)
{
    struct bs_strbuf folded;
    bs_strbuf_init(&folded, field->limit);
    bs_dkim_compose_append(&folded, bs_strbuf_bytes(field), true);
    bs_strbuf_free(field);
    *field = folded;
}

bool bs_arc_seal(const struct bs_dkim_signer *signer, const struct bs_arc_chain *chain, enum bs_arc_code code,
                 const struct bs_header *header, const struct bs_dkim_body_sum *body, struct bs_bytes results,
                 struct bs_arc_fields *ret_fields, struct bs_error *ret_error)
{
    const char *refusal = bs_arc_seal_refusal(chain, code);
    if (refusal)
        return bs_error_set(ret_error, "%s", refusal);
    if (!bs_dkim_compose_check(signer, header, ret_error))
        return false;
    ret_fields->instance = chain->sets.highest + 1;
    bs_strbuf_init(&ret_fields->results, BS_ARC_RESULTS_SIZE_MAX);
    bs_strbuf_init(&ret_fields->message, BS_DKIM_SIGNED_SIZE_MAX);
    bs_strbuf_init(&ret_fields->seal, BS_DKIM_SIGNED_SIZE_MAX);
    bool made = write_fields(signer, chain, code, header, body, results, ret_fields, ret_error);
    struct bs_strbuf *fields[] = {&ret_fields->results, &ret_fields->message, &ret_fields->seal};
    for (int i = 0; made && signer->bare_lf && i < 3; i++) {
        fold_with_lf(fields[i]);
        made = !fields[i]->failed || bs_error_set(ret_error, "out of memory");
    }
    if (!made)
        bs_arc_fields_free(ret_fields);
    return made;
}

void bs_arc_fields_free(struct bs_arc_fields *fields)
{
    bs_strbuf_free(&fields->results);
    bs_strbuf_free(&fields->message);
    bs_strbuf_free(&fields->seal);
}
