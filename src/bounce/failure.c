/* SPDX-License-Identifier: BSD-2-Clause */
/* The words for the reasons of failure.h, and which of them mean that the address is dead. */
#include "bounce/failure.h"

#include <stddef.h>

static const struct {
    const char *name;
    bool hard;
} failures[BS_FAILURE_COUNT] = {
    [BS_FAILURE_UNKNOWN] = {"unknown", false},
    [BS_FAILURE_USER_UNKNOWN] = {"user-unknown", true},
    [BS_FAILURE_HOST_UNKNOWN] = {"host-unknown", true},
    [BS_FAILURE_MOVED] = {"moved", true},
    [BS_FAILURE_NOT_ACCEPTED] = {"not-accepted", true},
    [BS_FAILURE_MAILBOX_FULL] = {"mailbox-full", false},
    [BS_FAILURE_SUSPENDED] = {"suspended", false},
    [BS_FAILURE_FILTERED] = {"filtered", false},
    [BS_FAILURE_REPUTATION] = {"reputation", false},
    [BS_FAILURE_CONTENT] = {"content", false},
    [BS_FAILURE_VIRUS] = {"virus", false},
    [BS_FAILURE_AUTHENTICATION] = {"authentication", false},
    [BS_FAILURE_POLICY] = {"policy", false},
    [BS_FAILURE_SIZE] = {"size", false},
    [BS_FAILURE_RATE] = {"rate", false},
    [BS_FAILURE_EXPIRED] = {"expired", false},
    [BS_FAILURE_LOOP] = {"loop", false},
    [BS_FAILURE_NETWORK] = {"network", false},
    [BS_FAILURE_SYSTEM] = {"system", false},
    [BS_FAILURE_PROTOCOL] = {"protocol", false},
};

const char *bs_failure_name(enum bs_failure failure)
{
    return failures[(size_t)failure < BS_FAILURE_COUNT ? failure : BS_FAILURE_UNKNOWN].name;
}

bool bs_failure_is_hard(enum bs_failure failure)
{
    return (size_t)failure < BS_FAILURE_COUNT && failures[failure].hard;
}
