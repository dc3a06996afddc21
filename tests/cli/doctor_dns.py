#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `backstop doctor` says of DNS and of the DKIM keys, beside a real NSD."""

import contextlib
import grp
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mta import machine
from mta.nsd import Nsd, Zone
from mta.tap import Skip, Suite

suite = Suite()
CLEAN, WARNINGS, SERIOUS = range(3)
USER = "backup"  # an account of every Debian system that nothing runs as


class World:
    """A configuration, a folder of keys, and a name server for our zone."""

    def __init__(self, directory):
        self.directory, self.keys = directory, directory / "dkim"
        self.record = self.make_key("a")
        self.make_key("hidden")
        self.nsd = Nsd(directory / "nsd", [Zone("test.example", f"@ 300 IN MX 10 mail\n{self.record}\n")])
        key = directory / "key"
        key.write_text("a secret that is long enough\n")
        key.chmod(0o600)

    def make_key(self, selector):
        """Makes a key that signs at once, and returns its record."""
        made = subprocess.run([machine.built("backstop"), "dkim", "keygen", "--directory", self.keys, "--domain",
                               "test.example", "--selector", selector, "--type", "ed25519"], capture_output=True, text=True,
                              check=True)
        self.states(f"{selector}._domainkey.test.example signing 2026-01-01")
        return next(line for line in made.stdout.splitlines() if " TXT " in line)

    def states(self, *lines):
        (self.keys / "states").write_text("".join(line + "\n" for line in lines))

    def doctor(self, *options, port=None, user=""):
        file = self.directory / "backstop.conf"
        file.write_text(f'user = "{user}"\nkey 0 {{ secret-file = "{self.directory}/key" }}\n'
                        f'dns-servers = {{ "127.0.0.1:{port or self.nsd.port}" }}\n'
                        + "".join(option + "\n" for option in options) + 'domain "test.example" { mode = sign }\n')
        done = subprocess.run([machine.built("backstop"), "doctor", "-c", file, "--no-postfix", "--no-probe", "--json"],
                              capture_output=True, text=True, check=False, timeout=60)
        found = {finding["id"]: finding for finding in json.loads(done.stdout)["findings"]}
        found.pop("clock-unsynchronised", None)
        return done.returncode, found


@contextlib.contextmanager
def world():
    with machine.scratch("doctor-dns") as directory:
        made = World(directory)
        with made.nsd:
            yield made


@suite.case("a key that DNS shows is well, and so is DNS")
def _(made):
    made.states("a._domainkey.test.example signing 2026-01-01")
    assert made.doctor("authentication = monitor", f'dkim-keys = "{made.keys}"') == (CLEAN, {})


@suite.case("keys that backstopd's user cannot read are told of once; a folder that root makes for them, it can enter")
def _(made):
    if os.geteuid() != 0:
        raise Skip("only root can give files to others")
    file, secret = made.directory / "backstop.conf", made.directory / "key"
    os.chown(secret, 0, grp.getgrnam(USER).gr_gid)
    secret.chmod(0o640)
    made.states("a._domainkey.test.example signing 2026-01-01")
    status, found = made.doctor(f'dkim-keys = "{made.keys}"', user=USER)
    assert status == SERIOUS and list(found) == ["dkim-key-unreadable"], found
    assert USER in found["dkim-key-unreadable"]["problem"] and found["dkim-key-unreadable"]["repair"], found
    rotated = made.keys.with_name("rotated")
    assert made.doctor(f'dkim-keys = "{rotated}"', user=USER)[0] == SERIOUS
    subprocess.run([machine.built("backstop"), "dkim", "rotate", "-c", file, "test.example", "--dns", "/dev/null"],
                   capture_output=True, check=False)
    for path in (rotated, *rotated.iterdir()):
        assert path.group() == USER, path
    assert stat.S_IMODE(rotated.stat().st_mode) == 0o750
    assert list(made.doctor(f'dkim-keys = "{rotated}"', user=USER)[1]) == ["dkim-keys-none"]


@suite.case("a key that DNS does not show is named, with what to do")
def _(made):
    made.states("a._domainkey.test.example signing 2026-01-01", "hidden._domainkey.test.example signing 2026-01-01")
    status, found = made.doctor(f'dkim-keys = "{made.keys}"')
    assert status == SERIOUS and list(found) == ["dkim-key-invisible"], found
    assert "hidden._domainkey.test.example" in found["dkim-key-invisible"]["problem"], found
    assert "backstop dkim check test.example" in found["dkim-key-invisible"]["repair"], found


@suite.case("a folder without a key that signs is worth a warning")
def _(made):
    made.states()
    status, found = made.doctor(f'dkim-keys = "{made.keys}"')
    assert status == WARNINGS and list(found) == ["dkim-keys-none"], found


@suite.case("states that cannot be read are named with their line")
def _(made):
    made.states("a._domainkey.test.example asleep 2026-01-01")
    status, found = made.doctor(f'dkim-keys = "{made.keys}"')
    assert status == SERIOUS and "states:1" in found["dkim-keys-bad"]["problem"], found
    made.states("a._domainkey.test.example signing 2026-01-01")


@suite.case("a resolver that does not answer is named, and nothing waits for it without end")
def _(made):
    status, found = made.doctor("sender-check = monitor", port=machine.free_port())
    assert status == SERIOUS and list(found) == ["dns-fails"], found
    assert "dns-servers" in found["dns-fails"]["repair"], found


@suite.case("where nothing is asked of DNS it is not looked at")
def _(made):
    assert made.doctor(port=machine.free_port()) == (CLEAN, {})


if __name__ == "__main__":
    suite.run(world)
