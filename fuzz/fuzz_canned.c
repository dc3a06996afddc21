/* SPDX-License-Identifier: BSD-2-Clause */
/* A file of canned answers: whatever it is, reading ends, and each name in it can be asked for each type. */
#include "fuzz.h"

#include "ask/canned.h"

static void ask_all_types(const struct bs_canned *canned, struct bs_bytes name, struct bs_strbuf *log)
{
    static const enum bs_dns_type types[] = {BS_DNS_A,   BS_DNS_NS,  BS_DNS_CNAME, BS_DNS_SOA, BS_DNS_PTR,
                                             BS_DNS_MX,  BS_DNS_TXT, BS_DNS_AAAA,  BS_DNS_TLSA};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct bs_dns_answer answer = bs_canned_answer(canned, name, types[i]);
        bs_strbuf_append_cstr(log, bs_dns_status_name(answer.status));
        for (size_t record = 0; record < answer.count; record++)
            bs_strbuf_append(log, answer.records[record].data);
    }
}

static void begin(void *state)
{
    (void)state;
}

/* Asks for the first word of each line, which may or may not be a name. */
static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_error error;
    (void)state;
    if (!last)
        return 0;
    bs_arena_init(&arena, BS_CANNED_MEMORY_MAX);
    if (!bs_canned_parse(input, "zone", &arena, &canned, &error))
        bs_strbuf_append_cstr(log, error.text);
    for (struct bs_bytes rest = input; rest.len > 0;) {
        struct bs_bytes line = bs_bytes_first(rest, bs_bytes_find(rest, '\n'));
        struct bs_bytes name = bs_bytes_first(line, bs_bytes_find(line, ' '));
        ask_all_types(&canned, bs_bytes_first(name, name.len > 0 ? name.len - 1 : 0), log);
        rest = bs_bytes_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
    }
    bs_arena_reset(&arena);
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed feed = {begin, take, NULL};
    return fuzz_every_way(&feed, data, size);
}
