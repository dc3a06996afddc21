/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages for bench-reader; see reader_mail.h. */
#include "reader_mail.h"

#include "base/base64.h"
#include "base/strbuf.h"
#include "letters.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const words[] = {"after", "about", "mail", "we", "the", "of", "delivery", "tomorrow", "report", "and",
                                    "server", "meeting", "in", "question", "number", "with", "again", "between"};

static bool add(struct bench_mail *mail, struct bs_bytes message)
{
    if (mail->count == BENCH_MAIL_MAX)
        return false;
    if (!mail->items)
        mail->items = calloc(BENCH_MAIL_MAX, sizeof *mail->items);
    if (!mail->items)
        return false;
    mail->items[mail->count++] = message;
    mail->size += message.len;
    return true;
}

static bool read_file(struct bench_mail *mail, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = size >= 0 && size <= BENCH_MAIL_SIZE_MAX ? malloc((size_t)size + 1) : NULL;
    bool read = bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size;
    fclose(file);
    return read && add(mail, bs_bytes(bytes, (size_t)size));
}

static int is_message(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 4 && strcmp(entry->d_name + len - 4, ".eml") == 0;
}

bool bench_mail_read(struct bench_mail *mail, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_message, alphasort);
    bool read = count > 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        read = read && read_file(mail, path);
        free(entries[i]);
    }
    free(entries);
    return read;
}

static void append_words(struct bs_strbuf *out, size_t size, uint64_t *io_random)
{
    size_t end = out->len + size, line = 0;
    while (out->len < end && !out->failed) {
        const char *word = words[(bench_random(io_random) >> 33) % (sizeof words / sizeof *words)];
        bs_strbuf_append_cstr(out, word);
        line += strlen(word) + 1;
        bs_strbuf_append_cstr(out, line > 70 ? "\r\n" : " ");
        line = line > 70 ? 0 : line;
    }
    bs_strbuf_append_cstr(out, "\r\n");
}

static void append_file(struct bs_strbuf *out, size_t size, uint64_t *io_random)
{
    bs_strbuf_append_cstr(out, "--=_outer\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\n"
                               "Content-Disposition: attachment; filename=\"report.pdf\"\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n");
    for (size_t done = 0; done < size && !out->failed; done += 54) {
        uint64_t bytes[7];
        char line[BS_BASE64_ENCODED(56) + 1];
        for (size_t i = 0; i < 7; i++)
            bytes[i] = bench_random(io_random);
        bs_base64_encode(bs_bytes(bytes, 54), line);
        bs_strbuf_append_cstr(out, line);
        bs_strbuf_append_cstr(out, "\r\n");
    }
}

static void append_header(struct bs_strbuf *out, size_t number)
{
    bs_strbuf_printf(out, "Return-Path: <joe%zu@elsewhere.example>\r\n", number);
    for (unsigned i = 0; i < 4; i++)
        bs_strbuf_printf(out, "Received: from relay%u.elsewhere.example (relay%u.elsewhere.example [192.0.2.%u])\r\n"
                              "\tby mx.ours.example (Postfix) with ESMTPS id 4XyZ%zu\r\n"
                              "\tfor <jane@ours.example>; Sat, 21 Nov 2026 09:15:4%u +0000 (UTC)\r\n",
                         i, i, i + 1, number, i);
    bs_strbuf_printf(out, "Date: Sat, 21 Nov 2026 09:15:40 +0000\r\nFrom: Joe <joe%zu@elsewhere.example>\r\n"
                          "To: Jane <jane@ours.example>\r\nMessage-ID: <%zu.4711@elsewhere.example>\r\n"
                          "Subject: The report of this week\r\nMIME-Version: 1.0\r\nUser-Agent: Mail/1.0\r\n"
                          "Content-Type: multipart/mixed; boundary=\"=_outer\"\r\n\r\n", number, number);
}

static struct bs_bytes make(size_t number, uint64_t *io_random)
{
    static const size_t files[] = {0, 0, 0, 60000, 100000, 150000, 250000, 400000, 900000};
    size_t file = files[number % (sizeof files / sizeof *files)];
    struct bs_strbuf out;
    bs_strbuf_init(&out, BENCH_MAIL_SIZE_MAX);
    append_header(&out, number);
    bs_strbuf_append_cstr(&out, "--=_outer\r\nContent-Type: multipart/alternative; boundary=\"=_inner\"\r\n\r\n"
                                "--=_inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n");
    append_words(&out, 1000 + 500 * (number % 8), io_random);
    bs_strbuf_append_cstr(&out, "--=_inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>");
    append_words(&out, 1000 + 500 * (number % 8), io_random);
    bs_strbuf_append_cstr(&out, "</p></body></html>\r\n--=_inner--\r\n\r\n");
    if (file > 0)
        append_file(&out, file, io_random);
    bs_strbuf_append_cstr(&out, "--=_outer--\r\n");
    return bs_strbuf_bytes(&out);
}

bool bench_mail_make(struct bench_mail *mail, size_t count)
{
    uint64_t random = 4711;
    bool made = true;
    for (size_t i = 0; made && i < count; i++)
        made = add(mail, make(i, &random));
    return made;
}
