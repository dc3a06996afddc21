# SPDX-License-Identifier: BSD-2-Clause
"""A Postfix as an administrator has it, which knows nothing of backstop, and the commands that change that."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import machine, tags
from mta.client import send
from mta.machine import HERE
from mta.postfix import Postfix
from mta.sink import Sink

SINK = "sink.example"
ALICE = "alice@example.com"
USER = "backup"  # an account of every Debian system that nothing runs as; backstopd becomes it

# What the administrator wrote: an alias map, a milter that is not there and need not be, remarks in between.
BY_HAND = """\

# ---- our own ----
milter_default_action = accept
smtpd_milters =
    # signs with DKIM, when it is up
    inet:127.0.0.1:1,

virtual_alias_maps = texthash:{directory}/etc/aliases
virtual_mailbox_domains = example.com example.net
"""


class AdminsPostfix(Postfix):
    def write_configuration(self):
        super().write_configuration()
        self.write("aliases", ["sales@example.com alice@example.com\n"])
        self.write("main.cf", [self.main_cf_file.read_text(), BY_HAND.format(directory=self.directory)])

    @property
    def main_cf_file(self):
        return self.configuration / "main.cf"

    def edit(self, old, new):
        """Replaces text in main.cf, which must hold it."""
        text = self.main_cf_file.read_text()
        assert old in text, f"{old!r} is not in:\n{text}"
        self.write("main.cf", [text.replace(old, new)])


class SetupWorld:
    """Postfix runs, backstopd does not, and nothing is set up."""

    def __init__(self, directory):
        self.directory = directory
        self.sink = Sink()
        self.postfix = AdminsPostfix(directory / "postfix")
        self.postfix.routes = {SINK: self.sink.port}
        self.box = self.postfix.add_mailbox(ALICE)
        self.config = directory / "backstop/backstop.conf"
        self.key = directory / "backstop/batv.0.key"
        self.sockets = [f"inet:{HERE}:{machine.free_port()}" for _ in range(2)]
        self.daemon = None
        self.keep = False

    def backstop(self, *words, **environment):
        """Runs `backstop`, with this Postfix's programs in PATH."""
        env = self.postfix.environment()
        env["PATH"] = f"{self.postfix.package}/usr/sbin:{env['PATH']}"
        done = subprocess.run([str(machine.built("backstop")), *map(str, words)], text=True, capture_output=True,
                              check=False, stdin=subprocess.DEVNULL, env={**env, **environment})
        assert "Sanitizer" not in done.stderr and done.returncode >= 0, done
        return done

    def setup(self, *words, **environment):
        first = [] if self.config.exists() or "--remove" in words else \
            ["--user", USER, "--milter", self.sockets[0], "--socketmap", self.sockets[1]]
        return self.backstop("setup", "-c", self.config, *first, *words, **environment)

    def doctor(self, *words):
        """The exit status, and the findings by their id; without those that are only worth knowing."""
        done = self.backstop("doctor", "-c", self.config, "--json", *words)
        found = json.loads(done.stdout)["findings"]
        return done.returncode, {finding["id"]: finding for finding in found if finding["severity"] != "note"}

    def start_daemon(self, *before):
        """`before` are words that come before the program's, such as those of prlimit."""
        self.daemon = machine.Process([*before, machine.built("backstopd"), "-c", self.config],
                                      self.directory / "backstopd.log")
        ports = [int(name.rsplit(":", 1)[1]) for name in self.sockets]
        self.daemon.wait_until("backstopd's sockets", lambda: all(map(machine.listens, ports)))

    def stop_daemon(self):
        if self.daemon:
            self.daemon.stop()
        self.daemon = None

    def reload_daemon(self):
        """SIGHUP; returns once new filters serve."""
        def filters():
            children = Path(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children")
            return set(children.read_text().split())
        old = filters()
        os.kill(self.daemon.pid, signal.SIGHUP)
        machine.wait_for("new filters", lambda: filters() - old and not filters() & old)

    def reload_postfix(self):
        self.postfix.run("postfix", "reload")

    def sign(self, address):
        return tags.sign(address, self.key.read_text().strip(), 0)

    def forged(self, address):
        return tags.forged(address, self.key.read_text().strip(), 0)

    def send(self, sender, recipient, message, **how):
        return send(self.postfix.port, sender, recipient, message, **how)

    def files(self):
        """Everything that setup might write to, with its content, owner and permissions."""
        below = [path for top in (self.postfix.configuration, self.config.parent) for path in top.rglob("*")]
        return {str(path): (path.lstat().st_mode, path.lstat().st_gid, path.is_file() and path.read_bytes())
                for path in below}

    def stop(self):
        self.stop_daemon()
        self.postfix.stop()
        self.sink.stop()


@contextlib.contextmanager
def setup_world(name):
    machine.need_root()
    with machine.scratch(name) as directory:
        world = SetupWorld(directory)
        try:
            world.postfix.start()
            yield world
        finally:
            world.stop()
        if world.keep:
            (directory / "keep").touch()
