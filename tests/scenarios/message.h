/* SPDX-License-Identifier: BSD-2-Clause */
/* A message as the MTA of a scenario has it: what the client sent, and what the filter had changed. */
#ifndef BS_TESTS_SCENARIOS_MESSAGE_H
#define BS_TESTS_SCENARIOS_MESSAGE_H

#include "wire/milter_peer.h"

struct message {
    char **fields; /* `Name: value`, folded with LF, each with its line end */
    size_t count;
    struct bs_strbuf body;
    char held[256]; /* why it is quarantined; empty: it is not */
};

void message_clear(struct message *message);

/* Reads header and body out of a text with LF for line ends. */
void message_read(struct message *message, struct bs_bytes text);
void message_write(const struct message *message, struct bs_strbuf *out);

/* Does what the filter says; false for what is no change of the message. */
bool message_change(struct message *message, const struct bs_milter_answer *change);

/* Whether a field, unfolded, holds the text. */
bool message_has(const struct message *message, const char *text);

#endif
