/* SPDX-License-Identifier: BSD-2-Clause */
/* What DNS shows of DKIM keys; see dkim_view.h. */
#include "cli/dkim_view.h"

#include "cli/dkim_store.h"
#include "cli/output.h"
#include "cli/server_lookup.h"
#include "config/config.h"

#include <stdlib.h>
#include <sysexits.h>

enum { TEXT_MAX = 4096, PORT_MAX = 65535, DNS_PORT = 53 };

/* No key is called so, unless a wildcard makes it one. */
static const char probe[] = "backstop-has-no-such-key";

/* An address of a name server with what it is asked and what it said. */
struct asked {
    struct bs_ip address;
    const struct bs_canned *canned; /* --dns: where its answers come from */
    struct bs_question *questions;
    size_t count;
    struct bs_answers answers;
};

/* One look at all the keys. */
struct look {
    struct bs_judge *judge;
    const struct bs_dkim_place *place;
    struct bs_dkim_view *views;
    size_t count;
    struct asked asked[BS_SERVER_LOOKUP_MAX];
    size_t asked_count;
    struct bs_canned files[BS_DKIM_FILES_MAX]; /* of place->files */
};

static bool read_port(const char *text, unsigned *ret_port)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    *ret_port = (unsigned)port;
    return bs_ascii_is_digit(text[0]) && *end == '\0' && port >= 1 && port <= PORT_MAX;
}

bool bs_dkim_place_take_option(struct bs_dkim_place *place, int option, const char *argument)
{
    switch (option) {
    case 'c':
    case BS_DKIM_CONFIG: place->config_file = argument; return true;
    case BS_DKIM_DIRECTORY: place->directory = argument; return true;
    case BS_DKIM_RESOLVER: return place->resolver_only = true;
    case BS_DKIM_PORT:
        if (read_port(argument, &place->port))
            return true;
        bs_output_error("\"%s\" is no port", argument);
        return false;
    case BS_DKIM_DNS_AT:
        if (place->file_count < BS_DKIM_FILES_MAX && strchr(argument, '=')) {
            place->files[place->file_count++] = argument;
            return true;
        }
        bs_output_error("--dns-at takes SERVER=FILE, at most %d times", BS_DKIM_FILES_MAX);
        return false;
    default: return false;
    }
}

const char *bs_dkim_place_directory(const struct bs_dkim_place *place, struct bs_arena *arena)
{
    struct bs_config config;
    struct bs_error error;
    if (place->directory)
        return place->directory;
    const char *file = place->config_file ? place->config_file : bs_config_default_file();
    bool loaded = bs_config_load(file, &config, &error);
    const char *directory = loaded && config.dkim_keys[0] != '\0' ? bs_arena_printf(arena, "%s", config.dkim_keys)
                                                                  : bs_dkim_store_default(file, arena);
    if (!loaded && place->config_file) {
        bs_output_error("%s", error.text);
        directory = NULL;
    }
    bs_config_free(&config);
    return directory;
}

/* Reads the key itself, of which only the public half is kept. */
static bool read_key(struct bs_dkim_view *view, struct bs_arena *arena)
{
    struct bs_error error;
    struct bs_private_key *key = bs_dkim_store_load(view->key, &error);
    if (key) {
        view->type = bs_private_key_type(key);
        view->bits = bs_private_key_bits(key);
        if (!bs_private_key_public(key, view->public_key, &view->public_size))
            bs_error_set(&error, "%s: the crypto library failed", view->key->path);
    }
    bs_private_key_free(key);
    if (view->public_size == 0)
        view->unreadable = bs_arena_printf(arena, "%s", error.text);
    return view->public_size > 0 || view->unreadable;
}

/* Whether there is a record for a name that is no key's. */
static void look_for_wildcard(struct bs_dkim_view *view, const struct bs_answers *known,
                              struct bs_arena *arena, struct bs_questions *missing)
{
    const char *name = bs_arena_printf(arena, "%s._domainkey.%.*s", probe, BS_BYTES_ARG(view->key->domain));
    const struct bs_dns_answer *answer =
        name ? bs_ask_dns(known, missing, bs_bytes_from_cstr(name), BS_DNS_TXT) : NULL;
    view->wildcard = answer && answer->status == BS_DNS_FOUND;
}

/* One run of what is asked through the resolver: the servers of each key's zone, or with --resolver-only its
 * record. */
static enum bs_step run(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing)
{
    struct look *look = context;
    for (size_t i = 0; i < look->count; i++) {
        struct bs_dkim_view *view = &look->views[i];
        if (view->unreadable)
            continue;
        look_for_wildcard(view, known, arena, ret_missing);
        if (look->place->resolver_only)
            bs_ask_dns(known, ret_missing, view->key->name, BS_DNS_TXT);
        else if (bs_zone_servers_find(view->key->name, known, arena, &view->zone, ret_missing) == BS_ERROR)
            return BS_ERROR;
    }
    return ret_missing->count > 0 || ret_missing->overflow ? BS_ASK : BS_DONE;
}

static struct asked *find_asked(struct look *look, const struct bs_ip *address)
{
    for (size_t i = 0; i < look->asked_count; i++) {
        struct asked *asked = &look->asked[i];
        if (asked->address.family == address->family &&
            memcmp(asked->address.address, address->address, sizeof address->address) == 0)
            return asked;
    }
    return NULL;
}

/* The file that --dns-at names for the server, else that of --dns. */
static const struct bs_canned *canned_for(const struct look *look, const struct bs_zone_server *server,
                                          const struct bs_ip *address)
{
    char text[BS_NETWORK_TEXT];
    bs_ip_format(address, text);
    for (size_t i = 0; i < look->place->file_count; i++) {
        struct bs_bytes name = bs_bytes_from_cstr(look->place->files[i]);
        name = bs_bytes_first(name, bs_bytes_find(name, '='));
        if (bs_bytes_equal_nocase(name, server->name) || bs_bytes_equal_nocase(name, bs_bytes_from_cstr(text)))
            return &look->files[i];
    }
    return &look->judge->canned;
}

/* Adds the question for a key to what the address is asked. Past the limit of addresses nothing is asked. */
static bool add_question(struct look *look, const struct bs_dkim_view *view, const struct bs_zone_server *server,
                         const struct bs_ip *address)
{
    struct asked *asked = find_asked(look, address);
    if (!asked && look->asked_count == BS_SERVER_LOOKUP_MAX)
        return true;
    if (!asked) {
        asked = &look->asked[look->asked_count++];
        *asked = (struct asked){.address = *address, .canned = canned_for(look, server, address)};
        asked->questions = bs_arena_take(&look->judge->arena, look->count * sizeof *asked->questions);
        bs_answers_init(&asked->answers, &look->judge->arena);
    }
    if (!asked->questions)
        return false;
    if (asked->count > 0 && bs_bytes_equal(asked->questions[asked->count - 1].name, view->zone.name))
        return true; /* two of the servers have this address */
    asked->questions[asked->count++] = (struct bs_question){BS_DNS_TXT, view->zone.name};
    return true;
}

/* Whom to ask what. */
static bool collect(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        const struct bs_dkim_view *view = &look->views[i];
        for (size_t j = 0; !view->unreadable && j < view->zone.count; j++) {
            const struct bs_zone_server *server = &view->zone.items[j];
            for (size_t k = 0; k < server->address_count; k++) {
                if (!add_question(look, view, server, &server->addresses[k]))
                    return false;
            }
        }
    }
    return true;
}

static int fail_memory(void)
{
    bs_output_error("there are too many keys or answers");
    return EX_SOFTWARE;
}

static int answer_from_files(struct look *look)
{
    for (size_t i = 0; i < look->asked_count; i++) {
        struct asked *asked = &look->asked[i];
        for (size_t j = 0; j < asked->count; j++) {
            struct bs_dns_answer answer = bs_canned_answer(asked->canned, asked->questions[j].name, BS_DNS_TXT);
            if (!bs_answers_add(&asked->answers, asked->questions[j].name, BS_DNS_TXT, &answer))
                return fail_memory();
        }
    }
    return -1;
}

static int answer_from_network(struct look *look)
{
    struct bs_error error;
    struct bs_server_lookup *lookups = bs_arena_take(&look->judge->arena, look->asked_count * sizeof *lookups);
    if (!lookups)
        return fail_memory();
    for (size_t i = 0; i < look->asked_count; i++) {
        struct asked *asked = &look->asked[i];
        char address[BS_NETWORK_TEXT];
        bs_ip_format(&asked->address, address);
        lookups[i] = (struct bs_server_lookup){
            .questions = asked->questions, .question_count = asked->count, .answers = &asked->answers};
        snprintf(lookups[i].server, sizeof lookups[i].server, asked->address.family == 6 ? "[%s]:%u" : "%s:%u",
                 address, look->place->port > 0 ? look->place->port : DNS_PORT);
    }
    if (look->asked_count == 0 || bs_server_lookup_all(lookups, look->asked_count, &error))
        return -1;
    bs_output_error("%s", error.text);
    return EX_UNAVAILABLE;
}

static int read_files(struct look *look)
{
    struct bs_bytes text;
    struct bs_error error;
    if (look->place->file_count > 0 && !look->judge->dns_file) {
        bs_output_error("--dns-at is for --dns");
        return EX_USAGE;
    }
    for (size_t i = 0; i < look->place->file_count; i++) {
        const char *path = strchr(look->place->files[i], '=') + 1;
        if (!bs_judge_read_file(path, BS_CANNED_TEXT_MAX, &look->judge->arena, &text))
            return EX_NOINPUT;
        if (!bs_canned_parse(text, path, &look->judge->arena, &look->files[i], &error)) {
            bs_output_error("%s", error.text);
            return EX_DATAERR;
        }
    }
    return -1;
}

static bool judge_answer(struct look *look, const struct bs_dkim_view *view, const struct bs_dns_answer *answer,
                         struct bs_dkim_publication *ret_publication)
{
    static const struct bs_dns_answer none = {.status = BS_DNS_TIMEOUT};
    const struct bs_dkim_public_half ours = {view->type, bs_bytes(view->public_key, view->public_size)};
    return bs_dkim_publication_read(answer ? answer : &none, &ours, &look->judge->arena, ret_publication);
}

/* What one address of a server shows. */
static bool judge_address(struct look *look, const struct bs_dkim_view *view, const struct bs_ip *address,
                          struct bs_dkim_publication *ret_publication)
{
    struct bs_questions ignored = {.count = 0};
    const struct asked *asked = find_asked(look, address);
    if (asked)
        return judge_answer(look, view, bs_ask_dns(&asked->answers, &ignored, view->zone.name, BS_DNS_TXT),
                            ret_publication);
    *ret_publication = (struct bs_dkim_publication){.code = BS_DKIM_UNANSWERED,
                                                    .reason = "too many servers are to be asked at once"};
    return true;
}

/* What a server shows: the worst that one of its addresses says; those that say nothing count where all do so, since
 * the network may have no way to them. */
static bool judge_server(struct look *look, const struct bs_dkim_view *view, const struct bs_zone_server *server,
                         struct bs_dkim_publication *ret_publication)
{
    *ret_publication = (struct bs_dkim_publication){.code = BS_DKIM_UNANSWERED,
                                                    .reason = "its address could not be found out"};
    for (size_t i = 0; i < server->address_count; i++) {
        struct bs_dkim_publication one;
        if (!judge_address(look, view, &server->addresses[i], &one))
            return false;
        bool first = i == 0 || ret_publication->code == BS_DKIM_UNANSWERED;
        if (first || (one.code != BS_DKIM_UNANSWERED && one.code > ret_publication->code))
            *ret_publication = one;
    }
    return true;
}

/* The name of who was asked. */
static struct bs_bytes name_of(const struct bs_dkim_server_view *server)
{
    return server->server ? server->server->name : BS_LITERAL("the resolver");
}

/* Appends `A, B: REASON` for every server that says the same as this one. */
static void append_group(struct bs_strbuf *out, const struct bs_dkim_view *view, size_t first)
{
    const struct bs_dkim_publication *one = &view->servers[first].publication;
    const char *before = out->len > 0 ? "; " : "";
    for (size_t i = first; i < view->server_count; i++) {
        const struct bs_dkim_publication *other = &view->servers[i].publication;
        if (other->code != one->code || strcmp(other->reason, one->reason) != 0)
            continue;
        bs_strbuf_printf(out, "%s%.*s", before, BS_BYTES_ARG(name_of(&view->servers[i])));
        before = ", ";
    }
    bs_strbuf_printf(out, ": %s", one->reason);
}

/* Whether an earlier server says the same. */
static bool is_told(const struct bs_dkim_view *view, size_t index)
{
    const struct bs_dkim_publication *one = &view->servers[index].publication;
    for (size_t i = 0; i < index; i++) {
        const struct bs_dkim_publication *other = &view->servers[i].publication;
        if (other->code == one->code && strcmp(other->reason, one->reason) == 0)
            return true;
    }
    return false;
}

/* The sight in words: what is wrong where, or that nothing is. */
static const char *tell(const struct bs_dkim_view *view, struct bs_arena *arena)
{
    struct bs_strbuf out;
    if (view->zone.reason)
        return bs_arena_printf(arena, "its name servers could not be found: %s", view->zone.reason);
    if (view->server_count == 0)
        return bs_arena_printf(arena, "no name server of %.*s has an address", BS_BYTES_ARG(view->zone.zone));
    if (view->sight == BS_DKIM_SEEN && !view->servers[0].server)
        return "the resolver shows it";
    if (view->sight == BS_DKIM_SEEN)
        return bs_arena_printf(arena, "visible on all %zu name servers of %.*s", view->server_count,
                               BS_BYTES_ARG(view->zone.zone));
    bs_strbuf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < view->server_count; i++) {
        if (view->servers[i].publication.code != BS_DKIM_PUBLISHED && !is_told(view, i))
            append_group(&out, view, i);
    }
    const char *text = bs_arena_printf(arena, "%s%s", bs_strbuf_cstr(&out), out.failed ? " and more" : "");
    bs_strbuf_free(&out);
    return text;
}

static enum bs_dkim_sight sight_of(const struct bs_dkim_view *view)
{
    bool unanswered = view->server_count == 0 || view->zone.reason;
    for (size_t i = 0; i < view->server_count; i++) {
        enum bs_dkim_publication_code code = view->servers[i].publication.code;
        if (code != BS_DKIM_PUBLISHED && code != BS_DKIM_UNANSWERED)
            return BS_DKIM_UNSEEN;
        unanswered = unanswered || code == BS_DKIM_UNANSWERED;
    }
    return unanswered ? BS_DKIM_UNKNOWN : BS_DKIM_SEEN;
}

static bool judge_resolver(struct look *look, struct bs_dkim_view *view)
{
    struct bs_questions ignored = {.count = 0};
    const struct bs_dns_answer *answer = bs_ask_dns(&look->judge->answers, &ignored, view->key->name, BS_DNS_TXT);
    view->server_count = 1;
    view->servers[0].server = NULL;
    return judge_answer(look, view, answer, &view->servers[0].publication);
}

static bool judge_servers(struct look *look, struct bs_dkim_view *view)
{
    for (size_t i = 0; i < view->zone.count; i++) {
        const struct bs_zone_server *server = &view->zone.items[i];
        if (server->address_count == 0 && !server->failed)
            continue; /* no resolver can ask it either */
        struct bs_dkim_server_view *shown = &view->servers[view->server_count++];
        shown->server = server;
        if (!judge_server(look, view, server, &shown->publication))
            return false;
    }
    return true;
}

static int judge_all(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        struct bs_dkim_view *view = &look->views[i];
        view->sight = BS_DKIM_UNKNOWN;
        view->reason = view->unreadable;
        if (view->unreadable)
            continue;
        if (!(look->place->resolver_only ? judge_resolver(look, view) : judge_servers(look, view)))
            return fail_memory();
        view->sight = sight_of(view);
        view->reason = tell(view, &look->judge->arena);
        if (!view->reason)
            return fail_memory();
    }
    return -1;
}

/* Forgets what an earlier look found, and reads the keys. */
static int prepare(struct look *look)
{
    for (size_t i = 0; i < look->count; i++) {
        look->views[i] = (struct bs_dkim_view){.key = look->views[i].key};
        if (!read_key(&look->views[i], &look->judge->arena))
            return fail_memory();
    }
    return read_files(look);
}

int bs_dkim_look(struct bs_judge *judge, const struct bs_dkim_place *place, struct bs_dkim_view *views, size_t count)
{
    struct look *look = bs_arena_take(&judge->arena, sizeof *look);
    if (!look)
        return fail_memory();
    *look = (struct look){.judge = judge, .place = place, .views = views, .count = count};
    int status = prepare(look);
    if (status < 0)
        status = bs_judge_run(judge, (struct bs_judge_step){run, look});
    if (status < 0 && !collect(look))
        status = fail_memory();
    if (status < 0)
        status = judge->dns_file ? answer_from_files(look) : answer_from_network(look);
    return status < 0 ? judge_all(look) : status;
}
