/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop arc FILE`: what is the chain of seals on a message worth? `backstop arc seal` adds a set to it. See
 * backstop-arc(1).
 */
#include "auth/arc_seal.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/verdicts.h"
#include "crypto/secret.h"

#include <errno.h>
#include <getopt.h>
#include <sysexits.h>

enum { MESSAGE_MAX = 64 << 20, OUTPUT_MAX = 4 << 20 };

enum { KEY = 'k', LEGACY, DOMAIN_NAME, SELECTOR, RESULTS, HELP = 'h' };

static const char usage[] =
    "usage: backstop arc [OPTION]... FILE       say what the chain of ARC seals is worth; - is standard input\n"
    "       backstop arc seal --key FILE --domain DOMAIN --selector NAME --results TEXT [OPTION]... FILE\n"
    "                                           judge the chain and print the message, sealed\n" BS_JUDGE_USAGE
    "      --allow-legacy  let pass RSA keys shorter than 1024 bits\n"
    "exits 0 where the chain passes or there is none, 1 where it fails, 3 where it fails and DNS failed.\n"
    "seal:\n"
    "      --key FILE       the private key, PEM\n"
    "      --domain DOMAIN  the domain that seals\n"
    "      --selector NAME  the key's selector\n"
    "      --results TEXT   what was found: \"mx.example.com; spf=pass smtp.mailfrom=example.net\"\n";

struct request {
    struct bs_judge judge;
    const char *path, *key_file, *domain, *selector, *results;
    bool allow_legacy, seal;
    struct bs_bytes text;
    struct bs_header header;
    struct bs_dkim_bodies bodies;
    size_t place; /* of the hash that a seal of ours needs */
    struct bs_arc_chain chain;
    struct bs_arc_facts facts;
    struct bs_arc_result result;
};

static bool take_option(struct request *request, int option, const char *value)
{
    switch (option) {
    case LEGACY: request->allow_legacy = true; return true;
    case KEY: request->key_file = value; return true;
    case DOMAIN_NAME: request->domain = value; return true;
    case SELECTOR: request->selector = value; return true;
    case RESULTS: request->results = value; return true;
    default: return bs_judge_take_option(&request->judge, option, value);
    }
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"allow-legacy", no_argument, NULL, LEGACY}, {"help", no_argument, NULL, HELP},
        {"key", required_argument, NULL, KEY},       {"domain", required_argument, NULL, DOMAIN_NAME},
        {"selector", required_argument, NULL, SELECTOR}, {"results", required_argument, NULL, RESULTS},
        BS_JUDGE_OPTIONS, {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == HELP)
            return bs_output_usage(usage, true);
        if (!take_option(request, option, optarg))
            return EX_USAGE;
    }
    bool all = request->key_file && request->domain && request->selector && request->results;
    bool any = request->key_file || request->domain || request->selector || request->results;
    request->path = argv[optind];
    return optind + 1 == argc && (request->seal ? all : !any) ? -1 : bs_output_usage(usage, false);
}

/* Reads the message; -1 to go on, else the exit status. */
static int read_message(struct request *request)
{
    struct bs_arena *arena = &request->judge.arena;
    bs_header_init(&request->header, arena);
    if (!bs_judge_read_file(request->path, MESSAGE_MAX, arena, &request->text))
        return EX_NOINPUT;
    size_t header = bs_header_push(&request->header, request->text);
    bs_header_finish(&request->header);
    if (request->header.failed ||
        !bs_arc_begin(&request->chain, &request->header, &request->bodies, request->allow_legacy, arena)) {
        bs_output_error("%s: the message takes too much memory", request->path);
        return EX_SOFTWARE;
    }
    if (request->seal)
        request->place = bs_dkim_sign_body(&request->bodies);
    bs_dkim_bodies_push(&request->bodies, bs_bytes_skip(request->text, header));
    bs_dkim_bodies_finish(&request->bodies);
    request->facts = (struct bs_arc_facts){&request->chain, request->judge.now, request->judge.explain};
    return -1;
}

static enum bs_step run(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing)
{
    struct request *request = context;
    return bs_arc_check(&request->facts, known, arena, &request->result, ret_missing);
}

static int exit_status(const struct bs_arc_result *result)
{
    if (result->temporary)
        return BS_EXIT_INCONCLUSIVE;
    return result->code == BS_ARC_FAIL ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
}

static void print_json(struct request *request)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_verdict_append_arc(&request->result, request->judge.explain, &request->judge.run, &out);
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static void print_text(struct request *request)
{
    bs_verdict_print_arc(&request->result);
    bs_verdict_print_arc_hops(&request->result, 2, &request->judge.run);
    bs_verdict_print_notes(request->result.notes, 2);
}

static int print_result(struct request *request)
{
    if (request->judge.json)
        print_json(request);
    else
        print_text(request);
    return exit_status(&request->result);
}

static struct bs_private_key *load_key(struct request *request)
{
    struct bs_bytes pem;
    struct bs_error error;
    if (!bs_judge_read_file(request->key_file, BS_PRIVATE_KEY_PEM_MAX, &request->judge.arena, &pem))
        return NULL;
    struct bs_private_key *key = bs_private_key_read(pem, &error);
    bs_secret_wipe((char *)pem.ptr, pem.len);
    if (!key)
        bs_output_error("%s: %s", request->key_file, error.text);
    return key;
}

/* Prints the fields and the message below them. */
static int print_sealed(const struct request *request, const struct bs_arc_fields *fields, bool bare_lf)
{
    const struct bs_strbuf *order[] = {&fields->seal, &fields->message, &fields->results};
    for (int i = 0; i < 3; i++) {
        fwrite(order[i]->ptr, 1, order[i]->len, stdout);
        fputs(bare_lf ? "\n" : "\r\n", stdout);
    }
    fwrite(request->text.ptr, 1, request->text.len, stdout);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EX_OK;
    bs_output_error("standard output: %s", strerror(errno));
    return EX_IOERR;
}

static int seal(struct request *request)
{
    struct bs_error error;
    struct bs_arc_fields fields;
    size_t first = bs_bytes_find(request->text, '\n');
    struct bs_dkim_signer signer = {
        .key = load_key(request),
        .domain = bs_bytes_from_cstr(request->domain),
        .selector = bs_bytes_from_cstr(request->selector),
        .now = request->judge.now,
        .bare_lf = first == 0 || (first < request->text.len && request->text.ptr[first - 1] != '\r'),
    };
    if (!signer.key)
        return EX_CONFIG;
    int status = EX_DATAERR;
    if (bs_arc_seal(&signer, &request->chain, request->result.code, &request->header,
                    &request->bodies.sums[request->place], bs_bytes_from_cstr(request->results), &fields, &error)) {
        status = print_sealed(request, &fields, signer.bare_lf);
        bs_arc_fields_free(&fields);
    } else {
        bs_output_error("%s: %s", request->path, error.text);
    }
    bs_private_key_free((struct bs_private_key *)signer.key);
    return status;
}

int bs_command_arc(int argc, char **argv)
{
    struct request request = {.judge = bs_judge_new()};
    request.seal = argc > 1 && strcmp(argv[1], "seal") == 0;
    bs_dkim_bodies_init(&request.bodies);
    int status = read_options(argc - request.seal, argv + request.seal, &request);
    if (status < 0)
        status = bs_judge_load(&request.judge);
    if (status < 0)
        status = read_message(&request);
    if (status < 0)
        status = bs_judge_run(&request.judge, (struct bs_judge_step){run, &request});
    if (status < 0)
        status = request.seal ? seal(&request) : print_result(&request);
    bs_header_finish(&request.header);
    bs_dkim_bodies_free(&request.bodies);
    bs_judge_free(&request.judge);
    return status;
}
