/* SPDX-License-Identifier: BSD-2-Clause */
/* From root to the daemon's user; see privileges.h. */
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool find_group(const struct bs_config *config, gid_t *io_gid, struct bs_error *ret_error)
{
    if (config->group[0] == '\0')
        return true;
    const struct group *group = getgrnam(config->group);
    if (!group)
        return bs_error_set(ret_error, "%s: group \"%s\" does not exist", config->file, config->group);
    *io_gid = group->gr_gid;
    return true;
}

bool bs_privileges_drop(const struct bs_config *config, struct bs_error *ret_error)
{
    if (geteuid() != 0 || config->user[0] == '\0')
        return true;
    const struct passwd *user = getpwnam(config->user);
    if (!user)
        return bs_error_set(ret_error,
                            "%s: user \"%s\" does not exist; create it (systemd-sysusers) or name another with \"user\"",
                            config->file, config->user);
    uid_t uid = user->pw_uid;
    gid_t gid = user->pw_gid;
    if (!find_group(config, &gid, ret_error))
        return false;
    if (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
        return bs_error_set(ret_error, "cannot become user \"%s\": %s", config->user, strerror(errno));
    if (uid != 0 && setuid(0) == 0)
        return bs_error_set(ret_error, "became user \"%s\", but could become root again", config->user);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return true;
}

unsigned long bs_privileges_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (unsigned long)limit.rlim_cur : 0;
}
