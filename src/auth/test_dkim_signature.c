/* SPDX-License-Identifier: BSD-2-Clause */
/* DKIM-Signature fields: what each tag may say, and what is made of what it may not. */
#include "auth/dkim_signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BH "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;"
#define BH1 "bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=;"
#define B86 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define REST "d=example.com; s=sel; h=From:To; " BH " b=AAAA"

static const struct {
    const char *tags;
    const char *expected; /* identity, or code and reason */
    bool legacy;
} cases[] = {
    {"v=1; a=rsa-sha256; " REST, "@example.com", false},
    {"v=1; a=RSA-SHA256; c=Relaxed/Simple; q=dns/txt; t=1; x=2; l=0; " REST, "@example.com", false},
    {"v=1; a=rsa-sha256; d=example.com; s=a.b_c; h = from : to ; " BH " b=A\r\n A A\r\n\tA", "@example.com", false},
    {"v=1; a=rsa-sha256; i=jo@Example.COM; " REST, "jo@Example.COM", false},
    {"v=1; a=rsa-sha256; i=j=6F=20o@sub.example.com; " REST, "jo o@sub.example.com", false},
    {"v=1; a=rsa-sha256; i=jo=40example=2Ecom; " REST, "jo@example.com", false},
    {"v=1; a=rsa-sha256; i=j\r\n o@example\r\n .com; " REST, "jo@example.com", false},
    {"v=1; a=rsa-sha256; i=j\xc3\xb6@example.com; " REST, "j\xc3\xb6@example.com", false},
    {"v=1; a=rsa-sha256; i=\"a@b\"@example.com; " REST, "\"a@b\"@example.com", false},
    {"v=1; a=rsa-sha256; q=foo/bar:dns/txt:exam/ple; " REST, "@example.com", false},
    {"v=1; a=ed25519-sha256; d=example.com; s=s; h=From; " BH " b=" B86, "@example.com", false},
    {"v=1; a=rsa-sha1; d=example.com; s=s; h=From; " BH1 " b=AAAA", "@example.com", true},
    {"a=rsa-sha256; q=dns; " REST, "@example.com", true},
    {"v=0.5; a=rsa-sha256; " REST, "@example.com", true},

    {"a=rsa-sha256; " REST, "permerror: v= is missing", false},
    {"v=; a=rsa-sha256; " REST, "neutral: v= is not 1", false},
    {"v=2; a=rsa-sha256; " REST, "neutral: v= is not 1", true},
    {"v=0.5; a=rsa-sha256; " REST, "neutral: v= is not 1", false},
    {"v=1; v=1; a=rsa-sha256; " REST, "permerror: v= is there twice", false},
    {"v=1; " REST, "permerror: a= is missing", false},
    {"v=1; a=rsa-md5; " REST, "neutral: a= names an unknown algorithm", true},
    {"v=1; a=ed25519-sha1; " REST, "neutral: a= names an unknown algorithm", true},
    {"v=1; a=rsa-sha1; d=example.com; s=s; h=From; " BH1 " b=AAAA",
     "policy: rsa-sha1 is refused (RFC 8301 section 3.1)", false},
    {"v=1; a=rsa-sha256; c=future; " REST, "neutral: c= names an unknown canonical form", false},
    {"v=1; a=rsa-sha256; c=simple/; " REST, "neutral: c= names an unknown canonical form", false},
    {"v=1; a=rsa-sha256; c=; " REST, "neutral: c= names an unknown canonical form", false},
    {"v=1; a=rsa-sha256; q=http; " REST, "neutral: q= names no known way to the key", false},
    {"v=1; a=rsa-sha256; q=dns; " REST, "neutral: q= names no known way to the key", false},
    {"v=1; a=rsa-sha256; s=sel; h=From; " BH " b=AAAA", "permerror: d= is missing", false},
    {"v=1; a=rsa-sha256; d=example.com; h=From; " BH " b=AAAA", "permerror: s= is missing", false},
    {"v=1; a=rsa-sha256; d=com; s=sel; h=From; " BH " b=AAAA", "permerror: d= is no domain", false},
    {"v=1; a=rsa-sha256; d=example.com.; s=sel; h=From; " BH " b=AAAA", "permerror: d= is no domain", false},
    {"v=1; a=rsa-sha256; d=exa mple.com; s=sel; h=From; " BH " b=AAAA", "permerror: d= is no domain", false},
    {"v=1; a=rsa-sha256; d=a..com; s=sel; h=From; " BH " b=AAAA", "permerror: d= is no domain", false},
    {"v=1; a=rsa-sha256; d=-a.com; s=sel; h=From; " BH " b=AAAA", "permerror: d= is no domain", false},
    {"v=1; a=rsa-sha256; d=a.com; s=a..b; h=From; " BH " b=AAAA", "permerror: s= is no selector", false},
    {"v=1; a=rsa-sha256; d=a.com; s=a/b; h=From; " BH " b=AAAA", "permerror: s= is no selector", false},
    {"v=1; a=rsa-sha256; i=jo@example.org; " REST, "permerror: i= lies outside of d=", false},
    {"v=1; a=rsa-sha256; i=jo@notexample.com; " REST, "permerror: i= lies outside of d=", false},
    {"v=1; a=rsa-sha256; i=jo@com; " REST, "permerror: i= lies outside of d=", false},
    {"v=1; a=rsa-sha256; i=jo; " REST, "permerror: i= is no address", false},
    {"v=1; a=rsa-sha256; i=a@b@example.com; " REST, "permerror: i= is no address", false},
    {"v=1; a=rsa-sha256; i=jo@; " REST, "permerror: i= is no address", false},
    {"v=1; a=rsa-sha256; i=; " REST, "permerror: i= is no address", false},
    {"v=1; a=rsa-sha256; i=jo=4@example.com; " REST, "permerror: i= is no quoted-printable text", false},
    {"v=1; a=rsa-sha256; i=jo@example.com=; " REST, "permerror: i= is no quoted-printable text", false},
    {"v=1; a=rsa-sha256; i=jo=00@example.com; " REST, "permerror: i= is no quoted-printable text", false},
    {"v=1; a=rsa-sha256; i=jo=0D=0A@example.com; " REST, "permerror: i= is no quoted-printable text", false},
    {"v=1; a=rsa-sha256; i=jo=FF@example.com; " REST, "permerror: i= is no quoted-printable text", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; " BH " b=AAAA", "permerror: h= is missing", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=; " BH " b=AAAA", "permerror: h= is missing", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=To:Subject; " BH " b=AAAA", "permerror: h= does not name From", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From::To; " BH " b=AAAA",
     "permerror: h= holds something that is no field name", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From To; " BH " b=AAAA",
     "permerror: h= holds something that is no field name", false},
    {"v=1; a=rsa-sha256; l=-1; " REST, "permerror: l= is no number", false},
    {"v=1; a=rsa-sha256; l=; " REST, "permerror: l= is no number", false},
    {"v=1; a=rsa-sha256; l=1 2; " REST, "permerror: l= is no number", false},
    {"v=1; a=rsa-sha256; t=soon; " REST, "permerror: t= is no time", false},
    {"v=1; a=rsa-sha256; x=1234567890123; " REST, "permerror: x= is no time", false},
    {"v=1; a=rsa-sha256; t=5; x=5; " REST, "permerror: x= is not later than t=", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From; b=AAAA", "permerror: bh= is missing", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From; bh=AA*A; b=AAAA", "permerror: bh= is no base64", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From; " BH1 " b=AAAA",
     "permerror: bh= has another length than a= makes", false},
    {"v=1; a=ed25519-sha256; d=a.com; s=s; h=From; bh=AAAA; b=" B86,
     "permerror: bh= has another length than a= makes", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From; " BH, "permerror: b= is missing", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From; " BH " b=", "permerror: b= is missing", false},
    {"v=1; a=rsa-sha256; d=a.com; s=s; h=From; " BH " b=A", "permerror: b= is no base64", false},
    {"v=1; a=ed25519-sha256; d=a.com; s=s; h=From; " BH " b=AAAA",
     "permerror: b= has a length that no signature has", false},
    {"", "permerror: tag 1 has no \"=\"", false},
    {"synerr", "permerror: tag 1 has no \"=\"", false},
    {"v=1; a=\x02", "permerror: the field holds control characters", false},
};

static void read_field(const char *tags, size_t size, bool legacy, char *ret_text, size_t text_size)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_signature signature;
    bs_arena_init(&arena, 1 << 20);
    bs_header_init(&header, &arena);
    bs_header_add(&header, BS_LITERAL("DKIM-Signature"), bs_bytes(tags, size));
    bs_header_finish(&header);
    assert_true(bs_dkim_signature_read(&header.fields[0], legacy, &arena, &signature));
    if (signature.code == BS_DKIM_PASS)
        snprintf(ret_text, text_size, "%.*s", BS_BYTES_ARG(signature.identity));
    else
        snprintf(ret_text, text_size, "%s: %s", bs_dkim_code_name(signature.code), signature.reason);
    bs_arena_reset(&arena);
}

static void each_field_is_understood_or_has_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char found[256];
        read_field(cases[i].tags, strlen(cases[i].tags), cases[i].legacy, found, sizeof found);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("%s\nis %s\nand not %s", cases[i].tags, found, cases[i].expected);
    }
}

/* What becomes of a signature with so many names in h=, padded to so many bytes. */
static bool is_read(int names, size_t size)
{
    static char tags[BS_DKIM_SIGNATURE_SIZE_MAX + 64];
    char found[256];
    size_t length = (size_t)snprintf(tags, sizeof tags, "v=1; a=rsa-sha256; d=a.com; s=s; " BH " b=AAAA; h=From");
    for (int i = 1; i < names; i++)
        length += (size_t)snprintf(tags + length, sizeof tags - length, ":x");
    if (size > 0) {
        memset(tags + length, ' ', sizeof tags - length);
        length = size - strlen("DKIM-Signature:");
    }
    read_field(tags, length, false, found, sizeof found);
    return strcmp(found, "@a.com") == 0;
}

static void a_field_is_read_up_to_its_limits(void **state)
{
    (void)state;
    assert_true(is_read(BS_DKIM_SIGNED_NAMES_MAX, 0));
    assert_false(is_read(BS_DKIM_SIGNED_NAMES_MAX + 1, 0));
    assert_true(is_read(1, BS_DKIM_SIGNATURE_SIZE_MAX));
    assert_false(is_read(1, BS_DKIM_SIGNATURE_SIZE_MAX + 1));
}

static void the_key_is_looked_up_by_a_labels(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_signature signature;
    bs_arena_init(&arena, 1 << 20);
    bs_header_init(&header, &arena);
    bs_header_add(&header, BS_LITERAL("dkim-signature"),
                  BS_LITERAL("v=1; a=rsa-sha256; d=B\xc3\xbc" "cher.example; s=\xc3\xbc; h=From; " BH " b=AAAA"));
    bs_header_finish(&header);
    assert_true(bs_dkim_signature_read(&header.fields[0], false, &arena, &signature));
    assert_int_equal(signature.code, BS_DKIM_PASS);
    assert_true(bs_bytes_equal(signature.key_name, BS_LITERAL("xn--tda._domainkey.xn--bcher-kva.example")));
    bs_arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_is_understood_or_has_a_reason),
        cmocka_unit_test(a_field_is_read_up_to_its_limits),
        cmocka_unit_test(the_key_is_looked_up_by_a_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
