/* SPDX-License-Identifier: BSD-2-Clause */
/* From the directory of DKIM keys to their public halves; see own_keys.h. */
#include "engine/own_keys.h"

#include "config/dkim_keys.h"

enum { MEMORY_MAX = 4 * 1024 * 1024 }; /* BS_DKIM_KEYS_MAX public halves and names fit */

/* Keys without a file cannot be known any more. */
static bool add_key(const struct bs_dkim_stored_key *stored, struct bs_own_keys *keys, struct bs_error *ret_error)
{
    struct bs_error why = {"its public half cannot be read"};
    unsigned char half[BS_PUBLIC_KEY_DER_MAX];
    size_t size = 0;
    struct bs_private_key *key = bs_private_key_read(stored->pem, &why);
    bool read = key && bs_private_key_public(key, half, &size);
    struct bs_dkim_own_key *own = &keys->items[keys->count];
    if (read) {
        own->name = bs_arena_copy(&keys->arena, stored->name);
        own->half.type = bs_private_key_type(key);
        own->half.key = bs_arena_copy(&keys->arena, bs_bytes(half, size));
        keys->count++;
    }
    bs_private_key_free(key);
    if (!read)
        return bs_error_set(ret_error, "%s: %s", stored->path, why.text);
    return (own->name.ptr && own->half.key.ptr) || bs_error_set(ret_error, "%s: no memory", stored->path);
}

static bool load_all(const struct bs_dkim_keys *stored, struct bs_own_keys *keys, struct bs_error *ret_error)
{
    keys->items = bs_arena_take(&keys->arena, (stored->count + 1) * sizeof *keys->items);
    if (!keys->items)
        return bs_error_set(ret_error, "%s: no memory", stored->directory);
    for (size_t i = 0; i < stored->count; i++) {
        if (stored->items[i].pem.ptr && !add_key(&stored->items[i], keys, ret_error))
            return false;
    }
    return true;
}

bool bs_own_keys_load(const char *directory, struct bs_own_keys *ret_keys, struct bs_error *ret_error)
{
    struct bs_dkim_keys stored;
    *ret_keys = (struct bs_own_keys){0};
    bs_arena_init(&ret_keys->arena, MEMORY_MAX);
    if (directory[0] == '\0')
        return true;
    if (!bs_dkim_keys_read(directory, &stored, ret_error))
        return false;
    bool loaded = load_all(&stored, ret_keys, ret_error);
    bs_dkim_keys_free(&stored);
    if (!loaded)
        bs_own_keys_free(ret_keys);
    return loaded;
}

void bs_own_keys_free(struct bs_own_keys *keys)
{
    bs_arena_reset(&keys->arena);
    keys->items = NULL;
    keys->count = 0;
}
