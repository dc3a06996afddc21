/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One SMTP connection with its messages, whatever protocol tells of it: events in, replies out, no I/O. The
 * events come in the order of SMTP (RFC 5321 section 3.3): client, then for each message mail, recipients, data,
 * header fields, body, end. bs_session_reset may come at any time.
 *
 * A message needs no more attention once a reply said ACCEPT; what still comes of it gets ACCEPT again.
 */
#ifndef BS_ENGINE_SESSION_H
#define BS_ENGINE_SESSION_H

#include "bounce/kind.h"
#include "engine/settings.h"
#include "proof/tag_search.h"

enum {
    BS_MESSAGE_MEMORY = 64 * 1024, /* bytes that one message may take */
    BS_QUEUE_ID_MAX = 63,          /* bytes of a queue id that are kept */
};

enum bs_reply_kind {
    BS_REPLY_CONTINUE, /* go on */
    BS_REPLY_ACCEPT,   /* nothing further about this message is of interest */
    BS_REPLY_SKIP,     /* no further body is of interest */
    BS_REPLY_REFUSE,   /* with code and text */
    BS_REPLY_END,      /* the peer passed a limit: end the session; text says which */
};

struct bs_reply {
    enum bs_reply_kind kind;
    unsigned code;
    const char *text; /* a constant */
};

/* One decision, for the log. Views are valid during the call only. */
struct bs_report {
    struct bs_decision decision;
    struct bs_bytes queue_id;     /* empty where the MTA had not told it */
    struct bs_bytes client;       /* address as text; "local" for mail submitted on the machine */
    struct bs_bytes sender;       /* as the peer gave them */
    struct bs_bytes recipient;    /* of a recipient's decision; else the first, or empty */
    struct bs_bytes signed_sender; /* of BS_ACTION_SIGN */
    bool by_mta;                  /* the MTA refused the recipient itself: the reason is ours, the reply its own */
};

struct bs_message; /* what is known of the message under way */

struct bs_session {
    const struct bs_settings *settings; /* borrowed */
    void (*report)(void *context, const struct bs_report *report);
    void *context;
    bool client_is_ours;            /* local or in our networks */
    char client[BS_NETWORK_TEXT];   /* for the log */
    char queue_id[BS_QUEUE_ID_MAX + 1]; /* of the message under way, or of the one that MAIL will begin */
    struct bs_message *message;     /* NULL between messages, and for those that need no attention */
};

/* `report` is called, with `context`, for every decision. */
void bs_session_init(struct bs_session *session, const struct bs_settings *settings,
                     void (*report)(void *context, const struct bs_report *report), void *context);

/* Who the client is. `ip` NULL: the mail was submitted on the machine itself. */
void bs_session_client(struct bs_session *session, const struct bs_ip *ip);

/* MAIL. `sender` is the reverse-path with or without brackets; `now` seconds since 1970. Without memory for the
 * message the reply is to try again later. */
struct bs_reply bs_session_mail(struct bs_session *session, struct bs_bytes sender, bool authenticated, int64_t now);

/* The queue id, as soon and as often as the MTA tells it: some do so before MAIL, some at the first recipient. */
void bs_session_queue_id(struct bs_session *session, struct bs_bytes queue_id);

/* What the MTA takes the recipient for that it names next, in the form that it keeps inside. It counts where the path can
 * be read in more than one way, or is none to us. */
void bs_session_resolved(struct bs_session *session, struct bs_bytes address);

/* RCPT. `refused`: the MTA has refused it already, as it does a forged tag that its map does not know; then the reply
 * counts for nothing, and what the gate says is only reported. */
struct bs_reply bs_session_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused);
struct bs_reply bs_session_data(struct bs_session *session);
void bs_session_header(struct bs_session *session, struct bs_bytes name, struct bs_bytes value);
struct bs_reply bs_session_body(struct bs_session *session, struct bs_bytes chunk);

/* The end of data. `ret_sender` is the envelope sender to set, local@domain, or empty to leave it; it is valid
 * until bs_session_reset, which must follow. */
struct bs_reply bs_session_end(struct bs_session *session, struct bs_bytes *ret_sender);

/* The message under way, if any, is over or given up. */
void bs_session_reset(struct bs_session *session);

#endif
