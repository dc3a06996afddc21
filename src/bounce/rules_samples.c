/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_samples.h. */
#include "bounce/rules_samples.h"

#include "bounce/kind.h"

#include <stdio.h>

enum { SHOWN_MAX = 60 }; /* bytes of a sample or a pattern that a failure repeats */

struct trial {
    struct bs_rules_scan *scan;
    const struct bs_rule_entry *entry;
    void (*report)(void *context, const char *text);
    void *context;
    size_t failures;
    const struct bs_rule_string *pattern; /* that is looked for */
    bool matched;                         /* and was seen */
};

static void complain(struct trial *trial, const struct bs_rule_string *string, const char *what,
                     const char *whom)
{
    char text[BS_ERROR_TEXT];
    const char *more = string->text.len > SHOWN_MAX ? "..." : "";
    snprintf(text, sizeof text, "%s:%d: %s %s%s: \"%.*s%s\"", trial->entry->file, string->line,
             trial->entry->rule.id, what, whom, (int)bs_bytes_first(string->text, SHOWN_MAX).len,
             string->text.ptr, more);
    trial->report(trial->context, text);
    trial->failures++;
}

/* Whether the rule matches the text; complains of rules that contradict it. */
static bool is_hit(struct trial *trial, const struct bs_rule_string *string, bool contradicting)
{
    const struct bs_rule *rule = &trial->entry->rule;
    const struct bs_rule_hit *hits;
    size_t count = bs_rules_look(trial->scan, rule->place, string->text, &hits);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const struct bs_rule *other = hits[i].rule;
        found = found || other == rule;
        if (contradicting && rule->says == BS_RULE_KIND && other->says == BS_RULE_KIND &&
            other->concludes != rule->concludes)
            complain(trial, string, "has a sample for which another kind is concluded by ",
                     other->id);
    }
    return found;
}

static void see(void *context, const struct bs_rule_entry *entry,
                const struct bs_rule_string *pattern)
{
    struct trial *trial = context;
    (void)entry;
    trial->matched = trial->matched || pattern == trial->pattern;
}

/* Whether one of the samples is matched by this very pattern. */
static bool has_sample(struct trial *trial, const struct bs_rule_string *pattern)
{
    const struct bs_rules_witness witness = {see, trial};
    const struct bs_rule_hit *hits;
    trial->pattern = pattern;
    trial->matched = false;
    for (const struct bs_rule_string *sample = trial->entry->samples.first;
         sample && !trial->matched; sample = sample->next)
        bs_rules_look_closely(trial->scan, trial->entry->rule.place, sample->text, &witness, &hits);
    return trial->matched;
}

size_t bs_rules_try(struct bs_rules_scan *scan, const struct bs_rule_entry *entry,
                    void (*report)(void *context, const char *text), void *context)
{
    struct trial trial = {.scan = scan, .entry = entry, .report = report, .context = context};
    for (const struct bs_rule_string *sample = entry->samples.first; sample;
         sample = sample->next) {
        if (!is_hit(&trial, sample, true))
            complain(&trial, sample, "does not match its sample", "");
    }
    for (const struct bs_rule_string *unlike = entry->unlikes.first; unlike;
         unlike = unlike->next) {
        if (is_hit(&trial, unlike, false))
            complain(&trial, unlike, "matches a text that it must not match", "");
    }
    for (const struct bs_rule_string *match = entry->matches.first; match; match = match->next) {
        if (!has_sample(&trial, match))
            complain(&trial, match, "has no sample for its pattern", "");
    }
    return trial.failures;
}
