/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether Postfix's settings fit backstop.conf: each finding with its repair. Judges settings only; whether the
 * sockets answer is for others to try.
 */
#ifndef BS_AUDIT_POSTFIX_CHECK_H
#define BS_AUDIT_POSTFIX_CHECK_H

#include "audit/finding.h"
#include "audit/postfix_domains.h"
#include "audit/postfix_wiring.h"

/* What backstop.conf says, beside the sockets. All of it is borrowed. */
struct bs_postfix_expectation {
    struct bs_postfix_sockets sockets;
    const char *config_file;
    const struct bs_bytes *domains; /* that have a section, whatever its mode */
    size_t domain_count;
    const struct bs_network *networks;
    size_t network_count;
    bool signs;    /* with DKIM */
    bool enforces; /* a domain refuses bounces: what is not tagged loses its own */
    /* Whether two paths are the same file; NULL: only where they are written alike. */
    bool (*same_file)(const char *a, const char *b);
};

/* The parameters that are looked at, for `postconf`; ends with NULL. */
extern const char *const bs_postfix_check_parameters[];

/* Adds what is wrong. */
void bs_postfix_check(const struct bs_postfix_expectation *expected, struct bs_findings *findings);

/* Whether a service takes mail from the network: runs smtpd, and not only to take back what a content filter on this
 * machine has seen. */
bool bs_postfix_is_public(const struct bs_postfix_service *service);

#endif
