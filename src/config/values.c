/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing the numbers, and choices, of the configuration; see values.h. For texts see texts.c. */
#include "config/values.h"

#include "config/nearest.h"

#include <inttypes.h>

enum { ALLOWED_TEXT_MAX = 256 }; /* bytes of "a whole number from 0 to 256" and its like */

struct unit {
    char letter;
    int64_t factor;
    bool written; /* used when a value is printed */
};

/* Largest first, ended by factor 0. Weeks are read, but days are easier to compare. */
static const struct unit duration_units[] = {
    {'w', 604800, false}, {'d', 86400, true}, {'h', 3600, true}, {'m', 60, true}, {'s', 1, true}, {'\0', 0, false},
};

static const struct unit size_units[] = {
    {'M', 1024 * 1024, true}, {'k', 1024, true}, {'K', 1024, false}, {'\0', 1, true}, {'\0', 0, false},
};

static const struct {
    const char *word;
    bool value;
} truths[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"on", true}, {"off", false}};

/* Reads digits of the base; false for none, for any other character, and for what passes int64_t. */
static bool read_digits(struct bs_bytes text, int64_t base, int64_t *ret_number)
{
    int64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        int64_t digit = text.ptr[i] - '0';
        if (digit < 0 || digit >= base)
            return false;
        if (__builtin_mul_overflow(number, base, &number) || __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *ret_number = number;
    return text.len > 0;
}

/* Reads a number with the letter of a unit behind it; the unit '\0', if the table has it, is written without. */
static bool read_with_unit(struct bs_bytes text, const struct unit *units, int64_t *ret_number)
{
    char letter = text.len > 0 ? text.ptr[text.len - 1] : '\0';
    if (bs_ascii_is_digit(letter))
        letter = '\0';
    while (units->factor != 0 && units->letter != letter)
        units++;
    if (units->factor == 0)
        return false;
    if (!read_digits(bs_bytes_first(text, text.len - (letter != '\0')), 10, ret_number))
        return false;
    return !__builtin_mul_overflow(*ret_number, units->factor, ret_number);
}

static bool read_choice(const struct bs_option *option, struct bs_bytes text, int64_t *ret_number)
{
    for (int64_t i = 0; option->choices[i]; i++) {
        if (bs_bytes_equal(text, bs_bytes_from_cstr(option->choices[i]))) {
            *ret_number = i;
            return true;
        }
    }
    return false;
}

static bool read_truth(struct bs_bytes text, int64_t *ret_number)
{
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        if (bs_bytes_equal(text, bs_bytes_from_cstr(truths[i].word))) {
            *ret_number = truths[i].value;
            return true;
        }
    }
    return false;
}

/* Reads the value whatever its range. */
static bool read_any(const struct bs_option *option, struct bs_bytes text, int64_t *ret_number)
{
    switch (option->type) {
    case BS_OPTION_BOOL:
        return read_truth(text, ret_number);
    case BS_OPTION_INTEGER:
        return read_digits(text, 10, ret_number);
    case BS_OPTION_SIZE:
        return read_with_unit(text, size_units, ret_number);
    case BS_OPTION_DURATION:
        return read_with_unit(text, duration_units, ret_number);
    case BS_OPTION_PERMISSIONS:
        return read_digits(text, 8, ret_number);
    case BS_OPTION_CHOICE:
        return read_choice(option, text, ret_number);
    default:
        return false;
    }
}

static bool is_in_range(const struct bs_option *option, int64_t number)
{
    if (option->type == BS_OPTION_BOOL || option->type == BS_OPTION_CHOICE)
        return true;
    return number >= option->min && number <= option->max && (option->step == 0 || number % option->step == 0);
}

/* The choice that a misspelt one is nearest to, or NULL. */
static const char *nearest_choice(const struct bs_option *option, struct bs_bytes text)
{
    struct bs_nearest nearest = bs_nearest_init(text);
    for (const char *const *choice = option->choices; *choice; choice++)
        bs_nearest_offer(&nearest, *choice);
    return nearest.name;
}

bool bs_value_read_number(const struct bs_option *option, struct bs_bytes text, int64_t *ret_number,
                          struct bs_error *ret_error)
{
    struct bs_strbuf allowed;
    if (read_any(option, text, ret_number) && is_in_range(option, *ret_number))
        return true;
    bs_strbuf_init(&allowed, ALLOWED_TEXT_MAX);
    bs_value_append_allowed(option, &allowed);
    const char *nearest = nearest_choice(option, text);
    bs_error_set(ret_error, "is not %s%s%s%s", bs_strbuf_cstr(&allowed), nearest ? "; did you mean \"" : "",
                 nearest ? nearest : "", nearest ? "\"?" : "");
    bs_strbuf_free(&allowed);
    return false;
}

/* Writes the number with the largest unit that divides it; 0 with the smallest. */
static void append_with_unit(int64_t number, const struct unit *units, struct bs_strbuf *buf)
{
    while (units->factor != 1 && (!units->written || number == 0 || number % units->factor != 0))
        units++;
    bs_strbuf_printf(buf, "%" PRId64, number / units->factor);
    if (units->letter != '\0')
        bs_strbuf_append_char(buf, units->letter);
}

void bs_value_append_number(const struct bs_option *option, int64_t number, struct bs_strbuf *buf)
{
    switch (option->type) {
    case BS_OPTION_BOOL:
        bs_strbuf_append_cstr(buf, number ? "true" : "false");
        break;
    case BS_OPTION_SIZE:
        append_with_unit(number, size_units, buf);
        break;
    case BS_OPTION_DURATION:
        append_with_unit(number, duration_units, buf);
        break;
    case BS_OPTION_PERMISSIONS:
        bs_strbuf_printf(buf, "%04" PRIo64, (uint64_t)number);
        break;
    case BS_OPTION_CHOICE:
        bs_strbuf_append_cstr(buf, option->choices[number]);
        break;
    default:
        bs_strbuf_printf(buf, "%" PRId64, number);
    }
}

static void append_range(const struct bs_option *option, struct bs_strbuf *buf)
{
    bs_strbuf_append_cstr(buf, " from ");
    bs_value_append_number(option, option->min, buf);
    bs_strbuf_append_cstr(buf, " to ");
    bs_value_append_number(option, option->max, buf);
}

static void append_choices(const struct bs_option *option, struct bs_strbuf *buf)
{
    bs_strbuf_append_cstr(buf, "one of ");
    for (const char *const *choice = option->choices; *choice; choice++)
        bs_strbuf_printf(buf, "%s%s", choice == option->choices ? "" : ", ", *choice);
}

static const char *kind_of_number(const struct bs_option *option)
{
    switch (option->type) {
    case BS_OPTION_INTEGER:
        return "a whole number";
    case BS_OPTION_SIZE:
        return "a size in bytes, or with k or M,";
    case BS_OPTION_DURATION:
        return option->step == 86400 ? "a time in whole days" : "a time with its unit (s, m, h, d or w)";
    default:
        return "permissions in octal";
    }
}

void bs_value_append_allowed(const struct bs_option *option, struct bs_strbuf *buf)
{
    if (option->type == BS_OPTION_BOOL) {
        bs_strbuf_append_cstr(buf, "true or false");
    } else if (option->type == BS_OPTION_CHOICE) {
        append_choices(option, buf);
    } else if (bs_option_storage(option) == BS_STORAGE_NUMBER) {
        bs_strbuf_append_cstr(buf, kind_of_number(option));
        append_range(option, buf);
    }
}
