/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing the value of an Authentication-Results field (RFC 8601; RFC 6008 for header.b, RFC 8617 section 4.1 for ARC,
 * RFC 9989 for DMARC). Clauses are written one after another:
 *
 *     bs_results_begin(&writer, authserv_id);
 *     bs_results_add_spf(&writer, &spf);  bs_results_add_dkim(&writer, &dkim);  …
 *     if (bs_results_end(&writer)) use(bs_strbuf_bytes(&writer.out));
 *     bs_results_free(&writer);
 *
 * Nothing that a client or a domain says can break out of it: a value stands as it is where it is a token (RFC 2045
 * section 5.1) or an address of atoms, else as a quoted string; what is not printable ASCII becomes a question mark.
 * Lines end in line feeds, as milters have them, and are folded at 78 columns where there is a blank to fold at; none
 * is longer than 998 bytes. Results past the size limit are left out, and a comment at the end counts them.
 */
#ifndef BS_AUTH_RESULTS_H
#define BS_AUTH_RESULTS_H

#include "auth/dkim.h"
#include "auth/dmarc.h"
#include "auth/spf.h"

enum {
    BS_RESULTS_SIZE_MAX = 8192,  /* bytes of a value that is written */
    BS_RESULTS_VALUE_MAX = 448,  /* bytes of a property; a longer one is left out, and a comment says so */
    BS_RESULTS_TEXT_MAX = 200,   /* bytes of a reason or a comment; a longer one is cut */
    BS_RESULTS_COLUMNS = 78,
};

struct bs_results_writer {
    struct bs_strbuf out;   /* the value, without the blank behind the colon */
    size_t column;          /* private from here */
    size_t clause_begin;    /* of the clause that is being written */
    size_t clause_column;
    size_t count;
    size_t left_out;
    bool open;
};

void bs_results_begin(struct bs_results_writer *writer, struct bs_bytes authserv_id);

/* spf=fail smtp.mailfrom=user@example.com */
void bs_results_add_spf(struct bs_results_writer *writer, const struct bs_spf_result *spf);

/* A clause for each signature, or dkim=none: dkim=pass (2048-bit key) header.d=example.com header.s=a
 * header.a=rsa-sha256 header.b=dzdVyOfA */
void bs_results_add_dkim(struct bs_results_writer *writer, const struct bs_dkim_results *dkim);

/* dmarc=fail (p=reject dis=none) header.from=example.com; `disposition` is what becomes of the message for it. */
void bs_results_add_dmarc(struct bs_results_writer *writer, const struct bs_dmarc_verdict *dmarc,
                          struct bs_bytes author, enum bs_dmarc_policy disposition);

/* arc=pass (i=2 sealed by example.com); with instance 0 and an empty sealer without them. `reason` may be NULL. */
void bs_results_add_arc(struct bs_results_writer *writer, const char *result, unsigned instance,
                        struct bs_bytes sealer, const char *reason);

/* auth=pass smtp.auth=user; of a client that gave a password or a certificate. */
void bs_results_add_auth(struct bs_results_writer *writer, struct bs_bytes login);

/* Any other clause, piece by piece: METHOD=RESULT first, then the rest in this order. */
void bs_results_clause(struct bs_results_writer *writer, const char *method, const char *result);
void bs_results_comment(struct bs_results_writer *writer, struct bs_bytes text);
void bs_results_reason(struct bs_results_writer *writer, struct bs_bytes text);
void bs_results_property(struct bs_results_writer *writer, const char *name, struct bs_bytes value);

/* Ends the value, with `none` where nothing was added. False where there was no memory. */
bool bs_results_end(struct bs_results_writer *writer);

void bs_results_free(struct bs_results_writer *writer);

#endif
