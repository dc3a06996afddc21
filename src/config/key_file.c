/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading a secret from a file; see key_file.h. */
#include "config/key_file.h"

#include "base/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_file(int fd, const char *path, struct bs_error *ret_error)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return bs_error_set(ret_error, "%s: not a regular file; a key file holds one line with the secret", path);
    if (info.st_mode & S_IRWXO)
        return bs_error_set(ret_error, "%s: everybody may read this key; use: chmod 0640 %s", path, path);
    return true;
}

/* Reads the whole file; one byte more than is allowed shows that it is too long. */
static bool read_all(int fd, const char *path, char secret[BS_KEY_FILE_MAX], size_t *ret_length,
                     struct bs_error *ret_error)
{
    char beyond;
    size_t length = 0;
    ssize_t count = 0;
    while (length < BS_KEY_FILE_MAX && (count = read(fd, secret + length, BS_KEY_FILE_MAX - length)) > 0)
        length += (size_t)count;
    if (count < 0)
        return bs_error_set(ret_error, "%s: cannot read: %s", path, strerror(errno));
    if (length == BS_KEY_FILE_MAX && read(fd, &beyond, 1) > 0)
        return bs_error_set(ret_error, "%s: longer than the %d bytes that a key may have", path, BS_KEY_FILE_MAX);
    *ret_length = length;
    return true;
}

static bool read_secret(int fd, const char *path, char secret[BS_KEY_FILE_MAX], size_t *ret_length,
                        struct bs_error *ret_error)
{
    size_t length = 0;
    if (!check_file(fd, path, ret_error) || !read_all(fd, path, secret, &length, ret_error))
        return false;
    length = bs_bytes_find(bs_bytes(secret, length), '\n');
    if (length > 0 && secret[length - 1] == '\r')
        length--;
    if (length == 0)
        return bs_error_set(ret_error, "%s: no secret in it; make one with: backstop batv keygen", path);
    *ret_length = length;
    return true;
}

bool bs_key_file_read(const char *path, char ret_secret[BS_KEY_FILE_MAX], size_t *ret_length,
                      struct bs_error *ret_error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return bs_error_set(ret_error, "%s: cannot read this key file: %s", path, strerror(errno));
    bool read = read_secret(fd, path, ret_secret, ret_length, ret_error);
    close(fd);
    if (!read)
        explicit_bzero(ret_secret, BS_KEY_FILE_MAX);
    return read;
}
