/* SPDX-License-Identifier: BSD-2-Clause */
/* Names with U-labels, against RFC 3492 section 7.1 and names that are in use. */
#include "base/idn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *name, *ascii; /* NULL: no name */
} cases[] = {
    {"example.com", "example.com"},
    {"Example.COM.", "example.com."},
    {"", ""},
    {"b\xc3\xbc" "cher.example", "xn--bcher-kva.example"},
    {"B\xc3\xbc" "cher.Example", "xn--bcher-kva.example"},
    {"\xc3\xbc", "xn--tda"},
    {"a.\xe4\xbe\x8b\xe5\xad\x90.b", "a.xn--fsqu00a.b"},
    /* (A) Arabic (Egyptian) */
    {"\xd9\x84\xd9\x8a\xd9\x87\xd9\x85\xd8\xa7\xd8\xa8\xd8\xaa\xd9\x83\xd9\x84\xd9\x85\xd9\x88\xd8\xb4\xd8\xb9\xd8\xb1"
     "\xd8\xa8\xd9\x8a\xd8\x9f", "xn--egbpdaj6bu4bxfgehfvwxn"},
    /* (B) Chinese (simplified) */
    {"\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
     "xn--ihqwcrb4cv8a8dqg056pqjye"},
    /* (S) */
    {"-> $1.00 <-", "-> $1.00 <-"},
    {"\xc3.example", NULL},
    {"\xf0\x90\x80\x80", "xn--2n7c"},
};

static void each_name_becomes_what_dns_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_arena arena;
        bs_arena_init(&arena, 4096);
        struct bs_bytes ascii = bs_idn_to_ascii(bs_bytes_from_cstr(cases[i].name), &arena);
        if ((ascii.ptr != NULL) != (cases[i].ascii != NULL) ||
            (ascii.ptr && !bs_bytes_equal(ascii, bs_bytes_from_cstr(cases[i].ascii))))
            fail_msg("%s: %.*s", cases[i].name, BS_BYTES_ARG(ascii));
        bs_arena_reset(&arena);
    }
}

/* Whether a label of `letters` times "a" and one u with diaeresis is read. */
static bool is_read(size_t letters)
{
    char name[128];
    struct bs_arena arena;
    memset(name, 'a', letters);
    memcpy(name + letters, "\xc3\xbc", 2);
    bs_arena_init(&arena, 4096);
    bool read = bs_idn_to_ascii(bs_bytes(name, letters + 2), &arena).ptr != NULL;
    bs_arena_reset(&arena);
    return read;
}

static void a_label_is_read_up_to_what_dns_can_hold(void **state)
{
    (void)state;
    size_t letters = 1;
    while (is_read(letters))
        letters++;
    char longest[128];
    struct bs_arena arena;
    memset(longest, 'a', letters - 1);
    memcpy(longest + letters - 1, "\xc3\xbc", 2);
    bs_arena_init(&arena, 4096);
    assert_int_equal(bs_idn_to_ascii(bs_bytes(longest, letters + 1), &arena).len, BS_IDN_LABEL_MAX);
    bs_arena_reset(&arena);
    bs_arena_init(&arena, 8);
    assert_null(bs_idn_to_ascii(BS_LITERAL("example.com"), &arena).ptr);
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_becomes_what_dns_has),
        cmocka_unit_test(a_label_is_read_up_to_what_dns_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
