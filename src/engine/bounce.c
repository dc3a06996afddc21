/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounce at the gate; see bounce.h. */
#include "engine/bounce.h"

#include "engine/automatic.h"
#include "engine/marks.h"
#include "engine/message.h"

#include <stdlib.h>

/* A recipient in a domain that is judged. */
struct recipient {
    struct recipient *next;
    struct bs_bytes path;
    struct bs_evidence_recipient who;
    struct bs_decision decision; /* at RCPT: PASS, or WAIT; then what its policy says */
    bool is_judged;              /* at the end of data */
};

struct bs_bounce {
    bool null_sender;
    struct bs_arena arena;
    struct bs_strbuf resolved; /* what the MTA takes the next recipient for */
    struct recipient *first;   /* those that were taken, in the order of RCPT */
    struct recipient **end;
    size_t count;
    size_t waiting;            /* of these, to be judged at the end of data */
    size_t strict;             /* of these, in a domain that enforces */
    size_t others;             /* recipients that are no matter of ours */
    size_t unproven;           /* recipients taken at RCPT without a valid tag */
    bool passed_reported;
    struct bs_automatic automatic;
    bool ended;
    struct bs_reply verdict;   /* once it ended */
    struct bs_decision decision; /* what is done */
    bool campaign;
};

static const struct bs_reply go_on = {.kind = BS_REPLY_CONTINUE};
static const struct bs_reply accepted = {.kind = BS_REPLY_ACCEPT};
static const struct bs_reply wait = {.kind = BS_REPLY_WAIT};

struct bs_bounce *bs_bounce_new(struct bs_session *session)
{
    struct bs_bounce *bounce = calloc(1, sizeof *bounce);
    if (!bounce)
        return NULL;
    bounce->null_sender = bs_path_is_null(session->message->sender);
    bs_arena_init(&bounce->arena, BS_BOUNCE_MEMORY);
    bs_strbuf_init(&bounce->resolved, BS_PATH_MAX);
    bs_automatic_init(&bounce->automatic, session->message->sender);
    bounce->end = &bounce->first;
    bounce->decision = (struct bs_decision){.action = BS_ACTION_PASS};
    return bounce;
}

void bs_bounce_free(struct bs_bounce *bounce)
{
    if (!bounce)
        return;
    bs_automatic_free(&bounce->automatic);
    bs_strbuf_free(&bounce->resolved);
    bs_arena_reset(&bounce->arena);
    free(bounce);
}

/* --- Reports ------------------------------------------------------------------------------------------------ */

static void report(struct bs_session *session, const struct bs_decision *decision, struct bs_bytes path)
{
    const struct bs_bounce *bounce = session->message->bounce;
    const struct bs_automatic_finding finding = {&bounce->automatic.reading, &bounce->automatic.evidence, bounce->campaign};
    struct bs_report told = bs_message_report(session, decision, path);
    if (bounce->automatic.is_judged)
        told.finding = &finding;
    bs_message_tell(session, &told);
}

void bs_bounce_report_passed(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    if (bounce->passed_reported)
        return;
    bounce->passed_reported = true;
    for (const struct recipient *item = bounce->first; item; item = item->next) {
        if (item->decision.action == BS_ACTION_PASS)
            report(session, &item->decision, item->path);
    }
}

/* --- RCPT --------------------------------------------------------------------------------------------------- */

void bs_bounce_resolved(struct bs_bounce *bounce, struct bs_bytes address)
{
    bs_strbuf_free(&bounce->resolved);
    bs_strbuf_append(&bounce->resolved, address);
}

/* Whose mailbox the path means; nobody's, without a domain, where neither we nor the MTA can say. */
static struct bs_address read_recipient(const struct bs_bounce *bounce, struct bs_bytes path, struct bs_arena *arena)
{
    struct bs_address address, resolved;
    bool read = bs_path_parse(path, arena, &address);
    if (read && !bs_address_may_be_routed(&address))
        return address;
    if (bs_address_from_internal(bs_strbuf_bytes(&bounce->resolved), &resolved))
        return resolved;
    return read ? address : (struct bs_address){0};
}

static struct bs_decision decide(enum bs_action action, enum bs_reason reason)
{
    return (struct bs_decision){.action = action, .reason = reason};
}

static bool is_strict(const struct bs_decision *decision)
{
    return decision->action == BS_ACTION_WAIT && !decision->observed;
}

/* Recipients that are refused at the end of data must not take others with them, since SMTP has one reply for the
 * whole message there: the strict and the others go apart, and the peer sends the rest once more. */
static bool must_go_apart(const struct bs_bounce *bounce, const struct bs_decision *decision)
{
    return is_strict(decision) ? bounce->count + bounce->others > bounce->strict : bounce->strict > 0;
}

/* What the gate says of a recipient of a bounce, with the limits of one message applied. */
static struct bs_decision judge_null(const struct bs_session *session, const struct bs_address *recipient,
                                     struct bs_arena *scratch)
{
    const struct bs_bounce *bounce = session->message->bounce;
    struct bs_decision decision =
        bs_gate_recipient(session->settings->gate, recipient, session->message->now, scratch);
    if (decision.action == BS_ACTION_REFUSE)
        return decision;
    if (bounce->count + bounce->others >= session->settings->max_null_recipients)
        return decide(BS_ACTION_DEFER, BS_REASON_RECIPIENT_LIMIT);
    return must_go_apart(bounce, &decision) ? decide(BS_ACTION_DEFER, BS_REASON_MIXED_RECIPIENTS) : decision;
}

/* The same of any other sender's: only the end of data may tell. Past the limit it is one that nothing is said of. */
static struct bs_decision judge_other(const struct bs_session *session, const struct bs_address *recipient)
{
    const struct bs_bounce *bounce = session->message->bounce;
    struct bs_decision decision = decide(BS_ACTION_WAIT, BS_REASON_NONE);
    enum bs_mode mode = bs_gate_mode(session->settings->gate, recipient->domain);
    decision.observed = mode != BS_MODE_ENFORCE;
    bool judged = mode >= BS_MODE_OBSERVE && bounce->count < session->settings->max_null_recipients;
    return judged ? decision : decide(BS_ACTION_NONE, BS_REASON_NONE);
}

static bool keep_recipient(struct bs_session *session, struct bs_bytes path, const struct bs_address *address,
                           const struct bs_decision *decision)
{
    struct bs_bounce *bounce = session->message->bounce;
    struct recipient *item = bs_arena_take(&bounce->arena, sizeof *item);
    struct bs_address copy = {bs_arena_copy(&bounce->arena, address->local),
                              bs_arena_copy(&bounce->arena, address->domain)};
    struct bs_bytes path_copy = bs_arena_copy(&bounce->arena, path);
    if (!item || !copy.local.ptr || !copy.domain.ptr || !path_copy.ptr)
        return false;
    struct bs_batv_verdict tag =
        bs_batv_verify(bs_gate_keys(session->settings->gate), &copy, session->message->now, &bounce->arena);
    bool ours = tag.result == BS_BATV_VALID || tag.result == BS_BATV_EXPIRED;
    *item = (struct recipient){NULL, path_copy, {ours ? tag.original : copy, tag.result}, *decision, false};
    *bounce->end = item;
    bounce->end = &item->next;
    bounce->count++;
    bounce->waiting += decision->action == BS_ACTION_WAIT;
    bounce->strict += is_strict(decision);
    bounce->unproven += decision->action == BS_ACTION_PASS && decision->reason != BS_REASON_TAG_VALID;
    return true;
}

static struct bs_reply take_recipient(struct bs_session *session, struct bs_bytes path, const struct bs_address *address,
                                      struct bs_arena *scratch)
{
    struct bs_bounce *bounce = session->message->bounce;
    struct bs_decision decision =
        bounce->null_sender ? judge_null(session, address, scratch) : judge_other(session, address);
    if (decision.action == BS_ACTION_NONE) {
        bounce->others++;
        bounce->unproven++;
        return go_on;
    }
    bool refuses = decision.action == BS_ACTION_REFUSE || decision.action == BS_ACTION_DEFER;
    if (!refuses && keep_recipient(session, path, address, &decision))
        return go_on;
    if (!refuses)
        decision = decide(BS_ACTION_DEFER, BS_REASON_RECIPIENT_LIMIT);
    bs_message_decided(session, &decision, path);
    return bs_reply_refusal(&decision);
}

/* Says why a recipient that the MTA refused would have been refused here as well. */
static void report_refused_by_mta(struct bs_session *session, struct bs_bytes path, const struct bs_address *recipient,
                                  struct bs_arena *scratch)
{
    struct bs_decision decision =
        bs_gate_recipient(session->settings->gate, recipient, session->message->now, scratch);
    if (decision.action != BS_ACTION_REFUSE && !(decision.action == BS_ACTION_PASS && decision.observed))
        return;
    decision.action = BS_ACTION_REFUSE;
    decision.observed = false;
    struct bs_report told = bs_message_report(session, &decision, path);
    told.by_mta = true;
    bs_message_tell(session, &told);
}

struct bs_reply bs_bounce_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused)
{
    struct bs_bounce *bounce = session->message->bounce;
    struct bs_arena scratch;
    struct bs_reply reply = go_on;
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    struct bs_address address = read_recipient(bounce, recipient, &scratch);
    if (!refused)
        reply = take_recipient(session, recipient, &address, &scratch);
    else if (bounce->null_sender)
        report_refused_by_mta(session, recipient, &address, &scratch);
    bs_arena_reset(&scratch);
    bs_strbuf_free(&bounce->resolved);
    return reply;
}

/* --- The message -------------------------------------------------------------------------------------------- */

void bs_bounce_header(struct bs_bounce *bounce, struct bs_bytes name, struct bs_bytes body, bool kept)
{
    if (bounce->count > 0)
        bs_automatic_header(&bounce->automatic, name, body, kept);
}

void bs_bounce_end_of_header(struct bs_bounce *bounce, const struct bs_header *header)
{
    bool wanted = bounce->count > 0 && (bounce->null_sender || bounce->others == 0);
    bs_automatic_end_of_header(&bounce->automatic, wanted, bounce->null_sender, header);
}

bool bs_bounce_waits(const struct bs_bounce *bounce)
{
    return bounce->automatic.reads || bounce->automatic.marks_seen > 0 || (bounce->null_sender && bounce->count > 0);
}

bool bs_bounce_wants_body(const struct bs_bounce *bounce)
{
    return bounce->automatic.reads && !bounce->automatic.given_up;
}

void bs_bounce_body(struct bs_bounce *bounce, struct bs_bytes chunk)
{
    bs_automatic_body(&bounce->automatic, chunk);
}

bool bs_bounce_give_up(struct bs_bounce *bounce)
{
    return !bounce->ended && bs_automatic_give_up(&bounce->automatic);
}

size_t bs_bounce_weight(const struct bs_bounce *bounce)
{
    return sizeof *bounce + bounce->arena.used + bs_automatic_weight(&bounce->automatic);
}

/* --- The end of data ---------------------------------------------------------------------------------------- */

/* Whether what was read and proven is there; else it waits for answers. Where neither memory nor time allow it, nothing
 * can be said. */
static bool judge(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    struct bs_evidence_recipient recipients[BS_EVIDENCE_RECIPIENTS_MAX];
    size_t count = 0;
    for (const struct recipient *item = bounce->first; item && count < BS_EVIDENCE_RECIPIENTS_MAX; item = item->next)
        recipients[count++] = item->who;
    for (;;) {
        struct bs_questions missing = {.count = 0};
        enum bs_step step = bs_automatic_judge(&bounce->automatic, session, recipients, count, &missing);
        if (step != BS_ASK)
            return true;
        enum bs_asked asked = bs_message_ask(session, &missing);
        if (asked != BS_ASKED_NOW)
            return asked == BS_ASKED_TOO_MUCH;
    }
}

/* Counts an unproven message to the name, and says so where a campaign begins. Returns whether there is one. */
static bool is_under_attack(struct bs_session *session, struct bs_bytes name, bool count)
{
    const struct bs_campaign_watch *watch = session->host.watch;
    void *campaigns = session->host.campaigns;
    int64_t now = session->message->now;
    if (count && watch->count(campaigns, &session->settings->campaign, name, now)) {
        const struct bs_decision begins = decide(BS_ACTION_NONE, BS_REASON_CAMPAIGN_BEGINS);
        bs_message_decided(session, &begins, name);
    }
    return watch->hold(campaigns, name, now);
}

static bool is_counted_before(const struct bs_bounce *bounce, const struct recipient *recipient, bool whole_address)
{
    for (const struct recipient *item = bounce->first; item != recipient; item = item->next) {
        if (bs_bytes_equal_nocase(item->who.address.domain, recipient->who.address.domain) &&
            (!whole_address || bs_bytes_equal_nocase(item->who.address.local, recipient->who.address.local)))
            return true;
    }
    return false;
}

/* Whether there is a campaign against the recipient or its domain, this message counted. */
static bool count_for_campaign(struct bs_session *session, const struct recipient *recipient, bool count)
{
    struct bs_bounce *bounce = session->message->bounce;
    struct bs_bytes address = bs_address_text(&recipient->who.address, &bounce->arena);
    if (!session->host.watch || session->settings->campaign.threshold == 0)
        return false;
    bool count_domain = count && !is_counted_before(bounce, recipient, false);
    bool count_address = count && !is_counted_before(bounce, recipient, true);
    bool domain = is_under_attack(session, recipient->who.address.domain, count_domain);
    return (address.ptr && is_under_attack(session, address, count_address)) || domain;
}

static enum bs_kind treated_as(const struct bs_bounce *bounce)
{
    return bs_automatic_treated_as(&bounce->automatic.parts, &bounce->automatic.reading, bounce->null_sender);
}

/* What the policy says for one recipient. */
static struct bs_decision judge_recipient(struct bs_session *session, const struct recipient *recipient, bool count)
{
    struct bs_bounce *bounce = session->message->bounce;
    enum bs_kind kind = treated_as(bounce);
    enum bs_verdict verdict = bounce->automatic.evidence.verdict;
    const struct bs_bounce_policy *policy = bs_recipient_policies_find(&session->settings->policies, &recipient->who.address);
    bool campaign = bs_bounce_policy_is_unproven(kind, verdict) && count_for_campaign(session, recipient, count);
    bounce->campaign = bounce->campaign || campaign;
    return bs_bounce_policy_decide(policy, kind, verdict, campaign ? BS_COLUMN_CAMPAIGN : BS_COLUMN_NORMAL,
                                   recipient->decision.observed);
}

static void judge_waiting(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    bool first = true;
    size_t number = 0;
    for (struct recipient *item = bounce->first; item; item = item->next, number++) {
        if (item->decision.action != BS_ACTION_WAIT)
            continue;
        item->decision = judge_recipient(session, item, number < BS_EVIDENCE_RECIPIENTS_MAX);
        item->is_judged = true;
        if (first || bs_action_is_gentler(item->decision.action, bounce->decision.action))
            bounce->decision = item->decision;
        first = false;
    }
    if (bounce->waiting < bounce->count || bounce->others > 0)
        bounce->decision.action = BS_ACTION_PASS;
    if (bounce->decision.action == BS_ACTION_QUARANTINE && !session->can_quarantine)
        bounce->decision.action = BS_ACTION_TAG;
}

/* Ordinary mail with a sender gets no line. */
static void report_waiting(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    bool telling = bounce->null_sender || bs_automatic_group(bounce->automatic.reading.kind) != BS_GROUP_NONE;
    for (struct recipient *item = bounce->first; item && telling; item = item->next) {
        struct bs_decision decision = item->decision;
        if (!item->is_judged)
            continue;
        decision.action = bounce->decision.action;
        report(session, &decision, item->path);
    }
}

/* What is not read, or cannot be, is let through. */
static void leave_unjudged(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    bool unread = bounce->automatic.reads || bounce->automatic.given_up;
    enum bs_reason reason = unread ? BS_REASON_UNREAD : BS_REASON_NOT_AUTOMATIC;
    const struct bs_decision decision = decide(BS_ACTION_PASS, reason);
    bool telling = bounce->null_sender || bounce->automatic.reads;
    for (struct recipient *item = bounce->first; item && telling; item = item->next) {
        if (item->decision.action == BS_ACTION_WAIT)
            report(session, &decision, item->path);
    }
}

static struct bs_reply conclude(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    bs_bounce_report_passed(session);
    if (bounce->waiting == 0)
        return accepted;
    if (!bounce->automatic.is_judged) {
        leave_unjudged(session);
        return accepted;
    }
    judge_waiting(session);
    report_waiting(session);
    if (bounce->decision.action == BS_ACTION_REFUSE)
        return bs_reply_refusal(&bounce->decision);
    return bounce->decision.action == BS_ACTION_DISCARD ? (struct bs_reply){.kind = BS_REPLY_DISCARD} : accepted;
}

struct bs_reply bs_bounce_end(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    if (bounce->ended)
        return bounce->verdict;
    if (bounce->automatic.reads && !judge(session))
        return wait;
    bounce->verdict = conclude(session);
    bounce->ended = true;
    return bounce->verdict;
}

bool bs_bounce_mark(struct bs_session *session, bool forged_too, struct bs_changes *changes)
{
    struct bs_bounce *bounce = session->message->bounce;
    const struct bs_automatic *automatic = &bounce->automatic;
    const struct bs_automatic_finding finding = {&automatic->reading, &automatic->evidence, bounce->campaign};
    if (forged_too && !bs_marks_remove_forged(automatic->marks_seen, &bounce->arena, changes))
        return false;
    enum bs_kind kind = treated_as(bounce);
    bool marked = automatic->is_judged && kind != BS_KIND_NONE && (bounce->null_sender || kind != BS_KIND_LIST);
    if (marked)
        bs_marks_add_finding(&finding, &bounce->decision, &bounce->arena, changes);
    return true;
}

/* Message-IDs are no secret, they stand in archives: what only names one has to be a bounce. */
static bool is_shown_at_end(const struct bs_bounce *bounce)
{
    const struct bs_evidence *evidence = &bounce->automatic.evidence;
    if (!bounce->automatic.is_judged || evidence->verdict != BS_VERDICT_PROVEN)
        return false;
    bool registry_only = evidence->good == 1 && evidence->results[BS_PROOF_REGISTRY] == BS_PROOF_GOOD;
    return !registry_only || bs_automatic_group(treated_as(bounce)) == BS_GROUP_BOUNCE;
}

bool bs_bounce_is_proven(const struct bs_bounce *bounce)
{
    bool shown = bounce->waiting == 0 || is_shown_at_end(bounce);
    return bounce->null_sender && bounce->count > 0 && bounce->unproven == 0 && shown;
}
