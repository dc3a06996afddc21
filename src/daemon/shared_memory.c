/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that filters share; see shared_memory.h. */
#include "daemon/shared_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

enum { BYTES_PER_NAME = 8 };

static bool make_secret(void *secret, size_t size, struct bs_error *ret_error)
{
    return getrandom(secret, size, 0) == (ssize_t)size ||
           bs_error_set(ret_error, "the system gives no random numbers: %s", strerror(errno));
}

static void *map(size_t size, struct bs_error *ret_error)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        return memory;
    bs_error_set(ret_error, "no memory for what the filters share: %s", strerror(errno));
    return NULL;
}

static size_t names_for(size_t size)
{
    return size / BYTES_PER_NAME;
}

static bool make_sent(struct bs_shared_memory *shared, struct bs_error *ret_error)
{
    unsigned char secret[BS_SENT_KEY_SIZE];
    size_t names = names_for(shared->sent_size);
    if (!make_secret(secret, sizeof secret, ret_error))
        return false;
    void *memory = map(bs_sent_memory_size(names), ret_error);
    if (!memory)
        return false;
    shared->sent = bs_sent_memory_begin(memory, names, secret, time(NULL));
    return true;
}

static bool make_campaigns(struct bs_shared_memory *shared, struct bs_error *ret_error)
{
    uint64_t key[2];
    if (!make_secret(key, sizeof key, ret_error))
        return false;
    void *memory = map(bs_shared_campaigns_size(), ret_error);
    if (!memory)
        return false;
    shared->campaigns = bs_shared_campaigns_begin(memory, key);
    if (shared->campaigns)
        return true;
    munmap(memory, bs_shared_campaigns_size());
    return bs_error_set(ret_error, "the system knows no locks that processes share");
}

bool bs_shared_memory_make(const struct bs_config *config, const struct bs_shared_memory *current,
                           struct bs_shared_memory *ret_shared, struct bs_error *ret_error)
{
    size_t size = (size_t)config->sent_registry;
    *ret_shared = (struct bs_shared_memory){.sent_size = size, .campaigns = current ? current->campaigns : NULL};
    bool kept = current && current->sent_size == size;
    if (kept)
        ret_shared->sent = current->sent;
    bool made = (kept || size == 0 || make_sent(ret_shared, ret_error)) &&
                (ret_shared->campaigns || make_campaigns(ret_shared, ret_error));
    if (!made)
        bs_shared_memory_drop(ret_shared, current);
    return made;
}

void bs_shared_memory_drop(struct bs_shared_memory *shared, const struct bs_shared_memory *kept)
{
    if (shared->sent && (!kept || kept->sent != shared->sent))
        munmap(shared->sent, bs_sent_memory_size(names_for(shared->sent_size)));
    if (shared->campaigns && (!kept || kept->campaigns != shared->campaigns))
        munmap(shared->campaigns, bs_shared_campaigns_size());
    *shared = (struct bs_shared_memory){.sent = NULL};
}
