/* SPDX-License-Identifier: BSD-2-Clause */
/* Authentication-Results that claim to be ours; see results_ours.h. */
#include "auth/results_ours.h"

#include "message/domain_names.h"
#include "message/encoded_word.h"

#include <stdlib.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Whether some reader takes the name for ours: it is, perhaps with bytes in it that are not seen. */
static bool is_like_our_name(struct bs_bytes name)
{
    static const char ours[] = "authentication-results";
    size_t matched = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~')
            continue;
        if (matched == sizeof ours - 1 || bs_ascii_lower(name.ptr[i]) != ours[matched])
            return false;
        matched++;
    }
    return matched == sizeof ours - 1;
}

/* What may be part of an id; = and @ are, so that the value of a property is none. */
static bool is_word_char(char c)
{
    return !is_blank(c) && !is_control(c) && !strchr(";(),:/?\"\\<>[]{}", c);
}

static struct bs_bytes without_dots_at_end(struct bs_bytes word)
{
    while (word.len > 0 && word.ptr[word.len - 1] == '.')
        word.len--;
    return word;
}

bool bs_authserv_ids_add(struct bs_authserv_ids *ids, struct bs_bytes id, struct bs_arena *arena)
{
    char normal[BS_DOMAIN_NAME_MAX + 1];
    size_t length;
    id = without_dots_at_end(bs_bytes_trim(id));
    if (id.len == 0 || ids->count == BS_AUTHSERV_IDS_MAX)
        return false;
    bool is_name = bs_domain_normal_form(id, normal, &length);
    struct bs_bytes copy = bs_arena_copy(arena, is_name ? bs_bytes(normal, length) : id);
    if (!copy.ptr)
        return false;
    ids->have_a_labels = ids->have_a_labels || bs_bytes_contains_nocase(copy, BS_LITERAL("xn--"));
    ids->items[ids->count++] = copy;
    return true;
}

/* A text that is compared with our ids. */
struct comparison {
    const struct bs_authserv_ids *ids;
    char *scratch;   /* as large as the text */
    size_t u_words;  /* words with U-labels so far */
};

static bool is_one_of(struct bs_bytes word, const struct bs_authserv_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (bs_bytes_equal_nocase(word, ids->items[i]))
            return true;
    }
    return false;
}

static bool has_u_label(struct bs_bytes word)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((unsigned char)word.ptr[i] >= 0x80)
            return true;
    }
    return false;
}

static bool is_id(struct comparison *comparison, struct bs_bytes word)
{
    char normal[BS_DOMAIN_NAME_MAX + 1];
    size_t length;
    if (is_one_of(word, comparison->ids))
        return true;
    if (!comparison->ids->have_a_labels || !has_u_label(word))
        return false;
    if (++comparison->u_words > BS_AUTHSERV_WORDS_MAX)
        return true;
    return bs_domain_normal_form(word, normal, &length) && is_one_of(bs_bytes(normal, length), comparison->ids);
}

static bool has_id_as_word(struct comparison *comparison, struct bs_bytes text)
{
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && is_word_char(text.ptr[end]))
            end++;
        struct bs_bytes word = without_dots_at_end(bs_bytes(text.ptr + at, end - at));
        if (word.len > 0 && is_id(comparison, word))
            return true;
        at = end + 1;
    }
    return false;
}

/* Where the semicolon is that ends the id: the first outside of quotes and comments that something precedes; the
 * length of the text where there is none, as in one whose quotes or comments are not closed. */
static size_t end_of_id(struct bs_bytes text)
{
    size_t depth = 0;
    bool quoted = false, word = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\')
            i++;
        else if (c == '"' && depth == 0)
            quoted = !quoted;
        else if (!quoted && c == '(')
            depth++;
        else if (!quoted && c == ')' && depth > 0)
            depth--;
        else if (!quoted && depth == 0 && c == ';' && word)
            return i;
        word = word || (depth == 0 && is_word_char(c));
    }
    return text.len;
}

/* How a reader may simplify the text before he compares it. */
enum simplification { WITHOUT_CONTROLS, WITHOUT_COMMENTS, WITHOUT_BLANKS, SIMPLIFICATIONS };

/* Copies the text without what the reader passes over. */
static size_t simplify(struct bs_bytes text, enum simplification how, char *ret_text)
{
    size_t length = 0, depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool leave = (is_control(c) && !(c == '\t' && how < WITHOUT_BLANKS)) || c == '\\' ||
                     (c == ' ' && how == WITHOUT_BLANKS);
        if (how != WITHOUT_CONTROLS) {
            depth += c == '(';
            leave = leave || depth > 0 || c == '"';
            depth -= c == ')' && depth > 0;
        }
        if (!leave)
            ret_text[length++] = c;
    }
    return length;
}

/* Whether one of our ids is in the text by any of these readings. */
static bool has_id(struct comparison *comparison, struct bs_bytes text)
{
    if (has_id_as_word(comparison, text))
        return true;
    for (int how = 0; how < SIMPLIFICATIONS; how++) {
        size_t length = simplify(text, (enum simplification)how, comparison->scratch);
        if (has_id_as_word(comparison, bs_bytes(comparison->scratch, length)))
            return true;
    }
    return false;
}

/* The same with look-alikes of ASCII characters as those, and with encoded words decoded; `room` holds the text
 * twice. */
static bool has_disguised_id(const struct bs_authserv_ids *ids, struct bs_bytes text, char *room)
{
    struct comparison comparison = {.ids = ids, .scratch = room};
    struct bs_decoded_words words;
    char *read = room + text.len;
    if (has_id(&comparison, text))
        return true;
    size_t length = bs_domain_fold_lookalikes(text, read);
    if (length < text.len && has_id(&comparison, bs_bytes(read, length)))
        return true;
    length = bs_encoded_words_decode(text, false, read, &words);
    return words.count > 0 && has_id(&comparison, bs_bytes(read, length));
}

/* Whether the body begins with an id of ours to some reader; it does where its end is missing, and where there is no
 * memory to tell. */
static bool body_is_ours(struct bs_bytes body, bool cut, const struct bs_authserv_ids *ids)
{
    struct bs_bytes head = bs_bytes_first(body, end_of_id(body));
    if (cut && head.len == body.len)
        return true;
    char *room = malloc(2 * head.len + 1);
    bool ours = !room || has_disguised_id(ids, head, room);
    free(room);
    return ours;
}

/* Whether some reader ends a line at this byte. */
static bool is_line_end(char c)
{
    return c == '\r' || c == '\n' || c == '\0' || c == '\v' || c == '\f';
}

/* Whether a line is a field of ours. */
static bool line_is_ours(struct bs_bytes line, bool cut, const struct bs_authserv_ids *ids, size_t *io_seen)
{
    size_t colon = bs_bytes_find(line, ':');
    if (colon == line.len || !is_like_our_name(bs_bytes_first(line, colon)))
        return false;
    return ++*io_seen > BS_AUTHSERV_HIDDEN_MAX || body_is_ours(bs_bytes_skip(line, colon + 1), cut, ids);
}

/* Whether a line within the field is a field of ours to a reader who knows other line ends. */
static bool hides_ours(const struct bs_header_field *field, const struct bs_authserv_ids *ids)
{
    size_t seen = 0;
    if (!(field->flags & (BS_FIELD_BAD_FOLD | BS_FIELD_BARE_CR | BS_FIELD_NUL | BS_FIELD_CONTROL)))
        return false;
    for (size_t i = 0; i + 1 < field->raw.len; i++) {
        struct bs_bytes rest = bs_bytes_skip(field->raw, i + 1);
        bool begins = is_line_end(field->raw.ptr[i]) && bs_ascii_lower(rest.ptr[0]) == 'a';
        bool cut = rest.len > BS_AUTHSERV_HIDDEN_SIZE || field->flags & BS_FIELD_CUT;
        if (begins && line_is_ours(bs_bytes_first(rest, BS_AUTHSERV_HIDDEN_SIZE), cut, ids, &seen))
            return true;
    }
    return false;
}

bool bs_results_are_ours(const struct bs_header_field *field, const struct bs_authserv_ids *ids)
{
    bool ours = is_like_our_name(field->name) && body_is_ours(field->body, field->flags & BS_FIELD_CUT, ids);
    return ours || hides_ours(field, ids);
}

/* Of fields of this name, the how manieth this one is. */
static unsigned index_of(const struct bs_header *header, size_t which)
{
    const struct bs_header_field *field = &header->fields[which];
    unsigned index = 1;
    for (size_t i = 0; i < which; i++)
        index += header->fields[i].name_hash == field->name_hash &&
                 bs_header_field_is(&header->fields[i], field->name);
    return index;
}

bool bs_results_find_ours(const struct bs_header *header, const struct bs_authserv_ids *ids, struct bs_arena *arena,
                          struct bs_field_places *ret_places)
{
    bool failed = header->failed;
    struct bs_field_place *places = NULL;
    *ret_places = (struct bs_field_places){.count = 0};
    ret_places->incomplete = header->failed || header->flags & (BS_HEADER_TOO_MANY | BS_HEADER_TOO_LARGE);
    for (size_t i = header->count; i > 0 && !failed; i--) {
        if (!bs_results_are_ours(&header->fields[i - 1], ids))
            continue;
        if (!places)
            places = bs_arena_take(arena, i * sizeof *places);
        failed = failed || !places;
        if (!failed)
            places[ret_places->count++] = (struct bs_field_place){&header->fields[i - 1], index_of(header, i - 1)};
    }
    ret_places->items = places;
    return !failed;
}
