/* SPDX-License-Identifier: BSD-2-Clause */
/* Well-formed UTF-8, as RFC 3629 section 4 defines it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef BS_BASE_UTF8_H
#define BS_BASE_UTF8_H

#include "base/bytes.h"

/* The length, 1 to 4, of the character that the bytes begin with; 0 where they begin with none. */
size_t bs_utf8_sequence(struct bs_bytes bytes);

/* The length of what is well-formed at the front. */
size_t bs_utf8_run(struct bs_bytes bytes);

bool bs_utf8_is_valid(struct bs_bytes bytes);

#endif
