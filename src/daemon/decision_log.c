/* SPDX-License-Identifier: BSD-2-Clause */
/* Decisions as key=value lines; see decision_log.h. */
#include "daemon/decision_log.h"

#include "daemon/log.h"
#include "engine/authentication.h"

static void append_word(struct bs_strbuf *out, struct bs_bytes word)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        if (c <= ' ' || c == 0x7f || c == '\\' || c == '"')
            bs_strbuf_printf(out, "\\x%02x", c);
        else
            bs_strbuf_append_char(out, (char)c);
    }
}

/* The path in angle brackets, whether it came with them or not. */
static void append_path(struct bs_strbuf *out, const char *key, struct bs_bytes path)
{
    path = bs_bytes_trim(path);
    if (path.len >= 2 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>')
        path = bs_bytes(path.ptr + 1, path.len - 2);
    bs_strbuf_printf(out, " %s=<", key);
    append_word(out, path);
    bs_strbuf_append_char(out, '>');
}

/* What the methods said: spf=pass dkim=pass dmarc=fail policy=reject author=example.com */
static void append_authentication(struct bs_strbuf *out, const struct bs_authentication *authentication)
{
    const struct bs_dkim_result *dkim = bs_authentication_best_dkim(authentication);
    const struct bs_dmarc_verdict *dmarc = &authentication->dmarc;
    bs_strbuf_printf(out, " spf=%s dkim=%s", bs_spf_status_name(authentication->spf.status),
                     bs_dkim_code_name(dkim ? dkim->code : BS_DKIM_NONE));
    if (authentication->arc.code != BS_ARC_NONE)
        bs_strbuf_printf(out, " arc=%s", bs_arc_code_name(authentication->arc.code));
    bs_strbuf_printf(out, " dmarc=%s", bs_dmarc_result_name(dmarc->result));
    if (dmarc->published != BS_DMARC_UNSET)
        bs_strbuf_printf(out, " policy=%s", bs_dmarc_policy_name(dmarc->published));
    if (bs_author_is_ambiguous(&authentication->author))
        bs_strbuf_printf(out, " from-doubt=%s", bs_author_doubt_name(authentication->author.doubt));
    bs_strbuf_append_cstr(out, " author=");
    append_word(out, authentication->dmarc_author.len > 0 ? authentication->dmarc_author : BS_LITERAL("-"));
}

/* What an automatic message is, and what proves it: kind=dsn-failed verdict=proven proofs=tag,token */
static void append_finding(struct bs_strbuf *out, const struct bs_automatic_finding *finding)
{
    bs_strbuf_printf(out, " kind=%s sign=", bs_kind_name(finding->reading->kind));
    append_word(out, finding->reading->sign ? bs_bytes_from_cstr(finding->reading->sign) : BS_LITERAL("-"));
    bs_strbuf_printf(out, " verdict=%s proofs=", bs_verdict_name(finding->evidence->verdict));
    bs_evidence_append(finding->evidence, BS_PROOF_GOOD, out);
    if (finding->reading->limit)
        bs_strbuf_printf(out, " limit=%s", finding->reading->limit);
    if (finding->campaign)
        bs_strbuf_append_cstr(out, " campaign=yes");
}

void bs_decision_format(struct bs_strbuf *out, const struct bs_report *report)
{
    const struct bs_decision *decision = &report->decision;
    bool has_days = decision->reason == BS_REASON_TAG_VALID || decision->reason == BS_REASON_TAG_EXPIRED;
    bs_strbuf_printf(out, "decision=%s reason=%s queue-id=", bs_action_name(decision->action),
                     bs_reason_name(decision->reason));
    append_word(out, report->queue_id.len > 0 ? report->queue_id : BS_LITERAL("-"));
    bs_strbuf_append_cstr(out, " client=");
    append_word(out, report->client);
    append_path(out, "from", report->sender);
    if (report->recipient.len > 0)
        append_path(out, "to", report->recipient);
    if (report->signed_sender.len > 0)
        append_path(out, "signed", report->signed_sender);
    if (has_days)
        bs_strbuf_printf(out, " days-left=%d", decision->days_left);
    if (report->authentication)
        append_authentication(out, report->authentication);
    if (report->finding)
        append_finding(out, report->finding);
    if (report->key.len > 0) {
        bs_strbuf_append_cstr(out, " key=");
        append_word(out, report->key);
    }
    if (report->detail)
        bs_strbuf_printf(out, " detail=\"%s\"", report->detail);
    if (report->by_mta)
        bs_strbuf_append_cstr(out, " by=mta");
    if (decision->observed)
        bs_strbuf_append_cstr(out, " observe=yes");
}

void bs_decision_log(void *context, const struct bs_report *report)
{
    struct bs_strbuf line;
    (void)context;
    if (!bs_log_wants(BS_CONFIG_LEVEL_INFO))
        return;
    bs_strbuf_init(&line, BS_LOG_LINE_MAX);
    bs_decision_format(&line, report);
    bs_log(BS_CONFIG_LEVEL_INFO, "%s", bs_strbuf_cstr(&line));
    bs_strbuf_free(&line);
}
