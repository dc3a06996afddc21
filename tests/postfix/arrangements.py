#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Other ways in which Postfix and backstop may be put together; each case starts its own."""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import bounces, machine
from mta.authenticator import BANK, GENUINE, Authenticator, letter, results
from mta.client import Client
from mta.machine import HERE, wait_for
from mta.postfix import OWNER, FarPostfix
from mta.tap import Suite
from mta.world import ELSEWHERE, SINK, World

suite = Suite()
ALICE = "alice@example.com"
JOERG = "jörg@example.com"


@contextlib.contextmanager
def arranged(scratch, name, **how):
    """A world in a directory below the suite's; it is stopped at the end."""
    directory = scratch.directory / name
    directory.mkdir()
    made = World(directory, far=FarPostfix, **how)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def round_trip(made, sender=ALICE):
    message = bounces.ordinary("round trip", sender)
    reply = made.send(sender, ["x@" + SINK, "gone@" + ELSEWHERE], message, address=HERE)
    assert reply.accepted, reply
    assert made.sink.wait_for_subject("round trip").sender == made.sign(sender)
    made.boxes[sender].wait_for("the bounce", lambda mail: "Subject: round trip" in mail.as_string())
    reply = made.bounce(ALICE, bounces.report(ALICE))
    assert (reply.step, reply.code) == (".", 550), reply


@suite.case("over unix sockets that belong to Postfix's group")
def _(scratch):
    with arranged(scratch, "unix", unix=True, options=f'socket-group = "{OWNER}"\nsocket-mode = 0660') as made:
        round_trip(made)


@suite.case("with another Postfix as the server elsewhere, and through its queue when the first try fails")
def _(scratch):
    with arranged(scratch, "queue") as made:
        made.backstopd.stop()
        made.postfix.submit(ALICE, ["x@" + SINK, "gone@" + ELSEWHERE], bounces.ordinary("through the queue"))
        wait_for("the message to wait", made.postfix.queued)
        made.backstopd.start()
        made.postfix.flush()
        assert made.sink.wait_for_subject("through the queue").sender == made.sign(ALICE)
        made.boxes[ALICE].wait_for("the bounce", lambda mail: "Subject: through the queue" in mail.as_string())


@suite.case("where tagged recipients are probed first, a signed tag for a mailbox that is gone is refused")
def _(scratch):
    probed = {"smtpd_recipient_restrictions":
              "check_recipient_access regexp:{ {/^prvs=/ reject_unverified_recipient} }",
              "unverified_recipient_reject_code": "550", "address_verify_poll_count": "20",
              "address_verify_poll_delay": "1s"}
    with arranged(scratch, "probed", settings=probed) as made:
        for sender in ("friend@other.example", ""):
            reply = made.send(sender, made.sign("gone@example.com"), bounces.ordinary("to who is gone"))
            assert (reply.step, reply.code) == ("RCPT", 550), reply
            tagged = made.sign(ALICE)
            reply = made.send(sender, tagged, bounces.report(tagged, f"probed {sender}"))
            assert reply.accepted, reply
            made.boxes[ALICE].wait_for_subject(f"probed {sender}")


@suite.case("an address in UTF-8 is signed, and its bounce arrives without the tag")
def _(scratch):
    with arranged(scratch, "utf8", mailboxes=[ALICE, JOERG]) as made:
        with Client(made.postfix.port, HERE) as client:
            assert client.mail(JOERG, " SMTPUTF8").code == 250
            assert client.rcpt("x@" + SINK).code == 250
            assert client.data(bounces.ordinary("utf-8", JOERG)).accepted
        tagged = made.sink.wait_for_subject("utf-8").sender
        assert tagged == made.sign(JOERG), tagged
        with Client(made.postfix.port) as client:
            assert client.mail("", " SMTPUTF8").code == 250
            reply = client.rcpt(tagged)
            assert reply.code == 250, reply
            assert client.data(bounces.report(tagged, "utf-8 bounce")).accepted
        made.boxes[JOERG].wait_for_subject("utf-8 bounce")


@suite.case("with each older version of the milter protocol mail is authenticated, and signed so that it verifies")
def _(scratch):
    for version in ("2", "3", "4"):
        authenticator = Authenticator(scratch.directory / f"authenticator{version}")
        with contextlib.closing(authenticator), arranged(scratch, f"protocol{version}", options=authenticator.options(),
                                                         settings={"milter_protocol": version}) as made:
            reply = made.send(f"x@{BANK}", ALICE, letter(f"x@{BANK}", "forged"))
            assert (reply.step, reply.code) == (".", 550), reply
            more = "Authentication-Results: mail.example.com; spf=pass\n"
            reply = made.send(f"x@{BANK}", ALICE, letter(f"x@{BANK}", "genuine", more=more), address=GENUINE)
            assert reply.accepted, reply
            values = results(made.boxes[ALICE].wait_for_subject("genuine"))
            assert len(values) == 1 and "dmarc=pass" in values[0], values
            message = letter(ALICE, "signed", more=f"Reply-To:{ALICE}\nCc:  a@x.example,\n\tb@y.example \n")
            assert made.send(ALICE, f"x@{SINK}", message, address=HERE).accepted
            said = authenticator.verify(made.sink.wait_for_subject("signed").content)
            assert all(each == ["pass", "pass"] for each in said.values()), said


@suite.case("a client that only connects, and one that leaves in the middle, leave nothing behind")
def _(scratch):
    with arranged(scratch, "leavers") as made:
        for steps in range(4):
            with Client(made.postfix.port) as client:
                for command in ("MAIL FROM:<>", f"RCPT TO:<{ALICE}>", "DATA")[:steps]:
                    client.command("", command)
                client.smtp.sock.sendall(b"half a li")
        round_trip(made)
        made.postfix.wait_until_empty()


class Scratch:
    """What the cases get: where each may start a world of its own."""

    def __init__(self, directory):
        self.directory, self.keep = directory, False


@contextlib.contextmanager
def scratch():
    machine.need_root()
    with machine.scratch("arrangements") as directory:
        made = Scratch(directory)
        yield made
        if made.keep:
            (directory / "keep").touch()


if __name__ == "__main__":
    suite.run(scratch)
