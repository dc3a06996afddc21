/* SPDX-License-Identifier: BSD-2-Clause */
/* From milter frames to SMTP events and back; see milter_session.h. */
#include "engine/milter_session.h"

/* What tagging alone needs. */
static const uint32_t gate_actions = BS_MILTER_CAN_CHANGE_FROM;
static const uint32_t gate_steps = BS_MILTER_NO_CONNECT_REPLY | BS_MILTER_NO_HELO | BS_MILTER_NO_UNKNOWN |
                                   BS_MILTER_NO_DATA_REPLY | BS_MILTER_NO_HEADER_REPLY | BS_MILTER_NO_EOH |
                                   BS_MILTER_UNDERSTANDS_SKIP | BS_MILTER_SEND_REJECTED_RCPT;

/* Judging, authenticating and signing look at the whole message, and add to its header. */
static const uint32_t message_actions = BS_MILTER_CAN_CHANGE_FROM | BS_MILTER_CAN_ADD_HEADERS | BS_MILTER_CAN_CHANGE_HEADERS;
static const uint32_t message_steps = BS_MILTER_NO_CONNECT_REPLY | BS_MILTER_NO_UNKNOWN | BS_MILTER_NO_DATA_REPLY |
                                      BS_MILTER_NO_HEADER_REPLY | BS_MILTER_SEND_REJECTED_RCPT |
                                      BS_MILTER_HEADER_LEADING_SPACE;

/* Unless senders are checked, what MAIL is answered with can as well be said to the first recipient, and each answer costs
 * both sides a wait. Most mail is signed, so its body is wanted to the end: the MTA does not wait for a reply to each of its
 * chunks, one of which would be SKIP for the rest. Else most of it is over at the end of its header. */
static uint32_t message_steps_for(const struct bs_settings *settings)
{
    uint32_t steps = message_steps;
    steps |= settings->authenticate ? BS_MILTER_NO_HELO_REPLY | BS_MILTER_NO_EOH_REPLY : BS_MILTER_NO_HELO;
    steps |= settings->check_sender ? 0 : BS_MILTER_NO_MAIL_REPLY;
    steps |= bs_settings_need_dns(settings) ? BS_MILTER_NO_BODY_REPLY : BS_MILTER_UNDERSTANDS_SKIP;
    return steps;
}

static const struct bs_milter_macro_list macro_lists[] = {
    {0, "j"},               /* CONNECT */
    {2, "i {auth_authen}"}, /* MAIL */
    {3, "i {rcpt_mailer} {rcpt_addr}"}, /* RCPT */
    {4, "i"},               /* DATA */
    {5, "i"},               /* EOM */
};
enum { GATE_LISTS_FROM = 1, MACRO_LISTS = sizeof macro_lists / sizeof macro_lists[0] };

void bs_milter_session_init(struct bs_milter_session *milter, const struct bs_settings *settings,
                            const struct bs_session_host *host)
{
    *milter = (struct bs_milter_session){0};
    bs_session_init(&milter->session, settings, host);
    bs_milter_decoder_init(&milter->decoder, settings->max_frame);
}

static struct bs_milter_options wanted_options(const struct bs_milter_session *milter,
                                               const struct bs_milter_options *offer)
{
    const struct bs_settings *settings = milter->session.settings;
    bool whole = bs_settings_need_messages(settings);
    struct bs_milter_options wanted = {BS_MILTER_VERSION_MAX, whole ? message_actions : gate_actions,
                                       whole ? message_steps_for(settings) : gate_steps};
    wanted.actions |= offer->actions & BS_MILTER_CAN_SET_MACRO_LIST;
    if (whole)
        wanted.actions |= offer->actions & BS_MILTER_CAN_QUARANTINE;
    if (!(offer->steps & BS_MILTER_UNDERSTANDS_SKIP))
        wanted.steps |= BS_MILTER_NO_BODY_REPLY;
    return wanted;
}

static bool negotiate(struct bs_milter_session *milter, const struct bs_milter_options *offer,
                      struct bs_strbuf *out, struct bs_error *ret_error)
{
    struct bs_milter_options wanted = wanted_options(milter, offer);
    size_t first = bs_settings_need_messages(milter->session.settings) ? 0 : GATE_LISTS_FROM;
    if (!bs_milter_negotiate(offer, &wanted, &milter->agreed, ret_error))
        return false;
    milter->session.can_quarantine = milter->agreed.actions & BS_MILTER_CAN_QUARANTINE;
    bool lists = milter->agreed.actions & BS_MILTER_CAN_SET_MACRO_LIST;
    bs_milter_encode_negotiation(out, &milter->agreed, macro_lists + first, lists ? MACRO_LISTS - first : 0);
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
    bs_session_next_client(session);
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
    if (event->macro.step == BS_MILTER_CONNECT && bs_milter_macro(event->macro.values, "j", &value))
        bs_session_host_name(&milter->session, value);
    if (event->macro.step == BS_MILTER_RCPT)
        take_recipient_macros(milter, event->macro.values);
    if (bs_milter_macro(event->macro.values, "i", &value))
        bs_session_queue_id(&milter->session, value);
}

static struct bs_reply mail(struct bs_milter_session *milter, const struct bs_milter_event *event, int64_t now)
{
    bool authenticated = milter->authenticated;
    milter->authenticated = false;
    struct bs_reply reply = bs_session_mail(&milter->session, event->envelope.path, authenticated, now);
    bs_session_parameters(&milter->session, event->envelope.parameters);
    return reply;
}

static struct bs_reply recipient(struct bs_milter_session *milter, const struct bs_milter_event *event)
{
    bool refused = milter->recipient_refused;
    milter->recipient_refused = false;
    return bs_session_recipient(&milter->session, event->envelope.path, refused);
}

/* Where the MTA keeps the blank behind the colon, one has to come with the value. */
static void encode_added(struct bs_milter_session *milter, const struct bs_added_field *field, struct bs_strbuf *out)
{
    struct bs_strbuf value;
    bs_strbuf_init(&value, field->value.len + 1);
    if (milter->agreed.steps & BS_MILTER_HEADER_LEADING_SPACE)
        bs_strbuf_append_char(&value, ' ');
    bs_strbuf_append(&value, field->value);
    bs_milter_encode_insert_header(out, 0, bs_bytes_from_cstr(field->name), bs_strbuf_bytes(&value));
    bs_strbuf_free(&value);
}

static void encode_sender(struct bs_bytes sender, struct bs_bytes parameters, struct bs_strbuf *out)
{
    struct bs_strbuf path;
    bs_strbuf_init(&path, sender.len + 2);
    bs_strbuf_printf(&path, "<%.*s>", BS_BYTES_ARG(sender));
    bs_milter_encode_change_from(out, bs_strbuf_bytes(&path), parameters);
    bs_strbuf_free(&path);
}

static void encode_changes(struct bs_milter_session *milter, const struct bs_changes *changes, struct bs_strbuf *out)
{
    static const struct bs_bytes nothing = {NULL, 0};
    for (size_t i = 0; i < changes->removed_count; i++)
        bs_milter_encode_change_header(out, changes->removed[i].index, changes->removed[i].name, nothing);
    for (size_t i = 0; i < changes->added_count; i++)
        encode_added(milter, &changes->added[i], out);
    if (changes->sender.len > 0)
        encode_sender(changes->sender, changes->sender_parameters, out);
    if (changes->quarantine)
        bs_milter_encode_quarantine(out, bs_bytes_from_cstr(changes->quarantine));
}

static struct bs_reply end_of_message(struct bs_milter_session *milter, const struct bs_milter_event *event,
                                      struct bs_changes *ret_changes)
{
    if (event->body.len > 0)
        bs_session_body(&milter->session, event->body);
    return bs_session_end(&milter->session, ret_changes);
}

static void header(struct bs_milter_session *milter, const struct bs_milter_event *event)
{
    struct bs_strbuf value;
    if (!milter->session.message)
        return;
    if (milter->agreed.steps & BS_MILTER_HEADER_LEADING_SPACE || !bs_settings_need_messages(milter->session.settings)) {
        bs_session_header(&milter->session, event->header.name, event->header.value);
        return;
    }
    bs_strbuf_init(&value, event->header.value.len + 1); /* the MTA took a blank off */
    bs_strbuf_append_char(&value, ' ');
    bs_strbuf_append(&value, event->header.value);
    bs_session_header(&milter->session, event->header.name, bs_strbuf_bytes(&value));
    bs_strbuf_free(&value);
}

/* What the session says to one step; steps that it has no say in go on. */
static struct bs_reply step(struct bs_milter_session *milter, const struct bs_milter_event *event, int64_t now,
                            struct bs_changes *ret_changes)
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
        header(milter, event);
        break;
    case BS_MILTER_EOH:
        return bs_session_end_of_header(session);
    case BS_MILTER_BODY:
        return bs_session_body(session, event->body);
    case BS_MILTER_EOM:
        return end_of_message(milter, event, ret_changes);
    case BS_MILTER_HELO:
        bs_session_helo(session, event->helo);
        break;
    case BS_MILTER_MACRO:
        take_macros(milter, event);
        break;
    case BS_MILTER_ABORT:
    case BS_MILTER_QUIT_NC:
        bs_session_reset(session);
        break;
    case BS_MILTER_QUIT:
        milter->finished = true;
        break;
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
    case BS_REPLY_DISCARD:
        bs_milter_encode_reply(out, BS_MILTER_DISCARD);
        break;
    case BS_REPLY_CONTINUE:
    case BS_REPLY_END:
    case BS_REPLY_WAIT:
        bs_milter_encode_reply(out, BS_MILTER_CONTINUE);
        break;
    }
}

/* Replies that end the message before its end of data. */
static bool ends_message(enum bs_milter_command command, const struct bs_reply *reply)
{
    if (command == BS_MILTER_EOM)
        return false;
    return reply->kind == BS_REPLY_ACCEPT || (reply->kind == BS_REPLY_REFUSE && command != BS_MILTER_RCPT);
}

/* Says it to the MTA, or remembers what is still to be replied to. */
static bool reply_to(struct bs_milter_session *milter, enum bs_milter_command command, const struct bs_reply *reply,
                     const struct bs_changes *changes, struct bs_strbuf *out, struct bs_error *ret_error)
{
    milter->waiting = reply->kind == BS_REPLY_WAIT ? command : 0;
    if (milter->waiting)
        return true;
    if (bs_milter_expects_reply(&milter->agreed, command)) {
        if (reply->kind == BS_REPLY_ACCEPT)
            encode_changes(milter, changes, out);
        encode_reply(milter, reply, out);
        if (ends_message(command, reply)) {
            bs_milter_decoder_message_done(&milter->decoder);
            bs_session_reset(&milter->session);
        }
    } else if (reply->kind == BS_REPLY_REFUSE) {
        return bs_error_set(ret_error, "there is no memory, and the MTA does not wait to be told");
    }
    if (command == BS_MILTER_EOM)
        bs_session_reset(&milter->session);
    if (out->failed)
        return bs_error_set(ret_error, "the MTA does not wait for replies: %d bytes of them are waiting",
                            BS_MILTER_OUTPUT_MAX);
    return true;
}

static bool handle(struct bs_milter_session *milter, const struct bs_milter_event *event, int64_t now,
                   struct bs_strbuf *out, struct bs_error *ret_error)
{
    struct bs_changes changes = {.added_count = 0};
    if (event->command == BS_MILTER_OPTNEG)
        return negotiate(milter, &event->offer, out, ret_error);
    struct bs_reply reply = step(milter, event, now, &changes);
    if (reply.kind == BS_REPLY_END)
        return bs_error_set(ret_error, "%s", reply.text);
    return reply_to(milter, event->command, &reply, &changes, out, ret_error);
}

bool bs_milter_session_feed(struct bs_milter_session *milter, struct bs_bytes *io_input, int64_t now,
                            struct bs_strbuf *out, struct bs_error *ret_error)
{
    struct bs_milter_event event;
    while (!milter->finished && !milter->waiting) {
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

bool bs_milter_session_resume(struct bs_milter_session *milter, bool in_time, struct bs_strbuf *out,
                              struct bs_error *ret_error)
{
    struct bs_changes changes = {.added_count = 0};
    enum bs_milter_command command = milter->waiting;
    struct bs_reply reply = (in_time ? bs_session_resume : bs_session_stop_waiting)(&milter->session, &changes);
    return !command || reply_to(milter, command, &reply, &changes, out, ret_error);
}

void bs_milter_session_close(struct bs_milter_session *milter)
{
    bs_session_done(&milter->session);
}
