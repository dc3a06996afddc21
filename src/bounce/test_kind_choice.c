/* SPDX-License-Identifier: BSD-2-Clause */
/* What kind a message is by where its wording stands and what its header shows: a case for each row of kind_rows.h. */
#include "bounce/kind_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Weights of rules. */
enum { WEAK = 40, USUAL = 50, LIKELY = 70, SURE = 80, FIXED = 90 };

enum { HTML = 1, RETURNS = 2, HEADER = 4, BAITS = 8, MAILER = 16 };

struct choice {
    const char *title;
    unsigned signs;
    struct {
        enum bs_kind kind;
        unsigned text, subject, from, field; /* the weight of the rule at each place; 0: none says so there */
        size_t end;                          /* of the wording in the text; 0: where a second sentence ends */
    } says[2];
    unsigned has;
    const char *text;
    enum bs_kind kind;
    const char *sign; /* "text", "subject", "from", "field": the rule there; NULL: not looked at */
};

#define SIGN(name) BS_SIGN_##name
#define SAYS(...)  .says = {__VA_ARGS__}

static const char names[] = "joe@example.org: sorry", cites[] = "the host said 550 5.1.1 no", links[] = "see http://x.example/";

static const struct choice complaints_and_receipts[] = {
    {"a complaint that somebody sends on", SIGN(PERSON), SAYS({BS_KIND_ARF, .text = USUAL, .field = USUAL}),
     .kind = BS_KIND_NONE},
    {"a complaint by its field", 0, SAYS({BS_KIND_ARF, .field = USUAL}), .kind = BS_KIND_ARF},
    {"a report that words a complaint", SIGN(REPORT), SAYS({BS_KIND_ARF, .text = USUAL}), .kind = BS_KIND_ARF},
    {"a robot that words one in two places", SIGN(ROBOT_FROM), SAYS({BS_KIND_ARF, .text = USUAL, .subject = USUAL}),
     .kind = BS_KIND_ARF},
    {"a receipt that a list discusses", SIGN(LIST), SAYS({BS_KIND_MDN, .text = SURE, .subject = SURE}),
     .kind = BS_KIND_LIST},
    {"a mail program's receipt, by its first sentence", SIGN(PERSON), SAYS({BS_KIND_MDN, .text = FIXED, .end = 79}),
     .kind = BS_KIND_MDN},
    {"the same sentence further down", SIGN(PERSON), SAYS({BS_KIND_MDN, .text = FIXED, .end = 80}),
     .kind = BS_KIND_NONE},
    {"a mail program's receipt, by subject and text", SIGN(PERSON),
     SAYS({BS_KIND_MDN, .text = LIKELY, .subject = USUAL}), .kind = BS_KIND_MDN},
    {"a reply by a mail program that tells of reading", SIGN(PERSON) | SIGN(AUTO_REPLIED),
     SAYS({BS_KIND_MDN, .text = USUAL}), .kind = BS_KIND_AUTOREPLY},
    {"a receipt of the null sender", SIGN(NULL_PATH), SAYS({BS_KIND_MDN, .subject = USUAL}), .kind = BS_KIND_MDN,
     .sign = "subject"},
    {"a receipt by Exchange under a robot's name", SIGN(SUPPRESS) | SIGN(ROBOT_FROM),
     SAYS({BS_KIND_MDN, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_MDN},
    {"a magazine's \"Read: ten books\"", SIGN(ROBOT_FROM), SAYS({BS_KIND_MDN, .text = USUAL, .subject = USUAL}),
     .kind = BS_KIND_NONE},
    {"a receipt without a sign", 0, SAYS({BS_KIND_MDN, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_MDN,
     .sign = "text"},
    {"the same with somebody's link", SIGN(OTHER_PATH), SAYS({BS_KIND_MDN, .text = USUAL, .subject = USUAL}),
     .text = links, .kind = BS_KIND_NONE},
    {"a receipt that returns what was read", 0, SAYS({BS_KIND_MDN, .subject = USUAL, .from = USUAL}), RETURNS,
     .kind = BS_KIND_MDN},
};

static const struct choice challenges[] = {
    {"one that a person discusses", SIGN(PERSON), SAYS({BS_KIND_CHALLENGE, .text = LIKELY, .subject = LIKELY}),
     .kind = BS_KIND_NONE},
    {"a bounce by a server that knows only some senders", SIGN(NULL_PATH) | SIGN(FAILED_FIELD),
     SAYS({BS_KIND_CHALLENGE, .text = USUAL}), .kind = BS_KIND_DSN_FAILED},
    {"the same, by its wording", SIGN(NULL_PATH),
     SAYS({BS_KIND_CHALLENGE, .text = USUAL}, {BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}),
     .kind = BS_KIND_DSN_FAILED},
    {"a robot with the field of such a program", SIGN(ROBOT_FROM), SAYS({BS_KIND_CHALLENGE, .field = USUAL}),
     .kind = BS_KIND_CHALLENGE, .sign = "field"},
    {"a reply under such a subject", SIGN(AUTO_REPLIED), SAYS({BS_KIND_CHALLENGE, .subject = USUAL}),
     .kind = BS_KIND_CHALLENGE, .sign = "subject"},
    {"a program's first sentence", 0, SAYS({BS_KIND_CHALLENGE, .text = FIXED, .end = 79}), .kind = BS_KIND_CHALLENGE},
    {"a reply in such words", SIGN(AUTO_REPLIED), SAYS({BS_KIND_CHALLENGE, .text = USUAL}), .text = links,
     .kind = BS_KIND_CHALLENGE, .sign = "text"},
    {"an answer by the null sender, with a link", SIGN(NULL_PATH) | SIGN(ANSWERS),
     SAYS({BS_KIND_CHALLENGE, .text = USUAL}), .text = links, .kind = BS_KIND_CHALLENGE},
    {"the null sender without a link", SIGN(NULL_PATH), SAYS({BS_KIND_CHALLENGE, .text = USUAL}),
     .kind = BS_KIND_CHALLENGE},
    {"a registration: the null sender with a link", SIGN(NULL_PATH), SAYS({BS_KIND_CHALLENGE, .text = USUAL}),
     .text = links, .kind = BS_KIND_OTHER},
    {"a bulk sender that answers", SIGN(BULK) | SIGN(ANSWERS), SAYS({BS_KIND_CHALLENGE, .text = USUAL}),
     .kind = BS_KIND_CHALLENGE},
    {"somebody who answers in clear words", SIGN(ANSWERS) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_CHALLENGE, .text = LIKELY, .subject = USUAL}), .text = links, .kind = BS_KIND_CHALLENGE},
    {"clear words without a sign", 0, SAYS({BS_KIND_CHALLENGE, .text = LIKELY, .subject = USUAL}),
     .kind = BS_KIND_CHALLENGE},
};

static const struct choice notices[] = {
    {"one that came through a list", SIGN(LIST) | SIGN(NULL_PATH),
     SAYS({BS_KIND_NOTICE, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_LIST},
    {"a bulk sender's reply about viruses", SIGN(BULK) | SIGN(AUTO_REPLIED), SAYS({BS_KIND_NOTICE, .text = USUAL}),
     .kind = BS_KIND_AUTOREPLY},
    {"a scanner that is the null sender", SIGN(NULL_PATH), SAYS({BS_KIND_NOTICE, .from = USUAL}),
     .kind = BS_KIND_NOTICE, .sign = "from"},
    {"a scanner's field under a robot's name", SIGN(ROBOT_FROM),
     SAYS({BS_KIND_NOTICE, .from = USUAL, .field = USUAL}), .kind = BS_KIND_NOTICE, .sign = "field"},
    {"a scanner's reply that says nothing of viruses", SIGN(AUTO_REPLIED), SAYS({BS_KIND_NOTICE, .from = USUAL}),
     .kind = BS_KIND_AUTOREPLY},
    {"a bounce that then says why", SIGN(NULL_PATH) | SIGN(DAEMON_FROM),
     SAYS({BS_KIND_NOTICE, .text = USUAL, .end = 200}, {BS_KIND_DSN_FAILED, .text = USUAL, .end = 100}),
     .kind = BS_KIND_DSN_FAILED},
    {"a notice that then says what became of it", SIGN(NULL_PATH) | SIGN(DAEMON_FROM),
     SAYS({BS_KIND_NOTICE, .text = USUAL, .end = 100}, {BS_KIND_DSN_FAILED, .text = USUAL, .end = 200}),
     .kind = BS_KIND_NOTICE},
    {"a bounce under a subject of viruses", SIGN(NULL_PATH) | SIGN(DAEMON_FROM),
     SAYS({BS_KIND_NOTICE, .subject = USUAL}, {BS_KIND_DSN_FAILED, .text = USUAL}), .kind = BS_KIND_DSN_FAILED},
    {"a mail system's", SIGN(NULL_PATH), SAYS({BS_KIND_NOTICE, .text = USUAL}), .kind = BS_KIND_NOTICE,
     .sign = "text"},
    {"a program's, by its subject alone", SIGN(AUTO_GENERATED), SAYS({BS_KIND_NOTICE, .subject = SURE}),
     .kind = BS_KIND_NOTICE},
    {"a program's, by subject and text", SIGN(AUTO_GENERATED),
     SAYS({BS_KIND_NOTICE, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_NOTICE},
    {"a program's text", SIGN(AUTO_GENERATED), SAYS({BS_KIND_NOTICE, .text = USUAL}), .kind = BS_KIND_OTHER},
    {"a robot's, in clear words", SIGN(ROBOT_FROM), SAYS({BS_KIND_NOTICE, .text = LIKELY, .subject = USUAL}),
     .kind = BS_KIND_NOTICE},
    {"a robot's news of viruses", SIGN(ROBOT_FROM), SAYS({BS_KIND_NOTICE, .text = USUAL, .subject = USUAL}),
     .kind = BS_KIND_NONE},
    {"words that no person writes", 0, SAYS({BS_KIND_NOTICE, .text = FIXED, .subject = USUAL}),
     .kind = BS_KIND_NOTICE},
};

static const struct choice bounces[] = {
    {"a worm in a bounce's words", SIGN(NULL_PATH), SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}),
     BAITS, .kind = BS_KIND_OTHER},
    {"a robot that tells of a bounce far below", SIGN(ROBOT_FROM),
     SAYS({BS_KIND_DSN_FAILED, .text = FIXED, .end = 1500}), .kind = BS_KIND_NONE},
    {"a robot's bounce in words that no person writes", SIGN(ROBOT_FROM),
     SAYS({BS_KIND_DSN_FAILED, .text = FIXED, .end = 1499}), .kind = BS_KIND_DSN_FAILED},
    {"a postmaster explains", SIGN(DAEMON_FROM) | SIGN(RE) | SIGN(ANSWERS),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL}), .kind = BS_KIND_NONE},
    {"a program that names itself first, under the subject of what it got", SIGN(DAEMON_FROM) | SIGN(RE) | SIGN(ANSWERS),
     SAYS({BS_KIND_DSN_FAILED, .text = FIXED, .end = 79}), .kind = BS_KIND_DSN_FAILED},
    {"a postmaster who cites that after a sentence", SIGN(DAEMON_FROM) | SIGN(RE) | SIGN(ANSWERS),
     SAYS({BS_KIND_DSN_FAILED, .text = FIXED, .end = 80}), .kind = BS_KIND_NONE},
    {"a postmaster explains to a list, with a mail program", SIGN(DAEMON_FROM) | SIGN(LIST) | SIGN(PERSON),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_LIST},
    {"a field on a list", SIGN(DAEMON_FROM) | SIGN(LIST), SAYS({BS_KIND_DSN_FAILED, .field = USUAL}),
     .kind = BS_KIND_LIST},
    {"a subject on a list that returns a message", SIGN(NULL_PATH) | SIGN(LIST),
     SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}), RETURNS, .kind = BS_KIND_LIST},
    {"a text on a list that returns a message", SIGN(NULL_PATH) | SIGN(LIST),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL}), RETURNS, .kind = BS_KIND_LIST},
    {"text and subject on a list", SIGN(DAEMON_PATH) | SIGN(LIST),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_LIST},
    {"an answer on a list that attaches what bounced", SIGN(DAEMON_PATH) | SIGN(LIST) | SIGN(ANSWERS),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), RETURNS, .kind = BS_KIND_LIST},
    {"a bounce that a list's owner got through the list", SIGN(DAEMON_FROM) | SIGN(LIST),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL}), .kind = BS_KIND_DSN_FAILED},
    {"one that a mail system sent on", SIGN(DAEMON_FROM) | SIGN(FORWARDS),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_NONE},
    {"a postmaster's letter about a bounce", SIGN(DAEMON_FROM) | SIGN(PERSON),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL}), .kind = BS_KIND_NONE},
    {"a postmaster's letter with the bounce", SIGN(DAEMON_FROM) | SIGN(PERSON),
     SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}), RETURNS, .kind = BS_KIND_NONE},
    {"an imitation under a mail system's name", SIGN(DAEMON_FROM) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), HTML, .kind = BS_KIND_OTHER},
    {"the same with a server's reply", SIGN(DAEMON_FROM) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), HTML, cites, .kind = BS_KIND_DSN_FAILED},
    {"an imitation under a robot's name", SIGN(ROBOT_FROM),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), HTML, names, .kind = BS_KIND_NONE},
    {"a field of the null sender's", SIGN(NULL_PATH), SAYS({BS_KIND_DSN_FAILED, .field = USUAL}),
     .kind = BS_KIND_DSN_FAILED, .sign = "field"},
    {"a mailer's text", SIGN(DAEMON_FROM), SAYS({BS_KIND_DSN_DELAYED, .text = USUAL}), .kind = BS_KIND_DSN_DELAYED,
     .sign = "text"},
    {"the null sender's text", SIGN(NULL_PATH), SAYS({BS_KIND_DSN_FAILED, .text = USUAL}), .kind = BS_KIND_OTHER},
    {"the null sender's text that names somebody", SIGN(NULL_PATH), SAYS({BS_KIND_DSN_FAILED, .text = USUAL}),
     .text = names, .kind = BS_KIND_DSN_FAILED},
    {"a subject that returns a message", SIGN(NULL_PATH), SAYS({BS_KIND_DSN_DELAYED, .subject = USUAL}), RETURNS,
     .kind = BS_KIND_DSN_DELAYED},
    {"a mailer's subject", SIGN(DAEMON_FROM), SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}),
     .kind = BS_KIND_DSN_FAILED, .sign = "subject"},
    {"a mailer's subject over HTML", SIGN(DAEMON_FROM), SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}), HTML,
     .kind = BS_KIND_OTHER},
    {"a mailer's subject over HTML with a server's reply", SIGN(DAEMON_FROM),
     SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}), HTML, cites, .kind = BS_KIND_DSN_FAILED, .sign = "subject"},
    {"the same by somebody", SIGN(DAEMON_FROM) | SIGN(OTHER_PATH), SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}), HTML,
     cites, .kind = BS_KIND_OTHER},
    {"a program of a person's, in a bounce's words", SIGN(PERSON) | SIGN(AUTO_GENERATED),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .text = names, .kind = BS_KIND_NONE},
    {"a robot's text and subject, in reply", SIGN(ROBOT_FROM) | SIGN(AUTO_REPLIED) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .text = names, .kind = BS_KIND_DSN_FAILED},
    {"somebody's reply that quotes a bounce", SIGN(AUTO_REPLIED) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .text = names, .kind = BS_KIND_AUTOREPLY},
    {"X-Failed-Recipients and a text", SIGN(FAILED_FIELD), SAYS({BS_KIND_DSN_FAILED, .text = USUAL}),
     .kind = BS_KIND_DSN_FAILED},
    {"X-Failed-Recipients and a subject", SIGN(FAILED_FIELD), SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}),
     .kind = BS_KIND_DSN_FAILED},
    {"the same by somebody", SIGN(FAILED_FIELD) | SIGN(OTHER_PATH), SAYS({BS_KIND_DSN_FAILED, .subject = USUAL}),
     .kind = BS_KIND_NONE},
    {"a program's text and subject that name somebody", SIGN(AUTO_GENERATED),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .text = names, .kind = BS_KIND_DSN_FAILED},
    {"a program's parcel that cannot be delivered", SIGN(AUTO_GENERATED),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_OTHER},
    {"a gateway's text and field that return a message", 0,
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .field = USUAL}), RETURNS, .kind = BS_KIND_DSN_FAILED, .sign = "text"},
    {"the same without the message", 0, SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .field = USUAL}),
     .kind = BS_KIND_NONE},
    {"a program's text and field that name somebody", SIGN(AUTO_GENERATED),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL, .field = USUAL}), .text = names, .kind = BS_KIND_DSN_FAILED},
    {"a warning that also says what will fail", SIGN(DAEMON_FROM),
     SAYS({BS_KIND_DSN_FAILED, .text = USUAL}, {BS_KIND_DSN_DELAYED, .text = USUAL}), .kind = BS_KIND_DSN_DELAYED},
};

static const struct choice returned_messages[] = {
    {"a report by nobody", SIGN(REPORT), .kind = BS_KIND_OTHER, .sign = "auto-submitted"},
    {"a report with a program in it", SIGN(REPORT) | SIGN(NULL_PATH), .has = BAITS, .kind = BS_KIND_OTHER},
    {"a mailer that returns a message to a list, and cites why", SIGN(DAEMON_FROM) | SIGN(LIST), .has = RETURNS,
     .text = cites, .kind = BS_KIND_DSN_FAILED, .sign = "returned-message"},
    {"a report to a list", SIGN(REPORT) | SIGN(NULL_PATH) | SIGN(LIST), .kind = BS_KIND_LIST},
    {"a report by the null sender", SIGN(REPORT) | SIGN(NULL_PATH), .kind = BS_KIND_DSN_FAILED},
    {"a message that a mailer returns", SIGN(DAEMON_PATH), .has = RETURNS, .kind = BS_KIND_DSN_FAILED},
    {"one whose header stands in the text", SIGN(NULL_PATH) | SIGN(DAEMON_FROM), .has = HEADER,
     .kind = BS_KIND_DSN_FAILED},
    {"the same in HTML", SIGN(NULL_PATH) | SIGN(DAEMON_FROM), .has = HEADER | HTML, .kind = BS_KIND_OTHER},
    {"a mailer-daemon that names somebody", SIGN(NULL_PATH) | SIGN(DAEMON_FROM), .has = MAILER, .text = names,
     .kind = BS_KIND_DSN_FAILED},
    {"a postmaster that names whom to ask", SIGN(NULL_PATH) | SIGN(DAEMON_FROM), .text = names,
     .kind = BS_KIND_OTHER},
    {"a reply and a message that are returned in HTML", SIGN(DAEMON_FROM), .has = RETURNS | HTML, .text = cites,
     .kind = BS_KIND_DSN_FAILED},
    {"a mailer's text with a server's reply", SIGN(DAEMON_FROM), .text = cites, .kind = BS_KIND_DSN_FAILED},
};

static const struct choice replies[] = {
    {"one that somebody sends on", SIGN(FORWARDS),
     SAYS({BS_KIND_AUTOREPLY, .text = SURE, .subject = SURE, .field = USUAL}), .kind = BS_KIND_NONE},
    {"an answer on a list, by its subject", SIGN(LIST) | SIGN(ANSWERS) | SIGN(NULL_PATH),
     SAYS({BS_KIND_AUTOREPLY, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_LIST},
    {"a reply on a list, by its text", SIGN(LIST) | SIGN(AUTO_REPLIED), SAYS({BS_KIND_AUTOREPLY, .text = USUAL}),
     .kind = BS_KIND_LIST},
    {"a subject on a list, by a robot", SIGN(LIST) | SIGN(ROBOT_FROM), SAYS({BS_KIND_AUTOREPLY, .subject = SURE}),
     .kind = BS_KIND_LIST},
    {"a reply to a list", SIGN(LIST) | SIGN(AUTO_REPLIED), SAYS({BS_KIND_AUTOREPLY, .subject = USUAL}),
     .kind = BS_KIND_AUTOREPLY},
    {"the null sender's text", SIGN(NULL_PATH), SAYS({BS_KIND_AUTOREPLY, .text = WEAK}), .kind = BS_KIND_AUTOREPLY,
     .sign = "text"},
    {"a ticket that a person answers", SIGN(ANSWERS) | SIGN(PERSON) | SIGN(AUTO_GENERATED),
     SAYS({BS_KIND_AUTOREPLY, .subject = LIKELY}), .kind = BS_KIND_NONE},
    {"a program's first sentence", 0, SAYS({BS_KIND_AUTOREPLY, .text = FIXED, .end = 79}), .kind = BS_KIND_AUTOREPLY},
    {"a program's subject", SIGN(AUTO_GENERATED), SAYS({BS_KIND_AUTOREPLY, .subject = LIKELY}),
     .kind = BS_KIND_AUTOREPLY, .sign = "subject"},
    {"a program's subject in an answer", SIGN(AUTO_GENERATED) | SIGN(ANSWERS),
     SAYS({BS_KIND_AUTOREPLY, .subject = USUAL}), .kind = BS_KIND_AUTOREPLY},
    {"a program's text in an answer", SIGN(AUTO_GENERATED) | SIGN(ANSWERS), SAYS({BS_KIND_AUTOREPLY, .text = SURE}),
     .kind = BS_KIND_AUTOREPLY},
    {"a program's junk", SIGN(AUTO_GENERATED) | SIGN(BULK) | SIGN(JUNK), SAYS({BS_KIND_AUTOREPLY, .text = USUAL}),
     .kind = BS_KIND_LIST},
    {"a subject by Exchange", SIGN(SUPPRESS), SAYS({BS_KIND_AUTOREPLY, .subject = LIKELY}),
     .kind = BS_KIND_AUTOREPLY},
    {"a subject by Exchange in an answer", SIGN(SUPPRESS) | SIGN(ANSWERS),
     SAYS({BS_KIND_AUTOREPLY, .subject = USUAL}), .kind = BS_KIND_AUTOREPLY},
    {"junk that wants no reply", SIGN(SUPPRESS) | SIGN(BULK) | SIGN(JUNK), SAYS({BS_KIND_AUTOREPLY, .text = USUAL}),
     .kind = BS_KIND_LIST},
    {"a robot's subject", SIGN(ROBOT_FROM), SAYS({BS_KIND_AUTOREPLY, .subject = SURE}), .kind = BS_KIND_AUTOREPLY},
    {"a robot that answers", SIGN(ROBOT_FROM) | SIGN(ANSWERS),
     SAYS({BS_KIND_AUTOREPLY, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_AUTOREPLY},
    {"a robot that answers with thanks", SIGN(ROBOT_FROM) | SIGN(ANSWERS),
     SAYS({BS_KIND_AUTOREPLY, .text = WEAK, .subject = USUAL}), .kind = BS_KIND_NONE},
    {"a robot's newsletter", SIGN(ROBOT_FROM) | SIGN(BULK), SAYS({BS_KIND_AUTOREPLY, .subject = LIKELY}),
     .kind = BS_KIND_LIST},
    {"a mail program's subject and text", SIGN(PERSON), SAYS({BS_KIND_AUTOREPLY, .text = WEAK, .subject = SURE}),
     .kind = BS_KIND_AUTOREPLY},
    {"a mail program's text and subject", SIGN(PERSON), SAYS({BS_KIND_AUTOREPLY, .text = SURE, .subject = LIKELY}),
     .kind = BS_KIND_AUTOREPLY},
    {"a person's subject", SIGN(PERSON), SAYS({BS_KIND_AUTOREPLY, .subject = SURE}), .kind = BS_KIND_NONE},
    {"a field and a subject on a list", SIGN(LIST), SAYS({BS_KIND_AUTOREPLY, .subject = SURE, .field = USUAL}),
     .kind = BS_KIND_AUTOREPLY, .sign = "field"},
    {"a vacation program's junk", SIGN(BULK) | SIGN(JUNK), SAYS({BS_KIND_AUTOREPLY, .text = WEAK}),
     .kind = BS_KIND_AUTOREPLY},
    {"a subject of an old Exchange's", SIGN(GROUPWARE), SAYS({BS_KIND_AUTOREPLY, .subject = LIKELY}),
     .kind = BS_KIND_AUTOREPLY},
    {"a bulk sender's text", SIGN(BULK), SAYS({BS_KIND_AUTOREPLY, .text = SURE}), .kind = BS_KIND_AUTOREPLY},
    {"a vacation program's text and subject", SIGN(BULK) | SIGN(OWN_PATH) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_AUTOREPLY, .text = USUAL, .subject = USUAL}), .kind = BS_KIND_AUTOREPLY},
    {"the same with a link", SIGN(BULK) | SIGN(OWN_PATH) | SIGN(OTHER_PATH),
     SAYS({BS_KIND_AUTOREPLY, .text = USUAL, .subject = USUAL}), .text = links, .kind = BS_KIND_LIST},
    {"mail through an old Exchange", SIGN(GROUPWARE), SAYS({BS_KIND_AUTOREPLY, .text = SURE, .subject = USUAL}),
     .kind = BS_KIND_NONE},
    {"text and subject without a sign", SIGN(OTHER_PATH), SAYS({BS_KIND_AUTOREPLY, .text = SURE, .subject = USUAL}),
     HTML, .kind = BS_KIND_AUTOREPLY},
    {"a subject without a sign", SIGN(OTHER_PATH), SAYS({BS_KIND_AUTOREPLY, .subject = SURE}),
     .kind = BS_KIND_AUTOREPLY},
    {"the same with a link", SIGN(OTHER_PATH), SAYS({BS_KIND_AUTOREPLY, .subject = SURE}), .text = links,
     .kind = BS_KIND_NONE},
};

static const struct choice wordless_replies[] = {
    {"a field that somebody sends on", SIGN(FORWARDS), SAYS({BS_KIND_AUTOREPLY, .field = USUAL}),
     .kind = BS_KIND_NONE},
    {"a field in an answer on a list", SIGN(LIST) | SIGN(ANSWERS),
     SAYS({BS_KIND_AUTOREPLY, .subject = USUAL, .field = USUAL}), .kind = BS_KIND_LIST},
    {"a field on a list", SIGN(LIST), SAYS({BS_KIND_AUTOREPLY, .field = USUAL}), .kind = BS_KIND_LIST},
    {"a field", 0, SAYS({BS_KIND_AUTOREPLY, .text = WEAK, .field = USUAL}), .kind = BS_KIND_AUTOREPLY,
     .sign = "field"},
    {"a sign", SIGN(AUTO_REPLIED), .kind = BS_KIND_AUTOREPLY, .sign = "auto-replied"},
    {"a sign under the subject of what was sent on", SIGN(AUTO_REPLIED) | SIGN(NULL_PATH) | SIGN(FORWARDS),
     .kind = BS_KIND_AUTOREPLY},
    {"an answer", SIGN(ANSWERS), .kind = BS_KIND_NONE},
    {"an answer by a mailer", SIGN(ANSWERS) | SIGN(NULL_PATH) | SIGN(DAEMON_FROM), .kind = BS_KIND_OTHER},
    {"a vacation program in unknown words", SIGN(NULL_PATH) | SIGN(BULK), .kind = BS_KIND_AUTOREPLY,
     .sign = "null-sender-precedence"},
    {"the same with a link", SIGN(NULL_PATH) | SIGN(BULK), .text = links, .kind = BS_KIND_OTHER},
    {"an answer by the null sender", SIGN(NULL_PATH) | SIGN(ANSWERS), .kind = BS_KIND_AUTOREPLY,
     .sign = "null-sender-answers"},
    {"Exchange as the null sender", SIGN(NULL_PATH) | SIGN(GROUPWARE), .kind = BS_KIND_AUTOREPLY,
     .sign = "null-sender-exchange"},
};

static const struct choice lists_and_others[] = {
    {"a person who cites a list's program", SIGN(LIST) | SIGN(PERSON), SAYS({BS_KIND_OTHER, .field = USUAL}),
     .kind = BS_KIND_LIST},
    {"a list's program, by its field", SIGN(LIST), SAYS({BS_KIND_OTHER, .field = USUAL}), .kind = BS_KIND_OTHER},
    {"a list's program, by text and subject", SIGN(LIST), SAYS({BS_KIND_OTHER, .text = USUAL, .subject = USUAL}),
     .kind = BS_KIND_OTHER},
    {"a list's field", SIGN(LIST), SAYS({BS_KIND_LIST, .text = USUAL}), .kind = BS_KIND_LIST, .sign = "list-field"},
    {"a list's words alone", 0, SAYS({BS_KIND_LIST, .text = USUAL}), .kind = BS_KIND_NONE},
    {"a mailer's bulk", SIGN(NULL_PATH) | SIGN(DAEMON_FROM) | SIGN(BULK), .kind = BS_KIND_OTHER},
    {"bulk in a list's words", SIGN(BULK), SAYS({BS_KIND_LIST, .text = USUAL}), .kind = BS_KIND_LIST, .sign = "text"},
    {"bulk", SIGN(BULK), .kind = BS_KIND_LIST, .sign = "bulk-field"},
    {"a person without a return path", SIGN(NULL_PATH) | SIGN(PERSON), .kind = BS_KIND_NONE},
    {"a program's words", 0, SAYS({BS_KIND_OTHER, .from = USUAL}), .kind = BS_KIND_OTHER, .sign = "from"},
    {"the null sender", SIGN(NULL_PATH) | SIGN(DAEMON_FROM), .kind = BS_KIND_OTHER, .sign = "null-sender"},
    {"a mailer", SIGN(DAEMON_FROM), .kind = BS_KIND_OTHER, .sign = "daemon-sender"},
    {"a postmaster who answers as a person", SIGN(DAEMON_FROM) | SIGN(RE), .kind = BS_KIND_NONE},
    {"a mailer that answers as a program", SIGN(DAEMON_FROM) | SIGN(RE) | SIGN(AUTO_GENERATED),
     .kind = BS_KIND_OTHER, .sign = "daemon-sender"},
    {"a program", SIGN(AUTO_GENERATED), .kind = BS_KIND_OTHER, .sign = "auto-submitted"},
    {"mail", 0, .kind = BS_KIND_NONE},
};

/* The rule that says a kind at each place. */
static struct bs_rule rules[2][4];

static const struct bs_rule *rule_at(size_t says, size_t place, unsigned weight)
{
    static const char *const ids[] = {"text", "subject", "from", "field"};
    struct bs_rule *rule = &rules[says][place];
    *rule = (struct bs_rule){.id = ids[place], .weight = weight};
    return weight > 0 ? rule : NULL;
}

static struct bs_wording wording_of(const struct choice *choice)
{
    struct bs_bytes text = bs_bytes_from_cstr(choice->text ? choice->text : "some words");
    struct bs_wording wording = {.returns = choice->has & RETURNS, .baits = choice->has & BAITS};
    wording.notice = (struct bs_notice){.text = text, .own = text.len, .html = choice->has & HTML};
    wording.notice.header = choice->has & HEADER ? 0 : text.len;
    for (size_t i = 0; i < 2; i++) {
        enum bs_kind kind = choice->says[i].kind;
        if (kind == BS_KIND_NONE)
            continue;
        wording.notice.kinds[kind] = rule_at(i, 0, choice->says[i].text);
        wording.notice.ends[kind] = choice->says[i].end > 0 ? choice->says[i].end : 150;
        wording.subject[kind] = rule_at(i, 1, choice->says[i].subject);
        wording.from[kind] = rule_at(i, 2, choice->says[i].from);
        wording.field[kind] = rule_at(i, 3, choice->says[i].field);
    }
    return wording;
}

static void check(const struct choice *choices, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *sign;
        struct bs_wording wording = wording_of(&choices[i]);
        struct bs_header_signs signs = {.signs = choices[i].signs};
        signs.from_address = bs_bytes_from_cstr(choices[i].has & MAILER ? "MAILER-DAEMON@mx.example" : "postmaster@mx.example");
        enum bs_kind kind = bs_kind_choose(&signs, &wording, &sign);
        if (kind != choices[i].kind || (choices[i].sign && (!sign || strcmp(sign, choices[i].sign) != 0)))
            fail_msg("%s: %s by %s", choices[i].title, bs_kind_name(kind), sign ? sign : "nothing");
        assert_int_equal(sign != NULL, kind != BS_KIND_NONE);
    }
}

static void complaints_and_receipts_are_told_by_a_sign_or_by_two_places(void **state)
{
    (void)state;
    check(complaints_and_receipts, sizeof complaints_and_receipts / sizeof complaints_and_receipts[0]);
}

static void a_challenge_answers(void **state)
{
    (void)state;
    check(challenges, sizeof challenges / sizeof challenges[0]);
}

static void a_notice_says_first_what_was_found(void **state)
{
    (void)state;
    check(notices, sizeof notices / sizeof notices[0]);
}

static void a_bounce_is_more_than_its_words(void **state)
{
    (void)state;
    check(bounces, sizeof bounces / sizeof bounces[0]);
}

static void a_bounce_in_unknown_words_returns_a_message_or_cites_a_reply(void **state)
{
    (void)state;
    check(returned_messages, sizeof returned_messages / sizeof returned_messages[0]);
}

static void a_reply_needs_the_less_wording_the_clearer_its_signs_are(void **state)
{
    (void)state;
    check(replies, sizeof replies / sizeof replies[0]);
}

static void a_reply_in_unknown_words_is_one_by_its_signs(void **state)
{
    (void)state;
    check(wordless_replies, sizeof wordless_replies / sizeof wordless_replies[0]);
}

static void what_is_left_is_a_lists_or_a_programs(void **state)
{
    (void)state;
    check(lists_and_others, sizeof lists_and_others / sizeof lists_and_others[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complaints_and_receipts_are_told_by_a_sign_or_by_two_places),
        cmocka_unit_test(a_challenge_answers),
        cmocka_unit_test(a_notice_says_first_what_was_found),
        cmocka_unit_test(a_bounce_is_more_than_its_words),
        cmocka_unit_test(a_bounce_in_unknown_words_returns_a_message_or_cites_a_reply),
        cmocka_unit_test(a_reply_needs_the_less_wording_the_clearer_its_signs_are),
        cmocka_unit_test(a_reply_in_unknown_words_is_one_by_its_signs),
        cmocka_unit_test(what_is_left_is_a_lists_or_a_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
