/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that the configuration names and that others make sense of, such as rules: their contents, whole. */
#ifndef BS_CONFIG_TEXT_FILES_H
#define BS_CONFIG_TEXT_FILES_H

#include "config/config.h"

struct bs_text_files {
    struct bs_bytes *texts; /* of each, in the list's order */
    size_t count;
    struct bs_strbuf *buffers; /* private */
};

/* Reads them, each of `max` bytes at most. False with an error that names the file; then there is nothing to free. */
bool bs_text_files_read(const struct bs_config_list *files, size_t max, struct bs_text_files *ret_files,
                        struct bs_error *ret_error);
void bs_text_files_free(struct bs_text_files *files);

#endif
