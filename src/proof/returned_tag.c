/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding and trying tagged addresses; see returned_tag.h. */
#include "proof/returned_tag.h"

#include "proof/evidence_rank.h"
#include "proof/evidence_verdict.h"

enum {
    CANDIDATE_MAX = 400, /* bytes of a tagged address: 16 of tag, and what BS_PATH_MAX would allow is never sent */
};

struct search {
    const struct bs_evidence_facts *facts;
    struct bs_arena *arena;
    struct bs_bytes tried[BS_EVIDENCE_TAGS_MAX]; /* different ones */
    size_t count;
    bool more; /* than are tried */
    enum bs_proof_result best;
    const struct bs_header *returned; /* looked at already */
};

static bool is_of_address(char c)
{
    return (unsigned char)c >= 0x80 || bs_ascii_is_digit(c) || (bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.@", c));
}

/* The address that the text begins with. */
static struct bs_bytes cut_address(struct bs_bytes text)
{
    size_t length = 0;
    while (length < text.len && length <= CANDIDATE_MAX && is_of_address(text.ptr[length]))
        length++;
    while (length > 0 && (text.ptr[length - 1] == '.' || text.ptr[length - 1] == '\''))
        length--; /* the end of a sentence or of a quotation */
    return bs_bytes_first(text, length);
}

static bool was_tried(struct search *search, struct bs_bytes candidate)
{
    for (size_t i = 0; i < search->count; i++) {
        if (bs_bytes_equal_nocase(search->tried[i], candidate))
            return true;
    }
    if (search->count == BS_EVIDENCE_TAGS_MAX) {
        search->more = true;
        return true;
    }
    search->tried[search->count++] = candidate;
    return false;
}

static bool is_a_recipients(const struct bs_evidence_facts *facts, const struct bs_address *address)
{
    for (size_t i = 0; i < facts->recipient_count; i++) {
        if (bs_address_same(&facts->recipients[i].address, address))
            return true;
    }
    return false;
}

static enum bs_proof_result judge(const struct search *search, const struct bs_address *address, bool exact)
{
    const struct bs_evidence_facts *facts = search->facts;
    struct bs_batv_verdict verdict = bs_batv_verify(facts->batv_keys, address, facts->now, search->arena);
    switch (verdict.result) {
    case BS_BATV_NONE:
    case BS_BATV_FOREIGN:
        break;
    case BS_BATV_UNKNOWN_KEY:
        return exact ? BS_PROOF_UNSURE : BS_PROOF_ABSENT;
    case BS_BATV_FORGED:
        return exact ? BS_PROOF_FORGED : BS_PROOF_ABSENT;
    case BS_BATV_EXPIRED:
        return is_a_recipients(facts, &verdict.original) ? BS_PROOF_EXPIRED : BS_PROOF_UNBOUND;
    case BS_BATV_VALID:
        return is_a_recipients(facts, &verdict.original) ? BS_PROOF_GOOD : BS_PROOF_UNBOUND;
    }
    return BS_PROOF_ABSENT;
}

static void try_candidate(struct search *search, struct bs_bytes candidate, bool exact)
{
    struct bs_address address;
    if (candidate.len > CANDIDATE_MAX || !bs_path_parse(candidate, search->arena, &address) ||
        address.domain.len == 0 || !search->facts->is_ours(search->facts->domains, address.domain) ||
        was_tried(search, candidate))
        return;
    search->best = bs_proof_better(search->best, judge(search, &address, exact));
}

/* Looks at each byte once: a search goes on behind what was taken for an address. */
static void search_text(struct search *search, struct bs_bytes text, bool exact)
{
    static const struct bs_bytes prefix = {"prvs=", 5};
    struct bs_bytes rest = text;
    while (!search->more) {
        size_t equals = bs_bytes_find(rest, '=');
        if (equals == rest.len)
            return;
        struct bs_bytes candidate = {NULL, 0};
        if (equals + 1 >= prefix.len)
            candidate = bs_bytes_skip(rest, equals + 1 - prefix.len);
        if (!bs_bytes_starts_nocase(candidate, prefix)) {
            rest = bs_bytes_skip(rest, equals + 1);
            continue;
        }
        candidate = cut_address(candidate);
        try_candidate(search, candidate, exact);
        rest = bs_bytes_skip(rest, equals + 1 - prefix.len + candidate.len);
    }
}

static void search_header(struct search *search, const struct bs_header *header, bool exact)
{
    for (size_t i = 0; i < header->count; i++)
        search_text(search, header->fields[i].body, exact);
}

static void search_part(struct search *search, struct bs_part *part)
{
    if (part->header && part->header != search->returned)
        search_header(search, part->header, false);
    search_text(search, bs_part_text(part), part->media == BS_MEDIA_DELIVERY_STATUS);
}

enum bs_proof_result bs_returned_tag_judge(const struct bs_evidence_facts *facts, struct bs_arena *arena)
{
    struct search search = {.facts = facts, .arena = arena, .best = BS_PROOF_ABSENT};
    const struct bs_returned returned = bs_evidence_returned(facts);
    if (!facts->batv_keys)
        return BS_PROOF_ABSENT;
    search.returned = returned.header;
    if (returned.header)
        search_header(&search, returned.header, returned.exact);
    for (size_t i = 0; facts->parts && i < facts->parts->count; i++)
        search_part(&search, &facts->parts->items[i]);
    return search.more ? bs_proof_better(search.best, BS_PROOF_UNSURE) : search.best;
}
