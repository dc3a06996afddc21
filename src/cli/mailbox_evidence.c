/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person knows of the mail that he sent; see mailbox_evidence.h. */
#include "cli/mailbox_evidence.h"

#include "base/timestamp.h"
#include "cli/output.h"
#include "engine/own_keys.h"
#include "engine/settings.h"
#include "message/date.h"
#include "message/mailbox_list.h"

#include <stdlib.h>
#include <sysexits.h>

struct bs_mailbox_keys {
    struct bs_config config;
    struct bs_batv_keys batv;
    struct bs_proof_keys proof;
    struct bs_own_keys own;
};

void bs_mailbox_evidence_init(struct bs_mailbox_evidence *evidence)
{
    *evidence = (struct bs_mailbox_evidence){.sent_count = 0};
    bs_sent_folder_init(&evidence->sent);
}

static void free_keys(struct bs_mailbox_keys *keys)
{
    bs_own_keys_free(&keys->own);
    bs_proof_keys_free(&keys->proof);
    bs_batv_keys_free(&keys->batv);
    bs_config_free(&keys->config);
    free(keys);
}

void bs_mailbox_evidence_free(struct bs_mailbox_evidence *evidence)
{
    if (evidence->keys)
        free_keys(evidence->keys);
    bs_sent_folder_free(&evidence->sent);
}

/* --- What is given ------------------------------------------------------------------------------------------ */

bool bs_mailbox_evidence_add_sent(struct bs_mailbox_evidence *evidence, const char *path)
{
    if (evidence->sent_count < BS_MAILBOX_SENT_MAX) {
        evidence->sent_paths[evidence->sent_count++] = path;
        return true;
    }
    bs_output_error("--sent: there are more than %d folders", BS_MAILBOX_SENT_MAX);
    return false;
}

bool bs_mailbox_evidence_add_address(struct bs_mailbox_evidence *evidence, const char *address)
{
    if (evidence->address_count == BS_EVIDENCE_RECIPIENTS_MAX)
        bs_output_error("--address: there are more than %d", BS_EVIDENCE_RECIPIENTS_MAX);
    else if (bs_address_from_internal(bs_bytes_from_cstr(address), &evidence->addresses[evidence->address_count]))
        return ++evidence->address_count;
    else
        bs_output_error("--address: \"%s\" is no address", address);
    return false;
}

static void report(void *context, const char *path, const char *why)
{
    *(bool *)context = true;
    bs_output_error("%s: %s", path, why);
}

/* A folder that was not read as a whole would make strangers of mail that is in it. */
static int load_sent(struct bs_mailbox_evidence *evidence)
{
    bool unreadable = false;
    for (size_t i = 0; i < evidence->sent_count; i++) {
        if (!bs_sent_folder_read(&evidence->sent, evidence->sent_paths[i], report, &unreadable)) {
            bs_output_error("%s: there is no memory for so much mail", evidence->sent_paths[i]);
            return EX_OSERR;
        }
    }
    if (unreadable)
        return EX_NOINPUT;
    if (evidence->sent_count == 0 || evidence->sent.messages > 0)
        return -1;
    bs_output_error("--sent: there is no message with a Message-ID in it, so that nothing could be found");
    return EX_DATAERR;
}

static int load_keys(struct bs_mailbox_evidence *evidence)
{
    struct bs_error error;
    struct bs_mailbox_keys *keys = calloc(1, sizeof *keys);
    if (!keys) {
        bs_output_error("there is no memory for keys");
        return EX_OSERR;
    }
    evidence->keys = keys;
    bool loaded = bs_config_load(evidence->config_file, &keys->config, &error) &&
                  bs_batv_keys_load(&keys->config, &keys->batv, &error) &&
                  bs_own_keys_load(keys->config.dkim_keys, &keys->own, &error);
    if (loaded && bs_proof_keys_derive(&keys->batv, &keys->proof))
        return -1;
    bs_output_error("%s", loaded ? "keys cannot be made from those of the configuration" : error.text);
    return EX_CONFIG;
}

int bs_mailbox_evidence_load(struct bs_mailbox_evidence *evidence)
{
    int status = load_sent(evidence);
    return status < 0 && evidence->config_file ? load_keys(evidence) : status;
}

bool bs_mailbox_evidence_is_there(const struct bs_mailbox_evidence *evidence)
{
    return evidence->sent_count > 0 || evidence->address_count > 0 || evidence->config_file;
}

/* --- The judgement of proof/evidence.h ----------------------------------------------------------------------- */

static const struct bs_address *his_addresses(const struct bs_mailbox_evidence *evidence, size_t *ret_count)
{
    bool given = evidence->address_count > 0;
    *ret_count = given ? evidence->address_count : evidence->sent.address_count;
    return given ? evidence->addresses : evidence->sent.addresses;
}

static bool is_his_domain(const void *context, struct bs_bytes domain)
{
    const struct bs_mailbox_evidence *evidence = context;
    size_t count;
    const struct bs_address *addresses = his_addresses(evidence, &count);
    for (size_t i = 0; i < count; i++) {
        if (bs_bytes_equal_nocase(addresses[i].domain, domain))
            return true;
    }
    for (size_t i = 0; evidence->keys && i < evidence->keys->config.domain_count; i++) {
        if (bs_bytes_equal_nocase(bs_bytes_from_cstr(evidence->keys->config.domains[i].name), domain))
            return true;
    }
    return false;
}

/* The tagged addresses that the MTA wrote down when it delivered, as recipients. */
static size_t add_delivered(const struct bs_mailbox_evidence *evidence, struct bs_mail_reader *reader, int64_t now,
                            struct bs_evidence_recipient *recipients, size_t count)
{
    static const char *const fields[] = {"Delivered-To", "X-Original-To", "Envelope-To"};
    for (size_t i = 0; evidence->keys && i < sizeof fields / sizeof *fields; i++) {
        const struct bs_header_field *field = bs_header_find(&reader->parts.header, fields[i]);
        struct bs_address address;
        if (!field || count == BS_EVIDENCE_RECIPIENTS_MAX ||
            !bs_address_from_internal(bs_bytes_trim(field->body), &address) || !bs_batv_is_tagged(&address))
            continue;
        struct bs_batv_verdict verdict = bs_batv_verify(&evidence->keys->batv, &address, now, &reader->arena);
        if (verdict.result == BS_BATV_VALID || verdict.result == BS_BATV_EXPIRED)
            recipients[count++] = (struct bs_evidence_recipient){verdict.original, verdict.result};
    }
    return count;
}

struct run {
    const struct bs_mailbox_evidence *evidence;
    struct bs_mail_reader *reader;
    struct bs_evidence_facts facts;
    struct bs_answers answers;
};

static bool answer_all(struct run *run, const struct bs_questions *questions)
{
    for (size_t i = 0; i < questions->count; i++) {
        struct bs_sent_answer answer = bs_sent_folder_answer(&run->evidence->sent, questions->items[i].name);
        if (!bs_answers_add_sent(&run->answers, questions->items[i].name, &answer))
            return false;
    }
    return questions->count > 0;
}

/* CANNOT_TELL where it takes too much memory or too many rounds. */
static struct bs_evidence run_rounds(struct run *run)
{
    enum { ROUNDS_MAX = 16 };
    struct bs_evidence result = {.verdict = BS_VERDICT_CANNOT_TELL, .why = "the proofs take too much memory"};
    bs_answers_init(&run->answers, &run->reader->arena);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct bs_questions missing = {.count = 0};
        struct bs_evidence evidence;
        enum bs_step step = bs_evidence_judge(&run->facts, &run->answers, &run->reader->arena, &evidence, &missing);
        if (step == BS_DONE)
            return evidence;
        if (step == BS_ERROR || !answer_all(run, &missing))
            break;
    }
    return result;
}

static struct bs_evidence judge_proofs(const struct bs_mailbox_evidence *evidence, struct bs_mail_reader *reader,
                                       int64_t now)
{
    struct bs_evidence_recipient recipients[BS_EVIDENCE_RECIPIENTS_MAX];
    const struct bs_mailbox_keys *keys = evidence->keys;
    size_t count;
    const struct bs_address *addresses = his_addresses(evidence, &count);
    for (size_t i = 0; i < count; i++)
        recipients[i] = (struct bs_evidence_recipient){addresses[i], BS_BATV_NONE};
    struct bs_dkim_own_keys own = {.items = keys ? keys->own.items : NULL, .count = keys ? keys->own.count : 0};
    struct run run = {
        .evidence = evidence,
        .reader = reader,
        .facts = {
            .parts = &reader->parts,
            .reading = &reader->reading,
            .recipients = recipients,
            .recipient_count = add_delivered(evidence, reader, now, recipients, count),
            .is_ours = is_his_domain,
            .domains = evidence,
            .batv_keys = keys ? &keys->batv : NULL,
            .proof_keys = keys ? &keys->proof : NULL,
            .dkim_keys = keys ? &own : NULL,
            .registry = evidence->sent_count > 0,
            .now = now,
            .queue_life = BS_MAILBOX_QUEUE_LIFE,
        },
    };
    return run_rounds(&run);
}

/* --- What only a mailbox knows ------------------------------------------------------------------------------- */

static bool is_in_sent(const struct bs_mailbox_evidence *evidence, struct bs_mail_reader *reader)
{
    const struct bs_reading *reading = &reader->reading;
    const struct bs_header *returned = reading->returned.header;
    const struct bs_header_field *id = returned ? bs_header_find(returned, "Message-ID") : NULL;
    if (id && bs_sent_folder_has(&evidence->sent, id->body, &reader->arena))
        return true;
    for (size_t i = 0; i < reading->reference_count; i++) {
        if (bs_sent_folder_has(&evidence->sent, reading->references[i], &reader->arena))
            return true;
    }
    return false;
}

/* Whether the folder would hold what this is about, if he had sent it: a message is named, and it is younger than the
 * folder's oldest, and than the last there that has no Message-ID. Of an undated one that is so when the bounce came
 * long enough after that. */
static bool would_be_in_sent(const struct bs_mailbox_evidence *evidence, const struct bs_reading *reading,
                             int64_t received)
{
    const int64_t slack = BS_MAILBOX_QUEUE_LIFE * (int64_t)BS_SECONDS_PER_DAY;
    const struct bs_header *returned = reading->returned.header;
    const struct bs_header_field *id = returned ? bs_header_find(returned, "Message-ID") : NULL;
    const struct bs_header_field *date = returned ? bs_header_find(returned, "Date") : NULL;
    int64_t at, since = bs_sent_folder_since(&evidence->sent);
    if (since == INT64_MAX || reading->limit || (!id && reading->reference_count == 0))
        return false;
    if (date && bs_date_parse(date->body, &at))
        return at >= since;
    return received - slack >= since;
}

static bool is_his(const struct bs_mailbox_evidence *evidence, struct bs_bytes body, struct bs_arena *arena)
{
    for (size_t i = 0; i < evidence->address_count; i++) {
        if (bs_from_has(body, &evidence->addresses[i], arena))
            return true;
    }
    return false;
}

/* Whether what is returned names an author, and neither he nor the envelope sender has one of the given addresses. */
static bool is_from_another(const struct bs_mailbox_evidence *evidence, struct bs_mail_reader *reader)
{
    const struct bs_header *returned = reader->reading.returned.header;
    const struct bs_header_field *from = returned ? bs_header_find(returned, "From") : NULL;
    const struct bs_header_field *path = returned ? bs_header_find(returned, "Return-Path") : NULL;
    struct bs_address authors[BS_FROM_ADDRESSES_MAX];
    if (evidence->address_count == 0 || reader->reading.limit || !from)
        return false;
    return bs_from_addresses(from->body, &reader->arena, authors) > 0 &&
           !is_his(evidence, from->body, &reader->arena) && (!path || !is_his(evidence, path->body, &reader->arena));
}

struct bs_mailbox_verdict bs_mailbox_evidence_judge(const struct bs_mailbox_evidence *evidence,
                                                    struct bs_mail_reader *reader, int64_t received)
{
    if (!bs_mailbox_evidence_is_there(evidence))
        return (struct bs_mailbox_verdict){BS_VERDICT_CANNOT_TELL, "nothing is known of what you sent"};
    if (evidence->sent_count > 0 && is_in_sent(evidence, reader))
        return (struct bs_mailbox_verdict){BS_VERDICT_PROVEN, "what it is about is in your sent mail"};
    struct bs_evidence proofs = judge_proofs(evidence, reader, received);
    if (proofs.verdict != BS_VERDICT_CANNOT_TELL)
        return (struct bs_mailbox_verdict){proofs.verdict, proofs.why};
    if (evidence->sent_count > 0 && would_be_in_sent(evidence, &reader->reading, received))
        return (struct bs_mailbox_verdict){BS_VERDICT_NOT_OURS, "what it is about is not in your sent mail"};
    if (is_from_another(evidence, reader))
        return (struct bs_mailbox_verdict){BS_VERDICT_NOT_OURS, "what is returned is from another address"};
    return (struct bs_mailbox_verdict){BS_VERDICT_CANNOT_TELL, proofs.why};
}
