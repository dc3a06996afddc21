/* SPDX-License-Identifier: BSD-2-Clause */
/* Body hashes; see dkim_body.h. */
#include "auth/dkim_body.h"

#include "base/stride.h"

#include <stdlib.h>

void bs_dkim_bodies_init(struct bs_dkim_bodies *bodies)
{
    memset(bodies, 0, sizeof *bodies);
}

static bool open_form(struct bs_dkim_bodies *bodies, const struct bs_dkim_body_sum *sum)
{
    struct bs_dkim_body_form **form = &bodies->forms[sum->relaxed];
    if (!*form)
        *form = calloc(1, sizeof **form);
    if (!*form)
        return false;
    if (!(*form)->digests[sum->algorithm])
        (*form)->digests[sum->algorithm] = bs_digest_new(sum->algorithm);
    if ((*form)->wanted[sum->algorithm] < sum->length)
        (*form)->wanted[sum->algorithm] = sum->length;
    return (*form)->digests[sum->algorithm] != NULL;
}

size_t bs_dkim_bodies_want(struct bs_dkim_bodies *bodies, enum bs_digest_algorithm algorithm, bool relaxed,
                           uint64_t length)
{
    for (size_t i = 0; i < bodies->count; i++) {
        const struct bs_dkim_body_sum *sum = &bodies->sums[i];
        if (sum->algorithm == algorithm && sum->relaxed == relaxed && sum->length == length)
            return i;
    }
    if (bodies->count == BS_DKIM_BODIES_MAX)
        return BS_DKIM_BODIES_MAX;
    bodies->sums[bodies->count] = (struct bs_dkim_body_sum){algorithm, relaxed, length, false, 0, {0}};
    if (!open_form(bodies, &bodies->sums[bodies->count]))
        bodies->failed = true;
    return bodies->count++;
}

/* Takes the sums whose length is reached; all that are left, at the end of the body. */
static void take_sums(struct bs_dkim_bodies *bodies, bool relaxed, bool end)
{
    struct bs_dkim_body_form *form = bodies->forms[relaxed];
    for (size_t i = 0; i < bodies->count; i++) {
        struct bs_dkim_body_sum *sum = &bodies->sums[i];
        if (sum->relaxed != relaxed || sum->taken || (sum->length != form->total && !end))
            continue;
        if (!bs_digest_sum(form->digests[sum->algorithm], sum->sum))
            bodies->failed = true;
        sum->taken = true;
    }
}

/* The bytes from here to the next length that is wanted, at most `count`. */
static size_t up_to_next_length(const struct bs_dkim_bodies *bodies, bool relaxed, size_t count)
{
    uint64_t total = bodies->forms[relaxed]->total;
    for (size_t i = 0; i < bodies->count; i++) {
        const struct bs_dkim_body_sum *sum = &bodies->sums[i];
        if (sum->relaxed == relaxed && sum->length > total && sum->length - total < count)
            count = (size_t)(sum->length - total);
    }
    return count;
}

static void hash(struct bs_dkim_bodies *bodies, bool relaxed, struct bs_bytes rest)
{
    struct bs_dkim_body_form *form = bodies->forms[relaxed];
    take_sums(bodies, relaxed, false);
    while (rest.len > 0) {
        struct bs_bytes part = bs_bytes_first(rest, up_to_next_length(bodies, relaxed, rest.len));
        for (int algorithm = 0; algorithm < 2; algorithm++) {
            if (form->wanted[algorithm] > form->total && !bs_digest_update(form->digests[algorithm], part))
                bodies->failed = true;
        }
        form->total += part.len;
        rest = bs_bytes_skip(rest, part.len);
        take_sums(bodies, relaxed, false);
    }
}

/* Hashes what is held. */
static void flush(struct bs_dkim_bodies *bodies, bool relaxed)
{
    struct bs_dkim_body_form *form = bodies->forms[relaxed];
    hash(bodies, relaxed, bs_bytes(form->bytes, form->held));
    form->held = 0;
}

static void put(struct bs_dkim_bodies *bodies, bool relaxed, struct bs_bytes bytes)
{
    struct bs_dkim_body_form *form = bodies->forms[relaxed];
    while (bytes.len > 0) {
        struct bs_bytes part = bs_bytes_first(bytes, BS_DKIM_BODY_BUFFER - form->held);
        memcpy(form->bytes + form->held, part.ptr, part.len);
        form->held += part.len;
        bytes = bs_bytes_skip(bytes, part.len);
        if (form->held == BS_DKIM_BODY_BUFFER)
            flush(bodies, relaxed);
    }
}

/* Puts out the line ends that were held back, now that text follows: those at the end of a body do not count. */
static void put_line_ends(struct bs_dkim_bodies *bodies, bool relaxed)
{
    struct bs_dkim_body_form *form = bodies->forms[relaxed];
    for (; form->line_ends > 0; form->line_ends--) {
        if (form->held > BS_DKIM_BODY_BUFFER - 2)
            flush(bodies, relaxed);
        form->bytes[form->held++] = '\r';
        form->bytes[form->held++] = '\n';
    }
    form->text = true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

enum {
    WORTHWHILE = 32, /* more bytes than these are taken without looking for line ends */
    DIRECTLY = 512,  /* bytes that are hashed where they lie */
};

/* Whether BS_STRIDE bytes stay as they are: no tab, and no blank behind white space. There is text before them. */
static bool stays_as_it_is(const char *text)
{
    BS_STRIDE_OF_BYTES here = bs_stride_at(text), before = bs_stride_at(text - 1);
    return bs_stride_first((here == '\t') | ((here == ' ') & ((before == ' ') | (before == '\t')))) == BS_STRIDE;
}

/* Up to BS_STRIDE bytes, one by one, each run of white space as one blank. Returns how many were put out. */
static size_t condense(struct bs_bytes text, bool *io_blank, char *out)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool blank = is_blank(text.ptr[i]);
        out[count] = blank ? ' ' : text.ptr[i];
        count += !(blank & *io_blank);
        *io_blank = blank;
    }
    return count;
}

/* Appends text that fits, each run of white space as one blank; a run at its end is remembered and not put out, since
 * the line may end there. Most text has single blanks only, and goes by a stride at a time; the last stride of a line
 * begins in the one before it, if that stayed as it was. */
static void append_condensed(struct bs_dkim_body_form *form, struct bs_bytes text)
{
    char *out = form->bytes + form->held, *begin = out;
    size_t plain = 0; /* bytes before this that stayed as they were */
    *out = ' ';
    out += form->blank;
    out += condense(bs_bytes_first(text, 1), &form->blank, out);
    for (size_t i = 1; i < text.len;) {
        size_t count = text.len - i < BS_STRIDE ? text.len - i : BS_STRIDE, again = BS_STRIDE - count;
        if (plain >= again && i > again && stays_as_it_is(text.ptr + i - again)) {
            memcpy(out - again, text.ptr + i - again, BS_STRIDE);
            out += count;
            plain += count;
            form->blank = text.ptr[i + count - 1] == ' ';
        } else {
            out += condense(bs_bytes_first(bs_bytes_skip(text, i), count), &form->blank, out);
            plain = 0;
        }
        i += count;
    }
    form->held += (size_t)(out - begin) - form->blank;
}

static void put_relaxed(struct bs_dkim_bodies *bodies, struct bs_bytes text)
{
    struct bs_dkim_body_form *form = bodies->forms[true];
    size_t blanks = 0;
    while (blanks < text.len && is_blank(text.ptr[blanks]))
        blanks++;
    form->blank = form->blank || blanks > 0;
    text = bs_bytes_skip(text, blanks);
    if (text.len == 0)
        return;
    put_line_ends(bodies, true);
    while (text.len > 0) {
        if (form->held > BS_DKIM_BODY_BUFFER - 2)
            flush(bodies, true);
        struct bs_bytes part = bs_bytes_first(text, BS_DKIM_BODY_BUFFER - 1 - form->held);
        append_condensed(form, part);
        text = bs_bytes_skip(text, part.len);
    }
}

/* Text of a line, without its end. */
static void take_text(struct bs_dkim_bodies *bodies, struct bs_bytes text)
{
    if (text.len == 0)
        return;
    if (bodies->forms[false]) {
        put_line_ends(bodies, false);
        put(bodies, false, text);
    }
    if (bodies->forms[true])
        put_relaxed(bodies, text);
}

static void take_line_end(struct bs_dkim_bodies *bodies)
{
    for (int relaxed = 0; relaxed < 2; relaxed++) {
        if (bodies->forms[relaxed]) {
            bodies->forms[relaxed]->line_ends++;
            bodies->forms[relaxed]->blank = false;
        }
    }
}

/* Whether BS_STRIDE bytes are the same in both forms: no tab, no blank behind a blank or before a CR, CR and LF only
 * together. The byte before them is no tab. */
static bool is_canonical(const char *text)
{
    BS_STRIDE_OF_BYTES here = bs_stride_at(text), before = bs_stride_at(text - 1);
    return bs_stride_first((here == '\t') | ((before == ' ') & ((here == ' ') | (here == '\r'))) |
                         ((here == '\n') ^ (before == '\r'))) == BS_STRIDE;
}

static bool is_white(char c)
{
    return is_blank(c) || c == '\r' || c == '\n';
}

/* The length of what is the same in both forms at the front, without the white space and line ends behind it, which may be
 * the last of the body; 0 where that is too little to be worth it. */
static size_t canonical_run(struct bs_bytes bytes)
{
    size_t length = 1;
    while (bytes.len - length >= BS_STRIDE && is_canonical(bytes.ptr + length))
        length += BS_STRIDE;
    while (is_white(bytes.ptr[length - 1]))
        length--;
    return length > WORTHWHILE ? length : 0;
}

/* Puts in text that is the same in both forms; long text goes into the digest as it lies there. */
static void put_canonical(struct bs_dkim_bodies *bodies, struct bs_bytes text)
{
    for (int relaxed = 0; relaxed < 2; relaxed++) {
        if (!bodies->forms[relaxed])
            continue;
        put_line_ends(bodies, relaxed);
        if (text.len < DIRECTLY) {
            put(bodies, relaxed, text);
        } else {
            flush(bodies, relaxed);
            hash(bodies, relaxed, text);
        }
    }
}

/* Takes as much as is the same in both forms, and returns how many bytes that was. */
static size_t take_canonical(struct bs_dkim_bodies *bodies, struct bs_bytes bytes)
{
    const struct bs_dkim_body_form *form = bodies->forms[true];
    if (bodies->cr || (form && form->blank) || bytes.len <= WORTHWHILE || is_white(bytes.ptr[0]))
        return 0;
    size_t length = canonical_run(bytes);
    if (length > 0)
        put_canonical(bodies, bs_bytes_first(bytes, length));
    return length;
}

void bs_dkim_bodies_push(struct bs_dkim_bodies *bodies, struct bs_bytes bytes)
{
    if (bodies->failed || bodies->count == 0)
        return;
    while (bytes.len > 0) {
        bytes = bs_bytes_skip(bytes, take_canonical(bodies, bytes));
        size_t end = bs_bytes_find(bytes, '\n');
        bool ended = end < bytes.len;
        struct bs_bytes text = bs_bytes_first(bytes, end);
        bytes = bs_bytes_skip(bytes, ended ? end + 1 : end);
        if (bodies->cr && !(ended && text.len == 0))
            take_text(bodies, BS_LITERAL("\r"));
        bodies->cr = text.len > 0 && text.ptr[text.len - 1] == '\r';
        take_text(bodies, bs_bytes_first(text, text.len - bodies->cr));
        if (ended) {
            take_line_end(bodies);
            bodies->cr = false;
        }
    }
}

static void finish_form(struct bs_dkim_bodies *bodies, bool relaxed)
{
    struct bs_dkim_body_form *form = bodies->forms[relaxed];
    if (form->text || !relaxed)
        put(bodies, relaxed, BS_LITERAL("\r\n"));
    flush(bodies, relaxed);
    take_sums(bodies, relaxed, true);
    for (size_t i = 0; i < bodies->count; i++) {
        if (bodies->sums[i].relaxed == relaxed)
            bodies->sums[i].total = form->total;
    }
}

void bs_dkim_bodies_finish(struct bs_dkim_bodies *bodies)
{
    if (bodies->cr)
        take_text(bodies, BS_LITERAL("\r"));
    bodies->cr = false;
    for (int relaxed = 0; relaxed < 2; relaxed++) {
        if (bodies->forms[relaxed] && !bodies->failed)
            finish_form(bodies, relaxed);
    }
    bodies->finished = true;
}

void bs_dkim_bodies_free(struct bs_dkim_bodies *bodies)
{
    for (int relaxed = 0; relaxed < 2; relaxed++) {
        if (bodies->forms[relaxed]) {
            bs_digest_free(bodies->forms[relaxed]->digests[0]);
            bs_digest_free(bodies->forms[relaxed]->digests[1]);
        }
        free(bodies->forms[relaxed]);
        bodies->forms[relaxed] = NULL;
    }
}
