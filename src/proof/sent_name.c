/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of messages in the sent registry; see sent_name.h. */
#include "proof/sent_name.h"

#include "base/hex.h"
#include "crypto/digest.h"

struct bs_bytes bs_message_id_of(struct bs_bytes text)
{
    size_t open = bs_bytes_find(text, '<');
    struct bs_bytes inside = bs_bytes_skip(text, open);
    size_t close = bs_bytes_find(inside, '>');
    if (open < text.len && close < inside.len)
        inside = bs_bytes_first(inside, close + 1);
    else
        inside = bs_bytes_trim(text);
    return inside.len > 2 ? inside : bs_bytes(NULL, 0);
}

static bool make_digest(const struct bs_bytes *parts, size_t count, unsigned char ret_sum[BS_DIGEST_MAX])
{
    struct bs_digest *digest = bs_digest_new(BS_DIGEST_SHA256);
    bool made = digest != NULL;
    for (size_t i = 0; made && i < count; i++)
        made = bs_digest_update(digest, parts[i]);
    made = made && bs_digest_sum(digest, ret_sum);
    bs_digest_free(digest);
    return made;
}

bool bs_sent_name(struct bs_bytes message_id, const struct bs_address *sender, struct bs_arena *arena,
                  char ret_name[BS_SENT_NAME_SIZE + 1])
{
    unsigned char sum[BS_DIGEST_MAX];
    struct bs_bytes parts[] = {BS_LITERAL("backstop sent\n"), message_id, BS_LITERAL("\n"), {NULL, 0}};
    if (message_id.len == 0 || message_id.len > BS_MESSAGE_ID_MAX)
        return false;
    if (sender) {
        struct bs_address folded = bs_address_fold_case(sender, arena);
        if (folded.local.len == 0)
            return false;
        parts[3] = bs_address_text(&folded, arena);
        if (!parts[3].ptr)
            return false;
    }
    if (!make_digest(parts, sizeof parts / sizeof parts[0], sum))
        return false;
    bs_hex_encode(bs_bytes(sum, BS_SENT_NAME_SIZE / 2), ret_name);
    return true;
}
