/* SPDX-License-Identifier: BSD-2-Clause */
/* The file `states` of a directory of DKIM keys, which dkim_keys.h describes: for dkim_keys.c and the fuzz target. */
#ifndef BS_CONFIG_DKIM_STATES_H
#define BS_CONFIG_DKIM_STATES_H

#include "base/strbuf.h"
#include "config/dkim_keys.h"

/* Goes through keys->states_text: fills in the keys that it names and adds those that have no file. `keys` has room
 * for BS_DKIM_KEYS_MAX. */
bool bs_dkim_states_parse(struct bs_dkim_keys *keys, struct bs_error *ret_error);

/* Appends what is to be in the file: the old lines in their order, with the states of now, and then the new ones. */
void bs_dkim_states_append(const struct bs_dkim_keys *keys, struct bs_strbuf *out);

#endif
