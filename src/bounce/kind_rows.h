/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes a message be of a kind, as kind_choice.c weighs it; no other file includes this.
 *
 * All that is known of a message are facts: what its header shows, what the wording says where and how clearly, what
 * else is in it. A kind is a list of rows, each with facts and the verdict that they lead to: the first row whose
 * facts hold decides whether the message is of this kind, and it is not where none holds. Kinds are asked in the order
 * of the table at the end; the first that the message is of is the answer.
 *
 * So a case that is called wrongly is a row: in the list of the kind that claims it, above the row that does, or in
 * the list of the kind that it is of, and a case in test_kind_choice.c. A fact that has no name yet gets a bit here and a
 * line in kind_choice.c.
 */
#ifndef BS_BOUNCE_KIND_ROWS_H
#define BS_BOUNCE_KIND_ROWS_H

#include "bounce/header_signs.h"
#include "bounce/kind.h"

/* Facts are bits. The first 24 are for the signs of the header. */
enum {
    NULL_PATH = BS_SIGN_NULL_PATH,
    DAEMON_PATH = BS_SIGN_DAEMON_PATH,
    OTHER_PATH = BS_SIGN_OTHER_PATH,
    OWN_PATH = BS_SIGN_OWN_PATH,
    DAEMON_FROM = BS_SIGN_DAEMON_FROM,
    ROBOT_FROM = BS_SIGN_ROBOT_FROM,
    FAILED_FIELD = BS_SIGN_FAILED_FIELD,
    AUTO_REPLIED = BS_SIGN_AUTO_REPLIED,
    AUTO_GENERATED = BS_SIGN_AUTO_GENERATED,
    SUPPRESS = BS_SIGN_SUPPRESS,
    LIST = BS_SIGN_LIST,
    BULK = BS_SIGN_BULK,
    BULK_LIST = BS_SIGN_BULK_LIST,
    JUNK = BS_SIGN_JUNK,
    UNSUBSCRIBE = BS_SIGN_UNSUBSCRIBE,
    ANSWERS = BS_SIGN_ANSWERS,
    RE = BS_SIGN_RE,
    FORWARDS = BS_SIGN_FORWARDS,
    PERSON = BS_SIGN_PERSON,
    REPORT = BS_SIGN_REPORT,
    GROUPWARE = BS_SIGN_GROUPWARE,
};

#define FACT(bit) (UINT64_C(1) << (bit))

/* Where the wording of the kind in question stands, and how much its rule weighs. */
#define TEXT           FACT(24)
#define TEXT_USUAL     FACT(25) /* as much as a rule that names no weight */
#define TEXT_LIKELY    FACT(26) /* people write it now and then */
#define TEXT_SURE      FACT(27) /* people do not write it */
#define TEXT_FIXED     FACT(28) /* no person writes it */
#define TEXT_OPENS     FACT(29) /* such a text opens the message; mail programs write receipts like that, too */
#define SUBJECT        FACT(30)
#define SUBJECT_LIKELY FACT(31)
#define SUBJECT_SURE   FACT(32)
#define FROM           FACT(33)
#define FIELD          FACT(34)
#define TWO_PLACES     FACT(35) /* two of text, subject, From and fields at least */
/* The wording of other kinds. */
#define DSN_TEXT      FACT(36)
#define DSN_SUBJECT   FACT(37)
#define DSN_FROM      FACT(38)
#define DSN_FIRST     FACT(39) /* the text words a bounce before it words a scanner's notice */
#define NOTICE_FROM   FACT(40)
#define OTHER_TEXT    FACT(41)
#define OTHER_SUBJECT FACT(42)
/* What else the message is made of. */
#define RETURNED_PART FACT(43) /* another message in a part of its own */
#define SEEN_HEADER   FACT(44) /* another message's header in the text */
#define BAIT          FACT(45) /* a program or an archive */
#define HTML          FACT(46)
#define MAILER_FROM   FACT(47) /* From is mailer-daemon; a postmaster also warns of quotas, and names whom to ask */
/* What follows from others. */
#define SYSTEM   FACT(48) /* a mail system is the sender: a sign or the wording of From says so */
#define ANSWERED FACT(49) /* written as an answer or sent on by a person's program */
/* What is looked for in the text only where a row asks. */
#define LINK  FACT(50)
#define LURE  FACT(51) /* comes from somebody, in HTML or with a link: spam goes by a program's subjects, too */
#define CITED FACT(52) /* an SMTP reply or a status */
#define NAMED FACT(53) /* somebody beside sender and recipient */

/* Facts that rows ask for together. */
#define WORDED  (TEXT | SUBJECT | FROM | FIELD)
#define REPLIED (NULL_PATH | AUTO_REPLIED)
#define ROBOT   (ROBOT_FROM | BULK | AUTO_GENERATED)
#define MAILER  (DAEMON_FROM | DAEMON_PATH | DSN_FROM)
#define RETURNS (RETURNED_PART | SEEN_HEADER | REPORT | FAILED_FIELD)
#define TELLS   (RETURNS | CITED | NAMED) /* a bounce returns what, cites why or names whom; parcels come without */
#define PROGRAM (NULL_PATH | ROBOT_FROM | AUTO_REPLIED | AUTO_GENERATED | RETURNED_PART | FROM | FIELD)

enum verdict { NOT, IS };

enum place { IN_ORDER, IN_TEXT, IN_SUBJECT, IN_FROM, IN_FIELD, IN_FIXED_TEXT };
enum { PLACES = 4 };

/* Sets that are left out ask for nothing. */
struct row {
    enum verdict verdict;
    uint64_t all;     /* facts that hold */
    uint64_t any;     /* of which one at least holds */
    uint64_t and_any; /* of which one at least holds, too */
    uint64_t none;    /* of which none holds */
    const char *sign; /* a word for what decided; NULL: the id of the wording's rule at ... */
    enum place at;    /* ... this place; IN_ORDER: at the first place that has one in the order of the kind */
};

static const struct row arf_rows[] = {
    {NOT, .any = PERSON | LIST | FORWARDS},
    {IS, .all = FIELD},
    {IS, .all = REPORT, .any = WORDED},
    {IS, .all = TWO_PLACES, .any = PROGRAM},
};

static const struct row mdn_rows[] = {
    {NOT, .any = LIST | FORWARDS},
    {IS, .all = TEXT_OPENS, .none = RE},
    {IS, .all = TEXT | SUBJECT, .any = TEXT_LIKELY | SUBJECT_LIKELY, .none = RE},
    {NOT, .any = PERSON},
    {IS, .any = WORDED, .and_any = REPLIED},
    {IS, .all = SUBJECT | SUPPRESS, .any = TEXT | REPORT, .none = LURE}, /* cases are opened with this sign, too */
    {NOT, .any = ROBOT_FROM}, /* "Read: ten books", by a magazine */
    {IS, .all = TEXT | SUBJECT, .none = RE | LURE},
    {IS, .all = TWO_PLACES, .any = PROGRAM},
};

/* Registrations and logins ask to confirm in the same words; they answer nothing. */
static const struct row challenge_rows[] = {
    {NOT, .any = LIST | PERSON | FORWARDS},
    /* servers' replies in bounces tell of allowed senders, too */
    {NOT, .all = FAILED_FIELD, .none = SUBJECT | FROM | FIELD},
    {NOT, .all = DSN_TEXT | DSN_SUBJECT, .none = SUBJECT | FROM | FIELD},
    {IS, .any = FROM | FIELD, .and_any = TEXT | SUBJECT | REPLIED | ROBOT},
    {IS, .all = SUBJECT, .any = REPLIED},
    {IS, .all = TEXT_OPENS},
    {IS, .all = TEXT | AUTO_REPLIED},
    {IS, .all = TEXT | NULL_PATH, .any = ANSWERS | TEXT_LIKELY},
    {IS, .all = TEXT | NULL_PATH, .none = LINK}, /* registrations have one */
    {IS, .all = TEXT, .any = ROBOT, .and_any = ANSWERS | SUBJECT_LIKELY},
    {IS, .all = TEXT_LIKELY | SUBJECT | ANSWERS, .none = UNSUBSCRIBE},
    {IS, .all = TEXT_LIKELY | SUBJECT, .none = UNSUBSCRIBE | LURE},
};

/* A notice of a scanner tells what it found before it tells what became of the message. */
static const struct row notice_rows[] = {
    {NOT, .any = LIST | ANSWERED},
    {NOT, .all = BULK, .none = SYSTEM},
    /* a scanner's message in a language that nobody wrote rules for */
    {IS, .all = FROM | NULL_PATH, .none = TEXT | SUBJECT | DSN_TEXT | DSN_SUBJECT},
    {IS, .all = FIELD, .any = SYSTEM | ROBOT_FROM, .none = TEXT | SUBJECT | DSN_TEXT | DSN_SUBJECT, .at = IN_FIELD},
    {NOT, .none = TEXT | SUBJECT},
    {NOT, .all = TEXT | DSN_FIRST, .none = SUBJECT | TEXT_SURE},
    {NOT, .all = DSN_TEXT, .none = TEXT | FROM},
    {IS, .any = SYSTEM | FROM | FIELD | AUTO_REPLIED},
    {IS, .all = AUTO_GENERATED, .any = TEXT_SURE | SUBJECT_SURE},
    {IS, .all = AUTO_GENERATED | TEXT | SUBJECT},
    {IS, .all = ROBOT_FROM | TEXT_LIKELY | SUBJECT}, /* robots send news of viruses, too */
    {IS, .all = TEXT_FIXED | SUBJECT, .none = ANSWERS | PERSON},
};

#define NOTIFIER (DAEMON_FROM | FAILED_FIELD | FROM) /* a mail system, whatever the envelope is */

/* All bounces, whichever it is; their wording alone is what people cite, too. TEXT is here only what counts_as_dsn. */
static const struct row dsn_rows[] = {
    {NOT, .any = BAIT},
    {NOT, .none = TEXT | SUBJECT | FIELD},
    /* a program that answers under the subject of what it got, and names itself first */
    {IS, .all = DAEMON_FROM | TEXT_OPENS, .none = PERSON | FORWARDS | LIST, .at = IN_FIXED_TEXT},
    /* a postmaster explains */
    {NOT, .all = RE, .none = NULL_PATH | FAILED_FIELD | REPORT | AUTO_REPLIED | RETURNED_PART | SUBJECT},
    /* a bounce that a list's owner got through the list has the list's fields and envelope */
    {NOT, .all = LIST, .any = PERSON | ANSWERED},
    {NOT, .all = LIST, .none = TEXT | SUBJECT},
    {NOT, .all = LIST, .none = TEXT | NOTIFIER},
    {NOT, .all = LIST, .none = SUBJECT | NOTIFIER},
    {NOT, .all = LIST, .none = ROBOT_FROM | NULL_PATH | RETURNED_PART | NOTIFIER},
    {NOT, .all = LIST | ANSWERS, .none = ROBOT_FROM | NULL_PATH | NOTIFIER},
    {IS, .all = ROBOT_FROM | TEXT_FIXED, .none = PERSON, .at = IN_FIXED_TEXT},
    {NOT, .all = ANSWERED, .none = NULL_PATH},
    /* a postmaster writes letters, too: with a mail program, under an address of a mail system, and cites bounces */
    {NOT, .all = PERSON, .none = REPLIED | REPORT | FAILED_FIELD | AUTO_GENERATED | TEXT},
    {NOT, .all = PERSON, .none = REPLIED | REPORT | FAILED_FIELD | AUTO_GENERATED | SUBJECT},
    /* whoever imitates a bounce writes HTML under a sender of his own, and has no server's reply */
    {NOT, .all = HTML | OTHER_PATH, .none = REPLIED | DAEMON_PATH | LIST | RETURNS | CITED},
    {NOT, .all = HTML, .none = REPLIED | DAEMON_PATH | LIST | RETURNS | CITED | DAEMON_FROM},
    {IS, .all = SYSTEM | FIELD},
    {IS, .all = SYSTEM | TEXT, .any = MAILER | SUBJECT | TELLS},
    {IS, .all = SYSTEM | SUBJECT, .any = RETURNS, .none = ANSWERS},
    {IS, .all = DAEMON_FROM | SUBJECT, .none = ANSWERS | PERSON | HTML},
    {IS, .all = DAEMON_FROM | SUBJECT | CITED, .none = ANSWERS | PERSON | LURE},
    {NOT, .any = SYSTEM | PERSON},
    {IS, .all = ROBOT_FROM | TEXT | SUBJECT, .any = TELLS},
    {NOT, .all = AUTO_REPLIED | OTHER_PATH},
    {IS, .all = FAILED_FIELD | TEXT},
    {IS, .all = FAILED_FIELD | SUBJECT, .none = OTHER_PATH},
    {IS, .all = TEXT | SUBJECT, .any = AUTO_REPLIED | AUTO_GENERATED | ROBOT_FROM | NOTICE_FROM, .and_any = TELLS},
    {IS, .all = TEXT | FIELD, .any = AUTO_REPLIED | AUTO_GENERATED | ROBOT_FROM | NOTICE_FROM, .and_any = TELLS},
    {IS, .all = TEXT | FIELD, .any = RETURNED_PART | REPORT},
};

/* What no reply is: sent on, or to a list by somebody. */
#define NO_REPLIES                                       \
    {NOT, .any = FORWARDS},                              \
    {NOT, .all = LIST, .any = PERSON | ANSWERS},         \
    {NOT, .all = LIST, .none = SUBJECT},                 \
    {NOT, .all = LIST, .none = TEXT | REPLIED | AUTO_GENERATED | SUPPRESS | FIELD}

/* How much wording a reply of a program needs: the less, the clearer the signs are. */
static const struct row worded_reply_rows[] = {
    NO_REPLIES,
    {IS, .any = TEXT | SUBJECT, .and_any = REPLIED},
    {NOT, .all = ANSWERED, .none = SUBJECT_SURE},
    {IS, .all = TEXT_OPENS, .none = PERSON | UNSUBSCRIBE | LIST},
    /* what people write in tickets is sent with this sign, and as an answer */
    {IS, .all = AUTO_GENERATED | SUBJECT_LIKELY},
    {IS, .all = AUTO_GENERATED | SUBJECT, .any = ANSWERS | TEXT_SURE},
    {IS, .all = AUTO_GENERATED | TEXT_SURE | ANSWERS},
    {NOT, .any = AUTO_GENERATED},
    {IS, .all = SUPPRESS | SUBJECT_LIKELY},
    {IS, .all = SUPPRESS | SUBJECT, .any = ANSWERS | TEXT_SURE},
    {NOT, .any = SUPPRESS},
    {IS, .all = SUBJECT, .any = ROBOT_FROM | DAEMON_PATH | DAEMON_FROM, .and_any = SUBJECT_SURE | TEXT_SURE},
    /* thanks, with which people begin, too, weigh less than usual */
    {IS, .all = SUBJECT | TEXT_USUAL | ANSWERS, .any = ROBOT_FROM | DAEMON_PATH | DAEMON_FROM},
    {NOT, .any = ROBOT_FROM | DAEMON_PATH | DAEMON_FROM},
    /* no sign from here on that it is a reply */
    {IS, .all = SUBJECT_SURE | TEXT, .none = UNSUBSCRIBE},
    {IS, .all = SUBJECT_LIKELY | TEXT_SURE, .none = UNSUBSCRIBE},
    {NOT, .any = PERSON | UNSUBSCRIBE},
    {NOT, .all = LIST, .none = TEXT},
    {IS, .all = JUNK | TEXT},
    {IS, .all = SUBJECT_LIKELY, .any = BULK | GROUPWARE, .none = LIST},
    {IS, .all = TEXT_SURE | BULK, .none = LIST},
    {IS, .all = SUBJECT | TEXT_USUAL | BULK | OWN_PATH, .none = LIST | BULK_LIST | LURE}, /* a vacation program's */
    {NOT, .any = BULK | GROUPWARE, .none = LIST},
    {IS, .all = SUBJECT | TEXT_SURE},
    {IS, .all = SUBJECT_SURE, .none = LURE},
};

/* Replies in words that nobody knows. */
static const struct row signed_reply_rows[] = {
    NO_REPLIES,
    {IS, .all = FIELD, .none = DAEMON_FROM, .at = IN_FIELD},
    {IS, .all = AUTO_REPLIED, .none = DAEMON_FROM, .sign = "auto-replied"},
    /* of the null sender's mail, what answers, or has what replies of vacation programs and of Exchange have */
    {NOT, .none = NULL_PATH},
    {NOT, .any = DAEMON_FROM | PERSON | RETURNED_PART | OTHER_SUBJECT | DSN_TEXT},
    {IS, .all = BULK, .none = ROBOT_FROM | HTML | LIST | UNSUBSCRIBE | LINK, .sign = "null-sender-precedence"},
    {IS, .all = ANSWERS, .sign = "null-sender-answers"},
    {IS, .all = GROUPWARE, .sign = "null-sender-exchange"},
};

/* A mail system that returns a message in words that nobody knows. */
#define RETURNED .sign = "returned-message"
static const struct row returned_rows[] = {
    {NOT, .none = SYSTEM},
    {NOT, .any = ANSWERED | PERSON | BAIT | OTHER_TEXT},
    {IS, .all = LIST | DAEMON_FROM | CITED, .any = RETURNED_PART | SEEN_HEADER, .none = ANSWERS, RETURNED},
    {NOT, .any = LIST},
    {IS, .any = REPORT | FAILED_FIELD, RETURNED},
    {IS, .all = RETURNED_PART, .any = NULL_PATH | DAEMON_PATH, RETURNED},
    {IS, .all = NULL_PATH | DAEMON_FROM | SEEN_HEADER, .none = HTML, RETURNED},
    {IS, .all = NULL_PATH | DAEMON_FROM | MAILER_FROM | NAMED, .none = HTML, RETURNED},
    {IS, .all = CITED, .any = RETURNED_PART | SEEN_HEADER, .none = ANSWERS, RETURNED},
    {IS, .all = CITED | DAEMON_FROM, .none = ANSWERS | HTML, RETURNED},
};

/* A list's program writes to its people with the list's fields, too. */
static const struct row administration_rows[] = {
    {NOT, .any = PERSON | ANSWERED},
    {IS, .all = FIELD},
    {IS, .all = SUBJECT | TEXT, .none = ANSWERS},
};

static const struct row list_rows[] = {
    {IS, .all = LIST, .sign = "list-field"},
    {NOT, .none = UNSUBSCRIBE | BULK},
    {NOT, .all = NULL_PATH, .none = UNSUBSCRIBE},
    {IS, .any = WORDED},
    {IS, .sign = "bulk-field"},
};

static const struct row other_rows[] = {
    {NOT, .any = PERSON | ANSWERED},
    {IS, .any = WORDED},
    {IS, .all = NULL_PATH, .sign = "null-sender"},
    {IS, .all = DAEMON_FROM, .none = RE, .sign = "daemon-sender"}, /* a postmaster answers as a person */
    {IS, .all = DAEMON_FROM, .any = AUTO_GENERATED | AUTO_REPLIED | REPORT, .sign = "daemon-sender"},
    {IS, .any = AUTO_GENERATED | AUTO_REPLIED | REPORT, .sign = "auto-submitted"},
};

enum { WHICH_DSN = BS_KIND_COUNT }; /* the kind of bounce that text and subject speak for most */

#define ROWS(rows) rows, sizeof rows / sizeof rows[0]
#define ANYWHERE   {IN_TEXT, IN_SUBJECT, IN_FROM, IN_FIELD}

static const struct {
    unsigned kind;
    const struct row *rows;
    size_t count;
    enum place order[PLACES]; /* in which a rule is looked for that names what decided */
} kinds[] = {
    {BS_KIND_ARF, ROWS(arf_rows), ANYWHERE},
    {BS_KIND_MDN, ROWS(mdn_rows), ANYWHERE},
    {BS_KIND_CHALLENGE, ROWS(challenge_rows), {IN_TEXT, IN_SUBJECT, IN_FIELD, IN_FROM}},
    {BS_KIND_NOTICE, ROWS(notice_rows), ANYWHERE},
    {WHICH_DSN, ROWS(dsn_rows), ANYWHERE},
    {BS_KIND_AUTOREPLY, ROWS(worded_reply_rows), {IN_SUBJECT, IN_TEXT}},
    {BS_KIND_AUTOREPLY, ROWS(signed_reply_rows), {IN_FIELD}},
    {BS_KIND_DSN_FAILED, ROWS(returned_rows), {IN_ORDER}},
    {BS_KIND_OTHER, ROWS(administration_rows), ANYWHERE},
    {BS_KIND_LIST, ROWS(list_rows), ANYWHERE},
    {BS_KIND_OTHER, ROWS(other_rows), ANYWHERE},
};

#endif
