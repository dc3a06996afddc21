/* SPDX-License-Identifier: BSD-2-Clause */
/* A key record; see dkim_key.h. */
#include "auth/dkim_key.h"

#include "auth/dkim_taglist.h"
#include "base/base64.h"

static bool reject(struct bs_dkim_key_record *record, const char *reason)
{
    record->reason = reason;
    return false;
}

/* v= may be missing; else it is the first tag and DKIM1. */
static bool read_version(const struct bs_dkim_taglist *tags, struct bs_dkim_key_record *record)
{
    const struct bs_dkim_tag *version = bs_dkim_taglist_find(tags, "v");
    if (!version || (version == &tags->tags[0] && bs_bytes_equal(version->value, BS_LITERAL("DKIM1"))))
        return true;
    return reject(record, "the key record does not begin with v=DKIM1");
}

static bool read_type(const struct bs_dkim_taglist *tags, struct bs_dkim_key_record *record)
{
    const struct bs_dkim_tag *type = bs_dkim_taglist_find(tags, "k");
    record->type = BS_KEY_RSA;
    if (!type || bs_bytes_equal_nocase(type->value, BS_LITERAL("rsa")))
        return true;
    record->type = BS_KEY_ED25519;
    return bs_bytes_equal_nocase(type->value, BS_LITERAL("ed25519")) ||
           reject(record, "the key record's k= names an unknown kind of key");
}

static void read_uses(const struct bs_dkim_taglist *tags, struct bs_dkim_key_record *record)
{
    const struct bs_dkim_tag *digests = bs_dkim_taglist_find(tags, "h");
    const struct bs_dkim_tag *services = bs_dkim_taglist_find(tags, "s");
    const struct bs_dkim_tag *flags = bs_dkim_taglist_find(tags, "t");
    record->sha1 = !digests || bs_dkim_list_has(digests->value, "sha1");
    record->sha256 = !digests || bs_dkim_list_has(digests->value, "sha256");
    record->for_mail = !services || bs_dkim_list_has(services->value, "email") ||
                       bs_dkim_list_has(services->value, "*");
    record->testing = flags && bs_dkim_list_has(flags->value, "y");
    record->same_domain = flags && bs_dkim_list_has(flags->value, "s");
}

static bool read_key(const struct bs_dkim_taglist *tags, struct bs_arena *arena, struct bs_dkim_key_record *record)
{
    const struct bs_dkim_tag *key = bs_dkim_taglist_find(tags, "p");
    if (!key)
        return reject(record, "the key record has no p="), true;
    record->revoked = key->value.len == 0;
    if (record->revoked)
        return reject(record, "the key was revoked: p= is empty"), true;
    size_t size;
    unsigned char *bytes = bs_arena_take(arena, BS_BASE64_DECODED_MAX(key->value.len));
    if (!bytes)
        return false;
    if (!bs_base64_decode_folded(key->value, bytes, &size))
        return reject(record, "the key record's p= is no base64"), true;
    record->key = bs_bytes(bytes, size);
    return true;
}

bool bs_dkim_key_record_read(struct bs_bytes text, struct bs_arena *arena, struct bs_dkim_key_record *ret_record)
{
    struct bs_dkim_taglist tags;
    struct bs_error error;
    *ret_record = (struct bs_dkim_key_record){.reason = NULL};
    if (text.len > BS_DKIM_KEY_RECORD_MAX)
        return reject(ret_record, "the key record is too long"), true;
    if (!bs_dkim_taglist_parse(text, &tags, &error)) {
        ret_record->reason = bs_arena_printf(arena, "the key record: %s", error.text);
        return ret_record->reason != NULL;
    }
    read_uses(&tags, ret_record);
    if (!read_version(&tags, ret_record) || !read_type(&tags, ret_record))
        return true;
    return read_key(&tags, arena, ret_record);
}
