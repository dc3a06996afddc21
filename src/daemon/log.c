/* SPDX-License-Identifier: BSD-2-Clause */
/* Three places for log lines, none of which is ever waited for; see log.h. */
#include "daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static struct {
    enum bs_config_log target;
    enum bs_config_log_level level;
    int socket; /* of the journal or syslog, or stderr once more; -1: none */
    unsigned long dropped;
} log_state = {BS_CONFIG_LOG_STDERR, BS_CONFIG_LEVEL_INFO, -1, 0};

static const int priorities[] = {
    [BS_CONFIG_LEVEL_ERROR] = LOG_ERR,
    [BS_CONFIG_LEVEL_WARNING] = LOG_WARNING,
    [BS_CONFIG_LEVEL_INFO] = LOG_INFO,
    [BS_CONFIG_LEVEL_DEBUG] = LOG_DEBUG,
};

/* systemd names the device and inode of the stream that it connected stderr to. */
static bool stderr_is_the_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat info;
    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &info) == 0 &&
           info.st_dev == device && info.st_ino == inode;
}

static enum bs_config_log choose(enum bs_config_log target)
{
    if (target != BS_CONFIG_LOG_AUTO)
        return target;
    if (stderr_is_the_journal())
        return BS_CONFIG_LOG_JOURNAL;
    return isatty(STDERR_FILENO) ? BS_CONFIG_LOG_STDERR : BS_CONFIG_LOG_SYSLOG;
}

static int connect_datagram(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A description of stderr's own, which can be one that never waits without anybody else noticing; -1 where the system
 * gives none (a socket, or somebody else's pipe). */
static int reopen_stderr(void)
{
    return open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static void connect_log(void)
{
    if (log_state.target == BS_CONFIG_LOG_JOURNAL)
        log_state.socket = connect_datagram("/run/systemd/journal/socket");
    else if (log_state.target == BS_CONFIG_LOG_SYSLOG)
        log_state.socket = connect_datagram("/dev/log");
}

void bs_log_open(enum bs_config_log target, enum bs_config_log_level level)
{
    if (log_state.socket >= 0)
        close(log_state.socket);
    log_state.socket = -1;
    log_state.level = level;
    log_state.target = choose(target);
    connect_log();
    if (log_state.socket >= 0)
        return;
    log_state.target = BS_CONFIG_LOG_STDERR;
    log_state.socket = reopen_stderr();
}

bool bs_log_wants(enum bs_config_log_level level)
{
    return level <= log_state.level;
}

static bool send_parts(struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return log_state.socket >= 0 && sendmsg(log_state.socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* The other side was started anew: its socket is another one now. */
static bool reconnect(void)
{
    if (errno != ECONNREFUSED && errno != ENOTCONN && errno != EBADF && errno != ECONNRESET)
        return false;
    if (log_state.socket >= 0)
        close(log_state.socket);
    connect_log();
    return log_state.socket >= 0;
}

/* FIELD=value lines, see systemd.journal-fields(7). */
static bool write_journal(int priority, const char *line)
{
    char head[128];
    snprintf(head, sizeof head, "PRIORITY=%d\nSYSLOG_FACILITY=2\nSYSLOG_IDENTIFIER=backstop\nSYSLOG_PID=%d\nMESSAGE=",
             priority, (int)getpid());
    struct iovec parts[] = {{head, strlen(head)}, {(char *)line, strlen(line)}, {(char *)"\n", 1}};
    return send_parts(parts, 3) || (reconnect() && send_parts(parts, 3));
}

static bool write_syslog(int priority, const char *line)
{
    char head[64], date[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(date, sizeof date, "%b %e %H:%M:%S", &local);
    snprintf(head, sizeof head, "<%d>%s backstop[%d]: ", LOG_MAIL | priority, date, (int)getpid());
    struct iovec parts[] = {{head, strlen(head)}, {(char *)line, strlen(line)}};
    return send_parts(parts, 2) || (reconnect() && send_parts(parts, 2));
}

/* What a line on stderr begins with; it is written anew when the second or the process is another. */
static struct bs_bytes stderr_head(void)
{
    static char head[64];
    static time_t written;
    static pid_t writer;
    static size_t length;
    time_t now = time(NULL);
    struct tm utc;
    if (now != written || writer != getpid()) {
        gmtime_r(&now, &utc);
        length = strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%SZ ", &utc);
        length += (size_t)snprintf(head + length, sizeof head - length, "backstop[%d]: ", (int)getpid());
        written = now;
        writer = getpid();
    }
    return bs_bytes(head, length);
}

/* A description of our own never waits; of another it has to be known that there is room. */
static bool has_room(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    return fd == log_state.socket || (poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT));
}

static bool write_stderr(const char *line)
{
    struct bs_bytes head = stderr_head();
    int fd = log_state.socket >= 0 ? log_state.socket : STDERR_FILENO;
    struct iovec parts[] = {{(char *)head.ptr, head.len}, {(char *)line, strlen(line)}, {(char *)"\n", 1}};
    return has_room(fd) && writev(fd, parts, 3) > 0;
}

static bool write_line(enum bs_config_log_level level, const char *line)
{
    switch (log_state.target) {
    case BS_CONFIG_LOG_JOURNAL:
        return write_journal(priorities[level], line);
    case BS_CONFIG_LOG_SYSLOG:
        return write_syslog(priorities[level], line);
    case BS_CONFIG_LOG_STDERR:
    case BS_CONFIG_LOG_AUTO:
        break;
    }
    return write_stderr(line);
}

static void tell_dropped(void)
{
    char line[128];
    snprintf(line, sizeof line, "%lu log lines were dropped: the log did not take them in time", log_state.dropped);
    if (write_line(BS_CONFIG_LEVEL_WARNING, line))
        log_state.dropped = 0;
}

void bs_log(enum bs_config_log_level level, const char *format, ...)
{
    char line[BS_LOG_LINE_MAX];
    va_list args;
    if (!bs_log_wants(level))
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *c = line; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    if (!write_line(level, line))
        log_state.dropped++;
    else if (log_state.dropped > 0)
        tell_dropped();
}
