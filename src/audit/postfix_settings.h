/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The settings of a Postfix, read from what its own postconf(1) prints: `postconf NAME…` (as written), `postconf -x
 * NAME…` ($ expanded), `postconf -M` (services), `postconf -P` (their -o settings). Nothing here runs postconf or
 * reads main.cf. Views borrow from the texts that were parsed.
 */
#ifndef BS_AUDIT_POSTFIX_SETTINGS_H
#define BS_AUDIT_POSTFIX_SETTINGS_H

#include "audit/mta_socket.h"

enum {
    BS_POSTFIX_PARAMETERS_MAX = 64,
    BS_POSTFIX_SERVICES_MAX = 500,
    BS_POSTFIX_OVERRIDES_MAX = 2000,
};

struct bs_postfix_parameter {
    struct bs_bytes name;
    struct bs_bytes written;  /* as in main.cf, or Postfix's default */
    struct bs_bytes expanded; /* with the values of other parameters in the place of $name */
};

/* A line of master.cf. */
struct bs_postfix_service {
    struct bs_bytes name; /* "smtp", "127.0.0.1:10025" */
    struct bs_bytes type; /* "inet", "unix", "pass" */
    struct bs_bytes program;
    bool chrooted;
};

/* A -o of a service. */
struct bs_postfix_override {
    struct bs_bytes service; /* "submission/inet" */
    struct bs_bytes name;
    struct bs_bytes value;
};

struct bs_postfix {
    struct bs_postfix_parameter parameters[BS_POSTFIX_PARAMETERS_MAX];
    size_t parameter_count;
    struct bs_postfix_service services[BS_POSTFIX_SERVICES_MAX];
    size_t service_count;
    struct bs_postfix_override overrides[BS_POSTFIX_OVERRIDES_MAX];
    size_t override_count;
    bool incomplete; /* more of something than there is room for */
};

/* What postconf printed: as written, expanded, -M, -P. */
struct bs_postfix_texts {
    struct bs_bytes written;
    struct bs_bytes expanded;
    struct bs_bytes services;
    struct bs_bytes overrides;
};

void bs_postfix_parse(const struct bs_postfix_texts *texts, struct bs_postfix *ret_postfix);

/* The expanded value, or the one as written; empty where postconf did not print the parameter. */
struct bs_bytes bs_postfix_value(const struct bs_postfix *postfix, const char *name);
struct bs_bytes bs_postfix_written(const struct bs_postfix *postfix, const char *name);

/* Replaces the expanded value, as if main.cf were different. */
void bs_postfix_assume(struct bs_postfix *postfix, const char *name, struct bs_bytes value);

/* The -o of that name for the service, or NULL. */
const struct bs_postfix_override *bs_postfix_override(const struct bs_postfix *postfix,
                                                      const struct bs_postfix_service *service, const char *name);

/* Whether Postfix is at least version MAJOR.MINOR. */
bool bs_postfix_is_at_least(const struct bs_postfix *postfix, unsigned major, unsigned minor);

/* The next item of a list: separated by commas, blanks and line ends; one in braces is a single item (see
 * postconf(5)). */
bool bs_postfix_list_next(struct bs_bytes *io_list, struct bs_bytes *ret_item);

/* An item of smtpd_milters: ADDRESS, or { ADDRESS, name=value, … } since Postfix 3.0. */
struct bs_postfix_milter {
    struct bs_mta_socket socket;
    struct bs_bytes default_action; /* empty: as milter_default_action */
    struct bs_bytes protocol;       /* empty: as milter_protocol */
};

bool bs_postfix_milter_parse(struct bs_bytes item, struct bs_postfix_milter *ret_milter);

/* An item of a list of tables: socketmap:ADDRESS:NAME, with or without proxy: before it. */
struct bs_postfix_socketmap {
    struct bs_mta_socket socket;
    struct bs_bytes name;
};

bool bs_postfix_socketmap_parse(struct bs_bytes item, struct bs_postfix_socketmap *ret_map);

/* Where a path of main.cf leads: one that is relative, or that a chrooted service sees, begins in the queue
 * directory. */
const char *bs_postfix_path(const struct bs_postfix *postfix, struct bs_bytes path, bool chrooted,
                            struct bs_arena *arena);

#endif
