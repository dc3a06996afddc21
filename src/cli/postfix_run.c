/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting programs and reading what they print; see postfix_run.h. */
#include "cli/postfix_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { TICK_MS = 50, READ_SIZE = 16 * 1024, PATH_SIZE = 4096 };

struct child {
    const char *name;
    pid_t pid;
    int fds[2]; /* what it prints on stdout and stderr; -1 once it ended */
    bool ended;
    int status; /* of waitpid */
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Starts the program in a process group of its own; returns an errno. */
static int spawn(const char *const *argv, const int write_ends[2], pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, write_ends[0], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, write_ends[1], STDERR_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int error = posix_spawn(ret_pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static bool start(const char *const *argv, struct child *ret_child, struct bs_error *ret_error)
{
    int out[2] = {-1, -1}, errors[2] = {-1, -1};
    bool ready = access(argv[0], X_OK) == 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(errors, O_CLOEXEC) == 0;
    int error = ready ? 0 : errno;
    const int write_ends[2] = {out[1], errors[1]};
    *ret_child = (struct child){.name = argv[0], .fds = {out[0], errors[0]}};
    if (error == 0)
        error = spawn(argv, write_ends, &ret_child->pid);
    for (int i = 0; i < 2; i++) {
        if (write_ends[i] >= 0)
            close(write_ends[i]);
        if (error != 0 && ret_child->fds[i] >= 0)
            close(ret_child->fds[i]);
    }
    return error == 0 || bs_error_set(ret_error, "%s cannot be started: %s", argv[0], strerror(error));
}

/* Reads what is there; closes a pipe that ended. */
static void read_some(struct child *child, int which, struct bs_strbuf *buf)
{
    char chunk[READ_SIZE];
    ssize_t size = read(child->fds[which], chunk, sizeof chunk);
    if (size > 0)
        bs_strbuf_append(buf, bs_bytes(chunk, (size_t)size));
    if (size == 0 || (size < 0 && errno != EINTR)) {
        close(child->fds[which]);
        child->fds[which] = -1;
    }
}

/* Waits a moment for output and for the end; true once there is nothing more to wait for. */
static bool wait_a_moment(struct child *child, struct bs_run *run)
{
    struct pollfd fds[2] = {{.fd = child->fds[0], .events = POLLIN}, {.fd = child->fds[1], .events = POLLIN}};
    int ready = poll(fds, 2, TICK_MS);
    if (ready > 0 && fds[0].revents)
        read_some(child, 0, &run->out);
    if (ready > 0 && fds[1].revents)
        read_some(child, 1, &run->errors);
    if (!child->ended && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
        child->ended = true;
    /* What it left running may hold the pipes open for ever. */
    return child->ended && ready <= 0;
}

static void finish(struct child *child)
{
    if (!child->ended) {
        kill(-child->pid, SIGKILL);
        while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
            ;
    }
    for (int i = 0; i < 2; i++) {
        if (child->fds[i] >= 0)
            close(child->fds[i]);
    }
}

bool bs_run(const char *const *argv, int seconds, struct bs_run *ret_run, struct bs_error *ret_error)
{
    struct child child;
    *ret_run = (struct bs_run){.status = -1};
    bs_strbuf_init(&ret_run->out, BS_RUN_OUTPUT_MAX);
    bs_strbuf_init(&ret_run->errors, BS_RUN_OUTPUT_MAX);
    if (!start(argv, &child, ret_error))
        return false;
    int64_t deadline = monotonic_ms() + (int64_t)seconds * 1000;
    bool over = false;
    while (!ret_run->out.failed && !over && monotonic_ms() < deadline)
        over = wait_a_moment(&child, ret_run);
    finish(&child);
    if (ret_run->out.failed)
        return bs_error_set(ret_error, "%s printed more than %d bytes", argv[0], BS_RUN_OUTPUT_MAX);
    if (!over)
        return bs_error_set(ret_error, "%s did not end within %d s", argv[0], seconds);
    if (!WIFEXITED(child.status))
        return bs_error_set(ret_error, "%s was killed by signal %d", argv[0], WTERMSIG(child.status));
    ret_run->status = WEXITSTATUS(child.status);
    return true;
}

void bs_run_free(struct bs_run *run)
{
    bs_strbuf_free(&run->out);
    bs_strbuf_free(&run->errors);
}

struct bs_bytes bs_run_complaint(const struct bs_run *run)
{
    struct bs_bytes text = bs_bytes_trim(bs_strbuf_bytes(run->errors.len > 0 ? &run->errors : &run->out));
    return bs_bytes_first(text, bs_bytes_find(text, '\n'));
}

bool bs_run_find(const char *name, char ret_path[PATH_SIZE])
{
    char directories[PATH_SIZE];
    const char *path = getenv("PATH");
    char *rest = directories;
    snprintf(directories, sizeof directories, "%s:/usr/sbin:/usr/local/sbin:/sbin:/usr/bin:/bin", path ? path : "");
    for (char *directory; (directory = strsep(&rest, ":")) != NULL;) {
        int length = snprintf(ret_path, PATH_SIZE, "%s/%s", directory, name);
        if (directory[0] == '/' && length < PATH_SIZE && access(ret_path, X_OK) == 0)
            return true;
    }
    return false;
}
