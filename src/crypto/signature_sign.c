/* SPDX-License-Identifier: BSD-2-Clause */
/* Private keys: reading, making, signing, by OpenSSL; see signature.h. */
#include "crypto/signature_key.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

static struct bs_private_key *keep(EVP_PKEY *key, enum bs_key_type type)
{
    struct bs_private_key *kept = key ? calloc(1, sizeof *kept) : NULL;
    if (kept)
        *kept = (struct bs_private_key){key, type};
    else
        EVP_PKEY_free(key);
    ERR_clear_error();
    return kept;
}

/* There is no passphrase, and nobody is asked for one. */
static int no_passphrase(char *ret_text, int size, int writing, void *state)
{
    (void)ret_text, (void)size, (void)writing, (void)state;
    return -1;
}

static EVP_PKEY *read_pem(struct bs_bytes pem)
{
    BIO *memory = pem.len <= BS_PRIVATE_KEY_PEM_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    EVP_PKEY *key = memory ? PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL) : NULL;
    BIO_free(memory);
    return key;
}

static bool can_sign(EVP_PKEY *key, struct bs_error *ret_error)
{
    if (!key)
        return bs_error_set(ret_error, "no private key in PEM, or one that is encrypted");
    int bits = EVP_PKEY_get_bits(key);
    if (EVP_PKEY_is_a(key, "ED25519"))
        return true;
    if (!EVP_PKEY_is_a(key, "RSA"))
        return bs_error_set(ret_error, "the key is neither RSA nor Ed25519");
    if (bits < BS_RSA_SIGN_BITS_MIN || bits > BS_RSA_BITS_MAX)
        return bs_error_set(ret_error, "the RSA key has %d bits; %d to %d are good", bits, BS_RSA_SIGN_BITS_MIN,
                            BS_RSA_BITS_MAX);
    return true;
}

struct bs_private_key *bs_private_key_read(struct bs_bytes pem, struct bs_error *ret_error)
{
    EVP_PKEY *key = read_pem(pem);
    if (!can_sign(key, ret_error)) {
        EVP_PKEY_free(key);
        ERR_clear_error();
        return NULL;
    }
    struct bs_private_key *kept = keep(key, EVP_PKEY_is_a(key, "RSA") ? BS_KEY_RSA : BS_KEY_ED25519);
    if (!kept)
        bs_error_set(ret_error, "out of memory");
    return kept;
}

struct bs_private_key *bs_private_key_make(enum bs_key_type type, unsigned bits)
{
    if (type == BS_KEY_ED25519)
        return keep(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), type);
    return keep(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits), type);
}

void bs_private_key_free(struct bs_private_key *key)
{
    if (key)
        EVP_PKEY_free(key->key);
    free(key);
}

enum bs_key_type bs_private_key_type(const struct bs_private_key *key)
{
    return key->type;
}

unsigned bs_private_key_bits(const struct bs_private_key *key)
{
    return (unsigned)EVP_PKEY_get_bits(key->key);
}

static bool sign_rsa(EVP_PKEY *key, const unsigned char *sum, unsigned char *ret_signature, size_t *io_size)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool made = context && EVP_PKEY_sign_init(context) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1 &&
                EVP_PKEY_sign(context, ret_signature, io_size, sum, bs_digest_size(BS_DIGEST_SHA256)) == 1;
    EVP_PKEY_CTX_free(context);
    return made;
}

static bool sign_ed25519(EVP_PKEY *key, const unsigned char *sum, unsigned char *ret_signature, size_t *io_size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestSign(context, ret_signature, io_size, sum, bs_digest_size(BS_DIGEST_SHA256)) == 1;
    EVP_MD_CTX_free(context);
    return made;
}

bool bs_private_key_sign(const struct bs_private_key *key, const unsigned char *sum,
                         unsigned char ret_signature[BS_SIGNATURE_MAX], size_t *ret_size)
{
    *ret_size = BS_SIGNATURE_MAX;
    bool made = key->type == BS_KEY_RSA ? sign_rsa(key->key, sum, ret_signature, ret_size)
                                        : sign_ed25519(key->key, sum, ret_signature, ret_size);
    ERR_clear_error();
    return made;
}

bool bs_private_key_public(const struct bs_private_key *key, unsigned char ret_key[BS_PUBLIC_KEY_DER_MAX],
                           size_t *ret_size)
{
    if (key->type == BS_KEY_ED25519) {
        *ret_size = BS_PUBLIC_KEY_DER_MAX;
        return EVP_PKEY_get_raw_public_key(key->key, ret_key, ret_size) == 1;
    }
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key->key, &der);
    bool fits = size > 0 && size <= BS_PUBLIC_KEY_DER_MAX;
    if (fits)
        memcpy(ret_key, der, (size_t)size);
    *ret_size = fits ? (size_t)size : 0;
    OPENSSL_free(der);
    ERR_clear_error();
    return fits;
}

bool bs_private_key_pem(const struct bs_private_key *key, struct bs_strbuf *buf)
{
    BIO *memory = BIO_new(BIO_s_secmem());
    char *text = NULL;
    bool written = memory && PEM_write_bio_PKCS8PrivateKey(memory, key->key, NULL, NULL, 0, NULL, NULL) == 1;
    long size = written ? BIO_get_mem_data(memory, &text) : 0;
    if (size > 0)
        bs_strbuf_append(buf, bs_bytes(text, (size_t)size));
    BIO_free(memory);
    ERR_clear_error();
    return size > 0 && !buf->failed;
}
