/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registry of what was sent, in memory: for each message that passed through us the names that proof/sent_name.h
 * makes of it, and the day. It lies in memory that the caller gives and that processes may share, such as
 * mmap(MAP_SHARED | MAP_ANONYMOUS) before they are forked; all of them may put and get at once, without locks.
 *
 * It has a fixed size. A name falls into one of many small sets; where the set is full, its oldest name is forgotten.
 * A name is kept as a fingerprint under a secret key, so that nobody can choose names that fall together: a lookup is
 * wrong with a chance of 2^-45. It does not outlive the memory.
 *
 * What it does not know did not pass, if it did not pass before `since` of the answer: when the registry began, last
 * forgot a name, or was told of mail that it cannot know (bs_sent_memory_gap).
 */
#ifndef BS_STORE_SENT_H
#define BS_STORE_SENT_H

#include "ask/sent.h"

enum {
    BS_SENT_NAMES_MIN = 1024,
    BS_SENT_NAMES_MAX = 1 << 27, /* 1 GB */
    BS_SENT_KEY_SIZE = 16,       /* bytes of the secret */
};

struct bs_sent_memory;

/* Bytes that a registry of so many names needs; 0 below BS_SENT_NAMES_MIN and above BS_SENT_NAMES_MAX. Each takes 8,
 * and a message has two or three. */
size_t bs_sent_memory_size(size_t names);

/* Begins a registry in `memory`, which is zeroed, aligned to 64 bytes and has bs_sent_memory_size(names) bytes. The
 * registry is where the memory is; there is nothing to be freed. */
struct bs_sent_memory *bs_sent_memory_begin(void *memory, size_t names, const unsigned char secret[BS_SENT_KEY_SIZE],
                                            int64_t now);

/* Remembers a name. */
void bs_sent_memory_put(struct bs_sent_memory *memory, struct bs_bytes name, int64_t now);

/* Mail passed that has no name: one without a Message-ID, to which the MTA may add one later. */
void bs_sent_memory_gap(struct bs_sent_memory *memory, int64_t now);

/* Looks a name up. The answer is KNOWN or UNKNOWN. */
struct bs_sent_answer bs_sent_memory_get(const struct bs_sent_memory *memory, struct bs_bytes name);

#endif
