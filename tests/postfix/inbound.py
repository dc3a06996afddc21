#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What comes in through Postfix: which bounces are refused, at what step and with what words, and which are
delivered."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import bounces, tags
from mta.backstopd import SECRETS
from mta.client import Client
from mta.machine import HERE, STRANGER, wait_for
from mta.maildir import Maildir
from mta.tap import Suite
from mta.world import DOMAINS, world

suite = Suite()
NOT_OURS = "5.7.1 Bounce refused: we did not send the message that it is about"
ALICE = "alice@example.com"


def refused(reply, step, words, code=550):
    assert (reply.step, reply.code) == (step, code), f"wanted {code} to {step}, got {reply}"
    assert words in reply.text, f'"{words}" is not in: {reply}'


def unknown(reply):
    """Postfix asks the map before it asks the milter: where the map does not vouch for a tag, nobody has the address."""
    refused(reply, "RCPT", "5.1.1")
    assert "User unknown" in reply.text, reply


def delivered(world, reply, mailbox, subject, to=None):
    """The message lies in the mailbox, sent to its plain address (or `to`)."""
    assert reply.accepted, reply
    mail = world.boxes[mailbox].wait_for_subject(subject)
    assert mail["Delivered-To"] == (to or mailbox), mail["Delivered-To"]
    return mail


@suite.case("a bounce to a forged tag is refused at RCPT: the map does not know it")
def _(world):
    unknown(world.bounce(world.forged(ALICE), bounces.report(ALICE)))
    unknown(world.bounce(world.sign("bob@example.com").replace("bob", "alice"), bounces.report(ALICE)))
    unknown(world.bounce(tags.sign(ALICE, "another secret", 7), bounces.report(ALICE)))


@suite.case("where Postfix relays without a list of recipients, the milter refuses a forged tag with a reason")
def _(world):
    gated = "alice@gateway.example"
    refused(world.bounce(world.forged(gated), bounces.report(gated)), "RCPT",
            "5.7.1 Bounce refused: the tag of this address is forged")
    refused(world.bounce(tags.sign(gated, "another secret", 7), bounces.report(gated)), "RCPT",
            "5.7.1 Bounce refused: the tag of this address is not from any key of ours")


@suite.case("where Postfix relays, the tag is off when the bounce is handed on")
def _(world):
    tagged = world.sign("alice@gateway.example")
    assert world.bounce(tagged, bounces.report(tagged, "handed on")).accepted
    assert world.sink.wait_for_subject("handed on").recipients == ["alice@gateway.example"]


@suite.case("a bounce to a tag past its day is refused with a reason")
def _(world):
    refused(world.bounce(world.expired(ALICE), bounces.report(ALICE)), "RCPT",
            "5.7.1 Bounce refused: the tag of this address has expired")


@suite.case("a tag is good on its last day and not on the next")
def _(world):
    today = tags.today()
    last = world.sign(ALICE, expires=today)
    delivered(world, world.bounce(last, bounces.report(last, "on the last day")), ALICE, "on the last day")
    refused(world.bounce(world.sign(ALICE, expires=today - 1), bounces.report(ALICE)), "RCPT", "expired")


@suite.case("a tag of the older key is still good")
def _(world):
    tagged = tags.sign(ALICE, SECRETS[0], 0)
    delivered(world, world.bounce(tagged, bounces.report(tagged, "older key")), ALICE, "older key")


@suite.case("an untagged bounce to an address that never sends is refused at RCPT, in any case of letters")
def _(world):
    for address in ("info@example.com", "INFO@Example.Com", "info+x@example.com", "anyone@silent.example"):
        refused(world.bounce(address, bounces.report(address)), "RCPT",
                "5.7.1 Bounce refused: this address never sends mail, the original was forged")


@suite.case("a valid tag proves that an address of which that was said did send")
def _(world):
    tagged = world.sign("info@example.com")
    delivered(world, world.bounce(tagged, bounces.report(tagged, "it did send")), "info@example.com", "it did send")


@suite.case("ordinary mail to an address that never sends is delivered")
def _(world):
    reply = world.send("friend@other.example", "info@example.com", bounces.ordinary("to info"))
    delivered(world, reply, "info@example.com", "to info")


@suite.case("an untagged bounce that returns what we did not send is refused at the end of data with a reason")
def _(world):
    for shape in bounces.RETURNING:
        reply = world.bounce(ALICE, bounces.SHAPES[shape](ALICE, f"untagged {shape}"))
        refused(reply, ".", NOT_OURS)
        assert not world.boxes[ALICE].with_subject(f"untagged {shape}")


@suite.case("so is one that a forwarder gave a sender of its own")
def _(world):
    reply = world.send("srs0=ab=cd=elsewhere.example=@forwarder.example", ALICE, bounces.report(ALICE, "sent on"))
    refused(reply, ".", NOT_OURS)


@suite.case("a bounce and a challenge that return nothing are delivered, marked")
def _(world):
    for shape, kind in (("bare", "dsn-failed"), ("challenge", "challenge")):
        subject = f"unclear {shape}"
        delivered(world, world.bounce(ALICE, bounces.SHAPES[shape](ALICE, subject)), ALICE, subject)
        mark = world.boxes[ALICE].with_subject(subject)[0]["Backstop-Result"]
        assert mark.startswith(f"kind={kind}; verdict=cannot-tell; proofs=none;"), mark
        assert "action=tag" in mark, mark


@suite.case("an untagged bounce that returns a forged tag is refused")
def _(world):
    for shape in bounces.RETURNING:
        reply = world.bounce(ALICE, bounces.SHAPES[shape](ALICE, f"forged inside {shape}", return_path=world.forged(ALICE)))
        refused(reply, ".", "5.7.1 Bounce refused")


@suite.case("an untagged bounce that returns a valid tag is delivered")
def _(world):
    for shape in bounces.RETURNING:
        subject = f"proven inside {shape}"
        reply = world.bounce(ALICE, bounces.SHAPES[shape](ALICE, subject, return_path=world.sign(ALICE)))
        delivered(world, reply, ALICE, subject)
    assert world.backstopd.decided(decision="pass", reason="bounce-proven")


@suite.case("a bounce to a valid tag is delivered whatever its shape")
def _(world):
    for shape, make in bounces.SHAPES.items():
        reply = world.bounce(world.sign(ALICE), make(world.sign(ALICE), f"tagged {shape}"))
        delivered(world, reply, ALICE, f"tagged {shape}")


@suite.case("a valid tag survives a change of case on the way")
def _(world):
    for change in (str.upper, str.title, str.swapcase):
        tagged = change(world.sign(ALICE))
        reply = world.bounce(tagged, bounces.report(tagged, f"written {tagged}"))
        assert reply.accepted, reply
        world.boxes[ALICE].wait_for_subject(f"written {tagged}")


@suite.case("where case counts, Exim's tag is good, and still so when its hexadecimal digits come in upper case")
def _(world):
    tagged = world.far.expand(f"${{prvs{{alice@exact.example}}{{{SECRETS[1]}}}{{1}}}}")
    louder = tagged.replace(tagged[9:15], tagged[9:15].upper())
    for subject, recipient in (("from Exim", tagged), ("digits louder", louder)):
        delivered(world, world.bounce(recipient, bounces.report(recipient, subject)), "alice@exact.example", subject)


@suite.case("an untagged read receipt, out-of-office reply and newsletter are delivered")
def _(world):
    for make in (bounces.read_receipt, bounces.out_of_office, bounces.newsletter):
        subject = f"kind {make.__name__}"
        delivered(world, world.bounce(ALICE, make(ALICE, subject)), ALICE, subject)
    for decision, reason in (("pass", "mdn"), ("tag", "auto-reply-unclear"), ("pass", "list")):
        assert world.backstopd.decided(decision=decision, reason=reason)


@suite.case("a read receipt to a forged tag is refused all the same")
def _(world):
    unknown(world.bounce(world.forged(ALICE), bounces.read_receipt(ALICE)))


@suite.case("mail from a person to a tagged address is delivered without the tag, even when it has expired")
def _(world):
    for subject, tagged in (("answers a tag", world.sign(ALICE)), ("answers an old tag", world.expired(ALICE))):
        reply = world.send("friend@other.example", tagged, bounces.ordinary(subject))
        mail = delivered(world, reply, ALICE, subject)
        assert mail["Return-Path"] == "<friend@other.example>", mail["Return-Path"]


@suite.case("mail from a person to a forged tag is for nobody: Postfix does not know the recipient")
def _(world):
    unknown(world.send("friend@other.example", world.forged(ALICE), bounces.ordinary("to a forged tag")))


@suite.case("the map vouches for nobody: a forged tag of a mailbox that does not exist is refused")
def _(world):
    for sender in ("friend@other.example", ""):
        unknown(world.send(sender, world.forged("nobody@example.com"), bounces.ordinary("to nobody")))


@suite.case("the map cannot be used to relay")
def _(world):
    reply = world.send("friend@other.example", world.sign("victim@other.example"), bounces.ordinary("relayed"))
    refused(reply, "RCPT", "Relay access denied", 554)


@suite.case("a bounce to a tagged extension is delivered with the extension")
def _(world):
    tagged = world.sign("alice+orders@example.com")
    reply = world.bounce(tagged, bounces.report(tagged, "to an extension"))
    delivered(world, reply, ALICE, "to an extension", to="alice+orders@example.com")


@suite.case("a bounce to a tagged alias goes where the alias goes")
def _(world):
    tagged = world.sign("sales@example.com")
    delivered(world, world.bounce(tagged, bounces.report(tagged, "to an alias")), ALICE, "to an alias")


@suite.case("a bounce to a tagged user of mydestination is delivered by local(8)")
def _(world):
    tagged = world.sign("carol@local.example")
    reply = world.bounce(tagged, bounces.report(tagged, "to local(8)"))
    assert reply.accepted, reply
    world.carol.wait_for_subject("to local(8)")
    refused(world.bounce("carol@local.example", bounces.report("carol@local.example")), ".", "5.7.1 Bounce refused")


@suite.case("a tag of another program is left alone")
def _(world):
    foreign = "btv1==0123456789==alice@example.com"
    delivered(world, world.bounce(foreign, bounces.report(foreign, "foreign")), foreign, "foreign")
    assert world.backstopd.decided(reason="tag-foreign", to=f"<{foreign}>")


@suite.case("an observing domain delivers everything and logs what would have been refused")
def _(world):
    for subject, recipient, mailbox, reason in (
            ("old tag", world.expired("alice@observe.example"), "alice@observe.example", "tag-expired"),
            ("never sends", "info@observe.example", "info@observe.example", "never-sends"),
            ("no proof", "alice@observe.example", "alice@observe.example", "bounce-not-ours")):
        delivered(world, world.bounce(recipient, bounces.report(recipient, subject)), mailbox, subject)
        decision = world.backstopd.decided(reason=reason, to=f"<{recipient}>")[0]
        assert (decision["decision"], decision.get("observe")) == ("pass", "yes"), decision


@suite.case("domains that sign, that are off, and that are not ours get every bounce, and nothing is logged of it")
def _(world):
    for domain in ("sign.example", "off.example", "unlisted.example"):
        address = f"alice@{domain}"
        delivered(world, world.bounce(address, bounces.report(address, f"to {domain}")), address, f"to {domain}")
        assert not [line for line in world.backstopd.decisions() if domain in line.get("to", "")]


@suite.case("a domain that only signs takes the tag off its bounces")
def _(world):
    tagged = world.sign("alice@sign.example")
    reply = world.bounce(tagged, bounces.report(tagged, "tagged, mode sign"))
    delivered(world, reply, "alice@sign.example", "tagged, mode sign")


@suite.case("bounces from the local network and of users who logged in are not judged")
def _(world):
    reply = world.send("", ALICE, bounces.report(ALICE, "from inside"), address=HERE)
    delivered(world, reply, ALICE, "from inside")
    reply = world.send("", ALICE, bounces.report(ALICE, "from a user"), address=STRANGER, login="bob")
    delivered(world, reply, ALICE, "from a user")


@suite.case("a bounce submitted on the machine itself is not judged")
def _(world):
    world.postfix.submit("<>", [ALICE], bounces.report(ALICE, "from sendmail(1)"))
    world.boxes[ALICE].wait_for_subject("from sendmail(1)")


@suite.case("one recipient's forged tag takes nothing from the other recipients")
def _(world):
    with Client(world.postfix.port) as client:
        client.mail("")
        unknown(client.rcpt(world.forged(ALICE)))
        refused(client.rcpt(world.forged("alice@gateway.example")), "RCPT", "forged")
        assert client.rcpt(world.sign(ALICE)).code == 250
        assert client.rcpt(world.sign("alice@sign.example")).code == 250
        refused(client.rcpt("info@example.com"), "RCPT", "never sends")
        assert client.data(bounces.report(ALICE, "among forged")).accepted
    for mailbox in (ALICE, "alice@sign.example"):
        world.boxes[mailbox].wait_for_subject("among forged")


@suite.case("recipients that are judged by their tags and by the message are asked to come apart")
def _(world):
    with Client(world.postfix.port) as client:
        client.mail("")
        assert client.rcpt(world.sign(ALICE)).code == 250
        refused(client.rcpt("alice@exact.example"), "RCPT", "one recipient at a time", 452)
        assert client.data(bounces.report(ALICE, "the tagged one first")).accepted
    world.boxes[ALICE].wait_for_subject("the tagged one first")


@suite.case("a refused message does not end the session: the next is judged for itself")
def _(world):
    with Client(world.postfix.port) as client:
        refused(client.send("", ALICE, bounces.report(ALICE)), ".", NOT_OURS)
        refused(client.send("", world.forged("alice@gateway.example"), bounces.report(ALICE)), "RCPT", "forged")
        client.command("RSET", "RSET")
        tagged = world.sign(ALICE)
        assert client.send("", tagged, bounces.report(tagged, "third in a row")).accepted
        refused(client.send("", ALICE, bounces.report(ALICE)), ".", NOT_OURS)
    world.boxes[ALICE].wait_for_subject("third in a row")


@suite.case("a proof is found in front of a large returned message, and behind a long explanation")
def _(world):
    filler = "A line of the message that came back, and nothing of interest in it.\n" * 3000
    message = bounces.qmail(ALICE, "much behind the proof", return_path=world.sign(ALICE)) + filler
    delivered(world, world.bounce(ALICE, message), ALICE, "much behind the proof")
    message = bounces.report(ALICE, "much before the proof", return_path=world.sign(ALICE))
    message = message.replace("<gone@elsewhere.example>: user unknown\n", "<gone@elsewhere.example>: user unknown\n" + filler)
    delivered(world, world.bounce(ALICE, message), ALICE, "much before the proof")


@suite.case("forms of an address that Postfix still delivers to the user are judged as the user's")
def _(world):
    for form in ("example.com!alice", "alice (work)@example.com", "alice@example.com.", '"alice"@example.com'):
        refused(world.bounce(form, bounces.report(ALICE)), ".", NOT_OURS)


@suite.case("each refusal is logged on one line with client, envelope, decision and reason")
def _(world):
    tagged = world.forged("logged@gateway.example")
    world.bounce(tagged, bounces.report(ALICE))
    lines = world.backstopd.decided(to=f"<{tagged}>")
    assert lines == [{"decision": "refuse", "reason": "tag-forged", "queue-id": "-", "client": STRANGER, "from": "<>",
                      "to": f"<{tagged}>"}], lines


@suite.case("a forged tag that Postfix refuses itself is logged with our reason, so that guessing shows")
def _(world):
    guess = world.forged("guessed@example.com")
    unknown(world.bounce(guess, bounces.report(ALICE)))
    assert world.backstopd.decided(to=f"<{guess}>") == [
        {"decision": "refuse", "reason": "tag-forged", "queue-id": "-", "client": STRANGER, "from": "<>",
         "to": f"<{guess}>", "by": "mta"}], world.backstopd.decisions()[-1]


@suite.case("a refusal at the end of data is logged with Postfix's queue id")
def _(world):
    world.bounce("alice@exact.example", bounces.report("alice@exact.example"))
    line = world.backstopd.decided(to="<alice@exact.example>", reason="bounce-not-ours")[-1]
    wait_for("the queue id in Postfix's log",
             lambda: f"{line['queue-id']}: milter-reject: END-OF-MESSAGE" in world.postfix.log())


def with_more_domains(made):
    """Adds a domain that is relayed, one of mydestination with a user whom local(8) delivers to, and an alias."""
    made.postfix.routes["gateway.example"] = made.sink.port
    home = made.directory / "carol"
    home.mkdir()
    shutil.chown(home, "nobody")
    made.carol = Maildir(home / "Maildir")
    made.postfix.settings |= {
        "relay_domains": "gateway.example",
        "mydestination": "local.example",
        "alias_maps": f"inline:{{ {{ carol = {made.carol.path}/ }} }}",
        "allow_mail_to_files": "alias",
        "virtual_alias_maps": made.postfix.settings["virtual_alias_maps"]
                              + ", inline:{ { sales@example.com = alice@example.com } }",
    }


MORE = {"local.example": "mode = enforce", "gateway.example": "mode = enforce"}

if __name__ == "__main__":
    suite.run(lambda: world("inbound", with_more_domains, domains={**DOMAINS, **MORE}))
