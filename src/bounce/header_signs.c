/* SPDX-License-Identifier: BSD-2-Clause */
/* One row a field that says something; see header_signs.h. */
#include "bounce/header_signs.h"

#include "message/encoded_word.h"
#include "message/parameters.h"

enum {
    LOCAL_PLAIN_MAX = 40,
    NAMES_LOOKED_AT_MAX = 256,
    OPENING_MAX = 160,
    TAG_MAX = 40,
    ARENA_MAX = 2 * BS_PARAMETERS_SIZE_MAX, /* for one parameter */
};

/* Whether a word may be what the bytes begin with, by the first letter of both. */
static inline bool may_begin(struct bs_bytes bytes, const char *word)
{
    return (bytes.ptr[0] | ('a' ^ 'A')) == (word[0] | ('a' ^ 'A'));
}

/* How much of a word the bytes begin with; all, where its NUL is reached. */
static size_t common_length(struct bs_bytes bytes, const char *word)
{
    size_t i = 0;
    while (i < bytes.len && word[i] != '\0' && bs_ascii_lower(bytes.ptr[i]) == bs_ascii_lower(word[i]))
        i++;
    return i;
}

/* Whether one of the words, which end in a NULL, is what the bytes begin with. */
static bool begins_with_one(struct bs_bytes bytes, const char *const *words)
{
    for (; bytes.len > 0 && *words; words++) {
        if (may_begin(bytes, *words) && (*words)[common_length(bytes, *words)] == '\0')
            return true;
    }
    return false;
}

/* The letters of a local part in lower case, so that mail.daemon and Mail-Daemon2 are one. */
static struct bs_bytes plain_local(struct bs_bytes address, char ret_plain[LOCAL_PLAIN_MAX])
{
    struct bs_bytes local = bs_bytes_first(address, bs_bytes_find(address, '@'));
    size_t len = 0;
    for (size_t i = 0; i < local.len && len < LOCAL_PLAIN_MAX; i++) {
        char c = bs_ascii_lower(local.ptr[i]);
        if (c >= 'a' && c <= 'z')
            ret_plain[len++] = c;
    }
    return bs_bytes(ret_plain, len);
}

static bool is_one_of(struct bs_bytes bytes, const char *const *words)
{
    for (; bytes.len > 0 && *words; words++) {
        size_t common = may_begin(bytes, *words) ? common_length(bytes, *words) : 0;
        if (common == bytes.len && (*words)[common] == '\0')
            return true;
    }
    return false;
}

bool bs_address_is_daemon(struct bs_bytes address)
{
    static const char *const names[] = {
        "postmaster", "mailer", "mdaemon", "mmdf", "mailsystem", "maildeliverysystem", "maildeliverysubsystem",
        "mailadministrator", "systemadministrator", "postoffice", "maildelivery", "smtpgateway", "mailgateway",
        "deliverysystem", "deliverysubsystem", "virtualpostmaster", "emailpostmaster", "internetmaildelivery",
        "mailrouter", NULL};
    static const char *const beginnings[] = {"mailerdaemon", "maildaemon", "microsoftexchange", "mailerdeamon", NULL};
    char plain[LOCAL_PLAIN_MAX];
    struct bs_bytes local = plain_local(address, plain);
    return begins_with_one(local, beginnings) || is_one_of(local, names);
}

static bool address_is_robot(struct bs_bytes address)
{
    static const char *const names[] = {"noreply", "donotreply", "nepasrepondre", "noresponder", "noresponda",
                                        "nonrispondere", "nichtantworten", "bittenichtantworten", "nietbeantwoorden",
                                        "naoresponda", "naoresponder", "nieodpowiadaj", "svarainte", "svarikke",
                                        "ikkesvar", "root", "bounce", "bounces", "administrator", "admin",
                                        "daemon", "nobody", "autoreply", "autoresponder", "autoresponse", "robot",
                                        "mail", "system", "dontreply", "smtp", "mailscanner", "antivirus",
                                        "listserv", "uucp", "mimesweeper", "postacertificata", NULL};
    static const char *const list_ends[] = {"-admin", "-owner", "-request", "-bounces", NULL};
    struct bs_bytes local = bs_bytes_first(address, bs_bytes_find_last(address, '@'));
    for (size_t i = 0; list_ends[i]; i++) {
        struct bs_bytes end = bs_bytes_from_cstr(list_ends[i]);
        if (local.len > end.len && bs_bytes_equal_nocase(bs_bytes_skip(local, local.len - end.len), end))
            return true;
    }
    static const char *const parts[] = {"mailserv", "maildeliver", "mailgate", "smtp", "antivirus", "mailscan", NULL};
    char plain[LOCAL_PLAIN_MAX];
    local = plain_local(address, plain);
    for (size_t i = 0; parts[i]; i++) {
        if (bs_bytes_find_text(local, bs_bytes_from_cstr(parts[i])) < local.len)
            return true;
    }
    return is_one_of(local, names);
}

static bool ends_word(char c)
{
    static const bool ends[256] = {[' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, ['<'] = true,
                                   ['>'] = true, ['('] = true,  [')'] = true,  ['['] = true,  [']'] = true,
                                   ['"'] = true, [','] = true,  [';'] = true,  [':'] = true};
    return ends[(unsigned char)c];
}

/* The word around an @, as far as an address without brackets goes. */
static struct bs_bytes word_around(struct bs_bytes body, size_t at)
{
    size_t begin = at, end = at + 1;
    while (begin > 0 && !ends_word(body.ptr[begin - 1]))
        begin--;
    while (end < body.len && !ends_word(body.ptr[end]))
        end++;
    return bs_bytes(body.ptr + begin, end - begin);
}

struct bs_bytes bs_field_address(struct bs_bytes body)
{
    for (struct bs_bytes rest = body;;) {
        size_t open = bs_bytes_find(rest, '<');
        if (open == rest.len)
            break;
        rest = bs_bytes_skip(rest, open + 1);
        size_t close = bs_bytes_find(rest, '>');
        struct bs_bytes inside = bs_bytes_trim(bs_bytes_first(rest, close));
        if (close < rest.len && (inside.len == 0 || bs_bytes_find(inside, '@') < inside.len ||
                                 bs_bytes_find(inside, ' ') == inside.len))
            return inside;
        if (close == rest.len)
            break;
    }
    size_t at = bs_bytes_find(body, '@');
    if (at < body.len)
        return word_around(body, at);
    return bs_bytes_trim(bs_bytes_first(body, bs_bytes_find(body, '(')));
}

static void see_return_path(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (signs->signs & (BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_PATH | BS_SIGN_OTHER_PATH))
        return;
    struct bs_bytes address = bs_field_address(field->body);
    signs->return_path = address;
    signs->signs |= address.len == 0 ? BS_SIGN_NULL_PATH
                    : bs_address_is_daemon(address) ? BS_SIGN_DAEMON_PATH : BS_SIGN_OTHER_PATH;
}

/* The name that a mail system gives itself, under an address that tells nothing: a robot's, since names are free. */
static bool name_is_daemon(struct bs_bytes body)
{
    static const char *const names[] = {"mail delivery", "mailer-daemon", "mailer daemon", "mail system",
                                        "mail administrator", "delivery subsystem", "mail server", NULL};
    body = bs_bytes_first(body, NAMES_LOOKED_AT_MAX);
    for (size_t i = 0; names[i]; i++) {
        if (bs_bytes_contains_nocase(body, bs_bytes_from_cstr(names[i])))
            return true;
    }
    return false;
}

static void see_from(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (signs->from)
        return;
    signs->from = field;
    signs->from_address = bs_field_address(field->body);
    bool none = signs->from_address.len == 0 || bs_bytes_equal(signs->from_address, BS_LITERAL("@")); /* Courier's */
    if (none || bs_address_is_daemon(signs->from_address))
        signs->signs |= BS_SIGN_DAEMON_FROM;
    else if (address_is_robot(signs->from_address) || name_is_daemon(field->body))
        signs->signs |= BS_SIGN_ROBOT_FROM;
}

/* The beginning of a subject, with its first encoded word decoded, without a ticket's or a list's tag in brackets. */
static struct bs_bytes subject_opening(struct bs_bytes subject, char ret_text[OPENING_MAX])
{
    if (bs_bytes_starts_nocase(subject, BS_LITERAL("=?"))) {
        struct bs_decoded_words words;
        size_t len = bs_encoded_words_decode(bs_bytes_first(subject, OPENING_MAX), false, ret_text, &words);
        subject = bs_bytes_trim(bs_bytes(ret_text, len));
    }
    size_t end = bs_bytes_find(bs_bytes_first(subject, TAG_MAX), ']');
    bool tagged = bs_bytes_starts_nocase(subject, BS_LITERAL("[")) && end < subject.len && end < TAG_MAX &&
                  !bs_bytes_starts_nocase(subject, BS_LITERAL("[fwd"));
    return tagged ? bs_bytes_trim(bs_bytes_skip(subject, end + 1)) : subject;
}

/* What mail programs and people put before the subject of a message that they answer or send on. */
static void see_subject(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    static const char *const answers[] = {"re:", "re :", "aw:", "sv:", "re[", "antw:", "antwort:", "odp:", "vs:",
                                          "ynt:", "res:", "r:", "rif:", "odg:", "回复:", "回复：", "答复:",
                                          "答复：", "回覆:", "回覆：", NULL};
    static const char *const forwards[] = {"fwd:", "fw:", "wg:", "tr:", "fwd :", "doorst:", "vl:", "i:", "enc:",
                                           "[fwd", "rv:", "vb:", "pd:", "转发:", "转发：", "轉寄:", NULL};
    if (signs->subject)
        return;
    signs->subject = field;
    char text[OPENING_MAX];
    struct bs_bytes subject = subject_opening(bs_bytes_trim(field->body), text);
    if (subject.len == 0)
        signs->signs |= BS_SIGN_EMPTY_SUBJECT;
    if (begins_with_one(subject, answers))
        signs->signs |= BS_SIGN_ANSWERS | BS_SIGN_RE;
    if (begins_with_one(subject, forwards))
        signs->signs |= BS_SIGN_FORWARDS;
}

static void see_to(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (!signs->to)
        signs->to = field;
}

static void see_failed_recipients(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (!signs->failed_recipients && bs_bytes_trim(field->body).len > 0) {
        signs->failed_recipients = field;
        signs->signs |= BS_SIGN_FAILED_FIELD;
    }
}

/* RFC 3834 section 5; what comes later in the registry begins with auto-, too. */
static void see_auto_submitted(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    struct bs_bytes value = bs_bytes_trim(field->body);
    if (bs_bytes_starts_nocase(value, BS_LITERAL("auto-repl")))
        signs->signs |= BS_SIGN_AUTO_REPLIED;
    else if (bs_bytes_starts_nocase(value, BS_LITERAL("auto")))
        signs->signs |= BS_SIGN_AUTO_GENERATED;
}

/* Fields of vacation programs that predate RFC 3834. */
static void see_auto_reply(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    static const char *const negations[] = {"no", "false", "0", "off", NULL};
    if (!begins_with_one(bs_bytes_trim(field->body), negations))
        signs->signs |= BS_SIGN_AUTO_REPLIED;
}

static void see_precedence(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    static const char *const replies[] = {"auto_reply", "auto-reply", "autoreply", "vacation", NULL};
    static const char *const bulk[] = {"bulk", "list", "junk", NULL};
    struct bs_bytes value = bs_bytes_trim(field->body);
    if (begins_with_one(value, replies))
        signs->signs |= BS_SIGN_AUTO_REPLIED;
    else if (begins_with_one(value, bulk))
        signs->signs |= BS_SIGN_BULK | (bs_bytes_starts_nocase(value, BS_LITERAL("junk")) ? BS_SIGN_JUNK : 0u) |
                        (bs_bytes_starts_nocase(value, BS_LITERAL("list")) ? BS_SIGN_BULK_LIST : 0u);
}

/* [MS-OXCMAIL] section 2.2.3.2.14. */
static void see_suppress(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (!bs_bytes_equal_nocase(bs_bytes_trim(field->body), BS_LITERAL("none")))
        signs->signs |= BS_SIGN_SUPPRESS;
}

static void see_list(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    (void)field;
    signs->signs |= BS_SIGN_LIST;
}

static void see_unsubscribe(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    (void)field;
    signs->signs |= BS_SIGN_BULK | BS_SIGN_UNSUBSCRIBE;
}

static void see_answer(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (bs_bytes_find(field->body, '<') < field->body.len)
        signs->signs |= BS_SIGN_ANSWERS;
}

static void see_mailer(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    static const char *const programs[] = {
        "Mozilla", "Thunderbird", "Microsoft Outlook", "Microsoft Office Outlook", "Microsoft-Outlook",
        "Microsoft-MacOutlook", "Microsoft-Entourage", "Microsoft Windows Live", "Microsoft Windows Mail",
        "Apple Mail", "iPhone Mail", "iPad Mail", "Evolution", "Ximian Evolution", "KMail", "Mutt", "NeoMutt",
        "Gnus", "Claws", "Sylpheed", "Roundcube", "SquirrelMail", "Horde", "Internet Messaging Program", "Eudora",
        "QUALCOMM", "The Bat", "Pegasus", "K-9", "FairEmail", "aerc", "Alpine", "Pine", "VM ", "mu4e", "Wanderlust",
        "Foxmail", "YahooMail", "Airmail", "MailMate", "Postbox", "Opera", "Becky", "Shuriken", "Zimbra",
        "Open-Xchange", "exmh", "nmh", "elm", "Mail.app", "git-send-email", "Spark", "Geary", "trojita",
        "eM Client", "IncrediMail", "AOL ", "AppleMail", NULL};
    static const char *const groupware[] = {"Internet Mail Service", "Novell GroupWise", NULL};
    struct bs_bytes program = bs_bytes_trim(field->body);
    if (begins_with_one(program, programs))
        signs->signs |= BS_SIGN_PERSON;
    else if (begins_with_one(program, groupware))
        signs->signs |= BS_SIGN_GROUPWARE;
}

static void see_mime_ole(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (bs_bytes_starts_nocase(bs_bytes_trim(field->body), BS_LITERAL("Produced By Microsoft Exchange")))
        signs->signs |= BS_SIGN_GROUPWARE;
}

static void see_rule_of_inbox(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    (void)field;
    signs->signs |= BS_SIGN_GROUPWARE;
}

/* RFC 8460 section 5.3: statistics of TLS, which are about no message. */
static bool is_tls_report(struct bs_bytes body)
{
    if (!bs_bytes_contains_nocase(body, BS_LITERAL("tlsrpt")))
        return false;
    struct bs_arena arena;
    bs_arena_init(&arena, ARENA_MAX);
    struct bs_bytes type = bs_parameter_find(bs_parameters_skip_value(body), "report-type", &arena);
    bool tls = bs_bytes_equal_nocase(bs_bytes_trim(type), BS_LITERAL("tlsrpt"));
    bs_arena_reset(&arena);
    return tls;
}

static void see_content_type(struct bs_header_signs *signs, const struct bs_header_field *field)
{
    if (bs_bytes_starts_nocase(bs_bytes_trim(field->body), BS_LITERAL("multipart/report")) &&
        !is_tls_report(field->body))
        signs->signs |= BS_SIGN_REPORT;
}

struct row {
    struct bs_bytes name;
    void (*see)(struct bs_header_signs *signs, const struct bs_header_field *field);
};

enum { NAME_MAX = 30 };

/* The rows for names of each length; a name at another's is not found, and the test of each field says so. */
#define ROW(name, see) {{name, sizeof name - 1}, see}
#define ROWS(...)      (const struct row[]){__VA_ARGS__, {{NULL, 0}, NULL}}
static const struct row *const rows[NAME_MAX + 1] = {
    [2] = ROWS(ROW("To", see_to)),
    [4] = ROWS(ROW("From", see_from)),
    [7] = ROWS(ROW("List-Id", see_list), ROW("Subject", see_subject)),
    [8] = ROWS(ROW("X-Mailer", see_mailer)),
    [9] = ROWS(ROW("List-Post", see_list), ROW("X-MimeOLE", see_mime_ole)),
    [10] = ROWS(ROW("Precedence", see_precedence), ROW("References", see_answer), ROW("User-Agent", see_mailer)),
    [11] = ROWS(ROW("In-Reply-To", see_answer), ROW("Return-Path", see_return_path), ROW("X-AutoReply", see_auto_reply)),
    [12] = ROWS(ROW("Content-Type", see_content_type), ROW("Mailing-List", see_list), ROW("X-Auto-Reply", see_auto_reply)),
    [13] = ROWS(ROW("X-AutoRespond", see_auto_reply)),
    [14] = ROWS(ROW("Auto-Submitted", see_auto_submitted)),
    [15] = ROWS(ROW("X-Autogenerated", see_auto_reply), ROW("X-Autoresponder", see_auto_reply)),
    [16] = ROWS(ROW("X-Mail-Autoreply", see_auto_reply), ROW("List-Unsubscribe", see_unsubscribe),
                ROW("X-Autoreply-From", see_auto_reply)),
    [17] = ROWS(ROW("X-Auto-Reply-From", see_auto_reply)),
    [19] = ROWS(ROW("X-Failed-Recipients", see_failed_recipients)),
    [24] = ROWS(ROW("X-Auto-Response-Suppress", see_suppress)),
    [30] = ROWS(ROW("X-MS-Exchange-Inbox-Rules-Loop", see_rule_of_inbox)),
};

void bs_header_signs_read(const struct bs_header *header, struct bs_header_signs *ret_signs)
{
    *ret_signs = (struct bs_header_signs){0};
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        const struct row *row = field->name.len <= NAME_MAX ? rows[field->name.len] : NULL;
        while (row && row->see && !bs_bytes_equal_nocase(row->name, field->name))
            row++;
        if (row && row->see)
            row->see(ret_signs, field);
    }
    if (!ret_signs->subject)
        ret_signs->signs |= BS_SIGN_EMPTY_SUBJECT;
    if (ret_signs->return_path.len > 0 && bs_bytes_equal_nocase(ret_signs->return_path, ret_signs->from_address))
        ret_signs->signs |= BS_SIGN_OWN_PATH;
}
