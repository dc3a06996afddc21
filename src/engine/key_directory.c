/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of the directory of DKIM keys; see key_directory.h. */
#include "engine/key_directory.h"

static bool open_key(const struct bs_dkim_stored_key *stored, const struct bs_key_taker *taker, struct bs_error *ret_error)
{
    struct bs_error why = {"its public half cannot be read"};
    unsigned char half[BS_PUBLIC_KEY_DER_MAX];
    size_t size = 0;
    struct bs_private_key *key = bs_private_key_read(stored->pem, &why);
    bool read = key && bs_private_key_public(key, half, &size);
    bool taken = read && taker->take(taker->state, stored, &key, bs_bytes(half, size));
    bs_private_key_free(key);
    return taken || bs_error_set(ret_error, "%s: %s", stored->path, read ? "no memory" : why.text);
}

bool bs_key_directory_read(const char *directory, const struct bs_key_taker *taker, struct bs_error *ret_error)
{
    struct bs_dkim_keys stored;
    if (directory[0] == '\0')
        return true;
    if (!bs_dkim_keys_read(directory, &stored, ret_error))
        return false;
    bool opened = true;
    for (size_t i = 0; i < stored.count && opened; i++) {
        const struct bs_dkim_stored_key *item = &stored.items[i];
        if (item->pem.ptr && (!taker->signing_only || item->state == BS_DKIM_KEY_SIGNING))
            opened = open_key(item, taker, ret_error);
    }
    bs_dkim_keys_free(&stored);
    return opened;
}
