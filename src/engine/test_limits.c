/* SPDX-License-Identifier: BSD-2-Clause */
/* The limits of a session and of its signatures, at each and one past it. */
#include "engine/marks.h"
#include "engine/message.h"
#include "engine/rule_files.h"
#include "engine/socketmap_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOW = 1787313600 };

/* Asks and says that the answers are there, without any: `left` times, then it adds them. */
struct idle {
    struct bs_answers *answers;
    unsigned left, asked;
};

static void *begin_idle(void *context, struct bs_answers *answers)
{
    struct idle *idle = context;
    idle->answers = answers;
    return idle;
}

static bool ask_idle(void *inquiry, const struct bs_questions *questions)
{
    static const struct bs_dns_answer none = {.status = BS_DNS_NXDOMAIN};
    struct idle *idle = inquiry;
    idle->asked++;
    if (idle->left > 0) {
        idle->left--;
        return false;
    }
    for (size_t i = 0; i < questions->count; i++)
        assert_true(bs_answers_add(idle->answers, questions->items[i].name, questions->items[i].type, &none));
    return false;
}

static void end_idle(void *inquiry)
{
    (void)inquiry;
}

static const struct bs_asker asker = {begin_idle, ask_idle, end_idle};

static void report(void *context, const struct bs_report *what)
{
    (void)context, (void)what;
}

struct world {
    struct bs_config config;
    struct bs_settings settings;
    struct idle idle;
    struct bs_session session;
};

static void open_world(struct world *world, unsigned idle_rounds)
{
    static const struct bs_ip client = {.family = 4, .address = {192, 0, 2, 1}};
    struct bs_error error;
    *world = (struct world){.idle = {.left = idle_rounds}};
    if (!bs_config_parse("authentication = enforce\ndomain \"our.example\" { mode = off }\n", "test", &world->config, &error) ||
        !bs_settings_load(&world->config, &world->settings, &error))
        fail_msg("%s", error.text);
    const struct bs_session_host host = {.report = report, .asker = &asker, .context = &world->idle};
    bs_session_init(&world->session, &world->settings, &host);
    bs_session_client(&world->session, &client);
    bs_session_helo(&world->session, BS_LITERAL("mx.example.net"));
}

static void close_world(struct world *world)
{
    bs_session_done(&world->session);
    bs_settings_free(&world->settings);
    bs_config_free(&world->config);
}

/* A message up to the end of data; the reply is ACCEPT. */
static void send_message(struct world *world, struct bs_changes *ret_changes)
{
    struct bs_session *session = &world->session;
    *ret_changes = (struct bs_changes){.removed_count = 0};
    bs_session_header(session, BS_LITERAL("From"), BS_LITERAL(" a@example.com"));
    bs_session_end_of_header(session);
    assert_int_equal(bs_session_end(session, ret_changes).kind, BS_REPLY_ACCEPT);
}

static bool results_say(const struct bs_changes *changes, const char *words)
{
    assert_int_equal(changes->added_count, 1);
    return strstr(changes->added[0].value.ptr, words) != NULL;
}

static void a_message_has_256_rounds_of_questions_and_then_what_is_not_known_is_a_temperror(void **state)
{
    (void)state;
    for (unsigned extra = 0; extra < 2; extra++) {
        struct world world;
        struct bs_changes changes;
        open_world(&world, BS_SESSION_ROUNDS_MAX - 1 + extra);
        bs_session_mail(&world.session, BS_LITERAL("<a@example.com>"), false, NOW);
        send_message(&world, &changes);
        assert_int_equal(world.idle.asked, BS_SESSION_ROUNDS_MAX);
        assert_int_equal(results_say(&changes, "spf=temperror"), extra);
        assert_int_equal(results_say(&changes, "dmarc=temperror"), extra);
        close_world(&world);
    }
}

static void a_message_without_memory_left_is_accepted_without_our_field(void **state)
{
    static const struct bs_decision held = {.action = BS_ACTION_QUARANTINE, .reason = BS_REASON_DMARC_QUARANTINE};
    (void)state;
    for (unsigned full = 0; full < 2; full++) {
        struct world world;
        struct bs_changes changes;
        open_world(&world, 0);
        bs_session_mail(&world.session, BS_LITERAL("<a@example.com>"), false, NOW);
        if (full)
            for (size_t size = BS_MESSAGE_MEMORY; size > 0; size /= 2)
                while (bs_arena_take(&world.session.message->arena, size))
                    continue;
        send_message(&world, &changes);
        assert_int_equal(changes.added_count, full ? 0 : 1);
        changes = (struct bs_changes){.added_count = 0};
        assert_true(bs_marks_make(&world.session, &held, &changes));
        assert_string_equal(changes.quarantine, full ? "suspicious" : "suspicious; reason=dmarc-quarantine");
        assert_string_equal(changes.added[0].name, BS_MARK_FIELD);
        close_world(&world);
    }
}

/* Seals a message with `room` bytes left for it; returns how many fields it gets. */
static size_t seal_with(const struct bs_signing_key *key, size_t room)
{
    static const struct bs_dns_answer timeout = {.status = BS_DNS_TIMEOUT};
    struct world world;
    struct bs_changes changes = {.added_count = 0};
    open_world(&world, 0);
    world.settings.sealing_key = key;
    bs_session_mail(&world.session, BS_LITERAL("<a@example.com>"), false, NOW);
    struct bs_message *message = world.session.message;
    assert_true(bs_answers_add(&message->answers, key->name, BS_DNS_TXT, &timeout));
    bs_session_header(&world.session, BS_LITERAL("From"), BS_LITERAL(" a@example.com"));
    bs_session_end_of_header(&world.session);
    message->authentication->arena.limit = message->authentication->arena.used + room;
    bool accepted = bs_session_end(&world.session, &changes).kind == BS_REPLY_ACCEPT;
    for (size_t i = 0; i < changes.added_count; i++)
        assert_non_null(changes.added[i].value.ptr);
    close_world(&world);
    return accepted ? changes.added_count : 0;
}

static void a_message_that_has_no_memory_for_a_whole_arc_set_gets_none_of_it(void **state)
{
    enum { RESULTS = 1, SET = 3 };
    struct bs_private_key *made = bs_private_key_make(BS_KEY_ED25519, 0);
    const struct bs_signing_key key = {.key = made, .selector = BS_LITERAL("s"), .domain = BS_LITERAL("our.example"),
                                       .name = BS_LITERAL("s._domainkey.our.example")};
    (void)state;
    assert_int_equal(seal_with(&key, 8192), RESULTS + SET);
    for (size_t room = 256; room < 1024; room += 64) {
        size_t fields = seal_with(&key, room);
        assert_true(fields == RESULTS || fields == RESULTS + SET);
    }
    assert_int_equal(seal_with(&key, 256), RESULTS);
    bs_private_key_free(made);
}

static void a_queue_id_is_kept_up_to_its_limit(void **state)
{
    char id[BS_QUEUE_ID_MAX + 2];
    struct world world;
    (void)state;
    memset(id, 'a', sizeof id);
    open_world(&world, 0);
    for (size_t extra = 0; extra < 2; extra++) {
        bs_session_queue_id(&world.session, bs_bytes(id, BS_QUEUE_ID_MAX + extra));
        assert_int_equal(strlen(world.session.queue_id), BS_QUEUE_ID_MAX);
    }
    close_world(&world);
}

static void answers_that_a_map_client_does_not_read_are_kept_up_to_the_limit(void **state)
{
    static const char answer[] = "9:NOTFOUND ,";
    struct world world;
    (void)state;
    open_world(&world, 0);
    for (size_t extra = 0; extra < 2; extra++) {
        size_t count = BS_SOCKETMAP_OUTPUT_MAX / (sizeof answer - 1) + extra;
        struct bs_strbuf requests, out;
        struct bs_error error;
        bs_strbuf_init(&requests, 1 << 20);
        bs_strbuf_init(&out, BS_SOCKETMAP_OUTPUT_MAX);
        for (size_t i = 0; i < count; i++)
            bs_strbuf_printf(&requests, "%zu:%s a@b,", strlen(world.settings.socketmap_name) + 4, world.settings.socketmap_name);
        struct bs_bytes input = bs_strbuf_bytes(&requests);
        assert_int_equal(bs_socketmap_session_feed(&world.settings, &input, &out, &error), extra == 0);
        bs_strbuf_free(&requests);
        bs_strbuf_free(&out);
    }
    close_world(&world);
}

/* Signs an outgoing message, whose header has `size` bytes or more, with so many keys of one domain; returns how many
 * signed. */
static size_t sign_with(size_t count, size_t size)
{
    static char text[60000];
    struct bs_signing_key keys[BS_SIGNATURES_MADE_MAX + 1] = {{.next = NULL}};
    struct bs_signing_keys all = {.count = count};
    struct bs_dkim_signed made = {.count = 0};
    struct bs_arena arena;
    struct bs_answers known;
    struct bs_private_key *key = bs_private_key_make(BS_KEY_ED25519, 0);
    assert_non_null(key);
    for (size_t i = 0; i < count; i++)
        keys[i] = (struct bs_signing_key){.next = i + 1 < count ? &keys[i + 1] : NULL, .key = key, .selector = BS_LITERAL("s"),
                                          .domain = BS_LITERAL("example.com"), .name = BS_LITERAL("s._domainkey.example.com")};
    assert_true(bs_name_set_add(&all.by_domain, BS_LITERAL("example.com"), &keys[0]));
    bs_arena_init(&arena, 1 << 20);
    bs_answers_init(&known, &arena);
    struct bs_dkim_signing *signing = bs_dkim_signing_new(&all, NOW);
    assert_non_null(signing);
    bs_dkim_signing_header(signing, BS_LITERAL("From"), BS_LITERAL(" a@example.com"));
    memset(text, 'x', sizeof text);
    for (; size >= sizeof text; size -= sizeof text)
        bs_dkim_signing_header(signing, BS_LITERAL("Subject"), bs_bytes(text, sizeof text - 64));
    bs_dkim_signing_end_of_header(signing);
    bs_dkim_signing_end_of_body(signing);
    for (int round = 0; round < 3; round++) {
        static const struct bs_dns_answer timeout = {.status = BS_DNS_TIMEOUT};
        struct bs_questions missing = {.count = 0};
        if (bs_dkim_signing_run(signing, &known, &made, &missing) == BS_DONE)
            break;
        for (size_t i = 0; i < missing.count; i++)
            assert_true(bs_answers_add(&known, missing.items[i].name, missing.items[i].type, &timeout));
    }
    bs_dkim_signing_free(signing);
    bs_private_key_free(key);
    bs_name_set_clear(&all.by_domain, NULL);
    bs_arena_reset(&arena);
    return made.count;
}

static void four_keys_of_a_domain_sign_and_a_fifth_does_not(void **state)
{
    (void)state;
    assert_int_equal(sign_with(BS_SIGNATURES_MADE_MAX, 0), BS_SIGNATURES_MADE_MAX);
    assert_int_equal(sign_with(BS_SIGNATURES_MADE_MAX + 1, 0), BS_SIGNATURES_MADE_MAX);
}

static void the_largest_header_is_signed_and_a_larger_one_is_not(void **state)
{
    (void)state;
    assert_int_equal(sign_with(BS_SIGNATURES_MADE_MAX, BS_HEADER_SIZE_MAX), BS_SIGNATURES_MADE_MAX);
    assert_int_equal(sign_with(BS_SIGNATURES_MADE_MAX, BS_HEADER_SIZE_MAX + 60000), 0);
}

/* --- Automatic mail ----------------------------------------------------------------------------------------- */

static const char one_domain[] = "key 0 { secret-file = \"%s\" }\nmax-null-recipients = 100000\nmax-recipients = 100000\n"
                                 "domain \"our.example\" { mode = observe }\n";

/* A world of one domain that observes, whose key is in a file that is gone afterwards. */
static void open_observing_world(struct world *world)
{
    char path[] = "/tmp/backstop-limits-XXXXXX", text[512];
    struct bs_error error;
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "secret\n", 7) == 7);
    close(fd);
    snprintf(text, sizeof text, one_domain, path);
    *world = (struct world){.idle = {.left = 0}};
    if (!bs_config_parse(text, "test", &world->config, &error) ||
        !bs_settings_load(&world->config, &world->settings, &error))
        fail_msg("%s", error.text);
    unlink(path);
    const struct bs_session_host host = {.report = report};
    bs_session_init(&world->session, &world->settings, &host);
}

static void recipients_of_a_bounce_that_memory_has_no_room_for_shall_come_again(void **state)
{
    static const struct bs_ip client = {.family = 4, .address = {192, 0, 2, 1}};
    enum { PATH = 900 };
    char path[PATH + 1];
    struct world world;
    struct bs_reply reply;
    unsigned taken = 0;
    (void)state;
    open_observing_world(&world);
    bs_session_client(&world.session, &client);
    bs_session_mail(&world.session, BS_LITERAL("<>"), false, NOW);
    memset(path, 'x', sizeof path);
    memcpy(path + PATH - 13, "@our.example", 13);
    do {
        reply = bs_session_recipient(&world.session, bs_bytes(path, PATH - 1), false);
        taken += reply.kind == BS_REPLY_CONTINUE;
    } while (reply.kind == BS_REPLY_CONTINUE && taken < BS_BOUNCE_MEMORY / PATH);
    assert_int_equal(reply.kind, BS_REPLY_REFUSE);
    assert_int_equal(reply.code, 452);
    assert_true(taken > 100);
    close_world(&world);
}

/* The fields that an outgoing message gets whose header has `size` bytes or more. */
static size_t send_outgoing(size_t size)
{
    static char text[60000];
    struct world world;
    struct bs_changes changes;
    open_observing_world(&world);
    bs_session_client(&world.session, NULL);
    bs_session_mail(&world.session, BS_LITERAL("<a@our.example>"), false, NOW);
    bs_session_header(&world.session, BS_LITERAL("From"), BS_LITERAL(" a@our.example"));
    memset(text, 'x', sizeof text);
    for (; size >= sizeof text; size -= sizeof text)
        bs_session_header(&world.session, BS_LITERAL("Subject"), bs_bytes(text, sizeof text - 64));
    bs_session_end_of_header(&world.session);
    assert_int_equal(bs_session_end(&world.session, &changes).kind, BS_REPLY_ACCEPT);
    assert_true(changes.sender.len > 0);
    size_t count = changes.added_count;
    close_world(&world);
    return count;
}

static void the_largest_header_gets_a_token_and_a_larger_one_does_not(void **state)
{
    (void)state;
    assert_int_equal(send_outgoing(BS_HEADER_SIZE_MAX - 60000), 1);
    assert_int_equal(send_outgoing(BS_HEADER_SIZE_MAX + 60000), 0);
}

static void a_file_of_rules_has_a_largest_size(void **state)
{
    (void)state;
    for (long past = 0; past < 2; past++) {
        char path[] = "/tmp/backstop-limits-XXXXXX";
        const char *files[] = {path};
        const struct bs_config_list list = {files, 1};
        struct bs_error error = {""};
        FILE *file = fdopen(mkstemp(path), "w");
        assert_non_null(file);
        for (long i = 0; i < BS_RULE_FILE_MAX + past; i++)
            fputc(i % 100 == 0 ? '#' : i % 100 == 99 ? '\n' : 'x', file);
        fclose(file);
        struct bs_rules *rules = bs_rule_files_load(&list, &error);
        unlink(path);
        assert_int_equal(rules != NULL, !past);
        assert_int_equal(strstr(error.text, "1048576 bytes") != NULL, past);
        bs_rules_free(rules);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_256_rounds_of_questions_and_then_what_is_not_known_is_a_temperror),
        cmocka_unit_test(a_message_without_memory_left_is_accepted_without_our_field),
        cmocka_unit_test(a_message_that_has_no_memory_for_a_whole_arc_set_gets_none_of_it),
        cmocka_unit_test(a_queue_id_is_kept_up_to_its_limit),
        cmocka_unit_test(answers_that_a_map_client_does_not_read_are_kept_up_to_the_limit),
        cmocka_unit_test(the_largest_header_is_signed_and_a_larger_one_is_not),
        cmocka_unit_test(recipients_of_a_bounce_that_memory_has_no_room_for_shall_come_again),
        cmocka_unit_test(the_largest_header_gets_a_token_and_a_larger_one_does_not),
        cmocka_unit_test(a_file_of_rules_has_a_largest_size),
        cmocka_unit_test(four_keys_of_a_domain_sign_and_a_fifth_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
