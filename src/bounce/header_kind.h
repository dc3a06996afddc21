/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a message with the null sender is, as far as its own header fields tell. Most such messages are bounces, so
 * that is what a message is taken for unless its header says otherwise: a disposition notification (RFC 8098), a
 * feedback report (RFC 5965), an automatic reply (RFC 3834), a message of a mailing list (RFC 2919, RFC 2369). It does not read the body: home-made bounces
 * are not told from ordinary mail here.
 */
#ifndef BS_BOUNCE_HEADER_KIND_H
#define BS_BOUNCE_HEADER_KIND_H

#include "base/bytes.h"

enum bs_header_kind {
    BS_HEADER_KIND_BOUNCE,     /* a delivery status notification, or nothing says what it is */
    BS_HEADER_KIND_MDN,        /* a disposition notification: sent to who asked for it, not to the envelope sender */
    BS_HEADER_KIND_AUTO_REPLY, /* out of office and the like */
    BS_HEADER_KIND_ARF,        /* a complaint about mail of ours, or a report on authentication (RFC 5965, RFC 6591) */
    BS_HEADER_KIND_LIST,       /* a list or newsletter that hides its sender */
};

/* What was seen so far; start from all zero. */
struct bs_header_kind_signs {
    bool delivery_status; /* multipart/report; report-type=delivery-status, or X-Failed-Recipients */
    bool disposition;     /* multipart/report; report-type=disposition-notification */
    bool feedback;        /* multipart/report; report-type=feedback-report */
    bool from_mailer;     /* From is a mailer-daemon, a postmaster or nobody */
    bool auto_replied;
    bool list;
};

/* Takes one header field of the message; the value may be folded. */
void bs_header_kind_push_header(struct bs_header_kind_signs *signs, struct bs_bytes name, struct bs_bytes value);

enum bs_header_kind bs_header_kind_conclude(const struct bs_header_kind_signs *signs);

/* A word for a kind, such as "bounce". */
const char *bs_header_kind_name(enum bs_header_kind kind);

#endif
