/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cases that SPF is measured with: pairs of files, ZONE with canned answers (ask/canned.h) and QUESTIONS with a check
 * a line, `IP HELO LOCAL DOMAIN`, parted by tabs. `tests/conformance/spf.py --write FOLDER` writes those of the RFC
 * 7208 suite, numbered, so that the shell puts them in order: FOLDER/[0-9]*.
 */
#ifndef BENCH_SPF_CASES_H
#define BENCH_SPF_CASES_H

#include "ask/canned.h"

enum { BENCH_SPF_CASES_MAX = 1000 };

struct bench_spf_case {
    struct bs_bytes ip; /* as text */
    struct bs_bytes helo;
    struct bs_bytes local;
    struct bs_bytes domain;
    const struct bs_canned *zone;
    double nanoseconds; /* that one check takes: of the fastest batch so far */
};

struct bench_spf_cases {
    struct bs_arena arena; /* holds everything */
    struct bench_spf_case items[BENCH_SPF_CASES_MAX];
    size_t count;
    const char *program; /* for what is said of errors */
};

/* Says what is wrong and exits. */
void bench_spf_fail(const struct bench_spf_cases *cases, const char *what);

/* Reads the files that the words name, in pairs. */
void bench_spf_read(const char *program, int argc, char **argv, struct bench_spf_cases *ret_cases);

/* Runs each case in batches, the cases in turn, for two seconds in all; `check` does one check of the case with this
 * number. Prints the mean time of a check over all cases. */
void bench_spf_measure(struct bench_spf_cases *cases, void (*check)(void *context, size_t number), void *context);

#endif
