/* SPDX-License-Identifier: BSD-2-Clause */
/* Digests, by OpenSSL; see digest.h. */
#include "crypto/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct bs_digest {
    EVP_MD_CTX *running;
    EVP_MD_CTX *copy; /* made when a sum is asked for */
};

size_t bs_digest_size(enum bs_digest_algorithm algorithm)
{
    return algorithm == BS_DIGEST_SHA1 ? 20 : 32;
}

struct bs_digest *bs_digest_new(enum bs_digest_algorithm algorithm)
{
    struct bs_digest *digest = calloc(1, sizeof *digest);
    EVP_MD *method = digest ? EVP_MD_fetch(NULL, algorithm == BS_DIGEST_SHA1 ? "SHA1" : "SHA256", NULL) : NULL;
    if (method) {
        digest->running = EVP_MD_CTX_new();
        digest->copy = EVP_MD_CTX_new();
    }
    bool ready = method && digest->running && digest->copy && EVP_DigestInit_ex2(digest->running, method, NULL) == 1;
    EVP_MD_free(method);
    if (ready)
        return digest;
    bs_digest_free(digest);
    return NULL;
}

void bs_digest_free(struct bs_digest *digest)
{
    if (digest) {
        EVP_MD_CTX_free(digest->running);
        EVP_MD_CTX_free(digest->copy);
    }
    free(digest);
}

bool bs_digest_reset(struct bs_digest *digest)
{
    return EVP_DigestInit_ex2(digest->running, NULL, NULL) == 1;
}

bool bs_digest_update(struct bs_digest *digest, struct bs_bytes bytes)
{
    return EVP_DigestUpdate(digest->running, bytes.ptr, bytes.len) == 1;
}

bool bs_digest_sum(struct bs_digest *digest, unsigned char ret_sum[BS_DIGEST_MAX])
{
    return EVP_MD_CTX_copy_ex(digest->copy, digest->running) == 1 &&
           EVP_DigestFinal_ex(digest->copy, ret_sum, NULL) == 1;
}
