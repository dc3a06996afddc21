/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text of any charset as UTF-8. ASCII, UTF-8, ISO-8859-1 and windows-1252 are read here; others that mail has are
 * left to iconv, under the names of a fixed list, so that nobody chooses a converter that mail does not need. Names
 * are those of IANA's registry and what mailers write for them; national ones are read as the superset that everybody
 * means (gb2312 as GB18030, shift_jis as CP932, iso-2022-jp as CP50221, ks_c_5601-1987 as UHC, iso-8859-1 as windows-1252). Text of a charset
 * that is not known, or of none, is UTF-8 if it can be and windows-1252 otherwise. What is no character becomes
 * U+FFFD.
 */
#ifndef BS_MESSAGE_CHARSET_H
#define BS_MESSAGE_CHARSET_H

#include "base/strbuf.h"

/* Appends the text to `out`, whole characters only; false where the limit of `out` left something out. */
bool bs_charset_append(struct bs_strbuf *out, struct bs_bytes charset, struct bs_bytes text);

/* iconv reads its converters from files when they are first needed, and forgets those that nobody uses. A program
 * that converts keeps the usual ones in memory, also for a time when it can open no files. NULL without memory. */
struct bs_charset_keep *bs_charset_keep_new(void);
void bs_charset_keep_free(struct bs_charset_keep *keep);

/* Whether bytes of ASCII in the text stand for themselves. */
bool bs_charset_keeps_ascii(struct bs_bytes charset, struct bs_bytes text);

/* Whether the text is, as it stands, what bs_charset_append would make of it. */
bool bs_charset_is_utf8(struct bs_bytes charset, struct bs_bytes text);

/* The number of bytes at the front of the text that are ASCII. */
size_t bs_ascii_run(struct bs_bytes text);

#endif
