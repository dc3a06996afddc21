/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold between the options of a configuration; see check.h. */
#include "config/check.h"

#include "config/duplicate.h"
#include "config/reader.h"

#include <inttypes.h>
#include <stdlib.h>

static bool check_domains_differ(const struct bs_config *config, struct bs_error *ret_error)
{
    struct bs_named_line first, second;
    struct bs_named_line *names = calloc(config->domain_count + 1, sizeof *names);
    if (!names)
        return bs_error_set(ret_error, "%s: out of memory", config->file);
    for (size_t i = 0; i < config->domain_count; i++)
        names[i] = (struct bs_named_line){config->domains[i].name, config->domains[i].line};
    bool twice = bs_duplicate_find(names, config->domain_count, true, &first, &second);
    free(names);
    if (!twice)
        return true;
    return bs_error_set(ret_error, "%s:%d: domain %s has a section already, on line %d", config->file, second.line,
                        bs_quote(bs_bytes_from_cstr(second.name)).text, first.line);
}

static bool has_signing_key(const struct bs_config *config)
{
    for (size_t i = 0; i < config->key_count; i++) {
        if (config->keys[i].digit == config->signing_key)
            return true;
    }
    return false;
}

static bool check_signing_key(const struct bs_config *config, struct bs_error *ret_error)
{
    static const char *const modes[] = {"off", "sign", "observe", "enforce"};
    if (has_signing_key(config))
        return true;
    for (size_t i = 0; i < config->domain_count; i++) {
        const struct bs_config_domain *domain = &config->domains[i];
        if (domain->mode == BS_CONFIG_OFF)
            continue;
        return bs_error_set(ret_error,
                            "%s:%d: domain %s has the mode %s, but there is no key %" PRId64 " to sign with "
                            "(signing-key); add: key %" PRId64 " { secret-file = \"...\" }",
                            config->file, domain->line, bs_quote(bs_bytes_from_cstr(domain->name)).text,
                            modes[domain->mode], config->signing_key, config->signing_key);
    }
    return true;
}

static bool check_sockets_differ(const struct bs_config *config, struct bs_error *ret_error)
{
    for (size_t i = 0; i < config->milter.count; i++) {
        for (size_t j = 0; j < config->socketmap.count; j++) {
            if (strcmp(config->milter.items[i], config->socketmap.items[j]) == 0)
                return bs_error_set(ret_error, "%s: %s stands in both milter and socketmap; a socket serves one of "
                                    "them", config->file, bs_quote(bs_bytes_from_cstr(config->milter.items[i])).text);
        }
    }
    return true;
}

bool bs_config_check(const struct bs_config *config, struct bs_error *ret_error)
{
    return check_domains_differ(config, ret_error) && check_signing_key(config, ret_error) &&
           check_sockets_differ(config, ret_error);
}
