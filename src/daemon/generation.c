/* SPDX-License-Identifier: BSD-2-Clause */
/* A configuration made ready to serve; see supervisor.h. */
#include "daemon/privileges.h"
#include "daemon/supervisor.h"

#include <stdlib.h>

static bool load_configuration(const char *path, struct bs_generation *generation, struct bs_error *ret_error)
{
    if (!bs_config_load(path, &generation->config, ret_error))
        return false;
    if (generation->config.domain_count == 0)
        bs_error_set(ret_error, "%s: no domain \"…\" section, so there is nothing to protect; is the file whole?", path);
    else if (bs_settings_load(&generation->config, &generation->settings, ret_error))
        return true;
    bs_config_free(&generation->config);
    return false;
}

void bs_generation_free(struct bs_generation *generation, const struct bs_generation *kept)
{
    bs_shared_memory_drop(&generation->shared, kept ? &kept->shared : NULL);
    bs_settings_free(&generation->settings);
    bs_config_free(&generation->config);
    free(generation);
}

/* What takes longer, and what filters share. */
static bool prepare(struct bs_generation *generation, const struct bs_generation *current, struct bs_error *ret_error)
{
    return bs_settings_load_rules(&generation->config, &generation->settings, ret_error) &&
           bs_shared_memory_make(&generation->config, current ? &current->shared : NULL, &generation->shared, ret_error);
}

/* Key files are read once more after the rights are gone: what only root can read would fail at the next SIGHUP. */
static bool check_keys_again(const struct bs_config *config, struct bs_error *ret_error)
{
    struct bs_settings settings;
    if (!bs_settings_load(config, &settings, ret_error))
        return false;
    bs_settings_free(&settings);
    return true;
}

static bool open_sockets(struct bs_generation *generation, struct bs_generation *current, struct bs_error *ret_error)
{
    struct bs_listeners *listeners = &generation->listeners;
    if (!bs_listeners_open(&generation->config, current ? &current->listeners : NULL, listeners, ret_error))
        return false;
    if (current)
        return true;
    if (bs_privileges_drop(&generation->config, ret_error) && check_keys_again(&generation->config, ret_error))
        return true;
    bs_listeners_drop(listeners, NULL);
    return false;
}

struct bs_generation *bs_generation_load(const char *path, struct bs_generation *current, struct bs_error *ret_error)
{
    struct bs_generation *generation = calloc(1, sizeof *generation);
    if (!generation) {
        bs_error_set(ret_error, "no memory for the configuration");
        return NULL;
    }
    if (!load_configuration(path, generation, ret_error)) {
        free(generation);
        return NULL;
    }
    if (prepare(generation, current, ret_error) && open_sockets(generation, current, ret_error))
        return generation;
    bs_generation_free(generation, current);
    return NULL;
}
