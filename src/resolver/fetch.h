/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The questions of one message or judgement, all asked at once, their answers put where the judgement looks for them:
 *
 *     run the judgement; while it says BS_ASK:
 *         if (bs_fetch_add(fetch, &missing)) wait for `settled`;
 *         if (bs_fetch_failed(fetch)) give up; else run it again
 *
 * Questions may also be added before anybody needs the answers.
 */
#ifndef BS_RESOLVER_FETCH_H
#define BS_RESOLVER_FETCH_H

#include "ask/ask.h"
#include "resolver/resolver.h"

/*
 * `answers` is borrowed and filled as answers come, until bs_fetch_free; it may be read at any time. After
 * `questions_max` questions, cached ones included, every further one is answered TIMEOUT. `settled` is called from the event loop, never from
 * within bs_fetch_add, when the last question that was outstanding has its answer; it may add questions, and free the
 * fetch. NULL without memory.
 */
struct bs_fetch *bs_fetch_new(struct bs_resolver *resolver, struct bs_answers *answers, unsigned questions_max,
                              void (*settled)(void *context), void *context);

/* Cancels what is outstanding: nothing is called or filled any more. */
void bs_fetch_free(struct bs_fetch *fetch);

/*
 * Asks the questions, but for those that are answered or outstanding. The answers that the cache has are there on
 * return. Returns whether anything is outstanding, be it from earlier: only then will `settled` be called, once for all
 * that is outstanding. (One that an earlier answer has brought about may still come; it then finds all answered.)
 */
bool bs_fetch_add(struct bs_fetch *fetch, const struct bs_questions *questions);

size_t bs_fetch_outstanding(const struct bs_fetch *fetch);

/* Whether the memory of the answers was full, so that some are missing and no question is asked any more. */
bool bs_fetch_failed(const struct bs_fetch *fetch);

#endif
