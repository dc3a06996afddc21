/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop spf`: may this client use this sender's domain? See backstop-spf(1). */
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/verdicts.h"
#include "message/address.h"

#include <getopt.h>
#include <sysexits.h>

enum { OUTPUT_MAX = 1 << 20 };

enum { OPTION_IP = 'i', OPTION_HELO = 'e', OPTION_FROM = 'f', OPTION_RECEIVER = 'r', OPTION_HELP = 'h' };

static const char usage[] =
    "usage: backstop spf --ip IP --helo NAME --from ADDRESS [OPTION]...\n"
    "      --ip IP         the address of the SMTP client\n"
    "      --helo NAME     what it said with HELO or EHLO\n"
    "      --from ADDRESS  what it said with MAIL FROM; <> or nothing at all: the HELO name is judged\n"
    "      --receiver NAME the host that checks, for explanations and header fields\n" BS_JUDGE_USAGE
    "exits 0 for pass, neutral and none, 1 for softfail, 2 for fail, 3 for temperror and permerror.\n";

struct request {
    struct bs_judge judge;
    const char *ip, *helo, *from, *receiver;
    struct bs_spf_facts facts;
    struct bs_spf_result result;
};

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"ip", required_argument, NULL, OPTION_IP},
        {"helo", required_argument, NULL, OPTION_HELO},
        {"from", required_argument, NULL, OPTION_FROM},
        {"receiver", required_argument, NULL, OPTION_RECEIVER},
        {"help", no_argument, NULL, OPTION_HELP},
        BS_JUDGE_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
        case OPTION_IP: request->ip = optarg; break;
        case OPTION_HELO: request->helo = optarg; break;
        case OPTION_FROM: request->from = optarg; break;
        case OPTION_RECEIVER: request->receiver = optarg; break;
        case OPTION_HELP: return bs_output_usage(usage, true);
        default:
            if (!bs_judge_take_option(&request->judge, option, optarg))
                return EX_USAGE;
        }
    }
    bool complete = request->ip && (request->helo || request->from);
    return complete && optind == argc ? -1 : bs_output_usage(usage, false);
}

/* The sender as an envelope path; what is none is divided at its last @, so that anything can be tried. */
static void read_sender(struct request *request)
{
    struct bs_bytes path = bs_bytes_from_cstr(request->from ? request->from : "");
    struct bs_address address = {.local = {NULL, 0}};
    if (!bs_path_is_null(path) && !bs_path_parse(path, &request->judge.arena, &address)) {
        size_t sign = bs_bytes_find_last(path, '@');
        address.local = bs_bytes_first(path, sign);
        address.domain = bs_bytes_skip(path, sign < path.len ? sign + 1 : sign);
    }
    request->facts.local = address.local;
    request->facts.domain = address.domain;
}

static bool read_facts(struct request *request)
{
    if (!bs_ip_parse(bs_bytes_from_cstr(request->ip), &request->facts.ip)) {
        bs_output_error("\"%s\" is no IP address", request->ip);
        return false;
    }
    read_sender(request);
    request->facts.helo = bs_bytes_from_cstr(request->helo);
    request->facts.receiver = bs_bytes_from_cstr(request->receiver);
    request->facts.now = request->judge.now;
    request->facts.want_explanation = true;
    request->facts.want_trace = request->judge.explain;
    return true;
}

static enum bs_step run(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing)
{
    struct request *request = context;
    return bs_spf_check(&request->facts, known, arena, &request->result, ret_missing);
}

static void print_json(const struct request *request, const char *reason)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_verdict_append_spf(&request->facts, &request->result, reason, request->judge.explain, &out);
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static void print_text(const struct request *request, const char *reason)
{
    const struct bs_spf_result *result = &request->result;
    bs_verdict_print_spf(result, reason);
    if (result->explanation.len > 0)
        printf("explanation: %.*s\n", BS_BYTES_ARG(result->explanation));
    bs_verdict_print_spf_steps(result, 2);
}

static int exit_status(enum bs_spf_status status)
{
    switch (status) {
    case BS_SPF_SOFTFAIL:
        return BS_EXIT_FINDINGS;
    case BS_SPF_FAIL:
        return BS_EXIT_SERIOUS;
    case BS_SPF_TEMPERROR:
    case BS_SPF_PERMERROR:
        return BS_EXIT_INCONCLUSIVE;
    default:
        return BS_EXIT_CLEAN;
    }
}

static int print_result(struct request *request)
{
    const char *reason = bs_spf_reason(&request->facts, &request->result, &request->judge.run);
    if (!reason)
        return EX_SOFTWARE;
    if (request->judge.json)
        print_json(request, reason);
    else
        print_text(request, reason);
    return exit_status(request->result.status);
}

int bs_command_spf(int argc, char **argv)
{
    struct request request = {.judge = bs_judge_new()};
    int status = read_options(argc, argv, &request);
    if (status < 0 && !read_facts(&request))
        status = EX_USAGE;
    if (status < 0)
        status = bs_judge_load(&request.judge);
    if (status < 0)
        status = bs_judge_run(&request.judge, (struct bs_judge_step){run, &request});
    if (status < 0)
        status = print_result(&request);
    bs_judge_free(&request.judge);
    return status;
}
