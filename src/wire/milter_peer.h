/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other side of the milter protocol: what an MTA sends and what it reads back. For the probe of
 * `backstop doctor`, the scenario runner, the load generator and the tests. See milter.h for the protocol.
 */
#ifndef BS_WIRE_MILTER_PEER_H
#define BS_WIRE_MILTER_PEER_H

#include "wire/milter.h"

/* The encoders append one frame to `out`. */
void bs_milter_peer_offer(struct bs_strbuf *out, const struct bs_milter_options *offer);
/* For ABORT, QUIT, QUIT_NC, DATA, EOH and an EOM without data. */
void bs_milter_peer_command(struct bs_strbuf *out, enum bs_milter_command command);
void bs_milter_peer_connect(struct bs_strbuf *out, struct bs_bytes hostname, enum bs_milter_family family,
                            uint16_t port, struct bs_bytes address);
void bs_milter_peer_helo(struct bs_strbuf *out, struct bs_bytes name);
void bs_milter_peer_unknown(struct bs_strbuf *out, struct bs_bytes line);
/* `names_and_values`: count pairs of C strings. */
void bs_milter_peer_macros(struct bs_strbuf *out, enum bs_milter_command step, const char *const *names_and_values,
                           size_t count);
/* `command` is MAIL or RCPT; `parameters` are C strings. */
void bs_milter_peer_envelope(struct bs_strbuf *out, enum bs_milter_command command, struct bs_bytes path,
                             const char *const *parameters, size_t count);
void bs_milter_peer_header(struct bs_strbuf *out, struct bs_bytes name, struct bs_bytes value);
/* Any number of bytes, cut into frames of BS_MILTER_CHUNK_MAX. */
void bs_milter_peer_body(struct bs_strbuf *out, struct bs_bytes body);

/* One frame from the filter; views borrow from the input of bs_milter_peer_decode. */
struct bs_milter_answer {
    int code; /* BS_MILTER_OPTNEG, an enum bs_milter_reply or an enum bs_milter_modification */
    union {
        struct {
            struct bs_milter_options options;
            struct bs_bytes macro_lists;
        } negotiation;
        struct bs_bytes text; /* REPLYCODE, QUARANTINE */
        struct {
            struct bs_bytes path;
            struct bs_bytes parameters;
        } envelope; /* CHANGE_FROM, ADD_RCPT, ADD_RCPT_PAR, DEL_RCPT */
        struct {
            uint32_t index; /* 0 for ADD_HEADER */
            struct bs_bytes name;
            struct bs_bytes value;
        } header;
        struct bs_bytes body;
    };
};

/* Takes one frame off the front of `io_input`; as bs_milter_decode, with a frame of at most `max_frame` bytes. */
enum bs_milter_progress bs_milter_peer_decode(struct bs_bytes *io_input, size_t max_frame,
                                              struct bs_milter_answer *ret_answer, struct bs_error *ret_error);

#endif
