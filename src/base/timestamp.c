/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading points in time; see timestamp.h. */
#include "base/timestamp.h"

/* Days since 1970-01-01 of a date of the Gregorian calendar, counted from March so that leap days come last. */
static int64_t day_of_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Reads `count` digits off the front of `text`. */
static bool take_number(struct bs_bytes *text, size_t count, int *ret_number)
{
    int number = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!bs_ascii_is_digit(text->ptr[i]))
            return false;
        number = number * 10 + (text->ptr[i] - '0');
    }
    *text = bs_bytes_skip(*text, count);
    *ret_number = number;
    return true;
}

static bool take_char(struct bs_bytes *text, char c)
{
    if (text->len == 0 || text->ptr[0] != c)
        return false;
    *text = bs_bytes_skip(*text, 1);
    return true;
}

static bool take_date(struct bs_bytes *text, int64_t *ret_day)
{
    int year, month, day;
    if (!take_number(text, 4, &year) || !take_char(text, '-') || !take_number(text, 2, &month) ||
        !take_char(text, '-') || !take_number(text, 2, &day))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_day = day_of_date(year, month, day);
    return true;
}

static bool take_time(struct bs_bytes *text, int64_t *ret_seconds)
{
    int hour, minute, second;
    if (!take_number(text, 2, &hour) || !take_char(text, ':') || !take_number(text, 2, &minute) ||
        !take_char(text, ':') || !take_number(text, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return true;
}

/* The digits behind an `@`: seconds since 1970. Twelve digits reach beyond the year 30000. */
static bool parse_seconds(struct bs_bytes text, int64_t *ret_seconds)
{
    int64_t seconds = 0;
    if (text.len == 0 || text.len > 12)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]))
            return false;
        seconds = seconds * 10 + (text.ptr[i] - '0');
    }
    *ret_seconds = seconds;
    return true;
}

bool bs_timestamp_parse(struct bs_bytes text, int64_t *ret_seconds)
{
    int64_t day, seconds = 0;
    if (take_char(&text, '@'))
        return parse_seconds(text, ret_seconds);
    if (!take_date(&text, &day))
        return false;
    if (text.len > 0) {
        if (!take_char(&text, 'T') && !take_char(&text, ' '))
            return false;
        if (!take_time(&text, &seconds))
            return false;
        take_char(&text, 'Z');
        if (text.len > 0)
            return false;
    }
    *ret_seconds = day * BS_SECONDS_PER_DAY + seconds;
    return true;
}
