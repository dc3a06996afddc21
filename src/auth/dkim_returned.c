/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying our own signatures on a returned header; see dkim_returned.h. */
#include "auth/dkim_returned.h"

#include "auth/dkim_selection.h"
#include "auth/dkim_trial.h"
#include "message/date.h"

static const struct bs_dkim_own_key *find_key(const struct bs_dkim_own_keys *keys,
                                              const struct bs_dkim_signature *signature)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (bs_bytes_equal_nocase(keys->items[i].name, signature->key_name))
            return &keys->items[i];
    }
    return NULL;
}

/* The only field of that name that the signature covers, or NULL. */
static const struct bs_header_field *only_covered(const struct bs_header *header,
                                                  const struct bs_dkim_signature *signature, struct bs_bytes name)
{
    struct bs_dkim_selection selection;
    const struct bs_header_field *found = NULL;
    bs_dkim_selection_init(&selection, header, signature->field);
    for (size_t i = 0; i < signature->name_count; i++) {
        if (!bs_bytes_equal_nocase(signature->names[i], name))
            continue;
        const struct bs_header_field *field = bs_dkim_select(&selection, name);
        if (field && found)
            return NULL;
        found = field ? field : found;
    }
    return found;
}

static int64_t signing_time(const struct bs_header *header, const struct bs_dkim_signature *signature)
{
    int64_t date;
    if (signature->signed_at != BS_DKIM_NO_TIME)
        return signature->signed_at;
    const struct bs_header_field *field = only_covered(header, signature, BS_LITERAL("Date"));
    return field && bs_date_parse(field->body, &date) ? date : BS_DKIM_NO_TIME;
}

/* Whether the message was an automatic reply, as its signed header says. */
static bool is_auto_reply(const struct bs_header *header, const struct bs_dkim_signature *signature)
{
    const struct bs_header_field *field = only_covered(header, signature, BS_LITERAL("Auto-Submitted"));
    return field && bs_bytes_starts_nocase(bs_bytes_trim(field->body), BS_LITERAL("auto-replied"));
}

/* Whether the key made the signature over that sum; false also where the key cannot be read. */
static bool key_verifies(const struct bs_dkim_own_keys *keys, const struct bs_dkim_own_key *key,
                         const struct bs_dkim_signature *signature, const unsigned char *sum)
{
    struct bs_error error;
    struct bs_public_key *own = keys->cache ? NULL : bs_public_key_read(key->half.type, key->half.key, &error);
    const struct bs_public_key *read =
        keys->cache ? bs_key_cache_read(keys->cache, key->half.type, key->half.key, &error) : own;
    bool good = read && bs_public_key_verify(read, signature->digest, sum, signature->signature) == BS_SIGNATURE_GOOD;
    bs_public_key_free(own);
    return good;
}

/* Verifies a signature that could be read. False where the crypto library failed. */
static bool verify(const struct bs_header *header, const struct bs_dkim_own_keys *keys,
                   const struct bs_dkim_own_key *key, struct bs_arena *arena, struct bs_dkim_returned *returned)
{
    struct bs_dkim_result result = {0};
    struct bs_dkim_trial trial = {
        .signature = returned->signature, .arena = arena, .result = &result, .next_note = &result.notes};
    unsigned char sum[BS_DIGEST_MAX];
    returned->code = BS_DKIM_RETURNED_BROKEN;
    if (!bs_dkim_try_header(&trial, header, sum))
        return false;
    if (key->half.type != returned->signature->key_type || !key_verifies(keys, key, returned->signature, sum))
        return true;
    returned->code = BS_DKIM_RETURNED_HOLDS;
    returned->from = only_covered(header, returned->signature, BS_LITERAL("From"));
    returned->signed_at = signing_time(header, returned->signature);
    returned->auto_reply = is_auto_reply(header, returned->signature);
    return true;
}

/* Looks at one DKIM-Signature field; what does not name a key of ours is passed over. */
static bool try_field(const struct bs_header *header, const struct bs_header_field *field,
                      const struct bs_dkim_own_keys *keys, struct bs_arena *arena,
                      struct bs_dkim_returned_results *results)
{
    struct bs_dkim_signature *signature = bs_arena_take(arena, sizeof *signature);
    if (!signature || !bs_dkim_signature_read(field, false, arena, signature))
        return false;
    const struct bs_dkim_own_key *key = find_key(keys, signature);
    if (!key)
        return true;
    if (results->count == BS_DKIM_RETURNED_MAX) {
        results->more = true;
        return true;
    }
    struct bs_dkim_returned *returned = &results->items[results->count++];
    *returned = (struct bs_dkim_returned){
        .code = BS_DKIM_RETURNED_UNREADABLE, .signature = signature, .signed_at = BS_DKIM_NO_TIME};
    if (signature->code != BS_DKIM_PASS || header->flags & BS_HEADER_INCOMPLETE)
        return true;
    return verify(header, keys, key, arena, returned);
}

bool bs_dkim_returned_check(const struct bs_header *header, const struct bs_dkim_own_keys *keys,
                            struct bs_arena *arena, struct bs_dkim_returned_results *ret_results)
{
    size_t read = 0;
    ret_results->count = 0;
    ret_results->more = false;
    for (size_t i = 0; i < header->count && keys->count > 0; i++) {
        if (!bs_header_field_is(&header->fields[i], BS_LITERAL("DKIM-Signature")))
            continue;
        if (read++ == BS_DKIM_SIGNATURES_READ_MAX) {
            ret_results->more = true;
            break;
        }
        if (!try_field(header, &header->fields[i], keys, arena, ret_results))
            return false;
    }
    return true;
}
