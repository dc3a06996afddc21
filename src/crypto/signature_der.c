/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DER (X.690) of RSA public keys, and no more of it: a SubjectPublicKeyInfo or a bare RSAPublicKey, with lengths in
 * their shortest form and nothing behind.
 */
#include "crypto/signature_key.h"

enum { TAG_INTEGER = 0x02, TAG_BIT_STRING = 0x03, TAG_NULL = 0x05, TAG_OID = 0x06, TAG_SEQUENCE = 0x30 };

/* 1.2.840.113549.1.1.1 */
#define RSA_ENCRYPTION "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"

/* Reads the length at the front; at most 64 KiB, in the shortest form. */
static bool take_length(struct bs_bytes *input, size_t *ret_length)
{
    if (input->len == 0)
        return false;
    size_t first = (unsigned char)input->ptr[0];
    size_t count = first < 0x80 ? 0 : first & 0x7f;
    if (count > 2 || first == 0x80 || input->len < 1 + count)
        return false;
    size_t length = count == 0 ? first : 0;
    for (size_t i = 1; i <= count; i++)
        length = length << 8 | (unsigned char)input->ptr[i];
    *input = bs_bytes_skip(*input, 1 + count);
    *ret_length = length;
    return count == 0 || length >= (count == 1 ? 0x80u : 0x100u);
}

/* Takes the element of this tag off the front. */
static bool take(struct bs_bytes *input, unsigned char tag, struct bs_bytes *ret_content)
{
    size_t length;
    struct bs_bytes rest = *input;
    if (rest.len == 0 || (unsigned char)rest.ptr[0] != tag)
        return false;
    rest = bs_bytes_skip(rest, 1);
    if (!take_length(&rest, &length) || length > rest.len)
        return false;
    *ret_content = bs_bytes_first(rest, length);
    *input = bs_bytes_skip(rest, length);
    return true;
}

/* A positive INTEGER, without the zero that keeps it positive. */
static bool take_positive(struct bs_bytes *input, struct bs_bytes *ret_number)
{
    struct bs_bytes number;
    if (!take(input, TAG_INTEGER, &number) || number.len == 0 || number.ptr[0] & 0x80)
        return false;
    if (number.ptr[0] == 0) {
        number = bs_bytes_skip(number, 1);
        if (number.len == 0 || !(number.ptr[0] & 0x80))
            return false;
    }
    *ret_number = number;
    return true;
}

/* The content of the outer SEQUENCE of an RSAPublicKey. */
static bool split_numbers(struct bs_bytes numbers, struct bs_bytes *ret_modulus, struct bs_bytes *ret_exponent)
{
    return take_positive(&numbers, ret_modulus) && take_positive(&numbers, ret_exponent) && numbers.len == 0;
}

/* The content of the outer SEQUENCE of a SubjectPublicKeyInfo. */
static bool open_key_info(struct bs_bytes info, struct bs_bytes *ret_key)
{
    struct bs_bytes algorithm, oid, parameters;
    if (!take(&info, TAG_SEQUENCE, &algorithm) || !take(&algorithm, TAG_OID, &oid))
        return false;
    if (algorithm.len > 0 && (!take(&algorithm, TAG_NULL, &parameters) || parameters.len + algorithm.len > 0))
        return false;
    struct bs_bytes bits;
    if (!bs_bytes_equal(oid, BS_LITERAL(RSA_ENCRYPTION)) || !take(&info, TAG_BIT_STRING, &bits) || info.len > 0)
        return false;
    if (bits.len == 0 || bits.ptr[0] != 0)
        return false;
    bits = bs_bytes_skip(bits, 1);
    return take(&bits, TAG_SEQUENCE, ret_key) && bits.len == 0;
}

bool bs_rsa_public_key_split(struct bs_bytes der, struct bs_bytes *ret_modulus, struct bs_bytes *ret_exponent)
{
    struct bs_bytes content;
    if (!take(&der, TAG_SEQUENCE, &content) || der.len > 0 || content.len == 0)
        return false;
    struct bs_bytes numbers = content;
    if (content.ptr[0] == TAG_SEQUENCE && !open_key_info(content, &numbers))
        return false;
    return split_numbers(numbers, ret_modulus, ret_exponent);
}
