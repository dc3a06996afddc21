/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop setup`: looks at the machine's Postfix and proposes backstop.conf, a key and the lines of main.cf that
 * connect the two, as differences; writes them with --write; takes its lines out of main.cf again with --remove. See
 * backstop-setup(1).
 */
#include "cli/setup_apply.h"

#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

enum { TEXT_MAX = 64 * 1024 * 1024 };

static const char usage[] =
    "usage: backstop setup [OPTION]...                     show what would be written\n"
    "       backstop setup --write [--reload] [OPTION]...  write it\n"
    "       backstop setup --remove [--write [--reload]]   take our lines out of main.cf again\n"
    "  -c, --config FILE      the configuration of backstop; default " BACKSTOP_CONFIG_FILE "\n"
    "      --domain NAME      a domain of ours that Postfix keeps in a table; may be repeated\n"
    "      --milter SOCKET    where backstopd is to listen, in a new configuration: inet:HOST:PORT or unix:/PATH\n"
    "      --socketmap SOCKET the same for the map of tagged recipients\n"
    "      --user NAME        the user that backstopd is to become\n"
    "      --config-dir DIR   the directory of main.cf, as postconf -c\n"
    "      --postconf PATH    the postconf of that Postfix\n"
    "      --write            write the files\n"
    "      --reload           then start backstopd and reload Postfix\n"
    "      --json             print an object\n"
    "Exits 0 where nothing is to do or all is done, 1 where something was proposed and not written.\n";

static bool add_domain(struct bs_setup_request *request, const char *name)
{
    const char **grown = realloc(request->domains, (request->domain_count + 1) * sizeof *grown);
    if (!grown)
        return false;
    request->domains = grown;
    request->domains[request->domain_count++] = name;
    return true;
}

enum { CONFIG = 'c', HELP = 'h', DOMAIN = 256, MILTER, SOCKETMAP, USER, CONFIG_DIR, POSTCONF, WRITE, RELOAD, REMOVE,
       JSON };

static const struct option long_options[] = {
    {"config", required_argument, NULL, CONFIG},         {"domain", required_argument, NULL, DOMAIN},
    {"milter", required_argument, NULL, MILTER},         {"socketmap", required_argument, NULL, SOCKETMAP},
    {"user", required_argument, NULL, USER},             {"config-dir", required_argument, NULL, CONFIG_DIR},
    {"postconf", required_argument, NULL, POSTCONF},     {"write", no_argument, NULL, WRITE},
    {"reload", no_argument, NULL, RELOAD},               {"remove", no_argument, NULL, REMOVE},
    {"json", no_argument, NULL, JSON},                   {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct bs_setup_request *request)
{
    *request = (struct bs_setup_request){.config_file = bs_config_default_file()};
    for (int option; (option = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1;) {
        switch (option) {
        case CONFIG: request->config_file = optarg; break;
        case MILTER: request->wishes.milter = optarg; break;
        case SOCKETMAP: request->wishes.socketmap = optarg; break;
        case USER: request->wishes.user = optarg; break;
        case CONFIG_DIR: request->place.config_directory = optarg; break;
        case POSTCONF: request->place.postconf = optarg; break;
        case WRITE: request->write = true; break;
        case RELOAD: request->reload = true; break;
        case REMOVE: request->remove = true; break;
        case JSON: request->json = true; break;
        case HELP: return bs_output_usage(usage, true);
        case DOMAIN:
            if (!add_domain(request, optarg))
                return EX_OSERR;
            break;
        default: return EX_USAGE;
        }
    }
    if (optind < argc)
        return bs_output_usage(usage, false);
    if (request->reload && !request->write)
        bs_output_error("--reload goes with --write");
    return request->reload && !request->write ? EX_USAGE : -1;
}

static void print_line(void *context, const char *line)
{
    const struct bs_setup_request *request = context;
    if (!request->json)
        puts(line);
}

/* A socket of the configuration as Sendmail writes it: inet:PORT@HOST. */
static void print_sendmail_socket(const struct bs_config_list *sockets, const char *otherwise)
{
    struct bs_mta_socket socket;
    if (sockets->count == 0 || !bs_mta_socket_parse(bs_bytes_from_cstr(sockets->items[0]), &socket))
        fputs(otherwise, stdout);
    else if (socket.kind == BS_MTA_SOCKET_UNIX)
        printf("unix:%.*s", BS_BYTES_ARG(socket.path));
    else
        printf("%s:%u@%.*s", bs_bytes_find(socket.host, ':') < socket.host.len ? "inet6" : "inet", socket.port,
               BS_BYTES_ARG(socket.host));
}

/* How Sendmail is connected; in tabs, as its rules must have them. */
static void print_sendmail(const struct bs_setup *setup)
{
    fputs("For Sendmail, add to sendmail.mc and make sendmail.cf of it:\n\nINPUT_MAIL_FILTER(`backstop', `S=", stdout);
    print_sendmail_socket(&setup->config.milter, "inet:8896@127.0.0.1");
    fputs(", F=T, T=C:10s;S:10s;R:30s;E:60s')dnl\nLOCAL_CONFIG\nKbackstop socket ", stdout);
    print_sendmail_socket(&setup->config.socketmap, "inet:8897@127.0.0.1");
    puts("\nLOCAL_RULE_0\n"
         "R$+ < @ $=w . > $*\t$: < $( backstop $1@$2 $: $) > $1 < @ $2 . > $3\n"
         "R< $+ @ $=w > $*\t$: $1 < @ $2 . >\n"
         "R< > $*\t\t$: $1\n");
}

/* A line of a difference, coloured by its sign on a terminal. */
static void print_diff_line(struct bs_bytes line)
{
    const enum bs_colour colour = bs_bytes_starts_nocase(line, BS_LITERAL("--- ")) ||
                                          bs_bytes_starts_nocase(line, BS_LITERAL("+++ "))
                                      ? BS_COLOUR_STRONG
                                  : line.ptr[0] == '+' ? BS_COLOUR_GOOD
                                  : line.ptr[0] == '-' ? BS_COLOUR_BAD
                                                       : BS_COLOUR_NONE;
    if (colour == BS_COLOUR_NONE)
        printf("%.*s\n", BS_BYTES_ARG(line));
    else
        printf("%s%.*s%s\n", bs_output_colour(stdout, colour), BS_BYTES_ARG(line),
               bs_output_colour(stdout, BS_COLOUR_NONE));
}

static void print_diff(struct bs_setup *setup)
{
    struct bs_strbuf text;
    for (size_t i = 0; i < setup->file_count; i++) {
        bs_strbuf_init(&text, TEXT_MAX);
        bs_setup_file_diff(&setup->files[i], &setup->arena, &text);
        struct bs_bytes rest = bs_strbuf_bytes(&text);
        while (rest.len > 0) {
            size_t end = bs_bytes_find(rest, '\n');
            print_diff_line(bs_bytes_first(rest, end));
            rest = bs_bytes_skip(rest, end < rest.len ? end + 1 : end);
        }
        bs_strbuf_free(&text);
    }
}

static void print_next(struct bs_setup *setup)
{
    const char *commands[4];
    bs_setup_next(setup, commands);
    if (!commands[0])
        return;
    puts("\nNext:");
    for (const char **command = commands; *command; command++)
        printf("    %s\n", *command);
}

static const char *nothing_to_do(const struct bs_setup *setup)
{
    if (!setup->request->remove)
        return "Nothing to do: backstop.conf, its keys and main.cf are as they should be.";
    return setup->no_postfix ? "Nothing to take out: there is no Postfix here."
                             : "Nothing to take out: main.cf has no line of ours.";
}

/* Where nothing is to do, what is merely worth knowing was told before. */
static void print_notes(const struct bs_setup *setup)
{
    bool any = false;
    for (size_t i = 0; i < setup->notes.count; i++) {
        const struct bs_finding *note = &setup->notes.items[i];
        if (note->severity == BS_SEVERITY_NOTE && setup->file_count == 0)
            continue;
        if (!any)
            putchar('\n');
        any = true;
        bs_finding_print(note, stdout);
    }
}

static void print_plan(struct bs_setup *setup)
{
    if (setup->no_postfix)
        printf("%s.\n\n", setup->no_postfix);
    else
        printf("Postfix %s in %s\n\n", setup->postfix.version, setup->postfix.config_directory);
    if (setup->no_postfix && !setup->request->remove)
        print_sendmail(setup);
    if (setup->file_count == 0)
        puts(nothing_to_do(setup));
    print_diff(setup);
    print_notes(setup);
    if (setup->file_count > 0 && !setup->request->write)
        printf("\nNothing was written. The same with --write writes it%s.\n",
               setup->main_cf ? ", and keeps a copy of main.cf" : "");
}

static void append_changes(struct bs_setup *setup, struct bs_strbuf *out)
{
    struct bs_strbuf diff;
    for (size_t i = 0; i < setup->file_count; i++) {
        const struct bs_setup_file *file = &setup->files[i];
        bs_strbuf_init(&diff, TEXT_MAX);
        bs_setup_file_diff(file, &setup->arena, &diff);
        bs_strbuf_append_cstr(out, i > 0 ? ",\n    {\"file\": " : "\n    {\"file\": ");
        bs_json_append_string(out, bs_bytes_from_cstr(file->path));
        bs_strbuf_printf(out, ", \"action\": \"%s\", \"backup\": ", file->exists ? "change" : "create");
        if (file->backup)
            bs_json_append_string(out, bs_bytes_from_cstr(file->backup));
        else
            bs_strbuf_append_cstr(out, "null");
        bs_strbuf_append_cstr(out, ", \"diff\": ");
        bs_json_append_string(out, bs_strbuf_bytes(&diff));
        bs_strbuf_append_char(out, '}');
        bs_strbuf_free(&diff);
    }
    bs_strbuf_append_cstr(out, setup->file_count > 0 ? "\n  ]" : "]");
}

/* {"postfix": …, "changes": […], "notes": […], "written": …} */
static void print_json(struct bs_setup *setup)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, TEXT_MAX);
    bs_strbuf_append_cstr(&out, "{\n  \"postfix\": ");
    if (setup->no_postfix) {
        bs_strbuf_append_cstr(&out, "null");
    } else {
        bs_strbuf_append_cstr(&out, "{\"version\": ");
        bs_json_append_string(&out, bs_bytes_from_cstr(setup->postfix.version));
        bs_strbuf_append_cstr(&out, ", \"config_directory\": ");
        bs_json_append_string(&out, bs_bytes_from_cstr(setup->postfix.config_directory));
        bs_strbuf_append_char(&out, '}');
    }
    bs_strbuf_append_cstr(&out, ",\n  \"changes\": [");
    append_changes(setup, &out);
    bs_strbuf_append_cstr(&out, ",\n  \"notes\": ");
    bs_findings_append_json(&setup->notes, &out);
    bs_strbuf_printf(&out, ",\n  \"written\": %s\n}\n", setup->request->write ? "true" : "false");
    fputs(bs_strbuf_cstr(&out), stdout);
    bs_strbuf_free(&out);
}

static int carry_out(struct bs_setup *setup)
{
    const struct bs_setup_told told = {print_line, (void *)setup->request};
    struct bs_error error;
    if (setup->file_count > 0 && !setup->request->json)
        putchar('\n');
    if (!bs_setup_write(setup, &told, &error)) {
        bs_output_error("%s", error.text);
        return EX_CANTCREAT;
    }
    if (!setup->request->reload || bs_setup_reload(setup, &told, &error))
        return EX_OK;
    bs_output_error("%s", error.text);
    return EX_UNAVAILABLE;
}

static int run(struct bs_setup *setup)
{
    const struct bs_setup_request *request = setup->request;
    if (!request->json)
        print_plan(setup);
    int status = request->write ? carry_out(setup) : setup->file_count > 0 ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
    if (request->json && status <= BS_EXIT_FINDINGS)
        print_json(setup);
    else if (request->write && setup->file_count > 0 && status == EX_OK)
        print_next(setup);
    return status;
}

/* The path from the root, since a key beside it is named in it. */
static bool make_absolute(struct bs_setup_request *request, char path[2 * PATH_MAX])
{
    char here[PATH_MAX];
    if (request->config_file[0] == '/')
        return true;
    if (!getcwd(here, sizeof here))
        return false;
    snprintf(path, 2 * PATH_MAX, "%s/%s", strcmp(here, "/") == 0 ? "" : here, request->config_file);
    request->config_file = path;
    return true;
}

int bs_command_setup(int argc, char **argv)
{
    struct bs_setup_request request;
    struct bs_error error;
    char path[2 * PATH_MAX];
    int status = read_options(argc, argv, &request);
    struct bs_setup *setup = status < 0 ? calloc(1, sizeof *setup) : NULL;
    if (status < 0 && (!setup || !make_absolute(&request, path))) {
        bs_output_error("out of memory, or no current directory");
        status = EX_OSERR;
    }
    if (status < 0 && bs_setup_plan(&request, setup, &error)) {
        status = run(setup);
    } else if (status < 0) {
        bool undecided = setup->no_postfix && setup->no_domain;
        bs_output_error("%s", error.text);
        if (undecided && !request.json)
            print_sendmail(setup);
        status = undecided ? EX_UNAVAILABLE : EX_CONFIG;
    }
    if (setup)
        bs_setup_free(setup);
    free(setup);
    free(request.domains);
    return status;
}
