/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays scenarios: text files in which an MTA, driven by SMTP commands, talks to the engine. See README.md for the
 * lines of a file. Prints TAP, a point for each file and way of feeding.
 */
#include "answers.h"
#include "message.h"

#include "auth/dkim_sign.h"
#include "base/timestamp.h"
#include "daemon/decision_log.h"
#include "engine/milter_session.h"
#include "engine/socketmap_session.h"
#include "wire/milter_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024 * 1024, ANSWER_MAX = 4096, FRAME_MAX = 1024 * 1024, RECORD_MAX = 1024 };

/* What scenarios sign with. */
struct keys {
    char folder[64];
    char dkim_record[RECORD_MAX]; /* TXT strings that publish the DKIM keys of test.ex and of list.ex */
    char rsa_record[RECORD_MAX];
};

/* What all scenarios share. */
struct shared {
    struct bs_rules *rules;
    struct bs_rules_scan *scan;
};

struct play {
    struct answerer dns; /* the first member: the context of sessions */
    const struct shared *shared;
    struct bs_sent_memory *sent;
    struct bs_campaigns *campaigns;
    struct bs_strbuf dns_text;
    const char *file;
    int line;
    bool byte_by_byte;
    const struct keys *keys;
    int64_t now;
    unsigned protocol;
    struct bs_strbuf config_text;
    bool configured;
    struct bs_config config;
    struct bs_settings settings;
    struct bs_milter_session milter;
    struct bs_strbuf to_mta;
    struct message message;
    bool connected;
    bool accepted; /* the filter wants no more of this message */
    bool login;
    unsigned queue_number;
    char resolved[ANSWER_MAX]; /* what the MTA takes the next recipient for */
    char answer[ANSWER_MAX]; /* to the last command */
    char sender[ANSWER_MAX];
    char parameters[ANSWER_MAX]; /* that the filter gave with the sender */
    char envelope_id[ANSWER_MAX]; /* that it gave last */
    struct bs_strbuf log; /* its last line */
    char failure[4 * ANSWER_MAX];
};


static bool fail(struct play *play, const char *what, const char *expected, const char *got)
{
    snprintf(play->failure, sizeof play->failure, "%s:%d: %s: expected \"%s\", got \"%s\"", play->file, play->line,
             what, expected, got);
    return false;
}

static void on_report(void *context, const struct bs_report *report)
{
    struct play *play = context;
    bs_strbuf_free(&play->log);
    bs_decision_format(&play->log, report);
}

/* --- The MTA's side ---------------------------------------------------------------------------------------- */

/* Answers what the session asked, as long as it goes on asking; a reply that waits for no answer is given without. */
static bool answer_questions(struct play *play, struct bs_error *ret_error)
{
    bool alive = true;
    while (alive && answers_deliver(&play->dns))
        alive = bs_milter_session_resume(&play->milter, true, &play->to_mta, ret_error);
    if (alive && play->milter.waiting)
        alive = bs_milter_session_resume(&play->milter, false, &play->to_mta, ret_error);
    return alive;
}

/* Gives bytes to the filter in the way that is being tried; false when the filter ended the session. */
static bool give(struct play *play, struct bs_bytes bytes)
{
    struct bs_strbuf kept;
    struct bs_error error;
    bool alive = true;
    bs_strbuf_init(&kept, TEXT_MAX);
    while (alive && bytes.len > 0) {
        size_t count = play->byte_by_byte ? 1 : bytes.len;
        bs_strbuf_append(&kept, bs_bytes_first(bytes, count));
        bytes = bs_bytes_skip(bytes, count);
        struct bs_bytes input = bs_strbuf_bytes(&kept);
        alive = bs_milter_session_feed(&play->milter, &input, play->now, &play->to_mta, &error) &&
                answer_questions(play, &error);
        bs_strbuf_consume(&kept, kept.len - input.len);
    }
    bs_strbuf_free(&kept);
    if (!alive) {
        bs_milter_session_close(&play->milter);
        play->connected = false;
        snprintf(play->answer, sizeof play->answer, "closed %s", error.text);
    }
    return alive;
}

/* Takes one answer of the filter; false where there is none. */
static bool next_answer(struct play *play, struct bs_milter_answer *ret_answer, size_t *ret_size)
{
    struct bs_error error;
    struct bs_bytes input = bs_strbuf_bytes(&play->to_mta);
    size_t before = input.len;
    if (bs_milter_peer_decode(&input, FRAME_MAX, ret_answer, &error) != BS_MILTER_EVENT)
        return false;
    *ret_size = before - input.len;
    return true;
}

/* What an SMTP client would see of an answer; true when it is final for the step. */
static bool apply_answer(struct play *play, const struct bs_milter_answer *answer)
{
    switch (answer->code) {
    case BS_MILTER_ACCEPT:
        play->accepted = true;
        snprintf(play->answer, sizeof play->answer, "250 accepted");
        return true;
    case BS_MILTER_CONTINUE:
    case BS_MILTER_SKIP:
        snprintf(play->answer, sizeof play->answer, "250 %s", answer->code == BS_MILTER_SKIP ? "skip" : "continue");
        return true;
    case BS_MILTER_DISCARD:
        play->accepted = true;
        snprintf(play->answer, sizeof play->answer, "250 discarded");
        return true;
    case BS_MILTER_REPLYCODE:
        snprintf(play->answer, sizeof play->answer, "%.*s", BS_BYTES_ARG(answer->text));
        return true;
    case BS_MILTER_CHANGE_FROM:
        snprintf(play->sender, sizeof play->sender, "%.*s", BS_BYTES_ARG(answer->envelope.path));
        snprintf(play->parameters, sizeof play->parameters, "%.*s", BS_BYTES_ARG(answer->envelope.parameters));
        if (strncmp(play->parameters, "ENVID=", 6) == 0)
            snprintf(play->envelope_id, sizeof play->envelope_id, "%s", play->parameters + 6);
        return false;
    default:
        if (message_change(&play->message, answer))
            return false;
        snprintf(play->answer, sizeof play->answer, "unexpected answer '%c'", answer->code);
        return true;
    }
}

/* Sends frames and, where the step has a reply, waits for it. */
static void exchange(struct play *play, struct bs_strbuf *frames, enum bs_milter_command step)
{
    struct bs_milter_answer answer;
    size_t size;
    bool expected = bs_milter_expects_reply(&play->milter.agreed, step), final = false;
    bool alive = give(play, bs_strbuf_bytes(frames));
    bs_strbuf_free(frames);
    if (!alive)
        return;
    if (!expected)
        snprintf(play->answer, sizeof play->answer, "250 without asking the filter");
    while (next_answer(play, &answer, &size)) {
        final = apply_answer(play, &answer);
        bs_strbuf_consume(&play->to_mta, size);
    }
    if (expected != final)
        snprintf(play->answer, sizeof play->answer, "%s", expected ? "no reply" : "a reply that nobody asked for");
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

static void negotiate(struct play *play)
{
    struct bs_strbuf frames;
    struct bs_milter_answer answer;
    size_t size = 0;
    struct bs_milter_options offer = {play->protocol, 0x1ff, 0x1fffff};
    if (play->protocol < 6)
        offer = (struct bs_milter_options){play->protocol, 0x7f, play->protocol < 3 ? 0x7f : 0x3ff};
    bs_strbuf_init(&frames, TEXT_MAX);
    const struct bs_session_host host = {
        .report = on_report, .asker = &answers_asker, .context = play, .scan = play->shared->scan,
        .sent = play->sent, .watch = &watch, .campaigns = play->campaigns,
    };
    bs_milter_session_init(&play->milter, &play->settings, &host);
    bs_milter_peer_offer(&frames, &offer);
    play->connected = true;
    if (give(play, bs_strbuf_bytes(&frames)) && next_answer(play, &answer, &size))
        bs_strbuf_consume(&play->to_mta, size);
    bs_strbuf_free(&frames);
}

static bool command_helo(struct play *play, const char *name)
{
    struct bs_strbuf frames;
    bs_strbuf_init(&frames, TEXT_MAX);
    if (play->milter.agreed.steps & BS_MILTER_NO_HELO)
        return true;
    bs_milter_peer_helo(&frames, bs_bytes_from_cstr(name));
    exchange(play, &frames, BS_MILTER_HELO);
    return true;
}

static bool command_client(struct play *play, const char *address)
{
    struct bs_strbuf frames;
    bool local = strcmp(address, "local") == 0;
    bool on_socket = address[0] == '/';
    struct bs_bytes ip = bs_bytes_from_cstr(local ? "127.0.0.1" : address);
    bool v6 = bs_bytes_find(ip, ':') < ip.len;
    if (play->connected)
        bs_milter_session_close(&play->milter);
    play->accepted = play->login = false;
    negotiate(play);
    bs_strbuf_init(&frames, TEXT_MAX);
    static const char *const host_name[] = {"j", "mx.test.ex"};
    bs_milter_peer_macros(&frames, BS_MILTER_CONNECT, host_name, 1);
    bs_milter_peer_connect(&frames, BS_LITERAL("client.example"),
                           on_socket ? BS_MILTER_FAMILY_UNIX
                           : v6      ? BS_MILTER_FAMILY_INET6
                                     : BS_MILTER_FAMILY_INET,
                           local || on_socket ? 0 : 40000, ip);
    exchange(play, &frames, BS_MILTER_CONNECT);
    return command_helo(play, "client.example");
}

static void append_queue_id(struct play *play, struct bs_strbuf *frames, enum bs_milter_command step)
{
    char id[16];
    snprintf(id, sizeof id, "Q%u", play->queue_number);
    const char *const macros[] = {"i", id};
    bs_milter_peer_macros(frames, step, macros, 1);
}

static bool command_mail(struct play *play, const char *path)
{
    static const char *const login[] = {"{auth_authen}", "user"};
    struct bs_strbuf frames;
    bs_strbuf_init(&frames, TEXT_MAX);
    play->accepted = false;
    play->queue_number++;
    bs_strbuf_free(&play->log);
    const char *blank = path[0] == '<' ? strstr(path, "> ") : NULL; /* ESMTP parameters behind it */
    struct bs_bytes address = blank ? bs_bytes(path, (size_t)(blank + 1 - path)) : bs_bytes_from_cstr(path);
    const char *const parameters[] = {blank ? blank + 2 : NULL};
    snprintf(play->sender, sizeof play->sender, "%.*s", BS_BYTES_ARG(address));
    play->parameters[0] = '\0';
    bs_milter_peer_macros(&frames, BS_MILTER_MAIL, login, play->login ? 1 : 0);
    bs_milter_peer_envelope(&frames, BS_MILTER_MAIL, address, parameters, blank ? 1 : 0);
    exchange(play, &frames, BS_MILTER_MAIL);
    return true;
}

static bool command_rcpt(struct play *play, const char *path)
{
    struct bs_strbuf frames;
    if (play->accepted || !play->connected)
        return true;
    bs_strbuf_init(&frames, TEXT_MAX);
    append_queue_id(play, &frames, BS_MILTER_RCPT);
    const char *const resolved[] = {"{rcpt_addr}", play->resolved};
    bs_milter_peer_macros(&frames, BS_MILTER_RCPT, resolved, play->resolved[0] ? 1 : 0);
    play->resolved[0] = '\0';
    bs_milter_peer_envelope(&frames, BS_MILTER_RCPT, bs_bytes_from_cstr(path), NULL, 0);
    exchange(play, &frames, BS_MILTER_RCPT);
    return true;
}

static bool command_resolved(struct play *play, const char *address)
{
    snprintf(play->resolved, sizeof play->resolved, "%s", address);
    return true;
}

/* A recipient that the MTA itself refuses, as filters that ask for it are told. */
static bool command_refused_rcpt(struct play *play, const char *path)
{
    static const char *const error[] = {"{rcpt_mailer}", "error"};
    struct bs_strbuf frames;
    if (play->accepted || !play->connected || !(play->milter.agreed.steps & BS_MILTER_SEND_REJECTED_RCPT))
        return true;
    bs_strbuf_init(&frames, TEXT_MAX);
    bs_milter_peer_macros(&frames, BS_MILTER_RCPT, error, 1);
    bs_milter_peer_envelope(&frames, BS_MILTER_RCPT, bs_bytes_from_cstr(path), NULL, 0);
    exchange(play, &frames, BS_MILTER_RCPT);
    return true;
}

static bool command_rset(struct play *play, const char *nothing)
{
    struct bs_strbuf frames;
    (void)nothing;
    bs_strbuf_init(&frames, TEXT_MAX);
    bs_milter_peer_command(&frames, BS_MILTER_ABORT);
    exchange(play, &frames, BS_MILTER_ABORT);
    return true;
}

/* The header fields of the message, as an MTA sends them. */
static void send_header(struct play *play)
{
    struct bs_strbuf frames;
    bool whole = play->milter.agreed.steps & BS_MILTER_HEADER_LEADING_SPACE;
    bs_strbuf_init(&frames, TEXT_MAX);
    for (size_t i = 0; i < play->message.count; i++) {
        struct bs_bytes field = bs_bytes_from_cstr(play->message.fields[i]);
        size_t colon = bs_bytes_find(field, ':');
        struct bs_bytes value = bs_bytes(field.ptr + colon + 1, field.len - colon - 2);
        if (!whole && value.len > 0 && value.ptr[0] == ' ')
            value = bs_bytes_skip(value, 1);
        bs_milter_peer_header(&frames, bs_bytes_first(field, colon), value);
        exchange(play, &frames, BS_MILTER_HEADER);
    }
    if (play->milter.agreed.steps & BS_MILTER_NO_EOH)
        return;
    bs_milter_peer_command(&frames, BS_MILTER_EOH);
    exchange(play, &frames, BS_MILTER_EOH);
}

static void send_body(struct play *play, struct bs_bytes body)
{
    struct bs_strbuf frames;
    bs_strbuf_init(&frames, TEXT_MAX);
    while (body.len > 0 && play->connected && !play->accepted && strcmp(play->answer, "250 skip") != 0) {
        bs_milter_peer_body(&frames, bs_bytes_first(body, BS_MILTER_CHUNK_MAX));
        body = bs_bytes_skip(body, body.len < BS_MILTER_CHUNK_MAX ? body.len : BS_MILTER_CHUNK_MAX);
        exchange(play, &frames, BS_MILTER_BODY);
    }
    append_queue_id(play, &frames, BS_MILTER_EOM);
    bs_milter_peer_command(&frames, BS_MILTER_EOM);
    if (play->connected && !play->accepted)
        exchange(play, &frames, BS_MILTER_EOM);
    bs_strbuf_free(&frames);
}

static bool command_data(struct play *play, const char *text)
{
    struct bs_strbuf frames;
    bs_strbuf_init(&frames, TEXT_MAX);
    if (!play->accepted && play->connected && !(play->milter.agreed.steps & BS_MILTER_NO_DATA) && play->protocol > 3) {
        bs_milter_peer_command(&frames, BS_MILTER_DATA);
        exchange(play, &frames, BS_MILTER_DATA);
    }
    if (play->accepted || !play->connected || play->answer[0] != '2')
        return true;
    if (text)
        message_read(&play->message, bs_bytes_from_cstr(text));
    send_header(play);
    struct bs_bytes body = bs_strbuf_bytes(&play->message.body);
    struct bs_strbuf wire; /* with CRLF */
    bs_strbuf_init(&wire, TEXT_MAX);
    for (size_t i = 0; i < body.len; i++) {
        bs_strbuf_append_cstr(&wire, body.ptr[i] == '\n' ? "\r" : "");
        bs_strbuf_append_char(&wire, body.ptr[i]);
    }
    send_body(play, bs_strbuf_bytes(&wire));
    bs_strbuf_free(&wire);
    return true;
}

/* The message that the MTA has, once more. */
static bool command_data_again(struct play *play, const char *nothing)
{
    (void)nothing;
    return command_data(play, NULL);
}

/* The filter is asked about DATA, and then somebody else refuses it. */
static bool command_data_refused(struct play *play, const char *nothing)
{
    struct bs_strbuf frames;
    (void)nothing;
    bs_strbuf_init(&frames, TEXT_MAX);
    bs_milter_peer_command(&frames, BS_MILTER_DATA);
    exchange(play, &frames, BS_MILTER_DATA);
    return true;
}

static bool command_map(struct play *play, const char *key)
{
    struct bs_strbuf request, reply;
    struct bs_error error;
    struct bs_bytes text;
    enum bs_socketmap_status status;
    static const char *const words[] = {"OK", "NOTFOUND", "TEMP", "TIMEOUT", "PERM"};
    bs_strbuf_init(&request, TEXT_MAX);
    bs_strbuf_init(&reply, TEXT_MAX);
    bs_socketmap_encode_request(&request, play->settings.socketmap_name, bs_bytes_from_cstr(key));
    struct bs_bytes input = bs_strbuf_bytes(&request), output;
    snprintf(play->answer, sizeof play->answer, "no reply");
    if (bs_socketmap_session_feed(&play->settings, &input, &reply, &error)) {
        output = bs_strbuf_bytes(&reply);
        if (bs_socketmap_decode_reply(&output, &status, &text, &error) == BS_SOCKETMAP_REQUEST)
            snprintf(play->answer, sizeof play->answer, "%s %.*s", words[status], BS_BYTES_ARG(text));
    }
    bs_strbuf_free(&request);
    bs_strbuf_free(&reply);
    return true;
}

/* --- The file's lines -------------------------------------------------------------------------------------- */

static bool command_at(struct play *play, const char *time)
{
    return bs_timestamp_parse(bs_bytes_from_cstr(time), &play->now) || fail(play, "at", "a time", time);
}

static bool command_protocol(struct play *play, const char *version)
{
    play->protocol = (unsigned)atoi(version);
    return true;
}

static bool command_login(struct play *play, const char *name)
{
    (void)name;
    play->login = true;
    return true;
}

static bool command_logout(struct play *play, const char *nothing)
{
    (void)nothing;
    play->login = false;
    return true;
}

static bool command_expect(struct play *play, const char *text)
{
    return strncmp(play->answer, text, strlen(text)) == 0 || fail(play, "reply", text, play->answer);
}

static bool command_sender(struct play *play, const char *path)
{
    return strcmp(play->sender, path) == 0 || fail(play, "sender", path, play->sender);
}

static bool command_parameters(struct play *play, const char *text)
{
    bool good = strcmp(text, "nothing") == 0 ? play->parameters[0] == '\0' : strstr(play->parameters, text) != NULL;
    return good || fail(play, "parameters", text, play->parameters);
}

static bool command_log(struct play *play, const char *text)
{
    const char *line = bs_strbuf_cstr(&play->log);
    bool good = strcmp(text, "nothing") == 0 ? line[0] == '\0' : strstr(line, text) != NULL;
    return good || fail(play, "log", text, line);
}

static bool command_header(struct play *play, const char *text)
{
    struct bs_strbuf out;
    if (message_has(&play->message, text))
        return true;
    bs_strbuf_init(&out, TEXT_MAX);
    message_write(&play->message, &out);
    bool good = fail(play, "header", text, bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
    return good;
}

static bool command_no_header(struct play *play, const char *text)
{
    return !message_has(&play->message, text) || fail(play, "no header", "none", text);
}

static bool command_held(struct play *play, const char *text)
{
    const char *held = play->message.held[0] ? play->message.held : "nothing";
    return strncmp(held, text, strlen(text)) == 0 || fail(play, "held", text, held);
}

static bool command_dns(struct play *play, const char *word)
{
    play->dns.when = strcmp(word, "answers") == 0 ? ANSWERS_AT_ONCE : ANSWERS_NEVER;
    if (play->dns.when == ANSWERS_AT_ONCE && play->byte_by_byte)
        play->dns.when = ANSWERS_LATER;
    return true;
}

/* What the daemon's filters share; it begins with the scenario, at a time that is long ago. */
static bool share(struct play *play)
{
    enum { NAMES = 4096 };
    static const unsigned char secret[BS_SENT_KEY_SIZE] = "a secret";
    void *sent = NULL;
    size_t size = bs_sent_memory_size(NAMES);
    play->campaigns = calloc(1, sizeof *play->campaigns);
    if (!play->campaigns || posix_memalign(&sent, 64, size) != 0)
        return false;
    memset(sent, 0, size);
    if (play->config.sent_registry > 0)
        play->sent = bs_sent_memory_begin(sent, NAMES, secret, 0);
    else
        free(sent);
    return true;
}

static bool configure(struct play *play)
{
    struct bs_error error;
    if (play->configured)
        return true;
    if (!bs_config_parse(bs_strbuf_cstr(&play->config_text), play->file, &play->config, &error))
        return fail(play, "config", "a good configuration", error.text);
    if (!bs_settings_load(&play->config, &play->settings, &error)) {
        bs_config_free(&play->config);
        return fail(play, "config", "good keys", error.text);
    }
    play->configured = true;
    if (!share(play))
        return fail(play, "memory", "some", "none");
    command_dns(play, "answers");
    return answers_read(&play->dns, bs_strbuf_bytes(&play->dns_text), play->file, &error) ||
           fail(play, "dns", "good records", error.text);
}

static const struct {
    const char *word;
    bool (*run)(struct play *play, const char *argument);
} commands[] = {
    {"at ", command_at},
    {"protocol ", command_protocol},
    {"client ", command_client},
    {"login ", command_login},
    {"logout", command_logout},
    {"MAIL FROM:", command_mail},
    {"RCPT TO:", command_rcpt},
    {"refused RCPT TO:", command_refused_rcpt},
    {"resolved ", command_resolved},
    {"RSET", command_rset},
    {"helo ", command_helo},
    {"dns ", command_dns},
    {"DATA refused", command_data_refused},
    {"DATA again", command_data_again},
    {"header ", command_header},
    {"no header ", command_no_header},
    {"held ", command_held},
    {"map ", command_map},
    {"=> ", command_expect},
    {"sender ", command_sender},
    {"parameters ", command_parameters},
    {"log ", command_log},
};

static bool run_line(struct play *play, const char *line)
{
    if (line[0] == '#' || line[0] == '\0')
        return true;
    if (!configure(play))
        return false;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t length = strlen(commands[i].word);
        if (strncmp(line, commands[i].word, length) == 0)
            return commands[i].run(play, line + length);
    }
    return fail(play, "line", "a line of README.md", line);
}

/* A line of the file without its end; false at the end of the file. */
static bool read_line(struct play *play, FILE *file, char line[ANSWER_MAX])
{
    if (!fgets(line, ANSWER_MAX, file))
        return false;
    line[strcspn(line, "\n")] = '\0';
    play->line++;
    return true;
}

/* Appends a line; KEYS in it is the folder of keys, DKIM-RECORD and RSA-RECORD what publishes the DKIM keys. */
static void append_line(const struct play *play, const char *line, struct bs_strbuf *text)
{
    const struct {
        const char *word, *meaning;
    } words[] = {{"KEYS", play->keys->folder},
                 {"DKIM-RECORD", play->keys->dkim_record},
                 {"RSA-RECORD", play->keys->rsa_record}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *found = strstr(line, words[i].word);
        if (!found)
            continue;
        bs_strbuf_printf(text, "%.*s%s%s\n", (int)(found - line), line, words[i].meaning,
                         found + strlen(words[i].word));
        return;
    }
    bs_strbuf_printf(text, "%s\n", line);
}

/* Reads lines up to `end`. */
static void read_block(struct play *play, FILE *file, struct bs_strbuf *text)
{
    char line[ANSWER_MAX];
    while (read_line(play, file, line) && strcmp(line, "end") != 0)
        append_line(play, line, text);
}

/* The header of the message as the MTA has it, each line behind `before`. */
static void append_returned(const struct play *play, const char *before, struct bs_strbuf *text)
{
    for (size_t i = 0; i < play->message.count; i++) {
        for (const char *at = play->message.fields[i]; *at;) {
            size_t length = strcspn(at, "\n") + 1;
            bs_strbuf_printf(text, "%s%.*s", before, (int)length, at);
            at += length;
        }
    }
}

/* A line of a message: what it stands for. */
static void append_message_line(const struct play *play, const char *line, struct bs_strbuf *text)
{
    const char *id = strstr(line, "@envelope-id");
    long count = 1;
    int start = 0;
    if (strncmp(line, "@returned ", 10) == 0) {
        append_returned(play, line + 10, text);
    } else if (strcmp(line, "@returned") == 0) {
        append_returned(play, "", text);
    } else if (id) {
        bs_strbuf_printf(text, "%.*s%s\n", (int)(id - line), line, play->envelope_id);
    } else {
        if (sscanf(line, "@repeat %ld %n", &count, &start) < 1 || start == 0)
            count = 1, start = 0;
        for (long i = 0; i < count; i++)
            bs_strbuf_printf(text, "%s\n", line + start);
    }
}

static bool read_message(struct play *play, FILE *file)
{
    struct bs_strbuf text;
    char line[ANSWER_MAX];
    bs_strbuf_init(&text, TEXT_MAX);
    while (read_line(play, file, line) && strcmp(line, ".") != 0)
        append_message_line(play, line, &text);
    bool good = command_data(play, bs_strbuf_cstr(&text));
    bs_strbuf_free(&text);
    return good;
}

static bool run_file(struct play *play, FILE *file)
{
    char line[ANSWER_MAX];
    bool good = true;
    while (good && read_line(play, file, line)) {
        if (strcmp(line, "config") == 0)
            read_block(play, file, &play->config_text);
        else if (strcmp(line, "dns") == 0)
            read_block(play, file, &play->dns_text);
        else if (strcmp(line, "DATA") == 0)
            good = read_message(play, file);
        else
            good = run_line(play, line);
    }
    return good;
}

static bool play_file(const char *path, const struct keys *keys, const struct shared *shared, bool byte_by_byte,
                      char *ret_failure, size_t size)
{
    struct play *play = calloc(1, sizeof *play);
    FILE *file = fopen(path, "r");
    *play = (struct play){.file = path, .byte_by_byte = byte_by_byte, .keys = keys, .shared = shared,
                          .protocol = 6};
    bs_strbuf_init(&play->config_text, TEXT_MAX);
    bs_strbuf_init(&play->dns_text, TEXT_MAX);
    message_clear(&play->message);
    bs_strbuf_init(&play->to_mta, BS_MILTER_OUTPUT_MAX);
    bs_strbuf_init(&play->log, TEXT_MAX);
    bool good = file ? run_file(play, file) : fail(play, "file", "a scenario", "nothing to read");
    snprintf(ret_failure, size, "%s", play->failure);
    if (file)
        fclose(file);
    if (play->connected)
        bs_milter_session_close(&play->milter);
    if (play->configured) {
        bs_settings_free(&play->settings);
        bs_config_free(&play->config);
    }
    free(play->sent);
    free(play->campaigns);
    message_clear(&play->message);
    answers_free(&play->dns);
    bs_strbuf_free(&play->dns_text);
    bs_strbuf_free(&play->config_text);
    bs_strbuf_free(&play->to_mta);
    bs_strbuf_free(&play->log);
    free(play);
    return good;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

/* A key that signs, in KEYS/dkim, and the TXT string that publishes it. */
static void make_dkim_key(const struct keys *keys, enum bs_key_type type, const char *name, char record[RECORD_MAX])
{
    char path[256];
    struct bs_strbuf pem, text;
    struct bs_private_key *key = bs_private_key_make(type, BS_RSA_SIGN_BITS_MIN);
    bs_strbuf_init(&pem, BS_PRIVATE_KEY_PEM_MAX);
    bs_strbuf_init(&text, RECORD_MAX);
    bs_private_key_pem(key, &pem);
    bs_dkim_key_record_make(key, &text);
    size_t half = text.len / 2; /* a string has at most 255 bytes */
    snprintf(record, RECORD_MAX, "\"%.*s\" \"%s\"", (int)half, bs_strbuf_cstr(&text), bs_strbuf_cstr(&text) + half);
    snprintf(path, sizeof path, "%s/dkim/%s.pem", keys->folder, name);
    write_file(path, bs_strbuf_cstr(&pem));
    bs_strbuf_free(&pem);
    bs_strbuf_free(&text);
    bs_private_key_free(key);
}

static void make_dkim_keys(struct keys *keys)
{
    char path[256];
    snprintf(path, sizeof path, "%s/dkim", keys->folder);
    mkdir(path, 0700);
    make_dkim_key(keys, BS_KEY_ED25519, "s1._domainkey.test.ex", keys->dkim_record);
    make_dkim_key(keys, BS_KEY_RSA, "r1._domainkey.list.ex", keys->rsa_record);
    snprintf(path, sizeof path, "%s/dkim/states", keys->folder);
    write_file(path, "s1._domainkey.test.ex signing 2026-01-01\nr1._domainkey.list.ex signing 2026-01-01\n");
}

static void make_keys(struct keys *keys)
{
    char path[256];
    for (int digit = 0; digit <= 9; digit++) {
        snprintf(path, sizeof path, "%s/%d", keys->folder, digit);
        write_file(path, "secret\n");
    }
    make_dkim_keys(keys);
}

static void remove_keys(const struct keys *keys)
{
    static const char *const others[] = {"dkim/s1._domainkey.test.ex.pem", "dkim/r1._domainkey.list.ex.pem",
                                         "dkim/states", "dkim", ""};
    char path[256];
    for (int digit = 0; digit <= 9; digit++) {
        snprintf(path, sizeof path, "%s/%d", keys->folder, digit);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(path, sizeof path, "%s/%s", keys->folder, others[i]);
        remove(path);
    }
}

int main(int argc, char **argv)
{
    struct keys keys = {.folder = "/tmp/backstop-scenario-XXXXXX"};
    char failure[4 * ANSWER_MAX];
    int failed = 0, number = 0;
    struct bs_error error;
    struct shared shared = {.rules = bs_rules_new(&error)};
    if (shared.rules)
        shared.scan = bs_rules_scan_new(shared.rules);
    if (!shared.scan || !mkdtemp(keys.folder)) {
        fprintf(stderr, "%s\n", shared.rules ? "no memory" : error.text);
        return EXIT_FAILURE;
    }
    make_keys(&keys);
    printf("1..%d\n", 2 * (argc - 1));
    for (int i = 1; i < argc; i++) {
        const char *name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];
        for (int bytewise = 0; bytewise < 2; bytewise++) {
            bool good = play_file(argv[i], &keys, &shared, bytewise, failure, sizeof failure);
            printf("%sok %d - %s, %s\n", good ? "" : "not ", ++number, name, bytewise ? "byte by byte" : "whole");
            if (!good)
                printf("# %s\n", failure);
            failed += !good;
        }
    }
    remove_keys(&keys);
    bs_rules_scan_free(shared.scan);
    bs_rules_free(shared.rules);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
