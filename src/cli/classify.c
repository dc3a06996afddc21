/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop classify FILE|DIR|MBOX…`: what each message is, and for bounces which recipients failed and why. A line
 * or an object a message, in the order of the input, whatever the number of threads. See backstop-classify(1).
 */
#include "cli/command.h"
#include "cli/in_order.h"
#include "cli/kind_set.h"
#include "cli/mail_reader.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reading_print.h"
#include "engine/rule_files.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: backstop classify [OPTION]... FILE|FOLDER|MAILDIR|MBOX...\n"
    "                      say what kind of message each is, and which recipients failed, and why;\n"
    "                      - is standard input\n"
    "      --json          print an object a line\n"
    "      --summary       print only how many there are of each kind\n"
    "      --is KIND[,KIND]...\n"
    "                      print nothing; exit 0 where a message is of these kinds, else 1. Kinds are dsn-failed,\n"
    "                      dsn-delayed, dsn-success, autoreply, challenge, notice, mdn, arf, list, other, none;\n"
    "                      `bounce` is the first three, `automatic` all but list and none\n"
    "      --jobs NUMBER   threads; one for each processor unless given\n"
    "      --rules FILE    know these rules, too, see backstop-rules(5); may be repeated\n"
    "A line has file, kind, recipients, status and reason, with tabs between them, and - for what is not told.\n"
    "exits 0 when all was read, 66 where something could not be read.\n";

enum { JSON = 1, SUMMARY, IS, JOBS, RULES, HELP = 'h' };

struct classify {
    bool json, summary, test;
    struct bs_kind_set wanted; /* of --is */
    unsigned jobs;
    const char *rule_files[BS_RULE_FILES_MAX];
    struct bs_config_list rule_list; /* of them */
    struct bs_rules *rules;
    struct bs_progress progress;
    struct bs_in_order *order;
    atomic_bool unreadable;
    unsigned long long counts[BS_KIND_COUNT], total;
};

/* --- Options ------------------------------------------------------------------------------------------------ */

static bool take_jobs(struct classify *classify, const char *text)
{
    char *end;
    unsigned long jobs = strtoul(text, &end, 10);
    if (!bs_ascii_is_digit(text[0]) || *end != '\0' || jobs < 1 || jobs > BS_IN_ORDER_JOBS_MAX) {
        bs_output_error("--jobs: \"%s\" is no number from 1 to %d", text, BS_IN_ORDER_JOBS_MAX);
        return false;
    }
    classify->jobs = (unsigned)jobs;
    return true;
}

static bool take_rules(struct classify *classify, const char *path)
{
    if (classify->rule_list.count == BS_RULE_FILES_MAX) {
        bs_output_error("--rules: there are more than %d files", BS_RULE_FILES_MAX);
        return false;
    }
    classify->rule_files[classify->rule_list.count++] = path;
    return true;
}

static bool take_kinds(struct classify *classify, const char *names)
{
    struct bs_error error;
    classify->test = true;
    if (bs_kind_set_parse(bs_bytes_from_cstr(names), &classify->wanted, &error))
        return true;
    bs_output_error("--is: %s", error.text);
    return false;
}

static bool take_option(struct classify *classify, int option, const char *value)
{
    switch (option) {
    case JSON: classify->json = true; return true;
    case SUMMARY: classify->summary = true; return true;
    case IS: return take_kinds(classify, value);
    case JOBS: return take_jobs(classify, value);
    case RULES: return take_rules(classify, value);
    default: bs_output_usage(usage, false); return false;
    }
}

/* -1 to go on, else the exit status. */
static int read_options(struct classify *classify, int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, JSON},       {"summary", no_argument, NULL, SUMMARY},
        {"is", required_argument, NULL, IS},     {"jobs", required_argument, NULL, JOBS},
        {"rules", required_argument, NULL, RULES}, {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == HELP)
            return bs_output_usage(usage, true);
        if (!take_option(classify, option, optarg))
            return EX_USAGE;
    }
    return optind < argc ? -1 : bs_output_usage(usage, false);
}

static unsigned default_jobs(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (processors < 1)
        return 1;
    return processors < BS_IN_ORDER_JOBS_MAX ? (unsigned)processors : BS_IN_ORDER_JOBS_MAX;
}

/* --- In the threads ----------------------------------------------------------------------------------------- */

struct judge {
    struct bs_mail_reader reader;
    const struct classify *classify;
};

static void *start_judge(void *context)
{
    struct classify *classify = context;
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge && bs_mail_reader_init(&judge->reader, classify->rules)) {
        judge->reader.bytes_read = &classify->progress.bytes;
        judge->classify = classify;
        return judge;
    }
    free(judge);
    return NULL;
}

static void end_judge(void *memory)
{
    struct judge *judge = memory;
    bs_mail_reader_free(&judge->reader);
    free(judge);
}

static void judge_mail(void *memory, const struct bs_mail *mail, struct bs_in_order_result *result)
{
    struct judge *judge = memory;
    struct bs_mail_reader *reader = &judge->reader;
    if (!bs_mail_reader_read(reader, mail))
        result->error = errno ? errno : EIO;
    result->kind = (int)reader->reading.kind;
    if (judge->classify->summary || judge->classify->test || result->error != 0)
        return;
    if (judge->classify->json) {
        bs_strbuf_append_char(&result->text, '{');
        bs_reading_append_place(mail, &result->text);
        bs_reading_append(&reader->parts, &reader->reading, &reader->arena, &result->text);
        bs_strbuf_append_char(&result->text, '}');
    } else {
        bs_reading_append_name(mail, &result->text);
        bs_reading_append_line(&reader->reading, &result->text);
    }
    bs_strbuf_append_char(&result->text, '\n');
}

/* --- In order ----------------------------------------------------------------------------------------------- */

static void report_trouble(void *context, const char *path, const char *why)
{
    struct classify *classify = context;
    atomic_store(&classify->unreadable, true);
    bs_output_error("%s: %s", strcmp(path, "-") == 0 ? "standard input" : path, why);
}

static void show(void *context, const struct bs_mail *mail, const struct bs_in_order_result *result)
{
    struct classify *classify = context;
    if (result->error != 0 || result->text.failed) {
        report_trouble(classify, mail->path,
                       result->error != 0 ? strerror(result->error) : "what it says takes too much memory");
        return;
    }
    classify->counts[result->kind]++;
    classify->total++;
    atomic_fetch_add(&classify->progress.messages, 1);
    fwrite(bs_strbuf_cstr(&result->text), 1, result->text.len, stdout);
}

static bool give(void *context, const struct bs_mail *mail)
{
    struct classify *classify = context;
    bs_in_order_give(classify->order, mail);
    return true;
}

static void print_counts(const struct classify *classify, FILE *out)
{
    for (int kind = 0; kind < BS_KIND_COUNT; kind++) {
        unsigned long long count = classify->counts[kind];
        if (count > 0)
            fprintf(out, "%-12s %10llu  %5.1f %%\n", bs_kind_name((enum bs_kind)kind), count,
                    100.0 * (double)count / (double)classify->total);
    }
    fprintf(out, "%-12s %10llu\n", "all", classify->total);
}

static void print_counts_json(const struct classify *classify)
{
    printf("{\"messages\": %llu, \"kinds\": {", classify->total);
    for (int kind = 0; kind < BS_KIND_COUNT; kind++)
        printf("%s\"%s\": %llu", kind > 0 ? ", " : "", bs_kind_name((enum bs_kind)kind), classify->counts[kind]);
    puts("}}");
}

/* The table goes to stderr where lines go to stdout, which may be for a program; of one message there is none. */
static void print_end(const struct classify *classify)
{
    if (classify->test)
        return;
    if (classify->summary && classify->json)
        print_counts_json(classify);
    else if (classify->summary)
        print_counts(classify, stdout);
    else if (classify->total > 1)
        print_counts(classify, stderr);
}

static int exit_status(const struct classify *classify)
{
    unsigned long long wanted = 0;
    for (int kind = 0; kind < BS_KIND_COUNT; kind++)
        wanted += bs_kind_set_has(&classify->wanted, (enum bs_kind)kind) ? classify->counts[kind] : 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        bs_output_error("standard output: %s", strerror(errno));
        return EX_IOERR;
    }
    if (classify->test && wanted > 0)
        return BS_EXIT_CLEAN;
    if (atomic_load(&classify->unreadable))
        return EX_NOINPUT;
    return classify->test ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
}

static int classify_all(struct classify *classify, char **paths)
{
    const struct bs_in_order_work work = {classify, start_judge, judge_mail, show, end_judge};
    const struct bs_mail_visitor visitor = {classify, give, report_trouble};
    bs_progress_begin(&classify->progress, paths, !classify->summary && !classify->test);
    classify->order = bs_in_order_new(&work, classify->jobs ? classify->jobs : default_jobs());
    for (; classify->order && *paths; paths++)
        bs_mail_visit(*paths, &visitor);
    if (classify->order)
        bs_in_order_finish(classify->order);
    bs_progress_end(&classify->progress);
    if (!classify->order) {
        bs_output_error("there is no memory to read messages");
        return EX_OSERR;
    }
    print_end(classify);
    return exit_status(classify);
}

int bs_command_classify(int argc, char **argv)
{
    struct bs_error error;
    struct classify classify = {.jobs = 0};
    int status = read_options(&classify, argc, argv);
    if (status >= 0)
        return status;
    classify.rule_list.items = classify.rule_files;
    classify.rules = bs_rule_files_load(&classify.rule_list, &error);
    if (!classify.rules) {
        bs_output_error("%s", error.text);
        return EX_CONFIG;
    }
    status = classify_all(&classify, argv + optind);
    bs_rules_free(classify.rules);
    return status;
}
