/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict. A good proof decides. Without one, "not ours" must be certain, since mail may be refused for it:
 * whatever leaves it open comes first.
 */
#include "proof/evidence_verdict.h"

#include "base/timestamp.h"
#include "message/mailbox_list.h"

static void conclude(struct bs_evidence *evidence, enum bs_verdict verdict, const char *why)
{
    evidence->verdict = verdict;
    evidence->why = why;
}

static bool has_result(const struct bs_evidence *evidence, enum bs_proof_result result)
{
    for (enum bs_proof proof = 0; proof < BS_PROOF_COUNT; proof++) {
        if (evidence->results[proof] == result)
            return true;
    }
    return false;
}

/* Whether something is there that could not be looked at. A registry that is down or too young takes nothing away
 * from what the returned header shows. */
static bool is_unsure(const struct bs_evidence *evidence)
{
    for (enum bs_proof proof = 0; proof < BS_PROOF_COUNT; proof++) {
        if (proof != BS_PROOF_REGISTRY && evidence->results[proof] == BS_PROOF_UNSURE)
            return true;
    }
    return false;
}

/* A tag that pretends to be ours is nothing that mail of ours could carry. */
static bool has_forged_tag(const struct bs_evidence *evidence)
{
    return evidence->results[BS_PROOF_TAG] == BS_PROOF_FORGED ||
           evidence->results[BS_PROOF_RETURNED_TAG] == BS_PROOF_FORGED;
}

/* The limit that kept something unread, or NULL. */
static const char *limit_of(const struct bs_evidence_facts *facts)
{
    if (facts->reading->limit)
        return facts->reading->limit;
    return facts->parts ? facts->parts->limit : NULL;
}

/* Whether a program returned all fields, and not those only that it thinks people want to see: then there are the
 * trace of the message and one of the fields that every server adds where it is missing. */
static bool is_whole(const struct bs_header *header)
{
    return !(header->flags & BS_HEADER_INCOMPLETE) && !header->failed && bs_header_find(header, "Received") &&
           bs_header_find(header, "From") && (bs_header_find(header, "Message-ID") || bs_header_find(header, "Date"));
}

static bool has_our_address(const struct bs_evidence_facts *facts, struct bs_bytes body, struct bs_arena *arena)
{
    struct bs_address addresses[BS_FROM_ADDRESSES_MAX];
    size_t count = bs_from_addresses(body, arena, addresses);
    for (size_t i = 0; i < count; i++) {
        if (facts->is_ours(facts->domains, addresses[i].domain))
            return true;
    }
    return false;
}

struct bs_returned bs_evidence_returned(const struct bs_evidence_facts *facts)
{
    struct bs_returned returned = facts->reading->returned;
    for (size_t i = 0; !returned.header && facts->parts && i < facts->parts->count; i++) {
        const struct bs_header *header = facts->parts->items[i].header;
        if (header && header->count > 0)
            returned = (struct bs_returned){.header = header, .exact = true, .attached = true};
    }
    return returned;
}

/* Whether what is returned says that it is from us. */
static bool header_claims_us(const struct bs_evidence_facts *facts, const struct bs_header *header,
                             struct bs_arena *arena)
{
    static const char *const names[] = {"From", "Return-Path", "Sender", "X-Envelope-From", "X-Envelope-Sender"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct bs_header_field *field = bs_header_find(header, names[i]);
        if (field && has_our_address(facts, field->body, arena))
            return true;
    }
    return false;
}

/* Whether the automatic message was sent to our address, not to another one that forwards: then our address is the
 * sender of what it is about. */
static bool is_addressed_to_us(const struct bs_evidence_facts *facts, struct bs_arena *arena)
{
    const struct bs_header_field *to = facts->parts ? bs_header_find(&facts->parts->header, "To") : NULL;
    return to && has_our_address(facts, to->body, arena);
}

static bool is_marked(const struct bs_evidence_facts *facts)
{
    int64_t life = (int64_t)facts->queue_life * BS_SECONDS_PER_DAY;
    return facts->marking_since != 0 && facts->marking_since <= facts->now - life;
}

static const char *why_open(const struct bs_evidence *evidence)
{
    if (has_result(evidence, BS_PROOF_EXPIRED))
        return "it carries a proof that was good once, and is older than a queue keeps mail";
    if (has_result(evidence, BS_PROOF_UNBOUND))
        return "it carries a proof of ours that was made for another sender's mail";
    return "a proof could not be looked at as it should be";
}

/* Without good proofs: first what leaves it open. */
static void conclude_unproven(const struct bs_evidence_facts *facts, bool all_unknown, struct bs_arena *arena,
                              struct bs_evidence *evidence)
{
    const struct bs_header *header = bs_evidence_returned(facts).header;
    bool open = has_result(evidence, BS_PROOF_EXPIRED) || has_result(evidence, BS_PROOF_UNBOUND);
    if (open)
        conclude(evidence, BS_VERDICT_CANNOT_TELL, why_open(evidence));
    else if (has_forged_tag(evidence))
        conclude(evidence, BS_VERDICT_NOT_OURS, "it carries a tag that pretends to be ours and is not");
    else if (is_unsure(evidence))
        conclude(evidence, BS_VERDICT_CANNOT_TELL, why_open(evidence));
    else if (!header && !all_unknown)
        conclude(evidence, BS_VERDICT_CANNOT_TELL, "nothing is returned that could carry a proof");
    else if (header && !is_whole(header) && !all_unknown)
        conclude(evidence, BS_VERDICT_CANNOT_TELL, "the header that is returned is not whole");
    else if (!is_marked(facts))
        conclude(evidence, BS_VERDICT_CANNOT_TELL, "mail of ours may be under way that carries no proof");
    else if (header && !header_claims_us(facts, header, arena) && !is_addressed_to_us(facts, arena))
        conclude(evidence, BS_VERDICT_CANNOT_TELL, "what is returned does not claim to be ours");
    else if (all_unknown)
        conclude(evidence, BS_VERDICT_NOT_OURS, "it is about a message that never passed through us");
    else
        conclude(evidence, BS_VERDICT_NOT_OURS, "what is returned carries none of the proofs that our mail carries");
}

bool bs_evidence_conclude(const struct bs_evidence_facts *facts, bool all_unknown, struct bs_arena *arena,
                          struct bs_evidence *evidence)
{
    const char *limit = limit_of(facts);
    if (evidence->good > 0) {
        conclude(evidence, BS_VERDICT_PROVEN, evidence->good == 1 ? "a proof is good" : "several proofs are good");
    } else if (limit || (facts->parts && facts->parts->failed)) {
        const char *name = limit ? limit : "memory";
        conclude(evidence, BS_VERDICT_CANNOT_TELL, bs_arena_printf(arena, "cannot tell: limit %s", name));
    } else {
        conclude_unproven(facts, all_unknown, arena, evidence);
    }
    return evidence->why != NULL;
}
