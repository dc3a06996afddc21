/* SPDX-License-Identifier: BSD-2-Clause */
/* See kind_choice.h. The conditions are tried in the order of the table at the end; the first that holds decides. */
#include "bounce/kind_choice.h"

#include "bounce/text_address.h"
#include "message/parts.h"

enum {
    FIELDS_TEXT_MAX = 8 * 1024,
    OPENING = 1500,          /* bytes of a text in which a bounce says that it is one */
    OPENING_OF_ANSWER = 200, /* the same of a message that answers another */
    OPENING_FIXED = 80,      /* the first sentence, before which nobody said a word of his own */
    USUAL_WEIGHT = 50,       /* of a rule that names no weight */
    LIKELY_WEIGHT = 70,      /* of a rule for a subject that people write now and then */
    SURE_WEIGHT = 80,        /* of a rule for a subject that people do not write */
    CONCLUSIVE_WEIGHT = 90, /* of a rule for a text that no person writes */
    MARKS_MAX = 3,                /* before a subject */
    MARK_MAX = 40,                /* bytes of one */
    TO_LOOKED_AT_MAX = 1024,      /* bytes of To */
    ADDRESSES_LOOKED_AT_MAX = 16, /* addresses of a notice */
};

static void take_kinds(const struct bs_rule_hit *hits, size_t count, const struct bs_rule *ret_kinds[BS_KIND_COUNT])
{
    for (size_t i = 0; i < count; i++) {
        const struct bs_rule *rule = hits[i].rule;
        if (rule->says != BS_RULE_KIND || (size_t)rule->concludes >= BS_KIND_COUNT)
            continue;
        const struct bs_rule **kind = &ret_kinds[rule->concludes];
        if (!*kind || (*kind)->weight < rule->weight)
            *kind = rule;
    }
}

/* Whether a filter calls the message spam by it, or one from outside. */
static bool is_mark(struct bs_bytes mark)
{
    return mark.len <= MARK_MAX && (bs_bytes_contains_nocase(mark, BS_LITERAL("spam")) ||
                                    bs_bytes_starts_nocase(mark, BS_LITERAL("ext")));
}

/* The subject behind what filters put before it, as in [SPAM] or ***SPAM***. */
static struct bs_bytes behind_marks(struct bs_bytes subject)
{
    static const char open[] = "[{*", close[] = "]}*";
    for (unsigned i = 0; i < MARKS_MAX; i++) {
        subject = bs_bytes_trim(subject);
        const char *kind = subject.len > 0 ? memchr(open, subject.ptr[0], sizeof open - 1) : NULL;
        size_t begin = 0;
        while (kind && begin < subject.len && subject.ptr[begin] == *kind)
            begin++;
        struct bs_bytes rest = bs_bytes_skip(subject, begin);
        size_t end = kind ? bs_bytes_find(rest, close[kind - open]) : rest.len;
        if (end == rest.len || !is_mark(bs_bytes_first(rest, end)))
            break;
        while (end < rest.len && rest.ptr[end] == close[kind - open])
            end++;
        subject = bs_bytes_skip(rest, end);
    }
    return subject;
}

static void look_at_field(const struct bs_header *header, const char *name, enum bs_rule_place place,
                          struct bs_rules_scan *scan, struct bs_arena *arena,
                          const struct bs_rule *ret_kinds[BS_KIND_COUNT])
{
    const struct bs_rule_hit *hits = NULL;
    struct bs_bytes text = bs_header_text(header, name, arena);
    if (place == BS_PLACE_SUBJECT)
        text = behind_marks(text);
    size_t count = text.len > 0 ? bs_rules_look(scan, place, text, &hits) : 0;
    take_kinds(hits, count, ret_kinds);
}

/* Long fields that no rule is about. */
static bool is_trace(const struct bs_header_field *field)
{
    static const struct bs_bytes beginnings[] = {
        {"Received", 8},  {"DKIM-", 5},       {"ARC-", 4},        {"Authentication-Results", 22},
        {"DomainKey", 9}, {"To", 2},          {"Subject", 7},     {"From", 4},
        {"Date", 4},      {"Message-ID", 10}, {"References", 10}, {"X-Google-", 9},
        {"X-Spam-", 7}};
    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (bs_bytes_starts_nocase(field->name, beginnings[i]))
            return true;
    }
    return false;
}

/* The fields that rules may be about, each on a line of its own. */
static bool look_at_fields(const struct bs_header *header, struct bs_rules_scan *scan, struct bs_arena *arena,
                           const struct bs_rule *ret_kinds[BS_KIND_COUNT])
{
    const struct bs_rule_hit *hits;
    char *text = bs_arena_take_unset(arena, FIELDS_TEXT_MAX);
    size_t len = 0;
    if (!text)
        return false;
    for (size_t i = 0; i < header->count; i++) {
        const struct bs_header_field *field = &header->fields[i];
        if (is_trace(field) || len + field->raw.len + 1 > FIELDS_TEXT_MAX)
            continue;
        memcpy(text + len, field->raw.ptr, field->raw.len);
        len += field->raw.len;
        text[len++] = '\n';
    }
    size_t count = bs_rules_look(scan, BS_PLACE_FIELD, bs_bytes(text, len), &hits);
    take_kinds(hits, count, ret_kinds);
    return true;
}

static const enum bs_kind dsn_kinds[] = {BS_KIND_DSN_DELAYED, BS_KIND_DSN_FAILED, BS_KIND_DSN_SUCCESS};
enum { DSN_KINDS = sizeof dsn_kinds / sizeof dsn_kinds[0] };

/* Far below its beginning a bounce's wording may be a part of what somebody tells. */
static bool opens_with_dsn(const struct bs_notice *notice, size_t opening)
{
    for (size_t i = 0; i < DSN_KINDS; i++) {
        if (notice->kinds[dsn_kinds[i]] && notice->ends[dsn_kinds[i]] < opening)
            return true;
    }
    return false;
}

/* A notice of a mail system whose text words one kind of bounce and nothing else needs no other place. */
static bool is_plain_bounce(const struct bs_header_signs *signs, const struct bs_notice *notice)
{
    size_t kinds = 0, bounces = 0;
    for (size_t i = 0; i < BS_KIND_COUNT; i++) {
        kinds += notice->kinds[i] != NULL;
        bounces +=
            notice->kinds[i] && (i == BS_KIND_DSN_FAILED || i == BS_KIND_DSN_DELAYED || i == BS_KIND_DSN_SUCCESS);
    }
    unsigned doubts = BS_SIGN_PERSON | BS_SIGN_ANSWERS | BS_SIGN_FORWARDS | BS_SIGN_LIST;
    return kinds == 1 && bounces == 1 && opens_with_dsn(notice, OPENING) && signs->signs & BS_SIGN_DAEMON_FROM &&
           !(signs->signs & doubts);
}

bool bs_wording_read_header(const struct bs_header *header, const struct bs_header_signs *signs,
                            struct bs_rules_scan *scan, struct bs_arena *arena, struct bs_wording *wording)
{
    if (is_plain_bounce(signs, &wording->notice))
        return true;
    look_at_field(header, "Subject", BS_PLACE_SUBJECT, scan, arena, wording->subject);
    look_at_field(header, "From", BS_PLACE_FROM, scan, arena, wording->from);
    return look_at_fields(header, scan, arena, wording->field);
}

/* What a condition looks at. */
struct view {
    unsigned signs;
    const struct bs_header_signs *header;
    const struct bs_wording *wording;
    bool system;   /* a mail system is the sender: a sign or the wording of From says so */
    bool human;    /* somebody's own Return-Path or mail program, and no sign of a mail system */
    bool answered; /* written as an answer or sent on by a person's program */
};

static bool has(const struct view *view, unsigned signs)
{
    return (view->signs & signs) != 0;
}

static const struct bs_rule *in_text(const struct view *view, enum bs_kind kind)
{
    return view->wording->notice.kinds[kind];
}

static const struct bs_rule *in_subject(const struct view *view, enum bs_kind kind)
{
    return view->wording->subject[kind];
}

static const struct bs_rule *anywhere(const struct view *view, enum bs_kind kind)
{
    const struct bs_wording *wording = view->wording;
    return in_text(view, kind) ? in_text(view, kind) : in_subject(view, kind) ? in_subject(view, kind)
           : wording->from[kind] ? wording->from[kind] : wording->field[kind];
}

static bool any_dsn(const struct bs_rule *const *kinds)
{
    for (size_t i = 0; i < DSN_KINDS; i++) {
        if (kinds[dsn_kinds[i]])
            return true;
    }
    return false;
}

/* The kind of DSN that text and subject speak for most; a delay where they are even, because a warning says what will
 * fail. */
static enum bs_kind which_dsn(const struct view *view)
{
    enum bs_kind best = BS_KIND_DSN_FAILED;
    unsigned most = 0;
    for (size_t i = 0; i < DSN_KINDS; i++) {
        enum bs_kind kind = dsn_kinds[i];
        unsigned votes = (in_text(view, kind) ? 2u : 0) + (in_subject(view, kind) ? 1u : 0);
        if (votes > most) {
            most = votes;
            best = kind;
        }
    }
    return best;
}

/* Whether the text is one that only a program writes, by the weight of its rule. */
static bool is_conclusive(const struct view *view, const char **ret_sign)
{
    for (size_t i = 0; i < DSN_KINDS; i++) {
        const struct bs_rule *rule = in_text(view, dsn_kinds[i]);
        if (rule && rule->weight >= CONCLUSIVE_WEIGHT) {
            *ret_sign = rule->id;
            return true;
        }
    }
    return false;
}

/* A bounce that a list's owner got through the list has the list's fields and envelope. */
static bool is_bounce_to_list(const struct view *view, bool text, bool subject)
{
    if (has(view, BS_SIGN_PERSON) || view->answered)
        return false;
    bool mailer = has(view, BS_SIGN_DAEMON_FROM | BS_SIGN_FAILED_FIELD) || any_dsn(view->wording->from);
    bool other =
        has(view, BS_SIGN_ROBOT_FROM | BS_SIGN_NULL_PATH) || (view->wording->returns && !has(view, BS_SIGN_ANSWERS));
    return (mailer && (text || subject)) || (other && text && subject);
}

/* Whether the notice has an SMTP reply or a status in its own words. */
static bool cites_reply(const struct bs_notice *notice)
{
    struct bs_bytes own = bs_bytes_first(notice->text, notice->own < OPENING ? notice->own : OPENING);
    return bs_text_reply_code(own) != 0 || bs_text_status(own).len > 0;
}

/* Whether the notice names somebody beside its own sender and recipient: whoever could not be reached. */
static bool names_other(const struct view *view)
{
    const struct bs_notice *notice = &view->wording->notice;
    struct bs_bytes rest = bs_bytes_first(notice->text, notice->own < OPENING ? notice->own : OPENING), address;
    const struct bs_header_field *field = view->header->to;
    struct bs_bytes to = field ? bs_bytes_first(field->body, TO_LOOKED_AT_MAX) : bs_bytes(NULL, 0);
    for (unsigned i = 0; i < ADDRESSES_LOOKED_AT_MAX && bs_text_address_next(&rest, &address); i++) {
        bool own = has(view, BS_SIGN_ROBOT_FROM | BS_SIGN_DAEMON_FROM) &&
                   bs_bytes_equal_nocase(address, view->header->from_address);
        if (!own && !bs_bytes_contains_nocase(to, address) && !bs_address_is_daemon(address))
            return true;
    }
    return false;
}

/* A mailer-daemon that names somebody; a postmaster also warns of quotas, and names whom to ask. */
static bool is_unreached(const struct view *view)
{
    return bs_bytes_starts_nocase(view->header->from_address, BS_LITERAL("mailer-daemon")) && names_other(view);
}

/* A postmaster writes letters, too: with a mail program, under an address of a mail system, and cites bounces. */
static bool is_from_person(const struct view *view)
{
    return has(view, BS_SIGN_PERSON) && !has(view, BS_SIGN_NULL_PATH | BS_SIGN_REPORT | BS_SIGN_FAILED_FIELD |
                                                       BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED);
}

/* Whoever imitates a bounce writes HTML under a sender of his own, and has no server's reply. */
static bool is_imitation(const struct view *view)
{
    const struct bs_notice *notice = &view->wording->notice;
    unsigned genuine = BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_PATH | BS_SIGN_AUTO_REPLIED | BS_SIGN_LIST;
    return notice->html && !has(view, genuine) && (has(view, BS_SIGN_OTHER_PATH) || !has(view, BS_SIGN_DAEMON_FROM)) &&
           !cites_reply(notice);
}

/* Whether the signs and the places of the wording together make a bounce; each row of DSN wording alone is what
 * people cite, too. */
static bool is_bounce(const struct view *view, bool text, bool subject, bool field)
{
    const struct bs_wording *wording = view->wording;
    bool returns = wording->returns || has(view, BS_SIGN_REPORT | BS_SIGN_FAILED_FIELD) ||
                   wording->notice.header < wording->notice.text.len;
    bool null = has(view, BS_SIGN_NULL_PATH);
    if (view->answered && !null)
        return false;
    bool plain = has(view, BS_SIGN_DAEMON_FROM) && !has(view, BS_SIGN_PERSON) && !wording->notice.html;
    if ((is_from_person(view) && !(text && subject)) || (!returns && is_imitation(view)))
        return false;
    /* Parcels cannot be delivered in the same words; a bounce names whom, returns what, or cites why. */
    bool tells = returns || cites_reply(&wording->notice) || names_other(view);
    bool mailer = has(view, BS_SIGN_DAEMON_FROM | BS_SIGN_DAEMON_PATH) || any_dsn(wording->from);
    if (view->system)
        return (text && (mailer || subject || tells)) || field || (subject && (returns || plain) && !has(view, BS_SIGN_ANSWERS));
    bool robot = has(view, BS_SIGN_ROBOT_FROM) && !has(view, BS_SIGN_PERSON) && text && subject;
    if (view->human && !robot && has(view, BS_SIGN_AUTO_REPLIED | BS_SIGN_PERSON))
        return false;
    if (has(view, BS_SIGN_FAILED_FIELD))
        return text || (subject && !view->human);
    bool program = has(view, BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED | BS_SIGN_ROBOT_FROM) ||
                   wording->from[BS_KIND_NOTICE];
    return program && text && (subject || field) && tells;
}

static enum bs_kind is_dsn(const struct view *view, const char **ret_sign)
{
    const struct bs_wording *wording = view->wording;
    bool subject = any_dsn(wording->subject), field = any_dsn(wording->field);
    bool text = any_dsn(wording->notice.kinds) &&
                (subject || has(view, BS_SIGN_NULL_PATH | BS_SIGN_FAILED_FIELD) ||
                 opens_with_dsn(&wording->notice, has(view, BS_SIGN_ANSWERS) ? OPENING_OF_ANSWER : OPENING));
    if ((!text && !subject && !field) || wording->baits)
        return BS_KIND_NONE;
    if (has(view, BS_SIGN_RE) &&
        !has(view, BS_SIGN_NULL_PATH | BS_SIGN_FAILED_FIELD | BS_SIGN_REPORT | BS_SIGN_AUTO_REPLIED) &&
        !wording->returns && !subject) /* a postmaster explains */
        return BS_KIND_NONE;
    if (has(view, BS_SIGN_LIST) && !is_bounce_to_list(view, text, subject))
        return BS_KIND_NONE;
    if (has(view, BS_SIGN_ROBOT_FROM) && !has(view, BS_SIGN_PERSON) && is_conclusive(view, ret_sign))
        return which_dsn(view);
    if (!is_bounce(view, text, subject, field))
        return BS_KIND_NONE;
    enum bs_kind kind = which_dsn(view);
    const struct bs_rule *rule = anywhere(view, kind);
    *ret_sign = rule ? rule->id : "wording";
    return kind;
}

/* What says that a scanner wrote the message, in words of a language that nobody wrote rules for. */
static const struct bs_rule *made_by_scanner(const struct view *view)
{
    const struct bs_rule *from = view->wording->from[BS_KIND_NOTICE], *field = view->wording->field[BS_KIND_NOTICE];
    if (any_dsn(view->wording->notice.kinds) || any_dsn(view->wording->subject))
        return NULL;
    if (from && has(view, BS_SIGN_NULL_PATH))
        return from;
    return view->system || has(view, BS_SIGN_ROBOT_FROM) ? field : NULL;
}

/* A notice of a scanner tells what it found before it tells what became of the message. */
static enum bs_kind is_notice(const struct view *view, const char **ret_sign)
{
    const struct bs_notice *notice = &view->wording->notice;
    const struct bs_rule *text = in_text(view, BS_KIND_NOTICE), *subject = in_subject(view, BS_KIND_NOTICE);
    bool fixed = text && text->weight >= CONCLUSIVE_WEIGHT && subject && !has(view, BS_SIGN_ANSWERS | BS_SIGN_PERSON);
    bool program = view->system || has(view, BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED | BS_SIGN_ROBOT_FROM) ||
                   view->wording->from[BS_KIND_NOTICE] || view->wording->field[BS_KIND_NOTICE] || fixed;
    const struct bs_rule *from = view->wording->from[BS_KIND_NOTICE];
    if (has(view, BS_SIGN_LIST) || view->answered || !program || (has(view, BS_SIGN_BULK) && !view->system))
        return BS_KIND_NONE;
    if (!text && !subject) {
        const struct bs_rule *made = made_by_scanner(view);
        *ret_sign = made ? made->id : NULL;
        return made ? BS_KIND_NOTICE : BS_KIND_NONE;
    }
    bool sure = text && text->weight >= SURE_WEIGHT;
    for (size_t i = 0; text && !subject && !sure && i < DSN_KINDS; i++) {
        if (notice->kinds[dsn_kinds[i]] && notice->ends[dsn_kinds[i]] < notice->ends[BS_KIND_NOTICE])
            return BS_KIND_NONE;
    }
    bool scanner = view->system || from || view->wording->field[BS_KIND_NOTICE] || has(view, BS_SIGN_AUTO_REPLIED) ||
                   (has(view, BS_SIGN_AUTO_GENERATED) && (sure || (subject && (text || subject->weight >= SURE_WEIGHT))));
    bool told = text && subject && text->weight >= LIKELY_WEIGHT; /* robots send news of viruses, too */
    if ((!text && !from && any_dsn(notice->kinds)) || (!scanner && !told))
        return BS_KIND_NONE;
    *ret_sign = (text ? text : subject)->id;
    return BS_KIND_NOTICE;
}

/* A text that no person writes opens the message, whatever program sends it: mail programs write receipts. */
static bool opens_with_fixed(const struct view *view, enum bs_kind kind)
{
    const struct bs_rule *text = in_text(view, kind);
    return text && text->weight >= CONCLUSIVE_WEIGHT && view->wording->notice.ends[kind] < OPENING_FIXED;
}

static bool has_link(const struct view *view)
{
    const struct bs_notice *notice = &view->wording->notice;
    return bs_bytes_contains_nocase(bs_bytes_first(notice->text, notice->own), BS_LITERAL("://"));
}

/* A subject that a program writes is also what spam goes by; that comes from somebody, in HTML or with a link. */
static bool may_be_bait(const struct view *view)
{
    return has(view, BS_SIGN_OTHER_PATH) && (view->wording->notice.html || has_link(view));
}

/* Registrations and logins ask to confirm in the same words; they answer nothing. */
static enum bs_kind is_challenge(const struct view *view, const char **ret_sign)
{
    const struct bs_wording *wording = view->wording;
    const struct bs_rule *text = in_text(view, BS_KIND_CHALLENGE), *subject = in_subject(view, BS_KIND_CHALLENGE);
    const struct bs_rule *made = wording->field[BS_KIND_CHALLENGE] ? wording->field[BS_KIND_CHALLENGE]
                                                                  : wording->from[BS_KIND_CHALLENGE];
    bool robot = has(view, BS_SIGN_ROBOT_FROM | BS_SIGN_BULK | BS_SIGN_AUTO_GENERATED);
    bool replied = has(view, BS_SIGN_NULL_PATH | BS_SIGN_AUTO_REPLIED);
    /* of the null sender's mail, registrations have the same text and a link */
    bool alone = !has(view, BS_SIGN_AUTO_REPLIED | BS_SIGN_ANSWERS) && has_link(view) && text &&
                 text->weight < LIKELY_WEIGHT;
    bool reply = (replied && !alone) || (robot && has(view, BS_SIGN_ANSWERS));
    bool named = robot && subject && subject->weight >= LIKELY_WEIGHT;
    bool told = subject && text && text->weight >= LIKELY_WEIGHT && !has(view, BS_SIGN_UNSUBSCRIBE) &&
                (has(view, BS_SIGN_ANSWERS) || !may_be_bait(view));
    bool worded = text && (reply || made || named || told || opens_with_fixed(view, BS_KIND_CHALLENGE));
    bool bounce = has(view, BS_SIGN_FAILED_FIELD) || (any_dsn(wording->subject) && any_dsn(wording->notice.kinds));
    if (bounce && !subject && !made) /* servers' replies tell of allowed senders, too */
        return BS_KIND_NONE;
    if (has(view, BS_SIGN_LIST | BS_SIGN_PERSON | BS_SIGN_FORWARDS) ||
        !(worded || (replied && subject) || (made && (reply || robot || subject))))
        return BS_KIND_NONE;
    *ret_sign = (text ? text : subject ? subject : made)->id;
    return BS_KIND_CHALLENGE;
}

/* How much wording a reply of a program needs without a sign that it is one. */
static bool is_unsigned_reply(const struct view *view, const struct bs_rule *text, const struct bs_rule *subject)
{
    bool sure = subject && subject->weight >= SURE_WEIGHT, sure_text = text && text->weight >= SURE_WEIGHT;
    bool likely = subject && subject->weight >= LIKELY_WEIGHT;
    if (((sure && text) || (likely && sure_text)) && !has(view, BS_SIGN_UNSUBSCRIBE))
        return true;
    if (has(view, BS_SIGN_PERSON | BS_SIGN_UNSUBSCRIBE) || (has(view, BS_SIGN_LIST) && !text))
        return false;
    if (has(view, BS_SIGN_JUNK) && text)
        return true;
    bool vacation = subject && text && text->weight >= USUAL_WEIGHT && has(view, BS_SIGN_OWN_PATH) &&
                    has(view, BS_SIGN_BULK) && !has(view, BS_SIGN_BULK_LIST) && !may_be_bait(view);
    if (has(view, BS_SIGN_BULK | BS_SIGN_GROUPWARE) && !has(view, BS_SIGN_LIST))
        return likely || vacation || (sure_text && has(view, BS_SIGN_BULK));
    return (sure && !may_be_bait(view)) || (sure_text && subject);
}

/* How much wording a reply of a program needs, by the signs that there are. */
static bool is_reply(const struct view *view, const struct bs_rule *text, const struct bs_rule *subject)
{
    bool sure = subject && subject->weight >= SURE_WEIGHT, sure_text = text && text->weight >= SURE_WEIGHT;
    bool likely = subject && subject->weight >= LIKELY_WEIGHT, answers = has(view, BS_SIGN_ANSWERS);
    bool says = text && text->weight >= USUAL_WEIGHT; /* more than thanks, with which people begin, too */
    if (has(view, BS_SIGN_NULL_PATH | BS_SIGN_AUTO_REPLIED))
        return text || subject;
    if (view->answered && !sure)
        return false;
    if (opens_with_fixed(view, BS_KIND_AUTOREPLY) && !has(view, BS_SIGN_PERSON | BS_SIGN_UNSUBSCRIBE | BS_SIGN_LIST))
        return true;
    if (has(view, BS_SIGN_AUTO_GENERATED)) /* what people write in tickets is sent with this sign, and as an answer */
        return likely || (answers && subject) || (sure_text && (subject || answers));
    if (has(view, BS_SIGN_SUPPRESS))
        return likely || (subject && (sure_text || answers));
    if (has(view, BS_SIGN_ROBOT_FROM | BS_SIGN_DAEMON_PATH | BS_SIGN_DAEMON_FROM))
        return sure || (subject && (sure_text || (says && answers)));
    return is_unsigned_reply(view, text, subject);
}

/* What of the null sender's mail is a reply in words that nobody knows: it answers, or has what replies of vacation
 * programs and of Exchange have beside their text. */
static const char *null_sender_sign(const struct view *view)
{
    if (!has(view, BS_SIGN_NULL_PATH) || has(view, BS_SIGN_DAEMON_FROM | BS_SIGN_PERSON) || view->wording->returns ||
        in_subject(view, BS_KIND_OTHER) || any_dsn(view->wording->notice.kinds))
        return NULL;
    bool plain = !has(view, BS_SIGN_ROBOT_FROM) && !view->wording->notice.html && !has_link(view);
    if (plain && has(view, BS_SIGN_BULK) && !has(view, BS_SIGN_LIST | BS_SIGN_UNSUBSCRIBE))
        return "null-sender-precedence";
    if (has(view, BS_SIGN_ANSWERS))
        return "null-sender-answers";
    return has(view, BS_SIGN_GROUPWARE) ? "null-sender-exchange" : NULL;
}

static enum bs_kind is_autoreply(const struct view *view, const char **ret_sign)
{
    const struct bs_rule *text = in_text(view, BS_KIND_AUTOREPLY), *subject = in_subject(view, BS_KIND_AUTOREPLY);
    const struct bs_rule *field = view->wording->field[BS_KIND_AUTOREPLY];
    bool program =
        has(view, BS_SIGN_NULL_PATH | BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED | BS_SIGN_SUPPRESS) || field;
    if (has(view, BS_SIGN_FORWARDS) ||
        (has(view, BS_SIGN_LIST) && (!subject || !(text || program) || has(view, BS_SIGN_PERSON | BS_SIGN_ANSWERS))))
        return BS_KIND_NONE;
    if (is_reply(view, text, subject)) {
        *ret_sign = (subject ? subject : text)->id;
        return BS_KIND_AUTOREPLY;
    }
    if ((field || has(view, BS_SIGN_AUTO_REPLIED)) && !has(view, BS_SIGN_DAEMON_FROM)) {
        *ret_sign = field ? field->id : "auto-replied";
        return BS_KIND_AUTOREPLY;
    }
    const char *silent = null_sender_sign(view);
    if (silent)
        *ret_sign = silent;
    return silent ? BS_KIND_AUTOREPLY : BS_KIND_NONE;
}

/* A receipt or a complaint by its wording: one place with a sign of that kind, or two in what a program made. */
static enum bs_kind is_worded(const struct view *view, enum bs_kind kind, bool sign, const char **ret_sign)
{
    const struct bs_wording *wording = view->wording;
    unsigned places = (in_text(view, kind) ? 1u : 0) + (in_subject(view, kind) ? 1u : 0) +
                      (wording->from[kind] ? 1u : 0) + (wording->field[kind] ? 1u : 0);
    bool program = wording->from[kind] || wording->field[kind] || wording->returns ||
                   has(view, BS_SIGN_ROBOT_FROM | BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED | BS_SIGN_NULL_PATH);
    if (has(view, BS_SIGN_LIST | BS_SIGN_FORWARDS) || places == 0 || (!sign && (places < 2 || !program)))
        return BS_KIND_NONE;
    *ret_sign = anywhere(view, kind)->id;
    return kind;
}

static enum bs_kind is_mdn(const struct view *view, const char **ret_sign)
{
    const struct bs_rule *text = in_text(view, BS_KIND_MDN), *subject = in_subject(view, BS_KIND_MDN);
    bool sure = text && subject && (text->weight >= LIKELY_WEIGHT || subject->weight >= LIKELY_WEIGHT);
    bool fixed = (sure || opens_with_fixed(view, BS_KIND_MDN)) && !has(view, BS_SIGN_RE);
    if (has(view, BS_SIGN_PERSON) && !fixed)
        return BS_KIND_NONE;
    bool both = text && subject && !has(view, BS_SIGN_ROBOT_FROM | BS_SIGN_RE) && !may_be_bait(view);
    bool exchange = /* cases are opened and tasks deleted with this sign, too */
        subject && (text || has(view, BS_SIGN_REPORT)) && has(view, BS_SIGN_SUPPRESS) && !may_be_bait(view);
    bool sign = fixed || both || exchange || has(view, BS_SIGN_NULL_PATH | BS_SIGN_AUTO_REPLIED);
    if (!sign && has(view, BS_SIGN_ROBOT_FROM)) /* "Read: ten books", by a magazine */
        return BS_KIND_NONE;
    return is_worded(view, BS_KIND_MDN, sign, ret_sign);
}

static enum bs_kind is_arf(const struct view *view, const char **ret_sign)
{
    if (has(view, BS_SIGN_PERSON))
        return BS_KIND_NONE;
    return is_worded(view, BS_KIND_ARF, has(view, BS_SIGN_REPORT) || view->wording->field[BS_KIND_ARF], ret_sign);
}

/* A mail system that returns a message in words that nobody knows. */
static enum bs_kind is_return(const struct view *view, const char **ret_sign)
{
    const struct bs_notice *notice = &view->wording->notice;
    if (!view->system || view->answered || has(view, BS_SIGN_PERSON) || view->wording->baits ||
        in_text(view, BS_KIND_OTHER))
        return BS_KIND_NONE;
    bool null = has(view, BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_PATH);
    bool returns = view->wording->returns || notice->header < notice->text.len;
    bool reply = !has(view, BS_SIGN_ANSWERS) && cites_reply(notice);
    bool plain = has(view, BS_SIGN_DAEMON_FROM) && !notice->html;
    if (has(view, BS_SIGN_LIST) && !(has(view, BS_SIGN_DAEMON_FROM) && returns && reply))
        return BS_KIND_NONE;
    bool null_returns = null && (view->wording->returns ||
                                 (plain && has(view, BS_SIGN_NULL_PATH) && (returns || is_unreached(view))));
    if (!has(view, BS_SIGN_REPORT | BS_SIGN_FAILED_FIELD) && !null_returns && !(reply && (returns || plain)))
        return BS_KIND_NONE;
    *ret_sign = "returned-message";
    return BS_KIND_DSN_FAILED;
}

/* A list's program writes to its people with the list's fields, too. */
static enum bs_kind is_administration(const struct view *view, const char **ret_sign)
{
    const struct bs_rule *field = view->wording->field[BS_KIND_OTHER];
    if (has(view, BS_SIGN_PERSON) || view->answered ||
        !(field || (in_subject(view, BS_KIND_OTHER) && in_text(view, BS_KIND_OTHER) && !has(view, BS_SIGN_ANSWERS))))
        return BS_KIND_NONE;
    *ret_sign = anywhere(view, BS_KIND_OTHER)->id;
    return BS_KIND_OTHER;
}

static enum bs_kind is_list(const struct view *view, const char **ret_sign)
{
    const struct bs_rule *rule = anywhere(view, BS_KIND_LIST);
    if (has(view, BS_SIGN_LIST)) {
        *ret_sign = "list-field";
        return BS_KIND_LIST;
    }
    if (has(view, BS_SIGN_UNSUBSCRIBE) || (has(view, BS_SIGN_BULK) && !has(view, BS_SIGN_NULL_PATH))) {
        *ret_sign = rule ? rule->id : "bulk-field";
        return BS_KIND_LIST;
    }
    return BS_KIND_NONE;
}

static enum bs_kind is_other(const struct view *view, const char **ret_sign)
{
    const struct bs_rule *rule = anywhere(view, BS_KIND_OTHER);
    if (has(view, BS_SIGN_PERSON) || view->answered)
        return BS_KIND_NONE;
    if (rule) {
        *ret_sign = rule->id;
        return BS_KIND_OTHER;
    }
    *ret_sign = has(view, BS_SIGN_NULL_PATH)     ? "null-sender"
                : has(view, BS_SIGN_DAEMON_FROM) ? "daemon-sender"
                                                 : "auto-submitted";
    bool daemon = has(view, BS_SIGN_DAEMON_FROM) && !has(view, BS_SIGN_RE); /* a postmaster answers as a person */
    return daemon || has(view, BS_SIGN_NULL_PATH | BS_SIGN_AUTO_GENERATED | BS_SIGN_AUTO_REPLIED | BS_SIGN_REPORT)
               ? BS_KIND_OTHER
               : BS_KIND_NONE;
}

static enum bs_kind (*const conditions[])(const struct view *view, const char **ret_sign) = {
    is_arf, is_mdn, is_challenge, is_notice, is_dsn, is_autoreply, is_return, is_administration, is_list,
    is_other,
};

enum bs_kind bs_kind_choose(const struct bs_header_signs *signs, const struct bs_wording *wording,
                            const char **ret_sign)
{
    struct view view = {.signs = signs->signs, .header = signs, .wording = wording};
    view.system = has(&view, BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_FROM | BS_SIGN_DAEMON_PATH) || any_dsn(wording->from);
    view.human = !has(&view, BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_FROM | BS_SIGN_DAEMON_PATH) &&
                 !any_dsn(wording->from) && has(&view, BS_SIGN_OTHER_PATH | BS_SIGN_PERSON);
    if (has(&view, BS_SIGN_NULL_PATH) && has(&view, BS_SIGN_AUTO_REPLIED))
        view.signs &= ~(unsigned)BS_SIGN_FORWARDS; /* a program answers under the subject of what it got */
    view.answered = has(&view, BS_SIGN_FORWARDS) || (has(&view, BS_SIGN_ANSWERS) && has(&view, BS_SIGN_PERSON));
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        enum bs_kind kind = conditions[i](&view, ret_sign);
        if (kind != BS_KIND_NONE)
            return kind;
    }
    *ret_sign = NULL;
    return BS_KIND_NONE;
}
