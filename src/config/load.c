/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a configuration from its file or from a text; see config.h. The file is read whole, then parsed. */
#include "config/check.h"
#include "config/config.h"
#include "config/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

const char *bs_config_default_file(void)
{
    return BACKSTOP_CONFIG_FILE;
}

static bool read_bytes(struct bs_bytes text, const char *name, struct bs_config *ret_config,
                       struct bs_error *ret_error)
{
    *ret_config = (struct bs_config){0};
    bs_arena_init(&ret_config->arena, BS_CONFIG_MEMORY_MAX);
    ret_config->file = bs_arena_copy(&ret_config->arena, bs_bytes_from_cstr(name)).ptr;
    bool good = ret_config->file ? bs_config_fill(text, name, ret_config, ret_error)
                                 : bs_error_set(ret_error, "%s: out of memory", name);
    good = good && bs_config_check(ret_config, ret_error);
    if (!good)
        bs_config_free(ret_config);
    return good;
}

/* Reads the whole file, of whatever kind, up to the limit. */
static bool read_all(int fd, const char *path, struct bs_strbuf *buf, struct bs_error *ret_error)
{
    char chunk[READ_SIZE];
    while (true) {
        ssize_t size = read(fd, chunk, sizeof chunk);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return bs_error_set(ret_error, "%s: cannot be read: %s", path, strerror(errno));
        if (size == 0)
            return true;
        bs_strbuf_append(buf, bs_bytes(chunk, (size_t)size));
        if (buf->failed)
            return bs_error_set(ret_error, "%s: larger than the %d MB that a configuration may have, or out of "
                                "memory", path, BS_CONFIG_FILE_MAX / (1024 * 1024));
    }
}

static bool fail_open(const char *path, struct bs_error *ret_error)
{
    if (errno == ENOENT)
        return bs_error_set(ret_error, "%s: no such file; `backstop setup` makes one for this machine, "
                            "`backstop config sample` prints one to edit", path);
    return bs_error_set(ret_error, "%s: cannot be opened: %s", path, strerror(errno));
}

bool bs_config_load(const char *path, struct bs_config *ret_config, struct bs_error *ret_error)
{
    struct bs_strbuf text;
    *ret_config = (struct bs_config){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_open(path, ret_error);
    bs_strbuf_init(&text, BS_CONFIG_FILE_MAX);
    bool good = read_all(fd, path, &text, ret_error);
    close(fd);
    good = good && read_bytes(bs_strbuf_bytes(&text), path, ret_config, ret_error);
    bs_strbuf_free(&text);
    return good;
}

bool bs_config_parse(const char *text, const char *name, struct bs_config *ret_config, struct bs_error *ret_error)
{
    return read_bytes(bs_bytes_from_cstr(text), name, ret_config, ret_error);
}

void bs_config_free(struct bs_config *config)
{
    bs_arena_reset(&config->arena);
    *config = (struct bs_config){0};
}
