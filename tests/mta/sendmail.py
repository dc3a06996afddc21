# SPDX-License-Identifier: BSD-2-Clause
"""Sendmail, unpacked from Debian's package: its configuration made with m4 as its handbook says, with backstop as
milter and as socket map. Mailboxes are written by a mailer of our own, since the machine has no accounts for them."""

import os
import subprocess

from . import machine
from .machine import HERE
from .maildir import Maildir
from .postfix import MAILBOXES

CONFIGURATION = """\
OSTYPE(`linux')
define(`confDOMAIN_NAME', `{hostname}')
define(`confSERVICE_SWITCH_FILE', `{directory}/service.switch')
define(`confPID_FILE', `{directory}/sendmail.pid')
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,WorldWritableForwardFile')
define(`confTO_IDENT', `0')
define(`confTO_ICONNECT', `10s')
define(`confDELIVERY_MODE', `background')
define(`confMIN_QUEUE_AGE', `1s')
define(`confCONNECTION_RATE_THROTTLE', `0')
define(`confSAFE_QUEUE', `False')
define(`confBAD_RCPT_THROTTLE', `0')
define(`confREJECT_LOG_INTERVAL', `0')
define(`confHOST_STATUS_DIRECTORY', `')
define(`confLOG_LEVEL', `14')
define(`confME_TOO', `True')
define(`ALIAS_FILE', `')
define(`HELP_FILE', `')
define(`STATUS_FILE', `')
define(`QUEUE_DIR', `{directory}/queue')
undefine(`confBIND_OPTS')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
FEATURE(`accept_unqualified_senders')
FEATURE(`relay_entire_domain')
DAEMON_OPTIONS(`Name=MTA, Family=inet, Addr={here}, Port={port}')
INPUT_MAIL_FILTER(`backstop', `S=inet:{milter}@{here}, F=T, T=C:10s;S:10s;R:30s;E:60s')
MAILER(`local')
MAILER(`smtp')

LOCAL_CONFIG
Cw {domains}
C{{Mailboxes}} {mailboxes}
Kbackstop socket inet:{socketmap}@{here}

LOCAL_RULE_0
R$+ < @ $=w . > $*\t\t$: < $( backstop $1@$2 $: $) > $1 < @ $2 . > $3
R< $+ @ $=w > $*\t\t$: $1 < @ $2 . >
R< > $*\t\t\t$: $1
R$={{Mailboxes}} < @ $=w . >\t$#maildir $: $1
R$={{Mailboxes}} + $* < @ $=w . >\t$#maildir $: $1
R$+ < @ $=w . > $*\t\t$#error $@ 5.1.1 $: "550 5.1.1 no such user here"
{routes}
MAILER_DEFINITIONS
Mmaildir,\tP={directory}/deliver, F=lDFMnPSq, S=EnvFromSMTP/HdrFromSMTP, R=EnvToL/HdrToL, U={owner}:{owner},
\t\tT=DNS/RFC822/X-Unix, A=deliver $u
{mailers}"""

ROUTE = "R$* < @ {domain} . > $*\t\t$#to{port} $@ [{here}] $: $1 < @ {domain} > $2\n"
ROUTE_BARE = "R$* < @ {domain} > $*\t\t$#to{port} $@ [{here}] $: $1 < @ {domain} > $2\n"
MAILER = """\
Mto{port},\tP=[IPC], F=mDFMuXa, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\r\\n, L=990,
\t\tT=DNS/RFC822/SMTP, A=TCP $h {port}
"""

DELIVER = """\
#!/bin/sh
# What Sendmail calls to deliver: a message on standard input, the mailbox as the only argument.
cd "{directory}/mail/$1" && umask 077 && cat >"tmp/$$" && mv "tmp/$$" "new/$(date +%s%N).$$"
"""


class Sendmail:
    def __init__(self, directory, milter, socketmap, domains=("example.com",), hostname="mail.example.com"):
        self.directory, self.hostname, self.domains = directory, hostname, domains
        self.program = machine.package("sendmail-bin") / "usr/libexec/sendmail/sendmail"
        self.macros = machine.package("sendmail-cf") / "usr/share/sendmail/cf"
        self.port, self.milter, self.socketmap = machine.free_port(), milter, socketmap
        self.mailboxes = {}  # local part: Maildir
        self.routes = {}     # domain: port
        self.process = None

    def add_mailbox(self, local):
        self.mailboxes[local] = Maildir(self.directory / "mail" / local)
        return self.mailboxes[local]

    def configuration(self):
        routes = "".join(shape.format(domain=domain, port=port, here=HERE)
                         for domain, port in self.routes.items() for shape in (ROUTE, ROUTE_BARE))
        return CONFIGURATION.format(
            hostname=self.hostname, directory=self.directory, here=HERE, port=self.port, milter=self.milter,
            socketmap=self.socketmap, domains=" ".join(self.domains), mailboxes=" ".join(self.mailboxes),
            owner=MAILBOXES, routes=routes, mailers="".join(map(MAILER.format_map, self.mailers())))

    def mailers(self):
        return [{"port": port} for port in sorted(set(self.routes.values()))]

    def make_files(self):
        (self.directory / "queue").mkdir(parents=True, mode=0o700)
        (self.directory / "service.switch").write_text("hosts\tfiles\naliases\tfiles\n")
        deliver = self.directory / "deliver"
        deliver.write_text(DELIVER.format(directory=self.directory))
        deliver.chmod(0o755)
        for mailbox in self.mailboxes.values():
            for folder in ("new", "tmp"):
                (mailbox.path / folder).mkdir(parents=True)
            subprocess.run(["chown", "-R", f"{MAILBOXES}:{MAILBOXES}", mailbox.path], check=True)
        source = self.directory / "sendmail.mc"
        source.write_text(self.configuration())
        made = subprocess.run(["m4", f"-D_CF_DIR_={self.macros}/", self.macros / "m4/cf.m4", source],
                              capture_output=True, text=True, check=True)
        (self.directory / "sendmail.cf").write_text(made.stdout)

    def environment(self):
        return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": ":".join(machine.libraries()),
                "LD_PRELOAD": str(machine.built("invented_names.so"))}

    def start(self):
        self.make_files()
        # -bD: a daemon that stays in the foreground; -q: run the queue so often.
        self.process = machine.Process(
            [self.program, "-C", self.directory / "sendmail.cf", "-bD", "-q5s", "-X", self.directory / "traffic.log"],
            self.directory / "sendmail.out", self.environment())
        self.process.wait_until(f"Sendmail on port {self.port}", lambda: machine.listens(self.port))

    def stop(self):
        if self.process:
            self.process.stop()

    def log(self):
        """Everything that was said over SMTP."""
        file = self.directory / "traffic.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def queued(self):
        return [file.name for file in (self.directory / "queue").iterdir()]
