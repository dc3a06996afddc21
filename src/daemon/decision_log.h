/* SPDX-License-Identifier: BSD-2-Clause */
/* The log line of a decision. */
#ifndef BS_DAEMON_DECISION_LOG_H
#define BS_DAEMON_DECISION_LOG_H

#include "engine/session.h"

/*
 * Writes one line: `decision=refuse reason=tag-forged queue-id=4XyZ client=192.0.2.1 from=<> to=<…>`, then
 * `signed=<…>`, `days-left=N`, `by=mta` and `observe=yes` where they apply. `by=mta` means that the MTA refused the
 * recipient itself, with its own reply, because its map does not know such a tag. `observe=yes` means that the domain only
 * observes: the reason would have refused. Blanks, controls, quotes and backslashes in addresses are written \xHH,
 * so that every value is one word. `context` is not used; the signature is that of a session's report.
 */
void bs_decision_log(void *context, const struct bs_report *report);

/* The text of that line. */
void bs_decision_format(struct bs_strbuf *out, const struct bs_report *report);

#endif
