/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop explain FILE`: the judgement on a message, told step by step: what it is and which rule says so, whose it is and
 * which proofs show that, which record, which term, which question decided. A section is a function here. See backstop-explain(1).
 */
#include "cli/authenticate.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/tree_walks.h"
#include "cli/verdicts.h"

#include <sysexits.h>

static const char usage[] =
    "usage: backstop explain [OPTION]... FILE    tell step by step how a message is judged; - is standard input\n"
    BS_AUTHENTICATE_USAGE
    "      --recipient ADDRESS\n"
    "                      what the client said with RCPT TO; else a recipient of ours that the header names\n"
    BS_JUDGE_USAGE
    "exits as `backstop auth` does: 0 for pass and none, 1 for fail under p=none, 2 for fail under quarantine or\n"
    "reject, 3 for temperror and permerror.\n";

static void begin_section(const char *title, const char *source)
{
    printf("\n%s%s%s (%s)\n", bs_output_colour(stdout, BS_COLOUR_STRONG), title,
           bs_output_colour(stdout, BS_COLOUR_NONE), source);
}

/* --- Envelope ----------------------------------------------------------------------------------------------- */

static void print_sender(const struct bs_authenticate *request)
{
    static const char *const sources[] = {
        [BS_SENDER_UNKNOWN] = "  MAIL FROM is not known: there is neither --from nor a Return-Path field",
        [BS_SENDER_GIVEN] = "",
        [BS_SENDER_RETURN_PATH] = ", from the message's Return-Path field",
    };
    if (request->sender_source != BS_SENDER_UNKNOWN)
        fputs("  MAIL FROM", stdout);
    bs_output_foreign(": ", request->sender);
    puts(sources[request->sender_source]);
}

static void print_envelope(const struct bs_authenticate *request)
{
    char client[BS_NETWORK_TEXT];
    begin_section("Envelope", "RFC 5321");
    bs_ip_format(&request->client, client);
    if (request->client.family != 0)
        printf("  client: %s\n", client);
    else
        puts("  the client is not known: there is no --ip");
    bs_output_foreign("  HELO: ", bs_bytes_from_cstr(request->helo ? request->helo : "not known"));
    putchar('\n');
    print_sender(request);
}

/* --- Author ------------------------------------------------------------------------------------------------- */

static const char *const doubts[] = {
    [BS_AUTHOR_CLEAR] = "every reader takes the same",
    [BS_AUTHOR_NO_FROM] = "there is no From field",
    [BS_AUTHOR_SEVERAL_FROM] = "there are several From fields, and readers differ over which one they show",
    [BS_AUTHOR_FIELD_NAME] = "a field's name is From to some readers only, such as `From :`",
    [BS_AUTHOR_HIDDEN_FROM] = "another field holds a line that some readers take for a From field",
    [BS_AUTHOR_CUT] = "the header is past its limits, so that a From field may be missing or cut",
    [BS_AUTHOR_TOO_LARGE] = "From is longer than is read",
    [BS_AUTHOR_NUL] = "From holds a NUL, where some readers stop",
    [BS_AUTHOR_CONTROL] = "From holds a control character, which readers treat in different ways",
    [BS_AUTHOR_FOLDING] = "From is folded as the grammar does not allow, and some readers stop there",
    [BS_AUTHOR_BAD_UTF8] = "From holds bytes that are not UTF-8, which may hide or show an address",
    [BS_AUTHOR_NO_ADDRESS] = "From holds no address",
    [BS_AUTHOR_NO_DOMAIN] = "From holds an address without a domain",
    [BS_AUTHOR_LITERAL] = "From has an address literal for a domain",
    [BS_AUTHOR_BAD_DOMAIN] = "From names a domain that DNS cannot hold, or that readers map to different ones",
    [BS_AUTHOR_GROUP] = "From has a group",
    [BS_AUTHOR_ROUTE] = "From has a source route, of which readers take different parts",
    [BS_AUTHOR_UNBALANCED] = "From has brackets, parentheses or quotes without their other half",
    [BS_AUTHOR_SEVERAL_AT] = "From has an address with several @",
    [BS_AUTHOR_SPACED] = "From has blanks or a comment within an address",
    [BS_AUTHOR_SYNTAX] = "From is not as the grammar has it",
    [BS_AUTHOR_DISPLAY_ADDRESS] = "From has an address of another domain in a name without quotes",
    [BS_AUTHOR_COMMENT_ADDRESS] = "From has an address of another domain in a comment",
    [BS_AUTHOR_WORD_ADDRESS] = "From has an address of another domain in an encoded word",
    [BS_AUTHOR_ENCODED_ADDRESS] = "From has an encoded word where an address stands",
    [BS_AUTHOR_CHARSET] = "From has an encoded word in a charset that may hide an address",
    [BS_AUTHOR_TOO_MANY] = "From has more addresses or domains than are looked at",
};

static void print_names(const char *label, const struct bs_domain_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        bs_output_foreign(i > 0 ? ", " : label, names->items[i]);
    if (names->more)
        fputs(names->count > 0 ? ", and others" : label, stdout);
    if (names->count > 0 || names->more)
        putchar('\n');
}

static void print_author(const struct bs_author *author)
{
    begin_section("Author", "RFC 5322 section 3.6.2");
    if (author->field)
        bs_output_foreign("  From:", author->field->body);
    if (author->field)
        putchar('\n');
    print_names(bs_author_is_ambiguous(author) ? "  domains that some reader may take: " : "  domain: ", &author->domains);
    print_names("  named in display names, where it does not count: ", &author->display);
    if (bs_author_is_ambiguous(author))
        printf("  ambiguous: %s (%s)\n  nothing can vouch for it, so it never passes; the strictest policy of these domains "
               "counts (RFC 9989 section 11.5)\n",
               doubts[author->doubt], bs_author_doubt_name(author->doubt));
    else
        printf("  %s\n", doubts[BS_AUTHOR_CLEAR]);
}

/* --- The methods -------------------------------------------------------------------------------------------- */

static void print_spf(struct bs_authenticate *request)
{
    const struct bs_authentication *authentication = request->authentication;
    const struct bs_spf_result *result = &authentication->spf;
    const char *reason = bs_spf_reason(&authentication->spf_facts, result, &request->judge.run);
    begin_section("SPF", "RFC 7208");
    fputs("  ", stdout);
    bs_verdict_print_spf(result, reason ? reason : "");
    if (result->identity == BS_SPF_HELO && result->domain.len > 0)
        puts("    the sender is null: the HELO name is judged (RFC 7208 section 2.4)");
    bs_verdict_print_spf_steps(result, 4);
}

static void print_dkim(const struct bs_dkim_results *results)
{
    begin_section("DKIM", "RFC 6376");
    if (results->count == 0)
        puts("  none: the message has no DKIM signature");
    for (size_t i = 0; i < results->count; i++) {
        fputs("  ", stdout);
        bs_verdict_print_dkim(&results->items[i]);
        bs_verdict_print_notes(results->items[i].notes, 4);
    }
}

static void print_arc(struct bs_authenticate *request)
{
    const struct bs_arc_result *result = &request->authentication->arc;
    begin_section("ARC", "RFC 8617");
    fputs("  ", stdout);
    bs_verdict_print_arc(result);
    bs_verdict_print_arc_hops(result, 4, &request->judge.run);
    bs_verdict_print_notes(result->notes, 4);
}

static void print_walk_step(const struct bs_dmarc_step *step)
{
    bs_output_foreign("      TXT _dmarc.", step->name);
    if (step->status != BS_DNS_FOUND)
        printf(": %s", bs_dns_status_name(step->status));
    else if (step->records == 1)
        bs_output_foreign(": ", step->record);
    else if (step->records > 1)
        printf(": %zu DMARC records, which void each other (section 4.10)", step->records);
    else
        fputs(": no DMARC record among what was found", stdout);
    putchar('\n');
}

static void print_walks(struct bs_authenticate *request)
{
    struct bs_tree_walks walks;
    if (!bs_tree_walks_trace(request->authentication, &request->judge.answers, &request->judge.run, &walks))
        return;
    for (size_t i = 0; i < walks.count; i++) {
        bs_output_foreign("    the tree walk from ", walks.items[i].start);
        puts(" (section 4.10):");
        for (size_t j = 0; j < walks.items[i].count; j++)
            print_walk_step(&walks.items[i].steps[j]);
    }
}

static void print_dmarc(struct bs_authenticate *request)
{
    const struct bs_authentication *authentication = request->authentication;
    begin_section("DMARC", "RFC 9989");
    fputs("  ", stdout);
    bs_verdict_print_dmarc(&authentication->dmarc);
    if (authentication->author.domains.count > 1) {
        bs_output_foreign("    the strictest verdict counts, that on ", authentication->dmarc_author);
        puts(" (section 11.5)");
    }
    print_walks(request);
    bs_verdict_print_dmarc_steps(&authentication->dmarc, authentication->dmarc_author, 4);
}

/* --- The end ------------------------------------------------------------------------------------------------ */

static void print_decision(const struct bs_authenticate *request)
{
    struct bs_outcome outcome = bs_authenticate_outcome(request);
    begin_section("What backstopd does", request->config_file ? request->config_file : "with authentication = enforce");
    printf("  %s, because of %s\n", outcome.action, outcome.reason);
    if (outcome.text)
        printf("  the client gets: %u %s\n", outcome.code, outcome.text);
    if (outcome.observed)
        puts("  it only monitors: the reason would call for more");
}

static void print_fields(const struct bs_authenticate *request)
{
    begin_section("Header fields, where the message is accepted", "RFC 8601");
    for (size_t i = 0; i < request->removed_count; i++) {
        bs_output_foreign("  removed, as it came under our name: ", request->removed[i].name);
        printf(" number %u (section 5)\n", request->removed[i].index);
    }
    printf("  Authentication-Results: %.*s\n", BS_BYTES_ARG(request->results));
}

static void print_text(struct bs_authenticate *request)
{
    bs_verdict_print_dmarc(&request->authentication->dmarc);
    print_envelope(request);
    bs_account_print(request->account);
    print_author(&request->authentication->author);
    print_spf(request);
    print_dkim(&request->authentication->dkim);
    print_arc(request);
    print_dmarc(request);
    print_decision(request);
    print_fields(request);
}

int bs_command_explain(int argc, char **argv)
{
    struct bs_account account = {.has_settings = false};
    struct bs_authenticate request = bs_authenticate_new();
    request.account = &account;
    request.judge.explain = true;
    int status = bs_authenticate_run(&request, argc, argv, usage);
    if (status < 0) {
        status = bs_verdict_dmarc_status(&request.authentication->dmarc);
        if (!request.judge.json)
            print_text(&request);
        else if (!bs_authenticate_print_json(&request))
            status = EX_SOFTWARE;
    }
    bs_account_free(&account);
    bs_authenticate_free(&request);
    return status;
}
