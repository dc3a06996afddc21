/* SPDX-License-Identifier: BSD-2-Clause */
/* One rule a header field; see header_kind.h. */
#include "bounce/header_kind.h"

/* multipart/report (RFC 6522) names its kind in the report-type parameter. */
static void see_content_type(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    if (!bs_bytes_starts_nocase(bs_bytes_trim(value), BS_LITERAL("multipart/report")))
        return;
    if (bs_bytes_contains_nocase(value, BS_LITERAL("disposition-notification")))
        signs->disposition = true;
    if (bs_bytes_contains_nocase(value, BS_LITERAL("delivery-status")))
        signs->delivery_status = true;
    if (bs_bytes_contains_nocase(value, BS_LITERAL("feedback-report")))
        signs->feedback = true;
}

static void see_failed_recipients(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    (void)value;
    signs->delivery_status = true;
}

static void see_from(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    value = bs_bytes_trim(value);
    signs->from_mailer = value.len == 0 || bs_bytes_contains_nocase(value, BS_LITERAL("<>")) ||
                         bs_bytes_contains_nocase(value, BS_LITERAL("mailer-daemon")) ||
                         bs_bytes_contains_nocase(value, BS_LITERAL("postmaster"));
}

/* RFC 3834 section 5: auto-replied, auto-generated and what comes later. MTAs put it on bounces as well, so it does not
 * decide alone. */
static void see_auto_submitted(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    if (bs_bytes_starts_nocase(bs_bytes_trim(value), BS_LITERAL("auto-")))
        signs->auto_replied = true;
}

static void see_auto_reply(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    if (!bs_bytes_equal_nocase(bs_bytes_trim(value), BS_LITERAL("no")))
        signs->auto_replied = true;
}

/* What Exchange puts on its automatic replies, often alone ([MS-OXCMAIL] section 2.2.3.2.14). */
static void see_auto_response_suppress(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    if (!bs_bytes_equal_nocase(bs_bytes_trim(value), BS_LITERAL("none")))
        signs->auto_replied = true;
}

static void see_list(struct bs_header_kind_signs *signs, struct bs_bytes value)
{
    (void)value;
    signs->list = true;
}

static const struct {
    const char *name;
    void (*see)(struct bs_header_kind_signs *signs, struct bs_bytes value);
} rules[] = {
    {"Content-Type", see_content_type},
    {"X-Failed-Recipients", see_failed_recipients},
    {"From", see_from},
    {"Auto-Submitted", see_auto_submitted},
    {"X-Autoreply", see_auto_reply},
    {"X-Autorespond", see_auto_reply},
    {"X-Auto-Response-Suppress", see_auto_response_suppress},
    {"List-Id", see_list},
    {"List-Post", see_list},
    {"List-Unsubscribe", see_list},
};

void bs_header_kind_push_header(struct bs_header_kind_signs *signs, struct bs_bytes name, struct bs_bytes value)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (bs_bytes_equal_nocase(name, bs_bytes_from_cstr(rules[i].name))) {
            rules[i].see(signs, value);
            return;
        }
    }
}

enum bs_header_kind bs_header_kind_conclude(const struct bs_header_kind_signs *signs)
{
    if (signs->delivery_status)
        return BS_HEADER_KIND_BOUNCE;
    if (signs->disposition)
        return BS_HEADER_KIND_MDN;
    if (signs->feedback)
        return BS_HEADER_KIND_ARF;
    if (signs->from_mailer)
        return BS_HEADER_KIND_BOUNCE;
    if (signs->auto_replied)
        return BS_HEADER_KIND_AUTO_REPLY;
    return signs->list ? BS_HEADER_KIND_LIST : BS_HEADER_KIND_BOUNCE;
}

const char *bs_header_kind_name(enum bs_header_kind kind)
{
    static const char *const names[] = {
        [BS_HEADER_KIND_BOUNCE] = "bounce",
        [BS_HEADER_KIND_MDN] = "mdn",
        [BS_HEADER_KIND_AUTO_REPLY] = "auto-reply",
        [BS_HEADER_KIND_ARF] = "arf",
        [BS_HEADER_KIND_LIST] = "list",
    };
    return names[kind];
}
