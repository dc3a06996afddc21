/* SPDX-License-Identifier: BSD-2-Clause */
/* Names in a hash table; see name_set.h. */
#include "policy/name_set.h"

#define HASH_NONFATAL_OOM 1
#include <stdlib.h>
#include <uthash.h>

struct bs_name_entry {
    void *value;
    UT_hash_handle hh;
    size_t length;
    char name[]; /* in lower case */
};

static void fold(struct bs_bytes name, char *ret_folded)
{
    for (size_t i = 0; i < name.len; i++)
        ret_folded[i] = bs_ascii_lower(name.ptr[i]);
}

bool bs_name_set_add(struct bs_name_set *set, struct bs_bytes name, void *value)
{
    if (name.len > BS_NAME_MAX || bs_name_set_find(set, name, NULL))
        return false;
    struct bs_name_entry *entry = calloc(1, sizeof *entry + name.len);
    if (!entry)
        return false;
    entry->value = value;
    entry->length = name.len;
    fold(name, entry->name);
    HASH_ADD_KEYPTR(hh, set->entries, entry->name, (unsigned)entry->length, entry);
    if (bs_name_set_find(set, name, NULL))
        return true;
    free(entry);
    return false;
}

bool bs_name_set_find(const struct bs_name_set *set, struct bs_bytes name, void **ret_value)
{
    char folded[BS_NAME_MAX];
    struct bs_name_entry *entry;
    if (!set->entries || name.len > sizeof folded)
        return false;
    fold(name, folded);
    HASH_FIND(hh, set->entries, folded, (unsigned)name.len, entry);
    if (entry && ret_value)
        *ret_value = entry->value;
    return entry != NULL;
}

void bs_name_set_clear(struct bs_name_set *set, void (*free_value)(void *value))
{
    struct bs_name_entry *entry, *next;
    HASH_ITER(hh, set->entries, entry, next)
    {
        HASH_DEL(set->entries, entry);
        if (free_value)
            free_value(entry->value);
        free(entry);
    }
}
