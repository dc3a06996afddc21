/* SPDX-License-Identifier: BSD-2-Clause */
/* Each proof's result, one after another; see evidence.h. What they amount to is evidence_verdict.c's. */
#include "proof/evidence.h"

#include "ask/sent.h"
#include "base/timestamp.h"
#include "message/mailbox_list.h"
#include "proof/envelope_id.h"
#include "proof/evidence_rank.h"
#include "proof/evidence_verdict.h"
#include "proof/returned_tag.h"
#include "proof/sent_name.h"
#include "proof/token.h"

enum {
    HEADERS_MAX = 4,      /* returned headers that are looked at: a bounce may be sent on as a whole */
    IDS_MAX = 12,         /* Message-IDs that the registry is asked for */
    ID_RECIPIENTS_MAX = 4, /* recipients that it is asked for with each; with none, too: 60 questions */
};

_Static_assert(IDS_MAX * (ID_RECIPIENTS_MAX + 1) <= BS_QUESTIONS_MAX, "all is asked in one round");

const char *bs_proof_name(enum bs_proof proof)
{
    static const char *const names[] = {
        [BS_PROOF_TAG] = "tag",     [BS_PROOF_RETURNED_TAG] = "returned-tag", [BS_PROOF_SIGNATURE] = "signature",
        [BS_PROOF_TOKEN] = "token", [BS_PROOF_ENVELOPE_ID] = "envelope-id",   [BS_PROOF_REGISTRY] = "registry",
    };
    return names[proof];
}

const char *bs_proof_result_name(enum bs_proof_result result)
{
    static const char *const names[] = {
        [BS_PROOF_ABSENT] = "absent",   [BS_PROOF_GOOD] = "good",     [BS_PROOF_EXPIRED] = "expired",
        [BS_PROOF_UNBOUND] = "unbound", [BS_PROOF_FORGED] = "forged", [BS_PROOF_UNSURE] = "unsure",
    };
    return names[result];
}

const char *bs_verdict_name(enum bs_verdict verdict)
{
    static const char *const names[] = {
        [BS_VERDICT_PROVEN] = "proven",
        [BS_VERDICT_NOT_OURS] = "not-ours",
        [BS_VERDICT_CANNOT_TELL] = "cannot-tell",
    };
    return names[verdict];
}

void bs_evidence_append(const struct bs_evidence *evidence, enum bs_proof_result result, struct bs_strbuf *buf)
{
    bool any = false;
    for (enum bs_proof proof = 0; proof < BS_PROOF_COUNT; proof++) {
        if (evidence->results[proof] != result)
            continue;
        bs_strbuf_printf(buf, "%s%s", any ? "," : "", bs_proof_name(proof));
        any = true;
    }
    if (!any)
        bs_strbuf_append_cstr(buf, "none");
}

/* A proof that holds for a recipient: good, if it was made within the life of a queue; on days, as that is what it
 * tells. A day ahead is another server's clock. */
static enum bs_proof_result by_age(const struct bs_evidence_facts *facts, int64_t day)
{
    int64_t age = bs_timestamp_day(facts->now) - day;
    return age > (int64_t)facts->queue_life ? BS_PROOF_EXPIRED : age < -1 ? BS_PROOF_UNSURE : BS_PROOF_GOOD;
}

static enum bs_proof_result judge_tag(const struct bs_evidence_facts *facts)
{
    static const enum bs_proof_result results[] = {
        [BS_BATV_NONE] = BS_PROOF_ABSENT,       [BS_BATV_FOREIGN] = BS_PROOF_ABSENT,
        [BS_BATV_UNKNOWN_KEY] = BS_PROOF_UNSURE, [BS_BATV_FORGED] = BS_PROOF_FORGED,
        [BS_BATV_EXPIRED] = BS_PROOF_EXPIRED,   [BS_BATV_VALID] = BS_PROOF_GOOD,
    };
    enum bs_proof_result best = BS_PROOF_ABSENT;
    for (size_t i = 0; i < facts->recipient_count; i++)
        best = bs_proof_better(best, results[facts->recipients[i].tag]);
    return best;
}

static bool from_has_a_recipient(const struct bs_evidence_facts *facts, const struct bs_header_field *from,
                                 struct bs_arena *arena)
{
    struct bs_address authors[BS_FROM_ADDRESSES_MAX];
    size_t count = from ? bs_from_addresses(from->body, arena, authors) : 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t recipient = 0; recipient < facts->recipient_count; recipient++) {
            if (bs_address_same(&authors[i], &facts->recipients[recipient].address))
                return true;
        }
    }
    return false;
}

/* --- the returned header ------------------------------------------------------------------------------------ */

/* The header that the reading found, and those of other messages within, which are no evidence of a forgery. */
static size_t gather_headers(const struct bs_evidence_facts *facts, struct bs_returned headers[HEADERS_MAX])
{
    size_t count = 0;
    const struct bs_returned returned = bs_evidence_returned(facts);
    if (returned.header)
        headers[count++] = returned;
    for (size_t i = 0; facts->parts && i < facts->parts->count && count < HEADERS_MAX; i++) {
        const struct bs_header *header = facts->parts->items[i].header;
        if (header && header != returned.header && header->count > 0)
            headers[count++] = (struct bs_returned){.header = header, .exact = false};
    }
    return count;
}

static enum bs_proof_result judge_one_signature(const struct bs_evidence_facts *facts, bool exact,
                                                const struct bs_dkim_returned *returned, struct bs_arena *arena)
{
    switch (returned->code) {
    case BS_DKIM_RETURNED_UNREADABLE:
        break;
    case BS_DKIM_RETURNED_BROKEN:
        return exact ? BS_PROOF_FORGED : BS_PROOF_UNSURE;
    case BS_DKIM_RETURNED_HOLDS:
        if (returned->auto_reply || !from_has_a_recipient(facts, returned->from, arena))
            return BS_PROOF_UNBOUND;
        return returned->signed_at == BS_DKIM_NO_TIME ? BS_PROOF_UNSURE
                                                      : by_age(facts, bs_timestamp_day(returned->signed_at));
    }
    return BS_PROOF_UNSURE;
}

static bool judge_signature(const struct bs_evidence_facts *facts, const struct bs_returned *header,
                            struct bs_arena *arena, enum bs_proof_result *io_result)
{
    struct bs_dkim_returned_results results;
    if (!facts->dkim_keys)
        return true;
    if (!bs_dkim_returned_check(header->header, facts->dkim_keys, arena, &results))
        return false;
    for (size_t i = 0; i < results.count; i++)
        *io_result = bs_proof_better(*io_result, judge_one_signature(facts, header->exact, &results.items[i], arena));
    if (results.more)
        *io_result = bs_proof_better(*io_result, BS_PROOF_UNSURE);
    return true;
}

static enum bs_proof_result judge_token(const struct bs_evidence_facts *facts, const struct bs_returned *returned,
                                        struct bs_arena *arena)
{
    struct bs_address senders[BS_EVIDENCE_RECIPIENTS_MAX];
    if (!facts->proof_keys)
        return BS_PROOF_ABSENT;
    for (size_t i = 0; i < facts->recipient_count; i++)
        senders[i] = facts->recipients[i].address;
    struct bs_token_verdict verdict =
        bs_token_verify(facts->proof_keys, returned->header, senders, facts->recipient_count, arena);
    switch (verdict.result) {
    case BS_TOKEN_NONE:
        return BS_PROOF_ABSENT;
    case BS_TOKEN_FORGED:
        if (!returned->exact || returned->header->flags & BS_HEADER_INCOMPLETE)
            return BS_PROOF_UNSURE;
        return BS_PROOF_FORGED;
    case BS_TOKEN_UNTRIED:
    case BS_TOKEN_CHANGED:
        return BS_PROOF_UNSURE;
    case BS_TOKEN_HOLDS:
        break;
    }
    bool bound = verdict.sender_holds ||
                 from_has_a_recipient(facts, bs_header_find(returned->header, "From"), arena);
    return bound && !verdict.null_sender ? by_age(facts, verdict.day) : BS_PROOF_UNBOUND;
}

/* The proofs that returned headers carry. False without memory. */
static bool judge_headers(const struct bs_evidence_facts *facts, struct bs_arena *arena, enum bs_proof_result *results)
{
    struct bs_returned headers[HEADERS_MAX];
    size_t count = gather_headers(facts, headers);
    for (size_t i = 0; i < count; i++) {
        if (!judge_signature(facts, &headers[i], arena, &results[BS_PROOF_SIGNATURE]) ||
            arena->limit - arena->used < BS_EVIDENCE_MEMORY)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        results[BS_PROOF_TOKEN] = bs_proof_better(results[BS_PROOF_TOKEN], judge_token(facts, &headers[i], arena));
    return true;
}

static enum bs_proof_result judge_envelope_id(const struct bs_evidence_facts *facts, struct bs_arena *arena)
{
    int64_t day = 0;
    enum bs_proof_result best = BS_PROOF_ABSENT;
    if (facts->reading->envelope_id.len == 0 || !facts->proof_keys)
        return BS_PROOF_ABSENT;
    for (size_t i = 0; i < facts->recipient_count; i++) {
        switch (bs_envelope_id_verify(facts->proof_keys, facts->reading->envelope_id, &facts->recipients[i].address,
                                      arena, &day)) {
        case BS_ENVELOPE_ID_FOREIGN:
            return BS_PROOF_ABSENT;
        case BS_ENVELOPE_ID_FORGED:
            best = bs_proof_better(best, BS_PROOF_FORGED);
            break;
        case BS_ENVELOPE_ID_UNKNOWN_KEY:
            best = bs_proof_better(best, BS_PROOF_UNSURE);
            break;
        case BS_ENVELOPE_ID_HOLDS:
            best = bs_proof_better(best, by_age(facts, day));
            break;
        }
    }
    return best;
}

/* --- the registry ------------------------------------------------------------------------------------------- */

struct inquiry {
    const struct bs_evidence_facts *facts;
    const struct bs_answers *known;
    struct bs_arena *arena;
    struct bs_questions *missing;
    enum bs_proof_result best;
    bool failed; /* no memory */
};

static enum bs_proof_result judge_answer(const struct bs_evidence_facts *facts, const struct bs_sent_answer *answer,
                                         bool bound)
{
    int64_t life = (int64_t)facts->queue_life * BS_SECONDS_PER_DAY;
    switch (answer->status) {
    case BS_SENT_KNOWN:
        return bound ? by_age(facts, bs_timestamp_day(answer->at)) : BS_PROOF_UNBOUND;
    case BS_SENT_UNKNOWN:
        return answer->since <= facts->now - life ? BS_PROOF_ABSENT : BS_PROOF_UNSURE;
    case BS_SENT_UNANSWERED:
        break;
    }
    return BS_PROOF_UNSURE;
}

static void ask(struct inquiry *inquiry, struct bs_bytes message_id, const struct bs_address *sender)
{
    char *name = bs_arena_take(inquiry->arena, BS_SENT_NAME_SIZE + 1);
    struct bs_sent_answer answer;
    if (!name || !bs_sent_name(message_id, sender, inquiry->arena, name))
        inquiry->failed = true;
    else if (bs_ask_sent(inquiry->known, inquiry->missing, bs_bytes(name, BS_SENT_NAME_SIZE), &answer))
        inquiry->best = bs_proof_better(inquiry->best, judge_answer(inquiry->facts, &answer, sender != NULL));
}

/* The Message-IDs that are returned or answered. `ret_more`: there are others. */
static size_t gather_ids(const struct bs_evidence_facts *facts, struct bs_bytes ids[IDS_MAX], bool *ret_more)
{
    struct bs_returned headers[HEADERS_MAX];
    const struct bs_reading *reading = facts->reading;
    size_t count = 0, header_count = gather_headers(facts, headers), at = 0;
    for (size_t i = 0; i < header_count; i++) {
        const struct bs_header_field *field = bs_header_find(headers[i].header, "Message-ID");
        if (field)
            ids[count++] = bs_message_id_of(field->body);
    }
    for (; at < reading->reference_count && count < IDS_MAX; at++)
        ids[count++] = bs_message_id_of(reading->references[at]);
    *ret_more = at < reading->reference_count || reading->reference_count == BS_REFERENCES_MAX ||
                header_count == HEADERS_MAX;
    return count;
}

/* The domain behind the last @ of a Message-ID. */
static struct bs_bytes id_domain(struct bs_bytes id)
{
    size_t at = bs_bytes_find_last(id, '@');
    struct bs_bytes domain = at < id.len ? bs_bytes_skip(id, at + 1) : bs_bytes(NULL, 0);
    return bs_bytes_first(domain, bs_bytes_find(domain, '>'));
}

/* Whether a name is in a domain, or in one below it. */
static bool lies_in(struct bs_bytes name, struct bs_bytes domain)
{
    if (domain.len == 0 || name.len < domain.len)
        return false;
    struct bs_bytes above = bs_bytes_skip(name, name.len - domain.len);
    return bs_bytes_equal_nocase(above, domain) &&
           (name.len == domain.len || name.ptr[name.len - domain.len - 1] == '.');
}

/* Whether the sender of the automatic message seems to have made the Message-ID himself: ticket systems answer IDs that
 * they gave to their own threads, and those never were in mail of ours. */
static bool is_of_sender(const struct bs_evidence_facts *facts, struct bs_bytes id, struct bs_arena *arena)
{
    const struct bs_header *header = facts->parts ? &facts->parts->header : NULL;
    const struct bs_header_field *own = header ? bs_header_find(header, "Message-ID") : NULL;
    const struct bs_header_field *from = header ? bs_header_find(header, "From") : NULL;
    struct bs_address authors[BS_FROM_ADDRESSES_MAX];
    struct bs_bytes domain = id_domain(id);
    if (domain.len == 0 || facts->is_ours(facts->domains, domain))
        return false;
    struct bs_bytes own_domain = own ? id_domain(bs_message_id_of(own->body)) : bs_bytes(NULL, 0);
    bool same = lies_in(domain, own_domain) || lies_in(own_domain, domain);
    size_t count = from ? bs_from_addresses(from->body, arena, authors) : 0;
    for (size_t i = 0; i < count && !same; i++)
        same = lies_in(domain, authors[i].domain) || lies_in(authors[i].domain, domain);
    return same;
}

/* `ret_all_unknown`: messages are named, and the registry knows for sure that none of them passed. */
static bool judge_registry(struct inquiry *inquiry, bool *ret_all_unknown)
{
    const struct bs_evidence_facts *facts = inquiry->facts;
    struct bs_bytes ids[IDS_MAX];
    bool more, complete = facts->registry_complete;
    size_t asked = 0, count = facts->registry ? gather_ids(facts, ids, &more) : 0;
    for (size_t i = 0; i < count; i++) {
        if (ids[i].len == 0 || ids[i].len > BS_MESSAGE_ID_MAX)
            continue;
        asked++;
        complete = complete && !is_of_sender(facts, ids[i], inquiry->arena);
        ask(inquiry, ids[i], NULL);
        for (size_t recipient = 0; recipient < facts->recipient_count && recipient < ID_RECIPIENTS_MAX; recipient++)
            ask(inquiry, ids[i], &facts->recipients[recipient].address);
    }
    *ret_all_unknown = complete && asked > 0 && asked == count && !more && inquiry->best == BS_PROOF_ABSENT;
    return !inquiry->failed;
}

/* --- all of them -------------------------------------------------------------------------------------------- */

enum bs_step bs_evidence_judge(const struct bs_evidence_facts *facts, const struct bs_answers *known,
                               struct bs_arena *arena, struct bs_evidence *ret_evidence,
                               struct bs_questions *ret_missing)
{
    struct bs_evidence_facts bounded = *facts;
    struct inquiry inquiry = {&bounded, known, arena, ret_missing, BS_PROOF_ABSENT, false};
    enum bs_proof_result *results = ret_evidence->results;
    bool all_unknown = false;
    *ret_evidence = (struct bs_evidence){.good = 0};
    ret_missing->count = 0;
    ret_missing->overflow = false;
    if (bounded.recipient_count > BS_EVIDENCE_RECIPIENTS_MAX)
        bounded.recipient_count = BS_EVIDENCE_RECIPIENTS_MAX;
    if (!judge_registry(&inquiry, &all_unknown))
        return BS_ERROR;
    if (ret_missing->count > 0)
        return BS_ASK;
    if (arena->limit - arena->used < BS_EVIDENCE_MEMORY || !judge_headers(&bounded, arena, results))
        return BS_ERROR;
    results[BS_PROOF_TAG] = judge_tag(&bounded);
    results[BS_PROOF_RETURNED_TAG] = bs_returned_tag_judge(&bounded, arena);
    results[BS_PROOF_ENVELOPE_ID] = judge_envelope_id(&bounded, arena);
    results[BS_PROOF_REGISTRY] = inquiry.best;
    for (enum bs_proof proof = 0; proof < BS_PROOF_COUNT; proof++)
        ret_evidence->good += results[proof] == BS_PROOF_GOOD;
    return bs_evidence_conclude(facts, all_unknown, arena, ret_evidence) ? BS_DONE : BS_ERROR;
}
