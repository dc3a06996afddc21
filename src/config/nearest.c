/* SPDX-License-Identifier: BSD-2-Clause */
/* Suggestions for misspelt names; see nearest.h. */
#include "config/nearest.h"

enum { FREE_CHANGES = 1, LETTERS_PER_CHANGE = 4, CHANGES_MAX = 3 };

/* How many changes make a word of this length another word rather than a misspelt one, less one. */
static size_t changes_allowed(size_t length)
{
    size_t allowed = FREE_CHANGES + length / LETTERS_PER_CHANGE;
    return allowed < CHANGES_MAX ? allowed : CHANGES_MAX;
}

struct bs_nearest bs_nearest_init(struct bs_bytes word)
{
    return (struct bs_nearest){.word = word, .distance = changes_allowed(word.len) + 1};
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The restricted Damerau-Levenshtein distance, three rows of its table at a time. */
static size_t distance_between(struct bs_bytes a, struct bs_bytes b)
{
    size_t rows[3][BS_NEAREST_WORD_MAX + 1];
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = bs_ascii_lower(a.ptr[i - 1]), y = bs_ascii_lower(b.ptr[j - 1]);
            row[j] = least_of(least_of(above[j] + 1, row[j - 1] + 1), above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == bs_ascii_lower(b.ptr[j - 2]) && bs_ascii_lower(a.ptr[i - 2]) == y)
                row[j] = least_of(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

void bs_nearest_offer(struct bs_nearest *nearest, const char *name)
{
    struct bs_bytes known = bs_bytes_from_cstr(name);
    if (nearest->word.len == 0 || nearest->word.len > BS_NEAREST_WORD_MAX || known.len > BS_NEAREST_WORD_MAX)
        return;
    size_t distance = distance_between(nearest->word, known);
    if (distance >= nearest->distance || distance >= known.len)
        return;
    nearest->name = name;
    nearest->distance = distance;
}
