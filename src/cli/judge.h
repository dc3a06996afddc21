/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands that judge have in common: --dns FILE (canned answers instead of the network), --dns-server and
 * --trust-anchor (where the network is asked), --now TIME, --json and --explain; and running a judgement, which is a pure function, until it has all the answers that it asks for.
 *
 *     struct bs_judge judge = bs_judge_new();
 *     … getopt_long with BS_JUDGE_OPTIONS in its table, bs_judge_take_option for those that are not the command's own …
 *     int status = bs_judge_load(&judge);
 *     if (status < 0)
 *         status = bs_judge_run(&judge, step, context);
 *     if (status < 0)
 *         status = … print what `context` holds now; its views are valid until bs_judge_free …
 *     bs_judge_free(&judge);
 */
#ifndef BS_CLI_JUDGE_H
#define BS_CLI_JUDGE_H

#include "ask/canned.h"
#include "base/strbuf.h"
#include "cli/lookup.h"

#include <stdio.h>

enum {
    BS_JUDGE_ROUNDS_MAX = 256,          /* runs of a judgement; each answers all questions of the one before */
    BS_JUDGE_RUN_MAX = 64 << 20,        /* bytes of a run's arena */
};

/* Values that getopt_long returns for the options of BS_JUDGE_OPTIONS. */
enum bs_judge_option {
    BS_JUDGE_DNS = 1000,
    BS_JUDGE_DNS_SERVER,
    BS_JUDGE_TRUST_ANCHOR,
    BS_JUDGE_NOW,
    BS_JUDGE_JSON,
    BS_JUDGE_EXPLAIN,
};

#define BS_JUDGE_OPTIONS \
    {"dns", required_argument, NULL, BS_JUDGE_DNS}, {"dns-server", required_argument, NULL, BS_JUDGE_DNS_SERVER}, \
    {"trust-anchor", required_argument, NULL, BS_JUDGE_TRUST_ANCHOR}, \
    {"now", required_argument, NULL, BS_JUDGE_NOW}, \
    {"json", no_argument, NULL, BS_JUDGE_JSON}, {"explain", no_argument, NULL, BS_JUDGE_EXPLAIN}

/* Their lines in a usage text. */
#define BS_JUDGE_USAGE \
    "      --dns FILE      take DNS answers from FILE (- is standard input), not from the network\n" \
    "      --dns-server ADDRESS[:PORT]\n" \
    "                      ask this name server, not the system's; may be repeated\n" \
    "      --trust-anchor FILE\n" \
    "                      verify answers by DNSSEC, from the keys in FILE on\n" \
    "      --now TIME      as of 2026-08-21, 2026-08-21T10:30:00Z or @SECONDS\n" \
    "      --json          print an object\n" \
    "      --explain       show each step: queries, records, terms, and the rules that decided\n"

struct bs_judge {
    const char *dns_file; /* NULL: the network */
    struct bs_lookup_place place;
    struct bs_lookup *lookup; /* NULL while nothing was asked */
    int64_t now;
    bool json;
    bool explain;
    struct bs_arena arena; /* of what is to last as long as this */
    struct bs_arena run;   /* of the last run */
    struct bs_canned canned;
    struct bs_answers answers;
};

/* One run of a judgement. */
struct bs_judge_step {
    enum bs_step (*run)(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing);
    void *context;
};

/* The options' defaults; `now` is now. */
struct bs_judge bs_judge_new(void);
void bs_judge_free(struct bs_judge *judge);

/* Takes one of BS_JUDGE_OPTIONS. False for any other, and for a bad value, about which it has spoken. */
bool bs_judge_take_option(struct bs_judge *judge, int option, const char *argument);

/* Reads a whole file, or standard input for "-", into the arena; false after having said what is wrong. */
bool bs_judge_read_file(const char *path, size_t limit, struct bs_arena *arena, struct bs_bytes *ret_content);

/* Reads the canned answers. -1 to go on, else the exit status, after having said what is wrong. */
int bs_judge_load(struct bs_judge *judge);

/* Runs a judgement until it is done: the same. */
int bs_judge_run(struct bs_judge *judge, struct bs_judge_step step);

/* Appends `"name": "text"`, null where the text has no ptr; `, ` goes before it unless it is the object's first. */
void bs_judge_append_member(struct bs_strbuf *out, const char *name, struct bs_bytes text);

#endif
