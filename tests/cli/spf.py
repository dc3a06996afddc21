#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop spf` as its users meet it: results and exit statuses, --json, --explain, and what it says of bad input."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from mta import machine
from mta.tap import Suite

suite = Suite()
ZONE = """\
example.com. 300 IN TXT "v=spf1 ip4:192.0.2.1 ~ip4:192.0.2.2 ?ip4:192.0.2.3 -all exp=why.example.com"
why.example.com. 300 IN TXT "%{i} is no host of %{d}, says %{r} at %{t}"
broken.example.com. 300 IN TXT "v=spf1 a:"
slow.example.com. TIMEOUT
"""


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.zone = self.file("zone", ZONE)

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def run(self, *arguments, **options):
        settings = {"capture_output": True, "text": True, "timeout": 30, "check": False, **options}
        return subprocess.run([machine.built("backstop"), "spf", *map(str, arguments)], **settings)

    def judge(self, ip, sender, *more, helo="mx.client.example", **options):
        return self.run("--dns", self.zone, "--ip", ip, "--helo", helo, "--from", sender, "--now", "2026-08-21",
                        *more, **options)


@contextlib.contextmanager
def make_world():
    with machine.scratch("spf") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("the first word is the result, and the exit status goes with it")
def _(world):
    for ip, sender, word, status in (("192.0.2.1", "user@example.com", "pass", 0),
                                     ("192.0.2.2", "<user@example.com>", "softfail", 1),
                                     ("192.0.2.3", "user@example.com", "neutral", 0),
                                     ("2001:db8::1", "user@example.com", "fail", 2),
                                     ("192.0.2.1", "user@nowhere.example", "none", 0),
                                     ("192.0.2.1", "user@broken.example.com", "permerror", 3),
                                     ("192.0.2.1", "user@slow.example.com", "temperror", 3)):
        run = world.judge(ip, sender)
        assert (run.stdout.split(" ")[0], run.returncode, run.stderr) == (word, status, ""), run


@suite.case("the first line names the domain and the term that decided, or what is wrong")
def _(world):
    assert world.judge("192.0.2.1", "user@example.com").stdout == \
        'pass example.com: 192.0.2.1 is permitted by "ip4:192.0.2.1"\n'
    assert world.judge("192.0.2.1", "user@broken.example.com").stdout == \
        'permerror broken.example.com: "a:" names no domain (section 7.1)\n'


@suite.case("a fail shows the domain's explanation")
def _(world):
    run = world.judge("192.0.2.9", "user@example.com", "--receiver", "mx.example.org")
    assert run.stdout.splitlines()[1:] == \
        ["explanation: 192.0.2.9 is no host of example.com, says mx.example.org at 1787270400"], run


@suite.case("for a bounce the HELO name is judged")
def _(world):
    for sender in ("", "<>"):
        run = world.judge("192.0.2.1", sender, "--json", helo="example.com")
        data = json.loads(run.stdout)
        assert (data["result"], data["identity"], data["local"]) == ("pass", "helo", "postmaster"), data
        assert data["authentication_results"] == "spf=pass smtp.helo=example.com"


@suite.case("--json prints one object with all that was found")
def _(world):
    data = json.loads(world.judge("192.0.2.9", "user@example.com", "--json").stdout)
    assert list(data) == ["result", "reason", "identity", "local", "domain", "decided_by", "mechanism", "problem",
                          "explanation", "lookups", "voids", "received_spf", "authentication_results"], data
    assert (data["result"], data["mechanism"], data["problem"]) == ("fail", "-all", None), data
    assert (data["lookups"], data["voids"]) == (0, 0) and "client-ip=192.0.2.9;" in data["received_spf"], data


@suite.case("--explain shows the steps with their rules, also as JSON")
def _(world):
    run = world.judge("192.0.2.1", "user@example.com", "--explain")
    lines = run.stdout.splitlines()
    assert lines[1] == "  TXT example.com: 1 found (query)", run
    assert lines[-1] == "  ip4:192.0.2.1: matches: pass (RFC 7208 section 5.6)", run
    data = json.loads(world.judge("192.0.2.1", "user@example.com", "--explain", "--json").stdout)
    assert data["steps"][-1] == {"subject": "ip4:192.0.2.1", "outcome": "matches: pass",
                                 "rule": "RFC 7208 section 5.6", "depth": 0}, data


@suite.case("bytes of the sender and of DNS never reach the terminal as they are")
def _(world):
    world.file("zone", 'odd.example. 300 IN TXT "v=spf1 \\027[31m"\n')
    run = world.judge("192.0.2.1", "user@odd.example", "--explain")
    world.file("zone", ZONE)
    assert run.returncode == 3 and "\\027[31m" in run.stdout and "\033" not in run.stdout, run
    run = world.judge("192.0.2.1", "user@x\033[31m.example")
    assert run.returncode == 0 and "\033" not in run.stdout and run.stdout.startswith("none "), run


@suite.case("answers may come on standard input")
def _(world):
    run = world.run("--dns", "-", "--ip", "192.0.2.1", "--from", "user@example.com", input=ZONE)
    assert run.returncode == 0 and run.stdout.startswith("pass "), run


@suite.case("a name server that does not answer is no result: temperror with status 3, where there is a question")
def _(world):
    nobody = f"127.0.0.1:{machine.free_port()}"
    run = world.run("--dns-server", nobody, "--ip", "192.0.2.1", "--helo", "h.example", "--from", "user@example.com")
    assert (run.returncode, run.stderr) == (3, "") and run.stdout.startswith("temperror "), run
    run = world.run("--dns-server", nobody, "--ip", "192.0.2.1", "--helo", "[192.0.2.1]", "--from", "")
    assert run.returncode == 0 and run.stdout.startswith("none "), run


@suite.case("what is no name server, and --dns with --dns-server, have status 64, a trust anchor without keys has 69")
def _(world):
    for arguments in (["--dns-server", "ns.example.com"], ["--dns-server", "192.0.2.1:0"],
                      ["--dns-server", "192.0.2.1"] * 9, ["--dns", world.zone, "--dns-server", "192.0.2.1"]):
        run = world.run(*arguments, "--ip", "192.0.2.1", "--from", "user@example.com")
        assert run.returncode == 64 and run.stderr and not run.stdout, run
    run = world.run("--trust-anchor", "/dev/null", "--ip", "192.0.2.1", "--from", "user@example.com")
    assert run.returncode == 69 and "/dev/null" in run.stderr and not run.stdout, run


@suite.case("a bad file of answers is named with its line, with status 65; one that is not there has 66")
def _(world):
    bad = world.file("bad", "example.com. 300 IN A 192.0.2.1\nexample.com 300 IN A 192.0.2.1\n")
    run = world.run("--dns", bad, "--ip", "192.0.2.1", "--from", "user@example.com")
    assert run.returncode == 65 and run.stderr.startswith(f"backstop: {bad}:2: the owner"), run
    run = world.run("--dns", world.directory / "none", "--ip", "192.0.2.1", "--from", "user@example.com")
    assert run.returncode == 66 and "No such file" in run.stderr, run


@suite.case("a command line that lacks something, or has what is no address or time, has status 64")
def _(world):
    for arguments in ([], ["--ip", "192.0.2.1"], ["--helo", "a", "--from", "b@c.d"], ["--frobnicate"],
                      ["--ip", "192.0.2", "--from", "a@b.c"], ["--ip", "192.0.2.1", "--from", "a@b.c", "--now", "noon"],
                      ["--ip", "192.0.2.1", "--from", "a@b.c", "more"]):
        run = world.run(*arguments)
        assert run.returncode == 64 and run.stderr and not run.stdout, run


suite.run(make_world)
