/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames in the order in which Postfix sends them; see plan.h. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SCRIPT_MAX = 256 * 1024 * 1024, /* bytes of one message with its frames */
    NAMES_MAX = 32,                 /* macros of a step */
    STEPS_AT_ONCE = 64,
};

/* A macro that has a value at some step. */
struct macro {
    const char *name;
    const char *value;
};

enum macro_class { CLASS_CONNECT, CLASS_HELO, CLASS_MAIL, CLASS_RCPT, CLASS_DATA, CLASS_EOM, CLASS_EOH, CLASSES };

/* What Postfix sends where the filter has no list of its own: milter_connect_macros and so on in postconf(5). */
static const char *const usual_names[CLASSES] = {
    [CLASS_CONNECT] = "j {daemon_name} {daemon_addr} v _",
    [CLASS_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    [CLASS_MAIL] = "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    [CLASS_RCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    [CLASS_DATA] = "i",
    [CLASS_EOM] = "i",
    [CLASS_EOH] = "i",
};

static enum macro_class class_of(enum bs_milter_command command)
{
    switch (command) {
    case BS_MILTER_CONNECT:
        return CLASS_CONNECT;
    case BS_MILTER_HELO:
        return CLASS_HELO;
    case BS_MILTER_MAIL:
        return CLASS_MAIL;
    case BS_MILTER_RCPT:
        return CLASS_RCPT;
    case BS_MILTER_DATA:
        return CLASS_DATA;
    case BS_MILTER_HEADER:
    case BS_MILTER_EOH:
        return CLASS_EOH;
    default:
        return CLASS_EOM;
    }
}

/* The filter's list for a class, or Postfix's own. */
static struct bs_bytes names_of(const struct bench_plan *plan, enum macro_class class)
{
    struct bs_bytes lists = bs_strbuf_bytes(&plan->lists);
    while (lists.len > BS_MILTER_LENGTH_SIZE) {
        unsigned number = (unsigned char)lists.ptr[3];
        lists = bs_bytes_skip(lists, BS_MILTER_LENGTH_SIZE);
        struct bs_bytes names = bs_bytes_first(lists, bs_bytes_find(lists, '\0'));
        lists = bs_bytes_skip(lists, names.len + 1);
        if (number == class && names.len > 0)
            return names;
    }
    return bs_bytes_from_cstr(usual_names[class]);
}

static const char *value_of(struct bs_bytes name, const struct macro *macros)
{
    for (; macros->name; macros++) {
        if (bs_bytes_equal(name, bs_bytes_from_cstr(macros->name)))
            return macros->value;
    }
    return NULL;
}

/* The MACRO frame before a step: those of its names that have a value among `macros`, which end with no name. */
static void put_macros(const struct bench_plan *plan, struct bench_script *script, enum bs_milter_command command,
                       const struct macro *macros)
{
    char names[NAMES_MAX][64];
    const char *pairs[2 * NAMES_MAX];
    size_t count = 0;
    struct bs_bytes list = names_of(plan, class_of(command));
    while (list.len > 0 && count < NAMES_MAX) {
        struct bs_bytes name = bs_bytes_first(list, bs_bytes_find(list, ' '));
        list = bs_bytes_skip(list, name.len < list.len ? name.len + 1 : name.len);
        const char *value = value_of(name, macros);
        if (!value || value[0] == '\0')
            continue;
        snprintf(names[count], sizeof names[count], "%.*s", BS_BYTES_ARG(name));
        pairs[2 * count] = names[count];
        pairs[2 * count + 1] = value;
        count++;
    }
    bs_milter_peer_macros(&script->bytes, command, pairs, count);
}

/* Ends a step: the filter answers it, or it goes with the next. */
static void end_step(const struct bench_plan *plan, struct bench_script *script, enum bs_milter_command command)
{
    if (!bs_milter_expects_reply(&plan->agreed, command))
        return;
    if (script->count % STEPS_AT_ONCE == 0) {
        size_t size = (script->count + STEPS_AT_ONCE) * sizeof *script->steps;
        struct bench_step *grown = realloc(script->steps, size);
        if (!grown) {
            script->bytes.failed = true;
            return;
        }
        script->steps = grown;
    }
    script->steps[script->count++] = (struct bench_step){command, script->rest, script->bytes.len};
    script->rest = script->bytes.len;
}

static bool wants(const struct bench_plan *plan, uint32_t not_wanted)
{
    return !(plan->agreed.steps & not_wanted);
}

static void begin_script(struct bench_script *script)
{
    *script = (struct bench_script){0};
    bs_strbuf_init(&script->bytes, SCRIPT_MAX);
}

static void make_prelude(struct bench_plan *plan)
{
    static const struct macro macros[] = {
        {"j", "mx.ours.example"}, {"{daemon_name}", "mx.ours.example"}, {"{daemon_addr}", "198.51.100.1"},
        {"v", "Postfix 3.7.11"}, {"_", "mta.elsewhere.example [192.0.2.25]"}, {"{tls_version}", "TLSv1.3"},
        {"{cipher}", "TLS_AES_256_GCM_SHA384"}, {"{cipher_bits}", "256"}, {NULL, NULL}};
    struct bench_script *script = &plan->prelude;
    begin_script(script);
    put_macros(plan, script, BS_MILTER_CONNECT, macros);
    if (wants(plan, BS_MILTER_NO_CONNECT)) {
        bs_milter_peer_connect(&script->bytes, BS_LITERAL("mta.elsewhere.example"), BS_MILTER_FAMILY_INET, 41234,
                               BS_LITERAL("192.0.2.25"));
        end_step(plan, script, BS_MILTER_CONNECT);
    }
    put_macros(plan, script, BS_MILTER_HELO, macros);
    if (wants(plan, BS_MILTER_NO_HELO)) {
        bs_milter_peer_helo(&script->bytes, BS_LITERAL("mta.elsewhere.example"));
        end_step(plan, script, BS_MILTER_HELO);
    }
}

/* The address without its brackets, as macros have it. */
static void put_bare(const char *path, char ret_bare[BENCH_ADDRESS_MAX])
{
    size_t length = strlen(path) - 2;
    memcpy(ret_bare, path + 1, length);
    ret_bare[length] = '\0';
}

static void make_envelope(struct bench_plan *plan, const struct bench_envelope *envelope,
                          struct bench_script *script)
{
    const char *const size[] = {"SIZE=14000"};
    char sender[BENCH_ADDRESS_MAX], recipient[BENCH_ADDRESS_MAX];
    put_bare(envelope->sender, sender);
    put_bare(envelope->recipient, recipient);
    const struct macro macros[] = {
        {"{auth_type}", envelope->login[0] ? "PLAIN" : ""}, {"{auth_authen}", envelope->login},
        {"{mail_addr}", sender}, {"{mail_host}", "elsewhere.example"}, {"{mail_mailer}", "smtp"},
        {"{rcpt_addr}", recipient}, {"{rcpt_host}", "ours.example"}, {"{rcpt_mailer}", "virtual"}, {NULL, NULL}};
    begin_script(script);
    put_macros(plan, script, BS_MILTER_MAIL, macros);
    if (wants(plan, BS_MILTER_NO_MAIL)) {
        bs_milter_peer_envelope(&script->bytes, BS_MILTER_MAIL, bs_bytes_from_cstr(envelope->sender), size, 1);
        end_step(plan, script, BS_MILTER_MAIL);
    }
    put_macros(plan, script, BS_MILTER_RCPT, macros);
    if (wants(plan, BS_MILTER_NO_RCPT)) {
        bs_milter_peer_envelope(&script->bytes, BS_MILTER_RCPT, bs_bytes_from_cstr(envelope->recipient), NULL, 0);
        end_step(plan, script, BS_MILTER_RCPT);
    }
}

static void put_fields(struct bench_plan *plan, const struct bench_letter *letter, const struct macro *macros,
                       struct bench_script *script)
{
    for (size_t i = 0; i < letter->field_count; i++) {
        put_macros(plan, script, BS_MILTER_HEADER, macros);
        bs_milter_peer_header(&script->bytes, letter->fields[i].name, letter->fields[i].value);
        end_step(plan, script, BS_MILTER_HEADER);
    }
}

static void put_body(struct bench_plan *plan, struct bs_bytes body, const struct macro *macros,
                     struct bench_script *script)
{
    while (body.len > 0) {
        struct bs_bytes chunk = bs_bytes_first(body, BS_MILTER_CHUNK_MAX);
        put_macros(plan, script, BS_MILTER_BODY, macros);
        bs_milter_peer_body(&script->bytes, chunk);
        end_step(plan, script, BS_MILTER_BODY);
        body = bs_bytes_skip(body, chunk.len);
    }
}

static void make_letter(struct bench_plan *plan, const struct bench_letter *letter, size_t number,
                        struct bench_script *script)
{
    char queue_id[16];
    const struct macro macros[] = {{"i", queue_id}, {NULL, NULL}};
    snprintf(queue_id, sizeof queue_id, "%011X", (unsigned)number);
    begin_script(script);
    put_macros(plan, script, BS_MILTER_DATA, macros);
    if (wants(plan, BS_MILTER_NO_DATA)) {
        bs_milter_peer_command(&script->bytes, BS_MILTER_DATA);
        end_step(plan, script, BS_MILTER_DATA);
    }
    if (wants(plan, BS_MILTER_NO_HEADERS))
        put_fields(plan, letter, macros, script);
    if (wants(plan, BS_MILTER_NO_EOH)) {
        put_macros(plan, script, BS_MILTER_EOH, macros);
        bs_milter_peer_command(&script->bytes, BS_MILTER_EOH);
        end_step(plan, script, BS_MILTER_EOH);
    }
    if (wants(plan, BS_MILTER_NO_BODY))
        put_body(plan, letter->body, macros, script);
    put_macros(plan, script, BS_MILTER_EOM, macros);
    bs_milter_peer_command(&script->bytes, BS_MILTER_EOM);
    end_step(plan, script, BS_MILTER_EOM);
}

void bench_plan_offer(struct bs_strbuf *out)
{
    const struct bs_milter_options everything = {BS_MILTER_VERSION_MAX, 0x1ff, 0x1fffff};
    bs_milter_peer_offer(out, &everything);
}

static bool make_envelopes(struct bench_plan *plan, const struct bench_identity *identity, struct bs_error *ret_error)
{
    struct bench_envelope envelope;
    for (unsigned kind = 0; kind < BENCH_GIVEN; kind++) {
        for (unsigned user = 0; user < BENCH_USERS; user++) {
            if (!bench_envelope_make(identity, (enum bench_kind)kind, user, &envelope))
                return bs_error_set(ret_error, "no envelope for %s: no key, or the domain is too long",
                                    bench_kind_name((enum bench_kind)kind));
            make_envelope(plan, &envelope, &plan->envelopes[kind][user]);
            if (plan->envelopes[kind][user].bytes.failed)
                return bs_error_set(ret_error, "no memory");
        }
    }
    return true;
}

/* The envelopes of the letters that are given: from whom each says that it is, to a user of ours. */
static bool make_given_envelopes(struct bench_plan *plan, const struct bench_identity *identity,
                                 struct bench_letters *given, struct bs_error *ret_error)
{
    struct bs_bytes path;
    plan->given_envelopes = calloc(given->count + 1, sizeof *plan->given_envelopes);
    if (!plan->given_envelopes)
        return bs_error_set(ret_error, "no memory");
    for (size_t i = 0; i < given->count; i++) {
        struct bench_envelope envelope = {.login = ""};
        if (!bench_letter_take_sender(&given->items[i], &path) || path.len < 2 || path.len >= BENCH_ADDRESS_MAX)
            return bs_error_set(ret_error, "message %zu does not begin with a Return-Path in brackets", i);
        snprintf(envelope.sender, sizeof envelope.sender, "%.*s", BS_BYTES_ARG(path));
        snprintf(envelope.recipient, sizeof envelope.recipient, "<user%zu@%s>", i % BENCH_USERS, identity->domain);
        make_envelope(plan, &envelope, &plan->given_envelopes[i]);
        if (plan->given_envelopes[i].bytes.failed)
            return bs_error_set(ret_error, "no memory");
    }
    return true;
}

static bool make_letters(struct bench_plan *plan, enum bench_set set, const struct bench_letters *letters,
                         struct bs_error *ret_error)
{
    plan->letters[set] = calloc(letters->count + 1, sizeof *plan->letters[set]);
    if (!plan->letters[set])
        return bs_error_set(ret_error, "no memory");
    for (size_t i = 0; i < letters->count; i++) {
        plan->letter_counts[set]++;
        make_letter(plan, &letters->items[i], ((size_t)set + 1) * 0x100000 + i, &plan->letters[set][i]);
        if (plan->letters[set][i].bytes.failed)
            return bs_error_set(ret_error, "a message is too large, or there is no memory");
    }
    return true;
}

static void make_commands(struct bench_plan *plan)
{
    bench_plan_offer(&plan->offer);
    bs_milter_peer_command(&plan->abort, BS_MILTER_ABORT);
    bs_milter_peer_command(&plan->quit, BS_MILTER_ABORT);
    bs_milter_peer_command(&plan->quit, BS_MILTER_ABORT);
    bs_milter_peer_command(&plan->quit, BS_MILTER_QUIT);
}

bool bench_plan_make(const struct bs_milter_answer *answer, const struct bench_identity *identity,
                     struct bench_letters sets[BENCH_SETS], struct bench_plan *ret_plan, struct bs_error *ret_error)
{
    *ret_plan = (struct bench_plan){.agreed = answer->negotiation.options};
    bs_strbuf_init(&ret_plan->lists, SCRIPT_MAX);
    bs_strbuf_init(&ret_plan->offer, SCRIPT_MAX);
    bs_strbuf_init(&ret_plan->abort, SCRIPT_MAX);
    bs_strbuf_init(&ret_plan->quit, SCRIPT_MAX);
    bs_strbuf_append(&ret_plan->lists, answer->negotiation.macro_lists);
    make_commands(ret_plan);
    make_prelude(ret_plan);
    bool good = make_envelopes(ret_plan, identity, ret_error) &&
                make_given_envelopes(ret_plan, identity, &sets[BENCH_SET_GIVEN], ret_error);
    for (enum bench_set set = 0; set < BENCH_SETS && good; set++)
        good = make_letters(ret_plan, set, &sets[set], ret_error);
    return good;
}

static void free_script(struct bench_script *script)
{
    bs_strbuf_free(&script->bytes);
    free(script->steps);
}

void bench_plan_free(struct bench_plan *plan)
{
    bs_strbuf_free(&plan->lists);
    bs_strbuf_free(&plan->offer);
    bs_strbuf_free(&plan->abort);
    bs_strbuf_free(&plan->quit);
    free_script(&plan->prelude);
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        for (int user = 0; user < BENCH_USERS; user++)
            free_script(&plan->envelopes[kind][user]);
    }
    for (size_t i = 0; i < plan->letter_counts[BENCH_SET_GIVEN]; i++)
        free_script(&plan->given_envelopes[i]);
    free(plan->given_envelopes);
    for (int set = 0; set < BENCH_SETS; set++) {
        for (size_t i = 0; i < plan->letter_counts[set]; i++)
            free_script(&plan->letters[set][i]);
        free(plan->letters[set]);
    }
}

struct bs_bytes bench_script_step(const struct bench_script *script, size_t step)
{
    const struct bench_step *wanted = &script->steps[step];
    return bs_bytes(script->bytes.ptr + wanted->start, wanted->end - wanted->start);
}

struct bs_bytes bench_script_rest(const struct bench_script *script)
{
    return bs_bytes(script->bytes.ptr + script->rest, script->bytes.len - script->rest);
}
