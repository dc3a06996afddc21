#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop arc` as its users meet it: the result first, statuses, a message that is sealed and not sealed."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Suite

suite = Suite()
PLAIN = b"From: Jo <jo@example.com>\nTo: a@example.org\nSubject: hi\n\nHello\n"
NOW = ("--now", "2026-08-21")
RESULTS = "mx.example.com; arc=none; spf=pass smtp.mailfrom=example.net"


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.key, self.zone = directory / "key.pem", directory / "zone"
        made = subprocess.run([machine.built("backstop"), "dkim", "keygen", "--domain", "example.com", "--selector",
                               "may", self.key], capture_output=True, timeout=60, check=True)
        self.zone.write_bytes(made.stdout)

    def run(self, *arguments, message=None):
        return subprocess.run([machine.built("backstop"), "arc", *map(str, arguments)], input=message,
                              capture_output=True, timeout=60, check=False)

    def seal(self, message=PLAIN, results=RESULTS, *options):
        return self.run("seal", "--dns", self.zone, *NOW, "--key", self.key, "--domain", "example.com", "--selector",
                        "may", "--results", results, *options, "-", message=message)

    def judge(self, message, *options):
        return self.run("--dns", self.zone, *NOW, *options, "-", message=message)


@contextlib.contextmanager
def make_world():
    with machine.scratch("arc") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("a message that is sealed passes, with the result first, a line for each sealer, and status 0")
def _(world):
    once = world.seal()
    assert once.returncode == 0 and once.stdout.endswith(PLAIN) and once.stdout.startswith(b"ARC-Seal: i=1; "), once
    twice = world.seal(once.stdout, "mx.example.org;\n arc=pass")
    run = world.judge(twice.stdout)
    expected = (b"pass i=2 oldest-pass=0: every seal verifies (RFC 8617 section 5.2 step 7)\n"
                b"  i=1 d=example.com s=may (2048 bits), unchanged since: " + RESULTS.encode() + b"\n"
                b"  i=2 d=example.com s=may (2048 bits), unchanged since: mx.example.org; arc=pass\n")
    assert (run.returncode, run.stdout, run.stderr) == (0, expected, b""), run


@suite.case("JSON has the verdict and each set, and the steps where they are asked for")
def _(world):
    data = json.loads(world.judge(world.seal().stdout, "--json", "--explain").stdout)
    steps = data.pop("steps")
    assert "i=1 ARC-Seal: a=rsa-sha256 cv=none" in steps, steps
    assert data == {
        "result": "pass", "reason": "every seal verifies (RFC 8617 section 5.2 step 7)", "temporary": False,
        "oldest_pass": 0, "sets": [{
            "instance": 1, "domain": "example.com", "selector": "may", "results": RESULTS, "key_bits": 2048,
            "seal_passes": True, "message_passes": True, "dnssec": False}]}, data
    assert "steps" not in json.loads(world.judge(PLAIN, "--json").stdout)


@suite.case("a set keeps the line ends of its message")
def _(world):
    for message in (PLAIN, PLAIN.replace(b"\n", b"\r\n")):
        sealed = world.seal(message).stdout
        assert (b"\r\n" in sealed) == (b"\r\n" in message) and sealed.count(b"\r\n") in (0, sealed.count(b"\n"))


@suite.case("a changed message fails with status 1, says why, and is sealed once as failed")
def _(world):
    changed = world.seal().stdout + b"more\n"
    run = world.judge(changed)
    assert run.returncode == 1 and run.stdout.startswith(b"fail: i=1 ARC-Message-Signature: the body is not "), run
    ended = world.seal(changed, "mx.example.org; arc=fail")
    assert ended.returncode == 0 and ended.stdout.startswith(b"ARC-Seal: i=2; a=rsa-sha256; cv=fail;"), ended
    again = world.seal(ended.stdout, "mx.example.org; arc=fail")
    assert again.returncode == 65 and b"cv=fail" in again.stderr and not again.stdout, again


@suite.case("a message without a set is none, with status 0")
def _(world):
    run = world.run("-", message=PLAIN)
    assert (run.returncode, run.stdout) == (0, b"none: the message has no ARC set\n"), run
    data = json.loads(world.run("--json", "-", message=PLAIN).stdout)
    assert (data["result"], data["oldest_pass"], data["sets"]) == ("none", None, []), data


@suite.case("a failure of DNS is a fail with status 3; a key that is not there one with status 1")
def _(world):
    zone, sealed = world.directory / "other", world.seal().stdout
    for text, status in (("may._domainkey.example.com. SERVFAIL\n", 3), ("", 1)):
        zone.write_text(text)
        run = world.run("--dns", zone, *NOW, "-", message=sealed)
        assert run.returncode == status and run.stdout.startswith(b"fail: i=1 ARC-Message-Signature: "), run
        data = json.loads(world.run("--dns", zone, *NOW, "--json", "-", message=sealed).stdout)
        assert data["temporary"] == (status == 3), data


@suite.case("a terminal is shown no control characters of a stranger's")
def _(world):
    message = world.seal().stdout.replace(b"mx.example.com; arc", b"mx.example.com; \xc2\x9b31m arc")
    run = world.judge(message)
    assert run.returncode == 1 and b": mx.example.com; ?31m arc=none" in run.stdout, run


@suite.case("what cannot be sealed is refused with status 65, a key that cannot sign with 78")
def _(world):
    run = world.seal(b"To: a\n\nx\n")
    assert run.returncode == 65 and b"no From field" in run.stderr and not run.stdout, run
    run = world.seal(PLAIN, "mx\nX: y")
    assert run.returncode == 65 and b"no text of a header field" in run.stderr and not run.stdout, run
    run = world.seal(PLAIN, RESULTS, "--key", world.zone)
    assert run.returncode == 78 and b"no private key in PEM" in run.stderr and not run.stdout, run


@suite.case("a file that is not there is an error with status 66, a bad command line the usage with status 64")
def _(world):
    assert world.run(world.directory / "none").returncode == 66
    for arguments in ([], ["seal", "-"], ["--key", world.key, "-"], ["--frobnicate", "x"], ["a", "b"]):
        run = world.run(*arguments)
        assert run.returncode == 64 and run.stderr and not run.stdout, run
    assert world.run("--help").stdout.startswith(b"usage: backstop arc ")


suite.run(make_world)
