/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers by name and type, and the questions that have none; see ask.h. */
#include "ask/ask.h"

struct bs_answer_entry {
    struct bs_name_node node; /* its kind is the record type; first, so that the node is the entry */
    struct bs_dns_answer answer;
};

static const struct bs_dns_answer no_such_name = {.status = BS_DNS_NXDOMAIN};

void bs_answers_init(struct bs_answers *answers, struct bs_arena *arena)
{
    *answers = (struct bs_answers){.arena = arena};
}

bool bs_dns_name_is_valid(struct bs_bytes name)
{
    size_t label = 0;
    if (name.len == 0 || name.len > BS_DNS_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        bool dot = name.ptr[i] == '.';
        if (dot ? label == 0 : label == BS_DNS_LABEL_MAX)
            return false;
        label = dot ? 0 : label + 1;
    }
    return label > 0;
}

static bool copy_records(struct bs_arena *arena, const struct bs_dns_answer *answer, struct bs_dns_answer *copy)
{
    size_t count = answer->count < BS_DNS_RECORDS_MAX ? answer->count : BS_DNS_RECORDS_MAX;
    struct bs_dns_record *records = bs_arena_take(arena, count * sizeof *records);
    *copy = *answer;
    copy->records = records;
    copy->count = count;
    for (size_t i = 0; records && i < count; i++) {
        records[i].preference = answer->records[i].preference;
        records[i].data = bs_arena_copy(arena, answer->records[i].data);
        if (!records[i].data.ptr)
            return false;
    }
    return records != NULL;
}

/* The entry of that key, made where there is none; NULL past the arena's limit. */
static struct bs_answer_entry *entry_of(struct bs_answers *answers, struct bs_bytes name, enum bs_dns_type type)
{
    struct bs_name_node *node = bs_name_index_find(&answers->index, name, type);
    if (node)
        return (struct bs_answer_entry *)node;
    struct bs_answer_entry *entry = bs_arena_take(answers->arena, sizeof *entry);
    if (!entry)
        return NULL;
    entry->node.name = bs_name_fold(name, answers->arena);
    entry->node.kind = type;
    return entry->node.name.ptr && bs_name_index_add(&answers->index, answers->arena, &entry->node) ? entry : NULL;
}

bool bs_answers_add(struct bs_answers *answers, struct bs_bytes name, enum bs_dns_type type,
                    const struct bs_dns_answer *answer)
{
    struct bs_dns_answer copy;
    if (!copy_records(answers->arena, answer, &copy))
        return false;
    struct bs_answer_entry *entry = entry_of(answers, name, type);
    if (!entry)
        return false;
    entry->answer = copy;
    return true;
}

static void note_question(struct bs_questions *missing, struct bs_bytes name, enum bs_dns_type type)
{
    for (size_t i = 0; i < missing->count; i++) {
        if (missing->items[i].type == type && bs_bytes_equal_nocase(missing->items[i].name, name))
            return;
    }
    if (missing->count == BS_QUESTIONS_MAX)
        missing->overflow = true;
    else
        missing->items[missing->count++] = (struct bs_question){type, name};
}

const struct bs_dns_answer *bs_ask_dns(const struct bs_answers *known, struct bs_questions *io_missing,
                                       struct bs_bytes name, enum bs_dns_type type)
{
    const struct bs_name_node *node = bs_name_index_find(&known->index, name, type);
    if (node)
        return &((const struct bs_answer_entry *)node)->answer;
    if (!bs_dns_name_is_valid(name))
        return &no_such_name;
    note_question(io_missing, name, type);
    return NULL;
}

void bs_questions_add_all(struct bs_questions *io_missing, const struct bs_questions *others)
{
    for (size_t i = 0; i < others->count; i++)
        note_question(io_missing, others->items[i].name, others->items[i].type);
    io_missing->overflow = io_missing->overflow || others->overflow;
}

const char *bs_dns_status_name(enum bs_dns_status status)
{
    static const char *const names[] = {
        [BS_DNS_FOUND] = "found",     [BS_DNS_NODATA] = "nodata",     [BS_DNS_NXDOMAIN] = "nxdomain",
        [BS_DNS_TIMEOUT] = "timeout", [BS_DNS_SERVFAIL] = "servfail", [BS_DNS_BOGUS] = "bogus",
    };
    return names[status];
}

const char *bs_dns_type_name(enum bs_dns_type type)
{
    switch (type) {
    case BS_DNS_A:
        return "A";
    case BS_DNS_NS:
        return "NS";
    case BS_DNS_CNAME:
        return "CNAME";
    case BS_DNS_SOA:
        return "SOA";
    case BS_DNS_PTR:
        return "PTR";
    case BS_DNS_MX:
        return "MX";
    case BS_DNS_TXT:
        return "TXT";
    case BS_DNS_AAAA:
        return "AAAA";
    case BS_DNS_TLSA:
        return "TLSA";
    case BS_ASK_SENT:
        return "SENT";
    }
    return "?";
}
