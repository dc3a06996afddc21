/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and judging a message; see authenticate.h. */
#include "cli/authenticate.h"

#include "base/idn.h"
#include "cli/output.h"
#include "engine/inbound.h"
#include "engine/marks.h"

#include <getopt.h>
#include <stdlib.h>
#include <sysexits.h>

enum { MESSAGE_MAX = 64 << 20 };

enum { CLIENT = 1, HELO, FROM, AUTHSERV_ID, RECIPIENT, CONFIG = 'c', LEGACY = 2000, HELP = 'h' };

/* What holds without --config; the rest are the defaults of the option table. */
static const char default_config[] = "authentication = enforce\ndomain \"example.invalid\" { mode = off }\n";

struct bs_authenticate bs_authenticate_new(void)
{
    return (struct bs_authenticate){.judge = bs_judge_new()};
}

void bs_authenticate_free(struct bs_authenticate *request)
{
    bs_authentication_free(request->authentication);
    bs_settings_free(&request->settings);
    bs_config_free(&request->config);
    bs_judge_free(&request->judge);
}

/* --- Options ------------------------------------------------------------------------------------------------ */

static bool take_option(struct bs_authenticate *request, int option, const char *value)
{
    switch (option) {
    case CLIENT: request->client_text = value; return true;
    case HELO: request->helo = value; return true;
    case FROM: request->from = value; return true;
    case AUTHSERV_ID: request->authserv_id = value; return true;
    case RECIPIENT: request->recipient = value; return true;
    case CONFIG: request->config_file = value; return true;
    case LEGACY: request->allow_legacy = true; return true;
    default: return bs_judge_take_option(&request->judge, option, value);
    }
}

static bool read_client(struct bs_authenticate *request)
{
    if (!request->client_text || bs_ip_parse(bs_bytes_from_cstr(request->client_text), &request->client))
        return true;
    bs_output_error("\"%s\" is no IP address", request->client_text);
    return false;
}

/* -1 to go on, else the exit status. */
static int read_options(struct bs_authenticate *request, int argc, char **argv, const char *usage)
{
    static const struct option options[] = {
        {"ip", required_argument, NULL, CLIENT},     {"helo", required_argument, NULL, HELO},
        {"from", required_argument, NULL, FROM},     {"authserv-id", required_argument, NULL, AUTHSERV_ID},
        {"config", required_argument, NULL, CONFIG}, {"allow-legacy", no_argument, NULL, LEGACY},
        {"recipient", required_argument, NULL, RECIPIENT}, {"help", no_argument, NULL, HELP},
        BS_JUDGE_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == HELP)
            return bs_output_usage(usage, true);
        if (!take_option(request, option, optarg))
            return EX_USAGE;
    }
    request->path = argv[optind];
    if (optind + 1 != argc || (request->recipient && !request->account))
        return bs_output_usage(usage, false);
    return read_client(request) ? -1 : EX_USAGE;
}

static int read_config(struct bs_authenticate *request)
{
    struct bs_error error;
    bool read = request->config_file ? bs_config_load(request->config_file, &request->config, &error)
                                     : bs_config_parse(default_config, "defaults", &request->config, &error);
    if (request->authserv_id && request->authserv_id[0] == '\0') {
        bs_output_error("--authserv-id is empty");
        return EX_USAGE;
    }
    if (read && bs_settings_load_policy(&request->config, &request->settings, &error)) {
        if (request->authserv_id)
            request->settings.authserv_id = request->authserv_id;
        else if (request->settings.authserv_id[0] == '\0')
            request->settings.authserv_id = "localhost";
        return -1;
    }
    bs_output_error("%s", error.text);
    return EX_CONFIG;
}

/* --- The message -------------------------------------------------------------------------------------------- */

/* --from, or the topmost Return-Path, without the blanks around it. */
static void find_sender(struct bs_authenticate *request, const struct bs_header *header)
{
    if (request->from) {
        request->sender = bs_bytes_from_cstr(request->from);
        request->sender_source = BS_SENDER_GIVEN;
        return;
    }
    for (size_t i = 0; i < header->count; i++) {
        if (!bs_header_field_is(&header->fields[i], BS_LITERAL("Return-Path")))
            continue;
        request->sender = bs_bytes_trim(header->fields[i].body);
        request->sender_source = BS_SENDER_RETURN_PATH;
        return;
    }
}

static struct bs_authentication *begin(struct bs_authenticate *request)
{
    const struct bs_authentication_facts facts = {
        .client = request->client.family != 0 ? &request->client : NULL,
        .helo = bs_bytes_from_cstr(request->helo ? request->helo : ""),
        .sender = request->sender.ptr ? request->sender : BS_LITERAL(""),
        .receiver = bs_bytes_from_cstr(request->settings.authserv_id),
        .now = request->judge.now,
        .allow_legacy = request->allow_legacy,
        .explain = request->judge.explain,
    };
    return bs_authentication_new(&facts);
}

/* The header as it stands in the file, then the body. False without memory. */
static bool feed(struct bs_authentication *authentication, struct bs_bytes text)
{
    size_t header = bs_authentication_whole_header(authentication, text);
    if (authentication->header.failed)
        return false;
    bs_authentication_body(authentication, bs_bytes_skip(text, header));
    bs_authentication_end_of_body(authentication);
    return true;
}

/* Reads the message; -1 to go on, else the exit status. */
static int read_message(struct bs_authenticate *request)
{
    struct bs_header header;
    if (!bs_judge_read_file(request->path, MESSAGE_MAX, &request->judge.arena, &request->text))
        return EX_NOINPUT;
    bs_header_init(&header, &request->judge.arena);
    bs_header_push(&header, request->text);
    bs_header_finish(&header);
    find_sender(request, &header);
    request->authentication = begin(request);
    if (request->authentication && feed(request->authentication, request->text))
        return -1;
    bs_output_error("%s: the message takes too much memory", request->path);
    return EX_SOFTWARE;
}

/* --- The judgement ------------------------------------------------------------------------------------------ */

static enum bs_step check_sender(struct bs_authenticate *request, const struct bs_answers *known,
                                 struct bs_questions *missing)
{
    const struct bs_spf_facts *facts = &request->authentication->spf_facts;
    request->sender_decision = (struct bs_decision){.action = BS_ACTION_NONE, .reason = BS_REASON_NONE};
    if (!request->settings.check_sender || facts->domain.len == 0)
        return BS_DONE;
    struct bs_bytes ascii = bs_idn_to_ascii(facts->domain, &request->judge.arena);
    return bs_policy_sender(ascii.ptr ? ascii : facts->domain, request->settings.enforce_sender, known,
                            &request->sender_decision, missing);
}

static enum bs_step run(void *context, const struct bs_answers *known, struct bs_arena *arena,
                        struct bs_questions *ret_missing)
{
    struct bs_authenticate *request = context;
    (void)arena;
    enum bs_step sender = check_sender(request, known, ret_missing);
    enum bs_step message = bs_authentication_run(request->authentication, known, ret_missing);
    return sender == BS_DONE ? message : sender;
}

static bool is_ours(const struct bs_authenticate *request)
{
    for (size_t i = 0; i < request->config.networks.count; i++) {
        struct bs_network network;
        if (bs_network_parse(bs_bytes_from_cstr(request->config.networks.items[i]), &network) &&
            bs_network_contains(&network, &request->client))
            return true;
    }
    return false;
}

/* -1 to go on, else the exit status. */
static int decide(struct bs_authenticate *request)
{
    struct bs_authentication *authentication = request->authentication;
    struct bs_bytes id = bs_bytes_from_cstr(request->settings.authserv_id);
    enum bs_trust trust = bs_inbound_trust(&request->settings, &request->client, authentication, &request->judge.run);
    request->attention = !request->settings.authenticate ? BS_ATTENTION_OFF
                         : is_ours(request)              ? BS_ATTENTION_OURS
                                                         : BS_ATTENTION_ALL;
    request->decision =
        bs_policy_authenticated(&request->settings.authentication, &authentication->dmarc, &authentication->author, trust);
    request->results = bs_marks_results(authentication, id, &request->decision, &request->judge.run);
    request->unremovable = !bs_marks_find_forged(authentication, id, &request->removed, &request->removed_count);
    if (request->results.ptr)
        return -1;
    bs_output_error("the results take too much memory");
    return EX_SOFTWARE;
}

/* -1 to go on, else the exit status. */
static int give_account(struct bs_authenticate *request)
{
    const struct bs_account_facts facts = {
        .text = request->text,
        .config = &request->config,
        .configured = request->config_file != NULL,
        .sender = request->sender,
        .sender_known = request->sender_source != BS_SENDER_UNKNOWN,
        .sender_given = request->sender_source == BS_SENDER_GIVEN,
        .recipient = request->recipient,
        .now = request->judge.now,
    };
    return bs_account_make(request->account, &facts) ? -1 : EX_SOFTWARE;
}

int bs_authenticate_run(struct bs_authenticate *request, int argc, char **argv, const char *usage)
{
    int status = read_options(request, argc, argv, usage);
    if (status < 0)
        status = read_config(request);
    if (status < 0)
        status = bs_judge_load(&request->judge);
    if (status < 0)
        status = read_message(request);
    if (status < 0 && request->account)
        status = give_account(request);
    if (status < 0)
        status = bs_judge_run(&request->judge, (struct bs_judge_step){run, request});
    return status < 0 ? decide(request) : status;
}

struct bs_outcome bs_authenticate_outcome(const struct bs_authenticate *request)
{
    static const char *const inattention[] = {
        [BS_ATTENTION_OURS] = "own-network",
        [BS_ATTENTION_OFF] = "authentication-off",
    };
    const struct bs_decision *decision = &request->decision;
    if (request->attention != BS_ATTENTION_OURS && request->sender_decision.action == BS_ACTION_REFUSE)
        decision = &request->sender_decision;
    else if (request->attention != BS_ATTENTION_ALL)
        return (struct bs_outcome){.action = "none", .reason = inattention[request->attention]};
    struct bs_outcome outcome = {
        .action = bs_action_name(decision->action),
        .reason = bs_reason_name(decision->reason),
        .observed = decision->observed,
    };
    if (request->unremovable && decision->action != BS_ACTION_REFUSE)
        return (struct bs_outcome){.action = bs_action_name(BS_ACTION_DEFER), .reason = "forged-results"};
    if (decision->action == BS_ACTION_REFUSE)
        outcome.code = bs_decision_reply(decision, &outcome.text);
    return outcome;
}
