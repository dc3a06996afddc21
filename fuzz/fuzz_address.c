/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Envelope paths and tags: an address that was read is written and read again as the same; what was signed verifies,
 * also after its case was folded; whatever is no tag of ours never verifies.
 */
#include "fuzz.h"

#include "proof/batv.h"

enum { NOON = 1787313600 }; /* 2026-08-21T12:00:00Z */

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const struct bs_address *address, struct bs_arena *arena)
{
    struct bs_address again;
    struct bs_bytes text = bs_address_text(address, arena);
    require(text.ptr != NULL);
    if (text.len > BS_PATH_MAX) /* quoting may have made it longer than what is read */
        return;
    require(bs_path_parse(text, arena, &again));
    require(bs_bytes_equal(again.local, address->local) && bs_bytes_equal(again.domain, address->domain));
}

static void check_tag(const struct bs_batv_keys *keys, const struct bs_address *address, struct bs_arena *arena)
{
    struct bs_address folded = bs_address_fold_case(address, arena), tagged;
    struct bs_bytes text = bs_batv_sign(keys, &folded, NOON, 7, arena);
    require(text.ptr != NULL);
    if (text.len > BS_PATH_MAX)
        return;
    require(bs_path_parse(text, arena, &tagged) && bs_batv_is_tagged(&tagged));
    struct bs_batv_verdict verdict = bs_batv_verify(keys, &tagged, NOON, arena);
    require(verdict.result == BS_BATV_VALID && verdict.days_left == 7);
    require(bs_bytes_equal(verdict.original.local, folded.local));
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        ((char *)text.ptr)[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    require(bs_path_parse(text, arena, &tagged));
    require(bs_batv_verify(keys, &tagged, NOON, arena).result == BS_BATV_VALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bs_batv_keys keys = {.by_digit = {[4] = bs_hmac_sha1_key_new(BS_LITERAL("key"))}, .signing_digit = 4};
    struct bs_arena arena;
    struct bs_address address;
    bs_arena_init(&arena, 1 << 20);
    bs_path_is_null(bs_bytes(data, size));
    if (bs_path_parse(bs_bytes(data, size), &arena, &address)) {
        check_text(&address, &arena);
        bs_batv_verify(&keys, &address, NOON, &arena);
        if (address.domain.len > 0)
            check_tag(&keys, &address, &arena);
    }
    bs_arena_reset(&arena);
    bs_batv_keys_free(&keys);
    return 0;
}
