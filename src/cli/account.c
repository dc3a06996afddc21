/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging one message as automatic mail; see account.h. How it is told is account_print.c's. */
#include "cli/account.h"

#include "cli/output.h"
#include "engine/automatic.h"
#include "engine/rule_files.h"
#include "message/mailbox_list.h"

static bool fail(const char *what)
{
    bs_output_error("%s", what);
    return false;
}

/* --- What it is --------------------------------------------------------------------------------------------- */

/* As the daemon has it, which sees mail before anybody writes Return-Path. */
static void push_sender(struct bs_account *account, struct bs_bytes sender)
{
    bs_parts_push(&account->parts, BS_LITERAL("Return-Path: "));
    bs_parts_push(&account->parts, sender);
    bs_parts_push(&account->parts, BS_LITERAL("\r\n"));
}

static bool read_message(struct bs_account *account, const struct bs_account_facts *facts)
{
    struct bs_error error;
    account->rules = bs_rule_files_load(&facts->config->rules, &error);
    if (!account->rules)
        return fail(error.text);
    account->scan = bs_rules_scan_new(account->rules);
    if (!account->scan)
        return fail("there is no memory for the rules");
    bs_parts_init(&account->parts, &account->parts_arena);
    if (facts->sender_given)
        push_sender(account, facts->sender);
    bs_parts_push(&account->parts, facts->text);
    bs_parts_finish(&account->parts);
    if (!bs_reading_make(&account->parts, account->scan, &account->arena, &account->reading))
        account->reading = (struct bs_reading){.sign = "none", .limit = "BS_ACCOUNT_MEMORY"};
    account->null_sender = facts->sender_known && bs_path_is_null(facts->sender);
    account->treated_as = bs_automatic_treated_as(&account->parts, &account->reading, account->null_sender);
    account->is_read_by_daemon = bs_reading_is_worthwhile(&account->parts.header, account->null_sender);
    return true;
}

/* --- For whom it is ----------------------------------------------------------------------------------------- */

/* An address of ours rather than another, and the first rather than a later one. */
static bool look_into(struct bs_account *account, const char *field_name, struct bs_address *ret_address)
{
    struct bs_address addresses[BS_FROM_ADDRESSES_MAX];
    const struct bs_header_field *field = bs_header_find(&account->parts.header, field_name);
    size_t count = field ? bs_from_addresses(field->body, &account->arena, addresses) : 0;
    for (size_t i = 0; i < count; i++) {
        if (bs_gate_mode(account->settings.gate, addresses[i].domain) >= BS_MODE_OBSERVE) {
            *ret_address = addresses[i];
            account->recipient_source = BS_RECIPIENT_FIELD;
            account->recipient_field = field_name;
            return true;
        }
    }
    return false;
}

static bool find_recipient(struct bs_account *account, const struct bs_account_facts *facts,
                           struct bs_address *ret_address)
{
    static const char *const fields[] = {"Delivered-To", "X-Original-To", "Envelope-To", "To"};
    if (facts->recipient) {
        account->recipient_source = BS_RECIPIENT_GIVEN;
        if (bs_path_parse(bs_bytes_from_cstr(facts->recipient), &account->arena, ret_address))
            return true;
        bs_output_error("--recipient: \"%s\" is no address", facts->recipient);
        return false;
    }
    *ret_address = (struct bs_address){.local = BS_LITERAL("")};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (look_into(account, fields[i], ret_address))
            return true;
    }
    return true;
}

static void take_recipient(struct bs_account *account, const struct bs_address *address, int64_t now)
{
    const struct bs_batv_keys *keys = bs_gate_keys(account->settings.gate);
    struct bs_batv_verdict tag = bs_batv_verify(keys, address, now, &account->arena);
    bool ours = tag.result == BS_BATV_VALID || tag.result == BS_BATV_EXPIRED;
    account->recipient = (struct bs_evidence_recipient){ours ? tag.original : *address, tag.result};
    account->mode = bs_gate_mode(account->settings.gate, address->domain);
    account->at_rcpt = bs_gate_recipient(account->settings.gate, address, now, &account->arena);
}

/* --- Whose it is, and what is done -------------------------------------------------------------------------- */

static bool is_ours(const void *gate, struct bs_bytes domain)
{
    return bs_gate_mode(gate, domain) >= BS_MODE_OBSERVE;
}

static bool judge_proofs(struct bs_account *account, int64_t now)
{
    const struct bs_settings *settings = &account->settings;
    const struct bs_dkim_own_keys own_keys = {settings->own_keys.items, settings->own_keys.count, NULL};
    const struct bs_evidence_facts facts = {
        .parts = &account->parts,
        .reading = &account->reading,
        .recipients = &account->recipient,
        .recipient_count = account->recipient_source != BS_RECIPIENT_UNKNOWN,
        .is_ours = is_ours,
        .domains = settings->gate,
        .batv_keys = bs_gate_keys(settings->gate),
        .proof_keys = &settings->proof_keys,
        .dkim_keys = own_keys.count > 0 ? &own_keys : NULL,
        .now = now,
        .queue_life = settings->queue_life,
        .marking_since = settings->header_token ? BS_MARKING_SINCE : 0,
    };
    struct bs_answers none;
    struct bs_questions missing;
    bs_answers_init(&none, &account->arena);
    return bs_evidence_judge(&facts, &none, &account->arena, &account->evidence, &missing) == BS_DONE;
}

static void decide(struct bs_account *account)
{
    const struct bs_bounce_policy *policy =
        bs_recipient_policies_find(&account->settings.policies, &account->recipient.address);
    for (enum bs_policy_column column = 0; column < BS_COLUMN_COUNT; column++)
        account->decisions[column] = bs_bounce_policy_decide(policy, account->treated_as, account->evidence.verdict,
                                                             column, account->mode == BS_MODE_OBSERVE);
}

bool bs_account_is_judged(const struct bs_account *account)
{
    bool waits = !account->null_sender || account->at_rcpt.action == BS_ACTION_WAIT;
    return account->has_settings && account->mode >= BS_MODE_OBSERVE && account->is_read_by_daemon && waits;
}

bool bs_account_make(struct bs_account *account, const struct bs_account_facts *facts)
{
    struct bs_address address;
    bs_arena_init(&account->parts_arena, BS_PARTS_MEMORY);
    bs_arena_init(&account->arena, BS_ACCOUNT_MEMORY);
    if (!read_message(account, facts))
        return false;
    account->has_settings =
        facts->configured && bs_settings_load(facts->config, &account->settings, &account->trouble);
    if (!account->has_settings)
        return true;
    if (!find_recipient(account, facts, &address))
        return false;
    take_recipient(account, &address, facts->now);
    if (!judge_proofs(account, facts->now))
        return fail("the proofs take too much memory");
    decide(account);
    return true;
}

void bs_account_free(struct bs_account *account)
{
    if (account->has_settings)
        bs_settings_free(&account->settings);
    if (account->scan)
        bs_rules_scan_free(account->scan);
    if (account->rules)
        bs_rules_free(account->rules);
    bs_arena_reset(&account->arena);
    bs_arena_reset(&account->parts_arena);
}
