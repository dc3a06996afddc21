/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers out of DNS packets: what is in a good one is found, and a broken one is SERVFAIL, never "no such name". */
#include "resolver/answer.h"

#include "../../tests/support/dns_packet.h"
#include "../../tests/support/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct dns_packet packet;
static struct bs_packet_answer read_answer;

static const struct bs_dns_answer *answer_to(const char *name, enum bs_dns_type type)
{
    bs_packet_read(bs_bytes(packet.bytes, packet.len), bs_bytes_from_cstr(name), type, &read_answer);
    return &read_answer.answer;
}

static void assert_record(const struct bs_dns_answer *answer, size_t number, const char *text)
{
    assert_int_equal(answer->status, BS_DNS_FOUND);
    assert_true(number < answer->count);
    struct bs_bytes data = answer->records[number].data;
    assert_int_equal(data.len, strlen(text));
    assert_memory_equal(data.ptr, text, data.len);
}

static void records_of_each_type_become_what_judgements_read(void **state)
{
    static const unsigned char soa_numbers[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff};
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_A);
    dns_add(&packet, "a.example", BS_DNS_A, "\300\0\2\1", 4);
    dns_add(&packet, "a.example", BS_DNS_AAAA, "0123456789abcdef", 16);
    dns_add(&packet, "a.example", BS_DNS_TXT, "\3abc\0\2de", 8);
    dns_add_name(&packet, "a.example", BS_DNS_MX, "mx.a.example");
    dns_add_name(&packet, "a.example", BS_DNS_PTR, "host.example");
    dns_add_name(&packet, "a.example", BS_DNS_NS, "");
    dns_add(&packet, "a.example", BS_DNS_TLSA, "\3\1\1\xab\xcd", 5);
    size_t soa = dns_open(&packet, "a.example", BS_DNS_SOA);
    dns_put_name(&packet, "ns.a.example");
    dns_put_name(&packet, "root.a.example");
    dns_put(&packet, soa_numbers, sizeof soa_numbers);
    dns_close(&packet, soa);
    assert_int_equal(answer_to("A.Example", BS_DNS_A)->count, 1);
    assert_memory_equal(read_answer.records[0].data.ptr, "\300\0\2\1", 4);
    assert_record(answer_to("a.example", BS_DNS_AAAA), 0, "0123456789abcdef");
    assert_record(answer_to("a.example", BS_DNS_TXT), 0, "abcde");
    assert_record(answer_to("a.example", BS_DNS_MX), 0, "mx.a.example");
    assert_int_equal(read_answer.records[0].preference, 10);
    assert_record(answer_to("a.example", BS_DNS_PTR), 0, "host.example");
    assert_record(answer_to("a.example", BS_DNS_NS), 0, "");
    assert_record(answer_to("a.example", BS_DNS_TLSA), 0, "3 1 1 abcd");
    assert_record(answer_to("a.example", BS_DNS_SOA), 0, "ns.a.example. root.a.example. 1 2 3 4 4294967295");
}

static void compressed_names_are_read(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_MX);
    size_t mail = dns_open(&packet, "a.example", BS_DNS_NS);
    dns_put(&packet, "\4mail", 5);
    dns_put16(&packet, 0xc000u | (DNS_HEADER + 2)); /* "example" of the question */
    dns_close(&packet, mail);
    size_t mx = dns_open(&packet, "a.example", BS_DNS_MX);
    dns_put16(&packet, 5);
    dns_put16(&packet, 0xc000u | (unsigned)mail);
    dns_close(&packet, mx);
    assert_record(answer_to("a.example", BS_DNS_MX), 0, "mail.example");
    assert_record(answer_to("a.example", BS_DNS_NS), 0, "mail.example");
}

static void nothing_is_nodata_and_the_code_says_whether_the_name_exists(void **state)
{
    static const struct {
        unsigned flags;
        enum bs_dns_status status;
    } cases[] = {
        {DNS_RESPONSE, BS_DNS_NODATA},
        {DNS_RESPONSE | DNS_NXDOMAIN, BS_DNS_NXDOMAIN},
        {DNS_RESPONSE | DNS_SERVFAIL, BS_DNS_SERVFAIL},
        {DNS_RESPONSE | 1, BS_DNS_SERVFAIL},
        {DNS_RESPONSE | 5, BS_DNS_SERVFAIL},
        {DNS_RESPONSE | DNS_TRUNCATED, BS_DNS_SERVFAIL},
        {DNS_RESPONSE | DNS_TRUNCATED | DNS_NXDOMAIN, BS_DNS_SERVFAIL},
        {DNS_NXDOMAIN, BS_DNS_SERVFAIL}, /* a question */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dns_begin(&packet, cases[i].flags, "a.example", BS_DNS_A);
        assert_int_equal(answer_to("a.example", BS_DNS_A)->status, cases[i].status);
        assert_int_equal(read_answer.answer.count, 0);
    }
}

/* Makes the last record of the answer section the first of the authority section. */
static void move_to_authority(void)
{
    packet.bytes[7]--;
    packet.bytes[9]++;
}

static void a_referral_to_other_servers_is_servfail_and_no_answer(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_A);
    dns_add_name(&packet, "example", BS_DNS_NS, "ns.example");
    move_to_authority();
    assert_int_equal(answer_to("a.example", BS_DNS_A)->status, BS_DNS_SERVFAIL);
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_A);
    dns_add_name(&packet, "example", BS_DNS_SOA, "ns.example");
    move_to_authority();
    dns_add_name(&packet, "example", BS_DNS_NS, "ns.example");
    move_to_authority();
    assert_int_equal(answer_to("a.example", BS_DNS_A)->status, BS_DNS_NODATA);
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_A);
    dns_add(&packet, "a.example", BS_DNS_A, "\300\0\2\1", 4);
    dns_add_name(&packet, "example", BS_DNS_NS, "ns.example");
    move_to_authority();
    assert_int_equal(answer_to("a.example", BS_DNS_A)->status, BS_DNS_FOUND);
}

static void cnames_are_followed_in_any_order(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_TXT);
    dns_add_name(&packet, "b.example", BS_DNS_CNAME, "C.example");
    dns_add_name(&packet, "a.example", BS_DNS_CNAME, "b.example");
    dns_add_text(&packet, "a.example.org", BS_LITERAL("no"));
    dns_add_text(&packet, "c.example", BS_LITERAL("yes"));
    assert_record(answer_to("a.example", BS_DNS_TXT), 0, "yes");
    assert_int_equal(answer_to("a.example", BS_DNS_A)->status, BS_DNS_NODATA);
    assert_record(answer_to("a.example", BS_DNS_CNAME), 0, "b.example");
}

static void an_answer_holds_as_long_as_the_first_of_its_records(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_TXT);
    assert_int_equal((answer_to("a.example", BS_DNS_TXT), read_answer.ttl), 0);
    size_t data = dns_open(&packet, "a.example", BS_DNS_CNAME);
    dns_put_name(&packet, "b.example");
    dns_close(&packet, data);
    dns_add_text(&packet, "b.example", BS_LITERAL("text"));
    dns_add_text(&packet, "c.example", BS_LITERAL("another"));
    packet.bytes[packet.len - 8 - 4] = 0; /* the TTL of what has nothing to do with the question: 44 */
    assert_record(answer_to("a.example", BS_DNS_TXT), 0, "text");
    assert_int_equal(read_answer.ttl, 300);
    packet.bytes[data - 4] = 0; /* the CNAME's TTL */
    packet.bytes[data - 3] = 7;
    assert_record(answer_to("a.example", BS_DNS_TXT), 0, "text");
    assert_int_equal(read_answer.ttl, 7);
}

static void that_there_is_nothing_holds_as_long_as_the_soa_says_and_without_one_not_at_all(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= DNS_NXDOMAIN; code += DNS_NXDOMAIN) {
        dns_begin(&packet, DNS_RESPONSE | code, "a.example", BS_DNS_TXT);
        assert_int_equal((answer_to("a.example", BS_DNS_TXT), read_answer.ttl), 0);
        dns_add_name(&packet, "example", BS_DNS_SOA, "ns.example");
        move_to_authority();
        assert_int_equal((answer_to("a.example", BS_DNS_TXT), read_answer.ttl), 300);
        packet.len--;
        assert_int_equal((answer_to("a.example", BS_DNS_TXT), read_answer.ttl), 0);
    }
}

static void cnames_that_lead_to_a_name_that_is_not_are_nxdomain(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE | DNS_NXDOMAIN, "a.example", BS_DNS_TXT);
    dns_add_name(&packet, "a.example", BS_DNS_CNAME, "b.example");
    assert_int_equal(answer_to("a.example", BS_DNS_TXT)->status, BS_DNS_NXDOMAIN);
}

/* A chain of so many CNAMEs from n0.example on, and a record at its end. */
static void make_chain(int links)
{
    dns_begin(&packet, DNS_RESPONSE, "n0.example", BS_DNS_TXT);
    for (int i = 0; i < links; i++) {
        char owner[32], target[32];
        snprintf(owner, sizeof owner, "n%d.example", i);
        snprintf(target, sizeof target, "n%d.example", i + 1);
        dns_add_name(&packet, owner, BS_DNS_CNAME, target);
        if (i + 1 == links)
            dns_add_text(&packet, target, BS_LITERAL("end"));
    }
}

static void a_chain_of_cnames_is_followed_to_the_limit_and_one_more_or_a_loop_is_servfail(void **state)
{
    (void)state;
    make_chain(BS_PACKET_CNAMES_MAX);
    assert_record(answer_to("n0.example", BS_DNS_TXT), 0, "end");
    make_chain(BS_PACKET_CNAMES_MAX + 1);
    assert_int_equal(answer_to("n0.example", BS_DNS_TXT)->status, BS_DNS_SERVFAIL);
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_TXT);
    dns_add_name(&packet, "a.example", BS_DNS_CNAME, "b.example");
    dns_add_name(&packet, "b.example", BS_DNS_CNAME, "a.example");
    assert_int_equal(answer_to("a.example", BS_DNS_TXT)->status, BS_DNS_SERVFAIL);
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_TXT);
    dns_add_name(&packet, "a.example", BS_DNS_CNAME, "a.example");
    assert_int_equal(answer_to("a.example", BS_DNS_TXT)->status, BS_DNS_SERVFAIL);
}

static void names_with_a_dot_or_a_nul_in_a_label_are_left_out(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_PTR);
    dns_add(&packet, "a.example", BS_DNS_PTR, "\003a.b\007example", 13);
    dns_add(&packet, "a.example", BS_DNS_PTR, "\003a\0b\007example", 13);
    assert_int_equal(answer_to("a.example", BS_DNS_PTR)->status, BS_DNS_NODATA);
    dns_add_name(&packet, "a.example", BS_DNS_PTR, "good.example");
    assert_record(answer_to("a.example", BS_DNS_PTR), 0, "good.example");
    assert_int_equal(read_answer.answer.count, 1);
}

static void records_are_kept_to_the_limit(void **state)
{
    (void)state;
    for (unsigned records = BS_DNS_RECORDS_MAX; records <= BS_DNS_RECORDS_MAX + 1; records++) {
        dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_A);
        for (unsigned i = 0; i < records; i++) {
            unsigned char address[] = {10, 0, (unsigned char)(i >> 8), (unsigned char)i};
            dns_add(&packet, "a.example", BS_DNS_A, address, sizeof address);
        }
        assert_int_equal(answer_to("a.example", BS_DNS_A)->status, BS_DNS_FOUND);
        assert_int_equal(read_answer.answer.count, BS_DNS_RECORDS_MAX);
        assert_memory_equal(read_answer.records[BS_DNS_RECORDS_MAX - 1].data.ptr, "\12\0\0\377", 4);
    }
}

static void the_largest_text_of_a_packet_is_kept_whole_and_a_larger_packet_is_servfail(void **state)
{
    static char text[65231]; /* with 256 lengths, the question and the record's head: all that fits */
    (void)state;
    memset(text, 'x', sizeof text);
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_TXT);
    dns_add_text(&packet, "a.example", bs_bytes(text, sizeof text));
    assert_int_equal(packet.len, BS_PACKET_MAX);
    assert_int_equal(answer_to("a.example", BS_DNS_TXT)->count, 1);
    assert_int_equal(read_answer.records[0].data.len, sizeof text);
    dns_put(&packet, "", 1);
    assert_int_equal(answer_to("a.example", BS_DNS_TXT)->status, BS_DNS_SERVFAIL);
}

static void the_longest_name_is_read_and_a_longer_one_is_servfail(void **state)
{
    char name[BS_DNS_NAME_MAX + 8];
    (void)state;
    memset(name, 'x', sizeof name);
    name[63] = name[127] = name[191] = '.';
    for (size_t length = BS_DNS_NAME_MAX; length <= BS_DNS_NAME_MAX + 1; length++) {
        name[length] = '\0';
        dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_PTR);
        dns_add_name(&packet, "a.example", BS_DNS_PTR, name);
        enum bs_dns_status status = answer_to("a.example", BS_DNS_PTR)->status;
        assert_int_equal(status, length == BS_DNS_NAME_MAX ? BS_DNS_FOUND : BS_DNS_SERVFAIL);
        name[length] = 'x';
    }
    name[BS_DNS_NAME_MAX] = '\0';
    dns_begin(&packet, DNS_RESPONSE, name, BS_DNS_PTR);
    dns_add_name(&packet, name, BS_DNS_PTR, name);
    assert_record(answer_to(name, BS_DNS_PTR), 0, name);
}

static void data_of_the_wrong_size_is_servfail(void **state)
{
    static const struct {
        unsigned type;
        const char *data;
        size_t size;
    } cases[] = {
        {BS_DNS_A, "123", 3},          {BS_DNS_A, "12345", 5},       {BS_DNS_AAAA, "1234", 4},  {BS_DNS_TXT, "", 0},
        {BS_DNS_TXT, "\4abc", 4},      {BS_DNS_MX, "\0", 1},         {BS_DNS_MX, "\0\1", 2},    {BS_DNS_PTR, "", 0},
        {BS_DNS_PTR, "\1a", 2},        {BS_DNS_PTR, "\1a\0\0", 4},   {BS_DNS_PTR, "\300", 1},   {BS_DNS_PTR, "\100a\0", 3},
        {BS_DNS_PTR, "\200a\0", 3},    {BS_DNS_TLSA, "12", 2},       {BS_DNS_SOA, "\0\0" "1234", 6},
        {BS_DNS_SOA, "\0\0" "12341234123412341234x", 23},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dns_begin(&packet, DNS_RESPONSE, "a.example", (enum bs_dns_type)cases[i].type);
        dns_add(&packet, "a.example", cases[i].type, cases[i].data, cases[i].size);
        dns_add(&packet, "b.example", cases[i].type, "and more follows", 16);
        assert_int_equal(answer_to("a.example", (enum bs_dns_type)cases[i].type)->status, BS_DNS_SERVFAIL);
    }
}

static void pointers_that_lead_forward_or_in_circles_are_servfail(void **state)
{
    (void)state;
    for (unsigned to = 0; to < 128; to++) {
        dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_PTR);
        size_t data = dns_open(&packet, "a.example", BS_DNS_PTR);
        dns_put(&packet, "\1b", 2);
        dns_put16(&packet, 0xc000u | ((unsigned)data + to));
        dns_close(&packet, data);
        assert_int_equal(answer_to("a.example", BS_DNS_PTR)->status, BS_DNS_SERVFAIL);
    }
}

static void a_packet_that_is_cut_anywhere_is_servfail_and_nothing_behind_it_is_read(void **state)
{
    struct feed_guarded guarded;
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_TXT);
    dns_add_name(&packet, "a.example", BS_DNS_CNAME, "b.example");
    dns_add_text(&packet, "b.example", BS_LITERAL("text"));
    dns_add_name(&packet, "b.example", BS_DNS_MX, "c.example");
    feed_guard(&guarded, packet.len);
    for (size_t length = 0; length <= packet.len; length++) {
        struct bs_bytes cut = feed_place(&guarded, bs_bytes(packet.bytes, length));
        bs_packet_read(cut, BS_LITERAL("a.example"), BS_DNS_TXT, &read_answer);
        assert_int_equal(read_answer.answer.status, length == packet.len ? BS_DNS_FOUND : BS_DNS_SERVFAIL);
    }
    feed_unguard(&guarded);
}

static void records_of_another_class_do_not_count(void **state)
{
    (void)state;
    dns_begin(&packet, DNS_RESPONSE, "a.example", BS_DNS_A);
    dns_add(&packet, "a.example", BS_DNS_A, "\300\0\2\1", 4);
    packet.bytes[packet.len - 4 - 8 + 1] = 3; /* CHAOS */
    packet.bytes[packet.len - 4 - 8] = 0;
    assert_int_equal(answer_to("a.example", BS_DNS_A)->status, BS_DNS_NODATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_of_each_type_become_what_judgements_read),
        cmocka_unit_test(compressed_names_are_read),
        cmocka_unit_test(nothing_is_nodata_and_the_code_says_whether_the_name_exists),
        cmocka_unit_test(a_referral_to_other_servers_is_servfail_and_no_answer),
        cmocka_unit_test(cnames_are_followed_in_any_order),
        cmocka_unit_test(an_answer_holds_as_long_as_the_first_of_its_records),
        cmocka_unit_test(that_there_is_nothing_holds_as_long_as_the_soa_says_and_without_one_not_at_all),
        cmocka_unit_test(cnames_that_lead_to_a_name_that_is_not_are_nxdomain),
        cmocka_unit_test(a_chain_of_cnames_is_followed_to_the_limit_and_one_more_or_a_loop_is_servfail),
        cmocka_unit_test(names_with_a_dot_or_a_nul_in_a_label_are_left_out),
        cmocka_unit_test(records_are_kept_to_the_limit),
        cmocka_unit_test(the_largest_text_of_a_packet_is_kept_whole_and_a_larger_packet_is_servfail),
        cmocka_unit_test(the_longest_name_is_read_and_a_longer_one_is_servfail),
        cmocka_unit_test(data_of_the_wrong_size_is_servfail),
        cmocka_unit_test(pointers_that_lead_forward_or_in_circles_are_servfail),
        cmocka_unit_test(a_packet_that_is_cut_anywhere_is_servfail_and_nothing_behind_it_is_read),
        cmocka_unit_test(records_of_another_class_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
