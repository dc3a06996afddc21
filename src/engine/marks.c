/* SPDX-License-Identifier: BSD-2-Clause */
/* Header fields for a message that is accepted; see marks.h. */
#include "engine/marks.h"

#include "auth/results.h"
#include "auth/results_ours.h"

#define RESULT_FIELD "Backstop-Result"

struct bs_bytes bs_session_authserv_id(const struct bs_session *session)
{
    if (session->settings->authserv_id[0] != '\0')
        return bs_bytes_from_cstr(session->settings->authserv_id);
    return session->host_name[0] != '\0' ? bs_bytes_from_cstr(session->host_name) : BS_LITERAL("localhost");
}

/* --- What comes off ----------------------------------------------------------------------------------------- */

static bool find_results(struct bs_session *session, struct bs_field_places *ret_places)
{
    struct bs_authserv_ids ids = {.count = 0};
    struct bs_authentication *authentication = session->message->authentication;
    return bs_authserv_ids_add(&ids, bs_session_authserv_id(session), &authentication->arena) &&
           bs_results_find_ours(&authentication->header, &ids, &authentication->arena, ret_places);
}

static unsigned count_marks(const struct bs_header *header)
{
    unsigned count = 0;
    for (size_t i = 0; i < header->count; i++)
        count += bs_header_field_is(&header->fields[i], BS_LITERAL(RESULT_FIELD));
    return count;
}

static void remove_marks(struct bs_session *session, struct bs_changes *changes)
{
    struct bs_authentication *authentication = session->message->authentication;
    struct bs_field_places places = {.count = 0};
    if (!find_results(session, &places))
        return;
    unsigned marks = count_marks(&authentication->header);
    changes->removed = bs_arena_take(&authentication->arena, (places.count + marks) * sizeof *changes->removed);
    if (!changes->removed)
        return;
    for (size_t i = 0; i < places.count; i++)
        changes->removed[changes->removed_count++] =
            (struct bs_removed_field){places.items[i].field->name, places.items[i].index};
    for (; marks > 0; marks--)
        changes->removed[changes->removed_count++] = (struct bs_removed_field){BS_LITERAL(RESULT_FIELD), marks};
}

/* --- What goes on ------------------------------------------------------------------------------------------- */

static void add_field(struct bs_changes *changes, const char *name, struct bs_bytes value)
{
    if (value.ptr && changes->added_count < BS_FIELDS_ADDED_MAX)
        changes->added[changes->added_count++] = (struct bs_added_field){name, value};
}

static enum bs_dmarc_policy disposition(const struct bs_decision *decision)
{
    return decision->action == BS_ACTION_QUARANTINE || decision->action == BS_ACTION_TAG ? BS_DMARC_QUARANTINE
                                                                                         : BS_DMARC_NONE;
}

static void write_results(struct bs_session *session, const struct bs_decision *decision,
                          struct bs_results_writer *writer)
{
    const struct bs_authentication *authentication = session->message->authentication;
    const struct bs_arc_result *arc = &authentication->arc;
    bs_results_begin(writer, bs_session_authserv_id(session));
    bs_results_add_spf(writer, &authentication->spf);
    bs_results_add_dkim(writer, &authentication->dkim);
    if (arc->code != BS_ARC_NONE)
        bs_results_add_arc(writer, bs_arc_code_name(arc->code), (unsigned)arc->count,
                           arc->count > 0 ? arc->hops[arc->count - 1].domain : (struct bs_bytes){NULL, 0},
                           arc->code == BS_ARC_FAIL ? arc->reason : NULL);
    bs_results_add_dmarc(writer, &authentication->dmarc, authentication->dmarc_author, disposition(decision));
}

static void add_results(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes)
{
    struct bs_results_writer writer;
    write_results(session, decision, &writer);
    if (bs_results_end(&writer))
        add_field(changes, "Authentication-Results",
                  bs_arena_copy(&session->message->arena, bs_strbuf_bytes(&writer.out)));
    bs_results_free(&writer);
}

static void add_mark(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes)
{
    const char *text =
        bs_arena_printf(&session->message->arena, "suspicious; reason=%s", bs_reason_name(decision->reason));
    if (!text)
        return;
    add_field(changes, RESULT_FIELD, bs_bytes_from_cstr(text));
    if (decision->action == BS_ACTION_QUARANTINE)
        changes->quarantine = text;
}

void bs_marks_make(struct bs_session *session, const struct bs_decision *decision, struct bs_changes *changes)
{
    remove_marks(session, changes);
    if (decision->action == BS_ACTION_TAG || decision->action == BS_ACTION_QUARANTINE)
        add_mark(session, decision, changes);
    add_results(session, decision, changes);
}
