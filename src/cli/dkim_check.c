/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop dkim check`: whether DNS shows what the keys on disk need it to show; see backstop-dkim(1). */
#include "audit/finding.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/dkim_make.h"
#include "cli/dkim_store.h"
#include "cli/dkim_view.h"
#include "cli/output.h"
#include "cli/postfix.h"

#include <getopt.h>
#include <sysexits.h>

enum { OUTPUT_MAX = 16 << 20, OPTION_HELP = 'h' };

static const char usage[] =
    "usage: backstop dkim check [OPTION]... [DOMAIN]...   say whether DNS shows the keys, of all domains or of these\n"
    BS_DKIM_VIEW_USAGE BS_JUDGE_USAGE
    "exits 0 where nothing is wrong, 1 with warnings, 2 where mail is signed with a key that others cannot see,\n"
    "3 where DNS did not tell.\n";

struct request {
    struct bs_judge judge;
    struct bs_dkim_place place;
    char **domains;
    size_t domain_count;
    const char *directory;
    struct bs_dkim_keys keys;
    struct bs_dkim_view *views;
    size_t count;
    struct bs_findings findings;
    size_t *first; /* of each view's findings; one more for the end */
};

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        BS_DKIM_VIEW_OPTIONS, BS_JUDGE_OPTIONS, {"help", no_argument, NULL, OPTION_HELP}, {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return bs_output_usage(usage, true);
        if (!bs_dkim_place_take_option(&request->place, option, optarg) &&
            !bs_judge_take_option(&request->judge, option, optarg))
            return EX_USAGE;
    }
    request->domains = argv + optind;
    request->domain_count = (size_t)(argc - optind);
    return -1;
}

static bool is_wanted(const struct request *request, struct bs_bytes domain)
{
    for (size_t i = 0; i < request->domain_count; i++) {
        if (bs_bytes_equal_nocase(domain, bs_bytes_from_cstr(request->domains[i])))
            return true;
    }
    return request->domain_count == 0;
}

/* A domain that was asked for and has no key is a mistake in what was asked. */
static int check_domains(const struct request *request)
{
    for (size_t i = 0; i < request->domain_count; i++) {
        bool found = false;
        for (size_t j = 0; j < request->keys.count; j++)
            found = found ||
                    bs_bytes_equal_nocase(request->keys.items[j].domain, bs_bytes_from_cstr(request->domains[i]));
        if (!found) {
            bs_output_error("%s: there is no key for %s; make one with: backstop dkim rotate %s", request->directory,
                            request->domains[i], request->domains[i]);
            return EX_DATAERR;
        }
    }
    return -1;
}

/* Reads the keys and picks those of the domains. A revoked key without a file is left out: nothing is known of it. */
static int load(struct request *request)
{
    struct bs_error error;
    request->directory = bs_dkim_place_directory(&request->place, &request->judge.arena);
    if (!request->directory)
        return EX_CONFIG;
    if (!bs_dkim_keys_read(request->directory, &request->keys, &error)) {
        bs_output_error("%s", error.text);
        return EX_CONFIG;
    }
    request->views = bs_arena_take(&request->judge.arena, (request->keys.count + 1) * sizeof *request->views);
    request->first = bs_arena_take(&request->judge.arena, (request->keys.count + 1) * sizeof *request->first);
    if (!request->views || !request->first)
        return EX_SOFTWARE;
    for (size_t i = 0; i < request->keys.count; i++) {
        const struct bs_dkim_stored_key *key = &request->keys.items[i];
        if (is_wanted(request, key->domain) && key->pem.ptr)
            request->views[request->count++].key = key;
    }
    return check_domains(request);
}

/* How bad it is that a key of this state cannot be seen. */
static enum bs_severity severity_of(enum bs_dkim_key_state state)
{
    return state == BS_DKIM_KEY_SIGNING ? BS_SEVERITY_SERIOUS : BS_SEVERITY_WARNING;
}

static const char *repair_of(enum bs_dkim_key_state state)
{
    switch (state) {
    case BS_DKIM_KEY_NEW: return "publish the record, which `backstop dkim rotate` prints";
    case BS_DKIM_KEY_SIGNING: return "publish the record of this key, or let another sign: mail signed with it fails";
    case BS_DKIM_KEY_RETIRING: return "leave the record until the key is revoked: mail under way fails without it";
    default: return NULL;
    }
}

/* The id of what is wrong with a record. */
static const char *id_of(enum bs_dkim_publication_code code)
{
    static const char *const ids[] = {
        [BS_DKIM_PUBLISHED] = "dkim-published",     [BS_DKIM_UNUSABLE] = "dkim-record-unusable",
        [BS_DKIM_DIFFERENT] = "dkim-record-different", [BS_DKIM_WITHDRAWN] = "dkim-record-withdrawn",
        [BS_DKIM_UNPUBLISHED] = "dkim-record-missing", [BS_DKIM_UNANSWERED] = "dkim-unknown",
    };
    return ids[code];
}

/* The worst that an answering server shows, which names the finding. */
static enum bs_dkim_publication_code worst_of(const struct bs_dkim_view *view)
{
    enum bs_dkim_publication_code worst = BS_DKIM_PUBLISHED;
    for (size_t i = 0; i < view->server_count; i++) {
        enum bs_dkim_publication_code code = view->servers[i].publication.code;
        if (code != BS_DKIM_UNANSWERED && code > worst)
            worst = code;
    }
    return worst;
}

static void find_visibility(struct bs_findings *findings, const struct bs_dkim_view *view)
{
    const struct bs_dkim_stored_key *key = view->key;
    if (view->sight == BS_DKIM_UNKNOWN) {
        bs_findings_add(findings, BS_SEVERITY_UNKNOWN, "dkim-unknown", "%.*s (%s): %s", BS_BYTES_ARG(key->name),
                        bs_dkim_key_state_name(key->state), view->reason);
    } else if (view->sight == BS_DKIM_UNSEEN) {
        bs_findings_add(findings, severity_of(key->state), id_of(worst_of(view)), "%.*s (%s): %s",
                        BS_BYTES_ARG(key->name), bs_dkim_key_state_name(key->state), view->reason);
        bs_findings_repair(findings, "%s", repair_of(key->state));
    }
}

/* Flags of records that publish the key; one server's are enough to be told. */
static void find_flags(struct bs_findings *findings, const struct bs_dkim_view *view)
{
    struct bs_bytes name = view->key->name;
    struct bs_dkim_publication all = {.records = 0};
    for (size_t i = 0; i < view->server_count; i++) {
        const struct bs_dkim_publication *one = &view->servers[i].publication;
        if (one->code != BS_DKIM_PUBLISHED)
            continue;
        all.testing = all.testing || one->testing;
        all.sha1 = all.sha1 || one->sha1;
        all.records = one->records > all.records ? one->records : all.records;
    }
    if (all.testing) {
        bs_findings_add(findings, BS_SEVERITY_WARNING, "dkim-testing",
                        "%.*s: t=y asks verifiers not to rely on the signatures", BS_BYTES_ARG(name));
        bs_findings_repair(findings, "take t=y out of the record");
    }
    if (all.sha1) {
        bs_findings_add(findings, BS_SEVERITY_WARNING, "dkim-sha1",
                        "%.*s: h= names sha1, which is forgeable (RFC 8301 section 3.1)", BS_BYTES_ARG(name));
        bs_findings_repair(findings, "take h= out of the record, or let it be h=sha256");
    }
    if (all.records > 1) {
        bs_findings_add(findings, BS_SEVERITY_WARNING, "dkim-several-records",
                        "%.*s: there are %zu TXT records, and verifiers may take any (RFC 6376 section 3.6.2.2)",
                        BS_BYTES_ARG(name), all.records);
        bs_findings_repair(findings, "remove the others");
    }
}

static void find_zone(struct bs_findings *findings, const struct bs_dkim_view *view)
{
    for (size_t i = 0; i < view->zone.count; i++) {
        const struct bs_zone_server *server = &view->zone.items[i];
        if (server->address_count > 0 || server->failed)
            continue;
        bs_findings_add(findings, BS_SEVERITY_WARNING, "dkim-server-without-address",
                        "%.*s: the name server %.*s of %.*s has no address", BS_BYTES_ARG(view->key->name),
                        BS_BYTES_ARG(server->name), BS_BYTES_ARG(view->zone.zone));
        bs_findings_repair(findings, "give it one, or take it out of the zone's NS records");
    }
    if (view->wildcard) {
        bs_findings_add(findings, BS_SEVERITY_WARNING, "dkim-wildcard",
                        "%.*s: a wildcard answers for every selector of %.*s", BS_BYTES_ARG(view->key->name),
                        BS_BYTES_ARG(view->key->domain));
        bs_findings_repair(findings, "remove the TXT record of the wildcard: it hides that a key is not published");
    }
}

/* A revoked key is wrong where it can still be seen. */
static void find_left(struct bs_findings *findings, const struct bs_dkim_view *view)
{
    for (size_t i = 0; i < view->server_count; i++) {
        if (view->servers[i].publication.code != BS_DKIM_PUBLISHED)
            continue;
        bs_findings_add(findings, BS_SEVERITY_WARNING, "dkim-record-left",
                        "%.*s: the key is revoked, and still published", BS_BYTES_ARG(view->key->name));
        bs_findings_repair(findings, "remove the record, or empty its p=");
        return;
    }
}

static void find_all(struct bs_findings *findings, const struct bs_dkim_view *view)
{
    bool revoked = view->key->state == BS_DKIM_KEY_REVOKED;
    if (view->unreadable) {
        bs_findings_add(findings, severity_of(view->key->state), "dkim-key-unusable", "%s", view->unreadable);
        bs_findings_repair(findings, "move the file elsewhere and make a key with: backstop dkim rotate %.*s",
                           BS_BYTES_ARG(view->key->domain));
    } else if (revoked) {
        find_left(findings, view);
    } else {
        find_visibility(findings, view);
        find_flags(findings, view);
        find_zone(findings, view);
    }
}

static int exit_status(const struct bs_findings *findings)
{
    if (bs_findings_count(findings, BS_SEVERITY_SERIOUS) > 0)
        return BS_EXIT_SERIOUS;
    if (bs_findings_count(findings, BS_SEVERITY_UNKNOWN) > 0 || findings->incomplete)
        return BS_EXIT_INCONCLUSIVE;
    return bs_findings_count(findings, BS_SEVERITY_WARNING) > 0 ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
}

static const char *result_name(int status)
{
    static const char *const names[] = {"healthy", "warnings", "serious", "unknown"};
    return names[status];
}

static const char *sight_name(enum bs_dkim_sight sight)
{
    static const char *const names[] = {
        [BS_DKIM_SEEN] = "visible", [BS_DKIM_UNSEEN] = "invisible", [BS_DKIM_UNKNOWN] = "unknown"};
    return names[sight];
}

static void append_servers(struct bs_strbuf *out, const struct bs_dkim_view *view)
{
    bs_strbuf_append_cstr(out, ", \"servers\": [");
    for (size_t i = 0; i < view->server_count; i++) {
        const struct bs_dkim_server_view *server = &view->servers[i];
        bs_strbuf_append_cstr(out, i > 0 ? ", {" : "{");
        bs_judge_append_member(out, "server", server->server ? server->server->name : bs_bytes(NULL, 0));
        bs_judge_append_member(out, "result",
                               bs_bytes_from_cstr(bs_dkim_publication_name(server->publication.code)));
        bs_judge_append_member(out, "reason", bs_bytes_from_cstr(server->publication.reason));
        bs_strbuf_append_char(out, '}');
    }
    bs_strbuf_append_char(out, ']');
}

static void append_view(struct bs_strbuf *out, const struct bs_dkim_view *view)
{
    char since[BS_TIMESTAMP_TEXT];
    bs_timestamp_format(view->key->since, since);
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "name", view->key->name);
    bs_judge_append_member(out, "domain", view->key->domain);
    bs_judge_append_member(out, "selector", view->key->selector);
    bs_judge_append_member(out, "state", bs_bytes_from_cstr(bs_dkim_key_state_name(view->key->state)));
    bs_judge_append_member(out, "since", bs_bytes_from_cstr(since));
    bs_judge_append_member(out, "type",
                           bs_bytes_from_cstr(view->unreadable ? NULL : bs_dkim_store_type_name(view->type)));
    bs_strbuf_printf(out, ", \"bits\": %u", view->bits);
    bs_judge_append_member(out, "result", bs_bytes_from_cstr(sight_name(view->sight)));
    bs_judge_append_member(out, "reason", bs_bytes_from_cstr(view->reason));
    append_servers(out, view);
    bs_strbuf_append_char(out, '}');
}

static void print_json(const struct request *request, int status)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_char(&out, '{');
    bs_judge_append_member(&out, "result", bs_bytes_from_cstr(result_name(status)));
    bs_judge_append_member(&out, "directory", bs_bytes_from_cstr(request->directory));
    bs_strbuf_append_cstr(&out, ", \"keys\": [");
    for (size_t i = 0; i < request->count; i++) {
        bs_strbuf_append_cstr(&out, i > 0 ? ", " : "");
        append_view(&out, &request->views[i]);
    }
    bs_strbuf_append_cstr(&out, "], \"findings\": ");
    bs_findings_append_json(&request->findings, &out);
    bs_strbuf_append_char(&out, '}');
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static void print_view(const struct bs_dkim_view *view)
{
    char since[BS_TIMESTAMP_TEXT];
    bs_timestamp_format(view->key->since, since);
    printf("%s %.*s: %s since %.10s", sight_name(view->sight), BS_BYTES_ARG(view->key->name),
           bs_dkim_key_state_name(view->key->state), since);
    if (!view->unreadable)
        printf(", %s of %u bits", bs_dkim_store_type_name(view->type), view->bits);
    printf(": %s\n", view->reason);
}

/* With --explain: what each server says. */
static void print_servers(const struct bs_dkim_view *view)
{
    for (size_t i = 0; i < view->server_count; i++) {
        const struct bs_dkim_server_view *shown = &view->servers[i];
        struct bs_bytes name = shown->server ? shown->server->name : BS_LITERAL("the resolver");
        printf("  %.*s", BS_BYTES_ARG(name));
        for (size_t j = 0; shown->server && j < shown->server->address_count; j++) {
            char address[BS_NETWORK_TEXT];
            bs_ip_format(&shown->server->addresses[j], address);
            printf(" %s", address);
        }
        printf(": %s: %s\n", bs_dkim_publication_name(shown->publication.code), shown->publication.reason);
    }
}

static void print_text(const struct request *request, int status)
{
    if (request->count == 0)
        printf("%s: there are no keys in %s\n", result_name(status), request->directory);
    for (size_t i = 0; i < request->count; i++) {
        print_view(&request->views[i]);
        if (request->judge.explain)
            print_servers(&request->views[i]);
        for (size_t j = request->first[i]; j < request->first[i + 1]; j++)
            bs_finding_print(&request->findings.items[j], stdout);
    }
}

static int report(struct request *request)
{
    bs_findings_init(&request->findings, &request->judge.arena);
    for (size_t i = 0; i < request->count; i++) {
        request->first[i] = request->findings.count;
        find_all(&request->findings, &request->views[i]);
    }
    request->first[request->count] = request->findings.count;
    int status = exit_status(&request->findings);
    if (request->judge.json)
        print_json(request, status);
    else
        print_text(request, status);
    return status;
}

int bs_dkim_check_keys(int argc, char **argv)
{
    struct request request = {.judge = bs_judge_new()};
    int status = read_options(argc, argv, &request);
    if (status < 0)
        status = bs_judge_load(&request.judge);
    if (status < 0)
        status = load(&request);
    if (status < 0)
        status = bs_dkim_look(&request.judge, &request.place, request.views, request.count);
    if (status < 0)
        status = report(&request);
    bs_dkim_keys_free(&request.keys);
    bs_judge_free(&request.judge);
    return status;
}
