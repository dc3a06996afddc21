/* SPDX-License-Identifier: BSD-2-Clause */
/* Trying one signature; see dkim_trial.h. */
#include "auth/dkim_trial.h"

#include "auth/dkim_key.h"
#include "auth/dkim_selection.h"
#include "base/base64.h"

#include <inttypes.h>

static const char library_failed[] = "the crypto library failed";

bool bs_dkim_settle(struct bs_dkim_trial *trial, enum bs_dkim_code code, const char *reason)
{
    trial->result->code = code;
    trial->result->reason = reason;
    if (!reason)
        trial->out_of_memory = true;
    return false;
}

void bs_dkim_add_note(struct bs_dkim_trial *trial, const char *text)
{
    struct bs_dkim_note *note = bs_arena_take(trial->arena, sizeof *note);
    if (!note || !text) {
        trial->out_of_memory = true;
        return;
    }
    note->text = text;
    *trial->next_note = note;
    trial->next_note = &note->next;
}

bool bs_dkim_has_expired(const struct bs_dkim_signature *signature, int64_t now)
{
    return signature->expires_at != BS_DKIM_NO_TIME && now > signature->expires_at;
}

bool bs_dkim_try_field(struct bs_dkim_trial *trial)
{
    const struct bs_dkim_signature *signature = trial->signature;
    if (signature->code != BS_DKIM_PASS)
        return bs_dkim_settle(trial, signature->code, signature->reason);
    if (trial->body)
        BS_DKIM_NOTE(trial, "the field is well-formed (RFC 6376 section 3.5): a=%.*s c=%s/%s, h= with %zu names",
                     BS_BYTES_ARG(signature->algorithm_name), signature->relaxed_header ? "relaxed" : "simple",
                     signature->relaxed_body ? "relaxed" : "simple", signature->name_count);
    if (bs_dkim_has_expired(signature, trial->now))
        return bs_dkim_settle(trial, BS_DKIM_FAIL, bs_arena_printf(trial->arena, "the signature expired %" PRId64
                              " s ago (x=)", trial->now - signature->expires_at));
    return true;
}

bool bs_dkim_try_body(struct bs_dkim_trial *trial)
{
    const struct bs_dkim_signature *signature = trial->signature;
    char made[BS_BASE64_ENCODED(BS_DIGEST_MAX) + 1];
    struct bs_bytes hash = bs_bytes(trial->body->sum, bs_digest_size(trial->body->algorithm));
    bs_base64_encode(hash, made);
    BS_DKIM_NOTE(trial, "the body has %" PRIu64 " canonical bytes; their hash is %s", trial->body->total, made);
    if (signature->length != BS_DKIM_WHOLE_BODY && signature->length > trial->body->total)
        return bs_dkim_settle(trial, BS_DKIM_FAIL, "the body is shorter than l= says");
    if (!bs_bytes_equal(hash, signature->body_hash))
        return bs_dkim_settle(trial, BS_DKIM_FAIL, "the body is not what was signed: its hash is not bh=");
    BS_DKIM_NOTE(trial, "that is bh= (section 6.1.3)");
    return true;
}

bool bs_dkim_try_answer(struct bs_dkim_trial *trial, const struct bs_dns_answer *answer)
{
    trial->result->secure = answer->secure;
    BS_DKIM_NOTE(trial, "%.*s TXT: %s, %zu records%s", BS_BYTES_ARG(trial->signature->key_name),
                 bs_dns_status_name(answer->status), answer->count, answer->secure ? ", secured by DNSSEC" : "");
    if (bs_dns_failed(answer))
        return bs_dkim_settle(trial, BS_DKIM_TEMPERROR, bs_arena_printf(trial->arena, "the key could not be had from "
                              "DNS: %s", bs_dns_status_name(answer->status)));
    if (answer->count == 0)
        return bs_dkim_settle(trial, BS_DKIM_PERMERROR, "there is no key of this selector in DNS");
    return true;
}

/* Puts in the fields that h= names; returns how many names had none. */
static size_t put_fields(struct bs_dkim_trial *trial, const struct bs_header *header, struct bs_dkim_sink *sink)
{
    const struct bs_dkim_signature *signature = trial->signature;
    struct bs_dkim_selection selection;
    size_t missing = 0;
    bs_dkim_selection_init(&selection, header, signature->field);
    for (size_t i = 0; i < signature->name_count; i++) {
        const struct bs_header_field *field = bs_dkim_select(&selection, signature->names[i]);
        if (field)
            bs_dkim_put_field(sink, field, signature->relaxed_header);
        missing += !field;
    }
    trial->from_left = bs_dkim_selection_left(&selection, BS_LITERAL("From"));
    return missing;
}

bool bs_dkim_try_header(struct bs_dkim_trial *trial, const struct bs_header *header,
                        unsigned char ret_sum[BS_DIGEST_MAX])
{
    const struct bs_dkim_signature *signature = trial->signature;
    struct bs_dkim_sink sink;
    struct bs_digest *digest = bs_digest_new(signature->digest);
    if (!digest)
        return bs_dkim_settle(trial, BS_DKIM_TEMPERROR, library_failed);
    bs_dkim_sink_init(&sink, digest);
    size_t missing = put_fields(trial, header, &sink);
    bs_dkim_put_signature(&sink, signature->field, signature->signature_span, signature->relaxed_header);
    bool summed = bs_dkim_sink_sum(&sink, ret_sum);
    bs_digest_free(digest);
    BS_DKIM_NOTE(trial, "h= covers %zu fields, and that there are no more of %zu names",
                 signature->name_count - missing, missing);
    return summed || bs_dkim_settle(trial, BS_DKIM_TEMPERROR, library_failed);
}

/* What the key record alone says about using it for this signature. */
static bool try_record_fields(struct bs_dkim_trial *trial, const struct bs_dkim_key_record *record)
{
    const struct bs_dkim_signature *signature = trial->signature;
    trial->result->testing = record->testing;
    if (record->reason)
        return bs_dkim_settle(trial, BS_DKIM_PERMERROR, record->reason);
    if (record->type != signature->key_type)
        return bs_dkim_settle(trial, BS_DKIM_PERMERROR, "the key is of another kind than a= says");
    if (!(signature->digest == BS_DIGEST_SHA1 ? record->sha1 : record->sha256))
        return bs_dkim_settle(trial, BS_DKIM_PERMERROR, "the key record's h= does not allow the digest of a=");
    if (!record->for_mail)
        return bs_dkim_settle(trial, BS_DKIM_PERMERROR, "the key record's s= is not for mail");
    if (record->same_domain && signature->identity_is_below)
        return bs_dkim_settle(trial, BS_DKIM_PERMERROR, "the key record's t=s does not allow an i= below d=");
    return true;
}

static void verify(struct bs_dkim_trial *trial, const struct bs_public_key *key, const unsigned char *sum)
{
    const struct bs_dkim_signature *signature = trial->signature;
    enum bs_signature_verdict verdict = bs_public_key_verify(key, signature->digest, sum, signature->signature);
    if (verdict == BS_SIGNATURE_ERROR)
        bs_dkim_settle(trial, BS_DKIM_TEMPERROR, library_failed);
    else if (verdict == BS_SIGNATURE_BAD)
        bs_dkim_settle(trial, BS_DKIM_FAIL, "the header is not what was signed, or another key signed it");
    else
        bs_dkim_settle(trial, BS_DKIM_PASS, "the signature verifies");
}

static void try_record(struct bs_dkim_trial *trial, struct bs_bytes text, const unsigned char *sum)
{
    struct bs_dkim_key_record record;
    struct bs_error error;
    if (!bs_dkim_key_record_read(text, trial->arena, &record)) {
        trial->out_of_memory = true;
        return;
    }
    BS_DKIM_NOTE(trial, "key record of %zu bytes%s", text.len, record.testing ? ", for testing (t=y)" : "");
    if (!try_record_fields(trial, &record))
        return;
    struct bs_public_key *own = trial->keys ? NULL : bs_public_key_read(record.type, record.key, &error);
    const struct bs_public_key *key =
        trial->keys ? bs_key_cache_read(trial->keys, record.type, record.key, &error) : own;
    if (!key) {
        bs_dkim_settle(trial, BS_DKIM_PERMERROR, bs_arena_printf(trial->arena, "%s", error.text));
        return;
    }
    unsigned bits = trial->result->key_bits = bs_public_key_bits(key);
    BS_DKIM_NOTE(trial, "%s key of %u bits", record.type == BS_KEY_RSA ? "RSA" : "Ed25519", bits);
    if (record.type == BS_KEY_RSA && bits < BS_DKIM_RSA_BITS_MIN && !trial->allow_legacy)
        bs_dkim_settle(trial, BS_DKIM_POLICY,
                       bs_arena_printf(trial->arena, "the RSA key has %u bits; fewer than %d are refused (RFC 8301 "
                                       "section 3.2)", bits, BS_DKIM_RSA_BITS_MIN));
    else if (++*trial->verifications > trial->verifications_max)
        bs_dkim_settle(trial, BS_DKIM_POLICY, "there are more signatures and keys than are tried");
    else
        verify(trial, key, sum);
    bs_public_key_free(own);
}

/* Whether a result tells more than the one from the record before: an error of a record tells least. */
static bool tells_more(enum bs_dkim_code code, enum bs_dkim_code before)
{
    return before == BS_DKIM_PERMERROR || code == BS_DKIM_PASS;
}

bool bs_dkim_try_keys(struct bs_dkim_trial *trial, const struct bs_dns_answer *answer, const unsigned char *sum)
{
    struct bs_dkim_result best = *trial->result;
    for (size_t i = 0; i < answer->count && i < BS_DKIM_KEY_RECORDS_MAX && !trial->out_of_memory; i++) {
        struct bs_dkim_result *result = trial->result;
        result->key_bits = 0;
        result->testing = false;
        try_record(trial, answer->records[i].data, sum);
        if (i == 0 || tells_more(result->code, best.code))
            best = *result;
        if (best.code == BS_DKIM_PASS)
            break;
    }
    const struct bs_dkim_note *notes = trial->result->notes;
    *trial->result = best;
    trial->result->notes = notes;
    return best.code == BS_DKIM_PASS;
}

bool bs_dkim_try_cover(struct bs_dkim_trial *trial)
{
    const struct bs_dkim_signature *signature = trial->signature;
    if (trial->from_left)
        return bs_dkim_settle(trial, BS_DKIM_POLICY,
                              "there is a From field that is not signed (RFC 6376 section 8.15)");
    if (signature->length < trial->body->total)
        return bs_dkim_settle(trial, BS_DKIM_POLICY, bs_arena_printf(trial->arena, "the signature leaves %" PRIu64
                              " bytes of the body uncovered (l=, RFC 6376 section 8.2)",
                              trial->body->total - signature->length));
    if (signature->signed_at != BS_DKIM_NO_TIME && signature->signed_at > trial->now + BS_DKIM_CLOCK_SKEW)
        return bs_dkim_settle(trial, BS_DKIM_POLICY, "the signature is from the future (t=)");
    return true;
}
