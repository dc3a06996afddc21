#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Authentication through a real Sendmail, which hands header fields to milters in its own way, adds fields to a message
after they have seen it, and rewrites addresses in others."""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import machine, tags
from mta.authenticator import BANK, GENUINE, OURS, REJECT, Authenticator, letter, results
from mta.backstopd import SECRETS, Backstopd
from mta.client import Client, send
from mta.machine import HERE, STRANGER, wait_for
from mta.sendmail import Sendmail
from mta.sink import Sink
from mta.tap import Suite, note
from mta.world import SINK

suite = Suite()
ALICE = f"alice@{OURS}"
ALERTS = f"alerts@{BANK}"
RECORDS = REJECT + f"""\
signs.example. 60 IN TXT "v=spf1 -all"
_dmarc.signs.example. 60 IN TXT "v=DMARC1; p=reject"
free.example. 60 IN TXT "v=spf1 ip4:{STRANGER} -all"
forger.example. 60 IN TXT "v=spf1 +all"
null.example. 60 IN MX 0 .
"""


class World:
    def __init__(self, directory):
        self.authenticator = Authenticator(directory / "authenticator", RECORDS)
        self.sink = Sink()
        self.backstopd = Backstopd(directory / "backstop", {OURS: "mode = enforce"}, self.authenticator.options())
        self.sendmail = Sendmail(directory / "ours", self.backstopd.milter_port, self.backstopd.socketmap_port, [OURS])
        self.box = self.sendmail.add_mailbox("alice")
        self.sendmail.routes = {SINK: self.sink.port}
        self.keep = False

    def start(self):
        self.backstopd.start()
        self.sendmail.start()

    def stop(self):
        for server in (self.sendmail, self.backstopd, self.sink, self.authenticator):
            server.stop()

    def send(self, sender, recipients, message, **how):
        return send(self.sendmail.port, sender, recipients, message, **how)

    def arrives(self, sender, message, subject, address=STRANGER):
        reply = self.send(sender, ALICE, message, address=address)
        assert reply.accepted, reply
        return self.box.wait_for_subject(subject)

    def leaves(self, message, subject):
        reply = self.send(ALICE, f"friend@{SINK}", message, address=HERE)
        assert reply.accepted, reply
        return self.sink.wait_for_subject(subject)


@contextlib.contextmanager
def sendmail_world():
    machine.need_root()
    with machine.scratch("sendmail-authentication") as directory:
        world = World(directory)
        try:
            world.start()
            yield world
        finally:
            world.stop()
        if world.keep:
            (directory / "keep").touch()
            note("the last lines of backstopd:")
            note(world.backstopd.process.tail())


def refused(reply, words):
    assert (reply.step, reply.code) == (".", 550) and words in reply.text, f"550 {words}, not: {reply}"


def expect(actual, wanted):
    assert actual == wanted, f"got  {actual}\nwant {wanted}"


def verifies(world, mail):
    expect(world.authenticator.verify(mail.content),
           {"dkimpy": ["pass", "pass"], "OpenDKIM": ["pass", "pass"], "backstop": ["pass", "pass"]})
    expect(mail.sender, tags.sign(ALICE, SECRETS[1], 1))


@suite.case("a forged mail from a domain whose policy is reject gets 550 5.7.26 at the end of data, and the session goes on")
def _(world):
    with Client(world.sendmail.port) as client:
        refused(client.send(ALERTS, ALICE, letter(ALERTS, "forged")), "5.7.26 Refused: neither SPF nor DKIM vouches")
        assert client.send("x@free.example", ALICE, letter("x@free.example", "after a forgery")).accepted
        refused(client.send("x@forger.example", ALICE, letter(ALERTS, "forged")), "5.7.26")
    world.box.wait_for_subject("after a forgery")
    assert not world.box.with_subject("forged")


@suite.case("genuine mail is delivered with our results above every other field, be it by SPF or by DKIM")
def _(world):
    mail = world.arrives(ALERTS, letter(ALERTS, "genuine by SPF"), "genuine by SPF", GENUINE)
    fields = [name for name in mail.keys() if name != "Return-Path"]
    expect(fields[0], "Authentication-Results")
    expect(len(results(mail)), 1)
    for part in ("mail.example.com;", f"spf=pass smtp.mailfrom={ALERTS}", f"dmarc=pass (p=reject dis=none) header.from={BANK}"):
        assert part in results(mail)[0], results(mail)
    signed = world.authenticator.sign_as("signs.example", letter("x@signs.example", "genuine by DKIM"))
    mail = world.arrives("x@signs.example", signed, "genuine by DKIM")
    for part in ("spf=fail", "dkim=pass", "header.d=signs.example", "dmarc=pass"):
        assert part in results(mail)[0], results(mail)
    refused(world.send("x@signs.example", ALICE, signed.replace("The text", "the text")), "5.7.26")


@suite.case("a signature survives what Sendmail does to a message before milters see it: dots, blanks, folds, eight bits")
def _(world):
    for subject, body, more in (("dots", ".\n..\n.hidden\n\n", ""), ("blanks", "a  b \t \n \n\n\n", ""),
                                ("eight bits", "Grüße\n", ""), ("no body", "", ""),
                                ("folds", "text\n", "X-Folded:\n\tone\n   two\nCc: a@x.example,\n\tb@y.example\n"),
                                ("no blank", "text\n", "Reply-To:x@signs.example\n"),
                                ("two blanks", "text\n", "Reply-To:  x@signs.example \n")):
        message = letter("x@signs.example", f"kept, {subject}", more=more, body=body)
        signed = world.authenticator.sign_as("signs.example", message)
        value = results(world.arrives("x@signs.example", signed, f"kept, {subject}"))[0]
        assert "dkim=pass" in value, (subject, value)


@suite.case("forged results under our name are taken off, those of others stay")
def _(world):
    ours = ("Authentication-Results: mail.example.com; dmarc=pass", "AUTHENTICATION-RESULTS:MAIL.EXAMPLE.COM; spf=pass",
            "Authentication-Results : mail.example.com; spf=pass", "Authentication-Results:\n mail.example.com;\n spf=pass",
            "Authentication-Results: (a comment) \"mail.example.com\" 1; spf=pass")
    others = [f"Authentication-Results: mx{number}.other.example; spf=pass" for number in range(len(ours))]
    more = "".join(f"{other}\n{forged}\n" for other, forged in zip(others, ours)) + "Backstop-Result: fine\n"
    mail = world.arrives("x@free.example", letter("x@free.example", "forged results", more=more), "forged results")
    assert "mailfrom=x@free.example" in results(mail)[0], results(mail)
    expect(results(mail)[1:], [other.split(": ")[1] for other in others])
    names = [name.strip().lower() for name in mail.keys()]
    expect((names.count("authentication-results"), names.count("backstop-result")), (len(ours) + 1, 0))


def reload(world, options):
    """Until nothing is left of the configuration before."""
    old = set(world.backstopd.filters())
    world.backstopd.options = options
    news = world.backstopd.reload()
    assert "is in force" in news, news
    wait_for("the old filters to end", lambda: not old & set(world.backstopd.filters()))


@contextlib.contextmanager
def reconfigured(world, options):
    """The daemon with further lines in its configuration."""
    before = world.backstopd.options
    reload(world, before + options)
    try:
        yield
    finally:
        reload(world, before)


@suite.case("reject-action = quarantine: Sendmail holds the mail, with the reason")
def _(world):
    with reconfigured(world, "reject-action = quarantine\n"):
        reply = world.send(ALERTS, ALICE, letter(ALERTS, "to be held"))
        assert reply.accepted, reply
        held = wait_for("a quarantined message", lambda: list((world.sendmail.directory / "queue").glob("hf*")))
        text = held[0].read_text(errors="replace")
        assert "\nqsuspicious; reason=dmarc-reject\n" in text and "Backstop-Result: suspicious" in text, text


@suite.case("sender-check: a domain that does not exist or takes no mail is refused at MAIL")
def _(world):
    with reconfigured(world, "sender-check = enforce\n"), Client(world.sendmail.port) as client:
        for domain, words in (("null.example", "5.7.27 "), ("nowhere.example", "5.1.8 ")):
            reply = client.mail(f"x@{domain}")
            assert reply.code == 550 and words in reply.text and "Sender refused" in reply.text, reply
        assert client.send(ALERTS, ALICE, letter(ALERTS, "judged by its message")).code == 550
        assert client.mail(ALERTS).code == 250


@suite.case("mail of ours leaves with a tag and two signatures that dkimpy, OpenDKIM and backstop verify, whatever its body")
def _(world):
    for subject, body in {"plain": "Hello.\n", "dots": ".\n..\n.hidden\n.\n", "blanks": "a  b \t \n \n\n\n", "no body": "",
                          "long lines": "x" * 980 + "\n", "eight bits": "Grüße: 你好\n", "no last line end": "cut",
                          "large": "0123456789abcdef\n" * 60000}.items():
        verifies(world, world.leaves(letter(ALICE, f"signed, {subject}", body=body), f"signed, {subject}"))


@suite.case("so does mail to which Sendmail adds fields after it was signed, and whose addresses it rewrites")
def _(world):
    full = f"To: friend@{SINK}\nDate: Sun, 22 Nov 2026 09:00:00 +0000\nMessage-ID: <1@{OURS}>\n"
    for subject, header in (("folded", f"From: Alice\n\t<{ALICE}>\nCc: a@{SINK},\n b@{SINK}\n" + full),
                            ("neither", f"From: {ALICE}\nTo: a@{SINK}\n"),
                            ("no Message-ID", f"From: {ALICE}\nTo: a@{SINK}\nDate: Sun, 22 Nov 2026 09:00:00 +0000\n"),
                            ("no Date", f"From: {ALICE}\nTo: a@{SINK}\nMessage-ID: <1@{OURS}>\n"),
                            ("no To", f"From: {ALICE}\nDate: Sun, 22 Nov 2026 09:00:00 +0000\nMessage-ID: <1@{OURS}>\n"),
                            ("Bcc", f"From: {ALICE}\nBcc: c@{SINK}\n" + full),
                            ("comment", f"From: {ALICE} (Alice)\n" + full),
                            ("no blank", f"From:{ALICE}\n" + full)):
        verifies(world, world.leaves(f"{header}Subject: completed, {subject}\n\ntext\n", f"completed, {subject}"))


if __name__ == "__main__":
    suite.run(sendmail_world)
