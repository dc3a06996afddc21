/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop dkim keygen`: makes a private key in a file, or one or two in the directory of keys, and prints the
 * records that publish them; see backstop-dkim(1). */
#include "auth/dkim_name.h"
#include "base/timestamp.h"
#include "cli/dkim_make.h"
#include "cli/dkim_store.h"
#include "cli/output.h"

#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { NAMES_MEMORY = 64 * 1024, KEYS_MAX = 2 };

enum { DOMAIN_NAME = 256, SELECTOR, TYPE, BITS, DIRECTORY, DUAL, NOW, HELP = 'h' };

static const char usage[] =
    "usage: backstop dkim keygen --domain DOMAIN --selector NAME [OPTION]... FILE\n"
    "       backstop dkim keygen --domain DOMAIN --directory DIR [OPTION]...\n"
    "      --domain DOMAIN  the domain that the key is for\n"
    "      --selector NAME  the name of the key in the domain; with --directory made from the date unless given\n"
    "      --directory DIR  put the key among the keys there, as a new one: `backstop dkim rotate` lets it sign\n"
    "      --type TYPE      rsa, which every verifier knows, or ed25519; rsa unless given\n"
    "      --dual           make one of each, to sign twice; with two --selector, that of the RSA key first\n"
    "      --bits BITS      of an RSA key: 2048, 3072 or 4096; 2048 unless given\n"
    "      --now TIME       as of 2026-08-21, 2026-08-21T10:30:00Z or @SECONDS\n"
    "writes the private key into FILE, which only its owner and group may read, and prints the DNS record.\n";

struct request {
    const char *domain, *directory, *path;
    const char *selectors[KEYS_MAX];
    size_t selector_count;
    enum bs_key_type type;
    bool dual;
    unsigned bits;
    int64_t now;
    struct bs_arena arena;
};

static bool read_bits(const char *text, unsigned *ret_bits)
{
    static const unsigned sizes[] = {2048, 3072, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        *ret_bits = sizes[i];
        if (strtoul(text, NULL, 10) == sizes[i] && strlen(text) == 4)
            return true;
    }
    return false;
}

static bool read_type(const char *text, enum bs_key_type *ret_type)
{
    *ret_type = strcmp(text, "ed25519") == 0 ? BS_KEY_ED25519 : BS_KEY_RSA;
    return *ret_type == BS_KEY_ED25519 || strcmp(text, "rsa") == 0;
}

static bool take_option(struct request *request, int option, const char *value)
{
    switch (option) {
    case DOMAIN_NAME: request->domain = value; return true;
    case DIRECTORY: request->directory = value; return true;
    case BITS: return read_bits(value, &request->bits);
    case TYPE: return read_type(value, &request->type);
    case NOW: return bs_timestamp_parse(bs_bytes_from_cstr(value), &request->now);
    case DUAL: return request->dual = true;
    case SELECTOR:
        if (request->selector_count == KEYS_MAX)
            return false;
        request->selectors[request->selector_count++] = value;
        return true;
    default: return false;
    }
}

/* Whether what was given goes together: a file and its selector, or a directory and a selector for each key or
 * none. */
static bool is_complete(const struct request *request, int arguments)
{
    if (!request->domain)
        return false;
    if (!request->directory)
        return arguments == 1 && request->selector_count == 1 && !request->dual;
    return arguments == 0 && (request->selector_count == 0 || request->selector_count == (request->dual ? 2U : 1U));
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"domain", required_argument, NULL, DOMAIN_NAME}, {"selector", required_argument, NULL, SELECTOR},
        {"type", required_argument, NULL, TYPE},          {"bits", required_argument, NULL, BITS},
        {"now", required_argument, NULL, NOW},            {"directory", required_argument, NULL, DIRECTORY},
        {"dual", no_argument, NULL, DUAL},                {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == HELP)
            return bs_output_usage(usage, true);
        if (option == '?')
            return EX_USAGE;
        if (!take_option(request, option, optarg)) {
            bs_output_error("\"%s\" is out of range, or one too many", optarg);
            return EX_USAGE;
        }
    }
    request->path = argv[optind];
    return is_complete(request, argc - optind) ? -1 : bs_output_usage(usage, false);
}

/* Checks the selectors, or without any the domain alone; -1 to go on. */
static int check_names(const struct request *request)
{
    struct bs_bytes domain = bs_bytes_from_cstr(request->domain);
    int status = request->selector_count == 0 ? bs_dkim_store_check_names(BS_LITERAL("s"), domain) : EX_OK;
    for (size_t i = 0; i < request->selector_count && status == EX_OK; i++)
        status = bs_dkim_store_check_names(bs_bytes_from_cstr(request->selectors[i]), domain);
    return status == EX_OK ? -1 : status;
}

/* Prints the key's record. */
static int print_record(struct request *request, struct bs_bytes name, const struct bs_private_key *key)
{
    struct bs_bytes text;
    int status = bs_dkim_store_record(key, &request->arena, &text);
    if (status == EX_OK)
        bs_dkim_store_print_record(name, text, stdout);
    return status;
}

static int make_in_file(struct request *request)
{
    struct bs_bytes name;
    struct bs_private_key *key = bs_private_key_make(request->type, request->bits);
    int status = key ? bs_dkim_store_write(request->path, NULL, key) : EX_SOFTWARE;
    if (status == EX_OK)
        status = bs_dkim_key_name(bs_bytes_from_cstr(request->selectors[0]), bs_bytes_from_cstr(request->domain),
                                  &request->arena, &name)
                     ? print_record(request, name, key)
                     : EX_SOFTWARE;
    bs_private_key_free(key);
    return status;
}

/* Prints the record of the key that was made last, after a comment that says where the key is. */
static int print_made(struct request *request, const struct bs_dkim_keys *keys, struct bs_bytes name)
{
    struct bs_error error = {.text = "out of memory"};
    const struct bs_dkim_stored_key *made = bs_dkim_keys_find(keys, name);
    struct bs_private_key *key = made ? bs_dkim_store_load(made, &error) : NULL;
    if (!key) {
        bs_output_error("%s", error.text);
        return EX_SOFTWARE;
    }
    printf("; %s: publish this record; `backstop dkim rotate` lets the key sign when it is visible\n", made->path);
    int status = print_record(request, name, key);
    bs_private_key_free(key);
    return status;
}

static int make_among(struct request *request, struct bs_dkim_keys *keys)
{
    int status = EX_OK;
    for (size_t i = 0; i < (request->dual ? 2 : 1) && status == EX_OK; i++) {
        struct bs_bytes name;
        struct bs_dkim_order order = {
            .domain = bs_bytes_from_cstr(request->domain),
            .selector = bs_bytes_from_cstr(request->selectors[i]),
            .type = !request->dual ? request->type : i == 0 ? BS_KEY_RSA : BS_KEY_ED25519,
            .bits = request->bits,
        };
        status = bs_dkim_store_make(keys, &order, request->now, &request->arena, &name);
        if (status == EX_OK)
            status = print_made(request, keys, name);
    }
    return status;
}

static int make_in_directory(struct request *request)
{
    struct bs_error error;
    struct bs_dkim_keys keys;
    int status = bs_dkim_store_make_directory(request->directory, NULL);
    if (status != EX_OK)
        return status;
    int lock = bs_dkim_keys_lock(request->directory, &error);
    if (lock >= 0 && bs_dkim_keys_read(request->directory, &keys, &error)) {
        status = make_among(request, &keys);
        bs_dkim_keys_free(&keys);
    } else {
        bs_output_error("%s", error.text);
        status = lock < 0 ? EX_TEMPFAIL : EX_CONFIG;
    }
    if (lock >= 0)
        close(lock);
    return status;
}

int bs_dkim_make_key(int argc, char **argv)
{
    struct request request = {.bits = BS_RSA_SIGN_BITS_MIN, .now = time(NULL)};
    bs_arena_init(&request.arena, NAMES_MEMORY);
    int status = read_options(argc, argv, &request);
    if (status < 0)
        status = check_names(&request);
    if (status < 0)
        status = request.directory ? make_in_directory(&request) : make_in_file(&request);
    bs_arena_reset(&request.arena);
    return status;
}
