/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing points in time; see timestamp.h. */
#include "base/timestamp.h"

#include <stdio.h>

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

/* The date of a day since 1970-01-01: the inverse of day_of_date, for days from 0. */
static void date_of_day(int64_t day, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t z = day + 719468;
    int64_t era = z / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* from March */
    *ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

void bs_timestamp_format(int64_t seconds, char ret_text[BS_TIMESTAMP_TEXT])
{
    static const int64_t last = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */
    int year, month, day;
    seconds = seconds < 0 ? 0 : seconds > last ? last : seconds;
    int rest = (int)(seconds % BS_SECONDS_PER_DAY);
    date_of_day(seconds / BS_SECONDS_PER_DAY, &year, &month, &day);
    snprintf(ret_text, BS_TIMESTAMP_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day,
             rest / 3600, rest / 60 % 60, rest % 60);
}
