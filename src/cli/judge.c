/* SPDX-License-Identifier: BSD-2-Clause */
/* The common part of commands that judge; see judge.h. */
#include "cli/judge.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "cli/output.h"

#include <errno.h>
#include <sysexits.h>
#include <time.h>

enum { ARENA_MAX = BS_CANNED_MEMORY_MAX + (128 << 20) };

struct bs_judge bs_judge_new(void)
{
    struct bs_judge judge = {.now = time(NULL)};
    bs_arena_init(&judge.arena, ARENA_MAX);
    bs_arena_init(&judge.run, BS_JUDGE_RUN_MAX);
    return judge;
}

void bs_judge_free(struct bs_judge *judge)
{
    bs_lookup_free(judge->lookup);
    bs_arena_reset(&judge->run);
    bs_arena_reset(&judge->arena);
}

bool bs_judge_take_option(struct bs_judge *judge, int option, const char *argument)
{
    struct bs_error error;
    switch (option) {
    case BS_JUDGE_DNS:
        judge->dns_file = argument;
        return true;
    case BS_JUDGE_DNS_SERVER:
        if (bs_lookup_add_server(&judge->place, argument, &error))
            return true;
        bs_output_error("--dns-server: %s", error.text);
        return false;
    case BS_JUDGE_TRUST_ANCHOR:
        judge->place.trust_anchor = argument;
        return true;
    case BS_JUDGE_JSON:
        judge->json = true;
        return true;
    case BS_JUDGE_EXPLAIN:
        judge->explain = true;
        return true;
    case BS_JUDGE_NOW:
        if (bs_timestamp_parse(bs_bytes_from_cstr(argument), &judge->now))
            return true;
        bs_output_error("\"%s\" is no time; write 2026-08-21, 2026-08-21T10:30:00Z or @SECONDS", argument);
        return false;
    default:
        return false;
    }
}

static bool read_all(FILE *file, const char *path, size_t limit, struct bs_arena *arena, struct bs_bytes *ret_content)
{
    char piece[65536];
    struct bs_strbuf content;
    bs_strbuf_init(&content, limit);
    for (size_t count; !content.failed && (count = fread(piece, 1, sizeof piece, file)) > 0;)
        bs_strbuf_append(&content, bs_bytes(piece, count));
    *ret_content = bs_arena_copy(arena, bs_strbuf_bytes(&content));
    bool whole = !ferror(file) && !content.failed && ret_content->ptr;
    if (!whole)
        bs_output_error("%s: %s", path, ferror(file) ? strerror(errno) : "too long");
    bs_strbuf_free(&content);
    return whole;
}

bool bs_judge_read_file(const char *path, size_t limit, struct bs_arena *arena, struct bs_bytes *ret_content)
{
    if (strcmp(path, "-") == 0)
        return read_all(stdin, "standard input", limit, arena, ret_content);
    FILE *file = fopen(path, "re");
    if (!file) {
        bs_output_error("%s: %s", path, strerror(errno));
        return false;
    }
    bool whole = read_all(file, path, limit, arena, ret_content);
    fclose(file);
    return whole;
}

int bs_judge_load(struct bs_judge *judge)
{
    struct bs_bytes text;
    struct bs_error error;
    bs_answers_init(&judge->answers, &judge->arena);
    if (!judge->dns_file)
        return -1;
    if (judge->place.server_count > 0 || judge->place.trust_anchor) {
        bs_output_error("--dns takes the answers from a file; --dns-server and --trust-anchor are for the network");
        return EX_USAGE;
    }
    if (!bs_judge_read_file(judge->dns_file, BS_CANNED_TEXT_MAX, &judge->arena, &text))
        return EX_NOINPUT;
    if (bs_canned_parse(text, judge->dns_file, &judge->arena, &judge->canned, &error))
        return -1;
    bs_output_error("%s", error.text);
    return EX_DATAERR;
}

static int fail_memory(void)
{
    bs_output_error("the answers take too much memory");
    return EX_SOFTWARE;
}

/* Asks the network; -1 to go on, else the exit status. */
static int ask_network(struct bs_judge *judge, const struct bs_questions *questions)
{
    struct bs_error error;
    if (!judge->lookup)
        judge->lookup = bs_lookup_new(&judge->place, &judge->answers, &error);
    if (!judge->lookup) {
        bs_output_error("the network cannot be asked: %s", error.text);
        return EX_UNAVAILABLE;
    }
    return bs_lookup_round(judge->lookup, questions) ? -1 : fail_memory();
}

/* Answers the questions of a round; -1 to go on, else the exit status. */
static int answer_all(struct bs_judge *judge, const struct bs_questions *questions)
{
    if (!judge->dns_file)
        return ask_network(judge, questions);
    for (size_t i = 0; i < questions->count; i++) {
        const struct bs_question *question = &questions->items[i];
        struct bs_dns_answer answer = bs_canned_answer(&judge->canned, question->name, question->type);
        if (!bs_answers_add(&judge->answers, question->name, question->type, &answer))
            return fail_memory();
    }
    return -1;
}

int bs_judge_run(struct bs_judge *judge, struct bs_judge_step step)
{
    for (int round = 0; round < BS_JUDGE_ROUNDS_MAX; round++) {
        struct bs_questions missing = {.count = 0};
        bs_arena_reset(&judge->run);
        enum bs_step ended = step.run(step.context, &judge->answers, &judge->run, &missing);
        if (ended == BS_DONE)
            return -1;
        if (ended == BS_ERROR || missing.count == 0)
            break;
        int status = answer_all(judge, &missing);
        if (status >= 0)
            return status;
    }
    bs_output_error("the judgement takes too much memory or too many rounds of questions");
    return EX_SOFTWARE;
}

void bs_judge_append_member(struct bs_strbuf *out, const char *name, struct bs_bytes text)
{
    if (out->len > 0 && out->ptr[out->len - 1] != '{')
        bs_strbuf_append_cstr(out, ", ");
    bs_json_append_string(out, bs_bytes_from_cstr(name));
    bs_strbuf_append_cstr(out, ": ");
    if (text.ptr)
        bs_json_append_string(out, text);
    else
        bs_strbuf_append_cstr(out, "null");
}
