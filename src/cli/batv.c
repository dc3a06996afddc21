/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop batv sign|verify|keygen`: tags by hand, with the configuration's keys or a given one. Addresses are
 * signed as they stand; the daemon folds their case first where its configuration says so. See backstop-batv(1).
 */
#include "base/hex.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/output.h"
#include "config/config.h"
#include "config/key_file.h"
#include "crypto/secret.h"
#include "engine/settings.h"
#include "proof/batv.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, DEFAULT_LIFETIME = 7, MEMORY = 64 * 1024 };

static const char usage[] =
    "usage: backstop batv sign   [OPTION]... ADDRESS   print the address with today's tag\n"
    "       backstop batv verify [OPTION]... ADDRESS   say what the address's tag is worth\n"
    "       backstop batv keygen [FILE]                make a secret, in FILE (mode 0640) or on stdout\n"
    "  -c, --config FILE   take keys, lifetime and signing digit from FILE; default " BACKSTOP_CONFIG_FILE "\n"
    "      --key SECRET    use this secret instead\n"
    "      --key-file FILE use the secret in FILE instead\n"
    "      --digit DIGIT   sign with the key of this digit, 0 to 9\n"
    "      --lifetime DAYS how long the tag is good for, 1 to 499; default 7, or the configuration's\n"
    "      --now TIME      as of 2026-08-21, 2026-08-21T10:30:00Z or @SECONDS\n"
    "      --json          print an object\n"
    "verify exits 0 for a valid tag, 1 for one that is forged or has expired, 3 where it cannot tell\n"
    "(no tag, another program's tag, no key of that digit).\n";

struct options {
    const char *config;
    const char *key;
    const char *key_file;
    int64_t now;
    int digit;    /* -1: not given */
    int lifetime; /* 0: not given */
    bool json;
};

static bool parse_number(const char *text, int low, int high, int *ret_number)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < low || number > high)
        return false;
    *ret_number = (int)number;
    return true;
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"key", required_argument, NULL, 'k'},
        {"key-file", required_argument, NULL, 'f'}, {"digit", required_argument, NULL, 'd'},
        {"lifetime", required_argument, NULL, 'l'}, {"now", required_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},          {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool good = true;
    *ret_options = (struct options){.config = bs_config_default_file(), .now = time(NULL), .digit = -1};
    for (int option; good && (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        switch (option) {
        case 'c': ret_options->config = optarg; break;
        case 'k': ret_options->key = optarg; break;
        case 'f': ret_options->key_file = optarg; break;
        case 'j': ret_options->json = true; break;
        case 'd': good = parse_number(optarg, 0, BS_BATV_KEYS - 1, &ret_options->digit); break;
        case 'l': good = parse_number(optarg, 1, BS_BATV_LIFETIME_MAX, &ret_options->lifetime); break;
        case 'n': good = bs_timestamp_parse(bs_bytes_from_cstr(optarg), &ret_options->now); break;
        case 'h': return bs_output_usage(usage, true);
        default: return EX_USAGE;
        }
        if (!good)
            bs_output_error("\"%s\" is out of range or no %s", optarg, option == 'n' ? "time" : "number");
    }
    return good ? -1 : EX_USAGE;
}

/* One secret for every digit, so that verify takes any. */
static bool keys_from_secret(struct bs_bytes secret, struct bs_batv_keys *ret_keys, struct bs_error *ret_error)
{
    *ret_keys = (struct bs_batv_keys){0};
    for (int digit = 0; digit < BS_BATV_KEYS; digit++) {
        ret_keys->by_digit[digit] = bs_hmac_sha1_key_new(secret);
        if (!ret_keys->by_digit[digit])
            return bs_error_set(ret_error, "the secret is empty, or the crypto library has no HMAC-SHA1");
    }
    return true;
}

static bool keys_from_file(const char *path, struct bs_batv_keys *ret_keys, struct bs_error *ret_error)
{
    char secret[BS_KEY_FILE_MAX];
    size_t length;
    if (!bs_key_file_read(path, secret, &length, ret_error))
        return false;
    bool loaded = keys_from_secret(bs_bytes(secret, length), ret_keys, ret_error);
    bs_secret_wipe(secret, sizeof secret);
    return loaded;
}

static bool keys_from_config(struct options *options, struct bs_batv_keys *ret_keys, struct bs_error *ret_error)
{
    struct bs_config config;
    if (!bs_config_load(options->config, &config, ret_error))
        return false;
    bool loaded = bs_batv_keys_load(&config, ret_keys, ret_error);
    if (options->lifetime == 0)
        options->lifetime = (int)(config.tag_lifetime / BS_SECONDS_PER_DAY);
    bs_config_free(&config);
    return loaded;
}

static bool load_keys(struct options *options, struct bs_batv_keys *ret_keys, struct bs_error *ret_error)
{
    bool loaded = options->key        ? keys_from_secret(bs_bytes_from_cstr(options->key), ret_keys, ret_error)
                  : options->key_file ? keys_from_file(options->key_file, ret_keys, ret_error)
                                      : keys_from_config(options, ret_keys, ret_error);
    if (!loaded)
        return false;
    if (options->digit >= 0)
        ret_keys->signing_digit = (unsigned)options->digit;
    if (options->lifetime == 0)
        options->lifetime = DEFAULT_LIFETIME;
    return true;
}

/* Prints {"result": …, "address": …} and, for a tag of ours, the days that it has left. */
static void print_json(const char *result, struct bs_bytes address, const int *days_left)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, MEMORY);
    bs_strbuf_append_cstr(&text, "{\"result\": ");
    bs_json_append_string(&text, bs_bytes_from_cstr(result));
    bs_strbuf_append_cstr(&text, ", \"address\": ");
    bs_json_append_string(&text, address);
    if (days_left)
        bs_strbuf_printf(&text, ", \"days_left\": %d", *days_left);
    bs_strbuf_append_cstr(&text, "}");
    puts(bs_strbuf_cstr(&text));
    bs_strbuf_free(&text);
}

static int sign(const struct options *options, const struct bs_batv_keys *keys, const struct bs_address *address,
                struct bs_arena *arena)
{
    if (address->domain.len == 0) {
        bs_output_error("an address without a domain cannot be signed");
        return EX_DATAERR;
    }
    if (bs_batv_is_tagged(address)) {
        bs_output_error("the address carries a tag already; a second one would not come back");
        return EX_DATAERR;
    }
    if (!keys->by_digit[keys->signing_digit]) {
        bs_output_error("there is no key of digit %u; add: key %u { secret-file = \"…\" }", keys->signing_digit,
                        keys->signing_digit);
        return EX_CONFIG;
    }
    struct bs_bytes tagged = bs_batv_sign(keys, address, options->now, (unsigned)options->lifetime, arena);
    if (!tagged.ptr) {
        bs_output_error("the crypto library failed");
        return EX_SOFTWARE;
    }
    if (address->local.len + BS_BATV_TAG_SIZE > BS_LOCAL_PART_MAX)
        bs_output_error("warning: the tagged local part is longer than the %d bytes that every MTA takes "
                        "(RFC 5321 section 4.5.3.1.1); the daemon does not sign it", BS_LOCAL_PART_MAX);
    if (options->json)
        print_json("signed", tagged, NULL);
    else
        puts(tagged.ptr);
    return EX_OK;
}

static int exit_status(enum bs_batv_result result)
{
    if (result == BS_BATV_VALID)
        return BS_EXIT_CLEAN;
    return result == BS_BATV_FORGED || result == BS_BATV_EXPIRED ? BS_EXIT_FINDINGS : BS_EXIT_INCONCLUSIVE;
}

static void print_verdict(const struct bs_batv_verdict *verdict, struct bs_bytes original)
{
    static const char *const why[] = {
        [BS_BATV_NONE] = "the address carries no tag",
        [BS_BATV_FOREIGN] = "the tag is another program's",
        [BS_BATV_UNKNOWN_KEY] = "there is no key of the tag's digit",
        [BS_BATV_FORGED] = "the signature is not from the key of its digit, or the address was changed",
    };
    const char *name = bs_batv_result_name(verdict->result);
    if (verdict->result == BS_BATV_VALID)
        printf("%s %s (expires in %d days)\n", name, original.ptr, verdict->days_left);
    else if (verdict->result == BS_BATV_EXPIRED)
        printf("%s %s (%d days ago)\n", name, original.ptr, -verdict->days_left);
    else
        printf("%s: %s\n", name, why[verdict->result]);
}

static int verify(const struct options *options, const struct bs_batv_keys *keys, const struct bs_address *address,
                  struct bs_arena *arena)
{
    struct bs_batv_verdict verdict = bs_batv_verify(keys, address, options->now, arena);
    bool ours = verdict.result == BS_BATV_VALID || verdict.result == BS_BATV_EXPIRED;
    struct bs_bytes original = bs_address_text(ours ? &verdict.original : address, arena);
    if (options->json)
        print_json(bs_batv_result_name(verdict.result), original, ours ? &verdict.days_left : NULL);
    else
        print_verdict(&verdict, original);
    return exit_status(verdict.result);
}

/* The part that sign and verify share: options, keys, the address. */
static int with_keys_and_address(int argc, char **argv,
                                 int (*act)(const struct options *options, const struct bs_batv_keys *keys,
                                            const struct bs_address *address, struct bs_arena *arena))
{
    struct options options;
    struct bs_batv_keys keys;
    struct bs_address address;
    struct bs_arena arena;
    struct bs_error error;
    int status = read_options(argc, argv, &options);
    if (status >= 0)
        return status;
    if (optind + 1 != argc)
        return bs_output_usage(usage, false);
    if (!load_keys(&options, &keys, &error)) {
        bs_output_error("%s", error.text);
        return EX_CONFIG;
    }
    bs_arena_init(&arena, MEMORY);
    if (bs_path_parse(bs_bytes_from_cstr(argv[optind]), &arena, &address)) {
        status = act(&options, &keys, &address, &arena);
    } else {
        bs_output_error("\"%s\" is no address (RFC 5321 section 4.1.2)", argv[optind]);
        status = EX_DATAERR;
    }
    bs_arena_reset(&arena);
    bs_batv_keys_free(&keys);
    return status;
}

/* A new file that only its owner and group may read; one that is there is never overwritten. */
static int write_secret(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd >= 0)
        errno = ENOSPC; /* what a write that is cut short means; it sets none itself */
    size_t length = strlen(line);
    bool written = fd >= 0 && fchmod(fd, 0640) == 0 && write(fd, line, length) == (ssize_t)length && fsync(fd) == 0;
    if (!written)
        bs_output_error("%s: %s", path, errno == EEXIST ? "is there already; a key is never overwritten"
                                                        : strerror(errno));
    if (fd >= 0 && !written)
        unlink(path);
    if (fd >= 0)
        close(fd);
    return written ? EX_OK : EX_CANTCREAT;
}

static int keygen(int argc, char **argv)
{
    unsigned char secret[SECRET_BYTES];
    char line[2 * SECRET_BYTES + 2];
    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return bs_output_usage(usage, argc == 2 && strcmp(argv[1], "--help") == 0);
    if (!bs_secret_random(secret, sizeof secret)) {
        bs_output_error("the system has no random bytes to give");
        return EX_OSERR;
    }
    bs_hex_encode(bs_bytes(secret, sizeof secret), line);
    strcat(line, "\n");
    int status = argc == 2 ? write_secret(argv[1], line) : fputs(line, stdout) < 0 ? EX_IOERR : EX_OK;
    bs_secret_wipe(secret, sizeof secret);
    bs_secret_wipe(line, sizeof line);
    return status;
}

int bs_command_batv(int argc, char **argv)
{
    const char *action = argc > 1 ? argv[1] : "";
    if (strcmp(action, "sign") == 0)
        return with_keys_and_address(argc - 1, argv + 1, sign);
    if (strcmp(action, "verify") == 0)
        return with_keys_and_address(argc - 1, argv + 1, verify);
    if (strcmp(action, "keygen") == 0)
        return keygen(argc - 1, argv + 1);
    return bs_output_usage(usage, strcmp(action, "--help") == 0 || strcmp(action, "-h") == 0);
}
