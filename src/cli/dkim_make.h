/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `backstop dkim` that make something: a signature, a key. Called as main would be. */
#ifndef BS_CLI_DKIM_MAKE_H
#define BS_CLI_DKIM_MAKE_H

int bs_dkim_make_signature(int argc, char **argv);
int bs_dkim_make_key(int argc, char **argv);

#endif
