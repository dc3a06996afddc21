/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands do with DKIM keys on disk: make them, write them, read them, and print the records that publish
 * them. What fails has been told on stderr when these return; a status is one of exit(3), EX_OK where it went well.
 */
#ifndef BS_CLI_DKIM_STORE_H
#define BS_CLI_DKIM_STORE_H

#include "config/dkim_keys.h"
#include "crypto/signature.h"

#include <stdio.h>

/* A key to be made. */
struct bs_dkim_order {
    struct bs_bytes domain;
    struct bs_bytes selector; /* empty: one from the date and the type */
    enum bs_key_type type;
    unsigned bits;            /* of an RSA key */
};

/* The directory of keys beside the configuration file. */
const char *bs_dkim_store_default(const char *config_file, struct bs_arena *arena);

/* Says what is wrong with the names, if anything is. */
int bs_dkim_store_check_names(struct bs_bytes selector, struct bs_bytes domain);

/* Writes a new file that only its owner and group may read; one that is there is never overwritten. Where a directory
 * is given and root writes, the group is the directory's. */
int bs_dkim_store_write(const char *path, const char *directory, const struct bs_private_key *key);

/* Makes the directory where there is none: 0750, and where root does so, of the group that backstopd has by this
 * configuration, or the default one for NULL. So backstopd can read what is written there. */
int bs_dkim_store_make_directory(const char *directory, const char *config_file);

/* Writes the states. */
int bs_dkim_store_save(const struct bs_dkim_keys *keys);

/* Makes a key in the directory, which the caller has locked, with the state new as of `now`. `io_keys` is read anew:
 * states that were changed and not saved are lost. `ret_name` is in the arena. */
int bs_dkim_store_make(struct bs_dkim_keys *io_keys, const struct bs_dkim_order *order, int64_t now,
                       struct bs_arena *arena, struct bs_bytes *ret_name);

/* The key in the file; NULL with an error that begins with its path. */
struct bs_private_key *bs_dkim_store_load(const struct bs_dkim_stored_key *key, struct bs_error *ret_error);

/* The text of the record that publishes the key, or of that of a revoked key where it is NULL, in the arena. */
int bs_dkim_store_record(const struct bs_private_key *key, struct bs_arena *arena, struct bs_bytes *ret_text);

/* Prints a record as a line of a zone file. */
void bs_dkim_store_print_record(struct bs_bytes name, struct bs_bytes text, FILE *out);

/* `rsa` or `ed25519`. */
const char *bs_dkim_store_type_name(enum bs_key_type type);

#endif
