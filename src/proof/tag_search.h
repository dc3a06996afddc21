/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds tagged addresses in a returned message while it streams by: a bounce that was sent to From, not to the
 * tagged sender, still carries the tag in the returned Return-Path (RFC 3462 section 2) or in X-Postfix-Sender.
 * The text is searched as bytes, whatever its MIME structure; `=` may stand as `=3D` and a line may be broken in the
 * quoted-printable way (RFC 2045 section 6.7). Text in base64 is not searched,
 * nor is a quoted local part with blanks found. What is found is a candidate: only
 * its signature proves anything. Cutting the text anywhere gives the same candidates.
 */
#ifndef BS_PROOF_TAG_SEARCH_H
#define BS_PROOF_TAG_SEARCH_H

#include "base/bytes.h"

enum { BS_TAG_CANDIDATE_MAX = 400 }; /* bytes: 16 of tag, 64 of local part, 255 of domain, with room for =3D */

struct bs_tag_search {
    char text[BS_TAG_CANDIDATE_MAX]; /* the candidate so far, quoted-printable taken off */
    size_t length;
    size_t matched;     /* how much of "prvs=" was seen */
    char pending[3];    /* an = that may begin =3D or a broken line, and what came behind it */
    size_t pending_length;
};

void bs_tag_search_init(struct bs_tag_search *search);

/*
 * Reads on until a candidate is complete, and takes what was read off `io_text`. True with a candidate, local@domain
 * as bytes that are valid until the next call; false when the text is used up. Call again until false.
 */
bool bs_tag_search_next(struct bs_tag_search *search, struct bs_bytes *io_text, struct bs_bytes *ret_candidate);

/* The text is over: a candidate that ends with it, if there is one. */
bool bs_tag_search_end(struct bs_tag_search *search, struct bs_bytes *ret_candidate);

#endif
