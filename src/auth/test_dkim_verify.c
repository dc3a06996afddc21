/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verifying: the example of RFC 8463 appendix A, old signatures that `openssl dgst` made, and messages that are signed
 * here, tag by tag, and then changed on their way.
 */
#include "auth/dkim_canonical.h"
#include "auth/dkim_selection.h"
#include "auth/dkim_sign.h"
#include "base/base64.h"

#include "../../tests/support/dkim_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1787313600, TEXT_MAX = 64 * 1024 };

static struct {
    struct bs_private_key *rsa, *ed25519;
    char rsa_record[2048], rsa_bare_record[2048], ed25519_record[2048];
} keys;

/* Writes a key record; a bare key is PKCS#1: what is in the key info behind its 24 bytes of wrapping. */
static void make_record(const struct bs_private_key *key, bool bare, char *ret_text, size_t size)
{
    unsigned char half[BS_PUBLIC_KEY_DER_MAX];
    char text[BS_BASE64_ENCODED(BS_PUBLIC_KEY_DER_MAX) + 1];
    size_t length;
    assert_true(bs_private_key_public(key, half, &length));
    bs_base64_encode(bare ? bs_bytes(half + 24, length - 24) : bs_bytes(half, length), text);
    snprintf(ret_text, size, "k=%s; p=%s", bs_private_key_type(key) == BS_KEY_RSA ? "rsa" : "ed25519", text);
}

static int make_keys(void **state)
{
    (void)state;
    keys.rsa = bs_private_key_make(BS_KEY_RSA, 2048);
    keys.ed25519 = bs_private_key_make(BS_KEY_ED25519, 0);
    if (!keys.rsa || !keys.ed25519)
        return 1;
    make_record(keys.rsa, false, keys.rsa_record, sizeof keys.rsa_record);
    make_record(keys.rsa, true, keys.rsa_bare_record, sizeof keys.rsa_bare_record);
    make_record(keys.ed25519, false, keys.ed25519_record, sizeof keys.ed25519_record);
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    bs_private_key_free(keys.rsa);
    bs_private_key_free(keys.ed25519);
    return 0;
}

/* code, or code and reason where `reason` */
static const char *outcome(const struct dkim_judged *judged, size_t index, bool reason, char *ret_text, size_t size)
{
    const struct bs_dkim_result *result = &judged->results.items[index];
    assert_int_equal(judged->step, BS_DONE);
    assert_true(index < judged->results.count);
    snprintf(ret_text, size, reason ? "%s: %s" : "%s", bs_dkim_code_name(result->code), result->reason);
    return ret_text;
}

static const char rfc_8463[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

static const struct dkim_zone rfc_8463_zone[] = {
    {"brisbane._domainkey.football.example.com", BS_DNS_FOUND,
     {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
    {"test._domainkey.football.example.com", BS_DNS_FOUND,
     {"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16"
      "JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/"
      "K4w3QIDAQAB"}},
    {0},
};

static void the_example_of_rfc_8463_verifies_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < sizeof rfc_8463; piece += 1 + piece / 3) {
        struct dkim_judged judged;
        char text[256];
        dkim_judge(&judged, bs_bytes_from_cstr(rfc_8463), piece, false, NOW, rfc_8463_zone);
        assert_int_equal(judged.rounds, 2); /* both keys were asked for at once */
        assert_int_equal(judged.results.count, 2);
        assert_string_equal(outcome(&judged, 0, true, text, sizeof text), "pass: the signature verifies");
        assert_string_equal(outcome(&judged, 1, true, text, sizeof text), "pass: the signature verifies");
        assert_int_equal(judged.results.items[0].key_bits, 256);
        assert_int_equal(judged.results.items[1].key_bits, 1024);
        assert_non_null(judged.results.items[0].notes);
        dkim_judged_free(&judged);
    }
}

static void a_file_with_bare_line_feeds_verifies_as_an_mta_would_send_it(void **state)
{
    (void)state;
    char message[sizeof rfc_8463], text[256];
    struct dkim_judged judged;
    size_t length = 0;
    for (const char *c = rfc_8463; *c; c++) {
        if (*c != '\r')
            message[length++] = *c;
    }
    dkim_judge(&judged, bs_bytes(message, length), length, false, NOW, rfc_8463_zone);
    assert_string_equal(outcome(&judged, 0, false, text, sizeof text), "pass");
    assert_string_equal(outcome(&judged, 1, false, text, sizeof text), "pass");
    dkim_judged_free(&judged);
}

#define OLD_MESSAGE(algorithm, body_hash, signature)                                                                   \
    "DKIM-Signature: v=1; a=" algorithm "; d=example.com; s=old; h=From; bh=" body_hash "; b=" signature               \
    "\r\nFrom: jo@example.com\r\n\r\ntext\r\n"
#define KEY_512                                                                                                        \
    "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALpukKmqLSH7RIDKCvHMGoxXUwxA8M+w/YgrEpccfOzoiXrE5JYhQjT/t/F6+ZDMQidggkYncaIGk25k+" \
    "eMKWA8CAwEAAQ=="
#define KEY_1023                                                                                                       \
    "p=MIGeMA0GCSqGSIb3DQEBAQUAA4GMADCBiAKBgF9aNbntxvm5x+BIBKmZtJlasJhncDGN6cmXmSGpZ0smNMgii7V3RcWHiiMNkiYTRiGH3sOTcHjDQ" \
    "43gQqWMmMR5YzgrY1M2t4qlbjSeP9Nd+Yw8kpxEhpaZpd/aIIEIAFcrcw4A7DXatfm7bT3ERLozkJcmsif7u9GWbPt3t/X3AgMBAAE="

static const struct {
    const char *message, *record, *today, *with_legacy;
} old_cases[] = {
    {OLD_MESSAGE("rsa-sha1", "YJ6LdOgqBcUKuHH4VHnXRFsrH4E=",
                 "kfq9rlGtUhVMhkNRamEPIBo8k4VmZli00hP9szqd7rXXMcbqHseSN0g7tzcx/RYorycvK/yX0qyQD1fZI0ToKQ=="),
     KEY_512, "policy: rsa-sha1 is refused (RFC 8301 section 3.1)", "pass: the signature verifies"},
    {OLD_MESSAGE("rsa-sha256", "eDCyaw7m810RhFf0TmGWGkTYiT/1GwL4/PCOGIr3ew4=",
                 "JV1+BJ3QbDx84QEP/ccyQm3fNvp0S8IeFiLsm/N0pk0r0XtSMZFoFof/NtQrPseTfDHAGQLeQ+j6STn+MrTGgg=="),
     KEY_512, "policy: the RSA key has 512 bits; fewer than 1024 are refused (RFC 8301 section 3.2)",
     "pass: the signature verifies"},
    {OLD_MESSAGE("rsa-sha256", "eDCyaw7m810RhFf0TmGWGkTYiT/1GwL4/PCOGIr3ew4=",
                 "BW4RBU/Lwjwlz5s/Fdigug2GAWA1o8JjUsmVhsaSPCuHxwSfBr4jlC9k4Bu3SZE6Nne6osmk3GbnUPCOdHDd+Ta/3+IuQ8QfeJQq3jTY"
                 "cjVPtpaN3fRN1Gud6/0tB9kAMabaIR7J4CIcaeaHu86B3AUZLe/72ntDOlEnTMz8PxE="),
     KEY_1023, "policy: the RSA key has 1023 bits; fewer than 1024 are refused (RFC 8301 section 3.2)",
     "pass: the signature verifies"},
};

static void sha_1_and_short_keys_pass_only_where_old_mail_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof old_cases / sizeof *old_cases; i++) {
        struct dkim_judged judged;
        char text[256];
        struct dkim_zone zone[] = {
            {"old._domainkey.example.com", BS_DNS_FOUND, {old_cases[i / 2].record}}, {0}};
        dkim_judge(&judged, bs_bytes_from_cstr(old_cases[i / 2].message), 1000, i % 2, NOW, zone);
        assert_string_equal(outcome(&judged, 0, true, text, sizeof text),
                            i % 2 ? old_cases[i / 2].with_legacy : old_cases[i / 2].today);
        dkim_judged_free(&judged);
    }
}

/* A message that is signed with these tags, to which bh= and b= are added. */
struct letter {
    const char *tags;
    const char *header;
    const char *body;
};

static const char plain_header[] = "From: jo@example.com\r\nSubject: A  b\r\n";
#define TAGS "v=1; a=rsa-sha256; d=example.com; s=sel; "
#define RELAXED TAGS "c=relaxed/relaxed; h=From:Subject; "

/* Reads the field together with the rest of the header, as verifying does. */
static void read_own(const struct letter *letter, const char *tags, struct bs_arena *arena, struct bs_header *header,
                     struct bs_dkim_signature *signature)
{
    bs_arena_init(arena, 1 << 20);
    bs_header_init(header, arena);
    bs_header_push(header, BS_LITERAL("DKIM-Signature: "));
    bs_header_push(header, bs_bytes_from_cstr(tags));
    bs_header_push(header, BS_LITERAL("\r\n"));
    bs_header_push(header, bs_bytes_from_cstr(letter->header));
    bs_header_finish(header);
    assert_true(bs_dkim_signature_read(&header->fields[0], false, arena, signature));
    if (signature->code != BS_DKIM_PASS)
        fail_msg("%s: %s", tags, signature->reason);
}

static void hash_body(const struct letter *letter, const struct bs_dkim_signature *signature, char *ret_text)
{
    struct bs_dkim_bodies bodies;
    bs_dkim_bodies_init(&bodies);
    bs_dkim_bodies_want(&bodies, BS_DIGEST_SHA256, signature->relaxed_body, signature->length);
    bs_dkim_bodies_push(&bodies, bs_bytes_from_cstr(letter->body));
    bs_dkim_bodies_finish(&bodies);
    bs_base64_encode(bs_bytes(bodies.sums[0].sum, 32), ret_text);
    bs_dkim_bodies_free(&bodies);
}

static void sign_header(const struct bs_header *header, const struct bs_dkim_signature *signature, char *ret_text)
{
    struct bs_dkim_selection selection;
    struct bs_dkim_sink sink;
    unsigned char sum[BS_DIGEST_MAX], made[BS_SIGNATURE_MAX];
    size_t size;
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    assert_non_null(digest);
    bs_dkim_sink_init(&sink, digest);
    bs_dkim_selection_init(&selection, header, signature->field);
    for (size_t i = 0; i < signature->name_count; i++) {
        const struct bs_header_field *field = bs_dkim_select(&selection, signature->names[i]);
        if (field)
            bs_dkim_put_field(&sink, field, signature->relaxed_header);
    }
    bs_dkim_put_signature(&sink, signature->field, signature->signature_span, signature->relaxed_header);
    assert_true(bs_dkim_sink_sum(&sink, sum));
    assert_true(bs_private_key_sign(signature->key_type == BS_KEY_RSA ? keys.rsa : keys.ed25519, sum, made, &size));
    bs_base64_encode(bs_bytes(made, size), ret_text);
    bs_digest_free(digest);
}

/* Writes the field without a line end, with the signature made. */
static void sign_letter(const struct letter *letter, char *ret_field, size_t size)
{
    static const char no_hash[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    bool rsa = strstr(letter->tags, "ed25519") == NULL;
    char tags[4096], hash[64], made[BS_BASE64_ENCODED(BS_SIGNATURE_MAX) + 1], dummy[128];
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_signature signature;
    memset(dummy, 'A', 86);
    dummy[86] = '\0';
    snprintf(tags, sizeof tags, "%sbh=%s; b=%s", letter->tags, no_hash, rsa ? "AAAA" : dummy);
    read_own(letter, tags, &arena, &header, &signature);
    hash_body(letter, &signature, hash);
    bs_arena_reset(&arena);
    snprintf(tags, sizeof tags, "%sbh=%s; b=%s", letter->tags, hash, rsa ? "AAAA" : dummy);
    read_own(letter, tags, &arena, &header, &signature);
    sign_header(&header, &signature, made);
    bs_arena_reset(&arena);
    snprintf(ret_field, size, "DKIM-Signature: %sbh=%s; b=%s", letter->tags, hash, made);
}

static struct dkim_zone zone_of(const char *text)
{
    return (struct dkim_zone){"sel._domainkey.example.com", BS_DNS_FOUND, {text}};
}

static const struct {
    struct letter signed_as;
    const char *header, *body; /* what arrives; NULL: the same */
    const char *expected;
} ways[] = {
    {{TAGS "h=From:Subject; ", plain_header, "text\r\n"}, NULL, NULL, "pass"},
    {{RELAXED, plain_header, "text\r\n"}, NULL, NULL, "pass"},
    {{TAGS "c=relaxed; h=From:Subject; ", plain_header, "text\r\n"}, NULL, NULL, "pass"},
    {{"v=1; a=ed25519-sha256; d=example.com; s=sel; h=From; ", plain_header, ""}, NULL, NULL, "pass"},
    {{TAGS "h=From:Subject; ", plain_header, "text\r\n"}, "FROM: jo@example.com\r\nSubject: A  b\r\n", NULL, "fail"},
    {{TAGS "h=From:Subject; ", plain_header, "text\r\n"}, NULL, "text\r\n\r\n\r\n", "pass"},
    {{TAGS "h=From:Subject; ", plain_header, "text\r\n"}, NULL, "text \r\n", "fail"},
    {{RELAXED, plain_header, "te xt\r\n"}, "FROM:jo@example.com \r\nSubject : A\r\n b\r\n", "te\t  xt \n \n", "pass"},
    {{RELAXED, plain_header, "text\r\n"}, "From: jo@example.com\r\nSubject: Ab\r\n", NULL, "fail"},
    {{RELAXED, plain_header, "text\r\n"}, NULL, "te xt\r\n", "fail"},
    {{RELAXED, plain_header, "text\r\n"}, "From: jo@example.com\r\n", NULL, "fail"},
    /* fields added: above and below what is signed, and where h= says that there is no more */
    {{RELAXED, plain_header, "text\r\n"}, "Subject: x\r\nFrom: jo@example.com\r\nSubject: A b\r\n", NULL, "pass"},
    {{RELAXED, plain_header, "text\r\n"}, "From: jo@example.com\r\nSubject: A b\r\nSubject: x\r\n", NULL, "fail"},
    {{TAGS "h=From:Subject:Subject:Cc; ", plain_header, "x"}, "Subject: x\r\nFrom: jo@example.com\r\nSubject: A  b\r\n",
     NULL, "fail"},
    {{TAGS "h=From:Subject:Cc; ", plain_header, "x"}, "From: jo@example.com\r\nSubject: A  b\r\nCc: x\r\n", NULL, "fail"},
    {{TAGS "h=From:Subject:Cc:Cc:X:X:X; ", plain_header, "x"}, NULL, NULL, "pass"},
    /* several of one name are taken from below */
    {{TAGS "h=From:X; ", "X: 1\r\nFrom: a\r\nX: 2\r\n", "x"}, "X: 9\r\nFrom: a\r\nX: 2\r\n", NULL, "pass"},
    {{TAGS "h=From:X; ", "X: 1\r\nFrom: a\r\nX: 2\r\n", "x"}, "X: 1\r\nFrom: a\r\nX: 9\r\n", NULL, "fail"},
    {{TAGS "h=From:X:X; ", "X: 1\r\nFrom: a\r\nX: 2\r\n", "x"}, "X: 2\r\nFrom: a\r\nX: 1\r\n", NULL, "fail"},
    /* the name in h= need not be written as the field's */
    {{TAGS "h=FROM:sUBJECT; ", plain_header, "x"}, NULL, NULL, "pass"},
    /* a From that is not signed, to strict readers or to lenient ones */
    {{RELAXED, plain_header, "x"}, "From: eve@example.org\r\nFrom: jo@example.com\r\nSubject: A b\r\n", NULL, "policy"},
    {{RELAXED, plain_header, "x"}, "From : eve@example.org\r\nFrom: jo@example.com\r\nSubject: A b\r\n", NULL, "policy"},
    {{RELAXED, plain_header, "x"}, "\xa0" "From: e@example.org\r\nFrom: jo@example.com\r\nSubject: A b\r\n", NULL,
     "policy"},
    {{RELAXED, plain_header, "x"}, "From: jo@example.com\r\nSubject: A b\r\nFrom: eve@example.org\r\n", NULL, "fail"},
    {{TAGS "h=From:From; ", plain_header, "x"}, "From: eve@example.org\r\nFrom: jo@example.com\r\n", NULL, "fail"},
    /* l= */
    {{RELAXED "l=6; ", plain_header, "text\r\n"}, NULL, NULL, "pass"},
    {{RELAXED "l=6; ", plain_header, "text\r\n"}, NULL, "text\r\n\r\n", "pass"},
    {{RELAXED "l=6; ", plain_header, "text\r\n"}, NULL, "text\r\nBuy!\r\n", "policy"},
    {{RELAXED "l=0; ", plain_header, ""}, NULL, "Buy!\r\n", "policy"},
    {{RELAXED "l=0; ", plain_header, ""}, NULL, "", "pass"},
    {{RELAXED "l=7; ", plain_header, "text\r\n"}, NULL, NULL, "fail"},
    {{RELAXED "l=6; ", plain_header, "text\r\n"}, NULL, "tex\r\n", "fail"},
    {{RELAXED "l=99999999999999999999999999; ", plain_header, "text\r\n"}, NULL, NULL, "fail"},
    /* t= and x= */
    {{RELAXED "x=1787313600; ", plain_header, "x"}, NULL, NULL, "pass"},
    {{RELAXED "x=1787313599; ", plain_header, "x"}, NULL, NULL, "fail"},
    {{RELAXED "t=1787314200; ", plain_header, "x"}, NULL, NULL, "pass"},
    {{RELAXED "t=1787314201; ", plain_header, "x"}, NULL, NULL, "policy"},
    /* tags that mean nothing here are signed all the same */
    {{RELAXED "z=From:a|To:b; y=yes; i=a.b@sub.example.com; ", plain_header, "x"}, NULL, NULL, "pass"},
};

static void a_message_is_judged_by_what_became_of_it_on_its_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct letter *letter = &ways[i].signed_as;
        char field[4096], message[8192], text[256];
        bool rsa = strstr(letter->tags, "ed25519") == NULL;
        struct dkim_zone zone[] = {zone_of(rsa ? keys.rsa_record : keys.ed25519_record), {0}};
        struct dkim_judged judged;
        sign_letter(letter, field, sizeof field);
        snprintf(message, sizeof message, "%s\r\n%s\r\n%s", field, ways[i].header ? ways[i].header : letter->header,
                 ways[i].body ? ways[i].body : letter->body);
        dkim_judge(&judged, bs_bytes_from_cstr(message), 100, false, NOW, zone);
        if (strcmp(outcome(&judged, 0, false, text, sizeof text), ways[i].expected) != 0)
            fail_msg("case %zu is %s: %s", i, text, judged.results.items[0].reason);
        dkim_judged_free(&judged);
    }
}

static void a_signature_may_be_folded_anywhere_in_relaxed_form(void **state)
{
    (void)state;
    struct letter letter = {RELAXED, plain_header, "x"};
    struct dkim_zone zone[] = {zone_of(keys.rsa_record), {0}};
    struct dkim_judged judged;
    char field[4096], message[8192], text[64];
    sign_letter(&letter, field, sizeof field);
    char *value = strstr(field, " b=") + 3;
    snprintf(message, sizeof message, "DKIM-SIGNATURE :%.*s \r\n\t%.10s\r\n\t%s \r\n \t\r\n%s\r\nx",
             (int)(value - field) - 15, field + 15, value, value + 10, plain_header);
    dkim_judge(&judged, bs_bytes_from_cstr(message), 100, false, NOW, zone);
    assert_string_equal(outcome(&judged, 0, false, text, sizeof text), "pass");
    dkim_judged_free(&judged);
}

/* What comes of a good signature with these answers from DNS. */
static void check_answer(const char *tags, struct dkim_zone answer, const char *expected)
{
    struct letter letter = {tags, plain_header, "x"};
    struct dkim_zone zone[] = {answer, {0}};
    struct dkim_judged judged;
    char field[4096], message[8192], text[256];
    sign_letter(&letter, field, sizeof field);
    snprintf(message, sizeof message, "%s\r\n%s\r\nx", field, plain_header);
    dkim_judge(&judged, bs_bytes_from_cstr(message), 100, false, NOW, zone);
    assert_string_equal(outcome(&judged, 0, true, text, sizeof text), expected);
    dkim_judged_free(&judged);
}

static struct dkim_zone zone_with_tags(const char *tags)
{
    static char text[4096];
    snprintf(text, sizeof text, "v=DKIM1; %s %s", tags, keys.rsa_record);
    return zone_of(text);
}

#define NAME "sel._domainkey.example.com"

static void the_key_record_decides_what_its_key_is_good_for(void **state)
{
    (void)state;
    static const char pass[] = "pass: the signature verifies";
    static const char none[] = "permerror: there is no key of this selector in DNS";
    check_answer(RELAXED, zone_of(keys.rsa_bare_record), pass);
    check_answer(RELAXED, zone_with_tags("h=sha256; s=email; t=s; n=note; g=;"), pass);
    check_answer(RELAXED "i=jo@example.com; ", zone_with_tags("t=s;"), pass);
    check_answer(RELAXED "i=jo@sub.example.com; ", zone_with_tags("t=s;"),
                 "permerror: the key record's t=s does not allow an i= below d=");
    check_answer(RELAXED, zone_with_tags("h=sha1;"),
                 "permerror: the key record's h= does not allow the digest of a=");
    check_answer(RELAXED, zone_with_tags("s=chat;"), "permerror: the key record's s= is not for mail");
    check_answer(RELAXED, zone_of("k=rsa; p="), "permerror: the key was revoked: p= is empty");
    check_answer(RELAXED, zone_of(keys.ed25519_record), "permerror: the key is of another kind than a= says");
    check_answer(RELAXED, zone_of("p=AAAA"), "permerror: the key is no RSA public key in DER");
    check_answer(RELAXED, (struct dkim_zone){"other.example.com", BS_DNS_FOUND, {"x"}}, none);
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_NODATA, {NULL}}, none);
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_TIMEOUT, {NULL}},
                 "temperror: the key could not be had from DNS: timeout");
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_SERVFAIL, {NULL}},
                 "temperror: the key could not be had from DNS: servfail");
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_BOGUS, {NULL}},
                 "temperror: the key could not be had from DNS: bogus");
}

static void several_records_are_tried_until_one_verifies(void **state)
{
    (void)state;
    static const char other[] = "p=" KEY_1023;
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_FOUND, {"v=spf1 -all", keys.rsa_record}},
                 "pass: the signature verifies");
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_FOUND, {"p=", other + 2, keys.rsa_record}},
                 "pass: the signature verifies");
    check_answer(RELAXED, (struct dkim_zone){NAME, BS_DNS_FOUND, {"v=spf1 -all", "p="}},
                 "permerror: the key was revoked: p= is empty");
}

static void records_of_a_selector_are_tried_up_to_the_limit(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        struct dkim_zone zone = {NAME, BS_DNS_FOUND, {NULL}};
        for (size_t i = 0; i < BS_DKIM_KEY_RECORDS_MAX - 1 + extra; i++)
            zone.texts[i] = "v=spf1 -all";
        zone.texts[BS_DKIM_KEY_RECORDS_MAX - 1 + extra] = keys.rsa_record;
        check_answer(RELAXED, zone, extra ? "permerror: the key record does not begin with v=DKIM1"
                                          : "pass: the signature verifies");
    }
}

static void a_key_for_testing_is_said_to_be_one(void **state)
{
    (void)state;
    struct letter letter = {RELAXED, plain_header, "x"};
    struct dkim_zone zone[] = {zone_with_tags("t=y;"), {0}};
    struct dkim_judged judged;
    char field[4096], message[8192];
    sign_letter(&letter, field, sizeof field);
    snprintf(message, sizeof message, "%s\r\n%s\r\nx", field, plain_header);
    dkim_judge(&judged, bs_bytes_from_cstr(message), 100, false, NOW, zone);
    assert_int_equal(judged.results.items[0].code, BS_DKIM_PASS);
    assert_true(judged.results.items[0].testing);
    assert_int_equal(judged.results.items[0].key_bits, 2048);
    dkim_judged_free(&judged);
}

/* The code of the last of `good` signatures below `broken` fields that are none; -1 where it is not mentioned. With
 * `other` each key is the second that is tried. */
static int code_of_last_with(size_t broken, size_t good, const char *other)
{
    static char message[TEXT_MAX * 2];
    struct letter letter = {RELAXED, plain_header, "x"};
    struct dkim_zone zone[] = {zone_of(other ? other : keys.rsa_record), {0}};
    zone[0].texts[1] = other ? keys.rsa_record : NULL;
    struct dkim_judged judged;
    char field[4096];
    size_t length = 0;
    sign_letter(&letter, field, sizeof field);
    for (size_t i = 0; i < broken; i++)
        length += (size_t)snprintf(message + length, sizeof message - length, "DKIM-Signature: junk\r\n");
    for (size_t i = 0; i < good; i++)
        length += (size_t)snprintf(message + length, sizeof message - length, "%s\r\n", field);
    length += (size_t)snprintf(message + length, sizeof message - length, "%s\r\nx", plain_header);
    dkim_judge(&judged, bs_bytes(message, length), 4096, false, NOW, zone);
    int code = broken + good == judged.results.count ? (int)judged.results.items[broken + good - 1].code : -1;
    dkim_judged_free(&judged);
    return code;
}

static int code_of_last(size_t broken, size_t good)
{
    return code_of_last_with(broken, good, NULL);
}

static void keys_are_tried_up_to_the_limit(void **state)
{
    (void)state;
    static const char other[] = /* RFC 8463 appendix A.2 */
        "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3"
        "W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
    assert_int_equal(code_of_last_with(0, BS_DKIM_VERIFICATIONS_MAX / 2, other), BS_DKIM_PASS);
    assert_int_equal(code_of_last_with(0, BS_DKIM_VERIFICATIONS_MAX / 2 + 1, other), BS_DKIM_POLICY);
}

static void broken_signatures_hide_no_good_one_and_good_ones_are_tried_up_to_the_limit(void **state)
{
    (void)state;
    assert_int_equal(code_of_last(1, 1), BS_DKIM_PASS);
    assert_int_equal(code_of_last(BS_DKIM_SIGNATURES_READ_MAX - 1, 1), BS_DKIM_PASS);
    assert_int_equal(code_of_last(BS_DKIM_SIGNATURES_READ_MAX, 1), -1);
    assert_int_equal(code_of_last(0, BS_DKIM_SIGNATURES_TRIED_MAX), BS_DKIM_PASS);
    assert_int_equal(code_of_last(0, BS_DKIM_SIGNATURES_TRIED_MAX + 1), BS_DKIM_POLICY);
}

static void a_header_that_was_not_kept_whole_never_passes(void **state)
{
    (void)state;
    static char message[BS_HEADER_FIELD_MAX + 8192];
    struct letter letter = {RELAXED, plain_header, "x"};
    struct dkim_zone zone[] = {zone_of(keys.rsa_record), {0}};
    struct dkim_judged judged;
    char field[4096], text[256];
    sign_letter(&letter, field, sizeof field);
    int length = snprintf(message, sizeof message, "%s\r\n%sX: ", field, plain_header);
    memset(message + length, 'x', BS_HEADER_FIELD_MAX);
    strcpy(message + length + BS_HEADER_FIELD_MAX, "\r\n\r\nx");
    dkim_judge(&judged, bs_bytes_from_cstr(message), 4096, false, NOW, zone);
    assert_string_equal(outcome(&judged, 0, true, text, sizeof text),
                        "permerror: the header is larger than what is judged");
    dkim_judged_free(&judged);
}

static void a_message_without_signature_asks_nothing_and_has_no_result(void **state)
{
    (void)state;
    struct dkim_judged judged;
    dkim_judge(&judged, BS_LITERAL("From: a\r\nX-DKIM-Signature: v=1\r\n\r\nx"), 4096, false, NOW,
               &(struct dkim_zone){0});
    assert_int_equal(judged.step, BS_DONE);
    assert_int_equal(judged.rounds, 1);
    assert_int_equal(judged.results.count, 0);
    dkim_judged_free(&judged);
}

/* What is already known to be bad costs nobody a query. */
static void only_a_signature_that_may_still_pass_asks_for_its_key(void **state)
{
    (void)state;
    struct letter letter = {RELAXED "x=1787313599; ", plain_header, "x"};
    struct dkim_judged judged;
    char field[4096], message[8192];
    sign_letter(&letter, field, sizeof field);
    snprintf(message, sizeof message, "%s\r\n%s\r\nx", field, plain_header);
    dkim_judge(&judged, bs_bytes_from_cstr(message), 4096, false, NOW, &(struct dkim_zone){0});
    assert_int_equal(judged.rounds, 1);
    dkim_judged_free(&judged);
    letter.tags = RELAXED;
    sign_letter(&letter, field, sizeof field);
    snprintf(message, sizeof message, "%s\r\n%s\r\nanother body", field, plain_header);
    dkim_judge(&judged, bs_bytes_from_cstr(message), 4096, false, NOW, &(struct dkim_zone){0});
    assert_int_equal(judged.rounds, 1);
    struct bs_questions early = {.count = 0};
    struct bs_dkim_facts facts = {&judged.message, NOW, false};
    bs_dkim_ask(&facts, &judged.known, &early);
    assert_int_equal(early.count, 1);
    dkim_judged_free(&judged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_rfc_8463_verifies_in_pieces_of_any_size),
        cmocka_unit_test(a_file_with_bare_line_feeds_verifies_as_an_mta_would_send_it),
        cmocka_unit_test(sha_1_and_short_keys_pass_only_where_old_mail_is_read),
        cmocka_unit_test(a_message_is_judged_by_what_became_of_it_on_its_way),
        cmocka_unit_test(a_signature_may_be_folded_anywhere_in_relaxed_form),
        cmocka_unit_test(the_key_record_decides_what_its_key_is_good_for),
        cmocka_unit_test(several_records_are_tried_until_one_verifies),
        cmocka_unit_test(records_of_a_selector_are_tried_up_to_the_limit),
        cmocka_unit_test(a_key_for_testing_is_said_to_be_one),
        cmocka_unit_test(broken_signatures_hide_no_good_one_and_good_ones_are_tried_up_to_the_limit),
        cmocka_unit_test(keys_are_tried_up_to_the_limit),
        cmocka_unit_test(a_header_that_was_not_kept_whole_never_passes),
        cmocka_unit_test(a_message_without_signature_asks_nothing_and_has_no_result),
        cmocka_unit_test(only_a_signature_that_may_still_pass_asks_for_its_key),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
