# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers as others run them. Each takes all mail for DOMAIN, next.DOMAIN and nowhere.DOMAIN, and finds out
afterwards what becomes of it: nobody in DOMAIN has the name "gone", the next hop refuses what goes to next.DOMAIN, and
nowhere.DOMAIN does not exist. Who asks is told what was fine; a warning comes after 1 second, and the end after 8."""

import os
import socket

from mta import machine
from mta.postfix import MASTER

from .hop import DATA, RCPT
from .house import House
from .internet import SITES

# What the next hop refuses for good, by local part.
REFUSED = tuple(case for case in (*RCPT, *DATA) if case not in ("busy", "jörg"))
SEVERAL = ("unknown", "full", "someone")  # local parts of one message's recipients, the last of whom gets it


class Site:
    """`cases` are the recipients of which it can make something; the first lines of this file say what."""
    packages, accounts, groups = (), (), ()
    cases = ("gone", *REFUSED, "nowhere", "busy", "several", "fine")
    forwarded = ()                    # cases whose bounces come back by way of another address
    about_busy = ("dsn-delayed", "dsn-failed")  # what its messages about mail that waits say that they are
    failed, notices = SEVERAL[:2], 1  # of several recipients, and in how many messages it tells of them
    codes = {}                        # status codes that it makes up itself; the others are the next hop's

    def __init__(self, directory, number):
        self.address, self.domain = SITES.format(number), f"{self.name}.example"
        self.hostname = f"mx.{self.domain}"
        self.directory, self.house, self.process, self.sender = directory, None, None, None

    @property
    def beyond(self):
        """The domains that it takes mail for and delivers elsewhere."""
        return [f"next.{self.domain}", f"nowhere.{self.domain}"]

    def recipient(self, case):
        return self.recipients(case)[0]

    def recipients(self, case):
        if case == "several":
            return [f"{local}@next.{self.domain}" for local in SEVERAL]
        if case == "nowhere":
            return [f"someone@nowhere.{self.domain}"]
        return [f"{case}@{self.domain}" if case in ("gone", "away", "list", "team") else f"{case}@next.{self.domain}"]

    def about(self, case):
        """Words of the message to this recipient; those of what comes of it."""
        return f"{case}.{self.name}"

    def is_about(self, case, content):
        return self.about(case).encode() in content

    def fill(self, text):
        return text.format(name=self.name, domain=self.domain, hostname=self.hostname, address=self.address,
                           beyond=" ".join(self.beyond))

    def start(self):
        self.house = House(self.directory, self.hostname, self.address, self.packages, self.accounts, self.groups)
        self.configure()
        self.process = self.run()
        machine.wait_for(f"{self.name} on port 25 of {self.address}", self.greets)

    def greets(self):
        """Some listen before they are ready, and then hang up."""
        try:
            with socket.create_connection((self.address, 25), 1) as connection:
                return connection.recv(100).startswith(b"220")
        except OSError:
            return False

    def stop(self):
        for process in filter(None, (self.sender, self.process)):
            process.stop()
        if self.house:
            self.house.leave()

    def go_on(self):
        """Tries again what waits in its queue, where that does not happen by itself."""


class PostfixSite(Site):
    """Also has a list, bounces of which its owner-list forwards to alice, as they are, and a team, bounces of which are
    read by a program that sends them on as mail of its own."""
    name, codes = "postfix", {"gone": "5.1.1", "nowhere": "5.4.4"}
    forwarded = ("list", "team")
    cases = (*Site.cases, "jörg")
    packages, accounts, groups = ("postfix",), ("postfix",), ("postdrop",)
    settings = """\
compatibility_level = 3.6
myhostname = {hostname}
myorigin = {domain}
mydestination = {domain}
mynetworks = 127.0.0.1/32
relay_domains = {beyond}
inet_interfaces = {address}
inet_protocols = ipv4
daemon_directory = /usr/lib/postfix/sbin
shlib_directory = /usr/lib/postfix
maillog_file = /var/log/mail.log
local_recipient_maps =
alias_maps = texthash:/etc/postfix/aliases
alias_database =
smtpd_peername_lookup = no
smtp_tls_security_level = none
delay_warning_time = 1s
maximal_queue_lifetime = 8s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""
    services = ""

    def configure(self):
        house = self.house
        house.write("/etc/postfix/main.cf", self.fill(self.settings))
        house.write("/etc/postfix/master.cf", MASTER.format(port=f"{self.address}:25") + self.services)
        house.write("/etc/postfix/aliases", self.fill(
            "postmaster root\nlist unknown@next.{domain}\nowner-list alice@example.com\nteam unknown@next.{domain}\n"
            "owner-team \"|/usr/sbin/sendmail -i -f team@{domain} alice@example.com\"\n"))
        house.folder("/var/lib/postfix", "postfix")
        house.write("/etc/postfix/dynamicmaps.cf", "")
        house.run("postfix", "-c", "/etc/postfix", "check")
        house.own("/usr/sbin/postdrop", "root", "postdrop", 0o2555)
        house.own("/var/spool/postfix/maildrop", "postfix", "postdrop", 0o1730)
        house.own("/var/spool/postfix/public", "postfix", "postdrop", 0o710)

    def run(self):
        return self.house.start("/usr/lib/postfix/sbin/master", "-d", "-c", "/etc/postfix")


class EximSite(Site):
    name, codes = "exim", {"gone": "5.0.0", "nowhere": "5.0.0"}
    packages, accounts = ("exim4-daemon-light", "exim4-base"), ("Debian-exim",)
    cases = (*Site.cases, "away")
    settings = """\
primary_hostname = {hostname}
local_interfaces = {address}
domainlist local_domains = {domain}
domainlist relay_domains = next.{domain} : nowhere.{domain}
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = take_ours
dsn_advertise_hosts = *
delay_warning = 1s : 1d

begin acl
take_ours:
  accept domains = +local_domains : +relay_domains
  accept hosts = 127.0.0.1
  deny message = relay not permitted

begin routers
remote:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
  no_more
away:
  driver = accept
  local_parts = away
  transport = vacation
local_user:
  driver = accept
  check_local_user
  transport = drop

begin transports
remote_smtp:
  driver = smtp
  hosts_try_prdr =
  dnssec_request_domains =
vacation:
  driver = autoreply
  to = $sender_address
  from = away@{domain}
  subject = Out of office: $h_subject:
  text = I am out of the office until Monday.\\n
  user = mail
drop:
  driver = appendfile
  file = /dev/null

begin retry
* * F,8s,1s
"""

    def configure(self):
        self.house.write("/etc/exim4/exim4.conf", self.fill(self.settings))
        for folder in ("/var/spool/exim4", "/var/log/exim4"):
            self.house.folder(folder, "Debian-exim", "Debian-exim", 0o750)
        self.house.own("/usr/sbin/exim4", mode=0o4755)

    def run(self):
        return self.house.start("exim4", "-bdf", "-q1s")


PROGRAMS = "/usr/libexec/sendmail"


class SendmailSite(Site):
    name, codes = "sendmail", {"gone": "5.1.1", "nowhere": "5.1.2"}
    packages, accounts = ("sendmail-bin", "sendmail-base", "sendmail-cf"), ("smmta", "smmsp")
    cases = (*Site.cases, "away")
    settings = """\
OSTYPE(`linux')
define(`confDOMAIN_NAME', `{hostname}')
define(`confDONT_PROBE_INTERFACES', `True')
define(`confPID_FILE', `/run/sendmail.pid')
define(`confTO_IDENT', `0')
define(`confTO_QUEUEWARN', `1s')
define(`confTO_QUEUERETURN', `8s')
define(`confDELIVERY_MODE', `background')
define(`confQUEUE_LA', `1000')
define(`confREFUSE_LA', `1000')
define(`confDEF_USER_ID', `mail:mail')
define(`confBAD_RCPT_THROTTLE', `0')
define(`ALIAS_FILE', `/etc/aliases')
define(`HELP_FILE', `')
define(`STATUS_FILE', `')
define(`QUEUE_DIR', `/var/spool/mqueue')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr={address}, Port=25')
MAILER(`local')
MAILER(`smtp')

LOCAL_CONFIG
Cw {domain}
CR {beyond}
"""

    def configure(self):
        house = self.house
        house.write("/etc/mail/sendmail.cf", self.m4(self.fill(self.settings)))
        house.write("/etc/mail/submit.cf", self.m4(
            "OSTYPE(`linux')\ndefine(`MSP_QUEUE_DIR', `/var/spool/mqueue-client')\ndefine(`confRUN_AS_USER', `mail')\n"
            f"define(`confDOMAIN_NAME', `{self.hostname}')\nFEATURE(`msp', `[{self.address}]', `25')\n"))
        house.write("/etc/aliases", "gone: \"|exit 67\"\n"
                    f"away: \"|{PROGRAMS}/vacation.sendmail -U -a away -f /tmp/away.db -m /etc/away.msg mail\"\n")
        house.write("/etc/away.msg", f"From: away@{self.domain}\nSubject: away from my mail\n\nI am away until Monday.\n")
        house.folder("/var/spool/mqueue", mode=0o700)
        house.folder("/var/spool/mqueue-client", "mail", "mail", 0o770)
        house.path("/usr/sbin/sendmail").symlink_to(f"{PROGRAMS}/sendmail")
        house.run(f"{PROGRAMS}/sendmail", "-C", "/etc/mail/sendmail.cf", "-bi")

    def is_about(self, case, content):
        """Its vacation names nothing of what it answers."""
        return super().is_about(case, content) or (case == "away" and f"From: away@{self.domain}".encode() in content)

    def m4(self, text):
        """A configuration of Sendmail's, made of macros."""
        macros = "/usr/share/sendmail/cf"
        return self.house.run("m4", f"-D_CF_DIR_={macros}/", f"{macros}/m4/cf.m4", "-", given=text)

    def run(self):
        return self.house.start(f"{PROGRAMS}/sendmail", "-C", "/etc/mail/sendmail.cf", "-bD", "-q1s", "-X",
                                "/var/log/traffic")


class OpenSmtpdSite(Site):
    name, codes = "opensmtpd", {"gone": "5.3.0", "nowhere": "5.0.0"}
    about_busy = ("dsn-delayed", "dsn-delayed")  # the second when it has given up
    packages, accounts = ("opensmtpd",), ("opensmtpd", "opensmtpq")
    settings = """\
queue ttl 8s
bounce warn-interval 1s
table users {{ "@{domain}" = "mail" }}
listen on {address} port 25 hostname {hostname}
action "box" mda "/bin/sh -c 'echo no such user here >&2; exit 67'" virtual <users>
action "out" relay helo {hostname}
match from any for domain "{domain}" action "box"
match from any for domain {{ "next.{domain}", "nowhere.{domain}" }} action "out"
match from local for any action "out"
"""

    def configure(self):
        self.house.write("/etc/smtpd.conf", self.fill(self.settings))
        self.house.own("/usr/sbin/smtpctl", "root", "opensmtpq", 0o2755)

    def run(self):
        return self.house.start("smtpd", "-d")

    def go_on(self):
        self.house.run("smtpctl", "schedule", "all")


class CourierSite(Site):
    cases = (*Site.cases, "jörg")
    name, codes = "courier", {"gone": "5.0.0", "nowhere": "5.0.0"}
    packages, accounts = ("courier-mta", "courier-base", "courier-authlib"), ("courier",)
    times = {"queuetime": "8s", "warntime": "1s", "retryalpha": "1s", "retrybeta": "5", "retrygamma": "1s",
             "retrymaxdelta": "1", "esmtpdelay": "1s"}

    def configure(self):
        house = self.house
        own = ("courier", "courier")
        for name, text in {**self.times, "me": self.hostname, "defaultdomain": self.domain, "locals": self.domain,
                           "esmtpacceptmailfor": "\n".join([self.domain, *self.beyond]),
                           "dsnfrom": f'"Courier mail server at {self.hostname}" <@>',
                           "aliasdir/.courier-default": "| echo no such user here; exit 67"}.items():
            house.write(f"/etc/courier/{name}", text + "\n", 0o644, *own)
        for name, line in (("courierd", "ESMTP_BLOCKBACKSCATTER=\nESMTP_USE_STARTTLS=0\n"),
                           ("esmtpd", "BOFHCHECKDNS=0\nTARPIT=0\nMAXPERIP=40\nMAXPERC=40\n"
                                      f"ADDRESS={self.address}\nPORT=25\n")):
            with open(house.path(f"/etc/courier/{name}"), "a", encoding="ascii") as file:
                file.write(line)
        house.write("/etc/courier/authdaemonrc", 'authmodulelist="authpam"\nauthmodulelistorig="authpam"\ndaemons=1\n'
                    "authdaemonvar=/run/courier/authdaemon\n", 0o644, *own)
        house.folder("/run/courier", *own, 0o775)
        house.folder("/run/courier/authdaemon", *own, 0o755)
        house.folder("/var/lib/courier/sts")
        for folder in ("/etc/courier", "/var/lib/courier"):
            house.run("chown", "-R", "courier:courier", folder)
        house.own("/usr/lib/courier/courier/submitmkdir", *own, 0o4755)
        house.path("/usr/bin/makedat").symlink_to("makedat.courier")
        for command in ("makesmtpaccess", "makeacceptmailfor", "makehosteddomains", "makealiases"):
            house.run(command)

    def run(self):
        return self.house.start("/bin/sh", "-c", "/usr/lib/courier/courier-authlib/authdaemond & "
                                "/usr/lib/courier/courierctl.start; exec /usr/sbin/esmtpd start")


class FrontedSite(PostfixSite):
    """A program that only sends: Postfix takes the mail and hands it over, as a forwarder's script would."""
    forwarded = ()
    settings = PostfixSite.settings + "transport_maps = texthash:/etc/postfix/transport\n"
    services = "onward unix - n n - - pipe user=mail argv=/usr/sbin/sendmail -f ${sender} -- ${recipient}\n"

    def configure(self):
        super().configure()
        self.house.write("/etc/postfix/transport", "".join(f"{domain} onward:\n" for domain in self.beyond))


class NullmailerSite(FrontedSite):
    """Its smarthost, which refuses in the words of the next hop, is that Postfix on another port."""
    name, codes = "nullmailer", {"dmarc": "5.7.2"}  # it cuts what has more figures
    about_busy = ("dsn-delayed",)                   # when it has given up
    failed = SEVERAL                                # it sends to all or none
    packages = ("nullmailer", "postfix")
    cases = (*REFUSED, "busy", "several")
    services = FrontedSite.services + (
        "127.0.0.1:2525 inet n - n - - smtpd -o smtpd_recipient_restrictions=check_recipient_access,"
        "texthash:/etc/postfix/refused,permit_mynetworks,reject\n")

    def configure(self):
        super().configure()
        house = self.house
        house.write("/etc/postfix/refused", "".join(
            f"{self.recipient(case)} {text.format(self.recipient(case), client=self.address)}\n"
            for case, text in {**RCPT, **DATA}.items()))
        for name, text in {"me": self.hostname, "defaultdomain": self.domain, "remotes": "127.0.0.1 smtp port=2525",
                           "pausetime": "1", "maxpause": "1", "queuelifetime": "8"}.items():
            house.write(f"/etc/nullmailer/{name}", text + "\n")
        for folder in ("", "/queue", "/tmp", "/failed"):
            house.folder(f"/var/spool/nullmailer{folder}", "mail", "mail", 0o750)
        os.mkfifo(house.path("/var/spool/nullmailer/trigger"))
        house.own("/var/spool/nullmailer/trigger", "mail", "mail", 0o622)
        self.sender = house.start("setpriv", "--reuid=mail", "--regid=mail", "--clear-groups", "nullmailer-send")


class DmaSite(FrontedSite):
    name, codes, notices = "dma", {}, 2
    packages = ("dma", "postfix")
    cases = (*REFUSED, "nowhere", "several")

    def configure(self):
        super().configure()
        self.house.write("/etc/aliases", "")
        self.house.write("/etc/dma/dma.conf", "MAILNAME /etc/mailname\n")
        self.house.folder("/var/spool/dma", "root", "mail", 0o2775)
        self.house.own("/usr/sbin/dma", "root", "mail", 0o2755)


ALL = [PostfixSite, EximSite, SendmailSite, OpenSmtpdSite, CourierSite, NullmailerSite, DmaSite]
