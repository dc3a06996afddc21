/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resolver; see resolver.h. libunbound has an event API of its own (unbound-event.h): an answer that is in the cache
 * is called back from within ub_resolve_event, any other from the event loop. Its time-outs are longer than ours, and a
 * question that it has begun goes on until it is done with it. So a question that nobody waits for any more stays
 * with it as `abandoned`; its answer is good for the cache.
 *
 * No callback from libunbound calls it again: whoever is answered here only notes the answer.
 */
#include "resolver/resolver.h"

#include "resolver/answer.h"
#include "resolver/cache.h"
#include "resolver/inquiry.h"
#include "resolver/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>
#include <unbound.h>

enum {
    CLASS_IN = 1,
    SECURITY_BOGUS = 1,
    SECURITY_SECURE = 2,
    ESCAPED_NAME_MAX = 4 * BS_DNS_NAME_MAX + 2, /* every byte as \DDD, the final dot and the NUL */
    DOMAINS = 1024,
    DOMAIN_LABELS = 2,
    ARPA_LABELS = 6, /* an IPv4 address, or 16 bits of an IPv6 one */
    CACHE_MIN = 64 * 1024,
    CACHE_SHARE = 4, /* one part of so many is for our own cache */
    ANCHOR_LINE_MAX = 4096,
};

LIST_HEAD(inquiry_list, bs_inquiry);

struct bs_resolver {
    struct ub_ctx *library;
    struct event_base *base;
    struct event *window_end; /* of the second in which `fresh` counts */
    unsigned fresh;           /* questions in it that the cache could not answer */
    unsigned rate_max;
    const struct timeval *timeout; /* one of the event loop's common ones */
    unsigned outstanding, outstanding_max;
    unsigned by_domain[DOMAINS], domain_max; /* of the outstanding, by the hash of their domains */
    unsigned salt; /* of that hash, so that nobody can choose a domain which takes another's share */
    unsigned abandoned, abandoned_max;
    struct bs_cache *cache; /* in front of libunbound's */
    struct inquiry_list inquiries; /* all that libunbound holds */
    struct bs_resolver_counters counters;
    struct bs_packet_answer answer; /* the one that is being handed on */
};

static const struct bs_dns_answer timeout_answer = {.status = BS_DNS_TIMEOUT};
static const struct bs_dns_answer failure_answer = {.status = BS_DNS_SERVFAIL};

struct event_base *bs_resolver_base(const struct bs_resolver *resolver)
{
    return resolver->base;
}

struct bs_resolver_counters bs_resolver_counters(const struct bs_resolver *resolver)
{
    return resolver->counters;
}

static int64_t now(const struct bs_resolver *resolver)
{
    struct timeval time = {0};
    event_base_gettimeofday_cached(resolver->base, &time);
    return time.tv_sec;
}

const struct bs_dns_answer *bs_resolver_recall(struct bs_resolver *resolver, struct bs_bytes name,
                                               enum bs_dns_type type)
{
    const struct bs_dns_answer *answer = bs_cache_find(resolver->cache, name, type, now(resolver));
    resolver->counters.asked += answer != NULL;
    resolver->counters.cached += answer != NULL;
    return answer;
}

void bs_resolver_count_refused(struct bs_resolver *resolver)
{
    resolver->counters.asked++;
    resolver->counters.refused++;
}

bool bs_resolver_check_server(const char *text, struct bs_error *ret_error)
{
    char address[BS_SERVER_TEXT];
    return strcmp(text, BS_RESOLVER_SYSTEM) == 0 || bs_server_parse(text, address, ret_error);
}

/* Counts the inquiry in, or out. */
static void count_waiting(struct bs_inquiry *inquiry, bool waits)
{
    inquiry->resolver->outstanding += waits ? 1u : -1u;
    inquiry->resolver->by_domain[inquiry->domain] += waits ? 1u : -1u;
}

/* A number for the domain of a name: its last two labels; domains may share one. */
static unsigned domain_of(const struct bs_resolver *resolver, struct bs_bytes name)
{
    bool is_reverse = name.len > 5 && bs_bytes_equal_nocase(bs_bytes_skip(name, name.len - 5), BS_LITERAL(".arpa"));
    unsigned dots = is_reverse ? ARPA_LABELS : DOMAIN_LABELS, hash = resolver->salt;
    for (size_t at = name.len; at > 0; at--) {
        char c = bs_ascii_lower(name.ptr[at - 1]);
        if (c == '.' && --dots == 0)
            break;
        hash = (hash ^ (unsigned char)c) * 16777619u;
    }
    return (hash ^ hash >> 16) % DOMAINS;
}

static void free_inquiry(struct bs_inquiry *inquiry)
{
    if (inquiry->in_library)
        LIST_REMOVE(inquiry, all);
    if (inquiry->deadline)
        event_free(inquiry->deadline);
    free(inquiry);
}

/* Hands the answer to whoever waits for it. */
static void deliver(struct bs_inquiry *inquiry, const struct bs_dns_answer *answer)
{
    void (*answered)(struct bs_inquiry *, const struct bs_dns_answer *) = inquiry->answered;
    if (bs_dns_failed(answer) && answer->status != BS_DNS_TIMEOUT)
        inquiry->resolver->counters.failures++;
    inquiry->answered = NULL;
    answered(inquiry, answer);
}

/* Nobody waits any more; libunbound still has the question. */
static void leave_to_library(struct bs_inquiry *inquiry)
{
    inquiry->answered = NULL;
    if (inquiry->deadline)
        event_del(inquiry->deadline);
    count_waiting(inquiry, false);
    inquiry->resolver->abandoned++;
}

void bs_inquiry_abandon(struct bs_inquiry *inquiry)
{
    leave_to_library(inquiry);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    struct bs_inquiry *inquiry = context;
    void (*answered)(struct bs_inquiry *, const struct bs_dns_answer *) = inquiry->answered;
    (void)fd, (void)what;
    inquiry->resolver->counters.timeouts++;
    leave_to_library(inquiry);
    answered(inquiry, &timeout_answer);
}

static void on_window_end(evutil_socket_t fd, short what, void *context)
{
    struct bs_resolver *resolver = context;
    (void)fd, (void)what;
    resolver->fresh = 0;
}

/* What libunbound says, as an answer; it is valid until the next. */
static const struct bs_dns_answer *read_answer(struct bs_inquiry *inquiry, int rcode, const void *packet, int length,
                                               int security)
{
    struct bs_packet_answer *read = &inquiry->resolver->answer;
    if (security == SECURITY_BOGUS) {
        read->answer = (struct bs_dns_answer){.status = BS_DNS_BOGUS};
    } else if (rcode != 0 || !packet || length < 0) {
        read->answer = failure_answer;
    } else {
        bs_packet_read(bs_bytes(packet, (size_t)length), inquiry->name, inquiry->type, read);
        read->answer.secure = security == SECURITY_SECURE && !bs_dns_failed(&read->answer);
        bs_cache_put(inquiry->resolver->cache, inquiry->name, inquiry->type, &read->answer, now(inquiry->resolver),
                     read->ttl);
    }
    return &read->answer;
}

/* Called by libunbound. */
static void on_answer(void *context, int rcode, void *packet, int length, int security, char *why_bogus, int was_limited)
{
    struct bs_inquiry *inquiry = context;
    struct bs_resolver *resolver = inquiry->resolver;
    (void)why_bogus, (void)was_limited;
    if (inquiry->answered) {
        if (!inquiry->beginning)
            count_waiting(inquiry, false);
        deliver(inquiry, read_answer(inquiry, rcode, packet, length, security));
    } else {
        resolver->abandoned--;
    }
    if (!inquiry->beginning)
        free_inquiry(inquiry);
}

struct bs_inquiry *bs_inquiry_new(struct bs_resolver *resolver, struct bs_bytes name, enum bs_dns_type type)
{
    struct bs_inquiry *inquiry = type <= UINT16_MAX ? calloc(1, sizeof *inquiry) : NULL; /* the rest is not for DNS */
    if (!inquiry)
        return NULL;
    memcpy(inquiry->text, name.ptr, name.len);
    inquiry->name = bs_bytes(inquiry->text, name.len);
    inquiry->type = type;
    inquiry->resolver = resolver;
    return inquiry;
}

/* The name for libunbound: absolute, all but letters, digits, hyphens and underscores as \DDD. */
static void escape_name(struct bs_bytes name, char ret_text[ESCAPED_NAME_MAX])
{
    char *to = ret_text;
    for (size_t i = 0; i < name.len; i++) {
        char c = bs_ascii_lower(name.ptr[i]);
        if ((c >= 'a' && c <= 'z') || bs_ascii_is_digit(c) || c == '-' || c == '_' || c == '.')
            *to++ = c;
        else
            to += sprintf(to, "\\%03u", (unsigned)(unsigned char)c);
    }
    *to++ = '.';
    *to = '\0';
}

static bool is_over_a_limit(const struct bs_resolver *resolver, unsigned domain)
{
    return resolver->outstanding >= resolver->outstanding_max || resolver->by_domain[domain] >= resolver->domain_max ||
           resolver->abandoned >= resolver->abandoned_max ||
           (resolver->rate_max > 0 && resolver->fresh >= resolver->rate_max);
}

/* libunbound did not have the answer: now it is a question that waits. */
static bool wait_for_answer(struct bs_inquiry *inquiry)
{
    static const struct timeval second = {.tv_sec = 1};
    struct bs_resolver *resolver = inquiry->resolver;
    if (resolver->rate_max > 0 && resolver->fresh++ == 0)
        evtimer_add(resolver->window_end, &second);
    count_waiting(inquiry, true);
    inquiry->deadline = evtimer_new(resolver->base, on_deadline, inquiry);
    return inquiry->deadline && evtimer_add(inquiry->deadline, resolver->timeout) == 0;
}

/* Asks libunbound; whether it took the question. */
static bool ask_library(struct bs_inquiry *inquiry)
{
    char name[ESCAPED_NAME_MAX];
    struct bs_resolver *resolver = inquiry->resolver;
    inquiry->domain = domain_of(resolver, inquiry->name);
    if (is_over_a_limit(resolver, inquiry->domain))
        return false;
    escape_name(inquiry->name, name);
    return ub_resolve_event(resolver->library, name, (int)inquiry->type, CLASS_IN, inquiry, on_answer, NULL) == 0;
}

void bs_inquiry_begin(struct bs_inquiry *inquiry)
{
    struct bs_resolver *resolver = inquiry->resolver;
    resolver->counters.asked++;
    inquiry->beginning = true;
    if (!ask_library(inquiry)) {
        resolver->counters.refused++;
        deliver(inquiry, &timeout_answer);
        free_inquiry(inquiry);
    } else if (!inquiry->answered) {
        resolver->counters.cached++;
        free_inquiry(inquiry);
    } else {
        inquiry->beginning = false;
        inquiry->in_library = true;
        LIST_INSERT_HEAD(&resolver->inquiries, inquiry, all);
        if (!wait_for_answer(inquiry))
            on_deadline(-1, 0, inquiry);
    }
}

struct library_option {
    const char *name;
    size_t value;
};

static bool set_option(struct ub_ctx *library, const char *name, const char *value, struct bs_error *ret_error)
{
    int status = ub_ctx_set_option(library, name, value);
    return status == 0 || bs_error_set(ret_error, "libunbound does not take %s %s: %s", name, value, ub_strerror(status));
}

static size_t at_most(size_t value, size_t limit)
{
    return value < limit ? value : limit;
}

static bool set_numbers(struct ub_ctx *library, const struct library_option *options, size_t count,
                        struct bs_error *ret_error)
{
    char number[24];
    for (size_t i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%zu", options[i].value);
        if (!set_option(library, options[i].name, number, ret_error))
            return false;
    }
    return true;
}

static size_t cache_size(const struct bs_resolver_settings *settings)
{
    return settings->cache_size > CACHE_MIN ? settings->cache_size : CACHE_MIN;
}

static bool set_sizes(struct ub_ctx *library, const struct bs_resolver_settings *settings, struct bs_error *ret_error)
{
    size_t cache = cache_size(settings) - cache_size(settings) / CACHE_SHARE;
    size_t at_once = settings->outstanding_max * (size_t)(1 + BS_RESOLVER_ABANDONED_MAX);
    const struct library_option options[] = {
        {"outgoing-range:", at_most(at_once, BS_RESOLVER_SOCKETS_MAX)},
        {"outgoing-num-tcp:", at_most(at_once, BS_RESOLVER_TCP_MAX)},
        {"num-queries-per-thread:", at_once},
        {"msg-cache-size:", cache / 3},
        {"rrset-cache-size:", cache - cache / 3},
    };
    return set_numbers(library, options, sizeof options / sizeof *options, ret_error);
}

/*
 * A server that is silent is asked again after ever longer times, up to a longest one, upon which it counts as dead for
 * as long as that is remembered. A forwarder has to ask others before it answers, so its times begin with a second. It
 * may be silent about one domain only, and is back at once after an outage, so that is forgotten after ten seconds.
 */
static bool set_patience(struct ub_ctx *library, bool forwards, struct bs_error *ret_error)
{
    static const struct library_option with_forwarders[] = {
        {"unknown-server-time-limit:", 1000}, {"infra-cache-min-rtt:", 1000}, {"infra-cache-max-rtt:", 10000},
        {"infra-host-ttl:", 10},              {"outbound-msg-retry:", 3},
    };
    static const struct library_option from_the_root[] = {
        {"infra-cache-max-rtt:", 10000}, {"infra-host-ttl:", 60}, {"outbound-msg-retry:", 5},
    };
    return forwards ? set_numbers(library, with_forwarders, sizeof with_forwarders / sizeof *with_forwarders, ret_error)
                    : set_numbers(library, from_the_root, sizeof from_the_root / sizeof *from_the_root, ret_error);
}

static bool set_servers(struct ub_ctx *library, const struct bs_resolver_settings *settings, struct bs_error *ret_error)
{
    for (size_t i = 0; i < settings->server_count; i++) {
        char address[BS_SERVER_TEXT] = "/etc/resolv.conf";
        int status;
        if (strcmp(settings->servers[i], BS_RESOLVER_SYSTEM) == 0)
            status = ub_ctx_resolvconf(library, address);
        else if (bs_server_parse(settings->servers[i], address, ret_error))
            status = ub_ctx_set_fwd(library, address);
        else
            return false;
        if (status != 0)
            return bs_error_set(ret_error, "%s: %s", address, ub_strerror(status));
    }
    /* A forwarder may be on this machine and knows its network; what a stranger names as a domain's server may not. */
    bool forwards = settings->server_count > 0;
    return set_patience(library, forwards, ret_error) &&
           set_option(library, "do-not-query-localhost:", forwards ? "no" : "yes", ret_error) &&
           (!forwards || (set_option(library, "unblock-lan-zones:", "yes", ret_error) &&
                          set_option(library, "insecure-lan-zones:", "yes", ret_error)));
}

/* Whether a line that is no comment looks like a key. libunbound takes a file without any for no DNSSEC. */
static bool has_key(const char *path, struct bs_error *ret_error)
{
    char line[ANCHOR_LINE_MAX];
    bool found = false;
    FILE *file = fopen(path, "re");
    if (!file)
        return bs_error_set(ret_error, "%s: %s", path, strerror(errno));
    while (!found && fgets(line, sizeof line, file))
        found = line[0] != ';' && (strstr(line, "DNSKEY") || strstr(line, "DS"));
    fclose(file);
    return found || bs_error_set(ret_error, "%s: there is no DNSKEY or DS record in it", path);
}

static bool set_trust(struct ub_ctx *library, const char *trust_anchor, struct bs_error *ret_error)
{
    if (!trust_anchor)
        return set_option(library, "module-config:", "iterator", ret_error);
    if (!has_key(trust_anchor, ret_error))
        return false;
    int status = ub_ctx_add_ta_file(library, trust_anchor);
    return status == 0 || bs_error_set(ret_error, "%s: %s", trust_anchor, ub_strerror(status));
}

static void ignore_answer(void *context, int rcode, void *packet, int length, int security, char *why, int was_limited)
{
    (void)context, (void)rcode, (void)packet, (void)length, (void)security, (void)why, (void)was_limited;
}

/* libunbound sets itself up with the first question, and reads its files then. This one it answers by itself. */
static bool start(struct ub_ctx *library, const struct bs_resolver_settings *settings, struct bs_error *ret_error)
{
    int status = ub_resolve_event(library, "localhost.", BS_DNS_A, CLASS_IN, NULL, ignore_answer, NULL);
    if (status == 0)
        return true;
    return bs_error_set(ret_error, "libunbound: %s%s%s", ub_strerror(status),
                        settings->trust_anchor ? "; see " : "",
                        settings->trust_anchor ? settings->trust_anchor : "");
}

static bool set_up(struct bs_resolver *resolver, const struct bs_resolver_settings *settings, struct bs_error *ret_error)
{
    struct timeval timeout = {settings->timeout / 1000, settings->timeout % 1000 * 1000};
    resolver->library = ub_ctx_create_event(resolver->base);
    resolver->window_end = evtimer_new(resolver->base, on_window_end, resolver);
    resolver->timeout = event_base_init_common_timeout(resolver->base, &timeout);
    resolver->cache = bs_cache_new(cache_size(settings) / CACHE_SHARE);
    if (!resolver->library || !resolver->cache || !resolver->window_end || !resolver->timeout)
        return bs_error_set(ret_error, "libunbound: no resolver");
    ub_ctx_debugout(resolver->library, NULL); /* or it writes to stderr */
    return set_sizes(resolver->library, settings, ret_error) && set_servers(resolver->library, settings, ret_error) &&
           set_trust(resolver->library, settings->trust_anchor, ret_error) &&
           start(resolver->library, settings, ret_error);
}

struct bs_resolver *bs_resolver_new(struct event_base *base, const struct bs_resolver_settings *settings,
                                    struct bs_error *ret_error)
{
    struct bs_resolver *resolver = calloc(1, sizeof *resolver);
    if (!resolver) {
        bs_error_set(ret_error, "no memory for a resolver");
        return NULL;
    }
    LIST_INIT(&resolver->inquiries);
    evutil_secure_rng_get_bytes(&resolver->salt, sizeof resolver->salt);
    resolver->base = base;
    resolver->rate_max = settings->rate_max;
    resolver->outstanding_max = settings->outstanding_max;
    resolver->domain_max = settings->outstanding_max / BS_RESOLVER_DOMAIN_SHARE;
    if (resolver->domain_max < BS_RESOLVER_DOMAIN_MIN)
        resolver->domain_max = BS_RESOLVER_DOMAIN_MIN;
    resolver->abandoned_max = settings->outstanding_max * BS_RESOLVER_ABANDONED_MAX;
    if (!set_up(resolver, settings, ret_error)) {
        bs_resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

void bs_resolver_free(struct bs_resolver *resolver)
{
    if (!resolver)
        return;
    if (resolver->library)
        ub_ctx_delete(resolver->library); /* it calls nobody back */
    for (struct bs_inquiry *inquiry; (inquiry = LIST_FIRST(&resolver->inquiries)) != NULL;)
        free_inquiry(inquiry);
    if (resolver->window_end)
        event_free(resolver->window_end);
    bs_cache_free(resolver->cache);
    free(resolver);
}
