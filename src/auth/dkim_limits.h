/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that the sender of a message or the owner of a zone chooses, and how much of it DKIM looks at. */
#ifndef BS_AUTH_DKIM_LIMITS_H
#define BS_AUTH_DKIM_LIMITS_H

enum {
    BS_DKIM_SIGNATURES_READ_MAX = 64,    /* DKIM-Signature fields that are read; those below are not mentioned */
    BS_DKIM_SIGNATURES_TRIED_MAX = 10,   /* that cost a DNS query and a verification; more are `policy` */
    BS_DKIM_SIGNATURE_SIZE_MAX = 16384,  /* bytes of one DKIM-Signature field */
    BS_DKIM_TAGS_MAX = 64,               /* tags of a list */
    BS_DKIM_SIGNED_NAMES_MAX = 150,      /* names in h= */
    BS_DKIM_KEY_RECORD_MAX = 8192,       /* bytes of a key record; RSA of 8192 bits takes 1,400 */
    BS_DKIM_KEY_RECORDS_MAX = 4,         /* TXT records of one selector that are tried */
    BS_DKIM_VERIFICATIONS_MAX = 12,      /* of one message, over all its signatures and their records */
    BS_DKIM_RSA_BITS_MIN = 1024,         /* RFC 8301 section 3.2; the upper limit is BS_RSA_BITS_MAX */
    BS_ARC_BODIES_MAX = 6, /* different body hashes that the ARC-Message-Signatures of one message ask for */
    BS_DKIM_BODIES_MAX = BS_DKIM_SIGNATURES_TRIED_MAX + BS_ARC_BODIES_MAX + 1, /* of one message; 1: ours, to sign */
    BS_DKIM_CLOCK_SKEW = 600,            /* seconds that t= may lie ahead of our clock */
    BS_DKIM_SIGNED_SIZE_MAX = 24576,     /* bytes of a field that we make */
};

#endif
