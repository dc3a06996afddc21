/* SPDX-License-Identifier: BSD-2-Clause */
/* Names from the bottom up, and what stands at each; see dmarc_walk.h. */
#include "auth/dmarc_walk.h"

static size_t count_labels(struct bs_bytes name)
{
    size_t labels = name.len > 0;
    for (size_t i = 0; i < name.len; i++)
        labels += name.ptr[i] == '.';
    return labels;
}

/* The last `labels` labels of a name that has at least as many. */
static struct bs_bytes last_labels(struct bs_bytes name, size_t labels)
{
    for (size_t have = count_labels(name); have > labels; have--)
        name = bs_bytes_skip(name, bs_bytes_find(name, '.') + 1);
    return name;
}

/* The name to ask after this one; false at the top. */
static bool next_name(struct bs_bytes *io_name)
{
    size_t labels = count_labels(*io_name);
    if (labels <= 1)
        return false;
    *io_name = last_labels(*io_name, labels < BS_DMARC_WALK_MAX ? labels - 1 : BS_DMARC_WALK_MAX - 1);
    return true;
}

/* How many DMARC records an answer has; the first is filled in. */
static size_t find_records(const struct bs_dns_answer *answer, struct bs_dmarc_record *ret_record,
                           struct bs_bytes *ret_text)
{
    struct bs_dmarc_record record;
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        if (!bs_dmarc_record_parse(answer->records[i].data, &record))
            continue;
        if (count++ == 0) {
            *ret_record = record;
            *ret_text = answer->records[i].data;
        }
    }
    return count;
}

/* Asks for the record of one name; NULL where the answer is not known yet. */
static const struct bs_dns_answer *ask_record(struct bs_bytes name, const struct bs_answers *known,
                                              struct bs_arena *arena, struct bs_questions *missing, bool *ret_memory)
{
    const char *question = bs_arena_printf(arena, "_dmarc.%.*s", BS_BYTES_ARG(name));
    *ret_memory = question != NULL;
    return question ? bs_ask_dns(known, missing, bs_bytes_from_cstr(question), BS_DNS_TXT) : NULL;
}

/* Takes one answer in; true where the walk ends with it. */
static bool take_answer(struct bs_dmarc_walk *walk, struct bs_bytes name, const struct bs_dns_answer *answer)
{
    struct bs_dmarc_found *found = &walk->found[walk->count];
    struct bs_bytes text;
    if (bs_dns_failed(answer)) {
        walk->failed = true;
        return true;
    }
    if (find_records(answer, &found->record, &text) != 1)
        return false;
    found->name = name;
    walk->count++;
    return found->record.psd != BS_DMARC_PSD_UNKNOWN;
}

bool bs_dmarc_walk(struct bs_bytes start, const struct bs_answers *known, struct bs_arena *arena,
                   struct bs_dmarc_walk *ret_walk, struct bs_questions *ret_missing)
{
    struct bs_bytes name = start;
    bool over = false, memory;
    *ret_walk = (struct bs_dmarc_walk){.start = start};
    do {
        const struct bs_dns_answer *answer = ask_record(name, known, arena, ret_missing, &memory);
        if (!memory)
            return false;
        if (!answer)
            ret_walk->waiting = true;
        else if (!ret_walk->waiting)
            over = take_answer(ret_walk, name, answer);
    } while (!over && next_name(&name));
    return true;
}

size_t bs_dmarc_trace(struct bs_bytes start, const struct bs_answers *known, struct bs_arena *arena,
                      struct bs_dmarc_step ret_steps[BS_DMARC_WALK_MAX])
{
    struct bs_questions missing = {.count = 0};
    struct bs_bytes name = start;
    size_t count = 0;
    bool memory, over = false;
    do {
        const struct bs_dns_answer *answer = ask_record(name, known, arena, &missing, &memory);
        if (!answer)
            return count;
        struct bs_dmarc_record record = {.psd = BS_DMARC_PSD_UNKNOWN};
        struct bs_dmarc_step *step = &ret_steps[count++];
        *step = (struct bs_dmarc_step){.name = name, .status = answer->status};
        step->records = find_records(answer, &record, &step->record);
        over = bs_dns_failed(answer) || (step->records == 1 && record.psd != BS_DMARC_PSD_UNKNOWN);
    } while (!over && next_name(&name));
    return count;
}

struct bs_bytes bs_dmarc_organization(const struct bs_dmarc_walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct bs_dmarc_found *found = &walk->found[i];
        if (found->record.psd == BS_DMARC_PSD_NO)
            return found->name;
        if (found->record.psd == BS_DMARC_PSD_YES && found->name.len < walk->start.len)
            return last_labels(walk->start, count_labels(found->name) + 1);
    }
    return walk->count > 0 ? walk->found[walk->count - 1].name : walk->start;
}

const struct bs_dmarc_record *bs_dmarc_record_of(const struct bs_dmarc_walk *walk, struct bs_bytes name)
{
    for (size_t i = 0; i < walk->count; i++) {
        if (bs_bytes_equal_nocase(walk->found[i].name, name))
            return &walk->found[i].record;
    }
    return NULL;
}
