/* SPDX-License-Identifier: BSD-2-Clause */
/* The event loop of a filter process; see filter.h. */
#include "daemon/filter.h"

#include "daemon/campaigns.h"
#include "daemon/connection.h"
#include "daemon/decision_log.h"
#include "daemon/log.h"
#include "message/charset.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    ACCEPT_AT_ONCE = 32,     /* connections taken before others are served */
    ACCEPT_PAUSE_SECONDS = 1, /* after accept failed for want of descriptors or memory */
    LOOK_SECONDS = 60,      /* between looks at what DNS left unanswered, and for campaigns that are over */
};

struct filter {
    struct bs_connections connections;
    const struct bs_listeners *listeners;
    struct event *accepting[BS_LISTENERS_MAX];
    struct event *stop;
    struct event *drain;
    struct event *resume;   /* accepts again after a pause */
    struct event *deadline; /* of stop and drain */
    struct event *look;     /* at the resolver's counters */
    struct event *sweep;    /* for campaigns that are over */
    struct bs_resolver_counters counted;
    struct bs_charset_keep *charsets; /* so that no message has to wait for its converter */
    bool ending;
    bool told_full; /* that max-sessions is reached, until a session ends */
};

static void set_accepting(struct filter *filter, bool on)
{
    for (size_t i = 0; i < filter->listeners->count; i++) {
        if (on)
            event_add(filter->accepting[i], NULL);
        else
            event_del(filter->accepting[i]);
    }
}

/* A socket that nobody accepts on would keep clients waiting, and its address taken, until the last session ends. */
static void stop_listening(struct filter *filter)
{
    for (size_t i = 0; i < filter->listeners->count; i++) {
        event_free(filter->accepting[i]);
        filter->accepting[i] = NULL;
        close(filter->listeners->items[i].fd);
    }
}

static void pause_accepting(struct filter *filter, const char *why)
{
    static const struct timeval pause = {ACCEPT_PAUSE_SECONDS, 0};
    bs_log(BS_CONFIG_LEVEL_ERROR, "cannot accept sessions, trying again in %d s: %s%s", ACCEPT_PAUSE_SECONDS, why,
           errno == EMFILE || errno == ENFILE ? "; raise the limit of open files (LimitNOFILE=)" : "");
    set_accepting(filter, false);
    event_add(filter->resume, &pause);
}

static void take_connection(struct filter *filter, int fd, enum bs_protocol protocol)
{
    struct bs_connections *all = &filter->connections;
    if (all->count >= (size_t)all->config->max_sessions) {
        close(fd);
        if (!filter->told_full)
            bs_log(BS_CONFIG_LEVEL_WARNING, "%zu sessions are open; further ones are turned away (max-sessions)",
                   all->count);
        filter->told_full = true;
    } else if (!bs_connection_open(all, fd, protocol)) {
        pause_accepting(filter, "no memory");
    }
}

static const struct bs_listener *find_listener(const struct filter *filter, int fd)
{
    const struct bs_listener *item = filter->listeners->items;
    while (item->fd != fd)
        item++;
    return item;
}

static void on_connection(evutil_socket_t listening, short what, void *context)
{
    struct filter *filter = context;
    enum bs_protocol protocol = find_listener(filter, listening)->protocol;
    (void)what;
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take_connection(filter, fd, protocol);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            pause_accepting(filter, strerror(errno)); /* it may last, and would be tried without end */
        return;
    }
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct filter *filter = context;
    (void)fd;
    (void)what;
    if (!filter->ending)
        set_accepting(filter, true);
}

static void on_closed(void *context)
{
    struct filter *filter = context;
    filter->told_full = false;
    if (filter->ending && filter->connections.count == 0)
        event_base_loopexit(filter->connections.base, NULL);
}

/* Accepts no more, and ends when the last session has, or when the time is over. */
static void begin_to_end(struct filter *filter, int64_t seconds)
{
    const struct timeval limit = {.tv_sec = seconds};
    if (!filter->ending)
        stop_listening(filter);
    filter->ending = true;
    event_add(filter->deadline, &limit);
    if (filter->connections.count == 0)
        event_base_loopexit(filter->connections.base, NULL);
}

static void on_stop(evutil_socket_t number, short what, void *context)
{
    struct filter *filter = context;
    (void)number;
    (void)what;
    filter->connections.stopping = true;
    begin_to_end(filter, BS_FILTER_STOP_SECONDS);
    bs_connections_close_idle(&filter->connections);
}

static void on_drain(evutil_socket_t number, short what, void *context)
{
    struct filter *filter = context;
    (void)number;
    (void)what;
    if (filter->ending)
        return;
    filter->connections.draining = true;
    begin_to_end(filter, filter->connections.config->drain_timeout);
    kill(getppid(), SIGUSR1); /* the supervisor waits until it accepts no more */
    bs_connections_close_idle(&filter->connections);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct filter *filter = context;
    (void)fd;
    (void)what;
    bs_log(BS_CONFIG_LEVEL_WARNING, "%zu sessions did not end in time and are cut off", filter->connections.count);
    event_base_loopexit(filter->connections.base, NULL);
}

static const struct timeval *common_timeout(struct event_base *base, int64_t seconds)
{
    const struct timeval duration = {.tv_sec = seconds};
    return event_base_init_common_timeout(base, &duration);
}

static bool set_up_connections(struct filter *filter, const struct bs_config *config,
                               const struct bs_settings *settings)
{
    struct bs_connections *all = &filter->connections;
    struct event_base *base = event_base_new();
    if (!base)
        return false;
    all->base = base;
    all->config = config;
    all->settings = settings;
    all->session_timeout = common_timeout(base, config->session_timeout);
    all->frame_timeout = common_timeout(base, config->frame_timeout);
    all->write_timeout = common_timeout(base, config->write_timeout);
    all->on_closed = on_closed;
    all->filter = filter;
    bs_strbuf_init(&all->out, BS_MILTER_OUTPUT_MAX);
    return all->session_timeout && all->frame_timeout && all->write_timeout;
}

static bool set_up_reading(struct filter *filter, const struct bs_generation *generation)
{
    filter->connections.sent = generation->shared.sent;
    filter->connections.campaigns = generation->shared.campaigns;
    if (!generation->settings.rules)
        return true;
    filter->connections.scan = bs_rules_scan_new(generation->settings.rules);
    filter->charsets = bs_charset_keep_new();
    return filter->connections.scan && filter->charsets;
}

static bool set_up_resolver(struct filter *filter, const struct bs_config *config, const struct bs_settings *settings)
{
    struct bs_error error;
    const struct bs_resolver_settings asked = {
        .servers = config->dns_servers.items,
        .server_count = config->dns_servers.count,
        .trust_anchor = config->dns_trust_anchor[0] != '\0' ? config->dns_trust_anchor : NULL,
        .timeout = (unsigned)config->dns_timeout * 1000,
        .outstanding_max = (unsigned)config->max_open_questions,
        .rate_max = (unsigned)config->dns_rate,
        .cache_size = (size_t)config->dns_cache,
    };
    if (!bs_settings_need_dns(settings))
        return true;
    filter->connections.resolver = bs_resolver_new(filter->connections.base, &asked, &error);
    if (!filter->connections.resolver)
        bs_log(BS_CONFIG_LEVEL_ERROR, "the resolver cannot be set up: %s", error.text);
    filter->connections.keys = bs_key_cache_new();
    return filter->connections.resolver && filter->connections.keys;
}

/* Says, at most once in a while, that questions stay unanswered. */
static void on_look(evutil_socket_t fd, short what, void *context)
{
    struct filter *filter = context;
    struct bs_resolver_counters now = bs_resolver_counters(filter->connections.resolver), last = filter->counted;
    (void)fd;
    (void)what;
    filter->counted = now;
    if (now.timeouts > last.timeouts || now.failures > last.failures)
        bs_log(BS_CONFIG_LEVEL_WARNING, "DNS: of %" PRIu64 " questions in %d s %" PRIu64 " had no answer within "
               "dns-timeout and %" PRIu64 " failed; see dns-servers", now.asked - last.asked, LOOK_SECONDS,
               now.timeouts - last.timeouts, now.failures - last.failures);
    if (now.refused > last.refused)
        bs_log(BS_CONFIG_LEVEL_WARNING, "DNS: %" PRIu64 " questions were not asked; see dns-rate, max-questions and "
               "max-open-questions", now.refused - last.refused);
}

static bool watch_resolver(struct filter *filter)
{
    static const struct timeval pause = {LOOK_SECONDS, 0};
    if (!filter->connections.resolver)
        return true;
    filter->look = event_new(filter->connections.base, -1, EV_PERSIST, on_look, filter);
    return filter->look && event_add(filter->look, &pause) == 0;
}

/* Says that campaigns are over, of whichever filter they were noticed by. */
static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    struct filter *filter = context;
    char name[BS_CAMPAIGN_NAME_MAX + 1];
    (void)fd;
    (void)what;
    while (bs_shared_campaigns_next_ended(filter->connections.campaigns, time(NULL), name)) {
        const struct bs_report report = {
            .decision = {.action = BS_ACTION_NONE, .reason = BS_REASON_CAMPAIGN_ENDS},
            .client = BS_LITERAL("-"),
            .recipient = bs_bytes_from_cstr(name),
        };
        bs_decision_log(NULL, &report);
    }
}

static bool watch_campaigns(struct filter *filter)
{
    static const struct timeval pause = {LOOK_SECONDS, 0};
    filter->sweep = event_new(filter->connections.base, -1, EV_PERSIST, on_sweep, filter);
    return filter->sweep && event_add(filter->sweep, &pause) == 0;
}

static bool set_up_events(struct filter *filter)
{
    struct event_base *base = filter->connections.base;
    for (size_t i = 0; i < filter->listeners->count; i++) {
        filter->accepting[i] =
            event_new(base, filter->listeners->items[i].fd, EV_READ | EV_PERSIST, on_connection, filter);
        if (!filter->accepting[i])
            return false;
    }
    filter->stop = evsignal_new(base, SIGTERM, on_stop, filter);
    filter->drain = evsignal_new(base, SIGUSR1, on_drain, filter);
    filter->resume = evtimer_new(base, on_resume, filter);
    filter->deadline = evtimer_new(base, on_deadline, filter);
    return filter->stop && filter->drain && filter->resume && filter->deadline &&
           event_add(filter->stop, NULL) == 0 && event_add(filter->drain, NULL) == 0 && watch_resolver(filter) &&
           watch_campaigns(filter);
}

static void free_event(struct event *event)
{
    if (event)
        event_free(event);
}

static void tear_down(struct filter *filter)
{
    filter->ending = false;
    bs_connections_close_all(&filter->connections);
    for (size_t i = 0; i < filter->listeners->count; i++)
        free_event(filter->accepting[i]);
    free_event(filter->stop);
    free_event(filter->drain);
    free_event(filter->resume);
    free_event(filter->deadline);
    free_event(filter->look);
    free_event(filter->sweep);
    bs_rules_scan_free(filter->connections.scan);
    bs_charset_keep_free(filter->charsets);
    if (filter->connections.resolver)
        bs_resolver_free(filter->connections.resolver);
    bs_key_cache_free(filter->connections.keys);
    if (filter->connections.base)
        event_base_free(filter->connections.base);
    bs_strbuf_free(&filter->connections.out);
    free(filter);
}

/* The supervisor blocked these signals before it forked; here they are for the event loop. */
static void unblock_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int bs_filter_run(const struct bs_generation *generation, int ready_fd)
{
    const struct bs_config *config = &generation->config;
    const struct bs_settings *settings = &generation->settings;
    struct filter *filter = calloc(1, sizeof *filter);
    if (!filter)
        return EX_OSERR;
    filter->listeners = &generation->listeners;
    bool ready = set_up_connections(filter, config, settings) && set_up_reading(filter, generation) &&
                 set_up_resolver(filter, config, settings) && set_up_events(filter);
    if (ready) {
        unblock_signals();
        set_accepting(filter, true);
        ready = write(ready_fd, "r", 1) == 1;
    }
    close(ready_fd);
    if (ready)
        event_base_dispatch(filter->connections.base);
    else
        bs_log(BS_CONFIG_LEVEL_ERROR, "a filter could not set up its event loop: %s", strerror(errno));
    tear_down(filter);
    return ready ? EX_OK : EX_OSERR;
}
