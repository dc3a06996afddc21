/* SPDX-License-Identifier: BSD-2-Clause */
/* The addresses of a From field, read leniently; reading strictly is tested with what it is for, in test_author.c. */
#include "message/mailbox_list.h"

#include "message/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The addresses as text, with blanks between them. */
static void addresses_of(struct bs_bytes body, char *text, size_t size)
{
    struct bs_arena arena;
    struct bs_address found[BS_FROM_ADDRESSES_MAX];
    bs_arena_init(&arena, 1 << 20);
    size_t length = 0, count = bs_from_addresses(body, &arena, found);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%.*s@%.*s", i ? " " : "",
                                   BS_BYTES_ARG(found[i].local), BS_BYTES_ARG(found[i].domain));
    bs_arena_reset(&arena);
}

static void addresses_are_found_beside_names_comments_and_groups(void **state)
{
    (void)state;
    static const struct {
        const char *body, *addresses;
    } cases[] = {
        {" ann@example.com", "ann@example.com"},
        {" Ann <ann@example.com>\r\n", "ann@example.com"},
        {" \"<bob@example.com>, \\\" (x\" <ann@example.com>", "ann@example.com"},
        {" (bob@example.com (nested \\) <eve@x>)) ann@example.com (Ann)", "ann@example.com"},
        {" Ann\r\n <ann@example.com>, Bob <bob@example.org>", "ann@example.com bob@example.org"},
        {" Staff: ann@example.com, Bob <bob@example.org>;", "ann@example.com bob@example.org"},
        {" <@relay.example:ann@example.com>", "ann@example.com"},
        {" \"ann smith\"@example.com", "ann smith@example.com"},
        {" <\"a>b\"@example.com>", "a>b@example.com"},
        {" ann@example.com <bob@example.org>", "bob@example.org"},
        {" undisclosed-recipients:;", ""},
        {" <ann@example.com", ""},
        {" \"ann@example.com", ""},
        {" ann", ""},
        {" <>", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        addresses_of(bs_bytes_from_cstr(cases[i].body), text, sizeof text);
        assert_string_equal(text, cases[i].addresses);
    }
}

static void sixteen_mailboxes_are_looked_at(void **state)
{
    (void)state;
    char body[512] = "", text[512];
    for (int i = 0; i < BS_FROM_ADDRESSES_MAX + 1; i++)
        sprintf(body + strlen(body), "a%d@b.example,", i);
    addresses_of(bs_bytes_from_cstr(body), text, sizeof text);
    assert_non_null(strstr(text, "a15@b.example"));
    assert_null(strstr(text, "a16@b.example"));
}

static void a_field_of_commas_costs_no_memory(void **state)
{
    (void)state;
    char *body = malloc(BS_HEADER_FIELD_MAX), text[64];
    memset(body, ',', BS_HEADER_FIELD_MAX);
    addresses_of(bs_bytes(body, BS_HEADER_FIELD_MAX), text, sizeof text);
    assert_string_equal(text, "");
    memset(body, '"', BS_HEADER_FIELD_MAX);
    addresses_of(bs_bytes(body, BS_HEADER_FIELD_MAX), text, sizeof text);
    assert_string_equal(text, "");
    free(body);
}

static void addresses_are_the_same_but_for_case(void **state)
{
    (void)state;
    struct bs_arena arena;
    static const struct bs_address shouted = {{"ANN", 3}, {"Example.COM", 11}};
    static const struct bs_address longer = {{"annn", 4}, {"example.com", 11}};
    bs_arena_init(&arena, 1 << 16);
    assert_true(bs_from_has(BS_LITERAL("Bob <bob@x.example>, Ann <ann@example.com>"), &shouted, &arena));
    assert_false(bs_from_has(BS_LITERAL("Ann <ann@example.com>"), &longer, &arena));
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_found_beside_names_comments_and_groups),
        cmocka_unit_test(sixteen_mailboxes_are_looked_at),
        cmocka_unit_test(a_field_of_commas_costs_no_memory),
        cmocka_unit_test(addresses_are_the_same_but_for_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
