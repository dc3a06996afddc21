/* SPDX-License-Identifier: BSD-2-Clause */
/* The keys of the directory of DKIM keys, opened one after another: for those who know keys by their public halves
 * (own_keys.h), and those who sign (signing_keys.h). */
#ifndef BS_ENGINE_KEY_DIRECTORY_H
#define BS_ENGINE_KEY_DIRECTORY_H

#include "config/dkim_keys.h"
#include "crypto/signature.h"

/* Whoever takes the keys. */
struct bs_key_taker {
    bool signing_only; /* only the keys in that state are opened; else all that have a file */
    void *state;
    /* Takes a key and its public half, which are there for the call only; who keeps the private one sets it to NULL. False
     * without memory. */
    bool (*take)(void *state, const struct bs_dkim_stored_key *stored, struct bs_private_key **io_key, struct bs_bytes half);
};

/* Reads the directory; in an empty path there are no keys. False with an error that names the file. */
bool bs_key_directory_read(const char *directory, const struct bs_key_taker *taker, struct bs_error *ret_error);

#endif
