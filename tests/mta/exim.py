# SPDX-License-Identifier: BSD-2-Clause
"""Exim, unpacked from Debian's package: an oracle for tags, and the other side's server, which takes any mail for its
domain and then finds that nobody there has that name: it makes genuine bounces."""

import shutil
import subprocess

from . import machine
from .machine import HERE, STRANGER

CONFIGURATION = """\
exim_path = {directory}/exim4
keep_environment = LD_PRELOAD : LD_LIBRARY_PATH
spool_directory = {directory}/spool
log_file_path = {directory}/log/%s.log
pid_file_path = {directory}/exim.pid
primary_hostname = mx.{domain}
local_interfaces = {here}
daemon_smtp_ports = {port}
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = acl_take_all
acl_smtp_data = acl_take_all
allow_mx_to_ip = true
# Run from where it was unpacked it cannot become root again, and need not.
deliver_drop_privilege = true

begin acl
acl_take_all:
  accept

begin routers
ours:
  driver = redirect
  domains = {domain}
  allow_fail
  data = :fail: nobody here has that name
theirs:
  driver = manualroute
  route_list = * {here} byname
  self = send
  transport = out

begin transports
out:
  driver = smtp
  port = {route}
  interface = {stranger}
  allow_localhost
  hosts_try_prdr =

begin retry
* * F,1h,1s
"""


class Exim:
    """Bounces all mail for `domain`, and sends the bounces, as all else, to port `route` from a stranger's address."""

    def __init__(self, directory, domain="elsewhere.example", route=25):
        self.directory, self.domain, self.route = directory, domain, route
        self.port = machine.free_port()
        self.process = None

    def environment(self):
        return {"PATH": "/usr/bin:/bin", "LD_PRELOAD": str(self.directory / "invented_names.so"),
                "LD_LIBRARY_PATH": str(self.directory / "libraries")}

    def make_files(self):
        """A copy of the program stands beside its spool: it must be able to run itself with no right to enter what
        lies above the checkout."""
        (self.directory / "libraries").mkdir(parents=True)
        shutil.copy(machine.package("exim4-daemon-light") / "usr/sbin/exim4", self.directory)
        shutil.copy(machine.built("invented_names.so"), self.directory)
        for folder in machine.libraries():
            shutil.copytree(folder, self.directory / "libraries", dirs_exist_ok=True)
        for folder in ("spool", "log"):
            (self.directory / folder).mkdir()
            shutil.chown(self.directory / folder, "news", "news")
        (self.directory / "exim.conf").write_text(CONFIGURATION.format(
            directory=self.directory, domain=self.domain, here=HERE, stranger=STRANGER, port=self.port,
            route=self.route))

    def command(self, *options):
        return [str(self.directory / "exim4"), "-C", str(self.directory / "exim.conf"), *options]

    def start(self):
        self.make_files()
        self.process = machine.Process(self.command("-bdf", "-q2s"), self.directory / "exim.out", self.environment())
        self.process.wait_until(f"Exim on port {self.port}", lambda: machine.listens(self.port))

    def stop(self):
        if self.process:
            self.process.stop()

    def expand(self, text):
        """What Exim makes of a string with expansions in it."""
        return subprocess.run(self.command("-be", text), capture_output=True, text=True, check=True,
                              env=self.environment()).stdout.rstrip("\n")

    def log(self):
        file = self.directory / "log/main.log"
        return file.read_text(errors="replace") if file.exists() else ""
