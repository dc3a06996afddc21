/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Authentication-Results: a field that reads as bearing our id is one that would be removed; and whatever the input is,
 * written as login, reason, comment and property it reads back as the clauses that were written, in lines that are not
 * too long.
 */
#include "fuzz.h"

#include "auth/results.h"
#include "auth/results_ours.h"
#include "auth/results_read.h"

enum { CLAUSES = 3, LINE_MAX_BYTES = 998 };

static void check_ours(struct bs_bytes input, struct bs_arena *arena)
{
    static const char *const ids[] = {"mx.example.org", "xn--mller-kva.example"};
    struct bs_authserv_ids ours = {.count = 0};
    struct bs_read_results read;
    struct bs_field_places places;
    struct bs_header header;
    struct bs_error error;
    bs_header_init(&header, arena);
    bs_header_add(&header, BS_LITERAL("Authentication-Results"), input);
    bs_header_add(&header, BS_LITERAL("Subject"), input);
    bool is_ours = false, good = bs_results_read(input, arena, &read, &error);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (!bs_authserv_ids_add(&ours, bs_bytes_from_cstr(ids[i]), arena))
            abort();
        is_ours = is_ours || (good && bs_bytes_equal_nocase(read.authserv_id, bs_bytes_from_cstr(ids[i])));
    }
    if (!bs_results_find_ours(&header, &ours, arena, &places))
        abort();
    if (is_ours && (places.count == 0 || places.items[places.count - 1].field != &header.fields[0]))
        abort();
    bs_header_finish(&header);
}

static void check_lines(struct bs_bytes text)
{
    while (text.len > 0) {
        size_t end = bs_bytes_find(text, '\n');
        if (end > LINE_MAX_BYTES)
            abort();
        text = bs_bytes_skip(text, end < text.len ? end + 1 : end);
        if (text.len > 0 && text.ptr[0] != '\t' && text.ptr[0] != ' ')
            abort();
    }
}

static void check_written(struct bs_bytes input, struct bs_arena *arena)
{
    struct bs_results_writer writer;
    struct bs_read_results read;
    struct bs_error error;
    bs_results_begin(&writer, BS_LITERAL("mx.example.org"));
    bs_results_add_auth(&writer, input.len > 0 ? input : BS_LITERAL("x"));
    bs_results_clause(&writer, "x", "fail");
    bs_results_comment(&writer, input);
    bs_results_reason(&writer, input);
    bs_results_property(&writer, "a.b", input);
    bs_results_add_arc(&writer, "pass", 1, input, NULL);
    if (!bs_results_end(&writer))
        abort();
    struct bs_bytes text = bs_strbuf_bytes(&writer.out);
    check_lines(text);
    if (!bs_results_read(text, arena, &read, &error) || read.count != CLAUSES)
        abort();
    if (read.items[1].property_count != (input.len <= BS_RESULTS_VALUE_MAX) || read.items[2].property_count != 0)
        abort();
    bs_results_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_arena arena;
    char *exact = malloc(size > 0 ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    bs_arena_init(&arena, 8 << 20);
    check_ours(bs_bytes(exact, size), &arena);
    check_written(bs_bytes(exact, size), &arena);
    bs_arena_reset(&arena);
    free(exact);
    return 0;
}
