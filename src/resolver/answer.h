/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the answer to a question out of a DNS packet (RFC 1035 section 4.1): the records of the type that was asked
 * for, of the name itself or of the one that its CNAMEs lead to. Where there are none, the authority section says
 * whether the packet is an answer at all. Who sent it and whether it belongs to the question is for others to know.
 * Names may be compressed (section 4.1.4).
 *
 * SOA and TLSA are given as text, as a master file has them, since whoever asks for them shows them.
 */
#ifndef BS_RESOLVER_ANSWER_H
#define BS_RESOLVER_ANSWER_H

#include "ask/ask.h"

enum {
    BS_PACKET_MAX = 65535,           /* bytes of a packet that is read */
    BS_PACKET_CNAMES_MAX = 16,       /* CNAMEs that are followed */
    BS_PACKET_DATA_MAX = 160 * 1024, /* holds the data of whatever BS_DNS_RECORDS_MAX records a packet can have */
};

/* An answer with its memory. */
struct bs_packet_answer {
    struct bs_dns_answer answer; /* its records are those below; secure is false */
    uint32_t ttl; /* seconds for which it holds: the least of its records; where there are none, of the SOA, or else 0 */
    struct bs_dns_record records[BS_DNS_RECORDS_MAX];
    char data[BS_PACKET_DATA_MAX]; /* private */
    size_t used;                   /* private */
};

/*
 * Reads the answer to a question for a valid name. The result borrows from `ret_answer` alone. A packet that is broken,
 * cut, or whose CNAMEs lead nowhere within BS_PACKET_CNAMES_MAX is SERVFAIL, as is a referral to other servers and one
 * with any code but NOERROR and NXDOMAIN. Records whose data is a name that holds a dot or a NUL within a label are left
 * out, as are those beyond BS_DNS_RECORDS_MAX.
 */
void bs_packet_read(struct bs_bytes packet, struct bs_bytes name, enum bs_dns_type type,
                    struct bs_packet_answer *ret_answer);

#endif
