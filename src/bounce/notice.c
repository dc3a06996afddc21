/* SPDX-License-Identifier: BSD-2-Clause */
/* See notice.h. */
#include "bounce/notice.h"

#include "bounce/returned.h"
#include "bounce/text_lines.h"

/* Where the line begins that a match ends in. */
static size_t line_of(struct bs_bytes text, size_t end)
{
    return bs_text_line_begin(text, end > 0 ? end - 1 : 0);
}

static bool is_quoted(struct bs_bytes text, size_t end)
{
    size_t begin = line_of(text, end);
    while (begin < text.len && (text.ptr[begin] == ' ' || text.ptr[begin] == '\t'))
        begin++;
    if (begin == text.len)
        return false;
    /* |---- is a ruler of smail's, not a mark of quoting. */
    return text.ptr[begin] == '>' || (text.ptr[begin] == '|' && begin + 1 < text.len && text.ptr[begin + 1] == ' ');
}

static void take_role(struct bs_notice *notice, const struct bs_rule_hit *hit)
{
    enum bs_rule_role role = (enum bs_rule_role)hit->rule->concludes;
    if (role == BS_ROLE_RETURNED_BELOW || role == BS_ROLE_QUOTED_BELOW) {
        size_t begin = line_of(notice->text, hit->end);
        if (role == BS_ROLE_RETURNED_BELOW && hit->end < notice->returned)
            notice->returned = hit->end;
        if (begin < notice->own)
            notice->own = begin;
    } else if (notice->role_count < BS_NOTICE_ROLES_MAX) {
        notice->roles[notice->role_count++] = (struct bs_notice_role){role, hit->end};
    }
}

static void take_kind(struct bs_notice *notice, const struct bs_rule_hit *hit)
{
    size_t kind = (size_t)hit->rule->concludes;
    if (kind >= BS_KIND_COUNT || (notice->kinds[kind] && notice->kinds[kind]->weight >= hit->rule->weight))
        return;
    notice->kinds[kind] = hit->rule;
    notice->ends[kind] = hit->end;
}

/* Hits come in the order of their ends, so whatever ends the notice's own words is known before what stands behind. */
static void take_roles(struct bs_notice *notice, const struct bs_rule_hit *hits, size_t count)
{
    for (size_t i = 0; i < count && hits[i].end <= notice->own; i++) {
        if (hits[i].rule->says == BS_RULE_ROLE && !is_quoted(notice->text, hits[i].end))
            take_role(notice, &hits[i]);
    }
}

/* Of the notice's own words, and of the ruler that ends them. */
static void take_kinds(struct bs_notice *notice, const struct bs_rule_hit *hits, size_t count)
{
    size_t end = notice->own;
    if (end < notice->text.len && end != notice->header)
        end += bs_bytes_find(bs_bytes_skip(notice->text, end), '\n');
    for (size_t i = 0; i < count && hits[i].end <= end; i++) {
        if (hits[i].rule->says == BS_RULE_KIND && !is_quoted(notice->text, hits[i].end))
            take_kind(notice, &hits[i]);
    }
}

static void look(struct bs_notice *notice, struct bs_part *part, bool kinds, struct bs_rules_scan *scan)
{
    struct bs_bytes text = bs_part_text(part);
    struct bs_returned_place place = bs_returned_find(text);
    memset(notice, 0, offsetof(struct bs_notice, roles));
    notice->text = text;
    notice->own = notice->returned = text.len;
    notice->html = part->media == BS_MEDIA_HTML;
    notice->verbatim = part->media == BS_MEDIA_TEXT;
    notice->cut = part->cut;
    notice->header = place.begin;
    notice->header_end = place.end;
    if (place.traced)
        notice->own = notice->header;
    struct bs_bytes seen = bs_bytes_first(text, notice->own < BS_NOTICE_SCAN_MAX ? notice->own : BS_NOTICE_SCAN_MAX);
    const struct bs_rule_hit *hits;
    size_t count = kinds ? bs_rules_look(scan, BS_PLACE_TEXT, seen, &hits) : bs_rules_look_for_roles(scan, seen, &hits);
    take_roles(notice, hits, count);
    take_kinds(notice, hits, count);
}

bool bs_notice_is_mute(const struct bs_notice *notice)
{
    for (size_t i = 0; i < BS_KIND_COUNT; i++) {
        if (notice->kinds[i])
            return false;
    }
    return true;
}

static bool is_text(struct bs_part *part)
{
    return !part->returned && (part->media == BS_MEDIA_TEXT || part->media == BS_MEDIA_HTML) &&
           bs_bytes_trim(bs_part_text(part)).len > 0;
}

/* Whether the text says nothing of what is looked for. */
static bool says_nothing(const struct bs_notice *notice, bool kinds)
{
    return kinds ? bs_notice_is_mute(notice) : notice->role_count == 0 && notice->returned == notice->text.len;
}

void bs_notice_read(const struct bs_parts *parts, struct bs_rules_scan *scan, bool kinds, struct bs_notice *ret_notice)
{
    struct bs_notice other, *notice = ret_notice;
    for (size_t i = 0, looked = 0; i < parts->count && looked < BS_NOTICE_TEXTS_MAX; i++) {
        if (!is_text(&parts->items[i]))
            continue;
        look(notice, &parts->items[i], kinds, scan);
        looked++;
        if (!says_nothing(notice, kinds)) {
            if (notice != ret_notice)
                *ret_notice = *notice;
            return;
        }
        notice = &other;
    }
    if (notice == ret_notice)
        *ret_notice = (struct bs_notice){0};
}
