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

#include "base/network.h"
#include "engine/asker.h"
#include "engine/campaign_watch.h"
#include "engine/settings.h"
#include "message/address.h"
#include "proof/evidence.h"
#include "store/sent.h"

enum {
    BS_MESSAGE_MEMORY = 64 * 1024,  /* bytes that one message may take, beside its authentication or signing */
    /* Bytes of the answers for one message. All that SPF, the keys and the policies of every domain in From may ask for, in
     * answers as large as DNS has them, fits: else a sender could fill it up and escape DMARC. */
    BS_ANSWERS_MEMORY = 16 << 20,
    BS_BOUNCE_MEMORY = 1 << 20,     /* bytes of the recipients of a message that may be automatic */
    BS_OUTGOING_MEMORY = 2 << 20,   /* bytes of the header of a message of ours, and what is made of it */
    BS_SESSION_ROUNDS_MAX = 256,    /* rounds of questions for one message */
    BS_QUEUE_ID_MAX = 63,           /* bytes of a queue id that are kept */
    BS_FIELDS_ADDED_MAX = 8,        /* header fields that one message gets */
};

enum bs_reply_kind {
    BS_REPLY_CONTINUE, /* go on */
    BS_REPLY_ACCEPT,   /* nothing further about this message is of interest */
    BS_REPLY_SKIP,     /* no further body is of interest */
    BS_REPLY_REFUSE,   /* with code and text */
    BS_REPLY_DISCARD,  /* the message is to be thrown away */
    BS_REPLY_END,      /* the peer passed a limit: end the session; text says which */
    BS_REPLY_WAIT,     /* answers are outstanding: bs_session_resume gives the reply when they are there */
};

struct bs_reply {
    enum bs_reply_kind kind;
    unsigned code;
    const char *text; /* a constant */
};

/* What an automatic message was found to be. */
struct bs_automatic_finding {
    const struct bs_reading *reading;
    const struct bs_evidence *evidence;
    bool campaign; /* there is one against a recipient */
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
    const struct bs_authentication *authentication; /* of a decision that rests on it; else NULL */
    const struct bs_automatic_finding *finding; /* the same of an automatic message's */
    struct bs_bytes key;          /* of a decision about a DKIM key: its name in DNS */
    const char *detail;           /* more about it, for people; or NULL */
};

/* What is to be done to a message that is accepted. Views are valid until bs_session_reset. */
struct bs_changes {
    struct bs_bytes sender; /* the envelope sender to set, local@domain; empty: leave it */
    struct bs_bytes sender_parameters; /* ESMTP parameters that go with it; empty: none */
    struct bs_removed_field {
        struct bs_bytes name;
        uint32_t index; /* which of its name, counted from 1 */
    } *removed;         /* first of all, in this order: the last of a name first */
    size_t removed_count;
    struct bs_added_field {
        const char *name;
        struct bs_bytes value; /* folded with LF, without the blank behind the colon */
    } added[BS_FIELDS_ADDED_MAX]; /* each above all that are there */
    size_t added_count;
    const char *quarantine; /* why the MTA is to hold it; NULL: it is not */
};

/* Bytes that the messages under way hold, of all sessions that share it; see message_memory.h. */
struct bs_message_memory {
    size_t held;
};

struct bs_message; /* what is known of the message under way */

/* Who runs a session. */
struct bs_session_host {
    void (*report)(void *context, const struct bs_report *report); /* called for every decision */
    const struct bs_asker *asker; /* NULL: whatever is asked counts as unanswered */
    void *context;                /* of both */
    struct bs_key_cache *keys;    /* of public keys, borrowed; NULL: none */
    struct bs_rules_scan *scan;   /* of the settings' rules, borrowed; NULL: automatic mail is not read */
    struct bs_sent_memory *sent;  /* what was sent, borrowed; NULL: not remembered */
    struct bs_message_memory *memory; /* borrowed; NULL: not counted */
    const struct bs_campaign_watch *watch; /* over campaigns; NULL: nobody watches */
    void *campaigns;              /* its context */
};

struct bs_session {
    const struct bs_settings *settings; /* borrowed */
    struct bs_session_host host;
    bool can_quarantine;            /* the MTA can hold a message */
    struct bs_ip ip;                /* of the client; family 0: unknown, or the machine itself */
    bool client_is_ours;            /* local or in our networks */
    char client[BS_NETWORK_TEXT];   /* for the log */
    struct bs_strbuf helo;          /* no memory where it was not told, as is the next */
    struct bs_strbuf host_name;     /* what the MTA calls itself */
    char queue_id[BS_QUEUE_ID_MAX + 1]; /* of the message under way, or of the one that MAIL will begin */
    struct bs_message *message;     /* NULL between messages, and for those that need no attention */
    int64_t waited;                 /* milliseconds that replies about the message waited; whoever runs the session counts */
};

void bs_session_init(struct bs_session *session, const struct bs_settings *settings,
                     const struct bs_session_host *host);

/* What the MTA calls itself, as soon and as often as it says so. */
void bs_session_host_name(struct bs_session *session, struct bs_bytes name);

/* Another client on the same connection of the MTA's: what the MTA said of itself stays. */
void bs_session_next_client(struct bs_session *session);

/* Who the client is. `ip` NULL: the mail was submitted on the machine itself. */
void bs_session_client(struct bs_session *session, const struct bs_ip *ip);

/* HELO or EHLO; a message under way is given up. Of an overlong name nothing is kept, so that SPF has none to judge. */
void bs_session_helo(struct bs_session *session, struct bs_bytes name);

/* MAIL. `sender` is the reverse-path with or without brackets; `now` seconds since 1970. Without memory for the
 * message the reply is to try again later. */
struct bs_reply bs_session_mail(struct bs_session *session, struct bs_bytes sender, bool authenticated, int64_t now);

/* The ESMTP parameters of MAIL, each ended by a NUL. */
void bs_session_parameters(struct bs_session *session, struct bs_bytes parameters);

/* The queue id, as soon and as often as the MTA tells it: some do so before MAIL, some at the first recipient. */
void bs_session_queue_id(struct bs_session *session, struct bs_bytes queue_id);

/* What the MTA takes the recipient for that it names next, in the form that it keeps inside. It counts where the path can
 * be read in more than one way, or is none to us. */
void bs_session_resolved(struct bs_session *session, struct bs_bytes address);

/* RCPT. `refused`: the MTA has refused it already, as it does a forged tag that its map does not know; then the reply
 * counts for nothing, and what the gate says is only reported. */
struct bs_reply bs_session_recipient(struct bs_session *session, struct bs_bytes recipient, bool refused);
struct bs_reply bs_session_data(struct bs_session *session);

/* `value` is all that followed the colon. */
void bs_session_header(struct bs_session *session, struct bs_bytes name, struct bs_bytes value);

/* ACCEPT where nothing more of the message is of interest, else CONTINUE. */
struct bs_reply bs_session_end_of_header(struct bs_session *session);
struct bs_reply bs_session_body(struct bs_session *session, struct bs_bytes chunk);

/* The end of data. `ret_changes` counts for ACCEPT only. After any reply but WAIT bs_session_reset must follow. */
struct bs_reply bs_session_end(struct bs_session *session, struct bs_changes *ret_changes);

/* Whether a reply is awaited: then nothing of the SMTP dialogue but bs_session_reset may come before it. */
bool bs_session_waits(const struct bs_session *session);

/* The answers are there: the reply to the step that waits, or WAIT again. Without a step that waits, what else can be
 * foreseen is asked, and the reply is CONTINUE. */
struct bs_reply bs_session_resume(struct bs_session *session, struct bs_changes *ret_changes);

/* The wait took too long: what is not answered counts as unanswered. The reply is never WAIT. */
struct bs_reply bs_session_stop_waiting(struct bs_session *session, struct bs_changes *ret_changes);

/* The message under way, if any, is over or given up. */
void bs_session_reset(struct bs_session *session);

/* The same, and the session is over: gives all memory back. */
void bs_session_done(struct bs_session *session);

#endif
