/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's Postfix: found, asked for its settings by its own postconf(1); and what backstop.conf expects of
 * it. */
#ifndef BS_CLI_POSTFIX_H
#define BS_CLI_POSTFIX_H

#include "audit/postfix_check.h"
#include "base/error.h"
#include "cli/postfix_run.h"
#include "config/config.h"

enum { BS_POSTFIX_MEMORY = 64 * 1024 * 1024 }; /* bytes that a command's arena may take for all this */

/* Which Postfix; NULL: the one that is found. */
struct bs_postfix_place {
    const char *postconf;         /* the path of postconf */
    const char *config_directory; /* of main.cf */
};

struct bs_postfix_machine {
    const char *postconf; /* NULL: there is no Postfix */
    const char *config_directory;
    const char *main_cf;
    const char *version;
    struct bs_postfix *settings;
};

/* Asks Postfix for its settings; all memory is in the arena. False where it is there and does not answer. Where there
 * is none, postconf is NULL, and the error says where it was looked for. */
bool bs_postfix_load(const struct bs_postfix_place *place, struct bs_arena *arena,
                     struct bs_postfix_machine *ret_machine, struct bs_error *ret_error);

/* The arguments of a command of Postfix's on this instance: `argv` with the path of `name` and -c before it. False
 * where there is no such command, or too many arguments. */
bool bs_postfix_run(const struct bs_postfix_machine *machine, const char *name, const char *const *arguments,
                    struct bs_run *ret_run, struct bs_error *ret_error);

/* What the configuration expects of Postfix; memory is in the arena. False past its limit. */
bool bs_postfix_expect(const struct bs_config *config, const struct bs_postfix *settings, struct bs_arena *arena,
                       struct bs_postfix_expectation *ret_expected);

/* Prints a finding: its severity, the problem, and the repair on a line of its own. */
void bs_finding_print(const struct bs_finding *finding, FILE *out);

/* Appends {"severity": …, "id": …, "problem": …, "repair": …} for each, in brackets. */
void bs_findings_append_json(const struct bs_findings *findings, struct bs_strbuf *out);

#endif
