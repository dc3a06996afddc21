/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages out of files or out of words; see letters.h. */
#include "letters.h"

#include "base/strbuf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

uint64_t bench_random(uint64_t *io_state)
{
    uint64_t x = *io_state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *io_state = x;
    return x;
}

static unsigned below(uint64_t *io_random, unsigned limit)
{
    return (unsigned)((bench_random(io_random) >> 33) % limit);
}

/* Takes a line off the front, its end (LF or CR LF) left out. */
static struct bs_bytes take_line(struct bs_bytes *io_text)
{
    size_t end = bs_bytes_find(*io_text, '\n');
    struct bs_bytes line = bs_bytes_first(*io_text, end);
    *io_text = bs_bytes_skip(*io_text, end < io_text->len ? end + 1 : end);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_continuation(struct bs_bytes line)
{
    return line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

/* The header with LF ends, an empty line, and the body with CR LF ends. Returns where the body begins. */
static size_t normalise(struct bs_bytes text, struct bs_strbuf *out)
{
    size_t body = 0;
    while (text.len > 0) {
        struct bs_bytes line = take_line(&text);
        bs_strbuf_append(out, line);
        bs_strbuf_append_cstr(out, body > 0 ? "\r\n" : "\n");
        if (body == 0 && line.len == 0)
            body = out->len;
    }
    return body > 0 ? body : out->len;
}

static void add_field(struct bench_letter *letter, struct bs_bytes whole)
{
    size_t colon = bs_bytes_find(whole, ':');
    if (colon == whole.len || letter->field_count == BENCH_FIELDS_MAX)
        return;
    struct bs_bytes value = bs_bytes_skip(whole, colon + 1);
    if (value.len > 0 && value.ptr[0] == ' ')
        value = bs_bytes_skip(value, 1);
    letter->fields[letter->field_count++] = (struct bench_field){bs_bytes_first(whole, colon), value};
}

static void split_header(struct bench_letter *letter, struct bs_bytes header)
{
    struct bs_bytes whole = {NULL, 0};
    while (header.len > 0) {
        struct bs_bytes line = take_line(&header);
        if (whole.ptr && is_continuation(line)) {
            whole.len = (size_t)(line.ptr + line.len - whole.ptr);
            continue;
        }
        if (whole.ptr)
            add_field(letter, whole);
        whole = line;
    }
    if (whole.ptr)
        add_field(letter, whole);
}

/* Reads a message into a letter; false without memory. */
static bool parse_letter(struct bs_bytes text, struct bench_letter *ret_letter)
{
    struct bs_strbuf normal;
    bs_strbuf_init(&normal, 2 * (size_t)BENCH_LETTER_MAX);
    size_t body = normalise(text, &normal);
    *ret_letter = (struct bench_letter){.text = normal.ptr};
    ret_letter->fields = calloc(BENCH_FIELDS_MAX, sizeof *ret_letter->fields);
    if (normal.failed || !normal.ptr || !ret_letter->fields) {
        bs_strbuf_free(&normal);
        free(ret_letter->fields);
        return false;
    }
    split_header(ret_letter, bs_bytes(normal.ptr, body));
    ret_letter->body = bs_bytes(normal.ptr + body, normal.len - body);
    ret_letter->size = normal.len;
    for (size_t i = 0; i < body; i++)
        ret_letter->size += normal.ptr[i] == '\n';
    return true;
}

static bool read_file(const char *path, struct bench_letter *ret_letter, struct bs_error *ret_error)
{
    FILE *file = fopen(path, "rb");
    struct bs_strbuf text;
    char chunk[65536];
    size_t count;
    bs_strbuf_init(&text, BENCH_LETTER_MAX);
    if (!file)
        return bs_error_set(ret_error, "%s: %s", path, strerror(errno));
    while ((count = fread(chunk, 1, sizeof chunk, file)) > 0)
        bs_strbuf_append(&text, bs_bytes(chunk, count));
    fclose(file);
    bool good = text.len > 0 && !text.failed && parse_letter(bs_strbuf_bytes(&text), ret_letter);
    bs_strbuf_free(&text);
    return good || bs_error_set(ret_error, "%s: empty, or longer than %d bytes", path, BENCH_LETTER_MAX);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool read_folder(const char *path, struct bench_letters *letters, struct bs_error *ret_error)
{
    struct dirent **names;
    int count = scandir(path, &names, is_visible, alphasort);
    bool good = count > 0 && (letters->items = calloc((size_t)count, sizeof *letters->items));
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (good && letters->count < BENCH_LETTERS_MAX)
            good = read_file(file, &letters->items[letters->count++], ret_error);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return good || count > 0 || bs_error_set(ret_error, "%s: no files in it", path);
}

bool bench_letters_read(const char *path, struct bench_letters *ret_letters, struct bs_error *ret_error)
{
    struct stat info;
    *ret_letters = (struct bench_letters){0};
    if (stat(path, &info) != 0)
        return bs_error_set(ret_error, "%s: %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return read_folder(path, ret_letters, ret_error);
    ret_letters->items = calloc(1, sizeof *ret_letters->items);
    ret_letters->count = ret_letters->items != NULL;
    return ret_letters->items && read_file(path, ret_letters->items, ret_error);
}

/* Of 100 messages so many have that size: 14 kB on average. */
static const struct {
    unsigned share;
    size_t size;
} mix[] = {{30, 3000}, {30, 6000}, {25, 14000}, {10, 32000}, {5, 92000}};

static size_t size_of(size_t index)
{
    size_t place = index * 37 % 100, kind = 0;
    while (place >= mix[kind].share)
        place -= mix[kind++].share;
    return mix[kind].size;
}

static void put_words(struct bs_strbuf *out, uint64_t *io_random, size_t length)
{
    static const char *const words[] = {"after", "about", "mail", "we", "the", "of", "delivery", "tomorrow", "report",
                                        "and", "server", "meeting", "in", "question", "number", "with", "again"};
    for (size_t end = out->len + length; out->len < end;) {
        bs_strbuf_append_cstr(out, words[below(io_random, sizeof words / sizeof *words)]);
        bs_strbuf_append_char(out, ' ');
    }
}

/* Lines of words, until the text has `size` bytes. */
static void put_text(struct bs_strbuf *out, uint64_t *io_random, size_t size)
{
    while (out->len + 80 < size) {
        put_words(out, io_random, 60);
        bs_strbuf_append_char(out, '\n');
    }
}

static void put_noise(struct bs_strbuf *out, uint64_t *io_random, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i++)
        bs_strbuf_append_char(out, digits[below(io_random, 64)]);
}

static void put_received(struct bs_strbuf *out, uint64_t *io_random)
{
    unsigned host = below(io_random, 250);
    bs_strbuf_printf(out,
                     "Received: from relay%u.elsewhere.example (relay%u.elsewhere.example [192.0.2.%u])\n"
                     "\tby mx%u.elsewhere.example (Postfix) with ESMTPS id %012llX\n"
                     "\tfor <user@ours.example>; Sat, 21 Nov 2026 09:%02u:%02u +0000 (UTC)\n",
                     host, host, host + 1, below(io_random, 9), (unsigned long long)(bench_random(io_random) >> 16),
                     below(io_random, 60), below(io_random, 60));
}

static void put_signature(struct bs_strbuf *out, uint64_t *io_random)
{
    bs_strbuf_append_cstr(out, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=elsewhere.example;\n"
                               "\ts=mail2026; t=1795252000; h=From:To:Subject:Date:Message-ID:\n"
                               "\t MIME-Version;\n\tbh=");
    put_noise(out, io_random, 43);
    bs_strbuf_append_cstr(out, "=;\n\tb=");
    for (int line = 0; line < 6; line++) {
        put_noise(out, io_random, 57);
        bs_strbuf_append_cstr(out, "\n\t ");
    }
    bs_strbuf_append_cstr(out, "==\n");
}

/* 20 to 30 fields, the last one of which is Content-Type. */
static void put_header(struct bs_strbuf *out, uint64_t *io_random, const char *from, const char *content_type)
{
    static const char *const others[] = {"X-Mailer", "X-Originating-IP", "Thread-Topic", "Thread-Index",
                                         "Accept-Language", "X-Spam-Status", "X-Report-Abuse", "Feedback-ID",
                                         "X-Campaign", "X-Entity-Ref-ID"};
    unsigned number = below(io_random, 1000000), count = 20 + below(io_random, 11);
    for (int i = 0; i < 4; i++)
        put_received(out, io_random);
    put_signature(out, io_random);
    bs_strbuf_printf(out, "From: %s\nTo: <user@ours.example>\nSubject: ", from);
    put_words(out, io_random, 30 + below(io_random, 30));
    bs_strbuf_printf(out,
                     "\nDate: Sat, 21 Nov 2026 09:10:%02u +0000\nMessage-ID: <%u.%u@elsewhere.example>\n"
                     "In-Reply-To: <%u.2@ours.example>\nReferences: <%u.1@ours.example>\n\t<%u.2@ours.example>\n"
                     "Reply-To: Somebody <somebody@elsewhere.example>\nX-Priority: 3\nUser-Agent: Made up\n"
                     "Authentication-Results: mx.elsewhere.example; dkim=pass header.d=elsewhere.example;\n"
                     "\tspf=pass smtp.mailfrom=elsewhere.example\nMIME-Version: 1.0\n",
                     number % 60, number, number + 1, number, number, number);
    for (unsigned i = 0; i + 18 < count; i++) {
        bs_strbuf_printf(out, "%s%s: ", others[i % 10], i < 10 ? "" : "-Too");
        put_words(out, io_random, 20 + below(io_random, 40));
        bs_strbuf_append_char(out, '\n');
    }
    bs_strbuf_printf(out, "Content-Type: %s\n\n", content_type);
}

static void put_mail(struct bs_strbuf *out, uint64_t *io_random, size_t size)
{
    put_header(out, io_random, "Somebody <somebody@elsewhere.example>", "text/plain; charset=utf-8");
    put_text(out, io_random, size);
}

/* A report of failed delivery with a returned message that was not ours. */
static void put_bounce(struct bs_strbuf *out, uint64_t *io_random, size_t size)
{
    put_header(out, io_random, "Mail Delivery System <MAILER-DAEMON@mx.elsewhere.example>",
               "multipart/report; report-type=delivery-status;\n\tboundary=\"edge\"");
    bs_strbuf_append_cstr(out, "--edge\nContent-Type: text/plain; charset=us-ascii\n\n"
                               "I'm sorry to have to inform you that your message could not be delivered.\n\n"
                               "<nobody@elsewhere.example>: host mail.elsewhere.example said: 550 5.1.1 unknown\n\n"
                               "--edge\nContent-Type: message/delivery-status\n\n"
                               "Reporting-MTA: dns; mx.elsewhere.example\n"
                               "Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0000\n\n"
                               "Final-Recipient: rfc822; nobody@elsewhere.example\nAction: failed\nStatus: 5.1.1\n\n"
                               "--edge\nContent-Type: message/rfc822\n\n");
    put_header(out, io_random, "<user@ours.example>", "text/plain; charset=utf-8");
    put_text(out, io_random, size);
    bs_strbuf_append_cstr(out, "\n--edge--\n");
}

static bool make_letter(size_t size, bool bounce, uint64_t *io_random, struct bench_letter *ret_letter)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, BENCH_LETTER_MAX);
    if (bounce)
        put_bounce(&text, io_random, size);
    else
        put_mail(&text, io_random, size);
    bool good = !text.failed && parse_letter(bs_strbuf_bytes(&text), ret_letter);
    bs_strbuf_free(&text);
    return good;
}

bool bench_letters_make(size_t count, size_t size, bool bounces, uint64_t *io_random,
                        struct bench_letters *ret_letters)
{
    *ret_letters = (struct bench_letters){.items = calloc(count, sizeof *ret_letters->items)};
    bool good = ret_letters->items != NULL;
    while (good && ret_letters->count < count) {
        size_t wanted = size > 0 ? size : size_of(ret_letters->count);
        good = make_letter(wanted, bounces, io_random, &ret_letters->items[ret_letters->count]);
        ret_letters->count += good;
    }
    return good;
}

bool bench_letter_take_sender(struct bench_letter *letter, struct bs_bytes *ret_path)
{
    if (letter->field_count == 0 || !bs_bytes_equal_nocase(letter->fields[0].name, BS_LITERAL("Return-Path")))
        return false;
    *ret_path = bs_bytes_trim(letter->fields[0].value);
    letter->size -= letter->fields[0].name.len + letter->fields[0].value.len + strlen(": \r\n");
    letter->field_count--;
    memmove(letter->fields, letter->fields + 1, letter->field_count * sizeof *letter->fields);
    return true;
}

void bench_letters_free(struct bench_letters *letters)
{
    for (size_t i = 0; i < letters->count; i++) {
        free(letters->items[i].text);
        free(letters->items[i].fields);
    }
    free(letters->items);
    *letters = (struct bench_letters){0};
}
