/* SPDX-License-Identifier: BSD-2-Clause */
/* SPF, DKIM, ARC and DMARC of one message, in their order; see authentication.h. */
#include "engine/authentication.h"

#include "base/idn.h"
#include "message/address.h"

#include <stdlib.h>

static const char no_memory[] = "there is not enough memory";

static bool take_sender(struct bs_authentication *authentication, struct bs_bytes path)
{
    struct bs_address address;
    struct bs_bytes copy = bs_arena_copy(&authentication->arena, bs_bytes_first(path, BS_PATH_MAX));
    if (!copy.ptr)
        return false;
    if (!bs_path_is_null(copy) && bs_path_parse(copy, &authentication->arena, &address)) {
        authentication->spf_facts.local = address.local;
        authentication->spf_facts.domain = address.domain;
    }
    return true;
}

static bool take_facts(struct bs_authentication *authentication, const struct bs_authentication_facts *facts)
{
    struct bs_spf_facts *spf = &authentication->spf_facts;
    *spf = (struct bs_spf_facts){.now = facts->now, .want_trace = facts->explain};
    if (facts->client)
        spf->ip = *facts->client;
    spf->helo = bs_arena_copy(&authentication->arena, facts->helo);
    spf->receiver = bs_arena_copy(&authentication->arena, facts->receiver);
    if (!facts->client) {
        authentication->spf = (struct bs_spf_result){.status = BS_SPF_NONE, .problem = "the client is not known"};
        authentication->spf_known = true;
    }
    return spf->helo.ptr && spf->receiver.ptr && take_sender(authentication, facts->sender);
}

struct bs_authentication *bs_authentication_new(const struct bs_authentication_facts *facts)
{
    struct bs_authentication *authentication = calloc(1, sizeof *authentication);
    if (!authentication)
        return NULL;
    authentication->now = facts->now;
    authentication->explain = facts->explain;
    authentication->allow_legacy = facts->allow_legacy;
    authentication->keys = facts->keys;
    bs_arena_init(&authentication->arena, BS_AUTHENTICATION_MEMORY);
    bs_arena_init(&authentication->spf_arena, BS_SPF_MEMORY_MAX);
    bs_arena_init(&authentication->dkim_arena, BS_AUTHENTICATION_RUN_MEMORY);
    bs_arena_init(&authentication->arc_arena, BS_AUTHENTICATION_RUN_MEMORY);
    bs_arena_init(&authentication->dmarc_arena, BS_AUTHENTICATION_RUN_MEMORY);
    bs_header_init(&authentication->header, &authentication->arena);
    if (take_facts(authentication, facts))
        return authentication;
    bs_authentication_free(authentication);
    return NULL;
}

static void free_memory(struct bs_authentication *authentication)
{
    bs_dkim_free(&authentication->message);
    bs_arena_reset(&authentication->dmarc_arena);
    bs_arena_reset(&authentication->arc_arena);
    bs_arena_reset(&authentication->dkim_arena);
    bs_arena_reset(&authentication->spf_arena);
    bs_arena_reset(&authentication->arena);
}

void bs_authentication_free(struct bs_authentication *authentication)
{
    if (!authentication)
        return;
    if (!authentication->header_ended)
        bs_header_finish(&authentication->header);
    free_memory(authentication);
    free(authentication);
}

static void count_field(struct bs_authentication *authentication, struct bs_bytes name)
{
    struct bs_bytes called = bs_bytes_trim(name); /* `Name :`, as some MTAs let it pass */
    authentication->results_seen += bs_bytes_equal_nocase(called, BS_LITERAL(BS_RESULTS_FIELD));
    authentication->marks_seen += bs_bytes_equal_nocase(called, BS_LITERAL(BS_MARK_FIELD));
}

void bs_authentication_header(struct bs_authentication *authentication, struct bs_bytes name, struct bs_bytes body)
{
    count_field(authentication, name);
    if (!authentication->forgotten)
        bs_header_add(&authentication->header, name, body);
}

size_t bs_authentication_whole_header(struct bs_authentication *authentication, struct bs_bytes message)
{
    size_t taken = bs_header_push(&authentication->header, message);
    bs_header_finish(&authentication->header);
    for (size_t i = 0; i < authentication->header.count; i++)
        count_field(authentication, authentication->header.fields[i].name);
    bs_authentication_end_of_header(authentication);
    return taken;
}

void bs_authentication_end_of_header(struct bs_authentication *authentication)
{
    if (authentication->header_ended)
        return;
    authentication->header_ended = true;
    if (authentication->forgotten)
        return;
    bs_header_finish(&authentication->header);
    if (!bs_dkim_begin(&authentication->message, &authentication->header, authentication->allow_legacy,
                       &authentication->arena))
        authentication->dkim_known = authentication->short_of_memory = true;
    if (authentication->dkim_known ||
        !bs_arc_begin(&authentication->chain, &authentication->header, &authentication->message.body,
                      authentication->allow_legacy, &authentication->arena))
        authentication->arc_known = true;
    authentication->message.keys = authentication->chain.keys = authentication->keys;
    if (!bs_author_read(&authentication->header, &authentication->arena, &authentication->author))
        authentication->author = (struct bs_author){.doubt = BS_AUTHOR_TOO_LARGE, .incomplete = true};
}

bool bs_authentication_wants_body(const struct bs_authentication *authentication)
{
    return authentication->message.body.count > 0;
}

void bs_authentication_body(struct bs_authentication *authentication, struct bs_bytes chunk)
{
    bs_dkim_body(&authentication->message, chunk);
}

void bs_authentication_end_of_body(struct bs_authentication *authentication)
{
    if (authentication->body_ended)
        return;
    authentication->body_ended = true;
    if (!authentication->forgotten)
        bs_dkim_end(&authentication->message);
}

static void run_spf(struct bs_authentication *authentication, const struct bs_answers *known,
                    struct bs_questions *ret_missing)
{
    bs_arena_reset(&authentication->spf_arena);
    enum bs_step step = bs_spf_check(&authentication->spf_facts, known, &authentication->spf_arena,
                                     &authentication->spf, ret_missing);
    if (step == BS_ERROR) {
        authentication->spf = (struct bs_spf_result){.status = BS_SPF_TEMPERROR, .problem = no_memory};
        authentication->short_of_memory = true;
    }
    authentication->spf_known = step != BS_ASK;
}

/* The keys are asked for as soon as the header is there; signatures are verified once, when all are. */
static void run_dkim(struct bs_authentication *authentication, const struct bs_answers *known,
                     struct bs_questions *ret_missing)
{
    const struct bs_dkim_facts facts = {&authentication->message, authentication->now, authentication->explain};
    bs_dkim_ask(&facts, known, ret_missing);
    if (ret_missing->count > 0 || !authentication->body_ended)
        return;
    bs_arena_reset(&authentication->dkim_arena);
    enum bs_step step = bs_dkim_check(&facts, known, &authentication->dkim_arena, &authentication->dkim, ret_missing);
    if (step == BS_ERROR) {
        authentication->dkim = (struct bs_dkim_results){NULL, 0};
        authentication->short_of_memory = true;
    }
    authentication->dkim_known = step != BS_ASK;
}

static void run_arc(struct bs_authentication *authentication, const struct bs_answers *known,
                    struct bs_questions *ret_missing)
{
    const struct bs_arc_facts facts = {&authentication->chain, authentication->now, authentication->explain};
    bs_arc_ask(&facts, known, ret_missing);
    if (ret_missing->count > 0 || !authentication->body_ended)
        return;
    bs_arena_reset(&authentication->arc_arena);
    enum bs_step step = bs_arc_check(&facts, known, &authentication->arc_arena, &authentication->arc, ret_missing);
    if (step == BS_ERROR)
        authentication->arc = (struct bs_arc_result){.code = BS_ARC_FAIL, .reason = no_memory, .temporary = true};
    authentication->arc_known = step != BS_ASK;
}

static enum bs_dmarc_evidence spf_evidence(enum bs_spf_status status)
{
    if (status == BS_SPF_PASS)
        return BS_DMARC_PASSED;
    return status == BS_SPF_TEMPERROR ? BS_DMARC_TEMPERROR : BS_DMARC_FAILED;
}

static enum bs_dmarc_evidence dkim_evidence(enum bs_dkim_code code)
{
    if (code == BS_DKIM_PASS)
        return BS_DMARC_PASSED;
    return code == BS_DKIM_TEMPERROR ? BS_DMARC_TEMPERROR : BS_DMARC_FAILED;
}

/* What SPF and DKIM have shown so far; before they are done, what they may still show. */
static struct bs_dmarc_facts dmarc_facts(struct bs_authentication *authentication,
                                         struct bs_dmarc_identifier identifiers[BS_DMARC_IDENTIFIERS_MAX])
{
    struct bs_dmarc_facts facts = {.dkim = identifiers};
    if (authentication->spf_known)
        facts.spf = (struct bs_dmarc_identifier){authentication->spf.domain, spf_evidence(authentication->spf.status)};
    for (size_t i = 0; i < authentication->dkim.count && facts.dkim_count < BS_DMARC_IDENTIFIERS_MAX; i++) {
        const struct bs_dkim_result *result = &authentication->dkim.items[i];
        enum bs_dmarc_evidence evidence = dkim_evidence(result->code);
        if (evidence == BS_DMARC_FAILED)
            continue;
        struct bs_bytes domain = bs_idn_to_ascii(result->signature->domain, &authentication->dmarc_arena);
        identifiers[facts.dkim_count++] = (struct bs_dmarc_identifier){domain, evidence};
    }
    return facts;
}

static void run_dmarc(struct bs_authentication *authentication, const struct bs_answers *known,
                      struct bs_questions *ret_missing)
{
    struct bs_dmarc_identifier identifiers[BS_DMARC_IDENTIFIERS_MAX];
    const struct bs_author *author = &authentication->author;
    const struct bs_dmarc_authors authors = {author->domains.items, author->domains.count,
                                             bs_author_is_ambiguous(author)};
    bs_arena_reset(&authentication->dmarc_arena);
    struct bs_dmarc_facts facts = dmarc_facts(authentication, identifiers);
    enum bs_step step = bs_dmarc_check_authors(&authors, &facts, known, &authentication->dmarc_arena,
                                               &authentication->dmarc, &authentication->dmarc_author, ret_missing);
    bool unsure = authentication->short_of_memory && authentication->dmarc.result == BS_DMARC_RESULT_FAIL;
    if (step == BS_ERROR || (step == BS_DONE && unsure))
        authentication->dmarc = (struct bs_dmarc_verdict){.result = BS_DMARC_RESULT_TEMPERROR,
                                                          .disposition = BS_DMARC_NONE, .reason = no_memory};
    authentication->dmarc_known = step != BS_ASK && authentication->spf_known && authentication->dkim_known;
}

/* Runs a method unless its result is there, or the header that it needs is not. */
static void run(struct bs_authentication *authentication, bool can_run, bool is_known,
                void (*method)(struct bs_authentication *, const struct bs_answers *, struct bs_questions *),
                const struct bs_answers *known, struct bs_questions *io_missing)
{
    struct bs_questions missing;
    if (!can_run || is_known)
        return;
    missing.count = 0;
    missing.overflow = false;
    method(authentication, known, &missing);
    bs_questions_add_all(io_missing, &missing);
}

/* DMARC's questions come before those that the signatures of a message ask, so that a forger who writes many does not use
 * up the message's questions before the policy that he breaks is known. SPF's are asked before there is a header. */
enum bs_step bs_authentication_run(struct bs_authentication *authentication, const struct bs_answers *known,
                                   struct bs_questions *io_missing)
{
    struct bs_questions of_signatures = {.count = 0};
    bool header = authentication->header_ended;
    run(authentication, true, authentication->spf_known, run_spf, known, io_missing);
    run(authentication, header, authentication->dkim_known, run_dkim, known, &of_signatures);
    run(authentication, header, authentication->arc_known, run_arc, known, &of_signatures);
    run(authentication, header, authentication->dmarc_known, run_dmarc, known, io_missing);
    bs_questions_add_all(io_missing, &of_signatures);
    return authentication->dmarc_known && authentication->arc_known ? BS_DONE : BS_ASK;
}

void bs_authentication_give_up(struct bs_authentication *authentication)
{
    if (!authentication->spf_known)
        authentication->spf = (struct bs_spf_result){.status = BS_SPF_TEMPERROR, .problem = no_memory};
    if (!authentication->dkim_known)
        authentication->dkim = (struct bs_dkim_results){NULL, 0};
    if (!authentication->arc_known)
        authentication->arc = (struct bs_arc_result){.code = BS_ARC_NONE};
    if (!authentication->dmarc_known)
        authentication->dmarc = (struct bs_dmarc_verdict){.result = BS_DMARC_RESULT_TEMPERROR,
                                                          .disposition = BS_DMARC_NONE, .reason = no_memory};
    authentication->arc_known = true;
    authentication->spf_known = authentication->dkim_known = authentication->dmarc_known = true;
}

bool bs_authentication_forget(struct bs_authentication *authentication)
{
    if (authentication->forgotten || (authentication->dmarc_known && authentication->arc_known))
        return false;
    if (!authentication->header_ended)
        bs_header_finish(&authentication->header);
    free_memory(authentication);
    bs_header_init(&authentication->header, &authentication->arena);
    authentication->message = (struct bs_dkim_message){0};
    authentication->chain = (struct bs_arc_chain){0};
    authentication->author = (struct bs_author){.doubt = BS_AUTHOR_CLEAR};
    authentication->dmarc_author = bs_bytes(NULL, 0);
    authentication->spf_known = authentication->dkim_known = authentication->arc_known = authentication->dmarc_known = false;
    bs_authentication_give_up(authentication);
    authentication->arc.temporary = true;
    authentication->forgotten = true;
    return true;
}

size_t bs_authentication_weight(const struct bs_authentication *authentication)
{
    return sizeof *authentication + authentication->arena.used + authentication->spf_arena.used +
           authentication->dkim_arena.used + authentication->arc_arena.used + authentication->dmarc_arena.used;
}

const struct bs_dkim_result *bs_authentication_best_dkim(const struct bs_authentication *authentication)
{
    for (size_t i = 0; i < authentication->dkim.count; i++) {
        if (authentication->dkim.items[i].code == BS_DKIM_PASS)
            return &authentication->dkim.items[i];
    }
    return authentication->dkim.count > 0 ? authentication->dkim.items : NULL;
}
