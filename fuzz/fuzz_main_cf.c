/* SPDX-License-Identifier: BSD-2-Clause */
/* Any main.cf without a trace of ours is the same again after our items were put in and taken out. */
#include "fuzz.h"

#include "audit/main_cf.h"

static bool is_ours(const void *context, struct bs_bytes name, struct bs_bytes item)
{
    (void)context;
    (void)name;
    return item.len == 0 || bs_bytes_contains_nocase(item, BS_LITERAL(":8896"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bs_main_cf_item items[] = {
        {"smtpd_milters", "{ inet:127.0.0.1:8896, default_action=tempfail }", ""},
        {"x", "inet:127.0.0.1:8896", ""},
    };
    const struct bs_main_cf_filter filter = {.matches = is_ours};
    struct bs_bytes text = bs_bytes(data, size);
    struct bs_strbuf with, without;
    bs_strbuf_init(&with, BS_MAIN_CF_MAX);
    bs_strbuf_init(&without, BS_MAIN_CF_MAX);
    bool traces = bs_main_cf_remove(text, &filter, &without) > 0 ||
                  bs_bytes_contains_nocase(text, BS_LITERAL(BS_MAIN_CF_MARK));
    bs_strbuf_free(&without);
    bs_main_cf_add(text, items, sizeof items / sizeof *items, &with);
    bs_main_cf_remove(bs_strbuf_bytes(&with), &filter, &without);
    if (!traces && !with.failed && !bs_bytes_equal(bs_strbuf_bytes(&without), text)) {
        fprintf(stderr, "with:\n%s\nwithout:\n%s\n", bs_strbuf_cstr(&with), bs_strbuf_cstr(&without));
        abort();
    }
    bs_strbuf_free(&with);
    bs_strbuf_free(&without);
    return 0;
}
