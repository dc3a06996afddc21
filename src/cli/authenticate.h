/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message of a file, authenticated as the daemon does it, with what the daemon would do: the common part of `backstop
 * auth` and `backstop explain`.
 *
 *     struct bs_authenticate request = bs_authenticate_new();
 *     int status = bs_authenticate_run(&request, argc, argv, usage);
 *     if (status < 0)
 *         status = … print what it holds now …
 *     bs_authenticate_free(&request);
 */
#ifndef BS_CLI_AUTHENTICATE_H
#define BS_CLI_AUTHENTICATE_H

#include "cli/account.h"
#include "cli/judge.h"
#include "engine/authentication.h"
#include "engine/session.h"
#include "engine/settings.h"

/* Where the sender comes from. */
enum bs_sender_source { BS_SENDER_UNKNOWN, BS_SENDER_GIVEN, BS_SENDER_RETURN_PATH };

/* What backstopd does with mail from such a client. */
enum bs_attention {
    BS_ATTENTION_ALL,
    BS_ATTENTION_OURS, /* the client is in `networks`: mail of ours, which is not authenticated */
    BS_ATTENTION_OFF,  /* `authentication = off` */
};

struct bs_authenticate {
    struct bs_judge judge;
    const char *path, *config_file, *client_text, *helo, *from, *authserv_id;
    const char *recipient; /* NULL: not given */
    struct bs_account *account; /* to be made, too, by whom this is set; NULL: none is wanted, and no --recipient */
    bool allow_legacy;
    struct bs_config config;
    struct bs_bytes text;        /* the message */
    struct bs_settings settings; /* of a configuration, or of its defaults with `authentication = enforce` */
    struct bs_ip client;         /* family 0: not known */
    struct bs_bytes sender;
    enum bs_sender_source sender_source;
    struct bs_authentication *authentication; /* done */
    enum bs_attention attention;
    struct bs_decision sender_decision; /* reason NONE: nothing against the sender, or it is not checked */
    struct bs_decision decision;        /* at the end of data, were the client not ours nor authentication off */
    struct bs_bytes results;            /* our Authentication-Results, folded with LF */
    struct bs_removed_field *removed;   /* what came under our name */
    size_t removed_count;
    bool unremovable;                   /* there are more of these than can be removed */
};

#define BS_AUTHENTICATE_USAGE \
    "      --ip IP         the address of the SMTP client; without it SPF is none\n" \
    "      --helo NAME     what it said with HELO or EHLO\n" \
    "      --from ADDRESS  what it said with MAIL FROM; else the topmost Return-Path of the message\n" \
    "      --authserv-id ID\n" \
    "                      the name of our results; else the configuration's, or localhost\n" \
    "      --config FILE   decide as backstopd does with this configuration, else with authentication = enforce\n" \
    "      --allow-legacy  let pass what passed once: SHA-1, short keys\n"

struct bs_authenticate bs_authenticate_new(void);
void bs_authenticate_free(struct bs_authenticate *request);

/* Reads options and message, and judges. -1 to go on, else the exit status, after having said what is wrong. */
int bs_authenticate_run(struct bs_authenticate *request, int argc, char **argv, const char *usage);

/* What backstopd would do, and why: "refuse", "dmarc-reject", and the reply, or NULL. The sender is judged first. */
struct bs_outcome {
    const char *action, *reason;
    unsigned code;          /* 0: no reply of ours */
    const char *text;
    bool observed;          /* it would, if it enforced */
};
struct bs_outcome bs_authenticate_outcome(const struct bs_authenticate *request);

/* The whole as an object. False past a limit of memory, about which it has spoken. */
bool bs_authenticate_print_json(struct bs_authenticate *request);

#endif
