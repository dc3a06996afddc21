/* SPDX-License-Identifier: BSD-2-Clause */
/* Telling an account of a message, in sections or as an object; see account.h. */
#include "cli/account.h"

#include "cli/output.h"
#include "cli/reading_print.h"

/* What each proof is, in words. */
static const char *const proof_texts[BS_PROOF_COUNT] = {
    [BS_PROOF_TAG] = "a tag of ours on the recipient",
    [BS_PROOF_RETURNED_TAG] = "a tag of ours in the returned header",
    [BS_PROOF_SIGNATURE] = "a DKIM signature of ours on the returned header",
    [BS_PROOF_TOKEN] = "our token in the returned header",
    [BS_PROOF_ENVELOPE_ID] = "an envelope identifier of ours",
    [BS_PROOF_REGISTRY] = "the registry of what was sent",
};

static void begin_section(const char *title, const char *source)
{
    printf("\n%s%s%s%s%s%s\n", bs_output_colour(stdout, BS_COLOUR_STRONG), title,
           bs_output_colour(stdout, BS_COLOUR_NONE), source ? " (" : "", source ? source : "", source ? ")" : "");
}

static void print_line(const char *label, struct bs_bytes text)
{
    bs_output_foreign(label, text);
    if (text.len > 0)
        putchar('\n');
}

/* --- What it is, and says ----------------------------------------------------------------------------------- */

static void print_recipient(const struct bs_reported_recipient *recipient)
{
    const struct bs_bytes nobody = BS_LITERAL("a recipient that is not named");
    bs_output_foreign("  ", recipient->address.len > 0 ? recipient->address : nobody);
    printf(": %s", bs_kind_name(recipient->kind));
    if (recipient->kind != BS_KIND_DSN_SUCCESS)
        printf(", %s, %s", bs_failure_name(recipient->failure),
               bs_failure_is_hard(recipient->failure) ? "hard" : "soft");
    bs_output_foreign(", status ", recipient->status);
    if (recipient->reply_code > 0)
        printf(", reply %u", recipient->reply_code);
    putchar('\n');
    print_line("    as the sender wrote it: ", recipient->original);
    print_line("    ", recipient->diagnostic);
}

static void print_kind(struct bs_account *account)
{
    const struct bs_reading *reading = &account->reading;
    begin_section("What it is", "RFC 3464, RFC 6522, RFC 3834, and the wording of rules");
    if (reading->kind == BS_KIND_NONE)
        puts("  none: ordinary mail");
    else
        printf("  %s, by %s\n", bs_kind_name(reading->kind), reading->sign ? reading->sign : "none");
    if (reading->limit)
        printf("  not all of it was read: %s was reached, and nothing is concluded from what is not there\n",
               reading->limit);
    print_line("  reported by: ", reading->reporting_mta);
    print_line("  feedback: ", reading->feedback_type);
    print_line("  envelope identifier: ", reading->envelope_id);
    for (size_t i = 0; i < reading->reference_count; i++)
        print_line("  answers: ", reading->references[i]);
    for (size_t i = 0; i < reading->recipient_count; i++)
        print_recipient(&reading->recipients[i]);
}

static void print_returned(struct bs_account *account)
{
    static const char *const fields[] = {"Return-Path", "From", "Date", "Message-ID"};
    const struct bs_returned *returned = &account->reading.returned;
    if (!returned->header && account->reading.kind == BS_KIND_NONE)
        return;
    begin_section("What it returns", "RFC 6522");
    if (!returned->header) {
        puts("  nothing of another message");
        return;
    }
    printf("  a header of %zu fields, %s, %s\n", returned->header->count,
           returned->attached ? "in a part of its own" : "within the text",
           returned->exact ? "byte for byte"
                           : "quoted, indented or converted, so that no signature over it can be verified");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct bs_bytes text = bs_header_text(returned->header, fields[i], &account->arena);
        if (text.len > 0)
            printf("  %s", fields[i]);
        print_line(": ", text);
    }
}

/* --- Whose it is -------------------------------------------------------------------------------------------- */

static void print_proofs(struct bs_account *account)
{
    begin_section("Whether it is about mail of ours", NULL);
    if (!account->has_settings) {
        printf("  no proof was tried: %s\n",
               account->trouble.text[0] ? account->trouble.text : "there is no --config with keys");
        return;
    }
    if (account->recipient_source == BS_RECIPIENT_UNKNOWN)
        puts("  no recipient of ours is known: there is no --recipient, and the header names none");
    else
        print_line("  recipient: ", bs_address_text(&account->recipient.address, &account->arena));
    if (account->recipient_source == BS_RECIPIENT_FIELD)
        printf("    from the message's %s field\n", account->recipient_field);
    for (enum bs_proof proof = 0; proof < BS_PROOF_COUNT; proof++)
        printf("  %-13s %-8s %s\n", bs_proof_name(proof),
               proof == BS_PROOF_REGISTRY ? "unasked" : bs_proof_result_name(account->evidence.results[proof]),
               proof_texts[proof]);
    printf("  %s: %s\n", bs_verdict_name(account->evidence.verdict), account->evidence.why);
    puts("  the registry lies in backstopd's memory, which may know more");
}

static void print_decision(const struct bs_decision *decision, const char *when)
{
    const char *text;
    printf("  %s: %s, because of %s\n", when, bs_action_name(decision->action), bs_reason_name(decision->reason));
    if (decision->action == BS_ACTION_REFUSE) {
        unsigned code = bs_decision_reply(decision, &text);
        printf("    the client gets: %u %s\n", code, text);
    }
    if (decision->observed)
        puts("    its domain only observes: the reason would call for more");
}

/* Why nothing is judged, or NULL. */
static const char *why_not_judged(const struct bs_account *account)
{
    if (account->recipient_source == BS_RECIPIENT_UNKNOWN)
        return "nothing: no recipient of ours is known";
    if (account->mode < BS_MODE_OBSERVE)
        return "nothing: the recipient's domain neither observes nor enforces";
    if (!account->is_read_by_daemon)
        return "nothing: its header does not suggest an automatic message, so it is not read";
    return NULL;
}

static void print_policy(const struct bs_account *account)
{
    if (!account->has_settings)
        return;
    begin_section("What backstopd does with it as automatic mail", NULL);
    const char *why = why_not_judged(account);
    if (why)
        printf("  %s\n", why);
    else if (account->null_sender && account->at_rcpt.action != BS_ACTION_WAIT)
        print_decision(&account->at_rcpt, "at RCPT");
    if (!bs_account_is_judged(account))
        return;
    if (account->treated_as != account->reading.kind)
        puts("  the sender is null and another message is returned, so it counts as a bounce, in whatever words");
    const struct bs_decision *normal = &account->decisions[BS_COLUMN_NORMAL];
    const struct bs_decision *campaign = &account->decisions[BS_COLUMN_CAMPAIGN];
    print_decision(normal, "at the end of data");
    if (campaign->action != normal->action)
        print_decision(campaign, "during a campaign");
}

void bs_account_print(struct bs_account *account)
{
    print_kind(account);
    print_returned(account);
    if (account->reading.kind == BS_KIND_NONE && !account->null_sender)
        return;
    print_proofs(account);
    print_policy(account);
}

/* --- An object ---------------------------------------------------------------------------------------------- */

static void append_decision(const struct bs_decision *decision, const char *name, struct bs_strbuf *out)
{
    const char *text;
    bs_strbuf_printf(out, ", \"%s\": {\"action\": \"%s\", \"reason\": \"%s\", \"observed\": %s, \"reply\": ", name,
                     bs_action_name(decision->action), bs_reason_name(decision->reason),
                     decision->observed ? "true" : "false");
    if (decision->action == BS_ACTION_REFUSE) {
        unsigned code = bs_decision_reply(decision, &text);
        bs_strbuf_printf(out, "\"%u %s\"}", code, text);
    } else {
        bs_strbuf_append_cstr(out, "null}");
    }
}

static void append_proofs(struct bs_account *account, struct bs_strbuf *out)
{
    bool known = account->recipient_source != BS_RECIPIENT_UNKNOWN;
    struct bs_bytes recipient = {NULL, 0};
    if (known)
        recipient = bs_address_text(&account->recipient.address, &account->arena);
    bs_reading_append_text(out, "recipient", recipient);
    bs_strbuf_append_cstr(out, ", \"proofs\": {");
    for (enum bs_proof proof = 0; proof < BS_PROOF_COUNT; proof++) {
        bs_strbuf_printf(out, "%s\"%s\": ", proof > 0 ? ", " : "", bs_proof_name(proof));
        if (proof != BS_PROOF_REGISTRY)
            bs_strbuf_printf(out, "\"%s\"", bs_proof_result_name(account->evidence.results[proof]));
        else
            bs_strbuf_append_cstr(out, "null");
    }
    bs_strbuf_append_char(out, '}');
    bs_reading_append_text(out, "verdict", bs_bytes_from_cstr(bs_verdict_name(account->evidence.verdict)));
    bs_reading_append_text(out, "why", bs_bytes_from_cstr(account->evidence.why));
    if (account->null_sender && known)
        append_decision(&account->at_rcpt, "at_rcpt", out);
    if (bs_account_is_judged(account)) {
        append_decision(&account->decisions[BS_COLUMN_NORMAL], "decision", out);
        append_decision(&account->decisions[BS_COLUMN_CAMPAIGN], "during_campaign", out);
    }
}

void bs_account_append(struct bs_account *account, struct bs_strbuf *out)
{
    bs_strbuf_append_cstr(out, ", \"automatic\": {");
    bs_reading_append(&account->parts, &account->reading, &account->arena, out);
    if (account->has_settings)
        append_proofs(account, out);
    else
        bs_reading_append_text(out, "trouble", bs_bytes_from_cstr(account->trouble.text));
    bs_strbuf_append_char(out, '}');
}
