/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes from an MTA through the whole engine: a stream gives the same replies and decisions however it is cut. The
 * seeds are those of fuzz_milter and sessions that reach every decision.
 */
#include "fuzz.h"

#include "engine/milter_session.h"

enum { NOON = 1787313600 }; /* 2026-08-21T12:00:00Z */

struct world {
    struct bs_settings settings;
    struct bs_milter_session milter;
    struct bs_strbuf out; /* replies, and decisions among them */
};

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

static void begin(void *state)
{
    struct world *world = state;
    bs_milter_session_close(&world->milter);
    bs_strbuf_free(&world->out); /* what closing reported */
    bs_milter_session_init(&world->milter, &world->settings, &(struct bs_session_host){.report = on_report, .context = world});
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct world *world = state;
    struct bs_bytes rest = input;
    struct bs_error error;
    (void)last;
    bs_strbuf_init(&world->out, 1 << 20);
    bool alive = bs_milter_session_feed(&world->milter, &rest, NOON, &world->out, &error);
    bs_strbuf_append(log, bs_strbuf_bytes(&world->out));
    bs_strbuf_free(&world->out);
    return alive && !world->milter.finished ? input.len - rest.len : FEED_STOP;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    static const struct feed feed = {begin, take, &world};
    world.settings = (struct bs_settings){.gate = new_gate(), .socketmap_name = "backstop", .max_frame = 1 << 16,
                                         .max_recipients = 20, .max_null_recipients = 5, .max_tag_candidates = 3,
                                         .authserv_id = "", .check_sender = true, .authenticate = true};
    bs_session_init(&world.milter.session, &world.settings, &(struct bs_session_host){.report = on_report, .context = &world});
    int result = fuzz_every_way(&feed, data, size);
    bs_milter_session_close(&world.milter);
    bs_strbuf_free(&world.out);
    bs_gate_free(world.settings.gate);
    return result;
}
