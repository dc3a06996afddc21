/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop dkim rotate`: carries out what cli/dkim_schedule.h says is due for the keys of some domains, and says what
 * it did and what comes next. May be run at any time and as often as one likes; see backstop-dkim(1).
 */
#include "base/idn.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/dkim_make.h"
#include "cli/dkim_store.h"
#include "cli/dkim_view.h"
#include "cli/output.h"
#include "config/values.h"

#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum { OUTPUT_MAX = 16 << 20, DOMAINS_MAX = BS_DKIM_KEYS_MAX };

enum { OPTION_OVERLAP = 300, OPTION_EVERY, OPTION_DUAL, OPTION_TYPE, OPTION_DRY_RUN, OPTION_RELOAD, OPTION_ALL };

enum { OPTION_QUIET = 'q', OPTION_HELP = 'h' };

static const char usage[] =
    "usage: backstop dkim rotate [OPTION]... DOMAIN...   do what is due for the DKIM keys of the domains\n"
    "       backstop dkim rotate [OPTION]... --all\n"
    "      --all           of all domains with a key that is new or signs\n"
    "      --every TIME    a key signs so long, then a new one is made; 90d unless given\n"
    "      --overlap TIME  its record is left so long after that; 7d unless given\n"
    "      --type TYPE     have an rsa or ed25519 key, beside keys of types that there are; may be repeated\n"
    "      --dual          the same as both types\n"
    "      --reload COMMAND\n"
    "                      run this when other keys are to sign, such as `systemctl reload backstop`\n"
    "      --dry-run       say what is due, and do nothing\n"
    "  -q, --quiet         print nothing where nothing was done or is left to be done\n"
    BS_DKIM_VIEW_USAGE BS_JUDGE_USAGE
    "exits 0 where nothing is left to be done by you, 1 where a record is to be published or backstopd to be\n"
    "reloaded, 2 where a key that signs cannot be seen, 3 where DNS did not tell.\n";

static const struct bs_option every_option = {.type = BS_OPTION_DURATION, .min = 3600, .max = 3650 * 86400};
static const struct bs_option overlap_option = {.type = BS_OPTION_DURATION, .min = 3600, .max = 365 * 86400};

/* What happened, or with --dry-run is due; beyond the plan's own: a key that signs and cannot be seen. */
enum event_kind { MADE, STARTED, RETIRED, REVOKED, WAITING, UNKNOWN, INVISIBLE };

struct event {
    enum event_kind kind;
    struct bs_bytes name;   /* empty for a key that is not made yet */
    enum bs_key_type type;
    unsigned bits;
    const char *reason;     /* NULL: none */
    struct bs_bytes record; /* to be published; empty: none */
};

struct domain {
    struct bs_bytes name;
    struct event *events;
    size_t count;
    int64_t next;
};

enum reload { RELOAD_NONE, RELOAD_NEEDED, RELOAD_DONE, RELOAD_FAILED };

struct request {
    struct bs_judge judge;
    struct bs_dkim_place place;
    struct bs_dkim_schedule schedule;
    bool all;
    bool dry_run;
    bool quiet;
    const char *reload_command;
    const char *directory;
    struct domain domains[DOMAINS_MAX];
    size_t domain_count;
    struct bs_dkim_keys keys;
    struct bs_dkim_view *views;
    size_t count;
    enum reload reload;
};

static bool read_duration(const struct bs_option *option, const char *text, int64_t *ret_seconds)
{
    struct bs_error error;
    if (bs_value_read_number(option, bs_bytes_from_cstr(text), ret_seconds, &error))
        return true;
    bs_output_error("\"%s\" %s", text, error.text);
    return false;
}

static bool read_type(struct bs_dkim_schedule *schedule, const char *text)
{
    for (size_t type = 0; type < BS_KEY_TYPES; type++) {
        if (strcmp(text, bs_dkim_store_type_name((enum bs_key_type)type)) == 0)
            return schedule->wanted[type] = true;
    }
    bs_output_error("\"%s\" is no type; there are rsa and ed25519", text);
    return false;
}

static bool take_option(struct request *request, int option, const char *value)
{
    struct bs_dkim_schedule *schedule = &request->schedule;
    switch (option) {
    case OPTION_OVERLAP: return read_duration(&overlap_option, value, &schedule->overlap);
    case OPTION_EVERY: return read_duration(&every_option, value, &schedule->every);
    case OPTION_TYPE: return read_type(schedule, value);
    case OPTION_DUAL: return schedule->wanted[BS_KEY_RSA] = schedule->wanted[BS_KEY_ED25519] = true;
    case OPTION_ALL: return request->all = true;
    case OPTION_DRY_RUN: return request->dry_run = true;
    case OPTION_QUIET: return request->quiet = true;
    case OPTION_RELOAD: request->reload_command = value; return true;
    default:
        return bs_dkim_place_take_option(&request->place, option, value) ||
               bs_judge_take_option(&request->judge, option, value);
    }
}

static struct domain *find_domain(struct request *request, struct bs_bytes name)
{
    for (size_t i = 0; i < request->domain_count; i++) {
        if (bs_bytes_equal(request->domains[i].name, name))
            return &request->domains[i];
    }
    return NULL;
}

/* Adds a domain, unless it is there already. */
static int add_domain(struct request *request, struct bs_bytes name)
{
    if (find_domain(request, name))
        return EX_OK;
    if (request->domain_count == DOMAINS_MAX) {
        bs_output_error("more than %d domains; run this several times", DOMAINS_MAX);
        return EX_USAGE;
    }
    request->domains[request->domain_count++] = (struct domain){.name = name, .next = BS_DKIM_NEVER};
    return EX_OK;
}

/* Takes a domain, as DNS has it. */
static int take_domain(struct request *request, const char *text)
{
    int status = bs_dkim_store_check_names(BS_LITERAL("s"), bs_bytes_from_cstr(text));
    if (status != EX_OK)
        return status;
    struct bs_bytes name = bs_idn_to_ascii(bs_bytes_from_cstr(text), &request->judge.arena);
    if (!name.ptr) {
        bs_output_error("\"%s\" is no domain", text);
        return EX_USAGE;
    }
    return add_domain(request, name);
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"overlap", required_argument, NULL, OPTION_OVERLAP}, {"every", required_argument, NULL, OPTION_EVERY},
        {"type", required_argument, NULL, OPTION_TYPE},       {"dual", no_argument, NULL, OPTION_DUAL},
        {"dry-run", no_argument, NULL, OPTION_DRY_RUN},       {"reload", required_argument, NULL, OPTION_RELOAD},
        {"quiet", no_argument, NULL, OPTION_QUIET},           {"all", no_argument, NULL, OPTION_ALL},
        {"help", no_argument, NULL, OPTION_HELP},             BS_DKIM_VIEW_OPTIONS,                                 BS_JUDGE_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "c:hq", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return bs_output_usage(usage, true);
        if (!take_option(request, option, optarg))
            return EX_USAGE;
    }
    if (optind == argc && !request->all)
        return bs_output_usage(usage, false);
    int status = EX_OK;
    for (; optind < argc && status == EX_OK; optind++)
        status = take_domain(request, argv[optind]);
    return status == EX_OK ? -1 : status;
}

static int fail_memory(void)
{
    bs_output_error("there are too many keys or answers");
    return EX_SOFTWARE;
}

/* Takes the domains of all keys that are new or sign; a domain that signs no longer is to get no keys. Their names are copied,
 * since the keys may be read again. */
static int take_all(struct request *request)
{
    const struct bs_dkim_keys *keys = &request->keys;
    int status = -1;
    for (size_t i = 0; i < keys->count && status < 0; i++) {
        bool used = keys->items[i].state == BS_DKIM_KEY_NEW || keys->items[i].state == BS_DKIM_KEY_SIGNING;
        if (!used || find_domain(request, keys->items[i].domain))
            continue;
        struct bs_bytes name = bs_arena_copy(&request->judge.arena, keys->items[i].domain);
        status = name.ptr ? add_domain(request, name) : fail_memory();
        status = status == EX_OK ? -1 : status;
    }
    return status;
}

/* Locks, unless nothing is to be changed, and reads the keys; the lock, or -1, in `ret_lock`. */
static int open_keys(struct request *request, int *ret_lock)
{
    struct bs_error error;
    request->directory = bs_dkim_place_directory(&request->place, &request->judge.arena);
    if (!request->directory)
        return EX_CONFIG;
    if (request->dry_run && access(request->directory, F_OK) != 0)
        return -1; /* there are no keys yet */
    if (!request->dry_run) {
        int status = bs_dkim_store_make_directory(request->directory, request->place.config_file);
        if (status != EX_OK)
            return status;
        *ret_lock = bs_dkim_keys_lock(request->directory, &error);
        if (*ret_lock < 0) {
            bs_output_error("%s", error.text);
            return EX_TEMPFAIL;
        }
    }
    if (bs_dkim_keys_read(request->directory, &request->keys, &error))
        return request->all ? take_all(request) : -1;
    bs_output_error("%s", error.text);
    return EX_CONFIG;
}

/* Looks at the keys of the domains that are not revoked. */
static int look(struct request *request)
{
    struct bs_dkim_keys *keys = &request->keys;
    request->views = bs_arena_take(&request->judge.arena, (keys->count + 1) * sizeof *request->views);
    if (!request->views)
        return fail_memory();
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].state != BS_DKIM_KEY_REVOKED && find_domain(request, keys->items[i].domain))
            request->views[request->count++].key = &keys->items[i];
    }
    int status = bs_dkim_look(&request->judge, &request->place, request->views, request->count);
    for (size_t i = 0; status < 0 && i < request->count; i++) {
        if (!request->views[i].unreadable)
            continue;
        bs_output_error("%s; move the file elsewhere, and its line out of " BS_DKIM_STATES_FILE,
                        request->views[i].unreadable);
        status = EX_CONFIG;
    }
    return status;
}

/* The text of the record that publishes the key; EX_OK where it went well. */
static int record_of(struct request *request, const struct bs_dkim_stored_key *stored, struct bs_bytes *ret_text)
{
    struct bs_error error;
    struct bs_private_key *key = bs_dkim_store_load(stored, &error);
    if (!key) {
        bs_output_error("%s", error.text);
        return EX_CONFIG;
    }
    int status = bs_dkim_store_record(key, &request->judge.arena, ret_text);
    bs_private_key_free(key);
    return status;
}

/* An event of a key; names are copied, since the keys may be read again. */
static int add_event(struct request *request, struct domain *domain, enum event_kind kind,
                     const struct bs_dkim_view *view)
{
    struct event *event = &domain->events[domain->count++];
    *event = (struct event){.kind = kind, .type = view->type, .bits = view->bits, .reason = view->reason};
    event->name = bs_arena_copy(&request->judge.arena, view->key->name);
    if (!event->name.ptr)
        return fail_memory();
    if (kind == WAITING)
        return record_of(request, view->key, &event->record);
    if (kind == REVOKED)
        return bs_dkim_store_record(NULL, &request->judge.arena, &event->record);
    return EX_OK;
}

/* The bits of a key that is to be made: those of the largest that there is. */
static unsigned bits_for(const struct request *request, const struct domain *domain, enum bs_key_type type)
{
    unsigned bits = BS_RSA_SIGN_BITS_MIN;
    for (size_t i = 0; i < request->count; i++) {
        const struct bs_dkim_view *view = &request->views[i];
        if (view->type == type && view->bits > bits && bs_bytes_equal(view->key->domain, domain->name))
            bits = view->bits;
    }
    return bits;
}

/* Notes a step of the plan, and gives the key its new state. `views` are those of the domain. */
static int take_step(struct request *request, struct domain *domain, const struct bs_dkim_plan_step *step,
                     struct bs_dkim_view *const *views)
{
    static const struct {
        enum event_kind kind;
        bool changes;
        enum bs_dkim_key_state state;
    } effects[] = {
        [BS_DKIM_START] = {STARTED, true, BS_DKIM_KEY_SIGNING},
        [BS_DKIM_RETIRE] = {RETIRED, true, BS_DKIM_KEY_RETIRING},
        [BS_DKIM_REVOKE] = {REVOKED, true, BS_DKIM_KEY_REVOKED},
        [BS_DKIM_WAIT] = {WAITING, false, 0},
        [BS_DKIM_DOUBT] = {UNKNOWN, false, 0},
    };
    if (step->action == BS_DKIM_MAKE) {
        domain->events[domain->count++] =
            (struct event){.kind = MADE, .type = step->type, .bits = bits_for(request, domain, step->type)};
        return EX_OK;
    }
    const struct bs_dkim_view *view = views[step->key];
    if (effects[step->action].changes && !request->dry_run)
        bs_dkim_key_set_state(bs_dkim_keys_find(&request->keys, view->key->name), effects[step->action].state,
                              request->judge.now);
    if (step->action == BS_DKIM_START || step->action == BS_DKIM_RETIRE)
        request->reload = RELOAD_NEEDED;
    return add_event(request, domain, effects[step->action].kind, view);
}

static bool is_retired(const struct bs_dkim_plan *plan, size_t key)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].action == BS_DKIM_RETIRE && plan->steps[i].key == key)
            return true;
    }
    return false;
}

/* A key that goes on signing and cannot be seen is worse than anything that is due. */
static int note_invisible(struct request *request, struct domain *domain, const struct bs_dkim_plan *plan,
                          struct bs_dkim_view *const *views, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct bs_dkim_view *view = views[i];
        if (view->key->state != BS_DKIM_KEY_SIGNING || view->sight == BS_DKIM_SEEN || is_retired(plan, i))
            continue;
        int status = add_event(request, domain, view->sight == BS_DKIM_UNSEEN ? INVISIBLE : UNKNOWN, view);
        if (status != EX_OK)
            return status;
    }
    return EX_OK;
}

/* Finds out what is due for a domain and does it, but for making keys. */
static int advance(struct request *request, struct domain *domain)
{
    struct bs_arena *arena = &request->judge.arena;
    struct bs_dkim_plan *plan = bs_arena_take(arena, sizeof *plan);
    struct bs_dkim_view **views = bs_arena_take(arena, (request->count + 1) * sizeof *views);
    struct bs_dkim_schedule_key *keys = bs_arena_take(arena, (request->count + 1) * sizeof *keys);
    domain->events = bs_arena_take(arena, (2 * request->count + BS_KEY_TYPES) * sizeof *domain->events);
    size_t count = 0;
    int status = EX_OK;
    if (!plan || !views || !keys || !domain->events)
        return fail_memory();
    for (size_t i = 0; i < request->count; i++) {
        struct bs_dkim_view *view = &request->views[i];
        if (!bs_bytes_equal(view->key->domain, domain->name))
            continue;
        keys[count] = (struct bs_dkim_schedule_key){view->type, view->key->state, view->key->since, view->sight};
        views[count++] = view;
    }
    bs_dkim_schedule_plan(&request->schedule, keys, count, request->judge.now, plan);
    domain->next = plan->next;
    status = note_invisible(request, domain, plan, views, count);
    for (size_t i = 0; i < plan->count && status == EX_OK; i++)
        status = take_step(request, domain, &plan->steps[i], views);
    return status;
}

/* Makes the keys that are to be made; an event of one that could not be made is taken out. */
static int make_keys(struct request *request, struct domain *domain)
{
    for (size_t i = 0; i < domain->count; i++) {
        struct event *event = &domain->events[i];
        if (event->kind != MADE)
            continue;
        const struct bs_dkim_order order = {.domain = domain->name, .type = event->type, .bits = event->bits};
        int status = bs_dkim_store_make(&request->keys, &order, request->judge.now, &request->judge.arena,
                                        &event->name);
        const struct bs_dkim_stored_key *made =
            status == EX_OK ? bs_dkim_keys_find(&request->keys, event->name) : NULL;
        if (made)
            status = record_of(request, made, &event->record);
        if (status != EX_OK) {
            domain->count = i;
            return status;
        }
    }
    return EX_OK;
}

static bool has_changes(const struct request *request)
{
    for (size_t i = 0; i < request->domain_count; i++) {
        const struct domain *domain = &request->domains[i];
        for (size_t j = 0; j < domain->count; j++) {
            if (domain->events[j].kind >= STARTED && domain->events[j].kind <= REVOKED)
                return true;
        }
    }
    return false;
}

/* Nothing was done: there is nothing to be told. */
static int forget(struct request *request, int status)
{
    request->domain_count = 0;
    request->reload = RELOAD_NONE;
    return status;
}

/* Does all that is due: states first, so that a failure of making a key keeps none from signing. */
static int carry_out(struct request *request)
{
    int status = EX_OK;
    for (size_t i = 0; i < request->domain_count && status == EX_OK; i++)
        status = advance(request, &request->domains[i]);
    if (status == EX_OK && request->dry_run)
        return -1;
    if (status == EX_OK && has_changes(request))
        status = bs_dkim_store_save(&request->keys);
    if (status != EX_OK)
        return forget(request, status);
    for (size_t i = 0; i < request->domain_count; i++) {
        int made = make_keys(request, &request->domains[i]);
        status = status == EX_OK ? made : status;
    }
    return status == EX_OK ? -1 : status;
}

/* Has backstopd read the keys that are to sign now. */
static void reload(struct request *request)
{
    if (request->reload != RELOAD_NEEDED || request->dry_run || !request->reload_command)
        return;
    request->reload = system(request->reload_command) == 0 ? RELOAD_DONE : RELOAD_FAILED;
    if (request->reload == RELOAD_FAILED)
        bs_output_error("\"%s\" failed: backstopd still signs with the former keys", request->reload_command);
}

static bool has_event(const struct request *request, enum event_kind kind)
{
    for (size_t i = 0; i < request->domain_count; i++) {
        for (size_t j = 0; j < request->domains[i].count; j++) {
            if (request->domains[i].events[j].kind == kind)
                return true;
        }
    }
    return false;
}

static int exit_status(const struct request *request)
{
    if (has_event(request, INVISIBLE))
        return BS_EXIT_SERIOUS;
    if (has_event(request, UNKNOWN))
        return BS_EXIT_INCONCLUSIVE;
    bool left = has_event(request, MADE) || has_event(request, WAITING) || has_event(request, REVOKED) ||
                request->reload == RELOAD_NEEDED || request->reload == RELOAD_FAILED;
    return left ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
}

/* What happens to the key, and after it the words with which --dry-run says that it is due. */
static const char *const kind_names[][2] = {
    [MADE] = {"made", "to be made"},         [STARTED] = {"started", "to be started"},
    [RETIRED] = {"retired", "to be retired"}, [REVOKED] = {"revoked", "to be revoked"},
    [WAITING] = {"waiting", "waiting"},      [UNKNOWN] = {"unknown", "unknown"},
    [INVISIBLE] = {"invisible", "invisible"},
};

static void print_explanation(const struct request *request, const struct domain *domain, const struct event *event)
{
    char until[BS_TIMESTAMP_TEXT];
    switch (event->kind) {
    case MADE:
        puts(event->name.len > 0 ? "publish this record; it signs when all name servers show it, and this is run again"
                                 : "it would be published, and sign when all name servers show it");
        return;
    case STARTED:
        printf("%s; it signs from now on\n", event->reason);
        return;
    case RETIRED:
        bs_timestamp_format(request->judge.now + request->schedule.overlap, until);
        printf("it signs no longer; leave its record until %.10s, for mail under way\n", until);
        return;
    case REVOKED:
        printf("publish this instead of its record, or remove the record; its file may go, too\n");
        return;
    case WAITING:
        printf("%s; publish this record\n", event->reason);
        return;
    case UNKNOWN:
        printf("%s\n", event->reason);
        return;
    case INVISIBLE:
        printf("mail of %.*s is signed with it, but %s\n", BS_BYTES_ARG(domain->name), event->reason);
        return;
    }
}

static void print_event(const struct request *request, const struct domain *domain, const struct event *event)
{
    const char *type = bs_dkim_store_type_name(event->type);
    printf("%s ", kind_names[event->kind][request->dry_run]);
    if (event->name.len > 0)
        printf("%.*s: ", BS_BYTES_ARG(event->name));
    else if (event->type == BS_KEY_RSA)
        printf("%s key of %u bits for %.*s: ", type, event->bits, BS_BYTES_ARG(domain->name));
    else
        printf("%s key for %.*s: ", type, BS_BYTES_ARG(domain->name));
    print_explanation(request, domain, event);
    if (event->record.len > 0)
        bs_dkim_store_print_record(event->name, event->record, stdout);
}

static void print_next(const struct domain *domain)
{
    char next[BS_TIMESTAMP_TEXT];
    if (domain->next == BS_DKIM_NEVER)
        return;
    bs_timestamp_format(domain->next, next);
    printf("next %.*s: nothing is due by itself before %s\n", BS_BYTES_ARG(domain->name), next);
}

static void print_text(const struct request *request)
{
    for (size_t i = 0; i < request->domain_count; i++) {
        const struct domain *domain = &request->domains[i];
        for (size_t j = 0; j < domain->count; j++)
            print_event(request, domain, &domain->events[j]);
        if (!request->quiet || domain->count > 0)
            print_next(domain);
    }
    if (request->reload == RELOAD_NEEDED && !request->dry_run)
        puts("reload backstopd, so that it signs with these keys: systemctl reload backstop");
}

static struct bs_bytes or_null(struct bs_bytes text)
{
    return text.len > 0 ? text : bs_bytes(NULL, 0);
}

static void append_domain(struct bs_strbuf *out, const struct domain *domain)
{
    char next[BS_TIMESTAMP_TEXT];
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "domain", domain->name);
    bs_strbuf_append_cstr(out, ", \"steps\": [");
    for (size_t i = 0; i < domain->count; i++) {
        const struct event *event = &domain->events[i];
        bs_strbuf_append_cstr(out, i > 0 ? ", {" : "{");
        bs_judge_append_member(out, "step", bs_bytes_from_cstr(kind_names[event->kind][0]));
        bs_judge_append_member(out, "name", or_null(event->name));
        bs_judge_append_member(out, "type", bs_bytes_from_cstr(bs_dkim_store_type_name(event->type)));
        bs_judge_append_member(out, "reason", bs_bytes_from_cstr(event->reason));
        bs_judge_append_member(out, "record", or_null(event->record));
        bs_strbuf_append_char(out, '}');
    }
    bs_strbuf_append_char(out, ']');
    bs_timestamp_format(domain->next, next);
    bs_judge_append_member(out, "next", bs_bytes_from_cstr(domain->next == BS_DKIM_NEVER ? NULL : next));
    bs_strbuf_append_char(out, '}');
}

static void print_json(const struct request *request, int status)
{
    static const char *const results[] = {"done", "todo", "serious", "unknown"};
    static const char *const reloads[] = {"none", "needed", "done", "failed"};
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_char(&out, '{');
    bs_judge_append_member(&out, "result", bs_bytes_from_cstr(results[status]));
    bs_judge_append_member(&out, "directory", bs_bytes_from_cstr(request->directory));
    bs_strbuf_printf(&out, ", \"dry_run\": %s", request->dry_run ? "true" : "false");
    bs_judge_append_member(&out, "reload", bs_bytes_from_cstr(reloads[request->reload]));
    bs_strbuf_append_cstr(&out, ", \"domains\": [");
    for (size_t i = 0; i < request->domain_count; i++) {
        bs_strbuf_append_cstr(&out, i > 0 ? ", " : "");
        append_domain(&out, &request->domains[i]);
    }
    bs_strbuf_append_cstr(&out, "]}");
    puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

/* Says what was done, also where something failed after it; `failed` is -1 where nothing did. */
static int report(struct request *request, int failed)
{
    reload(request);
    int status = exit_status(request);
    if (request->judge.json)
        print_json(request, status);
    else
        print_text(request);
    return failed < 0 ? status : failed;
}

int bs_dkim_rotate_keys(int argc, char **argv)
{
    int lock = -1;
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return EX_OSERR;
    request->judge = bs_judge_new();
    request->schedule = (struct bs_dkim_schedule){.overlap = 7 * BS_SECONDS_PER_DAY, .every = 90 * BS_SECONDS_PER_DAY};
    int status = read_options(argc, argv, request);
    if (status < 0)
        status = bs_judge_load(&request->judge);
    if (status < 0)
        status = open_keys(request, &lock);
    if (status < 0)
        status = look(request);
    if (status < 0)
        status = report(request, carry_out(request));
    if (lock >= 0)
        close(lock);
    bs_dkim_keys_free(&request->keys);
    bs_judge_free(&request->judge);
    free(request);
    return status;
}
