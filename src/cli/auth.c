/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop auth FILE`: is a message from whom it says, and what would backstopd do with it? See backstop-auth(1). */
#include "cli/authenticate.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/verdicts.h"

#include <sysexits.h>

static const char usage[] =
    "usage: backstop auth [OPTION]... FILE       authenticate a message by SPF, DKIM, ARC and DMARC; - is standard input\n"
    BS_AUTHENTICATE_USAGE BS_JUDGE_USAGE
    "exits 0 for pass and none, 1 for fail under p=none, 2 for fail under quarantine or reject,\n"
    "3 for temperror and permerror. `backstop explain` tells the same in more words.\n";

static void print_names(const char *label, const struct bs_domain_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        bs_output_foreign(i > 0 ? ", " : label, names->items[i]);
}

static void print_author(const struct bs_author *author)
{
    if (bs_author_is_ambiguous(author))
        printf("  from: ambiguous (%s)", bs_author_doubt_name(author->doubt));
    else
        fputs("  from:", stdout);
    print_names(" ", &author->domains);
    fputs(author->domains.more ? " and others\n" : "\n", stdout);
    if (author->display.count > 0) {
        print_names("  in display names: ", &author->display);
        putchar('\n');
    }
}

static void print_spf(struct bs_authenticate *request)
{
    const struct bs_authentication *authentication = request->authentication;
    const char *reason = bs_spf_reason(&authentication->spf_facts, &authentication->spf, &request->judge.run);
    fputs("  spf: ", stdout);
    bs_verdict_print_spf(&authentication->spf, reason ? reason : "");
    bs_verdict_print_spf_steps(&authentication->spf, 4);
}

static void print_dkim(const struct bs_dkim_results *results)
{
    if (results->count == 0)
        puts("  dkim: none: the message has no DKIM signature");
    for (size_t i = 0; i < results->count; i++) {
        fputs("  dkim: ", stdout);
        bs_verdict_print_dkim(&results->items[i]);
        bs_verdict_print_notes(results->items[i].notes, 4);
    }
}

static void print_arc(struct bs_authenticate *request)
{
    const struct bs_arc_result *result = &request->authentication->arc;
    fputs("  arc: ", stdout);
    bs_verdict_print_arc(result);
    bs_verdict_print_arc_hops(result, 4, &request->judge.run);
    bs_verdict_print_notes(result->notes, 4);
}

static void print_decision(const struct bs_authenticate *request)
{
    struct bs_outcome outcome = bs_authenticate_outcome(request);
    printf("  backstopd: %s (%s)%s", outcome.action, outcome.reason,
           outcome.observed ? ", although its domain asks for more: monitoring only" : "");
    if (outcome.text)
        printf(": %u %s", outcome.code, outcome.text);
    putchar('\n');
}

static void print_fields(const struct bs_authenticate *request)
{
    for (size_t i = 0; i < request->removed_count; i++) {
        bs_output_foreign("  removed: ", request->removed[i].name);
        printf(" number %u\n", request->removed[i].index);
    }
    printf("Authentication-Results: %.*s\n", BS_BYTES_ARG(request->results));
}

static void print_text(struct bs_authenticate *request)
{
    const struct bs_authentication *authentication = request->authentication;
    bs_verdict_print_dmarc(&authentication->dmarc);
    if (request->judge.explain)
        bs_verdict_print_dmarc_steps(&authentication->dmarc, authentication->dmarc_author, 4);
    print_author(&authentication->author);
    print_spf(request);
    print_dkim(&authentication->dkim);
    print_arc(request);
    print_decision(request);
    print_fields(request);
}

int bs_command_auth(int argc, char **argv)
{
    struct bs_authenticate request = bs_authenticate_new();
    int status = bs_authenticate_run(&request, argc, argv, usage);
    if (status < 0) {
        status = bs_verdict_dmarc_status(&request.authentication->dmarc);
        if (!request.judge.json)
            print_text(&request);
        else if (!bs_authenticate_print_json(&request))
            status = EX_SOFTWARE;
    }
    bs_authenticate_free(&request);
    return status;
}
