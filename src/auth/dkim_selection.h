/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which fields of a header a signature covers (RFC 6376 section 5.4.2): each time that h= names a field, the lowest one
 * that was not taken yet; none where there is none left, which signs that there is no further one.
 */
#ifndef BS_AUTH_DKIM_SELECTION_H
#define BS_AUTH_DKIM_SELECTION_H

#include "auth/dkim_canonical.h"

#include <stdint.h>

struct bs_dkim_selection {
    const struct bs_header *header;
    uint8_t taken[BS_HEADER_FIELDS_MAX];
};

/* `own`, unless NULL, is the signature's own field, which is never selected. */
void bs_dkim_selection_init(struct bs_dkim_selection *selection, const struct bs_header *header,
                            const struct bs_header_field *own);

/* The next field of this name, or NULL. */
const struct bs_header_field *bs_dkim_select(struct bs_dkim_selection *selection, struct bs_bytes name);

/* Whether a field of this name was left, also one that is so called only to lenient readers: `From :`. */
bool bs_dkim_selection_left(const struct bs_dkim_selection *selection, struct bs_bytes name);

#endif
