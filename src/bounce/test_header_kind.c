/* SPDX-License-Identifier: BSD-2-Clause */
/* Null-sender messages by their header fields. */
#include "bounce/header_kind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct kind_case {
    const char *title;
    enum bs_header_kind kind;
    const char *fields[8]; /* name, value, name, value … */
};

static const struct kind_case cases[] = {
    {"a standard DSN", BS_HEADER_KIND_BOUNCE,
     {"Content-Type", "multipart/report; report-type=delivery-status;\n\tboundary=\"x\"", "From",
      "MAILER-DAEMON@mx.example (Mail Delivery System)", "Auto-Submitted", "auto-replied"}},
    {"a DSN from a person's name", BS_HEADER_KIND_BOUNCE,
     {"Content-type", "Multipart/Report; boundary=x; Report-Type=\"delivery-status\"", "From", "Mail <m@x.example>",
      "Auto-Submitted", "auto-replied"}},
    {"Exim's plain text", BS_HEADER_KIND_BOUNCE,
     {"X-Failed-Recipients", "user@example.com", "Auto-Submitted", "auto-replied", "From", "<m@mx.example>"}},
    {"a home-made bounce on a list", BS_HEADER_KIND_BOUNCE,
     {"From", "postmaster@x.example", "List-Id", "<l.x.example>"}},
    {"no From at all to speak of", BS_HEADER_KIND_BOUNCE, {"From", "<>", "Auto-Submitted", "auto-replied"}},
    {"nothing that tells", BS_HEADER_KIND_BOUNCE, {"From", "User <user@example.com>", "Subject", "Hello"}},
    {"no header", BS_HEADER_KIND_BOUNCE, {NULL}},
    {"a read receipt", BS_HEADER_KIND_MDN,
     {"Content-Type", "multipart/report; report-type=disposition-notification; boundary=x", "From", "a@x.example"}},
    {"a read receipt from a postmaster", BS_HEADER_KIND_MDN,
     {"From", "postmaster@x.example", "Content-Type",
      "multipart/report;\n report-type=disposition-notification"}},
    {"a complaint from a postmaster", BS_HEADER_KIND_ARF,
     {"From", "postmaster@x.example", "Content-Type", "multipart/report; report-type=feedback-report; boundary=x"}},
    {"a boundary that names a kind of report", BS_HEADER_KIND_BOUNCE,
     {"Content-Type", "multipart/mixed; boundary=disposition-notification"}},
    {"out of office", BS_HEADER_KIND_AUTO_REPLY, {"From", "a@x.example", "Auto-Submitted", " auto-replied (vacation)"}},
    {"out of office, by Exchange", BS_HEADER_KIND_AUTO_REPLY,
     {"From", "User <user@x.example>", "Subject", "Automatic reply: Hello", "X-Auto-Response-Suppress", " All"}},
    {"one that suppresses nothing", BS_HEADER_KIND_BOUNCE, {"From", "a@x.example", "X-Auto-Response-Suppress", "None"}},
    {"out of office, called generated", BS_HEADER_KIND_AUTO_REPLY,
     {"From", "a@x.example", "Auto-Submitted", "auto-generated"}},
    {"Sendmail's bounce without its structure", BS_HEADER_KIND_BOUNCE,
     {"From", "Mail Delivery Subsystem <MAILER-DAEMON@x.example>", "Auto-Submitted", "auto-generated (failure)"}},
    {"what says that nobody sent it automatically", BS_HEADER_KIND_BOUNCE, {"From", "a@x.example", "Auto-Submitted", "no"}},
    {"an autoresponder of its own kind", BS_HEADER_KIND_AUTO_REPLY, {"From", "a@x.example", "X-Autoreply", "yes"}},
    {"one that says no", BS_HEADER_KIND_BOUNCE, {"From", "a@x.example", "X-Autoreply", "no"}},
    {"a newsletter", BS_HEADER_KIND_LIST, {"From", "news@x.example", "List-Unsubscribe", "<mailto:off@x.example>"}},
};

static void each_header_tells_its_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bs_header_kind_signs signs = {0};
        for (const char *const *f = cases[i].fields; f < cases[i].fields + 8 && f[0]; f += 2)
            bs_header_kind_push_header(&signs, bs_bytes_from_cstr(f[0]), bs_bytes_from_cstr(f[1]));
        enum bs_header_kind kind = bs_header_kind_conclude(&signs);
        if (kind != cases[i].kind)
            fail_msg("%s: %s", cases[i].title, bs_header_kind_name(kind));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_header_tells_its_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
