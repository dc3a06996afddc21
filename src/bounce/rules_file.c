/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_file.h and backstop-rules(5). A line is a word and its value; errors begin with
 * FILE:LINE. */
#include "bounce/rules_file.h"

#include "base/utf8.h"
#include "bounce/failure.h"
#include "bounce/kind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAID_MAX = 40 }; /* bytes of a word that an error repeats */

struct reader {
    struct bs_rule_list *list;
    const char *name;
    int line;
    struct bs_rule_entry *entry; /* the rule under way; NULL before the first */
    bool has_place, has_says, has_weight;
    struct bs_error *error;
};

static const char *const places[] = {"subject", "from", "field", "text", "diagnostic"};
static const char *const roles[] = {"recipients-below", "recipient-here", "recipient-before",
                                    "returned-below", "quoted-below"};
_Static_assert(sizeof places / sizeof *places == BS_PLACE_COUNT, "each place has a name");
_Static_assert(sizeof roles / sizeof *roles == BS_ROLE_COUNT, "each role has a name");

const char *bs_rule_place_name(enum bs_rule_place place)
{
    return places[place];
}

const char *bs_rule_role_name(enum bs_rule_role role)
{
    return roles[role];
}

const char *bs_rule_conclusion(const struct bs_rule *rule, char *buffer, size_t size)
{
    if (rule->says == BS_RULE_KIND)
        return bs_kind_name((enum bs_kind)rule->concludes);
    if (rule->says == BS_RULE_ROLE)
        return roles[rule->concludes];
    snprintf(buffer, size, "failure %s", bs_failure_name((enum bs_failure)rule->concludes));
    return buffer;
}

static bool fail(const struct reader *reader, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(const struct reader *reader, int line, const char *format, ...)
{
    char text[BS_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return bs_error_set(reader->error, "%s:%d: %s", reader->name, line, text);
}

static bool fail_memory(const struct reader *reader)
{
    return fail(reader, reader->line, "no memory for the rules; BS_RULES_MEMORY_MAX is %d MiB",
                BS_RULES_MEMORY_MAX / (1024 * 1024));
}

/* What stands in the file, for an error: cut, and without what cannot be shown. */
struct said {
    char text[SAID_MAX + 1];
};

static struct said said(struct bs_bytes word)
{
    struct said said = {""};
    for (size_t i = 0; i < word.len && i < SAID_MAX; i++)
        said.text[i] = word.ptr[i] >= 0x20 && word.ptr[i] < 0x7f ? word.ptr[i] : '?';
    return said;
}

/* The rule that ends here has all that a rule needs. */
static bool finish_rule(struct reader *reader)
{
    struct bs_rule_entry *entry = reader->entry;
    const char *lacks = NULL;
    if (!entry)
        return true;
    if (!reader->has_says)
        lacks = "a line \"says\", which tells what a match means";
    else if (!entry->off && !reader->has_place)
        lacks =
            "a line \"in\", which tells where it looks: subject, from, field, text or diagnostic";
    else if (!entry->off && !entry->matches.first)
        lacks = "a line \"match\" with a pattern";
    else if (!entry->off && !entry->samples.first)
        lacks = "a line \"sample\" with a text that it matches";
    return !lacks || fail(reader, entry->line, "the rule %s lacks %s", entry->rule.id, lacks);
}

static bool is_id(struct bs_bytes id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !bs_ascii_is_digit(c) && c != '-')
            return false;
    }
    return id.len > 0 && id.len <= BS_RULES_ID_MAX;
}

static bool read_rule(struct reader *reader, struct bs_bytes id)
{
    struct bs_rule_list *list = reader->list;
    struct bs_rule_entry *entry = bs_arena_take(list->arena, sizeof *entry);
    struct bs_bytes copy = bs_arena_copy(list->arena, id);
    if (!finish_rule(reader))
        return false;
    if (!is_id(id))
        return fail(reader, reader->line,
                    "\"%s\" is no ID of a rule: lower-case letters, digits and hyphens, at most %d",
                    said(id).text, BS_RULES_ID_MAX);
    if (list->count >= BS_RULES_MAX)
        return fail(reader, reader->line, "there are more rules than BS_RULES_MAX (%d)",
                    BS_RULES_MAX);
    if (!entry || !copy.ptr)
        return fail_memory(reader);
    entry->rule = (struct bs_rule){.id = copy.ptr, .weight = BS_RULES_WEIGHT};
    entry->file = reader->name;
    entry->line = reader->line;
    entry->order = list->count++;
    *(list->last ? &list->last->next : &list->first) = entry;
    list->last = entry;
    reader->entry = entry;
    reader->has_place = reader->has_says = reader->has_weight = false;
    return true;
}

/* The place of a word in a list, or `count`. */
static size_t find_name(struct bs_bytes word, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && !bs_bytes_equal(word, bs_bytes_from_cstr(names[i])))
        i++;
    return i;
}

static bool read_place(struct reader *reader, struct bs_bytes word)
{
    size_t place = find_name(word, places, BS_PLACE_COUNT);
    if (reader->has_place)
        return fail(reader, reader->line,
                    "a second \"in\" for the rule %s; make a rule of its own of it",
                    reader->entry->rule.id);
    if (place == BS_PLACE_COUNT)
        return fail(reader, reader->line,
                    "\"%s\" is no place; there are subject, from, field, text and diagnostic",
                    said(word).text);
    reader->entry->rule.place = (enum bs_rule_place)place;
    reader->has_place = true;
    return true;
}

static bool conclude(struct reader *reader, enum bs_rule_says says, int what)
{
    reader->entry->rule.says = says;
    reader->entry->rule.concludes = what;
    return true;
}

static bool read_failure(struct reader *reader, struct bs_bytes word)
{
    for (int i = 0; i < BS_FAILURE_COUNT; i++) {
        if (bs_bytes_equal(word, bs_bytes_from_cstr(bs_failure_name((enum bs_failure)i))))
            return conclude(reader, BS_RULE_FAILURE, i);
    }
    return fail(reader, reader->line, "\"%s\" is no failure; backstop-rules(5) lists them",
                said(word).text);
}

static bool read_says(struct reader *reader, struct bs_bytes what)
{
    struct bs_bytes first = bs_bytes_first(what, bs_bytes_find(what, ' '));
    size_t role = find_name(what, roles, BS_ROLE_COUNT);
    if (reader->has_says)
        return fail(reader, reader->line, "a second \"says\" for the rule %s",
                    reader->entry->rule.id);
    reader->has_says = true;
    if (bs_bytes_equal(first, BS_LITERAL("failure")))
        return read_failure(reader, bs_bytes_trim(bs_bytes_skip(what, first.len)));
    if (role < BS_ROLE_COUNT)
        return conclude(reader, BS_RULE_ROLE, (int)role);
    reader->entry->off = bs_bytes_equal(what, BS_LITERAL("nothing"));
    if (reader->entry->off)
        return true;
    for (int i = 0; i < BS_KIND_COUNT; i++) {
        if (bs_bytes_equal(what, bs_bytes_from_cstr(bs_kind_name((enum bs_kind)i))))
            return conclude(reader, BS_RULE_KIND, i);
    }
    return fail(reader, reader->line,
                "nothing is known that a rule could say by \"%s\"; backstop-rules(5) has the list",
                said(what).text);
}

static bool read_weight(struct reader *reader, struct bs_bytes number)
{
    unsigned weight = 0;
    bool good = number.len > 0 && number.len <= 3;
    for (size_t i = 0; good && i < number.len; i++) {
        good = bs_ascii_is_digit(number.ptr[i]);
        weight = weight * 10 + (unsigned)(number.ptr[i] - '0');
    }
    if (!good || weight > BS_RULES_WEIGHT_MAX)
        return fail(reader, reader->line, "a weight is a number from 0 to %d", BS_RULES_WEIGHT_MAX);
    if (reader->has_weight)
        return fail(reader, reader->line, "a second weight for the rule %s",
                    reader->entry->rule.id);
    reader->has_weight = true;
    reader->entry->rule.weight = weight;
    return true;
}

/* What stands between the quotes; ptr is NULL where there are none at both ends. */
static struct bs_bytes unquote(struct bs_bytes value)
{
    size_t end = 1;
    if (value.len < 2 || value.ptr[0] != '"')
        return (struct bs_bytes){NULL, 0};
    while (end < value.len && value.ptr[end] != '"')
        end += value.ptr[end] == '\\' ? 2 : 1;
    return end == value.len - 1 ? bs_bytes(value.ptr + 1, end - 1) : (struct bs_bytes){NULL, 0};
}

/* Resolves \" and, in samples, \n and \\; false for another escape in a sample. `ret_text` is as
 * long as the text. */
static bool resolve(struct bs_bytes text, bool is_sample, char *ret_text, size_t *ret_length)
{
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], after = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        if (c != '\\') {
            ret_text[length++] = c;
        } else if (after == '"' || (is_sample && (after == '\\' || after == 'n'))) {
            ret_text[length++] = after == 'n' ? '\n' : after;
            i++;
        } else if (is_sample) {
            return false;
        } else {
            ret_text[length++] = c;
            ret_text[length++] = after;
            i++;
        }
    }
    *ret_length = length;
    return true;
}

static bool read_string(struct reader *reader, struct bs_bytes value, bool is_sample,
                        struct bs_rule_strings *strings)
{
    struct bs_rule_string *string = bs_arena_take(reader->list->arena, sizeof *string);
    struct bs_bytes text = unquote(value);
    char *resolved = bs_arena_take(reader->list->arena, text.len + 1);
    if (!text.ptr)
        return fail(reader, reader->line,
                    "a text in double quotes is missing, or something follows it; a quote within "
                    "it is \\\"");
    if (!string || !resolved)
        return fail_memory(reader);
    if (is_sample && text.len > BS_RULES_SAMPLE_MAX)
        return fail(reader, reader->line,
                    "the sample is longer than BS_RULES_SAMPLE_MAX (%d bytes)",
                    BS_RULES_SAMPLE_MAX);
    if (!bs_utf8_is_valid(text))
        return fail(reader, reader->line, "the text is not UTF-8");
    string->line = reader->line;
    if (!resolve(text, is_sample, resolved, &text.len))
        return fail(reader, reader->line, "a backslash in a sample stands before n, \\ or \" only");
    if (++reader->list->strings > BS_RULES_STRINGS_MAX)
        return fail(reader, reader->line,
                    "there are more patterns and samples than BS_RULES_STRINGS_MAX (%d)",
                    BS_RULES_STRINGS_MAX);
    string->text = bs_bytes(resolved, text.len);
    *(strings->last ? &strings->last->next : &strings->first) = string;
    strings->last = string;
    return true;
}

static bool read_line(struct reader *reader, struct bs_bytes line)
{
    struct bs_bytes word =
        bs_bytes_first(bs_bytes_first(line, bs_bytes_find(line, ' ')), bs_bytes_find(line, '\t'));
    struct bs_bytes value = bs_bytes_trim(bs_bytes_skip(line, word.len));
    if (bs_bytes_equal(word, BS_LITERAL("rule")))
        return read_rule(reader, value);
    if (!reader->entry)
        return fail(reader, reader->line, "before \"%s\" there must be a line \"rule ID\"",
                    said(word).text);
    if (bs_bytes_equal(word, BS_LITERAL("in")))
        return read_place(reader, value);
    if (bs_bytes_equal(word, BS_LITERAL("match")))
        return read_string(reader, value, false, &reader->entry->matches);
    if (bs_bytes_equal(word, BS_LITERAL("says")))
        return read_says(reader, value);
    if (bs_bytes_equal(word, BS_LITERAL("weight")))
        return read_weight(reader, value);
    if (bs_bytes_equal(word, BS_LITERAL("sample")))
        return read_string(reader, value, true, &reader->entry->samples);
    if (bs_bytes_equal(word, BS_LITERAL("unlike")))
        return read_string(reader, value, true, &reader->entry->unlikes);
    return fail(
        reader, reader->line,
        "\"%s\" is no word of rules; there are rule, in, match, says, weight, sample and unlike",
        said(word).text);
}

bool bs_rule_list_read(struct bs_rule_list *list, struct bs_bytes text, const char *name,
                       bool built_in, struct bs_error *ret_error)
{
    struct reader reader = {.list = list, .name = name, .error = ret_error};
    struct bs_rule_entry *before = list->last;
    if (text.len > BS_RULES_FILE_MAX)
        return bs_error_set(
            ret_error,
            "%s: a file of rules has at most BS_RULES_FILE_MAX (%d) bytes; make two of it", name,
            BS_RULES_FILE_MAX);
    for (struct bs_bytes rest = text; rest.len > 0;) {
        struct bs_bytes line = bs_bytes_first(rest, bs_bytes_find(rest, '\n'));
        rest = bs_bytes_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
        line = bs_bytes_trim(line);
        reader.line++;
        if (line.len > 0 && line.ptr[0] != '#' && !read_line(&reader, line))
            return false;
    }
    if (!finish_rule(&reader))
        return false;
    for (struct bs_rule_entry *entry = before ? before->next : list->first; entry;
         entry = entry->next)
        entry->built_in = built_in;
    return true;
}

static int by_id(const void *a, const void *b)
{
    const struct bs_rule_entry *const *left = a, *const *right = b;
    int difference = strcmp((*left)->rule.id, (*right)->rule.id);
    if (difference != 0)
        return difference;
    return (*left)->order < (*right)->order ? -1 : 1;
}

/* Marks what a later rule with its ID replaces. `entries` is in the order of by_id. */
static bool replace(struct bs_rule_entry **entries, size_t count, struct bs_error *ret_error)
{
    for (size_t i = 1; i < count; i++) {
        struct bs_rule_entry *first = entries[i - 1], *second = entries[i];
        if (strcmp(first->rule.id, second->rule.id) != 0)
            continue;
        if (!first->built_in || second->built_in)
            return bs_error_set(
                ret_error, "%s:%d: the ID %s is already that of the rule at %s:%d; give it another",
                second->file, second->line, second->rule.id, first->file, first->line);
        first->off = true;
    }
    return true;
}

static void drop_what_is_off(struct bs_rule_list *list)
{
    struct bs_rule_entry *last = NULL;
    struct bs_rule_entry **link = &list->first;
    list->count = 0;
    for (struct bs_rule_entry *entry = list->first; entry; entry = entry->next) {
        if (entry->off)
            continue;
        *link = last = entry;
        link = &entry->next;
        entry->order = list->count++;
    }
    *link = NULL;
    list->last = last;
}

bool bs_rule_list_settle(struct bs_rule_list *list, struct bs_error *ret_error)
{
    struct bs_rule_entry **entries =
        bs_arena_take(list->arena, (list->count + 1) * sizeof(struct bs_rule_entry *));
    size_t count = 0;
    if (!entries)
        return bs_error_set(ret_error, "no memory for the rules");
    for (struct bs_rule_entry *entry = list->first; entry; entry = entry->next)
        entries[count++] = entry;
    qsort(entries, count, sizeof *entries, by_id);
    if (!replace(entries, count, ret_error))
        return false;
    drop_what_is_off(list);
    return true;
}
