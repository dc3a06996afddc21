/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a DMARC record, as it stands at the author domain and above it: a verdict comes within a few rounds. */
#include "fuzz.h"

#include "auth/dmarc.h"

/* Every TXT question gets the input, half of the address questions get NXDOMAIN. */
static void answer(struct bs_answers *known, const struct bs_question *question, struct bs_bytes text)
{
    const struct bs_dns_record record = {.data = text};
    struct bs_dns_answer found = {.status = BS_DNS_FOUND, .records = &record, .count = 1};
    if (question->type != BS_DNS_TXT)
        found = (struct bs_dns_answer){.status = text.len % 2 ? BS_DNS_NXDOMAIN : BS_DNS_NODATA};
    if (!bs_answers_add(known, question->name, question->type, &found))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bs_dmarc_identifier dkim = {BS_LITERAL("b.example.com"), BS_DMARC_PASSED};
    struct bs_dmarc_facts facts = {.author = BS_LITERAL("a.example.com"), .dkim = &dkim, .dkim_count = 1};
    struct bs_arena arena;
    struct bs_answers known;
    struct bs_dmarc_verdict verdict;
    if (size > BS_DNS_TEXT_MAX)
        return 0;
    bs_arena_init(&arena, 4 << 20);
    bs_answers_init(&known, &arena);
    for (int round = 0; round < 3; round++) {
        struct bs_questions missing = {0};
        if (bs_dmarc_check(&facts, &known, &arena, &verdict, &missing) == BS_DONE)
            break;
        if (round == 2 || missing.count == 0)
            abort();
        for (size_t i = 0; i < missing.count; i++)
            answer(&known, &missing.items[i], bs_bytes(data, size));
    }
    bs_arena_reset(&arena);
    return 0;
}
