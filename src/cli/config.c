/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop config check|show|sample`: whether a configuration is good, what is in force with it, and a file to
 * start from. `manual` writes the options' section of backstop.conf(5) and is for the build. See
 * backstop-config(1).
 */
#include "config/config.h"

#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"
#include "config/nearest.h"
#include "crypto/secret.h"
#include "config/key_file.h"

#include <getopt.h>
#include <inttypes.h>
#include <sysexits.h>

enum { JSON_MAX = 64 * 1024 };

static const char usage[] =
    "usage: backstop config check  [OPTION]... [FILE]   say whether the configuration and its key files are good\n"
    "       backstop config show   [OPTION]... [FILE]   print every option with the value in force\n"
    "       backstop config sample                      print a file with every option, to be edited\n"
    "  -c, --config FILE   the same as FILE; default " BACKSTOP_CONFIG_FILE "; - is standard input\n"
    "      --json          print an object\n"
    "check and show exit 78 for a configuration that cannot be used.\n";

struct options {
    const char *file;
    bool json;
};

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    *ret_options = (struct options){.file = bs_config_default_file()};
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            ret_options->file = optarg;
            break;
        case 'j':
            ret_options->json = true;
            break;
        case 'h':
            return bs_output_usage(usage, true);
        default:
            return EX_USAGE;
        }
    }
    if (optind < argc)
        ret_options->file = argv[optind++];
    if (strcmp(ret_options->file, "-") == 0)
        ret_options->file = "/dev/stdin";
    return optind == argc ? -1 : bs_output_usage(usage, false);
}

/* Reads each key file as the daemon would. */
static bool check_key_files(const struct bs_config *config, struct bs_error *ret_error)
{
    for (size_t i = 0; i < config->key_count; i++) {
        const struct bs_config_key *key = &config->keys[i];
        char secret[BS_KEY_FILE_MAX];
        size_t length;
        struct bs_error problem;
        if (!bs_key_file_read(key->secret_file, secret, &length, &problem))
            return bs_error_set(ret_error, "%s:%d: key %" PRId64 ": %s", config->file, key->line, key->digit,
                                problem.text);
        bs_secret_wipe(secret, sizeof secret);
    }
    return true;
}

/* {"file": …, "result": "good"} or {"file": …, "result": "bad", "error": …} */
static void print_result(const char *file, const char *error)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, JSON_MAX);
    bs_strbuf_append_cstr(&text, "{\"file\": ");
    bs_json_append_string(&text, bs_bytes_from_cstr(file));
    bs_strbuf_printf(&text, ", \"result\": \"%s\"", error ? "bad" : "good");
    if (error) {
        bs_strbuf_append_cstr(&text, ", \"error\": ");
        bs_json_append_string(&text, bs_bytes_from_cstr(error));
    }
    bs_strbuf_append_cstr(&text, "}");
    puts(bs_strbuf_cstr(&text));
    bs_strbuf_free(&text);
}

static int check(const struct options *options)
{
    struct bs_config config;
    struct bs_error error;
    bool good = bs_config_load(options->file, &config, &error) && check_key_files(&config, &error);
    if (options->json)
        print_result(options->file, good ? NULL : error.text);
    else if (good)
        printf("%s: good; domains: %zu, keys: %zu\n", options->file, config.domain_count, config.key_count);
    if (!good)
        bs_output_error("%s", error.text);
    bs_config_free(&config);
    return good ? EX_OK : EX_CONFIG;
}

static int show(const struct options *options)
{
    struct bs_config config;
    struct bs_error error;
    if (!bs_config_load(options->file, &config, &error)) {
        bs_output_error("%s", error.text);
        return EX_CONFIG;
    }
    if (options->json)
        bs_config_show_json(&config, stdout);
    else
        bs_config_show(&config, stdout);
    bs_config_free(&config);
    return EX_OK;
}

static int print_sample(const struct options *options)
{
    (void)options;
    bs_config_sample(stdout);
    return EX_OK;
}

static int print_manual(const struct options *options)
{
    (void)options;
    bs_config_manual(stdout);
    return EX_OK;
}

static const struct {
    const char *name;
    int (*act)(const struct options *options);
    bool hidden;
} actions[] = {
    {"check", check, false},
    {"show", show, false},
    {"sample", print_sample, false},
    {"manual", print_manual, true},
};

static int report_unknown(const char *name)
{
    struct bs_nearest nearest = bs_nearest_init(bs_bytes_from_cstr(name));
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (!actions[i].hidden)
            bs_nearest_offer(&nearest, actions[i].name);
    }
    bs_output_error("unknown command \"config %s\"%s%s%s", name, nearest.name ? "; did you mean \"" : "",
                    nearest.name ? nearest.name : "", nearest.name ? "\"?" : "; there are check, show and sample");
    return EX_USAGE;
}

/* Whether all that was printed could be written, as it cannot where the disk is full. */
static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    bs_output_error("standard output cannot be written");
    return EX_IOERR;
}

int bs_command_config(int argc, char **argv)
{
    struct options options;
    if (argc < 2 || argv[1][0] == '-')
        return bs_output_usage(usage, argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0));
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, argv[1]) != 0)
            continue;
        int status = read_options(argc - 1, argv + 1, &options);
        return status >= 0 ? status : flushed(actions[i].act(&options));
    }
    return report_unknown(argv[1]);
}
