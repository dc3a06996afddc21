/* SPDX-License-Identifier: BSD-2-Clause */
/* Waking one filter of many; see accept_turn.h. */
#include "daemon/accept_turn.h"

#ifdef __linux__
#include <stdbool.h>
#include <stddef.h>
#include <sys/epoll.h>

enum { LOOPS_MAX = 1024 }; /* descriptors that are tried; libevent opened its own before any session came */

/* Takes the socket out of the set of an event loop; false where it is not in it, or the descriptor is of something else. */
static bool take_out(int loop, int listening)
{
    return epoll_ctl(loop, EPOLL_CTL_DEL, listening, NULL) == 0;
}

/* In no other set than libevent's is the socket. */
static bool find_loop(int listening, int *io_loop)
{
    if (*io_loop >= 0)
        return take_out(*io_loop, listening);
    for (int fd = 0; fd < LOOPS_MAX; fd++) {
        if (take_out(fd, listening)) {
            *io_loop = fd;
            return true;
        }
    }
    return false;
}

void bs_accept_turn_queue(int listening, int *io_loop)
{
    struct epoll_event one = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listening}, all = one;
    all.events = EPOLLIN;
    if (find_loop(listening, io_loop) && epoll_ctl(*io_loop, EPOLL_CTL_ADD, listening, &one) != 0)
        epoll_ctl(*io_loop, EPOLL_CTL_ADD, listening, &all);
}
#else
void bs_accept_turn_queue(int listening, int *io_loop)
{
    (void)listening, (void)io_loop;
}
#endif
