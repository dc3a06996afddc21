/* SPDX-License-Identifier: BSD-2-Clause */
/* From the directory of DKIM keys to keys that sign; see signing_keys.h. */
#include "engine/signing_keys.h"

#include "engine/key_directory.h"

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
static bool insert(struct bs_signing_keys *keys, struct loaded_key *loaded)
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

static bool add_key(void *state, const struct bs_dkim_stored_key *stored, struct bs_private_key **io_key, struct bs_bytes half)
{
    struct loaded_key *loaded = calloc(1, sizeof *loaded + stored->name.len + 1);
    if (!loaded)
        return false;
    memcpy(loaded->name, stored->name.ptr, stored->name.len);
    memcpy(loaded->public_half, half.ptr, half.len);
    loaded->private_key = *io_key;
    *io_key = NULL;
    loaded->key = (struct bs_signing_key){
        .key = loaded->private_key,
        .name = bs_bytes(loaded->name, stored->name.len),
        .selector = bs_bytes(loaded->name, stored->selector.len),
        .domain = bs_bytes(loaded->name + (stored->name.len - stored->domain.len), stored->domain.len),
        .public_half = bs_bytes((const char *)loaded->public_half, half.len),
    };
    bool inserted = insert(state, loaded);
    if (!inserted)
        free_keys(&loaded->key);
    return inserted;
}

bool bs_signing_keys_load(const char *directory, struct bs_signing_keys *ret_keys, struct bs_error *ret_error)
{
    struct bs_key_taker taker = {.signing_only = true, .state = ret_keys, .take = add_key};
    *ret_keys = (struct bs_signing_keys){0};
    bool loaded = bs_key_directory_read(directory, &taker, ret_error);
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
