/* SPDX-License-Identifier: BSD-2-Clause */
/* What is signed here verifies here, with either kind of key and both at once, and no longer once a byte was changed. */
#include "auth/dkim_sign.h"

#include "../../tests/support/dkim_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1787313600 };

static struct {
    struct bs_private_key *rsa, *ed25519;
    struct bs_strbuf rsa_record, ed25519_record;
} keys;

static int make_keys(void **state)
{
    (void)state;
    keys.rsa = bs_private_key_make(BS_KEY_RSA, 2048);
    keys.ed25519 = bs_private_key_make(BS_KEY_ED25519, 0);
    bs_strbuf_init(&keys.rsa_record, 4096);
    bs_strbuf_init(&keys.ed25519_record, 4096);
    bool made = keys.rsa && keys.ed25519 && bs_dkim_key_record_make(keys.rsa, &keys.rsa_record) &&
                bs_dkim_key_record_make(keys.ed25519, &keys.ed25519_record);
    return made ? 0 : 1;
}

static int free_keys(void **state)
{
    (void)state;
    bs_private_key_free(keys.rsa);
    bs_private_key_free(keys.ed25519);
    bs_strbuf_free(&keys.rsa_record);
    bs_strbuf_free(&keys.ed25519_record);
    return 0;
}

static struct bs_dkim_signer signer_of(const struct bs_private_key *key)
{
    return (struct bs_dkim_signer){
        .key = key,
        .domain = BS_LITERAL("example.com"),
        .selector = key == keys.rsa ? BS_LITERAL("rsa") : BS_LITERAL("ed"),
        .now = NOW,
    };
}

static bool sign(const struct bs_dkim_signer *signer, const char *header_text, const char *body,
                 struct bs_strbuf *ret_field, struct bs_error *ret_error)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_bodies bodies;
    bs_arena_init(&arena, 4 << 20);
    bs_header_init(&header, &arena);
    bs_header_push(&header, bs_bytes_from_cstr(header_text));
    bs_header_finish(&header);
    bs_dkim_bodies_init(&bodies);
    size_t place = bs_dkim_sign_body(&bodies);
    bs_dkim_bodies_push(&bodies, bs_bytes_from_cstr(body));
    bs_dkim_bodies_finish(&bodies);
    bool made = bs_dkim_sign(signer, &header, &bodies.sums[place], ret_field, ret_error);
    bs_dkim_bodies_free(&bodies);
    bs_arena_reset(&arena);
    return made;
}

/* The code of the signature on top. */
static enum bs_dkim_code code_of(struct bs_bytes message)
{
    struct dkim_zone zone[] = {
        {"rsa._domainkey.example.com", BS_DNS_FOUND, {bs_strbuf_cstr(&keys.rsa_record)}},
        {"ed._domainkey.example.com", BS_DNS_FOUND, {bs_strbuf_cstr(&keys.ed25519_record)}},
        {0},
    };
    struct dkim_judged judged;
    dkim_judge(&judged, message, 512, false, NOW, zone);
    assert_int_equal(judged.step, BS_DONE);
    enum bs_dkim_code code = judged.results.count > 0 ? judged.results.items[0].code : BS_DKIM_NONE;
    for (size_t i = 1; i < judged.results.count; i++)
        assert_int_equal(judged.results.items[i].code, code);
    dkim_judged_free(&judged);
    return code;
}

static const char header_text[] = "Received: from a\r\n\tby b\r\nFrom: Jo <jo@example.com>\r\nTo: a@example.org\r\n"
                                  "Cc: b@example.org\r\nSubject: Hi  there\r\nX-Other: x\r\n\r\n";
static const char body_text[] = "Hello,\r\n\r\nsee you.\r\n";

/* Appends the whole message, signed with one key or both. */
static void write_message(struct bs_strbuf *message, bool rsa, bool ed25519, bool bare_lf)
{
    const struct bs_private_key *chosen[] = {rsa ? keys.rsa : NULL, ed25519 ? keys.ed25519 : NULL};
    bs_strbuf_init(message, 65536);
    for (int i = 0; i < 2; i++) {
        struct bs_error error;
        struct bs_dkim_signer signer = chosen[i] ? signer_of(chosen[i]) : (struct bs_dkim_signer){0};
        signer.bare_lf = bare_lf;
        if (chosen[i]) {
            assert_true(sign(&signer, header_text, body_text, message, &error));
            bs_strbuf_append_cstr(message, bare_lf ? "\n" : "\r\n");
        }
    }
    bs_strbuf_append_cstr(message, header_text);
    bs_strbuf_append_cstr(message, body_text);
}

static void what_is_signed_with_either_key_or_both_verifies(void **state)
{
    (void)state;
    for (int i = 2; i < 8; i++) {
        struct bs_strbuf message;
        write_message(&message, i & 2, i & 4, i & 1);
        assert_int_equal(code_of(bs_strbuf_bytes(&message)), BS_DKIM_PASS);
        bs_strbuf_free(&message);
    }
}

static void the_field_is_folded_and_names_what_may_not_be_added(void **state)
{
    (void)state;
    struct bs_strbuf field;
    struct bs_error error;
    static const struct bs_bytes more[] = {BS_LITERAL("X-Other"), BS_LITERAL("subject"), BS_LITERAL("Cc")};
    struct bs_dkim_signer signer = signer_of(keys.ed25519);
    signer.oversign = more;
    signer.oversign_count = 3;
    signer.lifetime = 86400;
    bs_strbuf_init(&field, 65536);
    assert_true(sign(&signer, header_text, body_text, &field, &error));
    struct bs_bytes start = bs_bytes_first(bs_strbuf_bytes(&field), strlen(bs_strbuf_cstr(&field)));
    assert_true(bs_bytes_contains_nocase(start, BS_LITERAL(
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;\r\n"
        "\ts=ed; t=1787313600; x=1787400000;\r\n"
        "\th=From:From:To:To:Subject:Subject:Date:Message-ID:Content-Type:MIME-Version:\r\n"
        "\tX-Other:X-Other:Cc:Cc;\r\n\tbh=")));
    for (const char *line = bs_strbuf_cstr(&field); line; line = strstr(line, "\r\n")) {
        line += *line == '\r' ? 2 : 0;
        const char *end = strstr(line, "\r\n");
        assert_true((end ? (size_t)(end - line) : strlen(line)) <= 78);
    }
    bs_strbuf_free(&field);
}

/* Every byte that is signed: of the From, To, Cc and Subject fields and of the body, and every character of b=. */
static void a_changed_byte_ends_the_pass(void **state)
{
    (void)state;
    struct bs_strbuf message;
    write_message(&message, false, true, false);
    char *from = strstr(message.ptr, "From: Jo"), *other = strstr(message.ptr, "X-Other: x");
    char *body = strstr(message.ptr, "Hello"), *signature = strstr(message.ptr, "\tb=") + 3;
    size_t tried = 0;
    for (char *c = signature; *c; c++) {
        bool covered = c < strstr(signature, "\r\nReceived") || (c >= from && c < other) || c >= body;
        bool blank = strchr(" \t\r\n=", *c) != NULL;
        if (!covered || blank)
            continue;
        char was = *c;
        *c = was == 'q' ? 'r' : 'q';
        if (code_of(bs_strbuf_bytes(&message)) == BS_DKIM_PASS)
            fail_msg("passes with another byte at %s", c);
        *c = was;
        tried++;
    }
    assert_true(tried > 100);
    assert_int_equal(code_of(bs_strbuf_bytes(&message)), BS_DKIM_PASS);
    bs_strbuf_free(&message);
}

static void a_field_that_readers_go_by_cannot_be_added(void **state)
{
    (void)state;
    static const char *const added[] = {"Subject: x", "From: x", "Date: x", "Message-ID: x", "Content-Type: x",
                                        "MIME-Version: x", "To: x"};
    struct bs_strbuf message;
    write_message(&message, false, true, false);
    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s\r\n%s", added[i], bs_strbuf_cstr(&message));
        assert_int_equal(code_of(bs_bytes_from_cstr(text)), BS_DKIM_FAIL);
    }
    bs_strbuf_free(&message);
}

static const struct {
    const char *header, *domain, *selector, *error;
} refused[] = {
    {"To: a\r\n\r\n", "example.com", "s", "the message has no From field"},
    {"From: a\r\nfrom: b\r\n\r\n", "example.com", "s", "the message has more than one From field"},
    {"From : a\r\n\r\n", "example.com", "s", "the From field is malformed"},
    {"From: a\r\n\r\n", "example", "s", "\"example\" is no domain"},
    {"From: a\r\n\r\n", "example.com", "a b", "\"a b\" is no selector"},
};

static void what_cannot_be_signed_is_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct bs_error error;
        struct bs_strbuf field;
        struct bs_dkim_signer signer = signer_of(keys.ed25519);
        signer.domain = bs_bytes_from_cstr(refused[i].domain);
        signer.selector = bs_bytes_from_cstr(refused[i].selector);
        bs_strbuf_init(&field, 65536);
        assert_false(sign(&signer, refused[i].header, "x", &field, &error));
        assert_string_equal(error.text, refused[i].error);
        assert_int_equal(field.len, 0);
    }
}

/* What a submission server adds after the signature was made does not end it; a second one does. */
static void date_and_message_id_may_be_added_where_there_are_none(void **state)
{
    static const struct {
        const char *header, *added;
        bool may_be_completed;
        enum bs_dkim_code code;
    } cases[] = {
        {"From: Jo <jo@example.com>\r\n\r\n", "Date: today\r\nMessage-Id: <1@x>\r\n", true, BS_DKIM_PASS},
        {"From: Jo <jo@example.com>\r\n\r\n", "Date: today\r\nMessage-Id: <1@x>\r\n", false, BS_DKIM_FAIL},
        {"From: Jo <jo@example.com>\r\n\r\n", "Subject: more\r\n", true, BS_DKIM_FAIL},
        {"DATE: today\r\nFrom: Jo <jo@example.com>\r\n\r\n", "Date: tomorrow\r\n", true, BS_DKIM_FAIL},
        {"Message-Id: <1@x>\r\nFrom: Jo <jo@example.com>\r\n\r\n", "Message-ID: <2@x>\r\n", true, BS_DKIM_FAIL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_error error;
        struct bs_strbuf message;
        struct bs_dkim_signer signer = signer_of(keys.ed25519);
        signer.may_be_completed = cases[i].may_be_completed;
        bs_strbuf_init(&message, 65536);
        assert_true(sign(&signer, cases[i].header, body_text, &message, &error));
        bs_strbuf_printf(&message, "\r\n%s%s%s", cases[i].added, cases[i].header, body_text);
        assert_int_equal(code_of(bs_strbuf_bytes(&message)), cases[i].code);
        bs_strbuf_free(&message);
    }
}

static void what_is_no_field_name_is_not_oversigned(void **state)
{
    static const char *const names[] = {"", "X Y", "X:Y", "X;Y", "X\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct bs_error error;
        struct bs_strbuf field;
        struct bs_dkim_signer signer = signer_of(keys.ed25519);
        struct bs_bytes name = bs_bytes_from_cstr(names[i]);
        signer.oversign = &name;
        signer.oversign_count = 1;
        bs_strbuf_init(&field, 65536);
        assert_false(sign(&signer, "From: a\r\n\r\n", "x", &field, &error));
        assert_non_null(strstr(error.text, "is no field name"));
        assert_int_equal(field.len, 0);
        bs_strbuf_free(&field);
    }
}

/* Whether a header is signed that makes h= name so many fields. */
static bool is_signed(size_t names)
{
    char text[4096] = "From: a\r\n";
    struct bs_error error;
    struct bs_strbuf field;
    struct bs_dkim_signer signer = signer_of(keys.ed25519);
    for (size_t i = 8; i < names; i++) /* From twice, and six names that are not there */
        strcat(text, "Cc: x\r\n");
    strcat(text, "\r\n");
    bs_strbuf_init(&field, 65536);
    bool made = sign(&signer, text, "x", &field, &error);
    bs_strbuf_free(&field);
    return made;
}

static void a_header_is_signed_up_to_what_verifiers_here_read(void **state)
{
    (void)state;
    assert_true(is_signed(BS_DKIM_SIGNED_NAMES_MAX));
    assert_false(is_signed(BS_DKIM_SIGNED_NAMES_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_with_either_key_or_both_verifies),
        cmocka_unit_test(the_field_is_folded_and_names_what_may_not_be_added),
        cmocka_unit_test(a_changed_byte_ends_the_pass),
        cmocka_unit_test(a_field_that_readers_go_by_cannot_be_added),
        cmocka_unit_test(what_cannot_be_signed_is_refused_with_a_reason),
        cmocka_unit_test(date_and_message_id_may_be_added_where_there_are_none),
        cmocka_unit_test(what_is_no_field_name_is_not_oversigned),
        cmocka_unit_test(a_header_is_signed_up_to_what_verifiers_here_read),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
