/* SPDX-License-Identifier: BSD-2-Clause */
/* From the directory of DKIM keys to keys that sign; see signing_keys.h. */
#include "engine/signing_keys.h"

#include "config/dkim_keys.h"

#include <stdlib.h>

/* A key and the memory that its views borrow. */
struct loaded_key {
    struct bs_signing_key key;
    struct bs_private_key *private_key;
    unsigned char public_half[BS_PUBLIC_KEY_DER_MAX];
    char name[]; /* SELECTOR._domainkey.DOMAIN */
};

static void free_keys(void *first)
{
    for (struct bs_signing_key *key = first; key;) {
        struct loaded_key *loaded = (struct loaded_key *)key;
        key = (struct bs_signing_key *)key->next;
        bs_private_key_free(loaded->private_key);
        free(loaded);
    }
}

void bs_signing_keys_free(struct bs_signing_keys *keys)
{
    bs_name_set_clear(&keys->by_domain, free_keys);
    keys->count = 0;
}

/* Puts the key behind those of its domain, or makes it the first. */
static bool add_key(struct bs_signing_keys *keys, struct loaded_key *loaded)
{
    void *first;
    keys->count++;
    if (!bs_name_set_find(&keys->by_domain, loaded->key.domain, &first))
        return bs_name_set_add(&keys->by_domain, loaded->key.domain, &loaded->key);
    struct bs_signing_key *last = first;
    while (last->next)
        last = (struct bs_signing_key *)last->next;
    last->next = &loaded->key;
    return true;
}

static struct loaded_key *load_key(const struct bs_dkim_stored_key *stored, struct bs_error *ret_error)
{
    struct bs_error why;
    size_t size = 0;
    struct loaded_key *loaded = calloc(1, sizeof *loaded + stored->name.len + 1);
    if (!loaded) {
        bs_error_set(ret_error, "%s: no memory", stored->path);
        return NULL;
    }
    loaded->private_key = bs_private_key_read(stored->pem, &why);
    if (!loaded->private_key || !bs_private_key_public(loaded->private_key, loaded->public_half, &size)) {
        bs_error_set(ret_error, "%s: %s", stored->path, loaded->private_key ? "its public half cannot be read" : why.text);
        bs_private_key_free(loaded->private_key);
        free(loaded);
        return NULL;
    }
    memcpy(loaded->name, stored->name.ptr, stored->name.len);
    loaded->key = (struct bs_signing_key){
        .key = loaded->private_key,
        .name = bs_bytes(loaded->name, stored->name.len),
        .selector = bs_bytes(loaded->name, stored->selector.len),
        .domain = bs_bytes(loaded->name + (stored->name.len - stored->domain.len), stored->domain.len),
        .public_half = bs_bytes(loaded->public_half, size),
    };
    return loaded;
}

static bool load_all(const struct bs_dkim_keys *stored, struct bs_signing_keys *keys, struct bs_error *ret_error)
{
    for (size_t i = 0; i < stored->count; i++) {
        const struct bs_dkim_stored_key *item = &stored->items[i];
        if (item->state != BS_DKIM_KEY_SIGNING)
            continue;
        struct loaded_key *loaded = load_key(item, ret_error);
        if (!loaded)
            return false;
        if (!add_key(keys, loaded)) {
            free_keys(&loaded->key);
            return bs_error_set(ret_error, "%s: no memory", item->path);
        }
    }
    return true;
}

bool bs_signing_keys_load(const char *directory, struct bs_signing_keys *ret_keys, struct bs_error *ret_error)
{
    struct bs_dkim_keys stored;
    *ret_keys = (struct bs_signing_keys){0};
    if (directory[0] == '\0')
        return true;
    if (!bs_dkim_keys_read(directory, &stored, ret_error))
        return false;
    bool loaded = load_all(&stored, ret_keys, ret_error);
    bs_dkim_keys_free(&stored);
    if (!loaded)
        bs_signing_keys_free(ret_keys);
    return loaded;
}

const struct bs_signing_key *bs_signing_keys_find(const struct bs_signing_keys *keys, struct bs_bytes domain)
{
    void *first;
    while (domain.len > 0) {
        if (bs_name_set_find(&keys->by_domain, domain, &first))
            return first;
        size_t dot = bs_bytes_find(domain, '.');
        domain = bs_bytes_skip(domain, dot < domain.len ? dot + 1 : dot);
    }
    return NULL;
}
