/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DMARC policy record (RFC 9989 section 4.7): what a domain asks receivers to do with mail that uses it without
 * leave. Tags that are unknown or obsolete (pct, rf, ri) are passed over; a bad value of an optional tag counts as its
 * default, and one bad tag never voids the record.
 */
#ifndef BS_AUTH_DMARC_RECORD_H
#define BS_AUTH_DMARC_RECORD_H

#include "base/bytes.h"

enum { BS_DMARC_TAGS_MAX = 64 }; /* tags of a record that are read; further ones are passed over */

enum bs_dmarc_policy {
    BS_DMARC_UNSET, /* the tag is not there */
    BS_DMARC_NONE,
    BS_DMARC_QUARANTINE,
    BS_DMARC_REJECT,
    BS_DMARC_INVALID, /* the tag's value is none of these */
};

enum bs_dmarc_psd { BS_DMARC_PSD_UNKNOWN, BS_DMARC_PSD_YES, BS_DMARC_PSD_NO };

struct bs_dmarc_record {
    enum bs_dmarc_policy p;  /* of the domain */
    enum bs_dmarc_policy sp; /* of domains below it */
    enum bs_dmarc_policy np; /* of domains below it that do not exist */
    bool strict_spf;         /* aspf=s: SPF's domain must be the very same */
    bool strict_dkim;        /* adkim=s */
    bool testing;            /* t=y: enforce one level less */
    enum bs_dmarc_psd psd;   /* whether the domain is a public suffix */
    bool has_report_uri;     /* rua holds at least one URI */
    struct bs_bytes rua;     /* borrowed from the text */
    struct bs_bytes ruf;
};

/* False for a text that is no DMARC record: its first tag is not v=DMARC1, in just this case. */
bool bs_dmarc_record_parse(struct bs_bytes text, struct bs_dmarc_record *ret_record);

/* "none", "quarantine" or "reject"; "" for the other two. */
const char *bs_dmarc_policy_name(enum bs_dmarc_policy policy);

#endif
