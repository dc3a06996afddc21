/* SPDX-License-Identifier: BSD-2-Clause */
/* How the commands speak; see output.h. */
#include "cli/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

bool bs_output_has_colour(FILE *stream)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (no_colour && no_colour[0] != '\0')
        return false;
    return isatty(fileno(stream)) && terminal && strcmp(terminal, "dumb") != 0;
}

const char *bs_output_colour(FILE *stream, enum bs_colour colour)
{
    static const char *const sequences[] = {
        [BS_COLOUR_NONE] = "\033[0m",  [BS_COLOUR_BAD] = "\033[31m",   [BS_COLOUR_WARNING] = "\033[33m",
        [BS_COLOUR_GOOD] = "\033[32m", [BS_COLOUR_STRONG] = "\033[1m",
    };
    return bs_output_has_colour(stream) ? sequences[colour] : "";
}

void bs_output_error(const char *format, ...)
{
    va_list args;
    fprintf(stderr, "%sbackstop:%s ", bs_output_colour(stderr, BS_COLOUR_BAD),
            bs_output_colour(stderr, BS_COLOUR_NONE));
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void bs_output_foreign(const char *before, struct bs_bytes text)
{
    if (text.len == 0)
        return;
    fputs(before, stdout);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool second = i + 1 < text.len && c == 0xc2 && (unsigned char)text.ptr[i + 1] < 0xa0;
        i += second;
        putchar(c < 0x20 || c == 0x7f || second ? '?' : c);
    }
}

int bs_output_usage(const char *usage, bool asked_for)
{
    fputs(usage, asked_for ? stdout : stderr);
    return asked_for ? EX_OK : EX_USAGE;
}
