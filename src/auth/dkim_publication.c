/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a key of ours is published; see dkim_publication.h. */
#include "auth/dkim_publication.h"

#include "auth/dkim_key.h"
#include "auth/dkim_taglist.h"

const char *bs_dkim_publication_name(enum bs_dkim_publication_code code)
{
    static const char *const names[] = {
        [BS_DKIM_PUBLISHED] = "published",   [BS_DKIM_UNUSABLE] = "unusable",
        [BS_DKIM_DIFFERENT] = "different",   [BS_DKIM_WITHDRAWN] = "withdrawn",
        [BS_DKIM_UNPUBLISHED] = "unpublished", [BS_DKIM_UNANSWERED] = "unanswered",
    };
    return names[code];
}

/* True unless the text could not be made. */
static bool settle(struct bs_dkim_publication *publication, enum bs_dkim_publication_code code, const char *reason)
{
    publication->code = code;
    publication->reason = reason;
    return reason != NULL;
}

/* A bare RSAPublicKey (RFC 8017 appendix A.1.1) is what a SubjectPublicKeyInfo of the same key ends with. */
static bool is_bare(struct bs_bytes published, struct bs_bytes ours)
{
    return published.len > 0 && published.len < ours.len &&
           bs_bytes_equal(bs_bytes_skip(ours, ours.len - published.len), published);
}

/* What p= holds where it is not our key. */
static bool tell_key(const struct bs_dkim_key_record *record, struct bs_arena *arena,
                     struct bs_dkim_publication *publication)
{
    struct bs_error error;
    struct bs_public_key *key = bs_public_key_read(record->type, record->key, &error);
    unsigned bits = key ? bs_public_key_bits(key) : 0;
    bs_public_key_free(key);
    if (!key)
        return settle(publication, BS_DKIM_UNUSABLE, bs_arena_printf(arena, "p= holds no key: %s", error.text));
    if (record->type == BS_KEY_RSA && bits < BS_RSA_SIGN_BITS_MIN)
        return settle(publication, BS_DKIM_DIFFERENT, bs_arena_printf(arena, "p= is another key, of only %u bits",
                                                                      bits));
    return settle(publication, BS_DKIM_DIFFERENT, "p= is another key");
}

static bool compare_key(const struct bs_dkim_key_record *record, const struct bs_dkim_public_half *ours,
                        struct bs_arena *arena, struct bs_dkim_publication *publication)
{
    if (record->type != ours->type)
        return settle(publication, BS_DKIM_DIFFERENT, ours->type == BS_KEY_RSA ? "k= is ed25519, but the key is rsa"
                                                                               : "k= is rsa, but the key is ed25519");
    if (bs_bytes_equal(record->key, ours->key))
        return settle(publication, BS_DKIM_PUBLISHED, "the key is published");
    if (record->type == BS_KEY_RSA && is_bare(record->key, ours->key))
        return settle(publication, BS_DKIM_UNUSABLE, "p= is a bare RSAPublicKey, which most verifiers cannot read");
    return tell_key(record, arena, publication);
}

/* Whether h= is there and names sha1. The record was parsed once, so it parses. */
static bool names_sha1(struct bs_bytes text)
{
    struct bs_dkim_taglist tags;
    struct bs_error error;
    if (!bs_dkim_taglist_parse(text, &tags, &error))
        return false;
    const struct bs_dkim_tag *digests = bs_dkim_taglist_find(&tags, "h");
    return digests && bs_dkim_list_has(digests->value, "sha1");
}

static bool judge_record(struct bs_bytes text, const struct bs_dkim_public_half *ours, struct bs_arena *arena,
                         struct bs_dkim_publication *ret_publication)
{
    struct bs_dkim_key_record record;
    if (!bs_dkim_key_record_read(text, arena, &record))
        return false;
    *ret_publication = (struct bs_dkim_publication){.testing = record.testing};
    if (record.reason)
        return settle(ret_publication, record.revoked ? BS_DKIM_WITHDRAWN : BS_DKIM_UNUSABLE, record.reason);
    ret_publication->sha1 = names_sha1(text);
    if (!record.for_mail)
        return settle(ret_publication, BS_DKIM_UNUSABLE, "s= does not let the key be used for mail");
    if (!record.sha256)
        return settle(ret_publication, BS_DKIM_UNUSABLE, "h= does not name sha256, which every signature is made with");
    return compare_key(&record, ours, arena, ret_publication);
}

/* The best of the records; of more than verifiers try, the first. */
static bool judge_records(const struct bs_dns_answer *answer, const struct bs_dkim_public_half *ours,
                          struct bs_arena *arena, struct bs_dkim_publication *ret_publication)
{
    for (size_t i = 0; i < answer->count && i < BS_DKIM_KEY_RECORDS_MAX; i++) {
        struct bs_dkim_publication one;
        if (!judge_record(answer->records[i].data, ours, arena, &one))
            return false;
        if (i == 0 || one.code < ret_publication->code)
            *ret_publication = one;
    }
    ret_publication->records = answer->count;
    return true;
}

bool bs_dkim_publication_read(const struct bs_dns_answer *answer, const struct bs_dkim_public_half *ours,
                              struct bs_arena *arena, struct bs_dkim_publication *ret_publication)
{
    *ret_publication = (struct bs_dkim_publication){.records = 0};
    if (bs_dns_failed(answer))
        return settle(ret_publication, BS_DKIM_UNANSWERED, bs_arena_printf(arena, "DNS gave no answer (%s)",
                                                                           bs_dns_status_name(answer->status)));
    if (answer->status != BS_DNS_FOUND || answer->count == 0)
        return settle(ret_publication, BS_DKIM_UNPUBLISHED, "there is no record");
    return judge_records(answer, ours, arena, ret_publication);
}
