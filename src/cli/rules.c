/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop rules check|list|test`: whether files of rules are good, which rules are in force, and what they say of a
 * text. See backstop-rules(1); the files are described in backstop-rules(5).
 */
#include "base/json.h"
#include "bounce/diagnosis.h"
#include "bounce/rules_samples.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"

#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>

enum { FILES_MAX = 64, JSON_MAX = 64 * 1024, TEXT_MAX = 1024 * 1024, CONCLUSION_MAX = 80 };

static const char usage[] =
    "usage: backstop rules check FILE...                     say whether files of rules are good, and try their "
    "samples\n"
    "       backstop rules list  [OPTION]... [FILE]...       print the rules in force, the built-in ones among them\n"
    "       backstop rules test  [OPTION]... [TEXT]          say which rules match a text, or standard input\n"
    "  -r, --rules FILE    use these rules too; may be repeated (for list, the same as FILE)\n"
    "      --in PLACE      the text is a subject, from, field, text or diagnostic (the default)\n"
    "      --status X.Y.Z  the enhanced status that came with a diagnostic\n"
    "      --code NUMBER   the reply code that came with it\n"
    "      --lines         standard input has a diagnostic a line, or STATUS, CODE and it, with tabs between\n"
    "      --json          print an object a line\n"
    "check exits 1 where samples do not hold, and 78 for a file that cannot be used; test 1 where nothing matches.\n";

struct options {
    const char *action;
    struct bs_arena arena;
    struct bs_bytes texts[FILES_MAX]; /* of the files */
    const char *names[FILES_MAX];
    size_t count;
    enum bs_rule_place place;
    struct bs_bytes status;
    unsigned code;
    bool lines;
    bool json;
    struct bs_bytes text; /* of test; ptr is NULL where it is to be read */
};

static int add_file(struct options *options, const char *name)
{
    if (options->count == FILES_MAX) {
        bs_output_error("more than %d files of rules are not read", FILES_MAX);
        return EX_USAGE;
    }
    if (!bs_judge_read_file(name, BS_RULES_FILE_MAX + 1, &options->arena, &options->texts[options->count]))
        return EX_NOINPUT;
    options->names[options->count++] = name;
    return -1;
}

static int read_place(struct options *options, const char *name)
{
    for (int place = 0; place < BS_PLACE_COUNT; place++) {
        if (strcmp(name, bs_rule_place_name((enum bs_rule_place)place)) == 0) {
            options->place = (enum bs_rule_place)place;
            return -1;
        }
    }
    bs_output_error("\"%s\" is no place; there are subject, from, field, text and diagnostic", name);
    return EX_USAGE;
}

static int read_code(struct options *options, const char *text)
{
    size_t length = strlen(text);
    options->code = (unsigned)strtoul(text, NULL, 10);
    if (length == 3 && strspn(text, "0123456789") == length)
        return -1;
    bs_output_error("--code: \"%s\" is no reply code of three digits", text);
    return EX_USAGE;
}

static int take_option(struct options *options, int option)
{
    switch (option) {
    case 'r':
        return add_file(options, optarg);
    case 'i':
        return read_place(options, optarg);
    case 's':
        options->status = bs_bytes_from_cstr(optarg);
        return -1;
    case 'c':
        return read_code(options, optarg);
    case 'l':
        options->lines = true;
        return -1;
    case 'j':
        options->json = true;
        return -1;
    default:
        return option == 'h' ? bs_output_usage(usage, true) : EX_USAGE;
    }
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"rules", required_argument, NULL, 'r'},  {"in", required_argument, NULL, 'i'},
        {"status", required_argument, NULL, 's'}, {"code", required_argument, NULL, 'c'},
        {"lines", no_argument, NULL, 'l'},        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int status = -1;
    bool is_test = strcmp(options->action, "test") == 0;
    for (int option; status < 0 && (option = getopt_long(argc, argv, "r:h", known, NULL)) != -1;)
        status = take_option(options, option);
    for (; status < 0 && optind < argc && !is_test; optind++)
        status = add_file(options, argv[optind]);
    if (status < 0 && is_test && optind < argc)
        options->text = bs_bytes_from_cstr(argv[optind++]);
    if (status < 0 && optind < argc)
        return bs_output_usage(usage, false);
    return status;
}

/* The rules in force; NULL after an error has been printed. */
static struct bs_rules *load(const struct options *options, struct bs_rules_scan **ret_scan)
{
    struct bs_error error;
    struct bs_rules *rules = bs_rules_new_with(options->texts, options->names, options->count, &error);
    *ret_scan = rules ? bs_rules_scan_new(rules) : NULL;
    if (*ret_scan)
        return rules;
    bs_output_error("%s", rules ? "no memory for the rules" : error.text);
    bs_rules_free(rules);
    return NULL;
}

static void print_complaint(void *context, const char *text)
{
    (void)context;
    bs_output_error("%s", text);
}

static int check(struct options *options, const struct bs_rules *rules, struct bs_rules_scan *scan)
{
    size_t failures = 0;
    for (size_t i = 0; i < options->count; i++) {
        size_t tried = 0, before = failures;
        for (const struct bs_rule_entry *entry = bs_rules_list(rules)->first; entry; entry = entry->next) {
            if (entry->built_in || strcmp(entry->file, options->names[i]) != 0)
                continue;
            failures += bs_rules_try(scan, entry, print_complaint, NULL);
            tried++;
        }
        if (failures == before)
            printf("%s: good; rules: %zu\n", options->names[i], tried);
    }
    return failures > 0 ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
}

static void append_member(struct bs_strbuf *json, const char *name, const char *value)
{
    bs_strbuf_printf(json, "%s\"%s\": ", json->len > 1 ? ", " : "", name);
    bs_json_append_string(json, bs_bytes_from_cstr(value));
}

static void print_rule_json(const struct bs_rule_entry *entry, const char *conclusion)
{
    struct bs_strbuf json;
    bs_strbuf_init(&json, JSON_MAX);
    bs_strbuf_append_char(&json, '{');
    append_member(&json, "rule", entry->rule.id);
    append_member(&json, "in", bs_rule_place_name(entry->rule.place));
    append_member(&json, "says", conclusion);
    bs_strbuf_printf(&json, ", \"weight\": %u", entry->rule.weight);
    append_member(&json, "file", entry->file);
    bs_strbuf_printf(&json, ", \"line\": %d}", entry->line);
    puts(bs_strbuf_cstr(&json));
    bs_strbuf_free(&json);
}

static void print_rule(const struct options *options, const struct bs_rule_entry *entry)
{
    char buffer[CONCLUSION_MAX];
    const char *conclusion = bs_rule_conclusion(&entry->rule, buffer, sizeof buffer);
    if (options->json)
        print_rule_json(entry, conclusion);
    else
        printf("%-40s %-10s %-24s %3u  %s:%d\n", entry->rule.id, bs_rule_place_name(entry->rule.place), conclusion,
               entry->rule.weight, entry->file, entry->line);
}

static int list(struct options *options, const struct bs_rules *rules, struct bs_rules_scan *scan)
{
    (void)scan;
    for (const struct bs_rule_entry *entry = bs_rules_list(rules)->first; entry; entry = entry->next)
        print_rule(options, entry);
    return BS_EXIT_CLEAN;
}

/* What a diagnostic comes to, before the rules that match it. */
static void print_diagnosis(const struct options *options, enum bs_failure failure)
{
    const char *hard = failure == BS_FAILURE_UNKNOWN ? "null" : bs_failure_is_hard(failure) ? "true" : "false";
    if (options->json)
        printf("{\"failure\": \"%s\", \"hard\": %s}\n", bs_failure_name(failure), hard);
    else
        printf("%s (%s)\n", bs_failure_name(failure),
               failure == BS_FAILURE_UNKNOWN ? "cannot tell"
               : bs_failure_is_hard(failure) ? "hard"
                                             : "soft");
}

static int test_text(const struct options *options, struct bs_rules_scan *scan)
{
    const struct bs_rule_hit *hits;
    enum bs_failure failure = BS_FAILURE_UNKNOWN;
    if (options->place == BS_PLACE_DIAGNOSTIC) {
        failure = bs_diagnose(scan, options->status, options->code, options->text);
        print_diagnosis(options, failure);
    }
    size_t count = bs_rules_look(scan, options->place, options->text, &hits);
    for (size_t i = 0; i < count; i++)
        print_rule(options, (const struct bs_rule_entry *)hits[i].rule);
    return count > 0 || failure != BS_FAILURE_UNKNOWN ? BS_EXIT_CLEAN : BS_EXIT_FINDINGS;
}

/* Cuts a field off that ends in a tab; the whole line where it has none. */
static struct bs_bytes cut_field(struct bs_bytes *line)
{
    struct bs_bytes field = bs_bytes_first(*line, bs_bytes_find(*line, '\t'));
    *line = bs_bytes_skip(*line, field.len < line->len ? field.len + 1 : field.len);
    return field;
}

/* A line for each diagnostic: the failure, hard or soft, and the IDs of the rules that match. */
static void test_line(struct bs_rules_scan *scan, struct bs_bytes line)
{
    const struct bs_rule_hit *hits;
    struct bs_bytes status = {NULL, 0}, code = {NULL, 0};
    unsigned number = 0;
    if (bs_bytes_find(line, '\t') < line.len) {
        status = cut_field(&line);
        code = cut_field(&line);
    }
    for (size_t i = 0; i < code.len && i < 3 && bs_ascii_is_digit(code.ptr[i]); i++)
        number = number * 10 + (unsigned)(code.ptr[i] - '0');
    enum bs_failure failure = bs_diagnose(scan, status, number, line);
    printf("%s\t%s\t", bs_failure_name(failure),
           failure == BS_FAILURE_UNKNOWN ? "unknown"
           : bs_failure_is_hard(failure) ? "hard"
                                         : "soft");
    size_t count = bs_rules_look(scan, BS_PLACE_DIAGNOSTIC, line, &hits);
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i > 0 ? " " : "", hits[i].rule->id);
    putchar('\n');
}

static int test(struct options *options, const struct bs_rules *rules, struct bs_rules_scan *scan)
{
    (void)rules;
    if (!options->text.ptr && !bs_judge_read_file("-", TEXT_MAX, &options->arena, &options->text))
        return EX_NOINPUT;
    if (!options->lines)
        return test_text(options, scan);
    for (struct bs_bytes rest = options->text; rest.len > 0;) {
        struct bs_bytes line = bs_bytes_first(rest, bs_bytes_find(rest, '\n'));
        test_line(scan, line);
        rest = bs_bytes_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
    }
    return BS_EXIT_CLEAN;
}

static const struct action {
    const char *name;
    int (*act)(struct options *options, const struct bs_rules *rules, struct bs_rules_scan *scan);
} actions[] = {{"check", check}, {"list", list}, {"test", test}};

static int run(const struct action *action, int argc, char **argv)
{
    struct options *options = calloc(1, sizeof *options);
    struct bs_rules_scan *scan = NULL;
    if (!options)
        return EX_OSERR;
    options->action = action->name;
    options->place = BS_PLACE_DIAGNOSTIC;
    bs_arena_init(&options->arena, (size_t)FILES_MAX * (BS_RULES_FILE_MAX + 1024) + TEXT_MAX + 1024);
    int status = read_options(argc, argv, options);
    if (status < 0 && action->act == check && options->count == 0)
        status = bs_output_usage(usage, false);
    if (status < 0) {
        struct bs_rules *rules = load(options, &scan);
        status = rules ? action->act(options, rules, scan) : EX_CONFIG;
        bs_rules_scan_free(scan);
        bs_rules_free(rules);
    }
    bs_arena_reset(&options->arena);
    free(options);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    bs_output_error("standard output cannot be written");
    return EX_IOERR;
}

int bs_command_rules(int argc, char **argv)
{
    if (argc < 2 || argv[1][0] == '-')
        return bs_output_usage(usage, argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0));
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, argv[1]) == 0)
            return run(&actions[i], argc - 1, argv + 1);
    }
    bs_output_error("unknown command \"rules %s\"; there are check, list and test", argv[1]);
    return EX_USAGE;
}
