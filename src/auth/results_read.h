/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the results of others: a field Authentication-Results (RFC 8601 section 2.2), or what follows the instance of an
 * ARC-Authentication-Results (RFC 8617 section 4.1.1). Whether to believe them is the caller's to know. The grammar is
 * taken strictly but for what large senders of such fields write: a value without quotes may hold any printable
 * character except blank, semicolon, quotes and parentheses (header.b=ab/c+=); a property may lack its type
 * (action=none); the last result may be followed by a semicolon. A version other than 1 is not known. Comments are passed over. UTF-8 is taken in values
 * (RFC 8616 section 4).
 */
#ifndef BS_AUTH_RESULTS_READ_H
#define BS_AUTH_RESULTS_READ_H

#include "base/arena.h"
#include "base/error.h"

enum {
    BS_RESULTS_READ_MAX = 32768,    /* bytes of a field that is read */
    BS_RESULTS_METHODS_MAX = 64,    /* results of a field */
    BS_RESULTS_PROPERTIES_MAX = 16, /* properties of a result */
    BS_RESULTS_NESTING_MAX = 16,    /* comments within each other */
};

/* All views borrow from the text, or from the arena where quoting had to be taken off. */
struct bs_read_property {
    struct bs_bytes type;  /* "header"; empty where there is none */
    struct bs_bytes name;  /* "from" */
    struct bs_bytes value; /* without quotes */
};

struct bs_read_result {
    struct bs_bytes method; /* "dkim" */
    unsigned version;       /* of the method; 1 where none is given */
    struct bs_bytes result; /* "pass" */
    struct bs_bytes reason; /* or empty */
    const struct bs_read_property *properties;
    size_t property_count;
};

struct bs_read_results {
    struct bs_bytes authserv_id;
    const struct bs_read_result *items; /* none for `none` */
    size_t count;
};

/* Reads what follows the colon. False, with the reason in `ret_error`, for anything else, past a limit or where the
 * arena is full. */
bool bs_results_read(struct bs_bytes text, struct bs_arena *arena, struct bs_read_results *ret_results,
                     struct bs_error *ret_error);

/* The value of a property, as in "header", "from", in any case; NULL pointer where it is not there. */
struct bs_bytes bs_read_property_find(const struct bs_read_result *result, const char *type, const char *name);

#endif
