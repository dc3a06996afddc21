/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Putting an item into a list of main.cf and taking it out again, in the text of the file: comments, order and line
 * breaks stay as they are (postconf -e would join the lines of a value). What was put in and is taken out again
 * leaves the file byte for byte as it was, and what others wrote in between stays.
 *
 * Postfix's syntax (postconf(5)): `name = value`; a line that begins with a blank continues the one before; empty
 * lines and lines whose first character that is no blank is # are no part of a value, wherever they stand; of two
 * lines for one name the last holds.
 */
#ifndef BS_AUDIT_MAIN_CF_H
#define BS_AUDIT_MAIN_CF_H

#include "base/strbuf.h"

enum { BS_MAIN_CF_MAX = 4 * 1024 * 1024 }; /* bytes in main.cf */

/* The comment above the lines that are added for names which the file does not have. */
#define BS_MAIN_CF_MARK "# Added by `backstop setup`; `backstop setup --remove` takes it out again."

struct bs_main_cf_item {
    const char *name; /* of the list */
    const char *item; /* goes before all others */
    const char *rest; /* what the list holds where the file has no line for it; "" for nothing */
};

/* Appends the text with the items put in to `out`. */
void bs_main_cf_add(struct bs_bytes text, const struct bs_main_cf_item *items, size_t count, struct bs_strbuf *out);

/* Whether `item` of the list `name` is to be taken out; with an empty item, whether the list may hold such items. */
struct bs_main_cf_filter {
    bool (*matches)(const void *context, struct bs_bytes name, struct bs_bytes item);
    const void *context;
    bool keep_mark; /* something else is to take the place of what goes: lines that were added stay so marked */
};

/* Appends the text without the items that match to `out`; returns how many there were. */
size_t bs_main_cf_remove(struct bs_bytes text, const struct bs_main_cf_filter *filter, struct bs_strbuf *out);

#endif
