/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole SPF checks: the first line of the input is the client's address, the second its HELO name, the third the
 * sender; what follows are the DNS answers, `NAME TYPE DATA` a line, the names and data any bytes. Every check ends in
 * a bounded number of rounds, each of which asks something new, and what is written of its result has no stray line.
 */
#include "fuzz.h"

#include "auth/spf.h"

enum { ROUNDS_MAX = 64, ANSWERS_MAX = 4096 };

struct answer_line {
    struct bs_bytes name, data;
    char type;
};

struct input {
    struct answer_line lines[ANSWERS_MAX];
    size_t count;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct bs_bytes take_until(struct bs_bytes *io_text, char end)
{
    struct bs_bytes taken = bs_bytes_first(*io_text, bs_bytes_find(*io_text, end));
    *io_text = bs_bytes_skip(*io_text, taken.len < io_text->len ? taken.len + 1 : taken.len);
    return taken;
}

static void read_answers(struct bs_bytes text, struct input *input)
{
    while (text.len > 0 && input->count < ANSWERS_MAX) {
        struct answer_line *line = &input->lines[input->count++];
        struct bs_bytes rest = take_until(&text, '\n');
        line->name = take_until(&rest, ' ');
        struct bs_bytes type = take_until(&rest, ' ');
        line->type = type.len > 0 ? type.ptr[0] : '\0';
        line->data = rest;
    }
}

/* T: TXT, M: MX, P: PTR, 4 and 6: A and AAAA with as many bytes as there are, S: time-out. */
static bool has_type(const struct answer_line *line, enum bs_dns_type type)
{
    return line->type == 'S' || (line->type == 'T' && type == BS_DNS_TXT) || (line->type == 'M' && type == BS_DNS_MX) ||
           (line->type == 'P' && type == BS_DNS_PTR) || (line->type == '4' && type == BS_DNS_A) ||
           (line->type == '6' && type == BS_DNS_AAAA);
}

static void answer(const struct input *input, const struct bs_question *question, struct bs_answers *answers)
{
    struct bs_dns_record records[BS_DNS_RECORDS_MAX] = {{0}};
    struct bs_dns_answer answer = {.status = BS_DNS_NXDOMAIN, .records = records};
    require(bs_dns_name_is_valid(question->name));
    for (size_t i = 0; i < input->count && answer.count < BS_DNS_RECORDS_MAX; i++) {
        const struct answer_line *line = &input->lines[i];
        if (!has_type(line, question->type) || !bs_bytes_equal_nocase(line->name, question->name))
            continue;
        answer.status = line->type == 'S' ? BS_DNS_TIMEOUT : BS_DNS_FOUND;
        if (line->type == 'S')
            break;
        records[answer.count++].data = line->data;
    }
    answer.count = answer.status == BS_DNS_FOUND ? answer.count : 0;
    require(bs_answers_add(answers, question->name, question->type, &answer));
}

/* Each line feed of a header field is followed by a tab, and nothing else is outside of printable ASCII. */
static void check_field(const struct bs_strbuf *text)
{
    require(!text->failed);
    for (size_t i = 0; i < text->len; i++) {
        char c = text->ptr[i];
        bool folds = (c == '\n' && text->ptr[i + 1] == '\t') || (c == '\t' && i > 0 && text->ptr[i - 1] == '\n');
        require(folds || (c >= 0x20 && c < 0x7f));
    }
}

static void check_result(const struct bs_spf_facts *facts, const struct bs_spf_result *result, struct bs_arena *arena)
{
    struct bs_strbuf text;
    bool is_error = result->status == BS_SPF_TEMPERROR || result->status == BS_SPF_PERMERROR;
    require((result->problem != NULL) == (is_error || result->status == BS_SPF_NONE));
    require(result->lookups <= BS_SPF_LOOKUPS_MAX && result->voids <= BS_SPF_VOIDS_MAX + 1);
    bs_strbuf_init(&text, 1 << 20);
    bs_strbuf_append(&text, result->explanation);
    bs_strbuf_append_cstr(&text, bs_spf_reason(facts, result, arena));
    bs_spf_append_received(facts, result, &text);
    bs_spf_append_clause(result, &text);
    for (const struct bs_spf_step *step = result->steps; step; step = step->next)
        bs_strbuf_printf(&text, "%s%s%s", step->subject, step->outcome, step->rule);
    check_field(&text);
    bs_strbuf_free(&text);
}

static void check(const struct bs_spf_facts *facts, const struct input *input)
{
    struct bs_arena arena, run;
    struct bs_answers answers;
    struct bs_questions missing;
    struct bs_spf_result result;
    enum bs_step step;
    int rounds = 0;
    bs_arena_init(&arena, 64 << 20);
    bs_arena_init(&run, BS_SPF_MEMORY_MAX);
    bs_answers_init(&answers, &arena);
    while ((step = bs_spf_check(facts, &answers, &run, &result, &missing)) == BS_ASK) {
        require(missing.count > 0 && ++rounds < ROUNDS_MAX);
        for (size_t i = 0; i < missing.count; i++)
            answer(input, &missing.items[i], &answers);
        bs_arena_reset(&run);
    }
    require(step == BS_DONE);
    check_result(facts, &result, &run);
    bs_arena_reset(&run);
    bs_arena_reset(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_bytes text = bs_bytes(data, size);
    struct bs_spf_facts facts = {.receiver = BS_LITERAL("mx.example"), .now = 1787313600, .want_explanation = true};
    struct input *input = calloc(1, sizeof *input);
    require(input != NULL);
    bs_ip_parse(take_until(&text, '\n'), &facts.ip);
    facts.helo = take_until(&text, '\n');
    struct bs_bytes sender = take_until(&text, '\n');
    facts.local = take_until(&sender, '@');
    facts.domain = sender;
    read_answers(text, input);
    check(&facts, input);
    facts.want_trace = true;
    check(&facts, input);
    free(input);
    return 0;
}
