/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An SPF record (RFC 7208 sections 4.5, 4.6 and 12): which TXT record is one, and all of it read before any of it is
 * judged, so that a syntax error anywhere is found. Terms are parted by blanks (SP) only.
 */
#ifndef BS_AUTH_SPF_RECORD_H
#define BS_AUTH_SPF_RECORD_H

#include "auth/spf.h"

enum bs_spf_mechanism {
    BS_SPF_ALL,
    BS_SPF_INCLUDE,
    BS_SPF_A,
    BS_SPF_MX,
    BS_SPF_PTR,
    BS_SPF_IP4,
    BS_SPF_IP6,
    BS_SPF_EXISTS,
};

struct bs_spf_directive {
    struct bs_bytes text;           /* as it is written, with its qualifier */
    struct bs_bytes domain_spec;    /* empty: the current domain */
    struct bs_network network;      /* of ip4 and ip6 */
    enum bs_spf_mechanism mechanism;
    enum bs_spf_status status; /* where it matches */
    uint8_t bits4, bits6;      /* of a and mx: how many bits of the address count */
};

struct bs_spf_record {
    struct bs_spf_directive *directives; /* in the arena */
    size_t count;
    size_t terms;             /* modifiers included */
    struct bs_bytes redirect; /* a domain-spec; empty: there is none */
    struct bs_bytes exp;
};

enum bs_spf_parse { BS_SPF_PARSED, BS_SPF_SYNTAX_ERROR, BS_SPF_NO_MEMORY };

/* Whether the text of a TXT record is an SPF record: v=spf1 and a blank, or nothing. */
bool bs_spf_is_record(struct bs_bytes text);

/* Reads a record that bs_spf_is_record has, of at most `terms_max` terms. Views borrow from the text. Where there is
 * a syntax error, *ret_term is the term and *ret_problem a sentence without it. */
enum bs_spf_parse bs_spf_record_parse(struct bs_bytes text, size_t terms_max, struct bs_arena *arena,
                                      struct bs_spf_record *ret_record, struct bs_bytes *ret_term,
                                      const char **ret_problem);

#endif
