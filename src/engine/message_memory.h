/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the messages of all sessions of a filter hold together: counted as they grow, against the option message-memory.
 * Past it, or for a message of more than BS_LIGHT_MESSAGE_MAX bytes past three quarters of it, the message from outside that
 * has just grown is given up: what was read of it is freed, nothing more of it is read or authenticated, and it goes on as one
 * that nothing can be said of. What is decided at RCPT, and taking forged fields off, needs next to no memory and stays. Mail
 * of ours is counted, but signed all the same.
 *
 * Counted are the arenas and what the readers of messages collect, not what the allocator takes beside; what grew between
 * two counts is beyond the limit: recipients, BS_UNWEIGHED_MAX bytes of header, a chunk of a body, or what judging a message
 * takes.
 */
#ifndef BS_ENGINE_MESSAGE_MEMORY_H
#define BS_ENGINE_MESSAGE_MEMORY_H

#include "engine/session.h"

enum {
    BS_UNWEIGHED_MAX = 16 * 1024,      /* bytes of a header between two counts */
    BS_LIGHT_MESSAGE_MAX = 128 * 1024, /* bytes of a message that may use all of message-memory */
};

/* The session's message, if it has one, may hold more or less than before. */
void bs_message_weigh(struct bs_session *session);

/* A header field of so many bytes came. */
void bs_message_weigh_field(struct bs_session *session, size_t size);

/* The message is over: it is counted no more. */
void bs_message_weigh_off(struct bs_session *session);

#endif
