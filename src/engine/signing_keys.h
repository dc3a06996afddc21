/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DKIM keys that mail of ours is signed with: those of the directory that are in the state `signing`, by domain. They
 * do not change; a reload makes new ones.
 */
#ifndef BS_ENGINE_SIGNING_KEYS_H
#define BS_ENGINE_SIGNING_KEYS_H

#include "base/error.h"
#include "crypto/signature.h"
#include "policy/name_set.h"

struct bs_signing_key {
    const struct bs_signing_key *next; /* of the same domain: all of them sign */
    const struct bs_private_key *key;
    struct bs_bytes selector, domain;
    struct bs_bytes name;              /* SELECTOR._domainkey.DOMAIN */
    struct bs_bytes public_half;       /* as p= has it, decoded */
};

struct bs_signing_keys {
    struct bs_name_set by_domain;
    size_t count;
};

/* Reads the directory; an empty path means that there are no keys. False with an error that names the file; then there is
 * nothing to free. */
bool bs_signing_keys_load(const char *directory, struct bs_signing_keys *ret_keys, struct bs_error *ret_error);
void bs_signing_keys_free(struct bs_signing_keys *keys);

/* The keys of the domain, or else of the nearest domain above it that has some; NULL without any. */
const struct bs_signing_key *bs_signing_keys_find(const struct bs_signing_keys *keys, struct bs_bytes domain);

#endif
