/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading, showing and writing the files of setup; see setup_files.h. */
#include "cli/setup_files.h"

#include "audit/line_diff.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024, ACL_MAX = 64 * 1024, COPIES_MAX = 100 };

static bool fail(const char *path, const char *what, struct bs_error *ret_error)
{
    return bs_error_set(ret_error, "%s: cannot be %s: %s", path, what, strerror(errno));
}

static bool read_all(int fd, const char *path, struct bs_strbuf *buf, struct bs_error *ret_error)
{
    char chunk[READ_SIZE];
    ssize_t size;
    while ((size = read(fd, chunk, sizeof chunk)) > 0)
        bs_strbuf_append(buf, bs_bytes(chunk, (size_t)size));
    if (size < 0)
        return fail(path, "read", ret_error);
    return !buf->failed || bs_error_set(ret_error, "%s: larger than %d bytes", path, BS_SETUP_FILE_MAX);
}

bool bs_setup_file_read(const char *path, struct bs_arena *arena, struct bs_setup_file *ret_file,
                        struct bs_error *ret_error)
{
    struct bs_strbuf buf;
    *ret_file = (struct bs_setup_file){.path = path, .mode = 0644, .group = (gid_t)-1};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fail(path, "opened", ret_error);
    bs_strbuf_init(&buf, BS_SETUP_FILE_MAX);
    bool good = read_all(fd, path, &buf, ret_error);
    close(fd);
    if (good) {
        ret_file->exists = true;
        ret_file->before = ret_file->after = bs_arena_copy(arena, bs_strbuf_bytes(&buf));
        good = ret_file->before.ptr || bs_error_set(ret_error, "%s: out of memory", path);
    }
    bs_strbuf_free(&buf);
    return good;
}

bool bs_setup_file_diff(const struct bs_setup_file *file, struct bs_arena *arena, struct bs_strbuf *out)
{
    const struct bs_diff_names names = {file->exists ? file->path : "/dev/null", file->path};
    if (!file->secret)
        return bs_line_diff(file->before, file->after, &names, arena, out);
    bs_strbuf_printf(out, "--- /dev/null\n+++ %s\n@@ -0,0 +1,1 @@\n+(a new random secret; mode %04o%s%s)\n",
                     file->path,
                     (unsigned)file->mode, file->owner ? ", " : "", file->owner ? file->owner : "");
    return !out->failed;
}

/* The directory that the file is in, made where there is none. */
static bool make_directory(const char *path, char directory[PATH_MAX], struct bs_error *ret_error)
{
    snprintf(directory, PATH_MAX, "%s", path);
    char *slash = strrchr(directory, '/');
    if (!slash)
        snprintf(directory, PATH_MAX, ".");
    else if (slash == directory)
        slash[1] = '\0';
    else
        *slash = '\0';
    if (mkdir(directory, 0755) == 0)
        return chmod(directory, 0755) == 0 || fail(directory, "made", ret_error);
    return errno == EEXIST || fail(directory, "made", ret_error);
}

static bool write_all(int fd, struct bs_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t size = write(fd, bytes.ptr, bytes.len);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        bytes = bs_bytes_skip(bytes, (size_t)size);
    }
    return true;
}

/* Copies the access control list, if there is one. With it the group's bits of the mode are the list's mask; without
   it they would be rights of the group. */
static bool copy_acl(int fd, const char *path)
{
    static const char name[] = "system.posix_acl_access";
    char acl[ACL_MAX];
    ssize_t size = getxattr(path, name, acl, sizeof acl);
    if (size < 0)
        return errno == ENODATA || errno == ENOTSUP;
    return fsetxattr(fd, name, acl, (size_t)size, 0) == 0;
}

/* As the file that is there is, or as a new one should be. Who is not root keeps what he makes. */
static bool set_owner(int fd, const struct bs_setup_file *file)
{
    struct stat old;
    if (file->exists && stat(file->path, &old) == 0)
        return (geteuid() != 0 || fchown(fd, old.st_uid, old.st_gid) == 0) && copy_acl(fd, file->path) &&
               fchmod(fd, old.st_mode & 07777) == 0;
    return (geteuid() != 0 || fchown(fd, (uid_t)-1, file->group) == 0) && fchmod(fd, file->mode) == 0;
}

/* Makes a file with the bytes that nobody sees before it is whole; its name is in `ret_temporary`. */
static bool write_temporary(const struct bs_setup_file *file, const char *path, struct bs_bytes bytes,
                            char ret_temporary[PATH_MAX], struct bs_error *ret_error)
{
    if (snprintf(ret_temporary, PATH_MAX, "%s.XXXXXX", path) >= PATH_MAX)
        return bs_error_set(ret_error, "%s: the name is too long", path);
    int fd = mkostemp(ret_temporary, O_CLOEXEC);
    if (fd < 0)
        return fail(ret_temporary, "made", ret_error);
    bool written = write_all(fd, bytes) && set_owner(fd, file) && fsync(fd) == 0;
    if (!written)
        fail(ret_temporary, "written", ret_error);
    close(fd);
    if (!written)
        unlink(ret_temporary);
    return written;
}

static void sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* Gives the file its name; one that is there already stays as it is. */
static bool put_new(const char *path, const char *temporary, struct bs_error *ret_error)
{
    bool made = link(temporary, path) == 0;
    if (!made && errno == EEXIST)
        bs_error_set(ret_error, "%s: is there already and is not overwritten", path);
    else if (!made)
        fail(path, "made", ret_error);
    unlink(temporary);
    return made;
}

static bool put_changed(const char *path, const char *temporary, struct bs_error *ret_error)
{
    if (rename(temporary, path) == 0)
        return true;
    fail(path, "replaced", ret_error);
    unlink(temporary);
    return false;
}

/* Writes `bytes` under the name `path`, which is another than the file's own for its copy. */
static bool write_as(const struct bs_setup_file *file, const char *path, bool new, struct bs_bytes bytes,
                     struct bs_error *ret_error)
{
    char directory[PATH_MAX], temporary[PATH_MAX];
    if (!make_directory(path, directory, ret_error) || !write_temporary(file, path, bytes, temporary, ret_error) ||
        !(new ? put_new(path, temporary, ret_error) : put_changed(path, temporary, ret_error)))
        return false;
    sync_directory(directory);
    return true;
}

/* Whether the file still is what it was when it was read. */
static bool is_unchanged(const struct bs_setup_file *file, struct bs_arena *arena, struct bs_error *ret_error)
{
    struct bs_setup_file now;
    if (!bs_setup_file_read(file->path, arena, &now, ret_error))
        return false;
    return bs_bytes_equal(now.before, file->before) ||
           bs_error_set(ret_error, "%s: somebody else changed it just now; nothing was written to it", file->path);
}

/* The path without symbolic links, so that a link stays one. */
static bool resolve(const char *path, char ret_path[PATH_MAX], struct bs_error *ret_error)
{
    return realpath(path, ret_path) || fail(path, "found", ret_error);
}

/* A name for the copy that no other copy has; one of the same second may be there. */
static const char *copy_name(const struct bs_setup_file *file, const char *keep, const char *stamp,
                             struct bs_arena *arena)
{
    const char *base = strrchr(file->path, '/') + 1;
    const char *name = bs_arena_printf(arena, "%s/%s.%s", keep, base, stamp);
    for (int i = 2; name && i <= COPIES_MAX && access(name, F_OK) == 0; i++)
        name = bs_arena_printf(arena, "%s/%s.%s-%d", keep, base, stamp, i);
    return name;
}

bool bs_setup_file_write(struct bs_setup_file *file, const char *keep, const char *stamp, struct bs_arena *arena,
                         struct bs_error *ret_error)
{
    char path[PATH_MAX];
    if (!file->exists)
        return write_as(file, file->path, true, file->after, ret_error);
    if (!is_unchanged(file, arena, ret_error) || !resolve(file->path, path, ret_error))
        return false;
    const char *backup = copy_name(file, keep, stamp, arena);
    if (!backup)
        return bs_error_set(ret_error, "%s: out of memory", path);
    if (!write_as(file, backup, true, file->before, ret_error) ||
        !write_as(file, path, false, file->after, ret_error))
        return false;
    file->backup = backup;
    return true;
}

bool bs_setup_file_restore(const struct bs_setup_file *file, struct bs_error *ret_error)
{
    char path[PATH_MAX];
    return resolve(file->path, path, ret_error) && write_as(file, path, false, file->before, ret_error);
}
