/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of backstop.conf that setup proposes for a machine. */
#ifndef BS_CLI_SETUP_CONFIG_H
#define BS_CLI_SETUP_CONFIG_H

#include "audit/postfix_domains.h"
#include "config/config.h"

/* What the user of setup says; NULL: nothing. */
struct bs_setup_wishes {
    const char *milter;
    const char *socketmap;
    const char *user;
};

/* Appends a whole file, which is to be `config_file`: sockets, networks, next steps as comments, a key in `key_file`, and
 * a section for each domain. */
void bs_setup_config_new(const struct bs_setup_wishes *wishes, const struct bs_postfix_networks *networks,
                         const char *config_file, const char *key_file, const struct bs_postfix_domain *domains,
                         size_t count, struct bs_strbuf *out);

/* Appends sections for those domains that the configuration, whose text is `text`, does not have. */
void bs_setup_config_extend(const struct bs_config *config, struct bs_bytes text,
                            const struct bs_postfix_domain *domains, size_t count, struct bs_strbuf *out);

#endif
