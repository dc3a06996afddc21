/* SPDX-License-Identifier: BSD-2-Clause */
/* Key records, good, useless and broken. */
#include "auth/dkim_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *expected; /* what it is good for, or ! and why for nothing */
} cases[] = {
    {"v=DKIM1; k=rsa; p=AAAA", "rsa sha1 sha256 mail"},
    {"p=AAAA", "rsa sha1 sha256 mail"},
    {"p = AA AA ;", "rsa sha1 sha256 mail"},
    {"v=DKIM1; k=ed25519; p=AAAA", "ed25519 sha1 sha256 mail"},
    {"v=DKIM1; h=sha256; p=AAAA", "rsa sha256 mail"},
    {"v=DKIM1; h=sha1:other; p=AAAA", "rsa sha1 mail"},
    {"v=DKIM1; h=other; p=AAAA", "rsa mail"},
    {"v=DKIM1; s=email:web; p=AAAA", "rsa sha1 sha256 mail"},
    {"v=DKIM1; s=*; p=AAAA", "rsa sha1 sha256 mail"},
    {"v=DKIM1; s=chat; p=AAAA", "rsa sha1 sha256"},
    {"v=DKIM1; t=y:s; p=AAAA", "rsa sha1 sha256 mail testing same-domain"},
    {"v=DKIM1; t=n; p=AAAA", "rsa sha1 sha256 mail"},
    {"v=DKIM1; g=jo*; n=a note; x=1; p=AAAA", "rsa sha1 sha256 mail"},
    {"v=DKIM1; p=", "!the key was revoked: p= is empty"},
    {"v=DKIM1; p= \t", "!the key was revoked: p= is empty"},
    {"v=DKIM1; k=rsa", "!the key record has no p="},
    {"v=DKIM1; k=dsa; p=AAAA", "!the key record's k= names an unknown kind of key"},
    {"v=DKIM1; p=A*AA", "!the key record's p= is no base64"},
    {"k=rsa; v=DKIM1; p=AAAA", "!the key record does not begin with v=DKIM1"},
    {"v=DKIM2; p=AAAA", "!the key record does not begin with v=DKIM1"},
    {"v=dkim1; p=AAAA", "!the key record does not begin with v=DKIM1"},
    {"", "!the key record: tag 1 has no \"=\""},
    {"v=spf1 -all", "!the key record does not begin with v=DKIM1"},
    {"v=DKIM1; t; p=AAAA", "!the key record: tag 2 has no \"=\""},
    {"v=DKIM1; p=AAAA; p=BBBB", "!the key record: p= is there twice"},
};

static void describe(const struct bs_dkim_key_record *record, char *ret_text, size_t size)
{
    if (record->reason)
        snprintf(ret_text, size, "!%s", record->reason);
    else
        snprintf(ret_text, size, "%s%s%s%s%s%s", record->type == BS_KEY_RSA ? "rsa" : "ed25519",
                 record->sha1 ? " sha1" : "", record->sha256 ? " sha256" : "", record->for_mail ? " mail" : "",
                 record->testing ? " testing" : "", record->same_domain ? " same-domain" : "");
}

static void each_record_is_good_for_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_arena arena;
        struct bs_dkim_key_record record;
        char found[256];
        bs_arena_init(&arena, 65536);
        assert_true(bs_dkim_key_record_read(bs_bytes_from_cstr(cases[i].text), &arena, &record));
        describe(&record, found, sizeof found);
        assert_string_equal(found, cases[i].expected);
        bs_arena_reset(&arena);
    }
}

static bool is_read(size_t size)
{
    static char text[BS_DKIM_KEY_RECORD_MAX + 1];
    struct bs_arena arena;
    struct bs_dkim_key_record record;
    memset(text, ' ', sizeof text);
    memcpy(text, "p=AAAA", 6);
    bs_arena_init(&arena, 65536);
    assert_true(bs_dkim_key_record_read(bs_bytes(text, size), &arena, &record));
    bs_arena_reset(&arena);
    return !record.reason;
}

static void a_record_is_read_up_to_its_limit(void **state)
{
    (void)state;
    assert_true(is_read(BS_DKIM_KEY_RECORD_MAX));
    assert_false(is_read(BS_DKIM_KEY_RECORD_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_good_for_what_it_says),
        cmocka_unit_test(a_record_is_read_up_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
