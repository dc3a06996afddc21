/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Milter events and answers as text, a line each, for tests that compare what came with what should have come, and
 * for fuzz targets that must touch every byte of a view. Fields are set apart by ` | `; bytes that would not show
 * are `\xHH`, a line feed is `\n`.
 */
#ifndef BS_TESTS_MILTER_LOG_H
#define BS_TESTS_MILTER_LOG_H

#include "wire/milter_peer.h"

static inline void log_bytes(struct bs_strbuf *log, struct bs_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (c == '\n')
            bs_strbuf_append_cstr(log, "\\n");
        else if (c < ' ' || c > '~')
            bs_strbuf_printf(log, "\\x%02x", c);
        else
            bs_strbuf_append_char(log, (char)c);
    }
}

static inline void log_field(struct bs_strbuf *log, struct bs_bytes bytes)
{
    bs_strbuf_append_cstr(log, " | ");
    log_bytes(log, bytes);
}

/* The texts, each as a field. */
static inline void log_texts(struct bs_strbuf *log, struct bs_bytes texts)
{
    struct bs_bytes text;
    while (bs_milter_next_text(&texts, &text))
        log_field(log, text);
}

static inline void log_options(struct bs_strbuf *log, const struct bs_milter_options *options)
{
    bs_strbuf_printf(log, " %u 0x%x 0x%x", (unsigned)options->version, (unsigned)options->actions,
                     (unsigned)options->steps);
}

static inline void log_event_data(struct bs_strbuf *log, const struct bs_milter_event *event)
{
    switch (event->command) {
    case BS_MILTER_OPTNEG:
        log_options(log, &event->offer);
        break;
    case BS_MILTER_CONNECT:
        bs_strbuf_printf(log, " %c %u", (char)event->connect.family, (unsigned)event->connect.port);
        log_field(log, event->connect.hostname);
        log_field(log, event->connect.address);
        break;
    case BS_MILTER_MACRO:
        bs_strbuf_printf(log, " %c", (char)event->macro.step);
        log_texts(log, event->macro.values);
        break;
    case BS_MILTER_HELO:
        log_field(log, event->helo);
        break;
    case BS_MILTER_MAIL:
    case BS_MILTER_RCPT:
        log_field(log, event->envelope.path);
        log_texts(log, event->envelope.parameters);
        break;
    case BS_MILTER_HEADER:
        log_field(log, event->header.name);
        log_field(log, event->header.value);
        break;
    case BS_MILTER_BODY:
    case BS_MILTER_EOM:
        log_field(log, event->body);
        break;
    case BS_MILTER_UNKNOWN:
        log_field(log, event->unknown);
        break;
    default:
        break;
    }
}

/* `C 4 25 | mail.example | 192.0.2.1` */
static inline void log_event(struct bs_strbuf *log, const struct bs_milter_event *event)
{
    bs_strbuf_append_char(log, (char)event->command);
    log_event_data(log, event);
    bs_strbuf_append_char(log, '\n');
}

static inline void log_answer_data(struct bs_strbuf *log, const struct bs_milter_answer *answer)
{
    switch (answer->code) {
    case BS_MILTER_OPTNEG:
        log_options(log, &answer->negotiation.options);
        log_field(log, answer->negotiation.macro_lists);
        break;
    case BS_MILTER_REPLYCODE:
    case BS_MILTER_QUARANTINE:
        log_field(log, answer->text);
        break;
    case BS_MILTER_CHANGE_FROM:
    case BS_MILTER_ADD_RCPT:
    case BS_MILTER_ADD_RCPT_PAR:
    case BS_MILTER_DEL_RCPT:
        log_field(log, answer->envelope.path);
        log_field(log, answer->envelope.parameters);
        break;
    case BS_MILTER_ADD_HEADER:
    case BS_MILTER_INSERT_HEADER:
    case BS_MILTER_CHANGE_HEADER:
        bs_strbuf_printf(log, " %u", (unsigned)answer->header.index);
        log_field(log, answer->header.name);
        log_field(log, answer->header.value);
        break;
    case BS_MILTER_REPLACE_BODY:
        log_field(log, answer->body);
        break;
    default:
        break;
    }
}

/* `i 0 | Subject | text` */
static inline void log_answer(struct bs_strbuf *log, const struct bs_milter_answer *answer)
{
    bs_strbuf_append_char(log, (char)answer->code);
    log_answer_data(log, answer);
    bs_strbuf_append_char(log, '\n');
}

#endif
