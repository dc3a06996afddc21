/* SPDX-License-Identifier: BSD-2-Clause */
/* What postconf prints, whatever it is: as written and expanded, services and their settings, one behind the other with
 * a form feed between them. It is read, judged and planned for. */
#include "fuzz.h"

#include "audit/postfix_check.h"

static struct bs_bytes take_part(struct bs_bytes *io_text)
{
    size_t end = bs_bytes_find(*io_text, '\f');
    struct bs_bytes part = bs_bytes_first(*io_text, end);
    *io_text = bs_bytes_skip(*io_text, end < io_text->len ? end + 1 : end);
    return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bs_mta_socket milters[] = {
        {.kind = BS_MTA_SOCKET_INET, .host = {"127.0.0.1", 9}, .port = 8896},
        {.kind = BS_MTA_SOCKET_UNIX, .path = {"/q/m", 4}},
    };
    static struct bs_postfix postfix;
    struct bs_bytes text = bs_bytes(data, size);
    const struct bs_postfix_texts texts = {take_part(&text), take_part(&text), take_part(&text), take_part(&text)};
    const struct bs_postfix_expectation expected = {
        .sockets = {&postfix, milters, 2, milters, 2, BS_LITERAL("backstop"), milters[0]}, .config_file = "file"};
    struct bs_main_cf_item items[BS_POSTFIX_LISTS];
    struct bs_findings findings;
    struct bs_arena arena;
    bs_arena_init(&arena, 16 * 1024 * 1024);
    bs_postfix_parse(&texts, &postfix);
    bs_findings_init(&findings, &arena);
    bs_postfix_check(&expected, &findings);
    size_t count = bs_postfix_plan(&expected.sockets, &arena, items);
    if (count <= BS_POSTFIX_LISTS && bs_postfix_assume_plan(&postfix, items, count, &arena) && !postfix.incomplete &&
        bs_postfix_plan(&expected.sockets, &arena, items) > 0)
        abort(); /* a plan that was carried out leaves nothing to plan */
    bs_arena_reset(&arena);
    return 0;
}
