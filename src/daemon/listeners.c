/* SPDX-License-Identifier: BSD-2-Clause */
/* Binding, keeping and closing listening sockets; see listeners.h. */
#include "daemon/listeners.h"

#include "daemon/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

const char *bs_protocol_name(enum bs_protocol protocol)
{
    return protocol == BS_PROTOCOL_MILTER ? "milter" : "socketmap";
}

/* Removes the file of a socket that nobody listens on any more. */
static void remove_stale(const struct bs_endpoint *endpoint)
{
    const struct sockaddr_un *address = (const struct sockaddr_un *)&endpoint->address;
    struct stat info;
    if (lstat(address->sun_path, &info) != 0 || !S_ISSOCK(info.st_mode))
        return;
    int fd = bs_endpoint_connect(endpoint, 1000);
    if (fd >= 0)
        close(fd);
    else if (errno == ECONNREFUSED)
        unlink(address->sun_path);
}

static bool set_socket_owner(const struct bs_config *config, const char *path, struct bs_error *ret_error)
{
    if (chmod(path, (mode_t)config->socket_mode) != 0)
        return bs_error_set(ret_error, "%s: cannot set socket-mode: %s", path, strerror(errno));
    if (config->socket_group[0] == '\0')
        return true;
    const struct group *group = getgrnam(config->socket_group);
    if (!group)
        return bs_error_set(ret_error, "socket-group \"%s\": there is no such group", config->socket_group);
    if (chown(path, (uid_t)-1, group->gr_gid) != 0)
        return bs_error_set(ret_error, "%s: cannot give it to socket-group \"%s\": %s", path, config->socket_group,
                            strerror(errno));
    return true;
}

/* Nobody may connect before the permissions are those of the configuration. */
static int bind_unix(int fd, const struct bs_endpoint *endpoint)
{
    remove_stale(endpoint);
    mode_t before = umask(0177);
    int result = bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->length);
    umask(before);
    return result;
}

static int bind_inet(int fd, const struct bs_endpoint *endpoint)
{
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (endpoint->address.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->length);
}

static bool prepare_socket(int fd, const struct bs_endpoint *endpoint, const struct bs_config *config,
                           const char *name, struct bs_error *ret_error)
{
    const struct sockaddr_un *unix_address = (const struct sockaddr_un *)&endpoint->address;
    bool is_unix = endpoint->address.ss_family == AF_UNIX;
    if ((is_unix ? bind_unix(fd, endpoint) : bind_inet(fd, endpoint)) != 0)
        return bs_error_set(ret_error, "cannot listen on %s: %s%s", name, strerror(errno),
                            errno == EADDRINUSE ? "; another program, or another backstopd, has it" : "");
    if (is_unix && !set_socket_owner(config, unix_address->sun_path, ret_error))
        return false;
    if (listen(fd, BACKLOG) != 0)
        return bs_error_set(ret_error, "cannot listen on %s: %s", name, strerror(errno));
    return true;
}

static int open_socket(const struct bs_config *config, const char *name, struct bs_error *ret_error)
{
    struct bs_endpoint endpoint;
    if (!bs_endpoint_parse(name, &endpoint, ret_error))
        return -1;
    int fd = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        bs_error_set(ret_error, "cannot listen on %s: %s", name, strerror(errno));
        return -1;
    }
    if (prepare_socket(fd, &endpoint, config, name, ret_error))
        return fd;
    close(fd);
    return -1;
}

static const struct bs_listener *find_listener(const struct bs_listeners *listeners, enum bs_protocol protocol,
                                               const char *name)
{
    for (size_t i = 0; listeners && i < listeners->count; i++) {
        const struct bs_listener *item = &listeners->items[i];
        if (item->protocol == protocol && strcmp(item->name, name) == 0)
            return item;
    }
    return NULL;
}

static bool add_listener(struct bs_listeners *listeners, int fd, enum bs_protocol protocol, const char *name)
{
    if (listeners->count == BS_LISTENERS_MAX)
        return false;
    struct bs_listener *item = &listeners->items[listeners->count++];
    *item = (struct bs_listener){.fd = fd, .protocol = protocol};
    snprintf(item->name, sizeof item->name, "%s", name);
    return true;
}

/* Sockets from systemd, at the first start only: afterwards they are in `current`. */
static bool take_from_systemd(struct bs_listeners *listeners, struct bs_error *ret_error)
{
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);
    bool known = true;
    for (int i = 0; i < count && known; i++) {
        char name[BS_LISTENER_NAME_MAX];
        bool milter = strcmp(names[i], "milter") == 0;
        known = milter || strcmp(names[i], "socketmap") == 0;
        int fd = SD_LISTEN_FDS_START + i;
        snprintf(name, sizeof name, "systemd:%d", fd);
        known = known && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
                add_listener(listeners, fd, milter ? BS_PROTOCOL_MILTER : BS_PROTOCOL_SOCKETMAP, name);
        if (!known)
            bs_error_set(ret_error, "systemd handed over a socket named \"%s\"; FileDescriptorName= must be milter or socketmap",
                         names[i]);
    }
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return known;
}

static void keep_from_systemd(const struct bs_listeners *current, struct bs_listeners *listeners)
{
    for (size_t i = 0; i < current->count; i++) {
        const struct bs_listener *item = &current->items[i];
        if (strncmp(item->name, "systemd:", 8) == 0)
            add_listener(listeners, item->fd, item->protocol, item->name);
    }
}

static bool has_protocol(const struct bs_listeners *listeners, enum bs_protocol protocol)
{
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->items[i].protocol == protocol)
            return true;
    }
    return false;
}

static bool open_configured(const struct bs_config *config, const struct bs_config_list *names,
                            enum bs_protocol protocol, const struct bs_listeners *current,
                            struct bs_listeners *listeners, struct bs_error *ret_error)
{
    if (has_protocol(listeners, protocol))
        return true;
    for (size_t i = 0; i < names->count; i++) {
        const struct bs_listener *kept = find_listener(current, protocol, names->items[i]);
        int fd = kept ? kept->fd : open_socket(config, names->items[i], ret_error);
        if (fd < 0)
            return false;
        if (!add_listener(listeners, fd, protocol, names->items[i]))
            return bs_error_set(ret_error, "more than %d sockets to listen on", BS_LISTENERS_MAX);
    }
    return true;
}

bool bs_listeners_open(const struct bs_config *config, const struct bs_listeners *current,
                       struct bs_listeners *ret_listeners, struct bs_error *ret_error)
{
    ret_listeners->count = 0;
    bool systemd = true;
    if (current)
        keep_from_systemd(current, ret_listeners);
    else
        systemd = take_from_systemd(ret_listeners, ret_error);
    if (systemd &&
        open_configured(config, &config->milter, BS_PROTOCOL_MILTER, current, ret_listeners, ret_error) &&
        open_configured(config, &config->socketmap, BS_PROTOCOL_SOCKETMAP, current, ret_listeners, ret_error))
        return true;
    bs_listeners_drop(ret_listeners, current);
    return false;
}

void bs_listeners_close_others(const struct bs_listeners *old, const struct bs_listeners *kept)
{
    for (size_t i = 0; i < old->count; i++) {
        if (!find_listener(kept, old->items[i].protocol, old->items[i].name))
            close(old->items[i].fd);
    }
}

static void remove_file(const char *name)
{
    if (strncmp(name, "unix:", 5) == 0)
        unlink(name + 5);
}

void bs_listeners_drop(struct bs_listeners *old, const struct bs_listeners *kept)
{
    for (size_t i = 0; i < old->count; i++) {
        const struct bs_listener *item = &old->items[i];
        if (find_listener(kept, item->protocol, item->name))
            continue;
        close(item->fd);
        remove_file(item->name);
    }
    old->count = 0;
}
