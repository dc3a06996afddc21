/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands of `backstop`. A command is a file with one function, called as main would be: argv[0] is the
 * command's name, what it returns is the exit status. It understands --help, which prints its usage (see
 * bs_output_usage). To add one: declare it here, give it a row in main.c, and list its file in meson.build.
 */
#ifndef BS_CLI_COMMAND_H
#define BS_CLI_COMMAND_H

/* Exit statuses of commands that judge; for everything else those of <sysexits.h>, 64 to 78. */
enum bs_exit {
    BS_EXIT_CLEAN = 0,        /* done, nothing found */
    BS_EXIT_FINDINGS = 1,     /* something was found, or the answer is no */
    BS_EXIT_SERIOUS = 2,      /* serious findings */
    BS_EXIT_INCONCLUSIVE = 3, /* could not tell */
};

int bs_command_arc(int argc, char **argv);
int bs_command_auth(int argc, char **argv);
int bs_command_batv(int argc, char **argv);
int bs_command_classify(int argc, char **argv);
int bs_command_config(int argc, char **argv);
int bs_command_dkim(int argc, char **argv);
int bs_command_dmarc(int argc, char **argv);
int bs_command_doctor(int argc, char **argv);
int bs_command_explain(int argc, char **argv);
int bs_command_help(int argc, char **argv);
int bs_command_rules(int argc, char **argv);
int bs_command_scan(int argc, char **argv);
int bs_command_setup(int argc, char **argv);
int bs_command_spf(int argc, char **argv);

#endif
