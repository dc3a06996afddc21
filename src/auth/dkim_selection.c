/* SPDX-License-Identifier: BSD-2-Clause */
/* Which fields a signature covers; see dkim_selection.h. */
#include "auth/dkim_selection.h"

void bs_dkim_selection_init(struct bs_dkim_selection *selection, const struct bs_header *header,
                            const struct bs_header_field *own)
{
    selection->header = header;
    memset(selection->taken, 0, header->count);
    if (own)
        selection->taken[own - header->fields] = 1;
}

const struct bs_header_field *bs_dkim_select(struct bs_dkim_selection *selection, struct bs_bytes name)
{
    unsigned hash = bs_header_name_hash(name);
    for (size_t i = selection->header->count; i-- > 0;) {
        const struct bs_header_field *field = &selection->header->fields[i];
        if (field->name_hash == hash && !selection->taken[i] && bs_header_field_is(field, name)) {
            selection->taken[i] = 1;
            return field;
        }
    }
    return NULL;
}

/* Whether a reader that skips odd bytes around the name would take the field for one of this name. */
static bool may_pass_for(const struct bs_header_field *field, struct bs_bytes name)
{
    struct bs_bytes found = field->name;
    while (found.len > 0 && ((unsigned char)found.ptr[0] <= 0x20 || found.ptr[0] & 0x80))
        found = bs_bytes_skip(found, 1);
    while (found.len > 0 && ((unsigned char)found.ptr[found.len - 1] <= 0x20 || found.ptr[found.len - 1] & 0x80))
        found = bs_bytes_first(found, found.len - 1);
    return bs_bytes_equal_nocase(found, name);
}

bool bs_dkim_selection_left(const struct bs_dkim_selection *selection, struct bs_bytes name)
{
    for (size_t i = 0; i < selection->header->count; i++) {
        if (!selection->taken[i] && may_pass_for(&selection->header->fields[i], name))
            return true;
    }
    return false;
}
