/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether DNS gives backstopd what authenticating and signing need; see doctor_checks.h. */
#include "cli/doctor_checks.h"

#include "auth/dkim_publication.h"
#include "cli/dkim_store.h"
#include "cli/lookup.h"

#include <errno.h>
#include <unistd.h>

enum { ANSWERS_MEMORY = 16 << 20 };

/* What the checks ask through. */
struct resolver {
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_lookup *lookup;
};

static bool open_resolver(struct bs_doctor *doctor, struct resolver *resolver)
{
    struct bs_error error;
    const struct bs_config *config = &doctor->config;
    struct bs_lookup_place place = {.trust_anchor = config->dns_trust_anchor[0] ? config->dns_trust_anchor : NULL};
    for (size_t i = 0; i < config->dns_servers.count && i < BS_LOOKUP_SERVERS_MAX; i++)
        place.servers[place.server_count++] = config->dns_servers.items[i];
    bs_arena_init(&resolver->arena, ANSWERS_MEMORY);
    bs_answers_init(&resolver->answers, &resolver->arena);
    resolver->lookup = bs_lookup_new(&place, &resolver->answers, &error);
    if (resolver->lookup)
        return true;
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "resolver-bad",
                    "the resolver cannot be set up, so backstopd does not start: %s", error.text);
    bs_findings_repair(&doctor->findings, "mend dns-servers or dns-trust-anchor in %s", doctor->config_file);
    return false;
}

/* Asks one question; what has no answer is TIMEOUT. */
static const struct bs_dns_answer *ask(struct resolver *resolver, struct bs_bytes name, enum bs_dns_type type)
{
    static const struct bs_dns_answer unanswered = {.status = BS_DNS_TIMEOUT};
    struct bs_questions missing = {.count = 0};
    const struct bs_dns_answer *answer = bs_ask_dns(&resolver->answers, &missing, name, type);
    if (answer || !bs_lookup_round(resolver->lookup, &missing))
        return answer ? answer : &unanswered;
    answer = bs_ask_dns(&resolver->answers, &missing, name, type);
    return answer ? answer : &unanswered;
}

/* Whether DNS answers at all. */
static bool check_answers(struct bs_doctor *doctor, struct resolver *resolver)
{
    const char *domain = doctor->config.domain_count > 0 ? doctor->config.domains[0].name : "example.com";
    const struct bs_dns_answer *answer = ask(resolver, bs_bytes_from_cstr(domain), BS_DNS_MX);
    if (!bs_dns_failed(answer))
        return true;
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "dns-fails",
                    "DNS does not say where mail for %s goes (%s): nothing is authenticated, all results are temperror",
                    domain, bs_dns_status_name(answer->status));
    if (answer->status == BS_DNS_BOGUS)
        bs_findings_repair(&doctor->findings, "use resolvers that pass DNSSEC signatures on, or ask the servers "
                           "themselves (dns-servers = {}), or take dns-trust-anchor out");
    else
        bs_findings_repair(&doctor->findings, "name resolvers that answer in dns-servers; try: backstop spf --dns-server "
                           "ADDRESS --ip 192.0.2.1 --helo %s --from postmaster@%s", domain, domain);
    return false;
}

static void report_key(struct bs_doctor *doctor, const struct bs_dkim_stored_key *key, const char *problem)
{
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "dkim-key-invisible",
                    "%.*s: %s; backstopd signs nothing with it", BS_BYTES_ARG(key->name), problem);
    bs_findings_repair(&doctor->findings, "publish its record; backstop dkim check %.*s says what each name server shows",
                       BS_BYTES_ARG(key->domain));
}

static void check_key(struct bs_doctor *doctor, struct resolver *resolver, const struct bs_dkim_stored_key *stored)
{
    struct bs_error error;
    unsigned char text[BS_PUBLIC_KEY_DER_MAX];
    size_t size;
    struct bs_dkim_publication publication;
    struct bs_private_key *key = bs_dkim_store_load(stored, &error);
    if (!key || !bs_private_key_public(key, text, &size)) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "dkim-key-bad", "%s; backstopd does not start with it",
                        key ? stored->path : error.text);
        bs_findings_repair(&doctor->findings, "take the file away, and make another key: backstop dkim rotate %.*s",
                           BS_BYTES_ARG(stored->domain));
    } else {
        const struct bs_dkim_public_half half = {bs_private_key_type(key), bs_bytes(text, size)};
        const struct bs_dns_answer *answer = ask(resolver, stored->name, BS_DNS_TXT);
        if (!bs_dns_failed(answer) && bs_dkim_publication_read(answer, &half, &resolver->arena, &publication) &&
            publication.code != BS_DKIM_PUBLISHED)
            report_key(doctor, stored, publication.reason);
    }
    bs_private_key_free(key);
}

/* The daemon reads all of the directory; one finding says how to let it. */
static void check_readable(struct bs_doctor *doctor, const struct bs_dkim_keys *keys)
{
    bool readable = keys->states_text.len == 0 ||
                    bs_doctor_check_readable(doctor, keys->states_path, "dkim-key-unreadable");
    for (size_t i = 0; readable && i < keys->count; i++)
        readable = !keys->items[i].pem.ptr ||
                   bs_doctor_check_readable(doctor, keys->items[i].path, "dkim-key-unreadable");
}

static void check_signing_keys(struct bs_doctor *doctor, struct resolver *resolver)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    size_t signing = 0;
    if (doctor->config.dkim_keys[0] == '\0')
        return;
    if (!bs_dkim_keys_read(doctor->config.dkim_keys, &keys, &error)) {
        bool hidden = geteuid() != 0 && errno == EACCES;
        bs_findings_add(&doctor->findings, hidden ? BS_SEVERITY_UNKNOWN : BS_SEVERITY_SERIOUS, "dkim-keys-bad", "%s",
                        error.text);
        bs_findings_repair(&doctor->findings, hidden ? "run backstop doctor as root"
                                                     : "mend what it names; backstop dkim check reads the same files");
        return;
    }
    check_readable(doctor, &keys);
    for (size_t i = 0; i < keys.count; i++) {
        if (keys.items[i].state != BS_DKIM_KEY_SIGNING)
            continue;
        signing++;
        check_key(doctor, resolver, &keys.items[i]);
    }
    bs_dkim_keys_free(&keys);
    if (signing > 0)
        return;
    bs_findings_add(&doctor->findings, BS_SEVERITY_WARNING, "dkim-keys-none", "%s has no key that signs",
                    doctor->config.dkim_keys);
    bs_findings_repair(&doctor->findings, "backstop dkim rotate DOMAIN makes one, and makes it sign once DNS shows it");
}

bool bs_doctor_needs_dns(const struct bs_doctor *doctor)
{
    const struct bs_config *config = &doctor->config;
    return config->authentication != BS_CONFIG_AUTHENTICATION_OFF ||
           config->sender_check != BS_CONFIG_AUTHENTICATION_OFF || config->dkim_keys[0] != '\0';
}

void bs_doctor_check_dns(struct bs_doctor *doctor)
{
    struct resolver resolver;
    if (!bs_doctor_needs_dns(doctor))
        return;
    if (!open_resolver(doctor, &resolver))
        return;
    if (check_answers(doctor, &resolver))
        check_signing_keys(doctor, &resolver);
    bs_lookup_free(resolver.lookup);
    bs_arena_reset(&resolver.arena);
}
