/* SPDX-License-Identifier: BSD-2-Clause */
/* Japanese mail as CP932; see iso_2022_jp.h. */
#include "message/iso_2022_jp.h"

enum set { SINGLE, KATAKANA, DOUBLE, OTHER, NONE };

static const char ESCAPE = '\x1b', NO_CHARACTER = '\xff';

/* The set that the escape sequence at the front designates, and its size. */
static enum set read_escape(struct bs_bytes text, size_t *ret_size)
{
    static const struct {
        struct bs_bytes text;
        enum set set;
    } sequences[] = {
        {{"\x1b(B", 3}, SINGLE}, {{"\x1b(J", 3}, SINGLE},  {{"\x1b(H", 3}, SINGLE},  {{"\x1b(I", 3}, KATAKANA},
        {{"\x1b$B", 3}, DOUBLE}, {{"\x1b$@", 3}, DOUBLE},  {{"\x1b$(B", 4}, DOUBLE}, {{"\x1b$(@", 4}, DOUBLE},
        {{"\x1b$A", 3}, OTHER},  {{"\x1b$(C", 4}, OTHER}, {{"\x1b$(D", 4}, OTHER},  {{"\x1b.A", 3}, OTHER},
        {{"\x1b.F", 3}, OTHER},
    };
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        if (bs_bytes_equal(bs_bytes_first(text, sequences[i].text.len), sequences[i].text)) {
            *ret_size = sequences[i].text.len;
            return sequences[i].set;
        }
    }
    *ret_size = 1;
    return NONE;
}

static bool is_graphic(char c)
{
    return c >= 0x21 && c <= 0x7e;
}

/* A character of the double-byte set: two rows are one lead byte in CP932, whose second bytes leave 0x7f out. */
static void write_pair(const char *pair, char *ret_bytes)
{
    unsigned row = (unsigned char)pair[0] - 0x21u, cell = (unsigned char)pair[1] - 0x21u;
    unsigned lead = 0x81 + row / 2, second = 0x40 + cell + (row % 2) * 94;
    if (second >= 0x7f)
        second++;
    ret_bytes[0] = (char)(lead < 0xa0 ? lead : lead + 0x40);
    ret_bytes[1] = (char)second;
}

/* Writes the character at the front, whose size it says; returns how many bytes it wrote. */
static size_t write_character(enum set set, struct bs_bytes text, char *ret_bytes, size_t *ret_size)
{
    char c = text.ptr[0];
    *ret_size = 1;
    ret_bytes[0] = c;
    if (set == SINGLE || ((unsigned char)c < 0x80 && !is_graphic(c)))
        return 1;
    ret_bytes[0] = set == KATAKANA && is_graphic(c) && c < 0x60 ? (char)(c | 0x80) : NO_CHARACTER;
    if (set == KATAKANA || !is_graphic(c) || text.len == 1 || !is_graphic(text.ptr[1]))
        return 1;
    write_pair(text.ptr, ret_bytes);
    *ret_size = 2;
    return 2;
}

/* Takes what stands before the next escape and needs no look: of one byte each all, of two bytes each what is whole.
 * Returns how many bytes it wrote, which are as many. */
static size_t write_run(enum set set, struct bs_bytes *io_text, char *ret_bytes)
{
    size_t len = 0;
    if (set == SINGLE) {
        len = bs_bytes_find(*io_text, ESCAPE);
        memcpy(ret_bytes, io_text->ptr, len);
    }
    while (set == DOUBLE && len + 1 < io_text->len && is_graphic(io_text->ptr[len]) && is_graphic(io_text->ptr[len + 1])) {
        write_pair(io_text->ptr + len, ret_bytes + len);
        len += 2;
    }
    *io_text = bs_bytes_skip(*io_text, len);
    return len;
}

bool bs_iso_2022_jp_to_cp932(struct bs_bytes text, char *ret_bytes, size_t *ret_len)
{
    enum set set = SINGLE;
    size_t size, len = 0;
    while (text.len > 0) {
        size_t run = write_run(set, &text, ret_bytes + len);
        len += run;
        if (run > 0)
            continue;
        enum set next = text.ptr[0] == ESCAPE ? read_escape(text, &size) : NONE;
        if (next == OTHER)
            return false;
        if (text.ptr[0] != ESCAPE)
            len += write_character(set, text, ret_bytes + len, &size);
        else if (next == NONE)
            ret_bytes[len++] = NO_CHARACTER;
        else
            set = next;
        text = bs_bytes_skip(text, size);
    }
    *ret_len = len;
    return true;
}
