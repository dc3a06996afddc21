/* SPDX-License-Identifier: BSD-2-Clause */
/* The file `states` of a directory of DKIM keys, which dkim_keys.h describes: for dkim_keys.c only. */
#ifndef BS_CONFIG_DKIM_STATES_H
#define BS_CONFIG_DKIM_STATES_H

#include "config/dkim_keys.h"

/* Goes through keys->states_text: fills in the keys that it names and adds those that have no file. `keys` has room
 * for BS_DKIM_KEYS_MAX. */
bool bs_dkim_states_parse(struct bs_dkim_keys *keys, struct bs_error *ret_error);

#endif
