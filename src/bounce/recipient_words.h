/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a notice says of each recipient: the text behind the address up to the next one, in one line, and its codes; for
 * recipients that stand below one another, what stands behind the last; and the replies of a transcript.
 */
#ifndef BS_BOUNCE_RECIPIENT_WORDS_H
#define BS_BOUNCE_RECIPIENT_WORDS_H

#include "bounce/notice.h"
#include "bounce/reading.h"

enum {
    BS_HOME_MADE_RECIPIENTS_MAX = 100, /* recipients that a text names */
    BS_DIAGNOSTIC_MAX = 1000,          /* bytes of a text that says why */
};

struct bs_named_recipient {
    struct bs_bytes address;
    struct bs_bytes original;
    size_t begin; /* of the address in the text; the text's length where it is not there */
};

/* The recipients that a notice names, each once. */
struct bs_named_recipients {
    struct bs_bytes text; /* the notice's own words */
    size_t count;
    struct bs_named_recipient items[BS_HOME_MADE_RECIPIENTS_MAX];
};

/* None yet. NULL without memory. */
struct bs_named_recipients *bs_named_recipients_begin(const struct bs_notice *notice, struct bs_arena *arena);

/* Adds them to the reading, each of `kind`, with what the text says of it. False without memory. */
bool bs_named_recipients_publish(const struct bs_named_recipients *named, enum bs_kind kind, struct bs_arena *arena,
                                 struct bs_reading *reading);

/* Looks in the notice for what it says behind the addresses of recipients of which a standard report says little. */
bool bs_notice_explain(const struct bs_notice *notice, struct bs_arena *arena, struct bs_reading *reading);

#endif
