/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of Postfix; see doctor_checks.h. Its settings are judged in audit/postfix_check.h. */
#include "cli/doctor_checks.h"

#include "cli/doctor_machine.h"
#include "cli/doctor_probe.h"
#include "daemon/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { TABLES_MAX = 16, SOCKETS_MAX = 32, CONNECT_MS = 2000 }; /* that are tried, and how long */

struct look {
    struct bs_doctor *doctor;
    const struct bs_postfix_machine *machine;
    const struct bs_postfix_expectation *expected;
    struct bs_bytes tagged; /* an address of ours with a tag */
};

/* What a table answers for the tagged address, in the arena; empty where it has no answer. */
static struct bs_bytes ask_table(const struct look *look, struct bs_bytes table)
{
    struct bs_arena *arena = &look->doctor->arena;
    struct bs_bytes answer = {NULL, 0};
    struct bs_run run;
    struct bs_error error;
    const char *const arguments[] = {"-q", look->tagged.ptr, bs_arena_copy(arena, table).ptr, NULL};
    if (!arguments[2])
        return answer;
    if (bs_postfix_run(look->machine, "postmap", arguments, &run, &error) && run.status == 0)
        answer = bs_bytes_trim(bs_arena_copy(arena, bs_strbuf_bytes(&run.out)));
    bs_run_free(&run);
    return answer;
}

/* Tables that rewrite senders: CHGFROM goes through them, too. */
static void check_canonical(const struct look *look, const char *parameter)
{
    struct bs_bytes list = bs_postfix_value(look->machine->settings, parameter), table;
    for (size_t i = 0; i < TABLES_MAX && bs_postfix_list_next(&list, &table); i++) {
        struct bs_bytes answer = ask_table(look, table);
        if (answer.len == 0 || bs_bytes_equal(answer, look->tagged))
            continue;
        bs_findings_add(&look->doctor->findings, BS_SEVERITY_SERIOUS, "canonical",
                        "%s has %.*s, which rewrites the tagged sender %s to %.*s: mail leaves without its tag",
                        parameter, BS_BYTES_ARG(table),
                        look->tagged.ptr, BS_BYTES_ARG(answer));
        bs_findings_repair(&look->doctor->findings, "except addresses that begin with prvs= from that table");
        return;
    }
}

/* Tables before ours that know every address, tagged ones, too. */
static void check_shadow(const struct look *look)
{
    struct bs_bytes list = bs_postfix_value(look->machine->settings, "virtual_alias_maps"), table;
    for (size_t i = 0; i < TABLES_MAX && bs_postfix_list_next(&list, &table); i++) {
        if (bs_postfix_matches_ours(&look->expected->sockets, BS_LITERAL("virtual_alias_maps"), table))
            return;
        struct bs_bytes answer = ask_table(look, table);
        if (answer.len == 0)
            continue;
        bs_findings_add(&look->doctor->findings, BS_SEVERITY_SERIOUS, "map-shadowed",
                        "virtual_alias_maps asks %.*s before backstop, and that answers for tagged recipients (%s: "
                        "%.*s): bounces go there, with or without a good tag",
                        BS_BYTES_ARG(table), look->tagged.ptr, BS_BYTES_ARG(answer));
        bs_findings_repair(&look->doctor->findings, "put ours first in virtual_alias_maps");
        return;
    }
}

static void check_tables(struct look *look)
{
    struct bs_doctor *doctor = look->doctor;
    for (size_t i = 0; i < doctor->config.domain_count && look->tagged.len == 0 && doctor->settings.gate; i++)
        look->tagged = bs_probe_tagged(&doctor->settings, doctor->config.domains[i].name, doctor->now,
                                       &doctor->arena);
    if (look->tagged.len == 0)
        return;
    check_canonical(look, "sender_canonical_maps");
    check_canonical(look, "canonical_maps");
    check_shadow(look);
}

static void report_denied(const struct look *look, const char *path, const char *user, int error)
{
    bs_findings_add(&look->doctor->findings, BS_SEVERITY_SERIOUS, "socket-denied",
                    "Postfix's user \"%s\" cannot connect to %s: %s", user, path, strerror(error));
    bs_findings_repair(&look->doctor->findings,
                       "where backstopd is started as root: socket-group = \"%s\" and socket-mode = 0660; where "
                       "systemd starts it, see /lib/systemd/system/backstop-milter.socket; and %s must be able to "
                       "enter the directory", user, user);
}

/* Connects as a process of Postfix's would. */
static void try_item(const struct look *look, const struct bs_postfix_service *service, const char *list,
                     struct bs_bytes item)
{
    struct bs_arena *arena = &look->doctor->arena;
    struct bs_postfix_milter milter;
    struct bs_postfix_socketmap map;
    struct bs_doctor_user user;
    const struct bs_mta_socket *socket = NULL;
    if (bs_postfix_milter_parse(item, &milter))
        socket = &milter.socket;
    else if (bs_postfix_socketmap_parse(item, &map))
        socket = &map.socket;
    struct bs_bytes owner = bs_postfix_value(look->machine->settings, "mail_owner");
    const char *name = bs_arena_copy(arena, owner).ptr;
    if (!socket || socket->kind != BS_MTA_SOCKET_UNIX || !name || !bs_doctor_find_user(name, "", &user) ||
        !bs_postfix_item_is_ours(&look->expected->sockets, bs_bytes_from_cstr(list), item, service->chrooted))
        return;
    /* In a chroot every path begins in the queue directory; else a relative one does. */
    const char *queue = bs_postfix_path(look->machine->settings, BS_LITERAL(""), false, arena);
    const char *path = bs_postfix_path(look->machine->settings, socket->path, service->chrooted, arena);
    if (!path)
        return;
    bool below = service->chrooted && queue;
    const char *text = bs_arena_printf(arena, "unix:%s%s", below ? "/" : "", below ? path + strlen(queue) : path);
    int error = text ? bs_doctor_try_connect(&user, below ? queue : NULL, text) : 0;
    if ((error == EACCES || error == EPERM) && !bs_findings_find(&look->doctor->findings, "socket-denied"))
        report_denied(look, path, name, error);
}

static void try_list(const struct look *look, const struct bs_postfix_service *service, const char *list)
{
    const struct bs_postfix_override *own = bs_postfix_override(look->machine->settings, service, list);
    struct bs_bytes item, value = own ? own->value : bs_postfix_value(look->machine->settings, list);
    for (size_t i = 0; i < SOCKETS_MAX && bs_postfix_list_next(&value, &item); i++)
        try_item(look, service, list, item);
}

static void check_permissions(const struct look *look)
{
    const struct bs_postfix *settings = look->machine->settings;
    for (size_t i = 0; i < settings->service_count; i++) {
        const struct bs_postfix_service *service = &settings->services[i];
        bool smtpd = bs_bytes_equal(service->program, BS_LITERAL("smtpd"));
        if (!smtpd && !bs_bytes_equal(service->program, BS_LITERAL("cleanup")))
            continue;
        try_list(look, service, smtpd ? "smtpd_milters" : "non_smtpd_milters");
        try_list(look, service, "virtual_alias_maps");
    }
}

/* Whether nothing listens there; false where that cannot be said, as of a host by its name. */
static bool is_closed(const char *socket)
{
    struct bs_endpoint endpoint;
    struct bs_error error;
    if (!bs_endpoint_parse(socket, &endpoint, &error))
        return false;
    int fd = bs_endpoint_connect(&endpoint, CONNECT_MS);
    if (fd >= 0)
        close(fd);
    return fd < 0 && (errno == ECONNREFUSED || errno == ENOENT);
}

/* The same of a socket of main.cf's; a path may be meant with the chroot or without. */
static bool is_closed_to_postfix(const struct look *look, const struct bs_mta_socket *socket)
{
    struct bs_arena *arena = &look->doctor->arena;
    if (socket->kind == BS_MTA_SOCKET_INET) {
        const char *text = bs_mta_socket_text(socket, arena);
        return text && is_closed(text);
    }
    for (int chrooted = 0; chrooted <= 1; chrooted++) {
        const char *path = bs_postfix_path(look->machine->settings, socket->path, chrooted, arena);
        const char *text = path ? bs_arena_printf(arena, "unix:%s", path) : NULL;
        if (!text || !is_closed(text))
            return false;
    }
    return true;
}

/* A milter of somebody else's whose absence keeps mail out: one of ours that was forgotten, for instance. */
static void try_other(const struct look *look, const char *list, struct bs_bytes item)
{
    struct bs_doctor *doctor = look->doctor;
    struct bs_postfix_milter milter;
    if (bs_postfix_matches_ours(&look->expected->sockets, bs_bytes_from_cstr(list), item) ||
        !bs_postfix_milter_parse(item, &milter))
        return;
    struct bs_bytes action = milter.default_action.len > 0
                                 ? milter.default_action
                                 : bs_postfix_value(look->machine->settings, "milter_default_action");
    const char *text = bs_mta_socket_text(&milter.socket, &doctor->arena);
    if (bs_bytes_equal_nocase(action, BS_LITERAL("accept")) || !text || !is_closed_to_postfix(look, &milter.socket))
        return;
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "other-milter-down",
                    "%s names %s, where nothing listens: with the default action %.*s, no mail gets in",
                    list, text, BS_BYTES_ARG(action));
    bs_findings_repair(&doctor->findings,
                       "start what belongs there, or take the item out of %s; if backstopd used to listen there, it "
                       "is a leftover", list);
}

static void check_others(const struct look *look)
{
    for (size_t i = 0; i < 2; i++) {
        struct bs_bytes item, value = bs_postfix_value(look->machine->settings, bs_postfix_lists[i]);
        for (size_t j = 0; j < SOCKETS_MAX && bs_postfix_list_next(&value, &item); j++) {
            if (!bs_findings_find(&look->doctor->findings, "other-milter-down"))
                try_other(look, bs_postfix_lists[i], item);
        }
    }
}

static void report_unknown(struct bs_doctor *doctor, const char *problem)
{
    bs_findings_add(&doctor->findings, BS_SEVERITY_UNKNOWN, "postfix-unknown",
                    "%s; whether the mail server uses backstop could not be checked", problem);
    bs_findings_repair(&doctor->findings,
                       "--postfix-config DIR and --postconf PATH say where Postfix is; --no-postfix leaves it out");
}

void bs_doctor_check_postfix(struct bs_doctor *doctor)
{
    struct bs_postfix_machine machine;
    struct bs_postfix_expectation expected;
    struct bs_error error;
    if (!bs_postfix_load(&doctor->place, &doctor->arena, &machine, &error) || !machine.postconf) {
        report_unknown(doctor, error.text);
        return;
    }
    if (!bs_postfix_expect(&doctor->config, machine.settings, &doctor->arena, &expected)) {
        report_unknown(doctor, "out of memory");
        return;
    }
    struct look look = {.doctor = doctor, .machine = &machine, .expected = &expected};
    bs_postfix_check(&expected, &doctor->findings);
    check_tables(&look);
    check_permissions(&look);
    if (doctor->with_probe)
        check_others(&look);
}
