/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop dmarc`: what SPF and DKIM proved, does it concern the domain in From? See backstop-dmarc(1). */
#include "base/idn.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/verdicts.h"

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

static void print_json(const struct request *request)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_char(&out, '{');
    bs_verdict_append_dmarc(&request->verdict, request->facts.author, &out);
    bs_strbuf_append_char(&out, '}');
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static void print_text(const struct request *request)
{
    bs_verdict_print_dmarc(&request->verdict);
    if (request->judge.explain)
        bs_verdict_print_dmarc_steps(&request->verdict, request->facts.author, 2);
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
        status = bs_verdict_dmarc_status(&request.verdict);
    }
    bs_judge_free(&request.judge);
    return status;
}
