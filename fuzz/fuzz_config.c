/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a configuration file: what is accepted is printed as a file that means the same. */
#include "fuzz.h"

#include "config/check.h"
#include "config/parse.h"

static bool read_config(struct bs_bytes text, struct bs_config *ret_config)
{
    struct bs_error error;
    *ret_config = (struct bs_config){.file = "input"};
    bs_arena_init(&ret_config->arena, BS_CONFIG_MEMORY_MAX);
    return bs_config_fill(text, "input", ret_config, &error) && bs_config_check(ret_config, &error);
}

/* What one of the printing functions writes; to be freed. */
static char *print(const struct bs_config *config, void (*write)(const struct bs_config *, FILE *))
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    write(config, out);
    fclose(out);
    return text;
}

static void check_round_trip(const struct bs_config *config)
{
    struct bs_config again;
    char *first = print(config, bs_config_show);
    if (!read_config(bs_bytes_from_cstr(first), &again))
        abort();
    char *second = print(&again, bs_config_show);
    if (strcmp(first, second) != 0)
        abort();
    bs_config_free(&again);
    free(first);
    free(second);
    free(print(config, bs_config_show_json));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_config config;
    if (read_config(bs_bytes(data, size), &config))
        check_round_trip(&config);
    bs_config_free(&config);
    return 0;
}
