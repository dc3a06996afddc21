/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagging and signing; see outbound.h. */
#include "engine/outbound.h"

#include "engine/outgoing.h"

static const struct bs_reply accepted = {.kind = BS_REPLY_ACCEPT};

static bool has_signing_keys(const struct bs_session *session)
{
    return session->settings->signing_keys.count > 0;
}

bool bs_outbound_is_of_interest(const struct bs_session *session, struct bs_bytes sender)
{
    return has_signing_keys(session) || bs_outgoing_is_wanted(session) || !bs_path_is_null(sender);
}

/* The sender with its tag is set at the end of data, if no recipient forbids it. */
static void prepare_tag(struct bs_session *session)
{
    struct bs_message *message = session->message;
    struct bs_address sender;
    if (bs_path_is_null(message->sender) || !bs_path_parse(message->sender, &message->arena, &sender))
        return;
    struct bs_decision decision = bs_gate_sender(session->settings->gate, &sender, message->now, &message->arena,
                                                 &message->tagged);
    if (decision.action == BS_ACTION_SIGN)
        return;
    message->tagged = (struct bs_bytes){NULL, 0};
    if (decision.reason != BS_REASON_NONE)
        bs_message_decided(session, &decision, (struct bs_bytes){NULL, 0});
}

enum bs_begun bs_outbound_begin(struct bs_session *session)
{
    struct bs_message *message = session->message;
    message->sender_judged = true; /* there is nothing to judge about it */
    if (has_signing_keys(session)) {
        message->signing = bs_dkim_signing_new(&session->settings->signing_keys, message->now);
        if (!message->signing)
            return BS_NO_MEMORY;
    }
    prepare_tag(session);
    if (bs_outgoing_is_wanted(session)) {
        message->outgoing = bs_outgoing_new(session);
        if (!message->outgoing)
            return BS_NO_MEMORY;
    }
    return message->signing || message->outgoing || message->tagged.len > 0 ? BS_BEGUN : BS_NOT_NEEDED;
}

void bs_outbound_recipient(struct bs_session *session, struct bs_bytes path)
{
    struct bs_message *message = session->message;
    struct bs_address address;
    struct bs_arena scratch;
    bs_arena_init(&scratch, BS_MESSAGE_MEMORY);
    if (!message->no_sign && bs_path_parse(path, &scratch, &address))
        message->no_sign = bs_gate_is_no_sign(session->settings->gate, &address);
    bs_arena_reset(&scratch);
}

bool bs_outbound_is_over(const struct bs_message *message)
{
    bool tagged = message->tagged.len > 0 && !message->no_sign;
    return !message->bounce && !message->authentication && !tagged && !message->signing && !message->outgoing;
}

static void report_tag(struct bs_session *session)
{
    struct bs_decision decision = {.action = BS_ACTION_SIGN, .reason = BS_REASON_SIGNED};
    if (session->message->no_sign)
        decision = (struct bs_decision){.action = BS_ACTION_NONE, .reason = BS_REASON_NO_SIGN_LIST};
    bs_message_decided(session, &decision, (struct bs_bytes){NULL, 0});
}

struct bs_reply bs_outbound_end_unsigned(struct bs_session *session)
{
    if (session->message->tagged.len > 0)
        report_tag(session);
    return accepted;
}

/* --- DKIM --------------------------------------------------------------------------------------------------- */

/* Whether the signatures are made; else WAIT. */
static bool make_signatures(struct bs_session *session, struct bs_dkim_signed *ret_made)
{
    struct bs_message *message = session->message;
    *ret_made = (struct bs_dkim_signed){0};
    bs_dkim_signing_end_of_header(message->signing);
    bs_dkim_signing_end_of_body(message->signing);
    for (;;) {
        struct bs_questions missing = {.count = 0};
        if (bs_dkim_signing_run(message->signing, &message->answers, ret_made, &missing) == BS_DONE)
            return true;
        enum bs_asked asked = bs_message_ask(session, &missing);
        if (asked != BS_ASKED_NOW)
            return asked == BS_ASKED_TOO_MUCH;
    }
}

static void report_key(struct bs_session *session, enum bs_action action, enum bs_reason reason,
                       const struct bs_signing_key *key, const char *detail)
{
    const struct bs_decision decision = {.action = action, .reason = reason};
    struct bs_report report = bs_message_report(session, &decision, (struct bs_bytes){NULL, 0});
    report.key = key->name;
    report.detail = detail;
    bs_message_tell(session, &report);
}

static void take_signatures(struct bs_session *session, const struct bs_dkim_signed *made, struct bs_changes *changes)
{
    for (size_t i = 0; i < made->count; i++)
        changes->added[changes->added_count++] = (struct bs_added_field){"DKIM-Signature", made->values[i]};
    for (size_t i = 0; i < made->count; i++)
        report_key(session, BS_ACTION_SIGN, BS_REASON_DKIM_SIGNED, made->keys_used[i], NULL);
    for (size_t i = 0; i < made->missing_count; i++)
        report_key(session, BS_ACTION_NONE, BS_REASON_DKIM_UNSIGNED, made->missing[i].key, made->missing[i].why);
}

static void set_sender(struct bs_session *session, struct bs_changes *changes)
{
    changes->sender = session->message->tagged;
    bs_outgoing_set_envelope_id(session, changes);
}

struct bs_reply bs_outbound_end(struct bs_session *session, struct bs_changes *ret_changes)
{
    struct bs_message *message = session->message;
    struct bs_dkim_signed made = {.count = 0};
    if (message->signing && !make_signatures(session, &made))
        return (struct bs_reply){.kind = BS_REPLY_WAIT};
    if (message->tagged.len > 0) {
        report_tag(session);
        if (!message->no_sign)
            set_sender(session, ret_changes);
    }
    if (message->outgoing)
        bs_outgoing_end(session, ret_changes);
    take_signatures(session, &made, ret_changes);
    return accepted;
}
