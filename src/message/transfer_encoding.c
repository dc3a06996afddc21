/* SPDX-License-Identifier: BSD-2-Clause */
/* Transfer encodings; see transfer_encoding.h. */
#include "message/transfer_encoding.h"

#include "base/stride.h"

/* Noise is at most one character in 16; and 16 characters in lines without any are base64 whatever follows them:
 * mailing lists append plain text. */
enum { NOISE_SHARE = 16, CLEAN_MIN = 16 };

/* Where the decoder of quoted-printable stands. */
enum { LITERAL, AFTER_EQUALS, AFTER_DIGIT, AFTER_BLANK, AFTER_CR };

enum bs_transfer_encoding bs_transfer_encoding_parse(struct bs_bytes field_body)
{
    struct bs_bytes text = bs_bytes_trim(field_body);
    if (text.len > 0 && text.ptr[0] == '"')
        text = bs_bytes_skip(text, 1);
    if (bs_bytes_starts_nocase(text, BS_LITERAL("base64")))
        return BS_TRANSFER_BASE64;
    if (bs_bytes_starts_nocase(text, BS_LITERAL("quoted-printable")) ||
        bs_bytes_starts_nocase(text, BS_LITERAL("quoted printable")))
        return BS_TRANSFER_QUOTED_PRINTABLE;
    return BS_TRANSFER_IDENTITY;
}

void bs_transfer_init(struct bs_transfer_decoder *decoder, enum bs_transfer_encoding encoding)
{
    *decoder = (struct bs_transfer_decoder){.encoding = encoding};
}

/* What a character stands for in base64, plus IS_DIGIT; 0 for what is none. */
enum { IS_DIGIT = 64 };
#define LETTERS(from, first) [from] = first, [from + 1] = first + 1, [from + 2] = first + 2, [from + 3] = first + 3, \
    [from + 4] = first + 4, [from + 5] = first + 5, [from + 6] = first + 6, [from + 7] = first + 7, \
    [from + 8] = first + 8, [from + 9] = first + 9
#define ALPHABET(from, first) LETTERS(from, first), LETTERS(from + 10, first + 10), [from + 20] = first + 20, \
    [from + 21] = first + 21, [from + 22] = first + 22, [from + 23] = first + 23, [from + 24] = first + 24, \
    [from + 25] = first + 25
static const unsigned char base64_digits[256] = {
    ALPHABET('A', IS_DIGIT), ALPHABET('a', IS_DIGIT + 26), LETTERS('0', IS_DIGIT + 52), ['+'] = IS_DIGIT + 62,
    ['/'] = IS_DIGIT + 63,
};

/* How many characters of a line are none of base64; pads are, but not three in a row. */
static size_t count_foreign(struct bs_bytes line)
{
    size_t count = 0, pads = 0;
    for (size_t i = 0; i < line.len; i++) {
        pads = line.ptr[i] == '=' ? pads + 1 : 0;
        count += pads > 0 ? pads > 2 : base64_digits[(unsigned char)line.ptr[i]] == 0;
    }
    return count;
}

bool bs_transfer_is_base64(struct bs_bytes beginning)
{
    size_t foreign = 0, all = 0, clean = 0;
    bool padded = false;
    while (beginning.len > 0) {
        size_t end = bs_bytes_find(beginning, '\n');
        struct bs_bytes line = bs_bytes_trim(bs_bytes_first(beginning, end));
        foreign += count_foreign(line);
        all += line.len;
        if (foreign == 0 && line.len > 0) {
            clean = all;
            padded = all >= 4 && line.ptr[line.len - 1] == '=';
        }
        beginning = bs_bytes_skip(beginning, end < beginning.len ? end + 1 : end);
    }
    return foreign * NOISE_SHARE <= all || clean >= CLEAN_MIN || padded;
}

/* Decodes groups of four characters as long as nothing else is among them; returns how many bytes it wrote. */
static size_t decode_groups(struct bs_bytes *io_input, char *ret_bytes, size_t room)
{
    static const unsigned digits = IS_DIGIT << 18 | IS_DIGIT << 12 | IS_DIGIT << 6 | IS_DIGIT;
    size_t length = 0, i = 0;
    for (; i + 4 <= io_input->len && length + BS_TRANSFER_ROOM_MIN <= room; i += 4) {
        const unsigned char *at = (const unsigned char *)io_input->ptr + i;
        unsigned a = base64_digits[at[0]], b = base64_digits[at[1]], c = base64_digits[at[2]], d = base64_digits[at[3]];
        if (!(a & b & c & d))
            break;
        unsigned value = (a << 18) + (b << 12) + (c << 6) + d - digits;
        ret_bytes[length++] = (char)(value >> 16);
        ret_bytes[length++] = (char)(value >> 8 & 0xff);
        ret_bytes[length++] = (char)(value & 0xff);
    }
    *io_input = bs_bytes_skip(*io_input, i);
    return length;
}

static size_t decode_base64(struct bs_transfer_decoder *decoder, struct bs_bytes *io_input, char *ret_bytes, size_t room)
{
    size_t length = 0;
    while (io_input->len > 0 && length + BS_TRANSFER_ROOM_MIN <= room) {
        if (decoder->bits == 0)
            length += decode_groups(io_input, ret_bytes + length, room - length);
        if (io_input->len == 0 || length + BS_TRANSFER_ROOM_MIN > room)
            break;
        char c = io_input->ptr[0];
        unsigned digit = base64_digits[(unsigned char)c];
        *io_input = bs_bytes_skip(*io_input, 1);
        if (digit == 0) {
            decoder->bits = c == '=' ? 0 : decoder->bits;
            continue;
        }
        decoder->value = (decoder->value << 6 | (digit - IS_DIGIT)) & 0xffffff;
        decoder->bits += 6;
        if (decoder->bits >= 8) {
            decoder->bits -= 8;
            ret_bytes[length++] = (char)(decoder->value >> decoder->bits & 0xff);
        }
    }
    return length;
}

/* What a character stands for as a hexadecimal digit; below 0 for what is none. */
static int hex_digit(char c)
{
    static const unsigned char digits[256] = {
        LETTERS('0', 1), ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
        ['A'] = 11,      ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    };
    return digits[(unsigned char)c] - 1;
}

/* What came behind an `=` that encodes nothing; returns how many bytes it wrote. */
static size_t keep_escape(unsigned state, char first, char *ret_bytes)
{
    static const char behind[] = {[AFTER_BLANK] = ' ', [AFTER_CR] = '\r'};
    ret_bytes[0] = '=';
    if (state == AFTER_EQUALS)
        return 1;
    ret_bytes[1] = state == AFTER_DIGIT ? first : behind[state];
    return 2;
}

/* Takes one byte behind an `=`; returns how many bytes it wrote, and whether the byte has to be looked at again. */
static size_t decode_escape(struct bs_transfer_decoder *decoder, char c, char *ret_bytes, bool *ret_again)
{
    unsigned state = decoder->state;
    *ret_again = false;
    decoder->state = LITERAL;
    if (state == AFTER_EQUALS && hex_digit(c) >= 0) {
        decoder->state = AFTER_DIGIT;
        decoder->first = c;
        return 0;
    }
    if (state == AFTER_DIGIT && hex_digit(c) >= 0) {
        ret_bytes[0] = (char)(hex_digit(decoder->first) << 4 | hex_digit(c));
        return 1;
    }
    if (state != AFTER_DIGIT && c == '\n')
        return 0;
    if (state != AFTER_DIGIT && state != AFTER_CR && (c == ' ' || c == '\t' || c == '\r')) {
        decoder->state = c == '\r' ? AFTER_CR : AFTER_BLANK;
        return 0;
    }
    *ret_again = true;
    return keep_escape(state, decoder->first, ret_bytes);
}

/* Copies what stands before an `=`; there is room for all of the input. */
static size_t copy_literal(struct bs_bytes input, char *ret_bytes)
{
    size_t i = 0;
    for (; i + BS_STRIDE <= input.len; i += BS_STRIDE) {
        BS_STRIDE_OF_BYTES here = bs_stride_at(input.ptr + i);
        size_t equals = bs_stride_first(here == '=');
        memcpy(ret_bytes + i, &here, sizeof here);
        if (equals < BS_STRIDE)
            return i + equals;
    }
    for (; i < input.len && input.ptr[i] != '='; i++)
        ret_bytes[i] = input.ptr[i];
    return i;
}

static size_t decode_quoted_printable(struct bs_transfer_decoder *decoder, struct bs_bytes *io_input, char *ret_bytes,
                                      size_t room)
{
    size_t length = 0;
    while (io_input->len > 0 && length + BS_TRANSFER_ROOM_MIN <= room) {
        if (decoder->state != LITERAL) {
            bool again;
            length += decode_escape(decoder, io_input->ptr[0], ret_bytes + length, &again);
            *io_input = bs_bytes_skip(*io_input, again ? 0 : 1);
            continue;
        }
        struct bs_bytes shown = bs_bytes_first(*io_input, room - length);
        size_t run = copy_literal(shown, ret_bytes + length);
        length += run;
        int high = run + 2 < shown.len ? hex_digit(shown.ptr[run + 1]) : -1;
        int low = high >= 0 ? hex_digit(shown.ptr[run + 2]) : -1;
        if (low >= 0) {
            ret_bytes[length++] = (char)(high << 4 | low);
            *io_input = bs_bytes_skip(*io_input, run + 3);
            continue;
        }
        if (run < shown.len)
            decoder->state = AFTER_EQUALS;
        *io_input = bs_bytes_skip(*io_input, run < shown.len ? run + 1 : run);
    }
    return length;
}

size_t bs_transfer_decode(struct bs_transfer_decoder *decoder, struct bs_bytes *io_input, char *ret_bytes, size_t room)
{
    if (decoder->encoding == BS_TRANSFER_BASE64)
        return decode_base64(decoder, io_input, ret_bytes, room);
    if (decoder->encoding == BS_TRANSFER_QUOTED_PRINTABLE)
        return decode_quoted_printable(decoder, io_input, ret_bytes, room);
    size_t length = io_input->len < room ? io_input->len : room;
    if (length > 0)
        memcpy(ret_bytes, io_input->ptr, length);
    *io_input = bs_bytes_skip(*io_input, length);
    return length;
}

size_t bs_transfer_finish(struct bs_transfer_decoder *decoder, char *ret_bytes)
{
    unsigned state = decoder->state;
    decoder->state = LITERAL;
    return state == AFTER_DIGIT ? keep_escape(state, decoder->first, ret_bytes) : 0;
}
