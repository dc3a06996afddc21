#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What leaves through Postfix: which mail is tagged, which is not, and that the bounce that a real server makes of it
comes back to the user who wrote it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import bounces, tags
from mta.client import Client
from mta.machine import HERE, STRANGER, Failed
from mta.tap import Suite
from mta.world import ELSEWHERE, MAILBOXES, SINK, world

suite = Suite()
ALICE = "alice@example.com"
ODD = '"odd name"@example.com'


def leaves_as(world, sender, subject, recipient="someone@" + SINK, **how):
    """Sends a message, from the local network unless told otherwise; the envelope sender that it arrived with."""
    how.setdefault("address", HERE)
    reply = world.send(sender, recipient, bounces.ordinary(subject, sender, recipient), **how)
    assert reply.accepted, reply
    return world.sink.wait_for_subject(subject).sender


def expect(actual, wanted):
    assert actual == wanted, f"got  {actual}\nwant {wanted}"


def comes_back(world, mailbox, subject):
    """The bounce of the message of that subject, in the mailbox."""
    return world.boxes[mailbox].wait_for(f"the bounce of {subject}",
                                         lambda mail: mail["X-Failed-Recipients"] and subject in mail.as_string())


def is_plain(bounce, address):
    """The tag is off: the message was delivered to the address itself, from nobody."""
    expect(bounce["Delivered-To"], address)
    expect(bounce["Return-Path"], "<>")


@suite.case("mail of an authenticated user leaves with a tag, and its bounce arrives without")
def _(world):
    subject = "authenticated"
    message = bounces.ordinary(subject)
    reply = world.send(ALICE, ["gone@" + ELSEWHERE, "x@" + SINK], message, address=STRANGER, login="alice")
    assert reply.accepted, reply
    expect(world.sink.wait_for_subject(subject).sender, world.sign(ALICE))
    bounce = comes_back(world, ALICE, subject)
    is_plain(bounce, ALICE)
    expect(bounce["X-Original-To"], world.sign(ALICE))


@suite.case("the header of signed mail is what the user wrote")
def _(world):
    leaves_as(world, ALICE, "header untouched")
    mail = world.sink.wait_for_subject("header untouched")
    expect(mail.message["From"], ALICE)
    assert b"prvs=" not in mail.content, mail.content


@suite.case("mail from the local network is tagged, and its bounce arrives")
def _(world):
    expect(leaves_as(world, ALICE, "local network", ["gone@" + ELSEWHERE, "x@" + SINK]), world.sign(ALICE))
    is_plain(comes_back(world, ALICE, "local network"), ALICE)


@suite.case("mail submitted by sendmail(1) is tagged, and its bounce arrives")
def _(world):
    world.postfix.submit(ALICE, ["x@" + SINK, "gone@" + ELSEWHERE], bounces.ordinary("submitted"))
    expect(world.sink.wait_for_subject("submitted").sender, world.sign(ALICE))
    is_plain(comes_back(world, ALICE, "submitted"), ALICE)


@suite.case("the bounce that our own Postfix makes of signed mail arrives too")
def _(world):
    reply = world.send(ALICE, "nobody@" + SINK, bounces.ordinary("refused by the sink"), address=HERE)
    assert reply.accepted, reply
    bounce = world.boxes[ALICE].wait_for("our own bounce", lambda mail: "refused by the sink" in mail.as_string()
                                         and mail["Subject"] == "Undelivered Mail Returned to Sender")
    is_plain(bounce, ALICE)


@suite.case("each message is logged on one line with queue id, client, envelope, decision and reason")
def _(world):
    reply = world.send(ALICE, "x@" + SINK, bounces.ordinary("logged"), address=STRANGER, login="alice")
    queue_id = reply.text.split()[-1]
    lines = world.backstopd.decided(queue_id=queue_id)
    expect(lines, [{"decision": "sign", "reason": "signed", "queue-id": queue_id, "client": STRANGER,
                    "from": f"<{ALICE}>", "signed": f"<{world.sign(ALICE)}>"}])


@suite.case("Exim makes and accepts the very same tag")
def _(world):
    secret, digit = "the secret that signs", 1
    sender = leaves_as(world, "alice@exact.example", "as Exim does")
    expect(world.far.expand(f"${{prvs{{alice@exact.example}}{{{secret}}}{{{digit}}}}}"), sender)
    expect(world.far.expand(f"${{prvscheck{{{sender}}}{{{secret}}}}}"), "alice@exact.example")
    mixed = leaves_as(world, "Alice.B@exact.example", "as Exim does, with its case")
    expect(world.far.expand(f"${{prvs{{Alice.B@exact.example}}{{{secret}}}{{{digit}}}}}"), mixed)


@suite.case("all of a day's mail of one sender has one tag")
def _(world):
    senders = {leaves_as(world, ALICE, f"message {number}", f"r{number}@{SINK}") for number in range(3)}
    expect(senders, {world.sign(ALICE)})


@suite.case("several messages in one session are each signed")
def _(world):
    with Client(world.postfix.port, HERE) as client:
        for number in range(3):
            reply = client.send(ALICE, "x@" + SINK, bounces.ordinary(f"in a row {number}"))
            assert reply.accepted, reply
    for number in range(3):
        expect(world.sink.wait_for_subject(f"in a row {number}").sender, world.sign(ALICE))


@suite.case("a domain whose mode is sign, observe or enforce is signed; off is not, nor is one that is not named")
def _(world):
    for domain in ("sign.example", "observe.example", "example.com"):
        expect(leaves_as(world, f"alice@{domain}", f"from {domain}"), world.sign(f"alice@{domain}"))
    for domain in ("off.example", "unlisted.example"):
        expect(leaves_as(world, f"alice@{domain}", f"from {domain}"), f"alice@{domain}")


@suite.case("a stranger who writes our address as his sender gets no tag")
def _(world):
    reply = world.send(ALICE, "alice@sign.example", bounces.ordinary("pretended"), address=STRANGER)
    assert reply.accepted, reply
    expect(world.boxes["alice@sign.example"].wait_for_subject("pretended")["Return-Path"], f"<{ALICE}>")


@suite.case("a sender of another's domain keeps his address")
def _(world):
    expect(leaves_as(world, "someone@other.example", "forwarded"), "someone@other.example")


@suite.case("the null sender stays null")
def _(world):
    expect(leaves_as(world, "", "a bounce of ours"), "")


@suite.case("no recipient on the no-sign list sees a tag: an address, a domain, a domain's parent")
def _(world):
    for recipient in (f"list@{SINK}", f"any@domain.{SINK}", f"any@below.parent.{SINK}"):
        expect(leaves_as(world, ALICE, f"to {recipient}", recipient), ALICE)
    for recipient in (f"other@{SINK}", f"any@parent.{SINK}", f"any@sub.domain.{SINK}"):
        expect(leaves_as(world, ALICE, f"to {recipient}", recipient), world.sign(ALICE))


@suite.case("one recipient on the no-sign list leaves the message unsigned for all, and the log says so")
def _(world):
    expect(leaves_as(world, ALICE, "some on the list", [f"a@{SINK}", f"LIST@{SINK}", f"b@{SINK}"]), ALICE)
    assert world.backstopd.decided(reason="no-sign-list", decision="none")


@suite.case("a sender with an address extension is signed with it, and the bounce finds the mailbox")
def _(world):
    sender = "alice+orders@example.com"
    expect(leaves_as(world, sender, "extension", ["x@" + SINK, "gone@" + ELSEWHERE]), world.sign(sender))
    expect(comes_back(world, ALICE, "extension")["Delivered-To"], sender)


@suite.case("a quoted local part is signed, and its bounce arrives")
def _(world):
    box = world.boxes[ODD]
    sender = leaves_as(world, ODD, "quoted", ["x@" + SINK, "gone@" + ELSEWHERE])
    assert tags.TAGGED.search(sender), sender
    box.wait_for("the bounce of quoted", lambda mail: "Subject: quoted" in mail.as_string())
    expect(box.messages()[0]["X-Original-To"], sender)


@suite.case("a sender in upper case gets a tag that survives lower-casing, where fold-case is on")
def _(world):
    sender = leaves_as(world, "ALICE@Example.COM", "upper case")
    digits = tags.TAGGED.fullmatch(sender)
    assert digits, sender
    expect(sender.lower(), world.sign(ALICE))
    reply = world.bounce(sender.lower(), bounces.report(sender, "of upper case"))
    assert reply.accepted, reply
    world.boxes[ALICE].wait_for_subject("of upper case")


@suite.case("a sender that has a tag, ours or another program's, gets no second one")
def _(world):
    ours, foreign = world.sign(ALICE), "btv1==0123456789==alice@example.com"
    expect(leaves_as(world, ours, "tagged before"), ours)
    expect(leaves_as(world, foreign, "tagged by another"), foreign)


@suite.case("a local part that a tag would make longer than 64 bytes is left as it is")
def _(world):
    fits, long = "f" * 48 + "@example.com", "l" * 49 + "@example.com"
    expect(leaves_as(world, fits, "fits"), world.sign(fits))
    expect(leaves_as(world, long, "too long"), long)


@suite.case("tagged mail takes a token and an ENVID along; an ENVID of the client's own, and its RET, are kept")
def _(world):
    def leaves_with(subject, parameters):
        with Client(world.postfix.port, HERE) as client:
            assert client.mail(ALICE, parameters).code == 250
            assert client.rcpt("x@" + SINK).code == 250
            assert client.data(bounces.ordinary(subject)).accepted
        mail = world.sink.wait_for_subject(subject)
        assert mail.message["Backstop-Token"].startswith("1-1-"), mail.message["Backstop-Token"]
        expect(mail.sender, world.sign(ALICE))
        return mail.parameters.split()

    assert any(word.startswith("ENVID=BS1-1-") for word in leaves_with("plain", "")), "no ENVID"
    assert "ENVID=QQ314159" in leaves_with("own ENVID", " ENVID=QQ314159")
    words = leaves_with("own RET", " RET=HDRS")
    assert "RET=HDRS" in words and any(word.startswith("ENVID=BS1-1-") for word in words), words
    words = leaves_with("both", " RET=FULL ENVID=QQ314159")
    assert "RET=FULL" in words and "ENVID=QQ314159" in words, words


@suite.case("a message larger than a frame leaves unharmed")
def _(world):
    message = bounces.ordinary("large") + "0123456789abcdef\n" * 60000
    reply = world.send(ALICE, "x@" + SINK, message, address=HERE)
    assert reply.accepted, reply
    mail = world.sink.wait_for_subject("large")
    expect(mail.sender, world.sign(ALICE))
    expect(mail.content.count(b"0123456789abcdef\r\n"), 60000)


@suite.case("nothing waits in the queue in the end")
def _(world):
    try:
        world.postfix.wait_until_empty()
    except Failed:
        raise AssertionError(world.postfix.run("postqueue", "-p")) from None


NO_SIGN = f'no-sign = {{ "list@{SINK}", "domain.{SINK}", ".parent.{SINK}" }}'

if __name__ == "__main__":
    suite.run(lambda: world("outbound", options=NO_SIGN, mailboxes=[*MAILBOXES, ODD]))
