/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading whole files; see text_files.h. */
#include "config/text_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 16 * 1024 };

static bool read_file(const char *path, struct bs_strbuf *out, struct bs_error *ret_error)
{
    char chunk[CHUNK];
    size_t count;
    FILE *file = fopen(path, "re");
    if (!file)
        return bs_error_set(ret_error, "%s: cannot be opened: %s", path, strerror(errno));
    while (!out->failed && (count = fread(chunk, 1, sizeof chunk, file)) > 0)
        bs_strbuf_append(out, bs_bytes(chunk, count));
    bool broken = ferror(file) != 0;
    int why = errno;
    fclose(file);
    if (broken)
        return bs_error_set(ret_error, "%s: cannot be read: %s", path, strerror(why));
    return !out->failed || bs_error_set(ret_error, "%s: more than the %zu bytes that it may have", path, out->limit);
}

bool bs_text_files_read(const struct bs_config_list *files, size_t max, struct bs_text_files *ret_files,
                        struct bs_error *ret_error)
{
    bool good = true;
    *ret_files = (struct bs_text_files){
        .texts = calloc(files->count + 1, sizeof *ret_files->texts),
        .buffers = calloc(files->count + 1, sizeof *ret_files->buffers),
    };
    if (!ret_files->texts || !ret_files->buffers)
        good = bs_error_set(ret_error, "no memory for the files of the configuration");
    for (size_t i = 0; good && i < files->count; i++) {
        bs_strbuf_init(&ret_files->buffers[i], max);
        ret_files->count++;
        good = read_file(files->items[i], &ret_files->buffers[i], ret_error);
        ret_files->texts[i] = bs_strbuf_bytes(&ret_files->buffers[i]);
    }
    if (!good)
        bs_text_files_free(ret_files);
    return good;
}

void bs_text_files_free(struct bs_text_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        bs_strbuf_free(&files->buffers[i]);
    free(files->texts);
    free(files->buffers);
    *files = (struct bs_text_files){.count = 0};
}
