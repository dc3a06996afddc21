/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at the machine for doctor; see doctor_machine.h. */
#include "cli/doctor_machine.h"

#include "config/config.h"
#include "daemon/endpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECT_MS = 2000, CANNOT_BECOME = 255, PROC_FILE_MAX = 8192 };

bool bs_doctor_find_user(const char *name, const char *group, struct bs_doctor_user *ret_user)
{
    const struct passwd *user = getpwnam(name);
    if (!user)
        return false;
    *ret_user = (struct bs_doctor_user){name, user->pw_uid, user->pw_gid};
    if (group[0] == '\0')
        return true;
    const struct group *entry = getgrnam(group);
    if (entry)
        ret_user->gid = entry->gr_gid;
    return entry != NULL;
}

struct trial {
    const struct bs_doctor_user *user;
    const char *root;
    int (*act)(const char *path);
    const char *path;
};

static int become_and_try(const struct trial *trial)
{
    if (trial->root && (chroot(trial->root) != 0 || chdir("/") != 0))
        return CANNOT_BECOME;
    if (setgroups(0, NULL) != 0 || setgid(trial->user->gid) != 0 || setuid(trial->user->uid) != 0)
        return CANNOT_BECOME;
    return trial->act(trial->path);
}

/* Does it in a process of its own, which becomes the user; that one ends by itself within CONNECT_MS. */
static int try(const struct trial *trial)
{
    int status;
    if (geteuid() != 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0)
        _exit(become_and_try(trial));
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return !WIFEXITED(status) || WEXITSTATUS(status) == CANNOT_BECOME ? -1 : WEXITSTATUS(status);
}

static int read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 ? 0 : errno;
}

static int connect_to(const char *socket)
{
    struct bs_endpoint endpoint;
    struct bs_error error;
    if (!bs_endpoint_parse(socket, &endpoint, &error))
        return ENOENT;
    return bs_endpoint_connect(&endpoint, CONNECT_MS) >= 0 ? 0 : errno;
}

int bs_doctor_try_read(const struct bs_doctor_user *user, const char *path)
{
    return try(&(struct trial){user, NULL, read_file, path});
}

int bs_doctor_try_connect(const struct bs_doctor_user *user, const char *root, const char *socket)
{
    return try(&(struct trial){user, root, connect_to, socket});
}

unsigned long bs_doctor_open_files(struct bs_bytes limits)
{
    const struct bs_bytes title = BS_LITERAL("Max open files");
    for (size_t end; limits.len > 0; limits = bs_bytes_skip(limits, end < limits.len ? end + 1 : end)) {
        end = bs_bytes_find(limits, '\n');
        struct bs_bytes line = bs_bytes_first(limits, end);
        char number[32] = "";
        if (!bs_bytes_starts_nocase(line, title))
            continue;
        line = bs_bytes_trim(bs_bytes_skip(line, title.len));
        memcpy(number, line.ptr, line.len < sizeof number ? line.len : sizeof number - 1);
        return strtoul(number, NULL, 10);
    }
    return 0;
}

/* Reads a file of /proc whole, up to PROC_FILE_MAX - 1 bytes, with a NUL behind it; 0 where it cannot be read. */
static size_t read_proc(const char *pid, const char *name, char buffer[PROC_FILE_MAX])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, buffer, PROC_FILE_MAX - 1) : -1;
    if (fd >= 0)
        close(fd);
    size_t length = size > 0 ? (size_t)size : 0;
    buffer[length] = '\0';
    return length;
}

/* Whether the arguments name this configuration, or none where it is the usual one. */
static bool has_config(const char *arguments, size_t length, const char *config_file)
{
    bool named = false, same = false;
    const char *end = arguments + length;
    for (const char *word = arguments; word < end; word += strlen(word) + 1) {
        const char *next = word + strlen(word) + 1;
        const char *value = NULL;
        if ((strcmp(word, "-c") == 0 || strcmp(word, "--config") == 0) && next < end)
            value = next;
        else if (strncmp(word, "-c", 2) == 0 && word[2] != '\0')
            value = word + 2;
        else if (strncmp(word, "--config=", 9) == 0)
            value = word + 9;
        named = named || value;
        same = same || (value && strcmp(value, config_file) == 0);
    }
    return named ? same : strcmp(config_file, bs_config_default_file()) == 0;
}

static bool is_our_daemon(const char *pid, const char *config_file)
{
    char text[PROC_FILE_MAX];
    if (read_proc(pid, "comm", text) == 0 || strcmp(text, "backstopd\n") != 0)
        return false;
    return has_config(text, read_proc(pid, "cmdline", text), config_file);
}

unsigned long bs_doctor_daemon_open_files(const char *config_file)
{
    char text[PROC_FILE_MAX];
    unsigned long limit = 0;
    DIR *proc = opendir("/proc");
    for (const struct dirent *entry; proc && limit == 0 && (entry = readdir(proc)) != NULL;) {
        if (bs_ascii_is_digit(entry->d_name[0]) && is_our_daemon(entry->d_name, config_file))
            limit = bs_doctor_open_files(bs_bytes(text, read_proc(entry->d_name, "limits", text)));
    }
    if (proc)
        closedir(proc);
    return limit;
}
