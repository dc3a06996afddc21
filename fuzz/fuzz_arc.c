/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole message with ARC sets, against the key of RFC 8463 appendix A.2: its verdict is the same in any pieces,
 * nothing passes but what that key sealed, and what is sealed here on top of a good chain, or of none, passes here.
 */
#include "fuzz.h"

#include "../tests/support/arc_judge.h"
#include "auth/arc_seal.h"

enum { NOW = 1787313600, OUTPUT_MAX = 4 << 20 };

static const struct dkim_zone zone[] = {
    {"brisbane._domainkey.football.example.com", BS_DNS_FOUND,
     {"v=spf1 -all", "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
    {"slow._domainkey.football.example.com", BS_DNS_TIMEOUT, {NULL}},
    {0},
};

static const char private_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                  "-----END PRIVATE KEY-----\n";

static void log_result(const struct arc_judged *judged, struct bs_strbuf *log)
{
    const struct bs_arc_result *result = &judged->result;
    if (judged->step != BS_DONE)
        abort();
    bs_strbuf_printf(log, "%s %s %zu %u %d\n", bs_arc_code_name(result->code), result->reason, result->count,
                     result->oldest_pass, result->temporary);
    for (size_t i = 0; i < result->count && result->code == BS_ARC_PASS; i++) {
        if (!result->hops[i].seal_passes ||
            !bs_bytes_equal_nocase(result->hops[i].domain, BS_LITERAL("football.example.com")))
            abort();
    }
}

/* Whether fields on top leave the header as it is, and within its limits. */
static bool can_be_prefixed(const struct bs_header *header)
{
    unsigned open = BS_FIELD_ORPHAN | BS_FIELD_MBOX_FROM;
    return header->count > 0 && !(header->fields[0].flags & open) && header->count + 3 <= BS_HEADER_FIELDS_MAX &&
           header->size + 3 * (size_t)BS_DKIM_SIGNED_SIZE_MAX <= BS_HEADER_SIZE_MAX;
}

static void expect_pass(struct bs_bytes message, const struct bs_arc_fields *fields)
{
    struct bs_strbuf sealed;
    struct arc_judged judged;
    const struct bs_strbuf *order[] = {&fields->seal, &fields->message, &fields->results};
    bs_strbuf_init(&sealed, OUTPUT_MAX);
    for (int i = 0; i < 3; i++) {
        bs_strbuf_append(&sealed, bs_strbuf_bytes(order[i]));
        bs_strbuf_append_cstr(&sealed, "\r\n");
    }
    bs_strbuf_append(&sealed, message);
    arc_judge(&judged, bs_strbuf_bytes(&sealed), 512, NOW, zone);
    if (!sealed.failed && judged.result.code != BS_ARC_PASS && judged.result.count <= BS_ARC_SETS_TRIED_MAX) {
        fprintf(stderr, "sealed, and then %s\n", judged.result.reason);
        abort();
    }
    arc_judged_free(&judged);
    bs_strbuf_free(&sealed);
}

static void seal(struct bs_bytes message, const struct arc_judged *judged)
{
    struct bs_error error;
    struct bs_arc_fields fields;
    struct bs_dkim_signer signer = {
        .key = bs_private_key_read(bs_bytes_from_cstr(private_key), &error),
        .domain = BS_LITERAL("football.example.com"),
        .selector = BS_LITERAL("brisbane"),
        .now = NOW,
    };
    if (!signer.key)
        abort();
    if (bs_arc_seal(&signer, &judged->chain, judged->result.code, &judged->header,
                    &judged->dkim.body.sums[judged->place], BS_LITERAL("mx.example; none"), &fields, &error)) {
        if (judged->result.code != BS_ARC_FAIL && can_be_prefixed(&judged->header))
            expect_pass(message, &fields);
        bs_arc_fields_free(&fields);
    }
    bs_private_key_free((struct bs_private_key *)signer.key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 7, 1};
    struct bs_strbuf logs[3];
    for (int i = 0; i < 3; i++) {
        struct arc_judged judged;
        bs_strbuf_init(&logs[i], 1 << 20);
        arc_judge(&judged, bs_bytes(data, size), pieces[i], NOW, zone);
        log_result(&judged, &logs[i]);
        if (i == 0)
            seal(bs_bytes(data, size), &judged);
        arc_judged_free(&judged);
        if (!bs_bytes_equal(bs_strbuf_bytes(&logs[i]), bs_strbuf_bytes(&logs[0])))
            abort();
    }
    for (int i = 0; i < 3; i++)
        bs_strbuf_free(&logs[i]);
    return 0;
}
