/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry in memory: what was put is found, what is forgotten is admitted, and processes do not disturb one
 * another. */
#include "store/sent.h"

#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY = BS_SECONDS_PER_DAY, BEGAN = 20780 * DAY + 5000 };

static const unsigned char secret[BS_SENT_KEY_SIZE] = "sixteen bytes...";

static struct bs_sent_memory *begin(size_t names)
{
    size_t size = bs_sent_memory_size(names);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    return bs_sent_memory_begin(memory, names, secret, BEGAN);
}

static void end(struct bs_sent_memory *memory, size_t names)
{
    munmap(memory, bs_sent_memory_size(names));
}

static struct bs_bytes number_name(char text[33], unsigned writer, unsigned number)
{
    snprintf(text, 33, "%08x%024x", writer, number);
    return bs_bytes(text, 32);
}

static void what_was_put_is_found_with_its_day_and_nothing_else(void **state)
{
    (void)state;
    char text[33];
    struct bs_sent_memory *memory = begin(BS_SENT_NAMES_MIN);
    bs_sent_memory_put(memory, number_name(text, 1, 7), BEGAN + 3 * DAY);
    struct bs_sent_answer answer = bs_sent_memory_get(memory, number_name(text, 1, 7));
    assert_int_equal(answer.status, BS_SENT_KNOWN);
    assert_int_equal(bs_timestamp_day(answer.at), 20783);
    answer = bs_sent_memory_get(memory, number_name(text, 1, 8));
    assert_int_equal(answer.status, BS_SENT_UNKNOWN);
    assert_int_equal(answer.since, BEGAN);
    end(memory, BS_SENT_NAMES_MIN);
}

static void putting_again_keeps_the_later_day(void **state)
{
    (void)state;
    char text[33];
    struct bs_sent_memory *memory = begin(BS_SENT_NAMES_MIN);
    struct bs_bytes name = number_name(text, 1, 7);
    bs_sent_memory_put(memory, name, BEGAN);
    bs_sent_memory_put(memory, name, BEGAN + 2 * DAY);
    bs_sent_memory_put(memory, name, BEGAN + DAY);
    assert_int_equal(bs_timestamp_day(bs_sent_memory_get(memory, name).at), 20782);
    end(memory, BS_SENT_NAMES_MIN);
}

static void a_full_registry_forgets_the_oldest_and_says_since_when_it_knows(void **state)
{
    (void)state;
    enum { DAYS = 40, A_DAY = 200 };
    char text[33];
    struct bs_sent_memory *memory = begin(BS_SENT_NAMES_MIN);
    for (unsigned day = 0; day < DAYS; day++) {
        for (unsigned i = 0; i < A_DAY; i++)
            bs_sent_memory_put(memory, number_name(text, day, i), BEGAN + (int64_t)day * DAY);
    }
    int64_t since = bs_sent_memory_get(memory, number_name(text, DAYS, 0)).since;
    assert_true(since > BEGAN + (DAYS / 2) * DAY);
    assert_true(since < BEGAN + DAYS * DAY);
    for (unsigned day = 0; day < DAYS; day++) {
        for (unsigned i = 0; i < A_DAY; i++) {
            struct bs_sent_answer answer = bs_sent_memory_get(memory, number_name(text, day, i));
            if (BEGAN + (int64_t)day * DAY >= since)
                assert_int_equal(answer.status, BS_SENT_KNOWN);
        }
    }
    assert_int_equal(bs_sent_memory_get(memory, number_name(text, 0, 0)).status, BS_SENT_UNKNOWN);
    end(memory, BS_SENT_NAMES_MIN);
}

static void mail_without_a_name_moves_the_beginning(void **state)
{
    (void)state;
    char text[33];
    struct bs_sent_memory *memory = begin(BS_SENT_NAMES_MIN);
    bs_sent_memory_gap(memory, BEGAN + DAY);
    bs_sent_memory_gap(memory, BEGAN);
    assert_int_equal(bs_sent_memory_get(memory, number_name(text, 0, 0)).since, BEGAN + DAY);
    end(memory, BS_SENT_NAMES_MIN);
}

static void sizes_are_limited(void **state)
{
    (void)state;
    assert_int_equal(bs_sent_memory_size(BS_SENT_NAMES_MIN - 1), 0);
    assert_true(bs_sent_memory_size(BS_SENT_NAMES_MIN) >= 8 * BS_SENT_NAMES_MIN);
    assert_true(bs_sent_memory_size(BS_SENT_NAMES_MAX) >= (size_t)8 * BS_SENT_NAMES_MAX);
    assert_int_equal(bs_sent_memory_size((size_t)BS_SENT_NAMES_MAX + 1), 0);
}

/* Puts names of its own and one that all put, again and again, and looks at what it has put. */
static int write_names(struct bs_sent_memory *memory, unsigned writer, unsigned count)
{
    char text[33];
    for (unsigned i = 0; i < count; i++) {
        bs_sent_memory_put(memory, number_name(text, writer, i), BEGAN);
        bs_sent_memory_put(memory, number_name(text, 999, 0), BEGAN + (int64_t)(i % 5) * DAY);
        if (bs_sent_memory_get(memory, number_name(text, writer, i)).status != BS_SENT_KNOWN)
            return 1;
    }
    return 0;
}

static void processes_put_and_get_at_once(void **state)
{
    (void)state;
    enum { WRITERS = 4, NAMES = 20000, ROOM = 8 * WRITERS * NAMES };
    char text[33];
    struct bs_sent_memory *memory = begin(ROOM);
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(write_names(memory, writer, NAMES));
    }
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        int status = -1;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        for (unsigned i = 0; i < NAMES; i++)
            assert_int_equal(bs_sent_memory_get(memory, number_name(text, writer, i)).status, BS_SENT_KNOWN);
    }
    assert_int_equal(bs_timestamp_day(bs_sent_memory_get(memory, number_name(text, 999, 0)).at), 20784);
    end(memory, ROOM);
}

static void what_processes_make_one_another_forget_is_admitted(void **state)
{
    (void)state;
    enum { WRITERS = 4, DAYS = 30, A_DAY = 100 };
    char text[33];
    struct bs_sent_memory *memory = begin(BS_SENT_NAMES_MIN);
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        for (unsigned i = 0; pid == 0 && i < DAYS * A_DAY; i++)
            bs_sent_memory_put(memory, number_name(text, writer, i), BEGAN + (int64_t)(i / A_DAY) * DAY);
        if (pid == 0)
            _exit(0);
    }
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        int status = -1;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    size_t unknown = 0;
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        for (unsigned i = 0; i < DAYS * A_DAY; i++) {
            struct bs_sent_answer answer = bs_sent_memory_get(memory, number_name(text, writer, i));
            if (answer.status == BS_SENT_KNOWN)
                continue;
            assert_true(BEGAN + (int64_t)(i / A_DAY) * DAY < answer.since);
            unknown++;
        }
    }
    assert_true(unknown >= WRITERS * DAYS * A_DAY - BS_SENT_NAMES_MIN);
    end(memory, BS_SENT_NAMES_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_with_its_day_and_nothing_else),
        cmocka_unit_test(putting_again_keeps_the_later_day),
        cmocka_unit_test(a_full_registry_forgets_the_oldest_and_says_since_when_it_knows),
        cmocka_unit_test(mail_without_a_name_moves_the_beginning),
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(processes_put_and_get_at_once),
        cmocka_unit_test(what_processes_make_one_another_forget_is_admitted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
