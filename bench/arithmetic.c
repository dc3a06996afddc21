/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arithmetic that nobody who verifies DKIM is spared, and nothing else: for each message of a folder SHA-256 over
 * its bytes and, where it has a DKIM-Signature, one RSA-2048 verification with a key that is ready, by OpenSSL.
 *
 *   bench-arithmetic FOLDER [SECONDS]   prints, as JSON, the processor time for each message in microseconds
 *
 * The signature that is verified is another one, of the same size: what it costs does not depend on its bytes.
 */
#include "base/bytes.h"
#include "letters.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>

enum { KEY_BITS = 2048, SUM_SIZE = 32, SIGNATURE_SIZE = KEY_BITS / 8 };

struct signature {
    EVP_PKEY_CTX *verifier; /* kept, with the key in it */
    unsigned char sum[SUM_SIZE];
    unsigned char bytes[SIGNATURE_SIZE];
};

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench-arithmetic: %s\n", what);
    exit(EX_UNAVAILABLE);
}

/* User and system time, as the filters' is measured. */
static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static EVP_PKEY_CTX *context(EVP_PKEY *key, int (*begin)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *made = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    require(made && begin(made) == 1 && EVP_PKEY_CTX_set_rsa_padding(made, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(made, EVP_sha256()) == 1, "no context for RSA");
    return made;
}

static void make_signature(struct signature *signature)
{
    size_t size = sizeof signature->bytes;
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
    require(key != NULL, "no RSA key");
    EVP_PKEY_CTX *signer = context(key, EVP_PKEY_sign_init);
    require(EVP_PKEY_sign(signer, signature->bytes, &size, signature->sum, SUM_SIZE) == 1, "no signature");
    signature->verifier = context(key, EVP_PKEY_verify_init);
    EVP_PKEY_CTX_free(signer);
    EVP_PKEY_free(key);
}

static bool has_signature(const struct bench_letter *letter)
{
    for (size_t i = 0; i < letter->field_count; i++) {
        if (bs_bytes_equal_nocase(letter->fields[i].name, BS_LITERAL("DKIM-Signature")))
            return true;
    }
    return false;
}

/* The letter's text holds its bytes but for the CRs of the header. */
static void do_arithmetic(const struct signature *signature, const struct bench_letter *letter, bool verify)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    size_t size = (size_t)(letter->body.ptr + letter->body.len - letter->text);
    require(EVP_Digest(letter->text, size, sum, NULL, EVP_sha256(), NULL) == 1, "no SHA-256");
    require(!verify || EVP_PKEY_verify(signature->verifier, signature->bytes, sizeof signature->bytes, signature->sum,
                                       SUM_SIZE) == 1, "the signature does not verify");
}

int main(int argc, char **argv)
{
    struct signature signature = {.sum = "0123456789abcdef0123456789abcde"};
    struct bench_letters letters;
    struct bs_error error;
    double wanted = argc > 2 ? atof(argv[2]) : 1, messages = 0, used = 0;
    if (argc < 2 || wanted <= 0) {
        fprintf(stderr, "usage: bench-arithmetic FOLDER [SECONDS]\n");
        return EX_USAGE;
    }
    require(bench_letters_read(argv[1], &letters, &error), error.text);
    bool *verify = calloc(letters.count, sizeof *verify);
    require(verify != NULL, "no memory");
    make_signature(&signature);
    for (size_t i = 0; i < letters.count; i++) {
        verify[i] = has_signature(&letters.items[i]);
        do_arithmetic(&signature, &letters.items[i], verify[i]);
    }
    for (double began = cpu_seconds(); used < wanted; used = cpu_seconds() - began) {
        for (size_t i = 0; i < letters.count; i++)
            do_arithmetic(&signature, &letters.items[i], verify[i]);
        messages += (double)letters.count;
    }
    printf("{\"messages\": %.0f, \"cpu\": %.3f}\n", messages, used / messages * 1e6);
    EVP_PKEY_CTX_free(signature.verifier);
    bench_letters_free(&letters);
    free(verify);
    return EX_OK;
}
