# SPDX-License-Identifier: BSD-2-Clause
"""Postfix, unpacked from Debian's package: an instance with configuration, queue, mailboxes and log in one
directory."""

import os
import pwd
import shutil
import subprocess
import time

from . import machine
from .machine import HERE, STRANGER
from .maildir import Maildir

# Accounts of every Debian system that no program runs as nowadays. Postfix wants an owner of its queue, a group of
# its own for submission, and an account that mailboxes belong to; no two may be the same.
OWNER, SUBMISSION_GROUP, MAILBOXES = "news", "uucp", "games"

# The instance's directory, for programs of Postfix's that are not root, which may have no right to enter what lies
# above it (a checkout in root's home): all of them run in its queue.
HERE_AS_ANYONE = "/proc/self/cwd/.."

MASTER = """\
{port}     inet  n - n - - smtpd
pickup     unix  n - n 1 1 pickup
cleanup    unix  n - n - 0 cleanup
qmgr       unix  n - n 1 1 qmgr
rewrite    unix  - - n - - trivial-rewrite
bounce     unix  - - n - 0 bounce
defer      unix  - - n - 0 bounce
trace      unix  - - n - 0 bounce
verify     unix  - - n - 1 verify
proxymap   unix  - - n - - proxymap
smtp       unix  - - n - - smtp
relay      unix  - - n - - smtp
showq      unix  n - n - - showq
error      unix  - - n - - error
retry      unix  - - n - - error
discard    unix  - - n - - discard
local      unix  - n n - - local
virtual    unix  - n n - - virtual
anvil      unix  - - n - 1 anvil
scache     unix  - - n - 1 scache
flush      unix  n - n 10 0 flush
postlog    unix-dgram n - n - 1 postlogd
"""

QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "saved", "trace")


class Postfix:
    """`settings` are lines of main.cf that are added to, or stand instead of, those of main_cf()."""

    def __init__(self, directory, hostname="mail.example.com", settings=None):
        self.directory, self.hostname, self.settings = directory, hostname, dict(settings or {})
        self.package = machine.package("postfix")
        self.library = self.package / "usr/lib/postfix"
        self.port = machine.free_port()
        self.configuration, self.queue = directory / "etc", directory / "queue"
        self.log_file = directory / "mail.log"
        self.mailboxes = {}   # address: Maildir
        self.routes = {}      # domain: port
        self.process = None

    def main_cf(self):
        return {
            "compatibility_level": "3.6",
            "queue_directory": self.queue,
            "data_directory": HERE_AS_ANYONE + "/data",
            "daemon_directory": self.library / "sbin",
            "command_directory": self.package / "usr/sbin",
            "meta_directory": self.configuration,
            "shlib_directory": self.library,
            "import_environment": "MAIL_CONFIG LD_LIBRARY_PATH TZ",
            "export_environment": "MAIL_CONFIG LD_LIBRARY_PATH TZ",
            "mail_owner": OWNER,
            "setgid_group": SUBMISSION_GROUP,
            "maillog_file": self.log_file,
            "maillog_file_prefixes": self.directory,
            "myhostname": self.hostname,
            "mydestination": "",
            "mynetworks": HERE + "/32",
            "inet_interfaces": HERE,
            "inet_protocols": "ipv4",
            "alias_maps": "",
            "alias_database": "",
            "smtp_dns_support_level": "disabled",
            "smtp_host_lookup": "native",
            "smtp_tls_security_level": "none",
            "smtpd_peername_lookup": "no",
            "default_transport": "error:no route from here",
            "transport_maps": f"texthash:{HERE_AS_ANYONE}/etc/transport",
            "virtual_mailbox_maps": f"texthash:{HERE_AS_ANYONE}/etc/mailboxes",
            "virtual_mailbox_base": HERE_AS_ANYONE + "/mail",
            "virtual_uid_maps": f"static:{pwd.getpwnam(MAILBOXES).pw_uid}",
            "virtual_gid_maps": f"static:{pwd.getpwnam(MAILBOXES).pw_gid}",
            "virtual_minimum_uid": "1",
            "recipient_delimiter": "+",
            "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
            "smtpd_client_connection_rate_limit": "0",
            "smtpd_client_connection_count_limit": "0",
            "smtpd_error_sleep_time": "0",
            "smtpd_soft_error_limit": "1000",
            "smtpd_hard_error_limit": "2000",
            "minimal_backoff_time": "2s",
            "queue_run_delay": "2s",
            "disable_vrfy_command": "no",
            **self.settings,
        }

    def add_mailbox(self, address):
        """`address` is written as in an SMTP command, with the quotes that its local part may need."""
        self.mailboxes[address] = Maildir(self.directory / "mail" / address.replace('"', ""))
        return self.mailboxes[address]

    def write(self, name, lines):
        """Postfix reads a file again and again until it is a second old, lest it be half written; so it is made so."""
        file = self.configuration / name
        file.write_text("".join(lines))
        os.utime(file, (time.time() - 60, time.time() - 60))

    def write_configuration(self):
        self.write("main.cf", (f"{name} = {value}\n" for name, value in self.main_cf().items()))
        self.write("master.cf", MASTER.format(port=f"{HERE}:{self.port}"))
        self.write("transport", (f"{domain} smtp:[{HERE}]:{port}\n" for domain, port in self.routes.items()))
        self.write("mailboxes", (f"{address} {box.path.name}/\n" for address, box in self.mailboxes.items()))

    def make_directories(self):
        """What `postfix start` would make, with the owners that it would give."""
        def make(path, owner, group=None, mode=0o700):
            path.mkdir(parents=True, exist_ok=True)
            shutil.chown(path, owner, group)
            path.chmod(mode)
        make(self.configuration, "root", "root", 0o755)
        make(self.directory / "mail", MAILBOXES, MAILBOXES)
        make(self.directory / "data", OWNER)
        make(self.queue, "root", "root", 0o755)
        make(self.queue / "pid", "root", "root", 0o755)
        for name in (*QUEUES, "private"):
            make(self.queue / name, OWNER)
        make(self.queue / "public", OWNER, SUBMISSION_GROUP, 0o710)
        make(self.queue / "maildrop", OWNER, SUBMISSION_GROUP, 0o1730)

    def environment(self):
        path = ":".join([str(self.library), *machine.libraries()])
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH": path,
                "MAIL_CONFIG": str(self.configuration)}

    def start(self):
        self.make_directories()
        self.write_configuration()
        self.process = machine.Process([self.library / "sbin/master", "-d", "-c", self.configuration],
                                       self.directory / "master.out", self.environment())
        self.process.wait_until(f"Postfix on port {self.port}", lambda: machine.listens(self.port))

    def stop(self):
        if self.process:
            self.process.stop()

    def run(self, *command, given=""):
        """Runs a command of Postfix's on this instance."""
        return subprocess.run([self.package / "usr/sbin" / command[0], *command[1:]], input=given, text=True,
                              capture_output=True, check=True, env=self.environment()).stdout

    def submit(self, sender, recipients, message):
        """Local submission: sendmail(1), which hands over to postdrop."""
        self.run("sendmail", "-f", sender, "-i", "--", *recipients, given=message)

    def postconf(self, name):
        return self.run("postconf", "-hx", name).strip()

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def queued(self, hold=True):
        """Names of queue files that are not delivered yet, those on hold among them or not."""
        return [file.name for queue in ("maildrop", "incoming", "active", "deferred", *(["hold"] if hold else []))
                for file in (self.queue / queue).rglob("*") if file.is_file()]

    def flush(self):
        self.run("postqueue", "-f")

    def wait_until_empty(self):
        machine.wait_for("an empty queue", lambda: not self.queued())


class FarPostfix(Postfix):
    """Another's server: it takes any mail for `domain`, finds then that nobody there has that name, and bounces it.
    It connects from a stranger's address, to port `route` for any domain."""

    def __init__(self, directory, domain="elsewhere.example", route=25):
        super().__init__(directory, f"mx.{domain}", {
            "virtual_mailbox_domains": domain,
            "smtpd_reject_unlisted_recipient": "no",
            "default_transport": f"smtp:[{HERE}]:{route}",
            "smtp_bind_address": STRANGER,
        })
        self.add_mailbox(f"postmaster@{domain}")
