/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Postfix 3.7 would send to one filter, made ready as bytes once the filter has said what it wants. What was
 * watched on a real Postfix 3.7 and is done here:
 *
 *  - it offers version 6 with every action and every step flag;
 *  - a step is preceded by a MACRO frame, for HEADER and BODY each time, and for CONNECT, HELO, MAIL, RCPT and DATA
 *    also where the step itself was negotiated away; the names are those of the filter's list for the step or, where
 *    it gave none, Postfix's own; macros without a value are left out; the queue id is known from DATA on;
 *  - what the filter does not answer is not sent at once, but with the next step that it does answer: with
 *    NO_CONNECT_REPLY and NO_HELO nothing comes before the first MAIL, with NO_HEADER_REPLY the whole message up to
 *    64 KiB comes in one write;
 *  - bodies go in chunks of 65535 bytes, EOM has no data;
 *  - an ABORT is put before each further MAIL, and two before QUIT; after ACCEPT no step of the message is sent;
 *  - after SKIP no further step of the same kind is.
 *
 * A filter's answer to the negotiation is asked for once, at the start; every session must then give the same.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "kinds.h"
#include "letters.h"
#include "wire/milter_peer.h"

/* Bytes that end in a step which the filter answers; those before it are not answered. */
struct bench_step {
    enum bs_milter_command command;
    size_t start;
    size_t end;
};

struct bench_script {
    struct bs_strbuf bytes;
    struct bench_step *steps;
    size_t count;
    size_t rest; /* where the bytes begin that no answered step follows */
};

struct bench_plan {
    struct bs_milter_options agreed;
    struct bs_strbuf lists; /* of macros, as the filter sent them */
    struct bench_script prelude; /* CONNECT and HELO */
    struct bench_script envelopes[BENCH_KINDS][BENCH_USERS];
    struct bench_script *given_envelopes; /* of the letters of BENCH_SET_GIVEN, one each */
    struct bench_script *letters[BENCH_SETS]; /* DATA to EOM */
    size_t letter_counts[BENCH_SETS];
    struct bs_strbuf offer;
    struct bs_strbuf abort;
    struct bs_strbuf quit; /* ABORT, ABORT, QUIT */
};

/* What every filter is offered. */
void bench_plan_offer(struct bs_strbuf *out);

/* Makes everything ready for a filter that answered the offer with `answer`. Of the given letters, which may be none,
 * Return-Path is taken off. */
bool bench_plan_make(const struct bs_milter_answer *answer, const struct bench_identity *identity,
                     struct bench_letters sets[BENCH_SETS], struct bench_plan *ret_plan, struct bs_error *ret_error);

void bench_plan_free(struct bench_plan *plan);

/* Bytes of a step, and those behind the last step. */
struct bs_bytes bench_script_step(const struct bench_script *script, size_t step);
struct bs_bytes bench_script_rest(const struct bench_script *script);

#endif
