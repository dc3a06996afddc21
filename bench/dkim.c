/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What DKIM costs beside the bare arithmetic, in one run: `bench-dkim [SECONDS]`. A message is read, judged and forgotten
 * over and over: header reader, signature, body hash, key record, verification. Beside it stand one RSA-2048
 * verification with a key that is ready, and SHA-256 over the same bytes, by OpenSSL alone.
 */
#include "auth/dkim.h"
#include "auth/dkim_sign.h"
#include "auth/dkim_key.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NOW = 1787313600, SMALL = 1024, LARGE = 1 << 20, MESSAGE_MAX = LARGE + 16384, PIECE = 65536 };

static const char header_text[] =
    "Received: from mail.example.com (mail.example.com [192.0.2.1])\r\n\tby mx.example.net (Postfix) with ESMTPS id 4XyZ\r\n"
    "\tfor <a@example.net>; Fri, 21 Aug 2026 10:00:00 +0000 (UTC)\r\nFrom: Jo <jo@example.com>\r\nTo: a@example.net\r\n"
    "Subject: What it costs to know that this is from Jo\r\nDate: Fri, 21 Aug 2026 10:00:00 +0000\r\n"
    "Message-ID: <20260821100000.1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";

static struct {
    double seconds; /* that each measurement takes */
    struct bs_private_key *key;
    struct bs_strbuf record;
    char *message;
    size_t size, body_at;
    unsigned char sum[BS_DIGEST_MAX], signature[BS_SIGNATURE_MAX];
    size_t signature_size;
    struct bs_public_key *ready;
} bench;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench-dkim: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Seconds of CPU that one call takes: the best of five batches. */
static double measure(void (*run)(void))
{
    double best = 1e9;
    size_t count = 1;
    for (double spent = 0; spent < bench.seconds / 20; count *= 2) {
        double start = now();
        for (size_t i = 0; i < count; i++)
            run();
        spent = now() - start;
    }
    for (int batch = 0; batch < 5; batch++) {
        double start = now();
        size_t done = 0;
        for (; now() - start < bench.seconds / 5; done += 1 + count / 16) {
            for (size_t i = 0; i < 1 + count / 16; i++)
                run();
        }
        double each = (now() - start) / (double)done;
        best = each < best ? each : best;
    }
    return best;
}

/* A body of this many bytes in lines of 72, and a signature over it. */
static void make_message(size_t body_size)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_bodies bodies;
    struct bs_strbuf out;
    struct bs_error error;
    char *body = malloc(body_size);
    require(body != NULL, "out of memory");
    for (size_t i = 0; i < body_size; i++)
        body[i] = i % 72 == 70 ? '\r' : i % 72 == 71 ? '\n' : i % 7 == 6 ? ' ' : (char)('a' + i % 26);
    bs_arena_init(&arena, 1 << 20);
    bs_header_init(&header, &arena);
    bs_header_push(&header, bs_bytes_from_cstr(header_text));
    bs_header_finish(&header);
    bs_dkim_bodies_init(&bodies);
    size_t place = bs_dkim_sign_body(&bodies);
    bs_dkim_bodies_push(&bodies, bs_bytes(body, body_size));
    bs_dkim_bodies_finish(&bodies);
    bs_strbuf_init(&out, MESSAGE_MAX);
    struct bs_dkim_signer signer = {
        .key = bench.key, .domain = BS_LITERAL("example.com"), .selector = BS_LITERAL("sel"), .now = NOW};
    require(bs_dkim_sign(&signer, &header, &bodies.sums[place], &out, &error), error.text);
    bs_strbuf_append_cstr(&out, "\r\n");
    bs_strbuf_append_cstr(&out, header_text);
    bench.body_at = out.len;
    bs_strbuf_append(&out, bs_bytes(body, body_size));
    require(!out.failed, "the message is too long");
    free(bench.message);
    bench.message = out.ptr;
    bench.size = out.len;
    bs_dkim_bodies_free(&bodies);
    bs_arena_reset(&arena);
    free(body);
}

/* All that a message costs, from its first byte to its result. */
static void judge_message(void)
{
    struct bs_arena arena;
    struct bs_header header;
    struct bs_dkim_message message;
    struct bs_answers known;
    struct bs_questions missing;
    struct bs_dkim_results results;
    struct bs_dns_record record = {.data = bs_strbuf_bytes(&bench.record)};
    struct bs_dns_answer answer = {.status = BS_DNS_FOUND, .records = &record, .count = 1};
    struct bs_bytes rest = bs_bytes(bench.message, bench.size);
    bs_arena_init(&arena, 4 << 20);
    bs_answers_init(&known, &arena);
    bs_header_init(&header, &arena);
    rest = bs_bytes_skip(rest, bs_header_push(&header, rest));
    bs_header_finish(&header);
    require(bs_dkim_begin(&message, &header, false, &arena), "the message could not be read");
    for (; rest.len > 0; rest = bs_bytes_skip(rest, rest.len < PIECE ? rest.len : PIECE))
        bs_dkim_body(&message, bs_bytes_first(rest, PIECE));
    bs_dkim_end(&message);
    struct bs_dkim_facts facts = {&message, NOW, false};
    require(bs_dkim_check(&facts, &known, &arena, &results, &missing) == BS_ASK, "nothing was asked");
    require(bs_answers_add(&known, missing.items[0].name, BS_DNS_TXT, &answer), "out of memory");
    require(bs_dkim_check(&facts, &known, &arena, &results, &missing) == BS_DONE &&
                results.items[0].code == BS_DKIM_PASS, "the message does not pass");
    bs_dkim_free(&message);
    bs_arena_reset(&arena);
}

static void verify_only(void)
{
    require(bs_public_key_verify(bench.ready, BS_DIGEST_SHA256, bench.sum,
                                 bs_bytes(bench.signature, bench.signature_size)) == BS_SIGNATURE_GOOD, "no pass");
}

static void read_key_record(void)
{
    struct bs_arena arena;
    struct bs_dkim_key_record record;
    struct bs_error error;
    bs_arena_init(&arena, 1 << 16);
    require(bs_dkim_key_record_read(bs_strbuf_bytes(&bench.record), &arena, &record), "out of memory");
    struct bs_public_key *key = bs_public_key_read(record.type, record.key, &error);
    require(key != NULL, error.text);
    bs_public_key_free(key);
    bs_arena_reset(&arena);
}

static void hash_body(bool relaxed)
{
    struct bs_dkim_bodies bodies;
    bs_dkim_bodies_init(&bodies);
    bs_dkim_bodies_want(&bodies, BS_DIGEST_SHA256, relaxed, BS_DKIM_WHOLE_BODY);
    struct bs_bytes rest = bs_bytes_skip(bs_bytes(bench.message, bench.size), bench.body_at);
    for (; rest.len > 0; rest = bs_bytes_skip(rest, rest.len < PIECE ? rest.len : PIECE))
        bs_dkim_bodies_push(&bodies, bs_bytes_first(rest, PIECE));
    bs_dkim_bodies_finish(&bodies);
    bs_dkim_bodies_free(&bodies);
}

static void hash_relaxed(void)
{
    hash_body(true);
}

static void hash_simple(void)
{
    hash_body(false);
}

static void hash_only(void)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    require(EVP_Digest(bench.message + bench.body_at, bench.size - bench.body_at, sum, NULL, EVP_sha256(), NULL) == 1,
            "no SHA-256");
}

/* The bare verification: a context that is kept, with the key in it. */
static EVP_PKEY_CTX *bare;

static void verify_bare(void)
{
    require(EVP_PKEY_verify(bare, bench.signature, bench.signature_size, bench.sum, 32) == 1, "no pass");
}

static void prepare(void)
{
    unsigned char half[BS_PUBLIC_KEY_DER_MAX];
    const unsigned char *der = half;
    size_t size;
    struct bs_error error;
    bench.key = bs_private_key_make(BS_KEY_RSA, 2048);
    bs_strbuf_init(&bench.record, 4096);
    require(bench.key && bs_dkim_key_record_make(bench.key, &bench.record), "no key");
    require(bs_private_key_public(bench.key, half, &size), "no public key");
    bench.ready = bs_public_key_read(BS_KEY_RSA, bs_bytes(half, size), &error);
    require(bench.ready && bs_private_key_sign(bench.key, bench.sum, bench.signature, &bench.signature_size), "no key");
    EVP_PKEY *key = d2i_PUBKEY(NULL, &der, (long)size);
    bare = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    EVP_PKEY_free(key);
    require(bare && EVP_PKEY_verify_init(bare) == 1 && EVP_PKEY_CTX_set_rsa_padding(bare, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(bare, EVP_sha256()) == 1, "no context");
}

static void print_rate(const char *what, void (*run)(void))
{
    printf("  %-44s %8.0f MB/s\n", what, (double)(bench.size - bench.body_at) / measure(run) / 1e6);
}

int main(int argc, char **argv)
{
    bench.seconds = argc > 1 ? atof(argv[1]) : 1;
    prepare();
    make_message(SMALL);
    printf("a message of %zu bytes with one RSA-2048 signature, µs of CPU\n", bench.size);
    double all = measure(judge_message), floor = measure(verify_bare) + measure(hash_only);
    printf("  %-44s %8.1f\n", "all in: header, body, key record, verdict", 1e6 * all);
    printf("  %-44s %8.1f\n", "of this, reading the key record", 1e6 * measure(read_key_record));
    printf("  %-44s %8.1f\n", "of this, verifying with the key", 1e6 * measure(verify_only));
    printf("  %-44s %8.1f\n", "OpenSSL alone: one verification, one SHA-256", 1e6 * floor);
    printf("  %-44s %8.2f\n", "all in, as a multiple of that", all / floor);
    make_message(LARGE);
    printf("bodies of 1 MiB\n");
    print_rate("hashed in relaxed form", hash_relaxed);
    print_rate("hashed in simple form", hash_simple);
    print_rate("OpenSSL alone: SHA-256", hash_only);
    EVP_PKEY_CTX_free(bare);
    bs_public_key_free(bench.ready);
    bs_private_key_free(bench.key);
    bs_strbuf_free(&bench.record);
    free(bench.message);
    return EXIT_SUCCESS;
}
