/* SPDX-License-Identifier: BSD-2-Clause */
/* `backstop dkim sign` and `backstop dkim keygen`; see backstop-dkim(1). */
#include "cli/dkim_make.h"

#include "auth/dkim_name.h"
#include "auth/dkim_sign.h"
#include "base/timestamp.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    KEYS_MAX = 4,                /* signatures that one call makes */
    OVERSIGN_MAX = 32,           /* --oversign */
    MESSAGE_MAX = 64 << 20,      /* bytes of a message that is signed */
    RECORD_MAX = 4096,           /* bytes of a key record's line */
    TXT_STRING_MAX = 255,        /* bytes of one string of a TXT record (RFC 1035 section 3.3.14) */
    LIFETIME_DAYS_MAX = 3650,
};

enum { KEY = 'k', DOMAIN_NAME, SELECTOR, OVERSIGN, EXPIRES, TYPE, BITS, NOW, HELP = 'h' };

static const char sign_usage[] =
    "usage: backstop dkim sign --key FILE --domain DOMAIN --selector NAME [OPTION]... FILE\n"
    "      --key FILE       the private key, PEM; several times for several signatures\n"
    "      --domain DOMAIN  the domain that signs\n"
    "      --selector NAME  the key's selector; as often as --key, in the same order\n"
    "      --oversign NAME  let no field of this name be added, beside From, To, Subject and their like\n"
    "      --expires DAYS   the signature is good for so many days, 1 to 3650; else it does not expire\n"
    "      --now TIME       as of 2026-08-21, 2026-08-21T10:30:00Z or @SECONDS\n"
    "prints the message with its signature on top. FILE may be -.\n";

static const char keygen_usage[] =
    "usage: backstop dkim keygen --domain DOMAIN --selector NAME [OPTION]... FILE\n"
    "      --domain DOMAIN  the domain that the key is for\n"
    "      --selector NAME  the name of the key in the domain\n"
    "      --type TYPE      rsa, which every verifier knows, or ed25519; rsa unless given\n"
    "      --bits BITS      of an RSA key: 2048, 3072 or 4096; 2048 unless given\n"
    "writes the private key into FILE, which only its owner and group may read, and prints the DNS record.\n";

struct request {
    struct bs_judge judge; /* for its arena, and --now */
    const char *key_files[KEYS_MAX], *selectors[KEYS_MAX];
    size_t key_count, selector_count;
    const char *domain;
    struct bs_bytes oversign[OVERSIGN_MAX];
    size_t oversign_count;
    int64_t lifetime;
    enum bs_key_type type;
    unsigned bits;
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
    case KEY: return add(request->key_files, &request->key_count, KEYS_MAX, value);
    case SELECTOR: return add(request->selectors, &request->selector_count, KEYS_MAX, value);
    case DOMAIN_NAME: request->domain = value; return true;
    case EXPIRES: return read_days(value, &request->lifetime);
    case BITS: return read_bits(value, &request->bits);
    case TYPE: return read_type(value, &request->type);
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
static int read_options(int argc, char **argv, const struct option *options, const char *usage, struct request *request)
{
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
    static const struct option options[] = {
        {"key", required_argument, NULL, KEY},           {"domain", required_argument, NULL, DOMAIN_NAME},
        {"selector", required_argument, NULL, SELECTOR}, {"oversign", required_argument, NULL, OVERSIGN},
        {"expires", required_argument, NULL, EXPIRES},   {"now", required_argument, NULL, NOW},
        {"help", no_argument, NULL, HELP},               {NULL, 0, NULL, 0},
    };
    struct request request = {.judge = bs_judge_new()};
    struct letter letter = {.place = 0};
    int status = read_options(argc, argv, options, sign_usage, &request);
    if (status < 0 && request.key_count != request.selector_count)
        status = bs_output_usage(sign_usage, false);
    if (status < 0)
        status = read_letter(&request.judge, request.path, &letter) ? sign_letter(&request, &letter) : EX_NOINPUT;
    bs_dkim_bodies_free(&letter.bodies);
    bs_judge_free(&request.judge);
    return status;
}

/* Writes a new file that only its owner and group may read; one that is there is never overwritten. */
static int write_key(const char *path, const struct bs_private_key *key)
{
    struct bs_strbuf pem;
    bs_strbuf_init(&pem, BS_PRIVATE_KEY_PEM_MAX);
    if (!bs_private_key_pem(key, &pem)) {
        bs_output_error("the crypto library failed");
        bs_strbuf_free(&pem);
        return EX_SOFTWARE;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd >= 0)
        errno = ENOSPC; /* what a write that is cut short means; it sets none itself */
    bool written = fd >= 0 && fchmod(fd, 0640) == 0 && write(fd, pem.ptr, pem.len) == (ssize_t)pem.len &&
                   fsync(fd) == 0;
    if (!written)
        bs_output_error("%s: %s", path, errno == EEXIST ? "is there already; a key is never overwritten"
                                                        : strerror(errno));
    if (fd >= 0 && !written)
        unlink(path);
    if (fd >= 0)
        close(fd);
    bs_secret_wipe(pem.ptr, pem.len);
    bs_strbuf_free(&pem);
    return written ? EX_OK : EX_CANTCREAT;
}

/* Prints the record as a line of a zone file, its text in strings that DNS can hold. */
static int print_record(struct request *request, const struct bs_private_key *key)
{
    struct bs_strbuf text;
    struct bs_bytes name;
    bs_strbuf_init(&text, RECORD_MAX);
    bool made = bs_dkim_key_record_make(key, &text) &&
                bs_dkim_key_name(bs_bytes_from_cstr(request->selectors[0]), bs_bytes_from_cstr(request->domain),
                                 &request->judge.run, &name);
    if (made) {
        printf("%.*s. 3600 IN TXT", BS_BYTES_ARG(name));
        for (struct bs_bytes rest = bs_strbuf_bytes(&text); rest.len > 0;) {
            struct bs_bytes string = bs_bytes_first(rest, TXT_STRING_MAX);
            printf(" \"%.*s\"", BS_BYTES_ARG(string));
            rest = bs_bytes_skip(rest, string.len);
        }
        putchar('\n');
    }
    bs_strbuf_free(&text);
    return made ? EX_OK : EX_SOFTWARE;
}

static int check_names(const struct request *request)
{
    const char *wrong = !bs_dkim_is_domain(bs_bytes_from_cstr(request->domain), 2)          ? request->domain
                        : !bs_dkim_is_domain(bs_bytes_from_cstr(request->selectors[0]), 1) ? request->selectors[0]
                                                                                           : NULL;
    if (wrong)
        bs_output_error("\"%s\" is no %s", wrong, wrong == request->domain ? "domain" : "selector");
    return wrong ? EX_USAGE : -1;
}

int bs_dkim_make_key(int argc, char **argv)
{
    static const struct option options[] = {
        {"domain", required_argument, NULL, DOMAIN_NAME}, {"selector", required_argument, NULL, SELECTOR},
        {"type", required_argument, NULL, TYPE},          {"bits", required_argument, NULL, BITS},
        {"help", no_argument, NULL, HELP},                {NULL, 0, NULL, 0},
    };
    struct request request = {.judge = bs_judge_new(), .bits = BS_RSA_SIGN_BITS_MIN};
    int status = read_options(argc, argv, options, keygen_usage, &request);
    if (status < 0)
        status = request.selector_count == 1 ? check_names(&request) : bs_output_usage(keygen_usage, false);
    if (status < 0) {
        struct bs_private_key *key = bs_private_key_make(request.type, request.bits);
        status = key ? write_key(request.path, key) : EX_SOFTWARE;
        if (status == EX_OK)
            status = print_record(&request, key);
        bs_private_key_free(key);
    }
    bs_judge_free(&request.judge);
    return status;
}
