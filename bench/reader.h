/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways to read a message that bench-reader measures beside one another. */
#ifndef BENCH_READER_H
#define BENCH_READER_H

#include "base/bytes.h"

struct bench_way {
    const char *name;
    void *(*begin)(void);                             /* once; ends the program where it cannot */
    void (*read)(void *state, struct bs_bytes message);
};

extern const struct bench_way bench_way_parts;
extern const struct bench_way bench_way_reading;
#ifdef BENCH_GMIME
extern const struct bench_way bench_way_gmime;
#endif

#endif
