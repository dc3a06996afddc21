/* SPDX-License-Identifier: BSD-2-Clause */
/* Why a recipient failed, by status, reply and text together, where they agree and where they do not. */
#include "bounce/diagnosis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *status;
    unsigned reply_code;
    const char *diagnostic;
    enum bs_failure failure;
} cases[] = {
    /* one of the three alone */
    {"5.1.1", 0, "", BS_FAILURE_USER_UNKNOWN},
    {"5.7.26", 0, "", BS_FAILURE_AUTHENTICATION},
    {"5.7.509", 0, "", BS_FAILURE_AUTHENTICATION},
    {"4.4.7", 0, "", BS_FAILURE_EXPIRED},
    {"", 550, "", BS_FAILURE_USER_UNKNOWN},
    {"", 0, "no such user here", BS_FAILURE_USER_UNKNOWN},
    {"", 0, "", BS_FAILURE_UNKNOWN},
    {"", 0, "nothing that anybody ever wrote", BS_FAILURE_UNKNOWN},
    /* what is stated says nothing, the text has a code */
    {"5.0.0", 0, "smtp; 552 5.2.2 so be it", BS_FAILURE_MAILBOX_FULL},
    {"", 0, "host mx.example.com[192.0.2.1] said: 552-5.3.4 so be it", BS_FAILURE_SIZE},
    {"", 0, "522 192.5.1.1 is not a status, nor is 5.1.1.1", BS_FAILURE_UNKNOWN},
    {"", 0, "said: 521 no", BS_FAILURE_NOT_ACCEPTED},
    /* words before and behind addresses, and in the middle of a reply's lines */
    {"", 0,
     "550-5.1.1 The email account that you tried to reach does not\n550-5.1.1 exist. Please try\n550 5.1.1 again",
     BS_FAILURE_USER_UNKNOWN},
    {"", 0, "550 mailbox <x@example.com> [192.0.2.1] is\r\n\tfull", BS_FAILURE_MAILBOX_FULL},
    {"", 0, "550 the email account that you tried to reach doesn\xe2\x80\x99t exist", BS_FAILURE_USER_UNKNOWN},
    {"", 0, "said: 550 No such domain (in reply to RCPT TO command)", BS_FAILURE_HOST_UNKNOWN},
    {"", 0, "after MAIL FROM:<y@example.org> SIZE=1: 550 No such domain", BS_FAILURE_POLICY},
    /* DNS under a temporary status */
    {"4.0.0", 0, "Domain name not found: example.net", BS_FAILURE_NETWORK},
    {"5.1.2", 0, "Domain name not found: example.net", BS_FAILURE_HOST_UNKNOWN},
    /* the text is right, the code is not */
    {"5.1.1", 550, "552 sorry, that mailbox is over quota", BS_FAILURE_MAILBOX_FULL},
    {"5.7.1", 550, "550 5.7.1 <x@example.com>: Recipient address rejected: User unknown", BS_FAILURE_USER_UNKNOWN},
    {"5.1.1", 550, "550 5.1.1 Sender address rejected: user unknown", BS_FAILURE_POLICY},
    {"4.4.7", 0, "delivery time expired; last reply: 450 4.1.1 User unknown", BS_FAILURE_EXPIRED},
    {"5.2.1", 550, "550 5.2.1 rejected", BS_FAILURE_SUSPENDED},
    {"", 0, "550 5.0.350 Remote server returned an error -> 552 5.3.4 so be it", BS_FAILURE_SIZE},
    {"", 0, "mailbox is full: retry timeout exceeded", BS_FAILURE_MAILBOX_FULL},
    {"", 0, "450 4.1.1 User unknown: retry timeout exceeded", BS_FAILURE_EXPIRED},
    /* what a reply is about that would mean an unknown mailbox */
    {"", 550, "550 mail from your network is unwelcome", BS_FAILURE_POLICY},
    {"", 550, "550 x is unwelcome", BS_FAILURE_USER_UNKNOWN},
    {"", 550, "550 absent from the list of your network", BS_FAILURE_USER_UNKNOWN},
    {"5.1.1", 550, "550 5.1.1 mail from your network is unwelcome", BS_FAILURE_USER_UNKNOWN},
    {"", 554, "554 tomorrow", BS_FAILURE_POLICY},
    {"", 0, "Size (in bytes): 2211", BS_FAILURE_UNKNOWN},
    {"", 0, "the reason is unknown", BS_FAILURE_UNKNOWN},
    /* details that nobody registered */
    {"5.7.999", 550, "550 5.7.999 so be it", BS_FAILURE_POLICY},
    {"5.6.99", 550, "", BS_FAILURE_CONTENT},
    {"5.1.999", 550, "550 5.1.999 so be it", BS_FAILURE_USER_UNKNOWN},
    {"5.6.11", 550, "550 5.6.11 so be it", BS_FAILURE_PROTOCOL},
    /* no codes */
    {"5.1", 0, "", BS_FAILURE_UNKNOWN},
    {"2.1.5", 250, "", BS_FAILURE_UNKNOWN},
    {"5.1.1111", 0, "", BS_FAILURE_UNKNOWN},
};

static void the_heaviest_of_text_status_and_reply_counts(void **state)
{
    struct bs_error error;
    struct bs_rules *rules = bs_rules_new(&error);
    struct bs_rules_scan *scan = rules ? bs_rules_scan_new(rules) : NULL;
    (void)state;
    assert_non_null(scan);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum bs_failure failure = bs_diagnose(scan, bs_bytes_from_cstr(cases[i].status), cases[i].reply_code,
                                              bs_bytes_from_cstr(cases[i].diagnostic));
        if (failure != cases[i].failure)
            fail_msg("%s %u \"%s\": %s instead of %s", cases[i].status, cases[i].reply_code, cases[i].diagnostic,
                     bs_failure_name(failure), bs_failure_name(cases[i].failure));
    }
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
}

/* What a status that ends at byte `end` of a text says. */
static enum bs_failure failure_of_status_at(struct bs_rules_scan *scan, size_t end)
{
    char text[BS_DIAGNOSIS_CODES_MAX + 2];
    memset(text, '-', sizeof text);
    memcpy(text + end - 6, " 5.2.2", 6);
    return bs_diagnose(scan, bs_bytes(NULL, 0), 0, bs_bytes(text, end));
}

static void codes_are_looked_for_up_to_a_limit(void **state)
{
    struct bs_error error;
    struct bs_rules *rules = bs_rules_new(&error);
    struct bs_rules_scan *scan = rules ? bs_rules_scan_new(rules) : NULL;
    (void)state;
    assert_non_null(scan);
    assert_int_equal(failure_of_status_at(scan, BS_DIAGNOSIS_CODES_MAX), BS_FAILURE_MAILBOX_FULL);
    assert_int_equal(failure_of_status_at(scan, BS_DIAGNOSIS_CODES_MAX + 1), BS_FAILURE_UNKNOWN);
    bs_rules_scan_free(scan);
    bs_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_heaviest_of_text_status_and_reply_counts),
        cmocka_unit_test(codes_are_looked_for_up_to_a_limit),
    };
    return cmocka_run_group_tests_name("diagnosis", tests, NULL, NULL);
}
