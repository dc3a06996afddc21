#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop dkim` as its users meet it: the result first, statuses, keys that are made and never overwritten."""

import contextlib
import json
import pathlib
import stat
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Suite

suite = Suite()
PLAIN = b"From: Jo <jo@example.com>\nTo: a@example.org\nSubject: hi\n\nHello\n"
NOW = ("--now", "2026-08-21")


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.key, self.zone = directory / "key.pem", directory / "zone"
        made = self.run("keygen", "--domain", "example.com", "--selector", "may", self.key)
        assert made.returncode == 0, made
        self.zone.write_bytes(made.stdout)
        self.record = made.stdout.decode()

    def run(self, *arguments, message=None):
        return subprocess.run([machine.built("backstop"), "dkim", *map(str, arguments)], input=message,
                              capture_output=True, timeout=60, check=False)

    def sign(self, *options, message=PLAIN):
        return self.run("sign", "--key", self.key, "--domain", "example.com", "--selector", "may", *NOW, *options, "-",
                        message=message)

    def verify(self, message, *options):
        return self.run("--dns", self.zone, *NOW, *options, "-", message=message)


@contextlib.contextmanager
def make_world():
    with machine.scratch("dkim") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("keygen prints the record, and its file is for its owner and group only")
def _(world):
    assert world.record.startswith('may._domainkey.example.com. 3600 IN TXT "v=DKIM1; k=rsa; p='), world.record
    assert all(len(text) <= 255 for text in world.record.split('"')[1::2])
    assert stat.S_IMODE(world.key.stat().st_mode) == 0o640
    assert world.key.read_text().startswith("-----BEGIN PRIVATE KEY-----")


@suite.case("keygen never overwrites a key")
def _(world):
    before = world.key.read_bytes()
    run = world.run("keygen", "--domain", "example.com", "--selector", "may", world.key)
    assert run.returncode == 73 and b"never overwritten" in run.stderr and not run.stdout, run
    assert world.key.read_bytes() == before


@suite.case("keygen refuses what is no domain, no selector, no type or an odd size")
def _(world):
    good = {"--domain": "example.com", "--selector": "s", "--type": "rsa", "--bits": "2048"}
    for wrong in ({"--domain": "com"}, {"--selector": "a b"}, {"--type": "dsa"}, {"--bits": "1024"}):
        options = [word for pair in {**good, **wrong}.items() for word in pair]
        run = world.run("keygen", *options, world.directory / "none.pem")
        assert run.returncode == 64 and run.stderr and not run.stdout, run
    assert not (world.directory / "none.pem").exists()


@suite.case("what sign prints passes, with the result first and status 0")
def _(world):
    signed = world.sign()
    assert signed.returncode == 0 and signed.stdout.endswith(PLAIN), signed
    run = world.verify(signed.stdout)
    line = b"pass d=example.com s=may i=@example.com a=rsa-sha256 (2048 bits): the signature verifies\n"
    assert (run.returncode, run.stdout, run.stderr) == (0, line, b""), run
    data = json.loads(world.verify(signed.stdout, "--json", "--explain").stdout)
    one = data["signatures"][0]
    assert data["result"] == one["result"] == "pass" and one["key_bits"] == 2048 and len(one["steps"]) > 3, data


@suite.case("a signature keeps the line ends of its message")
def _(world):
    for message in (PLAIN, PLAIN.replace(b"\n", b"\r\n")):
        signed = world.sign(message=message).stdout
        assert (b"\r\n" in signed) == (b"\r\n" in message) and signed.count(b"\r\n") in (0, signed.count(b"\n"))


@suite.case("a changed message fails with status 1, an expired signature too")
def _(world):
    signed = world.sign("--expires", "1").stdout
    run = world.verify(signed + b"more\n")
    assert run.returncode == 1 and run.stdout.startswith(b"fail d=example.com s=may "), run
    run = world.verify(signed, "--now", "2026-08-23")
    assert run.returncode == 1 and b": the signature expired 86400 s ago (x=)" in run.stdout, run


@suite.case("a message without signature is none, with status 0")
def _(world):
    run = world.run("-", message=PLAIN)
    assert (run.returncode, run.stdout) == (0, b"none: the message has no DKIM signature\n"), run
    assert json.loads(world.run("--json", "-", message=PLAIN).stdout) == {"result": "none", "signatures": []}


@suite.case("a failure of DNS is never 0: temperror with status 3")
def _(world):
    zone = world.directory / "broken"
    zone.write_text("may._domainkey.example.com. SERVFAIL\n")
    run = world.run("--dns", zone, *NOW, "-", message=world.sign().stdout)
    assert run.returncode == 3 and run.stdout.startswith(b"temperror "), run


@suite.case("a name server that does not answer is temperror with status 3")
def _(world):
    nobody = f"127.0.0.1:{machine.free_port()}"
    run = world.run(*NOW, "--dns-server", nobody, "-", message=world.sign().stdout)
    assert run.returncode == 3 and run.stdout.startswith(b"temperror ") and not run.stderr, run


@suite.case("a terminal is shown no control characters of a stranger's")
def _(world):
    message = b"DKIM-Signature: v=1; a=x\xc2\x9b31m; d=example.com; s=s\n" + PLAIN
    run = world.verify(message)
    assert run.stdout == b"neutral d=example.com s=s a=x?31m: a= names an unknown algorithm\n", run


@suite.case("what cannot be signed is refused with status 65, a key that cannot sign with 78")
def _(world):
    run = world.sign(message=b"To: a\n\nx\n")
    assert run.returncode == 65 and b"no From field" in run.stderr and not run.stdout, run
    run = world.run("sign", "--key", world.zone, "--domain", "example.com", "--selector", "s", "-", message=PLAIN)
    assert run.returncode == 78 and b"no private key in PEM" in run.stderr and not run.stdout, run


@suite.case("a file that is not there is an error with status 66, a missing argument the usage with status 64")
def _(world):
    assert world.run(world.directory / "none").returncode == 66
    for arguments in ([], ["sign", "-"], ["keygen"], ["--frobnicate", "x"], ["a", "b"]):
        run = world.run(*arguments)
        assert run.returncode == 64 and run.stderr and not run.stdout, run


suite.run(make_world)
