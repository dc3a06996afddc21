/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a message could not be delivered, as one word of a fixed list, and whether the address is dead by it. Hard: user
 * unknown, host unknown, moved, mail not accepted there; all else is soft, whatever the first digit of the status
 * (RFC 3463): a full mailbox or a reputation may be better tomorrow.
 */
#ifndef BS_BOUNCE_FAILURE_H
#define BS_BOUNCE_FAILURE_H

#include <stdbool.h>

enum bs_failure {
    BS_FAILURE_UNKNOWN,          /* nothing tells */
    BS_FAILURE_USER_UNKNOWN,     /* hard */
    BS_FAILURE_HOST_UNKNOWN,     /* hard: the domain does not exist, or has no mail host */
    BS_FAILURE_MOVED,            /* hard */
    BS_FAILURE_NOT_ACCEPTED,     /* hard: the host takes no mail at all (RFC 7504, RFC 7505) */
    BS_FAILURE_MAILBOX_FULL,
    BS_FAILURE_SUSPENDED,        /* disabled, inactive, on hold, locked */
    BS_FAILURE_FILTERED,         /* the recipient or a rule of the mailbox refuses the sender */
    BS_FAILURE_REPUTATION,       /* blocked for the client's address: lists, reputation, no reverse name */
    BS_FAILURE_CONTENT,          /* spam, or something in the message */
    BS_FAILURE_VIRUS,
    BS_FAILURE_AUTHENTICATION,   /* SPF, DKIM, DMARC */
    BS_FAILURE_POLICY,           /* another rule of the site; relaying denied */
    BS_FAILURE_SIZE,
    BS_FAILURE_RATE,             /* too many messages, connections, recipients */
    BS_FAILURE_EXPIRED,          /* the queue's life is over */
    BS_FAILURE_LOOP,
    BS_FAILURE_NETWORK,          /* no connection, time-out, DNS failed */
    BS_FAILURE_SYSTEM,           /* the receiving system failed or is full */
    BS_FAILURE_PROTOCOL,         /* a syntax error, TLS, an unsupported feature (RFC 6531) */
    BS_FAILURE_COUNT
};

/* "user-unknown" and so on; stable. */
const char *bs_failure_name(enum bs_failure failure);

/* Whether the address is dead. Of UNKNOWN it cannot be told: see the header's first lines. */
bool bs_failure_is_hard(enum bs_failure failure);

#endif
