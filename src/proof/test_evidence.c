/* SPDX-License-Identifier: BSD-2-Clause */
/* Every proof on its own and bound to its recipient, what leaves the verdict open, and what makes it "not ours". */
#include "proof/evidence.h"

#include "ask/sent.h"
#include "auth/dkim_sign.h"
#include "base/timestamp.h"
#include "proof/envelope_id.h"
#include "proof/sent_name.h"
#include "proof/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SENT = 1787313600, DAY = BS_SECONDS_PER_DAY, LIFE = 10, TAG_LIFE = 7, MEMORY = 8 << 20 };

static const struct bs_address ann = {{"ann", 3}, {"example.com", 11}};
static const struct bs_address bob = {{"bob", 3}, {"example.com", 11}};

/* What the message of ann carries when it leaves. */
enum { TAG = 1, SIGNATURE = 2, TOKEN = 4, BOBS_TOKEN = 8, NOBODYS_TOKEN = 16, ALL = TAG | SIGNATURE | TOKEN };

static struct {
    struct bs_batv_keys batv;
    struct bs_proof_keys proof;
    struct bs_private_key *dkim;
    unsigned char dkim_public[BS_PUBLIC_KEY_DER_MAX];
    struct bs_dkim_own_key own;
    struct bs_dkim_own_keys own_keys;
} keys;

static int make_keys(void **state)
{
    (void)state;
    size_t size;
    keys.batv.signing_digit = 3;
    keys.batv.by_digit[3] = bs_hmac_sha1_key_new(BS_LITERAL("secret"));
    keys.dkim = bs_private_key_make(BS_KEY_ED25519, 0);
    if (!bs_proof_keys_derive(&keys.batv, &keys.proof) || !bs_private_key_public(keys.dkim, keys.dkim_public, &size))
        return 1;
    keys.own = (struct bs_dkim_own_key){BS_LITERAL("s._domainkey.example.com"),
                                        {BS_KEY_ED25519, bs_bytes(keys.dkim_public, size)}};
    keys.own_keys = (struct bs_dkim_own_keys){.items = &keys.own, .count = 1};
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    bs_batv_keys_free(&keys.batv);
    bs_proof_keys_free(&keys.proof);
    bs_private_key_free(keys.dkim);
    return 0;
}

#define HEADER                                                                                                         \
    "From: Ann <ann@example.com>\r\nTo: x@example.net\r\nSubject: Hello\r\n"                                           \
    "Date: Fri, 21 Aug 2026 12:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n"
#define FORGERY                                                                                                        \
    "Received: from bot by mx.example.net; today\r\nFrom: ann@example.com\r\nSubject: Buy\r\nMessage-ID: <9@bot>\r\n"

#define OTHER_BOUNCE                                                                                                   \
    "Received: x\r\nFrom: MAILER-DAEMON@mx.example.net\r\nTo: ann@example.com\r\nMessage-ID: <5@mx.example.net>\r\n"

static struct bs_header *read_header(struct bs_bytes text, struct bs_arena *arena)
{
    struct bs_header *header = bs_arena_take(arena, sizeof *header);
    bs_header_init(header, arena);
    bs_header_push(header, text);
    bs_header_finish(header);
    return header;
}

/* Signs the header as it is. */
static void append_signature(struct bs_bytes signed_header, struct bs_strbuf *text, struct bs_arena *arena)
{
    struct bs_dkim_bodies bodies;
    struct bs_error error;
    struct bs_dkim_signer signer = {
        .key = keys.dkim, .domain = BS_LITERAL("example.com"), .selector = BS_LITERAL("s"), .now = SENT};
    bs_dkim_bodies_init(&bodies);
    size_t place = bs_dkim_sign_body(&bodies);
    bs_dkim_bodies_finish(&bodies);
    assert_true(bs_dkim_sign(&signer, read_header(signed_header, arena), &bodies.sums[place], text, &error));
    bs_strbuf_append_cstr(text, "\r\n");
    bs_dkim_bodies_free(&bodies);
}

/* What ann's message looks like when it is returned. */
static void write_returned(unsigned marks, const char *top, const char *header, struct bs_strbuf *text,
                           struct bs_arena *arena)
{
    char token[BS_TOKEN_SIZE];
    bs_strbuf_append_cstr(text, top);
    if (marks & TAG) {
        struct bs_bytes tagged = bs_batv_sign(&keys.batv, &ann, SENT, TAG_LIFE, arena);
        bs_strbuf_printf(text, "Return-Path: <%.*s>\r\n", BS_BYTES_ARG(tagged));
    }
    if (marks & SIGNATURE)
        append_signature(BS_LITERAL(HEADER), text, arena);
    if (marks & (TOKEN | BOBS_TOKEN | NOBODYS_TOKEN)) {
        static const struct bs_address nobody;
        const struct bs_address *sender = marks & TOKEN ? &ann : marks & BOBS_TOKEN ? &bob : &nobody;
        assert_true(bs_token_make(&keys.proof, read_header(BS_LITERAL(HEADER), arena), sender, SENT, arena, token));
        bs_strbuf_printf(text, "Backstop-Token: %s\r\n", token);
    }
    bs_strbuf_append_cstr(text, header);
}

static bool is_ours(const void *domains, struct bs_bytes domain)
{
    (void)domains;
    return bs_bytes_equal_nocase(domain, BS_LITERAL("example.com"));
}

enum registry { NO_REGISTRY, OLD_REGISTRY, YOUNG_REGISTRY, DEAD_REGISTRY };

/* An automatic message to judge. What is not set is: to ann, by an address without tag, an hour after SENT, exact,
 * marked for years, without registry. */
struct story {
    unsigned marks;
    const char *top, *header;     /* of what is returned; header NULL: nothing is */
    const char *texts[3];         /* other parts' texts */
    enum bs_media media;          /* of these */
    const char *to;               /* the message's own To */
    const char *fields;           /* others of its own header */
    bool inexact;
    bool unread;                  /* the reading takes the message for none that returns anything */
    bool within;                  /* what is returned lies within another message, which the reading takes for it */
    const char *limit;
    const char *envelope_id, *reference;
    const struct bs_address *recipient, *second;
    enum bs_batv_result tag;
    int64_t later;                /* days */
    bool unmarked;                /* our mail began to be marked a day ago */
    enum registry registry;       /* it knows <1@example.com> of ann */
    bool partial;                 /* mail of ours may pass elsewhere */
    /* what comes of it */
    struct bs_evidence evidence;
    size_t rounds;
};

static bool registry_knows(struct bs_bytes name, struct bs_arena *arena)
{
    char known[BS_SENT_NAME_SIZE + 1];
    const struct bs_address *senders[] = {NULL, &ann};
    for (size_t i = 0; i < 2; i++) {
        assert_true(bs_sent_name(BS_LITERAL("<1@example.com>"), senders[i], arena, known));
        if (bs_bytes_equal(name, bs_bytes_from_cstr(known)))
            return true;
    }
    return false;
}

static void answer(const struct story *story, const struct bs_question *question, struct bs_answers *answers,
                   struct bs_arena *arena)
{
    static const struct bs_dns_answer dead = {.status = BS_DNS_TIMEOUT};
    struct bs_sent_answer sent = {.status = BS_SENT_UNKNOWN,
                                  .since = story->registry == OLD_REGISTRY ? SENT - 100 * DAY : SENT - DAY};
    assert_int_equal(question->type, BS_ASK_SENT);
    if (registry_knows(question->name, arena))
        sent = (struct bs_sent_answer){.status = BS_SENT_KNOWN, .at = SENT};
    if (story->registry == DEAD_REGISTRY)
        assert_true(bs_answers_add(answers, question->name, question->type, &dead));
    else
        assert_true(bs_answers_add_sent(answers, question->name, &sent));
}

static void make_parts(const struct story *story, struct bs_parts *parts, struct bs_part items[3],
                       struct bs_arena *arena)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, 4096);
    if (story->to)
        bs_strbuf_printf(&text, "To: %s\r\n", story->to);
    bs_strbuf_append_cstr(&text, story->fields ? story->fields : "");
    *parts = (struct bs_parts){.items = items};
    parts->header = *read_header(bs_strbuf_bytes(&text), arena);
    while (parts->count < 3 && story->texts[parts->count]) {
        items[parts->count] = (struct bs_part){.media = story->media,
                                               .text = bs_bytes_from_cstr(story->texts[parts->count])};
        parts->count++;
    }
    bs_strbuf_free(&text);
}

static void make_reading(const struct story *story, struct bs_parts *parts, struct bs_reading *reading,
                         struct bs_arena *arena)
{
    struct bs_strbuf text;
    *reading = (struct bs_reading){.kind = BS_KIND_DSN_FAILED, .limit = story->limit};
    bs_strbuf_init(&text, 65536);
    if (story->header) {
        write_returned(story->marks, story->top ? story->top : "", story->header, &text, arena);
        reading->returned.header = read_header(bs_strbuf_bytes(&text), arena);
        reading->returned.exact = !story->inexact;
    }
    if (story->within || story->unread) {
        parts->items[parts->count++] = (struct bs_part){.media = BS_MEDIA_MESSAGE, .header = reading->returned.header};
        reading->returned.header = story->within ? read_header(BS_LITERAL(OTHER_BOUNCE), arena) : NULL;
    }
    reading->envelope_id = bs_bytes_from_cstr(story->envelope_id);
    if (story->reference)
        reading->references[reading->reference_count++] = bs_bytes_from_cstr(story->reference);
    bs_strbuf_free(&text);
}

static void tell(struct story *story)
{
    struct bs_arena arena;
    struct bs_answers answers;
    struct bs_questions missing;
    struct bs_parts parts;
    struct bs_part items[3];
    struct bs_reading *reading = malloc(sizeof *reading);
    const struct bs_evidence_recipient recipients[] = {
        {story->recipient ? *story->recipient : ann, story->tag}, {story->second ? *story->second : ann, BS_BATV_NONE}};
    bs_arena_init(&arena, MEMORY);
    bs_answers_init(&answers, &arena);
    make_parts(story, &parts, items, &arena);
    make_reading(story, &parts, reading, &arena);
    int64_t now = SENT + 3600 + story->later * DAY;
    const struct bs_evidence_facts facts = {
        .parts = &parts,
        .reading = reading,
        .recipients = recipients,
        .recipient_count = story->second ? 2 : 1,
        .is_ours = is_ours,
        .batv_keys = &keys.batv,
        .proof_keys = &keys.proof,
        .dkim_keys = &keys.own_keys,
        .registry = story->registry != NO_REGISTRY,
        .registry_complete = !story->partial,
        .now = now,
        .queue_life = LIFE,
        .marking_since = story->unmarked ? now - DAY : 1,
    };
    enum bs_step step;
    for (story->rounds = 1;
         (step = bs_evidence_judge(&facts, &answers, &arena, &story->evidence, &missing)) == BS_ASK; story->rounds++) {
        assert_true(missing.count > 0);
        for (size_t i = 0; i < missing.count; i++)
            answer(story, &missing.items[i], &answers, &arena);
        assert_true(story->rounds < 3);
    }
    assert_int_equal(step, BS_DONE);
    assert_non_null(story->evidence.why);
    free(reading);
    bs_arena_reset(&arena);
}

static enum bs_proof_result result_of(struct story story, enum bs_proof proof)
{
    tell(&story);
    return story.evidence.results[proof];
}

static enum bs_verdict verdict_of(struct story story)
{
    tell(&story);
    return story.evidence.verdict;
}

/* --- each proof --------------------------------------------------------------------------------------------- */

static void a_returned_message_of_ours_is_proven_several_times(void **state)
{
    (void)state;
    struct story story = {.marks = ALL, .header = HEADER, .registry = OLD_REGISTRY, .tag = BS_BATV_VALID};
    tell(&story);
    static const enum bs_proof good[] = {BS_PROOF_TAG, BS_PROOF_RETURNED_TAG, BS_PROOF_SIGNATURE, BS_PROOF_TOKEN,
                                         BS_PROOF_REGISTRY};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(story.evidence.results[good[i]], BS_PROOF_GOOD);
    assert_int_equal(story.evidence.good, 5);
    assert_int_equal(story.evidence.verdict, BS_VERDICT_PROVEN);
    assert_int_equal(story.rounds, 2);
}

static void each_mark_alone_proves(void **state)
{
    (void)state;
    static const struct {
        unsigned mark;
        enum bs_proof proof;
    } cases[] = {{TAG, BS_PROOF_RETURNED_TAG}, {SIGNATURE, BS_PROOF_SIGNATURE}, {TOKEN, BS_PROOF_TOKEN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story story = {.marks = cases[i].mark, .header = HEADER};
        tell(&story);
        assert_int_equal(story.evidence.results[cases[i].proof], BS_PROOF_GOOD);
        assert_int_equal(story.evidence.good, 1);
        assert_int_equal(story.evidence.verdict, BS_VERDICT_PROVEN);
    }
}

static void a_bounce_within_what_is_returned_is_looked_at_too(void **state)
{
    (void)state;
    struct story story = {.marks = SIGNATURE | TOKEN, .header = HEADER, .within = true, .to = "ann@example.com",
                          .registry = OLD_REGISTRY};
    tell(&story);
    assert_int_equal(story.evidence.results[BS_PROOF_SIGNATURE], BS_PROOF_GOOD);
    assert_int_equal(story.evidence.results[BS_PROOF_TOKEN], BS_PROOF_GOOD);
    assert_int_equal(story.evidence.results[BS_PROOF_REGISTRY], BS_PROOF_GOOD);
    story.recipient = &bob;
    tell(&story);
    assert_int_equal(story.evidence.good, 0);
    struct story forgery = {.header = FORGERY, .within = true, .to = "ann@example.com"};
    assert_int_equal(verdict_of(forgery), BS_VERDICT_NOT_OURS);
}

static void what_is_attached_counts_whatever_the_message_is_taken_for(void **state)
{
    (void)state;
    struct story story = {.marks = SIGNATURE | TOKEN | TAG, .header = HEADER, .unread = true};
    tell(&story);
    assert_int_equal(story.evidence.good, 3);
    struct story forgery = {.header = FORGERY, .unread = true};
    assert_int_equal(verdict_of(forgery), BS_VERDICT_NOT_OURS);
}

static void no_mark_proves_a_bounce_to_somebody_else(void **state)
{
    (void)state;
    static const enum bs_proof proofs[] = {BS_PROOF_RETURNED_TAG, BS_PROOF_SIGNATURE, BS_PROOF_TOKEN, BS_PROOF_REGISTRY};
    struct story story = {.marks = ALL, .header = HEADER, .recipient = &bob, .registry = OLD_REGISTRY,
                          .top = "Received: from a by b; today\r\n"};
    tell(&story);
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++)
        assert_int_equal(story.evidence.results[proofs[i]], BS_PROOF_UNBOUND);
    assert_int_equal(story.evidence.verdict, BS_VERDICT_CANNOT_TELL);
}

static void one_recipient_of_several_is_enough(void **state)
{
    (void)state;
    struct story story = {.marks = ALL, .header = HEADER, .recipient = &bob, .second = &ann};
    tell(&story);
    assert_int_equal(story.evidence.good, 3);
}

static void a_token_proves_mail_of_an_envelope_sender_who_is_not_in_from(void **state)
{
    (void)state;
    struct story story = {.marks = BOBS_TOKEN | SIGNATURE, .header = HEADER, .recipient = &bob};
    tell(&story);
    assert_int_equal(story.evidence.results[BS_PROOF_TOKEN], BS_PROOF_GOOD);
    assert_int_equal(story.evidence.results[BS_PROOF_SIGNATURE], BS_PROOF_UNBOUND);
    assert_int_equal(story.evidence.verdict, BS_VERDICT_PROVEN);
}

static void an_automatic_reply_that_a_stranger_asked_for_proves_nothing(void **state)
{
    (void)state;
    static const char *const fields[] = {"Auto-Submitted: auto-replied (vacation)\r\n", "Auto-Submitted: auto-generated\r\n",
                                         ""};
    struct story token = {.marks = NOBODYS_TOKEN, .header = HEADER};
    assert_int_equal(result_of(token, BS_PROOF_TOKEN), BS_PROOF_UNBOUND);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct bs_strbuf signed_header, top;
        struct bs_arena arena;
        bs_arena_init(&arena, MEMORY);
        bs_strbuf_init(&signed_header, 4096);
        bs_strbuf_init(&top, 4096);
        bs_strbuf_printf(&signed_header, "%s" HEADER, fields[i]);
        append_signature(bs_strbuf_bytes(&signed_header), &top, &arena);
        struct story story = {.top = bs_strbuf_cstr(&top), .header = bs_strbuf_cstr(&signed_header)};
        assert_int_equal(result_of(story, BS_PROOF_SIGNATURE), i == 0 ? BS_PROOF_UNBOUND : BS_PROOF_GOOD);
        story.header = HEADER;
        assert_int_equal(result_of(story, BS_PROOF_SIGNATURE), i == 2 ? BS_PROOF_GOOD : BS_PROOF_FORGED);
        bs_strbuf_free(&signed_header);
        bs_strbuf_free(&top);
        bs_arena_reset(&arena);
    }
}

static void proofs_are_good_for_the_life_of_a_queue_and_no_longer(void **state)
{
    (void)state;
    static const enum bs_proof proofs[] = {BS_PROOF_SIGNATURE, BS_PROOF_TOKEN, BS_PROOF_REGISTRY};
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        struct story story = {.marks = SIGNATURE | TOKEN, .header = HEADER, .later = LIFE, .registry = OLD_REGISTRY};
        assert_int_equal(result_of(story, proofs[i]), BS_PROOF_GOOD);
        story.later = LIFE + 1;
        assert_int_equal(result_of(story, proofs[i]), BS_PROOF_EXPIRED);
        assert_int_equal(verdict_of(story), BS_VERDICT_CANNOT_TELL);
        story.later = -1;
        assert_int_equal(result_of(story, proofs[i]), BS_PROOF_GOOD);
        story.later = -2;
        assert_int_not_equal(result_of(story, proofs[i]), BS_PROOF_GOOD);
    }
    struct story tagged = {.marks = TAG, .header = HEADER, .later = TAG_LIFE};
    assert_int_equal(result_of(tagged, BS_PROOF_RETURNED_TAG), BS_PROOF_GOOD);
    tagged.later = TAG_LIFE + 1;
    assert_int_equal(result_of(tagged, BS_PROOF_RETURNED_TAG), BS_PROOF_EXPIRED);
}

static void a_tag_is_found_wherever_it_is_returned(void **state)
{
    (void)state;
    struct bs_arena arena;
    char report[512], notice[512], glued[512], header[512];
    bs_arena_init(&arena, MEMORY);
    struct bs_bytes tagged = bs_batv_sign(&keys.batv, &ann, SENT, TAG_LIFE, &arena);
    snprintf(report, sizeof report, "Reporting-MTA: dns; x\nX-Postfix-Sender: rfc822; %.*s\n", BS_BYTES_ARG(tagged));
    snprintf(notice, sizeof notice, "Your message from '%.*s'. It could not", BS_BYTES_ARG(tagged));
    snprintf(glued, sizeof glued, "a=b prvs= PRVS=x=%.*s=?", BS_BYTES_ARG(tagged));
    snprintf(header, sizeof header, "X-Envelope-From: %.*s\r\n", BS_BYTES_ARG(tagged));
    struct story in_report = {.texts = {"text", report}, .media = BS_MEDIA_DELIVERY_STATUS};
    struct story in_notice = {.texts = {notice}, .media = BS_MEDIA_TEXT};
    struct story in_glue = {.texts = {glued, notice}, .media = BS_MEDIA_TEXT};
    struct story in_header = {.header = header, .inexact = true};
    assert_int_equal(result_of(in_report, BS_PROOF_RETURNED_TAG), BS_PROOF_GOOD);
    assert_int_equal(result_of(in_notice, BS_PROOF_RETURNED_TAG), BS_PROOF_GOOD);
    assert_int_equal(result_of(in_glue, BS_PROOF_RETURNED_TAG), BS_PROOF_GOOD);
    assert_int_equal(result_of(in_header, BS_PROOF_RETURNED_TAG), BS_PROOF_GOOD);
    bs_arena_reset(&arena);
}

static void a_false_tag_is_forged_where_texts_are_not_rewritten(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum bs_media media;
        enum bs_proof_result result;
    } cases[] = {
        {"X-Postfix-Sender: rfc822; prvs=3693000000=ann@example.com", BS_MEDIA_DELIVERY_STATUS, BS_PROOF_FORGED},
        {"from prvs=3693000000=ann@example.com", BS_MEDIA_TEXT, BS_PROOF_ABSENT},
        {"X-Postfix-Sender: rfc822; prvs=4693000000=ann@example.com", BS_MEDIA_DELIVERY_STATUS, BS_PROOF_UNSURE},
        {"X-Postfix-Sender: rfc822; prvs=3693000000=ann@example.org", BS_MEDIA_DELIVERY_STATUS, BS_PROOF_ABSENT},
        {"X-Postfix-Sender: rfc822; prvs=3693000000=ann", BS_MEDIA_DELIVERY_STATUS, BS_PROOF_ABSENT},
        {"prvs=", BS_MEDIA_DELIVERY_STATUS, BS_PROOF_ABSENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story story = {.texts = {cases[i].text}, .media = cases[i].media};
        assert_int_equal(result_of(story, BS_PROOF_RETURNED_TAG), cases[i].result);
    }
    struct story story = {.texts = {cases[0].text}, .media = BS_MEDIA_DELIVERY_STATUS, .unmarked = true};
    assert_int_equal(verdict_of(story), BS_VERDICT_NOT_OURS);
}

static void so_many_different_tags_are_tried(void **state)
{
    (void)state;
    struct bs_arena arena;
    bs_arena_init(&arena, MEMORY);
    struct bs_bytes tagged = bs_batv_sign(&keys.batv, &ann, SENT, TAG_LIFE, &arena);
    for (unsigned before = BS_EVIDENCE_TAGS_MAX - 1; before <= BS_EVIDENCE_TAGS_MAX; before++) {
        struct bs_strbuf text;
        bs_strbuf_init(&text, 65536);
        for (unsigned i = 0; i < before; i++) {
            for (int twice = 0; twice < 2; twice++)
                bs_strbuf_printf(&text, "prvs=3693000000=u%u@example.com ", i);
        }
        bs_strbuf_append(&text, tagged);
        struct story story = {.texts = {bs_strbuf_cstr(&text)}, .media = BS_MEDIA_TEXT};
        assert_int_equal(result_of(story, BS_PROOF_RETURNED_TAG),
                         before < BS_EVIDENCE_TAGS_MAX ? BS_PROOF_GOOD : BS_PROOF_UNSURE);
        bs_strbuf_free(&text);
    }
    bs_arena_reset(&arena);
}

static void an_envelope_identifier_proves_and_a_clients_own_says_nothing(void **state)
{
    (void)state;
    struct bs_arena arena;
    char id[BS_ENVELOPE_ID_MAX + 1];
    bs_arena_init(&arena, MEMORY);
    assert_true(bs_envelope_id_make(&keys.proof, &ann, BS_LITERAL("4Yxq"), SENT, &arena, id));
    struct story story = {.envelope_id = id};
    assert_int_equal(result_of(story, BS_PROOF_ENVELOPE_ID), BS_PROOF_GOOD);
    assert_int_equal(verdict_of(story), BS_VERDICT_PROVEN);
    story.later = LIFE + 1;
    assert_int_equal(result_of(story, BS_PROOF_ENVELOPE_ID), BS_PROOF_EXPIRED);
    story.recipient = &bob;
    assert_int_equal(result_of(story, BS_PROOF_ENVELOPE_ID), BS_PROOF_FORGED);
    assert_int_equal(verdict_of(story), BS_VERDICT_CANNOT_TELL);
    story.envelope_id = "QQ314159";
    assert_int_equal(result_of(story, BS_PROOF_ENVELOPE_ID), BS_PROOF_ABSENT);
    bs_arena_reset(&arena);
}

static void the_registry_knows_messages_that_are_returned_or_answered(void **state)
{
    (void)state;
    static const struct {
        const char *header, *reference;
        const struct bs_address *recipient;
        enum registry registry;
        enum bs_proof_result result;
    } cases[] = {
        {HEADER, NULL, &ann, OLD_REGISTRY, BS_PROOF_GOOD},
        {NULL, "<1@example.com>", &ann, YOUNG_REGISTRY, BS_PROOF_GOOD},
        {FORGERY, "<1@example.com>", &ann, OLD_REGISTRY, BS_PROOF_GOOD},
        {NULL, "<1@example.com>", &bob, OLD_REGISTRY, BS_PROOF_UNBOUND},
        {NULL, "<2@example.com>", &ann, OLD_REGISTRY, BS_PROOF_ABSENT},
        {NULL, "<2@example.com>", &ann, YOUNG_REGISTRY, BS_PROOF_UNSURE},
        {NULL, "<1@example.com>", &ann, DEAD_REGISTRY, BS_PROOF_UNSURE},
        {NULL, "<1@example.com>", &ann, NO_REGISTRY, BS_PROOF_ABSENT},
        {NULL, NULL, &ann, OLD_REGISTRY, BS_PROOF_ABSENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct story story = {.header = cases[i].header, .reference = cases[i].reference,
                              .recipient = cases[i].recipient, .registry = cases[i].registry};
        assert_int_equal(result_of(story, BS_PROOF_REGISTRY), cases[i].result);
    }
}

/* --- the verdict -------------------------------------------------------------------------------------------- */

static void a_forgery_that_is_returned_whole_is_not_ours(void **state)
{
    (void)state;
    static const struct story cases[] = {
        {.header = FORGERY},
        {.header = FORGERY, .inexact = true},
        {.header = FORGERY, .registry = OLD_REGISTRY},
        {.header = FORGERY, .registry = DEAD_REGISTRY},
        /* claims us by Return-Path, and by whom the bounce was sent to */
        {.header = "Received: x\r\nReturn-Path: <ann@example.com>\r\nFrom: Bank <info@bank.example>\r\nDate: x\r\n"},
        {.header = "Received: x\r\nFrom: Bank <info@bank.example>\r\nDate: x\r\n", .to = "Ann <ann@example.com>"},
        /* has somebody else's marks */
        {.header = FORGERY "DKIM-Signature: v=1; a=rsa-sha256; d=bot.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"},
        {.header = FORGERY "Backstop-Token: rubbish\r\n"},
        /* returns no whole header, but names messages that never passed */
        {.header = "From: ann@example.com\r\nMessage-ID: <9@bot>\r\n", .registry = OLD_REGISTRY},
        {.reference = "<9@bot>", .registry = OLD_REGISTRY},
        {.reference = "<9@bot>", .registry = OLD_REGISTRY, .fields = "From: x@robot\r\nMessage-ID: <1@x.example>\r\n"},
        {.reference = "<9@example.com>", .registry = OLD_REGISTRY, .fields = "Message-ID: <1@example.com>\r\n"},
        {.tag = BS_BATV_FORGED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(verdict_of(cases[i]), BS_VERDICT_NOT_OURS);
}

static void what_may_be_ours_after_all_cannot_be_told(void **state)
{
    (void)state;
    static const struct story cases[] = {
        {.header = NULL},
        {.header = FORGERY, .limit = "BS_PARTS_MAX"},
        {.header = FORGERY, .unmarked = true},
        /* no trace: a gateway may have left fields out, the token among them */
        {.header = "From: ann@example.com\r\nSubject: Buy\r\nMessage-ID: <9@bot>\r\n"},
        {.header = "From: ann@example.com\r\nMessage-ID: <9@bot>\r\n", .registry = YOUNG_REGISTRY},
        {.header = "Received: x\r\nSubject: Buy\r\nDate: x\r\n"},
        {.header = "Received: x\r\nFrom: ann@example.com\r\nSubject: Buy\r\n"},
        /* somebody's own mail from elsewhere, whose bounce was forwarded here */
        {.header = "Received: x\r\nFrom: ann@elsewhere.example\r\nDate: x\r\n", .to = "ann@elsewhere.example"},
        {.header = "Received: x\r\nFrom: ann@elsewhere.example\r\nDate: x\r\n"},
        /* carries something of ours that does not fit */
        {.marks = TOKEN, .header = FORGERY},
        {.marks = TOKEN, .header = FORGERY, .recipient = &bob, .inexact = true},
        {.marks = SIGNATURE, .header = FORGERY, .inexact = true},
        {.reference = "<9@bot>", .registry = YOUNG_REGISTRY},
        {.reference = "<9@bot>", .registry = DEAD_REGISTRY},
        {.reference = "<1@example.com>", .registry = OLD_REGISTRY, .recipient = &bob},
        {.reference = "<9@bot>", .registry = OLD_REGISTRY, .unmarked = true},
        {.reference = "<9@bot>", .registry = OLD_REGISTRY, .partial = true},
        /* a system that counts its own threads */
        {.reference = "<9@desk.example>", .registry = OLD_REGISTRY, .fields = "Message-ID: <10@DESK.example>\r\n"},
        {.reference = "<9@rt.desk.example>", .registry = OLD_REGISTRY, .fields = "From: Help <help@desk.example>\r\n"},
        {.reference = "<9@desk.example>", .registry = OLD_REGISTRY, .fields = "From: help@mail.desk.example\r\n"},
        {.tag = BS_BATV_EXPIRED, .header = FORGERY},
        {.tag = BS_BATV_UNKNOWN_KEY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(verdict_of(cases[i]), BS_VERDICT_CANNOT_TELL);
}

static void marks_of_ours_under_another_header_are_no_proof(void **state)
{
    (void)state;
    struct story story = {.marks = SIGNATURE | TOKEN, .header = FORGERY, .recipient = &bob};
    tell(&story);
    assert_int_equal(story.evidence.results[BS_PROOF_SIGNATURE], BS_PROOF_FORGED);
    assert_int_equal(story.evidence.results[BS_PROOF_TOKEN], BS_PROOF_FORGED);
    assert_int_equal(story.evidence.verdict, BS_VERDICT_NOT_OURS);
    struct story two_authors = {.marks = TOKEN | SIGNATURE, .top = "From: bob@example.com\r\n", .header = HEADER,
                                .recipient = &bob};
    tell(&two_authors);
    assert_int_equal(two_authors.evidence.good, 0);
}

static void a_limit_is_named(void **state)
{
    (void)state;
    struct bs_arena arena;
    struct bs_reading *reading = calloc(1, sizeof *reading);
    struct bs_answers answers;
    struct bs_questions missing;
    struct bs_evidence evidence;
    const struct bs_evidence_recipient recipient = {ann, BS_BATV_NONE};
    const struct bs_evidence_facts facts = {.reading = reading, .recipients = &recipient, .recipient_count = 1,
                                            .is_ours = is_ours, .now = SENT, .queue_life = LIFE, .marking_since = 1};
    bs_arena_init(&arena, MEMORY);
    bs_answers_init(&answers, &arena);
    reading->limit = "BS_PARTS_DEPTH_MAX";
    assert_int_equal(bs_evidence_judge(&facts, &answers, &arena, &evidence, &missing), BS_DONE);
    assert_string_equal(evidence.why, "cannot tell: limit BS_PARTS_DEPTH_MAX");
    free(reading);
    bs_arena_reset(&arena);
}

static void only_so_many_recipients_count(void **state)
{
    (void)state;
    struct bs_evidence_recipient recipients[BS_EVIDENCE_RECIPIENTS_MAX + 1];
    for (size_t last = BS_EVIDENCE_RECIPIENTS_MAX - 1; last <= BS_EVIDENCE_RECIPIENTS_MAX; last++) {
        struct bs_arena arena;
        struct bs_reading *reading = calloc(1, sizeof *reading);
        struct bs_answers answers;
        struct bs_questions missing;
        struct bs_evidence evidence;
        const struct bs_evidence_facts facts = {.reading = reading, .recipients = recipients,
                                                .recipient_count = last + 1, .is_ours = is_ours, .now = SENT,
                                                .queue_life = LIFE, .marking_since = 1};
        for (size_t i = 0; i <= last; i++)
            recipients[i] = (struct bs_evidence_recipient){i == last ? ann : bob, i == last ? BS_BATV_VALID : BS_BATV_NONE};
        bs_arena_init(&arena, MEMORY);
        bs_answers_init(&answers, &arena);
        assert_int_equal(bs_evidence_judge(&facts, &answers, &arena, &evidence, &missing), BS_DONE);
        assert_int_equal(evidence.good, last < BS_EVIDENCE_RECIPIENTS_MAX ? 1 : 0);
        free(reading);
        bs_arena_reset(&arena);
    }
}

/* A proof that fails for want of memory would look like none. */
static void without_memory_there_is_no_verdict(void **state)
{
    (void)state;
    struct bs_reading *reading = calloc(1, sizeof *reading);
    struct bs_arena header_arena, answer_arena;
    bs_arena_init(&header_arena, MEMORY);
    bs_arena_init(&answer_arena, MEMORY);
    reading->returned.header = read_header(BS_LITERAL(HEADER), &header_arena);
    reading->returned.exact = true;
    const struct bs_evidence_recipient recipient = {ann, BS_BATV_NONE};
    const struct bs_evidence_facts facts = {.reading = reading, .recipients = &recipient, .recipient_count = 1,
                                            .is_ours = is_ours, .proof_keys = &keys.proof, .dkim_keys = &keys.own_keys,
                                            .batv_keys = &keys.batv, .now = SENT, .queue_life = LIFE};
    struct bs_answers answers;
    struct bs_questions missing;
    struct bs_evidence evidence;
    struct bs_arena arena;
    bs_answers_init(&answers, &answer_arena);
    bs_arena_init(&arena, 16);
    assert_int_equal(bs_evidence_judge(&facts, &answers, &arena, &evidence, &missing), BS_ERROR);
    bs_arena_reset(&arena);
    bs_arena_init(&arena, MEMORY);
    assert_int_equal(bs_evidence_judge(&facts, &answers, &arena, &evidence, &missing), BS_DONE);
    bs_arena_reset(&arena);
    bs_arena_init(&arena, BS_EVIDENCE_MEMORY);
    assert_int_equal(bs_evidence_judge(&facts, &answers, &arena, &evidence, &missing), BS_DONE);
    bs_arena_reset(&arena);
    bs_arena_init(&arena, BS_EVIDENCE_MEMORY - 1);
    assert_int_equal(bs_evidence_judge(&facts, &answers, &arena, &evidence, &missing), BS_ERROR);
    bs_arena_reset(&arena);
    bs_arena_reset(&answer_arena);
    bs_arena_reset(&header_arena);
    free(reading);
}

static void results_are_listed_by_name(void **state)
{
    (void)state;
    struct bs_strbuf text;
    const struct bs_evidence evidence = {.results = {[BS_PROOF_TAG] = BS_PROOF_GOOD, [BS_PROOF_TOKEN] = BS_PROOF_GOOD}};
    bs_strbuf_init(&text, 256);
    bs_evidence_append(&evidence, BS_PROOF_GOOD, &text);
    bs_strbuf_append_char(&text, ' ');
    bs_evidence_append(&evidence, BS_PROOF_FORGED, &text);
    assert_string_equal(bs_strbuf_cstr(&text), "tag,token none");
    bs_strbuf_free(&text);
    assert_string_equal(bs_proof_name(BS_PROOF_ENVELOPE_ID), "envelope-id");
    assert_string_equal(bs_proof_result_name(BS_PROOF_UNBOUND), "unbound");
    assert_string_equal(bs_verdict_name(BS_VERDICT_NOT_OURS), "not-ours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_returned_message_of_ours_is_proven_several_times),
        cmocka_unit_test(each_mark_alone_proves),
        cmocka_unit_test(a_bounce_within_what_is_returned_is_looked_at_too),
        cmocka_unit_test(what_is_attached_counts_whatever_the_message_is_taken_for),
        cmocka_unit_test(no_mark_proves_a_bounce_to_somebody_else),
        cmocka_unit_test(one_recipient_of_several_is_enough),
        cmocka_unit_test(a_token_proves_mail_of_an_envelope_sender_who_is_not_in_from),
        cmocka_unit_test(an_automatic_reply_that_a_stranger_asked_for_proves_nothing),
        cmocka_unit_test(proofs_are_good_for_the_life_of_a_queue_and_no_longer),
        cmocka_unit_test(a_tag_is_found_wherever_it_is_returned),
        cmocka_unit_test(a_false_tag_is_forged_where_texts_are_not_rewritten),
        cmocka_unit_test(so_many_different_tags_are_tried),
        cmocka_unit_test(an_envelope_identifier_proves_and_a_clients_own_says_nothing),
        cmocka_unit_test(the_registry_knows_messages_that_are_returned_or_answered),
        cmocka_unit_test(a_forgery_that_is_returned_whole_is_not_ours),
        cmocka_unit_test(what_may_be_ours_after_all_cannot_be_told),
        cmocka_unit_test(marks_of_ours_under_another_header_are_no_proof),
        cmocka_unit_test(a_limit_is_named),
        cmocka_unit_test(only_so_many_recipients_count),
        cmocka_unit_test(without_memory_there_is_no_verdict),
        cmocka_unit_test(results_are_listed_by_name),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
