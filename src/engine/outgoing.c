/* SPDX-License-Identifier: BSD-2-Clause */
/* Token, ENVID and registry; see outgoing.h. */
#include "engine/outgoing.h"

#include "message/mailbox_list.h"
#include "proof/envelope_id.h"
#include "proof/sent_name.h"
#include "proof/token.h"

#include <stdlib.h>

struct bs_outgoing {
    struct bs_arena arena;
    struct bs_header own_header;    /* unless DKIM signing reads one */
    const struct bs_header *header; /* the one that is read */
    bool header_ended;
    struct bs_address sender;       /* without its tag; an empty local part for the null sender */
    struct bs_bytes author_field;   /* the body of From; empty: there is none, or more than one */
};

bool bs_outgoing_is_wanted(const struct bs_session *session)
{
    return session->settings->marks_outgoing && (session->settings->header_token || session->host.sent);
}

struct bs_outgoing *bs_outgoing_new(const struct bs_session *session)
{
    struct bs_message *message = session->message;
    const struct bs_batv_keys *keys = bs_gate_keys(session->settings->gate);
    struct bs_outgoing *outgoing = calloc(1, sizeof *outgoing);
    struct bs_address sender;
    if (!outgoing)
        return NULL;
    bs_arena_init(&outgoing->arena, BS_OUTGOING_MEMORY);
    if (!message->signing)
        bs_header_init(&outgoing->own_header, &outgoing->arena);
    outgoing->header = message->signing ? bs_dkim_signing_read_header(message->signing) : &outgoing->own_header;
    if (bs_path_is_null(message->sender) || !bs_path_parse(message->sender, &outgoing->arena, &sender))
        return outgoing;
    struct bs_batv_verdict tag = bs_batv_verify(keys, &sender, message->now, &outgoing->arena);
    outgoing->sender = tag.result == BS_BATV_VALID || tag.result == BS_BATV_EXPIRED ? tag.original : sender;
    return outgoing;
}

void bs_outgoing_free(struct bs_outgoing *outgoing)
{
    if (!outgoing)
        return;
    if (outgoing->header == &outgoing->own_header && !outgoing->header_ended)
        bs_header_finish(&outgoing->own_header);
    bs_arena_reset(&outgoing->arena);
    free(outgoing);
}

size_t bs_outgoing_weight(const struct bs_outgoing *outgoing)
{
    return sizeof *outgoing + outgoing->arena.used;
}

void bs_outgoing_header(struct bs_outgoing *outgoing, struct bs_bytes name, struct bs_bytes body)
{
    if (outgoing->header == &outgoing->own_header && !outgoing->header_ended)
        bs_header_add(&outgoing->own_header, name, body);
}

static bool signs(const struct bs_session *session, struct bs_bytes domain)
{
    return bs_gate_mode(session->settings->gate, domain) != BS_MODE_OFF;
}

/* Whether an author's domain signs. */
static bool has_author_of_ours(const struct bs_session *session)
{
    struct bs_outgoing *outgoing = session->message->outgoing;
    struct bs_address authors[BS_FROM_ADDRESSES_MAX];
    size_t count = bs_from_addresses(outgoing->author_field, &outgoing->arena, authors);
    for (size_t i = 0; i < count; i++) {
        if (signs(session, authors[i].domain))
            return true;
    }
    return false;
}

bool bs_outgoing_end_of_header(struct bs_session *session)
{
    struct bs_outgoing *outgoing = session->message->outgoing;
    if (outgoing->header_ended)
        return true;
    outgoing->header_ended = true;
    if (outgoing->header == &outgoing->own_header)
        bs_header_finish(&outgoing->own_header);
    const struct bs_header_field *from = bs_header_find_only(outgoing->header, BS_LITERAL("From"));
    if (from)
        outgoing->author_field = from->body;
    return signs(session, outgoing->sender.domain) || has_author_of_ours(session);
}

static void add_token(struct bs_session *session, struct bs_changes *changes)
{
    struct bs_outgoing *outgoing = session->message->outgoing;
    char value[BS_TOKEN_SIZE];
    bool whole = !(outgoing->header->flags & BS_HEADER_INCOMPLETE) && !outgoing->header->failed;
    if (!session->settings->header_token || !whole || changes->added_count == BS_FIELDS_ADDED_MAX ||
        !bs_token_make(&session->settings->proof_keys, outgoing->header, &outgoing->sender, session->message->now,
                       &outgoing->arena, value))
        return;
    struct bs_bytes kept = bs_arena_copy(&outgoing->arena, bs_bytes_from_cstr(value));
    if (kept.ptr)
        changes->added[changes->added_count++] = (struct bs_added_field){BS_TOKEN_FIELD, kept};
}

static bool put(struct bs_session *session, struct bs_bytes message_id, const struct bs_address *sender)
{
    char name[BS_SENT_NAME_SIZE + 1];
    bool named = bs_sent_name(message_id, sender, &session->message->outgoing->arena, name);
    if (named)
        bs_sent_memory_put(session->host.sent, bs_bytes(name, BS_SENT_NAME_SIZE), session->message->now);
    return named;
}

/* Under the Message-ID alone, with the envelope's sender, and with each author who is another. */
static void remember(struct bs_session *session)
{
    const struct bs_message *message = session->message;
    struct bs_outgoing *outgoing = message->outgoing;
    struct bs_address authors[BS_FROM_ADDRESSES_MAX];
    const struct bs_header_field *field = bs_header_find_only(outgoing->header, BS_LITERAL("Message-ID"));
    struct bs_bytes message_id = field ? bs_message_id_of(field->body) : (struct bs_bytes){NULL, 0};
    if (!put(session, message_id, NULL)) {
        bs_sent_memory_gap(session->host.sent, message->now);
        return;
    }
    if (outgoing->sender.local.len == 0)
        return; /* what has the null sender nobody answers; strangers can ask for automatic replies */
    put(session, message_id, &outgoing->sender);
    size_t count = bs_from_addresses(outgoing->author_field, &outgoing->arena, authors);
    for (size_t i = 0; i < count; i++) {
        if (!bs_address_same(&authors[i], &outgoing->sender))
            put(session, message_id, &authors[i]);
    }
}

void bs_outgoing_end(struct bs_session *session, struct bs_changes *changes)
{
    if (session->host.sent)
        remember(session);
    add_token(session, changes);
}

void bs_outgoing_set_envelope_id(struct bs_session *session, struct bs_changes *changes)
{
    struct bs_message *message = session->message;
    struct bs_address sender;
    char id[BS_ENVELOPE_ID_MAX + 1];
    if (!session->settings->envelope_id || message->has_envelope_id ||
        !bs_path_parse(message->sender, &message->arena, &sender) ||
        !bs_envelope_id_make(&session->settings->proof_keys, &sender, bs_bytes_from_cstr(session->queue_id), message->now,
                             &message->arena, id))
        return;
    /* Sendmail forgets the client's RET where it is told new parameters. */
    const char *text =
        bs_arena_printf(&message->arena, "%sENVID=%s", message->return_wanted ? message->return_wanted : "", id);
    changes->sender_parameters = bs_bytes_from_cstr(text);
}
