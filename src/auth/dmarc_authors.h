/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMARC for a whole From field (RFC 9989 sections 5.3 and 11.5). Usually it names one domain. Where it names several, each is
 * judged, and the strictest verdict counts. Where readers may differ over what it names, nothing can vouch for it: it
 * never passes, and what the strictest of all candidate domains asks for is done.
 */
#ifndef BS_AUTH_DMARC_AUTHORS_H
#define BS_AUTH_DMARC_AUTHORS_H

#include "auth/dmarc.h"

struct bs_dmarc_authors {
    const struct bs_bytes *domains; /* as A-labels; none twice */
    size_t count;
    bool ambiguous; /* readers may take different domains for the author's */
};

/* As bs_dmarc_check; `facts->author` is not looked at. `ret_author` is the domain whose verdict counts, empty where there
 * is none: then the result is permerror. */
enum bs_step bs_dmarc_check_authors(const struct bs_dmarc_authors *authors, const struct bs_dmarc_facts *facts,
                                    const struct bs_answers *known, struct bs_arena *arena,
                                    struct bs_dmarc_verdict *ret_verdict, struct bs_bytes *ret_author,
                                    struct bs_questions *ret_missing);

#endif
