/* SPDX-License-Identifier: BSD-2-Clause */
/* U-labels to A-labels; see idn.h. The names of constants and the steps are those of RFC 3492 sections 5 and 6.3. */
#include "base/idn.h"

#include "base/utf8.h"

enum {
    BASE = 36,
    TMIN = 1,
    TMAX = 26,
    SKEW = 38,
    DAMP = 700,
    INITIAL_BIAS = 72,
    INITIAL_N = 128,
};

struct label {
    uint32_t points[BS_IDN_LABEL_MAX]; /* of a label of at most so many bytes */
    size_t count;
};

/* What is written so far; `full` where it did not fit. */
struct output {
    char text[BS_IDN_LABEL_MAX];
    size_t length;
    bool full;
};

static void put(struct output *out, char c)
{
    if (out->length == sizeof out->text)
        out->full = true;
    else
        out->text[out->length++] = c;
}

/* The character at the front, which is `length` bytes of well-formed UTF-8. */
static uint32_t code_point(const char *bytes, size_t length)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)bytes[0] & lead[length];
    for (size_t i = 1; i < length; i++)
        point = point << 6 | ((unsigned char)bytes[i] & 0x3f);
    return point;
}

static bool read_label(struct bs_bytes text, struct label *ret_label)
{
    ret_label->count = 0;
    if (text.len > BS_IDN_LABEL_MAX)
        return false;
    while (text.len > 0) {
        size_t length = bs_utf8_sequence(text);
        if (length == 0)
            return false;
        uint32_t point = code_point(text.ptr, length);
        ret_label->points[ret_label->count++] = point < 0x80 ? (unsigned char)bs_ascii_lower((char)point) : point;
        text = bs_bytes_skip(text, length);
    }
    return true;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

/* Writes delta as a variable-length integer. */
static void put_delta(struct output *out, uint32_t delta, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
        if (delta < t)
            break;
        put(out, digit(t + (delta - t) % (BASE - t)));
        delta = (delta - t) / (BASE - t);
    }
    put(out, digit(delta));
}

static uint32_t next_point(const struct label *label, uint32_t least)
{
    uint32_t next = UINT32_MAX;
    for (size_t i = 0; i < label->count; i++) {
        if (label->points[i] >= least && label->points[i] < next)
            next = label->points[i];
    }
    return next;
}

/* A label of at most 63 code points below 2^21 never makes delta overflow. */
static void encode(const struct label *label, struct output *out)
{
    uint32_t n = INITIAL_N, delta = 0, bias = INITIAL_BIAS, basic = 0;
    for (const char *c = "xn--"; *c; c++)
        put(out, *c);
    for (size_t i = 0; i < label->count; i++) {
        if (label->points[i] < INITIAL_N) {
            put(out, (char)label->points[i]);
            basic++;
        }
    }
    if (basic > 0)
        put(out, '-');
    for (uint32_t done = basic; done < label->count; n++, delta++) {
        uint32_t next = next_point(label, n);
        delta += (next - n) * (done + 1);
        n = next;
        for (size_t i = 0; i < label->count; i++) {
            delta += label->points[i] < n;
            if (label->points[i] == n) {
                put_delta(out, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
    }
}

static bool is_ascii(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] & 0x80)
            return false;
    }
    return true;
}

/* Appends a label to `io_text`, which has room for BS_IDN_LABEL_MAX bytes, or for the label where it is ASCII. */
static bool add_label(struct bs_bytes text, char *io_text, size_t *io_length)
{
    if (is_ascii(text)) {
        for (size_t i = 0; i < text.len; i++)
            io_text[(*io_length)++] = bs_ascii_lower(text.ptr[i]);
        return true;
    }
    struct label label;
    struct output out = {.length = 0};
    if (!read_label(text, &label))
        return false;
    encode(&label, &out);
    memcpy(io_text + *io_length, out.text, out.length);
    *io_length += out.length;
    return !out.full;
}

/* Bytes that hold the name in ASCII, its NUL included. */
static size_t room_for(struct bs_bytes name)
{
    size_t labels = 1;
    for (size_t i = 0; i < name.len; i++)
        labels += name.ptr[i] == '.';
    return is_ascii(name) ? name.len + 1 : name.len + labels * BS_IDN_LABEL_MAX + 1;
}

struct bs_bytes bs_idn_to_ascii(struct bs_bytes name, struct bs_arena *arena)
{
    size_t length = 0;
    char *text = bs_arena_take(arena, room_for(name));
    for (bool more = text != NULL; more;) {
        size_t end = bs_bytes_find(name, '.');
        more = end < name.len;
        if (!add_label(bs_bytes_first(name, end), text, &length))
            return bs_bytes(NULL, 0);
        if (more)
            text[length++] = '.';
        name = bs_bytes_skip(name, more ? end + 1 : end);
    }
    return bs_bytes(text, length);
}
