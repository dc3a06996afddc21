/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole authentication of a message: the first line of the input is the client's address, the second its HELO name, the
 * third the sender, then come DNS records as `--dns` has them up to a line with a single dot, then the message. In any
 * pieces, and field by field as a milter has it, the results are the same; they come in a bounded number of rounds and
 * questions; nothing passes by an ambiguous From; and the field that is written reads back, and as ours.
 */
#include "fuzz.h"

#include "ask/canned.h"
#include "auth/results_ours.h"
#include "auth/results_read.h"
#include "engine/inbound.h"
#include "engine/marks.h"

enum { ROUNDS_MAX = 64, QUESTIONS_MAX = 1024, ZONE_MAX = 1 << 16, MEMORY = 192 << 20, LOG_MAX = 4 << 20 };

struct input {
    struct bs_ip client;
    struct bs_bytes helo, sender, message;
    struct bs_canned zone;
    struct bs_arena arena;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct bs_bytes take_line(struct bs_bytes *io_text)
{
    struct bs_bytes line = bs_bytes_first(*io_text, bs_bytes_find(*io_text, '\n'));
    *io_text = bs_bytes_skip(*io_text, line.len < io_text->len ? line.len + 1 : line.len);
    return line;
}

/* Records up to a line with a dot; those that cannot be read make an empty zone. */
static void read_zone(struct bs_bytes *io_text, struct input *input)
{
    struct bs_error error;
    struct bs_bytes zone = {io_text->ptr, 0};
    for (struct bs_bytes line; io_text->len > 0 && !bs_bytes_equal(line = take_line(io_text), BS_LITERAL("."));)
        zone.len = (size_t)(line.ptr + line.len - zone.ptr);
    if (zone.len > ZONE_MAX || !bs_canned_parse(zone, "zone", &input->arena, &input->zone, &error))
        require(bs_canned_parse(BS_LITERAL(""), "zone", &input->arena, &input->zone, &error));
}

static void read_input(struct bs_bytes text, struct input *input)
{
    bs_arena_init(&input->arena, MEMORY);
    bs_ip_parse(take_line(&text), &input->client);
    input->helo = take_line(&text);
    input->sender = take_line(&text);
    read_zone(&text, input);
    input->message = text;
}

static void answer_all(const struct input *input, const struct bs_questions *questions, struct bs_answers *known)
{
    for (size_t i = 0; i < questions->count; i++) {
        const struct bs_question *question = &questions->items[i];
        struct bs_dns_answer answer = bs_canned_answer(&input->zone, question->name, question->type);
        require(bs_answers_add(known, question->name, question->type, &answer));
    }
}

static void run(const struct input *input, struct bs_authentication *authentication, struct bs_answers *known)
{
    size_t asked = 0;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct bs_questions missing = {.count = 0};
        if (bs_authentication_run(authentication, known, &missing) == BS_DONE)
            return;
        asked += missing.count;
        require(missing.count > 0 && asked <= QUESTIONS_MAX);
        answer_all(input, &missing, known);
    }
    abort();
}

/* Field by field where `fields`, else the bytes of the header; the body in pieces. */
static void feed(struct bs_authentication *authentication, struct bs_bytes message, bool fields, size_t piece)
{
    struct bs_header header;
    struct bs_arena arena;
    bs_arena_init(&arena, BS_AUTHENTICATION_MEMORY);
    bs_header_init(&header, &arena);
    size_t length = bs_header_push(&header, message);
    bs_header_finish(&header);
    if (!fields)
        require(bs_authentication_whole_header(authentication, message) == length);
    for (size_t i = 0; fields && i < header.count; i++)
        bs_authentication_header(authentication, header.fields[i].name, header.fields[i].body);
    bs_authentication_end_of_header(authentication);
    bs_arena_reset(&arena);
    for (struct bs_bytes body = bs_bytes_skip(message, length); body.len > 0;) {
        struct bs_bytes chunk = bs_bytes_first(body, piece);
        bs_authentication_body(authentication, chunk);
        body = bs_bytes_skip(body, chunk.len);
    }
    bs_authentication_end_of_body(authentication);
}

static void check_passed(const struct bs_authentication *authentication)
{
    const struct bs_dmarc_verdict *dmarc = &authentication->dmarc;
    if (dmarc->result != BS_DMARC_RESULT_PASS)
        return;
    require(!bs_author_is_ambiguous(&authentication->author) && authentication->author.domains.count > 0);
    require(dmarc->disposition == BS_DMARC_NONE && (dmarc->spf_aligned || dmarc->dkim_aligned));
    require(!dmarc->spf_aligned || authentication->spf.status == BS_SPF_PASS);
    const struct bs_dkim_result *best = bs_authentication_best_dkim(authentication);
    require(!dmarc->dkim_aligned || (best && best->code == BS_DKIM_PASS));
}

/* Lines are folded, and nothing but printable ASCII; a reader finds results in it, under our name. */
static void check_field(struct bs_bytes value)
{
    struct bs_arena arena;
    struct bs_authserv_ids ids = {.count = 0};
    struct bs_read_results results;
    struct bs_error error;
    bs_arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        char next = i + 1 < value.len ? value.ptr[i + 1] : '\0';
        bool folds = (c == '\n' && (next == '\t' || next == ' ')) || (c == '\t' && i > 0 && value.ptr[i - 1] == '\n');
        require(folds || (c >= 0x20 && c < 0x7f));
    }
    const struct bs_header_field field = {.name = BS_LITERAL("Authentication-Results"), .body = value, .raw = value};
    require(bs_authserv_ids_add(&ids, BS_LITERAL("mx.example"), &arena) && bs_results_are_ours(&field, &ids));
    require(bs_results_read(value, &arena, &results, &error) && results.count >= 3);
    bs_arena_reset(&arena);
}

static void log_results(const struct bs_authentication *authentication, struct bs_bytes field, size_t removed,
                        struct bs_strbuf *log)
{
    const struct bs_arc_result *arc = &authentication->arc;
    bs_strbuf_printf(log, "%zu removed\n", removed);
    bs_strbuf_printf(log, "%s %s %zu %s %s\n", bs_author_doubt_name(authentication->author.doubt),
                     bs_arc_code_name(arc->code), arc->count, arc->reason ? arc->reason : "", authentication->dmarc.reason);
    for (size_t i = 0; i < authentication->dkim.count; i++)
        bs_strbuf_printf(log, "%s\n", authentication->dkim.items[i].reason);
    bs_strbuf_append(log, field);
}

static void judge(const struct input *input, bool fields, size_t piece, struct bs_strbuf *log)
{
    const struct bs_authentication_facts facts = {
        .client = input->client.family != 0 ? &input->client : NULL,
        .helo = input->helo, .sender = input->sender, .receiver = BS_LITERAL("mx.example"),
        .now = 1787313600, .explain = piece == 1,
    };
    const struct bs_decision decision = {.action = BS_ACTION_PASS};
    struct bs_removed_field *removed;
    size_t removed_count = 0;
    struct bs_arena arena;
    struct bs_answers known;
    bs_arena_init(&arena, MEMORY);
    bs_answers_init(&known, &arena);
    struct bs_authentication *authentication = bs_authentication_new(&facts);
    require(authentication != NULL);
    feed(authentication, input->message, fields, piece);
    run(input, authentication, &known);
    check_passed(authentication);
    bs_marks_find_forged(authentication, facts.receiver, &removed, &removed_count);
    struct bs_bytes field = bs_marks_results(authentication, facts.receiver, &decision, &arena);
    check_field(field);
    log_results(authentication, field, removed_count, log);
    bs_authentication_free(authentication);
    bs_arena_reset(&arena);
}

/* Whether a milter can be told of every field of the header. */
static bool is_strict(struct bs_bytes message)
{
    struct bs_header header;
    struct bs_arena arena;
    bs_arena_init(&arena, BS_AUTHENTICATION_MEMORY);
    bs_header_init(&header, &arena);
    bs_header_push(&header, message);
    bs_header_finish(&header);
    bool strict = !(header.flags & (unsigned)BS_FIELD_MALFORMED & ~(unsigned)(BS_HEADER_OPEN | BS_HEADER_NONE));
    bs_arena_reset(&arena);
    return strict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 1, 7};
    struct input input = {.client = {.family = 0}};
    struct bs_strbuf logs[3];
    read_input(bs_bytes(data, size), &input);
    bool strict = is_strict(input.message);
    for (size_t i = 0; i < 3; i++) {
        bs_strbuf_init(&logs[i], LOG_MAX);
        judge(&input, strict && i == 2, pieces[i], &logs[i]);
        if (!bs_bytes_equal(bs_strbuf_bytes(&logs[i]), bs_strbuf_bytes(&logs[0]))) {
            fprintf(stderr, "whole:\n%s\nin pieces of %zu:\n%s\n", bs_strbuf_cstr(&logs[0]), pieces[i],
                    bs_strbuf_cstr(&logs[i]));
            abort();
        }
    }
    for (size_t i = 0; i < 3; i++)
        bs_strbuf_free(&logs[i]);
    bs_arena_reset(&input.arena);
    return 0;
}
