/* SPDX-License-Identifier: BSD-2-Clause */
/* What is suggested for a misspelt name. */
#include "config/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const names[] = {
    "user", "mode", "filters", "milter", "socketmap", "socketmap-name", "max-sessions", "max-recipients", "off",
};

static const char *nearest_to(struct bs_bytes word)
{
    struct bs_nearest nearest = bs_nearest_init(word);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        bs_nearest_offer(&nearest, names[i]);
    return nearest.name;
}

static void a_misspelt_name_finds_the_one_that_was_meant(void **state)
{
    static const struct {
        const char *word, *name;
    } cases[] = {
        {"mdoe", "mode"},         {"Mode", "mode"},           {"mod", "mode"},
        {"mmode", "mode"},        {"miltre", "milter"},       {"filter", "filters"},
        {"socket-map", "socketmap"}, {"max_sessions", "max-sessions"}, {"maxrecipient", "max-recipients"},
        {"max-recipents", "max-recipients"}, {"of", "off"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(nearest_to(bs_bytes_from_cstr(cases[i].word)), cases[i].name);
}

static void a_word_that_resembles_nothing_gets_no_suggestion(void **state)
{
    static const char *const words[] = {"", "x", "ab", "colour", "include", "maximum-of-everything"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_null(nearest_to(bs_bytes_from_cstr(words[i])));
}

static void a_word_of_any_length_is_looked_at_within_bounds(void **state)
{
    static char word[BS_NEAREST_WORD_MAX + 1], name[BS_NEAREST_WORD_MAX + 2];
    (void)state;
    memset(word, 'a', sizeof word);
    memset(name, 'a', sizeof name - 1);
    for (size_t length = BS_NEAREST_WORD_MAX; length <= BS_NEAREST_WORD_MAX + 1; length++) {
        struct bs_nearest nearest = bs_nearest_init(bs_bytes(word, length));
        name[length] = '\0';
        bs_nearest_offer(&nearest, name);
        assert_true((nearest.name != NULL) == (length <= BS_NEAREST_WORD_MAX));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_name_finds_the_one_that_was_meant),
        cmocka_unit_test(a_word_that_resembles_nothing_gets_no_suggestion),
        cmocka_unit_test(a_word_of_any_length_is_looked_at_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
