/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop dmarc`: what SPF and DKIM proved, does it concern the domain in From? See backstop-dmarc(1). */
#include "auth/dmarc.h"
#include "base/idn.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"

#include <getopt.h>
#include <sysexits.h>

enum { OUTPUT_MAX = 1 << 20 };

enum { OPTION_FROM = 'f', OPTION_SPF = 's', OPTION_DKIM = 'd', OPTION_HELP = 'h' };

static const char usage[] =
    "usage: backstop dmarc --from DOMAIN [--spf RESULT:DOMAIN] [--dkim RESULT:DOMAIN]... [OPTION]...\n"
    "      --from DOMAIN   the domain in the message's From\n"
    "      --spf R:DOMAIN  what SPF said of the domain in MAIL FROM: pass, fail, temperror, …\n"
    "      --dkim R:DOMAIN what a signature of this domain (d=) came to; may be given up to 16 times\n" BS_JUDGE_USAGE
    "exits 0 for pass and none, 1 for fail under p=none, 2 for fail under quarantine or reject,\n"
    "3 for temperror and permerror.\n";

struct request {
    struct bs_judge judge;
    struct bs_dmarc_facts facts;
    struct bs_dmarc_identifier dkim[BS_DMARC_IDENTIFIERS_MAX];
    struct bs_dmarc_verdict verdict;
};

/* RESULT:DOMAIN, with any result of RFC 8601 section 2.7: what did not pass and is no temperror failed. */
static bool parse_identifier(const char *argument, struct bs_dmarc_identifier *ret_identifier)
{
    struct bs_bytes text = bs_bytes_from_cstr(argument);
    size_t colon = bs_bytes_find(text, ':');
    struct bs_bytes word = bs_bytes_first(text, colon);
    if (colon == 0 || colon + 1 >= text.len) {
        bs_output_error("\"%s\" is not RESULT:DOMAIN, such as pass:example.com", argument);
        return false;
    }
    ret_identifier->domain = bs_bytes_skip(text, colon + 1);
    ret_identifier->evidence = bs_bytes_equal_nocase(word, BS_LITERAL("pass"))        ? BS_DMARC_PASSED
                               : bs_bytes_equal_nocase(word, BS_LITERAL("temperror")) ? BS_DMARC_TEMPERROR
                                                                                      : BS_DMARC_FAILED;
    return true;
}

static bool add_dkim(struct request *request, const char *argument)
{
    if (request->facts.dkim_count == BS_DMARC_IDENTIFIERS_MAX) {
        bs_output_error("more than %d signatures are not looked at", BS_DMARC_IDENTIFIERS_MAX);
        return false;
    }
    return parse_identifier(argument, &request->dkim[request->facts.dkim_count++]);
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, OPTION_FROM}, {"spf", required_argument, NULL, OPTION_SPF},
        {"dkim", required_argument, NULL, OPTION_DKIM}, {"help", no_argument, NULL, OPTION_HELP},
        BS_JUDGE_OPTIONS,                               {NULL, 0, NULL, 0},
    };
    bool good = true;
    for (int option; good && (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case OPTION_FROM: request->facts.author = bs_bytes_from_cstr(optarg); break;
        case OPTION_SPF: good = parse_identifier(optarg, &request->facts.spf); break;
        case OPTION_DKIM: good = add_dkim(request, optarg); break;
        case OPTION_HELP: return bs_output_usage(usage, true);
        default: good = bs_judge_take_option(&request->judge, option, optarg);
        }
    }
    if (!good)
        return EX_USAGE;
    return request->facts.author.ptr && optind == argc ? -1 : bs_output_usage(usage, false);
}

/* A name in U-labels becomes what DNS has; what is no name stays as it is, to be judged as none. */
static void use_a_labels(struct request *request, struct bs_bytes *io_domain)
{
    struct bs_bytes ascii = bs_idn_to_ascii(*io_domain, &request->judge.arena);
    if (ascii.len > 0)
        *io_domain = ascii;
}

static void use_a_labels_everywhere(struct request *request)
{
    use_a_labels(request, &request->facts.author);
    use_a_labels(request, &request->facts.spf.domain);
    for (size_t i = 0; i < request->facts.dkim_count; i++)
        use_a_labels(request, &request->dkim[i].domain);
}

static enum bs_step run(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing)
{
    struct request *request = context;
    return bs_dmarc_check(&request->facts, known, arena, &request->verdict, ret_missing);
}

static struct bs_bytes or_null(struct bs_bytes text)
{
    return text.len > 0 ? text : (struct bs_bytes){NULL, 0};
}

static const char *policy_or_null(enum bs_dmarc_policy policy)
{
    return policy == BS_DMARC_UNSET ? NULL : bs_dmarc_policy_name(policy);
}

static void print_json(const struct request *request)
{
    const struct bs_dmarc_verdict *verdict = &request->verdict;
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_char(&out, '{');
    bs_judge_append_member(&out, "result", bs_bytes_from_cstr(bs_dmarc_result_name(verdict->result)));
    bs_judge_append_member(&out, "reason", bs_bytes_from_cstr(verdict->reason));
    bs_judge_append_member(&out, "from", request->facts.author);
    bs_judge_append_member(&out, "policy", bs_bytes_from_cstr(policy_or_null(verdict->published)));
    bs_judge_append_member(&out, "disposition", bs_bytes_from_cstr(bs_dmarc_policy_name(verdict->disposition)));
    bs_judge_append_member(&out, "policy_domain", or_null(verdict->policy_domain));
    bs_judge_append_member(&out, "organizational_domain", or_null(verdict->organization));
    bs_strbuf_printf(&out, ", \"testing\": %s, \"spf_aligned\": %s, \"dkim_aligned\": %s}",
                     verdict->testing ? "true" : "false", verdict->spf_aligned ? "true" : "false",
                     verdict->dkim_aligned ? "true" : "false");
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static enum bs_colour colour_of(enum bs_dmarc_result result)
{
    static const enum bs_colour colours[] = {
        [BS_DMARC_RESULT_NONE] = BS_COLOUR_STRONG,       [BS_DMARC_RESULT_PASS] = BS_COLOUR_GOOD,
        [BS_DMARC_RESULT_FAIL] = BS_COLOUR_BAD,          [BS_DMARC_RESULT_TEMPERROR] = BS_COLOUR_WARNING,
        [BS_DMARC_RESULT_PERMERROR] = BS_COLOUR_WARNING,
    };
    return colours[result];
}

static void print_steps(const struct bs_dmarc_verdict *verdict)
{
    if (verdict->organization.len > 0)
        printf("  organizational domain: %.*s (RFC 9989 section 4.10.2)\n", BS_BYTES_ARG(verdict->organization));
    if (verdict->policy_domain.len == 0)
        return;
    printf("  policy: %s, by the record of _dmarc.%.*s (section 4.10.1)\n", bs_dmarc_policy_name(verdict->published),
           BS_BYTES_ARG(verdict->policy_domain));
    if (verdict->testing)
        printf("  t=y: the domain is testing, its policy counts one level less (section 4.7)\n");
    printf("  SPF: %s (section 4.4)\n", verdict->spf_aligned ? "passed and aligned" : "nothing that passed is aligned");
    printf("  DKIM: %s (section 4.4)\n", verdict->dkim_aligned ? "passed and aligned" : "nothing that passed is aligned");
}

static void print_text(const struct request *request)
{
    const struct bs_dmarc_verdict *verdict = &request->verdict;
    printf("%s%s%s", bs_output_colour(stdout, colour_of(verdict->result)), bs_dmarc_result_name(verdict->result),
           bs_output_colour(stdout, BS_COLOUR_NONE));
    if (verdict->result == BS_DMARC_RESULT_FAIL)
        printf(" disposition=%s", bs_dmarc_policy_name(verdict->disposition));
    if (verdict->policy_domain.len > 0)
        printf(" policy=%s of %.*s", bs_dmarc_policy_name(verdict->published), BS_BYTES_ARG(verdict->policy_domain));
    printf(" (%s)\n", verdict->reason);
    if (request->judge.explain)
        print_steps(verdict);
}

static int exit_status(const struct bs_dmarc_verdict *verdict)
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

int bs_command_dmarc(int argc, char **argv)
{
    struct request request = {.judge = bs_judge_new()};
    request.facts.dkim = request.dkim;
    int status = read_options(argc, argv, &request);
    if (status < 0)
        status = bs_judge_load(&request.judge);
    if (status < 0) {
        use_a_labels_everywhere(&request);
        status = bs_judge_run(&request.judge, (struct bs_judge_step){run, &request});
    }
    if (status < 0) {
        if (request.judge.json)
            print_json(&request);
        else
            print_text(&request);
        status = exit_status(&request.verdict);
    }
    bs_judge_free(&request.judge);
    return status;
}
