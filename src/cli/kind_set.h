/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of messages by their names, as options list them: `dsn-failed,autoreply`, `bounce`, `automatic`. */
#ifndef BS_CLI_KIND_SET_H
#define BS_CLI_KIND_SET_H

#include "base/bytes.h"
#include "base/error.h"
#include "bounce/kind.h"

struct bs_kind_set {
    bool has[BS_KIND_COUNT];
};

/* Names with commas between them. `bounce`: the kinds of DSN. `automatic`: all but list and none. */
bool bs_kind_set_parse(struct bs_bytes names, struct bs_kind_set *ret_set, struct bs_error *error);

static inline bool bs_kind_set_has(const struct bs_kind_set *set, enum bs_kind kind)
{
    return set->has[kind];
}

#endif
