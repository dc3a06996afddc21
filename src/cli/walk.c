/* SPDX-License-Identifier: BSD-2-Clause */
/* The files below a folder; see walk.h. */
#include "cli/walk.h"

#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a walk does with the entries of a folder. */
enum mode { EVERYTHING, FILES_ONLY };

struct walk {
    const struct bs_walk_visitor *visitor;
    struct bs_strbuf path;
    unsigned depth;
};

struct entry {
    char *name;
    unsigned char type; /* as in dirent.h */
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

static bool walk_folder(struct walk *walk, int folder, enum mode mode);

static void report(struct walk *walk, const char *why)
{
    walk->visitor->trouble(walk->visitor->context, bs_strbuf_cstr(&walk->path), why);
}

static bool is_folder(int folder, const char *name)
{
    struct stat status;
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

bool bs_walk_is_maildir(int folder)
{
    return is_folder(folder, "cur") && is_folder(folder, "new");
}

/* --- The entries of a folder -------------------------------------------------------------------------------- */

static void free_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->items[i].name);
    free(entries->items);
}

static bool make_room(struct entries *entries)
{
    if (entries->count < entries->capacity)
        return true;
    size_t capacity = entries->capacity ? 2 * entries->capacity : 64;
    struct entry *items = NULL;
    if (entries->count < BS_WALK_ENTRIES_MAX)
        items = realloc(entries->items, capacity * sizeof *items);
    if (!items)
        return false;
    entries->items = items;
    entries->capacity = capacity;
    return true;
}

static bool add_entry(struct entries *entries, const struct dirent *found)
{
    if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
        return true;
    char *name = make_room(entries) ? strdup(found->d_name) : NULL;
    if (name)
        entries->items[entries->count++] = (struct entry){name, found->d_type};
    return name;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Reads the names, in order. False after having said what is wrong. */
static bool read_entries(struct walk *walk, int folder, struct entries *ret_entries)
{
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = again >= 0 ? fdopendir(again) : NULL;
    bool whole = true;
    *ret_entries = (struct entries){.count = 0};
    if (!directory) {
        report(walk, strerror(errno));
        if (again >= 0)
            close(again);
        return false;
    }
    errno = 0;
    for (struct dirent *found; whole && (found = readdir(directory));)
        whole = add_entry(ret_entries, found);
    if (!whole)
        report(walk, "the folder has more files than fit into memory");
    else if (errno != 0)
        report(walk, strerror(errno));
    closedir(directory);
    if (ret_entries->count > 0)
        qsort(ret_entries->items, ret_entries->count, sizeof *ret_entries->items, by_name);
    return true;
}

static unsigned char type_of(int folder, const struct entry *entry)
{
    struct stat status;
    if (entry->type != DT_UNKNOWN)
        return entry->type;
    if (fstatat(folder, entry->name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
}

/* --- Going down --------------------------------------------------------------------------------------------- */

/* Adds `/name`; returns the length before. */
static size_t lengthen(struct walk *walk, const char *name)
{
    size_t length = walk->path.len;
    if (length > 0 && walk->path.ptr[length - 1] != '/')
        bs_strbuf_append_char(&walk->path, '/');
    bs_strbuf_append_cstr(&walk->path, name);
    return length;
}

static void shorten(struct walk *walk, size_t length)
{
    walk->path.len = length;
    if (walk->path.ptr)
        walk->path.ptr[length] = '\0';
    walk->path.failed = false;
}

/* The folder `name`, where the path has been lengthened by it. */
static bool walk_below(struct walk *walk, int folder, const char *name, enum mode mode)
{
    if (walk->depth == BS_WALK_DEPTH_MAX) {
        report(walk, "folders are too deep within one another");
        return true;
    }
    int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) {
        report(walk, strerror(errno));
        return true;
    }
    walk->depth++;
    bool more = walk_folder(walk, below, mode);
    walk->depth--;
    close(below);
    return more;
}

static bool walk_entry(struct walk *walk, int folder, const char *name, unsigned char type, enum mode mode)
{
    const struct bs_walk_visitor *visitor = walk->visitor;
    size_t length = lengthen(walk, name);
    bool more = true;
    if (walk->path.failed)
        report(walk, "the path of a file in it is too long");
    else if (type == DT_REG)
        more = visitor->file(visitor->context, folder, name, bs_strbuf_cstr(&walk->path));
    else if (type == DT_DIR)
        more = walk_below(walk, folder, name, mode);
    shorten(walk, length);
    return more;
}

/* Of the entries of a Maildir only its subfolders, and cur and new without theirs. */
static bool walk_maildir_entry(struct walk *walk, int folder, const struct entry *entry)
{
    bool mail = strcmp(entry->name, "cur") == 0 || strcmp(entry->name, "new") == 0;
    if (type_of(folder, entry) != DT_DIR || strcmp(entry->name, "tmp") == 0)
        return true;
    return walk_entry(walk, folder, entry->name, DT_DIR, mail ? FILES_ONLY : EVERYTHING);
}

static bool walk_folder(struct walk *walk, int folder, enum mode mode)
{
    struct entries entries;
    bool maildir = mode == EVERYTHING && bs_walk_is_maildir(folder);
    if (!read_entries(walk, folder, &entries))
        return true;
    bool more = true;
    for (size_t i = 0; more && i < entries.count; i++) {
        const struct entry *entry = &entries.items[i];
        unsigned char type = maildir ? DT_DIR : type_of(folder, entry);
        if (maildir)
            more = walk_maildir_entry(walk, folder, entry);
        else if (type == DT_REG || mode == EVERYTHING)
            more = walk_entry(walk, folder, entry->name, type, mode);
    }
    free_entries(&entries);
    return more;
}

static struct walk begin(const char *path, const struct bs_walk_visitor *visitor)
{
    struct walk walk = {.visitor = visitor};
    bs_strbuf_init(&walk.path, BS_WALK_PATH_MAX);
    bs_strbuf_append_cstr(&walk.path, path);
    return walk;
}

bool bs_walk(int folder, const char *path, const struct bs_walk_visitor *visitor)
{
    struct walk walk = begin(path, visitor);
    bool more = walk_folder(&walk, folder, EVERYTHING);
    bs_strbuf_free(&walk.path);
    return more;
}

bool bs_walk_maildir(int folder, const char *path, const struct bs_walk_visitor *visitor)
{
    struct walk walk = begin(path, visitor);
    bool more = walk_entry(&walk, folder, "cur", DT_DIR, FILES_ONLY) &&
                walk_entry(&walk, folder, "new", DT_DIR, FILES_ONLY);
    bs_strbuf_free(&walk.path);
    return more;
}
