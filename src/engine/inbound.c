/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging mail from outside; see inbound.h. */
#include "engine/inbound.h"

#include "base/idn.h"
#include "engine/marks.h"
#include "engine/sealing.h"
#include "engine/sealers.h"

static const struct bs_reply go_on = {.kind = BS_REPLY_CONTINUE};
static const struct bs_reply accepted = {.kind = BS_REPLY_ACCEPT};
static const struct bs_reply wait = {.kind = BS_REPLY_WAIT};
static const struct bs_reply no_memory = {BS_REPLY_REFUSE, 451, "4.3.0 No memory for this message, try again later"};

bool bs_inbound_is_of_interest(const struct bs_session *session, struct bs_bytes sender)
{
    const struct bs_settings *settings = session->settings;
    return bs_path_is_null(sender) || settings->judges || settings->authenticate || settings->check_sender;
}

static struct bs_authentication *begin_authentication(struct bs_session *session)
{
    const struct bs_message *message = session->message;
    const struct bs_authentication_facts facts = {
        .client = session->ip.family != 0 ? &session->ip : NULL,
        .helo = bs_strbuf_bytes(&session->helo),
        .sender = message->sender,
        .receiver = bs_session_authserv_id(session),
        .now = message->now,
        .keys = session->host.keys,
    };
    return bs_authentication_new(&facts);
}

enum bs_begun bs_inbound_begin(struct bs_session *session)
{
    struct bs_message *message = session->message;
    bool is_bounce = bs_path_is_null(message->sender);
    message->sender_judged = is_bounce || !session->settings->check_sender;
    bool looked_for = is_bounce || session->settings->judges;
    if (looked_for)
        message->bounce = bs_bounce_new(session);
    if (session->settings->authenticate)
        message->authentication = begin_authentication(session);
    bool whole = (message->bounce || !looked_for) && (message->authentication || !session->settings->authenticate);
    return whole ? BS_BEGUN : BS_NO_MEMORY;
}

/* --- The sender --------------------------------------------------------------------------------------------- */

/* DONE, also where the sender is no address: that is for the MTA to judge. */
static enum bs_step check_sender(struct bs_session *session, struct bs_decision *ret_decision,
                                 struct bs_questions *missing)
{
    struct bs_message *message = session->message;
    struct bs_arena scratch;
    struct bs_address address;
    enum bs_step step = BS_DONE;
    *ret_decision = (struct bs_decision){.action = BS_ACTION_NONE, .reason = BS_REASON_NONE};
    if (message->sender_judged)
        return BS_DONE;
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    if (bs_path_parse(message->sender, &scratch, &address)) {
        struct bs_bytes domain = bs_idn_to_ascii(address.domain, &message->answer_arena);
        step = bs_policy_sender(domain.ptr ? domain : address.domain, session->settings->enforce_sender,
                                &message->answers, ret_decision, missing);
    }
    bs_arena_reset(&scratch);
    return step;
}

static struct bs_reply end_sender(struct bs_session *session, const struct bs_decision *decision)
{
    struct bs_message *message = session->message;
    message->sender_judged = true;
    if (decision->reason != BS_REASON_NONE)
        bs_message_decided(session, decision, (struct bs_bytes){NULL, 0});
    if (decision->action == BS_ACTION_REFUSE)
        return bs_reply_refusal(decision);
    return message->bounce || message->authentication ? go_on : accepted;
}

struct bs_reply bs_inbound_sender(struct bs_session *session)
{
    struct bs_message *message = session->message;
    struct bs_decision decision;
    for (;;) {
        struct bs_questions missing = {.count = 0};
        enum bs_step step = check_sender(session, &decision, &missing);
        if (message->authentication)
            bs_authentication_run(message->authentication, &message->answers, &missing);
        if (step == BS_DONE && (missing.count == 0 || decision.action == BS_ACTION_REFUSE))
            return end_sender(session, &decision);
        enum bs_asked asked = bs_message_ask(session, &missing);
        if (step == BS_DONE || asked == BS_ASKED_TOO_MUCH)
            return end_sender(session, &decision);
        if (asked == BS_ASKED_LATER)
            return wait;
    }
}

/* --- The end of data ---------------------------------------------------------------------------------------- */

/* Whether all results are there; else WAIT. */
static bool authenticate(struct bs_session *session)
{
    struct bs_message *message = session->message;
    bs_authentication_end_of_header(message->authentication);
    bs_authentication_end_of_body(message->authentication);
    for (;;) {
        struct bs_questions missing = {.count = 0};
        bs_sealing_ask(session, &missing);
        if (bs_authentication_run(message->authentication, &message->answers, &missing) == BS_DONE && missing.count == 0)
            return true;
        enum bs_asked asked = bs_message_ask(session, &missing);
        if (asked == BS_ASKED_LATER)
            return false;
        if (asked == BS_ASKED_TOO_MUCH) {
            bs_authentication_give_up(message->authentication);
            return true;
        }
    }
}

static bool is_forwarder(const struct bs_settings *settings, const struct bs_ip *client)
{
    for (size_t i = 0; i < settings->forwarder_count; i++) {
        if (bs_network_contains(&settings->forwarders[i], client))
            return true;
    }
    return false;
}

enum bs_trust bs_inbound_trust(const struct bs_settings *settings, const struct bs_ip *client,
                               const struct bs_authentication *authentication, struct bs_arena *arena)
{
    if (is_forwarder(settings, client))
        return BS_TRUST_FORWARDER;
    if (!bs_author_is_ambiguous(&authentication->author) &&
        bs_sealers_vouch(&settings->sealers, &authentication->arc, authentication->dmarc_author, arena))
        return BS_TRUST_SEALER;
    return BS_TRUST_NONE;
}

static enum bs_trust find_trust(const struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (message->bounce && bs_bounce_is_proven(message->bounce))
        return BS_TRUST_PROVEN_BOUNCE;
    return bs_inbound_trust(session->settings, &session->ip, message->authentication, &message->arena);
}

static void report_authenticated(struct bs_session *session, const struct bs_decision *decision)
{
    struct bs_report report = bs_message_report(session, decision, (struct bs_bytes){NULL, 0});
    report.authentication = session->message->authentication;
    bs_message_tell(session, &report);
}

static struct bs_reply decide(struct bs_session *session, struct bs_changes *ret_changes)
{
    const struct bs_authentication *authentication = session->message->authentication;
    struct bs_decision decision =
        bs_policy_authenticated(&session->settings->authentication, &authentication->dmarc, &authentication->author,
                                find_trust(session));
    if (decision.action == BS_ACTION_QUARANTINE && !session->can_quarantine)
        decision.action = BS_ACTION_TAG;
    report_authenticated(session, &decision);
    if (decision.action == BS_ACTION_REFUSE || decision.action == BS_ACTION_DEFER)
        return bs_reply_refusal(&decision);
    if (!bs_marks_make(session, &decision, ret_changes))
        return no_memory;
    bs_sealing_add(session, ret_changes);
    return accepted;
}

struct bs_reply bs_inbound_end(struct bs_session *session, struct bs_changes *ret_changes)
{
    struct bs_message *message = session->message;
    struct bs_reply reply = accepted;
    if (message->bounce)
        reply = bs_bounce_end(session);
    if (reply.kind != BS_REPLY_ACCEPT)
        return reply;
    if (message->authentication)
        reply = authenticate(session) ? decide(session, ret_changes) : wait;
    if (reply.kind == BS_REPLY_ACCEPT && message->bounce &&
        !bs_bounce_mark(session, !message->authentication, ret_changes))
        return no_memory;
    return reply;
}
