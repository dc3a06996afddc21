/* SPDX-License-Identifier: BSD-2-Clause */
/* From the directory of DKIM keys to their public halves; see own_keys.h. */
#include "engine/own_keys.h"

#include "engine/key_directory.h"

enum { MEMORY_MAX = 4 * 1024 * 1024 }; /* BS_DKIM_KEYS_MAX public halves and names fit */

static bool add_key(void *state, const struct bs_dkim_stored_key *stored, struct bs_private_key **io_key, struct bs_bytes half)
{
    struct bs_own_keys *keys = state;
    if (!keys->items)
        keys->items = bs_arena_take(&keys->arena, BS_DKIM_KEYS_MAX * sizeof *keys->items);
    if (!keys->items)
        return false;
    struct bs_dkim_own_key *own = &keys->items[keys->count++];
    own->name = bs_arena_copy(&keys->arena, stored->name);
    own->half.type = bs_private_key_type(*io_key);
    own->half.key = bs_arena_copy(&keys->arena, half);
    return own->name.ptr && own->half.key.ptr;
}

bool bs_own_keys_load(const char *directory, struct bs_own_keys *ret_keys, struct bs_error *ret_error)
{
    struct bs_key_taker taker = {.state = ret_keys, .take = add_key};
    *ret_keys = (struct bs_own_keys){0};
    bs_arena_init(&ret_keys->arena, MEMORY_MAX);
    bool loaded = bs_key_directory_read(directory, &taker, ret_error);
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
