/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the same checks cost as bench-spf's with libspf2, whose questions are answered from memory at once:
 * `bench-spf-libspf2 ZONE QUESTIONS [ZONE QUESTIONS]...`. A check is a request of its own with one server object for all,
 * as a filter would have it; the explanation comes with it. Whether its results are right is not asked here.
 */
#include "spf_cases.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <spf2/spf.h>

struct request {
    char ip[64];
    char helo[512];
    char sender[512];
};

struct bench {
    struct bench_spf_cases cases;
    struct request requests[BENCH_SPF_CASES_MAX];
    SPF_server_t *server;
};

/* libspf2 hands its layers no context that changes from check to check. */
static const struct bs_canned *zone_in_use;

static bool put_record(SPF_dns_rr_t *rr, const struct bs_dns_record *record)
{
    int place = rr->num_rr;
    size_t size = record->data.len + 1 < sizeof(SPF_dns_rr_data_t) ? sizeof(SPF_dns_rr_data_t) : record->data.len + 1;
    if (SPF_dns_rr_buf_realloc(rr, place, size) != SPF_E_SUCCESS)
        return false;
    memcpy(rr->rr[place], record->data.ptr, record->data.len);
    if (rr->rr_type != ns_t_a && rr->rr_type != ns_t_aaaa)
        ((char *)rr->rr[place])[record->data.len] = '\0';
    rr->num_rr++;
    return true;
}

static SPF_dns_rr_t *look_up(SPF_dns_server_t *layer, const char *domain, ns_type type, int should_cache)
{
    (void)should_cache;
    struct bs_dns_answer answer = bs_canned_answer(zone_in_use, bs_bytes_from_cstr(domain), (enum bs_dns_type)type);
    int status = answer.status == BS_DNS_FOUND      ? NETDB_SUCCESS
                 : answer.status == BS_DNS_NODATA   ? NO_DATA
                 : answer.status == BS_DNS_NXDOMAIN ? HOST_NOT_FOUND
                                                    : TRY_AGAIN;
    SPF_dns_rr_t *rr = SPF_dns_rr_new_init(layer, domain, type, 3600, status);
    for (size_t i = 0; rr && i < answer.count; i++) {
        if (!put_record(rr, &answer.records[i]))
            break;
    }
    return rr;
}

static void write_request(struct bench *bench, size_t number)
{
    const struct bench_spf_case *source = &bench->cases.items[number];
    struct request *request = &bench->requests[number];
    snprintf(request->ip, sizeof request->ip, "%.*s", BS_BYTES_ARG(source->ip));
    snprintf(request->helo, sizeof request->helo, "%.*s", BS_BYTES_ARG(source->helo));
    if (source->domain.len > 0)
        snprintf(request->sender, sizeof request->sender, "%.*s@%.*s", BS_BYTES_ARG(source->local),
                 BS_BYTES_ARG(source->domain));
}

static void check(void *context, size_t number)
{
    struct bench *bench = context;
    const struct request *request = &bench->requests[number];
    SPF_request_t *asked = SPF_request_new(bench->server);
    SPF_response_t *response = NULL;
    zone_in_use = bench->cases.items[number].zone;
    if (strchr(request->ip, ':'))
        SPF_request_set_ipv6_str(asked, request->ip);
    else
        SPF_request_set_ipv4_str(asked, request->ip);
    SPF_request_set_helo_dom(asked, request->helo);
    if (request->sender[0])
        SPF_request_set_env_from(asked, request->sender);
    SPF_request_query_mailfrom(asked, &response);
    if (response)
        SPF_response_free(response);
    SPF_request_free(asked);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    static SPF_dns_server_t layer = {.lookup = look_up, .name = "memory"};
    bench_spf_read("bench-spf-libspf2", argc, argv, &bench.cases);
    if (!freopen("/dev/null", "w", stderr)) /* it complains about records */
        bench_spf_fail(&bench.cases, "/dev/null");
    bench.server = SPF_server_new_dns(&layer, 0);
    if (!bench.server || SPF_server_set_rec_dom(bench.server, "mx.receiver.example") != SPF_E_SUCCESS)
        bench_spf_fail(&bench.cases, "no server");
    for (size_t i = 0; i < bench.cases.count; i++)
        write_request(&bench, i);
    bench_spf_measure(&bench.cases, check, &bench);
    SPF_server_free(bench.server);
    return 0;
}
