/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the filter says to the MTA: the negotiation, replies and modifications; see milter.h. The filter's texts
 * may hold what a stranger sent, so nothing in them can end an SMTP line, a header field or a frame early.
 */
#include "wire/milter_frame.h"

bool bs_milter_negotiate(const struct bs_milter_options *offer, const struct bs_milter_options *wanted,
                         struct bs_milter_options *ret_agreed, struct bs_error *ret_error)
{
    if (offer->version < BS_MILTER_VERSION_MIN)
        return bs_error_set(ret_error, "the MTA speaks milter protocol version %u, the oldest supported is %d",
                            (unsigned)offer->version, BS_MILTER_VERSION_MIN);
    if (wanted->version < BS_MILTER_VERSION_MIN || wanted->version > BS_MILTER_VERSION_MAX)
        return bs_error_set(ret_error, "milter protocol version %u is wanted, supported are %d to %d",
                            (unsigned)wanted->version, BS_MILTER_VERSION_MIN, BS_MILTER_VERSION_MAX);
    if (wanted->steps & BS_MILTER_NO_MAIL)
        return bs_error_set(ret_error, "MAIL cannot be negotiated away: it tells where a message begins");
    uint32_t refused = wanted->actions & ~offer->actions;
    if (refused != 0)
        return bs_error_set(ret_error,
                            "the MTA does not offer the milter actions 0x%03x: update it, or let it offer them",
                            (unsigned)refused);
    *ret_agreed = (struct bs_milter_options){
        .version = offer->version < wanted->version ? offer->version : wanted->version,
        .actions = wanted->actions,
        .steps = wanted->steps & offer->steps,
    };
    return true;
}

/* The flag that says that no reply is sent to `command`; 0 where there is none. */
static uint32_t no_reply_flag(enum bs_milter_command command)
{
    switch (command) {
    case BS_MILTER_CONNECT:
        return BS_MILTER_NO_CONNECT_REPLY;
    case BS_MILTER_HELO:
        return BS_MILTER_NO_HELO_REPLY;
    case BS_MILTER_MAIL:
        return BS_MILTER_NO_MAIL_REPLY;
    case BS_MILTER_RCPT:
        return BS_MILTER_NO_RCPT_REPLY;
    case BS_MILTER_DATA:
        return BS_MILTER_NO_DATA_REPLY;
    case BS_MILTER_UNKNOWN:
        return BS_MILTER_NO_UNKNOWN_REPLY;
    case BS_MILTER_HEADER:
        return BS_MILTER_NO_HEADER_REPLY;
    case BS_MILTER_EOH:
        return BS_MILTER_NO_EOH_REPLY;
    case BS_MILTER_BODY:
        return BS_MILTER_NO_BODY_REPLY;
    default:
        return 0;
    }
}

bool bs_milter_expects_reply(const struct bs_milter_options *agreed, enum bs_milter_command command)
{
    switch (command) {
    case BS_MILTER_MACRO:
    case BS_MILTER_ABORT:
    case BS_MILTER_QUIT:
    case BS_MILTER_QUIT_NC:
        return false;
    default:
        return !(agreed->steps & no_reply_flag(command));
    }
}

void bs_milter_encode_negotiation(struct bs_strbuf *out, const struct bs_milter_options *agreed,
                                  const struct bs_milter_macro_list *lists, size_t list_count)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_OPTNEG);
    bs_milter_put_options(out, agreed);
    if (!(agreed->actions & BS_MILTER_CAN_SET_MACRO_LIST))
        list_count = 0;
    for (size_t i = 0; i < list_count; i++) {
        bs_milter_put_u32(out, lists[i].step);
        bs_milter_put_text(out, bs_bytes_from_cstr(lists[i].names));
    }
    bs_milter_frame_end(out, start);
}

void bs_milter_encode_reply(struct bs_strbuf *out, enum bs_milter_reply reply)
{
    bs_milter_frame_empty(out, reply);
}

/* One character of an SMTP reply line (RFC 5321 section 4.2: blank to tilde). */
static void put_reply_char(struct bs_strbuf *out, char c)
{
    if (c == '\r' || c == '\n' || c == '\t')
        c = ' ';
    bs_strbuf_append_char(out, c >= ' ' && c <= '~' ? c : '?');
    if (c == '%')
        bs_strbuf_append_char(out, '%');
}

/* The text begins with a status code of the class. */
static bool has_status_code(struct bs_bytes text, char class)
{
    return text.len >= 2 && text.ptr[0] == class && text.ptr[1] == '.';
}

void bs_milter_encode_replycode(struct bs_strbuf *out, unsigned code, const char *text)
{
    if (code < 400 || code > 599) {
        out->failed = true;
        return;
    }
    char status[] = {(char)('0' + code / 100), '.', '0', '.', '0', ' ', '\0'};
    struct bs_bytes rest = bs_bytes_from_cstr(text);
    if (has_status_code(rest, status[0]))
        status[0] = '\0';
    rest = bs_bytes_first(rest, BS_MILTER_REPLY_TEXT_MAX - strlen(status));
    size_t start = bs_milter_frame_begin(out, BS_MILTER_REPLYCODE);
    bs_strbuf_printf(out, "%u %s", code, status);
    for (size_t i = 0; i < rest.len; i++)
        put_reply_char(out, rest.ptr[i]);
    bs_strbuf_append_char(out, '\0');
    bs_milter_frame_end(out, start);
}

static void encode_path(struct bs_strbuf *out, enum bs_milter_modification code, struct bs_bytes path,
                        struct bs_bytes parameters)
{
    size_t start = bs_milter_frame_begin(out, code);
    bs_milter_put_text(out, path);
    if (parameters.len > 0)
        bs_milter_put_text(out, parameters);
    bs_milter_frame_end(out, start);
}

void bs_milter_encode_change_from(struct bs_strbuf *out, struct bs_bytes path, struct bs_bytes parameters)
{
    encode_path(out, BS_MILTER_CHANGE_FROM, path, parameters);
}

void bs_milter_encode_add_recipient(struct bs_strbuf *out, struct bs_bytes path, struct bs_bytes parameters)
{
    encode_path(out, parameters.len > 0 ? BS_MILTER_ADD_RCPT_PAR : BS_MILTER_ADD_RCPT, path, parameters);
}

void bs_milter_encode_delete_recipient(struct bs_strbuf *out, struct bs_bytes path)
{
    encode_path(out, BS_MILTER_DEL_RCPT, path, bs_bytes(NULL, 0));
}

/* A header field's value: a LF that folds it stays, any other would begin another field and becomes a blank. */
static void put_header_value(struct bs_strbuf *out, struct bs_bytes value)
{
    value = bs_bytes_first(value, bs_bytes_find(value, '\0'));
    size_t start = out->len;
    bs_milter_put_text(out, value);
    if (out->failed)
        return;
    for (size_t i = 0; i + 1 < value.len; i++) {
        if (value.ptr[i] == '\n' && (value.ptr[i + 1] == ' ' || value.ptr[i + 1] == '\t'))
            out->ptr[start + i] = '\n';
    }
}

void bs_milter_encode_add_header(struct bs_strbuf *out, struct bs_bytes name, struct bs_bytes value)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_ADD_HEADER);
    bs_milter_put_text(out, name);
    put_header_value(out, value);
    bs_milter_frame_end(out, start);
}

static void encode_indexed_header(struct bs_strbuf *out, enum bs_milter_modification code, uint32_t index,
                                  struct bs_bytes name, struct bs_bytes value)
{
    size_t start = bs_milter_frame_begin(out, code);
    bs_milter_put_u32(out, index);
    bs_milter_put_text(out, name);
    put_header_value(out, value);
    bs_milter_frame_end(out, start);
}

void bs_milter_encode_insert_header(struct bs_strbuf *out, uint32_t index, struct bs_bytes name,
                                    struct bs_bytes value)
{
    encode_indexed_header(out, BS_MILTER_INSERT_HEADER, index, name, value);
}

void bs_milter_encode_change_header(struct bs_strbuf *out, uint32_t index, struct bs_bytes name,
                                    struct bs_bytes value)
{
    encode_indexed_header(out, BS_MILTER_CHANGE_HEADER, index, name, value);
}

void bs_milter_encode_replace_body(struct bs_strbuf *out, struct bs_bytes body)
{
    if (body.len == 0)
        body = BS_LITERAL("\r\n");
    while (body.len > 0 && !out->failed) {
        struct bs_bytes chunk = bs_bytes_first(body, BS_MILTER_CHUNK_MAX);
        size_t start = bs_milter_frame_begin(out, BS_MILTER_REPLACE_BODY);
        bs_strbuf_append(out, chunk);
        bs_milter_frame_end(out, start);
        body = bs_bytes_skip(body, chunk.len);
    }
}

void bs_milter_encode_quarantine(struct bs_strbuf *out, struct bs_bytes reason)
{
    size_t start = bs_milter_frame_begin(out, BS_MILTER_QUARANTINE);
    bs_milter_put_text(out, reason);
    bs_milter_frame_end(out, start);
}
