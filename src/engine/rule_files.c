/* SPDX-License-Identifier: BSD-2-Clause */
/* From files to rules; see rule_files.h. */
#include "engine/rule_files.h"

#include "config/text_files.h"

struct bs_rules *bs_rule_files_load(const struct bs_config_list *files, struct bs_error *ret_error)
{
    struct bs_text_files read;
    if (!bs_text_files_read(files, BS_RULE_FILE_MAX, &read, ret_error))
        return NULL;
    struct bs_rules *rules = bs_rules_new_with(read.texts, files->items, read.count, ret_error);
    bs_text_files_free(&read);
    return rules;
}
