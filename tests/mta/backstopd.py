# SPDX-License-Identifier: BSD-2-Clause
"""backstopd, from the build directory, with a configuration and a key of its own."""

import re
import signal
from pathlib import Path

from . import machine
from .machine import HERE

SECRETS = {0: "an older secret", 1: "the secret that signs"}
SIGNING_KEY = 1


def quoted(texts):
    return "{ " + ", ".join(f'"{text}"' for text in texts) + " }"


class Backstopd:
    """`domains` are names with lines of their section, `options` lines of the top, all in the file's syntax. Sockets
    are inet ones unless `unix`."""

    def __init__(self, directory, domains, options="", unix=False):
        self.directory, self.domains, self.options = directory, domains, options
        if unix:
            self.milter, self.socketmap = f"unix:{directory}/milter", f"unix:{directory}/socketmap"
        else:
            self.milter_port, self.socketmap_port = machine.free_port(), machine.free_port()
            self.milter = f"inet:{HERE}:{self.milter_port}"
            self.socketmap = f"inet:{HERE}:{self.socketmap_port}"
        self.file = directory / "backstop.conf"
        self.process = None

    def configuration(self):
        keys = "".join(f'key {digit} {{ secret-file = "{self.directory}/key.{digit}" }}\n' for digit in SECRETS)
        domains = "".join(f'domain "{name}" {{\n{body}\n}}\n' for name, body in self.domains.items())
        return (f'user = ""\nlog = stderr\nfilters = 2\n'
                f"milter = {quoted([self.milter])}\nsocketmap = {quoted([self.socketmap])}\n"
                f"networks = {quoted([HERE])}\nsigning-key = {SIGNING_KEY}\n{self.options}\n{keys}{domains}")

    def configure(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        for digit, secret in SECRETS.items():
            key = self.directory / f"key.{digit}"
            key.touch(mode=0o600)
            key.write_text(secret + "\n")
        self.file.write_text(self.configuration())

    def start(self):
        self.configure()
        log = self.directory / "backstopd.log"
        log.touch()
        seen = log.stat().st_size
        self.process = machine.Process([machine.built("backstopd"), "-c", self.file], log)
        self.process.wait_until("backstopd is ready", lambda: " is ready" in self.log()[seen:])

    def stop(self):
        return self.process.stop() if self.process else None

    def reload(self, text=None):
        """SIGHUP, with the configuration that now stands in this object or with `text`; waits for the answer."""
        self.file.write_text(self.configuration() if text is None else text)
        seen = len(self.log())
        self.process.popen.send_signal(signal.SIGHUP)
        def answer():
            news = self.log()[seen:]
            return re.search("is in force|is not used", news) and news
        return self.process.wait_until("SIGHUP is answered", answer)

    def log(self):
        return self.process.output.read_text(errors="replace")

    def filters(self):
        """Process ids of the filters, those that drain included."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def decisions(self):
        """Every decision that was logged, as a dictionary of its keys."""
        return [dict(re.findall(r"([a-z-]+)=(<[^>]*>|\S+)", line))
                for line in self.log().splitlines() if " decision=" in line]

    def decided(self, **wanted):
        """Waits for a decision that holds all that is wanted, and returns all that do."""
        def found():
            return [decision for decision in self.decisions()
                    if all(decision.get(key.replace("_", "-")) == value for key, value in wanted.items())]
        return machine.wait_for(f"a decision with {wanted}", found)
