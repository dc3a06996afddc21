/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for the kinds of kind.h. */
#include "bounce/kind.h"

#include <stddef.h>

const char *bs_kind_name(enum bs_kind kind)
{
    static const char *const names[BS_KIND_COUNT] = {
        [BS_KIND_NONE] = "none",
        [BS_KIND_DSN_FAILED] = "dsn-failed",
        [BS_KIND_DSN_DELAYED] = "dsn-delayed",
        [BS_KIND_DSN_SUCCESS] = "dsn-success",
        [BS_KIND_AUTOREPLY] = "autoreply",
        [BS_KIND_CHALLENGE] = "challenge",
        [BS_KIND_NOTICE] = "notice",
        [BS_KIND_MDN] = "mdn",
        [BS_KIND_ARF] = "arf",
        [BS_KIND_LIST] = "list",
        [BS_KIND_OTHER] = "other",
    };
    return (size_t)kind < BS_KIND_COUNT ? names[kind] : "none";
}
