/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of options. A row says what an option is called, what it takes, what holds without it, where it
 * lies in the configuration, and what it does; reading, checking, printing, the sample and the manual follow
 * from it. To add an option: a member in config.h, a row in options.c.
 */
#ifndef BS_CONFIG_OPTIONS_H
#define BS_CONFIG_OPTIONS_H

#include "base/bytes.h"

#include <stdint.h>

enum bs_option_section { BS_SECTION_TOP, BS_SECTION_KEY, BS_SECTION_DOMAIN, BS_SECTION_POLICY, BS_SECTION_COUNT };

enum bs_option_type {
    BS_OPTION_BOOL,        /* true or false; also yes, no, on, off */
    BS_OPTION_INTEGER,     /* min to max */
    BS_OPTION_SIZE,        /* bytes, or with k or M */
    BS_OPTION_DURATION,    /* a number with s, m, h, d or w; kept in seconds */
    BS_OPTION_PERMISSIONS, /* of a file, in octal */
    BS_OPTION_CHOICE,      /* one of `choices`; kept as its index */
    BS_OPTION_ACCOUNT,     /* the name of a user or group */
    BS_OPTION_PATH,        /* absolute */
    BS_OPTION_OPTIONAL_PATH, /* absolute, or empty */
    BS_OPTION_HOST,        /* a domain, or empty */
    BS_OPTION_MAP_NAME,    /* what a socketmap request begins with */
    BS_OPTION_SOCKETS,     /* a list, see socket.h */
    BS_OPTION_NETWORKS,    /* a list of ADDRESS or ADDRESS/BITS */
    BS_OPTION_RECIPIENTS,  /* a list of user@domain, domain, .domain */
    BS_OPTION_LOCAL_PARTS, /* a list of local parts, or "*" */
    BS_OPTION_DOMAINS,     /* a list of domains */
    BS_OPTION_PATHS,       /* a list of absolute paths */
    BS_OPTION_DNS_SERVERS, /* a list of "system", ADDRESS, ADDRESS:PORT, [ADDRESS]:PORT */
    BS_OPTION_TYPE_COUNT
};

/* What a member of the configuration is in C: bool, int64_t, const char * or struct bs_config_list. */
enum bs_option_storage { BS_STORAGE_BOOL, BS_STORAGE_NUMBER, BS_STORAGE_TEXT, BS_STORAGE_LIST };

enum {
    BS_OPTIONS_MAX = 96, /* rows */
    BS_OPTION_CHOICES_MAX = 5,
};

struct bs_option {
    const char *heading; /* of the group that begins with this row, or NULL */
    enum bs_option_section section;
    const char *name;
    enum bs_option_type type;
    const char *default_value; /* in the file's syntax; NULL: must be given */
    const char *example;       /* for the sample where there is no default, or one that shows nothing; else NULL */
    int64_t min, max;          /* of numbers */
    int64_t step;              /* of durations: a multiple of this many seconds; 0: any */
    const char *choices[BS_OPTION_CHOICES_MAX + 1]; /* ends with NULL */
    size_t offset;             /* in bs_config, bs_config_key, bs_config_domain or bs_config_policy */
    const char *meaning;       /* a paragraph */
};

struct bs_option_list {
    const struct bs_option *rows;
    size_t count;
};

struct bs_option_list bs_options(void);

/* The option of this name in the section, or NULL. */
const struct bs_option *bs_option_find(enum bs_option_section section, struct bs_bytes name);

enum bs_option_storage bs_option_storage(const struct bs_option *option);

/* What is said about a section as a whole. The top level has an empty name and nothing else. */
struct bs_section {
    const char *name;    /* "key", "domain" and "policy" */
    const char *title;   /* what stands behind the name, as a word for it */
    const char *example; /* and as the sample has it */
    const char *meaning;
};

const struct bs_section *bs_section(enum bs_option_section section);

#endif
