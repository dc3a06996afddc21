/* SPDX-License-Identifier: BSD-2-Clause */
/* From a configuration to what sessions work with; see settings.h. */
#include "engine/settings.h"

#include "base/timestamp.h"
#include "config/key_file.h"
#include "crypto/secret.h"
#include "engine/rule_files.h"

#include <stdlib.h>

static const enum bs_mode modes[] = {
    [BS_CONFIG_OFF] = BS_MODE_OFF,
    [BS_CONFIG_SIGN] = BS_MODE_SIGN,
    [BS_CONFIG_OBSERVE] = BS_MODE_OBSERVE,
    [BS_CONFIG_ENFORCE] = BS_MODE_ENFORCE,
};

static bool out_of_memory(struct bs_error *ret_error)
{
    return bs_error_set(ret_error, "no memory for the configuration");
}

static bool load_key(const struct bs_config_key *key, struct bs_batv_keys *keys, struct bs_error *ret_error)
{
    char secret[BS_KEY_FILE_MAX];
    size_t length;
    if (!bs_key_file_read(key->secret_file, secret, &length, ret_error))
        return false;
    keys->by_digit[key->digit] = bs_hmac_sha1_key_new(bs_bytes(secret, length));
    bs_secret_wipe(secret, sizeof secret);
    return keys->by_digit[key->digit] || bs_error_set(ret_error, "the crypto library has no HMAC-SHA1");
}

bool bs_batv_keys_load(const struct bs_config *config, struct bs_batv_keys *ret_keys, struct bs_error *ret_error)
{
    *ret_keys = (struct bs_batv_keys){.signing_digit = (unsigned)config->signing_key};
    for (size_t i = 0; i < config->key_count; i++) {
        if (!load_key(&config->keys[i], ret_keys, ret_error)) {
            bs_batv_keys_free(ret_keys);
            return false;
        }
    }
    return true;
}

static bool add_domain(struct bs_gate *gate, const struct bs_config_domain *domain)
{
    if (!bs_gate_add_domain(gate, domain->name, modes[domain->mode], domain->fold_case))
        return false;
    for (size_t i = 0; i < domain->never_sends.count; i++) {
        if (!bs_gate_add_never_sends(gate, domain->name, domain->never_sends.items[i]))
            return false;
    }
    return true;
}

static bool add_network(struct bs_gate *gate, const char *text, struct bs_error *ret_error)
{
    struct bs_network network;
    if (!bs_network_parse(bs_bytes_from_cstr(text), &network))
        return bs_error_set(ret_error, "\"%s\" is no network; write ADDRESS or ADDRESS/BITS", text);
    return bs_gate_add_network(gate, &network) || out_of_memory(ret_error);
}

static bool fill_gate(const struct bs_config *config, struct bs_gate *gate, struct bs_error *ret_error)
{
    for (size_t i = 0; i < config->domain_count; i++) {
        if (!add_domain(gate, &config->domains[i]))
            return out_of_memory(ret_error);
    }
    for (size_t i = 0; i < config->networks.count; i++) {
        if (!add_network(gate, config->networks.items[i], ret_error))
            return false;
    }
    for (size_t i = 0; i < config->no_sign.count; i++) {
        if (!bs_gate_add_no_sign(gate, config->no_sign.items[i]))
            return out_of_memory(ret_error);
    }
    return true;
}

static bool add_forwarders(const struct bs_config_list *list, struct bs_settings *settings, struct bs_error *ret_error)
{
    settings->forwarders = calloc(list->count + 1, sizeof *settings->forwarders);
    if (!settings->forwarders)
        return out_of_memory(ret_error);
    for (size_t i = 0; i < list->count; i++) {
        if (!bs_network_parse(bs_bytes_from_cstr(list->items[i]), &settings->forwarders[settings->forwarder_count++]))
            return bs_error_set(ret_error, "\"%s\" is no network; write ADDRESS or ADDRESS/BITS", list->items[i]);
    }
    return true;
}

static bool add_sealers(const struct bs_config_list *list, struct bs_settings *settings, struct bs_error *ret_error)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!bs_name_set_add(&settings->sealers, bs_bytes_from_cstr(list->items[i]), settings))
            return out_of_memory(ret_error);
    }
    return true;
}

static struct bs_bounce_policy read_policy(const struct bs_config_policy *configured)
{
    static const enum bs_action actions[] = {
        [BS_CONFIG_TREAT_ACCEPT] = BS_ACTION_PASS,           [BS_CONFIG_TREAT_TAG] = BS_ACTION_TAG,
        [BS_CONFIG_TREAT_QUARANTINE] = BS_ACTION_QUARANTINE, [BS_CONFIG_TREAT_REJECT] = BS_ACTION_REFUSE,
        [BS_CONFIG_TREAT_DISCARD] = BS_ACTION_DISCARD,
    };
    struct bs_bounce_policy policy;
    for (int column = 0; column < BS_COLUMN_COUNT; column++) {
        for (int group = 0; group < BS_GROUP_COUNT; group++) {
            for (int unproven = 0; unproven < BS_UNPROVEN_COUNT; unproven++)
                policy.actions[column][group][unproven] = actions[configured->treatments[column][group][unproven]];
        }
    }
    return policy;
}

static bool add_policy(const struct bs_config_policy *configured, struct bs_recipient_policies *policies,
                       struct bs_error *ret_error)
{
    const struct bs_bounce_policy policy = read_policy(configured);
    if (configured->recipients.count == 0)
        policies->others = policy;
    for (size_t i = 0; i < configured->recipients.count; i++) {
        if (!bs_recipient_policies_add(policies, configured->recipients.items[i], &policy))
            return out_of_memory(ret_error);
    }
    return true;
}

static bool fill_bounces(const struct bs_config *config, struct bs_settings *settings, struct bs_error *ret_error)
{
    settings->judges = bs_gate_has_mode(settings->gate, BS_MODE_OBSERVE);
    settings->marks_outgoing = bs_gate_has_mode(settings->gate, BS_MODE_SIGN);
    settings->header_token = config->header_token;
    settings->envelope_id = config->envelope_id;
    settings->registry_complete = config->sent_registry_complete;
    settings->queue_life = (unsigned)(config->tag_lifetime / BS_SECONDS_PER_DAY);
    settings->campaign.threshold = (uint32_t)config->campaign_threshold;
    settings->campaign.duration = config->campaign_duration;
    settings->policies.others = bs_bounce_policy_default();
    for (size_t i = 0; i < config->policy_count; i++) {
        if (!add_policy(&config->policies[i], &settings->policies, ret_error))
            return false;
    }
    if (!bs_proof_keys_derive(bs_gate_keys(settings->gate), &settings->proof_keys))
        return bs_error_set(ret_error, "the crypto library has no HMAC-SHA256");
    return bs_own_keys_load(config->dkim_keys, &settings->own_keys, ret_error);
}

bool bs_settings_load_rules(const struct bs_config *config, struct bs_settings *settings, struct bs_error *ret_error)
{
    if (!settings->judges)
        return true;
    settings->rules = bs_rule_files_load(&config->rules, ret_error);
    return settings->rules != NULL;
}

bool bs_settings_load_policy(const struct bs_config *config, struct bs_settings *settings,
                             struct bs_error *ret_error)
{
    static const enum bs_action actions[] = {
        [BS_CONFIG_TAG] = BS_ACTION_TAG,
        [BS_CONFIG_QUARANTINE] = BS_ACTION_QUARANTINE,
        [BS_CONFIG_REJECT] = BS_ACTION_REFUSE,
    };
    settings->authenticate = config->authentication != BS_CONFIG_AUTHENTICATION_OFF;
    settings->authentication = (struct bs_authentication_policy){
        .enforce = config->authentication == BS_CONFIG_AUTHENTICATION_ENFORCE,
        .for_reject = actions[config->reject_action],
        .for_quarantine = actions[config->quarantine_action],
        .defer_temperror = config->temperror_action == BS_CONFIG_DEFER,
    };
    settings->authserv_id = config->authserv_id;
    settings->check_sender = config->sender_check != BS_CONFIG_AUTHENTICATION_OFF;
    settings->enforce_sender = config->sender_check == BS_CONFIG_AUTHENTICATION_ENFORCE;
    return add_forwarders(&config->trusted_forwarders, settings, ret_error) &&
           add_sealers(&config->trusted_sealers, settings, ret_error);
}

/* ARC has no Ed25519 yet that others verify. */
static bool find_sealing_key(const struct bs_config *config, struct bs_settings *settings, struct bs_error *ret_error)
{
    struct bs_bytes domain = bs_bytes_from_cstr(config->arc_seal);
    if (domain.len == 0)
        return true;
    const struct bs_signing_key *key = bs_signing_keys_find(&settings->signing_keys, domain);
    while (key && (bs_private_key_type(key->key) != BS_KEY_RSA || !bs_bytes_equal_nocase(key->domain, domain)))
        key = key->next;
    settings->sealing_key = key;
    return key || bs_error_set(ret_error, "arc-seal: no RSA key of \"%s\" signs; see dkim-keys and backstop dkim rotate",
                               config->arc_seal);
}

static bool fill_authentication(const struct bs_config *config, struct bs_settings *settings, struct bs_error *ret_error)
{
    return bs_settings_load_policy(config, settings, ret_error) &&
           bs_signing_keys_load(config->dkim_keys, &settings->signing_keys, ret_error) &&
           find_sealing_key(config, settings, ret_error);
}

bool bs_settings_load(const struct bs_config *config, struct bs_settings *ret_settings, struct bs_error *ret_error)
{
    struct bs_batv_keys keys;
    if (!bs_batv_keys_load(config, &keys, ret_error))
        return false;
    *ret_settings = (struct bs_settings){
        .gate = bs_gate_new(&keys, (unsigned)(config->tag_lifetime / BS_SECONDS_PER_DAY)),
        .socketmap_name = config->socketmap_name,
        .max_frame = (size_t)config->max_frame,
        .message_memory = (size_t)config->message_memory,
        .max_recipients = (size_t)config->max_recipients,
        .max_null_recipients = (size_t)config->max_null_recipients,
    };
    if (!ret_settings->gate) {
        bs_batv_keys_free(&keys);
        return out_of_memory(ret_error);
    }
    if (fill_gate(config, ret_settings->gate, ret_error) && fill_bounces(config, ret_settings, ret_error) &&
        fill_authentication(config, ret_settings, ret_error))
        return true;
    bs_settings_free(ret_settings);
    return false;
}

void bs_settings_free(struct bs_settings *settings)
{
    bs_gate_free(settings->gate);
    settings->gate = NULL;
    bs_recipient_policies_free(&settings->policies);
    bs_proof_keys_free(&settings->proof_keys);
    bs_own_keys_free(&settings->own_keys);
    bs_rules_free(settings->rules);
    settings->rules = NULL;
    free(settings->forwarders);
    settings->forwarders = NULL;
    bs_name_set_clear(&settings->sealers, NULL);
    bs_signing_keys_free(&settings->signing_keys);
}

bool bs_settings_need_dns(const struct bs_settings *settings)
{
    return settings->authenticate || settings->check_sender || settings->signing_keys.count > 0;
}

bool bs_settings_need_messages(const struct bs_settings *settings)
{
    bool token = settings->marks_outgoing && settings->header_token;
    return bs_settings_need_dns(settings) || settings->judges || token;
}
