/* SPDX-License-Identifier: BSD-2-Clause */
/* The states of DKIM keys, read and written; see dkim_keys.h and dkim_states.h. */
#include "config/dkim_states.h"

#include "base/timestamp.h"
#include "config/nearest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_MAX = 80 }; /* bytes of a word in an error */

static const char *const state_names[BS_DKIM_KEY_STATES] = {
    [BS_DKIM_KEY_NEW] = "new",
    [BS_DKIM_KEY_SIGNING] = "signing",
    [BS_DKIM_KEY_RETIRING] = "retiring",
    [BS_DKIM_KEY_REVOKED] = "revoked",
};

const char *bs_dkim_key_state_name(enum bs_dkim_key_state state)
{
    return state_names[state];
}

/* Takes the next line off; false at the end. */
static bool next_line(struct bs_bytes *io_text, struct bs_bytes *ret_line)
{
    if (io_text->len == 0)
        return false;
    size_t end = bs_bytes_find(*io_text, '\n');
    *ret_line = bs_bytes_first(*io_text, end);
    *io_text = bs_bytes_skip(*io_text, end < io_text->len ? end + 1 : end);
    return true;
}

/* Takes a word off the front of a line; empty at the end of it. */
static struct bs_bytes take_word(struct bs_bytes *io_line)
{
    size_t end = 0;
    *io_line = bs_bytes_trim(*io_line);
    while (end < io_line->len && io_line->ptr[end] != ' ' && io_line->ptr[end] != '\t')
        end++;
    struct bs_bytes word = bs_bytes_first(*io_line, end);
    *io_line = bs_bytes_skip(*io_line, end);
    return word;
}

static bool is_remark(struct bs_bytes line)
{
    line = bs_bytes_trim(line);
    return line.len == 0 || line.ptr[0] == '#';
}

static bool read_state(struct bs_bytes word, enum bs_dkim_key_state *ret_state)
{
    for (size_t i = 0; i < BS_DKIM_KEY_STATES; i++) {
        *ret_state = (enum bs_dkim_key_state)i;
        if (bs_bytes_equal_nocase(word, bs_bytes_from_cstr(state_names[i])))
            return true;
    }
    return false;
}

static bool fail_state(const struct bs_dkim_keys *keys, int line, struct bs_bytes word, struct bs_error *ret_error)
{
    struct bs_nearest nearest = bs_nearest_init(word);
    for (size_t i = 0; i < BS_DKIM_KEY_STATES; i++)
        bs_nearest_offer(&nearest, state_names[i]);
    if (nearest.name)
        return bs_error_set(ret_error, "%s:%d: \"%.*s\" is no state; did you mean \"%s\"?", keys->states_path, line,
                            BS_BYTES_ARG(bs_bytes_first(word, SHOWN_MAX)), nearest.name);
    return bs_error_set(ret_error, "%s:%d: \"%.*s\" is no state; write new, signing, retiring or revoked",
                        keys->states_path, line, BS_BYTES_ARG(bs_bytes_first(word, SHOWN_MAX)));
}

/* A key that has a line and no file: one that was revoked, and nothing else. */
static bool add_without_file(struct bs_dkim_keys *keys, struct bs_bytes name, const struct bs_dkim_stored_key *read,
                             struct bs_error *ret_error)
{
    struct bs_bytes shown = bs_bytes_first(name, SHOWN_MAX);
    if (read->state != BS_DKIM_KEY_REVOKED)
        return bs_error_set(ret_error, "%s:%d: there is no file %.*s.pem for this key; bring it back, or take the "
                            "line out", keys->states_path, read->line, BS_BYTES_ARG(shown));
    if (keys->count == BS_DKIM_KEYS_MAX)
        return bs_error_set(ret_error, "%s:%d: more than %d keys; take out the lines of keys that are revoked and "
                            "gone", keys->states_path, read->line, BS_DKIM_KEYS_MAX);
    struct bs_dkim_stored_key key = *read;
    key.name = bs_arena_copy(&keys->arena, name);
    key.path = bs_arena_printf(&keys->arena, "%s/%.*s.pem", keys->directory, BS_BYTES_ARG(name));
    if (!key.name.ptr || !key.path)
        return bs_error_set(ret_error, "%s: out of memory", keys->states_path);
    for (size_t i = 0; i < key.name.len; i++)
        ((char *)key.name.ptr)[i] = bs_ascii_lower(key.name.ptr[i]);
    bs_dkim_key_split(key.name, &key.selector, &key.domain);
    keys->items[keys->count++] = key;
    return true;
}

static bool parse_line(struct bs_dkim_keys *keys, struct bs_bytes line, int number, struct bs_error *ret_error)
{
    struct bs_dkim_stored_key read = {.line = number, .listed = true};
    struct bs_bytes name = take_word(&line), state = take_word(&line), since = take_word(&line);
    if (!bs_dkim_key_split(name, &read.selector, &read.domain))
        return bs_error_set(ret_error, "%s:%d: \"%.*s\" is no name of a key; write SELECTOR._domainkey.DOMAIN STATE "
                            "SINCE", keys->states_path, number, BS_BYTES_ARG(bs_bytes_first(name, SHOWN_MAX)));
    if (!read_state(state, &read.state))
        return fail_state(keys, number, state, ret_error);
    if (!bs_timestamp_parse(since, &read.since))
        return bs_error_set(ret_error, "%s:%d: \"%.*s\" is no time; write 2026-08-21 or 2026-08-21T10:30:00Z",
                            keys->states_path, number, BS_BYTES_ARG(bs_bytes_first(since, SHOWN_MAX)));
    if (bs_bytes_trim(line).len > 0)
        return bs_error_set(ret_error, "%s:%d: nothing may follow the time; a comment has a line of its own",
                            keys->states_path, number);
    struct bs_dkim_stored_key *key = bs_dkim_keys_find(keys, name);
    if (!key)
        return add_without_file(keys, name, &read, ret_error);
    if (key->listed)
        return bs_error_set(ret_error, "%s:%d: this key has a line already, line %d; take one out",
                            keys->states_path, number, key->line);
    key->state = read.state;
    key->since = read.since;
    key->line = number;
    key->listed = true;
    return true;
}

bool bs_dkim_states_parse(struct bs_dkim_keys *keys, struct bs_error *ret_error)
{
    struct bs_bytes text = keys->states_text, line;
    for (int number = 1; next_line(&text, &line); number++) {
        if (!is_remark(line) && !parse_line(keys, line, number, ret_error))
            return false;
    }
    return true;
}

static void append_key(struct bs_strbuf *out, const struct bs_dkim_stored_key *key)
{
    char since[BS_TIMESTAMP_TEXT];
    bs_timestamp_format(key->since, since);
    bs_strbuf_printf(out, "%.*s %s %s\n", BS_BYTES_ARG(key->name), state_names[key->state], since);
}

static const struct bs_dkim_stored_key *key_of_line(const struct bs_dkim_keys *keys, int line)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].line == line)
            return &keys->items[i];
    }
    return NULL;
}

void bs_dkim_states_append(const struct bs_dkim_keys *keys, struct bs_strbuf *out)
{
    struct bs_bytes text = keys->states_text, line;
    if (text.len == 0)
        bs_strbuf_append_cstr(out, "# KEY STATE SINCE; states are new, signing, retiring, revoked\n");
    for (int number = 1; next_line(&text, &line); number++) {
        const struct bs_dkim_stored_key *key = key_of_line(keys, number);
        if (key)
            append_key(out, key);
        else
            bs_strbuf_printf(out, "%.*s\n", BS_BYTES_ARG(line));
    }
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->items[i].line == 0 && keys->items[i].listed)
            append_key(out, &keys->items[i]);
    }
}

/* As the file that is there is; a new one goes with its directory. Who is not root keeps what he makes. */
static bool set_owner(int fd, const struct bs_dkim_keys *keys)
{
    struct stat old;
    bool exists = stat(keys->states_path, &old) == 0;
    if (!exists && stat(keys->directory, &old) != 0)
        return false;
    if (geteuid() == 0 && fchown(fd, exists ? old.st_uid : (uid_t)-1, old.st_gid) != 0)
        return false;
    return fchmod(fd, exists ? old.st_mode & 07777 : 0640) == 0;
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

static bool replace(const struct bs_dkim_keys *keys, struct bs_bytes text, struct bs_error *ret_error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", keys->states_path) >= (int)sizeof temporary)
        return bs_error_set(ret_error, "%s: the name is too long", keys->states_path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return bs_error_set(ret_error, "%s: cannot be made: %s", temporary, strerror(errno));
    bool written = write_all(fd, text) && set_owner(fd, keys) && fsync(fd) == 0;
    if (!written || rename(temporary, keys->states_path) != 0) {
        bs_error_set(ret_error, "%s: cannot be written: %s; it is as it was", keys->states_path, strerror(errno));
        unlink(temporary);
        written = false;
    }
    close(fd);
    return written;
}

bool bs_dkim_keys_write(const struct bs_dkim_keys *keys, struct bs_error *ret_error)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, BS_DKIM_STATES_FILE_MAX);
    bs_dkim_states_append(keys, &text);
    bool written = !text.failed ? replace(keys, bs_strbuf_bytes(&text), ret_error)
                                : bs_error_set(ret_error, "%s: would be longer than %d bytes; it is as it was",
                                               keys->states_path, BS_DKIM_STATES_FILE_MAX);
    bs_strbuf_free(&text);
    int fd = written ? open(keys->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    return written;
}
