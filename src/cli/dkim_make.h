/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `backstop dkim` beside judging a message. Called as main would be. */
#ifndef BS_CLI_DKIM_MAKE_H
#define BS_CLI_DKIM_MAKE_H

int bs_dkim_make_signature(int argc, char **argv); /* sign */
int bs_dkim_make_key(int argc, char **argv);       /* keygen */
int bs_dkim_check_keys(int argc, char **argv);     /* check */
int bs_dkim_rotate_keys(int argc, char **argv);    /* rotate */

#endif
