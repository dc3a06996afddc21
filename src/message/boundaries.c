/* SPDX-License-Identifier: BSD-2-Clause */
/* Boundaries; see boundaries.h. */
#include "message/boundaries.h"

static struct bs_bytes without_blanks_behind(struct bs_bytes text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t' ||
                            text.ptr[text.len - 1] == '\r' || text.ptr[text.len - 1] == '\n'))
        text.len--;
    return text;
}

static bool starts(struct bs_bytes text, struct bs_bytes prefix)
{
    return text.len >= prefix.len && bs_bytes_equal(bs_bytes_first(text, prefix.len), prefix);
}

enum match { NONE, LOOSE_CLOSE, CLOSE, DELIMITER };

static enum match compare(struct bs_bytes text, struct bs_bytes boundary)
{
    if (boundary.len == 0 || !starts(text, boundary))
        return NONE;
    struct bs_bytes rest = bs_bytes_skip(text, boundary.len);
    if (rest.len == 0)
        return DELIMITER;
    if (!starts(rest, BS_LITERAL("--")))
        return NONE;
    return rest.len == 2 ? CLOSE : LOOSE_CLOSE;
}

/* Whether a line may be the boundary of a multipart that names none: no signature's `-- `, no ruler. */
static bool may_be_boundary(struct bs_bytes text)
{
    bool letters = false;
    for (size_t i = 0; i < text.len; i++) {
        char low = bs_ascii_lower(text.ptr[i]);
        letters = letters || bs_ascii_is_digit(low) || (low >= 'a' && low <= 'z');
    }
    return letters && text.ptr[0] != ' ' && text.len <= BS_BOUNDARY_GUESSED_MAX;
}

/* Takes the text for the boundary of a multipart that names none; false where it is none. */
static bool guess(struct bs_boundary *boundary, struct bs_bytes text, struct bs_arena *arena)
{
    if (boundary->text.len > 0 || !may_be_boundary(text))
        return false;
    boundary->text = bs_arena_copy(arena, text);
    return boundary->text.ptr != NULL;
}

/* How well a boundary fits, given how well it compares: an open one of two equal ones is the better. */
static unsigned fitness(enum match match, const struct bs_boundary *boundary)
{
    if (match == NONE || match == LOOSE_CLOSE)
        return match == NONE ? 0 : 1;
    return boundary->closed ? 2 : 3;
}

struct bs_boundary_match bs_boundaries_match(struct bs_boundaries *boundaries, struct bs_bytes line, struct bs_arena *arena)
{
    struct bs_boundary_match result = {.index = boundaries->count};
    if (line.len >= BS_BOUNDARY_LINE_MAX || boundaries->count == 0)
        return result;
    struct bs_bytes text = without_blanks_behind(bs_bytes_skip(line, 2));
    unsigned best = 0;
    for (size_t i = boundaries->count; i > 0; i--) {
        enum match match = compare(text, boundaries->items[i - 1].text);
        unsigned fit = fitness(match, &boundaries->items[i - 1]);
        if (fit > best) {
            result = (struct bs_boundary_match){i - 1, match != DELIMITER};
            best = fit;
        }
    }
    if (best == 0 && guess(&boundaries->items[boundaries->count - 1], text, arena))
        result.index = boundaries->count - 1;
    return result;
}
