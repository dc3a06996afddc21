/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An answer out of a DNS packet: the first byte of the input chooses the type, the rest is the packet that answers for
 * a.example. Whatever it is, the answer is one that judgements may be given.
 */
#include "fuzz.h"

#include "resolver/answer.h"

static const enum bs_dns_type types[] = {BS_DNS_A,  BS_DNS_NS,  BS_DNS_CNAME, BS_DNS_SOA, BS_DNS_PTR,
                                         BS_DNS_MX, BS_DNS_TXT, BS_DNS_AAAA,  BS_DNS_TLSA};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_record(enum bs_dns_type type, const struct bs_dns_record *record)
{
    bool is_name = type == BS_DNS_NS || type == BS_DNS_CNAME || type == BS_DNS_PTR || type == BS_DNS_MX;
    require(record->data.ptr && record->data.len <= 2 * BS_DNS_TEXT_MAX);
    require(!is_name || record->data.len == 0 || bs_dns_name_is_valid(record->data));
    require(type != BS_DNS_A || record->data.len == 4);
    require(type != BS_DNS_AAAA || record->data.len == 16);
    require(type != BS_DNS_TXT || record->data.len <= BS_DNS_TEXT_MAX);
}

static void begin(void *state)
{
    (void)state;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    static struct bs_packet_answer answer;
    (void)state;
    if (!last || input.len == 0)
        return last ? input.len : 0;
    enum bs_dns_type type = types[(unsigned char)input.ptr[0] % (sizeof types / sizeof *types)];
    bs_packet_read(bs_bytes_skip(input, 1), BS_LITERAL("a.example"), type, &answer);
    require((answer.answer.status == BS_DNS_FOUND) == (answer.answer.count > 0));
    require(answer.ttl == 0 || !bs_dns_failed(&answer.answer));
    require(answer.answer.count <= BS_DNS_RECORDS_MAX && !answer.answer.secure);
    bs_strbuf_append_cstr(log, bs_dns_status_name(answer.answer.status));
    for (size_t i = 0; i < answer.answer.count; i++) {
        check_record(type, &answer.answer.records[i]);
        bs_strbuf_printf(log, " %u ", answer.answer.records[i].preference);
        bs_strbuf_append(log, answer.answer.records[i].data);
    }
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed feed = {begin, take, NULL};
    return fuzz_every_way(&feed, data, size);
}
