/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging Postfix's settings; see postfix_check.h. */
#include "audit/postfix_check.h"

#include <stdarg.h>

enum { NAMES_SHOWN = 5, TEXT_MAX = 4096, VALUE_SHOWN = 200 };

const char *const bs_postfix_check_parameters[] = {
    "mail_version", "compatibility_level", "config_directory", "command_directory", "queue_directory", "mail_owner",
    "mydestination", "virtual_mailbox_domains", "virtual_alias_domains", "relay_domains", "mynetworks",
    "smtpd_milters", "non_smtpd_milters", "virtual_alias_maps", "milter_default_action", "milter_protocol",
    "canonical_maps", "sender_canonical_maps", "receive_override_options", "soft_bounce",
    "smtp_generic_maps", "smtp_header_checks", "smtp_mime_header_checks", "smtp_nested_header_checks", "smtp_body_checks",
    "smtp_discard_ehlo_keywords", "disable_mime_output_conversion", "smtp_line_length_limit", NULL,
};

/* What goes on while one Postfix is judged. */
struct check {
    const struct bs_postfix_expectation *expected;
    const struct bs_postfix *postfix;
    struct bs_findings *findings;
};

static bool has_word(struct bs_bytes list, struct bs_bytes word)
{
    struct bs_bytes item;
    while (bs_postfix_list_next(&list, &item)) {
        if (bs_bytes_equal_nocase(item, word))
            return true;
    }
    return false;
}

static bool is_smtpd(const struct bs_postfix_service *service)
{
    return bs_bytes_equal(service->program, BS_LITERAL("smtpd"));
}

bool bs_postfix_is_public(const struct bs_postfix_service *service)
{
    size_t colon = bs_bytes_find_last(service->name, ':');
    struct bs_bytes host = bs_bytes_first(service->name, colon < service->name.len ? colon : 0);
    if (host.len >= 2 && host.ptr[0] == '[')
        host = bs_bytes(host.ptr + 1, host.len - 2);
    bool inet = bs_bytes_equal(service->type, BS_LITERAL("inet")) ||
                bs_bytes_equal(service->type, BS_LITERAL("pass"));
    return is_smtpd(service) && inet && !bs_mta_host_is_loopback(host);
}

/* What holds for the service: its own -o, or main.cf's. */
static struct bs_bytes value_for(const struct check *check, const struct bs_postfix_service *service,
                                 const char *name)
{
    const struct bs_postfix_override *override = bs_postfix_override(check->postfix, service, name);
    return override ? override->value : bs_postfix_value(check->postfix, name);
}

/* The first of our sockets as Postfix writes it; for texts. */
static const char *our_socket(const struct check *check, bool milter)
{
    const struct bs_postfix_sockets *sockets = &check->expected->sockets;
    const struct bs_mta_socket *items = milter ? sockets->milters : sockets->maps;
    size_t count = milter ? sockets->milter_count : sockets->map_count;
    const char *text = count > 0 ? bs_mta_socket_text(&items[0], check->findings->arena) : NULL;
    return text ? text : "(no socket)";
}

/* Our item of a list without blanks, as master.cf takes it. */
static const char *our_item(const struct check *check, bool milter)
{
    if (milter)
        return our_socket(check, true);
    const char *text = bs_arena_printf(check->findings->arena, "socketmap:%s:%.*s", our_socket(check, false),
                                       BS_BYTES_ARG(check->expected->sockets.map_name));
    return text ? text : "";
}

/* "a, b, c and 4 more" */
static const char *join(const struct check *check, const struct bs_bytes *names, size_t count)
{
    struct bs_strbuf text;
    bs_strbuf_init(&text, TEXT_MAX);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++)
        bs_strbuf_printf(&text, "%s%.*s", i > 0 ? ", " : "", BS_BYTES_ARG(names[i]));
    if (count > NAMES_SHOWN)
        bs_strbuf_printf(&text, " and %zu more", count - NAMES_SHOWN);
    const char *kept = bs_arena_copy(check->findings->arena, bs_strbuf_bytes(&text)).ptr;
    bs_strbuf_free(&text);
    return kept ? kept : "";
}

/* "; there: VALUE" or that there is nothing. */
static const char *what_is_there(const struct check *check, struct bs_bytes value)
{
    if (value.len == 0)
        return "it is empty";
    const char *text = bs_arena_printf(check->findings->arena, "there is only: %.*s%s",
                                       BS_BYTES_ARG(bs_bytes_first(value, VALUE_SHOWN)),
                                       value.len > VALUE_SHOWN ? "..." : "");
    return text ? text : "";
}

static void check_smtpd_milters(const struct check *check)
{
    struct bs_bytes value = bs_postfix_value(check->postfix, "smtpd_milters");
    if (bs_postfix_list_has_ours(&check->expected->sockets, "smtpd_milters", value, false, NULL) ||
        bs_postfix_list_has_ours(&check->expected->sockets, "smtpd_milters", value, true, NULL))
        return;
    bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "smtpd-milter-missing",
                    "smtpd_milters does not name %s, where backstopd listens (%s): mail from the network is neither "
                    "tagged nor judged",
                    our_socket(check, true), what_is_there(check, value));
    bs_findings_repair(check->findings, "backstop setup --write, then: systemctl reload postfix");
}

static void check_non_smtpd_milters(const struct check *check)
{
    struct bs_bytes value = bs_postfix_value(check->postfix, "non_smtpd_milters");
    if (bs_postfix_list_has_ours(&check->expected->sockets, "non_smtpd_milters", value, false, NULL) ||
        bs_postfix_list_has_ours(&check->expected->sockets, "non_smtpd_milters", value, true, NULL))
        return;
    bs_findings_add(check->findings, check->expected->enforces ? BS_SEVERITY_SERIOUS : BS_SEVERITY_WARNING,
                    "local-milter-missing",
                    "non_smtpd_milters does not name %s (%s): mail that programs here submit is not tagged%s",
                    our_socket(check, true), what_is_there(check, value),
                    check->expected->enforces ? ", and its bounces are refused" : "");
    bs_findings_repair(check->findings, "backstop setup --write, then: systemctl reload postfix");
}

/* A map of our name elsewhere, or of another name on our socket; false where there is none of them. */
static bool explain_wrong_map(const struct check *check, struct bs_bytes value)
{
    const struct bs_postfix_sockets *sockets = &check->expected->sockets;
    struct bs_bytes item;
    struct bs_postfix_socketmap map;
    while (bs_postfix_list_next(&value, &item)) {
        struct bs_postfix_sockets other = *sockets;
        if (!bs_postfix_socketmap_parse(item, &map))
            continue;
        other.map_name = map.name;
        if (bs_bytes_equal(map.name, sockets->map_name)) {
            bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "map-elsewhere",
                            "virtual_alias_maps has %.*s, but backstopd listens on %s: Postfix defers mail while it "
                            "waits for a map that is not there", BS_BYTES_ARG(item), our_socket(check, false));
            return true;
        }
        if (bs_postfix_item_is_ours(&other, BS_LITERAL("virtual_alias_maps"), item, false)) {
            bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "map-name",
                            "virtual_alias_maps asks for the map \"%.*s\" (%.*s), but %s calls it \"%.*s\" "
                            "(socketmap-name): Postfix defers all mail", BS_BYTES_ARG(map.name), BS_BYTES_ARG(item),
                            check->expected->config_file, BS_BYTES_ARG(sockets->map_name));
            return true;
        }
    }
    return false;
}

static void check_maps(const struct check *check)
{
    struct bs_bytes value = bs_postfix_value(check->postfix, "virtual_alias_maps");
    if (bs_postfix_list_has_ours(&check->expected->sockets, "virtual_alias_maps", value, false, NULL) ||
        bs_postfix_list_has_ours(&check->expected->sockets, "virtual_alias_maps", value, true, NULL))
        return;
    if (!explain_wrong_map(check, value))
        bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "map-missing",
                        "virtual_alias_maps does not name %s (%s): Postfix knows no tagged recipient, and refuses "
                        "the genuine bounces of all mail that was tagged", our_item(check, false),
                        what_is_there(check, value));
    bs_findings_repair(check->findings, "backstop setup --write, then: systemctl reload postfix");
}

/* A service that has lists of its own, without us. */
static void check_override(const struct check *check, const struct bs_postfix_service *service, const char *list,
                           const char *loss)
{
    const struct bs_postfix_override *own = bs_postfix_override(check->postfix, service, list);
    if (!own || bs_postfix_list_has_ours(&check->expected->sockets, list, own->value, service->chrooted, NULL) ||
        bs_postfix_list_has_ours(&check->expected->sockets, list, own->value, false, NULL))
        return;
    bs_findings_add(check->findings, check->expected->enforces ? BS_SEVERITY_SERIOUS : BS_SEVERITY_WARNING,
                    "service-override", "master.cf gives the service %.*s a %s of its own, without backstop (%s): %s",
                    BS_BYTES_ARG(service->name), list, what_is_there(check, own->value), loss);
    bool milter = strcmp(list, "smtpd_milters") == 0;
    if (own->value.len == 0)
        bs_findings_repair(check->findings, "postconf -PX %.*s/%.*s/%s, then: systemctl reload postfix",
                           BS_BYTES_ARG(service->name), BS_BYTES_ARG(service->type), list);
    else
        bs_findings_repair(check->findings, "put ours first in that line of master.cf: -o %s=%s,...; then: systemctl "
                           "reload postfix", list, our_item(check, milter));
}

static void check_service_options(const struct check *check, const struct bs_postfix_service *service)
{
    if (!bs_postfix_override(check->postfix, service, "receive_override_options") ||
        !has_word(value_for(check, service, "receive_override_options"), BS_LITERAL("no_milters")))
        return;
    bs_findings_add(check->findings, BS_SEVERITY_WARNING, "no-milters",
                    "master.cf gives the service %.*s receive_override_options=no_milters: its mail is neither "
                    "tagged nor judged", BS_BYTES_ARG(service->name));
    bs_findings_repair(check->findings,
                       "take no_milters out of that line of master.cf, then: systemctl reload postfix");
}

static void check_services(const struct check *check)
{
    for (size_t i = 0; i < check->postfix->service_count; i++) {
        const struct bs_postfix_service *service = &check->postfix->services[i];
        if (!bs_postfix_is_public(service))
            continue;
        check_override(check, service, "smtpd_milters", "mail that comes in there is neither tagged nor judged");
        check_override(check, service, "virtual_alias_maps", "tagged recipients are unknown there");
        check_service_options(check, service);
    }
}

static void check_receive_override(const struct check *check)
{
    if (!has_word(bs_postfix_value(check->postfix, "receive_override_options"), BS_LITERAL("no_milters")))
        return;
    bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "no-milters",
                    "receive_override_options has no_milters: no mail is tagged or judged");
    bs_findings_repair(check->findings, "take no_milters out of receive_override_options in main.cf");
}

/* Our item of a list of milters; false where there is none. */
static bool find_our_milter(const struct check *check, const char *list, struct bs_postfix_milter *ret_milter)
{
    struct bs_bytes item, value = bs_postfix_value(check->postfix, list);
    return (bs_postfix_list_has_ours(&check->expected->sockets, list, value, false, &item) ||
            bs_postfix_list_has_ours(&check->expected->sockets, list, value, true, &item)) &&
           bs_postfix_milter_parse(item, ret_milter);
}

static void check_default_action(const struct check *check, const char *list)
{
    struct bs_postfix_milter milter;
    if (!find_our_milter(check, list, &milter))
        return;
    bool own = milter.default_action.len > 0;
    struct bs_bytes action = own ? milter.default_action : bs_postfix_value(check->postfix, "milter_default_action");
    const char *name = own ? list : "milter_default_action";
    if (bs_bytes_equal_nocase(action, BS_LITERAL("accept")))
        bs_findings_add(check->findings, BS_SEVERITY_WARNING, "default-action",
                        "%s says accept: while backstopd is down, forged bounces pass and mail leaves without a tag",
                        name);
    else if (bs_bytes_equal_nocase(action, BS_LITERAL("reject")))
        bs_findings_add(check->findings, BS_SEVERITY_WARNING, "default-action",
                        "%s says reject: while backstopd is down, all mail is refused for good", name);
    else
        return;
    bs_findings_repair(check->findings, "in %s write: { %s, default_action=tempfail }", list,
                       our_socket(check, true));
}

static void check_protocol(const struct check *check, const char *list)
{
    struct bs_postfix_milter milter;
    if (!find_our_milter(check, list, &milter))
        return;
    struct bs_bytes protocol =
        milter.protocol.len > 0 ? milter.protocol : bs_postfix_value(check->postfix, "milter_protocol");
    if (protocol.len != 1 || protocol.ptr[0] >= '6' || protocol.ptr[0] < '0')
        return;
    bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "protocol",
                    "milter_protocol is %.*s for %s: a milter can change the envelope sender, and so tag it, only "
                    "from protocol 6 on", BS_BYTES_ARG(protocol), list);
    bs_findings_repair(check->findings, "set milter_protocol = 6, or in %s write: { %s, default_action=tempfail, "
                       "protocol=6 }", list, our_socket(check, true));
}

static void check_milters(const struct check *check)
{
    check_default_action(check, "smtpd_milters");
    check_protocol(check, "smtpd_milters");
    struct bs_bytes smtpd = bs_postfix_value(check->postfix, "smtpd_milters");
    if (bs_bytes_equal(smtpd, bs_postfix_value(check->postfix, "non_smtpd_milters")))
        return;
    if (!bs_findings_find(check->findings, "default-action"))
        check_default_action(check, "non_smtpd_milters");
    if (!bs_findings_find(check->findings, "protocol"))
        check_protocol(check, "non_smtpd_milters");
}

static bool same_path(const struct check *check, const char *seen, const char *ours)
{
    return strcmp(seen, ours) == 0 || (check->expected->same_file && check->expected->same_file(seen, ours));
}

/* Whether the path, as the service sees it, is one of ours. */
static bool is_visible(const struct check *check, struct bs_bytes path, bool chrooted, bool milter)
{
    const struct bs_postfix_sockets *sockets = &check->expected->sockets;
    const struct bs_mta_socket *items = milter ? sockets->milters : sockets->maps;
    size_t count = milter ? sockets->milter_count : sockets->map_count;
    const char *seen = bs_postfix_path(check->postfix, path, chrooted, check->findings->arena);
    for (size_t i = 0; i < count && seen; i++) {
        const char *ours = bs_arena_copy(check->findings->arena, items[i].path).ptr;
        if (items[i].kind == BS_MTA_SOCKET_UNIX && ours && same_path(check, seen, ours))
            return true;
    }
    return false;
}

/* One program of Postfix's that opens the sockets of a list. */
static void check_visible_to(const struct check *check, const struct bs_postfix_service *service, const char *list)
{
    bool milter = strcmp(list, "virtual_alias_maps") != 0;
    struct bs_bytes item, value = value_for(check, service, list);
    struct bs_postfix_milter as_milter;
    struct bs_postfix_socketmap as_map;
    while (bs_postfix_list_next(&value, &item)) {
        if (!bs_postfix_matches_ours(&check->expected->sockets, bs_bytes_from_cstr(list), item))
            continue;
        const struct bs_mta_socket *socket = NULL;
        if (milter && bs_postfix_milter_parse(item, &as_milter))
            socket = &as_milter.socket;
        else if (!milter && bs_postfix_socketmap_parse(item, &as_map))
            socket = &as_map.socket;
        if (!socket || socket->kind != BS_MTA_SOCKET_UNIX ||
            is_visible(check, socket->path, service->chrooted, milter) || bs_findings_find(check->findings, "chroot"))
            continue;
        const char *seen = bs_postfix_path(check->postfix, socket->path, service->chrooted, check->findings->arena);
        bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "chroot",
                        "%s names unix:%.*s, which the service %.*s (%s) looks for as %s; backstopd listens on %s",
                        list, BS_BYTES_ARG(socket->path), BS_BYTES_ARG(service->name),
                        service->chrooted ? "chrooted" : "not chrooted", seen ? seen : "", our_socket(check, milter));
        struct bs_bytes queue = bs_postfix_value(check->postfix, "queue_directory");
        bs_findings_repair(check->findings, "let backstopd listen below %.*s, such as unix:%.*s/backstop/milter, and "
                           "name it in main.cf as unix:backstop/milter; or use inet:127.0.0.1:8896",
                           BS_BYTES_ARG(queue), BS_BYTES_ARG(queue));
    }
}

static void check_visibility(const struct check *check)
{
    for (size_t i = 0; i < check->postfix->service_count; i++) {
        const struct bs_postfix_service *service = &check->postfix->services[i];
        if (is_smtpd(service)) {
            check_visible_to(check, service, "smtpd_milters");
            check_visible_to(check, service, "virtual_alias_maps");
        } else if (bs_bytes_equal(service->program, BS_LITERAL("cleanup"))) {
            check_visible_to(check, service, "non_smtpd_milters");
            check_visible_to(check, service, "virtual_alias_maps");
        }
    }
}

/* Milters that do what backstop can do, too, by the names of their sockets or the ports of their packages. */
static const struct alike {
    const char *name, *word, *port, *does;
} alikes[] = {
    {"OpenDKIM", "opendkim", ":8891", "verifies and signs with DKIM"},
    {"dkimpy-milter", "dkimpy", ":8892", "verifies and signs with DKIM"},
    {"OpenDMARC", "opendmarc", ":8893", "checks DMARC"},
    {"Rspamd", "rspamd", ":11332", "may authenticate and sign, beside what else it does"},
};

static const struct alike *find_alike(struct bs_bytes item)
{
    for (size_t i = 0; i < sizeof alikes / sizeof *alikes; i++) {
        if (bs_bytes_contains_nocase(item, bs_bytes_from_cstr(alikes[i].word)) ||
            bs_bytes_contains_nocase(item, bs_bytes_from_cstr(alikes[i].port)))
            return &alikes[i];
    }
    return NULL;
}

static void check_alike_milters(const struct check *check)
{
    struct bs_bytes item, value = bs_postfix_value(check->postfix, "smtpd_milters");
    while (bs_postfix_list_next(&value, &item)) {
        const struct alike *alike = find_alike(item);
        if (!alike || bs_postfix_item_is_ours(&check->expected->sockets, BS_LITERAL("smtpd_milters"), item, false))
            continue;
        bs_findings_add(check->findings, BS_SEVERITY_NOTE, "milter-alike",
                        "smtpd_milters has %.*s, which looks like %s: it %s, as backstop does where authentication "
                        "and dkim-keys are set in %s", BS_BYTES_ARG(bs_bytes_first(item, VALUE_SHOWN)), alike->name,
                        alike->does, check->expected->config_file);
        bs_findings_repair(check->findings, "let one of them do it; two that give results under one name (authserv-id) "
                           "take each other's off as forged");
    }
}

/* Tables whose rules cannot be seen here. */
static void check_tables_after_signing(const struct check *check)
{
    static const char *const names[] = {"smtp_header_checks", "smtp_mime_header_checks", "smtp_nested_header_checks",
                                        "smtp_body_checks"};
    struct bs_bytes generic = bs_postfix_value(check->postfix, "smtp_generic_maps");
    if (generic.len > 0) {
        bs_findings_add(check->findings, BS_SEVERITY_WARNING, "changed-after-signing",
                        "smtp_generic_maps (%.*s) changes addresses in the header after it is signed: where that is From or "
                        "another signed field, the DKIM signature fails", BS_BYTES_ARG(bs_bytes_first(generic, VALUE_SHOWN)));
        bs_findings_repair(check->findings, "change them before: in canonical_maps, or in the program that writes them");
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bs_postfix_value(check->postfix, names[i]).len == 0)
            continue;
        bs_findings_add(check->findings, BS_SEVERITY_NOTE, "checked-after-signing",
                        "%s is applied after mail is signed: a rule of it that changes what is signed makes the DKIM "
                        "signature fail", names[i]);
        bs_findings_repair(check->findings, "change mail in header_checks or body_checks, which come before");
    }
}

/* What the MTA does to mail that it has signed. Lines longer than SMTP allows, and servers without 8BITMIME, are no matter of
 * settings. */
static void check_changes_after_signing(const struct check *check)
{
    struct bs_bytes limit = bs_postfix_value(check->postfix, "smtp_line_length_limit");
    bool short_limit = limit.len < 3 || (limit.len == 3 && memcmp(limit.ptr, "998", 3) < 0);
    bool lines_cut = limit.len > 0 && short_limit && !bs_bytes_equal(limit, BS_LITERAL("0")); /* which means none */
    bool encoded = has_word(bs_postfix_value(check->postfix, "smtp_discard_ehlo_keywords"), BS_LITERAL("8bitmime")) &&
                   !bs_bytes_equal_nocase(bs_postfix_value(check->postfix, "disable_mime_output_conversion"),
                                          BS_LITERAL("yes"));
    if (!check->expected->signs)
        return;
    check_tables_after_signing(check);
    if (lines_cut) {
        bs_findings_add(check->findings, BS_SEVERITY_WARNING, "lines-cut-after-signing",
                        "smtp_line_length_limit is %.*s: Postfix breaks longer lines after mail is signed, and its DKIM "
                        "signature fails; SMTP has room for 998", BS_BYTES_ARG(limit));
        bs_findings_repair(check->findings, "postconf -X smtp_line_length_limit, then: systemctl reload postfix");
    }
    if (encoded) {
        bs_findings_add(check->findings, BS_SEVERITY_WARNING, "encoded-after-signing",
                        "smtp_discard_ehlo_keywords has 8bitmime: Postfix encodes all 8-bit text after it is signed, and the "
                        "DKIM signature fails");
        bs_findings_repair(check->findings, "take 8bitmime out of smtp_discard_ehlo_keywords");
    }
}

static void check_soft_bounce(const struct check *check)
{
    if (!bs_bytes_equal_nocase(bs_postfix_value(check->postfix, "soft_bounce"), BS_LITERAL("yes")))
        return;
    bs_findings_add(check->findings, BS_SEVERITY_WARNING, "soft-bounce",
                    "soft_bounce = yes: Postfix tells who sends a forged bounce to try again instead of refusing it");
    bs_findings_repair(check->findings, "set soft_bounce = no in main.cf");
}

static bool lists_domain(const struct bs_postfix_expectation *expected, struct bs_bytes name)
{
    for (size_t i = 0; i < expected->domain_count; i++) {
        if (bs_bytes_equal_nocase(expected->domains[i], name))
            return true;
    }
    return false;
}

static void check_missing_domains(const struct check *check, const struct bs_postfix_domains *domains)
{
    struct bs_bytes *missing = bs_arena_take(check->findings->arena, (domains->count + 1) * sizeof *missing);
    size_t count = 0;
    for (size_t i = 0; i < domains->count && missing; i++) {
        if (!lists_domain(check->expected, domains->items[i].name))
            missing[count++] = domains->items[i].name;
    }
    if (count == 0)
        return;
    bs_findings_add(check->findings, BS_SEVERITY_WARNING, "domain-unlisted",
                    "Postfix receives mail for %s, and %s has no section for %s: mail from there is not tagged",
                    join(check, missing, count), check->expected->config_file, count == 1 ? "it" : "them");
    bs_findings_repair(check->findings, "backstop setup --write adds %s; to leave a domain alone: domain \"%.*s\" { "
                       "mode = off }", count == 1 ? "it" : "them", BS_BYTES_ARG(missing[0]));
}

static void check_foreign_domains(const struct check *check, const struct bs_postfix_domains *domains)
{
    const struct bs_postfix_expectation *expected = check->expected;
    struct bs_bytes *foreign = bs_arena_take(check->findings->arena, (expected->domain_count + 1) * sizeof *foreign);
    size_t count = 0;
    for (size_t i = 0; i < expected->domain_count && foreign; i++) {
        if (!bs_postfix_domains_has(domains, expected->domains[i]))
            foreign[count++] = expected->domains[i];
    }
    /* What stands in tables cannot be known here. */
    if (count == 0 || domains->table_count > 0)
        return;
    bs_findings_add(check->findings, BS_SEVERITY_NOTE, "domain-elsewhere",
                    "%s has a section for %s, for which this Postfix receives no mail: the bounces come back to "
                    "another host, which must run backstop with the same keys",
                    expected->config_file, join(check, foreign, count));
}

static void check_domains(const struct check *check)
{
    struct bs_postfix_domains domains;
    if (!bs_postfix_domains(check->postfix, check->expected->sockets.map_name, check->findings->arena, &domains))
        return;
    check_missing_domains(check, &domains);
    check_foreign_domains(check, &domains);
}

static void check_networks(const struct check *check)
{
    const struct bs_postfix_expectation *expected = check->expected;
    struct bs_postfix_networks networks;
    if (!bs_postfix_networks(check->postfix, check->findings->arena, &networks))
        return;
    struct bs_bytes *missing = bs_arena_take(check->findings->arena, (networks.count + 1) * sizeof *missing);
    size_t count = 0;
    for (size_t i = 0; i < networks.count && missing; i++) {
        char text[BS_NETWORK_TEXT];
        if (bs_networks_cover(expected->networks, expected->network_count, &networks.items[i]))
            continue;
        bs_network_format(&networks.items[i], text);
        missing[count++] = bs_arena_copy(check->findings->arena, bs_bytes_from_cstr(text));
    }
    if (count == 0)
        return;
    bs_findings_add(check->findings, BS_SEVERITY_WARNING, "network-unlisted",
                    "Postfix trusts %s (mynetworks), and %s does not list %s under networks: mail from there is not "
                    "tagged", join(check, missing, count), expected->config_file, count == 1 ? "it" : "them");
    bs_findings_repair(check->findings, "add to networks in %s: \"%.*s\"; then: systemctl reload backstop",
                       expected->config_file, BS_BYTES_ARG(missing[0]));
}

static void check_everyone(const struct check *check)
{
    for (size_t i = 0; i < check->expected->network_count; i++) {
        if (check->expected->networks[i].bits > 0)
            continue;
        bs_findings_add(check->findings, BS_SEVERITY_SERIOUS, "network-everyone",
                        "networks in %s holds every address: everybody's mail counts as ours, nothing is judged, and "
                        "anybody's mail from our domains is tagged", check->expected->config_file);
        bs_findings_repair(check->findings, "list only the networks whose hosts send our mail");
        return;
    }
}

void bs_postfix_check(const struct bs_postfix_expectation *expected, struct bs_findings *findings)
{
    struct check check = {.expected = expected, .postfix = expected->sockets.postfix, .findings = findings};
    check_smtpd_milters(&check);
    check_non_smtpd_milters(&check);
    check_maps(&check);
    check_receive_override(&check);
    check_services(&check);
    check_milters(&check);
    check_visibility(&check);
    check_alike_milters(&check);
    check_changes_after_signing(&check);
    check_soft_bounce(&check);
    check_domains(&check);
    check_networks(&check);
    check_everyone(&check);
}
