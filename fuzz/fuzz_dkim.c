/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole message with DKIM signatures, against the key records of RFC 8463: it ends, comes to the same in any pieces,
 * and nothing passes but what those keys signed.
 */
#include "fuzz.h"

#include "../tests/support/dkim_judge.h"

enum { NOW = 1787313600 };

static const struct dkim_zone zone[] = {
    {"brisbane._domainkey.football.example.com", BS_DNS_FOUND,
     {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
    {"test._domainkey.football.example.com", BS_DNS_FOUND,
     {"v=spf1 -all",
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16"
      "JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/"
      "K4w3QIDAQAB"}},
    {"slow._domainkey.football.example.com", BS_DNS_TIMEOUT, {NULL}},
    {0},
};

static void log_results(const struct dkim_judged *judged, struct bs_strbuf *log)
{
    if (judged->step != BS_DONE)
        abort();
    for (size_t i = 0; i < judged->results.count; i++) {
        const struct bs_dkim_result *result = &judged->results.items[i];
        bs_strbuf_printf(log, "%s %s %u\n", bs_dkim_code_name(result->code), result->reason, result->key_bits);
        if (result->code == BS_DKIM_PASS &&
            !bs_bytes_equal_nocase(result->signature->domain, BS_LITERAL("football.example.com")))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {SIZE_MAX, 7, 1};
    struct bs_strbuf logs[3];
    for (int i = 0; i < 3; i++) {
        struct dkim_judged judged;
        bs_strbuf_init(&logs[i], 1 << 20);
        dkim_judge(&judged, bs_bytes(data, size), pieces[i], false, NOW, zone);
        log_results(&judged, &logs[i]);
        dkim_judged_free(&judged);
        if (!bs_bytes_equal(bs_strbuf_bytes(&logs[i]), bs_strbuf_bytes(&logs[0])))
            abort();
    }
    for (int i = 0; i < 3; i++)
        bs_strbuf_free(&logs[i]);
    return 0;
}
