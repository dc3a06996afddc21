/* SPDX-License-Identifier: BSD-2-Clause */
/* Names that stand in the configuration twice; see duplicate.h. */
#include "config/duplicate.h"

#include "base/bytes.h"

#include <stdlib.h>

static int compare_folded(const char *a, const char *b)
{
    while (*a != '\0' && bs_ascii_lower(*a) == bs_ascii_lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)bs_ascii_lower(*a) - (unsigned char)bs_ascii_lower(*b);
}

static int order_by_line(const struct bs_named_line *a, const struct bs_named_line *b)
{
    return (a->line > b->line) - (a->line < b->line);
}

static int order_folded(const void *a, const void *b)
{
    int order = compare_folded(((const struct bs_named_line *)a)->name, ((const struct bs_named_line *)b)->name);
    return order != 0 ? order : order_by_line(a, b);
}

static int order_exact(const void *a, const void *b)
{
    int order = strcmp(((const struct bs_named_line *)a)->name, ((const struct bs_named_line *)b)->name);
    return order != 0 ? order : order_by_line(a, b);
}

bool bs_duplicate_find(struct bs_named_line *names, size_t count, bool fold_case, struct bs_named_line *ret_first,
                       struct bs_named_line *ret_second)
{
    bool found = false;
    if (count > 1)
        qsort(names, count, sizeof *names, fold_case ? order_folded : order_exact);
    for (size_t i = 1; i < count; i++) {
        const char *a = names[i - 1].name, *b = names[i].name;
        bool equal = (fold_case ? compare_folded(a, b) : strcmp(a, b)) == 0;
        if (!equal || (found && names[i].line >= ret_second->line))
            continue;
        *ret_first = names[i - 1];
        *ret_second = names[i];
        found = true;
    }
    return found;
}
