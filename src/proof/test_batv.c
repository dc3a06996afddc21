/* SPDX-License-Identifier: BSD-2-Clause */
/* Tags: Exim's own vectors, what relays do to addresses, the wrap of days, other programs' tags. */
#include "proof/batv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { DAY = 86400 };
static const int64_t august_21 = INT64_C(20686) * DAY; /* 2026-08-21 */

struct fixture {
    struct bs_arena arena;
    struct bs_batv_keys keys;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    bs_arena_init(&fixture.arena, 1 << 20);
    fixture.keys = (struct bs_batv_keys){.signing_digit = 0};
    fixture.keys.by_digit[0] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    fixture.keys.by_digit[3] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    bs_batv_keys_free(&fixture->keys);
    bs_arena_reset(&fixture->arena);
    return 0;
}

static struct bs_address parsed(struct fixture *fixture, const char *path)
{
    struct bs_address address;
    if (!bs_path_parse(bs_bytes_from_cstr(path), &fixture->arena, &address))
        fail_msg("%s is no address", path);
    return address;
}

static const char *sign(struct fixture *fixture, unsigned digit, const char *path, int64_t now, unsigned lifetime)
{
    struct bs_address address = parsed(fixture, path);
    fixture->keys.signing_digit = digit;
    return bs_batv_sign(&fixture->keys, &address, now, lifetime, &fixture->arena).ptr;
}

static struct bs_batv_verdict verify(struct fixture *fixture, const char *path, int64_t now)
{
    struct bs_address address = parsed(fixture, path);
    return bs_batv_verify(&fixture->keys, &address, now, &fixture->arena);
}

/* As Exim 4.96 prints them for ${prvs{ADDRESS}{secret}{DIGIT}} on that day. */
static void tags_are_exims_to_the_byte(void **state)
{
    assert_string_equal(sign(*state, 0, "userx@test.ex", august_21, 7), "prvs=0693afc14e=userx@test.ex");
    assert_string_equal(sign(*state, 3, "userx@test.ex", august_21, 7), "prvs=369355b2d3=userx@test.ex");
    assert_string_equal(sign(*state, 3, "UserX@Test.EX", august_21, 7), "prvs=3693190c2e=UserX@Test.EX");
}

static void a_sender_has_one_tag_all_day_and_another_the_next(void **state)
{
    const char *morning = sign(*state, 0, "userx@test.ex", august_21, 7);
    assert_string_equal(sign(*state, 0, "userx@test.ex", august_21 + DAY - 1, 7), morning);
    assert_string_not_equal(sign(*state, 0, "userx@test.ex", august_21 + DAY, 7), morning);
}

static void a_quoted_local_part_stays_quoted_around_the_tag(void **state)
{
    const char *tagged = sign(*state, 0, "\"john doe\"@test.ex", august_21, 7);
    assert_memory_equal(tagged, "\"prvs=0693", 10);
    assert_non_null(strstr(tagged, "=john doe\"@test.ex"));
    struct bs_batv_verdict verdict = verify(*state, tagged, august_21);
    assert_int_equal(verdict.result, BS_BATV_VALID);
    struct fixture *fixture = *state;
    assert_string_equal(bs_address_text(&verdict.original, &fixture->arena).ptr, "\"john doe\"@test.ex");
}

struct verify_case {
    const char *path;
    enum bs_batv_result result;
    const char *original;
};

static const struct verify_case verify_cases[] = {
    {"prvs=0693afc14e=userx@test.ex", BS_BATV_VALID, "userx@test.ex"},
    {"<prvs=3693190c2e=UserX@Test.EX>", BS_BATV_VALID, "UserX@Test.EX"},
    /* case changed on the way */
    {"PRVS=0693AFC14E=USERX@TEST.EX", BS_BATV_VALID, "userx@test.ex"},
    {"prvs=0693afc14e=userx@TEST.ex", BS_BATV_VALID, "userx@test.ex"},
    {"prvs=0693afc14e=UserX@test.ex", BS_BATV_VALID, "userx@test.ex"},
    {"prvs=069392a45e=UserX@test.ex", BS_BATV_VALID, "UserX@test.ex"},
    {"prvs=069392a45e=UserX@TEST.EX", BS_BATV_VALID, "UserX@test.ex"},
    {"prvs=069392a45e=userx@test.ex", BS_BATV_FORGED, NULL},
    {"\"prvs=0693afc14e=userx\"@test.ex", BS_BATV_VALID, "userx@test.ex"},
    /* forgeries: another address, digit, day, signature */
    {"prvs=0693afc14e=userz@test.ex", BS_BATV_FORGED, NULL},
    {"prvs=0693afc14e=userx@test.example", BS_BATV_FORGED, NULL},
    {"prvs=3693afc14e=userx@test.ex", BS_BATV_FORGED, NULL},
    {"prvs=0694afc14e=userx@test.ex", BS_BATV_FORGED, NULL},
    {"prvs=0693afc14f=userx@test.ex", BS_BATV_FORGED, NULL},
    {"prvs=0693afc14e=prvs=0693afc14e=userx@test.ex", BS_BATV_FORGED, NULL},
    {"prvs=0693afc14e=userx", BS_BATV_FORGED, NULL},
    {"prvs=1693afc14e=userx@test.ex", BS_BATV_UNKNOWN_KEY, NULL},
    /* other programs' tags, and what only looks like one */
    {"prvs=12345678=userx@test.ex", BS_BATV_FOREIGN, NULL},
    {"prvs=userx=0693afc14e@test.ex", BS_BATV_FOREIGN, NULL},
    {"prvs=0693afc14z=userx@test.ex", BS_BATV_FOREIGN, NULL},
    {"btv1==0693afc14e==userx@test.ex", BS_BATV_FOREIGN, NULL},
    {"msprvs1=17000abcdef=userx@test.ex", BS_BATV_FOREIGN, NULL},
    {"userx+prvs=0693afc14e@test.ex", BS_BATV_FOREIGN, NULL},
    {"userx@test.ex", BS_BATV_NONE, NULL},
    {"prvs@test.ex", BS_BATV_NONE, NULL},
    {"prvs=@test.ex", BS_BATV_NONE, NULL},
    {"prvs==userx@test.ex", BS_BATV_NONE, NULL},
    {"prvs=userx=@test.ex", BS_BATV_NONE, NULL},
    {"prvs=0693afc14e=@test.ex", BS_BATV_NONE, NULL},
    {"xprvs=0693afc14e=userx@test.ex", BS_BATV_NONE, NULL},
};

static void each_tag_is_what_it_is(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof verify_cases / sizeof verify_cases[0]; i++) {
        const struct verify_case *c = &verify_cases[i];
        struct bs_address address = parsed(fixture, c->path);
        struct bs_batv_verdict verdict = bs_batv_verify(&fixture->keys, &address, august_21, &fixture->arena);
        if (verdict.result != c->result)
            fail_msg("%s is %s", c->path, bs_batv_result_name(verdict.result));
        if (c->original)
            assert_string_equal(bs_address_text(&verdict.original, &fixture->arena).ptr, c->original);
        assert_int_equal(bs_batv_is_tagged(&address), c->result != BS_BATV_NONE);
    }
}

static void a_tag_is_valid_through_its_day_and_expired_after(void **state)
{
    const char *tagged = "prvs=0693afc14e=userx@test.ex";
    struct bs_batv_verdict verdict = verify(*state, tagged, august_21 + 8 * DAY - 1);
    assert_int_equal(verdict.result, BS_BATV_VALID);
    assert_int_equal(verdict.days_left, 0);
    verdict = verify(*state, tagged, august_21 + 8 * DAY);
    assert_int_equal(verdict.result, BS_BATV_EXPIRED);
    assert_int_equal(verdict.days_left, -1);
}

/* Day 21000 is 2027-07-01: a tag signed on 2027-06-30 says 006 and is valid on both sides of the wrap. */
static void expiry_survives_the_wrap_of_days(void **state)
{
    const int64_t june_30 = INT64_C(20999) * DAY;
    const char *tagged = sign(*state, 0, "userx@test.ex", june_30, 7);
    assert_memory_equal(tagged, "prvs=0006", 9);
    assert_int_equal(verify(*state, tagged, june_30).result, BS_BATV_VALID);
    assert_int_equal(verify(*state, tagged, june_30 + 7 * DAY).result, BS_BATV_VALID);
    assert_int_equal(verify(*state, tagged, june_30 + 8 * DAY).result, BS_BATV_EXPIRED);
    const char *older = sign(*state, 0, "userx@test.ex", june_30 - 8 * DAY, 7);
    assert_memory_equal(older, "prvs=0998", 9);
    assert_int_equal(verify(*state, older, june_30 + DAY).result, BS_BATV_EXPIRED);
}

static void the_longest_lifetime_is_still_told_from_the_past(void **state)
{
    const char *tagged = sign(*state, 0, "userx@test.ex", august_21, BS_BATV_LIFETIME_MAX);
    assert_int_equal(verify(*state, tagged, august_21).result, BS_BATV_VALID);
    tagged = sign(*state, 0, "userx@test.ex", august_21, BS_BATV_LIFETIME_MAX + 1);
    assert_int_equal(verify(*state, tagged, august_21).result, BS_BATV_EXPIRED);
}

static void an_arena_that_is_full_makes_no_tag_and_no_proof(void **state)
{
    struct fixture *fixture = *state;
    struct bs_arena small;
    bs_arena_init(&small, 16);
    struct bs_address address = {BS_LITERAL("userx"), BS_LITERAL("test.ex")};
    assert_null(bs_batv_sign(&fixture->keys, &address, august_21, 7, &small).ptr);
    struct bs_address tagged = {BS_LITERAL("prvs=0693afc14e=userx"), BS_LITERAL("test.ex")};
    assert_int_equal(bs_batv_verify(&fixture->keys, &tagged, august_21, &small).result, BS_BATV_FORGED);
    bs_arena_reset(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tags_are_exims_to_the_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sender_has_one_tag_all_day_and_another_the_next, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_quoted_local_part_stays_quoted_around_the_tag, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_tag_is_what_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tag_is_valid_through_its_day_and_expired_after, set_up, tear_down),
        cmocka_unit_test_setup_teardown(expiry_survives_the_wrap_of_days, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_lifetime_is_still_told_from_the_past, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_arena_that_is_full_makes_no_tag_and_no_proof, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
