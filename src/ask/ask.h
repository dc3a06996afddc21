/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a judgement still has to know, and what is known. A judgement is a pure function: it looks answers up with
 * bs_ask_dns; one that is not there is noted as a question, and the judgement goes on as far as it can without, so that
 * all it can ask at once is asked at once. In the end it either decided or there are questions. Whoever runs it
 * fetches the answers and runs it again from the start. A time-out or a failure is an answer, too, so every run makes
 * progress.
 *
 * Names are as text without the final dot and without escapes, in any case; dots part the labels. A label that itself
 * holds a dot cannot be written so: whoever fetches must leave out a record whose data is such a name.
 */
#ifndef BS_ASK_ASK_H
#define BS_ASK_ASK_H

#include "ask/name_index.h"

#include <stdint.h>

enum {
    BS_DNS_NAME_MAX = 253,       /* bytes of a name as text (RFC 1035 section 2.3.4) */
    BS_DNS_LABEL_MAX = 63,
    BS_DNS_RECORDS_MAX = 256,    /* records of an answer that are kept */
    BS_DNS_TEXT_MAX = 65535,     /* bytes of a TXT record, its strings joined */
    BS_QUESTIONS_MAX = 64,       /* new questions of one run */
};

/* Record types that are asked for (their numbers in DNS), and what else can be asked. */
enum bs_dns_type {
    BS_DNS_A = 1,
    BS_DNS_NS = 2,
    BS_DNS_CNAME = 5,
    BS_DNS_SOA = 6,
    BS_DNS_PTR = 12,
    BS_DNS_MX = 15,
    BS_DNS_TXT = 16,
    BS_DNS_AAAA = 28,
    BS_DNS_TLSA = 52,
    BS_ASK_SENT = 0x10000, /* no question for DNS but for the registry of what was sent, see sent.h */
};

enum bs_dns_status {
    BS_DNS_FOUND,    /* there are records */
    BS_DNS_NODATA,   /* the name exists, without records of the type */
    BS_DNS_NXDOMAIN, /* the name does not exist */
    BS_DNS_TIMEOUT,  /* no server answered in time, or the limit of questions was reached */
    BS_DNS_SERVFAIL, /* the servers failed */
    BS_DNS_BOGUS,    /* DNSSEC says that the answer is forged */
};

struct bs_dns_record {
    uint16_t preference;  /* MX */
    struct bs_bytes data; /* A, AAAA: 4 or 16 bytes; MX, PTR, NS, CNAME: a name, "" for the root; TXT: its strings joined */
};

struct bs_dns_answer {
    enum bs_dns_status status;
    bool secure; /* DNSSEC vouches for it */
    const struct bs_dns_record *records;
    size_t count; /* 0 unless FOUND */
};

/* Whether the answer is an error that another try might cure, in the words of RFC 7208 and RFC 6376: temperror. */
static inline bool bs_dns_failed(const struct bs_dns_answer *answer)
{
    return answer->status >= BS_DNS_TIMEOUT;
}

struct bs_question {
    enum bs_dns_type type;
    struct bs_bytes name; /* borrows from the run's arena, the judgement's facts or earlier answers */
};

/* The questions of one run, none twice. */
struct bs_questions {
    struct bs_question items[BS_QUESTIONS_MAX];
    size_t count;
    bool overflow; /* there were more than fit; the next run asks them */
};

/* Answers by name and type. Filled by whoever fetches, read by judgements. */
struct bs_answers {
    struct bs_name_index index; /* private */
    struct bs_arena *arena;     /* borrowed: holds the entries */
};

void bs_answers_init(struct bs_answers *answers, struct bs_arena *arena);

/* Adds an answer; name, records and their data are copied. It replaces one to the same question. False past the
 * arena's limit. */
bool bs_answers_add(struct bs_answers *answers, struct bs_bytes name, enum bs_dns_type type,
                    const struct bs_dns_answer *answer);

/* The answer, or NULL after the question was noted in `io_missing`. Names that DNS cannot hold (empty, too long, an
 * empty label) are answered NXDOMAIN at once. */
const struct bs_dns_answer *bs_ask_dns(const struct bs_answers *known, struct bs_questions *io_missing,
                                       struct bs_bytes name, enum bs_dns_type type);

/* Adds the questions of another judgement, none twice. */
void bs_questions_add_all(struct bs_questions *io_missing, const struct bs_questions *others);

/* Whether DNS can hold the name: labels of 1 to 63 bytes, 253 in all. */
bool bs_dns_name_is_valid(struct bs_bytes name);

const char *bs_dns_status_name(enum bs_dns_status status);
const char *bs_dns_type_name(enum bs_dns_type type);

/* How a run ended. */
enum bs_step {
    BS_DONE,  /* decided: the result is filled */
    BS_ASK,   /* there are questions; run again when they are answered */
    BS_ERROR, /* the arena's limit was reached, or the library failed: no result */
};

#endif
