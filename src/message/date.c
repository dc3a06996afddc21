/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates of messages; see date.h. The words are taken one by one and put together as base/timestamp reads them. */
#include "message/date.h"

#include "base/timestamp.h"
#include "message/comment.h"

#include <stdio.h>

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* Bytes up to the next place where a word may begin. */
static size_t gap_size(struct bs_bytes text)
{
    size_t comment = text.ptr[0] == '(' ? bs_comment_size(text) : 1;
    return comment > 0 ? comment : text.len;
}

/* Takes the next word off; empty at the end. */
static struct bs_bytes next_word(struct bs_bytes *io_text)
{
    size_t length = 0;
    while (io_text->len > 0 && (is_gap(io_text->ptr[0]) || io_text->ptr[0] == '('))
        *io_text = bs_bytes_skip(*io_text, gap_size(*io_text));
    while (length < io_text->len && !is_gap(io_text->ptr[length]) && io_text->ptr[length] != '(')
        length++;
    struct bs_bytes word = bs_bytes_first(*io_text, length);
    *io_text = bs_bytes_skip(*io_text, length);
    return word;
}

static bool read_number(struct bs_bytes word, size_t digits_max, int *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (i == digits_max || !bs_ascii_is_digit(word.ptr[i]))
            return false;
        *ret_number = *ret_number * 10 + (word.ptr[i] - '0');
    }
    return word.len > 0;
}

/* 1 to 12; 0 for what is no month. */
static int read_month(struct bs_bytes word)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int month = 1; word.len == 3 && month <= 12; month++) {
        if (bs_bytes_equal_nocase(word, bs_bytes(names + (month - 1) * 3, 3)))
            return month;
    }
    return 0;
}

/* RFC 5322 section 4.3: two digits are 1950 to 2049, three are counted from 1900. */
static bool read_year(struct bs_bytes word, int *ret_year)
{
    if (word.len < 2 || !read_number(word, 4, ret_year))
        return false;
    if (word.len == 2)
        *ret_year += *ret_year < 50 ? 2000 : 1900;
    else if (word.len == 3)
        *ret_year += 1900;
    return true;
}

static bool read_time(struct bs_bytes word, int parts[3])
{
    parts[2] = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t end = bs_bytes_find(word, ':');
        if (!read_number(bs_bytes_first(word, end), 2, &parts[i]))
            return false;
        if (end == word.len)
            return i > 0;
        word = bs_bytes_skip(word, end + 1);
    }
    return false;
}

/* Seconds east of UTC. */
static bool read_zone(struct bs_bytes word, int *ret_seconds)
{
    static const struct {
        char name[4];
        int hours;
    } names[] = {{"EDT", -4}, {"EST", -5}, {"CDT", -5}, {"CST", -6}, {"MDT", -6}, {"MST", -7}, {"PDT", -7}, {"PST", -8}};
    int number;
    *ret_seconds = 0;
    if (word.len == 5 && (word.ptr[0] == '+' || word.ptr[0] == '-')) {
        if (!read_number(bs_bytes_skip(word, 1), 4, &number))
            return false;
        *ret_seconds = (number / 100 * 3600 + number % 100 * 60) * (word.ptr[0] == '-' ? -1 : 1);
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (bs_bytes_equal_nocase(word, bs_bytes(names[i].name, 3)))
            *ret_seconds = names[i].hours * 3600;
    }
    return true;
}

bool bs_date_parse(struct bs_bytes body, int64_t *ret_seconds)
{
    int day, year, time[3], zone;
    char text[48];
    int64_t seconds;
    if (body.len > BS_DATE_SIZE_MAX)
        return false;
    struct bs_bytes word = next_word(&body);
    if (word.len > 0 && !bs_ascii_is_digit(word.ptr[0]))
        word = next_word(&body);
    if (!read_number(word, 2, &day))
        return false;
    int month = read_month(next_word(&body));
    if (month == 0 || !read_year(next_word(&body), &year) || !read_time(next_word(&body), time) ||
        !read_zone(next_word(&body), &zone))
        return false;
    int second = time[2] == 60 ? 59 : time[2]; /* a leap second */
    int length = snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", year, month, day, time[0], time[1], second);
    if (!bs_timestamp_parse(bs_bytes(text, (size_t)length), &seconds))
        return false;
    *ret_seconds = seconds - zone;
    return true;
}
