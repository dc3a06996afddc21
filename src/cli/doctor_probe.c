/* SPDX-License-Identifier: BSD-2-Clause */
/* Trying a running backstopd; see doctor_probe.h. */
#include "cli/doctor_probe.h"

#include "wire/milter_peer.h"
#include "wire/socketmap.h"

enum { MEMORY = 64 * 1024, TEXT_MAX = 8 * 1024, DIFFERENCES_SHOWN = 5, FRAMES_MAX = 100, TAG_MAC = 9, TAG_END = 15 };

static const char *const stale_repair =
    "make it read them again: systemctl reload backstop; where it does not, its log says why";

/* One connection, and what was found out on it. */
struct talk {
    const struct bs_probe *probe;
    const struct bs_probe_line *line;
    struct bs_strbuf in;  /* answers not read yet */
    struct bs_strbuf out; /* commands not sent yet */
    size_t taken;         /* bytes of `in` that the last answer took */
    struct bs_milter_options agreed;
    struct bs_strbuf differences; /* from the file, for one finding */
    size_t difference_count;
    struct bs_error error;
};

static void begin(struct talk *talk, const struct bs_probe *probe, const struct bs_probe_line *line)
{
    *talk = (struct talk){.probe = probe, .line = line};
    bs_strbuf_init(&talk->in, BS_PROBE_INPUT_MAX);
    bs_strbuf_init(&talk->out, BS_PROBE_INPUT_MAX);
    bs_strbuf_init(&talk->differences, TEXT_MAX);
}

static void differ(struct talk *talk, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Notes something in which the daemon does not do what the file says. */
static void differ(struct talk *talk, const char *format, ...)
{
    va_list args;
    if (talk->difference_count++ >= DIFFERENCES_SHOWN)
        return;
    bs_strbuf_append_cstr(&talk->differences, talk->difference_count > 1 ? "; " : "");
    va_start(args, format);
    bs_strbuf_vprintf(&talk->differences, format, args);
    va_end(args);
}

/* Ends the talk; `failed`: it could not be held to its end. */
static void end(struct talk *talk, bool failed)
{
    struct bs_findings *findings = talk->probe->findings;
    if (failed) {
        bs_findings_add(findings, BS_SEVERITY_SERIOUS, "probe-failed",
                        "what listens on %s does not answer as backstopd does: %s",
                        talk->probe->socket, talk->error.text);
        bs_findings_repair(findings,
                           "see what has this socket: ss -lxntp; and what the log says: journalctl -u backstop");
    }
    /* One socket that shows it is enough. */
    if (talk->difference_count > 0 && !bs_findings_find(findings, "stale-daemon")) {
        size_t more = talk->difference_count > DIFFERENCES_SHOWN ? talk->difference_count - DIFFERENCES_SHOWN : 0;
        bs_findings_add(findings, BS_SEVERITY_SERIOUS, "stale-daemon",
                        "the backstopd on %s runs on another configuration or key than %s: %s%s", talk->probe->socket,
                        talk->probe->config->file, bs_strbuf_cstr(&talk->differences), more > 0 ? "; and more" : "");
        bs_findings_repair(findings, "%s", stale_repair);
    }
    bs_strbuf_free(&talk->in);
    bs_strbuf_free(&talk->out);
    bs_strbuf_free(&talk->differences);
}

static bool flush(struct talk *talk)
{
    bool sent = !talk->out.failed && talk->line->send(talk->line->context, bs_strbuf_bytes(&talk->out), &talk->error);
    bs_strbuf_consume(&talk->out, talk->out.len);
    return sent;
}

static bool receive(struct talk *talk)
{
    if (!talk->line->receive(talk->line->context, &talk->in, &talk->error))
        return false;
    return !talk->in.failed || bs_error_set(&talk->error, "it sends more than anybody asked for");
}

/* Sends what waits and reads one answer, whose views are valid until the next. */
static bool next_answer(struct talk *talk, struct bs_milter_answer *ret_answer)
{
    if (talk->out.len > 0 && !flush(talk))
        return false;
    bs_strbuf_consume(&talk->in, talk->taken);
    talk->taken = 0;
    for (;;) {
        struct bs_bytes input = bs_strbuf_bytes(&talk->in);
        switch (bs_milter_peer_decode(&input, BS_MILTER_CHUNK_MAX, ret_answer, &talk->error)) {
        case BS_MILTER_EVENT:
            talk->taken = talk->in.len - input.len;
            return true;
        case BS_MILTER_BAD:
            return false;
        case BS_MILTER_MORE:
            if (!receive(talk))
                return false;
        }
    }
}

static bool fail_answer(struct talk *talk, const struct bs_milter_answer *answer, enum bs_milter_command command)
{
    if (answer->code == BS_MILTER_REPLYCODE)
        return bs_error_set(&talk->error, "it says \"%.*s\"", BS_BYTES_ARG(answer->text));
    return bs_error_set(&talk->error, "it answers 0x%02x to the command %c", (unsigned)answer->code, (char)command);
}

/* The answer to a command that was appended last; CONTINUE where none was agreed. */
static bool answer_to(struct talk *talk, enum bs_milter_command command, struct bs_milter_answer *ret_answer)
{
    *ret_answer = (struct bs_milter_answer){.code = BS_MILTER_CONTINUE};
    if (!bs_milter_expects_reply(&talk->agreed, command))
        return true;
    if (!next_answer(talk, ret_answer))
        return false;
    switch (ret_answer->code) {
    case BS_MILTER_CONTINUE:
    case BS_MILTER_ACCEPT:
    case BS_MILTER_SKIP:
    case BS_MILTER_REJECT:
        return true;
    case BS_MILTER_REPLYCODE:
        if (command == BS_MILTER_RCPT && ret_answer->text.len > 0 && ret_answer->text.ptr[0] == '5')
            return true;
    }
    return fail_answer(talk, ret_answer, command);
}

static bool negotiate(struct talk *talk)
{
    const struct bs_milter_options offer = {BS_MILTER_VERSION_MAX, 0x1ff, 0x1fffff};
    struct bs_milter_answer answer;
    bs_milter_peer_offer(&talk->out, &offer);
    if (!next_answer(talk, &answer))
        return false;
    if (answer.code != BS_MILTER_OPTNEG)
        return bs_error_set(&talk->error, "it does not negotiate");
    talk->agreed = answer.negotiation.options;
    if (!(talk->agreed.actions & BS_MILTER_CAN_CHANGE_FROM))
        return bs_error_set(&talk->error, "it is a milter that does not change the sender");
    return true;
}

/* A client that is nobody of ours: from the networks of RFC 5737, unless all of them are ours. */
static bool find_stranger(const struct talk *talk, struct bs_bytes *ret_text)
{
    static const char *const strangers[] = {"192.0.2.1", "198.51.100.1", "203.0.113.1"};
    struct bs_ip ip;
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        *ret_text = bs_bytes_from_cstr(strangers[i]);
        if (bs_ip_parse(*ret_text, &ip) && !bs_gate_client_is_ours(talk->probe->settings->gate, &ip, false))
            return true;
    }
    return false;
}

static bool connect(struct talk *talk, bool *ret_is_stranger)
{
    struct bs_bytes address;
    struct bs_milter_answer answer;
    *ret_is_stranger = find_stranger(talk, &address);
    if (!(talk->agreed.steps & BS_MILTER_NO_CONNECT)) {
        bs_milter_peer_connect(&talk->out, BS_LITERAL(BS_PROBE_QUEUE_ID), BS_MILTER_FAMILY_INET, 25, address);
        if (!answer_to(talk, BS_MILTER_CONNECT, &answer))
            return false;
    }
    if (talk->agreed.steps & BS_MILTER_NO_HELO)
        return true;
    bs_milter_peer_helo(&talk->out, BS_LITERAL(BS_PROBE_QUEUE_ID ".invalid"));
    return answer_to(talk, BS_MILTER_HELO, &answer);
}

/* MAIL; `user` NULL: nobody logged in. */
static bool mail(struct talk *talk, struct bs_bytes sender, const char *user, struct bs_milter_answer *ret_answer)
{
    const char *const macros[] = {"i", BS_PROBE_QUEUE_ID, "{auth_authen}", user};
    struct bs_strbuf path;
    bs_milter_peer_macros(&talk->out, BS_MILTER_MAIL, macros, user ? 2 : 1);
    bs_strbuf_init(&path, BS_PATH_MAX);
    bs_strbuf_printf(&path, "<%.*s>", BS_BYTES_ARG(sender));
    bs_milter_peer_envelope(&talk->out, BS_MILTER_MAIL, bs_strbuf_bytes(&path), NULL, 0);
    bs_strbuf_free(&path);
    return answer_to(talk, BS_MILTER_MAIL, ret_answer);
}

static bool recipient(struct talk *talk, struct bs_bytes address, struct bs_milter_answer *ret_answer)
{
    struct bs_strbuf path;
    bs_strbuf_init(&path, BS_PATH_MAX);
    bs_strbuf_printf(&path, "<%.*s>", BS_BYTES_ARG(address));
    bs_milter_peer_envelope(&talk->out, BS_MILTER_RCPT, bs_strbuf_bytes(&path), NULL, 0);
    bs_strbuf_free(&path);
    return answer_to(talk, BS_MILTER_RCPT, ret_answer);
}

static bool is_final(const struct bs_milter_answer *answer)
{
    return answer->code != BS_MILTER_CONTINUE && answer->code != BS_MILTER_SKIP;
}

/* Header, body and end of a message; `ret_sender` gets the sender that it was given. */
static bool content(struct talk *talk, struct bs_milter_answer *ret_answer, struct bs_arena *arena,
                    struct bs_bytes *ret_sender)
{
    const uint32_t steps = talk->agreed.steps;
    if (!(steps & BS_MILTER_NO_DATA)) {
        bs_milter_peer_command(&talk->out, BS_MILTER_DATA);
        if (!answer_to(talk, BS_MILTER_DATA, ret_answer))
            return false;
        if (is_final(ret_answer))
            return true;
    }
    if (!(steps & BS_MILTER_NO_HEADERS)) {
        bs_milter_peer_header(&talk->out, BS_LITERAL("Subject"), BS_LITERAL("a probe of backstop doctor"));
        if (!answer_to(talk, BS_MILTER_HEADER, ret_answer))
            return false;
        if (is_final(ret_answer))
            return true;
    }
    if (!(steps & BS_MILTER_NO_EOH)) {
        bs_milter_peer_command(&talk->out, BS_MILTER_EOH);
        if (!answer_to(talk, BS_MILTER_EOH, ret_answer))
            return false;
        if (is_final(ret_answer))
            return true;
    }
    bs_milter_peer_command(&talk->out, BS_MILTER_EOM);
    for (size_t frames = 0; frames < FRAMES_MAX; frames++) {
        if (!next_answer(talk, ret_answer))
            return false;
        if (ret_answer->code == BS_MILTER_CHANGE_FROM)
            *ret_sender = bs_arena_copy(arena, ret_answer->envelope.path);
        else
            return ret_answer->code == BS_MILTER_CONTINUE || ret_answer->code == BS_MILTER_ACCEPT ||
                   fail_answer(talk, ret_answer, BS_MILTER_EOM);
    }
    return bs_error_set(&talk->error, "it does not come to an end with a message");
}

/* The address that a domain's probes are sent from. */
static bool probe_address(const char *domain, struct bs_arena *arena, struct bs_address *ret_address)
{
    const char *text = bs_arena_printf(arena, "backstop-doctor@%s", domain);
    return text && bs_path_parse(bs_bytes_from_cstr(text), arena, ret_address);
}

struct bs_bytes bs_probe_tagged(const struct bs_settings *settings, const char *domain, int64_t now,
                                struct bs_arena *arena)
{
    struct bs_address address;
    struct bs_bytes tagged = {NULL, 0};
    if (!probe_address(domain, arena, &address) ||
        bs_gate_sender(settings->gate, &address, now, arena, &tagged).action != BS_ACTION_SIGN)
        return (struct bs_bytes){NULL, 0};
    return tagged;
}

/* Compares the sender that mail of a domain was given with the one that the file's settings give it. */
static void judge_sender(struct talk *talk, const char *domain, struct bs_bytes expected, struct bs_bytes given,
                         struct bs_arena *arena)
{
    const struct bs_probe *probe = talk->probe;
    struct bs_bytes plain;
    if (expected.len == 0 && given.len > 0)
        differ(talk, "mail from %s gets a tag, and should not", domain);
    else if (expected.len > 0 && given.len == 0)
        differ(talk, "mail from %s gets no tag", domain);
    else if (given.len > 0 && !(bs_gate_proves(probe->settings->gate, given, probe->now, arena) &&
                                bs_gate_untag(probe->settings->gate, given, arena, &plain)))
        differ(talk, "the tag that mail from %s gets is not signed by a key of the file", domain);
    else if (given.len > 0 && bs_bytes_starts_nocase(given, BS_LITERAL("<prvs=")) &&
             given.ptr[6] != (char)('0' + probe->config->signing_key))
        differ(talk, "mail from %s is signed with key %c, not with signing-key %d", domain, given.ptr[6],
               (int)probe->config->signing_key);
}

/* Mail of a user who logged in. */
static bool try_outgoing(struct talk *talk, const char *domain, struct bs_arena *arena)
{
    const struct bs_bytes somebody = BS_LITERAL(BS_PROBE_QUEUE_ID "@" BS_PROBE_QUEUE_ID ".invalid");
    struct bs_bytes given = {NULL, 0};
    struct bs_milter_answer answer;
    struct bs_address to;
    struct bs_bytes expected = bs_probe_tagged(talk->probe->settings, domain, talk->probe->now, arena);
    const char *sender = bs_arena_printf(arena, "backstop-doctor@%s", domain);
    if (!sender || !bs_path_parse(somebody, arena, &to))
        return bs_error_set(&talk->error, "no memory for a probe");
    if (bs_gate_is_no_sign(talk->probe->settings->gate, &to))
        expected = (struct bs_bytes){NULL, 0};
    if (!mail(talk, bs_bytes_from_cstr(sender), "backstop-doctor", &answer))
        return false;
    if (!is_final(&answer) && !recipient(talk, somebody, &answer))
        return false;
    if (!is_final(&answer) && !content(talk, &answer, arena, &given))
        return false;
    bs_milter_peer_command(&talk->out, BS_MILTER_ABORT);
    judge_sender(talk, domain, expected, given, arena);
    return true;
}

/* The address with another MAC in its tag. */
static struct bs_bytes forge(struct bs_bytes tagged, struct bs_arena *arena)
{
    struct bs_bytes forged = bs_arena_copy(arena, tagged);
    char *text = (char *)forged.ptr;
    for (size_t i = TAG_MAC; text && i < TAG_END && i < forged.len; i++)
        text[i] = text[i] == '0' ? '1' : '0';
    return forged;
}

/* A bounce to an address, from somebody else's server. */
static bool try_bounce(struct talk *talk, const char *domain, struct bs_bytes to, bool forged, struct bs_arena *arena)
{
    const struct bs_probe *probe = talk->probe;
    struct bs_milter_answer answer;
    struct bs_address address;
    if (!bs_path_parse(to, arena, &address))
        return bs_error_set(&talk->error, "no memory for a probe");
    bool expected = bs_gate_recipient(probe->settings->gate, &address, probe->now, arena).action == BS_ACTION_REFUSE;
    if (!mail(talk, BS_LITERAL(""), NULL, &answer) || (!is_final(&answer) && !recipient(talk, to, &answer)))
        return false;
    bool refused = answer.code == BS_MILTER_REPLYCODE || answer.code == BS_MILTER_REJECT;
    bs_milter_peer_command(&talk->out, BS_MILTER_ABORT);
    if (refused != expected)
        differ(talk, "a bounce to a %s tag of %s is %s", forged ? "forged" : "good", domain,
               refused ? "refused" : "not refused");
    return true;
}

static bool try_domain(struct talk *talk, const struct bs_config_domain *domain, bool is_stranger)
{
    struct bs_arena arena;
    bs_arena_init(&arena, MEMORY);
    struct bs_bytes tagged = bs_probe_tagged(talk->probe->settings, domain->name, talk->probe->now, &arena);
    bool good = try_outgoing(talk, domain->name, &arena);
    if (good && is_stranger && tagged.len > TAG_END)
        good = try_bounce(talk, domain->name, forge(tagged, &arena), true, &arena) &&
               try_bounce(talk, domain->name, tagged, false, &arena);
    bs_arena_reset(&arena);
    return good;
}

void bs_probe_milter(const struct bs_probe *probe, const struct bs_probe_line *line)
{
    struct talk talk;
    bool is_stranger = false;
    begin(&talk, probe, line);
    bool good = negotiate(&talk) && connect(&talk, &is_stranger);
    for (size_t i = 0; good && i < probe->config->domain_count && i < BS_PROBE_DOMAINS_MAX; i++)
        good = try_domain(&talk, &probe->config->domains[i], is_stranger);
    bs_milter_peer_command(&talk.out, BS_MILTER_QUIT);
    if (good)
        flush(&talk);
    end(&talk, !good);
}

/* Asks the map for one key; the text is valid until the next answer. */
static bool look_up(struct talk *talk, struct bs_bytes key, enum bs_socketmap_status *ret_status,
                    struct bs_bytes *ret_text)
{
    bs_socketmap_encode_request(&talk->out, talk->probe->config->socketmap_name, key);
    if (!flush(talk))
        return false;
    bs_strbuf_consume(&talk->in, talk->taken);
    talk->taken = 0;
    for (;;) {
        struct bs_bytes input = bs_strbuf_bytes(&talk->in);
        switch (bs_socketmap_decode_reply(&input, ret_status, ret_text, &talk->error)) {
        case BS_SOCKETMAP_REQUEST:
            talk->taken = talk->in.len - input.len;
            return true;
        case BS_SOCKETMAP_BAD:
            return false;
        case BS_SOCKETMAP_MORE:
            if (!receive(talk))
                return false;
        }
    }
}

/* A tag of ours, which the map must take off, and a forged one, which it must not know. */
static bool look_up_tags(struct talk *talk, const char *domain, struct bs_arena *arena)
{
    const struct bs_probe *probe = talk->probe;
    enum bs_socketmap_status status;
    struct bs_bytes text, plain = {NULL, 0};
    struct bs_bytes tagged = bs_probe_tagged(probe->settings, domain, probe->now, arena);
    if (tagged.len <= TAG_END || !bs_gate_untag(probe->settings->gate, tagged, arena, &plain))
        return true;
    if (!look_up(talk, tagged, &status, &text))
        return false;
    if (status == BS_SOCKETMAP_PERM)
        differ(talk, "it knows no map \"%s\" (socketmap-name)", probe->config->socketmap_name);
    else if (status != BS_SOCKETMAP_OK || !bs_bytes_equal(text, plain))
        differ(talk, "a tagged recipient of %s is unknown", domain);
    if (!look_up(talk, forge(tagged, arena), &status, &text))
        return false;
    if (status == BS_SOCKETMAP_OK)
        differ(talk, "a forged tag of %s is taken for ours", domain);
    return true;
}

static bool look_up_domain(struct talk *talk, const char *domain)
{
    enum bs_socketmap_status status;
    struct bs_bytes text;
    struct bs_arena arena;
    if (!look_up(talk, bs_bytes_from_cstr(domain), &status, &text))
        return false;
    if (status == BS_SOCKETMAP_OK)
        return bs_error_set(&talk->error, "it maps the domain %s to %.*s", domain, BS_BYTES_ARG(text));
    bs_arena_init(&arena, MEMORY);
    bool good = look_up_tags(talk, domain, &arena);
    bs_arena_reset(&arena);
    return good;
}

void bs_probe_socketmap(const struct bs_probe *probe, const struct bs_probe_line *line)
{
    struct talk talk;
    bool good = true;
    begin(&talk, probe, line);
    for (size_t i = 0; good && i < probe->config->domain_count && i < BS_PROBE_DOMAINS_MAX; i++)
        good = look_up_domain(&talk, probe->config->domains[i].name);
    end(&talk, !good);
}
