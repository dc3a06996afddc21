/* SPDX-License-Identifier: BSD-2-Clause */
/* Tag lists; see dkim_taglist.h. */
#include "auth/dkim_taglist.h"

#include "base/utf8.h"

enum { SHOWN_NAME_MAX = 32 }; /* bytes of a tag's name in an error */

static bool is_name(struct bs_bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = bs_ascii_lower(name.ptr[i]);
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && (i == 0 || (!bs_ascii_is_digit(c) && c != '_')))
            return false;
    }
    return name.len > 0;
}

static bool is_value(struct bs_bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return false;
    }
    return true;
}

static bool add_tag(struct bs_bytes spec, struct bs_dkim_taglist *list, struct bs_error *ret_error)
{
    size_t equals = bs_bytes_find(spec, '=');
    struct bs_dkim_tag tag = {.name = bs_bytes_trim(bs_bytes_first(spec, equals))};
    if (equals == spec.len)
        return bs_error_set(ret_error, "tag %zu has no \"=\"", list->count + 1);
    if (!is_name(tag.name))
        return bs_error_set(ret_error, "tag %zu has no name, or an impossible one", list->count + 1);
    struct bs_bytes shown = bs_bytes_first(tag.name, SHOWN_NAME_MAX);
    tag.span = bs_bytes_skip(spec, equals + 1);
    tag.value = bs_bytes_trim(tag.span);
    if (!is_value(tag.value))
        return bs_error_set(ret_error, "%.*s= holds a control character", BS_BYTES_ARG(shown));
    for (size_t i = 0; i < list->count; i++) {
        if (bs_bytes_equal(list->tags[i].name, tag.name))
            return bs_error_set(ret_error, "%.*s= is there twice", BS_BYTES_ARG(shown));
    }
    if (list->count == BS_DKIM_TAGS_MAX)
        return bs_error_set(ret_error, "there are more than %d tags", BS_DKIM_TAGS_MAX);
    list->tags[list->count++] = tag;
    return true;
}

bool bs_dkim_taglist_parse(struct bs_bytes text, struct bs_dkim_taglist *ret_list, struct bs_error *ret_error)
{
    ret_list->count = 0;
    if (!bs_utf8_is_valid(text))
        return bs_error_set(ret_error, "the tag list is not UTF-8");
    do {
        size_t end = bs_bytes_find(text, ';');
        if (!add_tag(bs_bytes_first(text, end), ret_list, ret_error))
            return false;
        text = bs_bytes_skip(text, end < text.len ? end + 1 : end);
    } while (bs_bytes_trim(text).len > 0);
    return true;
}

const struct bs_dkim_tag *bs_dkim_taglist_find(const struct bs_dkim_taglist *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bs_bytes_equal(list->tags[i].name, bs_bytes_from_cstr(name)))
            return &list->tags[i];
    }
    return NULL;
}

bool bs_dkim_next_item(struct bs_bytes *io_list, bool *io_more, struct bs_bytes *ret_item)
{
    if (!*io_more)
        return false;
    size_t end = bs_bytes_find(*io_list, ':');
    *ret_item = bs_bytes_trim(bs_bytes_first(*io_list, end));
    *io_more = end < io_list->len;
    *io_list = bs_bytes_skip(*io_list, *io_more ? end + 1 : end);
    return true;
}

bool bs_dkim_list_has(struct bs_bytes list, const char *item)
{
    struct bs_bytes found;
    for (bool more = true; bs_dkim_next_item(&list, &more, &found);) {
        if (bs_bytes_equal_nocase(found, bs_bytes_from_cstr(item)))
            return true;
    }
    return false;
}
