/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One value of an option: read and checked as its row in the table demands, and written so that it can be read
 * again. An error is what stands behind the value in a sentence: `is not a whole number from 0 to 256`.
 */
#ifndef BS_CONFIG_VALUES_H
#define BS_CONFIG_VALUES_H

#include "base/error.h"
#include "base/strbuf.h"
#include "config/options.h"

/* Reads a value that is kept as a number or a bool. */
bool bs_value_read_number(const struct bs_option *option, struct bs_bytes text, int64_t *ret_number,
                          struct bs_error *ret_error);

/* Checks a value, or an item of a list, that is kept as text. */
bool bs_value_check_text(const struct bs_option *option, struct bs_bytes text, struct bs_error *ret_error);

/* Checks the name of a domain: labels of ASCII letters, digits and hyphens (RFC 5321 section 4.1.2, RFC 5890). */
bool bs_value_check_domain(struct bs_bytes name, struct bs_error *ret_error);

/* Checks the name of a policy. */
bool bs_value_check_name(struct bs_bytes name, struct bs_error *ret_error);

/* Appends what was read, as the file has it, without quotes: 7d, 1M, 0660, enforce. */
void bs_value_append_number(const struct bs_option *option, int64_t number, struct bs_strbuf *buf);

/* Appends what the option takes, for people: `a whole number from 0 to 256`. */
void bs_value_append_allowed(const struct bs_option *option, struct bs_strbuf *buf);

#endif
