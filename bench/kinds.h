/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kinds of message that the load is made of: their envelopes, and what a gate that enforces must make of each.
 * Tags of genuine bounces and of what comes back for outgoing mail are made and checked with the filter's own key.
 */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include "base/error.h"
#include "proof/batv.h"

enum {
    BENCH_USERS = 16,       /* addresses of ours that take part */
    BENCH_ADDRESS_MAX = 256,
};

enum bench_kind {
    BENCH_ORDINARY,        /* from a stranger to us */
    BENCH_OUTGOING,        /* from one of us, who logged in, to a stranger */
    BENCH_FORGED_UNTAGGED, /* a bounce to an address without a tag */
    BENCH_FORGED_TAG,      /* a bounce to a tag with a wrong signature */
    BENCH_GENUINE,         /* a bounce to a tag of ours */
    BENCH_GIVEN,           /* a file, with the sender that it names */
    BENCH_KINDS,
};

enum bench_outcome {
    BENCH_ACCEPTED,
    BENCH_SIGNED,             /* accepted, with a tagged sender */
    BENCH_REFUSED_RECIPIENT,  /* 5xx at RCPT */
    BENCH_REFUSED_MESSAGE,    /* 5xx at the end of data */
    BENCH_OTHER,              /* anything else: never right */
    BENCH_OUTCOMES,
};

/* What is right. */
enum bench_expectation {
    BENCH_EXPECT_GATE,    /* what backstopd does, signatures checked; header fields may come and go */
    BENCH_EXPECT_SHAPE,   /* the same answers, signatures not checked */
    BENCH_EXPECT_NOTHING, /* everything is accepted as it is */
    BENCH_EXPECT_FIELDS,  /* everything is accepted, header fields may come and go */
};

struct bench_envelope {
    char sender[BENCH_ADDRESS_MAX]; /* with brackets */
    char recipient[BENCH_ADDRESS_MAX];
    char login[BENCH_ADDRESS_MAX]; /* empty: not logged in */
};

struct bench_identity {
    const char *domain;       /* ours */
    struct bs_batv_keys keys; /* without a key only BENCH_EXPECT_NOTHING and _SHAPE mean anything */
};

const char *bench_kind_name(enum bench_kind kind);
const char *bench_outcome_name(enum bench_outcome outcome);

/* What the messages of a kind are taken from. */
enum bench_set { BENCH_SET_MAIL, BENCH_SET_BOUNCES, BENCH_SET_GIVEN, BENCH_SETS };
enum bench_set bench_set_of(enum bench_kind kind);

/* Of any kind but BENCH_GIVEN. False where the domain is too long or no tag can be made. */
bool bench_envelope_make(const struct bench_identity *identity, enum bench_kind kind, unsigned user,
                         struct bench_envelope *ret_envelope);

/* Whether `path` is what a signer makes of the sender of an outgoing message: a valid tag on `user`'s address. */
bool bench_is_signed(const struct bench_identity *identity, struct bs_bytes path, unsigned user,
                     enum bench_expectation expectation);

enum bench_outcome bench_expected(enum bench_expectation expectation, enum bench_kind kind);

#endif
