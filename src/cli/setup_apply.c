/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing and reloading; see setup_apply.h. */
#include "cli/setup_apply.h"

#include "daemon/endpoint.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAMP_SIZE = 32, CONNECT_MS = 1000, START_SECONDS = 5, LINE_SIZE = 1024 };

static void tell(const struct bs_setup_told *told, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(const struct bs_setup_told *told, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    told->tell(told->context, line);
}

/* Tells what a program printed, line by line. */
static void tell_output(const struct bs_setup_told *told, const struct bs_strbuf *output)
{
    struct bs_bytes text = bs_strbuf_bytes(output);
    while (text.len > 0) {
        size_t end = bs_bytes_find(text, '\n');
        tell(told, "    %.*s", BS_BYTES_ARG(bs_bytes_first(text, end)));
        text = bs_bytes_skip(text, end < text.len ? end + 1 : end);
    }
}

static bool write_files(struct bs_setup *setup, const struct bs_setup_told *told, struct bs_error *ret_error)
{
    char stamp[STAMP_SIZE];
    time_t now = time(NULL);
    struct tm utc;
    const char *keep = bs_setup_directory(setup);
    if (!keep)
        return bs_error_set(ret_error, "out of memory");
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
    for (size_t i = 0; i < setup->file_count; i++) {
        struct bs_setup_file *file = &setup->files[i];
        if (!bs_setup_file_write(file, keep, stamp, &setup->arena, ret_error))
            return false;
        tell(told, "%s %s%s%s", file->exists ? "changed" : "made", file->path,
             file->backup ? "; a copy of what it was: " : "",
             file->backup ? file->backup : "");
    }
    return true;
}

/* postfix check complains about much that has nothing to do with us: what it says is told, and does not count. */
static void check_postfix(const struct bs_setup *setup, const struct bs_setup_told *told)
{
    static const char *const arguments[] = {"check", NULL};
    struct bs_run run;
    struct bs_error error;
    if (geteuid() != 0) {
        tell(told, "postfix check was not run: it needs root");
        return;
    }
    if (!bs_postfix_run(&setup->postfix, "postfix", arguments, &run, &error)) {
        tell(told, "postfix check was not run: %s", error.text);
    } else if (run.status == 0 && run.out.len == 0 && run.errors.len == 0) {
        tell(told, "postfix check: good");
    } else {
        tell(told, "postfix check says (exit status %d):", run.status);
        tell_output(told, &run.out);
        tell_output(told, &run.errors);
    }
    bs_run_free(&run);
}

bool bs_setup_write(struct bs_setup *setup, const struct bs_setup_told *told, struct bs_error *ret_error)
{
    struct bs_error problem, second;
    if (!write_files(setup, told, ret_error))
        return false;
    if (!setup->main_cf)
        return true;
    if (bs_setup_is_in_force(setup, &problem)) {
        check_postfix(setup, told);
        return true;
    }
    bool restored = bs_setup_file_restore(setup->main_cf, &second);
    return bs_error_set(ret_error, "%s; %s %s%s", problem.text, setup->main_cf->path,
                        restored ? "is again as it was" : "could not be put back: ", restored ? "" : second.text);
}

static bool has_systemd(void)
{
    return access("/run/systemd/system", F_OK) == 0;
}

/* Whether it is backstop.service's configuration. */
static bool is_service(const struct bs_setup *setup)
{
    return has_systemd() && strcmp(setup->request->config_file, bs_config_default_file()) == 0;
}

static bool run_systemctl(const char *const *arguments, struct bs_error *ret_error)
{
    char path[4096];
    const char *argv[8] = {path};
    struct bs_run run;
    size_t count = 1;
    if (!bs_run_find("systemctl", path))
        return bs_error_set(ret_error, "there is no systemctl");
    for (; *arguments; arguments++)
        argv[count++] = *arguments;
    bool good = bs_run(argv, BS_RUN_SECONDS, &run, ret_error);
    if (good && run.status != 0)
        good = bs_error_set(ret_error, "systemctl %s: exit status %d: %.*s", argv[1], run.status,
                            BS_BYTES_ARG(bs_run_complaint(&run)));
    bs_run_free(&run);
    return good;
}

static bool is_active(void)
{
    static const char *const arguments[] = {"is-active", "--quiet", "backstop", NULL};
    struct bs_error inactive;
    return run_systemctl(arguments, &inactive);
}

static bool start_backstopd(const struct bs_setup_told *told, struct bs_error *ret_error)
{
    static const char *const enable[] = {"enable", "--now", "backstop", NULL};
    static const char *const reload[] = {"reload", "backstop", NULL};
    bool active = is_active();
    if (!run_systemctl(active ? reload : enable, ret_error))
        return false;
    tell(told, "%s backstop", active ? "reloaded" : "started");
    return true;
}

static bool answers(const char *socket)
{
    struct bs_endpoint endpoint;
    struct bs_error error;
    int fd = bs_endpoint_parse(socket, &endpoint, &error) ? bs_endpoint_connect(&endpoint, CONNECT_MS) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Waits until the first socket of each kind is open. */
static bool wait_for_backstopd(const struct bs_config *config, struct bs_error *ret_error)
{
    const struct timespec tick = {.tv_nsec = 100 * 1000 * 1000};
    const struct bs_config_list *lists[] = {&config->milter, &config->socketmap};
    for (size_t i = 0; i < 2; i++) {
        if (lists[i]->count == 0)
            continue;
        int ticks = START_SECONDS * 10;
        while (!answers(lists[i]->items[0]) && ticks-- > 0)
            nanosleep(&tick, NULL);
        if (ticks < 0)
            return bs_error_set(ret_error,
                                "nothing listens on %s: start backstopd; Postfix was not reloaded, because it would "
                                "defer all mail", lists[i]->items[0]);
    }
    return true;
}

static bool reload_postfix(const struct bs_setup *setup, const struct bs_setup_told *told, struct bs_error *ret_error)
{
    static const char *const status[] = {"status", NULL}, *const reload[] = {"reload", NULL};
    struct bs_run run;
    bool good = bs_postfix_run(&setup->postfix, "postfix", status, &run, ret_error);
    bool runs = good && run.status == 0;
    bs_run_free(&run);
    if (!good || !runs) {
        if (good)
            tell(told, "Postfix does not run; nothing to reload");
        return good;
    }
    good = bs_postfix_run(&setup->postfix, "postfix", reload, &run, ret_error);
    if (good && run.status != 0)
        good = bs_error_set(ret_error, "postfix reload: exit status %d: %.*s", run.status,
                            BS_BYTES_ARG(bs_run_complaint(&run)));
    if (good)
        tell(told, "reloaded Postfix");
    bs_run_free(&run);
    return good;
}

bool bs_setup_reload(const struct bs_setup *setup, const struct bs_setup_told *told, struct bs_error *ret_error)
{
    bool removes = setup->request->remove;
    if (!removes && is_service(setup) && !start_backstopd(told, ret_error))
        return false;
    if (setup->no_postfix || (removes && !setup->main_cf))
        return true;
    return (removes || wait_for_backstopd(&setup->config, ret_error)) && reload_postfix(setup, told, ret_error);
}

/* The command that reloads this instance of Postfix. */
static const char *postfix_reload(struct bs_setup *setup)
{
    if (!setup->request->place.config_directory)
        return has_systemd() ? "systemctl reload postfix" : "postfix reload";
    return bs_arena_printf(&setup->arena, "postfix -c %s reload", setup->postfix.config_directory);
}

void bs_setup_next(struct bs_setup *setup, const char *ret_commands[4])
{
    bool removes = setup->request->remove, reload = setup->request->reload;
    const char *file = setup->request->config_file;
    bool usual = strcmp(file, bs_config_default_file()) == 0;
    size_t count = 0;
    if (!removes && is_service(setup) && !reload)
        ret_commands[count++] = is_active() ? "systemctl reload backstop" : "systemctl enable --now backstop";
    else if (!removes && !is_service(setup))
        ret_commands[count++] = usual ? "backstopd" : bs_arena_printf(&setup->arena, "backstopd -c %s", file);
    if (!setup->no_postfix && !reload && setup->main_cf)
        ret_commands[count++] = postfix_reload(setup);
    if (!removes)
        ret_commands[count++] = usual ? "backstop doctor" : bs_arena_printf(&setup->arena, "backstop doctor -c %s",
                                                                            file);
    ret_commands[count] = NULL;
}
