/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing; see dkim_sign.h. */
#include "auth/dkim_sign.h"

#include "auth/dkim_compose.h"
#include "base/base64.h"

#include <inttypes.h>

size_t bs_dkim_sign_body(struct bs_dkim_bodies *bodies)
{
    return bs_dkim_bodies_want(bodies, BS_DIGEST_SHA256, true, BS_DKIM_WHOLE_BODY);
}

/* The field over what it covers. */
static bool write_field(struct bs_dkim_composer *composer, const struct bs_dkim_body_sum *body,
                        struct bs_error *ret_error)
{
    const struct bs_dkim_signer *signer = composer->signer;
    struct bs_strbuf *field = &composer->field;
    bs_strbuf_printf(field, "DKIM-Signature: v=1; a=%s; c=relaxed/relaxed; d=%.*s;", bs_dkim_compose_algorithm(signer),
                     BS_BYTES_ARG(signer->domain));
    bs_dkim_compose_fold(composer);
    bs_strbuf_printf(field, "s=%.*s; t=%" PRId64 ";", BS_BYTES_ARG(signer->selector), signer->now);
    if (signer->lifetime > 0)
        bs_strbuf_printf(field, " x=%" PRId64 ";", signer->now + signer->lifetime);
    bs_dkim_compose_fold(composer);
    bs_strbuf_append_cstr(field, "h=");
    if (!bs_dkim_compose_names(composer, false, ret_error))
        return false;
    bs_strbuf_append_char(field, ';');
    bs_dkim_compose_fold(composer);
    bs_dkim_compose_body(composer, body);
    bs_dkim_compose_fold(composer);
    bs_strbuf_append_cstr(field, "b=");
    return bs_dkim_compose_end(composer, ret_error);
}

bool bs_dkim_sign(const struct bs_dkim_signer *signer, const struct bs_header *header,
                  const struct bs_dkim_body_sum *body, struct bs_strbuf *ret_field, struct bs_error *ret_error)
{
    struct bs_dkim_composer composer;
    if (!bs_dkim_compose_check(signer, header, ret_error))
        return false;
    bool made = bs_dkim_compose_begin(&composer, signer, header)
                    ? write_field(&composer, body, ret_error)
                    : bs_error_set(ret_error, "the crypto library failed");
    if (made)
        bs_dkim_compose_append(ret_field, bs_strbuf_bytes(&composer.field), signer->bare_lf);
    bs_dkim_compose_free(&composer);
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
