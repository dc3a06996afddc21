/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The proofs on a hostile bounce: the input up to its first empty line is the returned header, whose fields
 * Envelope-Id and References are taken for what the bounce says itself, and what follows is a delivery status and a
 * notice. Nothing but what was really made for joe is good, and it is good for nobody else.
 */
#include "fuzz.h"

#include "base/base64.h"
#include "proof/evidence.h"

#include <stdlib.h>

enum { NOW = 1528637909 + 86400, MEMORY = 16 << 20, QUEUE_LIFE = 10 };

static const struct bs_address joe = {{"joe", 3}, {"football.example.com", 20}};
static const struct bs_address stranger = {{"stranger", 8}, {"football.example.com", 20}};

static bool is_ours(const void *domains, struct bs_bytes domain)
{
    (void)domains;
    return bs_bytes_equal_nocase(domain, joe.domain);
}

struct bounce {
    struct bs_arena arena;
    struct bs_header header;
    struct bs_parts parts;
    struct bs_part items[2];
    struct bs_reading reading;
};

static struct bs_bytes field_of(const struct bs_header *header, const char *name)
{
    const struct bs_header_field *field = bs_header_find(header, name);
    return field ? bs_bytes_trim(field->body) : bs_bytes(NULL, 0);
}

static void read_bounce(struct bounce *bounce, struct bs_bytes input)
{
    memset(bounce, 0, sizeof *bounce);
    bs_arena_init(&bounce->arena, MEMORY);
    bs_header_init(&bounce->header, &bounce->arena);
    input = bs_bytes_skip(input, bs_header_push(&bounce->header, input));
    bs_header_finish(&bounce->header);
    for (size_t i = 0; i < 2; i++)
        bounce->items[i] = (struct bs_part){.media = i ? BS_MEDIA_TEXT : BS_MEDIA_DELIVERY_STATUS, .text = input};
    bounce->parts = (struct bs_parts){.items = bounce->items, .count = 2};
    bounce->reading.returned = (struct bs_returned){&bounce->header, true, true};
    bounce->reading.envelope_id = field_of(&bounce->header, "Envelope-Id");
    bounce->reading.references[0] = field_of(&bounce->header, "References");
    bounce->reading.reference_count = bounce->reading.references[0].len > 0;
}

/* The keys of RFC 8463's example, and one for tags and tokens. */
struct keys {
    struct bs_batv_keys batv;
    struct bs_proof_keys proof;
    unsigned char ed25519[BS_BASE64_DECODED_MAX(44)];
    struct bs_dkim_own_key own;
    struct bs_dkim_own_keys dkim;
};

static void make_keys(struct keys *keys)
{
    size_t size;
    keys->batv = (struct bs_batv_keys){.signing_digit = 3};
    keys->batv.by_digit[3] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    if (!bs_proof_keys_derive(&keys->batv, &keys->proof) ||
        !bs_base64_decode(BS_LITERAL("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), keys->ed25519, &size))
        abort();
    keys->own = (struct bs_dkim_own_key){BS_LITERAL("brisbane._domainkey.football.example.com"),
                                         {BS_KEY_ED25519, bs_bytes(keys->ed25519, size)}};
    keys->dkim = (struct bs_dkim_own_keys){.items = &keys->own, .count = 1};
}

static void judge(struct bounce *bounce, const struct keys *keys, const struct bs_address *recipient,
                  struct bs_evidence *ret_evidence)
{
    struct bs_questions missing;
    struct bs_answers answers;
    const struct bs_dns_answer dead = {.status = BS_DNS_TIMEOUT};
    const struct bs_evidence_recipient recipients[] = {{*recipient, BS_BATV_NONE}};
    const struct bs_evidence_facts facts = {
        .parts = &bounce->parts, .reading = &bounce->reading, .recipients = recipients, .recipient_count = 1,
        .is_ours = is_ours, .batv_keys = &keys->batv, .proof_keys = &keys->proof, .dkim_keys = &keys->dkim,
        .registry = true, .now = NOW, .queue_life = QUEUE_LIFE, .marking_since = 1,
    };
    bs_answers_init(&answers, &bounce->arena);
    enum bs_step step = bs_evidence_judge(&facts, &answers, &bounce->arena, ret_evidence, &missing);
    if (step == BS_ASK) {
        for (size_t i = 0; i < missing.count; i++)
            bs_answers_add(&answers, missing.items[i].name, missing.items[i].type, &dead);
        step = bs_evidence_judge(&facts, &answers, &bounce->arena, ret_evidence, &missing);
    }
    if (step != BS_DONE || !ret_evidence->why ||
        (ret_evidence->good > 0) != (ret_evidence->verdict == BS_VERDICT_PROVEN))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bounce *bounce = malloc(sizeof *bounce);
    struct keys keys;
    struct bs_evidence evidence;
    if (!bounce)
        abort();
    make_keys(&keys);
    read_bounce(bounce, bs_bytes(data, size));
    judge(bounce, &keys, &joe, &evidence);
    judge(bounce, &keys, &stranger, &evidence);
    if (evidence.good > 0)
        abort();
    bs_batv_keys_free(&keys.batv);
    bs_proof_keys_free(&keys.proof);
    bs_arena_reset(&bounce->arena);
    free(bounce);
    return 0;
}
