/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_fold.h. Lower-case forms that are longer or shorter in UTF-8 than the letter are not
 * used. */
#include "bounce/rules_fold.h"

#include "base/utf8.h"
#include "message/charset.h"

#include <stdint.h>

bool bs_rules_fold_is_needless(struct bs_bytes text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

/* Letters from `first` to `last`: each has its lower case `distance` later, or, where `distance` is
 * 0, the even ones (the odd ones where `first` is odd) have it next to them. */
static const struct {
    uint16_t first, last, distance;
} cases[] = {
    {0xc0, 0xd6, 32},   {0xd8, 0xde, 32},   {0x100, 0x12e, 0},  {0x132, 0x136, 0},
    {0x139, 0x147, 0},  {0x14a, 0x176, 0},  {0x179, 0x17d, 0},  {0x1cd, 0x1db, 0},
    {0x1de, 0x1ee, 0},  {0x1f8, 0x21e, 0},  {0x386, 0x386, 38}, {0x388, 0x38a, 37},
    {0x38c, 0x38c, 64}, {0x38e, 0x38f, 63}, {0x391, 0x3a1, 32}, {0x3a3, 0x3ab, 32},
    {0x400, 0x40f, 80}, {0x410, 0x42f, 32}, {0x460, 0x480, 0},  {0x48a, 0x4be, 0},
    {0x4d0, 0x52e, 0},
};

static unsigned lower(unsigned letter)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases && letter >= cases[i].first; i++) {
        if (letter > cases[i].last)
            continue;
        if (cases[i].distance > 0)
            return letter + cases[i].distance;
        return (letter - cases[i].first) % 2 == 0 ? letter + 1 : letter;
    }
    return letter;
}

/* U+00A0 and two-byte letters. */
static void fold_two(const unsigned char *from, char *ret_to)
{
    unsigned letter = (from[0] & 0x1fU) << 6 | (from[1] & 0x3fU);
    unsigned folded = lower(letter);
    bool blank = letter == 0xa0;
    ret_to[0] = (char)(blank ? ' ' : 0xc0 | folded >> 6);
    ret_to[1] = (char)(blank ? ' ' : 0x80 | (folded & 0x3f));
}

/* U+2000 to U+200A, U+202F, U+3000, and the full-width capitals U+FF21 to U+FF3A. */
static void fold_three(const unsigned char *from, char *ret_to)
{
    unsigned letter = (from[0] & 0xfU) << 12 | (from[1] & 0x3fU) << 6 | (from[2] & 0x3fU);
    if ((letter >= 0x2000 && letter <= 0x200a) || letter == 0x202f || letter == 0x3000) {
        memset(ret_to, ' ', 3);
        return;
    }
    if (letter >= 0xff21 && letter <= 0xff3a)
        letter += 32;
    ret_to[0] = (char)(0xe0 | letter >> 12);
    ret_to[1] = (char)(0x80 | (letter >> 6 & 0x3f));
    ret_to[2] = (char)(0x80 | (letter & 0x3f));
}

/* One character, or a byte that is of none; returns its length. */
static size_t fold_character(struct bs_bytes text, char *ret_folded)
{
    size_t length = bs_utf8_sequence(text);
    if (length == 2)
        fold_two((const unsigned char *)text.ptr, ret_folded);
    else if (length == 3)
        fold_three((const unsigned char *)text.ptr, ret_folded);
    else
        memcpy(ret_folded, text.ptr, length > 0 ? length : 1);
    return length > 0 ? length : 1;
}

void bs_rules_fold(struct bs_bytes text, char *ret_folded)
{
    for (size_t i = 0; i < text.len;) {
        struct bs_bytes rest = bs_bytes_skip(text, i);
        if ((unsigned char)text.ptr[i] >= 0x80) {
            i += fold_character(rest, ret_folded + i);
            continue;
        }
        size_t run = bs_ascii_run(rest);
        memcpy(ret_folded + i, rest.ptr, run);
        i += run;
    }
}
