/* SPDX-License-Identifier: BSD-2-Clause */
/* Verifying a chain; see arc.h. */
#include "auth/arc.h"

/* A chain that is being judged. */
struct judgement {
    const struct bs_arc_facts *facts;
    const struct bs_answers *known;
    struct bs_arena *arena;
    struct bs_arc_result *result;
    struct bs_arc_hop *hops;
    const struct bs_dkim_note **next_note;
    size_t verifications;
    bool out_of_memory;
};

/* The names of keys that were asked for. */
struct names {
    struct bs_bytes items[BS_ARC_KEYS_MAX];
    size_t count;
};

/* Asks for the body hashes: the last set's, and those before it while there is room. */
static void want_bodies(struct bs_arc_chain *chain)
{
    size_t before = chain->bodies->count;
    for (size_t i = chain->sets.count; i-- > 0;) {
        const struct bs_dkim_signature *message = &chain->sets.items[i].message;
        bool wanted = message->code == BS_DKIM_PASS && chain->bodies->count - before < BS_ARC_BODIES_MAX;
        chain->places[i] = wanted ? bs_dkim_bodies_want(chain->bodies, message->digest, message->relaxed_body,
                                                        message->length)
                                  : BS_DKIM_BODIES_MAX;
    }
}

bool bs_arc_begin(struct bs_arc_chain *chain, const struct bs_header *header, struct bs_dkim_bodies *bodies,
                  bool allow_legacy, struct bs_arena *arena)
{
    *chain = (struct bs_arc_chain){.header = header, .bodies = bodies, .allow_legacy = allow_legacy};
    if (!bs_arc_sets_read(header, arena, &chain->sets))
        return false;
    if (!chain->sets.reason)
        want_bodies(chain);
    return !bodies->failed;
}

/* Whether an ARC-Message-Signature may verify, as far as is known without its key. */
static bool may_pass(const struct bs_arc_facts *facts, size_t index)
{
    const struct bs_arc_chain *chain = facts->chain;
    const struct bs_dkim_signature *message = &chain->sets.items[index].message;
    size_t place = chain->places[index];
    if (message->code != BS_DKIM_PASS || place == BS_DKIM_BODIES_MAX || bs_dkim_has_expired(message, facts->now))
        return false;
    const struct bs_dkim_body_sum *sum = &chain->bodies->sums[place];
    return !chain->bodies->finished ||
           bs_bytes_equal(bs_bytes(sum->sum, bs_digest_size(sum->algorithm)), message->body_hash);
}

/* Notes the name as asked for; false past the limit. */
static bool add_name(struct names *names, struct bs_bytes name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (bs_bytes_equal_nocase(names->items[i], name))
            return true;
    }
    if (names->count == BS_ARC_KEYS_MAX)
        return false;
    names->items[names->count++] = name;
    return true;
}

/* The keys that decide come first; those of older messages' signatures, which do not, while there is room. */
void bs_arc_ask(const struct bs_arc_facts *facts, const struct bs_answers *known, struct bs_questions *io_missing)
{
    const struct bs_arc_sets *sets = &facts->chain->sets;
    struct names names = {.count = 0};
    if (sets->count == 0 || sets->reason || !may_pass(facts, sets->count - 1))
        return;
    add_name(&names, sets->items[sets->count - 1].message.key_name);
    for (size_t i = sets->count; i-- > 0;)
        add_name(&names, sets->items[i].seal.key_name);
    for (size_t i = sets->count - 1; i-- > 0 && may_pass(facts, i);) {
        if (!add_name(&names, sets->items[i].message.key_name))
            break;
    }
    for (size_t i = 0; i < names.count; i++)
        bs_ask_dns(known, io_missing, names.items[i], BS_DNS_TXT);
}

static struct bs_dkim_trial trial_of(struct judgement *judgement, const struct bs_dkim_signature *signature,
                                     struct bs_dkim_result *result)
{
    result->signature = signature;
    return (struct bs_dkim_trial){
        .signature = signature,
        .now = judgement->facts->now,
        .allow_legacy = judgement->facts->chain->allow_legacy,
        .explain = judgement->facts->explain,
        .arena = judgement->arena,
        .result = result,
        .next_note = judgement->next_note,
        .verifications = &judgement->verifications,
        .verifications_max = BS_ARC_VERIFICATIONS_MAX,
        .keys = judgement->facts->chain->keys,
    };
}

static bool end_trial(struct judgement *judgement, const struct bs_dkim_trial *trial)
{
    judgement->next_note = trial->next_note;
    judgement->out_of_memory = judgement->out_of_memory || trial->out_of_memory;
    return trial->result->code == BS_DKIM_PASS && !trial->out_of_memory;
}

/* The answer of a key that bs_arc_ask asked for; NULL for one past its limit. */
static const struct bs_dns_answer *answer_of(const struct judgement *judgement,
                                             const struct bs_dkim_signature *signature)
{
    struct bs_questions unasked;
    unasked.count = 0;
    unasked.overflow = false;
    return bs_ask_dns(judgement->known, &unasked, signature->key_name, BS_DNS_TXT);
}

/* Whether the ARC-Message-Signature verifies (step 4). */
static bool try_message(struct judgement *judgement, size_t index, struct bs_dkim_result *result)
{
    const struct bs_arc_chain *chain = judgement->facts->chain;
    const struct bs_dkim_signature *signature = &chain->sets.items[index].message;
    struct bs_dkim_trial trial = trial_of(judgement, signature, result);
    unsigned char sum[BS_DIGEST_MAX];
    trial.body = chain->places[index] == BS_DKIM_BODIES_MAX ? NULL : &chain->bodies->sums[chain->places[index]];
    BS_DKIM_NOTE(&trial, "i=%zu ARC-Message-Signature", index + 1);
    if (bs_dkim_try_field(&trial) && trial.body && bs_dkim_try_body(&trial)) {
        const struct bs_dns_answer *answer = answer_of(judgement, signature);
        if (answer && bs_dkim_try_answer(&trial, answer) && bs_dkim_try_header(&trial, chain->header, sum) &&
            bs_dkim_try_keys(&trial, answer, sum))
            bs_dkim_try_cover(&trial);
    }
    return judgement->hops[index].message_passes = end_trial(judgement, &trial);
}

/* Puts in what a seal covers: the sets before its own, and its own, the seal without its b= last (section 5.1.1). */
static void put_sealed(struct bs_dkim_sink *sink, const struct bs_arc_set *sets, size_t index)
{
    const struct bs_arc_set *own = &sets[index];
    bs_arc_put_sets(sink, sets, index);
    bs_dkim_put_field(sink, own->results_field, true);
    bs_dkim_put_field(sink, own->message.field, true);
    bs_dkim_put_signature(sink, own->seal.field, own->seal.signature_span, true);
}

static bool hash_sealed(struct bs_dkim_trial *trial, const struct bs_arc_sets *sets, size_t index,
                        unsigned char ret_sum[BS_DIGEST_MAX])
{
    struct bs_dkim_sink sink;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    bool summed = digest != NULL;
    if (summed) {
        bs_dkim_sink_init(&sink, digest);
        put_sealed(&sink, sets->items, index);
        summed = bs_dkim_sink_sum(&sink, ret_sum);
    }
    bs_digest_free(digest);
    return summed || bs_dkim_settle(trial, BS_DKIM_TEMPERROR, "the crypto library failed");
}

/* Whether the ARC-Seal verifies (step 6). */
static bool try_seal(struct judgement *judgement, size_t index, struct bs_dkim_result *result)
{
    const struct bs_arc_sets *sets = &judgement->facts->chain->sets;
    const struct bs_dkim_signature *signature = &sets->items[index].seal;
    struct bs_dkim_trial trial = trial_of(judgement, signature, result);
    const struct bs_dns_answer *answer = answer_of(judgement, signature);
    unsigned char sum[BS_DIGEST_MAX];
    BS_DKIM_NOTE(&trial, "i=%zu ARC-Seal: a=%.*s cv=%.*s", index + 1, BS_BYTES_ARG(signature->algorithm_name),
                 BS_BYTES_ARG(signature->chain));
    if (bs_dkim_try_field(&trial) && answer && bs_dkim_try_answer(&trial, answer) &&
        hash_sealed(&trial, sets, index, sum))
        bs_dkim_try_keys(&trial, answer, sum);
    judgement->hops[index].key_bits = result->key_bits;
    judgement->hops[index].secure = result->secure;
    return judgement->hops[index].seal_passes = end_trial(judgement, &trial);
}

static void fail(struct judgement *judgement, size_t index, const char *field, const struct bs_dkim_result *result,
                 int step)
{
    judgement->result->code = BS_ARC_FAIL;
    judgement->result->temporary = result->code == BS_DKIM_TEMPERROR;
    judgement->result->reason = bs_arena_printf(judgement->arena, "i=%zu %s: %s (RFC 8617 section 5.2 step %d)",
                                                index + 1, field, result->reason ? result->reason : "", step);
}

/* Step 5: the lowest instance whose ARC-Message-Signature verifies, with all above it; 0 for 1. */
static unsigned oldest_pass(struct judgement *judgement)
{
    size_t index = judgement->facts->chain->sets.count - 1;
    while (index > 0 && may_pass(judgement->facts, index - 1)) {
        struct bs_dkim_result result = {.code = BS_DKIM_NONE};
        if (!try_message(judgement, index - 1, &result))
            break;
        index--;
    }
    return index == 0 ? 0 : (unsigned)index + 1;
}

/* Steps 4 to 7, with all keys known. What does not decide, step 5, comes last. */
static void try_chain(struct judgement *judgement)
{
    size_t count = judgement->facts->chain->sets.count;
    struct bs_dkim_result result = {.code = BS_DKIM_NONE};
    if (!try_message(judgement, count - 1, &result)) {
        fail(judgement, count - 1, "ARC-Message-Signature", &result, 4);
        return;
    }
    for (size_t i = count; i-- > 0;) {
        result = (struct bs_dkim_result){.code = BS_DKIM_NONE};
        if (!try_seal(judgement, i, &result)) {
            fail(judgement, i, "ARC-Seal", &result, 6);
            return;
        }
    }
    judgement->result->code = BS_ARC_PASS;
    judgement->result->reason = "every seal verifies (RFC 8617 section 5.2 step 7)";
    judgement->result->oldest_pass = oldest_pass(judgement);
}

static bool fill_hops(struct judgement *judgement)
{
    const struct bs_arc_sets *sets = &judgement->facts->chain->sets;
    judgement->hops = bs_arena_take(judgement->arena, sets->count * sizeof *judgement->hops);
    for (size_t i = 0; judgement->hops && i < sets->count; i++)
        judgement->hops[i] = (struct bs_arc_hop){
            .instance = (unsigned)i + 1,
            .domain = sets->items[i].seal.domain,
            .selector = sets->items[i].seal.selector,
            .results = sets->items[i].results,
        };
    judgement->result->hops = judgement->hops;
    judgement->result->count = sets->count;
    return judgement->hops != NULL;
}

enum bs_step bs_arc_check(const struct bs_arc_facts *facts, const struct bs_answers *known, struct bs_arena *arena,
                          struct bs_arc_result *ret_result, struct bs_questions *ret_missing)
{
    const struct bs_arc_chain *chain = facts->chain;
    struct judgement judgement = {facts, known, arena, ret_result, NULL, &ret_result->notes, 0, false};
    ret_missing->count = 0;
    ret_missing->overflow = false;
    *ret_result = (struct bs_arc_result){.code = BS_ARC_NONE, .reason = "the message has no ARC set"};
    if (!fill_hops(&judgement))
        return BS_ERROR;
    if (chain->sets.reason) {
        ret_result->code = BS_ARC_FAIL;
        ret_result->reason = chain->sets.reason;
    }
    if (chain->sets.reason || chain->sets.count == 0)
        return BS_DONE;
    if (chain->bodies->failed || !chain->bodies->finished)
        return BS_ERROR;
    bs_arc_ask(facts, known, ret_missing);
    if (ret_missing->count > 0 || ret_missing->overflow)
        return BS_ASK;
    try_chain(&judgement);
    return judgement.out_of_memory || !ret_result->reason ? BS_ERROR : BS_DONE;
}

const char *bs_arc_code_name(enum bs_arc_code code)
{
    static const char *const names[] = {[BS_ARC_NONE] = "none", [BS_ARC_PASS] = "pass", [BS_ARC_FAIL] = "fail"};
    return names[code];
}
