/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounce at the gate; see bounce.h. */
#include "engine/bounce.h"

#include "engine/message.h"

/* A recipient that passed at RCPT. */
struct passed {
    struct passed *next;
    struct bs_decision decision;
    struct bs_bytes recipient;
};

struct bs_bounce {
    struct bs_strbuf resolved;         /* what the MTA takes the next recipient for */
    struct passed *passed;             /* in the order of RCPT, not yet reported */
    struct passed **passed_end;
    struct bs_bytes waiting_recipient; /* the first that waits for the end of data */
    size_t waiting;                    /* recipients that wait */
    size_t strict;                     /* of these, in a domain that enforces */
    size_t settled;                    /* recipients taken that are not strict */
    size_t unproven;                   /* recipients taken at RCPT without a valid tag */
    struct bs_header_kind_signs signs;
    struct bs_tag_search search;
    size_t candidates;
    bool proven;                       /* the returned message holds a valid tag */
    bool ended;
    struct bs_reply verdict;           /* once it ended */
};

static const struct bs_reply go_on = {.kind = BS_REPLY_CONTINUE};
static const struct bs_reply accepted = {.kind = BS_REPLY_ACCEPT};

struct bs_bounce *bs_bounce_new(struct bs_session *session)
{
    struct bs_bounce *bounce = bs_arena_take(&session->message->arena, sizeof *bounce);
    if (!bounce)
        return NULL;
    bs_strbuf_init(&bounce->resolved, BS_PATH_MAX);
    bs_tag_search_init(&bounce->search);
    bounce->passed_end = &bounce->passed;
    return bounce;
}

void bs_bounce_free(struct bs_bounce *bounce)
{
    if (bounce)
        bs_strbuf_free(&bounce->resolved);
}

void bs_bounce_report_passed(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    for (struct passed *passed = bounce->passed; passed; passed = passed->next)
        bs_message_decided(session, &passed->decision, passed->recipient);
    bounce->passed = NULL;
    bounce->passed_end = &bounce->passed;
}

/* Reports it later, or at once where there is no memory to remember it. */
static void remember_passed(struct bs_session *session, const struct bs_decision *decision, struct bs_bytes recipient)
{
    struct bs_message *message = session->message;
    struct passed *passed = bs_arena_take(&message->arena, sizeof *passed);
    struct bs_bytes copy = bs_arena_copy(&message->arena, recipient);
    if (!passed || !copy.ptr) {
        bs_message_decided(session, decision, recipient);
        return;
    }
    *passed = (struct passed){NULL, *decision, copy};
    *message->bounce->passed_end = passed;
    message->bounce->passed_end = &passed->next;
}

/* Recipients that are refused at the end of data must not take others with them, since SMTP has one reply for the
 * whole message there: the strict and the others go apart, and the peer sends the rest once more. */
static bool must_go_apart(const struct bs_bounce *bounce, const struct bs_decision *decision)
{
    bool strict = decision->action == BS_ACTION_WAIT && !decision->observed;
    return strict ? bounce->settled > 0 : bounce->strict > 0;
}

static void count_recipient(struct bs_message *message, const struct bs_decision *decision,
                            struct bs_bytes recipient)
{
    struct bs_bounce *bounce = message->bounce;
    bool waits = decision->action == BS_ACTION_WAIT;
    if (waits && !decision->observed)
        bounce->strict++;
    else
        bounce->settled++;
    if (!waits && decision->reason != BS_REASON_TAG_VALID)
        bounce->unproven++;
    if (waits && bounce->waiting++ == 0)
        bounce->waiting_recipient = bs_arena_copy(&message->arena, recipient);
}

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

/* What the gate says of a recipient of a bounce, with the limits of one message applied. */
static struct bs_decision judge_recipient(struct bs_session *session, const struct bs_address *recipient,
                                          struct bs_arena *scratch)
{
    const struct bs_bounce *bounce = session->message->bounce;
    struct bs_decision decision =
        bs_gate_recipient(session->settings->gate, recipient, session->message->now, scratch);
    if (decision.action == BS_ACTION_REFUSE)
        return decision;
    if (bounce->strict + bounce->settled >= session->settings->max_null_recipients)
        return (struct bs_decision){.action = BS_ACTION_DEFER, .reason = BS_REASON_RECIPIENT_LIMIT};
    if (must_go_apart(bounce, &decision))
        return (struct bs_decision){.action = BS_ACTION_DEFER, .reason = BS_REASON_MIXED_RECIPIENTS};
    return decision;
}

static struct bs_reply take_recipient(struct bs_session *session, struct bs_bytes path,
                                      const struct bs_address *recipient, struct bs_arena *scratch)
{
    struct bs_decision decision = judge_recipient(session, recipient, scratch);
    if (decision.action == BS_ACTION_REFUSE || decision.action == BS_ACTION_DEFER) {
        bs_message_decided(session, &decision, path);
        return bs_reply_refusal(&decision);
    }
    count_recipient(session->message, &decision, path);
    if (decision.action == BS_ACTION_PASS)
        remember_passed(session, &decision, path);
    return go_on;
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
    if (refused)
        report_refused_by_mta(session, recipient, &address, &scratch);
    else
        reply = take_recipient(session, recipient, &address, &scratch);
    bs_arena_reset(&scratch);
    bs_strbuf_free(&bounce->resolved);
    return reply;
}

void bs_bounce_header(struct bs_bounce *bounce, struct bs_bytes name, struct bs_bytes value)
{
    if (bounce->waiting > 0)
        bs_header_kind_push_header(&bounce->signs, name, value);
}

/* Tries one tag out of the returned message. */
static void try_candidate(struct bs_session *session, struct bs_bytes candidate)
{
    struct bs_message *message = session->message;
    struct bs_arena scratch;
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    message->bounce->candidates++;
    message->bounce->proven = bs_gate_proves(session->settings->gate, candidate, message->now, &scratch);
    bs_arena_reset(&scratch);
}

bool bs_bounce_waits(const struct bs_bounce *bounce)
{
    return bounce->waiting > 0;
}

bool bs_bounce_wants_body(const struct bs_session *session)
{
    const struct bs_bounce *bounce = session->message->bounce;
    return bounce->waiting > 0 && !bounce->proven && bounce->candidates < session->settings->max_tag_candidates;
}

void bs_bounce_body(struct bs_session *session, struct bs_bytes chunk)
{
    struct bs_bytes candidate;
    struct bs_bounce *bounce = session->message->bounce;
    while (bs_bounce_wants_body(session) && bs_tag_search_next(&bounce->search, &chunk, &candidate))
        try_candidate(session, candidate);
}

static struct bs_reply conclude(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    struct bs_bytes candidate;
    if (bounce->waiting == 0)
        return accepted;
    if (bs_bounce_wants_body(session) && bs_tag_search_end(&bounce->search, &candidate))
        try_candidate(session, candidate);
    struct bs_decision decision =
        bs_gate_message(bs_header_kind_conclude(&bounce->signs), bounce->proven, bounce->strict == 0);
    bs_message_decided(session, &decision, bounce->waiting_recipient);
    return decision.action == BS_ACTION_REFUSE ? bs_reply_refusal(&decision) : accepted;
}

struct bs_reply bs_bounce_end(struct bs_session *session)
{
    struct bs_bounce *bounce = session->message->bounce;
    if (!bounce->ended)
        bounce->verdict = conclude(session);
    bounce->ended = true;
    return bounce->verdict;
}

bool bs_bounce_is_proven(const struct bs_bounce *bounce)
{
    return bounce->settled + bounce->strict > 0 && bounce->unproven == 0 && (bounce->waiting == 0 || bounce->proven);
}
