/* SPDX-License-Identifier: BSD-2-Clause */
/* From milter frames to SMTP events and back; see milter_session.h. */
#include "engine/milter_session.h"

static const uint32_t wanted_actions = BS_MILTER_CAN_CHANGE_FROM;
static const uint32_t wanted_steps = BS_MILTER_NO_CONNECT_REPLY | BS_MILTER_NO_HELO | BS_MILTER_NO_UNKNOWN |
                                     BS_MILTER_NO_DATA_REPLY | BS_MILTER_NO_HEADER_REPLY | BS_MILTER_NO_EOH |
                                     BS_MILTER_UNDERSTANDS_SKIP | BS_MILTER_SEND_REJECTED_RCPT;

static const struct bs_milter_macro_list macro_lists[] = {
    {2, "i {auth_authen}"}, /* MAIL */
    {3, "i {rcpt_mailer} {rcpt_addr}"}, /* RCPT */
    {4, "i"},               /* DATA */
    {5, "i"},               /* EOM */
};

void bs_milter_session_init(struct bs_milter_session *milter, const struct bs_settings *settings,
                            void (*report)(void *context, const struct bs_report *report), void *context)
{
    *milter = (struct bs_milter_session){0};
    bs_session_init(&milter->session, settings, report, context);
    bs_milter_decoder_init(&milter->decoder, settings->max_frame);
}

static bool negotiate(struct bs_milter_session *milter, const struct bs_milter_options *offer,
                      struct bs_strbuf *out, struct bs_error *ret_error)
{
    struct bs_milter_options wanted = {BS_MILTER_VERSION_MAX, wanted_actions, wanted_steps};
    bool lists = offer->actions & BS_MILTER_CAN_SET_MACRO_LIST;
    if (lists)
        wanted.actions |= BS_MILTER_CAN_SET_MACRO_LIST;
    if (!(offer->steps & BS_MILTER_UNDERSTANDS_SKIP))
        wanted.steps |= BS_MILTER_NO_BODY_REPLY;
    if (!bs_milter_negotiate(offer, &wanted, &milter->agreed, ret_error))
        return false;
    bs_milter_encode_negotiation(out, &milter->agreed, macro_lists,
                                 lists ? sizeof macro_lists / sizeof macro_lists[0] : 0);
    return true;
}

/* Postfix passes mail that was submitted on the machine off as SMTP from the loopback address and port 0. */
static bool is_local_submission(const struct bs_milter_event *event, const struct bs_ip *ip)
{
    static const struct bs_network loopback = {4, {127}, 8};
    static const struct bs_network loopback6 = {6, {[15] = 1}, 128};
    if (event->connect.family == BS_MILTER_FAMILY_UNIX)
        return true;
    return event->connect.port == 0 &&
           (bs_network_contains(&loopback, ip) || bs_network_contains(&loopback6, ip));
}

static void connect(struct bs_milter_session *milter, const struct bs_milter_event *event)
{
    struct bs_session *session = &milter->session;
    struct bs_ip ip = {0};
    bool known = bs_ip_parse(event->connect.address, &ip);
    bs_session_reset(session);
    bs_session_init(session, session->settings, session->report, session->context);
    if (is_local_submission(event, &ip))
        bs_session_client(session, NULL);
    else if (known)
        bs_session_client(session, &ip);
}

/* Of a recipient that the MTA refuses, {rcpt_mailer} is "error" and {rcpt_addr} the text that the client gets. */
static void take_recipient_macros(struct bs_milter_session *milter, struct bs_bytes values)
{
    struct bs_bytes value;
    milter->recipient_refused =
        bs_milter_macro(values, "{rcpt_mailer}", &value) && bs_bytes_equal(value, BS_LITERAL("error"));
    if (!milter->recipient_refused && bs_milter_macro(values, "{rcpt_addr}", &value))
        bs_session_resolved(&milter->session, value);
}

static void take_macros(struct bs_milter_session *milter, const struct bs_milter_event *event)
{
    struct bs_bytes value;
    if (event->macro.step == BS_MILTER_MAIL) {
        bs_session_reset(&milter->session);
        milter->authenticated =
            bs_milter_macro(event->macro.values, "{auth_authen}", &value) && value.len > 0;
    }
    if (event->macro.step == BS_MILTER_RCPT)
        take_recipient_macros(milter, event->macro.values);
    if (bs_milter_macro(event->macro.values, "i", &value))
        bs_session_queue_id(&milter->session, value);
}

static struct bs_reply mail(struct bs_milter_session *milter, const struct bs_milter_event *event, int64_t now)
{
    bool authenticated = milter->authenticated;
    milter->authenticated = false;
    return bs_session_mail(&milter->session, event->envelope.path, authenticated, now);
}

static struct bs_reply recipient(struct bs_milter_session *milter, const struct bs_milter_event *event)
{
    bool refused = milter->recipient_refused;
    milter->recipient_refused = false;
    return bs_session_recipient(&milter->session, event->envelope.path, refused);
}

static struct bs_reply end_of_message(struct bs_milter_session *milter, const struct bs_milter_event *event,
                                      struct bs_strbuf *out)
{
    struct bs_bytes sender;
    if (event->body.len > 0)
        bs_session_body(&milter->session, event->body);
    struct bs_reply reply = bs_session_end(&milter->session, &sender);
    if (sender.len > 0) {
        struct bs_strbuf path;
        bs_strbuf_init(&path, sender.len + 2);
        bs_strbuf_printf(&path, "<%.*s>", BS_BYTES_ARG(sender));
        bs_milter_encode_change_from(out, bs_strbuf_bytes(&path), (struct bs_bytes){NULL, 0});
        bs_strbuf_free(&path);
    }
    bs_session_reset(&milter->session);
    return reply;
}

/* What the session says to one step; steps that it has no say in go on. */
static struct bs_reply step(struct bs_milter_session *milter, const struct bs_milter_event *event, int64_t now,
                            struct bs_strbuf *out)
{
    struct bs_session *session = &milter->session;
    switch (event->command) {
    case BS_MILTER_CONNECT:
        connect(milter, event);
        break;
    case BS_MILTER_MAIL:
        return mail(milter, event, now);
    case BS_MILTER_RCPT:
        return recipient(milter, event);
    case BS_MILTER_DATA:
        return bs_session_data(session);
    case BS_MILTER_HEADER:
        bs_session_header(session, event->header.name, event->header.value);
        break;
    case BS_MILTER_BODY:
        return bs_session_body(session, event->body);
    case BS_MILTER_EOM:
        return end_of_message(milter, event, out);
    case BS_MILTER_MACRO:
        take_macros(milter, event);
        break;
    case BS_MILTER_ABORT:
    case BS_MILTER_HELO:
    case BS_MILTER_QUIT_NC:
        bs_session_reset(session);
        break;
    case BS_MILTER_QUIT:
        milter->finished = true;
        break;
    case BS_MILTER_EOH:
    case BS_MILTER_UNKNOWN:
    case BS_MILTER_OPTNEG:
        break;
    }
    return (struct bs_reply){.kind = BS_REPLY_CONTINUE};
}

static void encode_reply(struct bs_milter_session *milter, const struct bs_reply *reply, struct bs_strbuf *out)
{
    bool skips = milter->agreed.steps & BS_MILTER_UNDERSTANDS_SKIP;
    switch (reply->kind) {
    case BS_REPLY_ACCEPT:
        bs_milter_encode_reply(out, BS_MILTER_ACCEPT);
        break;
    case BS_REPLY_SKIP:
        bs_milter_encode_reply(out, skips ? BS_MILTER_SKIP : BS_MILTER_CONTINUE);
        break;
    case BS_REPLY_REFUSE:
        bs_milter_encode_replycode(out, reply->code, reply->text);
        break;
    case BS_REPLY_CONTINUE:
    case BS_REPLY_END:
        bs_milter_encode_reply(out, BS_MILTER_CONTINUE);
        break;
    }
}

/* Replies that end the message before its end of data. */
static bool ends_message(const struct bs_milter_event *event, const struct bs_reply *reply)
{
    if (event->command == BS_MILTER_EOM)
        return false;
    return reply->kind == BS_REPLY_ACCEPT || (reply->kind == BS_REPLY_REFUSE && event->command != BS_MILTER_RCPT);
}

static bool handle(struct bs_milter_session *milter, const struct bs_milter_event *event, int64_t now,
                   struct bs_strbuf *out, struct bs_error *ret_error)
{
    if (event->command == BS_MILTER_OPTNEG)
        return negotiate(milter, &event->offer, out, ret_error);
    struct bs_reply reply = step(milter, event, now, out);
    if (reply.kind == BS_REPLY_END)
        return bs_error_set(ret_error, "%s", reply.text);
    if (bs_milter_expects_reply(&milter->agreed, event->command)) {
        encode_reply(milter, &reply, out);
        if (ends_message(event, &reply)) {
            bs_milter_decoder_message_done(&milter->decoder);
            bs_session_reset(&milter->session);
        }
    }
    if (out->failed)
        return bs_error_set(ret_error, "the MTA does not wait for replies: %d bytes of them are waiting",
                            BS_MILTER_OUTPUT_MAX);
    return true;
}

bool bs_milter_session_feed(struct bs_milter_session *milter, struct bs_bytes *io_input, int64_t now,
                            struct bs_strbuf *out, struct bs_error *ret_error)
{
    struct bs_milter_event event;
    while (!milter->finished) {
        switch (bs_milter_decode(&milter->decoder, io_input, &event, ret_error)) {
        case BS_MILTER_EVENT:
            if (!handle(milter, &event, now, out, ret_error))
                return false;
            break;
        case BS_MILTER_MORE:
            return true;
        case BS_MILTER_BAD:
            return false;
        }
    }
    return true;
}

void bs_milter_session_close(struct bs_milter_session *milter)
{
    bs_session_reset(&milter->session);
}
