/* SPDX-License-Identifier: BSD-2-Clause */
/* Envelope addresses as clients really send them. */
#include "message/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct path_case {
    const char *path;
    const char *local; /* NULL: no address */
    const char *domain;
    const char *text;
};

static const struct path_case cases[] = {
    {"<user@example.com>", "user", "example.com", "user@example.com"},
    {"user@example.com", "user", "example.com", "user@example.com"},
    {" <user@example.com> ", "user", "example.com", "user@example.com"},
    {"<@relay.example,@other.example:user@example.com>", "user", "example.com", "user@example.com"},
    {"<postmaster>", "postmaster", "", "postmaster"},
    {"<user@example.com.>", "user", "example.com", "user@example.com"},
    {"<user@example.com..>", "user", "example.com..", "user@example.com.."},
    {"<user@.>", NULL, NULL, NULL},
    {"<user@[192.0.2.1]>", "user", "[192.0.2.1]", "user@[192.0.2.1]"},
    {"<\"user\"@example.com>", "user", "example.com", "user@example.com"},
    {"<\"john doe\"@example.com>", "john doe", "example.com", "\"john doe\"@example.com"},
    {"<\"a\\\"b\\\\c\"@example.com>", "a\"b\\c", "example.com", "\"a\\\"b\\\\c\"@example.com"},
    {"<\"a@b\"@example.com>", "a@b", "example.com", "\"a@b\"@example.com"},
    {"<a.\"b c\".d@example.com>", "a.b c.d", "example.com", "\"a.b c.d\"@example.com"},
    {"<prvs=0693afc14e=userx@test.ex>", "prvs=0693afc14e=userx", "test.ex", "prvs=0693afc14e=userx@test.ex"},
    {"<user+list@example.com>", "user+list", "example.com", "user+list@example.com"},
    {"<j..doe.@example.com>", "j..doe.", "example.com", "j..doe.@example.com"},
    {"<j\xc3\xb6rg@ex\xc3\xa4mple.com>", "j\xc3\xb6rg", "ex\xc3\xa4mple.com", "j\xc3\xb6rg@ex\xc3\xa4mple.com"},
    {"<>", NULL, NULL, NULL},
    {"", NULL, NULL, NULL},
    {"<user@>", NULL, NULL, NULL},
    {"<@example.com>", NULL, NULL, NULL},
    {"<user@example.com", NULL, NULL, NULL},
    {"<user name@example.com>", NULL, NULL, NULL},
    {"<user@exa mple.com>", NULL, NULL, NULL},
    {"<user@a@example.com>", NULL, NULL, NULL},
    {"<\"user@example.com>", NULL, NULL, NULL},
    {"<\"user\\", NULL, NULL, NULL},
    {"<\"\"@example.com>", NULL, NULL, NULL},
    {"<\"a\"b c@example.com>", NULL, NULL, NULL},
    {"<\"a\nb\"@example.com>", NULL, NULL, NULL},
    {"<user@example.com\r\nRCPT>", NULL, NULL, NULL},
};

static void each_path_reads_as_its_address_or_as_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct path_case *c = &cases[i];
        struct bs_arena arena;
        struct bs_address address;
        bs_arena_init(&arena, 65536);
        bool read = bs_path_parse(bs_bytes_from_cstr(c->path), &arena, &address);
        if (read != (c->local != NULL))
            fail_msg("%s: read is %d", c->path, read);
        if (read) {
            assert_int_equal(address.local.len, strlen(c->local));
            assert_memory_equal(address.local.ptr, c->local, address.local.len);
            assert_int_equal(address.domain.len, strlen(c->domain));
            assert_string_equal(bs_address_text(&address, &arena).ptr, c->text);
        }
        bs_arena_reset(&arena);
    }
}

static void an_address_of_the_mta_s_own_form_ends_its_local_part_at_the_last_at(void **state)
{
    static const char *const forms[][3] = {
        {"user@example.com", "user", "example.com"}, {"john doe@example.com.", "john doe", "example.com"},
        {"a@b@example.com", "a@b", "example.com"},   {"user", NULL, NULL},
        {"@example.com", NULL, NULL},                {"user@", NULL, NULL},
        {"", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct bs_address address;
        bool read = bs_address_from_internal(bs_bytes_from_cstr(forms[i][0]), &address);
        if (read != (forms[i][1] != NULL))
            fail_msg("%s: read is %d", forms[i][0], read);
        assert_true(!read || bs_bytes_equal(address.local, bs_bytes_from_cstr(forms[i][1])));
        assert_true(!read || bs_bytes_equal(address.domain, bs_bytes_from_cstr(forms[i][2])));
    }
}

static void an_address_that_an_mta_may_read_another_way_is_told(void **state)
{
    static const struct {
        const char *path;
        bool routed;
    } paths[] = {
        {"<user@example.com>", false},         {"<user+x@example.com>", false}, {"<user%example.com@relay.example>", true},
        {"<example.com!user>", true},          {"<user>", true},                {"<user@[192.0.2.1]>", true},
        {"<\"user@example.com\"@relay.example>", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct bs_arena arena;
        struct bs_address address;
        bs_arena_init(&arena, 65536);
        assert_true(bs_path_parse(bs_bytes_from_cstr(paths[i].path), &arena, &address));
        if (bs_address_may_be_routed(&address) != paths[i].routed)
            fail_msg("%s: routed is %d", paths[i].path, !paths[i].routed);
        bs_arena_reset(&arena);
    }
}

static void only_empty_brackets_are_the_null_path(void **state)
{
    (void)state;
    assert_true(bs_path_is_null(BS_LITERAL("<>")));
    assert_true(bs_path_is_null(BS_LITERAL(" <> ")));
    assert_false(bs_path_is_null(BS_LITERAL("<user>")));
    assert_false(bs_path_is_null(BS_LITERAL("<> x")));
}

static bool path_of_length_is_read(size_t length)
{
    char path[BS_PATH_MAX + 8];
    struct bs_arena arena;
    struct bs_address address;
    memset(path, 'a', length);
    memcpy(path + length - 4, "@b.c", 4);
    bs_arena_init(&arena, 65536);
    bool read = bs_path_parse(bs_bytes(path, length), &arena, &address);
    bs_arena_reset(&arena);
    return read;
}

static void a_path_is_read_up_to_its_limit(void **state)
{
    (void)state;
    assert_true(path_of_length_is_read(BS_PATH_MAX));
    assert_false(path_of_length_is_read(BS_PATH_MAX + 1));
}

static void a_nul_is_no_part_of_an_address(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_address address;
    bs_arena_init(&arena, 65536);
    assert_false(bs_path_parse(bs_bytes("<us\0er@example.com>", 19), &arena, &address));
    assert_false(bs_path_parse(bs_bytes("<user@exa\0mple.com>", 19), &arena, &address));
    assert_false(bs_path_parse(bs_bytes("<\"us\0er\"@example.com>", 21), &arena, &address));
    bs_arena_reset(&arena);
}

static void folding_and_extensions_follow_the_local_part(void **state)
{
    (void)state;
    struct bs_arena arena;
    bs_arena_init(&arena, 65536);
    struct bs_address address = {BS_LITERAL("UserX+News"), BS_LITERAL("Test.EX")};
    struct bs_address folded = bs_address_fold_case(&address, &arena);
    assert_string_equal(bs_address_text(&folded, &arena).ptr, "userx+news@test.ex");
    assert_true(bs_bytes_equal(bs_address_base_local(&address), BS_LITERAL("UserX")));
    struct bs_address plus = {BS_LITERAL("+news"), BS_LITERAL("test.ex")};
    assert_true(bs_bytes_equal(bs_address_base_local(&plus), BS_LITERAL("+news")));
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_reads_as_its_address_or_as_none),
        cmocka_unit_test(an_address_of_the_mta_s_own_form_ends_its_local_part_at_the_last_at),
        cmocka_unit_test(an_address_that_an_mta_may_read_another_way_is_told),
        cmocka_unit_test(only_empty_brackets_are_the_null_path),
        cmocka_unit_test(a_path_is_read_up_to_its_limit),
        cmocka_unit_test(a_nul_is_no_part_of_an_address),
        cmocka_unit_test(folding_and_extensions_follow_the_local_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
