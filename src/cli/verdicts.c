/* SPDX-License-Identifier: BSD-2-Clause */
/* Verdicts as lines and as objects; see verdicts.h. */
#include "cli/verdicts.h"

#include "auth/suffix_list.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"

enum { FIELD_MAX = 1 << 20, SUFFIX_MEMORY = 1024 };

struct bs_bytes bs_verdict_or_null(struct bs_bytes text)
{
    return text.len > 0 ? text : (struct bs_bytes){NULL, 0};
}

const char *bs_verdict_truth(bool value)
{
    return value ? "true" : "false";
}

static void print_word(const char *word, enum bs_colour colour)
{
    printf("%s%s%s", bs_output_colour(stdout, colour), word, bs_output_colour(stdout, BS_COLOUR_NONE));
}

/* --- SPF ---------------------------------------------------------------------------------------------------- */

void bs_verdict_print_spf(const struct bs_spf_result *result, const char *reason)
{
    static const enum bs_colour colours[] = {
        [BS_SPF_NONE] = BS_COLOUR_STRONG,       [BS_SPF_NEUTRAL] = BS_COLOUR_STRONG,    [BS_SPF_PASS] = BS_COLOUR_GOOD,
        [BS_SPF_FAIL] = BS_COLOUR_BAD,          [BS_SPF_SOFTFAIL] = BS_COLOUR_WARNING, [BS_SPF_TEMPERROR] = BS_COLOUR_WARNING,
        [BS_SPF_PERMERROR] = BS_COLOUR_WARNING,
    };
    print_word(bs_spf_status_name(result->status), colours[result->status]);
    printf(" %s\n", reason);
}

void bs_verdict_print_spf_steps(const struct bs_spf_result *result, int indent)
{
    for (const struct bs_spf_step *step = result->steps; step; step = step->next)
        printf("%*s%s: %s (%s)\n", indent + (int)(2 * step->depth), "", step->subject, step->outcome, step->rule);
}

static void append_spf_steps(struct bs_strbuf *out, const struct bs_spf_step *step)
{
    bs_strbuf_append_cstr(out, ", \"steps\": [");
    for (const char *before = ""; step; step = step->next, before = ", ") {
        bs_strbuf_printf(out, "%s{", before);
        bs_judge_append_member(out, "subject", bs_bytes_from_cstr(step->subject));
        bs_judge_append_member(out, "outcome", bs_bytes_from_cstr(step->outcome));
        bs_judge_append_member(out, "rule", bs_bytes_from_cstr(step->rule));
        bs_strbuf_printf(out, ", \"depth\": %u}", step->depth);
    }
    bs_strbuf_append_char(out, ']');
}

static void append_spf_fields(const struct bs_spf_facts *facts, const struct bs_spf_result *result,
                              struct bs_strbuf *out)
{
    struct bs_strbuf value;
    bs_strbuf_init(&value, FIELD_MAX);
    bs_spf_append_received(facts, result, &value);
    bs_judge_append_member(out, "received_spf", bs_strbuf_bytes(&value));
    bs_strbuf_free(&value);
    bs_spf_append_clause(result, &value);
    bs_judge_append_member(out, "authentication_results", bs_strbuf_bytes(&value));
    bs_strbuf_free(&value);
}

void bs_verdict_append_spf(const struct bs_spf_facts *facts, const struct bs_spf_result *result, const char *reason,
                           bool explain, struct bs_strbuf *out)
{
    const char *identity = result->identity == BS_SPF_HELO ? "helo" : "mailfrom";
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "result", bs_bytes_from_cstr(bs_spf_status_name(result->status)));
    bs_judge_append_member(out, "reason", bs_bytes_from_cstr(reason));
    bs_judge_append_member(out, "identity", bs_bytes_from_cstr(identity));
    bs_judge_append_member(out, "local", result->local);
    bs_judge_append_member(out, "domain", result->domain);
    bs_judge_append_member(out, "decided_by", bs_verdict_or_null(result->decided_by));
    bs_judge_append_member(out, "mechanism", bs_verdict_or_null(result->mechanism));
    bs_judge_append_member(out, "problem", bs_bytes_from_cstr(result->problem));
    bs_judge_append_member(out, "explanation", bs_verdict_or_null(result->explanation));
    bs_strbuf_printf(out, ", \"lookups\": %u, \"voids\": %u", result->lookups, result->voids);
    if (facts)
        append_spf_fields(facts, result, out);
    if (explain)
        append_spf_steps(out, result->steps);
    bs_strbuf_append_char(out, '}');
}

/* --- DKIM --------------------------------------------------------------------------------------------------- */

void bs_verdict_print_notes(const struct bs_dkim_note *notes, int indent)
{
    for (; notes; notes = notes->next)
        printf("%*s%s\n", indent, "", notes->text);
}

static void append_notes(const struct bs_dkim_note *note, struct bs_strbuf *out)
{
    bs_strbuf_append_cstr(out, ", \"steps\": [");
    for (const char *before = ""; note; note = note->next, before = ", ") {
        bs_strbuf_append_cstr(out, before);
        bs_json_append_string(out, bs_bytes_from_cstr(note->text));
    }
    bs_strbuf_append_char(out, ']');
}

void bs_verdict_print_dkim(const struct bs_dkim_result *result)
{
    const struct bs_dkim_signature *signature = result->signature;
    enum bs_colour colour = result->code == BS_DKIM_PASS   ? BS_COLOUR_GOOD
                            : result->code == BS_DKIM_FAIL ? BS_COLOUR_BAD
                                                           : BS_COLOUR_WARNING;
    print_word(bs_dkim_code_name(result->code), colour);
    bs_output_foreign(" d=", signature->domain);
    bs_output_foreign(" s=", signature->selector);
    bs_output_foreign(" i=", signature->identity);
    bs_output_foreign(" a=", signature->algorithm_name);
    if (result->key_bits > 0)
        printf(" (%u bits%s)", result->key_bits, result->testing ? ", testing" : "");
    printf(": %s\n", result->reason);
}

void bs_verdict_append_dkim(const struct bs_dkim_result *result, bool explain, struct bs_strbuf *out)
{
    const struct bs_dkim_signature *signature = result->signature;
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "result", bs_bytes_from_cstr(bs_dkim_code_name(result->code)));
    bs_judge_append_member(out, "reason", bs_bytes_from_cstr(result->reason));
    bs_judge_append_member(out, "domain", bs_verdict_or_null(signature->domain));
    bs_judge_append_member(out, "selector", bs_verdict_or_null(signature->selector));
    bs_judge_append_member(out, "identity", bs_verdict_or_null(signature->identity));
    bs_judge_append_member(out, "algorithm", bs_verdict_or_null(signature->algorithm_name));
    bs_strbuf_printf(out, ", \"key_bits\": %u, \"testing\": %s, \"dnssec\": %s", result->key_bits,
                     bs_verdict_truth(result->testing), bs_verdict_truth(result->secure));
    if (explain)
        append_notes(result->notes, out);
    bs_strbuf_append_char(out, '}');
}

/* --- ARC ---------------------------------------------------------------------------------------------------- */

/* A field's text without the line breaks in it; cut short where there is no memory. */
static struct bs_bytes unfold(struct bs_arena *arena, struct bs_bytes text)
{
    char *line = bs_arena_take(arena, text.len);
    size_t size = 0;
    for (size_t i = 0; line && i < text.len; i++) {
        if (text.ptr[i] != '\r' && text.ptr[i] != '\n')
            line[size++] = text.ptr[i];
    }
    return bs_bytes(line, size);
}

void bs_verdict_print_arc(const struct bs_arc_result *result)
{
    enum bs_colour colour = result->code == BS_ARC_PASS   ? BS_COLOUR_GOOD
                            : result->code == BS_ARC_FAIL ? BS_COLOUR_BAD
                                                          : BS_COLOUR_WARNING;
    print_word(bs_arc_code_name(result->code), colour);
    if (result->code == BS_ARC_PASS)
        printf(" i=%zu oldest-pass=%u", result->count, result->oldest_pass);
    printf(": %s\n", result->reason);
}

void bs_verdict_print_arc_hops(const struct bs_arc_result *result, int indent, struct bs_arena *arena)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct bs_arc_hop *hop = &result->hops[i];
        printf("%*si=%u", indent, "", hop->instance);
        bs_output_foreign(" d=", hop->domain);
        bs_output_foreign(" s=", hop->selector);
        if (hop->key_bits > 0)
            printf(" (%u bits)", hop->key_bits);
        if (hop->message_passes)
            fputs(", unchanged since", stdout);
        bs_output_foreign(": ", unfold(arena, hop->results));
        putchar('\n');
    }
}

static void append_hop(const struct bs_arc_hop *hop, struct bs_arena *arena, struct bs_strbuf *out)
{
    bs_strbuf_printf(out, "{\"instance\": %u", hop->instance);
    bs_judge_append_member(out, "domain", bs_verdict_or_null(hop->domain));
    bs_judge_append_member(out, "selector", bs_verdict_or_null(hop->selector));
    bs_judge_append_member(out, "results", bs_verdict_or_null(unfold(arena, hop->results)));
    bs_strbuf_printf(out, ", \"key_bits\": %u, \"seal_passes\": %s, \"message_passes\": %s, \"dnssec\": %s}",
                     hop->key_bits, bs_verdict_truth(hop->seal_passes), bs_verdict_truth(hop->message_passes),
                     bs_verdict_truth(hop->secure));
}

void bs_verdict_append_arc(const struct bs_arc_result *result, bool explain, struct bs_arena *arena,
                           struct bs_strbuf *out)
{
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "result", bs_bytes_from_cstr(bs_arc_code_name(result->code)));
    bs_judge_append_member(out, "reason", bs_bytes_from_cstr(result->reason));
    bs_strbuf_printf(out, ", \"temporary\": %s, \"oldest_pass\": ", bs_verdict_truth(result->temporary));
    if (result->code == BS_ARC_PASS)
        bs_strbuf_printf(out, "%u", result->oldest_pass);
    else
        bs_strbuf_append_cstr(out, "null");
    bs_strbuf_append_cstr(out, ", \"sets\": [");
    for (size_t i = 0; i < result->count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", " : "");
        append_hop(&result->hops[i], arena, out);
    }
    bs_strbuf_append_char(out, ']');
    if (explain)
        append_notes(result->notes, out);
    bs_strbuf_append_char(out, '}');
}

/* --- DMARC -------------------------------------------------------------------------------------------------- */

void bs_verdict_print_dmarc(const struct bs_dmarc_verdict *verdict)
{
    static const enum bs_colour colours[] = {
        [BS_DMARC_RESULT_NONE] = BS_COLOUR_STRONG,       [BS_DMARC_RESULT_PASS] = BS_COLOUR_GOOD,
        [BS_DMARC_RESULT_FAIL] = BS_COLOUR_BAD,          [BS_DMARC_RESULT_TEMPERROR] = BS_COLOUR_WARNING,
        [BS_DMARC_RESULT_PERMERROR] = BS_COLOUR_WARNING,
    };
    print_word(bs_dmarc_result_name(verdict->result), colours[verdict->result]);
    if (verdict->result == BS_DMARC_RESULT_FAIL)
        printf(" disposition=%s", bs_dmarc_policy_name(verdict->disposition));
    if (verdict->policy_domain.len > 0)
        printf(" policy=%s of %.*s", bs_dmarc_policy_name(verdict->published), BS_BYTES_ARG(verdict->policy_domain));
    printf(" (%s)\n", verdict->reason);
}

/* Where the Public Suffix List, by which others judged before RFC 9989, has another Organizational Domain. */
static void print_other_organization(const struct bs_dmarc_verdict *verdict, struct bs_bytes author, int indent)
{
    struct bs_arena arena;
    bs_arena_init(&arena, SUFFIX_MEMORY);
    struct bs_bytes other = bs_suffix_list_organization(author, &arena);
    if (!bs_bytes_equal_nocase(other, verdict->organization))
        printf("%*sby the Public Suffix List it would be %.*s (RFC 7489 section 3.2); that decides nothing\n", indent, "",
               BS_BYTES_ARG(other.len > 0 ? other : BS_LITERAL("none")));
    bs_arena_reset(&arena);
}

void bs_verdict_print_dmarc_steps(const struct bs_dmarc_verdict *verdict, struct bs_bytes author, int indent)
{
    static const char *const words[] = {"nothing that passed is aligned", "passed and aligned"};
    if (verdict->organization.len > 0)
        printf("%*sorganizational domain: %.*s (RFC 9989 section 4.10.2)\n", indent, "",
               BS_BYTES_ARG(verdict->organization));
    print_other_organization(verdict, author, indent);
    if (verdict->policy_domain.len == 0)
        return;
    printf("%*spolicy: %s, by the record of _dmarc.%.*s (section 4.10.1)\n", indent, "",
           bs_dmarc_policy_name(verdict->published), BS_BYTES_ARG(verdict->policy_domain));
    if (verdict->testing)
        printf("%*st=y: the domain is testing, its policy counts one level less (section 4.7)\n", indent, "");
    printf("%*sSPF: %s (section 4.4)\n", indent, "", words[verdict->spf_aligned]);
    printf("%*sDKIM: %s (section 4.4)\n", indent, "", words[verdict->dkim_aligned]);
}

static struct bs_bytes policy_or_null(enum bs_dmarc_policy policy)
{
    return bs_bytes_from_cstr(policy == BS_DMARC_UNSET ? NULL : bs_dmarc_policy_name(policy));
}

static void append_other_organization(struct bs_bytes author, struct bs_strbuf *out)
{
    struct bs_arena arena;
    bs_arena_init(&arena, SUFFIX_MEMORY);
    bs_judge_append_member(out, "psl_organizational_domain",
                           bs_verdict_or_null(bs_suffix_list_organization(author, &arena)));
    bs_arena_reset(&arena);
}

void bs_verdict_append_dmarc(const struct bs_dmarc_verdict *verdict, struct bs_bytes author, struct bs_strbuf *out)
{
    bs_judge_append_member(out, "result", bs_bytes_from_cstr(bs_dmarc_result_name(verdict->result)));
    bs_judge_append_member(out, "reason", bs_bytes_from_cstr(verdict->reason));
    bs_judge_append_member(out, "from", author);
    bs_judge_append_member(out, "policy", policy_or_null(verdict->published));
    bs_judge_append_member(out, "disposition", bs_bytes_from_cstr(bs_dmarc_policy_name(verdict->disposition)));
    bs_judge_append_member(out, "policy_domain", bs_verdict_or_null(verdict->policy_domain));
    bs_judge_append_member(out, "organizational_domain", bs_verdict_or_null(verdict->organization));
    append_other_organization(author, out);
    bs_strbuf_printf(out, ", \"testing\": %s, \"spf_aligned\": %s, \"dkim_aligned\": %s",
                     bs_verdict_truth(verdict->testing), bs_verdict_truth(verdict->spf_aligned),
                     bs_verdict_truth(verdict->dkim_aligned));
}

int bs_verdict_dmarc_status(const struct bs_dmarc_verdict *verdict)
{
    switch (verdict->result) {
    case BS_DMARC_RESULT_FAIL:
        return verdict->disposition == BS_DMARC_NONE ? BS_EXIT_FINDINGS : BS_EXIT_SERIOUS;
    case BS_DMARC_RESULT_TEMPERROR:
    case BS_DMARC_RESULT_PERMERROR:
        return BS_EXIT_INCONCLUSIVE;
    case BS_DMARC_RESULT_NONE:
    case BS_DMARC_RESULT_PASS:
        break;
    }
    return BS_EXIT_CLEAN;
}
