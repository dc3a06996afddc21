/* SPDX-License-Identifier: BSD-2-Clause */
/* Handling of secrets: comparing without telling where they differ, wiping, and making new ones. */
#ifndef BS_CRYPTO_SECRET_H
#define BS_CRYPTO_SECRET_H

#include "base/bytes.h"

/* Equal content, in a time that depends on the length only. */
bool bs_secret_equal(const void *a, const void *b, size_t size);

/* Overwrites memory in a way that the compiler does not take out. */
void bs_secret_wipe(void *memory, size_t size);

/* Bytes from the system's generator of secrets; false where it has none to give. */
bool bs_secret_random(unsigned char *ret_bytes, size_t size);

#endif
