#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop auth` and `backstop explain` as their users meet them: results first, statuses, decisions, objects, steps."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Suite

suite = Suite()
NOW = ("--now", "2026-08-21")
CLIENT = ("--ip", "192.0.2.1", "--helo", "mail.example.net")
PLAIN = "From: Jo <jo@example.com>\nTo: a@example.org\nSubject: hi\n\nHello\n"
ZONE = """
example.com. 300 IN TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.example.com. 300 IN TXT "v=DMARC1; p=reject"
_dmarc.held.example. 300 IN TXT "v=DMARC1; p=quarantine"
_dmarc.mild.example. 300 IN TXT "v=DMARC1; p=none"
_dmarc.slow.example. TIMEOUT
elsewhere.example. 300 IN TXT "v=spf1 include:example.com ?all"
sealer.example. 300 IN A 192.0.2.9
nothing.example. 300 IN MX 0 .
"""
DOMAIN = 'domain "our.example" {{ mode = off }}\n'
REFUSED = ("550 5.7.26 Refused: neither SPF nor DKIM vouches for the domain in From, whose DMARC policy asks to reject "
           "such mail")


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.zone, self.key = directory / "zone", directory / "key.pem"
        keys = "".join(self.make_key(domain) for domain in ("example.com", "sealer.example"))
        self.zone.write_text(ZONE + keys)

    def make_key(self, domain):
        key = self.directory / f"{domain}.pem"
        made = self.backstop("dkim", "keygen", "--domain", domain, "--selector", "may", key)
        assert made.returncode == 0, made
        return made.stdout

    def backstop(self, *arguments, message=None):
        return subprocess.run([machine.built("backstop"), *map(str, arguments)], input=message, capture_output=True,
                              text=True, timeout=60, check=False)

    def sign(self, message=PLAIN):
        run = self.backstop("dkim", "sign", "--key", self.directory / "example.com.pem", "--domain", "example.com",
                            "--selector", "may", *NOW, "-", message=message)
        assert run.returncode == 0, run
        return run.stdout

    def seal(self, message, results):
        run = self.backstop("arc", "seal", "--key", self.directory / "sealer.example.pem", "--domain", "sealer.example",
                            "--selector", "may", "--results", results, "--dns", self.zone, *NOW, "-", message=message)
        assert run.returncode == 0, run
        return run.stdout

    def config(self, text):
        path = self.directory / "backstop.conf"
        path.write_text(text + DOMAIN.format())
        return ("--config", path)

    def auth(self, *options, message=PLAIN, command="auth"):
        return self.backstop(command, "--dns", self.zone, *NOW, *options, "-", message=message)

    def object(self, *options, message=PLAIN, status=0, command="auth"):
        run = self.auth("--json", *options, message=message, command=command)
        assert run.returncode == status, run
        return json.loads(run.stdout)


@contextlib.contextmanager
def make_world():
    with machine.scratch("auth") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


def from_domain(domain):
    return PLAIN.replace("example.com", domain)


@suite.case("DMARC's result comes first, and the exit status is that of backstop dmarc")
def _(world):
    for status, start, options, message in (
            (0, "pass policy=reject of example.com", (*CLIENT, "--from", "bounce@example.com"), PLAIN),
            (2, "fail disposition=reject policy=reject of example.com", (*CLIENT, "--from", "x@elsewhere.example"), PLAIN),
            (2, "fail disposition=quarantine", (), from_domain("held.example")),
            (1, "fail disposition=none", (), from_domain("mild.example")),
            (0, "none ", (), from_domain("unknown.example")),
            (3, "temperror ", (), from_domain("slow.example")),
            (3, "permerror ", (), "Subject: no From\n\n")):
        run = world.auth(*options, message=message)
        assert run.returncode == status and run.stdout.startswith(start) and not run.stderr, run


@suite.case("every method has its line, and the field is as it would be written")
def _(world):
    run = world.auth(*CLIENT, "--from", "<bounce@example.com>", "--authserv-id", "mx.our.example", message=world.sign())
    lines = run.stdout.splitlines()
    assert lines[1:6] == [
        "  from: example.com",
        '  spf: pass example.com: 192.0.2.1 is permitted by "ip4:192.0.2.1"',
        "  dkim: pass d=example.com s=may i=@example.com a=rsa-sha256 (2048 bits): the signature verifies",
        "  arc: none: the message has no ARC set",
        "  backstopd: pass (dmarc-pass)"], run
    assert lines[6:8] == ["Authentication-Results: mx.our.example;", "\tspf=pass smtp.mailfrom=bounce@example.com;"], run
    assert lines[-1] == "\tdmarc=pass (p=reject dis=none) header.from=example.com", run


@suite.case("a signature passes by itself, and fails once the body has changed")
def _(world):
    signed = world.sign()
    assert world.auth(message=signed).returncode == 0
    data = world.object(message=signed.replace("Hello", "Hullo"), status=2)
    assert data["dkim"][0]["result"] == "fail" and data["decision"]["reply"] == REFUSED, data
    assert world.auth(message=signed.replace("\n", "\r\n")).returncode == 0


@suite.case("without --ip SPF is none; without --from the topmost Return-Path counts; without both the sender is null")
def _(world):
    returned = "Return-Path: <bounce@example.com>\nReturn-Path: <x@elsewhere.example>\n" + PLAIN
    data = world.object(message=returned, status=2)
    assert data["spf"]["result"] == "none" and data["envelope"] == {
        "client": None, "helo": None, "sender": "<bounce@example.com>", "sender_source": "return-path"}, data
    data = world.object(*CLIENT, message=returned)
    assert data["spf"]["result"] == "pass" and data["spf"]["domain"] == "example.com", data
    data = world.object(*CLIENT, "--from", "y@elsewhere.example", message=returned, status=2)
    assert data["spf"]["domain"] == "elsewhere.example" and data["envelope"]["sender_source"] == "option", data
    data = world.object("--ip", "192.0.2.1", "--helo", "example.com")
    assert data["spf"]["identity"] == "helo" and data["envelope"]["sender_source"] is None, data
    assert data["spf_aligned"], data


@suite.case("an ambiguous From never passes, and the strictest candidate counts")
def _(world):
    signed = world.sign()
    for words, doubt in ((("From: Jo <jo@example.com>", "From: x@mild.example\nFrom: Jo <jo@example.com>"), "several-from-fields"),
                         (("Jo <", "jo@mild.example <"), "address-in-display-name")):
        data = world.object(message=signed.replace(*words), status=2)
        assert data["author"]["ambiguous"] and data["author"]["doubt"] == doubt, data
        assert sorted(data["author"]["domains"]) == ["example.com", "mild.example"], data
        assert data["from"] == "example.com" and data["decision"]["reason"] == "from-ambiguous-reject", data


@suite.case("fields that came under our name are removed, those of others stay")
def _(world):
    forged = ("Authentication-Results: mx.other.example; dmarc=pass\nAUTHENTICATION-RESULTS: (x) MX.our.example; dmarc=pass\n"
              "Backstop-Result: fine\n" + PLAIN)
    data = world.object("--authserv-id", "mx.our.example", message=forged, status=2)
    assert data["removed"] == [{"name": "AUTHENTICATION-RESULTS", "index": 2}, {"name": "Backstop-Result", "index": 1}], data
    text = world.auth("--authserv-id", "mx.our.example", message=forged).stdout
    assert "  removed: AUTHENTICATION-RESULTS number 2\n" in text, text


@suite.case("with more of them than can be removed the message would be deferred")
def _(world):
    forged = "Authentication-Results: mx.our.example; dmarc=pass\n" * 990 + from_domain("mild.example")
    data = world.object("--authserv-id", "mx.our.example", message=forged, status=1)
    assert (data["decision"]["action"], data["decision"]["reason"]) == ("defer", "forged-results"), data


@suite.case("a chain of seals is judged, and a trusted one lets pass what fails")
def _(world):
    seen = "sealer.example; dmarc=pass header.from=example.com"
    sealed = world.seal("X-Changed: by the list\n" + PLAIN, seen)
    data = world.object(message=sealed, status=2)
    assert data["arc"]["result"] == "pass" and data["arc"]["sets"][0]["domain"] == "sealer.example", data
    assert data["decision"]["action"] == "refuse" and "arc=pass" in data["authentication_results"], data
    options = world.config('authentication = enforce\ntrusted-sealers = { "sealer.example" }\n')
    data = world.object(*options, message=sealed, status=2)
    assert data["decision"] == {"action": "pass", "reason": "trusted-sealer", "observed": False, "reply": None}, data
    data = world.object(*options, message=sealed.replace("Hello", "Hullo"), status=2)
    assert data["arc"]["result"] == "fail" and data["decision"]["action"] == "refuse", data


@suite.case("--config decides as backstopd does with it")
def _(world):
    for text, options, action, reason, observed in (
            ("authentication = enforce\nreject-action = tag\n", (), "tag", "dmarc-reject", False),
            ("authentication = monitor\n", (), "pass", "dmarc-reject", True),
            ("authentication = off\n", (), "none", "authentication-off", False),
            ('authentication = enforce\nnetworks = { "192.0.2.0/24" }\n', CLIENT, "none", "own-network", False),
            ('authentication = enforce\ntrusted-forwarders = { "192.0.2.1" }\n', CLIENT, "pass", "trusted-forwarder", False),
            ("authentication = enforce\nsender-check = enforce\n", ("--from", "a@nothing.example"), "refuse",
             "sender-null-mx", False)):
        decision = world.object(*world.config(text), *options, message=PLAIN, status=2)["decision"]
        assert (decision["action"], decision["reason"], decision["observed"]) == (action, reason, observed), (text, decision)
    data = world.object(*world.config('authentication = enforce\nauthserv-id = "a.our.example"\n'), status=2)
    assert data["authentication_results"].startswith("a.our.example;"), data


@suite.case("the object has the documented members")
def _(world):
    data = world.object(*CLIENT, "--from", "a@example.com", message=world.sign())
    assert {"result", "reason", "from", "policy", "disposition", "policy_domain", "organizational_domain", "testing",
            "spf_aligned", "dkim_aligned", "author", "envelope", "spf", "dkim", "arc", "decision",
            "authentication_results", "removed"} <= set(data) and "walks" not in data, data
    assert set(data["author"]) == {"ambiguous", "doubt", "domains", "more", "display_domains"}, data
    assert set(data["dkim"][0]) == {"result", "reason", "domain", "selector", "identity", "algorithm", "key_bits", "testing",
                                    "dnssec"}, data
    assert set(data["decision"]) == {"action", "reason", "observed", "reply"}, data
    told = world.object(*CLIENT, "--from", "a@example.com", "--explain", message=world.sign())
    assert told["walks"][0] == {"start": "example.com", "steps": [
        {"name": "example.com", "answer": "found", "records": 1, "record": "v=DMARC1; p=reject"},
        {"name": "com", "answer": "nxdomain", "records": 0, "record": None}]}, told
    assert told["spf"]["steps"] and told["dkim"][0]["steps"], told
    assert world.object(*CLIENT, "--from", "a@example.com", message=world.sign(), command="explain").keys() == \
        {*told, "automatic"}


@suite.case("explain names the query, the record, the term and the rule that decided, section by section")
def _(world):
    run = world.auth(*CLIENT, "--from", "a@elsewhere.example", command="explain", message=world.sign())
    assert run.returncode == 0, run
    assert [line.split(" (")[0] for line in run.stdout.splitlines() if line and line[0].isupper()] == [
        "Envelope", "What it is", "Author", "SPF", "DKIM", "ARC", "DMARC", "What backstopd does",
        "Header fields, where the message is accepted"], run.stdout
    for words in ("client: 192.0.2.1", "MAIL FROM: a@elsewhere.example\n", "domain: example.com",
                  "include:example.com", "    ip4:192.0.2.1: matches: pass (RFC 7208 section 5.6)", "TXT example.com",
                  "may._domainkey.example.com TXT: found", "the tree walk from example.com", "TXT _dmarc.com: nxdomain",
                  "TXT _dmarc.example.com: v=DMARC1; p=reject", "organizational domain: example.com",
                  "DKIM: passed and aligned", "pass, because of dmarc-pass", "Authentication-Results: localhost;"):
        assert words in run.stdout, (words, run.stdout)


@suite.case("explain says why a From is ambiguous, what is not known, and what the client would be told")
def _(world):
    run = world.auth(message="From: a@example.com, b@mild.example <c@slow.example>\n\n", command="explain")
    for words in ("the client is not known: there is no --ip", "MAIL FROM is not known",
                  "From has an address of another domain in a name without quotes (address-in-display-name)",
                  "the strictest verdict counts, that on example.com", "TXT _dmarc.slow.example: timeout",
                  "the client gets: 550 5.7.1 Refused: From can be read in several ways"):
        assert words in run.stdout, (words, run.stdout)
    assert run.returncode == 2, run


@suite.case("what strangers wrote has no control characters on the terminal")
def _(world):
    message = 'From: "\x1b[31mred" <a@example.com>\nReturn-Path: <\x1b]0;x\x07@b>\n\n'
    for command in ("auth", "explain"):
        assert "\x1b" not in world.auth(message=message, command=command).stdout


@suite.case("a command line that is wrong says what it should be")
def _(world):
    for arguments, status, words in ((("auth",), 64, "usage:"), (("explain", "a", "b"), 64, "usage:"),
                                     (("auth", "--ip", "no", "x"), 64, "is no IP address"),
                                     (("auth", "--now", "then", "x"), 64, "is no time"),
                                     (("auth", "--authserv-id", "", "x"), 64, "is empty"),
                                     (("auth", "/nonexistent"), 66, "No such file"),
                                     (("auth", "--config", "/nonexistent", "x"), 78, "no such file")):
        run = world.backstop(*arguments)
        assert run.returncode == status and words in run.stderr and not run.stdout, run


suite.run(make_world)
