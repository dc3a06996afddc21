/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading files of rules; see rule_files.h. */
#include "engine/rule_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static bool read_file(const char *path, struct bs_strbuf *out, struct bs_error *ret_error)
{
    char chunk[16 * 1024];
    size_t count;
    FILE *file = fopen(path, "re");
    if (!file)
        return bs_error_set(ret_error, "%s: cannot be opened: %s", path, strerror(errno));
    while (!out->failed && (count = fread(chunk, 1, sizeof chunk, file)) > 0)
        bs_strbuf_append(out, bs_bytes(chunk, count));
    bool broken = ferror(file) != 0;
    fclose(file);
    if (broken)
        return bs_error_set(ret_error, "%s: cannot be read: %s", path, strerror(errno));
    return !out->failed || bs_error_set(ret_error, "%s: more than the %d bytes that a file of rules may have", path,
                                        BS_RULE_FILE_MAX);
}

static struct bs_rules *load(const struct bs_config_list *files, struct bs_strbuf *texts, struct bs_bytes *views,
                             struct bs_error *ret_error)
{
    for (size_t i = 0; i < files->count; i++) {
        bs_strbuf_init(&texts[i], BS_RULE_FILE_MAX);
        if (!read_file(files->items[i], &texts[i], ret_error))
            return NULL;
        views[i] = bs_strbuf_bytes(&texts[i]);
    }
    return bs_rules_new_with(views, files->items, files->count, ret_error);
}

struct bs_rules *bs_rule_files_load(const struct bs_config_list *files, struct bs_error *ret_error)
{
    struct bs_strbuf *texts = calloc(files->count + 1, sizeof *texts);
    struct bs_bytes *views = calloc(files->count + 1, sizeof *views);
    struct bs_rules *rules = NULL;
    if (texts && views)
        rules = load(files, texts, views, ret_error);
    else
        bs_error_set(ret_error, "no memory for the files of rules");
    for (size_t i = 0; texts && i < files->count; i++)
        bs_strbuf_free(&texts[i]);
    free(texts);
    free(views);
    return rules;
}
