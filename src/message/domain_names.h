/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domain names that somebody may read in a text: each once, as DNS has them (A-labels, lower case, no final dot), up
 * to a limit. The names that are kept are in the arena.
 */
#ifndef BS_MESSAGE_DOMAIN_NAMES_H
#define BS_MESSAGE_DOMAIN_NAMES_H

#include "base/arena.h"

enum {
    BS_DOMAIN_NAMES_MAX = 16,      /* names that are kept */
    BS_DOMAIN_NAME_MAX = 253,      /* bytes of a name (RFC 1035 section 2.3.4) */
    BS_DOMAIN_SCAN_MAX = 512,      /* bytes behind an @, without blanks, that are looked at: of comments, then of a name */
};

struct bs_domain_names {
    struct bs_bytes items[BS_DOMAIN_NAMES_MAX];
    size_t count;
    bool more;   /* there are others: too many, or one that DNS cannot hold as it was read */
    bool cut;    /* a limit was reached, so that any other may be among them */
    bool failed; /* the arena is full */
};

/* The form that DNS has of a name: a final dot taken off, U-labels as A-labels, letters in lower case. False for what
 * is no name of letters, digits, hyphens and underscores. */
bool bs_domain_normal_form(struct bs_bytes name, char ret_name[BS_DOMAIN_NAME_MAX + 1], size_t *ret_length);

bool bs_domain_names_have(const struct bs_domain_names *names, struct bs_bytes normal);

/* Adds a name, unless it is there. False where it is no name, which changes nothing. */
bool bs_domain_names_add(struct bs_domain_names *names, struct bs_bytes name, struct bs_arena *arena);

/* Adds the names that some reader may take for the domain of an address whose @ comes before `behind_at`: what stands
 * there up to what ends a name; and the same with white space, comments, quotes and control characters passed over, as
 * readers do that take some or all of these out first. */
void bs_domain_names_scan_one(struct bs_domain_names *names, struct bs_bytes behind_at, struct bs_arena *arena);

/* Adds the names that stand behind each @ of the text, as they stand there. */
void bs_domain_names_scan_plain(struct bs_domain_names *names, struct bs_bytes text, struct bs_arena *arena);

/* Adds for each @ of the text what bs_domain_names_scan_one does. */
void bs_domain_names_scan(struct bs_domain_names *names, struct bs_bytes text, struct bs_arena *arena);

/* Copies `text` to `ret_text`, which holds text.len bytes, with characters that look or map like ASCII ones (full
 * width forms, other full stops, other blanks) as those, and without characters that are not seen. Returns the
 * length. */
size_t bs_domain_fold_lookalikes(struct bs_bytes text, char *ret_text);

#endif
