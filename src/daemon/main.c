/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backstopd: the daemon. It stays in the foreground; what starts it keeps it running. See backstopd(8).
 */
#include "daemon/log.h"
#include "daemon/privileges.h"
#include "daemon/supervisor.h"

#include <getopt.h>
#include <stdio.h>
#include <sysexits.h>

static const char usage[] = "usage: backstopd [-c FILE]\n"
                            "  -c, --config FILE   the configuration; default " BACKSTOP_CONFIG_FILE "\n"
                            "  -h, --help          this text\n"
                            "  -V, --version       the version\n";

/* The exit status where there is nothing to run, -1 else. */
static int read_options(int argc, char **argv, const char **ret_path)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1;) {
        switch (option) {
        case 'c':
            *ret_path = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EX_OK;
        case 'V':
            puts("backstopd " BACKSTOP_VERSION);
            return EX_OK;
        default:
            fputs(usage, stderr);
            return EX_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    fputs(usage, stderr);
    return EX_USAGE;
}

int main(int argc, char **argv)
{
    const char *path = bs_config_default_file();
    struct bs_error error;
    int status = read_options(argc, argv, &path);
    if (status >= 0)
        return status;
    bs_privileges_raise_files();
    struct bs_generation *generation = bs_generation_load(path, NULL, &error);
    if (!generation) {
        fprintf(stderr, "backstopd: %s\n", error.text);
        return EX_CONFIG;
    }
    bs_log_open((enum bs_config_log)generation->config.log, (enum bs_config_log_level)generation->config.log_level);
    return bs_supervisor_run(path, generation);
}
