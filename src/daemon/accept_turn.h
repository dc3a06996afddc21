/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One filter is woken for a connection, not all that listen on its socket: EPOLLEXCLUSIVE, see epoll_ctl(2). It is the first in
 * a queue that does not have its hands full, and after BS_ACCEPT_TURN connections it goes to the end, so that all get as many,
 * and each has the code and the data of its work in the caches for a while.
 *
 * libevent 2.1 has no word for it, so the socket is taken out of the set that libevent put it in, and put in again. Where there
 * is no such set (another system, another method of libevent's) every filter is woken, as it would be without this.
 *
 * A filter that ends, or stops accepting, between being woken and accepting would leave the connection waiting for the next
 * one. So all look once in a while, and a new filter is woken for every connection until it first looks: it takes the place of
 * another that just ended or is about to.
 */
#ifndef BS_DAEMON_ACCEPT_TURN_H
#define BS_DAEMON_ACCEPT_TURN_H

enum {
    BS_ACCEPT_TURN = 64,        /* connections that a filter takes before the next has its turn */
    BS_ACCEPT_LOOK_SECONDS = 1, /* between looks for connections that another filter was woken for */
};

/* Puts a listening socket, which libevent waits for, at the end of the queue of those who are woken for it. `io_loop` is
 * what libevent waits with, once it is known; -1 at first. */
void bs_accept_turn_queue(int listening, int *io_loop);

#endif
