/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Canned answers: what `--dns FILE` reads, so that a judgement can be repeated without a network. The text is in
 * master-file syntax (RFC 1035 section 5.1), a record a line, names absolute:
 *
 *     owner. TTL IN TYPE RDATA     ; a comment
 *     owner. TIMEOUT               no server answers for the types of the owner that the file has no record of
 *     owner. SERVFAIL              the same, but servers say that they fail
 *
 * `\DDD` and `\X` stand for a byte, TXT may have several strings, quoted or not. An owner that the text does not name
 * is NXDOMAIN; one that it names answers NODATA for a type that it has no record of. CNAMEs are followed, also to names
 * that the text does not have; a loop is SERVFAIL, as resolvers have it.
 *
 * There are no relative names, no $-lines, no parentheses over several lines. SOA and TLSA answer their RDATA as it is
 * written. Records of types that nobody asks for (SPF, CAA, DS and the like) make their owner exist, and no more.
 */
#ifndef BS_ASK_CANNED_H
#define BS_ASK_CANNED_H

#include "ask/ask.h"
#include "base/error.h"

enum {
    BS_CANNED_TEXT_MAX = 16 << 20,    /* bytes of the text */
    BS_CANNED_LINE_MAX = 512 << 10,   /* bytes of a line: a TXT of BS_DNS_TEXT_MAX bytes, all of them escaped, fits */
    BS_CANNED_RECORDS_MAX = 100000,   /* lines that are records */
    BS_CANNED_CNAMES_MAX = 8,         /* aliases that are followed for one question */
    BS_CANNED_MEMORY_MAX = 128 << 20, /* bytes of an arena that holds whatever these limits let through */
};

struct bs_canned {
    struct bs_name_index owners; /* private */
    struct bs_arena *arena;      /* borrowed: holds everything */
    size_t records;
};

/* Reads the text, of which nothing is kept. An error begins `NAME:LINE: `. */
bool bs_canned_parse(struct bs_bytes text, const char *name, struct bs_arena *arena, struct bs_canned *ret_canned,
                     struct bs_error *ret_error);

/* The answer to a question; it borrows from `canned`. */
struct bs_dns_answer bs_canned_answer(const struct bs_canned *canned, struct bs_bytes name, enum bs_dns_type type);

#endif
