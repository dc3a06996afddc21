/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry's answer as an answer among others; see sent.h. It is one record of two numbers: at, since. */
#include "ask/sent.h"

enum { WORDS = 2 };

bool bs_answers_add_sent(struct bs_answers *answers, struct bs_bytes name, const struct bs_sent_answer *answer)
{
    static const enum bs_dns_status statuses[] = {
        [BS_SENT_KNOWN] = BS_DNS_FOUND,
        [BS_SENT_UNKNOWN] = BS_DNS_NXDOMAIN,
        [BS_SENT_UNANSWERED] = BS_DNS_SERVFAIL,
    };
    const int64_t words[WORDS] = {answer->at, answer->since};
    const struct bs_dns_record record = {.data = bs_bytes(words, sizeof words)};
    const struct bs_dns_answer carried = {.status = statuses[answer->status], .records = &record, .count = 1};
    return bs_answers_add(answers, name, BS_ASK_SENT, &carried);
}

static struct bs_sent_answer read_answer(const struct bs_dns_answer *carried)
{
    int64_t words[WORDS];
    struct bs_sent_answer answer = {.status = BS_SENT_UNANSWERED};
    if (bs_dns_failed(carried) || carried->count != 1 || carried->records[0].data.len != sizeof words)
        return answer;
    memcpy(words, carried->records[0].data.ptr, sizeof words);
    answer.status = carried->status == BS_DNS_FOUND ? BS_SENT_KNOWN : BS_SENT_UNKNOWN;
    answer.at = words[0];
    answer.since = words[1];
    return answer;
}

bool bs_ask_sent(const struct bs_answers *known, struct bs_questions *io_missing, struct bs_bytes name,
                 struct bs_sent_answer *ret_answer)
{
    const struct bs_dns_answer *carried = bs_ask_dns(known, io_missing, name, BS_ASK_SENT);
    if (!carried)
        return false;
    *ret_answer = read_answer(carried);
    return true;
}
