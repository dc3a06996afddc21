/* SPDX-License-Identifier: BSD-2-Clause */
/* The check_host() function (RFC 7208 section 4): records, their terms in order, include, redirect, exp; see spf.h. */
#include "auth/spf.h"

#include "auth/spf_macro.h"
#include "auth/spf_state.h"
#include "base/idn.h"

/* What a record, with those that it includes and redirects to, says. */
struct outcome {
    enum bs_spf_status status;
    struct bs_bytes domain;    /* whose record said it */
    struct bs_bytes mechanism; /* the term */
    struct bs_bytes exp;       /* of that record, its domain-spec */
};

static bool check_domain(struct bs_spf_state *state, struct bs_bytes domain, struct outcome *ret_outcome);

/* The SPF record of a domain (section 4.5): BS_SPF_UNMATCHED where it has none. */
static enum bs_spf_match find_record(struct bs_spf_state *state, struct bs_bytes *ret_text)
{
    const struct bs_dns_answer *answer = bs_spf_ask(state, state->domain, BS_DNS_TXT);
    size_t found = 0;
    if (!answer)
        return BS_SPF_UNKNOWN;
    if (bs_dns_failed(answer))
        return bs_spf_stop_for_answer(state, state->domain, BS_DNS_TXT, answer);
    for (size_t i = 0; i < answer->count; i++) {
        if (bs_spf_is_record(answer->records[i].data) && ++found == 1)
            *ret_text = answer->records[i].data;
    }
    if (found > 1)
        return bs_spf_stop(state, BS_SPF_PERMERROR, BS_LITERAL("v=spf1"), "begins more than one record (section 4.5)");
    return found == 1 ? BS_SPF_MATCHED : BS_SPF_UNMATCHED;
}

static enum bs_spf_match read_record(struct bs_spf_state *state, struct bs_bytes text,
                                     struct bs_spf_record *ret_record)
{
    struct bs_bytes term;
    const char *problem;
    bs_spf_note(state, text, "the record", "RFC 7208 section 4.5");
    state->records_size += text.len;
    if (state->records_size > BS_SPF_RECORDS_SIZE_MAX)
        return bs_spf_stop(state, BS_SPF_PERMERROR, BS_LITERAL("v=spf1"),
                           "begins more bytes of records than are judged");
    switch (bs_spf_record_parse(text, BS_SPF_TERMS_MAX - state->terms, state->arena, ret_record, &term, &problem)) {
    case BS_SPF_PARSED:
        break;
    case BS_SPF_SYNTAX_ERROR:
        return bs_spf_stop(state, BS_SPF_PERMERROR, term, problem);
    case BS_SPF_NO_MEMORY:
        state->out_of_memory = true;
        return BS_SPF_STOPPED;
    }
    state->terms += ret_record->terms;
    return BS_SPF_MATCHED;
}

/* Judges the record of another domain, a step deeper; false where an answer is missing. */
static bool check_other(struct bs_spf_state *state, struct bs_bytes target, struct outcome *ret_outcome)
{
    struct bs_bytes domain = state->domain;
    state->depth++;
    bool decided = check_domain(state, target, ret_outcome);
    state->depth--;
    state->domain = domain;
    return decided;
}

/* Section 5.2: what the included record says becomes a match or none. */
static enum bs_spf_match match_of(struct bs_spf_state *state, struct bs_bytes term, const struct outcome *included)
{
    switch (included->status) {
    case BS_SPF_PASS:
        return BS_SPF_MATCHED;
    case BS_SPF_FAIL:
    case BS_SPF_SOFTFAIL:
    case BS_SPF_NEUTRAL:
        return BS_SPF_UNMATCHED;
    case BS_SPF_NONE:
        return bs_spf_stop(state, BS_SPF_PERMERROR, term, "includes a domain without an SPF record (section 5.2)");
    case BS_SPF_TEMPERROR:
    case BS_SPF_PERMERROR:
        break;
    }
    state->error = included->status;
    return BS_SPF_STOPPED;
}

static enum bs_spf_match match_include(struct bs_spf_state *state, const struct bs_spf_directive *directive)
{
    struct bs_bytes target;
    struct outcome included;
    if (!bs_spf_count_lookup(state, directive->text))
        return BS_SPF_STOPPED;
    switch (bs_spf_find_target(state, directive->domain_spec, state->domain, &target)) {
    case BS_SPF_TARGET_ASKED:
        return BS_SPF_UNKNOWN;
    case BS_SPF_TARGET_NEVER:
        return BS_SPF_UNMATCHED;
    case BS_SPF_TARGET_ERROR:
        return BS_SPF_STOPPED;
    case BS_SPF_TARGET:
        break;
    }
    if (!check_other(state, target, &included))
        return BS_SPF_UNKNOWN;
    return match_of(state, directive->text, &included);
}

/* Section 6.1, for a record none of whose terms matched; false where an answer is missing. */
static bool redirect(struct bs_spf_state *state, struct bs_bytes domain_spec, struct outcome *ret_outcome)
{
    struct bs_bytes target;
    ret_outcome->status = BS_SPF_PERMERROR;
    bs_spf_note(state, domain_spec, "redirect=: judged instead", "RFC 7208 section 6.1");
    if (!bs_spf_count_lookup(state, domain_spec))
        return true;
    switch (bs_spf_find_target(state, domain_spec, state->domain, &target)) {
    case BS_SPF_TARGET_ASKED:
        return false;
    case BS_SPF_TARGET_NEVER:
        ret_outcome->status = BS_SPF_NEUTRAL;
        ret_outcome->mechanism = BS_LITERAL("default");
        return true;
    case BS_SPF_TARGET_ERROR:
        return true;
    case BS_SPF_TARGET:
        break;
    }
    if (!check_other(state, target, ret_outcome))
        return false;
    if (ret_outcome->status == BS_SPF_NONE) {
        bs_spf_stop(state, BS_SPF_PERMERROR, domain_spec, "is redirected to and has no SPF record (section 6.1)");
        ret_outcome->status = BS_SPF_PERMERROR;
    }
    return true;
}

static void note_match(struct bs_spf_state *state, const struct bs_spf_directive *directive, enum bs_spf_match match)
{
    static const char *const rules[] = {
        [BS_SPF_ALL] = "RFC 7208 section 5.1", [BS_SPF_INCLUDE] = "RFC 7208 section 5.2",
        [BS_SPF_A] = "RFC 7208 section 5.3",   [BS_SPF_MX] = "RFC 7208 section 5.4",
        [BS_SPF_PTR] = "RFC 7208 section 5.5", [BS_SPF_IP4] = "RFC 7208 section 5.6",
        [BS_SPF_IP6] = "RFC 7208 section 5.6", [BS_SPF_EXISTS] = "RFC 7208 section 5.7",
    };
    if (!state->facts->want_trace)
        return;
    const char *outcome = match == BS_SPF_MATCHED     ? bs_arena_printf(state->arena, "matches: %s",
                                                                        bs_spf_status_name(directive->status))
                          : match == BS_SPF_UNMATCHED ? "does not match"
                                                      : "is an error";
    bs_spf_note(state, directive->text, outcome, rules[directive->mechanism]);
}

/*
 * The terms of a record in their order (section 4.6.2). The first that matches or fails decides; but where one before
 * it waits for an answer, nothing is decided, and the terms up to there are judged for the sake of their questions.
 */
static bool judge_terms(struct bs_spf_state *state, const struct bs_spf_record *record, struct outcome *outcome)
{
    bool waiting = false;
    for (size_t i = 0; i < record->count; i++) {
        const struct bs_spf_directive *directive = &record->directives[i];
        enum bs_spf_match match = directive->mechanism == BS_SPF_INCLUDE
                                      ? match_include(state, directive)
                                      : bs_spf_match_directive(state, directive, state->domain);
        waiting = waiting || match == BS_SPF_UNKNOWN;
        if (!waiting)
            note_match(state, directive, match);
        if (match == BS_SPF_MATCHED || match == BS_SPF_STOPPED) {
            outcome->status = match == BS_SPF_MATCHED ? directive->status : state->error;
            outcome->mechanism = directive->text;
            return !waiting;
        }
    }
    if (record->redirect.len > 0)
        return redirect(state, record->redirect, outcome) && !waiting;
    outcome->status = BS_SPF_NEUTRAL;
    outcome->mechanism = BS_LITERAL("default");
    return !waiting;
}

/* check_host() for a domain; false where an answer is missing. */
static bool check_domain(struct bs_spf_state *state, struct bs_bytes domain, struct outcome *ret_outcome)
{
    struct bs_bytes text = {NULL, 0};
    struct bs_spf_record record;
    *ret_outcome = (struct outcome){.status = BS_SPF_NONE, .domain = domain};
    state->domain = domain;
    enum bs_spf_match match = find_record(state, &text);
    if (match == BS_SPF_MATCHED)
        match = read_record(state, text, &record);
    if (match == BS_SPF_STOPPED)
        ret_outcome->status = state->error;
    if (match != BS_SPF_MATCHED)
        return match != BS_SPF_UNKNOWN;
    ret_outcome->exp = record.exp;
    return judge_terms(state, &record, ret_outcome);
}

static bool is_printable(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] > 0x7e)
            return false;
    }
    return true;
}

/* Expands the explanation's text; it stays empty where that is malformed, too long or not printable. */
static bool expand_explanation(struct bs_spf_state *state, struct bs_bytes text, struct bs_bytes domain,
                               struct bs_bytes *ret_explanation)
{
    char expanded[BS_SPF_EXPLANATION_MAX];
    size_t length;
    struct bs_spf_values values = bs_spf_values_of(state, domain);
    if (!bs_spf_macro_check(text, BS_SPF_TEXT_EXPLANATION, NULL))
        return true;
    if (bs_spf_macro_uses(text, "p") && !bs_spf_find_name(state, domain, &values.name))
        return false;
    if (!bs_spf_macro_expand(text, &values, expanded, sizeof expanded, &length) ||
        !is_printable(bs_bytes(expanded, length)))
        return true;
    *ret_explanation = bs_arena_copy(state->arena, bs_bytes(expanded, length));
    state->out_of_memory = state->out_of_memory || !ret_explanation->ptr;
    return true;
}

/* Section 6.2. Whatever goes wrong, there is no explanation; false where an answer is missing. */
static bool find_explanation(struct bs_spf_state *state, const struct outcome *outcome,
                             struct bs_bytes *ret_explanation)
{
    struct bs_bytes target;
    enum bs_spf_target found = bs_spf_find_target(state, outcome->exp, outcome->domain, &target);
    if (found != BS_SPF_TARGET)
        return found != BS_SPF_TARGET_ASKED;
    const struct bs_dns_answer *answer = bs_spf_ask(state, target, BS_DNS_TXT);
    if (!answer)
        return false;
    return answer->count != 1 || expand_explanation(state, answer->records[0].data, outcome->domain, ret_explanation);
}

/* Whether the domain can have a record at all (section 4.3): two labels or more, of letters, digits, dashes and
 * underscores, the last not all digits as that of an IPv4 address is. */
static bool is_mail_domain(struct bs_bytes domain)
{
    bool has_letter = false, has_dot = false;
    for (size_t i = 0; i < domain.len; i++) {
        char c = domain.ptr[i], low = bs_ascii_lower(c);
        bool letter = (low >= 'a' && low <= 'z') || c == '-' || c == '_';
        if (!letter && !bs_ascii_is_digit(c) && c != '.')
            return false;
        has_dot = has_dot || c == '.';
        has_letter = letter || (has_letter && c != '.');
    }
    return has_dot && has_letter && bs_dns_name_is_valid(domain);
}

/* The name with A-labels; its case stays where it has them already. ptr is NULL where it is no name. */
static struct bs_bytes with_a_labels(struct bs_bytes name, struct bs_arena *arena)
{
    bool small = name.len <= BS_SPF_SENDER_MAX;
    return bs_spf_is_ascii(name) || !small ? name : bs_idn_to_ascii(name, arena);
}

/* The domain with A-labels and without its final dot; false where it can have no record. */
static bool normalize_domain(struct bs_spf_state *state, struct bs_bytes *io_domain)
{
    struct bs_bytes ascii = with_a_labels(*io_domain, state->arena);
    if (!ascii.ptr)
        return false;
    *io_domain = ascii;
    if (io_domain->len > 0 && io_domain->ptr[io_domain->len - 1] == '.')
        io_domain->len--;
    return is_mail_domain(*io_domain);
}

/* Who is judged (sections 2.4 and 4.3); a text where there is nothing to judge. */
static const char *find_identity(struct bs_spf_state *state, struct bs_spf_result *result)
{
    const struct bs_spf_facts *facts = state->facts;
    bool is_null = facts->local.len == 0 && facts->domain.len == 0;
    result->identity = is_null ? BS_SPF_HELO : BS_SPF_MAILFROM;
    result->local = facts->local.len > 0 ? facts->local : BS_LITERAL("postmaster");
    result->domain = is_null ? facts->helo : facts->domain;
    if (result->local.len + result->domain.len > BS_SPF_SENDER_MAX)
        return "the sender's address is too long";
    if (!normalize_domain(state, &result->domain))
        return is_null ? "the HELO name is no domain name that can have a record (section 4.3)"
                       : "the sender's domain is no domain name that can have a record (section 4.3)";
    if (state->ip.family != 4 && state->ip.family != 6)
        return "the client has no IP address";
    return NULL;
}

static struct bs_spf_state begin(const struct bs_spf_facts *facts, const struct bs_answers *known,
                                 struct bs_arena *arena, struct bs_questions *missing)
{
    struct bs_spf_state state = {.facts = facts, .known = known, .arena = arena, .missing = missing, .ip = facts->ip};
    if (facts->ip.family == 6)
        state.ip = bs_ip_from_bytes(bs_bytes(facts->ip.address, sizeof facts->ip.address));
    struct bs_bytes helo = with_a_labels(facts->helo, arena);
    state.helo = helo.ptr ? helo : facts->helo;
    missing->count = 0;
    missing->overflow = false;
    return state;
}

/* Fills in what a decided check says. */
static void conclude(const struct bs_spf_state *state, const struct outcome *outcome, struct bs_spf_result *result)
{
    bool is_error = outcome->status == BS_SPF_TEMPERROR || outcome->status == BS_SPF_PERMERROR;
    result->status = outcome->status;
    result->decided_by = outcome->domain;
    result->mechanism = outcome->mechanism;
    result->problem = is_error                         ? state->problem
                      : outcome->status == BS_SPF_NONE ? "the domain has no SPF record (section 4.5)"
                                                       : NULL;
    result->lookups = state->lookups;
    result->voids = state->voids;
    result->steps = state->first_step;
}

enum bs_step bs_spf_check(const struct bs_spf_facts *facts, const struct bs_answers *known, struct bs_arena *arena,
                          struct bs_spf_result *ret_result, struct bs_questions *ret_missing)
{
    struct bs_spf_state state = begin(facts, known, arena, ret_missing);
    struct outcome outcome;
    *ret_result = (struct bs_spf_result){.status = BS_SPF_NONE};
    ret_result->problem = find_identity(&state, ret_result);
    if (ret_result->problem)
        return BS_DONE;
    state.local = ret_result->local;
    state.sender_domain = ret_result->domain;
    bool decided = check_domain(&state, ret_result->domain, &outcome);
    if (decided)
        conclude(&state, &outcome, ret_result);
    if (decided && outcome.status == BS_SPF_FAIL && outcome.exp.len > 0 && facts->want_explanation)
        decided = find_explanation(&state, &outcome, &ret_result->explanation);
    if (state.out_of_memory)
        return BS_ERROR;
    return decided ? BS_DONE : BS_ASK;
}
