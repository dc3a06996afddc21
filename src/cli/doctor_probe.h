/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A conversation with a running backstopd, as an MTA would hold it, that shows whether it does what the configuration
 * file and the key files say: mail of ours gets a tag that these keys vouch for, a bounce to a forged tag is refused
 * where the file says enforce, one to a good tag is not; and the map takes good tags off. A daemon that still runs on
 * an older file or another key is found so.
 *
 * No message comes about: each ends in ABORT. What the daemon logs of it has the queue id BS_PROBE_QUEUE_ID.
 */
#ifndef BS_CLI_DOCTOR_PROBE_H
#define BS_CLI_DOCTOR_PROBE_H

#include "audit/finding.h"
#include "config/config.h"
#include "engine/settings.h"

enum {
    BS_PROBE_DOMAINS_MAX = 20,   /* of a file with more, the first ones are tried */
    BS_PROBE_INPUT_MAX = 70000,  /* bytes of answers that wait to be read */
};

#define BS_PROBE_QUEUE_ID "backstop-doctor"

/* How bytes come and go. Both fail once their time is over. */
struct bs_probe_line {
    bool (*send)(void *context, struct bs_bytes bytes, struct bs_error *ret_error);
    bool (*receive)(void *context, struct bs_strbuf *buf, struct bs_error *ret_error); /* at least one byte */
    void *context;
};

struct bs_probe {
    const struct bs_config *config;
    const struct bs_settings *settings; /* made from the file now */
    int64_t now;
    const char *socket; /* what the line leads to, for texts */
    struct bs_findings *findings;
};

/* Tries a milter that was connected to; adds what it finds. */
void bs_probe_milter(const struct bs_probe *probe, const struct bs_probe_line *line);

/* Tries a socketmap. */
void bs_probe_socketmap(const struct bs_probe *probe, const struct bs_probe_line *line);

/* The address of a domain that probes send from, tagged by the settings: local@domain in the arena, empty where the
 * domain does not sign. */
struct bs_bytes bs_probe_tagged(const struct bs_settings *settings, const char *domain, int64_t now,
                                struct bs_arena *arena);

#endif
