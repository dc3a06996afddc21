/* SPDX-License-Identifier: BSD-2-Clause */
/* Comments in structured header fields (RFC 5322 section 3.2.2): nested parentheses, in which a backslash quotes. */
#ifndef BS_MESSAGE_COMMENT_H
#define BS_MESSAGE_COMMENT_H

#include "base/bytes.h"

/* Bytes of the comment that the text begins with, its parentheses included; 0 where it is not closed. */
size_t bs_comment_size(struct bs_bytes text);

#endif
