#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop dmarc` as its users meet it: results first, exit statuses, JSON, explanations, errors."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from mta import machine
from mta.tap import Suite

suite = Suite()
ZONE = """
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject; sp=none"
_dmarc.tester.example. 300 IN TXT "v=DMARC1; p=reject; t=y"
_dmarc.slow.example. TIMEOUT
_dmarc.xn--bcher-kva.example. 300 IN TXT "v=DMARC1; p=reject"
"""


class World:
    def __init__(self, directory):
        self.keep = False
        self.zone = directory / "zone"
        self.zone.write_text(ZONE)

    def run(self, *arguments):
        return subprocess.run([machine.built("backstop"), "dmarc", "--dns", self.zone, *arguments], capture_output=True,
                              text=True, timeout=30, check=False)

    def expect(self, status, start, *arguments):
        run = self.run(*arguments)
        assert run.returncode == status and run.stdout.startswith(start), run


@contextlib.contextmanager
def make_world():
    with machine.scratch("dmarc") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("the result comes first, and the exit status says what to do")
def _(world):
    world.expect(0, "pass ", "--from", "example.com", "--spf", "pass:bounce.example.com")
    world.expect(0, "pass ", "--from", "example.com", "--spf", "fail:x.example", "--dkim", "fail:example.com",
                 "--dkim", "pass:example.com")
    world.expect(2, "fail disposition=reject policy=reject of example.com", "--from", "example.com")
    world.expect(1, "fail disposition=none policy=none of example.com", "--from", "a.example.com", "--spf", "fail:a")
    world.expect(2, "fail disposition=quarantine policy=reject of tester.example", "--from", "tester.example")
    world.expect(0, "none (there is no policy record)", "--from", "nowhere.example")
    world.expect(3, "temperror", "--from", "slow.example")
    world.expect(3, "permerror", "--from", "not..a.domain")


@suite.case("names in U-labels are those in A-labels")
def _(world):
    world.expect(2, "fail disposition=reject policy=reject of xn--bcher-kva.example", "--from", "b\u00fccher.example")
    world.expect(0, "pass ", "--from", "b\u00fccher.example", "--dkim", "pass:xn--bcher-kva.example")
    world.expect(0, "pass ", "--from", "xn--bcher-kva.example", "--spf", "pass:mail.b\u00fccher.example")
    world.expect(3, "permerror", "--from", "\u00fc" * 40 + ".example")


@suite.case("--json prints an object with the policy and what was aligned")
def _(world):
    run = world.run("--json", "--from", "tester.example", "--dkim", "pass:elsewhere.example")
    assert json.loads(run.stdout) == {
        "result": "fail", "reason": "no identifier that passed is aligned with the author domain",
        "from": "tester.example", "policy": "reject", "disposition": "quarantine", "policy_domain": "tester.example",
        "organizational_domain": "tester.example",
        "psl_organizational_domain": "tester.example", "testing": True, "spf_aligned": False, "dkim_aligned": False}, run


@suite.case("--explain names the record and the rules that decided")
def _(world):
    text = world.run("--explain", "--from", "example.com", "--spf", "pass:example.com").stdout
    for words in ("record of _dmarc.example.com", "organizational domain: example.com", "SPF: passed and aligned",
                  "DKIM: nothing that passed", "section 4.4"):
        assert words in text, text


@suite.case("a command line that is wrong says what it should be")
def _(world):
    for arguments, words in ((("--spf", "pass:a.example"), "usage:"), (("--from", "a.example", "--spf", "pass"), "RESULT:DOMAIN"),
                             (("--from", "a.example", "more"), "usage:"),
                             (("--from", "a.example", *["--dkim", "pass:a.example"] * 17), "more than 16")):
        run = world.run(*arguments)
        assert run.returncode == 64 and words in run.stderr, run


suite.run(make_world)
