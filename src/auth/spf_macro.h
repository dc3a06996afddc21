/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros in SPF records and explanations (RFC 7208 section 7): their syntax and what they expand to. Nothing is asked:
 * the value of %{p} is given.
 */
#ifndef BS_AUTH_SPF_MACRO_H
#define BS_AUTH_SPF_MACRO_H

#include "base/network.h"

/* What %{p} is where there is no validated name. */
#define BS_SPF_NO_NAME BS_LITERAL("unknown")

enum bs_spf_text {
    BS_SPF_TEXT_DOMAIN,      /* of a domain-spec: without %{c}, %{r}, %{t} */
    BS_SPF_TEXT_MODIFIER,    /* the value of an unknown modifier */
    BS_SPF_TEXT_EXPLANATION, /* with blanks, too */
};

/* What the macros stand for. */
struct bs_spf_values {
    struct bs_bytes local;         /* %{l} */
    struct bs_bytes sender_domain; /* %{o} */
    struct bs_bytes domain;        /* %{d} */
    struct bs_bytes helo;          /* %{h} */
    struct bs_bytes receiver;      /* %{r} */
    struct bs_bytes name;          /* %{p} */
    const struct bs_ip *ip;        /* %{i}, %{c}, %{v}; not IPv4-mapped */
    int64_t now;                   /* %{t} */
};

bool bs_spf_is_ascii(struct bs_bytes text);

/* Whether the text is well-formed. ret_wrong, unless NULL, is the rest of the text from where it is not. */
bool bs_spf_macro_check(struct bs_bytes text, enum bs_spf_text kind, struct bs_bytes *ret_wrong);

/* Whether it is a domain-spec: macros, ending in a macro or in a dot and a top label (section 7.1). */
bool bs_spf_domain_spec_check(struct bs_bytes text);

/* Whether a well-formed text has a macro of one of these letters, given in lower case. */
bool bs_spf_macro_uses(struct bs_bytes text, const char *letters);

/* Expands a well-formed text into at most `capacity` bytes; false where it is longer. */
bool bs_spf_macro_expand(struct bs_bytes text, const struct bs_spf_values *values, char *ret_text, size_t capacity,
                         size_t *ret_length);

#endif
