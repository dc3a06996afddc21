/* SPDX-License-Identifier: BSD-2-Clause */
/* Header fields for a message that is accepted; see marks.h. */
#include "engine/marks.h"

#include "auth/results.h"
#include "auth/results_ours.h"

struct bs_bytes bs_session_authserv_id(const struct bs_session *session)
{
    if (session->settings->authserv_id[0] != '\0')
        return bs_bytes_from_cstr(session->settings->authserv_id);
    return session->host_name.len > 0 ? bs_strbuf_bytes(&session->host_name) : BS_LITERAL("localhost");
}

/* --- What comes off ----------------------------------------------------------------------------------------- */

static bool find_results(struct bs_authentication *authentication, struct bs_bytes authserv_id,
                         struct bs_field_places *ret_places)
{
    struct bs_authserv_ids ids = {.count = 0};
    return bs_authserv_ids_add(&ids, authserv_id, &authentication->arena) &&
           bs_results_find_ours(&authentication->header, &ids, &authentication->arena, ret_places);
}

static unsigned count_fields(const struct bs_header *header, struct bs_bytes name)
{
    unsigned count = 0;
    for (size_t i = 0; i < header->count; i++)
        count += bs_header_field_is(&header->fields[i], name);
    return count;
}

struct removal {
    struct bs_removed_field *fields;
    size_t count;
};

enum { FINDING_MAX = 512 }; /* bytes of what is said of automatic mail */
enum { REMOVAL_SIZE = 16 }; /* bytes about, with which one field is removed, beside its name */

/* Whether so many fields are too many: with more than the MTA takes at a time the whole session would fail. */
static bool are_too_many(const struct bs_field_places *places, size_t beyond, size_t marks)
{
    size_t size = beyond * (REMOVAL_SIZE + sizeof BS_RESULTS_FIELD) + marks * (REMOVAL_SIZE + sizeof BS_MARK_FIELD);
    for (size_t i = 0; i < places->count; i++)
        size += REMOVAL_SIZE + places->items[i].field->name.len;
    return size > BS_REMOVED_SIZE_MAX;
}

/* The fields of a name from `last` down to `first`. */
static void remove_range(struct removal *removal, struct bs_bytes name, unsigned first, unsigned last)
{
    for (; last >= first; last--)
        removal->fields[removal->count++] = (struct bs_removed_field){name, last};
}

bool bs_marks_find_forged(struct bs_authentication *authentication, struct bs_bytes authserv_id,
                          struct bs_removed_field **ret_removed, size_t *ret_count)
{
    struct bs_field_places places = {.count = 0};
    struct removal removal = {NULL, 0};
    *ret_count = 0;
    if (!find_results(authentication, authserv_id, &places))
        return false;
    /* Whose word is in fields that were not kept is not known: they all go. */
    unsigned kept = count_fields(&authentication->header, BS_LITERAL(BS_RESULTS_FIELD));
    unsigned beyond = authentication->results_seen > kept ? authentication->results_seen - kept : 0;
    if (are_too_many(&places, beyond, authentication->marks_seen))
        return false;
    removal.fields = bs_arena_take(&authentication->arena,
                                   (places.count + beyond + authentication->marks_seen) * sizeof *removal.fields);
    if (!removal.fields)
        return false;
    remove_range(&removal, BS_LITERAL(BS_RESULTS_FIELD), kept + 1, kept + beyond);
    for (size_t i = 0; i < places.count; i++)
        removal.fields[removal.count++] =
            (struct bs_removed_field){places.items[i].field->name, places.items[i].index};
    remove_range(&removal, BS_LITERAL(BS_MARK_FIELD), 1, authentication->marks_seen);
    *ret_removed = removal.fields;
    *ret_count = removal.count;
    return true;
}

/* --- What goes on ------------------------------------------------------------------------------------------- */

static void add_field(struct bs_changes *changes, const char *name, struct bs_bytes value)
{
    if (value.ptr && changes->added_count < BS_FIELDS_ADDED_MAX)
        changes->added[changes->added_count++] = (struct bs_added_field){name, value};
}

static enum bs_dmarc_policy disposition(const struct bs_decision *decision)
{
    if (decision->action == BS_ACTION_REFUSE)
        return BS_DMARC_REJECT;
    return decision->action == BS_ACTION_QUARANTINE || decision->action == BS_ACTION_TAG ? BS_DMARC_QUARANTINE
                                                                                         : BS_DMARC_NONE;
}

static void write_results(const struct bs_authentication *authentication, struct bs_bytes authserv_id,
                          const struct bs_decision *decision, struct bs_results_writer *writer)
{
    const struct bs_arc_result *arc = &authentication->arc;
    bs_results_begin(writer, authserv_id);
    bs_results_add_spf(writer, &authentication->spf);
    bs_results_add_dkim(writer, &authentication->dkim);
    if (arc->code != BS_ARC_NONE)
        bs_results_add_arc(writer, bs_arc_code_name(arc->code), (unsigned)arc->count,
                           arc->count > 0 ? arc->hops[arc->count - 1].domain : (struct bs_bytes){NULL, 0},
                           arc->code == BS_ARC_FAIL ? arc->reason : NULL);
    bs_results_add_dmarc(writer, &authentication->dmarc, authentication->dmarc_author, disposition(decision));
}

struct bs_bytes bs_marks_results(const struct bs_authentication *authentication, struct bs_bytes authserv_id,
                                 const struct bs_decision *decision, struct bs_arena *arena)
{
    struct bs_results_writer writer;
    struct bs_bytes value = {NULL, 0};
    write_results(authentication, authserv_id, decision, &writer);
    if (bs_results_end(&writer))
        value = bs_arena_copy(arena, bs_strbuf_bytes(&writer.out));
    bs_results_free(&writer);
    return value;
}

static void add_mark(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes)
{
    const char *text =
        bs_arena_printf(&session->message->arena, "suspicious; reason=%s", bs_reason_name(decision->reason));
    text = text ? text : "suspicious";
    add_field(changes, BS_MARK_FIELD, bs_bytes_from_cstr(text));
    if (decision->action == BS_ACTION_QUARANTINE)
        changes->quarantine = text;
}

bool bs_marks_remove_forged(unsigned count, struct bs_arena *arena, struct bs_changes *changes)
{
    static const struct bs_field_places none = {.count = 0};
    struct removal removal = {NULL, 0};
    if (count == 0)
        return true;
    if (are_too_many(&none, 0, count))
        return false;
    removal.fields = bs_arena_take(arena, count * sizeof *removal.fields);
    if (!removal.fields)
        return false;
    remove_range(&removal, BS_LITERAL(BS_MARK_FIELD), 1, count);
    changes->removed = removal.fields;
    changes->removed_count = removal.count;
    return true;
}

void bs_marks_add_finding(const struct bs_automatic_finding *finding, const struct bs_decision *decision, struct bs_arena *arena,
                          struct bs_changes *changes)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, FINDING_MAX);
    bs_strbuf_printf(&text, "kind=%s; verdict=%s; proofs=", bs_kind_name(finding->reading->kind),
                     bs_verdict_name(finding->evidence->verdict));
    bs_evidence_append(finding->evidence, BS_PROOF_GOOD, &text);
    bs_strbuf_printf(&text, ";\n\taction=%s%s%s", bs_action_name(decision->action),
                     decision->observed ? "; observe=yes" : "", finding->campaign ? "; campaign=yes" : "");
    if (finding->reading->limit)
        bs_strbuf_printf(&text, "; limit=%s", finding->reading->limit);
    if (!text.failed)
        add_field(changes, BS_MARK_FIELD, bs_arena_copy(arena, bs_strbuf_bytes(&text)));
    bs_strbuf_free(&text);
    if (decision->action == BS_ACTION_QUARANTINE)
        changes->quarantine = bs_reason_name(decision->reason);
}

bool bs_marks_make(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes)
{
    struct bs_message *message = session->message;
    struct bs_bytes authserv_id = bs_session_authserv_id(session);
    if (!bs_marks_find_forged(message->authentication, authserv_id, &changes->removed, &changes->removed_count))
        return false;
    if (decision->action == BS_ACTION_TAG || decision->action == BS_ACTION_QUARANTINE)
        add_mark(session, decision, changes);
    add_field(changes, BS_RESULTS_FIELD,
              bs_marks_results(message->authentication, authserv_id, decision, &message->arena));
    return true;
}
