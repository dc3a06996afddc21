/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether an answer publishes our key: every way in which it may not. */
#include "auth/dkim_publication.h"

#include "auth/dkim_sign.h"
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEYS = 3, SPKI_HEAD = 24 }; /* bytes of an RSA-2048 SubjectPublicKeyInfo before its RSAPublicKey */

/* Two RSA keys and one Ed25519 key, with their p= as text. */
static struct {
    unsigned char der[BS_PUBLIC_KEY_DER_MAX];
    size_t size;
    char text[BS_BASE64_ENCODED(BS_PUBLIC_KEY_DER_MAX) + 1];
    char bare[BS_BASE64_ENCODED(BS_PUBLIC_KEY_DER_MAX) + 1];
} keys[KEYS];

/* RSA of 1024 bits, which nothing here would make. */
static const char short_key[] = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCz2nBNaqsiwzY9GEFbp9jUbNEzYqiMOOKdz84+oiz4"
                                "mGfENeQ7w3JeC+1wanBE5H/gvdCnBY3njI8AdxnmsjlAzcBhSdd+eweJDkBLj74e3TXEZURzP5S+eqqJ"
                                "OYZ62i4zvxlvldMH+4sOSeJa6CNohMXfteXMkwEwwd2pabETJQIDAQAB";

static int make_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        struct bs_private_key *key = bs_private_key_make(i < 2 ? BS_KEY_RSA : BS_KEY_ED25519, 2048);
        if (!key || !bs_private_key_public(key, keys[i].der, &keys[i].size))
            return -1;
        bs_private_key_free(key);
        bs_base64_encode(bs_bytes(keys[i].der, keys[i].size), keys[i].text);
        if (i < 2)
            bs_base64_encode(bs_bytes(keys[i].der + SPKI_HEAD, keys[i].size - SPKI_HEAD), keys[i].bare);
    }
    return 0;
}

static struct bs_dkim_publication judge(struct bs_arena *arena, const struct bs_dns_answer *answer, size_t key)
{
    struct bs_dkim_publication publication;
    const struct bs_dkim_public_half ours = {key < 2 ? BS_KEY_RSA : BS_KEY_ED25519,
                                             bs_bytes(keys[key].der, keys[key].size)};
    assert_true(bs_dkim_publication_read(answer, &ours, arena, &publication));
    return publication;
}

static void each_record_is_ours_or_is_said_to_be_wrong(void **state)
{
    static const struct {
        const char *format; /* of a record */
        const char *key;    /* what stands for %s */
        size_t ours;
        enum bs_dkim_publication_code code;
        const char *reason;
    } rows[] = {
        {"v=DKIM1; k=rsa; p=%s", keys[0].text, 0, BS_DKIM_PUBLISHED, "the key is published"},
        {"v=DKIM1; p=%s", keys[0].text, 0, BS_DKIM_PUBLISHED, "the key is published"},
        {"p=%s", keys[0].text, 0, BS_DKIM_PUBLISHED, "the key is published"},
        {"v=DKIM1; k=ed25519; p=%s", keys[2].text, 2, BS_DKIM_PUBLISHED, "the key is published"},
        {"v=DKIM1; s=email; h=sha256; p=%s", keys[0].text, 0, BS_DKIM_PUBLISHED, "the key is published"},
        {"v=DKIM1; p=%s", keys[1].text, 0, BS_DKIM_DIFFERENT, "p= is another key"},
        {"v=DKIM1; p=%s", short_key, 0, BS_DKIM_DIFFERENT, "p= is another key, of only 1024 bits"},
        {"v=DKIM1; k=ed25519; p=%s", keys[2].text, 0, BS_DKIM_DIFFERENT, "k= is ed25519, but the key is rsa"},
        {"v=DKIM1; p=%s", keys[2].text, 2, BS_DKIM_DIFFERENT, "k= is rsa, but the key is ed25519"},
        {"v=DKIM1; p=%s", keys[0].bare, 0, BS_DKIM_UNUSABLE,
         "p= is a bare RSAPublicKey, which most verifiers cannot read"},
        {"v=DKIM1; p=%s", keys[1].bare, 0, BS_DKIM_DIFFERENT, "p= is another key"},
        {"v=DKIM1; p=%s", "AAAA", 0, BS_DKIM_UNUSABLE, "p= holds no key: "},
        {"v=DKIM1; k=ed25519; p=%s", "AAAA", 2, BS_DKIM_UNUSABLE, "p= holds no key: "},
        {"v=DKIM1; p=%s", "", 0, BS_DKIM_WITHDRAWN, "the key was revoked: p= is empty"},
        {"v=DKIM1; p=%s!", keys[0].text, 0, BS_DKIM_UNUSABLE, "the key record's p= is no base64"},
        {"v=DKIM1%s", "", 0, BS_DKIM_UNUSABLE, "the key record has no p="},
        {"v=DKIM1; k=rsa; k=rsa; p=%s", keys[0].text, 0, BS_DKIM_UNUSABLE, "the key record: k= is there twice"},
        {"k=rsa; v=DKIM1; p=%s", keys[0].text, 0, BS_DKIM_UNUSABLE, "the key record does not begin with v=DKIM1"},
        {"v=DKIM1; s=tlsrpt; p=%s", keys[0].text, 0, BS_DKIM_UNUSABLE, "s= does not let the key be used for mail"},
        {"v=DKIM1; h=sha1; p=%s", keys[0].text, 0, BS_DKIM_UNUSABLE, "h= does not name sha256"},
        {"v=spf1 %s-all", "", 0, BS_DKIM_UNUSABLE, "the key record does not begin with v=DKIM1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        struct bs_arena arena;
        snprintf(text, sizeof text, rows[i].format, rows[i].key);
        const struct bs_dns_record record = {.data = bs_bytes_from_cstr(text)};
        const struct bs_dns_answer answer = {.status = BS_DNS_FOUND, .records = &record, .count = 1};
        bs_arena_init(&arena, 65536);
        struct bs_dkim_publication got = judge(&arena, &answer, rows[i].ours);
        if (got.code != rows[i].code || strncmp(got.reason, rows[i].reason, strlen(rows[i].reason)) != 0)
            fail_msg("\"%.60s\" is %s: %s", text, bs_dkim_publication_name(got.code), got.reason);
        assert_int_equal(got.records, 1);
        bs_arena_reset(&arena);
    }
}

static void flags_that_weaken_a_key_are_told(void **state)
{
    static const struct {
        const char *tags;
        bool testing, sha1;
    } rows[] = {
        {"", false, false},        {"t=y; ", true, false},          {"t=s:y; ", true, false},
        {"t=s; ", false, false},   {"h=sha1:sha256; ", false, true}, {"h=sha256; ", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[2048];
        struct bs_arena arena;
        snprintf(text, sizeof text, "v=DKIM1; %sp=%s", rows[i].tags, keys[0].text);
        const struct bs_dns_record record = {.data = bs_bytes_from_cstr(text)};
        const struct bs_dns_answer answer = {.status = BS_DNS_FOUND, .records = &record, .count = 1};
        bs_arena_init(&arena, 65536);
        struct bs_dkim_publication got = judge(&arena, &answer, 0);
        assert_int_equal(got.code, BS_DKIM_PUBLISHED);
        assert_int_equal(got.testing, rows[i].testing);
        assert_int_equal(got.sha1, rows[i].sha1);
        bs_arena_reset(&arena);
    }
}

static void of_several_records_ours_counts_and_all_are_counted(void **state)
{
    char ours[2048], other[2048];
    struct bs_arena arena;
    (void)state;
    snprintf(ours, sizeof ours, "v=DKIM1; p=%s", keys[0].text);
    snprintf(other, sizeof other, "v=DKIM1; p=%s", keys[1].text);
    struct bs_dns_record records[] = {{.data = BS_LITERAL("v=DKIM1; p=")}, {.data = bs_bytes_from_cstr(other)},
                                      {.data = BS_LITERAL("nonsense")},    {.data = bs_bytes_from_cstr(ours)},
                                      {.data = bs_bytes_from_cstr(ours)}};
    struct bs_dns_answer answer = {.status = BS_DNS_FOUND, .records = records, .count = 5};
    bs_arena_init(&arena, 65536);
    struct bs_dkim_publication got = judge(&arena, &answer, 0);
    assert_int_equal(got.code, BS_DKIM_PUBLISHED);
    assert_int_equal(got.records, 5);
    records[3] = records[0]; /* the fifth is one more than verifiers try */
    assert_int_equal(judge(&arena, &answer, 0).code, BS_DKIM_UNUSABLE);
    answer.count = 2;
    assert_int_equal(judge(&arena, &answer, 0).code, BS_DKIM_DIFFERENT);
    bs_arena_reset(&arena);
}

static void no_record_and_no_answer_are_different_things(void **state)
{
    static const struct {
        enum bs_dns_status status;
        enum bs_dkim_publication_code code;
        const char *reason;
    } rows[] = {
        {BS_DNS_NXDOMAIN, BS_DKIM_UNPUBLISHED, "there is no record"},
        {BS_DNS_NODATA, BS_DKIM_UNPUBLISHED, "there is no record"},
        {BS_DNS_TIMEOUT, BS_DKIM_UNANSWERED, "DNS gave no answer ("},
        {BS_DNS_SERVFAIL, BS_DKIM_UNANSWERED, "DNS gave no answer ("},
        {BS_DNS_BOGUS, BS_DKIM_UNANSWERED, "DNS gave no answer ("},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bs_arena arena;
        const struct bs_dns_answer answer = {.status = rows[i].status};
        bs_arena_init(&arena, 65536);
        struct bs_dkim_publication got = judge(&arena, &answer, 0);
        assert_int_equal(got.code, rows[i].code);
        assert_memory_equal(got.reason, rows[i].reason, strlen(rows[i].reason));
        bs_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_ours_or_is_said_to_be_wrong),
        cmocka_unit_test(flags_that_weaken_a_key_are_told),
        cmocka_unit_test(of_several_records_ours_counts_and_all_are_counted),
        cmocka_unit_test(no_record_and_no_answer_are_different_things),
    };
    return cmocka_run_group_tests(tests, make_keys, NULL);
}
