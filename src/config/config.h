/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration of backstop: read from a file, checked, held, printed. Every option stands in one table
 * (options.c); the parser, `backstop config show` and `sample`, and the manual page backstop.conf(5) come from it.
 * Nothing here opens a key file or a socket: a bs_config holds what the file says.
 */
#ifndef BS_CONFIG_CONFIG_H
#define BS_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>

enum {
    BS_CONFIG_FILE_MAX = 16 * 1024 * 1024,    /* bytes of a file */
    BS_CONFIG_MEMORY_MAX = 256 * 1024 * 1024, /* bytes that it may take in memory */
    BS_CONFIG_LISTENERS_MAX = 16,  /* sockets of one kind */
    BS_CONFIG_KEYS_MAX = 10,       /* one per digit */
    BS_CONFIG_DOMAINS_MAX = 100000,
    BS_CONFIG_LIST_MAX = 100000,   /* texts in one list */
    BS_CONFIG_POLICIES_MAX = 32,
    BS_CONFIG_REGISTRY_MIN = 8192, /* bytes of a registry of what was sent */
};

enum bs_config_mode { BS_CONFIG_OFF, BS_CONFIG_SIGN, BS_CONFIG_OBSERVE, BS_CONFIG_ENFORCE };
enum bs_config_authentication { BS_CONFIG_AUTHENTICATION_OFF, BS_CONFIG_MONITOR, BS_CONFIG_AUTHENTICATION_ENFORCE };
enum bs_config_action { BS_CONFIG_TAG, BS_CONFIG_QUARANTINE, BS_CONFIG_REJECT };
enum bs_config_temperror { BS_CONFIG_ACCEPT, BS_CONFIG_DEFER };
/* What becomes of an automatic message. */
enum bs_config_treatment {
    BS_CONFIG_TREAT_ACCEPT,
    BS_CONFIG_TREAT_TAG,
    BS_CONFIG_TREAT_QUARANTINE,
    BS_CONFIG_TREAT_REJECT,
    BS_CONFIG_TREAT_DISCARD,
};
enum bs_config_automatic { BS_CONFIG_BOUNCE, BS_CONFIG_AUTO_REPLY, BS_CONFIG_CHALLENGE, BS_CONFIG_NOTICE, BS_CONFIG_AUTOMATIC };
enum bs_config_unproven { BS_CONFIG_NOT_OURS, BS_CONFIG_UNCLEAR, BS_CONFIG_UNPROVEN };
enum bs_config_log { BS_CONFIG_LOG_AUTO, BS_CONFIG_LOG_JOURNAL, BS_CONFIG_LOG_SYSLOG, BS_CONFIG_LOG_STDERR };
enum bs_config_log_level {
    BS_CONFIG_LEVEL_ERROR,
    BS_CONFIG_LEVEL_WARNING,
    BS_CONFIG_LEVEL_INFO,
    BS_CONFIG_LEVEL_DEBUG,
};

struct bs_config_list {
    const char **items;
    size_t count;
};

struct bs_config_key {
    int64_t digit;           /* 0–9, the title of the section */
    const char *secret_file; /* path of a file with the secret */
    int line;
};

struct bs_config_domain {
    const char *name;                   /* the title of the section, as written */
    int64_t mode;                       /* enum bs_config_mode */
    bool fold_case;                     /* sign addresses in lower case */
    struct bs_config_list never_sends;  /* local parts from which no mail leaves; "*" is all of them */
    int line;
};

struct bs_config_policy {
    const char *name;                 /* the title of the section */
    struct bs_config_list recipients; /* "user@domain", "domain", ".domain"; none: all whom no other policy names */
    /* enum bs_config_treatment; the second half holds during a campaign */
    int64_t treatments[2][BS_CONFIG_AUTOMATIC][BS_CONFIG_UNPROVEN];
    int line;
};

struct bs_config {
    const char *file; /* where it was read from */

    const char *user;  /* who the daemon becomes when started as root; empty: stay */
    const char *group; /* empty: the user's */
    int64_t filters;   /* processes; 0: one per core */
    int64_t log;       /* enum bs_config_log */
    int64_t log_level; /* enum bs_config_log_level */

    struct bs_config_list milter;    /* "inet:HOST:PORT", "inet6:[ADDR]:PORT", "unix:/PATH" */
    struct bs_config_list socketmap; /* the same */
    const char *socketmap_name;      /* the map's name in requests */
    int64_t socket_mode;             /* permissions of unix sockets, written in octal */
    const char *socket_group;        /* group of unix sockets; empty: the daemon's */

    int64_t signing_key;             /* digit of the key that signs */
    int64_t tag_lifetime;            /* seconds, whole days */
    struct bs_config_list networks;  /* "ADDR" or "ADDR/BITS": hosts whose mail is ours to sign */
    struct bs_config_list no_sign;   /* "user@domain", "domain", ".domain" (below it): recipients never to sign for */
    struct bs_config_key keys[BS_CONFIG_KEYS_MAX];
    size_t key_count;
    struct bs_config_domain *domains;
    size_t domain_count;

    bool header_token;               /* outgoing mail gets a Backstop-Token */
    bool envelope_id;                /* and an ENVID */
    int64_t sent_registry;           /* bytes of the registry of what was sent; 0: none */
    bool sent_registry_complete;     /* no mail of ours is sent by other ways */
    struct bs_config_list rules;     /* files of bounce rules, beside those of the library */
    int64_t campaign_threshold;      /* unproven automatic messages in five minutes; 0: no campaigns */
    int64_t campaign_duration;       /* seconds */
    struct bs_config_policy policies[BS_CONFIG_POLICIES_MAX];
    size_t policy_count;

    int64_t authentication;          /* enum bs_config_authentication */
    const char *authserv_id;         /* empty: the MTA's host name */
    int64_t reject_action;           /* enum bs_config_action, for mail whose domain asks for rejection */
    int64_t quarantine_action;       /* the same for quarantine */
    int64_t temperror_action;        /* enum bs_config_temperror */
    struct bs_config_list trusted_forwarders; /* networks */
    struct bs_config_list trusted_sealers;    /* domains of ARC seals */
    const char *arc_seal;            /* domain whose key seals; empty: none */
    int64_t sender_check;            /* enum bs_config_authentication */
    const char *dkim_keys;           /* folder, see dkim_keys.h; empty: none */
    struct bs_config_list dns_servers; /* "system", "ADDRESS", "ADDRESS:PORT", "[ADDRESS]:PORT"; none: from the root */
    const char *dns_trust_anchor;    /* file; empty: no DNSSEC */
    int64_t dns_timeout;             /* seconds of a question */
    int64_t dns_cache;               /* bytes per filter */
    int64_t dns_rate;                /* questions a second per filter; 0: any */
    int64_t max_questions;           /* per message */
    int64_t max_open_questions;      /* per filter */
    int64_t authentication_timeout;  /* seconds that a message waits for answers */

    int64_t max_frame;           /* bytes */
    int64_t max_sessions;        /* per filter */
    int64_t message_memory;      /* bytes that messages under way hold together, per filter */
    int64_t max_recipients;      /* per message */
    int64_t max_null_recipients; /* per message with the null sender in the judged domains */
    int64_t frame_timeout;       /* seconds from the first byte of a frame to its last */
    int64_t write_timeout;       /* seconds in which a peer must read something */
    int64_t session_timeout;     /* seconds without any frame */
    int64_t drain_timeout;       /* seconds that old filters get to finish after a reload */

    struct bs_arena arena; /* owns every text and array above */
};

/* The file that is read where none is named: /etc/backstop/backstop.conf, fixed when backstop is built. */
const char *bs_config_default_file(void);

/* Reads and checks `path`. On false nothing is held, and the error names file, line, what is wrong, what is
 * allowed, and the nearest known name. */
bool bs_config_load(const char *path, struct bs_config *ret_config, struct bs_error *ret_error);

/* The same from a text; `name` stands for the file in errors. For scenarios, tests and fuzzing. */
bool bs_config_parse(const char *text, const char *name, struct bs_config *ret_config, struct bs_error *ret_error);

void bs_config_free(struct bs_config *config);

/* Prints every option with the value in force, in the file's own syntax: reading it back gives the same. */
void bs_config_show(const struct bs_config *config, FILE *out);
void bs_config_show_json(const struct bs_config *config, FILE *out);

/* A file with every option, its default and what it means, ready to be edited. */
void bs_config_sample(FILE *out);

/* The options as a section of backstop.conf(5), in scdoc's markup. */
void bs_config_manual(FILE *out);

#endif
