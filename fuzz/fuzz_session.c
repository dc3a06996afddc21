/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from an MTA through the whole engine: a stream gives the same replies and decisions however it is cut. DNS has a
 * small zone; of its answers some are there at once, and the others when a reply waits for them, or never for a client
 * whose HELO begins with a t. The seeds are those of fuzz_milter and sessions that reach every decision.
 */
#include "fuzz.h"

#include "ask/canned.h"
#include "engine/milter_session.h"

#include <stdlib.h>

enum { NOON = 1787313600, QUESTIONS_MAX = 512, SENT_NAMES = 1024 }; /* 2026-08-21T12:00:00Z */

static const char zone[] =
    "bank.ex. 60 IN A 198.51.100.1\n"
    "bank.ex. 60 IN TXT \"v=spf1 -all\"\n"
    "_dmarc.bank.ex. 60 IN TXT \"v=DMARC1; p=reject\"\n"
    "free.ex. 60 IN MX 5 mx.free.ex.\n"
    "free.ex. 60 IN TXT \"v=spf1 mx include:%{h} exists:%{l}.%{i}.free.ex +all\"\n"
    "mx.free.ex. 60 IN A 198.51.100.7\n"
    "_dmarc.free.ex. 60 IN TXT \"v=DMARC1; p=quarantine; np=reject\"\n"
    "null.ex. 60 IN MX 0 .\n"
    "broken.ex. SERVFAIL\n"
    "_dmarc.broken.ex. TIMEOUT\n"
    "test._domainkey.football.example.com. 60 IN TXT \"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTz"
    "WRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hst"
    "T5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\"\n"
    "brisbane._domainkey.football.example.com. 60 IN TXT \"v=DKIM1; k=ed25519; "
    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\n"
    "_dmarc.football.example.com. 60 IN TXT \"v=DMARC1; p=reject\"\n";

struct world {
    struct bs_settings settings;
    struct bs_milter_session milter;
    struct bs_strbuf out; /* replies, and decisions among them */
    struct bs_arena arena;
    struct bs_canned canned;
    struct inquiry *inquiry; /* of the message under way; NULL without questions */
    struct bs_rules *rules;
    struct bs_rules_scan *scan;
    struct bs_sent_memory *sent;
    struct bs_campaigns *campaigns;
    struct bs_message_memory memory;
};

/* --- DNS ---------------------------------------------------------------------------------------------------- */

struct inquiry {
    struct world *world;
    struct bs_answers *answers;
    struct bs_question waiting[QUESTIONS_MAX];
    char names[QUESTIONS_MAX][BS_DNS_NAME_MAX];
    size_t count;
};

static void answer(struct inquiry *inquiry, const struct bs_question *question)
{
    struct bs_dns_answer answer = bs_canned_answer(&inquiry->world->canned, question->name, question->type);
    bs_answers_add(inquiry->answers, question->name, question->type, &answer);
}

static void *begin_inquiry(void *context, struct bs_answers *answers)
{
    struct inquiry *inquiry = malloc(sizeof *inquiry);
    if (!inquiry)
        abort();
    inquiry->world = context;
    inquiry->answers = answers;
    inquiry->count = 0;
    return inquiry->world->inquiry = inquiry;
}

/* What cannot be asked for is answered at once, and what is asked for twice is answered twice. */
static bool ask(void *context, const struct bs_questions *questions)
{
    struct inquiry *inquiry = context;
    for (size_t i = 0; i < questions->count; i++) {
        const struct bs_question *question = &questions->items[i];
        size_t at = inquiry->count;
        if (question->name.len % 2 == 0 || at == QUESTIONS_MAX || !bs_dns_name_is_valid(question->name)) {
            answer(inquiry, question);
            continue;
        }
        memcpy(inquiry->names[at], question->name.ptr, question->name.len);
        inquiry->waiting[at] = (struct bs_question){question->type, bs_bytes(inquiry->names[at], question->name.len)};
        inquiry->count++;
    }
    return inquiry->count > 0;
}

static void end_inquiry(void *context)
{
    struct inquiry *inquiry = context;
    inquiry->world->inquiry = NULL;
    free(inquiry);
}

static const struct bs_asker asker = {begin_inquiry, ask, end_inquiry};

/* What the session waits for comes, or is given up. False where the session ended. */
static bool end_wait(struct world *world)
{
    struct bs_error error;
    const struct bs_strbuf *helo = &world->milter.session.helo;
    bool in_time = helo->len == 0 || helo->ptr[0] != 't';
    if (!world->inquiry)
        abort();
    for (size_t i = 0; in_time && i < world->inquiry->count; i++)
        answer(world->inquiry, &world->inquiry->waiting[i]);
    world->inquiry->count = 0;
    return bs_milter_session_resume(&world->milter, in_time, &world->out, &error);
}

/* --- The session -------------------------------------------------------------------------------------------- */

static void on_report(void *context, const struct bs_report *report)
{
    struct world *world = context;
    bs_strbuf_printf(&world->out, "%s %s\n", bs_action_name(report->decision.action),
                     bs_reason_name(report->decision.reason));
}

static struct bs_gate *new_gate(void)
{
    struct bs_batv_keys keys = {.by_digit = {bs_hmac_sha1_key_new(BS_LITERAL("secret"))}};
    struct bs_network network = {.family = 4, .address = {192, 0, 2}, .bits = 24};
    struct bs_gate *gate = bs_gate_new(&keys, 7);
    if (!gate || !bs_gate_add_domain(gate, "test.ex", BS_MODE_ENFORCE, true) ||
        !bs_gate_add_domain(gate, "watch.ex", BS_MODE_OBSERVE, true) ||
        !bs_gate_add_never_sends(gate, "test.ex", "info") || !bs_gate_add_network(gate, &network) ||
        !bs_gate_add_no_sign(gate, ".lists.ex"))
        abort();
    return gate;
}

static bool count_unproven(void *campaigns, const struct bs_campaign_settings *settings, struct bs_bytes name, int64_t now)
{
    return bs_campaign_count(campaigns, settings, name, now);
}

static bool is_under_attack(void *campaigns, struct bs_bytes name, int64_t now)
{
    return bs_campaign_holds(campaigns, name, now);
}

static const struct bs_campaign_watch watch = {count_unproven, is_under_attack};

static struct bs_session_host host_of(struct world *world)
{
    return (struct bs_session_host){.report = on_report, .asker = &asker, .context = world, .scan = world->scan,
                                    .memory = &world->memory, .sent = world->sent, .watch = &watch, .campaigns = world->campaigns};
}

/* What filters share, and forget nothing of from one run to the next. */
static void make_shared(struct world *world)
{
    struct bs_error error;
    world->rules = bs_rules_new(&error);
    world->scan = world->rules ? bs_rules_scan_new(world->rules) : NULL;
    world->sent = aligned_alloc(64, (bs_sent_memory_size(SENT_NAMES) + 63) / 64 * 64);
    world->campaigns = malloc(sizeof *world->campaigns);
    if (!world->scan || !world->sent || !world->campaigns)
        abort();
}

static void clear_shared(struct world *world)
{
    static const unsigned char secret[BS_SENT_KEY_SIZE] = "secret";
    memset(world->sent, 0, bs_sent_memory_size(SENT_NAMES));
    bs_sent_memory_begin(world->sent, SENT_NAMES, secret, 0);
    memset(world->campaigns, 0, sizeof *world->campaigns);
}

static void begin(void *state)
{
    struct world *world = state;
    clear_shared(world);
    const struct bs_session_host host = host_of(world);
    bs_milter_session_close(&world->milter);
    bs_strbuf_free(&world->out); /* what closing reported */
    bs_milter_session_init(&world->milter, &world->settings, &host);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct world *world = state;
    struct bs_bytes rest = input;
    struct bs_error error;
    (void)last;
    bs_strbuf_init(&world->out, 1 << 20);
    bool alive = bs_milter_session_feed(&world->milter, &rest, NOON, &world->out, &error);
    while (alive && world->milter.waiting)
        alive = end_wait(world) && bs_milter_session_feed(&world->milter, &rest, NOON, &world->out, &error);
    bs_strbuf_append(log, bs_strbuf_bytes(&world->out));
    bs_strbuf_free(&world->out);
    return alive && !world->milter.finished ? input.len - rest.len : FEED_STOP;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static const struct feed feed = {begin, take, &world};
    static struct bs_network forwarder = {.family = 4, .address = {198, 51, 100, 99}, .bits = 32};
    struct bs_error error;
    if (!world.scan)
        make_shared(&world);
    const struct bs_session_host host = host_of(&world);
    world.settings = (struct bs_settings){.gate = new_gate(), .socketmap_name = "backstop", .max_frame = 1 << 16,
                                         .max_recipients = 20, .max_null_recipients = 5,
                                         .message_memory = size % 4 == 1 ? 24 * 1024 : SIZE_MAX,
                                         .judges = true, .marks_outgoing = true, .header_token = true,
                                         .envelope_id = true, .queue_life = 7,
                                         .policies = {.others = bs_bounce_policy_default()},
                                         .campaign = {.threshold = 3, .duration = 3600},
                                         .authserv_id = "", .check_sender = true, .enforce_sender = true,
                                         .authenticate = true, .forwarders = &forwarder, .forwarder_count = 1,
                                         .authentication = {.enforce = true,
                                                            .for_reject = BS_ACTION_REFUSE,
                                                            .for_quarantine = BS_ACTION_QUARANTINE}};
    if (!bs_proof_keys_derive(bs_gate_keys(world.settings.gate), &world.settings.proof_keys))
        abort();
    bs_arena_init(&world.arena, BS_CANNED_MEMORY_MAX);
    if (!bs_canned_parse(bs_bytes_from_cstr(zone), "zone", &world.arena, &world.canned, &error))
        abort();
    bs_session_init(&world.milter.session, &world.settings, &host);
    int result = fuzz_every_way(&feed, data, size);
    bs_milter_session_close(&world.milter);
    if (world.memory.held != 0)
        abort();
    bs_strbuf_free(&world.out);
    bs_proof_keys_free(&world.settings.proof_keys);
    bs_gate_free(world.settings.gate);
    bs_arena_reset(&world.arena);
    return result;
}
