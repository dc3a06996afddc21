/* SPDX-License-Identifier: BSD-2-Clause */
/* See comment.h. */
#include "message/comment.h"

size_t bs_comment_size(struct bs_bytes text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '(')
            depth++;
        else if (text.ptr[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}
