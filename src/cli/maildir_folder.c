/* SPDX-License-Identifier: BSD-2-Clause */
/* Moving messages between Maildirs; see maildir_folder.h. */
#include "cli/maildir_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A name of a Maildir++ folder has no slash, and its dots part folders of folders. */
static bool is_folder_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < 200 && name[length - 1] != '.' && !strstr(name, "..");
}

bool bs_maildir_folder_find(const char *maildir, const char *name, struct bs_maildir_folder *ret_folder,
                            struct bs_error *error)
{
    *ret_folder = (struct bs_maildir_folder){.folder = -1, .current = -1, .fresh = -1};
    ret_folder->within = !strchr(name, '/');
    const char *bare = name[0] == '.' ? name + 1 : name;
    if (ret_folder->within && !is_folder_name(bare))
        return bs_error_set(error, "\"%s\" is no name for a folder", name);
    int made = ret_folder->within ? asprintf(&ret_folder->path, "%s/.%s", maildir, bare)
                                  : asprintf(&ret_folder->path, "%s", name);
    if (made >= 0)
        return true;
    ret_folder->path = NULL;
    return bs_error_set(error, "%s: %s", name, strerror(ENOMEM));
}

bool bs_maildir_folder_exists(const struct bs_maildir_folder *folder)
{
    struct stat status;
    return stat(folder->path, &status) == 0;
}

static bool make_folder(int at, const char *name)
{
    return mkdirat(at, name, 0700) == 0 || errno == EEXIST;
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The empty file that says that a Maildir is a folder of another. */
static void mark_within(int folder)
{
    int mark = openat(folder, "maildirfolder", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (mark >= 0)
        close(mark);
}

static void close_all(struct bs_maildir_folder *folder)
{
    const int open[] = {folder->folder, folder->current, folder->fresh};
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        if (open[i] >= 0)
            close(open[i]);
    }
    folder->folder = folder->current = folder->fresh = -1;
}

bool bs_maildir_folder_open(struct bs_maildir_folder *folder, struct bs_error *error)
{
    bool made = make_folder(AT_FDCWD, folder->path);
    folder->folder = made ? open_folder(AT_FDCWD, folder->path) : -1;
    if (folder->folder >= 0 && make_folder(folder->folder, "tmp") && make_folder(folder->folder, "new") &&
        make_folder(folder->folder, "cur")) {
        folder->fresh = open_folder(folder->folder, "new");
        folder->current = open_folder(folder->folder, "cur");
    }
    if (folder->fresh < 0 || folder->current < 0) {
        bs_error_set(error, "%s: %s", folder->path, strerror(errno));
        close_all(folder);
        return false;
    }
    if (folder->within)
        mark_within(folder->folder);
    return true;
}

void bs_maildir_folder_close(struct bs_maildir_folder *folder)
{
    close_all(folder);
    free(folder->path);
    *folder = (struct bs_maildir_folder){.folder = -1, .current = -1, .fresh = -1};
}

/* For file systems that cannot rename without overwriting: a second name, then without the first. */
static bool link_and_unlink(int from, const char *name, int to)
{
    return linkat(from, name, to, name, 0) == 0 && unlinkat(from, name, 0) == 0;
}

static bool rename_without_overwriting(int from, const char *name, int to)
{
    if (renameat2(from, name, to, name, RENAME_NOREPLACE) == 0)
        return true;
    return (errno == EINVAL || errno == ENOSYS) && link_and_unlink(from, name, to);
}

enum bs_maildir_moved bs_maildir_move(int from, const char *name, bool fresh, const struct bs_maildir_folder *to,
                                      struct bs_error *error)
{
    if (rename_without_overwriting(from, name, fresh ? to->fresh : to->current))
        return BS_MAILDIR_MOVED;
    if (errno == ENOENT)
        return BS_MAILDIR_GONE;
    bs_error_set(error, "%s: %s: it stays where it is", to->path,
                 errno == EEXIST  ? "there is a message of that name"
                 : errno == EXDEV ? "on another file system, to which nothing is moved"
                                  : strerror(errno));
    return BS_MAILDIR_FAILED;
}
