/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The author of a message, read in any pieces: a From that is clear has a domain for its mailboxes, all domains have
 * the form of DNS and are listed once.
 */
#include "fuzz.h"

#include "message/author.h"

struct reading {
    struct bs_arena arena;
    struct bs_header header;
};

static void begin(void *state)
{
    struct reading *reading = state;
    bs_header_finish(&reading->header);
    bs_arena_reset(&reading->arena);
    bs_header_init(&reading->header, &reading->arena);
}

static void log_names(const struct bs_domain_names *names, struct bs_strbuf *log)
{
    for (size_t i = 0; i < names->count; i++) {
        char normal[BS_DOMAIN_NAME_MAX + 1];
        size_t length;
        bool good = bs_domain_normal_form(names->items[i], normal, &length);
        if (!good || !bs_bytes_equal(names->items[i], bs_bytes(normal, length)))
            abort();
        for (size_t other = 0; other < i; other++) {
            if (bs_bytes_equal(names->items[i], names->items[other]))
                abort();
        }
        bs_strbuf_append(log, names->items[i]);
        bs_strbuf_append_char(log, ' ');
    }
    bs_strbuf_append_cstr(log, names->more ? "more\n" : "\n");
}

static void log_author(struct reading *reading, struct bs_strbuf *log)
{
    struct bs_author author;
    if (!bs_author_read(&reading->header, &reading->arena, &author))
        abort();
    bool clear = !bs_author_is_ambiguous(&author);
    if (clear && (author.mailboxes == 0 || author.domains.count == 0 || author.domains.count > author.mailboxes ||
                  author.domains.more))
        abort();
    bs_strbuf_printf(log, "%s %zu %zu\n", bs_author_doubt_name(author.doubt), author.mailboxes,
                     author.field ? (size_t)(author.field - reading->header.fields) : SIZE_MAX);
    log_names(&author.domains, log);
    log_names(&author.display, log);
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct reading *reading = state;
    size_t taken = bs_header_push(&reading->header, input);
    if (last) {
        bs_header_finish(&reading->header);
        log_author(reading, log);
    }
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = {0};
    struct feed feed = {begin, take, &reading};
    bs_arena_init(&reading.arena, 8 << 20);
    int result = fuzz_every_way(&feed, data, size);
    bs_header_finish(&reading.header);
    bs_arena_reset(&reading.arena);
    return result;
}
