/* SPDX-License-Identifier: BSD-2-Clause */
/* Error texts; see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

bool bs_error_set(struct bs_error *ret_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ret_error->text, sizeof ret_error->text, format, args);
    va_end(args);
    return false;
}
