/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS of a scenario: canned answers, given at once, later, or never. */
#ifndef BS_TESTS_SCENARIOS_ANSWERS_H
#define BS_TESTS_SCENARIOS_ANSWERS_H

#include "ask/canned.h"
#include "engine/asker.h"

enum answers_when { ANSWERS_AT_ONCE, ANSWERS_LATER, ANSWERS_NEVER };

/* Who answers. A session asks it with the asker below; the context of the session's host begins with it. */
struct answerer {
    enum answers_when when;
    struct bs_arena arena;
    struct bs_canned canned;
    struct inquiry *open;   /* the one of the message under way; NULL without questions */
};

extern const struct bs_asker answers_asker;

/* Reads the zone; false with an error. */
bool answers_read(struct answerer *answerer, struct bs_bytes zone, const char *file, struct bs_error *ret_error);
void answers_free(struct answerer *answerer);

/* Gives the answers that are due; false where there were none. */
bool answers_deliver(struct answerer *answerer);

#endif
