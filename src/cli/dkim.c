/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop dkim FILE`: what are the message's signatures worth? The others are in dkim_make.c, dkim_keygen.c,
 * dkim_check.c and dkim_rotate.c. See backstop-dkim(1).
 */
#include "cli/command.h"
#include "cli/dkim_make.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/verdicts.h"

#include <errno.h>
#include <getopt.h>
#include <sysexits.h>

enum { OUTPUT_MAX = 1 << 20, PIECE = 64 * 1024 };

enum { OPTION_LEGACY = 'l', OPTION_HELP = 'h' };

static const char usage[] =
    "usage: backstop dkim [OPTION]... FILE      say what the signatures of a message are worth; - is standard input\n"
    "       backstop dkim sign --key FILE --domain DOMAIN --selector NAME [OPTION]... FILE\n"
    "                                           print the message, signed\n"
    "       backstop dkim keygen --domain DOMAIN [OPTION]... FILE|--directory DIR\n"
    "                                           make a private key, print its DNS record\n"
    "       backstop dkim check [OPTION]... [DOMAIN]...\n"
    "                                           say whether DNS shows the keys that mail is signed with\n"
    "       backstop dkim rotate [OPTION]... DOMAIN...\n"
    "                                           renew the keys of a domain, a step at a time\n" BS_JUDGE_USAGE
    "      --allow-legacy  let pass what passed once: SHA-1, short keys, signatures of the drafts before RFC 4871\n"
    "exits 0 where a signature passes or there is none, 1 where none passes, 3 where DNS failed.\n"
    "`backstop dkim sign --help` shows the options of sign, and so on.\n";

struct request {
    struct bs_judge judge;
    const char *path;
    bool allow_legacy;
    struct bs_header header;
    struct bs_dkim_message message;
    struct bs_dkim_facts facts;
    struct bs_dkim_results results;
};

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"allow-legacy", no_argument, NULL, OPTION_LEGACY},
        {"help", no_argument, NULL, OPTION_HELP},
        BS_JUDGE_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return bs_output_usage(usage, true);
        if (option == OPTION_LEGACY)
            request->allow_legacy = true;
        else if (!bs_judge_take_option(&request->judge, option, optarg))
            return EX_USAGE;
    }
    request->path = argv[optind];
    return optind + 1 == argc ? -1 : bs_output_usage(usage, false);
}

/* Hands a piece of the message on: to the header while that lasts, then to the body. False past a limit of memory. */
static bool take_piece(struct request *request, struct bs_bytes piece, bool last)
{
    struct bs_header *header = &request->header;
    bool began = header->ended;
    if (!header->ended)
        piece = bs_bytes_skip(piece, bs_header_push(header, piece));
    if (last)
        bs_header_finish(header);
    if (header->ended && !began && (header->failed || !bs_dkim_begin(&request->message, header, request->allow_legacy,
                                                                     &request->judge.arena)))
        return false;
    if (header->ended)
        bs_dkim_body(&request->message, piece);
    return true;
}

static int read_stream(struct request *request, FILE *file)
{
    static char piece[PIECE];
    size_t count;
    do {
        count = fread(piece, 1, sizeof piece, file);
        if (!take_piece(request, bs_bytes(piece, count), count == 0)) {
            bs_output_error("%s: the message takes too much memory", request->path);
            return EX_SOFTWARE;
        }
    } while (count > 0);
    bs_dkim_end(&request->message);
    if (!ferror(file))
        return -1;
    bs_output_error("%s: %s", request->path, strerror(errno));
    return EX_NOINPUT;
}

/* Reads the message; -1 to go on, else the exit status. */
static int read_message(struct request *request)
{
    bool standard_input = strcmp(request->path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(request->path, "re");
    if (!file) {
        bs_output_error("%s: %s", request->path, strerror(errno));
        return EX_NOINPUT;
    }
    bs_header_init(&request->header, &request->judge.arena);
    int status = read_stream(request, file);
    if (!standard_input)
        fclose(file);
    request->facts = (struct bs_dkim_facts){&request->message, request->judge.now, request->judge.explain};
    return status;
}

static enum bs_step run(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing)
{
    struct request *request = context;
    return bs_dkim_check(&request->facts, known, arena, &request->results, ret_missing);
}

/* The result of the message: the best of its signatures'. */
static enum bs_dkim_code best_of(const struct bs_dkim_results *results)
{
    static const enum bs_dkim_code order[] = {BS_DKIM_PASS, BS_DKIM_TEMPERROR, BS_DKIM_POLICY,
                                              BS_DKIM_FAIL, BS_DKIM_NEUTRAL,   BS_DKIM_PERMERROR};
    for (size_t code = 0; code < sizeof order / sizeof *order; code++) {
        for (size_t i = 0; i < results->count; i++) {
            if (results->items[i].code == order[code])
                return order[code];
        }
    }
    return BS_DKIM_NONE;
}

static int exit_status(enum bs_dkim_code code)
{
    if (code == BS_DKIM_TEMPERROR)
        return BS_EXIT_INCONCLUSIVE;
    return code == BS_DKIM_PASS || code == BS_DKIM_NONE ? BS_EXIT_CLEAN : BS_EXIT_FINDINGS;
}

static void print_json(const struct request *request, enum bs_dkim_code best)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_char(&out, '{');
    bs_judge_append_member(&out, "result", bs_bytes_from_cstr(bs_dkim_code_name(best)));
    bs_strbuf_append_cstr(&out, ", \"signatures\": [");
    for (size_t i = 0; i < request->results.count; i++) {
        bs_strbuf_append_cstr(&out, i > 0 ? ", " : "");
        bs_verdict_append_dkim(&request->results.items[i], request->judge.explain, &out);
    }
    bs_strbuf_append_cstr(&out, "]}");
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static int print_results(const struct request *request)
{
    enum bs_dkim_code best = best_of(&request->results);
    if (request->judge.json) {
        print_json(request, best);
        return exit_status(best);
    }
    if (best == BS_DKIM_NONE)
        puts("none: the message has no DKIM signature");
    for (size_t i = 0; i < request->results.count; i++) {
        bs_verdict_print_dkim(&request->results.items[i]);
        bs_verdict_print_notes(request->results.items[i].notes, 2);
    }
    return exit_status(best);
}

static int verify(int argc, char **argv)
{
    struct request request = {.judge = bs_judge_new()};
    int status = read_options(argc, argv, &request);
    if (status < 0)
        status = bs_judge_load(&request.judge);
    if (status < 0)
        status = read_message(&request);
    if (status < 0)
        status = bs_judge_run(&request.judge, (struct bs_judge_step){run, &request});
    if (status < 0)
        status = print_results(&request);
    bs_header_finish(&request.header);
    bs_dkim_free(&request.message);
    bs_judge_free(&request.judge);
    return status;
}

int bs_command_dkim(int argc, char **argv)
{
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "sign") == 0)
        return bs_dkim_make_signature(argc - 1, argv + 1);
    if (strcmp(action, "keygen") == 0)
        return bs_dkim_make_key(argc - 1, argv + 1);
    if (strcmp(action, "check") == 0)
        return bs_dkim_check_keys(argc - 1, argv + 1);
    if (strcmp(action, "rotate") == 0)
        return bs_dkim_rotate_keys(argc - 1, argv + 1);
    return verify(argc, argv);
}
