/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How Postfix is connected to backstop: what main.cf says of our sockets, and the items that it lacks.
 *
 * Ours goes before all others. Of the milters it is the cheapest and refuses a forged bounce at RCPT or at the end of
 * data, before a content filter has spent its time on it; what it changes, the envelope sender, is in no DKIM
 * signature, and Postfix tells every milter of the sender that the client gave. Of virtual_alias_maps it answers for
 * addresses with a tag of ours only, which a pattern that catches all addresses must not take first.
 */
#ifndef BS_AUDIT_POSTFIX_WIRING_H
#define BS_AUDIT_POSTFIX_WIRING_H

#include "audit/main_cf.h"
#include "audit/postfix_settings.h"

enum { BS_POSTFIX_LISTS = 3 };

/* The lists of main.cf that name us: smtpd_milters, non_smtpd_milters, virtual_alias_maps. */
extern const char *const bs_postfix_lists[BS_POSTFIX_LISTS];

/* What backstop.conf says. */
struct bs_postfix_sockets {
    const struct bs_postfix *postfix; /* borrowed, as is all here */
    const struct bs_mta_socket *milters;
    size_t milter_count;
    const struct bs_mta_socket *maps;
    size_t map_count;
    struct bs_bytes map_name;
    struct bs_mta_socket default_milter; /* where backstopd listens unless it is told otherwise */
};

/* Whether an item of the list is one of our sockets, as a service sees it that is chrooted or not; a socketmap must
 * have our name, too. */
bool bs_postfix_item_is_ours(const struct bs_postfix_sockets *sockets, struct bs_bytes list, struct bs_bytes item,
                             bool chrooted);

/* Whether the value of a list has an item of ours for the service; `ret_item` may be NULL. */
bool bs_postfix_list_has_ours(const struct bs_postfix_sockets *sockets, const char *list, struct bs_bytes value,
                              bool chrooted, struct bs_bytes *ret_item);

/* For bs_main_cf_remove, with a struct bs_postfix_sockets as context: what is ours, whether or not it is stale. */
bool bs_postfix_matches_ours(const void *context, struct bs_bytes list, struct bs_bytes item);

/* The same for what was ours before backstop.conf changed: a socketmap of our name, or a milter on the default
 * address, that is none of our sockets now. */
bool bs_postfix_matches_stale(const void *context, struct bs_bytes list, struct bs_bytes item);

/*
 * What main.cf lacks: at most BS_POSTFIX_LISTS items; texts are in the arena. Returns how many, or BS_POSTFIX_LISTS
 * + 1 past the arena's limit. milter_default_action stays as it is: our item says tempfail for itself, so that no
 * mail passes unjudged or untagged while backstopd is down.
 */
size_t bs_postfix_plan(const struct bs_postfix_sockets *sockets, struct bs_arena *arena,
                       struct bs_main_cf_item ret_items[BS_POSTFIX_LISTS]);

/* Changes the settings to what they are once main.cf has the items; false past the arena's limit. */
bool bs_postfix_assume_plan(struct bs_postfix *postfix, const struct bs_main_cf_item *items, size_t count,
                            struct bs_arena *arena);

#endif
