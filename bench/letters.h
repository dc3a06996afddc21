/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages for the load generator: read from files, or made up. Made-up ones have 20 to 30 header fields; their sizes
 * are a mix that averages 14 kB, or all one size. The same `random` state gives the same messages.
 */
#ifndef BENCH_LETTERS_H
#define BENCH_LETTERS_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdint.h>

enum {
    BENCH_FIELDS_MAX = 512,                /* header fields in a message; further ones are left out */
    BENCH_LETTER_MAX = 64 * 1024 * 1024,   /* bytes of a file */
    BENCH_LETTERS_MAX = 10000,             /* files of a folder; further ones are left out */
};

struct bench_field {
    struct bs_bytes name;
    struct bs_bytes value; /* folded with LF alone, one blank behind the colon taken off, as milters get it */
};

struct bench_letter {
    char *text; /* owned; what the views borrow from */
    struct bench_field *fields;
    size_t field_count;
    struct bs_bytes body; /* lines end in CR LF */
    size_t size;          /* of the whole message as it stands in SMTP */
};

struct bench_letters {
    struct bench_letter *items;
    size_t count;
};

/* Another 64 random bits (xorshift). The state may not be 0. */
uint64_t bench_random(uint64_t *io_state);

/* A file, or the files of a folder in the order of their names. */
bool bench_letters_read(const char *path, struct bench_letters *ret_letters, struct bs_error *ret_error);

/* `count` messages, of `size` bytes each or, where that is 0, of the mix; bounces (RFC 3464) of such where `bounces`. */
bool bench_letters_make(size_t count, size_t size, bool bounces, uint64_t *io_random,
                        struct bench_letters *ret_letters);

/* A message as it lies in a mailbox begins with Return-Path and the envelope's sender in brackets. Takes that field off
 * and gives its value, which borrows from the letter; false where there is none. */
bool bench_letter_take_sender(struct bench_letter *letter, struct bs_bytes *ret_path);

void bench_letters_free(struct bench_letters *letters);

#endif
