/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A key record, and the key in it: what is read is in range, and verifies nothing at random. An input that begins with a
 * byte below 2 is the bytes of a key itself, RSA or Ed25519; any other is the text of a record.
 */
#include "fuzz.h"

#include "auth/dkim_key.h"

static void read_key(enum bs_key_type type, struct bs_bytes bytes)
{
    static const unsigned char sum[BS_DIGEST_MAX] = "no signature is good for this";
    unsigned char signature[BS_SIGNATURE_MAX] = {0};
    struct bs_error error = {{0}};
    struct bs_public_key *key = bs_public_key_read(type, bytes, &error);
    if (!key) {
        if (error.text[0] == '\0')
            abort();
        return;
    }
    unsigned bits = bs_public_key_bits(key);
    if (bits > BS_RSA_BITS_MAX)
        abort();
    size_t size = type == BS_KEY_RSA ? (bits + 7) / 8 : BS_ED25519_SIGNATURE;
    if (bits >= 1024 && bs_public_key_verify(key, BS_DIGEST_SHA256, sum, bs_bytes(signature, size)) == BS_SIGNATURE_GOOD)
        abort();
    bs_public_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_arena arena;
    struct bs_dkim_key_record record;
    char *exact = malloc(size > 0 ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    struct bs_bytes input = bs_bytes(exact, size);
    bs_arena_init(&arena, 1 << 20);
    if (size > 0 && data[0] < 2)
        read_key(data[0] == 0 ? BS_KEY_RSA : BS_KEY_ED25519, bs_bytes_skip(input, 1));
    else if (bs_dkim_key_record_read(input, &arena, &record) && !record.reason)
        read_key(record.type, record.key);
    bs_arena_reset(&arena);
    free(exact);
    return 0;
}
