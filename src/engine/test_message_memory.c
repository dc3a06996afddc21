/* SPDX-License-Identifier: BSD-2-Clause */
/* What messages under way hold together: at message-memory and one byte past it, while they come and when they are over. */
#include "engine/message_memory.h"

#include "engine/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1787313600 };

struct world {
    struct bs_config config;
    struct bs_settings settings;
    struct bs_message_memory memory;
    struct bs_session session;
    unsigned told[BS_REASON_COUNT]; /* decisions by their reason */
    struct bs_changes changes;
};

static void report(void *context, const struct bs_report *what)
{
    struct world *world = context;
    world->told[what->decision.reason]++;
}

static const char domain[] = "authentication = enforce\nkey 0 { secret-file = \"%s\" }\ndomain \"our.example\" { mode = enforce }\n";

/* A world whose key is in a file that is gone afterwards, with the client of a session. */
static void open_world(struct world *world, const struct bs_ip *client)
{
    char path[] = "/tmp/backstop-memory-XXXXXX", text[512];
    struct bs_error error;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "secret\n", 7) == 7);
    close(fd);
    snprintf(text, sizeof text, domain, path);
    *world = (struct world){.memory = {.held = 0}};
    if (!bs_config_parse(text, "test", &world->config, &error) ||
        !bs_settings_load(&world->config, &world->settings, &error))
        fail_msg("%s", error.text);
    unlink(path);
    const struct bs_session_host host = {.report = report, .context = world, .memory = &world->memory};
    bs_session_init(&world->session, &world->settings, &host);
    bs_session_client(&world->session, client);
}

static void close_world(struct world *world)
{
    bs_session_done(&world->session);
    assert_int_equal(world->memory.held, 0);
    bs_settings_free(&world->settings);
    bs_config_free(&world->config);
}

static const struct bs_ip stranger = {.family = 4, .address = {192, 0, 2, 1}};

static void send_header(struct world *world, const char *sender)
{
    struct bs_session *session = &world->session;
    assert_int_equal(bs_session_mail(session, bs_bytes_from_cstr(sender), false, NOW).kind, BS_REPLY_CONTINUE);
    bs_session_recipient(session, BS_LITERAL("<a@our.example>"), false);
    bs_session_header(session, BS_LITERAL("Authentication-Results"), BS_LITERAL(" localhost; dmarc=pass"));
    bs_session_header(session, BS_LITERAL("Backstop-Result"), BS_LITERAL(" kind=none"));
    bs_session_header(session, BS_LITERAL("From"), BS_LITERAL(" a@our.example"));
    bs_session_end_of_header(session);
}

static void end_message(struct world *world)
{
    struct bs_session *session = &world->session;
    assert_int_equal(bs_session_end(session, &world->changes).kind, BS_REPLY_ACCEPT);
}

static void a_message_is_read_at_the_limit_and_not_past_it(void **state)
{
    size_t limit = SIZE_MAX;
    (void)state;
    for (unsigned past = 0; past < 2; past++) {
        struct world world;
        open_world(&world, &stranger);
        world.settings.message_memory = limit;
        send_header(&world, "<>");
        if (limit == SIZE_MAX) { /* what it holds is seen first */
            limit = world.memory.held;
            close_world(&world);
            open_world(&world, &stranger);
            world.settings.message_memory = limit;
            send_header(&world, "<>");
        }
        assert_int_equal(world.told[BS_REASON_MESSAGE_MEMORY], past);
        assert_int_equal(world.session.message->given_up, past);
        assert_int_equal(world.memory.held < limit, past);
        limit--;
        close_world(&world);
    }
}

static void a_message_that_is_not_read_goes_on_without_what_it_forged(void **state)
{
    struct world world;
    (void)state;
    open_world(&world, &stranger);
    world.settings.message_memory = 64 * 1024;
    world.memory.held = 64 * 1024;
    send_header(&world, "<b@example.com>");
    assert_int_equal(bs_session_body(&world.session, BS_LITERAL("Text\r\n")).kind, BS_REPLY_SKIP);
    end_message(&world);
    assert_int_equal(world.told[BS_REASON_MESSAGE_MEMORY], 1);
    assert_int_equal(world.told[BS_REASON_DMARC_TEMPERROR], 1);
    assert_int_equal(world.changes.removed_count, 2);
    assert_int_equal(world.changes.added_count, 1);
    assert_non_null(strstr(world.changes.added[0].value.ptr, "dmarc=temperror"));
    bs_session_reset(&world.session);
    world.memory.held -= 64 * 1024;
    close_world(&world);
}

static void a_bounce_that_is_not_read_is_said_to_be_unread_and_the_gate_stays(void **state)
{
    struct world world;
    (void)state;
    open_world(&world, &stranger);
    world.memory.held = world.settings.message_memory;
    send_header(&world, "<>");
    struct bs_reply reply = bs_session_recipient(&world.session, BS_LITERAL("<prvs=0000000000=a@our.example>"), false);
    assert_int_equal(reply.kind, BS_REPLY_REFUSE);
    end_message(&world);
    assert_int_equal(world.told[BS_REASON_UNREAD], 1);
    world.memory.held -= world.settings.message_memory;
    close_world(&world);
}

static void a_header_is_counted_while_it_comes(void **state)
{
    static char text[8000];
    struct world world;
    size_t largest = 0;
    (void)state;
    memset(text, 'x', sizeof text);
    open_world(&world, &stranger);
    world.settings.message_memory = 100 * 1000;
    bs_session_mail(&world.session, BS_LITERAL("<b@example.com>"), false, NOW);
    for (int i = 0; i < 50; i++) {
        bs_session_header(&world.session, BS_LITERAL("Subject"), bs_bytes(text, sizeof text));
        largest = world.memory.held > largest ? world.memory.held : largest;
    }
    assert_in_range(largest, 50 * 1000, 100 * 1000);
    assert_int_equal(world.told[BS_REASON_MESSAGE_MEMORY], 1);
    close_world(&world);
}

/* Has the message under way hold so many bytes, and others so many. */
static void make_heavy(struct world *world, size_t bytes, size_t others)
{
    struct bs_message *message = world->session.message;
    bs_message_weigh(&world->session);
    message->answer_arena.used += bytes - message->weight;
    world->memory.held += others;
    bs_message_weigh(&world->session);
}

static void heavy_messages_leave_a_quarter_to_light_ones(void **state)
{
    enum { LIMIT = 1 << 20, THREE_QUARTERS = LIMIT - LIMIT / 4 };
    static const struct {
        size_t weight, others; /* what the others hold */
        bool given_up;
    } cases[] = {
        {BS_LIGHT_MESSAGE_MAX, LIMIT - BS_LIGHT_MESSAGE_MAX, false},
        {BS_LIGHT_MESSAGE_MAX, LIMIT - BS_LIGHT_MESSAGE_MAX + 1, true},
        {BS_LIGHT_MESSAGE_MAX + 1, THREE_QUARTERS - BS_LIGHT_MESSAGE_MAX - 1, false},
        {BS_LIGHT_MESSAGE_MAX + 1, THREE_QUARTERS - BS_LIGHT_MESSAGE_MAX, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        open_world(&world, &stranger);
        world.settings.message_memory = LIMIT;
        send_header(&world, "<>");
        make_heavy(&world, cases[i].weight, cases[i].others);
        assert_int_equal(world.told[BS_REASON_MESSAGE_MEMORY], cases[i].given_up);
        assert_int_equal(world.session.message->weight < cases[i].weight / 4, cases[i].given_up);
        world.memory.held -= cases[i].others;
        close_world(&world);
    }
}

static void mail_of_ours_is_tagged_all_the_same(void **state)
{
    struct world world;
    (void)state;
    open_world(&world, NULL);
    world.memory.held = world.settings.message_memory;
    send_header(&world, "<a@our.example>");
    end_message(&world);
    assert_true(world.changes.sender.len > 0);
    assert_int_equal(world.told[BS_REASON_MESSAGE_MEMORY], 0);
    world.memory.held -= world.settings.message_memory;
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_at_the_limit_and_not_past_it),
        cmocka_unit_test(a_message_that_is_not_read_goes_on_without_what_it_forged),
        cmocka_unit_test(a_bounce_that_is_not_read_is_said_to_be_unread_and_the_gate_stays),
        cmocka_unit_test(a_header_is_counted_while_it_comes),
        cmocka_unit_test(heavy_messages_leave_a_quarter_to_light_ones),
        cmocka_unit_test(mail_of_ours_is_tagged_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
