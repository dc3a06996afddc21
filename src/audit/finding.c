/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of findings; see finding.h. */
#include "audit/finding.h"

#include "base/strbuf.h"

enum { TEXT_MAX = 16 * 1024 }; /* bytes of one problem or repair */

const char *bs_severity_name(enum bs_severity severity)
{
    static const char *const names[BS_SEVERITY_COUNT] = {
        [BS_SEVERITY_NOTE] = "note",
        [BS_SEVERITY_WARNING] = "warning",
        [BS_SEVERITY_SERIOUS] = "serious",
        [BS_SEVERITY_UNKNOWN] = "unknown",
    };
    return names[severity];
}

void bs_findings_init(struct bs_findings *findings, struct bs_arena *arena)
{
    *findings = (struct bs_findings){.arena = arena};
}

/* NULL past a limit. */
static const char *keep_text(struct bs_findings *findings, const char *format, va_list args)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, TEXT_MAX);
    bs_strbuf_vprintf(&text, format, args);
    const char *kept = text.failed ? NULL : bs_arena_copy(findings->arena, bs_strbuf_bytes(&text)).ptr;
    bs_strbuf_free(&text);
    findings->incomplete = findings->incomplete || !kept;
    return kept;
}

void bs_findings_add(struct bs_findings *findings, enum bs_severity severity, const char *id, const char *problem,
                     ...)
{
    va_list args;
    if (findings->count == BS_FINDINGS_MAX) {
        findings->incomplete = true;
        return;
    }
    va_start(args, problem);
    const char *text = keep_text(findings, problem, args);
    va_end(args);
    findings->items[findings->count++] =
        (struct bs_finding){.severity = severity, .id = id, .problem = text ? text : "(too long to be told)"};
}

void bs_findings_repair(struct bs_findings *findings, const char *repair, ...)
{
    va_list args;
    if (findings->count == 0)
        return;
    va_start(args, repair);
    findings->items[findings->count - 1].repair = keep_text(findings, repair, args);
    va_end(args);
}

size_t bs_findings_count(const struct bs_findings *findings, enum bs_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (findings->items[i].severity == severity)
            count++;
    }
    return count;
}

const struct bs_finding *bs_findings_find(const struct bs_findings *findings, const char *id)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].id, id) == 0)
            return &findings->items[i];
    }
    return NULL;
}
