/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a program of Postfix's (or systemctl): no shell, standard input empty, time and output bounded. */
#ifndef BS_CLI_POSTFIX_RUN_H
#define BS_CLI_POSTFIX_RUN_H

#include "base/error.h"
#include "base/strbuf.h"

enum {
    BS_RUN_OUTPUT_MAX = 4 * 1024 * 1024, /* bytes that a program may print */
    BS_RUN_ARGUMENTS_MAX = 64,
    BS_RUN_SECONDS = 20, /* that Postfix's programs get */
};

struct bs_run {
    int status;              /* exit status */
    struct bs_strbuf out;    /* what it printed */
    struct bs_strbuf errors; /* and on stderr; more than fits is dropped */
};

/*
 * Runs argv[0], a path, and waits for its end; argv ends with NULL. False where it could not be started, was killed
 * by a signal, took more than `seconds`, upon which it is killed, or printed more than BS_RUN_OUTPUT_MAX on standard
 * output. Whatever its exit status: true. The caller ends with bs_run_free either way.
 */
bool bs_run(const char *const *argv, int seconds, struct bs_run *ret_run, struct bs_error *ret_error);
void bs_run_free(struct bs_run *run);

/* The first line that the program wrote to stderr, or else to stdout, for an error text; "" where there is none. It
 * is in a buffer of the run. */
struct bs_bytes bs_run_complaint(const struct bs_run *run);

/* The path of a program in the directories of PATH, then in the system's own; false where it is in none. */
bool bs_run_find(const char *name, char ret_path[4096]);

#endif
