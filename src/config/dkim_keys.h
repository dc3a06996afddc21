/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory of DKIM keys. A key is a file SELECTOR._domainkey.DOMAIN.pem, the name in ASCII as DNS has it, which
 * not everybody may read. What is done with it stands in the file `states` beside it, which people may edit:
 *
 *     # a comment
 *     SELECTOR._domainkey.DOMAIN STATE SINCE
 *
 * SINCE is a date, or a date and a time as 2026-08-21T10:30:00Z. A key without a line is new since its file was
 * written; a line without a file is an error, but for a key that was revoked. Files that do not end in `.pem`, or
 * begin with a dot, are not looked at. Whether a PEM file holds a key is for whoever uses it.
 */
#ifndef BS_CONFIG_DKIM_KEYS_H
#define BS_CONFIG_DKIM_KEYS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdint.h>

#define BS_DKIM_STATES_FILE "states"

enum {
    BS_DKIM_KEYS_MAX = 1000,              /* keys in the directory, with those that have a line only */
    BS_DKIM_KEY_FILE_MAX = 16 * 1024,     /* bytes of a key's file */
    BS_DKIM_STATES_FILE_MAX = 512 * 1024, /* bytes of `states` */
};

/* In the order in which a key goes through them. */
enum bs_dkim_key_state {
    BS_DKIM_KEY_NEW,      /* made; its record is to be published. It does not sign */
    BS_DKIM_KEY_SIGNING,
    BS_DKIM_KEY_RETIRING, /* signs no longer; its record stays, so that mail under way verifies */
    BS_DKIM_KEY_REVOKED,  /* its record has an empty p= or is gone; the file may go, too */
    BS_DKIM_KEY_STATES
};

struct bs_dkim_stored_key {
    struct bs_bytes name;             /* SELECTOR._domainkey.DOMAIN in lower case, and the parts of it */
    struct bs_bytes selector, domain;
    const char *path;                 /* of its file */
    struct bs_bytes pem;              /* secret; ptr is NULL where there is no file */
    enum bs_dkim_key_state state;
    int64_t since;
    bool listed;                      /* it has a line, or is to get one */
    int line;                         /* its line; 0: none */
};

/* All views are valid until bs_dkim_keys_free. */
struct bs_dkim_keys {
    const char *directory;
    struct bs_dkim_stored_key *items; /* by domain, then by selector */
    size_t count;
    const char *states_path;
    struct bs_bytes states_text;      /* of `states` as it was read */
    struct bs_arena arena;            /* private */
};

/* Reads the directory. False with an error that begins with the file, and for `states` its line; then there is nothing
 * to free. */
bool bs_dkim_keys_read(const char *directory, struct bs_dkim_keys *ret_keys, struct bs_error *ret_error);

/* Wipes and frees; may be called again. */
void bs_dkim_keys_free(struct bs_dkim_keys *keys);

/* The key of that name in any case, or NULL. */
struct bs_dkim_stored_key *bs_dkim_keys_find(const struct bs_dkim_keys *keys, struct bs_bytes name);

/* Gives the key a state as of `now`; bs_dkim_keys_write makes it last. */
void bs_dkim_key_set_state(struct bs_dkim_stored_key *key, enum bs_dkim_key_state state, int64_t now);

/* Writes `states` whole or not at all; comments, order, owner and mode stay. */
bool bs_dkim_keys_write(const struct bs_dkim_keys *keys, struct bs_error *ret_error);

/* Keeps all others who call it from the directory until the descriptor, which the caller closes, is closed. -1 with an
 * error, also where somebody else has it now. */
int bs_dkim_keys_lock(const char *directory, struct bs_error *ret_error);

/* Splits SELECTOR._domainkey.DOMAIN; false where it is no such name in ASCII, of 253 bytes at most. */
bool bs_dkim_key_split(struct bs_bytes name, struct bs_bytes *ret_selector, struct bs_bytes *ret_domain);

const char *bs_dkim_key_state_name(enum bs_dkim_key_state state);

#endif
