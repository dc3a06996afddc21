/* SPDX-License-Identifier: BSD-2-Clause */
/* What the registry calls a message. */
#include "proof/sent_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct bs_address ann = {{"ann", 3}, {"example.com", 11}};
static const struct bs_address shouted = {{"ANN", 3}, {"Example.COM", 11}};
static const struct bs_address bob = {{"bob", 3}, {"example.com", 11}};

static bool make(const char *id, const struct bs_address *sender, char name[BS_SENT_NAME_SIZE + 1])
{
    struct bs_arena arena;
    bs_arena_init(&arena, 1 << 16);
    bool made = bs_sent_name(bs_bytes_from_cstr(id), sender, &arena, name);
    bs_arena_reset(&arena);
    return made;
}

static void message_and_sender_make_the_name_and_case_of_the_sender_does_not(void **state)
{
    (void)state;
    char one[BS_SENT_NAME_SIZE + 1], other[BS_SENT_NAME_SIZE + 1];
    assert_true(make("<1@example.com>", &ann, one));
    assert_int_equal(strspn(one, "0123456789abcdef"), BS_SENT_NAME_SIZE);
    assert_true(make("<1@example.com>", &shouted, other));
    assert_string_equal(one, other);
    assert_true(make("<1@example.com>", &bob, other));
    assert_string_not_equal(one, other);
    assert_true(make("<1@example.com>", NULL, other));
    assert_string_not_equal(one, other);
    assert_true(make("<1@Example.com>", &ann, other));
    assert_string_not_equal(one, other);
}

static void a_message_id_has_998_bytes_at_most(void **state)
{
    (void)state;
    char id[BS_MESSAGE_ID_MAX + 2], name[BS_SENT_NAME_SIZE + 1];
    memset(id, 'x', sizeof id);
    id[BS_MESSAGE_ID_MAX] = '\0';
    assert_true(make(id, &ann, name));
    id[BS_MESSAGE_ID_MAX] = 'x';
    id[BS_MESSAGE_ID_MAX + 1] = '\0';
    assert_false(make(id, &ann, name));
    assert_false(make("", &ann, name));
}

static void a_message_id_is_found_in_its_field(void **state)
{
    (void)state;
    static const struct {
        const char *body, *id;
    } cases[] = {
        {" <1@example.com>\r\n", "<1@example.com>"},
        {"\r\n\t<1@example.com> (added by x)", "<1@example.com>"},
        {" 1@example.com ", "1@example.com"},
        {" <1@example.com", "<1@example.com"},
        {" <1@a> <2@a>", "<1@a>"},
        {" > <1@a>", "<1@a>"},
        {" <> ", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_bytes id = bs_message_id_of(bs_bytes_from_cstr(cases[i].body));
        assert_int_equal(id.len, strlen(cases[i].id));
        assert_true(bs_bytes_equal(id, bs_bytes_from_cstr(cases[i].id)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_and_sender_make_the_name_and_case_of_the_sender_does_not),
        cmocka_unit_test(a_message_id_has_998_bytes_at_most),
        cmocka_unit_test(a_message_id_is_found_in_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
