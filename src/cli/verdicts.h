/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How verdicts are shown, whichever command came to them: a line and its steps on standard output for people, an object
 * for programs. What strangers wrote goes through bs_output_foreign or a JSON string.
 */
#ifndef BS_CLI_VERDICTS_H
#define BS_CLI_VERDICTS_H

#include "auth/arc.h"
#include "auth/dkim.h"
#include "auth/dmarc.h"
#include "auth/spf.h"

/* JSON has null where there is no text. */
struct bs_bytes bs_verdict_or_null(struct bs_bytes text);
const char *bs_verdict_truth(bool value);

/* `reason` is bs_spf_reason's. */
void bs_verdict_print_spf(const struct bs_spf_result *result, const char *reason);
void bs_verdict_print_spf_steps(const struct bs_spf_result *result, int indent);
/* `facts` are needed for the header fields; NULL leaves them out. */
void bs_verdict_append_spf(const struct bs_spf_facts *facts, const struct bs_spf_result *result, const char *reason,
                           bool explain, struct bs_strbuf *out);

void bs_verdict_print_dkim(const struct bs_dkim_result *result);
void bs_verdict_append_dkim(const struct bs_dkim_result *result, bool explain, struct bs_strbuf *out);

/* Steps of DKIM and ARC, a line each. */
void bs_verdict_print_notes(const struct bs_dkim_note *notes, int indent);

/* The arena holds what is unfolded. */
void bs_verdict_print_arc(const struct bs_arc_result *result);
void bs_verdict_print_arc_hops(const struct bs_arc_result *result, int indent, struct bs_arena *arena);
void bs_verdict_append_arc(const struct bs_arc_result *result, bool explain, struct bs_arena *arena,
                           struct bs_strbuf *out);

void bs_verdict_print_dmarc(const struct bs_dmarc_verdict *verdict);
void bs_verdict_print_dmarc_steps(const struct bs_dmarc_verdict *verdict, struct bs_bytes author, int indent);
/* The members of the object, without its braces. */
void bs_verdict_append_dmarc(const struct bs_dmarc_verdict *verdict, struct bs_bytes author, struct bs_strbuf *out);

/* As `backstop dmarc` exits. */
int bs_verdict_dmarc_status(const struct bs_dmarc_verdict *verdict);

#endif
