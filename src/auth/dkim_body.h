/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Body hashes (RFC 6376 sections 3.4.3 to 3.4.5 and 3.7), made while the body goes by; nothing of it is kept. All that
 * the signatures of a message want is hashed together: each pair of digest and canonical form runs once, whatever
 * lengths are asked for. A line ends in CRLF or in a bare LF, which counts as CRLF; a CR that no LF follows is text. In
 * which pieces the body comes makes no difference.
 */
#ifndef BS_AUTH_DKIM_BODY_H
#define BS_AUTH_DKIM_BODY_H

#include "auth/dkim_limits.h"
#include "crypto/digest.h"

#include <stdint.h>

#define BS_DKIM_WHOLE_BODY UINT64_MAX

enum { BS_DKIM_BODY_BUFFER = 4096 };

/* One hash that is wanted, and what came of it. */
struct bs_dkim_body_sum {
    enum bs_digest_algorithm algorithm;
    bool relaxed;
    uint64_t length; /* canonical bytes that are hashed at most, l=; or BS_DKIM_WHOLE_BODY */
    bool taken;      /* private */
    uint64_t total;  /* canonical bytes of the body */
    unsigned char sum[BS_DIGEST_MAX];
};

/* One canonical form of the body, on its way into a digest or two. */
struct bs_dkim_body_form {
    struct bs_digest *digests[2]; /* by algorithm; NULL: not wanted */
    uint64_t wanted[2];           /* bytes that the digest still has to see at most */
    uint64_t total;
    uint64_t line_ends; /* that came, and go in front of the next text, if any comes */
    bool text;          /* something was put out */
    bool blank;         /* white space came, and becomes one blank in front of the next text of its line */
    size_t held;
    char bytes[BS_DKIM_BODY_BUFFER];
};

struct bs_dkim_bodies {
    struct bs_dkim_body_sum sums[BS_DKIM_BODIES_MAX];
    size_t count;
    struct bs_dkim_body_form *forms[2]; /* simple, relaxed; NULL: not wanted */
    bool cr;       /* the last byte was a CR */
    bool finished;
    bool failed;   /* no memory, or the crypto library failed */
};

void bs_dkim_bodies_init(struct bs_dkim_bodies *bodies);

/* Asks for a hash, before the first push; one that was asked for already is made once. Returns its place in `sums`, or
 * BS_DKIM_BODIES_MAX where there is none left. */
size_t bs_dkim_bodies_want(struct bs_dkim_bodies *bodies, enum bs_digest_algorithm algorithm, bool relaxed,
                           uint64_t length);

void bs_dkim_bodies_push(struct bs_dkim_bodies *bodies, struct bs_bytes bytes);

/* The body ended: the sums are there, unless it failed. */
void bs_dkim_bodies_finish(struct bs_dkim_bodies *bodies);
void bs_dkim_bodies_free(struct bs_dkim_bodies *bodies);

#endif
