/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SPF results as text: names, one sentence, Received-SPF (RFC 7208 section 9.1), a clause of Authentication-Results
 * (RFC 8601). What comes from the client or from DNS is written as an atom where it is one, else as a quoted string; bytes
 * that have no place in a header field become question marks.
 */
#include "auth/spf.h"

#include "message/address.h"

#include <stdio.h>

const char *bs_spf_status_name(enum bs_spf_status status)
{
    static const char *const names[] = {
        [BS_SPF_NONE] = "none",           [BS_SPF_NEUTRAL] = "neutral",     [BS_SPF_PASS] = "pass",
        [BS_SPF_FAIL] = "fail",           [BS_SPF_SOFTFAIL] = "softfail",   [BS_SPF_TEMPERROR] = "temperror",
        [BS_SPF_PERMERROR] = "permerror",
    };
    return names[status];
}

/* What the client may do, as a part of a sentence. */
static const char *permission(enum bs_spf_status status)
{
    switch (status) {
    case BS_SPF_PASS:
        return "is permitted";
    case BS_SPF_FAIL:
        return "is not permitted";
    case BS_SPF_SOFTFAIL:
        return "is probably not permitted";
    default:
        return "is neither permitted nor denied";
    }
}

/* A copy with question marks for what is not printable; NULL past the arena's limit. */
static const char *printable(struct bs_bytes text, struct bs_arena *arena)
{
    struct bs_bytes copy = bs_arena_copy(arena, text);
    for (size_t i = 0; i < copy.len; i++) {
        if (copy.ptr[i] < 0x20 || copy.ptr[i] > 0x7e)
            ((char *)copy.ptr)[i] = '?';
    }
    return copy.ptr;
}

const char *bs_spf_reason(const struct bs_spf_facts *facts, const struct bs_spf_result *result, struct bs_arena *arena)
{
    char ip[BS_NETWORK_TEXT];
    const char *domain = printable(result->status == BS_SPF_NONE ? result->domain : result->decided_by, arena);
    const char *mechanism = printable(result->mechanism, arena);
    if (!domain || !mechanism)
        return NULL;
    bs_ip_format(&facts->ip, ip);
    if (result->status == BS_SPF_NONE)
        return bs_arena_printf(arena, "%s%s%s", domain, domain[0] != '\0' ? ": " : "", result->problem);
    if (result->problem)
        return bs_arena_printf(arena, "%s", result->problem);
    return bs_arena_printf(arena, "%s: %s %s by \"%s\"", domain, ip, permission(result->status), mechanism);
}

static void append_quoted(struct bs_strbuf *out, struct bs_bytes text)
{
    bs_strbuf_append_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\')
            bs_strbuf_append_char(out, '\\');
        bs_strbuf_append_char(out, c < 0x20 || c > 0x7e ? '?' : c);
    }
    bs_strbuf_append_char(out, '"');
}

/* NAME=VALUE; on a line of its own. */
static void append_pair(struct bs_strbuf *out, const char *name, struct bs_bytes value)
{
    bs_strbuf_printf(out, "\n\t%s=", name);
    if (bs_is_dot_atom(value))
        bs_strbuf_append(out, value);
    else
        append_quoted(out, value);
    bs_strbuf_append_char(out, ';');
}

/* local-part@domain, the local part as it is: the pair's quotes are enough. */
static void append_sender(struct bs_strbuf *out, const char *name, struct bs_bytes local, struct bs_bytes domain)
{
    struct bs_strbuf sender;
    bs_strbuf_init(&sender, BS_SPF_SENDER_MAX + 1);
    bs_strbuf_append(&sender, local);
    bs_strbuf_append_char(&sender, '@');
    bs_strbuf_append(&sender, domain);
    append_pair(out, name, bs_strbuf_bytes(&sender));
    bs_strbuf_free(&sender);
}

/* A comment (RFC 5322 section 3.2.2): what would end or nest it is left out. */
static void append_comment(struct bs_strbuf *out, const char *text)
{
    bs_strbuf_append_cstr(out, " (");
    for (; *text; text++) {
        if (!strchr("()\\", *text))
            bs_strbuf_append_char(out, *text < 0x20 || *text > 0x7e ? '?' : *text);
    }
    bs_strbuf_append_char(out, ')');
}

void bs_spf_append_received(const struct bs_spf_facts *facts, const struct bs_spf_result *result,
                            struct bs_strbuf *out)
{
    struct bs_arena arena;
    char ip[BS_NETWORK_TEXT];
    bs_arena_init(&arena, BS_SPF_MEMORY_MAX);
    const char *reason = bs_spf_reason(facts, result, &arena);
    bs_ip_format(&facts->ip, ip);
    bs_strbuf_append_cstr(out, bs_spf_status_name(result->status));
    if (reason)
        append_comment(out, reason);
    if (facts->receiver.len > 0)
        append_pair(out, "receiver", facts->receiver);
    append_pair(out, "client-ip", bs_bytes_from_cstr(ip));
    if (result->identity == BS_SPF_MAILFROM)
        append_sender(out, "envelope-from", result->local, facts->domain);
    append_pair(out, "helo", facts->helo);
    append_pair(out, "identity", result->identity == BS_SPF_HELO ? BS_LITERAL("helo") : BS_LITERAL("mailfrom"));
    if (result->mechanism.len > 0)
        append_pair(out, "mechanism", result->mechanism);
    if (result->problem)
        append_pair(out, "problem", bs_bytes_from_cstr(result->problem));
    bs_arena_reset(&arena);
}

/* The identity that was judged: an address where its local part needs no quotes, else the domain alone. */
static void append_identity(struct bs_strbuf *out, const struct bs_spf_result *result)
{
    bool is_name = result->domain.len > 0 && bs_is_dot_atom(result->domain) && bs_dns_name_is_valid(result->domain);
    if (!is_name) {
        append_quoted(out, result->domain);
        return;
    }
    if (result->identity == BS_SPF_MAILFROM && bs_is_dot_atom(result->local)) {
        bs_strbuf_append(out, result->local);
        bs_strbuf_append_char(out, '@');
    }
    bs_strbuf_append(out, result->domain);
}

void bs_spf_append_clause(const struct bs_spf_result *result, struct bs_strbuf *out)
{
    bs_strbuf_printf(out, "spf=%s", bs_spf_status_name(result->status));
    if (result->problem) {
        bs_strbuf_append_cstr(out, " reason=");
        append_quoted(out, bs_bytes_from_cstr(result->problem));
    }
    bs_strbuf_append_cstr(out, result->identity == BS_SPF_HELO ? " smtp.helo=" : " smtp.mailfrom=");
    append_identity(out, result);
}
