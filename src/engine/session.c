/* SPDX-License-Identifier: BSD-2-Clause */
/* One message through the gate, step by step; see session.h. */
#include "engine/session.h"

#include <stdio.h>
#include <stdlib.h>

/* A recipient that passed at RCPT. It is reported at DATA, by when every MTA has a queue id for the message. */
struct passed {
    struct passed *next;
    struct bs_decision decision;
    struct bs_bytes recipient;
};

/* Only messages that the gate has something to do with have one. */
struct bs_message {
    struct bs_arena arena;
    int64_t now;
    struct bs_bytes sender; /* as the peer gave it */
    size_t recipients;
    struct bs_bytes tagged; /* mail of ours: the sender to set; empty for a bounce that is judged */
    bool no_sign;           /* a recipient is on the no-sign list */

    /* of a message that is judged */
    struct bs_strbuf resolved;         /* what the MTA takes the next recipient for */
    struct passed *passed;             /* in the order of RCPT, not yet reported */
    struct passed **passed_end;
    struct bs_bytes waiting_recipient; /* the first that waits for the end of data */
    size_t waiting;                    /* recipients that wait */
    size_t strict;                     /* of these, in a domain that enforces */
    size_t settled;                    /* recipients taken that are not strict */
    struct bs_kind_signs signs;
    struct bs_tag_search search;
    size_t candidates;
    bool proven;
};

static const struct bs_reply go_on = {.kind = BS_REPLY_CONTINUE};
static const struct bs_reply accepted = {.kind = BS_REPLY_ACCEPT};
static const struct bs_reply skip_body = {.kind = BS_REPLY_SKIP};
static const struct bs_reply no_memory = {BS_REPLY_REFUSE, 451, "4.3.0 No memory for this message, try again later"};

void bs_session_init(struct bs_session *session, const struct bs_settings *settings,
                     void (*report)(void *context, const struct bs_report *report), void *context)
{
    *session = (struct bs_session){.settings = settings, .report = report, .context = context};
    snprintf(session->client, sizeof session->client, "unknown");
}

void bs_session_client(struct bs_session *session, const struct bs_ip *ip)
{
    if (!ip) {
        session->client_is_ours = true;
        snprintf(session->client, sizeof session->client, "local");
        return;
    }
    session->client_is_ours = bs_gate_client_is_ours(session->settings->gate, ip, false);
    bs_ip_format(ip, session->client);
}

static struct bs_report make_report(const struct bs_session *session, const struct bs_decision *decision,
                                    struct bs_bytes recipient)
{
    const struct bs_message *message = session->message;
    return (struct bs_report){
        .decision = *decision,
        .queue_id = bs_bytes_from_cstr(session->queue_id),
        .client = bs_bytes_from_cstr(session->client),
        .sender = message->sender,
        .recipient = recipient,
        .signed_sender = decision->action == BS_ACTION_SIGN ? message->tagged : (struct bs_bytes){NULL, 0},
    };
}

static void report(struct bs_session *session, const struct bs_decision *decision, struct bs_bytes recipient)
{
    struct bs_report told = make_report(session, decision, recipient);
    session->report(session->context, &told);
}

static void report_passed(struct bs_session *session)
{
    struct bs_message *message = session->message;
    for (struct passed *passed = message->passed; passed; passed = passed->next)
        report(session, &passed->decision, passed->recipient);
    message->passed = NULL;
    message->passed_end = &message->passed;
}

/* Reports it later, or at once where there is no memory to remember it. */
static void remember_passed(struct bs_session *session, const struct bs_decision *decision, struct bs_bytes recipient)
{
    struct bs_message *message = session->message;
    struct passed *passed = bs_arena_take(&message->arena, sizeof *passed);
    struct bs_bytes copy = bs_arena_copy(&message->arena, recipient);
    if (!passed || !copy.ptr) {
        report(session, decision, recipient);
        return;
    }
    *passed = (struct passed){NULL, *decision, copy};
    *message->passed_end = passed;
    message->passed_end = &passed->next;
}

static struct bs_reply refusal(const struct bs_decision *decision)
{
    struct bs_reply reply = {.kind = BS_REPLY_REFUSE};
    reply.code = bs_decision_reply(decision, &reply.text);
    return reply;
}

static bool open_message(struct bs_session *session, struct bs_bytes sender, int64_t now)
{
    struct bs_message *message = calloc(1, sizeof *message);
    if (!message)
        return false;
    bs_arena_init(&message->arena, BS_MESSAGE_MEMORY);
    bs_strbuf_init(&message->resolved, BS_PATH_MAX);
    message->passed_end = &message->passed;
    message->now = now;
    message->sender = bs_arena_copy(&message->arena, sender);
    bs_tag_search_init(&message->search);
    session->message = message;
    return true;
}

/* A sender of ours: signed at the end of data, if no recipient forbids it. */
static struct bs_reply prepare_signature(struct bs_session *session, const struct bs_address *sender)
{
    struct bs_message *message = session->message;
    struct bs_decision decision = bs_gate_sender(session->settings->gate, sender, message->now, &message->arena,
                                                 &message->tagged);
    if (decision.action == BS_ACTION_SIGN)
        return go_on;
    if (decision.reason != BS_REASON_NONE)
        report(session, &decision, (struct bs_bytes){NULL, 0});
    bs_session_reset(session);
    return accepted;
}

struct bs_reply bs_session_mail(struct bs_session *session, struct bs_bytes sender, bool authenticated, int64_t now)
{
    struct bs_address address;
    bool ours = authenticated || session->client_is_ours;
    if (session->message)
        bs_session_reset(session);
    if (bs_path_is_null(sender) == ours || sender.len > BS_PATH_MAX)
        return accepted;
    if (!open_message(session, sender, now))
        return no_memory;
    if (!ours)
        return go_on;
    if (bs_path_parse(session->message->sender, &session->message->arena, &address))
        return prepare_signature(session, &address);
    bs_session_reset(session);
    return accepted;
}

void bs_session_queue_id(struct bs_session *session, struct bs_bytes queue_id)
{
    if (queue_id.len == 0)
        return;
    queue_id = bs_bytes_first(queue_id, BS_QUEUE_ID_MAX);
    memcpy(session->queue_id, queue_id.ptr, queue_id.len);
    session->queue_id[queue_id.len] = '\0';
}

/* Recipients that are refused at the end of data must not take others with them, since SMTP has one reply for the
 * whole message there: the strict and the others go apart, and the peer sends the rest once more. */
static bool must_go_apart(const struct bs_message *message, const struct bs_decision *decision)
{
    bool strict = decision->action == BS_ACTION_WAIT && !decision->observed;
    return strict ? message->settled > 0 : message->strict > 0;
}

static void count_recipient(struct bs_message *message, const struct bs_decision *decision,
                            struct bs_bytes recipient)
{
    bool waits = decision->action == BS_ACTION_WAIT;
    if (waits && !decision->observed)
        message->strict++;
    else
        message->settled++;
    if (waits && message->waiting++ == 0)
        message->waiting_recipient = bs_arena_copy(&message->arena, recipient);
}

void bs_session_resolved(struct bs_session *session, struct bs_bytes address)
{
    struct bs_message *message = session->message;
    if (!message || message->tagged.len > 0)
        return;
    bs_strbuf_free(&message->resolved);
    bs_strbuf_append(&message->resolved, address);
}

/* Whose mailbox the path means; nobody's, without a domain, where neither we nor the MTA can say. */
static struct bs_address read_recipient(const struct bs_message *message, struct bs_bytes path, struct bs_arena *arena)
{
    struct bs_address address, resolved;
    bool read = bs_path_parse(path, arena, &address);
    if (read && !bs_address_may_be_routed(&address))
        return address;
    if (bs_address_from_internal(bs_strbuf_bytes(&message->resolved), &resolved))
        return resolved;
    return read ? address : (struct bs_address){0};
}

/* What the gate says of a recipient of a bounce, with the limits of one message applied. */
static struct bs_decision judge_recipient(struct bs_session *session, const struct bs_address *recipient)
{
    struct bs_message *message = session->message;
    struct bs_arena scratch;
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    struct bs_decision decision =
        bs_gate_recipient(session->settings->gate, recipient, message->now, &scratch);
    bs_arena_reset(&scratch);
    if (decision.action == BS_ACTION_REFUSE)
        return decision;
    if (message->strict + message->settled >= session->settings->max_null_recipients)
        return (struct bs_decision){.action = BS_ACTION_DEFER, .reason = BS_REASON_RECIPIENT_LIMIT};
    if (must_go_apart(message, &decision))
        return (struct bs_decision){.action = BS_ACTION_DEFER, .reason = BS_REASON_MIXED_RECIPIENTS};
    return decision;
}

static struct bs_reply take_bounce_recipient(struct bs_session *session, struct bs_bytes path,
                                             const struct bs_address *recipient)
{
    struct bs_decision decision = judge_recipient(session, recipient);
    if (decision.action == BS_ACTION_REFUSE || decision.action == BS_ACTION_DEFER) {
        report(session, &decision, path);
        return refusal(&decision);
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
    struct bs_report told = make_report(session, &decision, path);
    told.by_mta = true;
    session->report(session->context, &told);
}

struct bs_reply bs_session_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused)
{
    struct bs_message *message = session->message;
    struct bs_arena scratch;
    if (!message)
        return accepted;
    if (++message->recipients > session->settings->max_recipients)
        return (struct bs_reply){.kind = BS_REPLY_END, .text = "more recipients than max-recipients allows"};
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    struct bs_reply reply = go_on;
    struct bs_address address = read_recipient(message, recipient, &scratch);
    if (message->tagged.len > 0)
        message->no_sign = message->no_sign || (!refused && bs_gate_is_no_sign(session->settings->gate, &address));
    else if (refused)
        report_refused_by_mta(session, recipient, &address, &scratch);
    else
        reply = take_bounce_recipient(session, recipient, &address);
    bs_arena_reset(&scratch);
    bs_strbuf_free(&message->resolved);
    return reply;
}

struct bs_reply bs_session_data(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (!message)
        return accepted;
    report_passed(session);
    /* A bounce is not let go of here: the MTA, or another filter, may still refuse DATA, and then the client may name
     * further recipients, which must not pass unseen. */
    if (!message->no_sign)
        return go_on;
    struct bs_decision decision = {.action = BS_ACTION_NONE, .reason = BS_REASON_NO_SIGN_LIST};
    report(session, &decision, (struct bs_bytes){NULL, 0});
    bs_session_reset(session);
    return accepted;
}

void bs_session_header(struct bs_session *session, struct bs_bytes name, struct bs_bytes value)
{
    if (session->message && session->message->waiting > 0)
        bs_kind_push_header(&session->message->signs, name, value);
}

/* Tries one tag out of the returned message. */
static void try_candidate(struct bs_session *session, struct bs_bytes candidate)
{
    struct bs_message *message = session->message;
    struct bs_arena scratch;
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    message->candidates++;
    message->proven = bs_gate_proves(session->settings->gate, candidate, message->now, &scratch);
    bs_arena_reset(&scratch);
}

static bool search_is_over(const struct bs_session *session)
{
    const struct bs_message *message = session->message;
    return message->waiting == 0 || message->proven ||
           message->candidates >= session->settings->max_tag_candidates;
}

struct bs_reply bs_session_body(struct bs_session *session, struct bs_bytes chunk)
{
    struct bs_bytes candidate;
    const struct bs_message *message = session->message;
    if (!message || (message->tagged.len == 0 && message->waiting == 0))
        return accepted;
    while (!search_is_over(session) && bs_tag_search_next(&session->message->search, &chunk, &candidate))
        try_candidate(session, candidate);
    return search_is_over(session) ? skip_body : go_on;
}

static struct bs_reply end_bounce(struct bs_session *session)
{
    struct bs_message *message = session->message;
    struct bs_bytes candidate;
    if (message->waiting == 0)
        return accepted;
    if (!search_is_over(session) && bs_tag_search_end(&message->search, &candidate))
        try_candidate(session, candidate);
    struct bs_decision decision =
        bs_gate_message(bs_kind_conclude(&message->signs), message->proven, message->strict == 0);
    report(session, &decision, message->waiting_recipient);
    return decision.action == BS_ACTION_REFUSE ? refusal(&decision) : accepted;
}

struct bs_reply bs_session_end(struct bs_session *session, struct bs_bytes *ret_sender)
{
    struct bs_message *message = session->message;
    *ret_sender = (struct bs_bytes){NULL, 0};
    if (!message)
        return accepted;
    report_passed(session);
    if (message->tagged.len == 0)
        return end_bounce(session);
    struct bs_decision decision = {.action = BS_ACTION_SIGN, .reason = BS_REASON_SIGNED};
    if (message->no_sign)
        decision = (struct bs_decision){.action = BS_ACTION_NONE, .reason = BS_REASON_NO_SIGN_LIST};
    else
        *ret_sender = message->tagged;
    report(session, &decision, (struct bs_bytes){NULL, 0});
    return accepted;
}

void bs_session_reset(struct bs_session *session)
{
    if (session->message)
        report_passed(session);
    session->queue_id[0] = '\0';
    if (!session->message)
        return;
    bs_arena_reset(&session->message->arena);
    bs_strbuf_free(&session->message->resolved);
    free(session->message);
    session->message = NULL;
}
