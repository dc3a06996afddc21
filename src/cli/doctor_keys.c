/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of key files, the clock and limits; see doctor_checks.h. */
#include "cli/doctor_checks.h"

#include "base/timestamp.h"
#include "cli/doctor_machine.h"
#include "config/key_file.h"
#include "crypto/secret.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

enum {
    SECRET_MIN = 16,  /* bytes in a key; fewer can be guessed from a tag */
    OTHER_FILES = 64, /* that a filter has open beside its sessions */
};

static const int64_t earliest = INT64_C(1767225600); /* 2026-01-01, before the first release */
static const int64_t latest = INT64_C(4102444800);   /* 2100-01-01 */

/* How to let the daemon read a file that it cannot. */
static void repair_reading(struct bs_doctor *doctor, const struct bs_doctor_user *user, const char *path)
{
    bs_findings_repair(&doctor->findings,
                       "chown root:%lu %s && chmod 0640 %s; %s must be able to enter its directory, too",
                       (unsigned long)user->gid, path, path, user->name);
}

bool bs_doctor_check_readable(struct bs_doctor *doctor, const char *path, const char *id)
{
    struct bs_doctor_user user;
    if (doctor->config.user[0] == '\0' || !bs_doctor_find_user(doctor->config.user, doctor->config.group, &user))
        return true;
    int error = bs_doctor_try_read(&user, path);
    if (error <= 0)
        return true;
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, id,
                    "%s: the user \"%s\", which backstopd becomes, cannot read it: %s",
                    path, user.name, strerror(error));
    repair_reading(doctor, &user, path);
    return false;
}

static void check_user(struct bs_doctor *doctor)
{
    struct bs_doctor_user user;
    if (doctor->config.user[0] == '\0' || bs_doctor_find_user(doctor->config.user, doctor->config.group, &user))
        return;
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "user-missing",
                    "%s: the user \"%s\" or its group does not exist: backstopd does not start",
                    doctor->config_file, doctor->config.user);
    bs_findings_repair(&doctor->findings,
                       "useradd --system --user-group --no-create-home --shell /usr/sbin/nologin %s",
                       doctor->config.user);
}

static void report_bad_key(struct bs_doctor *doctor, const struct bs_config_key *key, const char *problem)
{
    bool hidden = geteuid() != 0 && access(key->secret_file, F_OK) == 0 && access(key->secret_file, R_OK) != 0;
    bool missing = access(key->secret_file, F_OK) != 0 && errno == ENOENT;
    if (hidden) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_UNKNOWN, "key-hidden", "%s: only root can look at this key",
                        key->secret_file);
        bs_findings_repair(&doctor->findings, "run backstop doctor as root");
        return;
    }
    bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "key-bad", "key %" PRId64 ": %s", key->digit, problem);
    if (missing)
        bs_findings_repair(&doctor->findings,
                           "copy the key from another host that has it, or make one: backstop setup --write");
    else
        bs_findings_repair(&doctor->findings,
                           "chmod 0640 %s; it holds one line with the secret, as backstop batv keygen makes it",
                           key->secret_file);
}

static void check_key(struct bs_doctor *doctor, const struct bs_config_key *key)
{
    char secret[BS_KEY_FILE_MAX];
    size_t length;
    struct bs_error problem;
    struct stat info;
    if (!bs_key_file_read(key->secret_file, secret, &length, &problem)) {
        report_bad_key(doctor, key, problem.text);
        return;
    }
    bs_secret_wipe(secret, sizeof secret);
    bs_doctor_check_readable(doctor, key->secret_file, "key-unreadable");
    if (length < SECRET_MIN) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_WARNING, "key-short",
                        "%s: the secret has %zu bytes; fewer than %d can be guessed from a single tag",
                        key->secret_file, length, SECRET_MIN);
        bs_findings_repair(&doctor->findings,
                           "make a longer one beside it, as a key of another digit: backstop batv keygen");
    }
    if (stat(key->secret_file, &info) == 0 && info.st_mtime > doctor->now + BS_SECONDS_PER_DAY) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "clock-behind",
                        "the clock is behind: %s was written on a day that has not come yet; tags are dated and "
                        "expire by the clock", key->secret_file);
        bs_findings_repair(&doctor->findings, "set the clock: timedatectl set-ntp true");
    }
}

void bs_doctor_check_keys(struct bs_doctor *doctor)
{
    check_user(doctor);
    bs_doctor_check_readable(doctor, doctor->config_file, "config-unreadable");
    for (size_t i = 0; i < doctor->config.key_count; i++)
        check_key(doctor, &doctor->config.keys[i]);
}

void bs_doctor_check_clock(struct bs_doctor *doctor)
{
    struct timex state = {0};
    if (doctor->now < earliest || doctor->now > latest) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_SERIOUS, "clock-wrong",
                        "the clock is wrong (%" PRId64 " s since "
                        "1970): tags are dated and expire by it", doctor->now);
        bs_findings_repair(&doctor->findings, "set the clock: timedatectl set-ntp true");
    } else if (ntp_adjtime(&state) == TIME_ERROR || (state.status & STA_UNSYNC)) {
        bs_findings_add(&doctor->findings, BS_SEVERITY_NOTE, "clock-unsynchronised",
                        "nothing synchronises this machine's clock, as far as the kernel knows; tags are dated and "
                        "expire by it");
        bs_findings_repair(&doctor->findings,
                           "install chrony, or: timedatectl set-ntp true; a virtual machine's host may do it for it");
    }
}

void bs_doctor_check_limits(struct bs_doctor *doctor)
{
    unsigned long files = bs_doctor_daemon_open_files(doctor->config_file);
    int64_t sessions = doctor->config.max_sessions;
    if (files == 0 || (unsigned long)sessions + OTHER_FILES <= files)
        return;
    bs_findings_add(&doctor->findings, BS_SEVERITY_WARNING, "open-files", "a filter lets %" PRId64 " sessions in "
                    "(max-sessions), but may open only %lu files", sessions, files);
    bs_findings_repair(&doctor->findings,
                       "raise LimitNOFILE= to %" PRId64 " (systemctl edit backstop), or set max-sessions "
                       "= %lu", sessions + OTHER_FILES, files > OTHER_FILES ? files - OTHER_FILES : 1);
}
