/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop doctor`: whether the running whole works, from the configuration to Postfix; each finding with its
 * repair. Changes nothing. Exits 2 with a serious finding, else 3 where something could not be found out, else 1
 * with a warning, else 0; notes do not count. See backstop-doctor(1).
 */
#include "cli/doctor_checks.h"

#include "base/json.h"
#include "cli/command.h"
#include "cli/output.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_MAX = 16 * 1024 * 1024 };

static const char usage[] =
    "usage: backstop doctor [OPTION]...\n"
    "  -c, --config FILE         the configuration of backstopd; default " BACKSTOP_CONFIG_FILE "\n"
    "      --postfix-config DIR  the directory of main.cf, as postconf -c\n"
    "      --postconf PATH       the postconf of that Postfix\n"
    "      --no-postfix          do not look at Postfix\n"
    "      --no-probe            do not talk to backstopd\n"
    "      --json                print an object\n"
    "Exits 0 where nothing is wrong, 1 with warnings, 2 with serious findings, 3 where it could not tell.\n";

enum { CONFIG = 'c', HELP = 'h', POSTFIX_CONFIG = 256, POSTCONF, NO_POSTFIX, NO_PROBE, JSON };

static const struct option long_options[] = {
    {"config", required_argument, NULL, CONFIG},     {"postfix-config", required_argument, NULL, POSTFIX_CONFIG},
    {"postconf", required_argument, NULL, POSTCONF}, {"no-postfix", no_argument, NULL, NO_POSTFIX},
    {"no-probe", no_argument, NULL, NO_PROBE},       {"json", no_argument, NULL, JSON},
    {"help", no_argument, NULL, HELP},               {NULL, 0, NULL, 0},
};

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct bs_doctor *doctor, bool *ret_json)
{
    *ret_json = false;
    for (int option; (option = getopt_long(argc, argv, "c:h", long_options, NULL)) != -1;) {
        switch (option) {
        case CONFIG: doctor->config_file = optarg; break;
        case POSTFIX_CONFIG: doctor->place.config_directory = optarg; break;
        case POSTCONF: doctor->place.postconf = optarg; break;
        case NO_POSTFIX: doctor->with_postfix = false; break;
        case NO_PROBE: doctor->with_probe = false; break;
        case JSON: *ret_json = true; break;
        case HELP: return bs_output_usage(usage, true);
        default: return EX_USAGE;
        }
    }
    return optind < argc ? bs_output_usage(usage, false) : -1;
}

static bool load_config(struct bs_doctor *doctor)
{
    struct bs_error error;
    if (bs_config_load(doctor->config_file, &doctor->config, &error)) {
        if (!bs_settings_load(&doctor->config, &doctor->settings, &error))
            doctor->settings.gate = NULL;
        return true;
    }
    bool hidden = geteuid() != 0 && access(doctor->config_file, F_OK) == 0 && access(doctor->config_file, R_OK) != 0;
    bs_findings_add(&doctor->findings, hidden ? BS_SEVERITY_UNKNOWN : BS_SEVERITY_SERIOUS, "config-bad", "%s",
                    error.text);
    if (access(doctor->config_file, F_OK) != 0)
        bs_findings_repair(&doctor->findings, "backstop setup");
    else if (hidden)
        bs_findings_repair(&doctor->findings, "run backstop doctor as root");
    else
        bs_findings_repair(&doctor->findings, "mend the line; backstop config check tells when it is good. A running "
                           "backstopd goes on with what it read before");
    return false;
}

static void examine(struct bs_doctor *doctor)
{
    bs_doctor_check_clock(doctor);
    if (!load_config(doctor))
        return;
    bs_doctor_check_keys(doctor);
    bs_doctor_check_dns(doctor);
    if (doctor->with_probe) {
        bs_doctor_check_daemon(doctor);
        bs_doctor_check_limits(doctor);
    }
    if (doctor->with_postfix)
        bs_doctor_check_postfix(doctor);
    if (doctor->findings.incomplete)
        bs_findings_add(&doctor->findings, BS_SEVERITY_UNKNOWN, "incomplete",
                        "there is more than could be told here");
}

static int exit_status(const struct bs_findings *findings)
{
    if (bs_findings_count(findings, BS_SEVERITY_SERIOUS) > 0)
        return BS_EXIT_SERIOUS;
    if (bs_findings_count(findings, BS_SEVERITY_UNKNOWN) > 0 || findings->incomplete)
        return BS_EXIT_INCONCLUSIVE;
    return bs_findings_count(findings, BS_SEVERITY_WARNING) > 0 ? BS_EXIT_FINDINGS : BS_EXIT_CLEAN;
}

static const char *result_name(int status)
{
    static const char *const names[] = {
        [BS_EXIT_CLEAN] = "healthy",
        [BS_EXIT_FINDINGS] = "warnings",
        [BS_EXIT_SERIOUS] = "serious",
        [BS_EXIT_INCONCLUSIVE] = "unknown",
    };
    return names[status];
}

/* {"result": …, "findings": […]} */
static void print_json(const struct bs_doctor *doctor, int status)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, TEXT_MAX);
    bs_strbuf_printf(&out, "{\n  \"result\": \"%s\",\n  \"config\": ", result_name(status));
    bs_json_append_string(&out, bs_bytes_from_cstr(doctor->config_file));
    bs_strbuf_append_cstr(&out, ",\n  \"findings\": ");
    bs_findings_append_json(&doctor->findings, &out);
    bs_strbuf_append_cstr(&out, "\n}\n");
    fputs(bs_strbuf_cstr(&out), stdout);
    bs_strbuf_free(&out);
}

/* The worst first, in the order of the checks. */
static void print_findings(const struct bs_findings *findings)
{
    static const enum bs_severity order[] = {BS_SEVERITY_SERIOUS, BS_SEVERITY_UNKNOWN, BS_SEVERITY_WARNING,
                                             BS_SEVERITY_NOTE};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        for (size_t j = 0; j < findings->count; j++) {
            if (findings->items[j].severity == order[i])
                bs_finding_print(&findings->items[j], stdout);
        }
    }
}

/* "2 serious findings, 1 warning." */
static void print_counts(const struct bs_findings *findings)
{
    static const struct {
        enum bs_severity severity;
        const char *one;
        const char *many;
    } words[] = {
        {BS_SEVERITY_SERIOUS, "serious finding", "serious findings"},
        {BS_SEVERITY_UNKNOWN, "thing that could not be found out", "things that could not be found out"},
        {BS_SEVERITY_WARNING, "warning", "warnings"},
    };
    const char *before = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t count = bs_findings_count(findings, words[i].severity);
        if (count == 0)
            continue;
        printf("%s%zu %s", before, count, count == 1 ? words[i].one : words[i].many);
        before = ", ";
    }
    putchar('.');
}

static void print_text(const struct bs_doctor *doctor, int status)
{
    const char *colour = bs_output_colour(stdout, status == BS_EXIT_CLEAN ? BS_COLOUR_GOOD : BS_COLOUR_STRONG);
    print_findings(&doctor->findings);
    if (doctor->findings.count > 0)
        putchar('\n');
    fputs(colour, stdout);
    if (status == BS_EXIT_CLEAN)
        printf("Nothing is wrong.");
    else
        print_counts(&doctor->findings);
    fputs(bs_output_colour(stdout, BS_COLOUR_NONE), stdout);
    if (doctor->config.file)
        printf(" Checked: configuration, keys, clock%s%s%s.\n", bs_doctor_needs_dns(doctor) ? ", DNS" : "",
               doctor->with_probe ? ", backstopd" : "",
               doctor->with_postfix ? ", Postfix" : "");
    else
        printf(" Nothing else can be checked without a configuration.\n");
}

int bs_command_doctor(int argc, char **argv)
{
    bool json;
    struct bs_doctor *doctor = calloc(1, sizeof *doctor);
    if (!doctor)
        return EX_OSERR;
    doctor->config_file = bs_config_default_file();
    doctor->with_postfix = doctor->with_probe = true;
    doctor->now = time(NULL);
    int status = read_options(argc, argv, doctor, &json);
    if (status < 0) {
        bs_arena_init(&doctor->arena, BS_POSTFIX_MEMORY);
        bs_findings_init(&doctor->findings, &doctor->arena);
        examine(doctor);
        status = exit_status(&doctor->findings);
        if (json)
            print_json(doctor, status);
        else
            print_text(doctor, status);
    }
    if (doctor->settings.gate)
        bs_settings_free(&doctor->settings);
    bs_config_free(&doctor->config);
    bs_arena_reset(&doctor->arena);
    free(doctor);
    return status;
}
