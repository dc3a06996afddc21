/* SPDX-License-Identifier: BSD-2-Clause */
/* See notice_signs.h. */
#include "bounce/notice_signs.h"

#include "bounce/text_address.h"

enum {
    TO_LOOKED_AT_MAX = 1024,      /* bytes of To */
    ADDRESSES_LOOKED_AT_MAX = 16, /* addresses of a notice */
};

bool bs_notice_opens_with_dsn(const struct bs_notice *notice, size_t opening)
{
    static const enum bs_kind kinds[] = {BS_KIND_DSN_FAILED, BS_KIND_DSN_DELAYED, BS_KIND_DSN_SUCCESS};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (notice->kinds[kinds[i]] && notice->ends[kinds[i]] < opening)
            return true;
    }
    return false;
}

static struct bs_bytes own_opening(const struct bs_notice *notice)
{
    return bs_bytes_first(notice->text, notice->own < BS_NOTICE_OPENING ? notice->own : BS_NOTICE_OPENING);
}

bool bs_notice_cites_reply(const struct bs_notice *notice)
{
    struct bs_bytes opening = own_opening(notice);
    return bs_text_reply_code(opening) != 0 || bs_text_status(opening).len > 0;
}

bool bs_notice_names_other(const struct bs_notice *notice, const struct bs_header_signs *signs)
{
    bool robot = (signs->signs & (BS_SIGN_ROBOT_FROM | BS_SIGN_DAEMON_FROM)) != 0;
    struct bs_bytes to = signs->to ? bs_bytes_first(signs->to->body, TO_LOOKED_AT_MAX) : bs_bytes(NULL, 0);
    struct bs_bytes rest = own_opening(notice), address;
    for (unsigned i = 0; i < ADDRESSES_LOOKED_AT_MAX && bs_text_address_next(&rest, &address); i++) {
        bool own = robot && bs_bytes_equal_nocase(address, signs->from_address);
        if (!own && !bs_bytes_contains_nocase(to, address) && !bs_address_is_daemon(address))
            return true;
    }
    return false;
}

bool bs_notice_has_link(const struct bs_notice *notice)
{
    return bs_bytes_contains_nocase(bs_bytes_first(notice->text, notice->own), BS_LITERAL("://"));
}
