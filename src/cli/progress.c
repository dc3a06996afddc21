/* SPDX-License-Identifier: BSD-2-Clause */
/* A bar on stderr; see progress.h. Its thread looks at counters now and then: the work pays nothing for it. */
#include "cli/progress.h"

#include "cli/mail_source.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 1000, EACH_MS = 200, BAR_MAX = 40, COLUMNS_DEFAULT = 80, TEXT_COLUMNS = 40 };

/* Waits; false once the work is done. */
static bool wait_for(struct bs_progress *progress, long milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += milliseconds % 1000 * 1000000;
    until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&progress->lock);
    while (!atomic_load(&progress->stop) &&
           pthread_cond_timedwait(&progress->stopped, &progress->lock, &until) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&progress->lock);
    return !atomic_load(&progress->stop);
}

static unsigned bar_width(void)
{
    struct winsize size;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    unsigned columns = known ? size.ws_col : COLUMNS_DEFAULT;
    if (columns <= TEXT_COLUMNS)
        return 0;
    return columns - TEXT_COLUMNS < BAR_MAX ? columns - TEXT_COLUMNS : BAR_MAX;
}

static void draw(struct bs_progress *progress, unsigned long long total)
{
    static const char full[] = "########################################";
    static const char empty[] = "........................................";
    unsigned long long bytes = atomic_load(&progress->bytes), messages = atomic_load(&progress->messages);
    if (total > 0) {
        unsigned width = bar_width();
        double share = bytes < total ? (double)bytes / (double)total : 1;
        unsigned filled = (unsigned)(share * width);
        fprintf(stderr, "\r[%.*s%.*s] %3.0f %%", (int)filled, full, (int)(width - filled), empty, share * 100);
    } else {
        fprintf(stderr, "\r%llu MB", bytes / 1000000);
    }
    fprintf(stderr, "  %llu messages \033[K", messages);
    fflush(stderr);
}

static void *run(void *context)
{
    struct bs_progress *progress = context;
    unsigned long long total = 0;
    if (!wait_for(progress, FIRST_MS))
        return NULL;
    for (char **path = progress->paths; *path && !atomic_load(&progress->stop); path++)
        total += bs_mail_measure(*path, &progress->stop);
    while (!atomic_load(&progress->stop)) {
        draw(progress, total);
        wait_for(progress, EACH_MS);
    }
    fputs("\r\033[K", stderr);
    return NULL;
}

void bs_progress_begin(struct bs_progress *progress, char **paths, bool lines)
{
    const char *terminal = getenv("TERM");
    pthread_condattr_t attributes;
    atomic_init(&progress->bytes, 0);
    atomic_init(&progress->messages, 0);
    atomic_init(&progress->stop, false);
    progress->paths = paths;
    progress->running = false;
    if (!isatty(STDERR_FILENO) || (lines && isatty(STDOUT_FILENO)) || !terminal || strcmp(terminal, "dumb") == 0)
        return;
    pthread_mutex_init(&progress->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&progress->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    progress->running = pthread_create(&progress->thread, NULL, run, progress) == 0;
}

void bs_progress_end(struct bs_progress *progress)
{
    if (!progress->running)
        return;
    pthread_mutex_lock(&progress->lock);
    atomic_store(&progress->stop, true);
    pthread_cond_signal(&progress->stopped);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    pthread_cond_destroy(&progress->stopped);
    pthread_mutex_destroy(&progress->lock);
    progress->running = false;
}
