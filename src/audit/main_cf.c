/* SPDX-License-Identifier: BSD-2-Clause */
/* Editing main.cf; see main_cf.h. */
#include "audit/main_cf.h"

/* Offsets of a setting in the text. */
struct setting {
    struct bs_bytes name;
    size_t start; /* of its first line */
    size_t value; /* behind its equals sign */
    size_t end;   /* of its last line, line end included */
};

static size_t line_end(struct bs_bytes text, size_t at)
{
    return at + bs_bytes_find(bs_bytes_skip(text, at), '\n');
}

/* The offset behind the line's end, or that of the text's end. */
static size_t next_line(struct bs_bytes text, size_t at)
{
    size_t end = line_end(text, at);
    return end < text.len ? end + 1 : end;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_separator(char c)
{
    return is_blank(c) || c == ',' || c == '\n';
}

/* An empty line or a comment. */
static bool is_no_setting(struct bs_bytes line)
{
    line = bs_bytes_trim(line);
    return line.len == 0 || line.ptr[0] == '#';
}

static struct bs_bytes line_at(struct bs_bytes text, size_t at)
{
    return bs_bytes_first(bs_bytes_skip(text, at), line_end(text, at) - at);
}

/* Finds the next setting at or behind `at`. */
static bool find_setting(struct bs_bytes text, size_t at, struct setting *ret_setting)
{
    for (; at < text.len; at = next_line(text, at)) {
        struct bs_bytes line = line_at(text, at);
        size_t equals = bs_bytes_find(line, '=');
        if (is_no_setting(line) || is_blank(line.ptr[0]) || equals == line.len)
            continue;
        *ret_setting = (struct setting){.name = bs_bytes_trim(bs_bytes_first(line, equals)),
                                        .start = at, .value = at + equals + 1, .end = next_line(text, at)};
        for (at = ret_setting->end; at < text.len; at = next_line(text, at)) {
            line = line_at(text, at);
            if (is_no_setting(line))
                continue;
            if (!is_blank(line.ptr[0]))
                break;
            ret_setting->end = next_line(text, at);
        }
        return true;
    }
    return false;
}

static bool find_last_setting(struct bs_bytes text, const char *name, struct setting *ret_setting)
{
    struct setting setting;
    bool found = false;
    for (size_t at = 0; find_setting(text, at, &setting); at = setting.end) {
        if (!bs_bytes_equal(setting.name, bs_bytes_from_cstr(name)))
            continue;
        *ret_setting = setting;
        found = true;
    }
    return found;
}

/* The offset behind the closing brace; without one, that of the setting's end, line end not included. */
static size_t braces_end(struct bs_bytes text, size_t at, size_t end)
{
    size_t depth = 0;
    for (; at < end; at++) {
        if (text.ptr[at] == '{')
            depth++;
        if (text.ptr[at] == '}' && --depth == 0)
            return at + 1;
    }
    while (is_separator(text.ptr[end - 1]))
        end--;
    return end;
}

/* Finds the next item of the setting's value at or behind `at`, past comments. */
static bool find_item(struct bs_bytes text, const struct setting *setting, size_t at, size_t *ret_start,
                      size_t *ret_end)
{
    while (at < setting->end) {
        bool fresh_line = text.ptr[at - 1] == '\n';
        if (fresh_line && is_no_setting(line_at(text, at))) {
            at = next_line(text, at);
        } else if (is_separator(text.ptr[at])) {
            at++;
        } else {
            *ret_start = at;
            if (text.ptr[at] == '{')
                at = braces_end(text, at, setting->end);
            else
                while (at < setting->end && !is_separator(text.ptr[at]))
                    at++;
            *ret_end = at;
            return true;
        }
    }
    return false;
}

static void append_range(struct bs_strbuf *out, struct bs_bytes text, size_t start, size_t end)
{
    bs_strbuf_append(out, bs_bytes_first(bs_bytes_skip(text, start), end - start));
}

/* Puts the item before all others of a setting that the text has. */
static void add_to_setting(struct bs_bytes text, const struct setting *setting, const char *item,
                           struct bs_strbuf *out)
{
    size_t first, first_end;
    bool any = find_item(text, setting, setting->value, &first, &first_end);
    bool same_line = any && first < line_end(text, setting->value);
    size_t at = same_line ? first : setting->value;
    append_range(out, text, 0, at);
    bs_strbuf_printf(out, same_line ? "%s, " : any ? " %s," : " %s", item);
    append_range(out, text, at, text.len);
}

static void add_line(const struct bs_main_cf_item *item, struct bs_strbuf *out)
{
    bs_strbuf_printf(out, "\n%s = %s%s%s", item->name, item->item, item->rest[0] ? ", " : "", item->rest);
}

static void copy(struct bs_strbuf *buf, struct bs_bytes text)
{
    bs_strbuf_free(buf);
    bs_strbuf_append(buf, text);
}

void bs_main_cf_add(struct bs_bytes text, const struct bs_main_cf_item *items, size_t count, struct bs_strbuf *out)
{
    struct bs_strbuf now, next, added;
    struct setting setting;
    bool ended = text.len == 0 || text.ptr[text.len - 1] == '\n';
    bs_strbuf_init(&now, BS_MAIN_CF_MAX);
    bs_strbuf_init(&next, BS_MAIN_CF_MAX);
    bs_strbuf_init(&added, BS_MAIN_CF_MAX);
    copy(&now, text);
    for (size_t i = 0; i < count; i++) {
        if (!find_last_setting(bs_strbuf_bytes(&now), items[i].name, &setting)) {
            add_line(&items[i], &added);
            continue;
        }
        bs_strbuf_free(&next);
        add_to_setting(bs_strbuf_bytes(&now), &setting, items[i].item, &next);
        copy(&now, bs_strbuf_bytes(&next));
    }
    if (added.len > 0) {
        /* Added to a text without a line end, it has none either: so it can be told what to take out. */
        bs_strbuf_printf(&now, "%s\n" BS_MAIN_CF_MARK "%s%s", ended ? "" : "\n", bs_strbuf_cstr(&added),
                         ended ? "\n" : "");
    }
    out->failed = out->failed || now.failed || next.failed || added.failed;
    bs_strbuf_append(out, bs_strbuf_bytes(&now));
    bs_strbuf_free(&now);
    bs_strbuf_free(&next);
    bs_strbuf_free(&added);
}

/* Whether there is no item from `start` to `end`. */
static bool is_empty(struct bs_bytes text, size_t start, size_t end)
{
    while (start < end && is_separator(text.ptr[start]))
        start++;
    return start == end;
}

/* What to take out with the item from `start` to `end`: the separators that belong to it, or its whole line. */
static void widen(struct bs_bytes text, const struct setting *setting, size_t *io_start, size_t *io_end)
{
    size_t begin = *io_start, behind = *io_end, last = line_end(text, *io_end), next, next_end;
    while (begin > setting->value && text.ptr[begin - 1] != '\n')
        begin--;
    while (behind < last && is_separator(text.ptr[behind]))
        behind++;
    if (!is_empty(text, begin, *io_start)) {
        while (is_separator(text.ptr[*io_start - 1]))
            --*io_start;
    } else if (behind < last) {
        *io_end = behind;
    } else if (begin > setting->value) {
        *io_start = begin;
        *io_end = next_line(text, last);
    } else {
        while (*io_start > begin && is_blank(text.ptr[*io_start - 1]))
            --*io_start;
        if (*io_end < last && text.ptr[*io_end] == ',' && find_item(text, setting, *io_end, &next, &next_end))
            ++*io_end;
    }
}

/* Takes the items that match out of every list. */
static size_t remove_items(struct bs_bytes text, const struct bs_main_cf_filter *filter, struct bs_strbuf *out)
{
    struct setting setting;
    size_t kept = 0, removed = 0, start, end;
    for (size_t at = 0; find_setting(text, at, &setting); at = setting.end) {
        for (size_t item = setting.value; find_item(text, &setting, item, &start, &end); item = end) {
            struct bs_bytes found = bs_bytes_first(bs_bytes_skip(text, start), end - start);
            if (!filter->matches(filter->context, setting.name, found))
                continue;
            widen(text, &setting, &start, &end);
            append_range(out, text, kept, start > kept ? start : kept);
            kept = end;
            removed++;
        }
    }
    append_range(out, text, kept, text.len);
    return removed;
}

/* The last one: what was added last. */
static size_t find_mark(struct bs_bytes text)
{
    size_t found = text.len;
    for (size_t at = 0; at < text.len; at = next_line(text, at)) {
        if (bs_bytes_equal(line_at(text, at), BS_LITERAL(BS_MAIN_CF_MARK)))
            found = at;
    }
    return found;
}

/* Appends the lines right below the mark that still have a value; returns where they end. */
static size_t keep_marked(struct bs_bytes text, size_t at, const struct bs_main_cf_filter *filter,
                          struct bs_strbuf *out)
{
    struct setting setting;
    while (find_setting(text, at, &setting) && setting.start == at &&
           filter->matches(filter->context, setting.name, bs_bytes(NULL, 0))) {
        at = setting.end;
        if (!is_empty(text, setting.value, setting.end))
            append_range(out, text, setting.start, setting.end);
    }
    return at;
}

/* Takes out the mark, the empty line above it, and the lines right below it that have lost their value. */
static void remove_marked(struct bs_bytes text, const struct bs_main_cf_filter *filter, struct bs_strbuf *out)
{
    struct bs_strbuf kept;
    size_t mark = find_mark(text), start = mark;
    if (mark == text.len) {
        bs_strbuf_append(out, text);
        return;
    }
    bs_strbuf_init(&kept, BS_MAIN_CF_MAX);
    size_t end = keep_marked(text, next_line(text, mark), filter, &kept);
    if (start > 0 && (start == 1 || text.ptr[start - 2] == '\n'))
        start--;
    if (end == text.len && text.ptr[end - 1] != '\n' && kept.len == 0 && start > 0)
        start--;
    append_range(out, text, 0, start);
    bs_strbuf_append(out, bs_strbuf_bytes(&kept));
    append_range(out, text, end, text.len);
    bs_strbuf_free(&kept);
}

size_t bs_main_cf_remove(struct bs_bytes text, const struct bs_main_cf_filter *filter, struct bs_strbuf *out)
{
    struct bs_strbuf without;
    bs_strbuf_init(&without, BS_MAIN_CF_MAX);
    size_t removed = remove_items(text, filter, &without);
    if (removed > 0 && !filter->keep_mark)
        remove_marked(bs_strbuf_bytes(&without), filter, out);
    else
        bs_strbuf_append(out, bs_strbuf_bytes(&without));
    out->failed = out->failed || without.failed;
    bs_strbuf_free(&without);
    return removed;
}
