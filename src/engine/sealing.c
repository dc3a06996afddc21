/* SPDX-License-Identifier: BSD-2-Clause */
/* An ARC set of ours; see sealing.h. */
#include "engine/sealing.h"

#include "auth/arc_seal.h"
#include "auth/dkim_publication.h"

void bs_sealing_begin(struct bs_session *session)
{
    struct bs_message *message = session->message;
    if (session->settings->sealing_key && !message->given_up)
        message->seal_body = bs_dkim_sign_body(&message->authentication->message.body);
}

void bs_sealing_ask(struct bs_session *session, struct bs_questions *io_missing)
{
    if (session->settings->sealing_key)
        bs_ask_dns(&session->message->answers, io_missing, session->settings->sealing_key->name, BS_DNS_TXT);
}

static bool is_visible(struct bs_session *session, const struct bs_signing_key *key)
{
    struct bs_questions missing = {.count = 0};
    struct bs_dkim_publication publication;
    const struct bs_dkim_public_half half = {bs_private_key_type(key->key), key->public_half};
    const struct bs_dns_answer *answer = bs_ask_dns(&session->message->answers, &missing, key->name, BS_DNS_TXT);
    return answer && bs_dkim_publication_read(answer, &half, &session->message->answer_arena, &publication) &&
           (publication.code == BS_DKIM_PUBLISHED || publication.code == BS_DKIM_UNANSWERED);
}

static void report_unsealed(struct bs_session *session, const char *why)
{
    const struct bs_decision decision = {.action = BS_ACTION_NONE, .reason = BS_REASON_ARC_UNSEALED};
    struct bs_report report = bs_message_report(session, &decision, (struct bs_bytes){NULL, 0});
    report.key = session->settings->sealing_key->name;
    report.detail = why;
    bs_message_tell(session, &report);
}

/* Our results are what is sealed; they come last. */
static bool has_results(const struct bs_changes *changes)
{
    return changes->added_count > 0 && strcmp(changes->added[changes->added_count - 1].name, BS_RESULTS_FIELD) == 0;
}

/* Why the message is not sealed, or NULL. */
static const char *obstacle(struct bs_session *session, const struct bs_changes *changes)
{
    const struct bs_message *message = session->message;
    if (!has_results(changes) || changes->added_count + 3 > BS_FIELDS_ADDED_MAX ||
        message->seal_body >= BS_DKIM_BODIES_MAX || message->authentication->message.body.failed)
        return "a limit was reached";
    if (message->authentication->arc.temporary)
        return "the chain before could not be judged for now";
    return is_visible(session, session->settings->sealing_key) ? NULL : "DNS does not show the key; see backstop dkim check";
}

/* False without memory. */
static bool add(struct bs_session *session, struct bs_changes *changes, const char *name, const struct bs_strbuf *field)
{
    struct bs_bytes text = bs_strbuf_bytes(field);
    struct bs_bytes value = bs_bytes_trim(bs_bytes_skip(text, bs_bytes_find(text, ':') + 1));
    struct bs_bytes copy = bs_arena_copy(&session->message->authentication->arena, value);
    changes->added[changes->added_count++] = (struct bs_added_field){name, copy};
    return copy.ptr != NULL;
}

static void seal(struct bs_session *session, struct bs_changes *changes)
{
    struct bs_error error;
    struct bs_arc_fields fields;
    struct bs_message *message = session->message;
    struct bs_authentication *authentication = message->authentication;
    const struct bs_signing_key *key = session->settings->sealing_key;
    const struct bs_dkim_signer signer = {
        .key = key->key, .domain = key->domain, .selector = key->selector, .now = message->now, .bare_lf = true};
    if (!bs_arc_seal(&signer, &authentication->chain, authentication->arc.code, &authentication->header,
                     &authentication->message.body.sums[message->seal_body],
                     changes->added[changes->added_count - 1].value, &fields, &error)) {
        report_unsealed(session, error.text);
        return;
    }
    size_t before = changes->added_count;
    if (!add(session, changes, "ARC-Authentication-Results", &fields.results) ||
        !add(session, changes, "ARC-Message-Signature", &fields.message) ||
        !add(session, changes, "ARC-Seal", &fields.seal)) {
        changes->added_count = before; /* a part of a set would break the chain */
        report_unsealed(session, "there is not enough memory");
    }
    bs_arc_fields_free(&fields);
}

void bs_sealing_add(struct bs_session *session, struct bs_changes *changes)
{
    if (!session->settings->sealing_key)
        return;
    const char *why = obstacle(session, changes);
    if (why)
        report_unsealed(session, why);
    else
        seal(session, changes);
}
