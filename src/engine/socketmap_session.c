/* SPDX-License-Identifier: BSD-2-Clause */
/* Lookups of tagged recipients; see socketmap_session.h. */
#include "engine/socketmap_session.h"

enum { LOOKUP_MEMORY = 64 * 1024 };

static void answer(const struct bs_settings *settings, const struct bs_socketmap_request *request,
                   struct bs_strbuf *out)
{
    struct bs_arena arena;
    struct bs_bytes address;
    if (!bs_bytes_equal(request->map, bs_bytes_from_cstr(settings->socketmap_name))) {
        bs_socketmap_encode(out, BS_SOCKETMAP_PERM, BS_LITERAL("no such map; see socketmap-name in backstop.conf"));
        return;
    }
    bs_arena_init(&arena, LOOKUP_MEMORY);
    if (bs_gate_untag(settings->gate, request->key, &arena, &address))
        bs_socketmap_encode(out, BS_SOCKETMAP_OK, address);
    else
        bs_socketmap_encode(out, BS_SOCKETMAP_NOTFOUND, (struct bs_bytes){NULL, 0});
    bs_arena_reset(&arena);
}

bool bs_socketmap_session_feed(const struct bs_settings *settings, struct bs_bytes *io_input,
                               struct bs_strbuf *out, struct bs_error *ret_error)
{
    struct bs_socketmap_request request;
    for (;;) {
        switch (bs_socketmap_decode(io_input, &request, ret_error)) {
        case BS_SOCKETMAP_REQUEST:
            answer(settings, &request, out);
            if (out->failed)
                return bs_error_set(ret_error, "the peer does not wait for replies: %d bytes of them are waiting",
                                    BS_SOCKETMAP_OUTPUT_MAX);
            break;
        case BS_SOCKETMAP_MORE:
            return true;
        case BS_SOCKETMAP_BAD:
            return false;
        }
    }
}
