/* SPDX-License-Identifier: BSD-2-Clause */
/* What an automatic message is. */
#ifndef BS_BOUNCE_KIND_H
#define BS_BOUNCE_KIND_H

enum bs_kind {
    BS_KIND_NONE,        /* ordinary mail */
    BS_KIND_DSN_FAILED,
    BS_KIND_DSN_DELAYED,
    BS_KIND_DSN_SUCCESS, /* delivered, relayed, expanded */
    BS_KIND_AUTOREPLY,   /* out of office, acknowledgements and other replies of a program to one message */
    BS_KIND_CHALLENGE,   /* asks the sender to confirm that it is a person */
    BS_KIND_NOTICE,      /* a scanner says that it found a virus or spam, or withheld something */
    BS_KIND_MDN,
    BS_KIND_ARF,         /* a complaint or an authentication failure report (RFC 5965, RFC 6591) */
    BS_KIND_LIST,        /* came through a mailing list, or in bulk */
    BS_KIND_OTHER,       /* automatic, but none of these */
    BS_KIND_COUNT
};

/* "dsn-failed", "autoreply", "none" and so on; stable. */
const char *bs_kind_name(enum bs_kind kind);

#endif
