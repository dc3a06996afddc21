/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What DNS shows of DKIM keys on disk: each key's record as every authoritative server of its zone has it, since only
 * when all have it can a message be verified wherever it is. The servers are found through the resolver and then asked
 * directly. With --dns all of it comes from files.
 */
#ifndef BS_CLI_DKIM_VIEW_H
#define BS_CLI_DKIM_VIEW_H

#include "audit/zone_servers.h"
#include "auth/dkim_publication.h"
#include "cli/dkim_schedule.h"
#include "cli/judge.h"
#include "config/dkim_keys.h"

enum { BS_DKIM_FILES_MAX = 16 }; /* --dns-at */

/* Values that getopt_long returns for the options of BS_DKIM_VIEW_OPTIONS. */
enum bs_dkim_view_option { BS_DKIM_CONFIG = 2000, BS_DKIM_DIRECTORY, BS_DKIM_DNS_AT, BS_DKIM_PORT, BS_DKIM_RESOLVER };

#define BS_DKIM_VIEW_OPTIONS \
    {"config", required_argument, NULL, BS_DKIM_CONFIG}, {"directory", required_argument, NULL, BS_DKIM_DIRECTORY}, \
    {"dns-at", required_argument, NULL, BS_DKIM_DNS_AT}, {"port", required_argument, NULL, BS_DKIM_PORT}, \
    {"resolver-only", no_argument, NULL, BS_DKIM_RESOLVER}

/* Their lines in a usage text, to stand before BS_JUDGE_USAGE. */
#define BS_DKIM_VIEW_USAGE \
    "      --directory DIR the keys; else what dkim-keys names in the configuration, else dkim beside it\n" \
    "  -c, --config FILE   the configuration; default " BACKSTOP_CONFIG_FILE "\n" \
    "      --resolver-only believe the resolver, and do not ask the authoritative servers\n" \
    "      --port PORT     ask the authoritative servers at this port; 53 unless given\n" \
    "      --dns-at SERVER=FILE\n" \
    "                      with --dns: this server, by name or address, answers from FILE\n"

/* What a command was told about keys and servers. */
struct bs_dkim_place {
    const char *config_file; /* NULL: the default */
    const char *directory;   /* NULL: not given */
    const char *files[BS_DKIM_FILES_MAX]; /* SERVER=FILE */
    size_t file_count;
    unsigned port;           /* 0: 53 */
    bool resolver_only;
};

/* One name server's answer for one key. */
struct bs_dkim_server_view {
    const struct bs_zone_server *server; /* NULL: the resolver itself */
    struct bs_dkim_publication publication;
};

struct bs_dkim_view {
    const struct bs_dkim_stored_key *key;
    const char *unreadable; /* why the key's file is of no use; NULL where it is good */
    enum bs_key_type type;
    unsigned bits;
    unsigned char public_key[BS_PUBLIC_KEY_DER_MAX];
    size_t public_size;
    struct bs_zone_servers zone;
    struct bs_dkim_server_view servers[BS_ZONE_SERVERS_MAX];
    size_t server_count;
    bool wildcard;          /* names of keys that nobody has are answered, too */
    enum bs_dkim_sight sight;
    const char *reason;     /* the sight in words */
};

/* Takes one of BS_DKIM_VIEW_OPTIONS. False for any other, and for a bad value, about which it has spoken. */
bool bs_dkim_place_take_option(struct bs_dkim_place *place, int option, const char *argument);

/* The directory of the keys, in the arena; NULL after having said what is wrong. */
const char *bs_dkim_place_directory(const struct bs_dkim_place *place, struct bs_arena *arena);

/* Looks at the keys, all at once; those without a file are unreadable. `views` holds `count` with `key` set; all else
 * is filled in, and borrows from the keys and the judge. -1 to go on, else the exit status. */
int bs_dkim_look(struct bs_judge *judge, const struct bs_dkim_place *place, struct bs_dkim_view *views, size_t count);

#endif
