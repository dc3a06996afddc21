/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The syntax of the configuration file, a token at a time. The text is words, strings in double quotes, and the
 * signs { } , = between them; blanks and line ends separate and mean nothing else; a comment runs from # to the
 * end of its line. In a string \" is a quote and \\ a backslash. There are no variables, no includes and no
 * other escapes: what stands in the file is what is meant, and every byte that is none of this is an error.
 *
 * Errors begin with NAME:LINE.
 */
#ifndef BS_CONFIG_READER_H
#define BS_CONFIG_READER_H

#include "base/bytes.h"
#include "base/error.h"

enum {
    BS_READER_TEXT_MAX = 4096, /* bytes of one word or string */
    BS_READER_QUOTE_MAX = 60,  /* bytes of a text that an error repeats */
};

enum bs_token_kind {
    BS_TOKEN_END,
    BS_TOKEN_TEXT, /* a word or a string */
    BS_TOKEN_OPEN,
    BS_TOKEN_CLOSE,
    BS_TOKEN_COMMA,
    BS_TOKEN_EQUALS,
};

struct bs_token {
    enum bs_token_kind kind;
    struct bs_bytes text; /* without quotes and escapes; borrowed from the reader until its next token */
    int line;             /* on which it stands, from 1 */
};

struct bs_reader {
    const char *name;     /* of the file, for errors */
    struct bs_bytes rest; /* not yet read; borrowed from the caller */
    int line;
    size_t text_size;
    char text[BS_READER_TEXT_MAX];
};

/* A text that is quoted in an error: cut to BS_READER_QUOTE_MAX bytes, what cannot be shown as `?`. */
struct bs_quote {
    char text[BS_READER_QUOTE_MAX + sizeof "\"...\""];
};

struct bs_quote bs_quote(struct bs_bytes text);

void bs_reader_init(struct bs_reader *reader, struct bs_bytes text, const char *name);

/* Reads the next token; BS_TOKEN_END at the end, as often as it is asked. */
bool bs_reader_next(struct bs_reader *reader, struct bs_token *ret_token, struct bs_error *ret_error);

/* Writes NAME:LINE: and the text; returns false. */
bool bs_reader_fail(const struct bs_reader *reader, int line, struct bs_error *ret_error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What the token is, for an error: `"word"`, `"{"`, the end of the file. */
struct bs_quote bs_token_describe(const struct bs_token *token);

#endif
