/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sessions work with: the gate, the policies, the keys and the limits, built from a configuration and the key files
 * that it names.
 * Settings do not change; a new configuration makes new ones.
 */
#ifndef BS_ENGINE_SETTINGS_H
#define BS_ENGINE_SETTINGS_H

#include "base/error.h"
#include "config/config.h"
#include "bounce/rules.h"
#include "engine/own_keys.h"
#include "engine/signing_keys.h"
#include "policy/authentication_policy.h"
#include "policy/campaign.h"
#include "policy/gate.h"
#include "policy/recipient_policies.h"
#include "proof/proof_keys.h"

struct bs_settings {
    struct bs_gate *gate;         /* owned */
    const char *socketmap_name;   /* borrowed from the configuration, as all below */
    size_t max_frame;             /* see struct bs_config for what the limits mean */
    size_t message_memory;
    size_t max_recipients;
    size_t max_null_recipients;

    bool judges;                  /* a domain observes or enforces: automatic mail is looked for */
    bool marks_outgoing;          /* a domain signs */
    bool header_token;
    bool envelope_id;
    bool registry_complete;       /* nothing of ours is sent that the registry of what was sent does not see */
    unsigned queue_life;          /* days that a message may be under way */
    struct bs_campaign_settings campaign;
    struct bs_recipient_policies policies; /* owned, as all below */
    struct bs_proof_keys proof_keys;
    struct bs_own_keys own_keys;
    struct bs_rules *rules;       /* NULL unless bs_settings_load_rules made them */

    bool authenticate;            /* mail from outside */
    struct bs_authentication_policy authentication;
    const char *authserv_id;      /* empty: what the MTA calls itself */
    struct bs_network *forwarders;
    size_t forwarder_count;
    struct bs_name_set sealers;
    bool check_sender;
    bool enforce_sender;
    struct bs_signing_keys signing_keys;
    const struct bs_signing_key *sealing_key; /* of signing_keys; NULL: nothing is sealed with ARC */
};

/* Whether sessions look at whole messages, or add to them. */
bool bs_settings_need_messages(const struct bs_settings *settings);

/* Whether sessions with these settings ask DNS. */
bool bs_settings_need_dns(const struct bs_settings *settings);

/* Reads the key files. The configuration must outlive the settings. */
bool bs_settings_load(const struct bs_config *config, struct bs_settings *ret_settings,
                      struct bs_error *ret_error);

/* Only what concerns mail from outside, for which no key file is read; `settings` begins as all zero, and is freed as a
 * whole. */
bool bs_settings_load_policy(const struct bs_config *config, struct bs_settings *settings, struct bs_error *ret_error);

/* Makes the rules by which automatic mail is known, from the library's and the files that the configuration names; without a
 * domain that observes or enforces there is no need of any. */
bool bs_settings_load_rules(const struct bs_config *config, struct bs_settings *settings, struct bs_error *ret_error);

void bs_settings_free(struct bs_settings *settings);

/* The configuration's keys alone; free them with bs_batv_keys_free. */
bool bs_batv_keys_load(const struct bs_config *config, struct bs_batv_keys *ret_keys, struct bs_error *ret_error);

#endif
