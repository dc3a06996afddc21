/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying out a plan of setup: writing its files, making sure of Postfix, and reloading the services. */
#ifndef BS_CLI_SETUP_APPLY_H
#define BS_CLI_SETUP_APPLY_H

#include "cli/setup_plan.h"

/* Called with a line for people about each thing that was done. */
struct bs_setup_told {
    void (*tell)(void *context, const char *line);
    void *context;
};

/* Writes the files. Where Postfix then does not show the new settings, main.cf is put back as it was. */
bool bs_setup_write(struct bs_setup *setup, const struct bs_setup_told *told, struct bs_error *ret_error);

/* Starts or reloads backstopd and reloads Postfix, if they are run here; not Postfix while the milter does not
 * answer. */
bool bs_setup_reload(const struct bs_setup *setup, const struct bs_setup_told *told, struct bs_error *ret_error);

/* The commands that remain for the user to run once the files are written, in order: at most 3, ended by NULL. */
void bs_setup_next(struct bs_setup *setup, const char *ret_commands[4]);

#endif
