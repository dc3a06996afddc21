/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a hostile message or zone costs: how many questions it makes us ask and how many rounds that takes, what fits into
 * the memory of an authentication, and that the result is clear.
 */
#include "ask/canned.h"
#include "base/base64.h"
#include "engine/authentication.h"
#include "engine/marks.h"
#include "engine/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1787313600, ZONE_MAX = 1 << 20, MESSAGE_MAX = 2 << 20 };

#define EMPTY_BODY "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define FROM "From: a@example.com\r\n"
#define SIGNATURE "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; h=from; " EMPTY_BODY "; b=AAAA; "

static struct {
    struct bs_strbuf zone, message;
    struct bs_arena arena;
    struct bs_canned canned;
    struct bs_answers known;
    struct bs_authentication *authentication;
    unsigned rounds, questions, key_questions;
    const char *sender;
    size_t dkim_memory; /* bytes that DKIM may take; 0: as many as ever */
} trial;

static int begin(void **state)
{
    (void)state;
    memset(&trial, 0, sizeof trial);
    bs_strbuf_init(&trial.zone, ZONE_MAX);
    bs_strbuf_init(&trial.message, MESSAGE_MAX);
    bs_arena_init(&trial.arena, BS_CANNED_MEMORY_MAX);
    trial.sender = "<a@example.com>";
    return 0;
}

static int end(void **state)
{
    (void)state;
    bs_authentication_free(trial.authentication);
    bs_strbuf_free(&trial.zone);
    bs_strbuf_free(&trial.message);
    bs_arena_reset(&trial.arena);
    return 0;
}

static bool asks_for_key(struct bs_bytes name)
{
    struct bs_bytes keys = BS_LITERAL("._domainkey.example.com");
    return name.len > keys.len && bs_bytes_equal(bs_bytes_skip(name, name.len - keys.len), keys);
}

static void answer_all(const struct bs_questions *missing)
{
    trial.rounds++;
    trial.questions += (unsigned)missing->count;
    for (size_t i = 0; i < missing->count; i++) {
        const struct bs_question *question = &missing->items[i];
        struct bs_dns_answer answer = bs_canned_answer(&trial.canned, question->name, question->type);
        trial.key_questions += asks_for_key(question->name);
        assert_true(bs_answers_add(&trial.known, question->name, question->type, &answer));
    }
}

/* Reads the header of the message and the zone. */
static void begin_authentication(void)
{
    static const struct bs_ip client = {.family = 4, .address = {192, 0, 2, 1}};
    const struct bs_authentication_facts facts = {.client = &client, .helo = BS_LITERAL("mx.example.net"),
                                                  .sender = bs_bytes_from_cstr(trial.sender),
                                                  .receiver = BS_LITERAL("mx.example"), .now = NOW};
    struct bs_error error;
    assert_false(trial.zone.failed || trial.message.failed);
    if (!bs_canned_parse(bs_strbuf_bytes(&trial.zone), "zone", &trial.arena, &trial.canned, &error))
        fail_msg("%s", error.text);
    bs_answers_init(&trial.known, &trial.arena);
    trial.authentication = bs_authentication_new(&facts);
    assert_non_null(trial.authentication);
    if (trial.dkim_memory > 0)
        trial.authentication->dkim_arena.limit = trial.dkim_memory;
    bs_authentication_whole_header(trial.authentication, bs_strbuf_bytes(&trial.message));
}

/* Authenticates the message with the answers of the zone. */
static void authenticate(void)
{
    begin_authentication();
    bs_authentication_end_of_body(trial.authentication);
    for (;;) {
        struct bs_questions missing = {.count = 0};
        if (bs_authentication_run(trial.authentication, &trial.known, &missing) == BS_DONE)
            return;
        assert_true(missing.count > 0 && trial.rounds < 64);
        answer_all(&missing);
    }
}

/* --- DKIM --------------------------------------------------------------------------------------------------- */

static void of_hundreds_of_signatures_ten_ask_for_a_key_and_64_are_mentioned(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        bs_strbuf_printf(&trial.message, SIGNATURE "s=s%d\r\n", i);
    bs_strbuf_append_cstr(&trial.message, FROM "\r\n");
    authenticate();
    assert_int_equal(trial.key_questions, BS_DKIM_SIGNATURES_TRIED_MAX);
    assert_int_equal(trial.authentication->dkim.count, BS_DKIM_SIGNATURES_READ_MAX);
    assert_true(trial.rounds <= 2);
}

static void a_huge_h_is_refused_before_its_key_is_asked_for(void **state)
{
    (void)state;
    bs_strbuf_append_cstr(&trial.message, SIGNATURE "s=a; h=from");
    for (int i = 0; i < 20000; i++)
        bs_strbuf_append_cstr(&trial.message, ":x");
    bs_strbuf_append_cstr(&trial.message, "\r\n" FROM "\r\n");
    authenticate();
    assert_int_equal(trial.key_questions, 0);
    assert_int_equal(trial.authentication->dkim.count, 1);
    assert_int_equal(trial.authentication->dkim.items[0].code, BS_DKIM_PERMERROR);
}

/* A key record with a bare RSA key of so many bits, all set. */
static void append_key(size_t bits)
{
    static unsigned char der[8192];
    static char text[BS_BASE64_ENCODED(sizeof der) + 1];
    size_t modulus = bits / 8 + 1, inner = 4 + modulus + 5;
    unsigned char head[] = {0x30, 0x82, (unsigned char)(inner >> 8), (unsigned char)inner,
                            0x02, 0x82, (unsigned char)(modulus >> 8), (unsigned char)modulus, 0};
    memset(der, 0xff, sizeof der);
    memcpy(der, head, sizeof head);
    memcpy(der + 8 + modulus, "\2\3\1\0\1", 5);
    bs_base64_encode(bs_bytes(der, 4 + inner), text);
    bs_strbuf_append_cstr(&trial.zone, "a._domainkey.example.com. 60 IN TXT \"p=");
    for (const char *rest = text; *rest; rest += strlen(rest) < 200 ? strlen(rest) : 200)
        bs_strbuf_printf(&trial.zone, "\" \"%.200s", rest);
    bs_strbuf_append_cstr(&trial.zone, "\"\n");
}

static void a_key_of_16384_bits_is_not_read(void **state)
{
    (void)state;
    append_key(16384);
    bs_strbuf_append_cstr(&trial.message, SIGNATURE "s=a\r\n" FROM "\r\n");
    authenticate();
    const struct bs_dkim_result *result = &trial.authentication->dkim.items[0];
    assert_int_equal(trial.key_questions, 1);
    assert_int_not_equal(result->code, BS_DKIM_PASS);
    assert_non_null(strstr(result->reason, "16384 bits"));
}

/* --- SPF ---------------------------------------------------------------------------------------------------- */

static void includes_in_a_circle_end_at_the_tenth_lookup(void **state)
{
    (void)state;
    bs_strbuf_append_cstr(&trial.zone, "example.com. 60 IN TXT \"v=spf1 include:b.example -all\"\n"
                                       "b.example. 60 IN TXT \"v=spf1 include:example.com -all\"\n");
    bs_strbuf_append_cstr(&trial.message, FROM "\r\n");
    authenticate();
    assert_int_equal(trial.authentication->spf.status, BS_SPF_PERMERROR);
    assert_int_equal(trial.authentication->spf.lookups, BS_SPF_LOOKUPS_MAX);
    assert_true(trial.questions <= 8);
}

static void macros_that_multiply_the_senders_words_ask_for_nothing_past_their_limit(void **state)
{
    static char sender[512];
    (void)state;
    snprintf(sender, sizeof sender, "<%0200d@example.com>", 0);
    trial.sender = sender;
    bs_strbuf_append_cstr(&trial.zone, "example.com. 60 IN TXT \"v=spf1 exists:");
    for (int i = 0; i < 40; i++)
        bs_strbuf_append_cstr(&trial.zone, "%{l}");
    bs_strbuf_append_cstr(&trial.zone, ".b.example -all\"\n");
    bs_strbuf_append_cstr(&trial.message, FROM "\r\n");
    authenticate();
    assert_int_equal(trial.authentication->spf.status, BS_SPF_PERMERROR);
    assert_true(trial.questions <= 4);
}

static void aliases_in_a_circle_are_a_temperror_of_one_question(void **state)
{
    (void)state;
    bs_strbuf_append_cstr(&trial.zone, "example.com. 60 IN CNAME b.example.\nb.example. 60 IN CNAME example.com.\n");
    bs_strbuf_append_cstr(&trial.message, FROM "\r\n");
    authenticate();
    assert_int_equal(trial.authentication->spf.status, BS_SPF_TEMPERROR);
    assert_true(trial.rounds <= 2 && trial.questions <= 4);
}

/* --- Large records ------------------------------------------------------------------------------------------ */

/* A TXT record of about `size` bytes: `begin`, and then `more` again and again. */
static void append_text(const char *owner, const char *text, const char *more, size_t size)
{
    bs_strbuf_printf(&trial.zone, "%s 60 IN TXT \"%s\"", owner, text);
    for (size_t length = strlen(text); length + strlen(more) <= size; length += strlen(more))
        bs_strbuf_printf(&trial.zone, " \"%s\"", more);
    bs_strbuf_append_char(&trial.zone, '\n');
}

static void texts_of_60_kb_have_clear_results(void **state)
{
    (void)state;
    append_text("example.com.", "v=spf1", " ip4:1.2.3.4", 60000);
    append_text("_dmarc.example.com.", "v=DMARC1; p=reject", ";x=y", 60000);
    append_text("a._domainkey.example.com.", "v=DKIM1; p=", "AAAA", 60000);
    bs_strbuf_append_cstr(&trial.message, SIGNATURE "s=a\r\n" FROM "\r\n");
    authenticate();
    assert_int_equal(trial.authentication->spf.status, BS_SPF_PERMERROR);
    assert_int_equal(trial.authentication->dkim.items[0].code, BS_DKIM_PERMERROR);
    assert_int_equal(trial.authentication->dmarc.result, BS_DMARC_RESULT_FAIL);
    assert_int_equal(trial.authentication->dmarc.disposition, BS_DMARC_REJECT);
    assert_true(trial.rounds <= 2);
}

static void the_policy_is_asked_for_before_the_keys(void **state)
{
    struct bs_questions missing = {.count = 0};
    size_t policy = 0, key = 0;
    (void)state;
    bs_strbuf_append_cstr(&trial.message, SIGNATURE "s=a\r\n" FROM "\r\n");
    begin_authentication();
    assert_int_equal(bs_authentication_run(trial.authentication, &trial.known, &missing), BS_ASK);
    for (size_t i = 0; i < missing.count; i++) {
        if (bs_bytes_equal(missing.items[i].name, BS_LITERAL("_dmarc.example.com")))
            policy = i + 1;
        if (asks_for_key(missing.items[i].name))
            key = i + 1;
    }
    assert_true(policy > 0 && policy < key);
}

/* --- Memory ------------------------------------------------------------------------------------------------- */

/* As many fields as are kept, with signatures as large as they are read, up to the size that is kept. */
static void the_largest_header_fits_into_the_memory_of_an_authentication(void **state)
{
    (void)state;
    bs_strbuf_append_cstr(&trial.message, FROM);
    for (int i = 0; i < 28; i++) {
        bs_strbuf_printf(&trial.message, SIGNATURE "s=s%d; x=", i);
        for (int j = 0; j < 15000 / 8; j++)
            bs_strbuf_append_cstr(&trial.message, "\r\n\tabcde");
        bs_strbuf_append_cstr(&trial.message, "\r\n");
    }
    while (trial.message.len < BS_HEADER_SIZE_MAX - 200)
        bs_strbuf_append_cstr(&trial.message, "Received: a; b@example.com; a@a.example, b@b.example (a@c.example) x\r\n");
    bs_strbuf_append_cstr(&trial.message, "\r\n");
    bs_strbuf_append_cstr(&trial.zone, "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject\"\n");
    authenticate();
    assert_false(trial.authentication->header.failed || trial.authentication->short_of_memory);
    assert_int_equal(trial.authentication->dkim.count, 28);
    assert_int_equal(trial.authentication->dmarc.result, BS_DMARC_RESULT_FAIL);
}

static void without_memory_for_dkim_a_failure_is_not_certain(void **state)
{
    (void)state;
    trial.dkim_memory = 1;
    bs_strbuf_append_cstr(&trial.zone, "_dmarc.example.com. 60 IN TXT \"v=DMARC1; p=reject\"\n");
    bs_strbuf_append_cstr(&trial.message, SIGNATURE "s=a\r\n" FROM "\r\n");
    authenticate();
    assert_int_equal(trial.authentication->dmarc.result, BS_DMARC_RESULT_TEMPERROR);
    assert_int_equal(trial.authentication->dmarc.disposition, BS_DMARC_NONE);
}

/* --- Marks -------------------------------------------------------------------------------------------------- */

static void forged_results_come_off_up_to_what_an_mta_can_be_told(void **state)
{
    enum { FIELD_COST = 16 + sizeof BS_RESULTS_FIELD - 1, FIELDS_MAX = BS_REMOVED_SIZE_MAX / FIELD_COST };
    struct bs_removed_field *removed;
    size_t count;
    (void)state;
    for (int i = 0; i < FIELDS_MAX; i++)
        bs_strbuf_append_cstr(&trial.message, BS_RESULTS_FIELD ": mx.example; dmarc=pass\r\n");
    begin_authentication();
    assert_true(bs_marks_find_forged(trial.authentication, BS_LITERAL("mx.example"), &removed, &count));
    assert_int_equal(count, FIELDS_MAX);
    bs_authentication_free(trial.authentication);
    bs_strbuf_append_cstr(&trial.message, BS_RESULTS_FIELD ": mx.example; dmarc=pass\r\n");
    begin_authentication();
    assert_false(bs_marks_find_forged(trial.authentication, BS_LITERAL("mx.example"), &removed, &count));
}

#define TRIAL(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRIAL(of_hundreds_of_signatures_ten_ask_for_a_key_and_64_are_mentioned),
        TRIAL(a_huge_h_is_refused_before_its_key_is_asked_for),
        TRIAL(a_key_of_16384_bits_is_not_read),
        TRIAL(includes_in_a_circle_end_at_the_tenth_lookup),
        TRIAL(macros_that_multiply_the_senders_words_ask_for_nothing_past_their_limit),
        TRIAL(aliases_in_a_circle_are_a_temperror_of_one_question),
        TRIAL(texts_of_60_kb_have_clear_results),
        TRIAL(the_policy_is_asked_for_before_the_keys),
        TRIAL(the_largest_header_fits_into_the_memory_of_an_authentication),
        TRIAL(without_memory_for_dkim_a_failure_is_not_certain),
        TRIAL(forged_results_come_off_up_to_what_an_mta_can_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
