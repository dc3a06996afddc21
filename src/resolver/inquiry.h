/* SPDX-License-Identifier: BSD-2-Clause */
/* One question on its way, between resolver/resolver.c and resolver/fetch.c. */
#ifndef BS_RESOLVER_INQUIRY_H
#define BS_RESOLVER_INQUIRY_H

#include "ask/ask.h"
#include "resolver/resolver.h"

#include <sys/queue.h>

struct bs_inquiry {
    LIST_ENTRY(bs_inquiry) siblings; /* whoever asks may use it while it waits */
    enum bs_dns_type type;
    struct bs_bytes name; /* in `text` */

    /* Called once with the answer, which is valid meanwhile: from bs_inquiry_begin or later. It may not call
     * bs_inquiry_begin. The inquiry is gone afterwards. */
    void (*answered)(struct bs_inquiry *inquiry, const struct bs_dns_answer *answer);
    void *context;

    /* private to resolver.c */
    LIST_ENTRY(bs_inquiry) all;
    struct bs_resolver *resolver;
    struct event *deadline;
    unsigned domain; /* which of the resolver's counts it is in */
    bool beginning;
    bool in_library;
    char text[BS_DNS_NAME_MAX];
};

/* An inquiry for a valid name, or NULL without memory. */
struct bs_inquiry *bs_inquiry_new(struct bs_resolver *resolver, struct bs_bytes name, enum bs_dns_type type);

/* Asks; the inquiry belongs to the resolver from now on. */
void bs_inquiry_begin(struct bs_inquiry *inquiry);

/* Nobody wants the answer any more. */
void bs_inquiry_abandon(struct bs_inquiry *inquiry);

/* The answer if it was given not long ago, until the next question; else NULL. */
const struct bs_dns_answer *bs_resolver_recall(struct bs_resolver *resolver, struct bs_bytes name,
                                               enum bs_dns_type type);

struct event_base *bs_resolver_base(const struct bs_resolver *resolver);

/* Counts a question that was refused before it became an inquiry. */
void bs_resolver_count_refused(struct bs_resolver *resolver);

#endif
