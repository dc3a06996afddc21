/* SPDX-License-Identifier: BSD-2-Clause */
/* See kind_choice.h: finds the facts about a message, and the first row of kind_rows.h whose facts hold. */
#include "bounce/kind_choice.h"

#include "bounce/kind_rows.h"
#include "bounce/notice_signs.h"

enum {
    OPENING_OF_ANSWER = 200, /* bytes in which a message that answers another says that it is a bounce */
    OPENING_FIXED = 80,      /* the first sentence, before which nobody said a word of his own */
};

/* What is known of the message whose kind is to be chosen. */
struct view {
    const struct bs_header_signs *signs;
    const struct bs_wording *wording;
    uint64_t whole;   /* facts whatever the kind is */
    uint64_t facts;   /* those, and the facts of the kind in question */
    uint64_t unknown; /* facts that nobody looked for yet */
};

static const enum bs_kind dsn_kinds[] = {BS_KIND_DSN_DELAYED, BS_KIND_DSN_FAILED, BS_KIND_DSN_SUCCESS};
enum { DSN_KINDS = sizeof dsn_kinds / sizeof dsn_kinds[0] };

static bool any_dsn(const struct bs_rule *const *rules)
{
    return rules[BS_KIND_DSN_DELAYED] || rules[BS_KIND_DSN_FAILED] || rules[BS_KIND_DSN_SUCCESS];
}

static uint64_t facts_of_kind(const struct bs_wording *wording, unsigned kind)
{
    static const struct {
        unsigned weight;
        uint64_t text, subject;
    } levels[] = {{0, TEXT, SUBJECT}, {50, TEXT_USUAL, 0}, {70, TEXT_LIKELY, SUBJECT_LIKELY},
                  {80, TEXT_SURE, SUBJECT_SURE}, {90, TEXT_FIXED, 0}};
    const struct bs_rule *text = wording->notice.kinds[kind], *subject = wording->subject[kind];
    uint64_t facts = (wording->from[kind] ? FROM : 0) | (wording->field[kind] ? FIELD : 0);
    for (size_t i = 0; (text || subject) && i < sizeof levels / sizeof levels[0]; i++) {
        facts |= text && text->weight >= levels[i].weight ? levels[i].text : 0;
        facts |= subject && subject->weight >= levels[i].weight ? levels[i].subject : 0;
    }
    if (facts & TEXT_FIXED && wording->notice.ends[kind] < OPENING_FIXED)
        facts |= TEXT_OPENS;
    uint64_t places = facts & WORDED;
    return places & (places - 1) ? facts | TWO_PLACES : facts;
}

/* Whether the text words a bounce where one would, or something else says the same. */
static bool counts_as_dsn(const struct view *view)
{
    size_t opening = view->whole & ANSWERS ? OPENING_OF_ANSWER : BS_NOTICE_OPENING;
    return view->whole & (DSN_SUBJECT | NULL_PATH | FAILED_FIELD) ||
           bs_notice_opens_with_dsn(&view->wording->notice, opening);
}

static uint64_t facts_of_dsn(const struct view *view)
{
    uint64_t facts = 0;
    for (size_t i = 0; i < DSN_KINDS; i++)
        facts |= facts_of_kind(view->wording, dsn_kinds[i]);
    return facts & TEXT && !counts_as_dsn(view) ? facts & ~TEXT : facts;
}

/* Whether a bounce's wording ends before that of a scanner's notice. */
static bool dsn_is_first(const struct bs_notice *notice)
{
    return bs_notice_opens_with_dsn(notice, notice->kinds[BS_KIND_NOTICE] ? notice->ends[BS_KIND_NOTICE] : 0);
}

static uint64_t facts_of_wording(const struct bs_wording *wording)
{
    const struct bs_notice *notice = &wording->notice;
    return (any_dsn(notice->kinds) ? DSN_TEXT : 0) | (any_dsn(wording->subject) ? DSN_SUBJECT : 0) |
           (any_dsn(wording->from) ? DSN_FROM : 0) | (dsn_is_first(notice) ? DSN_FIRST : 0) |
           (wording->from[BS_KIND_NOTICE] ? NOTICE_FROM : 0) | (notice->kinds[BS_KIND_OTHER] ? OTHER_TEXT : 0) |
           (wording->subject[BS_KIND_OTHER] ? OTHER_SUBJECT : 0) | (wording->returns ? RETURNED_PART : 0) |
           (notice->header < notice->text.len ? SEEN_HEADER : 0) | (wording->baits ? BAIT : 0) |
           (notice->html ? HTML : 0);
}

static struct view begin_view(const struct bs_header_signs *signs, const struct bs_wording *wording)
{
    uint64_t facts = signs->signs | facts_of_wording(wording);
    if ((facts & REPLIED) == REPLIED)
        facts &= ~(uint64_t)FORWARDS; /* a program answers under the subject of what it got */
    if (facts & (MAILER | NULL_PATH))
        facts |= SYSTEM;
    if (facts & FORWARDS || (facts & ANSWERS && facts & PERSON))
        facts |= ANSWERED;
    if (bs_bytes_starts_nocase(signs->from_address, BS_LITERAL("mailer-daemon")))
        facts |= MAILER_FROM;
    return (struct view){signs, wording, facts, facts, LINK | LURE | CITED | NAMED};
}

static bool look_for(const struct view *view, uint64_t fact)
{
    const struct bs_notice *notice = &view->wording->notice;
    if (fact == CITED)
        return bs_notice_cites_reply(notice);
    if (fact == NAMED)
        return bs_notice_names_other(notice, view->signs);
    if (fact == LURE && (view->facts & OTHER_PATH) == 0)
        return false;
    return (fact == LURE && notice->html) || bs_notice_has_link(notice);
}

/* Whether the facts of the row hold. What is unknown is looked for one by one, as long as the answer hangs on it. */
static bool holds(struct view *view, const struct row *row)
{
    for (;;) {
        uint64_t facts = view->facts, possible = facts | view->unknown;
        if ((row->all & ~possible) != 0 || (row->none & facts) != 0 || (row->any != 0 && (row->any & possible) == 0) ||
            (row->and_any != 0 && (row->and_any & possible) == 0))
            return false;
        uint64_t open = row->all | row->none | (row->any & facts ? 0 : row->any) |
                        (row->and_any & facts ? 0 : row->and_any);
        uint64_t next = open & view->unknown & -(open & view->unknown);
        if (next == 0)
            return true;
        uint64_t found = look_for(view, next) ? next : 0;
        view->unknown &= ~next;
        view->whole |= found;
        view->facts |= found;
    }
}

/* A delay where they are even, because a warning says what will fail. */
static enum bs_kind which_dsn(const struct bs_wording *wording)
{
    enum bs_kind best = BS_KIND_DSN_FAILED;
    unsigned most = 0;
    for (size_t i = 0; i < DSN_KINDS; i++) {
        enum bs_kind kind = dsn_kinds[i];
        unsigned votes = (wording->notice.kinds[kind] ? 2u : 0) + (wording->subject[kind] ? 1u : 0);
        if (votes > most) {
            most = votes;
            best = kind;
        }
    }
    return best;
}

/* The first text of a bounce that no person writes. */
static const struct bs_rule *fixed_dsn_text(const struct bs_wording *wording)
{
    for (size_t i = 0; i < DSN_KINDS; i++) {
        const struct bs_rule *rule = wording->notice.kinds[dsn_kinds[i]];
        if (rule && facts_of_kind(wording, dsn_kinds[i]) & TEXT_FIXED)
            return rule;
    }
    return NULL;
}

static const struct bs_rule *rule_at(const struct bs_wording *wording, enum place place, enum bs_kind kind)
{
    switch (place) {
    case IN_TEXT:
        return wording->notice.kinds[kind];
    case IN_SUBJECT:
        return wording->subject[kind];
    case IN_FROM:
        return wording->from[kind];
    case IN_FIELD:
        return wording->field[kind];
    case IN_FIXED_TEXT:
        return fixed_dsn_text(wording);
    default:
        return NULL;
    }
}

static const char *sign_of(const struct bs_wording *wording, const struct row *row, const enum place *order,
                           enum bs_kind kind)
{
    if (row->sign)
        return row->sign;
    const struct bs_rule *rule = rule_at(wording, row->at, kind);
    for (size_t i = 0; !rule && i < PLACES; i++)
        rule = rule_at(wording, order[i], kind);
    return rule ? rule->id : "wording";
}

/* NULL: none holds. */
static const struct row *first_that_holds(struct view *view, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (holds(view, &rows[i]))
            return &rows[i];
    }
    return NULL;
}

enum bs_kind bs_kind_choose(const struct bs_header_signs *signs, const struct bs_wording *wording,
                            const char **ret_sign)
{
    struct view view = begin_view(signs, wording);
    *ret_sign = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        bool dsn = kinds[i].kind == WHICH_DSN;
        view.facts = view.whole | (dsn ? facts_of_dsn(&view) : facts_of_kind(wording, kinds[i].kind));
        const struct row *row = first_that_holds(&view, kinds[i].rows, kinds[i].count);
        if (!row || row->verdict == NOT)
            continue;
        enum bs_kind kind = dsn ? which_dsn(wording) : (enum bs_kind)kinds[i].kind;
        *ret_sign = sign_of(wording, row, kinds[i].order, kind);
        return kind;
    }
    return BS_KIND_NONE;
}
