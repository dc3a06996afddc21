/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and signals; see supervisor.h. */
#include "daemon/supervisor.h"

#include "daemon/filter.h"
#include "daemon/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

struct slot {
    pid_t pid;         /* 0: not running */
    time_t started;    /* monotonic */
    time_t restart_at; /* monotonic, where pid is 0 */
    time_t pause;      /* seconds before the next restart */
};

struct supervisor {
    const char *path;
    struct bs_generation *generation;
    struct bs_generation *previous; /* during a reload: the one that still serves; NULL else */
    struct slot slots[BS_FILTERS_MAX];
    size_t count;
    pid_t *draining; /* filters of older generations */
    size_t draining_count;
    sigset_t signals;
};

static time_t monotonic_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static size_t filter_count(const struct bs_config *config)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t count = config->filters > 0 ? (size_t)config->filters : cores > 0 ? (size_t)cores : 1;
    return count > BS_FILTERS_MAX ? BS_FILTERS_MAX : count;
}

static void open_log(const struct bs_config *config)
{
    bs_log_open((enum bs_config_log)config->log, (enum bs_config_log_level)config->log_level);
}

/* In a new filter: a supervisor that dies takes it along, also one that was gone before that could be asked for. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        exit(EX_OSERR);
}

/* In a new filter of a reload: nothing of the generation that still serves is for it. A registry of another size would take
 * memory for as long as anybody has it. */
static void leave_behind(const struct bs_generation *previous, const struct bs_generation *generation)
{
    struct bs_shared_memory theirs = previous->shared;
    bs_shared_memory_drop(&theirs, &generation->shared);
    bs_listeners_close_others(&previous->listeners, &generation->listeners);
    open_log(&generation->config);
}

/* Forks one filter; it gets the writing end of `ready`. Returns its pid or -1. */
static pid_t fork_filter(const struct supervisor *supervisor, const int ready[2])
{
    const struct bs_generation *generation = supervisor->generation;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        die_with(parent);
        close(ready[0]);
        if (supervisor->previous)
            leave_behind(supervisor->previous, generation);
        exit(bs_filter_run(generation, ready[1]));
    }
    if (pid < 0)
        bs_log(BS_CONFIG_LEVEL_ERROR, "cannot start a filter: %s", strerror(errno));
    return pid;
}

/* Waits for the ready byte of a filter; false when it died or took too long. */
static bool wait_until_ready(int fd)
{
    char byte;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int result;
    do
        result = poll(&ready, 1, BS_READY_SECONDS * 1000);
    while (result < 0 && errno == EINTR);
    return result == 1 && read(fd, &byte, 1) == 1;
}

static bool start_filter(const struct supervisor *supervisor, struct slot *slot)
{
    int ends[2];
    if (pipe2(ends, 0) != 0) {
        bs_log(BS_CONFIG_LEVEL_ERROR, "cannot start a filter: %s", strerror(errno));
        return false;
    }
    slot->started = monotonic_seconds();
    slot->pid = fork_filter(supervisor, ends);
    close(ends[1]);
    bool ready = slot->pid > 0 && wait_until_ready(ends[0]);
    close(ends[0]);
    if (slot->pid < 0)
        slot->pid = 0;
    return ready;
}

static void signal_filters(const struct slot *slots, size_t count, int number)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i].pid > 0)
            kill(slots[i].pid, number);
    }
}

/* Starts the filters of the generation in `slots`; false when one did not get ready, and then none runs. */
static bool start_all(struct supervisor *supervisor, struct slot *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        slots[i] = (struct slot){0};
        if (start_filter(supervisor, &slots[i]))
            continue;
        bs_log(BS_CONFIG_LEVEL_ERROR, "filter %zu of %zu did not get ready", i + 1, count);
        signal_filters(slots, i, SIGTERM);
        signal_filters(&slots[i], 1, SIGKILL); /* it may hang, and would keep a stop waiting */
        return false;
    }
    return true;
}

static void schedule_restart(struct slot *slot)
{
    time_t now = monotonic_seconds();
    bool soon = now - slot->started < BS_SOON;
    slot->pause = !soon ? 0 : slot->pause == 0 ? 1 : slot->pause * 2;
    if (slot->pause > BS_RESTART_PAUSE_MAX)
        slot->pause = BS_RESTART_PAUSE_MAX;
    slot->restart_at = now + slot->pause;
    slot->pid = 0;
}

static void describe_death(const struct slot *slot, pid_t pid, int status)
{
    if (WIFSIGNALED(status))
        bs_log(BS_CONFIG_LEVEL_ERROR, "filter %d died of signal %d (%s); its sessions are lost, a new one starts in %ld s",
               (int)pid, WTERMSIG(status), strsignal(WTERMSIG(status)), (long)slot->pause);
    else
        bs_log(BS_CONFIG_LEVEL_ERROR, "filter %d exited with status %d; a new one starts in %ld s", (int)pid,
               WEXITSTATUS(status), (long)slot->pause);
}

static void signal_draining(const struct supervisor *supervisor, int number)
{
    for (size_t i = 0; i < supervisor->draining_count; i++)
        kill(supervisor->draining[i], number);
}

/* Waits until a filter has said that it accepts no more, lest a session that begins from now on be one of its. */
static void wait_until_it_drains(pid_t pid)
{
    const struct timespec limit = {.tv_sec = BS_DRAIN_BEGINS_SECONDS};
    sigset_t told;
    siginfo_t from;
    sigemptyset(&told);
    sigaddset(&told, SIGUSR1);
    while (sigtimedwait(&told, &from, &limit) == SIGUSR1 && from.si_pid != pid)
        continue;
}

/* Lets a filter finish its sessions, and keeps its pid for the day that the daemon stops. */
static void drain_filter(struct supervisor *supervisor, pid_t pid)
{
    size_t size = (supervisor->draining_count + 1) * sizeof *supervisor->draining;
    pid_t *grown = realloc(supervisor->draining, size);
    if (!grown) {
        kill(pid, SIGTERM);
        return;
    }
    supervisor->draining = grown;
    grown[supervisor->draining_count++] = pid;
    if (kill(pid, SIGUSR1) == 0)
        wait_until_it_drains(pid);
}

static void forget_draining(struct supervisor *supervisor, pid_t pid)
{
    for (size_t i = 0; i < supervisor->draining_count; i++) {
        if (supervisor->draining[i] == pid)
            supervisor->draining[i] = supervisor->draining[--supervisor->draining_count];
    }
}

/* Collects filters that ended; those of older generations end unnoticed. */
static void reap(struct supervisor *supervisor)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        forget_draining(supervisor, pid);
        for (size_t i = 0; i < supervisor->count; i++) {
            if (supervisor->slots[i].pid != pid)
                continue;
            schedule_restart(&supervisor->slots[i]);
            describe_death(&supervisor->slots[i], pid, status);
        }
    }
}

/* Starts what is due; returns the seconds until something is, or -1. */
static time_t restart_due(struct supervisor *supervisor)
{
    time_t now = monotonic_seconds(), wait = -1;
    for (size_t i = 0; i < supervisor->count; i++) {
        struct slot *slot = &supervisor->slots[i];
        if (slot->pid == 0 && slot->restart_at <= now && !start_filter(supervisor, slot) && slot->pid == 0)
            schedule_restart(slot);
        if (slot->pid == 0 && (wait < 0 || slot->restart_at - now < wait))
            wait = slot->restart_at > now ? slot->restart_at - now : 1;
    }
    return wait;
}

/* The new generation serves; the old one finishes what it has. */
static void take_over(struct supervisor *supervisor, struct bs_generation *old, const struct slot *slots, size_t count)
{
    for (size_t i = 0; i < supervisor->count; i++) {
        if (supervisor->slots[i].pid > 0)
            drain_filter(supervisor, supervisor->slots[i].pid);
    }
    memcpy(supervisor->slots, slots, count * sizeof *slots);
    supervisor->count = count;
    bs_listeners_drop(&old->listeners, &supervisor->generation->listeners);
    bs_generation_free(old, supervisor->generation);
}

static void reload(struct supervisor *supervisor)
{
    struct bs_error error;
    struct slot slots[BS_FILTERS_MAX];
    struct bs_generation *old = supervisor->generation;
    struct bs_generation *new = bs_generation_load(supervisor->path, old, &error);
    if (!new) {
        bs_log(BS_CONFIG_LEVEL_ERROR, "the new configuration is not used, the old one stays: %s", error.text);
        return;
    }
    supervisor->generation = new;
    supervisor->previous = old;
    size_t count = filter_count(&new->config);
    bool started = start_all(supervisor, slots, count);
    supervisor->previous = NULL;
    if (!started) {
        bs_log(BS_CONFIG_LEVEL_ERROR, "the new configuration is not used, the old one stays: its filters did not start");
        supervisor->generation = old;
        bs_listeners_drop(&new->listeners, &old->listeners);
        bs_generation_free(new, old);
        return;
    }
    open_log(&new->config);
    take_over(supervisor, old, slots, count);
    bs_log(BS_CONFIG_LEVEL_INFO, "configuration %s is in force; older sessions finish on the one before", supervisor->path);
}

/* SIGTERM to all, then SIGKILL to those that are still there well after they should have ended. */
static void stop_all(struct supervisor *supervisor)
{
    const struct timespec tick = {.tv_nsec = 20 * 1000 * 1000};
    time_t deadline = monotonic_seconds() + BS_FILTER_STOP_SECONDS + 2;
    bool killed = false;
    signal_filters(supervisor->slots, supervisor->count, SIGTERM);
    signal_draining(supervisor, SIGTERM);
    while (waitpid(-1, NULL, WNOHANG) >= 0 || errno == EINTR) {
        nanosleep(&tick, NULL);
        if (monotonic_seconds() < deadline || killed)
            continue;
        signal_filters(supervisor->slots, supervisor->count, SIGKILL);
        signal_draining(supervisor, SIGKILL);
        killed = true;
    }
}

static void block_signals(struct supervisor *supervisor)
{
    sigemptyset(&supervisor->signals);
    sigaddset(&supervisor->signals, SIGCHLD);
    sigaddset(&supervisor->signals, SIGHUP);
    sigaddset(&supervisor->signals, SIGTERM);
    sigaddset(&supervisor->signals, SIGINT);
    sigaddset(&supervisor->signals, SIGUSR1); /* from filters that drain */
    sigprocmask(SIG_BLOCK, &supervisor->signals, NULL);
    signal(SIGPIPE, SIG_IGN); /* nobody reads the log any more */
}

/* Serves until SIGTERM or SIGINT. */
static void supervise(struct supervisor *supervisor)
{
    for (;;) {
        time_t wait = restart_due(supervisor);
        const struct timespec limit = {.tv_sec = wait};
        int number = sigtimedwait(&supervisor->signals, NULL, wait < 0 ? NULL : &limit);
        if (number == SIGTERM || number == SIGINT)
            return;
        if (number == SIGCHLD)
            reap(supervisor);
        if (number == SIGHUP) {
            sd_notify(0, "RELOADING=1");
            reload(supervisor);
            sd_notify(0, "READY=1");
        }
    }
}

static void log_listeners(const struct bs_generation *generation)
{
    for (size_t i = 0; i < generation->listeners.count; i++) {
        const struct bs_listener *item = &generation->listeners.items[i];
        bs_log(BS_CONFIG_LEVEL_INFO, "listening for %s on %s", bs_protocol_name(item->protocol), item->name);
    }
}

int bs_supervisor_run(const char *path, struct bs_generation *generation)
{
    struct supervisor *supervisor = calloc(1, sizeof *supervisor);
    if (!supervisor)
        return EX_OSERR;
    supervisor->path = path;
    supervisor->generation = generation;
    supervisor->count = filter_count(&generation->config);
    block_signals(supervisor);
    bool started = start_all(supervisor, supervisor->slots, supervisor->count);
    if (started) {
        log_listeners(generation);
        bs_log(BS_CONFIG_LEVEL_INFO, "backstopd " BACKSTOP_VERSION " is ready: %zu filters, configuration %s",
               supervisor->count, path);
        sd_notify(0, "READY=1");
        supervise(supervisor);
        sd_notify(0, "STOPPING=1");
        bs_log(BS_CONFIG_LEVEL_INFO, "backstopd stops");
    }
    stop_all(supervisor);
    bs_listeners_drop(&supervisor->generation->listeners, NULL);
    bs_generation_free(supervisor->generation, NULL);
    free(supervisor->draining);
    free(supervisor);
    return started ? EX_OK : EX_OSERR;
}
