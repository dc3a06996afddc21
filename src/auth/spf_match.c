/* SPDX-License-Identifier: BSD-2-Clause */
/* Terms that compare the client with what DNS says (RFC 7208 sections 5 and 7); see spf_state.h. */
#include "auth/spf_macro.h"
#include "auth/spf_state.h"

#include <stdio.h>

static enum bs_dns_type address_type(const struct bs_spf_state *state)
{
    return state->ip.family == 4 ? BS_DNS_A : BS_DNS_AAAA;
}

static void note_answer(struct bs_spf_state *state, struct bs_bytes name, enum bs_dns_type type,
                        const struct bs_dns_answer *answer)
{
    char subject[BS_DNS_NAME_MAX + 16];
    int length = snprintf(subject, sizeof subject, "%s %.*s", bs_dns_type_name(type), BS_BYTES_ARG(name));
    const char *outcome = answer->count > 0 ? bs_arena_printf(state->arena, "%zu found", answer->count)
                                            : bs_dns_status_name(answer->status);
    if (length > 0)
        bs_spf_note(state, bs_bytes_from_cstr(subject), outcome, "query");
}

const struct bs_dns_answer *bs_spf_ask(struct bs_spf_state *state, struct bs_bytes name, enum bs_dns_type type)
{
    const struct bs_dns_answer *answer = bs_ask_dns(state->known, state->missing, name, type);
    if (answer && state->facts->want_trace)
        note_answer(state, name, type, answer);
    return answer;
}

bool bs_spf_count_lookup(struct bs_spf_state *state, struct bs_bytes term)
{
    if (state->lookups < BS_SPF_LOOKUPS_MAX) {
        state->lookups++;
        return true;
    }
    bs_spf_stop(state, BS_SPF_PERMERROR, term, "needs one DNS lookup more than the 10 allowed (section 4.6.4)");
    return false;
}

/* Whether the answer says that there is nothing; a name that DNS cannot hold was not asked for. */
static bool is_void(struct bs_bytes name, const struct bs_dns_answer *answer)
{
    return answer->count == 0 && !bs_dns_failed(answer) && bs_dns_name_is_valid(name);
}

struct bs_spf_values bs_spf_values_of(const struct bs_spf_state *state, struct bs_bytes domain)
{
    const struct bs_spf_facts *facts = state->facts;
    return (struct bs_spf_values){
        .local = state->local,
        .sender_domain = state->sender_domain,
        .domain = domain,
        .helo = state->helo,
        .receiver = facts->receiver.len > 0 ? facts->receiver : BS_LITERAL("unknown"),
        .name = BS_SPF_NO_NAME,
        .ip = &state->ip,
        .now = facts->now,
    };
}

/* Cuts labels off the front until the name fits (section 7.3), and a dot off the end. */
static struct bs_bytes fit_name(struct bs_bytes name)
{
    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    while (name.len > BS_DNS_NAME_MAX) {
        size_t dot = bs_bytes_find(name, '.');
        name = bs_bytes_skip(name, dot < name.len ? dot + 1 : dot);
    }
    return name;
}

enum bs_spf_target bs_spf_find_target(struct bs_spf_state *state, struct bs_bytes domain_spec, struct bs_bytes domain,
                                      struct bs_bytes *ret_target)
{
    char text[BS_SPF_EXPANSION_MAX];
    size_t length;
    *ret_target = domain_spec.len > 0 ? fit_name(domain_spec) : domain;
    if (bs_bytes_find(domain_spec, '%') == domain_spec.len)
        return BS_SPF_TARGET;
    if (!bs_spf_is_ascii(state->local) && bs_spf_macro_uses(domain_spec, "ls"))
        return BS_SPF_TARGET_NEVER;
    struct bs_spf_values values = bs_spf_values_of(state, domain);
    if (bs_spf_macro_uses(domain_spec, "p") && !bs_spf_find_name(state, domain, &values.name))
        return BS_SPF_TARGET_ASKED;
    if (!bs_spf_macro_expand(domain_spec, &values, text, sizeof text, &length)) {
        bs_spf_stop(state, BS_SPF_PERMERROR, domain_spec, "expands to too long a name");
        return BS_SPF_TARGET_ERROR;
    }
    *ret_target = bs_arena_copy(state->arena, fit_name(bs_bytes(text, length)));
    state->out_of_memory = state->out_of_memory || !ret_target->ptr;
    return BS_SPF_TARGET;
}

/* Whether the address of a record and the client's have the same leading bits. */
static bool record_has_client(const struct bs_spf_state *state, const struct bs_dns_record *record, unsigned bits)
{
    unsigned whole = bits / 8, mask = (0xff00u >> bits % 8) & 0xff;
    if (record->data.len != (state->ip.family == 4 ? 4u : 16u) ||
        memcmp(record->data.ptr, state->ip.address, whole) != 0)
        return false;
    return mask == 0 || (((unsigned char)record->data.ptr[whole] ^ state->ip.address[whole]) & mask) == 0;
}

static bool answer_has_client(const struct bs_spf_state *state, const struct bs_dns_answer *answer, unsigned bits)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (record_has_client(state, &answer->records[i], bits))
            return true;
    }
    return false;
}

/* Compares with the addresses of a name. */
static enum bs_spf_match match_addresses(struct bs_spf_state *state, const struct bs_spf_directive *directive,
                                         struct bs_bytes name, bool *io_void)
{
    const struct bs_dns_answer *answer = bs_spf_ask(state, name, address_type(state));
    if (!answer)
        return BS_SPF_UNKNOWN;
    if (bs_dns_failed(answer))
        return bs_spf_stop_for_answer(state, name, address_type(state), answer);
    *io_void = *io_void || is_void(name, answer);
    unsigned bits = state->ip.family == 4 ? directive->bits4 : directive->bits6;
    return answer_has_client(state, answer, bits) ? BS_SPF_MATCHED : BS_SPF_UNMATCHED;
}

/* Section 5.4. All hosts are asked for at once; the first of them that decides, decides. */
static enum bs_spf_match match_mx(struct bs_spf_state *state, const struct bs_spf_directive *directive,
                                  struct bs_bytes target, bool *io_void)
{
    const struct bs_dns_answer *answer = bs_spf_ask(state, target, BS_DNS_MX);
    enum bs_spf_match result = BS_SPF_UNMATCHED;
    if (!answer)
        return BS_SPF_UNKNOWN;
    if (bs_dns_failed(answer))
        return bs_spf_stop_for_answer(state, target, BS_DNS_MX, answer);
    if (answer->count > BS_SPF_MX_MAX)
        return bs_spf_stop(state, BS_SPF_PERMERROR, directive->text,
                           "finds more than the 10 MX records allowed (section 4.6.4)");
    *io_void = is_void(target, answer);
    for (size_t i = 0; i < answer->count; i++) {
        struct bs_bytes host = answer->records[i].data;
        enum bs_spf_match one =
            host.len > 0 ? match_addresses(state, directive, host, io_void) : BS_SPF_UNMATCHED;
        if (one == BS_SPF_UNKNOWN)
            result = BS_SPF_UNKNOWN;
        else if (one != BS_SPF_UNMATCHED && result == BS_SPF_UNMATCHED)
            return one;
    }
    return result;
}

/* The name under in-addr.arpa or ip6.arpa that has the client's PTR records. */
static struct bs_bytes reverse_name(struct bs_spf_state *state)
{
    char name[BS_DNS_NAME_MAX];
    size_t length;
    struct bs_spf_values values = bs_spf_values_of(state, (struct bs_bytes){NULL, 0});
    if (!bs_spf_macro_expand(BS_LITERAL("%{ir}.%{v}.arpa"), &values, name, sizeof name, &length))
        length = 0;
    struct bs_bytes folded = bs_name_fold(bs_bytes(name, length), state->arena);
    state->out_of_memory = state->out_of_memory || !folded.ptr;
    return folded;
}

/* Whether `name` is `domain` or below it. */
static bool is_within(struct bs_bytes name, struct bs_bytes domain)
{
    if (name.len < domain.len || domain.len == 0)
        return false;
    struct bs_bytes tail = bs_bytes_skip(name, name.len - domain.len);
    return bs_bytes_equal_nocase(tail, domain) && (tail.len == name.len || tail.ptr[-1] == '.');
}

/* Whether one of the name's addresses is the client's (section 5.5); a name whose lookup fails is none. */
static enum bs_spf_match validate_name(struct bs_spf_state *state, struct bs_bytes name)
{
    const struct bs_dns_answer *answer = bs_spf_ask(state, name, address_type(state));
    if (!answer)
        return BS_SPF_UNKNOWN;
    return answer_has_client(state, answer, state->ip.family == 4 ? 32 : 128) ? BS_SPF_MATCHED : BS_SPF_UNMATCHED;
}

static size_t names_to_judge(const struct bs_dns_answer *answer)
{
    return answer->count < BS_SPF_PTR_MAX ? answer->count : BS_SPF_PTR_MAX;
}

/* Section 5.5. Only names within the target need to be validated. */
static enum bs_spf_match match_ptr(struct bs_spf_state *state, struct bs_bytes target, bool *io_void)
{
    struct bs_bytes reverse = reverse_name(state);
    const struct bs_dns_answer *answer = bs_spf_ask(state, reverse, BS_DNS_PTR);
    enum bs_spf_match result = BS_SPF_UNMATCHED;
    if (!answer)
        return BS_SPF_UNKNOWN;
    *io_void = is_void(reverse, answer);
    for (size_t i = 0; i < names_to_judge(answer); i++) {
        struct bs_bytes name = answer->records[i].data;
        enum bs_spf_match one = is_within(name, target) ? validate_name(state, name) : BS_SPF_UNMATCHED;
        if (one == BS_SPF_MATCHED)
            return one;
        if (one == BS_SPF_UNKNOWN)
            result = one;
    }
    return result;
}

/* How good a name is for %{p} (section 7.3): the domain itself, one below it, any. */
static int rank_of(struct bs_bytes name, struct bs_bytes domain)
{
    if (!is_within(name, domain))
        return 1;
    return name.len == domain.len ? 3 : 2;
}

bool bs_spf_find_name(struct bs_spf_state *state, struct bs_bytes domain, struct bs_bytes *ret_name)
{
    int best = 0;
    bool asked = false;
    *ret_name = state->name;
    if (state->name_for.ptr && bs_bytes_equal(state->name_for, domain))
        return true;
    const struct bs_dns_answer *answer = bs_spf_ask(state, reverse_name(state), BS_DNS_PTR);
    if (!answer)
        return false;
    *ret_name = BS_SPF_NO_NAME;
    for (size_t i = 0; i < names_to_judge(answer); i++) {
        struct bs_bytes name = answer->records[i].data;
        enum bs_spf_match valid = validate_name(state, name);
        asked = asked || valid == BS_SPF_UNKNOWN;
        if (valid == BS_SPF_MATCHED && rank_of(name, domain) > best) {
            best = rank_of(name, domain);
            *ret_name = name;
        }
    }
    if (asked)
        return false;
    state->name_for = domain;
    state->name = *ret_name;
    return true;
}

/* Section 5.7: any A record will do, also for an IPv6 client. */
static enum bs_spf_match match_exists(struct bs_spf_state *state, struct bs_bytes target, bool *io_void)
{
    const struct bs_dns_answer *answer = bs_spf_ask(state, target, BS_DNS_A);
    if (!answer)
        return BS_SPF_UNKNOWN;
    if (bs_dns_failed(answer))
        return bs_spf_stop_for_answer(state, target, BS_DNS_A, answer);
    *io_void = is_void(target, answer);
    return answer->count > 0 ? BS_SPF_MATCHED : BS_SPF_UNMATCHED;
}

static enum bs_spf_match match_target(struct bs_spf_state *state, const struct bs_spf_directive *directive,
                                      struct bs_bytes target, bool *io_void)
{
    switch (directive->mechanism) {
    case BS_SPF_MX:
        return match_mx(state, directive, target, io_void);
    case BS_SPF_PTR:
        return match_ptr(state, target, io_void);
    case BS_SPF_EXISTS:
        return match_exists(state, target, io_void);
    default:
        return match_addresses(state, directive, target, io_void);
    }
}

/* A term that asks DNS. */
static enum bs_spf_match match_by_asking(struct bs_spf_state *state, const struct bs_spf_directive *directive,
                                         struct bs_bytes domain)
{
    struct bs_bytes target;
    bool is_void_term = false;
    if (!bs_spf_count_lookup(state, directive->text))
        return BS_SPF_STOPPED;
    switch (bs_spf_find_target(state, directive->domain_spec, domain, &target)) {
    case BS_SPF_TARGET_ASKED:
        return BS_SPF_UNKNOWN;
    case BS_SPF_TARGET_NEVER:
        return BS_SPF_UNMATCHED;
    case BS_SPF_TARGET_ERROR:
        return BS_SPF_STOPPED;
    case BS_SPF_TARGET:
        break;
    }
    enum bs_spf_match match = match_target(state, directive, target, &is_void_term);
    if (match != BS_SPF_UNMATCHED || !is_void_term)
        return match;
    if (++state->voids > BS_SPF_VOIDS_MAX)
        return bs_spf_stop(state, BS_SPF_PERMERROR, directive->text,
                           "is one more than the 2 void lookups allowed (section 4.6.4)");
    return BS_SPF_UNMATCHED;
}

enum bs_spf_match bs_spf_match_directive(struct bs_spf_state *state, const struct bs_spf_directive *directive,
                                         struct bs_bytes domain)
{
    switch (directive->mechanism) {
    case BS_SPF_ALL:
        return BS_SPF_MATCHED;
    case BS_SPF_IP4:
    case BS_SPF_IP6:
        return bs_network_contains(&directive->network, &state->ip) &&
                       state->ip.family == (directive->mechanism == BS_SPF_IP4 ? 4 : 6)
                   ? BS_SPF_MATCHED
                   : BS_SPF_UNMATCHED;
    default:
        return match_by_asking(state, directive, domain);
    }
}
