/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A load generator for milters that behaves like Postfix 3.7 (see plan.h), with sessions by the thousand and messages
 * of several kinds; it checks every answer. It prints what it measured as JSON, times in microseconds. Its exit
 * status is 1 where an answer was wrong, a session broke, or the time limit came first.
 *
 * It is one thread. Where filter and generator share a machine, what it measures is what both together can do.
 */
#include "client.h"

#include "config/key_file.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: bench-load --connect SOCKET [OPTION]...\n"
    "  --connect SOCKET       the milter: inet:HOST:PORT, inet6:[ADDRESS]:PORT or unix:/PATH\n"
    "  --expect WHAT          gate: what backstopd does where the domain is enforced; shape: the same, tags not\n"
    "                         checked; nothing: all is accepted as it is; fields: all is accepted, header fields may\n"
    "                         be added and changed. Default: gate\n"
    "  --domain DOMAIN        the domain of ours; default ours.example\n"
    "  --key FILE             the secret of key digit 0, with which genuine tags are made and new ones checked\n"
    "  --messages N           how many; default 10000\n"
    "  --connections N        at once; default 100\n"
    "  --per-connection N     messages on each; default 1\n"
    "  --rate N               messages per second at random moments, on up to --connections; default: each\n"
    "                         connection begins a message as soon as its last one is over\n"
    "  --mix KIND=N,...       the kinds and how often each comes, of ordinary, outgoing, forged-untagged, forged-tag,\n"
    "                         genuine, given; default ordinary=60,outgoing=25,forged-untagged=5,forged-tag=5,genuine=5\n"
    "  --mail PATH            take mail from this file or the files of this folder; default: made up. Bounces are\n"
    "                         always made up\n"
    "  --given PATH           send nothing but this file or the files of this folder, by name and in turn, each from\n"
    "                         the sender in its first field, Return-Path, which is taken off\n"
    "  --changes FILE         note there each header field that the filter adds or changes: the number of the message\n"
    "                         in its folder, its kind, name and value, parted by tabs\n"
    "  --size BYTES           of made-up messages; default 0: a mix of 3 to 92 kB that averages 14 kB\n"
    "  --seed N               the same seed gives the same messages in the same order\n"
    "  --idle N               open N sessions, say so on a line, and hold them until SIGTERM\n"
    "  --time-limit SECONDS   default 120\n";

struct options {
    const char *key;
    const char *mail;
    const char *given;
    size_t size;
    struct bench_load load;
    struct bench_identity identity;
};

static bool parse_number(const char *text, double limit, double *ret_number)
{
    char *end;
    *ret_number = strtod(text, &end);
    return end != text && *end == '\0' && *ret_number >= 0 && *ret_number <= limit;
}

static bool parse_mix(const char *text, unsigned weights[BENCH_KINDS])
{
    struct bs_bytes rest = bs_bytes_from_cstr(text);
    unsigned sum = 0;
    memset(weights, 0, BENCH_KINDS * sizeof *weights);
    while (rest.len > 0) {
        struct bs_bytes item = bs_bytes_first(rest, bs_bytes_find(rest, ','));
        rest = bs_bytes_skip(rest, item.len < rest.len ? item.len + 1 : item.len);
        size_t equals = bs_bytes_find(item, '='), kind = 0;
        while (kind < BENCH_KINDS && !bs_bytes_equal(bs_bytes_first(item, equals),
                                                     bs_bytes_from_cstr(bench_kind_name((enum bench_kind)kind))))
            kind++;
        if (kind == BENCH_KINDS || equals == item.len)
            return false;
        weights[kind] = (unsigned)(strtoul(item.ptr + equals + 1, NULL, 10) % 1000001);
        sum += weights[kind];
    }
    return sum > 0;
}

static bool parse_expectation(const char *text, enum bench_expectation *ret_expectation)
{
    static const char *const names[] = {"gate", "shape", "nothing", "fields"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret_expectation = (enum bench_expectation)i;
            return true;
        }
    }
    return false;
}

static bool set_number(struct options *options, int option, double number)
{
    struct bench_load *load = &options->load;
    switch (option) {
    case 'm':
        load->messages = (uint64_t)number;
        return number >= 1;
    case 'c':
        load->connections = (size_t)number;
        return number >= 1;
    case 'p':
        load->per_connection = (size_t)number;
        return number >= 1;
    case 'r':
        load->rate = number;
        return true;
    case 'i':
        load->idle = (size_t)number;
        return true;
    case 't':
        load->time_limit = number;
        return number >= 1;
    case 's':
        options->size = (size_t)number;
        return true;
    case 'S':
        load->random = (uint64_t)number * 2 + 1;
        return true;
    default:
        return false;
    }
}

static bool set_option(struct options *options, int option, const char *value, struct bs_error *ret_error)
{
    double number;
    switch (option) {
    case 'C':
        return bs_endpoint_parse(value, &options->load.filter, ret_error);
    case 'e':
        return parse_expectation(value, &options->load.expectation) ||
               bs_error_set(ret_error, "--expect takes gate, shape, nothing or fields");
    case 'd':
        options->identity.domain = value;
        return true;
    case 'k':
        options->key = value;
        return true;
    case 'f':
        options->mail = value;
        return true;
    case 'g':
        options->given = value;
        return parse_mix("given=1", options->load.weights);
    case 'n':
        options->load.changes = fopen(value, "we");
        return options->load.changes || bs_error_set(ret_error, "%s: %s", value, strerror(errno));
    case 'x':
        return parse_mix(value, options->load.weights) || bs_error_set(ret_error, "--mix does not take %s", value);
    default:
        return (parse_number(value, 1e9, &number) && set_number(options, option, number)) ||
               bs_error_set(ret_error, "%s: not a number that makes sense there", value);
    }
}

static bool parse_options(int argc, char **argv, struct options *options, struct bs_error *ret_error)
{
    static const struct option known[] = {
        {"connect", 1, NULL, 'C'}, {"expect", 1, NULL, 'e'}, {"domain", 1, NULL, 'd'}, {"key", 1, NULL, 'k'},
        {"messages", 1, NULL, 'm'}, {"connections", 1, NULL, 'c'}, {"per-connection", 1, NULL, 'p'},
        {"rate", 1, NULL, 'r'}, {"mix", 1, NULL, 'x'}, {"mail", 1, NULL, 'f'},
        {"given", 1, NULL, 'g'}, {"changes", 1, NULL, 'n'}, {"size", 1, NULL, 's'},
        {"seed", 1, NULL, 'S'}, {"idle", 1, NULL, 'i'}, {"time-limit", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == '?')
            return bs_error_set(ret_error, "no such option, or it lacks its value");
        if (!set_option(options, option, optarg, ret_error))
            return false;
    }
    if (optind < argc || options->load.filter.length == 0)
        return bs_error_set(ret_error, "--connect is missing, or there are words without an option");
    if (options->load.weights[BENCH_GIVEN] > 0 && !options->given)
        return bs_error_set(ret_error, "what is given in --mix is missing: --given");
    return options->key || options->load.expectation != BENCH_EXPECT_GATE ||
           bs_error_set(ret_error, "--expect gate needs --key");
}

/* Without a key file genuine tags are made with any key: nobody checks them. */
static bool load_key(const char *path, struct bs_batv_keys *ret_keys, struct bs_error *ret_error)
{
    char secret[BS_KEY_FILE_MAX] = "unchecked";
    size_t length = strlen(secret);
    if (path && !bs_key_file_read(path, secret, &length, ret_error))
        return false;
    *ret_keys = (struct bs_batv_keys){.by_digit = {bs_hmac_sha1_key_new(bs_bytes(secret, length))}};
    return ret_keys->by_digit[0] || bs_error_set(ret_error, "no HMAC-SHA1");
}

/* Asks the filter what it wants: one session that ends after the negotiation. `io_input` keeps the bytes that the
 * answer borrows from. */
static bool negotiate(const struct bs_endpoint *filter, struct bs_strbuf *io_input,
                      struct bs_milter_answer *ret_answer, struct bs_error *ret_error)
{
    struct bs_strbuf offer;
    char chunk[4096];
    enum bs_milter_progress progress = BS_MILTER_MORE;
    int fd = bs_endpoint_connect(filter, 10000);
    if (fd < 0)
        return bs_error_set(ret_error, "cannot connect to the filter: %s", strerror(errno));
    bs_strbuf_init(&offer, sizeof chunk);
    bench_plan_offer(&offer);
    bool good = write(fd, offer.ptr, offer.len) == (ssize_t)offer.len;
    while (good && progress == BS_MILTER_MORE) {
        ssize_t count = read(fd, chunk, sizeof chunk);
        good = count > 0;
        if (!good)
            break;
        bs_strbuf_append(io_input, bs_bytes(chunk, (size_t)count));
        struct bs_bytes input = bs_strbuf_bytes(io_input);
        progress = bs_milter_peer_decode(&input, sizeof chunk, ret_answer, ret_error);
    }
    bs_strbuf_free(&offer);
    close(fd);
    if (good && progress == BS_MILTER_EVENT && ret_answer->code == BS_MILTER_OPTNEG)
        return true;
    return progress == BS_MILTER_BAD ? false : bs_error_set(ret_error, "the filter does not negotiate");
}

static void say_idle(void)
{
    puts("idle");
    fflush(stdout);
}

static double microseconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1000;
}

static void print_histogram(const char *name, const struct bench_histogram *histogram)
{
    static const struct {
        const char *name;
        double share;
    } shares[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    printf(",\n  \"%s\": {\"count\": %llu", name, (unsigned long long)histogram->total);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        printf(", \"%s\": %.1f", shares[i].name, microseconds(bench_histogram_quantile(histogram, shares[i].share)));
    printf(", \"max\": %.1f}", microseconds(histogram->largest));
}

static void print_kinds(const struct bench_load *load)
{
    for (unsigned kind = 0; kind < BENCH_KINDS; kind++) {
        printf(",\n  \"%s\": {", bench_kind_name((enum bench_kind)kind));
        for (unsigned outcome = 0; outcome < BENCH_OUTCOMES; outcome++)
            printf("%s\"%s\": %llu", outcome ? ", " : "", bench_outcome_name((enum bench_outcome)outcome),
                   (unsigned long long)load->outcomes[kind][outcome]);
        printf("}");
    }
}

static void print_steps(const struct bench_load *load)
{
    static const struct {
        enum bs_milter_command command;
        const char *name;
    } steps[] = {{BS_MILTER_OPTNEG, "wait-negotiation"}, {BS_MILTER_CONNECT, "wait-connect"},
                 {BS_MILTER_HELO, "wait-helo"}, {BS_MILTER_MAIL, "wait-mail"}, {BS_MILTER_RCPT, "wait-rcpt"},
                 {BS_MILTER_DATA, "wait-data"}, {BS_MILTER_HEADER, "wait-header"}, {BS_MILTER_EOH, "wait-eoh"},
                 {BS_MILTER_BODY, "wait-body"}, {BS_MILTER_EOM, "wait-eom"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (load->steps[steps[i].command].total > 0)
            print_histogram(steps[i].name, &load->steps[steps[i].command]);
    }
}

/* Own CPU time, since a generator that is short of it measures itself. */
static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double average_size(const struct bench_letters *letters)
{
    double sum = 0;
    if (letters->count == 0)
        return 0;
    for (size_t i = 0; i < letters->count; i++)
        sum += (double)letters->items[i].size;
    return sum / (double)letters->count;
}

static bool print_report(const struct bench_load *load)
{
    bool good = load->wrong == 0 && load->broken == 0 && !load->timed_out;
    printf("{\n  \"good\": %s,\n  \"first-fault\": \"%s\",\n  \"timed-out\": %s", good ? "true" : "false",
           load->first_fault, load->timed_out ? "true" : "false");
    printf(",\n  \"average-mail-bytes\": %.0f,\n  \"average-bounce-bytes\": %.0f,\n  \"average-given-bytes\": %.0f",
           load->average[BENCH_SET_MAIL], load->average[BENCH_SET_BOUNCES], load->average[BENCH_SET_GIVEN]);
    printf(",\n  \"messages\": %llu,\n  \"wrong\": %llu,\n  \"broken-sessions\": %llu,\n  \"sessions\": %llu",
           (unsigned long long)load->done, (unsigned long long)load->wrong, (unsigned long long)load->broken,
           (unsigned long long)load->sessions);
    printf(",\n  \"seconds\": %.3f,\n  \"per-second\": %.1f,\n  \"generator-cpu-seconds\": %.2f", load->seconds,
           load->seconds > 0 ? (double)load->done / load->seconds : 0, cpu_seconds());
    print_kinds(load);
    print_histogram("added-latency", &load->added);
    print_steps(load);
    if (load->rate > 0)
        print_histogram("begun-late", &load->late);
    printf("\n}\n");
    return good;
}

static bool make_letters(const struct options *options, struct bench_letters sets[BENCH_SETS],
                         struct bs_error *ret_error)
{
    uint64_t random = 0x9e3779b97f4a7c15u;
    struct bench_letters *mail = &sets[BENCH_SET_MAIL];
    if (options->mail ? !bench_letters_read(options->mail, mail, ret_error)
                      : !bench_letters_make(100, options->size, false, &random, mail))
        return options->mail ? false : bs_error_set(ret_error, "no memory");
    if (options->given && !bench_letters_read(options->given, &sets[BENCH_SET_GIVEN], ret_error))
        return false;
    return bench_letters_make(100, options->size, true, &random, &sets[BENCH_SET_BOUNCES]) ||
           bs_error_set(ret_error, "no memory");
}

static bool run(struct options *options, struct bs_error *ret_error)
{
    struct bench_letters sets[BENCH_SETS] = {0};
    struct bench_plan plan = {0};
    struct bs_milter_answer answer;
    struct bs_strbuf input;
    bs_strbuf_init(&input, 65536);
    bool good = load_key(options->key, &options->identity.keys, ret_error) &&
                make_letters(options, sets, ret_error) &&
                negotiate(&options->load.filter, &input, &answer, ret_error) &&
                bench_plan_make(&answer, &options->identity, sets, &plan, ret_error);
    for (int set = 0; set < BENCH_SETS; set++)
        options->load.average[set] = average_size(&sets[set]);
    options->load.plan = &plan;
    options->load.identity = &options->identity;
    good = good && bench_load_run(&options->load, ret_error);
    bench_plan_free(&plan);
    for (int set = 0; set < BENCH_SETS; set++)
        bench_letters_free(&sets[set]);
    bs_strbuf_free(&input);
    bs_hmac_key_free(options->identity.keys.by_digit[0]);
    return good;
}

static void raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    static struct options options = {
        .load = {.weights = {60, 25, 5, 5, 5, 0}, .random = 1, .connections = 100, .per_connection = 1,
                 .messages = 10000, .time_limit = 120, .on_all_idle = say_idle},
        .identity = {.domain = "ours.example"},
    };
    struct bs_error error;
    if (!parse_options(argc, argv, &options, &error)) {
        fprintf(stderr, "bench-load: %s\n%s", error.text, usage);
        return EX_USAGE;
    }
    raise_files();
    if (!run(&options, &error)) {
        fprintf(stderr, "bench-load: %s\n", error.text);
        return EX_UNAVAILABLE;
    }
    return print_report(&options.load) ? 0 : 1;
}
