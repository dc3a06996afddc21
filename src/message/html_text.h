/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text of an HTML part, in one pass over it: tags and comments off, character references decoded (the numeric
 * ones, and the named ones that mail has), what no reader sees (script, style, title, head) left out, white space as
 * one blank, and a line of its own for each block and table row; cells of a row are kept apart by a blank. Nothing is
 * laid out; whether a style hides something is not seen.
 */
#ifndef BS_MESSAGE_HTML_TEXT_H
#define BS_MESSAGE_HTML_TEXT_H

#include "base/strbuf.h"

/* Appends the text of `html`, which is UTF-8; false where the limit of `out` left something out. */
bool bs_html_text_append(struct bs_strbuf *out, struct bs_bytes html);

#endif
