/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache of answers: what it keeps, for how long, and that it stays within its memory. */
#include "resolver/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1000000 };

static void put(struct bs_cache *cache, const char *name, struct bs_bytes text, uint32_t ttl)
{
    struct bs_dns_record records[] = {{.preference = 10, .data = text}, {.preference = 20, .data = BS_LITERAL("")}};
    struct bs_dns_answer answer = {.status = BS_DNS_FOUND, .secure = true, .records = records, .count = 2};
    bs_cache_put(cache, bs_bytes_from_cstr(name), BS_DNS_MX, &answer, NOW, ttl);
}

static const struct bs_dns_answer *find(struct bs_cache *cache, const char *name, int64_t now)
{
    return bs_cache_find(cache, bs_bytes_from_cstr(name), BS_DNS_MX, now);
}

static void an_answer_comes_back_whole_whatever_the_case(void **state)
{
    struct bs_cache *cache = bs_cache_new(1 << 16);
    (void)state;
    assert_null(find(cache, "a.example", NOW));
    put(cache, "a.Example", BS_LITERAL("mx.example"), 60);
    const struct bs_dns_answer *answer = find(cache, "A.example", NOW);
    assert_non_null(answer);
    assert_int_equal(answer->status, BS_DNS_FOUND);
    assert_true(answer->secure);
    assert_int_equal(answer->count, 2);
    assert_int_equal(answer->records[0].preference, 10);
    assert_true(bs_bytes_equal(answer->records[0].data, BS_LITERAL("mx.example")));
    assert_int_equal(answer->records[1].preference, 20);
    assert_int_equal(answer->records[1].data.len, 0);
    assert_null(bs_cache_find(cache, BS_LITERAL("a.example"), BS_DNS_A, NOW));
    assert_null(find(cache, "b.example", NOW));
    bs_cache_free(cache);
}

static void an_answer_holds_for_its_time_and_no_longer_than_the_limit(void **state)
{
    static const struct {
        uint32_t ttl;
        int64_t holds; /* seconds */
    } cases[] = {
        {0, 0},
        {1, 1},
        {BS_CACHE_SECONDS_MAX, BS_CACHE_SECONDS_MAX},
        {BS_CACHE_SECONDS_MAX + 1, BS_CACHE_SECONDS_MAX},
        {UINT32_MAX, BS_CACHE_SECONDS_MAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_cache *cache = bs_cache_new(1 << 16);
        put(cache, "a.example", BS_LITERAL("x"), cases[i].ttl);
        assert_int_equal(find(cache, "a.example", NOW + cases[i].holds - 1) != NULL, cases[i].holds > 0);
        assert_null(find(cache, "a.example", NOW + cases[i].holds));
        bs_cache_free(cache);
    }
}

static void an_answer_from_before_the_clock_was_set_back_does_not_hold(void **state)
{
    struct bs_cache *cache = bs_cache_new(1 << 16);
    (void)state;
    put(cache, "a.example", BS_LITERAL("x"), BS_CACHE_SECONDS_MAX);
    assert_null(find(cache, "a.example", NOW - 1));
    bs_cache_free(cache);
}

static void a_new_answer_replaces_the_old_one(void **state)
{
    struct bs_cache *cache = bs_cache_new(1 << 16);
    (void)state;
    put(cache, "a.example", BS_LITERAL("old"), 60);
    put(cache, "A.EXAMPLE", BS_LITERAL("new"), 60);
    assert_true(bs_bytes_equal(find(cache, "a.example", NOW)->records[0].data, BS_LITERAL("new")));
    bs_cache_free(cache);
}

static void that_there_is_nothing_is_kept_and_a_failure_is_not(void **state)
{
    (void)state;
    for (enum bs_dns_status status = BS_DNS_NODATA; status <= BS_DNS_BOGUS; status++) {
        struct bs_cache *cache = bs_cache_new(1 << 16);
        struct bs_dns_answer answer = {.status = status};
        bs_cache_put(cache, BS_LITERAL("a.example"), BS_DNS_MX, &answer, NOW, 60);
        const struct bs_dns_answer *found = find(cache, "a.example", NOW);
        assert_int_equal(found != NULL, status == BS_DNS_NODATA || status == BS_DNS_NXDOMAIN);
        assert_true(!found || found->status == status);
        bs_cache_free(cache);
    }
}

static void an_answer_is_kept_up_to_the_limit_of_its_size(void **state)
{
    static char text[BS_CACHE_ANSWER_MAX];
    struct bs_cache *cache = bs_cache_new(1 << 20);
    size_t largest = 0;
    (void)state;
    for (size_t length = sizeof text - 256; length <= sizeof text; length++) {
        put(cache, "a.example", bs_bytes(text, length), 60);
        const struct bs_dns_answer *answer = find(cache, "a.example", NOW);
        largest = answer && answer->records[0].data.len == length ? length : largest;
    }
    assert_true(largest > sizeof text - 256 && largest < sizeof text);
    bs_cache_free(cache);
}

/* Puts so many answers into a cache, and counts those that are there in the end. */
static unsigned fill(size_t bytes_max, unsigned count, size_t length)
{
    static char text[4096];
    struct bs_cache *cache = bs_cache_new(bytes_max);
    unsigned kept = 0;
    char name[32];
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "host%u.example", i);
        put(cache, name, bs_bytes(text, length), 60);
        assert_non_null(find(cache, name, NOW));
    }
    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof name, "host%u.example", i);
        kept += find(cache, name, NOW) != NULL;
    }
    bs_cache_free(cache);
    return kept;
}

static void answers_take_no_more_memory_than_the_cache_may_and_the_newest_stays(void **state)
{
    (void)state;
    assert_int_equal(fill(1 << 20, 100, 64), 100);
    assert_in_range(fill(1 << 20, 10000, 4096), 100, (1 << 20) / 4096);
    assert_in_range(fill(1 << 20, 100000, 64), 1000, (1 << 20) / 64);
}

static void a_cache_without_room_keeps_nothing(void **state)
{
    struct bs_cache *cache = bs_cache_new(0);
    (void)state;
    put(cache, "a.example", BS_LITERAL("x"), 60);
    assert_null(find(cache, "a.example", NOW));
    bs_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_back_whole_whatever_the_case),
        cmocka_unit_test(an_answer_holds_for_its_time_and_no_longer_than_the_limit),
        cmocka_unit_test(an_answer_from_before_the_clock_was_set_back_does_not_hold),
        cmocka_unit_test(a_new_answer_replaces_the_old_one),
        cmocka_unit_test(that_there_is_nothing_is_kept_and_a_failure_is_not),
        cmocka_unit_test(an_answer_is_kept_up_to_the_limit_of_its_size),
        cmocka_unit_test(answers_take_no_more_memory_than_the_cache_may_and_the_newest_stays),
        cmocka_unit_test(a_cache_without_room_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
