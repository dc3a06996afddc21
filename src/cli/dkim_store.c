/* SPDX-License-Identifier: BSD-2-Clause */
/* DKIM keys on disk, for the commands; see dkim_store.h. */
#include "cli/dkim_store.h"

#include "auth/dkim_name.h"
#include "auth/dkim_sign.h"
#include "base/timestamp.h"
#include "cli/doctor_machine.h"
#include "cli/output.h"
#include "config/config.h"
#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    RECORD_MAX = 4096,     /* bytes of a key record's text */
    TXT_STRING_MAX = 255,  /* bytes of one string of a TXT record (RFC 1035 section 3.3.14) */
    SELECTORS_A_DAY = 99,  /* selectors that are made up for one domain, day and type */
    SELECTOR_TEXT = 24,
};

const char *bs_dkim_store_type_name(enum bs_key_type type)
{
    return type == BS_KEY_RSA ? "rsa" : "ed25519";
}

const char *bs_dkim_store_default(const char *config_file, struct bs_arena *arena)
{
    struct bs_bytes file = bs_bytes_from_cstr(config_file);
    size_t slash = bs_bytes_find_last(file, '/');
    if (slash == file.len)
        return "dkim";
    return bs_arena_printf(arena, "%.*s/dkim", BS_BYTES_ARG(bs_bytes_first(file, slash)));
}

int bs_dkim_store_check_names(struct bs_bytes selector, struct bs_bytes domain)
{
    bool bad_domain = !bs_dkim_is_domain(domain, 2);
    if (bad_domain || !bs_dkim_is_domain(selector, 1))
        bs_output_error("\"%.*s\" is no %s", BS_BYTES_ARG(bad_domain ? domain : selector),
                        bad_domain ? "domain" : "selector");
    return bad_domain || !bs_dkim_is_domain(selector, 1) ? EX_USAGE : EX_OK;
}

/* The group that backstopd has once it is its own user; -1 where that is not known. Without a good configuration, that
 * of the defaults. */
static gid_t daemon_group(const char *config_file)
{
    struct bs_config config;
    struct bs_doctor_user user;
    struct bs_error error;
    if (!bs_config_load(config_file, &config, &error) && !bs_config_parse("", config_file, &config, &error))
        return (gid_t)-1;
    bool found = config.user[0] != '\0' && bs_doctor_find_user(config.user, config.group, &user);
    bs_config_free(&config);
    return found ? user.gid : (gid_t)-1;
}

int bs_dkim_store_make_directory(const char *directory, const char *config_file)
{
    const char *file = config_file ? config_file : bs_config_default_file();
    if (mkdir(directory, 0750) != 0) {
        if (errno == EEXIST)
            return EX_OK;
    } else if (geteuid() != 0 || chown(directory, (uid_t)-1, daemon_group(file)) == 0) {
        return EX_OK;
    }
    bs_output_error("%s: cannot make this directory: %s", directory, strerror(errno));
    return EX_CANTCREAT;
}

/* Whether the file has the group of its directory, where that is ours to give. */
static bool take_group(int fd, const char *directory)
{
    struct stat info;
    return !directory || geteuid() != 0 || (stat(directory, &info) == 0 && fchown(fd, (uid_t)-1, info.st_gid) == 0);
}

static bool write_pem(int fd, const char *directory, struct bs_bytes pem)
{
    if (!take_group(fd, directory) || fchmod(fd, 0640) != 0)
        return false;
    errno = ENOSPC; /* what a write that is cut short means; it sets none itself */
    return write(fd, pem.ptr, pem.len) == (ssize_t)pem.len && fsync(fd) == 0;
}

int bs_dkim_store_write(const char *path, const char *directory, const struct bs_private_key *key)
{
    struct bs_strbuf pem;
    bs_strbuf_init(&pem, BS_PRIVATE_KEY_PEM_MAX);
    if (!bs_private_key_pem(key, &pem)) {
        bs_output_error("the crypto library failed");
        bs_strbuf_free(&pem);
        return EX_SOFTWARE;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    bool written = fd >= 0 && write_pem(fd, directory, bs_strbuf_bytes(&pem));
    if (!written)
        bs_output_error("%s: %s", path, errno == EEXIST ? "is there already; a key is never overwritten"
                                                        : strerror(errno));
    if (fd >= 0 && !written)
        unlink(path);
    if (fd >= 0)
        close(fd);
    bs_secret_wipe(pem.ptr, pem.len);
    bs_strbuf_free(&pem);
    return written ? EX_OK : EX_CANTCREAT;
}

/* A selector that no key of the domain has: the date, r or e for the type, and a number from the second of a day. */
static bool invent_name(const struct bs_dkim_keys *keys, const struct bs_dkim_order *order, int64_t now,
                        struct bs_arena *arena, struct bs_bytes *ret_name)
{
    char date[BS_TIMESTAMP_TEXT], selector[SELECTOR_TEXT], number[4] = "";
    bs_timestamp_format(now, date);
    for (int i = 2; i <= SELECTORS_A_DAY; i++) {
        snprintf(selector, sizeof selector, "%.4s%.2s%.2s%c%s", date, date + 5, date + 8,
                 order->type == BS_KEY_RSA ? 'r' : 'e', number);
        if (!bs_dkim_key_name(bs_bytes_from_cstr(selector), order->domain, arena, ret_name))
            return false;
        if (!bs_dkim_keys_find(keys, *ret_name))
            return true;
        snprintf(number, sizeof number, "%d", i);
    }
    return false;
}

/* The key's name as DNS has it. */
static int name_key(const struct bs_dkim_keys *keys, const struct bs_dkim_order *order, int64_t now,
                    struct bs_arena *arena, struct bs_bytes *ret_name)
{
    struct bs_bytes selector, domain;
    bool named = order->selector.len > 0 ? bs_dkim_key_name(order->selector, order->domain, arena, ret_name)
                                         : invent_name(keys, order, now, arena, ret_name);
    if (named && bs_dkim_key_split(*ret_name, &selector, &domain))
        return EX_OK;
    bs_output_error("%.*s: there is no name for this key; give it a selector", BS_BYTES_ARG(order->domain));
    return EX_USAGE;
}

static int make_file(const struct bs_dkim_keys *keys, const struct bs_dkim_order *order, const char *path)
{
    struct bs_private_key *key = bs_private_key_make(order->type, order->bits);
    int status = key ? bs_dkim_store_write(path, keys->directory, key) : EX_SOFTWARE;
    if (!key)
        bs_output_error("the crypto library failed");
    bs_private_key_free(key);
    return status;
}

/* Reads the directory again; the states that were changed and not written are lost. */
static int read_again(struct bs_dkim_keys *io_keys, struct bs_arena *arena)
{
    struct bs_error error;
    const char *directory = bs_arena_printf(arena, "%s", io_keys->directory);
    bs_dkim_keys_free(io_keys);
    if (directory && bs_dkim_keys_read(directory, io_keys, &error))
        return EX_OK;
    bs_output_error("%s", directory ? error.text : "out of memory");
    return EX_CONFIG;
}

int bs_dkim_store_save(const struct bs_dkim_keys *keys)
{
    struct bs_error error;
    if (bs_dkim_keys_write(keys, &error))
        return EX_OK;
    bs_output_error("%s", error.text);
    return EX_CANTCREAT;
}

/* Gives the key that was made its line. */
static int note_new(struct bs_dkim_keys *keys, struct bs_bytes name, int64_t now)
{
    struct bs_dkim_stored_key *made = bs_dkim_keys_find(keys, name);
    if (made)
        bs_dkim_key_set_state(made, BS_DKIM_KEY_NEW, now);
    return bs_dkim_store_save(keys);
}

int bs_dkim_store_make(struct bs_dkim_keys *io_keys, const struct bs_dkim_order *order, int64_t now,
                       struct bs_arena *arena, struct bs_bytes *ret_name)
{
    int status = name_key(io_keys, order, now, arena, ret_name);
    if (status != EX_OK)
        return status;
    if (bs_dkim_keys_find(io_keys, *ret_name)) {
        bs_output_error("%.*s: there is, or was, a key of this name; take another selector", BS_BYTES_ARG(*ret_name));
        return EX_CANTCREAT;
    }
    if (io_keys->count == BS_DKIM_KEYS_MAX) {
        bs_output_error("%s: holds %d keys already; remove revoked ones and their lines", io_keys->directory,
                        BS_DKIM_KEYS_MAX);
        return EX_CANTCREAT;
    }
    const char *path = bs_arena_printf(arena, "%s/%.*s.pem", io_keys->directory, BS_BYTES_ARG(*ret_name));
    status = path ? make_file(io_keys, order, path) : EX_SOFTWARE;
    if (status == EX_OK)
        status = read_again(io_keys, arena);
    return status == EX_OK ? note_new(io_keys, *ret_name, now) : status;
}

struct bs_private_key *bs_dkim_store_load(const struct bs_dkim_stored_key *key, struct bs_error *ret_error)
{
    struct bs_error problem;
    struct bs_private_key *read = key->pem.ptr ? bs_private_key_read(key->pem, &problem) : NULL;
    if (!read)
        bs_error_set(ret_error, "%s: %s", key->path, key->pem.ptr ? problem.text : "the file is gone");
    return read;
}

int bs_dkim_store_record(const struct bs_private_key *key, struct bs_arena *arena, struct bs_bytes *ret_text)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, RECORD_MAX);
    if (!key)
        bs_strbuf_append_cstr(&text, "v=DKIM1; p=");
    bool made = !text.failed && (!key || bs_dkim_key_record_make(key, &text));
    *ret_text = made ? bs_arena_copy(arena, bs_strbuf_bytes(&text)) : bs_bytes(NULL, 0);
    bs_strbuf_free(&text);
    if (!ret_text->ptr)
        bs_output_error("the crypto library failed, or there is no memory");
    return ret_text->ptr ? EX_OK : EX_SOFTWARE;
}

void bs_dkim_store_print_record(struct bs_bytes name, struct bs_bytes text, FILE *out)
{
    fprintf(out, "%.*s. 3600 IN TXT", BS_BYTES_ARG(name));
    while (text.len > 0) {
        struct bs_bytes string = bs_bytes_first(text, TXT_STRING_MAX);
        fprintf(out, " \"%.*s\"", BS_BYTES_ARG(string));
        text = bs_bytes_skip(text, string.len);
    }
    fputc('\n', out);
}
