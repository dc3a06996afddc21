#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop explain` on automatic mail: what it is, each proof, the verdict, and what backstopd would do with it."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.bounces import report_with_message as bounce
from mta.tap import Suite

suite = Suite()
NOW = ("--now", "2026-11-20")
CONFIG = """\
key 0 {{ secret-file = "{key}" }}
domain "example.org" {{ mode = enforce }}
domain "quiet.example.org" {{ mode = observe }}
domain "other.example" {{ mode = sign }}
"""
FORWARD = """\
From: Kim <kim@example.com>
To: jo@example.org
Subject: hello
Content-Type: multipart/mixed; boundary="b"

--b

Buy this.
--b
Content-Type: message/rfc822

Received: from a.example.org by mx.example.net; Fri, 20 Nov 2026 10:00:01 +0000
From: jo@example.org
Subject: buy this
Message-ID: <one@example.org>
Date: Fri, 20 Nov 2026 10:00:00 +0000

Buy
--b--
"""
ORDINARY = "Return-Path: <kim@example.com>\nFrom: kim@example.com\nTo: jo@example.org\nSubject: lunch\n\nAt noon?\n"


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.dns, self.config, self.key = directory / "dns", directory / "backstop.conf", directory / "key"
        self.dns.write_text("nothing.example. 300 IN A 192.0.2.1\n")
        self.key.write_text("a secret that nobody else has\n")
        self.key.chmod(0o640)
        self.config.write_text(CONFIG.format(key=self.key))

    def backstop(self, *arguments, given=None):
        return subprocess.run([machine.built("backstop"), *map(str, arguments)], input=given, capture_output=True,
                              text=True, timeout=60, check=False)

    def tagged(self, address):
        run = self.backstop("batv", "sign", "--config", self.config, *NOW, address)
        assert run.returncode == 0, run
        return run.stdout.strip()

    def explain(self, message, *arguments):
        return self.backstop("explain", "--dns", self.dns, *NOW, *arguments, "-", given=message)

    def account(self, message, *arguments):
        run = self.explain(message, "--json", "--config", self.config, *arguments)
        assert run.returncode == 0, run
        return json.loads(run.stdout)["automatic"]


@contextlib.contextmanager
def make_world():
    with machine.scratch("explain") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("without a configuration it says what the message is, what it returns, and that no proof was tried")
def _(world):
    run = world.explain(bounce())
    assert run.returncode == 0, run
    for line in ("  dsn-failed, by delivery-status",
                 "  nobody@example.com: dsn-failed, user-unknown, hard, status 5.1.1, reply 550",
                 "  Message-ID: <one@example.org>", "  no proof was tried: there is no --config with keys"):
        assert line in run.stdout.splitlines(), (line, run.stdout)


@suite.case("of ordinary mail it says so, and no more")
def _(world):
    run = world.explain(ORDINARY, "--config", world.config)
    assert "  none: ordinary mail\n" in run.stdout and "about mail of ours" not in run.stdout, run


@suite.case("a tag on the recipient and one in the returned header are two proofs, and it is let through")
def _(world):
    tagged = world.tagged("jo@example.org")
    found = world.account(bounce(sender=tagged, to=tagged))
    assert (found["verdict"], found["recipient"]) == ("proven", "jo@example.org"), found
    proofs = found["proofs"]
    assert (proofs["tag"], proofs["returned-tag"], proofs["registry"]) == ("good", "good", None), found
    assert found["at_rcpt"] == {"action": "pass", "reason": "tag-valid", "observed": False, "reply": None}, found
    assert "decision" not in found, found


@suite.case("a bounce that came to From without the tag is proven by what it returns")
def _(world):
    found = world.account(bounce(sender=world.tagged("jo@example.org")))
    decision = found["decision"]
    assert (found["verdict"], decision["action"], decision["reason"]) == ("proven", "pass", "bounce-proven"), found


@suite.case("a bounce of a message that carries nothing of ours is refused, where the domain observes only in words")
def _(world):
    found = world.account(bounce())
    decision = found["decision"]
    assert (found["verdict"], decision["action"], decision["reason"]) == ("not-ours", "refuse", "bounce-not-ours"), found
    assert decision["reply"].startswith("550 5.7.1 "), found
    quiet = world.account(bounce(sender="jo@quiet.example.org", to="jo@quiet.example.org"))
    assert (quiet["decision"]["action"], quiet["decision"]["observed"]) == ("pass", True), quiet


@suite.case("with the null sender what returns a message counts as a bounce, in whatever words; --from says the sender")
def _(world):
    found = world.account(FORWARD, "--from", "<>")
    assert found["decision"]["reason"] == "bounce-not-ours", found
    found = world.account(FORWARD, "--from", "kim@example.com")
    assert found["kind"] == "none" and "decision" not in found, found


@suite.case("a forged tag is refused at RCPT")
def _(world):
    tagged = world.tagged("jo@example.org")
    forged = tagged.replace(tagged[9:15], "000000")
    found = world.account(bounce(), "--recipient", forged)
    decision = found["at_rcpt"]
    assert (decision["action"], decision["reason"], found["proofs"]["tag"]) == ("refuse", "tag-forged", "forged"), found
    assert "decision" not in found, found
    text = world.explain(bounce(), "--config", world.config, "--recipient", forged).stdout
    assert "  at RCPT: refuse, because of tag-forged" in text.splitlines(), text


@suite.case("a recipient whose domain is not judged, and none at all, leave nothing to decide")
def _(world):
    for to in ("jo@other.example", "jo@stranger.example"):
        text = world.explain(bounce(to=to), "--config", world.config).stdout
        assert "nothing: no recipient of ours is known" in text, text
    text = world.explain(bounce(), "--config", world.config, "--recipient", "jo@other.example").stdout
    assert "nothing: the recipient's domain neither observes nor enforces" in text, text


@suite.case("keys that cannot be read leave the proofs untried, and the rest is told")
def _(world):
    broken = world.directory / "broken.conf"
    broken.write_text(CONFIG.format(key=world.directory / "absent"))
    run = world.explain(bounce(), "--config", broken)
    assert run.returncode == 0 and "no proof was tried: " in run.stdout, run
    assert str(world.directory / "absent") in run.stdout, run


@suite.case("--recipient that is no address is refused, and so is any to backstop auth")
def _(world):
    assert world.explain(bounce(), "--config", world.config, "--recipient", "<>").returncode != 0
    run = world.backstop("auth", "--dns", world.dns, "--recipient", "jo@example.org", "-", given=ORDINARY)
    assert run.returncode == 64, run


suite.run(make_world)
