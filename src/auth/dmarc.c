/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy and alignment; see dmarc.h. */
#include "auth/dmarc.h"

#include "auth/dkim_name.h"
#include "auth/dmarc_walk.h"

/* One judgement under way. */
struct check {
    const struct bs_dmarc_facts *facts;
    const struct bs_answers *known;
    struct bs_arena *arena;
    struct bs_questions *missing;
    bool memory;  /* there was enough */
    bool waiting; /* an answer is not known yet */
    bool failed;  /* DNS failed where it might have shown an alignment */
    struct bs_dmarc_walk author;
};

const char *bs_dmarc_result_name(enum bs_dmarc_result result)
{
    static const char *const names[] = {
        [BS_DMARC_RESULT_NONE] = "none",           [BS_DMARC_RESULT_PASS] = "pass",
        [BS_DMARC_RESULT_FAIL] = "fail",           [BS_DMARC_RESULT_TEMPERROR] = "temperror",
        [BS_DMARC_RESULT_PERMERROR] = "permerror",
    };
    return names[result];
}

/* --- Alignment (section 4.4) -------------------------------------------------------------------------------- */

/* An Organizational Domain is the domain itself or above it, so a domain elsewhere in the tree cannot have the author's,
 * whatever DNS says or fails to say of it: a stranger's DNS must not make a forgery's verdict an error. As long as the
 * author's is not known, it is somewhere in his top-level domain. */
static bool may_be_same_organization(const struct check *check, struct bs_bytes domain)
{
    struct bs_bytes author = check->author.start;
    size_t dot = bs_bytes_find_last(author, '.');
    if (!check->author.waiting && !check->author.failed)
        return bs_dkim_is_within(domain, bs_dmarc_organization(&check->author));
    return bs_dkim_is_within(domain, bs_bytes_skip(author, dot < author.len ? dot + 1 : 0));
}

static bool same_organization(struct check *check, struct bs_bytes domain)
{
    struct bs_dmarc_walk walk;
    if (!may_be_same_organization(check, domain))
        return false;
    if (!bs_dmarc_walk(domain, check->known, check->arena, &walk, check->missing)) {
        check->memory = false;
        return false;
    }
    check->waiting = check->waiting || walk.waiting;
    if (walk.waiting || check->author.waiting)
        return false;
    if (walk.failed || check->author.failed) {
        check->failed = true;
        return false;
    }
    return bs_bytes_equal_nocase(bs_dmarc_organization(&walk), bs_dmarc_organization(&check->author));
}

/* Whether the identifier passed and concerns the Author Domain. */
static bool is_aligned(struct check *check, const struct bs_dmarc_identifier *identifier, bool strict)
{
    if (!bs_dns_name_is_valid(identifier->domain))
        return false;
    bool same = bs_bytes_equal_nocase(identifier->domain, check->facts->author);
    if (identifier->evidence == BS_DMARC_FAILED || (strict && !same))
        return false;
    if (!same && !same_organization(check, identifier->domain))
        return false;
    if (identifier->evidence == BS_DMARC_TEMPERROR)
        check->failed = true;
    return identifier->evidence == BS_DMARC_PASSED;
}

static bool any_dkim_aligned(struct check *check, bool strict)
{
    bool aligned = false;
    for (size_t i = 0; i < check->facts->dkim_count && i < BS_DMARC_IDENTIFIERS_MAX; i++)
        aligned = is_aligned(check, &check->facts->dkim[i], strict) || aligned;
    return aligned;
}

/* --- Policy (section 4.7 and 4.10.1) ------------------------------------------------------------------------ */

/* The record that holds for the Author Domain: its own, its Organizational Domain's, its public suffix's. */
static const struct bs_dmarc_found *find_policy_record(const struct bs_dmarc_walk *walk)
{
    struct bs_bytes organization = bs_dmarc_organization(walk);
    for (size_t i = 0; i < walk->count; i++) {
        if (bs_bytes_equal_nocase(walk->found[i].name, walk->start))
            return &walk->found[i];
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (bs_bytes_equal_nocase(walk->found[i].name, organization))
            return &walk->found[i];
    }
    const struct bs_dmarc_found *last = walk->count > 0 ? &walk->found[walk->count - 1] : NULL;
    return last && last->record.psd == BS_DMARC_PSD_YES ? last : NULL;
}

/* Whether the Author Domain does not exist: NXDOMAIN, which holds for all types, and not NODATA. */
static bool author_does_not_exist(struct check *check)
{
    const struct bs_dns_answer *answer =
        bs_ask_dns(check->known, check->missing, check->facts->author, BS_DNS_A);
    if (!answer) {
        check->waiting = true;
        return false;
    }
    check->failed = check->failed || bs_dns_failed(answer);
    return answer->status == BS_DNS_NXDOMAIN;
}

/* What a record of a domain above asks for. */
static enum bs_dmarc_policy inherited_policy(struct check *check, const struct bs_dmarc_record *record)
{
    enum bs_dmarc_policy below = record->sp != BS_DMARC_UNSET ? record->sp : record->p;
    if (record->np == BS_DMARC_UNSET || record->np == below)
        return below;
    return author_does_not_exist(check) ? record->np : below;
}

static bool is_policy(enum bs_dmarc_policy policy)
{
    return policy != BS_DMARC_UNSET && policy != BS_DMARC_INVALID;
}

/* A record without a policy that can be read still asks for reports, and counts as p=none if it does. */
static enum bs_dmarc_policy published_policy(struct check *check, const struct bs_dmarc_found *found)
{
    const struct bs_dmarc_record *record = &found->record;
    if (!is_policy(record->p) || record->sp == BS_DMARC_INVALID || record->np == BS_DMARC_INVALID)
        return record->has_report_uri ? BS_DMARC_NONE : BS_DMARC_UNSET;
    bool own = bs_bytes_equal_nocase(found->name, check->facts->author);
    return own ? record->p : inherited_policy(check, record);
}

static enum bs_dmarc_policy one_level_less(enum bs_dmarc_policy policy)
{
    return policy == BS_DMARC_REJECT ? BS_DMARC_QUARANTINE : BS_DMARC_NONE;
}

/* --- The verdict -------------------------------------------------------------------------------------------- */

static enum bs_step finish(struct bs_dmarc_verdict *verdict, enum bs_dmarc_result result, const char *reason)
{
    verdict->result = result;
    verdict->reason = reason;
    verdict->disposition = BS_DMARC_NONE;
    if (result == BS_DMARC_RESULT_FAIL)
        verdict->disposition = verdict->testing ? one_level_less(verdict->published) : verdict->published;
    return BS_DONE;
}

/* With a policy known: are the identifiers aligned? */
static enum bs_step judge_alignment(struct check *check, const struct bs_dmarc_record *record,
                                    struct bs_dmarc_verdict *verdict)
{
    verdict->spf_aligned = is_aligned(check, &check->facts->spf, record->strict_spf);
    verdict->dkim_aligned = any_dkim_aligned(check, record->strict_dkim);
    if (!check->memory)
        return BS_ERROR;
    if (verdict->spf_aligned || verdict->dkim_aligned)
        return finish(verdict, BS_DMARC_RESULT_PASS, "an identifier that passed is aligned with the author domain");
    if (check->waiting)
        return BS_ASK;
    if (check->failed)
        return finish(verdict, BS_DMARC_RESULT_TEMPERROR, "DNS failed where an identifier might have been aligned");
    return finish(verdict, BS_DMARC_RESULT_FAIL, "no identifier that passed is aligned with the author domain");
}

/* Asks for what alignment will need beside the author's walk, so that one round serves both. */
static void ask_ahead(struct check *check)
{
    if (check->facts->spf.domain.len > 0)
        is_aligned(check, &check->facts->spf, false);
    any_dkim_aligned(check, false);
}

enum bs_step bs_dmarc_check(const struct bs_dmarc_facts *facts, const struct bs_answers *known,
                            struct bs_arena *arena, struct bs_dmarc_verdict *ret_verdict,
                            struct bs_questions *ret_missing)
{
    struct check check = {.facts = facts, .known = known, .arena = arena, .missing = ret_missing, .memory = true};
    *ret_verdict = (struct bs_dmarc_verdict){.disposition = BS_DMARC_NONE};
    if (!bs_dns_name_is_valid(facts->author))
        return finish(ret_verdict, BS_DMARC_RESULT_PERMERROR, "the author domain is no domain");
    if (!bs_dmarc_walk(facts->author, known, arena, &check.author, ret_missing))
        return BS_ERROR;
    if (check.author.waiting) {
        ask_ahead(&check);
        return check.memory ? BS_ASK : BS_ERROR;
    }
    const struct bs_dmarc_found *found = find_policy_record(&check.author);
    ret_verdict->organization = bs_dmarc_organization(&check.author);
    if (check.author.failed && (!found || found->name.len != facts->author.len))
        return finish(ret_verdict, BS_DMARC_RESULT_TEMPERROR, "DNS failed before a policy record was found");
    ret_verdict->published = found ? published_policy(&check, found) : BS_DMARC_UNSET;
    if (check.waiting)
        return BS_ASK;
    if (check.failed)
        return finish(ret_verdict, BS_DMARC_RESULT_TEMPERROR, "DNS failed to say whether the author domain exists");
    if (ret_verdict->published == BS_DMARC_UNSET)
        return finish(ret_verdict, BS_DMARC_RESULT_NONE,
                      found ? "the policy record has no policy that can be read" : "there is no policy record");
    ret_verdict->policy_domain = found->name;
    ret_verdict->testing = found->record.testing;
    return judge_alignment(&check, &found->record, ret_verdict);
}
