/* SPDX-License-Identifier: BSD-2-Clause */
/* Secrets, by OpenSSL; see secret.h. */
#include "crypto/secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

bool bs_secret_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

void bs_secret_wipe(void *memory, size_t size)
{
    OPENSSL_cleanse(memory, size);
}

bool bs_secret_random(unsigned char *ret_bytes, size_t size)
{
    return size <= INT_MAX && RAND_priv_bytes(ret_bytes, (int)size) == 1;
}
