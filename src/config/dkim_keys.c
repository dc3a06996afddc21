/* SPDX-License-Identifier: BSD-2-Clause */
/* The directory of DKIM keys, read and locked; see dkim_keys.h. Its file of states is in dkim_states.c. */
#include "config/dkim_keys.h"

#include "base/strbuf.h"
#include "config/dkim_states.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAME_MAX_BYTES = 253, /* of a name in DNS (RFC 1035 section 2.3.4), and of a label */
    LABEL_MAX = 63,
    KEYS_MEMORY_MAX = BS_DKIM_KEYS_MAX * (BS_DKIM_KEY_FILE_MAX + 8192) + 2 * BS_DKIM_STATES_FILE_MAX,
};

static const struct bs_bytes middle = {"._domainkey.", sizeof "._domainkey." - 1};
static const struct bs_bytes suffix = {".pem", sizeof ".pem" - 1};

static bool is_label(struct bs_bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        char c = bs_ascii_lower(label.ptr[i]);
        if (!(c >= 'a' && c <= 'z') && !bs_ascii_is_digit(c) && c != '-' && c != '_')
            return false;
    }
    return label.len > 0 && label.len <= LABEL_MAX && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

static size_t count_labels(struct bs_bytes name)
{
    for (size_t labels = 1;; labels++) {
        size_t end = bs_bytes_find(name, '.');
        if (!is_label(bs_bytes_first(name, end)))
            return 0;
        if (end == name.len)
            return labels;
        name = bs_bytes_skip(name, end + 1);
    }
}

bool bs_dkim_key_split(struct bs_bytes name, struct bs_bytes *ret_selector, struct bs_bytes *ret_domain)
{
    size_t end = 0;
    if (name.len > NAME_MAX_BYTES)
        return false;
    while (end < name.len && !bs_bytes_starts_nocase(bs_bytes_skip(name, end), middle))
        end++;
    if (end == name.len)
        return false;
    *ret_selector = bs_bytes_first(name, end);
    *ret_domain = bs_bytes_skip(name, end + middle.len);
    return count_labels(*ret_selector) >= 1 && count_labels(*ret_domain) >= 2;
}

struct bs_dkim_stored_key *bs_dkim_keys_find(const struct bs_dkim_keys *keys, struct bs_bytes name)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (bs_bytes_equal_nocase(keys->items[i].name, name))
            return &keys->items[i];
    }
    return NULL;
}

void bs_dkim_key_set_state(struct bs_dkim_stored_key *key, enum bs_dkim_key_state state, int64_t now)
{
    key->state = state;
    key->since = now;
    key->listed = true;
}

static bool fail_memory(const struct bs_dkim_keys *keys, struct bs_error *ret_error)
{
    return bs_error_set(ret_error, "%s: out of memory", keys->directory);
}

/* Adds the key that the file of this name is. */
static bool add_file(struct bs_dkim_keys *keys, const char *file, struct bs_error *ret_error)
{
    struct bs_dkim_stored_key key = {.state = BS_DKIM_KEY_NEW};
    struct bs_bytes name = bs_bytes_from_cstr(file);
    name.len -= suffix.len;
    key.path = bs_arena_printf(&keys->arena, "%s/%s", keys->directory, file);
    key.name = bs_arena_copy(&keys->arena, name);
    if (!key.path || !key.name.ptr)
        return fail_memory(keys, ret_error);
    for (size_t i = 0; i < key.name.len; i++)
        ((char *)key.name.ptr)[i] = bs_ascii_lower(key.name.ptr[i]);
    if (!bs_dkim_key_split(key.name, &key.selector, &key.domain))
        return bs_error_set(ret_error, "%s: is not called as a key is; call it SELECTOR._domainkey.DOMAIN.pem, in "
                            "ASCII, or move it elsewhere", key.path);
    if (keys->count == BS_DKIM_KEYS_MAX)
        return bs_error_set(ret_error, "%s: more than %d keys; move away those that are revoked", keys->directory,
                            BS_DKIM_KEYS_MAX);
    const struct bs_dkim_stored_key *other = bs_dkim_keys_find(keys, key.name);
    if (other)
        return bs_error_set(ret_error, "%s: is the same key as %s but for case; remove one", key.path, other->path);
    keys->items[keys->count++] = key;
    return true;
}

static bool is_key_file(const char *file)
{
    struct bs_bytes name = bs_bytes_from_cstr(file);
    return file[0] != '.' && name.len > suffix.len &&
           bs_bytes_equal_nocase(bs_bytes_skip(name, name.len - suffix.len), suffix);
}

/* Notes the files that are keys, and nothing of what is in them. */
static bool list_files(struct bs_dkim_keys *keys, DIR *stream, struct bs_error *ret_error)
{
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(stream)); errno = 0) {
        if (is_key_file(entry->d_name) && !add_file(keys, entry->d_name, ret_error))
            return false;
    }
    return errno == 0 || bs_error_set(ret_error, "%s: cannot read this directory: %s", keys->directory,
                                      strerror(errno));
}

/* Reads up to the limit; one byte more shows that it is too long. The arena holds the bytes. */
static bool read_bytes(struct bs_dkim_keys *keys, int fd, const char *path, size_t limit, struct bs_bytes *ret_bytes,
                       struct bs_error *ret_error)
{
    size_t length = 0;
    ssize_t count = 0;
    char *buffer = malloc(limit + 1);
    if (!buffer)
        return fail_memory(keys, ret_error);
    while (length <= limit && (count = read(fd, buffer + length, limit + 1 - length)) > 0)
        length += (size_t)count;
    bool good = true;
    if (count < 0)
        good = bs_error_set(ret_error, "%s: cannot read: %s", path, strerror(errno));
    else if (length > limit)
        good = bs_error_set(ret_error, "%s: longer than the %zu bytes that it may have", path, limit);
    if (good) {
        *ret_bytes = bs_arena_copy(&keys->arena, bs_bytes(buffer, length));
        good = ret_bytes->ptr || fail_memory(keys, ret_error);
    }
    explicit_bzero(buffer, limit + 1);
    free(buffer);
    return good;
}

static bool check_key_file(const struct stat *info, const char *path, struct bs_error *ret_error)
{
    if (!S_ISREG(info->st_mode))
        return bs_error_set(ret_error, "%s: not a regular file; a key is a PEM file", path);
    if (info->st_mode & S_IRWXO)
        return bs_error_set(ret_error, "%s: everybody may read this key; use: chmod 0640 %s", path, path);
    if (info->st_size == 0)
        return bs_error_set(ret_error, "%s: is empty; remove it, and make a key with: backstop dkim keygen", path);
    return true;
}

/* The secret of a key, and the time of its file where it has no line. */
static bool read_key(struct bs_dkim_keys *keys, struct bs_dkim_stored_key *key, struct bs_error *ret_error)
{
    struct stat info;
    int fd = open(key->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT && key->state == BS_DKIM_KEY_REVOKED)
        return true;
    if (fd < 0)
        return bs_error_set(ret_error, "%s: cannot read this key: %s", key->path, strerror(errno));
    bool good = fstat(fd, &info) == 0 || bs_error_set(ret_error, "%s: %s", key->path, strerror(errno));
    good = good && check_key_file(&info, key->path, ret_error) &&
           read_bytes(keys, fd, key->path, BS_DKIM_KEY_FILE_MAX, &key->pem, ret_error);
    close(fd);
    if (good && !key->listed)
        key->since = info.st_mtime;
    return good;
}

static bool check_states_file(const struct bs_dkim_keys *keys, int fd, struct bs_error *ret_error)
{
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return bs_error_set(ret_error, "%s: not a regular file; it holds a line for each key", keys->states_path);
    if (info.st_mode & S_IWOTH)
        return bs_error_set(ret_error, "%s: everybody may write this file; use: chmod 0640 %s", keys->states_path,
                            keys->states_path);
    return true;
}

/* A directory without the file is one of new keys. */
static bool read_states(struct bs_dkim_keys *keys, struct bs_error *ret_error)
{
    int fd = open(keys->states_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ||
               bs_error_set(ret_error, "%s: cannot read this file: %s", keys->states_path, strerror(errno));
    bool good = check_states_file(keys, fd, ret_error) &&
                read_bytes(keys, fd, keys->states_path, BS_DKIM_STATES_FILE_MAX, &keys->states_text, ret_error);
    close(fd);
    return good && bs_dkim_states_parse(keys, ret_error);
}

static int compare_bytes(struct bs_bytes a, struct bs_bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_keys(const void *left, const void *right)
{
    const struct bs_dkim_stored_key *a = left, *b = right;
    int order = compare_bytes(a->domain, b->domain);
    return order != 0 ? order : compare_bytes(a->selector, b->selector);
}

static bool check_directory(const struct bs_dkim_keys *keys, int fd, struct bs_error *ret_error)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return bs_error_set(ret_error, "%s: %s", keys->directory, strerror(errno));
    if (info.st_mode & S_IWOTH)
        return bs_error_set(ret_error, "%s: everybody may write into this directory; use: chmod 0750 %s",
                            keys->directory, keys->directory);
    return true;
}

static bool read_directory(struct bs_dkim_keys *keys, struct bs_error *ret_error)
{
    DIR *stream = opendir(keys->directory);
    if (!stream)
        return bs_error_set(ret_error, "%s: cannot read this directory: %s", keys->directory, strerror(errno));
    bool good = check_directory(keys, dirfd(stream), ret_error) && list_files(keys, stream, ret_error);
    closedir(stream);
    good = good && read_states(keys, ret_error);
    for (size_t i = 0; good && i < keys->count; i++)
        good = read_key(keys, &keys->items[i], ret_error);
    return good;
}

bool bs_dkim_keys_read(const char *directory, struct bs_dkim_keys *ret_keys, struct bs_error *ret_error)
{
    *ret_keys = (struct bs_dkim_keys){.count = 0};
    bs_arena_init(&ret_keys->arena, KEYS_MEMORY_MAX);
    ret_keys->directory = bs_arena_printf(&ret_keys->arena, "%s", directory);
    ret_keys->states_path = bs_arena_printf(&ret_keys->arena, "%s/" BS_DKIM_STATES_FILE, directory);
    ret_keys->items = bs_arena_take(&ret_keys->arena, BS_DKIM_KEYS_MAX * sizeof *ret_keys->items);
    bool good = ret_keys->directory && ret_keys->states_path && ret_keys->items
                    ? read_directory(ret_keys, ret_error)
                    : bs_error_set(ret_error, "%s: out of memory", directory);
    if (good)
        qsort(ret_keys->items, ret_keys->count, sizeof *ret_keys->items, compare_keys);
    else
        bs_dkim_keys_free(ret_keys);
    return good;
}

void bs_dkim_keys_free(struct bs_dkim_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].pem.ptr)
            explicit_bzero((char *)keys->items[i].pem.ptr, keys->items[i].pem.len);
    }
    bs_arena_reset(&keys->arena);
    *keys = (struct bs_dkim_keys){.count = 0};
}

int bs_dkim_keys_lock(const char *directory, struct bs_error *ret_error)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0 && errno == EWOULDBLOCK)
        bs_error_set(ret_error, "%s: somebody else is changing the keys now; try again", directory);
    else
        bs_error_set(ret_error, "%s: cannot use this directory: %s", directory, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
