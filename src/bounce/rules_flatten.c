/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_flatten.h. A word is what stands between white space. */
#include "bounce/rules_flatten.h"

#include "base/stride.h"

struct flattening {
    struct bs_bytes code;   /* "550" of a line "550-..." that was seen; empty before one */
    struct bs_bytes status; /* "5.1.1" behind it */
    bool after_code;        /* the last word was such a code, and was left out */
    char *out;
    size_t length;
};

/* What makes a byte another than most. */
enum { SPACE = 1, AT = 2, TYPOGRAPHICAL = 4 /* what typographical apostrophes begin with */ };
static const unsigned char traits[256] = {
    ['\t'] = SPACE, ['\n'] = SPACE, ['\v'] = SPACE,         ['\f'] = SPACE,        ['\r'] = SPACE,
    [' '] = SPACE,  ['@'] = AT,     [0xc2] = TYPOGRAPHICAL, [0xe2] = TYPOGRAPHICAL};

static bool is_space(char c)
{
    return traits[(unsigned char)c] == SPACE;
}

/* "FROM:" of "FROM:<y@example.org>:"; nothing of an address without <. */
static struct bs_bytes before_address(struct bs_bytes word)
{
    size_t bracket = bs_bytes_find(word, '<');
    return bs_bytes_first(word, bracket < word.len ? bracket : 0);
}

/* d.d.d.d, perhaps in brackets and with a full stop behind it. */
static bool is_ip_address(struct bs_bytes word)
{
    size_t dots = 0, digits = 0;
    if (bs_ascii_lower(word.ptr[0]) >= 'a' || (unsigned char)word.ptr[0] >= 0x80)
        return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (bs_ascii_is_digit(c))
            digits++;
        else if (c == '.')
            dots++;
        else if (!strchr("[]()<>:,;", c) || c == '\0')
            return false;
    }
    return dots >= 3 && dots <= 4 && digits >= 4 && digits <= 15;
}

/* Whether the word is "550-" or "550-5.1.1", the beginning of a reply's line that is not the last;
 * keeps what it is.
 */
static bool is_continuation(struct flattening *flattening, struct bs_bytes word)
{
    bool is = word.len >= 4 && word.ptr[3] == '-' && (word.ptr[0] == '4' || word.ptr[0] == '5') &&
              bs_ascii_is_digit(word.ptr[1]) && bs_ascii_is_digit(word.ptr[2]);
    for (size_t i = 4; is && i < word.len; i++)
        is = bs_ascii_is_digit(word.ptr[i]) || word.ptr[i] == '.';
    if (is && word.len > 4)
        flattening->status = bs_bytes_skip(word, 4);
    if (is)
        flattening->code = bs_bytes_first(word, 3);
    return is;
}

/* Whether the word is a code that was there before: "550", or the status behind it. */
static bool is_repeated(struct flattening *flattening, struct bs_bytes word)
{
    bool first = flattening->code.len == 0;
    bool is_code = is_continuation(flattening, word)
                       ? !first
                       : !first && bs_bytes_equal(word, flattening->code);
    bool is_status = !is_code && flattening->after_code && flattening->status.len > 0 &&
                     bs_bytes_equal(word, flattening->status);
    flattening->after_code = is_code;
    return is_code || is_status;
}

size_t bs_rules_apostrophe(struct bs_bytes text)
{
    if (text.len >= 3 && text.ptr[0] == '\xe2' && text.ptr[1] == '\x80')
        return text.ptr[2] == '\x98' || text.ptr[2] == '\x99' ? 3 : 0;
    return text.len >= 2 && text.ptr[0] == '\xc2' && text.ptr[1] == '\xb4' ? 2 : 0;
}

/* A word, in which typographical apostrophes may be. */
static void put_word(struct flattening *flattening, struct bs_bytes word)
{
    for (size_t i = 0; i < word.len;) {
        size_t apostrophe = bs_rules_apostrophe(bs_bytes_skip(word, i));
        flattening->out[flattening->length++] = apostrophe > 0 ? '\'' : word.ptr[i];
        i += apostrophe > 0 ? apostrophe : 1;
    }
}

/* What a run of white space becomes. */
static char collapse_run(struct bs_bytes run)
{
    size_t end = bs_bytes_find_last(run, '\n');
    if (end == run.len)
        return ' ';
    return end + 1 == run.len ? '\n' : BS_RULES_INDENT;
}

/* Whether a byte may need a change: all but typographical apostrophes, and white space that is more
 * than one blank or line end, does not. */
static bool is_irregular(struct bs_bytes text, size_t i)
{
    unsigned char trait = traits[(unsigned char)text.ptr[i]];
    if (trait == TYPOGRAPHICAL)
        return bs_rules_apostrophe(bs_bytes_skip(text, i)) > 0;
    return trait == SPACE && ((text.ptr[i] != ' ' && text.ptr[i] != '\n') || i + 1 == text.len ||
                              is_space(text.ptr[i + 1]));
}

/* Of a stride of bytes, those that are white space. */
static inline BS_STRIDE_OF_BYTES spaces(BS_STRIDE_OF_BYTES bytes)
{
    return (bytes == ' ') | ((bytes >= '\t') & (bytes <= '\r'));
}

/* The length of what needs no change. */
static size_t regular_length(struct bs_bytes text)
{
    size_t i = 0;
    while (i + BS_STRIDE < text.len) {
        BS_STRIDE_OF_BYTES bytes = bs_stride_at(text.ptr + i),
                           next = bs_stride_at(text.ptr + i + 1);
        BS_STRIDE_OF_BYTES single = (bytes == ' ') | (bytes == '\n');
        size_t first = bs_stride_first((spaces(bytes) & (spaces(next) | ~single)) |
                                       (bytes == (signed char)0xc2) | (bytes == (signed char)0xe2));
        i += first;
        if (first < BS_STRIDE && is_irregular(text, i))
            return i;
        i += first < BS_STRIDE;
    }
    while (i < text.len && !is_irregular(text, i))
        i++;
    return i;
}

size_t bs_rules_collapse(struct bs_bytes text, char *ret_seen, struct bs_rules_shrink *ret_shrinks,
                         size_t *ret_shrink_count)
{
    size_t length = 0, shrinks = 0;
    for (size_t i = 0; i < text.len;) {
        size_t regular = regular_length(bs_bytes_skip(text, i));
        memcpy(ret_seen + length, text.ptr + i, regular);
        length += regular;
        i += regular;
        size_t apostrophe = bs_rules_apostrophe(bs_bytes_skip(text, i)), run = apostrophe;
        while (apostrophe == 0 && i + run < text.len && is_space(text.ptr[i + run]))
            run++;
        if (run == 0)
            continue;
        ret_seen[length] = apostrophe > 0 ? '\'' : collapse_run(bs_bytes(text.ptr + i, run));
        i += run;
        if (run > 1)
            ret_shrinks[shrinks++] =
                (struct bs_rules_shrink){.from = (uint32_t)(apostrophe > 0 ? length : length + 1),
                                         .shift = (uint32_t)(i - length - 1)};
        length++;
    }
    *ret_shrink_count = shrinks;
    return length;
}

size_t bs_rules_end(size_t place, bool is_space, const struct bs_rules_shrink *shrinks,
                    size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (shrinks[middle].from <= place)
            low = middle + 1;
        else
            high = middle;
    }
    return place + (low > 0 ? shrinks[low - 1].shift : 0) + (is_space ? 0 : 1);
}

static void take_word(struct flattening *flattening, struct bs_bytes word, unsigned traits_of_it)
{
    if (traits_of_it & AT)
        word = before_address(word);
    if (word.len == 0 || is_ip_address(word) || is_repeated(flattening, word))
        return;
    if (flattening->length > 0)
        flattening->out[flattening->length++] = ' ';
    if (traits_of_it & TYPOGRAPHICAL) {
        put_word(flattening, word);
        return;
    }
    memcpy(flattening->out + flattening->length, word.ptr, word.len);
    flattening->length += word.len;
}

/* The length of the word that the text begins with, and whether any byte of it may have a trait. */
static size_t word_length(struct bs_bytes text, bool *ret_any)
{
    size_t i = 0;
    *ret_any = false;
    for (; i + BS_STRIDE <= text.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES bytes = bs_stride_at(text.ptr + i);
        size_t end = bs_stride_first(spaces(bytes)),
               trait = bs_stride_first((bytes == '@') | (bytes == (signed char)0xc2) |
                                       (bytes == (signed char)0xe2));
        *ret_any = *ret_any || trait < end;
        if (end < BS_STRIDE)
            return i + end;
    }
    for (; i < text.len && !is_space(text.ptr[i]); i++)
        *ret_any = *ret_any || traits[(unsigned char)text.ptr[i]] != 0;
    return i;
}

static unsigned traits_of(struct bs_bytes word)
{
    unsigned all = 0;
    for (size_t i = 0; i < word.len; i++)
        all |= traits[(unsigned char)word.ptr[i]];
    return all;
}

size_t bs_rules_flatten(struct bs_bytes text, char *ret_flat)
{
    struct flattening flattening = {.out = ret_flat};
    while (text.len > 0) {
        bool any;
        struct bs_bytes word = bs_bytes_first(text, word_length(text, &any));
        if (word.len > 0)
            take_word(&flattening, word, any ? traits_of(word) : 0);
        text = bs_bytes_skip(text, word.len < text.len ? word.len + 1 : word.len);
    }
    return flattening.length;
}
