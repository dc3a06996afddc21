/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets answers for a session: the daemon asks the network, a scenario its canned answers. The engine does no I/O,
 * so it is told how to ask, and told to go on (bs_session_resume) when the answers are there.
 */
#ifndef BS_ENGINE_ASKER_H
#define BS_ENGINE_ASKER_H

#include "ask/ask.h"

struct bs_asker {
    /* An inquiry for one message; what is answered is added to `answers`, which outlive it. NULL without memory.
     * `context` is the session's. */
    void *(*begin)(void *context, struct bs_answers *answers);
    /* Asks all, none twice. Returns whether answers are still outstanding; if so the session is resumed when none is. */
    bool (*ask)(void *inquiry, const struct bs_questions *questions);
    /* Gives up what is outstanding: nothing is added or resumed after it. */
    void (*end)(void *inquiry);
};

#endif
