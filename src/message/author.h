/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who a message says it is from: the domains of the From field (RFC 5322 sections 3.4 and 3.6.2, RFC 6854 for groups,
 * RFC 6532 for UTF-8), as DMARC needs them (RFC 9989).
 *
 * Readers differ: where this one sees one address, the program that shows the message may see another. So a From is
 * only unambiguous where every reader must come to the same domains: one From field, of addresses that are written
 * plainly. One with stray bytes, or with an address in a display name without quotes or in a comment, is unambiguous as
 * long as no other domain could be read in it, as in bob@example.com <bob@example.com>. An address of another domain
 * within a quoted display name is no ambiguity, but listed apart. For an ambiguous From `domains` has every domain that
 * any reader may take.
 *
 * Whether a U-label is allowed, and capitals other than those of ASCII, are not looked at; look-alikes of ASCII
 * characters are. The header must have ended. Nothing is decided here.
 */
#ifndef BS_MESSAGE_AUTHOR_H
#define BS_MESSAGE_AUTHOR_H

#include "message/domain_names.h"
#include "message/header.h"

enum {
    BS_AUTHOR_FROM_MAX = 8192,     /* bytes of a From field that are read; a longer one is ambiguous */
    BS_AUTHOR_SCANNED_MAX = 32768, /* bytes of all From fields that are searched for domains */
    BS_AUTHOR_PARTS_MAX = 64,      /* display names and comments that may hold an address */
};

/* Why a From is ambiguous. */
enum bs_author_doubt {
    BS_AUTHOR_CLEAR,
    BS_AUTHOR_NO_FROM,         /* there is no From field */
    BS_AUTHOR_SEVERAL_FROM,    /* there are several */
    BS_AUTHOR_FIELD_NAME,      /* `From :`, or a name that only some readers take for From */
    BS_AUTHOR_HIDDEN_FROM,     /* in another field, where some readers begin a new one */
    BS_AUTHOR_CUT,             /* fields are missing, or the From field was cut */
    BS_AUTHOR_TOO_LARGE,       /* past BS_AUTHOR_FROM_MAX */
    BS_AUTHOR_NUL,
    BS_AUTHOR_CONTROL,         /* a control character, a CR without LF; also in an encoded word */
    BS_AUTHOR_FOLDING,         /* a line of blanks only, or one that does not begin with a blank */
    BS_AUTHOR_BAD_UTF8,        /* and there is an address that it may hide or show */
    BS_AUTHOR_NO_ADDRESS,      /* nothing, or `<>` */
    BS_AUTHOR_NO_DOMAIN,       /* a mailbox without one */
    BS_AUTHOR_LITERAL,         /* [192.0.2.1] for a domain */
    BS_AUTHOR_BAD_DOMAIN,      /* one that DNS cannot hold, or that other readers map to another */
    BS_AUTHOR_GROUP,
    BS_AUTHOR_ROUTE,
    BS_AUTHOR_UNBALANCED,      /* brackets, parentheses or quotes without their other half */
    BS_AUTHOR_SEVERAL_AT,      /* more than one @ in an address */
    BS_AUTHOR_SPACED,          /* white space or a comment within an address */
    BS_AUTHOR_SYNTAX,          /* anything else that the grammar does not have */
    BS_AUTHOR_DISPLAY_ADDRESS, /* an address of another domain in a display name without quotes */
    BS_AUTHOR_COMMENT_ADDRESS, /* in a comment */
    BS_AUTHOR_WORD_ADDRESS,    /* in an encoded word */
    BS_AUTHOR_ENCODED_ADDRESS, /* an encoded word where an address stands */
    BS_AUTHOR_CHARSET,         /* an encoded word in a charset that may hide an address */
    BS_AUTHOR_TOO_MANY,        /* mailboxes or domains */
};

struct bs_author {
    enum bs_author_doubt doubt;           /* BS_AUTHOR_CLEAR: not ambiguous */
    const struct bs_header_field *field;  /* the first From field, borrowed from the header; NULL without one */
    size_t mailboxes;                     /* of a From that is clear */
    bool incomplete;                      /* a limit was reached: any domain may be missing among `domains` */
    struct bs_domain_names domains;       /* .more: there may be others, or one that cannot be written as a name */
    struct bs_domain_names display;       /* of addresses in quoted display names; only those not in `domains` */
};

/* Reads the author; names are in the arena. False where the arena's limit was reached. */
bool bs_author_read(const struct bs_header *header, struct bs_arena *arena, struct bs_author *ret_author);

static inline bool bs_author_is_ambiguous(const struct bs_author *author)
{
    return author->doubt != BS_AUTHOR_CLEAR;
}

/* A word for it, such as "several-from-fields". */
const char *bs_author_doubt_name(enum bs_author_doubt doubt);

#endif
