/* SPDX-License-Identifier: BSD-2-Clause */
/* The object that `backstop auth` and `backstop explain` print; backstop-auth(1) documents it. See authenticate.h. */
#include "cli/authenticate.h"

#include "base/json.h"
#include "cli/output.h"
#include "cli/tree_walks.h"
#include "cli/verdicts.h"

enum { OUTPUT_MAX = 16 << 20 };

/* `, "name": ` */
static void append_name(const char *name, struct bs_strbuf *out)
{
    bs_strbuf_printf(out, ", \"%s\": ", name);
}

static void append_names(const struct bs_domain_names *names, struct bs_strbuf *out)
{
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < names->count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", " : "");
        bs_json_append_string(out, names->items[i]);
    }
    bs_strbuf_append_char(out, ']');
}

static void append_envelope(const struct bs_authenticate *request, struct bs_strbuf *out)
{
    static const char *const sources[] = {
        [BS_SENDER_UNKNOWN] = NULL, [BS_SENDER_GIVEN] = "option", [BS_SENDER_RETURN_PATH] = "return-path"};
    char client[BS_NETWORK_TEXT];
    append_name("envelope", out);
    bs_strbuf_append_char(out, '{');
    bs_ip_format(&request->client, client);
    bs_judge_append_member(out, "client", bs_bytes_from_cstr(request->client.family != 0 ? client : NULL));
    bs_judge_append_member(out, "helo", bs_bytes_from_cstr(request->helo));
    bs_judge_append_member(out, "sender", request->sender);
    bs_judge_append_member(out, "sender_source", bs_bytes_from_cstr(sources[request->sender_source]));
    bs_strbuf_append_char(out, '}');
}

static void append_author(const struct bs_author *author, struct bs_strbuf *out)
{
    bool ambiguous = bs_author_is_ambiguous(author);
    append_name("author", out);
    bs_strbuf_printf(out, "{\"ambiguous\": %s", bs_verdict_truth(ambiguous));
    bs_judge_append_member(out, "doubt", bs_bytes_from_cstr(ambiguous ? bs_author_doubt_name(author->doubt) : NULL));
    append_name("domains", out);
    append_names(&author->domains, out);
    bs_strbuf_printf(out, ", \"more\": %s", bs_verdict_truth(author->domains.more));
    append_name("display_domains", out);
    append_names(&author->display, out);
    bs_strbuf_append_char(out, '}');
}

static void append_methods(struct bs_authenticate *request, const char *spf_reason, struct bs_strbuf *out)
{
    const struct bs_authentication *authentication = request->authentication;
    bool explain = request->judge.explain;
    append_name("spf", out);
    bs_verdict_append_spf(NULL, &authentication->spf, spf_reason, explain, out);
    append_name("dkim", out);
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < authentication->dkim.count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", " : "");
        bs_verdict_append_dkim(&authentication->dkim.items[i], explain, out);
    }
    bs_strbuf_append_char(out, ']');
    append_name("arc", out);
    bs_verdict_append_arc(&authentication->arc, explain, &request->judge.run, out);
}

static void append_walk(const struct bs_tree_walk *walk, struct bs_strbuf *out)
{
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "start", walk->start);
    append_name("steps", out);
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < walk->count; i++) {
        const struct bs_dmarc_step *step = &walk->steps[i];
        bs_strbuf_append_cstr(out, i > 0 ? ", {" : "{");
        bs_judge_append_member(out, "name", step->name);
        bs_judge_append_member(out, "answer", bs_bytes_from_cstr(bs_dns_status_name(step->status)));
        bs_strbuf_printf(out, ", \"records\": %zu", step->records);
        bs_judge_append_member(out, "record", bs_verdict_or_null(step->record));
        bs_strbuf_append_char(out, '}');
    }
    bs_strbuf_append_cstr(out, "]}");
}

static void append_walks(struct bs_authenticate *request, struct bs_strbuf *out)
{
    struct bs_tree_walks walks;
    if (!bs_tree_walks_trace(request->authentication, &request->judge.answers, &request->judge.run, &walks))
        return;
    append_name("walks", out);
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < walks.count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", " : "");
        append_walk(&walks.items[i], out);
    }
    bs_strbuf_append_char(out, ']');
}

static void append_decision(const struct bs_authenticate *request, struct bs_strbuf *out)
{
    struct bs_outcome outcome = bs_authenticate_outcome(request);
    append_name("decision", out);
    bs_strbuf_append_char(out, '{');
    bs_judge_append_member(out, "action", bs_bytes_from_cstr(outcome.action));
    bs_judge_append_member(out, "reason", bs_bytes_from_cstr(outcome.reason));
    bs_strbuf_printf(out, ", \"observed\": %s, \"reply\": ", bs_verdict_truth(outcome.observed));
    if (outcome.text)
        bs_strbuf_printf(out, "\"%u %s\"}", outcome.code, outcome.text);
    else
        bs_strbuf_append_cstr(out, "null}");
}

static void append_fields(const struct bs_authenticate *request, struct bs_strbuf *out)
{
    bs_judge_append_member(out, "authentication_results", request->results);
    append_name("removed", out);
    bs_strbuf_append_char(out, '[');
    for (size_t i = 0; i < request->removed_count; i++) {
        bs_strbuf_append_cstr(out, i > 0 ? ", {" : "{");
        bs_judge_append_member(out, "name", request->removed[i].name);
        bs_strbuf_printf(out, ", \"index\": %u}", request->removed[i].index);
    }
    bs_strbuf_append_char(out, ']');
}

bool bs_authenticate_print_json(struct bs_authenticate *request)
{
    const struct bs_authentication *authentication = request->authentication;
    const char *spf_reason =
        bs_spf_reason(&authentication->spf_facts, &authentication->spf, &request->judge.run);
    struct bs_strbuf out;
    bs_strbuf_init(&out, OUTPUT_MAX);
    bs_strbuf_append_char(&out, '{');
    bs_verdict_append_dmarc(&authentication->dmarc, bs_verdict_or_null(authentication->dmarc_author), &out);
    append_author(&authentication->author, &out);
    append_envelope(request, &out);
    append_methods(request, spf_reason, &out);
    if (request->judge.explain)
        append_walks(request, &out);
    append_decision(request, &out);
    append_fields(request, &out);
    if (request->account)
        bs_account_append(request->account, &out);
    bs_strbuf_append_char(&out, '}');
    bool whole = !out.failed;
    if (whole)
        puts(bs_strbuf_cstr(&out));
    else
        bs_output_error("the results take too much memory");
    bs_strbuf_free(&out);
    return whole;
}
