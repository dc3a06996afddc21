#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The main job through a real Sendmail, which speaks the milter protocol in its own way and asks the socketmap from a
rule of its configuration."""

import contextlib
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import bounces, machine, tags
from mta.backstopd import SECRETS, Backstopd
from mta.client import Client, send
from mta.exim import Exim
from mta.machine import HERE, STRANGER, wait_for
from mta.sendmail import Sendmail
from mta.sink import Sink
from mta.tap import Suite, note
from mta.world import DOMAINS, ELSEWHERE, SINK

suite = Suite()
ALICE = "alice@example.com"


class World:
    def __init__(self, directory):
        self.sink = Sink()
        self.backstopd = Backstopd(directory / "backstop", DOMAINS, f'no-sign = {{ "list@{SINK}" }}')
        self.sendmail = Sendmail(directory / "ours", self.backstopd.milter_port, self.backstopd.socketmap_port,
                                 ["example.com", "observe.example", "off.example"])
        self.boxes = {local: self.sendmail.add_mailbox(local) for local in ("alice", "info")}
        self.far = Exim(directory / "elsewhere", ELSEWHERE, self.sendmail.port)
        self.sendmail.routes = {SINK: self.sink.port, ELSEWHERE: self.far.port}
        self.servers = [self.backstopd, self.sendmail, self.far]
        self.keep = False

    def send(self, sender, recipients, message, **how):
        return send(self.sendmail.port, sender, recipients, message, **how)

    def leaves_as(self, sender, subject, recipient="x@" + SINK):
        reply = self.send(sender, recipient, bounces.ordinary(subject, sender), address=HERE)
        assert reply.accepted, reply
        return self.sink.wait_for_subject(subject).sender

    @staticmethod
    def sign(address, **how):
        return tags.sign(address, SECRETS[1], 1, **how)


@contextlib.contextmanager
def sendmail_world():
    machine.need_root()
    with machine.scratch("sendmail") as directory:
        world = World(directory)
        try:
            for server in world.servers:
                server.start()
            yield world
        finally:
            for server in [*reversed(world.servers), world.sink]:
                server.stop()
        if world.keep:
            (directory / "keep").touch()
            note("the last lines of backstopd:")
            note(world.backstopd.process.tail())


def expect(actual, wanted):
    assert actual == wanted, f"got  {actual}\nwant {wanted}"


def refused(reply, step, words, code=550):
    """Sendmail puts the recipient between the enhanced status code and the words."""
    assert (reply.step, reply.code) == (step, code) and words in reply.text, f"{code} {words} to {step}, not: {reply}"


@suite.case("mail from the local network is tagged, and the bounce that Exim makes of it arrives without the tag")
def _(world):
    expect(world.leaves_as(ALICE, "round trip", ["x@" + SINK, "gone@" + ELSEWHERE]), world.sign(ALICE))
    bounce = world.boxes["alice"].wait_for("the bounce", lambda mail: mail["X-Failed-Recipients"])
    assert "Subject: round trip" in bounce.as_string()
    expect(bounce["Return-Path"], "<>")


@suite.case("the header of signed mail is what the user wrote")
def _(world):
    world.leaves_as(ALICE, "header untouched")
    assert b"prvs=" not in world.sink.wait_for_subject("header untouched").content


@suite.case("several messages in one session are each signed, or not, for themselves")
def _(world):
    with Client(world.sendmail.port, HERE) as client:
        for number, recipient in enumerate([f"a@{SINK}", f"list@{SINK}", f"b@{SINK}"]):
            assert client.send(ALICE, recipient, bounces.ordinary(f"in a row {number}")).accepted
    expect([world.sink.wait_for_subject(f"in a row {number}").sender for number in range(3)],
           [world.sign(ALICE), ALICE, world.sign(ALICE)])


@suite.case("a domain that is off, and one that is not ours, keep their senders")
def _(world):
    for sender in ("alice@off.example", "someone@other.example"):
        expect(world.leaves_as(sender, f"from {sender}"), sender)


@suite.case("a large message leaves signed and unharmed")
def _(world):
    message = bounces.ordinary("large") + "0123456789abcdef\n" * 60000
    assert world.send(ALICE, "x@" + SINK, message, address=HERE).accepted
    mail = world.sink.wait_for_subject("large")
    expect((mail.sender, mail.content.count(b"0123456789abcdef\r\n")), (world.sign(ALICE), 60000))


@suite.case("tagged mail takes a token and an ENVID along; an ENVID of the client's own, and its RET, are kept")
def _(world):
    def leaves_with(subject, parameters):
        with Client(world.sendmail.port, HERE) as client:
            assert client.mail(ALICE, parameters).code == 250
            assert client.rcpt("x@" + SINK).code == 250
            assert client.data(bounces.ordinary(subject)).accepted
        mail = world.sink.wait_for_subject(subject)
        assert mail.message["Backstop-Token"].startswith("1-1-"), mail.message["Backstop-Token"]
        expect(mail.sender, world.sign(ALICE))
        return mail.parameters.split()

    assert any(word.startswith("ENVID=BS1-1-") for word in leaves_with("no ENVID", "")), "no ENVID"
    assert "ENVID=QQ314159" in leaves_with("own ENVID", " ENVID=QQ314159")
    words = leaves_with("own RET", " RET=HDRS")
    assert "RET=HDRS" in words and any(word.startswith("ENVID=BS1-1-") for word in words), words


@suite.case("a forged tag and one of an unknown key are refused at RCPT: the map does not know them")
def _(world):
    for tagged in (tags.forged(ALICE, SECRETS[1], 1), tags.sign(ALICE, "a guess", 7)):
        refused(world.send("", tagged, bounces.report(tagged)), "RCPT", "no such user here")


@suite.case("an expired tag, an address that never sends and a bounce of what we did not send are refused in backstop's words")
def _(world):
    refused(world.send("", tags.expired(ALICE, SECRETS[1], 1), bounces.report(ALICE)), "RCPT",
            "Bounce refused: the tag of this address has expired")
    refused(world.send("", "info@example.com", bounces.report("info@example.com")), "RCPT",
            "Bounce refused: this address never sends mail")
    for shape in bounces.RETURNING:
        refused(world.send("", ALICE, bounces.SHAPES[shape](ALICE)), ".", "5.7.1 Bounce refused: we did not send")


@suite.case("a bounce to a valid tag, one that returns a valid tag and a read receipt are delivered")
def _(world):
    tagged = world.sign(ALICE)
    for subject, recipient, message in (
            ("to the tag", tagged, bounces.report(tagged, "to the tag")),
            ("tag within", ALICE, bounces.qmail(ALICE, "tag within", return_path=tagged)),
            ("receipt", ALICE, bounces.read_receipt(ALICE, "receipt"))):
        reply = world.send("", recipient, message)
        assert reply.accepted, reply
        world.boxes["alice"].wait_for_subject(subject)


@suite.case("a person's mail to a tag that has expired is delivered without it")
def _(world):
    reply = world.send("friend@other.example", tags.expired(ALICE, SECRETS[1], 1), bounces.ordinary("late answer"))
    assert reply.accepted, reply
    world.boxes["alice"].wait_for_subject("late answer")


@suite.case("a tag for a mailbox that does not exist is refused at RCPT, signed or forged")
def _(world):
    for tagged in (world.sign("nobody@example.com"), tags.forged("nobody@example.com", SECRETS[1], 1)):
        reply = world.send("friend@other.example", tagged, bounces.ordinary("to nobody"))
        refused(reply, "RCPT", "no such user here")


@suite.case("a bounce to a tagged extension is delivered")
def _(world):
    tagged = world.sign("alice+orders@example.com")
    assert world.send("", tagged, bounces.report(tagged, "to an extension")).accepted
    world.boxes["alice"].wait_for_subject("to an extension")


@suite.case("an observing domain gets what would have been refused, and the log says so")
def _(world):
    reply = world.send("", "alice@observe.example", bounces.report("alice@observe.example", "observed"))
    assert reply.accepted, reply
    world.boxes["alice"].wait_for_subject("observed")
    expect(world.backstopd.decided(to="<alice@observe.example>")[0].get("observe"), "yes")


@suite.case("each decision is logged on one line with Sendmail's queue id")
def _(world):
    reply = world.send(ALICE, "x@" + SINK, bounces.ordinary("logged"), address=HERE)
    queue_id = reply.text.split()[1]
    expect(world.backstopd.decided(queue_id=queue_id),
           [{"decision": "sign", "reason": "signed", "queue-id": queue_id, "client": HERE, "from": f"<{ALICE}>",
             "signed": f"<{world.sign(ALICE)}>"}])
    world.send("", "info@example.com", bounces.report(ALICE))
    line = world.backstopd.decided(reason="never-sends")[-1]
    expect((line["decision"], line["client"], line["to"]), ("refuse", STRANGER, "<info@example.com>"))
    assert line["queue-id"] != "-", line


@suite.case("a filter killed in the middle of a message: the client is told to try again, and then succeeds")
def _(world):
    old = set(world.backstopd.filters())
    with Client(world.sendmail.port, HERE) as client:
        client.mail(ALICE)
        client.rcpt("x@" + SINK)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_for("new filters", lambda: len(set(world.backstopd.filters()) - old) == len(old))
        reply = client.data(bounces.ordinary("killed"))
        assert reply.code in (421, 451), reply
    expect(world.leaves_as(ALICE, "sent again"), world.sign(ALICE))
    assert not [mail for mail in world.sink.mails if mail.message["Subject"] == "killed"]


if __name__ == "__main__":
    suite.run(sendmail_world)
