/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an audit found: how bad it is, what is wrong, and the repair. Texts are for the administrator; the id is for
 * programs and stays the same from release to release.
 */
#ifndef BS_AUDIT_FINDING_H
#define BS_AUDIT_FINDING_H

#include "base/arena.h"

enum { BS_FINDINGS_MAX = 200 };

enum bs_severity {
    BS_SEVERITY_NOTE,    /* worth knowing; nothing is wrong */
    BS_SEVERITY_WARNING, /* something does not work as it should */
    BS_SEVERITY_SERIOUS, /* mail is lost, deferred or not protected */
    BS_SEVERITY_UNKNOWN, /* it could not be found out */
    BS_SEVERITY_COUNT
};

struct bs_finding {
    enum bs_severity severity;
    const char *id;
    const char *problem;
    const char *repair; /* NULL: none needed */
};

struct bs_findings {
    struct bs_arena *arena; /* holds the texts; borrowed */
    struct bs_finding items[BS_FINDINGS_MAX];
    size_t count;
    bool incomplete; /* there was no room for one more */
};

const char *bs_severity_name(enum bs_severity severity);

void bs_findings_init(struct bs_findings *findings, struct bs_arena *arena);

/* Adds a finding with its problem. `id` must outlive the findings. */
void bs_findings_add(struct bs_findings *findings, enum bs_severity severity, const char *id, const char *problem,
                     ...) __attribute__((format(printf, 4, 5)));

/* Says how to repair what was added last. */
void bs_findings_repair(struct bs_findings *findings, const char *repair, ...) __attribute__((format(printf, 2, 3)));

size_t bs_findings_count(const struct bs_findings *findings, enum bs_severity severity);

/* The finding of that id, or NULL. */
const struct bs_finding *bs_findings_find(const struct bs_findings *findings, const char *id);

#endif
