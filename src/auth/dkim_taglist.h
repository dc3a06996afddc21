/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tag lists, `name=value; name=value` (RFC 6376 section 3.2), as DKIM-Signature fields and key records have them. The
 * syntax is taken literally: an empty entry, a name twice, or a character that no value may hold voids the whole list.
 * Values may hold UTF-8 (RFC 8616 section 5).
 */
#ifndef BS_AUTH_DKIM_TAGLIST_H
#define BS_AUTH_DKIM_TAGLIST_H

#include "auth/dkim_limits.h"
#include "base/arena.h"
#include "base/error.h"

struct bs_dkim_tag {
    struct bs_bytes name;
    struct bs_bytes value; /* without white space at its ends; that inside stays */
    struct bs_bytes span;  /* all between the = and the ; with its white space */
};

/* The views borrow from the text. */
struct bs_dkim_taglist {
    struct bs_dkim_tag tags[BS_DKIM_TAGS_MAX];
    size_t count;
};

bool bs_dkim_taglist_parse(struct bs_bytes text, struct bs_dkim_taglist *ret_list, struct bs_error *ret_error);

/* The tag of this name (case matters), or NULL. */
const struct bs_dkim_tag *bs_dkim_taglist_find(const struct bs_dkim_taglist *list, const char *name);

/* Takes the first item off a list with colons between the items, without white space at its ends; false at the end.
 * A list of nothing has one empty item, so begin with `more` true. */
bool bs_dkim_next_item(struct bs_bytes *io_list, bool *io_more, struct bs_bytes *ret_item);

/* Whether one of the items is this one, but for case. */
bool bs_dkim_list_has(struct bs_bytes list, const char *item);

#endif
