/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop dkim sign`; see backstop-dkim(1). */
#include "cli/dkim_make.h"

#include "auth/dkim_sign.h"
#include "base/timestamp.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "crypto/secret.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>

enum {
    KEYS_MAX = 4,                /* signatures that one call makes */
    OVERSIGN_MAX = 32,           /* --oversign */
    MESSAGE_MAX = 64 << 20,      /* bytes of a message that is signed */
    LIFETIME_DAYS_MAX = 3650,
};

enum { KEY = 'k', DOMAIN_NAME, SELECTOR, OVERSIGN, EXPIRES, NOW, HELP = 'h' };

static const char usage[] =
    "usage: backstop dkim sign --key FILE --domain DOMAIN --selector NAME [OPTION]... FILE\n"
    "      --key FILE       the private key, PEM; several times for several signatures\n"
    "      --domain DOMAIN  the domain that signs\n"
    "      --selector NAME  the key's selector; as often as --key, in the same order\n"
    "      --oversign NAME  let no field of this name be added, beside From, To, Subject and their like\n"
    "      --expires DAYS   the signature is good for so many days, 1 to 3650; else it does not expire\n"
    "      --now TIME       as of 2026-08-21, 2026-08-21T10:30:00Z or @SECONDS\n"
    "prints the message with its signature on top. FILE may be -.\n";

struct request {
    struct bs_judge judge; /* for its arena, and --now */
    const char *key_files[KEYS_MAX], *selectors[KEYS_MAX];
    size_t key_count, selector_count;
    const char *domain;
    struct bs_bytes oversign[OVERSIGN_MAX];
    size_t oversign_count;
    int64_t lifetime;
    const char *path;
};

static bool add(const char **list, size_t *count, size_t limit, const char *value)
{
    if (*count == limit)
        return false;
    list[(*count)++] = value;
    return true;
}

static bool read_days(const char *text, int64_t *ret_seconds)
{
    char *end;
    long days = strtol(text, &end, 10);
    *ret_seconds = (int64_t)days * BS_SECONDS_PER_DAY;
    return end != text && *end == '\0' && days >= 1 && days <= LIFETIME_DAYS_MAX;
}

static bool take_option(struct request *request, int option, const char *value)
{
    switch (option) {
    case KEY: return add(request->key_files, &request->key_count, KEYS_MAX, value);
    case SELECTOR: return add(request->selectors, &request->selector_count, KEYS_MAX, value);
    case DOMAIN_NAME: request->domain = value; return true;
    case EXPIRES: return read_days(value, &request->lifetime);
    case NOW: return bs_timestamp_parse(bs_bytes_from_cstr(value), &request->judge.now);
    case OVERSIGN:
        if (request->oversign_count == OVERSIGN_MAX)
            return false;
        request->oversign[request->oversign_count++] = bs_bytes_from_cstr(value);
        return true;
    default: return false;
    }
}

/* -1 to go on, else the exit status. */
static int read_options(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"key", required_argument, NULL, KEY},           {"domain", required_argument, NULL, DOMAIN_NAME},
        {"selector", required_argument, NULL, SELECTOR}, {"oversign", required_argument, NULL, OVERSIGN},
        {"expires", required_argument, NULL, EXPIRES},   {"now", required_argument, NULL, NOW},
        {"help", no_argument, NULL, HELP},               {NULL, 0, NULL, 0},
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
    bool complete = request->domain && request->selector_count > 0 && optind + 1 == argc;
    return complete ? -1 : bs_output_usage(usage, false);
}

static struct bs_private_key *load_key(struct request *request, const char *path)
{
    struct bs_bytes pem;
    struct bs_error error;
    if (!bs_judge_read_file(path, BS_PRIVATE_KEY_PEM_MAX, &request->judge.arena, &pem))
        return NULL;
    struct bs_private_key *key = bs_private_key_read(pem, &error);
    bs_secret_wipe((char *)pem.ptr, pem.len);
    if (!key)
        bs_output_error("%s: %s", path, error.text);
    return key;
}

/* A message that is in memory, read for signing. */
struct letter {
    struct bs_bytes text;
    struct bs_header header;
    struct bs_dkim_bodies bodies;
    size_t place; /* of the body's hash */
    bool bare_lf;
};

static bool read_letter(struct bs_judge *judge, const char *path, struct letter *letter)
{
    bs_header_init(&letter->header, &judge->arena);
    bs_dkim_bodies_init(&letter->bodies);
    letter->place = bs_dkim_sign_body(&letter->bodies);
    if (!bs_judge_read_file(path, MESSAGE_MAX, &judge->arena, &letter->text))
        return false;
    size_t first = bs_bytes_find(letter->text, '\n');
    letter->bare_lf = first == 0 || (first < letter->text.len && letter->text.ptr[first - 1] != '\r');
    size_t header = bs_header_push(&letter->header, letter->text);
    bs_header_finish(&letter->header);
    bs_dkim_bodies_push(&letter->bodies, bs_bytes_skip(letter->text, header));
    bs_dkim_bodies_finish(&letter->bodies);
    return true;
}

/* Appends the signature of one key, with a line end behind it. */
static int sign_once(struct request *request, const struct letter *letter, size_t index, struct bs_strbuf *out)
{
    struct bs_error error;
    struct bs_private_key *key = load_key(request, request->key_files[index]);
    if (!key)
        return EX_CONFIG;
    struct bs_dkim_signer signer = {
        .key = key,
        .domain = bs_bytes_from_cstr(request->domain),
        .selector = bs_bytes_from_cstr(request->selectors[index]),
        .oversign = request->oversign,
        .oversign_count = request->oversign_count,
        .now = request->judge.now,
        .lifetime = request->lifetime,
        .bare_lf = letter->bare_lf,
    };
    bool made = !letter->bodies.failed &&
                bs_dkim_sign(&signer, &letter->header, &letter->bodies.sums[letter->place], out, &error);
    bs_strbuf_append_cstr(out, letter->bare_lf ? "\n" : "\r\n");
    bs_private_key_free(key);
    if (!made)
        bs_output_error("%s", letter->bodies.failed ? "the crypto library failed" : error.text);
    return made ? EX_OK : EX_DATAERR;
}

static int sign_letter(struct request *request, const struct letter *letter)
{
    struct bs_strbuf out;
    int status = EX_OK;
    bs_strbuf_init(&out, KEYS_MAX * BS_DKIM_SIGNED_SIZE_MAX);
    for (size_t i = 0; i < request->key_count && status == EX_OK; i++)
        status = sign_once(request, letter, i, &out);
    if (status == EX_OK && (fwrite(out.ptr, 1, out.len, stdout) != out.len ||
                            fwrite(letter->text.ptr, 1, letter->text.len, stdout) != letter->text.len ||
                            fflush(stdout) != 0)) {
        bs_output_error("standard output: %s", strerror(errno));
        status = EX_IOERR;
    }
    bs_strbuf_free(&out);
    return status;
}

int bs_dkim_make_signature(int argc, char **argv)
{
    struct request request = {.judge = bs_judge_new()};
    struct letter letter = {.place = 0};
    int status = read_options(argc, argv, &request);
    if (status < 0 && request.key_count != request.selector_count)
        status = bs_output_usage(usage, false);
    if (status < 0)
        status = read_letter(&request.judge, request.path, &letter) ? sign_letter(&request, &letter) : EX_NOINPUT;
    bs_dkim_bodies_free(&letter.bodies);
    bs_judge_free(&request.judge);
    return status;
}
