/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and proving one message; see automatic.h. */
#include "engine/automatic.h"

#include "engine/message.h"

void bs_automatic_init(struct bs_automatic *automatic, struct bs_bytes sender)
{
    automatic->sender = sender;
    bs_arena_init(&automatic->parts_arena, BS_PARTS_MEMORY);
    bs_arena_init(&automatic->arena, BS_READING_MEMORY);
}

static void forget_parts(struct bs_automatic *automatic)
{
    if (automatic->parts.reader && !automatic->body_ended)
        bs_parts_finish(&automatic->parts);
    automatic->body_ended = true;
    automatic->parts = (struct bs_parts){.count = 0};
    bs_arena_reset(&automatic->parts_arena);
}

void bs_automatic_free(struct bs_automatic *automatic)
{
    forget_parts(automatic);
    bs_arena_reset(&automatic->arena);
}

static void begin(struct bs_automatic *automatic)
{
    if (automatic->parts.reader || automatic->body_ended)
        return;
    bs_parts_init(&automatic->parts, &automatic->parts_arena);
    bs_parts_field(&automatic->parts, BS_LITERAL("Return-Path"), automatic->sender);
}

void bs_automatic_header(struct bs_automatic *automatic, struct bs_bytes name, struct bs_bytes body, bool kept)
{
    if (automatic->header_ended)
        return;
    automatic->marks_seen += bs_bytes_equal_nocase(bs_bytes_trim(name), BS_LITERAL(BS_MARK_FIELD));
    if (automatic->given_up || kept)
        return;
    begin(automatic);
    bs_parts_field(&automatic->parts, name, body);
}

void bs_automatic_end_of_header(struct bs_automatic *automatic, bool wanted, bool null_sender,
                                const struct bs_header *header)
{
    if (automatic->header_ended)
        return;
    automatic->header_ended = true;
    if (wanted && !automatic->given_up) {
        begin(automatic);
        if (header)
            bs_parts_fields(&automatic->parts, header);
        automatic->reads = bs_reading_is_worthwhile(&automatic->parts.header, null_sender);
    }
    if (automatic->reads)
        bs_parts_end_of_header(&automatic->parts);
    else
        forget_parts(automatic);
}

void bs_automatic_body(struct bs_automatic *automatic, struct bs_bytes chunk)
{
    if (automatic->reads && !automatic->body_ended)
        bs_parts_push(&automatic->parts, chunk);
}

bool bs_automatic_give_up(struct bs_automatic *automatic)
{
    bool unfinished = !automatic->header_ended || (automatic->reads && !automatic->is_judged);
    if (!unfinished || automatic->given_up)
        return false;
    bs_automatic_free(automatic);
    automatic->given_up = true;
    automatic->is_read = false;
    automatic->reading = (struct bs_reading){0};
    automatic->evidence = (struct bs_evidence){0};
    return true;
}

size_t bs_automatic_weight(const struct bs_automatic *automatic)
{
    return automatic->parts_arena.used + automatic->arena.used + bs_parts_collected(&automatic->parts);
}

static bool read(struct bs_automatic *automatic, struct bs_rules_scan *scan)
{
    if (automatic->is_read)
        return true;
    if (!automatic->body_ended)
        bs_parts_finish(&automatic->parts);
    automatic->body_ended = true;
    automatic->is_read = scan && bs_reading_make(&automatic->parts, scan, &automatic->arena, &automatic->reading);
    return automatic->is_read;
}

static bool is_ours(const void *gate, struct bs_bytes domain)
{
    return bs_gate_mode(gate, domain) >= BS_MODE_OBSERVE;
}

enum bs_step bs_automatic_judge(struct bs_automatic *automatic, const struct bs_session *session,
                                const struct bs_evidence_recipient *recipients, size_t count,
                                struct bs_questions *ret_missing)
{
    const struct bs_settings *settings = session->settings;
    const struct bs_dkim_own_keys own_keys = {settings->own_keys.items, settings->own_keys.count, session->host.keys};
    if (automatic->is_judged)
        return BS_DONE;
    if (automatic->given_up || !read(automatic, session->host.scan))
        return BS_ERROR;
    const struct bs_evidence_facts facts = {
        .parts = &automatic->parts,
        .reading = &automatic->reading,
        .recipients = recipients,
        .recipient_count = count,
        .is_ours = is_ours,
        .domains = settings->gate,
        .batv_keys = bs_gate_keys(settings->gate),
        .proof_keys = &settings->proof_keys,
        .dkim_keys = own_keys.count > 0 ? &own_keys : NULL,
        .registry = session->host.sent != NULL,
        .registry_complete = settings->registry_complete,
        .now = session->message->now,
        .queue_life = settings->queue_life,
        .marking_since = settings->header_token ? BS_MARKING_SINCE : 0,
    };
    enum bs_step step = bs_evidence_judge(&facts, &session->message->answers, &automatic->arena, &automatic->evidence,
                                          ret_missing);
    automatic->is_judged = step == BS_DONE;
    return step;
}

/* Whether another message is returned; a reading has none where it takes the message for ordinary mail. */
static bool returns_a_message(const struct bs_parts *parts, const struct bs_reading *reading)
{
    bool returns = reading->returned.header != NULL;
    for (size_t i = 0; !returns && i < parts->count; i++)
        returns = parts->items[i].header && parts->items[i].header->count > 0;
    return returns;
}

enum bs_kind bs_automatic_treated_as(const struct bs_parts *parts, const struct bs_reading *reading, bool null_sender)
{
    bool nameless = reading->kind == BS_KIND_OTHER || reading->kind == BS_KIND_NONE;
    return null_sender && nameless && returns_a_message(parts, reading) ? BS_KIND_DSN_FAILED : reading->kind;
}
