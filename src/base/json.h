/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing JSON strings (RFC 8259 section 7). */
#ifndef BS_BASE_JSON_H
#define BS_BASE_JSON_H

#include "base/strbuf.h"

/* Appends the text in quotes. A byte that is no part of well-formed UTF-8 becomes U+FFFD. */
void bs_json_append_string(struct bs_strbuf *buf, struct bs_bytes text);

#endif
