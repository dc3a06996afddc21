/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes messages with ARC chains, sealed with keys made for the test: RSA and Ed25519 of example.com. */
#ifndef BS_TESTS_ARC_MAKER_H
#define BS_TESTS_ARC_MAKER_H

#include "auth/arc_seal.h"

#include "arc_judge.h"

#include <stdio.h>

enum { ARC_NOW = 1787313600, ARC_MESSAGE_MAX = 1 << 20 };

static const char arc_header_text[] = "Received: from a\r\n\tby b\r\nFrom: Jo <jo@example.com>\r\nTo: a@example.org\r\n"
                                      "Subject: Hi  there\r\nX-Other: x\r\n\r\n";
static const char arc_body_text[] = "Hello,\r\n\r\nsee you.\r\n";

static struct {
    struct bs_private_key *rsa, *ed25519;
    struct bs_strbuf rsa_record, ed25519_record;
    struct dkim_zone zone[3];
} arc_keys;

static inline int arc_make_keys(void **state)
{
    (void)state;
    arc_keys.rsa = bs_private_key_make(BS_KEY_RSA, 2048);
    arc_keys.ed25519 = bs_private_key_make(BS_KEY_ED25519, 0);
    bs_strbuf_init(&arc_keys.rsa_record, 4096);
    bs_strbuf_init(&arc_keys.ed25519_record, 4096);
    if (!arc_keys.rsa || !arc_keys.ed25519 || !bs_dkim_key_record_make(arc_keys.rsa, &arc_keys.rsa_record) ||
        !bs_dkim_key_record_make(arc_keys.ed25519, &arc_keys.ed25519_record))
        return 1;
    arc_keys.zone[0] = (struct dkim_zone){
        "rsa._domainkey.example.com", BS_DNS_FOUND, {bs_strbuf_cstr(&arc_keys.rsa_record)}};
    arc_keys.zone[1] = (struct dkim_zone){
        "ed._domainkey.example.com", BS_DNS_FOUND, {bs_strbuf_cstr(&arc_keys.ed25519_record)}};
    return 0;
}

static inline int arc_free_keys(void **state)
{
    (void)state;
    bs_private_key_free(arc_keys.rsa);
    bs_private_key_free(arc_keys.ed25519);
    bs_strbuf_free(&arc_keys.rsa_record);
    bs_strbuf_free(&arc_keys.ed25519_record);
    return 0;
}

static inline struct bs_dkim_signer arc_signer(bool rsa)
{
    return (struct bs_dkim_signer){
        .key = rsa ? arc_keys.rsa : arc_keys.ed25519,
        .domain = BS_LITERAL("example.com"),
        .selector = rsa ? BS_LITERAL("rsa") : BS_LITERAL("ed"),
        .now = ARC_NOW,
    };
}

/* Makes the fields of the next set; false with an error. */
static inline bool arc_seal_text(const struct bs_dkim_signer *signer, struct bs_bytes message, const char *results,
                                 struct bs_arc_fields *ret_fields, struct bs_error *ret_error)
{
    struct arc_judged judged;
    arc_judge(&judged, message, SIZE_MAX, ARC_NOW, arc_keys.zone);
    if (judged.step != BS_DONE)
        abort();
    bool made = bs_arc_seal(signer, &judged.chain, judged.result.code, &judged.header,
                            &judged.dkim.body.sums[judged.place], bs_bytes_from_cstr(results), ret_fields, ret_error);
    arc_judged_free(&judged);
    return made;
}

/* Appends the three fields with line ends. */
static inline void arc_append_fields(struct bs_strbuf *text, const struct bs_arc_fields *fields, const char *line_end)
{
    const struct bs_strbuf *order[] = {&fields->seal, &fields->message, &fields->results};
    for (int i = 0; i < 3; i++) {
        bs_strbuf_append(text, bs_strbuf_bytes(order[i]));
        bs_strbuf_append_cstr(text, line_end);
    }
}

/* Puts a set on top of the message. */
static inline void arc_seal_message(struct bs_strbuf *message, bool rsa)
{
    struct bs_dkim_signer signer = arc_signer(rsa);
    struct bs_arc_fields fields;
    struct bs_error error;
    struct bs_strbuf sealed;
    bs_strbuf_init(&sealed, ARC_MESSAGE_MAX);
    if (!arc_seal_text(&signer, bs_strbuf_bytes(message), "mx.example.com; spf=pass smtp.mailfrom=example.net", &fields,
                       &error)) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
    arc_append_fields(&sealed, &fields, "\r\n");
    bs_strbuf_append(&sealed, bs_strbuf_bytes(message));
    bs_arc_fields_free(&fields);
    bs_strbuf_free(message);
    *message = sealed;
}

/* A message that so many servers sealed, with RSA and Ed25519 in turn. Free it. */
static inline struct bs_strbuf arc_message(unsigned sets)
{
    struct bs_strbuf message;
    bs_strbuf_init(&message, ARC_MESSAGE_MAX);
    bs_strbuf_append_cstr(&message, arc_header_text);
    bs_strbuf_append_cstr(&message, arc_body_text);
    for (unsigned i = 1; i <= sets; i++)
        arc_seal_message(&message, i % 2);
    return message;
}

#endif
