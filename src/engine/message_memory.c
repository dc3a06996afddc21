/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting what messages hold; see message_memory.h. */
#include "engine/message_memory.h"

#include "engine/message.h"
#include "engine/outgoing.h"

static size_t weight(const struct bs_message *message)
{
    size_t sum = sizeof *message + message->arena.used + message->answer_arena.used;
    if (message->bounce)
        sum += bs_bounce_weight(message->bounce);
    if (message->authentication)
        sum += bs_authentication_weight(message->authentication);
    if (message->signing)
        sum += bs_dkim_signing_weight(message->signing);
    if (message->outgoing)
        sum += bs_outgoing_weight(message->outgoing);
    return sum;
}

static void count(struct bs_session *session)
{
    struct bs_message *message = session->message;
    size_t now = weight(message);
    session->host.memory->held += now - message->weight;
    message->weight = now;
    message->unweighed = 0;
}

/* Nobody asks for the answers any more, or whoever does asks once more; but a message at its end waits for them to go on. */
static void forget_answers(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (message->wait == BS_WAIT_END)
        return;
    if (message->inquiry)
        session->host.asker->end(message->inquiry);
    message->inquiry = NULL;
    bs_arena_reset(&message->answer_arena);
    bs_answers_init(&message->answers, &message->answer_arena);
}

static void give_up(struct bs_session *session)
{
    static const struct bs_decision given_up = {.action = BS_ACTION_NONE, .reason = BS_REASON_MESSAGE_MEMORY};
    struct bs_message *message = session->message;
    bool unread = message->bounce && bs_bounce_give_up(message->bounce);
    bool unjudged = message->authentication && bs_authentication_forget(message->authentication);
    message->given_up = true;
    if (!unread && !unjudged)
        return;
    forget_answers(session);
    struct bs_report report = bs_message_report(session, &given_up, (struct bs_bytes){NULL, 0});
    report.detail = "messages under way hold more than message-memory; raise it, or let the mail server take fewer at once";
    bs_message_tell(session, &report);
    count(session);
}

/* Heavy messages leave a quarter to the others, so that whoever makes a few of them heavy has no others go unread. */
static bool is_too_much(const struct bs_session *session)
{
    size_t limit = session->settings->message_memory;
    bool light = session->message->weight <= BS_LIGHT_MESSAGE_MAX;
    return session->host.memory->held > (light ? limit : limit - limit / 4);
}

void bs_message_weigh(struct bs_session *session)
{
    const struct bs_message *message = session->message;
    if (!message || !session->host.memory)
        return;
    count(session);
    if (!message->given_up && is_too_much(session))
        give_up(session);
}

void bs_message_weigh_field(struct bs_session *session, size_t size)
{
    session->message->unweighed += size;
    if (session->message->unweighed >= BS_UNWEIGHED_MAX)
        bs_message_weigh(session);
}

void bs_message_weigh_off(struct bs_session *session)
{
    if (session->host.memory)
        session->host.memory->held -= session->message->weight;
}
