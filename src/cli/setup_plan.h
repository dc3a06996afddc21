/* SPDX-License-Identifier: BSD-2-Clause */
/* What `backstop setup` would do on this machine: which files with which text, and what is worth knowing before. */
#ifndef BS_CLI_SETUP_PLAN_H
#define BS_CLI_SETUP_PLAN_H

#include "cli/postfix.h"
#include "cli/setup_config.h"
#include "cli/setup_files.h"

enum { BS_SETUP_FILES_MAX = BS_CONFIG_KEYS_MAX + 2 }; /* keys, backstop.conf, main.cf */

/* What was asked for on the command line. */
struct bs_setup_request {
    const char *config_file;
    struct bs_postfix_place place;
    struct bs_setup_wishes wishes;
    const char **domains; /* --domain */
    size_t domain_count;
    bool write, reload, remove, json;
};

struct bs_setup {
    const struct bs_setup_request *request;
    struct bs_arena arena;
    struct bs_postfix_machine postfix;
    const char *no_postfix;  /* where it was looked for in vain; NULL: it is there */
    bool no_domain;          /* none is to be protected, so nothing is planned */
    struct bs_config config; /* as it will be */
    struct bs_setup_file files[BS_SETUP_FILES_MAX]; /* that change, in the order in which they are written */
    size_t file_count;
    struct bs_setup_file *main_cf; /* among them, or NULL */
    struct bs_findings notes;
};

/* Plans; the caller ends with bs_setup_free either way. On false nothing can be proposed, and the error says why. */
bool bs_setup_plan(const struct bs_setup_request *request, struct bs_setup *ret_setup, struct bs_error *ret_error);
void bs_setup_free(struct bs_setup *setup);

/* The directory of the configuration, in which keys and copies of changed files are kept; NULL without memory. */
const char *bs_setup_directory(struct bs_setup *setup);

/* Whether Postfix's settings, as they are now, are what the plan was to make of them. */
bool bs_setup_is_in_force(const struct bs_setup *setup, struct bs_error *ret_error);

#endif
