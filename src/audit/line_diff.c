/* SPDX-License-Identifier: BSD-2-Clause */
/* Differences line by line; see line_diff.h. */
#include "audit/line_diff.h"

struct lines {
    struct bs_bytes *items; /* with their line ends */
    size_t count;
};

/* A place where lines of the one text stand instead of lines of the other. */
struct change {
    size_t before, before_count;
    size_t after, after_count;
};

static struct bs_bytes first_line(struct bs_bytes text)
{
    size_t end = bs_bytes_find(text, '\n');
    return bs_bytes_first(text, end < text.len ? end + 1 : end);
}

static bool split(struct bs_bytes text, struct bs_arena *arena, struct lines *ret_lines)
{
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    *ret_lines = (struct lines){.items = bs_arena_take(arena, count * sizeof *ret_lines->items)};
    if (!ret_lines->items)
        return false;
    for (; text.len > 0; text = bs_bytes_skip(text, ret_lines->items[ret_lines->count++].len))
        ret_lines->items[ret_lines->count] = first_line(text);
    return true;
}

/* Whether the texts agree again from these lines on, at least for two lines or to the end. */
static bool agree(const struct lines *before, size_t i, const struct lines *after, size_t j)
{
    if (i == before->count || j == after->count)
        return i == before->count && j == after->count;
    if (!bs_bytes_equal(before->items[i], after->items[j]))
        return false;
    if (i + 1 == before->count || j + 1 == after->count)
        return i + 1 == before->count && j + 1 == after->count;
    return bs_bytes_equal(before->items[i + 1], after->items[j + 1]);
}

/* Finds the next change at or behind these lines: the one that takes the fewest lines of both. */
static bool find_change(const struct lines *before, const struct lines *after, size_t i, size_t j,
                        struct change *ret_change)
{
    while (i < before->count && j < after->count && bs_bytes_equal(before->items[i], after->items[j])) {
        i++;
        j++;
    }
    if (i == before->count && j == after->count)
        return false;
    for (size_t sum = 1;; sum++) {
        for (size_t taken = 0; taken <= sum; taken++) {
            if (i + taken > before->count || j + sum - taken > after->count ||
                !agree(before, i + taken, after, j + sum - taken))
                continue;
            *ret_change = (struct change){i, taken, j, sum - taken};
            return true;
        }
    }
}

static void append_line(struct bs_strbuf *out, char sign, struct bs_bytes line)
{
    bs_strbuf_append_char(out, sign);
    bs_strbuf_append(out, line);
    if (line.len == 0 || line.ptr[line.len - 1] != '\n')
        bs_strbuf_append_cstr(out, "\n\\ No newline at end of file\n");
}

static void append_context(struct bs_strbuf *out, const struct lines *lines, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        append_line(out, ' ', lines->items[i]);
}

/* `@@ -FIRST,COUNT +FIRST,COUNT @@`; the line before the change where there are none. */
static void append_head(struct bs_strbuf *out, size_t before, size_t before_count, size_t after, size_t after_count)
{
    bs_strbuf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", before_count > 0 ? before + 1 : before, before_count,
                     after_count > 0 ? after + 1 : after, after_count);
}

/* Finds the last of the changes that share their context with the first. */
static struct change find_hunk_end(const struct lines *before, const struct lines *after, struct change last)
{
    struct change next;
    while (find_change(before, after, last.before + last.before_count, last.after + last.after_count, &next) &&
           next.before - (last.before + last.before_count) <= 2 * BS_DIFF_CONTEXT)
        last = next;
    return last;
}

static void append_changes(struct bs_strbuf *out, const struct lines *before, const struct lines *after,
                           struct change change, const struct change *last)
{
    for (;;) {
        for (size_t i = 0; i < change.before_count; i++)
            append_line(out, '-', before->items[change.before + i]);
        for (size_t i = 0; i < change.after_count; i++)
            append_line(out, '+', after->items[change.after + i]);
        size_t end = change.before + change.before_count;
        if (change.before == last->before && change.after == last->after)
            return;
        find_change(before, after, end, change.after + change.after_count, &change);
        append_context(out, before, end, change.before);
    }
}

/* Appends the hunk that begins with a change; returns the last change in it. */
static struct change append_hunk(struct bs_strbuf *out, const struct lines *before, const struct lines *after,
                                 const struct change *first)
{
    struct change last = find_hunk_end(before, after, *first);
    size_t lead = first->before < BS_DIFF_CONTEXT ? first->before : BS_DIFF_CONTEXT;
    size_t end = last.before + last.before_count, after_end = last.after + last.after_count;
    size_t tail = before->count - end < BS_DIFF_CONTEXT ? before->count - end : BS_DIFF_CONTEXT;
    append_head(out, first->before - lead, end + tail - (first->before - lead), first->after - lead,
                after_end + tail - (first->after - lead));
    append_context(out, before, first->before - lead, first->before);
    append_changes(out, before, after, *first, &last);
    append_context(out, before, end, end + tail);
    return last;
}

bool bs_line_diff(struct bs_bytes before, struct bs_bytes after, const struct bs_diff_names *names,
                  struct bs_arena *arena, struct bs_strbuf *out)
{
    struct lines old, new;
    struct change change = {0};
    if (!split(before, arena, &old) || !split(after, arena, &new))
        return false;
    if (!find_change(&old, &new, 0, 0, &change))
        return true;
    bs_strbuf_printf(out, "--- %s\n+++ %s\n", names->before, names->after);
    do
        change = append_hunk(out, &old, &new, &change);
    while (find_change(&old, &new, change.before + change.before_count, change.after + change.after_count, &change));
    return !out->failed;
}
