#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop dkim keygen --directory`, `check` and `rotate`: the whole life of keys, with DNS out of files."""

import contextlib
import fcntl
import itertools
import json
import os
import pathlib
import stat
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Suite

suite = Suite()
SERVERS = """\
example.com. 60 IN NS ns1.example.com.
example.com. 60 IN NS ns2.example.com.
ns1.example.com. 60 IN A 192.0.2.1
ns2.example.com. 60 IN A 192.0.2.2
"""


class Mail:
    """A mail server's keys, and the DNS of its domain, which its administrator edits."""

    def __init__(self, directory):
        directory.mkdir()
        self.directory, self.keys, self.zone = directory, directory / "keys", directory / "zone"
        self.records = []
        self.publish()

    def publish(self, *lines, instead=None):
        """Adds records, or puts others in the place of all."""
        self.records = list(instead if instead is not None else self.records) + list(lines)
        self.zone.write_text(SERVERS + "".join(line + "\n" for line in self.records))

    def run(self, command, *arguments, at=None, dns=True):
        options = [] if not dns else ["--dns", self.zone]
        now = [] if at is None else ["--now", at]
        return subprocess.run([machine.built("backstop"), "dkim", command, "--directory", self.keys, *options, *now,
                               *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)

    def rotate(self, at, *arguments, domain="example.com"):
        return self.run("rotate", *arguments, domain, at=at)

    def check(self, *arguments):
        return self.run("check", *arguments)

    def states(self):
        lines = (self.keys / "states").read_text().splitlines()
        return {line.split("._domainkey.")[0]: line.split()[1] for line in lines if not line.startswith("#")}

    def begin(self, *options):
        """A key that signs since 2026-01-02."""
        self.publish(*records(self.rotate("2026-01-01", *options)))
        run = self.rotate("2026-01-02")
        assert run.returncode == 1 and run.stdout.startswith("started "), run
        return self


def records(run):
    return [line for line in run.stdout.splitlines() if " IN TXT " in line]


def words(run):
    """The first words of the lines that tell what was done."""
    known = ("made", "started", "retired", "revoked", "waiting", "unknown", "invisible", "next", "reload", "to")
    return [line.split()[0] for line in run.stdout.splitlines() if line.split()[0] in known]


class World:
    def __init__(self, directory):
        self.directory, self.keep = directory, False
        self.numbers = itertools.count()

    def mail(self):
        return Mail(self.directory / str(next(self.numbers)))


@contextlib.contextmanager
def make_world():
    with machine.scratch("rotate") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("the whole life of a key: made, published, signing, retiring, revoked, each in its time")
def _(world):
    mail = world.mail()
    made = mail.rotate("2026-01-01")
    assert made.returncode == 1 and words(made) == ["made"], made
    first = records(made)
    assert len(first) == 1 and first[0].startswith('20260101r._domainkey.example.com. 3600 IN TXT "v=DKIM1; k=rsa; p=')

    waiting = mail.rotate("2026-01-01")
    assert waiting.returncode == 1 and words(waiting) == ["waiting"] and records(waiting) == first, waiting
    assert mail.states() == {"20260101r": "new"}

    mail.publish(*first)
    started = mail.rotate("2026-01-02")
    assert started.returncode == 1 and words(started) == ["started", "next", "reload"], started
    assert "visible on all 2 name servers of example.com" in started.stdout
    assert mail.states() == {"20260101r": "signing"}
    for day in ("2026-01-02", "2026-03-01", "2026-04-01"):
        idle = mail.rotate(day)
        assert idle.returncode == 0 and "before 2026-04-02T00:00:00Z" in idle.stdout, idle
        assert words(idle) == ["next"] and not records(idle), idle
        assert mail.rotate(day, "--quiet").stdout == ""

    again = mail.rotate("2026-04-02")
    assert words(again) == ["made"] and mail.states() == {"20260101r": "signing", "20260402r": "new"}, again
    mail.publish(*records(again))
    changed = mail.rotate("2026-04-03")
    assert words(changed) == ["started", "retired", "next", "reload"], changed
    assert "leave its record until 2026-04-10" in changed.stdout, changed
    assert mail.states() == {"20260101r": "retiring", "20260402r": "signing"}
    assert mail.rotate("2026-04-09").returncode == 0

    revoked = mail.rotate("2026-04-10")
    assert revoked.returncode == 1 and words(revoked) == ["revoked", "next"], revoked
    assert records(revoked) == ['20260101r._domainkey.example.com. 3600 IN TXT "v=DKIM1; p="'], revoked
    assert mail.states() == {"20260101r": "revoked", "20260402r": "signing"}
    left = mail.check()
    assert left.returncode == 1 and "revoked, and still published" in left.stdout, left
    mail.publish(instead=[*records(again), *records(revoked)])
    assert mail.check().returncode == 0, mail.check()
    assert mail.rotate("2026-04-11").returncode == 0


@suite.case("what signs at any time verifies with the DNS of that time, also what is under way")
def _(world):
    mail = world.mail().begin()
    plain = b"From: a@example.com\nTo: b@example.org\nSubject: x\n\nHello\n"

    def sign():
        names = [name for name, state in mail.states().items() if state == "signing"]
        assert len(names) == 1, mail.states()
        return subprocess.run([machine.built("backstop"), "dkim", "sign", "--domain", "example.com", "--selector",
                               names[0], "--key", mail.keys / f"{names[0]}._domainkey.example.com.pem", "-"],
                              input=plain, capture_output=True, check=True).stdout

    def verify(message):
        return subprocess.run([machine.built("backstop"), "dkim", "--dns", mail.zone, "-"], input=message,
                              capture_output=True, check=False).stdout.split()[0]

    before = sign()
    mail.publish(*records(mail.rotate("2026-04-02")))
    mail.rotate("2026-04-03")
    after = sign()
    assert b"s=20260101r" in before and b"s=20260402r" in after
    assert verify(before) == verify(after) == b"pass"
    mail.publish(*records(mail.rotate("2026-04-10")), instead=mail.records[1:])
    assert verify(before) == b"permerror" and verify(after) == b"pass"


@suite.case("a key that one server does not show is not used, and the server is named")
def _(world):
    mail = world.mail().begin()
    old = mail.directory / "old"
    old.write_text(mail.zone.read_text())
    made = mail.rotate("2026-04-02")
    mail.publish(*records(made))
    for server in ("ns2.example.com", "192.0.2.2"):
        run = mail.rotate("2026-04-03", "--dns-at", f"{server}={old}")
        assert run.returncode == 1 and words(run) == ["waiting"], run
        assert "ns2.example.com: there is no record; publish" in run.stdout and records(run) == records(made), run
    assert mail.states() == {"20260101r": "signing", "20260402r": "new"}
    assert words(mail.rotate("2026-04-03")) == ["started", "retired", "next", "reload"]


@suite.case("a server that does not answer keeps a key from signing, with status 3")
def _(world):
    mail = world.mail()
    name = records(mail.rotate("2026-01-01"))[0]
    mail.publish(name)
    dead = mail.directory / "dead"
    for pseudo in ("TIMEOUT", "SERVFAIL"):
        dead.write_text(f"20260101r._domainkey.example.com. {pseudo}\n")
        run = mail.rotate("2026-01-02", "--dns-at", f"ns1.example.com={dead}")
        assert run.returncode == 3 and words(run) == ["unknown"] and ": ns1.example.com: DNS gave no answer" in run.stdout, run
    assert mail.states() == {"20260101r": "new"}
    mail.zone.write_text("example.com. TIMEOUT\n")
    run = mail.rotate("2026-01-02")
    assert run.returncode == 3 and "its name servers could not be found: DNS failed for NS example.com" in run.stdout


@suite.case("a key that signs and cannot be seen is serious, for check and for rotate")
def _(world):
    mail = world.mail().begin()
    mail.publish(instead=[])
    run = mail.rotate("2026-01-03")
    assert run.returncode == 2 and words(run) == ["invisible", "next"], run
    run = mail.check()
    assert run.returncode == 2 and run.stdout.startswith("invisible 20260101r._domainkey.example.com: signing"), run
    assert "\nserious: 20260101r._domainkey.example.com (signing): ns1.example.com, ns2.example.com: there is" in run.stdout
    data = json.loads(mail.check("--json").stdout)
    assert data["result"] == "serious" and data["findings"][0]["id"] == "dkim-record-missing", data
    key = data["keys"][0]
    assert (key["result"], key["state"], key["type"], key["bits"]) == ("invisible", "signing", "rsa", 2048), data
    assert [(server["server"], server["result"]) for server in key["servers"]] == \
        [("ns1.example.com", "unpublished"), ("ns2.example.com", "unpublished")], data


@suite.case("check names the tag that is wrong")
def _(world):
    mail = world.mail().begin()
    good = mail.records[0]
    other = subprocess.run([machine.built("backstop"), "dkim", "keygen", "--domain", "example.com", "--selector", "s",
                            mail.directory / "other.pem"], capture_output=True, text=True, check=True).stdout
    other = "20260101r" + other[1:].strip()
    name = good.split(" IN TXT ")[0]
    cases = [
        (other, 2, "dkim-record-different", "p= is another key"),
        (good.replace("k=rsa", "k=ed25519"), 2, "dkim-record-different", "k= is ed25519, but the key is rsa"),
        (good.replace("p=", "p=!"), 2, "dkim-record-unusable", "p= is no base64"),
        (good.replace("p=", "h=sha1; p="), 2, "dkim-record-unusable", "h= does not name sha256"),
        (good.replace("p=", "s=tlsrpt; p="), 2, "dkim-record-unusable", "s= does not let"),
        (name + ' IN TXT "v=DKIM1; p="', 2, "dkim-record-withdrawn", "the key was revoked"),
        (good.replace("p=", "t=y; p="), 1, "dkim-testing", "t=y asks verifiers"),
        (good.replace("p=", "h=sha1:sha256; p="), 1, "dkim-sha1", "h= names sha1"),
        (good + "\n" + other, 1, "dkim-several-records", "there are 2 TXT records"),
        (good + '\nbackstop-has-no-such-key._domainkey.example.com. 60 IN TXT "*"', 1, "dkim-wildcard", "a wildcard"),
        (good + "\nexample.com. 60 IN NS gone.example.net.", 1, "dkim-server-without-address", "gone.example.net"),
        (good, 0, None, None),
    ]
    for record, status, wanted, text in cases:
        mail.publish(instead=[record])
        run = mail.check("--json")
        found = json.loads(run.stdout)["findings"]
        assert run.returncode == status and [finding["id"] for finding in found] == ([wanted] if wanted else []), run
        assert not wanted or text in found[0]["problem"], run


@suite.case("an alias is followed to the servers of the zone that it leads to")
def _(world):
    mail = world.mail()
    name, text = records(mail.rotate("2026-01-01"))[0].split(" 3600 IN TXT ")
    mail.publish(f"{name} 60 IN CNAME k.example.net.", "example.net. 60 IN NS a.example.net.",
                 "a.example.net. 60 IN AAAA 2001:db8::1", f"k.example.net. 60 IN TXT {text}")
    run = mail.rotate("2026-01-02")
    assert words(run)[0] == "started" and "visible on all 1 name servers of example.net" in run.stdout, run


@suite.case("--resolver-only believes the resolver")
def _(world):
    mail = world.mail().begin()
    mail.zone.write_text(mail.records[0] + "\n")
    assert mail.check().returncode == 3
    run = mail.check("--resolver-only")
    assert run.returncode == 0 and "the resolver shows it" in run.stdout, run


@suite.case("two keys to sign twice, each renewed for itself and of its own kind")
def _(world):
    mail = world.mail()
    made = mail.rotate("2026-01-01", "--dual")
    assert words(made) == ["made", "made"], made
    assert mail.states() == {"20260101r": "new", "20260101e": "new"}
    mail.publish(records(made)[1])
    run = mail.rotate("2026-01-02")
    assert words(run) == ["waiting", "started", "next", "reload"], run
    mail.publish(*records(made))
    assert words(mail.rotate("2026-01-09"))[0] == "started"
    assert words(mail.rotate("2026-04-02")) == ["made", "next"]
    assert words(mail.rotate("2026-04-09")) == ["made", "waiting"]
    assert sorted(mail.states()) == ["20260101e", "20260101r", "20260402e", "20260409r"]


@suite.case("--every and --overlap are durations, and keep to their bounds")
def _(world):
    mail = world.mail().begin()
    made = mail.rotate("2026-01-12", "--every", "10d")
    assert words(made) == ["made"], made
    mail.publish(*records(made))
    assert words(mail.rotate("2026-01-12", "--every", "10d"))[:2] == ["started", "retired"]
    assert words(mail.rotate("2026-01-13", "--overlap", "1d")) == ["revoked", "next"]
    for bad in (("--every", "x"), ("--every", "59m"), ("--overlap", "366d"), ("--every", "-1"), ("--type", "dsa")):
        run = mail.rotate("2026-01-14", *bad)
        assert run.returncode == 64 and bad[1] in run.stderr and not run.stdout, run


@suite.case("--dry-run says what is due and changes nothing")
def _(world):
    mail = world.mail()
    run = mail.rotate("2026-01-01", "--dry-run")
    assert run.returncode == 1 and run.stdout.startswith("to be made rsa key of 2048 bits for example.com"), run
    assert not mail.keys.exists()
    mail.begin()
    mail.publish(*records(mail.rotate("2026-04-02")))
    before = {path.name: path.read_bytes() for path in mail.keys.iterdir()}
    run = mail.rotate("2026-04-03", "--dry-run")
    assert run.returncode == 1 and "to be started 20260402r" in run.stdout and "to be retired 20260101r" in run.stdout
    assert {path.name: path.read_bytes() for path in mail.keys.iterdir()} == before


@suite.case("--reload runs when other keys are to sign, and at no other time")
def _(world):
    mail = world.mail()
    told = mail.directory / "told"
    reload = ("--reload", f"echo x >> {told}")
    mail.publish(*records(mail.rotate("2026-01-01", *reload)))
    assert not told.exists()
    run = mail.rotate("2026-01-02", *reload)
    assert run.returncode == 0 and words(run) == ["started", "next"] and told.read_text() == "x\n", run
    assert mail.rotate("2026-01-02", *reload).returncode == 0 and told.read_text() == "x\n"
    mail.publish(*records(mail.rotate("2026-04-02", *reload)))
    run = mail.rotate("2026-04-03", "--reload", "false", "--json")
    assert run.returncode == 1 and json.loads(run.stdout)["reload"] == "failed", run
    assert "still signs with the former keys" in run.stderr, run


@suite.case("--json has the steps with their records")
def _(world):
    mail = world.mail()
    data = json.loads(mail.rotate("2026-01-01", "--json").stdout)
    assert (data["result"], data["reload"], data["dry_run"]) == ("todo", "none", False), data
    step = data["domains"][0]["steps"][0]
    assert (step["step"], step["name"]) == ("made", "20260101r._domainkey.example.com"), data
    assert step["record"].startswith("v=DKIM1; k=rsa; p=") and data["domains"][0]["next"] is None, data


@suite.case("several domains at once, and none but those that are named")
def _(world):
    mail = world.mail()
    run = mail.run("rotate", "example.com", "Example.COM", "b\u00fccher.example", at="2026-01-01")
    assert words(run) == ["made", "made"], run
    assert sorted(path.name for path in mail.keys.iterdir()) == [
        "20260101r._domainkey.example.com.pem", "20260101r._domainkey.xn--bcher-kva.example.pem", "states"], run
    mail.publish(*records(run))
    assert words(mail.rotate("2026-01-02")) == ["started", "next", "reload"]
    run = mail.check("example.com")
    assert run.returncode == 0 and "xn--" not in run.stdout, run
    run = mail.check("example.org")
    assert run.returncode == 65 and "there is no key for example.org" in run.stderr, run
    assert mail.run("rotate").returncode == 64 and mail.rotate("2026-01-02", domain="a b").returncode == 64


@suite.case("one at a time: while somebody has the directory, rotate and keygen do nothing")
def _(world):
    mail = world.mail().begin()
    held = os.open(mail.keys, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    for run in (mail.rotate("2026-04-02"), mail.run("keygen", "--domain", "example.com", dns=False)):
        assert run.returncode == 75 and "somebody else is changing the keys" in run.stderr, run
    assert mail.check().returncode == 0, "check only reads"
    os.close(held)
    assert words(mail.rotate("2026-04-02")) == ["made"]


@suite.case("keys are for their owner and group, and files that others may read are refused")
def _(world):
    mail = world.mail().begin()
    key = mail.keys / "20260101r._domainkey.example.com.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o640 and stat.S_IMODE(mail.keys.stat().st_mode) == 0o750
    key.chmod(0o644)
    for run in (mail.check(), mail.rotate("2026-01-03")):
        assert run.returncode == 78 and f"chmod 0640 {key}" in run.stderr, run


@suite.case("a key file that holds no key is told, and rotate touches nothing")
def _(world):
    mail = world.mail().begin()
    key = mail.keys / "20260101r._domainkey.example.com.pem"
    key.write_text("nonsense\n")
    run = mail.check()
    assert run.returncode == 2 and "no private key in PEM" in run.stdout, run
    run = mail.rotate("2026-04-02")
    assert run.returncode == 78 and "no private key in PEM" in run.stderr and not run.stdout, run
    assert mail.states() == {"20260101r": "signing"}


@suite.case("states that cannot be written leave all as it was, and nothing is told as done")
def _(world):
    if os.geteuid() == 0:
        limit = ["prlimit", "--fsize=10"]  # a file of states is longer, so writing it fails for root, too
    else:
        limit = []
    mail = world.mail()
    mail.publish(*records(mail.rotate("2026-01-01")))
    if not limit:
        mail.keys.chmod(0o550)
    run = subprocess.run([*limit, machine.built("backstop"), "dkim", "rotate", "--directory", mail.keys, "--dns",
                          mail.zone, "--now", "2026-01-02", "example.com"], capture_output=True, text=True, check=False)
    mail.keys.chmod(0o750)
    assert run.returncode != 0 and not run.stdout, run
    assert mail.states() == {"20260101r": "new"}


@suite.case("the administrator's own lines and comments in states stay")
def _(world):
    mail = world.mail().begin()
    states = mail.keys / "states"
    states.write_text("# ours since the move\n" + states.read_text() + "\n# old\n"
                      "old._domainkey.example.com revoked 2025-12-01\n")
    mail.publish(*records(mail.rotate("2026-04-02")))
    mail.rotate("2026-04-03")
    text = states.read_text()
    assert text.startswith("# ours since the move\n") and "\n\n# old\nold._domainkey.example.com revoked 2025" in text
    states.write_text(text.replace(" retiring ", " retirin "))
    run = mail.check()
    assert run.returncode == 78 and 'states:3: "retirin" is no state; did you mean "retiring"?' in run.stderr, run


@suite.case("more servers, files or domains than there is room for are told, and those before them are served")
def _(world):
    mail = world.mail()
    made = mail.run("rotate", "example.net", "example.org", at="2026-01-01")
    servers = [f"example.net. 60 IN NS ns{i}.example.net." for i in range(16)]
    servers += [f"ns{i}.example.net. 60 IN A 192.0.2.{4 * i + j}" for i in range(16) for j in range(4)]
    mail.publish(*records(made), *servers, "example.org. 60 IN NS ns0.example.net.")
    assert mail.check("example.net").returncode == mail.check().returncode == 0, mail.check()
    mail.publish("example.org. 60 IN NS ns.example.org.", "ns.example.org. 60 IN A 192.0.2.64")
    run = mail.check()
    assert run.returncode == 3 and ".example.net: new since 2026-01-01, rsa of 2048 bits: visible" in run.stdout, run
    assert "ns.example.org: too many servers are to be asked at once" in run.stdout, run

    files = ["--dns-at", f"x={mail.zone}"]
    assert mail.check("example.net", *files * 16).returncode == 0
    run = mail.check("example.net", *files * 17)
    assert run.returncode == 64 and "at most 16 times" in run.stderr, run
    names = [f"d{i}.example" for i in range(1001)]
    assert mail.run("rotate", "--dry-run", *names[:1000], *names[:2]).returncode == 1
    run = mail.run("rotate", "--dry-run", *names)
    assert run.returncode == 64 and "more than 1000 domains" in run.stderr, run


@suite.case("--all is for the domains that sign, or are to")
def _(world):
    mail = world.mail()
    nothing = mail.run("rotate", "--all", at="2026-01-01")
    assert nothing.returncode == 0 and not nothing.stdout, nothing
    mail.begin()
    mail.rotate("2026-01-02", domain="example.net")
    (mail.keys / "states").write_text((mail.keys / "states").read_text().replace("net new", "net retiring"))
    for day, steps in (("2026-01-03", []), ("2026-04-05", ["made"])):
        run = mail.run("rotate", "--all", "--quiet", at=day)
        assert words(run) == steps, run
    assert sorted(mail.states().values()) == ["new", "retiring", "signing"]


@suite.case("keygen --directory makes a new key beside the others, and never one of a name that there was")
def _(world):
    mail = world.mail().begin()
    keygen = ("--domain", "example.com", "--now", "2026-01-05")
    run = mail.run("keygen", *keygen, "--dual", dns=False)
    assert run.returncode == 0 and len(records(run)) == 2 and run.stdout.startswith("; "), run
    run = mail.run("keygen", *keygen, dns=False)
    assert mail.states() == {"20260101r": "signing", "20260105r": "new", "20260105e": "new", "20260105r2": "new"}, run
    run = mail.run("keygen", *keygen, "--selector", "20260101R", dns=False)
    assert run.returncode == 73 and "take another selector" in run.stderr and not run.stdout, run
    for wrong in (("--selector", "a", "--dual"), ("--selector", "a", "file.pem")):
        assert mail.run("keygen", *keygen, *wrong, dns=False).returncode == 64
    named = mail.run("keygen", *keygen, "--dual", "--selector", "one", "--selector", "two", dns=False)
    assert [line.split(".")[0] for line in records(named)] == ["one", "two"] and "k=ed25519" in records(named)[1]


suite.run(make_world)
