/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop COMMAND`: finds the command in the table and hands the rest of the line to it. See command.h. */
#include "cli/command.h"
#include "cli/output.h"
#include "config/nearest.h"

#include <string.h>
#include <sysexits.h>

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary; /* NULL: not shown by help */
};

/* In the order in which help shows them. */
static const struct command commands[] = {
    {"setup", bs_command_setup, "connect Postfix: propose the lines of main.cf, write them"},
    {"doctor", bs_command_doctor, "check that the running whole works, and say how to repair it"},
    {"batv", bs_command_batv, "sign and verify tagged addresses, make keys"},
    {"auth", bs_command_auth, "authenticate a message by SPF, DKIM, ARC and DMARC together"},
    {"classify", bs_command_classify, "say what messages are: bounces, automatic replies, and for whom they failed"},
    {"scan", bs_command_scan, "find bounces and automatic replies in a mailbox to mail that you never sent"},
    {"spf", bs_command_spf, "say whether a client may send for a domain (SPF)"},
    {"dkim", bs_command_dkim, "verify and make DKIM signatures; make, check and renew keys"},
    {"dmarc", bs_command_dmarc, "judge SPF and DKIM results by a domain's policy (DMARC)"},
    {"arc", bs_command_arc, "judge the chain of ARC seals on a message, add one"},
    {"explain", bs_command_explain, "tell step by step how a message is judged, and why"},
    {"rules", bs_command_rules, "check files of rules for bounces, and try what they match"},
    {"config", bs_command_config, "check and print the configuration"},
    {"help", bs_command_help, "show what a command does: backstop help COMMAND"},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int report_unknown(const char *name)
{
    struct bs_nearest nearest = bs_nearest_init(bs_bytes_from_cstr(name));
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (commands[i].summary)
            bs_nearest_offer(&nearest, commands[i].name);
    }
    if (nearest.name)
        bs_output_error("unknown command \"%s\"; did you mean \"%s\"?", name, nearest.name);
    else
        bs_output_error("unknown command \"%s\"; `backstop help` lists them", name);
    return EX_USAGE;
}

static int print_overview(FILE *out, int status)
{
    fputs("usage: backstop COMMAND [OPTION]... [ARGUMENT]...\n\n", out);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (commands[i].summary)
            fprintf(out, "  %s%-10s%s %s\n", bs_output_colour(out, BS_COLOUR_STRONG), commands[i].name,
                    bs_output_colour(out, BS_COLOUR_NONE), commands[i].summary);
    }
    fputs("\nMost commands know -c FILE (another configuration than " BACKSTOP_CONFIG_FILE ") and --json.\n"
          "See backstop(1), and backstop-COMMAND(1) for each.\n",
          out);
    return status;
}

int bs_command_help(int argc, char **argv)
{
    static char help_option[] = "--help";
    if (argc < 2 || argv[1][0] == '-')
        return print_overview(stdout, EX_OK);
    const struct command *command = find_command(argv[1]);
    if (!command)
        return report_unknown(argv[1]);
    char *help_argv[] = {argv[1], help_option, NULL};
    return command->run == bs_command_help ? print_overview(stdout, EX_OK) : command->run(2, help_argv);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (argc < 2)
        return print_overview(stderr, EX_USAGE);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return puts("backstop " BACKSTOP_VERSION) < 0 ? EX_IOERR : EX_OK;
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return print_overview(stdout, EX_OK);
    const struct command *command = find_command(name);
    return command ? command->run(argc - 1, argv + 1) : report_unknown(name);
}
