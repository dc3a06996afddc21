/* SPDX-License-Identifier: BSD-2-Clause */
/* One message, step by step; see session.h. Bounces, authentication and signing have files of their own. */
#include "engine/session.h"

#include "engine/inbound.h"
#include "engine/message.h"
#include "engine/message_memory.h"
#include "engine/outbound.h"
#include "engine/outgoing.h"
#include "engine/sealing.h"

#include <stdio.h>
#include <stdlib.h>

static const struct bs_reply go_on = {.kind = BS_REPLY_CONTINUE};
static const struct bs_reply accepted = {.kind = BS_REPLY_ACCEPT};
static const struct bs_reply skip_body = {.kind = BS_REPLY_SKIP};
static const struct bs_reply no_memory = {BS_REPLY_REFUSE, 451, "4.3.0 No memory for this message, try again later"};

void bs_session_init(struct bs_session *session, const struct bs_settings *settings,
                     const struct bs_session_host *host)
{
    *session = (struct bs_session){.settings = settings, .host = *host};
    bs_strbuf_init(&session->helo, BS_DOMAIN_MAX);
    bs_strbuf_init(&session->host_name, BS_DOMAIN_MAX);
    snprintf(session->client, sizeof session->client, "unknown");
}

void bs_session_next_client(struct bs_session *session)
{
    struct bs_strbuf host_name = session->host_name;
    bool can_quarantine = session->can_quarantine;
    const struct bs_session_host host = session->host;
    bs_session_reset(session);
    bs_strbuf_free(&session->helo);
    bs_session_init(session, session->settings, &host);
    session->host_name = host_name;
    session->can_quarantine = can_quarantine;
}

/* Keeps a name that fits; of any other nothing. */
static void keep_name(struct bs_strbuf *kept, struct bs_bytes name)
{
    bs_strbuf_free(kept);
    bs_strbuf_append(kept, name);
}

void bs_session_host_name(struct bs_session *session, struct bs_bytes name)
{
    keep_name(&session->host_name, name);
}

void bs_session_client(struct bs_session *session, const struct bs_ip *ip)
{
    if (!ip) {
        session->client_is_ours = true;
        snprintf(session->client, sizeof session->client, "local");
        return;
    }
    session->ip = *ip;
    session->client_is_ours = bs_gate_client_is_ours(session->settings->gate, ip, false);
    bs_ip_format(ip, session->client);
}

void bs_session_helo(struct bs_session *session, struct bs_bytes name)
{
    bs_session_reset(session);
    keep_name(&session->helo, name);
}

struct bs_report bs_message_report(const struct bs_session *session, const struct bs_decision *decision,
                                   struct bs_bytes recipient)
{
    const struct bs_message *message = session->message;
    return (struct bs_report){
        .decision = *decision,
        .queue_id = bs_bytes_from_cstr(session->queue_id),
        .client = bs_bytes_from_cstr(session->client),
        .sender = message->sender,
        .recipient = recipient,
        .signed_sender = decision->reason == BS_REASON_SIGNED ? message->tagged : (struct bs_bytes){NULL, 0},
    };
}

void bs_message_tell(struct bs_session *session, const struct bs_report *report)
{
    session->host.report(session->host.context, report);
}

void bs_message_decided(struct bs_session *session, const struct bs_decision *decision, struct bs_bytes recipient)
{
    struct bs_report report = bs_message_report(session, decision, recipient);
    bs_message_tell(session, &report);
}

struct bs_reply bs_reply_refusal(const struct bs_decision *decision)
{
    struct bs_reply reply = {.kind = BS_REPLY_REFUSE};
    reply.code = bs_decision_reply(decision, &reply.text);
    return reply;
}

/* --- Questions ---------------------------------------------------------------------------------------------- */

/* False where the answers take too much memory. */
static bool leave_unanswered(struct bs_message *message, const struct bs_questions *questions)
{
    static const struct bs_dns_answer timeout = {.status = BS_DNS_TIMEOUT};
    for (size_t i = 0; i < questions->count; i++) {
        if (!bs_answers_add(&message->answers, questions->items[i].name, questions->items[i].type, &timeout))
            return false;
    }
    return true;
}

static bool can_ask(struct bs_session *session)
{
    struct bs_message *message = session->message;
    const struct bs_asker *asker = session->host.asker;
    if (message->out_of_time || !asker)
        return false;
    if (!message->inquiry)
        message->inquiry = asker->begin(session->host.context, &message->answers);
    return message->inquiry != NULL;
}

/* Answers what the registry of what was sent knows, which takes no time; what remains is for others. False where the
 * answers take too much memory. */
static bool ask_registry(struct bs_session *session, const struct bs_questions *questions, struct bs_questions *ret_rest)
{
    struct bs_message *message = session->message;
    ret_rest->count = 0;
    for (size_t i = 0; i < questions->count; i++) {
        const struct bs_question *question = &questions->items[i];
        if (question->type != BS_ASK_SENT || !session->host.sent) {
            ret_rest->items[ret_rest->count++] = *question;
            continue;
        }
        const struct bs_sent_answer answer = bs_sent_memory_get(session->host.sent, question->name);
        if (!bs_answers_add_sent(&message->answers, question->name, &answer))
            return false;
    }
    return true;
}

enum bs_asked bs_message_ask(struct bs_session *session, const struct bs_questions *questions)
{
    struct bs_message *message = session->message;
    struct bs_questions rest;
    if (++message->rounds > BS_SESSION_ROUNDS_MAX || !ask_registry(session, questions, &rest))
        return BS_ASKED_TOO_MUCH;
    if (rest.count == 0)
        return BS_ASKED_NOW;
    if (can_ask(session))
        return session->host.asker->ask(message->inquiry, &rest) ? BS_ASKED_LATER : BS_ASKED_NOW;
    return leave_unanswered(message, &rest) ? BS_ASKED_NOW : BS_ASKED_TOO_MUCH;
}

/* --- MAIL --------------------------------------------------------------------------------------------------- */

static bool open_message(struct bs_session *session, struct bs_bytes sender, int64_t now)
{
    struct bs_message *message = calloc(1, sizeof *message);
    if (!message)
        return false;
    bs_arena_init(&message->arena, BS_MESSAGE_MEMORY);
    bs_arena_init(&message->answer_arena, BS_ANSWERS_MEMORY);
    bs_answers_init(&message->answers, &message->answer_arena);
    message->now = now;
    message->sender = bs_arena_copy(&message->arena, sender);
    session->message = message;
    return true;
}

/* Ends the message's stay here, with the reply. */
static struct bs_reply let_go(struct bs_session *session, struct bs_reply reply)
{
    bs_session_reset(session);
    return reply;
}

struct bs_reply bs_session_mail(struct bs_session *session, struct bs_bytes sender, bool authenticated, int64_t now)
{
    bool ours = authenticated || session->client_is_ours;
    if (session->message)
        bs_session_reset(session);
    if (sender.len > BS_PATH_MAX || !(ours ? bs_outbound_is_of_interest : bs_inbound_is_of_interest)(session, sender))
        return accepted;
    if (!open_message(session, sender, now))
        return no_memory;
    enum bs_begun begun = ours ? bs_outbound_begin(session) : bs_inbound_begin(session);
    if (begun != BS_BEGUN)
        return let_go(session, begun == BS_NO_MEMORY ? no_memory : accepted);
    bs_message_weigh(session);
    return ours ? go_on : bs_session_resume(session, NULL);
}

static void take_parameter(struct bs_message *message, struct bs_bytes parameter)
{
    if (bs_bytes_starts_nocase(parameter, BS_LITERAL("ENVID=")))
        message->has_envelope_id = true;
    if (bs_bytes_equal_nocase(parameter, BS_LITERAL("RET=FULL")))
        message->return_wanted = "RET=FULL ";
    if (bs_bytes_equal_nocase(parameter, BS_LITERAL("RET=HDRS")))
        message->return_wanted = "RET=HDRS ";
}

void bs_session_parameters(struct bs_session *session, struct bs_bytes parameters)
{
    while (session->message && parameters.len > 0) {
        size_t end = bs_bytes_find(parameters, '\0');
        take_parameter(session->message, bs_bytes_first(parameters, end));
        parameters = bs_bytes_skip(parameters, end < parameters.len ? end + 1 : end);
    }
}

void bs_session_queue_id(struct bs_session *session, struct bs_bytes queue_id)
{
    if (queue_id.len == 0)
        return;
    queue_id = bs_bytes_first(queue_id, BS_QUEUE_ID_MAX);
    memcpy(session->queue_id, queue_id.ptr, queue_id.len);
    session->queue_id[queue_id.len] = '\0';
}

/* --- RCPT and DATA ------------------------------------------------------------------------------------------ */

void bs_session_resolved(struct bs_session *session, struct bs_bytes address)
{
    if (session->message && session->message->bounce)
        bs_bounce_resolved(session->message->bounce, address);
}

struct bs_reply bs_session_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused)
{
    struct bs_message *message = session->message;
    if (!message)
        return accepted;
    if (++message->recipients > session->settings->max_recipients)
        return (struct bs_reply){.kind = BS_REPLY_END, .text = "more recipients than max-recipients allows"};
    if (message->bounce)
        return bs_bounce_recipient(session, recipient, refused);
    if (message->tagged.len > 0 && !refused)
        bs_outbound_recipient(session, recipient);
    return go_on;
}

struct bs_reply bs_session_data(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (!message)
        return accepted;
    /* A bounce is not let go of here: the MTA, or another filter, may still refuse DATA, and then the client may name
     * further recipients, which must not pass unseen. */
    if (bs_outbound_is_over(message))
        return let_go(session, bs_outbound_end_unsigned(session));
    return go_on;
}

/* --- The message -------------------------------------------------------------------------------------------- */

void bs_session_header(struct bs_session *session, struct bs_bytes name, struct bs_bytes value)
{
    struct bs_message *message = session->message;
    if (!message)
        return;
    if (message->bounce)
        bs_bounce_header(message->bounce, name, value, message->authentication != NULL);
    if (message->authentication)
        bs_authentication_header(message->authentication, name, value);
    if (message->signing)
        bs_dkim_signing_header(message->signing, name, value);
    if (message->outgoing)
        bs_outgoing_header(message->outgoing, name, value);
    bs_message_weigh_field(session, name.len + value.len);
}

/* Asks for what can be foreseen; nobody waits for it yet. */
static void ask_ahead(struct bs_session *session)
{
    struct bs_message *message = session->message;
    struct bs_dkim_signed made;
    struct bs_questions missing = {.count = 0};
    if (message->authentication) {
        bs_sealing_ask(session, &missing);
        bs_authentication_run(message->authentication, &message->answers, &missing);
    }
    if (message->signing)
        bs_dkim_signing_run(message->signing, &message->answers, &made, &missing);
    if (missing.count > 0)
        bs_message_ask(session, &missing);
}

static void end_outgoing_header(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (bs_outgoing_end_of_header(session))
        return;
    bs_outgoing_free(message->outgoing);
    message->outgoing = NULL;
}

/* Whether nothing remains to be done to the message, or to be found out about it. */
static bool is_over(const struct bs_message *message)
{
    bool inbound = message->bounce || message->authentication;
    if (!inbound)
        return bs_outbound_is_over(message);
    return !message->authentication && !bs_bounce_waits(message->bounce);
}

static void end_header(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (message->header_ended)
        return;
    message->header_ended = true;
    if (message->authentication)
        bs_authentication_end_of_header(message->authentication);
    if (message->bounce)
        bs_bounce_end_of_header(message->bounce, message->authentication ? &message->authentication->header : NULL);
    if (message->authentication)
        bs_sealing_begin(session);
    if (message->signing)
        bs_dkim_signing_end_of_header(message->signing);
    if (message->outgoing)
        end_outgoing_header(session);
    bs_message_weigh(session);
    ask_ahead(session);
}

struct bs_reply bs_session_end_of_header(struct bs_session *session)
{
    if (!session->message)
        return accepted;
    end_header(session);
    return is_over(session->message) ? accepted : go_on;
}

struct bs_reply bs_session_body(struct bs_session *session, struct bs_bytes chunk)
{
    bool wanted = false;
    struct bs_message *message = session->message;
    if (!message)
        return accepted;
    end_header(session); /* where nobody told that it is over */
    if (is_over(message))
        return accepted;
    if (message->bounce && bs_bounce_wants_body(message->bounce)) {
        bs_bounce_body(message->bounce, chunk);
        wanted = true;
    }
    if (message->authentication && bs_authentication_wants_body(message->authentication)) {
        bs_authentication_body(message->authentication, chunk);
        wanted = true;
    }
    if (message->signing && bs_dkim_signing_wants_body(message->signing)) {
        bs_dkim_signing_body(message->signing, chunk);
        wanted = true;
    }
    bs_message_weigh(session);
    return wanted ? go_on : skip_body;
}

struct bs_reply bs_session_end(struct bs_session *session, struct bs_changes *ret_changes)
{
    struct bs_message *message = session->message;
    *ret_changes = (struct bs_changes){0};
    if (!message)
        return accepted;
    end_header(session);
    struct bs_reply reply = message->bounce || message->authentication ? bs_inbound_end(session, ret_changes)
                                                                       : bs_outbound_end(session, ret_changes);
    message->wait = reply.kind == BS_REPLY_WAIT ? BS_WAIT_END : BS_WAIT_NOTHING;
    if (reply.kind == BS_REPLY_WAIT)
        bs_message_weigh(session);
    return reply;
}

/* --- Waiting ------------------------------------------------------------------------------------------------ */

bool bs_session_waits(const struct bs_session *session)
{
    return session->message && session->message->wait != BS_WAIT_NOTHING;
}

/* MAIL, once more or for the first time. */
static struct bs_reply judge_sender(struct bs_session *session)
{
    struct bs_reply reply = bs_inbound_sender(session);
    session->message->wait = reply.kind == BS_REPLY_WAIT ? BS_WAIT_MAIL : BS_WAIT_NOTHING;
    bool over = reply.kind == BS_REPLY_ACCEPT || reply.kind == BS_REPLY_REFUSE;
    return over ? let_go(session, reply) : reply;
}

struct bs_reply bs_session_resume(struct bs_session *session, struct bs_changes *ret_changes)
{
    struct bs_message *message = session->message;
    if (!message)
        return go_on;
    bs_message_weigh(session);
    if (message->wait == BS_WAIT_END)
        return bs_session_end(session, ret_changes);
    if (message->wait == BS_WAIT_MAIL || !message->sender_judged)
        return judge_sender(session);
    ask_ahead(session);
    return go_on;
}

struct bs_reply bs_session_stop_waiting(struct bs_session *session, struct bs_changes *ret_changes)
{
    struct bs_message *message = session->message;
    if (!message)
        return go_on;
    message->out_of_time = true;
    if (message->inquiry)
        session->host.asker->end(message->inquiry);
    message->inquiry = NULL;
    return bs_session_resume(session, ret_changes);
}

void bs_session_reset(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (message && message->bounce)
        bs_bounce_report_passed(session);
    if (message)
        bs_message_weigh_off(session);
    session->queue_id[0] = '\0';
    session->message = NULL;
    session->waited = 0;
    if (!message)
        return;
    if (message->inquiry)
        session->host.asker->end(message->inquiry);
    bs_bounce_free(message->bounce);
    bs_authentication_free(message->authentication);
    bs_outgoing_free(message->outgoing);
    bs_dkim_signing_free(message->signing);
    bs_arena_reset(&message->answer_arena);
    bs_arena_reset(&message->arena);
    free(message);
}

void bs_session_done(struct bs_session *session)
{
    bs_session_reset(session);
    bs_strbuf_free(&session->helo);
    bs_strbuf_free(&session->host_name);
}
