/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_seen.h. */
#include "bounce/rules_seen.h"

#include "bounce/rules_fold.h"

#include <stdlib.h>

enum { BLOCK = 32 };
_Static_assert((int)BLOCK <= (int)BS_RULES_SLACK, "the last block may reach past the text");

struct bs_rules_seen *bs_rules_seen_new(void)
{
    struct bs_rules_seen *seen = malloc(sizeof *seen);
    if (!seen)
        return NULL;
    memset(seen->text, 0, BS_RULES_SLACK);
    memset(seen->view, 0, BS_RULES_SLACK);
    return seen;
}

/* A block, whose size the compiler knows, becomes a few instructions. */
static void lower_block(unsigned char *text)
{
    for (size_t i = 0; i < BLOCK; i++)
        text[i] = (unsigned char)(text[i] + (text[i] >= 'A' && text[i] <= 'Z' ? 'a' - 'A' : 0));
}

static void view_block(const unsigned char *restrict text, unsigned char *restrict view)
{
    for (size_t i = 0; i < BLOCK; i++)
        view[i] = text[i] == '\n' || text[i] == BS_RULES_INDENT ? ' ' : text[i];
}

struct bs_bytes bs_rules_seen_make(struct bs_rules_seen *seen, enum bs_rule_place place,
                                   struct bs_bytes text, const char **ret_view)
{
    char *own = seen->text + BS_RULES_SLACK, *view = seen->view + BS_RULES_SLACK;
    text = bs_bytes_first(text, BS_RULES_SCAN_MAX);
    if (!bs_rules_fold_is_needless(text)) {
        bs_rules_fold(text, seen->folded);
        text.ptr = seen->folded;
    }
    size_t length = place == BS_PLACE_DIAGNOSTIC
                        ? bs_rules_flatten(text, own)
                        : bs_rules_collapse(text, own, seen->shrinks, &seen->shrink_count);
    memset(own + length, 0, BS_RULES_SLACK);
    for (size_t i = 0; i < length; i += BLOCK) {
        lower_block((unsigned char *)own + i);
        view_block((const unsigned char *)own + i, (unsigned char *)view + i);
    }
    memset(view + length, 0, BS_RULES_SLACK);
    *ret_view = view;
    return bs_bytes(own, length);
}

size_t bs_rules_seen_end(const struct bs_rules_seen *seen, enum bs_rule_place place, size_t end)
{
    if (place == BS_PLACE_DIAGNOSTIC)
        return end;
    char last = seen->text[BS_RULES_SLACK + end - 1];
    bool is_space = last == ' ' || last == '\n' || last == BS_RULES_INDENT;
    return bs_rules_end(end - 1, is_space, seen->shrinks, seen->shrink_count);
}
