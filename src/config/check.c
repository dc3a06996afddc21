/* SPDX-License-Identifier: BSD-2-Clause */
/* What must hold between the options of a configuration; see check.h. */
#include "config/check.h"

#include "config/duplicate.h"
#include "config/reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

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

/* At most one policy is for all. */
static bool check_policies_differ(const struct bs_config *config, struct bs_error *ret_error)
{
    const struct bs_config_policy *first = NULL;
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct bs_config_policy *policy = &config->policies[i];
        if (policy->recipients.count > 0)
            continue;
        if (first)
            return bs_error_set(ret_error, "%s:%d: policy %s names no recipients, so it is for all, as is that on line %d",
                                config->file, policy->line, bs_quote(bs_bytes_from_cstr(policy->name)).text, first->line);
        first = policy;
    }
    return true;
}

static size_t count_recipients(const struct bs_config *config)
{
    size_t count = 0;
    for (size_t i = 0; i < config->policy_count; i++)
        count += config->policies[i].recipients.count;
    return count;
}

static bool check_recipients_differ(const struct bs_config *config, struct bs_error *ret_error)
{
    struct bs_named_line first, second;
    size_t count = 0;
    struct bs_named_line *names = calloc(count_recipients(config) + 1, sizeof *names);
    if (!names)
        return bs_error_set(ret_error, "%s: out of memory", config->file);
    for (size_t i = 0; i < config->policy_count; i++) {
        const struct bs_config_policy *policy = &config->policies[i];
        for (size_t j = 0; j < policy->recipients.count; j++)
            names[count++] = (struct bs_named_line){policy->recipients.items[j], policy->line};
    }
    bool twice = bs_duplicate_find(names, count, true, &first, &second);
    free(names);
    if (!twice)
        return true;
    return bs_error_set(ret_error, "%s:%d: %s stands in the recipients of another policy already, on line %d",
                        config->file, second.line, bs_quote(bs_bytes_from_cstr(second.name)).text, first.line);
}

static int compare_names(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether the recipient lies in one of the domains, or .domain above one. */
static bool is_ours(const char *recipient, const char *const *domains, size_t count)
{
    const char *at = strrchr(recipient, '@');
    const char *domain = at ? at + 1 : recipient;
    if (domain[0] != '.')
        return bsearch(&domain, domains, count, sizeof *domains, compare_names) != NULL;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(domains[i]), above = strlen(domain);
        if (length > above && strcasecmp(domains[i] + length - above, domain) == 0)
            return true;
    }
    return false;
}

static bool check_recipients_of(const struct bs_config *config, const struct bs_config_policy *policy,
                                const char *const *domains, struct bs_error *ret_error)
{
    for (size_t i = 0; i < policy->recipients.count; i++) {
        if (!is_ours(policy->recipients.items[i], domains, config->domain_count))
            return bs_error_set(ret_error, "%s:%d: policy %s is for %s, but no domain section has it", config->file,
                                policy->line, bs_quote(bs_bytes_from_cstr(policy->name)).text,
                                bs_quote(bs_bytes_from_cstr(policy->recipients.items[i])).text);
    }
    return true;
}

static bool check_recipients_are_ours(const struct bs_config *config, struct bs_error *ret_error)
{
    bool good = true;
    const char **domains = calloc(config->domain_count + 1, sizeof *domains);
    if (!domains)
        return bs_error_set(ret_error, "%s: out of memory", config->file);
    for (size_t i = 0; i < config->domain_count; i++)
        domains[i] = config->domains[i].name;
    qsort(domains, config->domain_count, sizeof *domains, compare_names);
    for (size_t i = 0; good && i < config->policy_count; i++)
        good = check_recipients_of(config, &config->policies[i], domains, ret_error);
    free(domains);
    return good;
}

static bool check_registry(const struct bs_config *config, struct bs_error *ret_error)
{
    return config->sent_registry == 0 || config->sent_registry >= BS_CONFIG_REGISTRY_MIN ||
           bs_error_set(ret_error, "%s: sent-registry: a registry has at least %d bytes, or 0 for none", config->file,
                        BS_CONFIG_REGISTRY_MIN);
}

bool bs_config_check(const struct bs_config *config, struct bs_error *ret_error)
{
    return check_domains_differ(config, ret_error) && check_signing_key(config, ret_error) &&
           check_sockets_differ(config, ret_error) && check_policies_differ(config, ret_error) &&
           check_recipients_differ(config, ret_error) && check_recipients_are_ours(config, ret_error) &&
           check_registry(config, ret_error);
}
