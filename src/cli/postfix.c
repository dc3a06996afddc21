/* SPDX-License-Identifier: BSD-2-Clause */
/* Asking postconf, and joining its answers with the configuration; see postfix.h. */
#include "cli/postfix.h"

#include "base/json.h"
#include "cli/output.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* Runs postconf with the options and then the names of parameters, if `names`; its output is kept in the arena. */
static bool ask(const struct bs_postfix_machine *machine, const char *const *options, bool names,
                struct bs_arena *arena, struct bs_bytes *ret_answer, struct bs_error *ret_error)
{
    const char *argv[BS_RUN_ARGUMENTS_MAX] = {machine->postconf};
    size_t count = 1;
    struct bs_run run;
    for (; *options; options++)
        argv[count++] = *options;
    for (size_t i = 0; names && bs_postfix_check_parameters[i]; i++)
        argv[count++] = bs_postfix_check_parameters[i];
    bool good = bs_run(argv, BS_RUN_SECONDS, &run, ret_error);
    if (good && run.status != 0)
        good = bs_error_set(ret_error, "%s: exit status %d: %.*s", machine->postconf, run.status,
                            BS_BYTES_ARG(bs_run_complaint(&run)));
    if (good) {
        *ret_answer = bs_arena_copy(arena, bs_strbuf_bytes(&run.out));
        good = ret_answer->ptr || bs_error_set(ret_error, "out of memory");
    }
    bs_run_free(&run);
    return good;
}

static bool ask_all(const struct bs_postfix_machine *machine, const char *directory, struct bs_arena *arena,
                    struct bs_postfix_texts *ret_texts, struct bs_error *ret_error)
{
    /* Without a directory -c and what is behind it are left out. */
    const char *written[] = {"-c", directory, NULL}, *expanded[] = {"-x", "-c", directory, NULL};
    const char *services[] = {"-M", "-c", directory, NULL}, *overrides[] = {"-P", "-x", "-c", directory, NULL};
    if (!directory)
        written[0] = expanded[1] = services[1] = overrides[2] = NULL;
    return ask(machine, written, true, arena, &ret_texts->written, ret_error) &&
           ask(machine, expanded, true, arena, &ret_texts->expanded, ret_error) &&
           ask(machine, services, false, arena, &ret_texts->services, ret_error) &&
           ask(machine, overrides, false, arena, &ret_texts->overrides, ret_error);
}

static bool find_postconf(const struct bs_postfix_place *place, struct bs_arena *arena, const char **ret_postconf,
                          struct bs_error *ret_error)
{
    char path[PATH_SIZE];
    if (place->postconf) {
        *ret_postconf = place->postconf;
        return access(place->postconf, X_OK) == 0 || bs_error_set(ret_error, "%s: no such program", place->postconf);
    }
    if (!bs_run_find("postconf", path)) {
        *ret_postconf = NULL;
        bs_error_set(ret_error, "no Postfix here: no postconf in PATH, /usr/sbin or /usr/local/sbin (--postconf PATH "
                     "names it elsewhere)");
        return true;
    }
    *ret_postconf = bs_arena_copy(arena, bs_bytes_from_cstr(path)).ptr;
    return *ret_postconf || bs_error_set(ret_error, "out of memory");
}

static bool fill(struct bs_postfix_machine *machine, const struct bs_postfix_texts *texts, struct bs_arena *arena)
{
    machine->settings = bs_arena_take(arena, sizeof *machine->settings);
    if (!machine->settings)
        return false;
    bs_postfix_parse(texts, machine->settings);
    struct bs_bytes directory = bs_postfix_value(machine->settings, "config_directory");
    machine->config_directory = bs_arena_copy(arena, directory).ptr;
    machine->main_cf = bs_arena_printf(arena, "%.*s/main.cf", BS_BYTES_ARG(directory));
    machine->version = bs_arena_copy(arena, bs_postfix_value(machine->settings, "mail_version")).ptr;
    return machine->config_directory && machine->main_cf && machine->version;
}

bool bs_postfix_load(const struct bs_postfix_place *place, struct bs_arena *arena,
                     struct bs_postfix_machine *ret_machine, struct bs_error *ret_error)
{
    struct bs_postfix_texts texts;
    *ret_machine = (struct bs_postfix_machine){0};
    if (!find_postconf(place, arena, &ret_machine->postconf, ret_error))
        return false;
    if (!ret_machine->postconf)
        return true;
    if (!ask_all(ret_machine, place->config_directory, arena, &texts, ret_error))
        return false;
    if (!fill(ret_machine, &texts, arena))
        return bs_error_set(ret_error, "out of memory");
    if (ret_machine->settings->incomplete)
        return bs_error_set(ret_error, "%s/master.cf has more than %d services, or %d settings of services",
                            ret_machine->config_directory, BS_POSTFIX_SERVICES_MAX, BS_POSTFIX_OVERRIDES_MAX);
    return true;
}

/* A command of Postfix's: in its command_directory, or else beside postconf. */
static bool find_command(const struct bs_postfix_machine *machine, const char *name, char ret_path[PATH_SIZE])
{
    struct bs_bytes directory = bs_postfix_value(machine->settings, "command_directory");
    struct bs_bytes postconf = bs_bytes_from_cstr(machine->postconf);
    struct bs_bytes beside = bs_bytes_first(postconf, bs_bytes_find_last(postconf, '/'));
    if (snprintf(ret_path, PATH_SIZE, "%.*s/%s", BS_BYTES_ARG(directory), name) < PATH_SIZE &&
        access(ret_path, X_OK) == 0)
        return true;
    return snprintf(ret_path, PATH_SIZE, "%.*s/%s", BS_BYTES_ARG(beside), name) < PATH_SIZE &&
           access(ret_path, X_OK) == 0;
}

bool bs_postfix_run(const struct bs_postfix_machine *machine, const char *name, const char *const *arguments,
                    struct bs_run *ret_run, struct bs_error *ret_error)
{
    char path[PATH_SIZE];
    const char *argv[BS_RUN_ARGUMENTS_MAX] = {path, "-c", machine->config_directory};
    *ret_run = (struct bs_run){.status = -1};
    if (!find_command(machine, name, path))
        return bs_error_set(ret_error, "%s: no such program", path);
    for (size_t i = 0; arguments[i]; i++) {
        if (i + 4 == BS_RUN_ARGUMENTS_MAX)
            return bs_error_set(ret_error, "too many arguments for %s", name);
        argv[i + 3] = arguments[i];
    }
    return bs_run(argv, BS_RUN_SECONDS, ret_run, ret_error);
}

static struct bs_mta_socket *read_sockets(const struct bs_config_list *list, struct bs_arena *arena)
{
    struct bs_mta_socket *sockets = bs_arena_take(arena, (list->count + 1) * sizeof *sockets);
    for (size_t i = 0; sockets && i < list->count; i++)
        bs_mta_socket_parse(bs_bytes_from_cstr(list->items[i]), &sockets[i]);
    return sockets;
}

static struct bs_network *read_networks(const struct bs_config_list *list, struct bs_arena *arena)
{
    struct bs_network *networks = bs_arena_take(arena, (list->count + 1) * sizeof *networks);
    for (size_t i = 0; networks && i < list->count; i++)
        bs_network_parse(bs_bytes_from_cstr(list->items[i]), &networks[i]);
    return networks;
}

static bool same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/* Where backstopd listens unless the configuration says otherwise. */
static bool read_default_milter(struct bs_arena *arena, struct bs_mta_socket *ret_socket)
{
    struct bs_config defaults;
    struct bs_error error;
    if (!bs_config_parse("", "defaults", &defaults, &error))
        return false;
    struct bs_bytes text = bs_arena_copy(arena, bs_bytes_from_cstr(defaults.milter.items[0]));
    bs_config_free(&defaults);
    return text.ptr && bs_mta_socket_parse(text, ret_socket);
}

bool bs_postfix_expect(const struct bs_config *config, const struct bs_postfix *settings, struct bs_arena *arena,
                       struct bs_postfix_expectation *ret_expected)
{
    struct bs_bytes *domains = bs_arena_take(arena, (config->domain_count + 1) * sizeof *domains);
    bool enforces = false;
    for (size_t i = 0; domains && i < config->domain_count; i++) {
        domains[i] = bs_bytes_from_cstr(config->domains[i].name);
        enforces = enforces || config->domains[i].mode == BS_CONFIG_ENFORCE;
    }
    *ret_expected = (struct bs_postfix_expectation){
        .sockets = {.postfix = settings,
                    .milters = read_sockets(&config->milter, arena), .milter_count = config->milter.count,
                    .maps = read_sockets(&config->socketmap, arena), .map_count = config->socketmap.count,
                    .map_name = bs_bytes_from_cstr(config->socketmap_name)},
        .config_file = config->file,
        .domains = domains, .domain_count = config->domain_count,
        .networks = read_networks(&config->networks, arena), .network_count = config->networks.count,
        .signs = config->dkim_keys[0] != '\0',
        .enforces = enforces,
        .same_file = same_file,
    };
    return domains && ret_expected->sockets.milters && ret_expected->sockets.maps && ret_expected->networks &&
           read_default_milter(arena, &ret_expected->sockets.default_milter);
}

void bs_finding_print(const struct bs_finding *finding, FILE *out)
{
    static const enum bs_colour colours[BS_SEVERITY_COUNT] = {
        [BS_SEVERITY_NOTE] = BS_COLOUR_STRONG, [BS_SEVERITY_WARNING] = BS_COLOUR_WARNING,
        [BS_SEVERITY_SERIOUS] = BS_COLOUR_BAD, [BS_SEVERITY_UNKNOWN] = BS_COLOUR_WARNING,
    };
    fprintf(out, "%s%s:%s %s\n", bs_output_colour(out, colours[finding->severity]),
            bs_severity_name(finding->severity), bs_output_colour(out, BS_COLOUR_NONE), finding->problem);
    if (finding->repair)
        fprintf(out, "    %s: %s\n", finding->severity == BS_SEVERITY_NOTE ? "hint" : "repair", finding->repair);
}

static void append_member(struct bs_strbuf *out, const char *name, const char *text)
{
    bs_strbuf_printf(out, "\"%s\": ", name);
    if (text)
        bs_json_append_string(out, bs_bytes_from_cstr(text));
    else
        bs_strbuf_append_cstr(out, "null");
}

void bs_findings_append_json(const struct bs_findings *findings, struct bs_strbuf *out)
{
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < findings->count; i++) {
        const struct bs_finding *finding = &findings->items[i];
        bs_strbuf_append_cstr(out, i > 0 ? ",\n    {" : "\n    {");
        append_member(out, "severity", bs_severity_name(finding->severity));
        bs_strbuf_append_cstr(out, ", ");
        append_member(out, "id", finding->id);
        bs_strbuf_append_cstr(out, ", ");
        append_member(out, "problem", finding->problem);
        bs_strbuf_append_cstr(out, ", ");
        append_member(out, "repair", finding->repair);
        bs_strbuf_append_char(out, '}');
    }
    bs_strbuf_append_cstr(out, findings->count > 0 ? "\n  ]" : "]");
}
