/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds one input to a parser in every way that must come to the same: whole, byte by byte, and with its last byte
 * right before an unreadable page, so that reading one byte too far is a crash and not luck. For unit tests and
 * fuzz targets; needs no test library.
 *
 * A parser shows itself by three functions. `take` reads what it can from the front of the input, writes what it
 * found into the log as text, and returns how many bytes it took, or FEED_STOP where it wants no more; what it left
 * comes again with more behind it. A parser that needs all of its input at once waits until `last` is true.
 */
#ifndef BS_TESTS_FEED_H
#define BS_TESTS_FEED_H

#include "base/bytes.h"
#include "base/strbuf.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FEED_STOP SIZE_MAX

enum {
    FEED_LOG_MAX = 64 << 20, /* bytes in a log */
    FEED_PIECES_MAX = 4096,  /* an input longer than this comes in as many pieces, not in single bytes */
};

struct feed {
    void (*begin)(void *state);
    size_t (*take)(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log);
    void *state;
};

/* Bytes that end right before an unreadable page. */
struct feed_guarded {
    char *map;
    size_t map_size;
    char *end; /* the unreadable page */
};

static inline void feed_guard(struct feed_guarded *guarded, size_t capacity)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t readable = (capacity / page + 1) * page;
    guarded->map_size = readable + page;
    guarded->map = mmap(NULL, guarded->map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded->map == MAP_FAILED || mprotect(guarded->map + readable, page, PROT_NONE) != 0)
        abort();
    guarded->end = guarded->map + readable;
}

/* The bytes, moved so that they end at the unreadable page; at most what feed_guard was given. */
static inline struct bs_bytes feed_place(struct feed_guarded *guarded, struct bs_bytes bytes)
{
    if (bytes.len > 0)
        memmove(guarded->end - bytes.len, bytes.ptr, bytes.len);
    return bs_bytes(guarded->end - bytes.len, bytes.len);
}

static inline void feed_unguard(struct feed_guarded *guarded)
{
    munmap(guarded->map, guarded->map_size);
}

/* Feeds pieces of `step` bytes, each time all that was not taken yet, right before the unreadable page. */
static inline void feed_in_steps(const struct feed *feed, struct bs_bytes input, size_t step, struct bs_strbuf *log)
{
    struct feed_guarded guarded;
    feed_guard(&guarded, input.len);
    feed->begin(feed->state);
    size_t taken = 0;
    size_t known = 0;
    do {
        known = input.len - known > step ? known + step : input.len;
        struct bs_bytes shown = bs_bytes_skip(bs_bytes_first(input, known), taken);
        size_t count = feed->take(feed->state, feed_place(&guarded, shown), known == input.len, log);
        if (count == FEED_STOP)
            break;
        taken += count;
    } while (known < input.len);
    feed_unguard(&guarded);
}

/* Feeds the whole from memory that holds nothing else, so that tools which watch the heap see both of its ends. */
static inline void feed_whole(const struct feed *feed, struct bs_bytes input, struct bs_strbuf *log)
{
    char *copy = malloc(input.len > 0 ? input.len : 1);
    if (!copy)
        abort();
    if (input.len > 0)
        memcpy(copy, input.ptr, input.len);
    feed->begin(feed->state);
    feed->take(feed->state, bs_bytes(copy, input.len), true, log);
    free(copy);
}

/* Feeds in every way. ret_log is what came of the whole input; free it. Returns NULL, or the way in which
 * something else came of it, which ret_other then holds. */
static inline const char *feed_every_way(const struct feed *feed, struct bs_bytes input, struct bs_strbuf *ret_log,
                                         struct bs_strbuf *ret_other)
{
    bs_strbuf_init(ret_log, FEED_LOG_MAX);
    bs_strbuf_init(ret_other, FEED_LOG_MAX);
    feed_whole(feed, input, ret_log);
    feed_in_steps(feed, input, input.len, ret_other);
    if (!bs_bytes_equal(bs_strbuf_bytes(ret_log), bs_strbuf_bytes(ret_other)))
        return "right before an unreadable page";
    bs_strbuf_free(ret_other);
    feed_in_steps(feed, input, 1 + input.len / FEED_PIECES_MAX, ret_other);
    if (!bs_bytes_equal(bs_strbuf_bytes(ret_log), bs_strbuf_bytes(ret_other)))
        return "byte by byte";
    bs_strbuf_free(ret_other);
    return NULL;
}

#endif
