/* SPDX-License-Identifier: BSD-2-Clause */
/* The judgements of the gate; see gate.h. What it knows is built in gate_settings.c. */
#include "policy/gate.h"

#include "policy/gate_settings.h"

static const struct bs_gate_domain *find_domain(const struct bs_gate *gate, struct bs_bytes name)
{
    void *domain = NULL;
    if (name.len == 0 || !bs_name_set_find(&gate->domains, name, &domain))
        return NULL;
    return domain;
}

bool bs_gate_client_is_ours(const struct bs_gate *gate, const struct bs_ip *client, bool authenticated)
{
    if (authenticated)
        return true;
    for (size_t i = 0; i < gate->network_count; i++) {
        if (bs_network_contains(&gate->networks[i], client))
            return true;
    }
    return false;
}

static struct bs_decision decide(enum bs_action action, enum bs_reason reason)
{
    return (struct bs_decision){.action = action, .reason = reason};
}

/* With a tag the local part is still one that every MTA takes. */
static bool has_room_for_tag(const struct bs_address *address)
{
    return address->local.len + BS_BATV_TAG_SIZE <= BS_LOCAL_PART_MAX;
}

struct bs_decision bs_gate_sender(const struct bs_gate *gate, const struct bs_address *sender, int64_t now,
                                  struct bs_arena *arena, struct bs_bytes *ret_tagged)
{
    const struct bs_gate_domain *domain = find_domain(gate, sender->domain);
    if (!domain || domain->mode == BS_MODE_OFF)
        return decide(BS_ACTION_NONE, BS_REASON_NONE);
    if (bs_batv_is_tagged(sender))
        return decide(BS_ACTION_NONE, BS_REASON_ALREADY_TAGGED);
    if (!has_room_for_tag(sender))
        return decide(BS_ACTION_NONE, BS_REASON_LOCAL_PART_LONG);
    struct bs_address address = domain->fold_case ? bs_address_fold_case(sender, arena) : *sender;
    *ret_tagged = (struct bs_bytes){NULL, 0};
    if (address.local.len > 0)
        *ret_tagged = bs_batv_sign(&gate->keys, &address, now, gate->lifetime, arena);
    if (!ret_tagged->ptr)
        return decide(BS_ACTION_NONE, BS_REASON_SIGNING_FAILED);
    return decide(BS_ACTION_SIGN, BS_REASON_SIGNED);
}

/* The recipient's domain itself, or one above it that is listed as ".domain". */
static bool domain_is_no_sign(const struct bs_gate *gate, struct bs_bytes domain)
{
    if (bs_name_set_find(&gate->no_sign, domain, NULL))
        return true;
    for (size_t dot = bs_bytes_find(domain, '.'); dot < domain.len; dot = bs_bytes_find(domain, '.')) {
        domain = bs_bytes_skip(domain, dot);
        if (bs_name_set_find(&gate->no_sign, domain, NULL))
            return true;
        domain = bs_bytes_skip(domain, 1);
    }
    return false;
}

static bool address_is_no_sign(const struct bs_gate *gate, const struct bs_address *recipient)
{
    char text[BS_NAME_MAX];
    size_t length = recipient->local.len + 1 + recipient->domain.len;
    if (length > sizeof text)
        return false;
    memcpy(text, recipient->local.ptr, recipient->local.len);
    text[recipient->local.len] = '@';
    memcpy(text + recipient->local.len + 1, recipient->domain.ptr, recipient->domain.len);
    return bs_name_set_find(&gate->no_sign, bs_bytes(text, length), NULL);
}

bool bs_gate_is_no_sign(const struct bs_gate *gate, const struct bs_address *recipient)
{
    if (!gate->no_sign.entries || recipient->domain.len == 0)
        return false;
    return domain_is_no_sign(gate, recipient->domain) || address_is_no_sign(gate, recipient);
}

/* A refusal, or in a domain that only observes what passes in its place. */
static struct bs_decision refuse(const struct bs_gate_domain *domain, enum bs_reason reason)
{
    bool observe = domain->mode != BS_MODE_ENFORCE;
    struct bs_decision decision = decide(observe ? BS_ACTION_PASS : BS_ACTION_REFUSE, reason);
    decision.observed = observe;
    return decision;
}

static bool never_sends(const struct bs_gate_domain *domain, const struct bs_address *address)
{
    return domain->nobody_sends || bs_name_set_find(&domain->never_sends, address->local, NULL) ||
           bs_name_set_find(&domain->never_sends, bs_address_base_local(address), NULL);
}

static struct bs_decision judge_untagged(const struct bs_gate_domain *domain, const struct bs_address *recipient)
{
    if (never_sends(domain, recipient))
        return refuse(domain, BS_REASON_NEVER_SENDS);
    if (!has_room_for_tag(recipient))
        return decide(BS_ACTION_PASS, BS_REASON_LOCAL_PART_LONG);
    struct bs_decision decision = decide(BS_ACTION_WAIT, BS_REASON_NONE);
    decision.observed = domain->mode != BS_MODE_ENFORCE;
    return decision;
}

/* user+prvs=TAG: an MTA that knows address extensions delivers that to the user whatever the tag is worth. */
static bool tag_is_extension(const struct bs_address *recipient)
{
    struct bs_address base = {bs_address_base_local(recipient), recipient->domain};
    return !bs_batv_is_tagged(&base);
}

struct bs_decision bs_gate_recipient(const struct bs_gate *gate, const struct bs_address *recipient, int64_t now,
                                     struct bs_arena *arena)
{
    const struct bs_gate_domain *domain = find_domain(gate, recipient->domain);
    if (!domain || domain->mode == BS_MODE_OFF || domain->mode == BS_MODE_SIGN)
        return decide(BS_ACTION_NONE, BS_REASON_NONE);
    struct bs_batv_verdict verdict = bs_batv_verify(&gate->keys, recipient, now, arena);
    struct bs_decision decision = decide(BS_ACTION_NONE, BS_REASON_NONE);
    switch (verdict.result) {
    case BS_BATV_NONE:
        return judge_untagged(domain, recipient);
    case BS_BATV_FOREIGN:
        return tag_is_extension(recipient) ? judge_untagged(domain, recipient)
                                           : decide(BS_ACTION_PASS, BS_REASON_TAG_FOREIGN);
    case BS_BATV_UNKNOWN_KEY:
        return refuse(domain, BS_REASON_TAG_UNKNOWN_KEY);
    case BS_BATV_FORGED:
        return refuse(domain, BS_REASON_TAG_FORGED);
    case BS_BATV_EXPIRED:
        decision = refuse(domain, BS_REASON_TAG_EXPIRED);
        break;
    case BS_BATV_VALID:
        decision = decide(BS_ACTION_PASS, BS_REASON_TAG_VALID);
        break;
    }
    decision.days_left = verdict.days_left;
    return decision;
}

enum bs_mode bs_gate_mode(const struct bs_gate *gate, struct bs_bytes domain)
{
    const struct bs_gate_domain *found = find_domain(gate, domain);
    return found ? found->mode : BS_MODE_OFF;
}

bool bs_gate_has_mode(const struct bs_gate *gate, enum bs_mode mode)
{
    return gate->highest >= mode;
}

const struct bs_batv_keys *bs_gate_keys(const struct bs_gate *gate)
{
    return &gate->keys;
}

bool bs_gate_proves(const struct bs_gate *gate, struct bs_bytes candidate, int64_t now, struct bs_arena *arena)
{
    struct bs_address address;
    return bs_path_parse(candidate, arena, &address) && find_domain(gate, address.domain) &&
           bs_batv_verify(&gate->keys, &address, now, arena).result == BS_BATV_VALID;
}

bool bs_gate_untag(const struct bs_gate *gate, struct bs_bytes path, struct bs_arena *arena,
                   struct bs_bytes *ret_address)
{
    struct bs_address address;
    if (!bs_path_parse(path, arena, &address) || !find_domain(gate, address.domain))
        return false;
    struct bs_batv_verdict verdict = bs_batv_verify(&gate->keys, &address, 0, arena);
    if (verdict.result != BS_BATV_VALID && verdict.result != BS_BATV_EXPIRED)
        return false;
    *ret_address = bs_address_text(&verdict.original, arena);
    return ret_address->ptr != NULL;
}
