/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the plan of setup; see setup_plan.h. */
#include "cli/setup_plan.h"

#include "base/hex.h"
#include "config/values.h"
#include "crypto/secret.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, KEY_DIGIT = 0 };

static bool out_of_memory(struct bs_error *ret_error)
{
    return bs_error_set(ret_error, "out of memory");
}

/* Room for one more file; there always is, see BS_SETUP_FILES_MAX. */
static struct bs_setup_file *new_file(struct bs_setup *setup, const struct bs_setup_file *file)
{
    setup->files[setup->file_count] = *file;
    return &setup->files[setup->file_count++];
}

/* A list of domains with room for those of Postfix and those of --domain. */
struct domain_list {
    struct bs_postfix_domain *items;
    size_t count;
};

static bool has_domain(const struct domain_list *list, struct bs_bytes name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bs_bytes_equal_nocase(list->items[i].name, name))
            return true;
    }
    return false;
}

static void tell_tables(struct bs_setup *setup, const struct bs_postfix_domains *domains)
{
    for (size_t i = 0; i < domains->table_count; i++) {
        const struct bs_postfix_table *table = &domains->tables[i];
        bs_findings_add(&setup->notes, BS_SEVERITY_NOTE, "table-unlisted",
                        "%s has %.*s; the domains in it, if there are any, cannot be listed", table->parameter,
                        BS_BYTES_ARG(table->text));
        bs_findings_repair(&setup->notes, "name each that sends mail: backstop setup --domain NAME");
    }
    if (domains->incomplete)
        bs_findings_add(&setup->notes, BS_SEVERITY_WARNING, "domains-too-many",
                        "Postfix names more than %d domains or %d tables; the rest is left out",
                        BS_POSTFIX_DOMAINS_MAX, BS_POSTFIX_TABLES_MAX);
}

/* Those of Postfix that backstop.conf can hold. */
static bool add_postfix_domains(struct bs_setup *setup, const char *our_map, struct domain_list *list,
                                struct bs_error *ret_error)
{
    struct bs_postfix_domains domains = {0};
    struct bs_error problem;
    if (!setup->no_postfix &&
        !bs_postfix_domains(setup->postfix.settings, bs_bytes_from_cstr(our_map), &setup->arena, &domains))
        return out_of_memory(ret_error);
    size_t room = domains.count + setup->request->domain_count + 1;
    *list = (struct domain_list){.items = bs_arena_take(&setup->arena, room * sizeof *list->items)};
    if (!list->items)
        return out_of_memory(ret_error);
    for (size_t i = 0; i < domains.count; i++) {
        if (bs_value_check_domain(domains.items[i].name, &problem)) {
            list->items[list->count++] = domains.items[i];
            continue;
        }
        bs_findings_add(&setup->notes, BS_SEVERITY_WARNING, "domain-odd", "%s has %.*s, which is left out: it %s",
                        domains.items[i].parameter, BS_BYTES_ARG(domains.items[i].name), problem.text);
    }
    tell_tables(setup, &domains);
    return true;
}

static bool find_domains(struct bs_setup *setup, const char *our_map, struct domain_list *list,
                         struct bs_error *ret_error)
{
    struct bs_error problem;
    if (!add_postfix_domains(setup, our_map, list, ret_error))
        return false;
    for (size_t i = 0; i < setup->request->domain_count; i++) {
        struct bs_bytes name = bs_bytes_from_cstr(setup->request->domains[i]);
        if (!bs_value_check_domain(name, &problem))
            return bs_error_set(ret_error, "--domain \"%s\" %s", name.ptr, problem.text);
        if (!has_domain(list, name))
            list->items[list->count++] = (struct bs_postfix_domain){name, "--domain"};
    }
    return true;
}

static bool find_networks(struct bs_setup *setup, struct bs_postfix_networks *ret_networks,
                          struct bs_error *ret_error)
{
    *ret_networks = (struct bs_postfix_networks){0};
    if (setup->no_postfix)
        return true;
    if (!bs_postfix_networks(setup->postfix.settings, &setup->arena, ret_networks))
        return out_of_memory(ret_error);
    for (size_t i = 0; i < ret_networks->other_count; i++) {
        bs_findings_add(&setup->notes, BS_SEVERITY_NOTE, "network-odd",
                        "mynetworks has %.*s, which cannot be taken over",
                        BS_BYTES_ARG(ret_networks->others[i]));
        bs_findings_repair(&setup->notes, "list under networks in %s the addresses that it stands for",
                           setup->request->config_file);
    }
    return true;
}

const char *bs_setup_directory(struct bs_setup *setup)
{
    const char *file = setup->request->config_file;
    return bs_arena_printf(&setup->arena, "%.*s", (int)(strrchr(file, '/') - file), file);
}

static const char *key_path(struct bs_setup *setup)
{
    const char *directory = bs_setup_directory(setup);
    return directory ? bs_arena_printf(&setup->arena, "%s/batv.%d.key", directory, KEY_DIGIT) : NULL;
}

static bool write_new(struct bs_setup *setup, const struct domain_list *domains, struct bs_strbuf *text,
                      struct bs_error *ret_error)
{
    struct bs_postfix_networks networks;
    const char *key = key_path(setup);
    if (!key)
        return out_of_memory(ret_error);
    if (!find_networks(setup, &networks, ret_error))
        return false;
    bs_setup_config_new(&setup->request->wishes, &networks, setup->request->config_file, key, domains->items,
                        domains->count, text);
    return true;
}

static bool extend(struct bs_setup *setup, const struct bs_setup_file *file, const struct bs_config *config,
                   const struct domain_list *domains, struct bs_strbuf *text, struct bs_error *ret_error)
{
    const struct bs_setup_wishes *wishes = &setup->request->wishes;
    if (wishes->milter || wishes->socketmap || wishes->user)
        return bs_error_set(ret_error, "%s is there already: change milter, socketmap and user in it, and run setup "
                            "without these options", file->path);
    bs_setup_config_extend(config, file->before, domains->items, domains->count, text);
    return true;
}

/* The text that the file is to have, in the arena. */
static bool write_config(struct bs_setup *setup, struct bs_setup_file *file, const struct bs_config *config,
                         struct bs_error *ret_error)
{
    struct domain_list domains;
    struct bs_strbuf text;
    if (!find_domains(setup, config->socketmap_name, &domains, ret_error))
        return false;
    bs_strbuf_init(&text, BS_SETUP_FILE_MAX);
    bool good = file->exists ? extend(setup, file, config, &domains, &text, ret_error)
                             : write_new(setup, &domains, &text, ret_error);
    file->after = bs_arena_copy(&setup->arena, bs_strbuf_bytes(&text));
    good = good && ((!text.failed && file->after.ptr) || out_of_memory(ret_error));
    bs_strbuf_free(&text);
    return good;
}

static bool plan_config(struct bs_setup *setup, struct bs_error *ret_error)
{
    struct bs_setup_file file;
    struct bs_config config;
    if (!bs_setup_file_read(setup->request->config_file, &setup->arena, &file, ret_error) ||
        !bs_config_parse(file.exists ? file.before.ptr : "", file.path, &config, ret_error))
        return false;
    bool good = write_config(setup, &file, &config, ret_error);
    bs_config_free(&config);
    if (!good || !bs_config_parse(file.after.ptr, file.path, &setup->config, ret_error))
        return false;
    setup->no_domain = setup->config.domain_count == 0;
    if (setup->no_domain)
        return bs_error_set(ret_error, "%s; name the domains that send mail: backstop setup --domain NAME",
                            setup->no_postfix ? setup->no_postfix : "Postfix names no domain of ours");
    if (!file.exists || !bs_bytes_equal(file.before, file.after))
        new_file(setup, &file);
    return true;
}

/* The group that must read the key: the daemon's. */
static bool find_group(struct bs_setup *setup, gid_t *ret_group, const char **ret_owner)
{
    const struct bs_config *config = &setup->config;
    const struct passwd *user = config->user[0] ? getpwnam(config->user) : NULL;
    const struct group *group = config->group[0] ? getgrnam(config->group) : user ? getgrgid(user->pw_gid) : NULL;
    if (config->user[0] == '\0')
        return false;
    if (!user || !group) {
        bs_findings_add(&setup->notes, BS_SEVERITY_WARNING, "user-missing",
                        "there is no user \"%s\", or it has no group: backstopd cannot become it", config->user);
        bs_findings_repair(&setup->notes, "make it: useradd --system --user-group --no-create-home --shell "
                           "/usr/sbin/nologin %s; or name another: backstop setup --user NAME", config->user);
        return false;
    }
    *ret_group = group->gr_gid;
    *ret_owner = bs_arena_printf(&setup->arena, "root:%s", group->gr_name);
    return *ret_owner != NULL;
}

/* A line with a new secret, in the arena. */
static bool make_secret(struct bs_arena *arena, struct bs_bytes *ret_line)
{
    unsigned char secret[SECRET_BYTES];
    char line[2 * SECRET_BYTES + 2];
    if (!bs_secret_random(secret, sizeof secret))
        return false;
    bs_hex_encode(bs_bytes(secret, sizeof secret), line);
    strcat(line, "\n");
    *ret_line = bs_arena_copy(arena, bs_bytes_from_cstr(line));
    bs_secret_wipe(secret, sizeof secret);
    bs_secret_wipe(line, sizeof line);
    return ret_line->ptr != NULL;
}

/* A secret for each key that has no file yet. */
static bool plan_keys(struct bs_setup *setup, struct bs_error *ret_error)
{
    gid_t group = (gid_t)-1;
    const char *owner = NULL;
    bool has_group = find_group(setup, &group, &owner) && geteuid() == 0;
    for (size_t i = 0; i < setup->config.key_count; i++) {
        const char *path = setup->config.keys[i].secret_file;
        struct bs_setup_file file = {.path = path, .mode = has_group ? 0640 : 0600, .group = group, .secret = true,
                                     .owner = has_group ? owner : NULL};
        if (access(path, F_OK) == 0)
            continue;
        if (errno != ENOENT && errno != ENOTDIR)
            return bs_error_set(ret_error, "%s: cannot be looked at: %s", path, strerror(errno));
        if (!make_secret(&setup->arena, &file.after))
            return bs_error_set(ret_error, "the system has no random bytes to give");
        new_file(setup, &file);
    }
    return true;
}

/* The text of main.cf without what matches, in the arena. */
static bool take_out(struct bs_setup *setup, struct bs_setup_file *file, const struct bs_postfix_sockets *sockets,
                     bool (*matches)(const void *, struct bs_bytes, struct bs_bytes), struct bs_error *ret_error)
{
    const struct bs_main_cf_filter filter = {matches, sockets, .keep_mark = matches == bs_postfix_matches_stale};
    struct bs_strbuf text;
    bs_strbuf_init(&text, BS_MAIN_CF_MAX);
    bs_main_cf_remove(file->after, &filter, &text);
    file->after = bs_arena_copy(&setup->arena, bs_strbuf_bytes(&text));
    bool good = !text.failed && file->after.ptr;
    bs_strbuf_free(&text);
    return good || bs_error_set(ret_error, "%s: too large to be edited", file->path);
}

static bool put_in(struct bs_setup *setup, struct bs_setup_file *file, const struct bs_postfix_sockets *sockets,
                   struct bs_error *ret_error)
{
    struct bs_main_cf_item items[BS_POSTFIX_LISTS];
    struct bs_strbuf text;
    size_t count = bs_postfix_plan(sockets, &setup->arena, items);
    if (count > BS_POSTFIX_LISTS)
        return out_of_memory(ret_error);
    if (count == 0)
        return true;
    bs_strbuf_init(&text, BS_MAIN_CF_MAX);
    bs_main_cf_add(file->after, items, count, &text);
    file->after = bs_arena_copy(&setup->arena, bs_strbuf_bytes(&text));
    bool good = !text.failed && file->after.ptr &&
                bs_postfix_assume_plan(setup->postfix.settings, items, count, &setup->arena);
    bs_strbuf_free(&text);
    return good || bs_error_set(ret_error, "%s: too large to be edited", file->path);
}

static void keep_main_cf(struct bs_setup *setup, const struct bs_setup_file *file)
{
    if (!bs_bytes_equal(file->before, file->after))
        setup->main_cf = new_file(setup, file);
}

/* The lines of main.cf, and what else of Postfix's settings does not fit. */
static bool plan_main_cf(struct bs_setup *setup, struct bs_error *ret_error)
{
    struct bs_postfix_expectation expected;
    struct bs_setup_file file;
    if (!bs_postfix_expect(&setup->config, setup->postfix.settings, &setup->arena, &expected))
        return out_of_memory(ret_error);
    if (!bs_setup_file_read(setup->postfix.main_cf, &setup->arena, &file, ret_error) ||
        !take_out(setup, &file, &expected.sockets, bs_postfix_matches_stale, ret_error) ||
        !put_in(setup, &file, &expected.sockets, ret_error))
        return false;
    keep_main_cf(setup, &file);
    bs_postfix_check(&expected, &setup->notes);
    return true;
}

/* What the configuration calls ours; without a good one, what its defaults do. */
static bool load_config_or_defaults(struct bs_setup *setup, struct bs_error *ret_error)
{
    struct bs_error problem;
    if (bs_config_load(setup->request->config_file, &setup->config, &problem))
        return true;
    if (access(setup->request->config_file, F_OK) == 0)
        bs_findings_add(&setup->notes, BS_SEVERITY_WARNING, "config",
                        "%s; taking out what stands for the default sockets", problem.text);
    return bs_config_parse("", setup->request->config_file, &setup->config, ret_error);
}

/* Whether a list of Postfix's still has an item of ours. */
static bool has_any(const struct bs_postfix *postfix, const struct bs_postfix_sockets *sockets)
{
    for (size_t i = 0; i < BS_POSTFIX_LISTS; i++) {
        struct bs_bytes item, value = bs_postfix_value(postfix, bs_postfix_lists[i]);
        while (bs_postfix_list_next(&value, &item)) {
            if (bs_postfix_matches_ours(sockets, bs_bytes_from_cstr(bs_postfix_lists[i]), item))
                return true;
        }
    }
    return false;
}

static bool plan_removal(struct bs_setup *setup, struct bs_error *ret_error)
{
    struct bs_postfix_expectation expected;
    struct bs_setup_file file;
    if (!load_config_or_defaults(setup, ret_error))
        return false;
    if (setup->no_postfix)
        return true;
    if (!bs_postfix_expect(&setup->config, setup->postfix.settings, &setup->arena, &expected))
        return out_of_memory(ret_error);
    if (!bs_setup_file_read(setup->postfix.main_cf, &setup->arena, &file, ret_error) ||
        !take_out(setup, &file, &expected.sockets, bs_postfix_matches_ours, ret_error))
        return false;
    keep_main_cf(setup, &file);
    if (!setup->main_cf && has_any(setup->postfix.settings, &expected.sockets)) {
        bs_findings_add(&setup->notes, BS_SEVERITY_WARNING, "indirect", "Postfix uses backstop through a setting of "
                        "another name, which is not ours to change");
        bs_findings_repair(&setup->notes, "take it out by hand; postconf -x smtpd_milters non_smtpd_milters "
                           "virtual_alias_maps shows it");
    }
    if (setup->main_cf)
        bs_findings_add(&setup->notes, BS_SEVERITY_NOTE, "bounces-lost",
                        "bounces of mail that has left with a tag are refused from then on: Postfix knows no tagged "
                        "recipient without backstop");
    return true;
}

static bool plan_addition(struct bs_setup *setup, struct bs_error *ret_error)
{
    return plan_config(setup, ret_error) && plan_keys(setup, ret_error) &&
           (setup->no_postfix || plan_main_cf(setup, ret_error));
}

bool bs_setup_plan(const struct bs_setup_request *request, struct bs_setup *ret_setup, struct bs_error *ret_error)
{
    *ret_setup = (struct bs_setup){.request = request};
    bs_arena_init(&ret_setup->arena, BS_POSTFIX_MEMORY);
    bs_findings_init(&ret_setup->notes, &ret_setup->arena);
    if (!bs_postfix_load(&request->place, &ret_setup->arena, &ret_setup->postfix, ret_error))
        return false;
    if (!ret_setup->postfix.postconf) {
        ret_setup->no_postfix = bs_arena_copy(&ret_setup->arena, bs_bytes_from_cstr(ret_error->text)).ptr;
        if (!ret_setup->no_postfix)
            return out_of_memory(ret_error);
    }
    return request->remove ? plan_removal(ret_setup, ret_error) : plan_addition(ret_setup, ret_error);
}

void bs_setup_free(struct bs_setup *setup)
{
    for (size_t i = 0; i < setup->file_count; i++) {
        if (setup->files[i].secret)
            bs_secret_wipe((void *)setup->files[i].after.ptr, setup->files[i].after.len);
    }
    bs_config_free(&setup->config);
    bs_arena_reset(&setup->arena);
}

bool bs_setup_is_in_force(const struct bs_setup *setup, struct bs_error *ret_error)
{
    struct bs_arena arena;
    struct bs_postfix_machine now;
    struct bs_postfix_expectation expected;
    struct bs_main_cf_item items[BS_POSTFIX_LISTS];
    bs_arena_init(&arena, BS_POSTFIX_MEMORY);
    bool good = bs_postfix_load(&setup->request->place, &arena, &now, ret_error);
    if (good && !bs_postfix_expect(&setup->config, now.settings, &arena, &expected))
        good = out_of_memory(ret_error);
    if (good && setup->request->remove && has_any(now.settings, &expected.sockets))
        good = bs_error_set(ret_error, "postconf still shows an item of ours: a setting of another name holds it");
    if (good && !setup->request->remove && bs_postfix_plan(&expected.sockets, &arena, items) != 0)
        good = bs_error_set(ret_error, "postconf does not show what was written");
    bs_arena_reset(&arena);
    return good;
}
