#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The resolver against name servers: one that misbehaves as it is told to, and NSD with signed zones; asked by
resolver-ask, and by the commands with --dns-server."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mta import machine
from mta.nsd import ROOT_SERVERS, Nsd, Zone, internet
from mta.tap import Suite
from name_server import (QR, REFUSED, SERVFAIL, Bytes, Chain, Code, Late, NameServer, OverTcp, Records, Referral,
                         Silent)

suite = Suite()
LARGE = "v=spf1 " + "ip4:198.51.100.7 " * 3520 + "-all"  # 60 kB
SECURE = f"""\
@ 300 IN TXT "v=spf1 ip4:192.0.2.1 -all"
@ 300 IN MX 10 mail
mail 300 IN A 192.0.2.25
alias 300 IN CNAME mail
forged 300 IN TXT "v=spf1 ip4:192.0.2.66 -all"
"""
PLAIN = "@ 300 IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\nlarge 300 IN TXT " + " ".join(
    f'"{LARGE[i:i + 250]}"' for i in range(0, len(LARGE), 250)) + "\n"
NAMES = {
    "ok.example": Records(("A", "192.0.2.1"), ("TXT", "v=spf1 ip4:192.0.2.1 -all"), ("MX", "mail.ok.example")),
    "silent.example": Silent(),
    "servfail.example": Code(SERVFAIL),
    "refused.example": Code(REFUSED),
    "lame.example": Referral(),
    "late.example": Late(1, Records(("A", "192.0.2.1"))),
    "tcp.example": OverTcp(Records(("TXT", LARGE))),
    "tcp-silent.example": OverTcp(Silent()),
    "tcp-refused.example": OverTcp(Code(REFUSED)),
    "loop.example": Records(("CNAME", "loop.example")),
    "alias.example": Records(("CNAME", "ok.example")),
    "to-nothing.example": Records(("CNAME", "nothing.example")),
    "chain.example": Chain(8),
    "whole-chain.example": Chain(8, at_once=True),
    "long-chain.example": Chain(40, at_once=True),
    "endless.example": Chain(1000),
    "empty.example": Bytes(lambda good: b""),
    "cut.example": Bytes(lambda good: good[:-3]),
    "header.example": Bytes(lambda good: good[:12]),
    "noise.example": Bytes(lambda good: good[:4] + os.urandom(200)),
    "other-id.example": Bytes(lambda good: bytes([good[0] ^ 1]) + good[1:]),
    "other-name.example": Bytes(lambda good: good.replace(b"other-name", b"Other-Nose")),
    "question.example": Bytes(lambda good: good[:2] + bytes([good[2] & ~(QR >> 8)]) + good[3:]),
    "many-answers.example": Bytes(lambda good: good[:6] + b"\xff\xff" + good[8:]),
    "pointer.example": Bytes(lambda good: good[:33] + b"\xc0\xff" + good[50:]),
}


class World:
    def __init__(self, directory, server, nsd):
        self.directory, self.server, self.nsd = directory, server, nsd
        self.keep = False

    def backstop(self, *arguments, **options):
        settings = {"capture_output": True, "text": True, "timeout": 120, "check": False, **options}
        return subprocess.run([machine.built("backstop"), *map(str, arguments)], **settings)

    def spf(self, domain, *more, ports=None):
        servers = [word for port in ports or [self.server.port] for word in ("--dns-server", f"127.0.0.1:{port}")]
        return self.backstop("spf", *servers, *more, "--ip", "192.0.2.1", "--helo", "h.example",
                             "--from", f"a@{domain}")


class Asker:
    """resolver-ask: questions in, answers out as they come."""

    def __init__(self, port, timeout=5000, outstanding=1000, rate=0, keys="-", network=()):
        program = machine.BUILD / "tests/resolver/resolver-ask"
        servers = [f"127.0.0.1:{port}"] if port else []
        self.process = subprocess.Popen([*network, program, *map(str, (timeout, outstanding, rate, keys)), *servers],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *questions):
        for question in questions:
            self.process.stdin.write(question + "\n")
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().strip()

    def finish(self):
        """The rest of the answers, and the counters, as a dictionary."""
        *answers, counters = self.process.communicate(timeout=120)[0].splitlines()
        assert self.process.returncode == 0, self.process.returncode
        return answers, {name: int(number) for name, number in (word.split("=") for word in counters.split())}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()


def ask(port, *questions, **settings):
    """The answers to the questions, in their order, without the question, and the counters."""
    with Asker(port, **settings) as asker:
        asker.ask(*questions)
        lines, counters = asker.finish()
    by_question = {line[:len(question)]: line[len(question) + 1:] for question in questions for line in lines
                   if line.startswith(question + " ")}
    return [by_question[question] for question in questions], counters


@contextlib.contextmanager
def make_world():
    with machine.scratch("resolver") as directory, NameServer(NAMES) as server, Nsd(directory / "nsd", [
            Zone("secure.example", SECURE, signed=True, tamper=lambda text: text.replace("192.0.2.66", "192.0.2.1")),
            Zone("plain.example", PLAIN)]) as nsd:
        world = World(directory, server, nsd)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("there is an answer for everything that a server can say")
def _(world):
    expected = {"ok.example A": "found insecure 1 c0000201", "ok.example MX": "found insecure 1 mail.ok.example",
                "ok.example TXT": "found insecure 1 v=spf1 ip4:192.0.2.1 -all", "ok.example AAAA": "nodata insecure 0",
                "nothing.example A": "nxdomain insecure 0", "servfail.example A": "servfail insecure 0",
                "refused.example A": "servfail insecure 0", "lame.example A": "servfail insecure 0",
                "late.example A": "found insecure 1 c0000201", "silent.example A": "timeout insecure 0"}
    answers, _ = ask(world.server.port, *expected)
    assert dict(zip(expected, answers)) == expected, answers


@suite.case("an answer that is cut comes over TCP, up to a text of 60 kB")
def _(world):
    answers, _ = ask(world.server.port, "tcp.example TXT", "tcp-refused.example TXT", "tcp-silent.example TXT")
    assert answers[0] == f"found insecure 1 {len(LARGE)} bytes" and len(LARGE) > 59000, answers
    assert answers[1] == "servfail insecure 0" and answers[2].split()[0] in ("timeout", "servfail"), answers
    answers, _ = ask(world.nsd.port, "large.plain.example TXT")
    assert answers == [f"found insecure 1 {len(LARGE)} bytes"], answers


@suite.case("CNAMEs are followed, a loop or a chain that does not end is a failure of servers")
def _(world):
    expected = {"alias.example A": "found insecure 1 c0000201", "to-nothing.example A": "nxdomain insecure 0",
                "alias.example AAAA": "nodata insecure 0", "n0.chain.example TXT": "found insecure 1 the end",
                "n0.whole-chain.example TXT": "found insecure 1 the end",
                "n0.long-chain.example TXT": "servfail insecure 0",
                "n0.endless.example TXT": "servfail insecure 0", "loop.example A": "servfail insecure 0"}
    answers, _ = ask(world.server.port, *expected)
    assert dict(zip(expected, answers)) == expected, answers


@suite.case("packets that are no answer never make a name not exist")
def _(world):
    names = [name for name, does in NAMES.items() if isinstance(does, Bytes)]
    answers, _ = ask(world.server.port, *(f"{name} TXT" for name in names))
    statuses = {name: answer.split()[0] for name, answer in zip(names, answers)}
    assert set(statuses.values()) <= {"timeout", "servfail"}, statuses


@suite.case("a slow answer delays no other")
def _(world):
    with Asker(world.server.port) as asker:
        asker.ask("silent.example TXT", "late.example TXT", "ok.example TXT")
        names = [asker.answer().split()[0] for _ in range(3)]
    assert names == ["ok.example", "late.example", "silent.example"], names


@suite.case("hundreds of questions for a dead domain delay and fail no other")
def _(world):
    with Asker(world.server.port, timeout=3000) as asker:
        asker.ask(*(f"n{i}.silent.example A" for i in range(250)))  # its share of 1,000
        for i in range(20):
            asker.ask(f"n{i}.ok.example A")
            assert asker.answer() == f"n{i}.ok.example A found insecure 1 c0000201"
        answers, counters = asker.finish()
    assert (len(answers), counters["timeouts"], counters["refused"]) == (250, 250, 0), counters


@suite.case("an outage of the server gives failures and never no such name, and when it is back so are the answers")
def _(world):
    port = machine.free_port()
    with Asker(port, timeout=500) as asker:
        for i in range(10):
            asker.ask(f"n{i}.ok.example A")
            assert asker.answer().split()[2] in ("timeout", "servfail")
        with NameServer(NAMES, port):
            asked = iter(range(10, 10000))

            def answered():
                name = f"n{next(asked)}.ok.example A"
                asker.ask(name)
                return asker.answer() == f"{name} found insecure 1 c0000201"
            machine.wait_for("an answer", answered)


@suite.case("questions past a limit are answered at once")
def _(world):
    questions = [f"n{i}.silent.example A" for i in range(8)]
    _, counters = ask(world.server.port, *questions, timeout=300, outstanding=8)
    assert (counters["refused"], counters["timeouts"]) == (0, 8), counters
    _, counters = ask(world.server.port, *questions, timeout=300, outstanding=7)
    assert (counters["refused"], counters["timeouts"]) == (1, 7), counters
    _, counters = ask(world.server.port, *questions, timeout=300, rate=7)
    assert (counters["refused"], counters["timeouts"]) == (1, 7), counters


@suite.case("DNSSEC tells secure from insecure and forged, also where there is nothing")
def _(world):
    expected = {"secure.example TXT": "found secure 1 v=spf1 ip4:192.0.2.1 -all",
                "secure.example MX": "found secure 1 mail.secure.example",
                "alias.secure.example A": "found secure 1 c0000219",
                "mail.secure.example AAAA": "nodata secure 0", "none.secure.example A": "nxdomain secure 0",
                "forged.secure.example TXT": "bogus insecure 0",
                "plain.example TXT": "found insecure 1 v=spf1 ip4:192.0.2.1 -all"}
    answers, _ = ask(world.nsd.port, *expected, keys=world.nsd.keys)
    assert dict(zip(expected, answers)) == expected, answers
    answers, _ = ask(world.nsd.port, "forged.secure.example TXT")
    assert answers == ["found insecure 1 v=spf1 ip4:192.0.2.1 -all"], answers


@suite.case("a server that passes no signatures on is bogus, not insecure, below a key")
def _(world):
    keys = world.directory / "ok-keys"
    keys.write_text(world.nsd.keys.read_text().replace("secure.example", "ok.example"))
    answers, counters = ask(world.server.port, "ok.example A", "alias.example AAAA", keys=keys)
    assert answers[0] == "bogus insecure 0" and counters["failures"] >= 1, answers


@suite.case("without forwarders it asks from the root on, with DNSSEC, and a dead domain or root is a failure")
def _(world):
    expected = {"www.example A": "found secure 1 c0000219", "none.example A": "nxdomain secure 0",
                "plain.example TXT": "found insecure 1 plain"}
    with internet(world.directory, ["192.0.2.99"]) as network:
        glue = f"ns.example. 300 IN A {ROOT_SERVERS[0]}\n"
        plain = Zone("plain.example", "@ 300 IN TXT plain\n")
        child = Zone("example", glue + "www 300 IN A 192.0.2.25\nplain 300 IN NS ns\ndead 300 IN NS ns.dead\n"
                     "ns.dead 300 IN A 192.0.2.99\n", signed=True)
        root = Zone("", lambda: glue + "example. 300 IN NS ns.example.\n" + child.ds, signed=True)
        with Nsd(world.directory / "root", [plain, child, root], network) as server:
            keys = world.directory / "root-key"
            keys.write_text("".join(line for line in server.keys.read_text().splitlines(True) if line.startswith(".")))
            *answers, dead = ask(None, *expected, "dead.example TXT", keys=keys, network=network)[0]
            assert dict(zip(expected, answers)) == expected, answers
            assert dead.split()[0] in ("timeout", "servfail"), dead
        answers, _ = ask(None, *expected, timeout=500, network=network)
        assert {answer.split()[0] for answer in answers} <= {"timeout", "servfail"}, answers


@suite.case("once it runs it has one thread, no child and no file")
def _(world):
    with Asker(world.nsd.port, keys=world.nsd.keys) as asker:
        for name in ("secure.example TXT", "large.plain.example TXT", "plain.example A"):
            asker.ask(name)
            asker.answer()
        process = Path("/proc") / str(asker.process.pid)
        assert len(list((process / "task").iterdir())) == 1
        assert (process / "task" / str(asker.process.pid) / "children").read_text() == ""
        opened = [os.readlink(path) for path in (process / "fd").iterdir() if int(path.name) > 2]
    assert not [path for path in opened if path.startswith("/")], opened


@suite.case("backstop spf judges by what the network says, and a failure has status 3")
def _(world):
    for domain, word, status in (("ok.example", "pass", 0), ("nothing.example", "none", 0), ("tcp.example", "fail", 2),
                                 ("servfail.example", "temperror", 3), ("loop.example", "temperror", 3),
                                 ("silent.example", "temperror", 3)):
        run = world.spf(domain)
        assert (run.stdout.split(" ")[0], run.returncode, run.stderr) == (word, status, ""), run


@suite.case("of several servers one that answers is enough")
def _(world):
    run = world.spf("ok.example", ports=[machine.free_port(), world.server.port])
    assert run.returncode == 0 and run.stdout.startswith("pass "), run


@suite.case("with --trust-anchor a forged record is a temperror, without it decides")
def _(world):
    for arguments, domain, word in (((), "forged.secure.example", "pass"), (("--trust-anchor", world.nsd.keys),
                                    "forged.secure.example", "temperror"), (("--trust-anchor", world.nsd.keys),
                                    "secure.example", "pass")):
        run = world.spf(domain, *arguments, ports=[world.nsd.port])
        assert run.stdout.startswith(word + " "), run


@suite.case("the questions of a command take 20 seconds in all")
def _(world):
    late = {f"n{i}.example": Late(6, Records(("TXT", f"v=spf1 include:n{i + 1}.example -all"))) for i in range(9)}
    with NameServer(late) as server:
        run = world.spf("n0.example", ports=[server.port])
        asked = {name for name, _, _ in server.asked}
    assert run.returncode == 3 and run.stdout.startswith("temperror "), run
    assert "n2.example" in asked and "n4.example" not in asked, asked


@suite.case("backstop dkim and backstop dmarc ask the network, too")
def _(world):
    names = {"_dmarc.ok.example": Records(("TXT", "v=DMARC1; p=reject")), "may._domainkey.ok.example": Code(SERVFAIL)}
    with NameServer(names) as server:
        where = ("--dns-server", f"127.0.0.1:{server.port}")
        run = world.backstop("dmarc", *where, "--from", "ok.example")
        assert run.returncode == 2 and run.stdout.startswith("fail disposition=reject "), run
        message = ("DKIM-Signature: v=1; a=rsa-sha256; d=ok.example; s=may; h=from; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RS"
                   "N/XKdLCPjaYaY=; b=AAAA\r\nFrom: a@ok.example\r\n\r\n")
        run = world.backstop("dkim", *where, "-", input=message)
        assert run.returncode == 3 and run.stdout.startswith("temperror "), run


suite.run(make_world)
