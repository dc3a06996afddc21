/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options; see options.h. */
#include "config/options.h"

#include "config/config.h"

#include <stddef.h>

#define IN_CONFIG(member) .section = BS_SECTION_TOP, .offset = offsetof(struct bs_config, member)
#define IN_KEY(member)    .section = BS_SECTION_KEY, .offset = offsetof(struct bs_config_key, member)
#define IN_DOMAIN(member) .section = BS_SECTION_DOMAIN, .offset = offsetof(struct bs_config_domain, member)
#define IN_POLICY(member) .section = BS_SECTION_POLICY, .offset = offsetof(struct bs_config_policy, member)

/* A row of a policy. */
#define TREATMENT(option_name, column, group, unproven, option_default, option_meaning)                                  \
    {                                                                                                                    \
        IN_POLICY(treatments[column][group][unproven]), .name = option_name, .type = BS_OPTION_CHOICE,                   \
        .default_value = option_default, .choices = {"accept", "tag", "quarantine", "reject", "discard"},                \
        .meaning = option_meaning,                                                                                       \
    }

enum { KIBIBYTE = 1024, MEBIBYTE = 1024 * KIBIBYTE, MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static const struct bs_option options[] = {
    {
        .heading = "Process and log",
        IN_CONFIG(user),
        .name = "user",
        .type = BS_OPTION_ACCOUNT,
        .default_value = "\"backstop\"",
        .meaning = "The user that backstopd becomes when it is started as root, after it has read the keys and "
                   "opened its sockets. Empty: it stays who it is. Started as anybody else, it stays that user. "
                   "Changing it takes a restart, not a reload.",
    },
    {
        IN_CONFIG(group),
        .name = "group",
        .type = BS_OPTION_ACCOUNT,
        .default_value = "\"\"",
        .meaning = "The group that goes with the user. Empty: the user's own group.",
    },
    {
        IN_CONFIG(filters),
        .name = "filters",
        .type = BS_OPTION_INTEGER,
        .default_value = "0",
        .max = 256,
        .meaning = "How many processes share the sessions. 0: one for each core.",
    },
    {
        IN_CONFIG(log),
        .name = "log",
        .type = BS_OPTION_CHOICE,
        .default_value = "auto",
        .choices = {"auto", "journal", "syslog", "stderr"},
        .meaning = "Where the log goes: to systemd's journal, to syslog in the mail facility, or to stderr. auto "
                   "takes the journal where systemd started the daemon, stderr where that is a terminal, and syslog "
                   "otherwise. Where the one that is wanted is not there, it is stderr.",
    },
    {
        IN_CONFIG(log_level),
        .name = "log-level",
        .type = BS_OPTION_CHOICE,
        .default_value = "info",
        .choices = {"error", "warning", "info", "debug"},
        .meaning = "The least important messages that are logged. info has a line for each decision.",
    },
    {
        .heading = "Sockets",
        IN_CONFIG(milter),
        .name = "milter",
        .type = BS_OPTION_SOCKETS,
        .default_value = "{ \"inet:127.0.0.1:8896\" }",
        .meaning = "Where the mail server reaches the milter: inet:HOST:PORT with an IPv4 address or localhost, "
                   "inet6:[ADDRESS]:PORT, or unix:/PATH. At most 16. Sockets that systemd hands over under the name "
                   "milter are taken instead.",
    },
    {
        IN_CONFIG(socketmap),
        .name = "socketmap",
        .type = BS_OPTION_SOCKETS,
        .default_value = "{ \"inet:127.0.0.1:8897\" }",
        .meaning = "Where Postfix reaches the socketmap that makes tagged recipients known and takes the tag off. "
                   "Written like milter; systemd's name for it is socketmap.",
    },
    {
        IN_CONFIG(socketmap_name),
        .name = "socketmap-name",
        .type = BS_OPTION_MAP_NAME,
        .default_value = "\"backstop\"",
        .meaning = "The name of the map in Postfix's socketmap:inet:127.0.0.1:8897:backstop. Requests for another "
                   "map find nothing.",
    },
    {
        IN_CONFIG(socket_mode),
        .name = "socket-mode",
        .type = BS_OPTION_PERMISSIONS,
        .default_value = "0660",
        .max = 0777,
        .meaning = "Permissions of unix sockets. Whoever may write to the socket may use it.",
    },
    {
        IN_CONFIG(socket_group),
        .name = "socket-group",
        .type = BS_OPTION_ACCOUNT,
        .default_value = "\"\"",
        .meaning = "The group that unix sockets belong to, such as postfix. Empty: the daemon's own.",
    },
    {
        .heading = "Signing",
        IN_CONFIG(signing_key),
        .name = "signing-key",
        .type = BS_OPTION_INTEGER,
        .default_value = "0",
        .max = BS_CONFIG_KEYS_MAX - 1,
        .meaning = "The digit of the key that signs. Tags made with any other key that has a section are still "
                   "recognised, so that keys can be changed without losing a bounce: add the new key, wait until "
                   "every host has it, make it the signing key, and remove the old one when its last tag has "
                   "expired.",
    },
    {
        IN_CONFIG(tag_lifetime),
        .name = "tag-lifetime",
        .type = BS_OPTION_DURATION,
        .default_value = "7d",
        .min = DAY,
        .max = 499 * DAY,
        .step = DAY,
        .meaning = "How long a tag stays valid. It must be longer than any mail server on the way keeps a message in "
                   "its queue: most give up after five days.",
    },
    {
        IN_CONFIG(networks),
        .name = "networks",
        .type = BS_OPTION_NETWORKS,
        .default_value = "{ \"127.0.0.0/8\", \"::1/128\" }",
        .meaning = "Clients whose mail is ours without a login, as in Postfix's mynetworks: addresses, or networks "
                   "as ADDRESS/BITS. Their mail is signed and never refused. Clients that log in need not be listed. "
                   "An IPv4-mapped IPv6 address is the IPv4 address that it holds.",
    },
    {
        IN_CONFIG(no_sign),
        .name = "no-sign",
        .type = BS_OPTION_RECIPIENTS,
        .default_value = "{}",
        .example = "{ \"list@lists.example.net\", \"example.org\", \".example.org\" }",
        .meaning = "Recipients who need the sender's address as it is, such as mailing lists that know their members "
                   "by it: user@domain, domain, or .domain for every domain below it. A message is not signed if any "
                   "of its recipients is listed. A bounce of such a message has no tag to show, but it may have other "
                   "proofs, see header-token.",
    },
    {
        .heading = "Bounces and automatic replies",
        IN_CONFIG(header_token),
        .name = "header-token",
        .type = BS_OPTION_BOOL,
        .default_value = "true",
        .meaning = "Whether mail of ours from domains that sign gets a field `Backstop-Token:` in its header. Whoever returns "
                   "the header of such a message proves by it that we sent it, also where the envelope sender, and the tag "
                   "in it, were lost on the way. It is made with the signing key; no further secret is needed.",
    },
    {
        IN_CONFIG(envelope_id),
        .name = "envelope-id",
        .type = BS_OPTION_BOOL,
        .default_value = "true",
        .meaning = "Whether mail whose sender is tagged also gets an ENVID (RFC 3461), which mail servers give back in "
                   "a delivery status notification. One that the client gave is kept.",
    },
    {
        IN_CONFIG(sent_registry),
        .name = "sent-registry",
        .type = BS_OPTION_SIZE,
        .default_value = "8M",
        .max = 1024 * MEBIBYTE,
        .meaning = "Memory for a table of what was sent: a fingerprint of each Message-ID with its sender, by which replies "
                   "that name the message, and bounces that return its header, are known. It is shared by all filters, survives "
                   "a reload, and is lost when backstopd stops. The oldest give way when it is full. 0: there is none.",
    },
    {
        IN_CONFIG(sent_registry_complete),
        .name = "sent-registry-complete",
        .type = BS_OPTION_BOOL,
        .default_value = "false",
        .meaning = "Whether all mail of these domains leaves through this backstopd, and none through another server or "
                   "a provider. Then an automatic reply, or a bounce that returns little, is not ours where it names only "
                   "messages that the registry does not know, once the registry is older than tag-lifetime; else the "
                   "registry proves what is ours, and never that something is not.",
    },
    {
        IN_CONFIG(rules),
        .name = "rules",
        .type = BS_OPTION_PATHS,
        .default_value = "{}",
        .example = "{ \"/etc/backstop/local.rules\" }",
        .meaning = "Files with further rules by which bounces and automatic replies are known, in the format of "
                   "backstop-rules(5); `backstop rules check` says whether they are good. A rule that is called as one "
                   "of backstop's own replaces it.",
    },
    {
        IN_CONFIG(campaign_threshold),
        .name = "campaign-threshold",
        .type = BS_OPTION_INTEGER,
        .default_value = "20",
        .max = 1000000,
        .meaning = "How many bounces and automatic replies that nothing proves may come to one address or one domain in five "
                   "minutes before it is taken for a campaign in which somebody forges our addresses. Where more than a "
                   "quarter of this number is usual, a campaign is four times what is usual. During it the other half of the "
                   "policy holds. 0: there are no campaigns.",
    },
    {
        IN_CONFIG(campaign_duration),
        .name = "campaign-duration",
        .type = BS_OPTION_DURATION,
        .default_value = "1h",
        .min = MINUTE,
        .max = 30 * DAY,
        .meaning = "How long a campaign is taken to go on after it was last seen.",
    },
    {
        .heading = "Authentication",
        IN_CONFIG(authentication),
        .name = "authentication",
        .type = BS_OPTION_CHOICE,
        .default_value = "off",
        .choices = {"off", "monitor", "enforce"},
        .meaning = "Whether mail from outside is checked with SPF, DKIM, DMARC and ARC. monitor: the results stand in "
                   "the message's Authentication-Results and in the log, which also says what enforce would do. "
                   "enforce: what fails DMARC is also treated as its domain asks, see reject-action and "
                   "quarantine-action. Nothing is ever bounced: a refusal is a reply in the SMTP session.",
    },
    {
        IN_CONFIG(authserv_id),
        .name = "authserv-id",
        .type = BS_OPTION_HOST,
        .default_value = "\"\"",
        .meaning = "The name under which results are given (RFC 8601). Fields of arriving mail that claim it are taken "
                   "off. Every host that trusts the results of another uses the same. Empty: the host name that the "
                   "mail server says it has.",
    },
    {
        IN_CONFIG(reject_action),
        .name = "reject-action",
        .type = BS_OPTION_CHOICE,
        .default_value = "reject",
        .choices = {"tag", "quarantine", "reject"},
        .meaning = "With authentication = enforce: what becomes of mail that fails DMARC where the domain's policy is "
                   "reject, and of mail whose From can be read in several ways where one of them leads to such a domain, or "
                   "is too large to be read. reject: 550 at the end of data. quarantine: the mail server holds it for you "
                   "to look at; one that cannot gets it as with tag. tag: it is delivered with a field "
                   "`Backstop-Result:` that says why, for the user's filters.",
    },
    {
        IN_CONFIG(quarantine_action),
        .name = "quarantine-action",
        .type = BS_OPTION_CHOICE,
        .default_value = "tag",
        .choices = {"tag", "quarantine", "reject"},
        .meaning = "The same where the domain's policy is quarantine.",
    },
    {
        IN_CONFIG(temperror_action),
        .name = "temperror-action",
        .type = BS_OPTION_CHOICE,
        .default_value = "accept",
        .choices = {"accept", "defer"},
        .meaning = "With authentication = enforce: what becomes of mail that DMARC cannot judge, because DNS failed, or a "
                   "limit on questions was reached. accept: it is delivered, so that no failure of DNS stops mail; who can "
                   "make DNS fail, or floods the server, may get a forgery past. defer: 451, the peer tries again later.",
    },
    {
        IN_CONFIG(trusted_forwarders),
        .name = "trusted-forwarders",
        .type = BS_OPTION_NETWORKS,
        .default_value = "{}",
        .example = "{ \"192.0.2.25\" }",
        .meaning = "Clients that forward mail to us and break what authenticates it, such as a mailing-list host or "
                   "another mail server of the same owner. What they bring is checked and marked, but delivered "
                   "whatever DMARC says.",
    },
    {
        IN_CONFIG(trusted_sealers),
        .name = "trusted-sealers",
        .type = BS_OPTION_DOMAINS,
        .default_value = "{}",
        .example = "{ \"lists.example.org\" }",
        .meaning = "Domains whose word in a valid ARC chain is believed (RFC 8617): mail that passed DMARC when it came "
                   "to them is delivered although it fails here. All who sealed it after them must be listed, too.",
    },
    {
        IN_CONFIG(arc_seal),
        .name = "arc-seal",
        .type = BS_OPTION_HOST,
        .default_value = "\"\"",
        .meaning = "The domain in whose name mail from outside is sealed with ARC (RFC 8617), by its RSA key in dkim-keys: "
                   "for hosts that forward mail, so that the next server can see what was found here. Empty: nothing is "
                   "sealed.",
    },
    {
        IN_CONFIG(sender_check),
        .name = "sender-check",
        .type = BS_OPTION_CHOICE,
        .default_value = "off",
        .choices = {"off", "monitor", "enforce"},
        .meaning = "Whether MAIL is refused where no bounce could ever reach the sender: its domain does not exist, has "
                   "neither MX nor address, or says by a null MX (RFC 7505) that it takes no mail. monitor: only the log "
                   "says so. Where DNS does not answer, the mail goes on.",
    },
    {
        IN_CONFIG(dkim_keys),
        .name = "dkim-keys",
        .type = BS_OPTION_OPTIONAL_PATH,
        .default_value = "\"\"",
        .example = "\"/etc/backstop/dkim\"",
        .meaning = "The folder of the DKIM keys that mail of ours is signed with, as `backstop dkim keygen` and `rotate` "
                   "keep it. A message is signed with every signing key of the domain in its From, or else of the "
                   "nearest domain above it that has one. At most four sign one message. A key whose public half DNS does "
                   "not show is not used; where DNS does not answer, it is. Empty: nothing is signed with DKIM.",
    },
    {
        .heading = "DNS",
        IN_CONFIG(dns_servers),
        .name = "dns-servers",
        .type = BS_OPTION_DNS_SERVERS,
        .default_value = "{ \"system\" }",
        .meaning = "The resolvers that are asked: ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT; \"system\" stands for those "
                   "of /etc/resolv.conf. An empty list asks the authoritative servers themselves, from the root on.",
    },
    {
        IN_CONFIG(dns_trust_anchor),
        .name = "dns-trust-anchor",
        .type = BS_OPTION_OPTIONAL_PATH,
        .default_value = "\"\"",
        .example = "\"/usr/share/dns/root.key\"",
        .meaning = "The file with the root zone's keys, by which DNSSEC is checked; answers that it shows to be forged "
                   "count as failures of DNS. It takes resolvers that pass the signatures on, or an empty list of "
                   "dns-servers: through others every answer would fail. Empty: DNSSEC is not checked.",
    },
    {
        IN_CONFIG(dns_timeout),
        .name = "dns-timeout",
        .type = BS_OPTION_DURATION,
        .default_value = "5s",
        .min = 1,
        .max = MINUTE,
        .meaning = "How long one question may take.",
    },
    {
        IN_CONFIG(dns_cache),
        .name = "dns-cache",
        .type = BS_OPTION_SIZE,
        .default_value = "16M",
        .min = 64 * KIBIBYTE,
        .max = 1024 * MEBIBYTE,
        .meaning = "Memory for answers, in each filter process.",
    },
    {
        IN_CONFIG(dns_rate),
        .name = "dns-rate",
        .type = BS_OPTION_INTEGER,
        .default_value = "2000",
        .max = 1000000,
        .meaning = "Questions a second in each filter process. Further ones count as unanswered. 0: no limit.",
    },
    {
        IN_CONFIG(max_questions),
        .name = "max-questions",
        .type = BS_OPTION_INTEGER,
        .default_value = "400",
        .min = 1,
        .max = 10000,
        .meaning = "Questions for one message. Further ones count as unanswered. SPF may need 111, keys 34, and the policies of "
                   "every domain that From may name 144: with fewer than their sum a sender could use them up, so that no "
                   "answer remains to condemn his forgery.",
    },
    {
        IN_CONFIG(max_open_questions),
        .name = "max-open-questions",
        .type = BS_OPTION_INTEGER,
        .default_value = "4000",
        .min = 1,
        .max = 1000000,
        .meaning = "Questions that wait for an answer at once, in each filter process. Further ones count as unanswered.",
    },
    {
        IN_CONFIG(authentication_timeout),
        .name = "authentication-timeout",
        .type = BS_OPTION_DURATION,
        .default_value = "20s",
        .min = 1,
        .max = 5 * MINUTE,
        .meaning = "How long one message may wait for answers of DNS, at MAIL and at the end of data together (RFC 7208 "
                   "section 4.6.4). Then those that are missing count as unanswered.",
    },
    {
        .heading = "Limits",
        IN_CONFIG(max_frame),
        .name = "max-frame",
        .type = BS_OPTION_SIZE,
        .default_value = "1M",
        .min = 64 * KIBIBYTE + 1,
        .max = 64 * MEBIBYTE,
        .meaning = "The largest frame of the milter protocol; a longer one ends the session. A header field is sent "
                   "in one frame, whatever its length.",
    },
    {
        IN_CONFIG(max_sessions),
        .name = "max-sessions",
        .type = BS_OPTION_INTEGER,
        .default_value = "10000",
        .min = 1,
        .max = 1000000,
        .meaning = "Sessions at once in one filter process, of milter and socketmap together. One more is closed.",
    },
    {
        IN_CONFIG(message_memory),
        .name = "message-memory",
        .type = BS_OPTION_SIZE,
        .default_value = "256M",
        .min = 64 * KIBIBYTE,
        .max = 64LL * 1024 * MEBIBYTE,
        .meaning = "Bytes that the messages under way may hold together, in each filter process. A message that is read holds some "
                   "30 KiB, one that is made to hold much up to 30 MiB; those of more than 128 KiB leave a quarter to the others. "
                   "Past the limit, mail from outside goes on unread and unauthenticated (its results are temperror, see "
                   "temperror-action), and the log says so: raise it, or let the mail server take fewer messages at once. "
                   "Mail of your own is signed all the same.",
    },
    {
        IN_CONFIG(max_recipients),
        .name = "max-recipients",
        .type = BS_OPTION_INTEGER,
        .default_value = "10000",
        .min = 1,
        .max = 1000000,
        .meaning = "Recipients of one message. One more ends the session.",
    },
    {
        IN_CONFIG(max_null_recipients),
        .name = "max-null-recipients",
        .type = BS_OPTION_INTEGER,
        .default_value = "100",
        .min = 1,
        .max = 1000000,
        .meaning = "Recipients of one bounce in domains that observe or enforce. Further ones are told to try again "
                   "later. A genuine bounce has one.",
    },
    {
        IN_CONFIG(frame_timeout),
        .name = "frame-timeout",
        .type = BS_OPTION_DURATION,
        .default_value = "30s",
        .min = 1,
        .max = HOUR,
        .meaning = "From the first byte of a frame or request to its last.",
    },
    {
        IN_CONFIG(write_timeout),
        .name = "write-timeout",
        .type = BS_OPTION_DURATION,
        .default_value = "30s",
        .min = 1,
        .max = HOUR,
        .meaning = "How long a peer may leave an answer unread.",
    },
    {
        IN_CONFIG(session_timeout),
        .name = "session-timeout",
        .type = BS_OPTION_DURATION,
        .default_value = "2h",
        .min = 1,
        .max = 7 * DAY,
        .meaning = "How long a session may be silent. It must be longer than the mail server's own time-outs for its "
                   "clients, because a milter hears nothing while a client is slow.",
    },
    {
        IN_CONFIG(drain_timeout),
        .name = "drain-timeout",
        .type = BS_OPTION_DURATION,
        .default_value = "1h",
        .min = 1,
        .max = 7 * DAY,
        .meaning = "How long sessions that began before a reload get to finish on the configuration before. At a "
                   "stop only messages under way are waited for, some seconds.",
    },
    {
        .heading = "Keys",
        IN_KEY(secret_file),
        .name = "secret-file",
        .type = BS_OPTION_PATH,
        .example = "\"/etc/backstop/batv.0.key\"",
        .meaning = "The file whose first line is the secret. The daemon's user must be able to read it, and others "
                   "must not: mode 0640 and the daemon's group. `backstop batv keygen` makes one. Every host that "
                   "signs or receives for a domain needs the same secret.",
    },
    {
        .heading = "Domains",
        IN_DOMAIN(mode),
        .name = "mode",
        .type = BS_OPTION_CHOICE,
        .default_value = "sign",
        .choices = {"off", "sign", "observe", "enforce"},
        .meaning = "off: the domain is left alone. sign: envelope senders are tagged, nothing is judged. observe: "
                   "also say in the log, and in `Backstop-Result:`, what would become of bounces and automatic replies. enforce: "
                   "do it, see the policies. Stay with sign until "
                   "the bounces of untagged mail have come back, which takes as long as the longest queue on the way "
                   "and tag-lifetime together.",
    },
    {
        IN_DOMAIN(fold_case),
        .name = "fold-case",
        .type = BS_OPTION_BOOL,
        .default_value = "true",
        .meaning = "Sign addresses in lower case, so that a tag survives a mail server that changes the case of its "
                   "address. false signs the address as it is written, as Exim does; never behind Postfix, which "
                   "lower-cases what it asks the map, so that bounces to senders with capitals would be lost.",
    },
    {
        IN_DOMAIN(never_sends),
        .name = "never-sends",
        .type = BS_OPTION_LOCAL_PARTS,
        .default_value = "{}",
        .example = "{ \"info\", \"webmaster\" }",
        .meaning = "Local parts of addresses that never send mail, so that no bounce to them can be genuine: all are "
                   "refused at once where the mode is enforce. \"*\" is every address of the domain.",
    },
    {
        .heading = "Policies",
        IN_POLICY(recipients),
        .name = "recipients",
        .type = BS_OPTION_RECIPIENTS,
        .default_value = "{}",
        .example = "{ \"sales@example.com\", \"example.org\" }",
        .meaning = "For whom the policy is: user@domain, domain, or .domain for every domain below it, of the domains that have "
                   "a section. The most exact entry counts. Empty: for all whom no other policy names.",
    },
    TREATMENT("bounce-not-ours", 0, BS_CONFIG_BOUNCE, BS_CONFIG_NOT_OURS, "reject",
              "What becomes of bounces, which are reports on the delivery of mail in whatever form, that are about mail that we did not send. accept: they "
                  "are delivered. tag: with a field `Backstop-Result:` that says what was found, for the reader's filters. quarantine: the "
                  "mail server holds them for you to look at; one that cannot delivers them as with tag. reject: they are refused in the "
                  "SMTP session. discard: they are thrown away, and nobody hears of it."),
    TREATMENT("bounce-unclear", 0, BS_CONFIG_BOUNCE, BS_CONFIG_UNCLEAR, "tag",
              "The same of bounces that do not tell whether we sent the mail that they are about, as where nothing of it is "
                  "returned."),
    TREATMENT("auto-reply-not-ours", 0, BS_CONFIG_AUTO_REPLY, BS_CONFIG_NOT_OURS, "reject",
              "The same of automatic replies, such as those of people on holiday, about mail that we did not send."),
    TREATMENT("auto-reply-unclear", 0, BS_CONFIG_AUTO_REPLY, BS_CONFIG_UNCLEAR, "tag",
              "The same of those that do not tell."),
    TREATMENT("challenge-not-ours", 0, BS_CONFIG_CHALLENGE, BS_CONFIG_NOT_OURS, "reject",
              "The same of challenges, which ask the sender to confirm a message, about mail that we did not send."),
    TREATMENT("challenge-unclear", 0, BS_CONFIG_CHALLENGE, BS_CONFIG_UNCLEAR, "tag",
              "The same of those that do not tell."),
    TREATMENT("notice-not-ours", 0, BS_CONFIG_NOTICE, BS_CONFIG_NOT_OURS, "reject",
              "The same of notices of virus scanners and spam filters, about mail that we did not send."),
    TREATMENT("notice-unclear", 0, BS_CONFIG_NOTICE, BS_CONFIG_UNCLEAR, "tag",
              "The same of those that do not tell."),
    TREATMENT("campaign-bounce-not-ours", 1, BS_CONFIG_BOUNCE, BS_CONFIG_NOT_OURS, "reject",
              "bounce-not-ours during a campaign."),
    TREATMENT("campaign-bounce-unclear", 1, BS_CONFIG_BOUNCE, BS_CONFIG_UNCLEAR, "quarantine",
              "bounce-unclear during a campaign."),
    TREATMENT("campaign-auto-reply-not-ours", 1, BS_CONFIG_AUTO_REPLY, BS_CONFIG_NOT_OURS, "reject",
              "auto-reply-not-ours during a campaign."),
    TREATMENT("campaign-auto-reply-unclear", 1, BS_CONFIG_AUTO_REPLY, BS_CONFIG_UNCLEAR, "quarantine",
              "auto-reply-unclear during a campaign."),
    TREATMENT("campaign-challenge-not-ours", 1, BS_CONFIG_CHALLENGE, BS_CONFIG_NOT_OURS, "reject",
              "challenge-not-ours during a campaign."),
    TREATMENT("campaign-challenge-unclear", 1, BS_CONFIG_CHALLENGE, BS_CONFIG_UNCLEAR, "quarantine",
              "challenge-unclear during a campaign."),
    TREATMENT("campaign-notice-not-ours", 1, BS_CONFIG_NOTICE, BS_CONFIG_NOT_OURS, "reject",
              "notice-not-ours during a campaign."),
    TREATMENT("campaign-notice-unclear", 1, BS_CONFIG_NOTICE, BS_CONFIG_UNCLEAR, "quarantine",
              "notice-unclear during a campaign."),
};

_Static_assert(sizeof options / sizeof *options <= BS_OPTIONS_MAX, "BS_OPTIONS_MAX is too small");

static const enum bs_option_storage storages[BS_OPTION_TYPE_COUNT] = {
    [BS_OPTION_BOOL] = BS_STORAGE_BOOL,          [BS_OPTION_INTEGER] = BS_STORAGE_NUMBER,
    [BS_OPTION_SIZE] = BS_STORAGE_NUMBER,        [BS_OPTION_DURATION] = BS_STORAGE_NUMBER,
    [BS_OPTION_PERMISSIONS] = BS_STORAGE_NUMBER, [BS_OPTION_CHOICE] = BS_STORAGE_NUMBER,
    [BS_OPTION_ACCOUNT] = BS_STORAGE_TEXT,       [BS_OPTION_PATH] = BS_STORAGE_TEXT,
    [BS_OPTION_MAP_NAME] = BS_STORAGE_TEXT,      [BS_OPTION_SOCKETS] = BS_STORAGE_LIST,
    [BS_OPTION_NETWORKS] = BS_STORAGE_LIST,      [BS_OPTION_RECIPIENTS] = BS_STORAGE_LIST,
    [BS_OPTION_LOCAL_PARTS] = BS_STORAGE_LIST,   [BS_OPTION_OPTIONAL_PATH] = BS_STORAGE_TEXT,
    [BS_OPTION_HOST] = BS_STORAGE_TEXT,          [BS_OPTION_DOMAINS] = BS_STORAGE_LIST,
    [BS_OPTION_DNS_SERVERS] = BS_STORAGE_LIST,   [BS_OPTION_PATHS] = BS_STORAGE_LIST,
};

struct bs_option_list bs_options(void)
{
    return (struct bs_option_list){options, sizeof options / sizeof *options};
}

const struct bs_option *bs_option_find(enum bs_option_section section, struct bs_bytes name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (options[i].section == section && bs_bytes_equal(bs_bytes_from_cstr(options[i].name), name))
            return &options[i];
    }
    return NULL;
}

enum bs_option_storage bs_option_storage(const struct bs_option *option)
{
    return storages[option->type];
}

const struct bs_section *bs_section(enum bs_option_section section)
{
    static const struct bs_section sections[BS_SECTION_COUNT] = {
        [BS_SECTION_TOP] = {.name = ""},
        [BS_SECTION_KEY] =
            {
                .name = "key",
                .title = "digit",
                .example = "0",
                .meaning = "A section for each key that tags are made or recognised with, called by the digit from "
                           "0 to 9 that its tags carry.",
            },
        [BS_SECTION_DOMAIN] =
            {
                .name = "domain",
                .title = "name",
                .example = "\"example.com\"",
                .meaning = "A section for each domain of ours; mail of any other is left alone. A domain stands "
                           "for itself, not for those below it, and is written without a dot at its end; an "
                           "internationalized one in its xn-- form.",
            },
        [BS_SECTION_POLICY] =
            {
                .name = "policy",
                .title = "name",
                .example = "\"all\"",
                .meaning = "What becomes of bounces and automatic replies at the end of data, in domains that enforce. It "
                           "takes no section: without one, what holds is what stands here. A section changes "
                           "it for the recipients that it names, or for all. What is proven to be about mail of ours is always "
                           "delivered. Several recipients of one message are treated alike, by what takes least from them. "
                           "The options that begin with campaign- hold while there is a campaign, see campaign-threshold.",
            },
    };
    return &sections[section];
}
