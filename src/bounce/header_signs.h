/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the header of a message itself says of who made it: a mail system (RFC 5321 section 6.1), a program that
 * answers (RFC 3834), a list (RFC 2369, RFC 2919), or a person at a mail program. Only the fields' names and forms
 * are looked at, not their wording, which is for rules/.
 */
#ifndef BS_BOUNCE_HEADER_SIGNS_H
#define BS_BOUNCE_HEADER_SIGNS_H

#include "message/header.h"

enum bs_header_sign {
    BS_SIGN_NULL_PATH = 1 << 0,      /* Return-Path: <> */
    BS_SIGN_DAEMON_PATH = 1 << 1,    /* Return-Path is a mail system's address */
    BS_SIGN_OTHER_PATH = 1 << 2,     /* Return-Path is somebody's */
    BS_SIGN_DAEMON_FROM = 1 << 3,    /* From is mailer-daemon, postmaster and the like, or <> */
    BS_SIGN_ROBOT_FROM = 1 << 4,     /* From is noreply, root, bounce, a list's owner and the like */
    BS_SIGN_FAILED_FIELD = 1 << 5,   /* X-Failed-Recipients */
    BS_SIGN_AUTO_REPLIED = 1 << 6,   /* Auto-Submitted: auto-replied, X-Autoreply, Precedence: auto_reply and the like */
    BS_SIGN_AUTO_GENERATED = 1 << 7, /* Auto-Submitted with another value than no */
    BS_SIGN_SUPPRESS = 1 << 8,       /* X-Auto-Response-Suppress: Exchange's reports, but also tickets and newsletters */
    BS_SIGN_LIST = 1 << 9,           /* List-Id, List-Post, Mailing-List */
    BS_SIGN_BULK = 1 << 10,          /* List-Unsubscribe, Precedence: bulk, list or junk */
    BS_SIGN_ANSWERS = 1 << 11,       /* In-Reply-To, References, or a Subject that begins with Re: */
    BS_SIGN_FORWARDS = 1 << 12,      /* a Subject that begins with Fwd: and the like */
    BS_SIGN_PERSON = 1 << 13,        /* User-Agent or X-Mailer is a program that people write mail with */
    BS_SIGN_REPORT = 1 << 14,        /* Content-Type: multipart/report, but for those of TLS (RFC 8460) */
    BS_SIGN_EMPTY_SUBJECT = 1 << 15, /* Subject is missing or empty */
    BS_SIGN_UNSUBSCRIBE = 1 << 16,   /* List-Unsubscribe: what is sent to many, where Precedence is any program's */
    BS_SIGN_RE = 1 << 17,            /* a Subject that begins with Re: and the like */
    BS_SIGN_JUNK = 1 << 18,          /* Precedence: junk, which vacation programs write and lists do not */
    BS_SIGN_GROUPWARE = 1 << 19,     /* made by an Exchange or GroupWise of a time when replies had no sign, or by a rule */
    BS_SIGN_OWN_PATH = 1 << 20,      /* Return-Path is From's address: no list's, no newsletter's */
    BS_SIGN_BULK_LIST = 1 << 21,     /* Precedence: list, which no vacation program writes */
};

/* Any of these makes a message worth a look at its text. */
enum {
    BS_SIGNS_AUTOMATIC = BS_SIGN_NULL_PATH | BS_SIGN_DAEMON_PATH | BS_SIGN_DAEMON_FROM | BS_SIGN_FAILED_FIELD |
                         BS_SIGN_AUTO_REPLIED | BS_SIGN_AUTO_GENERATED | BS_SIGN_SUPPRESS | BS_SIGN_REPORT,
};

struct bs_header_signs {
    unsigned signs;
    const struct bs_header_field *subject; /* the first of each; NULL: there is none */
    const struct bs_header_field *from;
    const struct bs_header_field *to;
    const struct bs_header_field *failed_recipients;
    struct bs_bytes return_path;
    struct bs_bytes from_address; /* as it stands in From, without brackets; empty where there is none */
};

/* Looks at every field once. Views borrow from the header. */
void bs_header_signs_read(const struct bs_header *header, struct bs_header_signs *ret_signs);

/* Whether an address is a mail system's: mailer-daemon, postmaster and other names that programs write bounces under. */
bool bs_address_is_daemon(struct bs_bytes address);

/* The address in a field such as From: within the first angle brackets that hold one, else the first word with an @,
 * else what is left without comments. Empty for <> and for nothing. */
struct bs_bytes bs_field_address(struct bs_bytes body);

#endif
