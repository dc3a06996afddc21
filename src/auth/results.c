/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing Authentication-Results; see results.h. */
#include "auth/results.h"

#include "message/address.h"
#include "message/domain_names.h"

#include <stdio.h>

enum {
    NAME_COLUMNS = sizeof "Authentication-Results: " - 1,
    TAB_COLUMNS = 8,
    END_ROOM = 64,               /* bytes for the comment at the end */
    B_MIN = 8,                   /* characters of header.b (RFC 6008 section 3) */
    B_MAX = 64,
};

_Static_assert(2 * BS_RESULTS_VALUE_MAX + 64 <= 998, "a value whose every byte is escaped makes too long a line");

static bool is_token_char(char c)
{
    return c > ' ' && c <= '~' && !strchr("()<>@,;:\\\"/[]?=", c);
}

static bool is_token(struct bs_bytes text)
{
    size_t i = 0;
    while (i < text.len && is_token_char(text.ptr[i]))
        i++;
    return i > 0 && i == text.len;
}

/* [local-part] @ domain-name, as a property may have it without quotes. */
static bool is_plain_address(struct bs_bytes text)
{
    char name[BS_DOMAIN_NAME_MAX + 1];
    size_t length, at = bs_bytes_find_last(text, '@');
    if (at == text.len || (at > 0 && !bs_is_dot_atom(bs_bytes_first(text, at))))
        return false;
    struct bs_bytes domain = bs_bytes_skip(text, at + 1);
    return is_token(domain) && domain.ptr[domain.len - 1] != '.' && bs_domain_normal_form(domain, name, &length);
}

/* Begins a line, or writes a blank, so that `length` bytes may follow. */
static void separate(struct bs_results_writer *writer, size_t length)
{
    bool fits = writer->column + 1 + length <= BS_RESULTS_COLUMNS;
    bs_strbuf_append_cstr(&writer->out, fits ? " " : "\n\t");
    writer->column = fits ? writer->column + 1 : TAB_COLUMNS;
}

static void put(struct bs_results_writer *writer, struct bs_bytes text)
{
    bs_strbuf_append(&writer->out, text);
    writer->column += text.len;
}

/* Writes text that may be folded before each of its blanks; the first word gets one before it. */
static void put_words(struct bs_results_writer *writer, struct bs_bytes text)
{
    size_t end = bs_bytes_find(text, ' ');
    separate(writer, end);
    put(writer, bs_bytes_first(text, end));
    while (end < text.len) {
        text = bs_bytes_skip(text, end + 1);
        end = bs_bytes_find(text, ' ');
        bool fits = writer->column + 1 + end <= BS_RESULTS_COLUMNS;
        bs_strbuf_append_cstr(&writer->out, fits ? " " : "\n ");
        writer->column = fits ? writer->column + 1 : 1;
        put(writer, bs_bytes_first(text, end));
    }
}

/* Appends foreign text: blanks as one, what is not printable as a question mark, `special` characters escaped. */
static void append_escaped(struct bs_strbuf *buf, struct bs_bytes text, const char *special)
{
    bool after_blank = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (blank && after_blank)
            continue;
        after_blank = blank;
        if (c > ' ' && strchr(special, c))
            bs_strbuf_append_char(buf, '\\');
        bs_strbuf_append_char(buf, blank ? ' ' : c < ' ' || c > '~' ? '?' : c);
    }
}

/* Writes foreign text between `open` and `close`, cut where it is longer than `most` bytes. */
static void put_enclosed(struct bs_results_writer *writer, const char *open, struct bs_bytes text, size_t most,
                         const char *special, char close)
{
    struct bs_strbuf piece;
    text = bs_bytes_trim(text);
    bs_strbuf_init(&piece, 4 * BS_RESULTS_VALUE_MAX);
    bs_strbuf_append_cstr(&piece, open);
    append_escaped(&piece, bs_bytes_first(text, most), special);
    bs_strbuf_append_cstr(&piece, text.len > most ? "..." : "");
    bs_strbuf_append_char(&piece, close);
    writer->out.failed = writer->out.failed || piece.failed;
    put_words(writer, bs_strbuf_bytes(&piece));
    bs_strbuf_free(&piece);
}

/* Ends the clause under way: it stays where it fits, as a whole. */
static void close_clause(struct bs_results_writer *writer)
{
    if (!writer->open)
        return;
    writer->open = false;
    if (!writer->out.failed) {
        writer->count++;
        return;
    }
    writer->left_out++;
    writer->out.failed = false;
    writer->out.len = writer->clause_begin;
    writer->column = writer->clause_column;
}

void bs_results_begin(struct bs_results_writer *writer, struct bs_bytes authserv_id)
{
    *writer = (struct bs_results_writer){.column = NAME_COLUMNS};
    bs_strbuf_init(&writer->out, BS_RESULTS_SIZE_MAX - END_ROOM);
    if (is_token(authserv_id) && authserv_id.len <= BS_RESULTS_VALUE_MAX) {
        put(writer, authserv_id);
        return;
    }
    bs_strbuf_append_char(&writer->out, '"');
    append_escaped(&writer->out, bs_bytes_first(authserv_id, BS_RESULTS_VALUE_MAX), "\"\\");
    bs_strbuf_append_char(&writer->out, '"');
    writer->column += writer->out.len;
}

void bs_results_clause(struct bs_results_writer *writer, const char *method, const char *result)
{
    close_clause(writer);
    writer->open = true;
    writer->clause_begin = writer->out.len;
    writer->clause_column = writer->column;
    bs_strbuf_append_cstr(&writer->out, ";\n\t");
    writer->column = TAB_COLUMNS;
    put(writer, bs_bytes_from_cstr(method));
    put(writer, BS_LITERAL("="));
    put(writer, bs_bytes_from_cstr(result));
}

void bs_results_comment(struct bs_results_writer *writer, struct bs_bytes text)
{
    put_enclosed(writer, "(", text, BS_RESULTS_TEXT_MAX, "()\\", ')');
}

void bs_results_reason(struct bs_results_writer *writer, struct bs_bytes text)
{
    put_enclosed(writer, "reason=\"", text, BS_RESULTS_TEXT_MAX, "\"\\", '"');
}

void bs_results_property(struct bs_results_writer *writer, const char *name, struct bs_bytes value)
{
    struct bs_bytes shown = bs_bytes_from_cstr(name);
    char open[64];
    if (value.len > BS_RESULTS_VALUE_MAX) {
        snprintf(open, sizeof open, "(%s left out: too long", name);
        put_enclosed(writer, open, bs_bytes(NULL, 0), 0, "", ')');
        return;
    }
    if (!is_token(value) && !is_plain_address(value)) {
        snprintf(open, sizeof open, "%s=\"", name);
        put_enclosed(writer, open, value, BS_RESULTS_VALUE_MAX, "\"\\", '"');
        return;
    }
    separate(writer, shown.len + 1 + value.len);
    put(writer, shown);
    put(writer, BS_LITERAL("="));
    put(writer, value);
}

bool bs_results_end(struct bs_results_writer *writer)
{
    close_clause(writer);
    writer->out.limit = BS_RESULTS_SIZE_MAX;
    if (writer->count == 0)
        bs_strbuf_append_cstr(&writer->out, "; none");
    if (writer->left_out > 0)
        bs_strbuf_printf(&writer->out, "\n\t(%zu more left out)", writer->left_out);
    return !writer->out.failed;
}

void bs_results_free(struct bs_results_writer *writer)
{
    bs_strbuf_free(&writer->out);
}

/* Writes a domain as DNS has it, or as it came where DNS cannot hold it. */
static void put_domain(struct bs_results_writer *writer, const char *name, struct bs_bytes domain)
{
    char normal[BS_DOMAIN_NAME_MAX + 1];
    size_t length;
    if (domain.len == 0)
        return;
    bool good = bs_domain_normal_form(domain, normal, &length);
    bs_results_property(writer, name, good ? bs_bytes(normal, length) : domain);
}

void bs_results_add_spf(struct bs_results_writer *writer, const struct bs_spf_result *spf)
{
    char address[BS_RESULTS_VALUE_MAX];
    bool helo = spf->identity == BS_SPF_HELO;
    bs_results_clause(writer, "spf", bs_spf_status_name(spf->status));
    if (spf->problem)
        bs_results_reason(writer, bs_bytes_from_cstr(spf->problem));
    bool whole = !helo && bs_is_dot_atom(spf->local) && spf->local.len + 1 + spf->domain.len < sizeof address;
    if (!whole) {
        put_domain(writer, helo ? "smtp.helo" : "smtp.mailfrom", spf->domain);
        return;
    }
    memcpy(address, spf->local.ptr, spf->local.len);
    address[spf->local.len] = '@';
    if (spf->domain.len > 0)
        memcpy(address + spf->local.len + 1, spf->domain.ptr, spf->domain.len);
    bs_results_property(writer, "smtp.mailfrom", bs_bytes(address, spf->local.len + 1 + spf->domain.len));
}

/* The first characters of b=, without the white space in it. */
static size_t read_b(const struct bs_dkim_signature *signature, char ret_text[B_MAX])
{
    size_t length = 0;
    struct bs_bytes text = signature->signature_text;
    for (size_t i = 0; i < text.len && length < B_MAX; i++) {
        char c = text.ptr[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            ret_text[length++] = c;
    }
    return length;
}

/* How many characters of b= tell the signature from the others (RFC 6008 section 3). */
static size_t enough_of_b(const struct bs_dkim_results *dkim, size_t which, struct bs_bytes mine)
{
    size_t enough = B_MIN;
    for (size_t i = 0; i < dkim->count; i++) {
        char other[B_MAX];
        size_t length = i == which ? 0 : read_b(dkim->items[i].signature, other), same = 0;
        while (same < length && same < mine.len && other[same] == mine.ptr[same])
            same++;
        enough = same + 1 > enough ? same + 1 : enough;
    }
    return enough < mine.len ? enough : mine.len;
}

static void add_signature(struct bs_results_writer *writer, const struct bs_dkim_results *dkim, size_t which)
{
    const struct bs_dkim_result *result = &dkim->items[which];
    char b[B_MAX], about_key[64];
    size_t length = read_b(result->signature, b);
    bs_results_clause(writer, "dkim", bs_dkim_code_name(result->code));
    snprintf(about_key, sizeof about_key, "%u-bit key%s", result->key_bits, result->testing ? ", testing" : "");
    if (result->key_bits > 0)
        bs_results_comment(writer, bs_bytes_from_cstr(about_key));
    if (result->code != BS_DKIM_PASS && result->reason)
        bs_results_reason(writer, bs_bytes_from_cstr(result->reason));
    put_domain(writer, "header.d", result->signature->domain);
    put_domain(writer, "header.s", result->signature->selector);
    if (result->signature->algorithm_name.len > 0)
        bs_results_property(writer, "header.a", result->signature->algorithm_name);
    if (length > 0)
        bs_results_property(writer, "header.b", bs_bytes(b, enough_of_b(dkim, which, bs_bytes(b, length))));
}

void bs_results_add_dkim(struct bs_results_writer *writer, const struct bs_dkim_results *dkim)
{
    if (dkim->count == 0)
        bs_results_clause(writer, "dkim", bs_dkim_code_name(BS_DKIM_NONE));
    for (size_t i = 0; i < dkim->count; i++)
        add_signature(writer, dkim, i);
}

void bs_results_add_dmarc(struct bs_results_writer *writer, const struct bs_dmarc_verdict *dmarc,
                          struct bs_bytes author, enum bs_dmarc_policy disposition)
{
    char policy[64];
    bs_results_clause(writer, "dmarc", bs_dmarc_result_name(dmarc->result));
    if (dmarc->published != BS_DMARC_UNSET) {
        snprintf(policy, sizeof policy, "p=%s dis=%s%s", bs_dmarc_policy_name(dmarc->published),
                 bs_dmarc_policy_name(disposition), dmarc->testing ? " t=y" : "");
        bs_results_comment(writer, bs_bytes_from_cstr(policy));
    }
    put_domain(writer, "header.from", author);
}

void bs_results_add_arc(struct bs_results_writer *writer, const char *result, unsigned instance,
                        struct bs_bytes sealer, const char *reason)
{
    char about[BS_DOMAIN_NAME_MAX + 64];
    bs_results_clause(writer, "arc", result);
    struct bs_bytes shown = bs_bytes_first(sealer, BS_DOMAIN_NAME_MAX);
    snprintf(about, sizeof about, "i=%u%s%.*s", instance, shown.len > 0 ? " sealed by " : "", BS_BYTES_ARG(shown));
    if (instance > 0)
        bs_results_comment(writer, bs_bytes_from_cstr(about));
    if (reason)
        bs_results_reason(writer, bs_bytes_from_cstr(reason));
}

void bs_results_add_auth(struct bs_results_writer *writer, struct bs_bytes login)
{
    bs_results_clause(writer, "auth", "pass");
    if (login.len > 0)
        bs_results_property(writer, "smtp.auth", login);
}
