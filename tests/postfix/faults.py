#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What Postfix and its clients see when something goes wrong with backstopd: filters that are killed, a daemon that
is away, reloads in the middle of a session, and strangers that talk nonsense to its ports."""

import os
import signal
import socket
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import bounces, tags
from mta.backstopd import SECRETS
from mta.client import Client
from mta.machine import HERE, free_port, listens, wait_for
from mta.tap import Suite
from mta.world import DOMAINS, SINK, world

suite = Suite()
ALICE = "alice@example.com"


def kill_filters(world, which=slice(None)):
    """SIGKILL to the filters; returns when new ones have taken their places."""
    old = world.backstopd.filters()
    for pid in old[which]:
        os.kill(pid, signal.SIGKILL)
    dead = set(old[which])
    wait_for("new filters", lambda: len(set(world.backstopd.filters()) - dead) == len(old))


def begin(client, sender=ALICE, recipient="x@" + SINK):
    assert client.mail(sender).code == 250
    assert client.rcpt(recipient).code == 250


def works(world, subject):
    """A message goes out with its tag, and a forged bounce does not come in."""
    assert world.send(ALICE, "x@" + SINK, bounces.ordinary(subject), address=HERE).accepted
    assert world.sink.wait_for_subject(subject).sender == world.sign(ALICE)
    reply = world.bounce(ALICE, bounces.report(ALICE))
    assert (reply.step, reply.code) == (".", 550), reply


@suite.case("a filter killed between recipients and data: the client is told to try again, and then succeeds")
def _(world):
    with Client(world.postfix.port, HERE) as client:
        begin(client)
        kill_filters(world)
        reply = client.data(bounces.ordinary("killed before data"))
        assert reply.code == 451, reply
    works(world, "sent again after the kill")
    assert not [mail for mail in world.sink.mails if mail.message["Subject"] == "killed before data"]


@suite.case("a filter killed in the middle of the content: the client is told to try again, and nothing of it leaves")
def _(world):
    with Client(world.postfix.port, HERE) as client:
        begin(client)
        assert client.command("DATA", "DATA").code == 354
        client.smtp.sock.sendall(b"Subject: killed within data\r\n\r\n" + b"0123456789\r\n" * 50000)
        kill_filters(world)
        client.smtp.sock.sendall(b"the end\r\n.\r\n")
        code, text = client.smtp.getreply()
        assert code == 451, (code, text)
    works(world, "after the kill within data")
    assert not [mail for mail in world.sink.mails if mail.message["Subject"] == "killed within data"]


@suite.case("a session whose filter was killed is closed or told to try again, never let through unsigned")
def _(world):
    with Client(world.postfix.port, HERE) as client:
        assert client.send(ALICE, "x@" + SINK, bounces.ordinary("before the kill")).accepted
        kill_filters(world)
        client.mail(ALICE)  # which the filter hears of together with the first recipient
        reply = client.rcpt("x@" + SINK)
        assert reply.code in (451, 421), reply
    assert world.sink.wait_for_subject("before the kill").sender == world.sign(ALICE)


@suite.case("a filter that dies takes only its own sessions with it")
def _(world):
    clients = [Client(world.postfix.port, HERE) for _ in range(12)]
    for client in clients:
        begin(client)
    kill_filters(world, slice(1))
    replies = [client.data(bounces.ordinary(f"one of many {number}")) for number, client in enumerate(clients)]
    assert {reply.code for reply in replies} <= {250, 451}, [str(reply) for reply in replies]
    assert any(reply.accepted for reply in replies), "all sessions were lost with one filter"
    for number, reply in enumerate(replies):
        if reply.accepted:
            assert world.sink.wait_for_subject(f"one of many {number}").sender == world.sign(ALICE)
    for client in clients:
        client.smtp.close()


@suite.case("while backstopd is away clients are told to try again, and submitted mail waits in the queue")
def _(world):
    world.backstopd.stop()
    reply = world.send(ALICE, "x@" + SINK, bounces.ordinary("while away"), address=HERE)
    assert reply.code == 451, reply
    world.postfix.submit(ALICE, ["x@" + SINK], bounces.ordinary("submitted while away"))
    wait_for("the warning of pickup or cleanup",
             lambda: "milter-reject" in world.postfix.log() or "Connection refused" in world.postfix.log())
    assert world.postfix.queued()
    world.backstopd.start()
    works(world, "when it is back")
    world.postfix.flush()
    assert world.sink.wait_for_subject("submitted while away").sender == world.sign(ALICE)


@suite.case("a message under way when backstopd is stopped is finished or put off; it stops with status 0")
def _(world):
    try:
        with Client(world.postfix.port, HERE) as client:
            begin(client)
            world.backstopd.process.popen.send_signal(signal.SIGTERM)
            wait_for("the stop", lambda: "stops" in world.backstopd.log())
            # Postfix also asks the map, at the end of data, and there is none now.
            reply = client.data(bounces.ordinary("finished while stopping"))
            assert reply.code in (250, 451), reply
        assert world.backstopd.stop() == 0
    finally:
        world.backstopd.stop()
        world.backstopd.start()
    works(world, "after the stop")
    for mail in world.sink.mails:
        assert mail.message["Subject"] != "finished while stopping" or mail.sender == world.sign(ALICE), mail.sender


@suite.case("after SIGHUP an open session ends by the old configuration, and new ones go by the new")
def _(world):
    with Client(world.postfix.port) as client:
        assert client.send("", world.sign(ALICE), bounces.report(ALICE, "before the reload")).accepted
        world.backstopd.domains = {**DOMAINS, "example.com": "mode = sign"}
        assert "is in force" in world.backstopd.reload()
        old = client.send("", ALICE, bounces.report(ALICE))
        assert (old.step, old.code) == (".", 550), old
        assert world.bounce(ALICE, bounces.report(ALICE, "by the new configuration")).accepted
        old = client.send("", ALICE, bounces.report(ALICE))
        assert (old.step, old.code) == (".", 550), old
    world.backstopd.domains = DOMAINS
    assert "is in force" in world.backstopd.reload()
    works(world, "by the first configuration again")


@suite.case("filters of an old configuration end with their last session")
def _(world):
    before = set(world.backstopd.filters())
    with Client(world.postfix.port, HERE) as client:
        client.mail(ALICE)
        world.backstopd.reload()
        assert before & set(world.backstopd.filters()), "the filter of an open session is gone"
    wait_for("the end of the old filters", lambda: not before & set(world.backstopd.filters()))


@suite.case("a socket that the new configuration does not name is closed at once, and may be named again")
def _(world):
    here, port = world.backstopd.configuration(), str(world.backstopd.milter_port)
    with Client(world.postfix.port, HERE) as client:
        client.mail(ALICE)
        assert "is in force" in world.backstopd.reload(here.replace(port, str(free_port())))
        wait_for("the old socket to be closed", lambda: not listens(int(port)), 5)
        assert "is in force" in world.backstopd.reload(here)
        works(world, "on the first socket again")
        assert client.rcpt("x@" + SINK).code == 250
        assert client.data(bounces.ordinary("across two reloads")).accepted
    assert world.sink.wait_for_subject("across two reloads").sender == world.sign(ALICE)


@suite.case("a stop ends the sessions of an older configuration too, and no process is left")
def _(world):
    pids = set(world.backstopd.filters())
    with Client(world.postfix.port, HERE) as client:
        begin(client)
        world.backstopd.reload()
        pids |= set(world.backstopd.filters())
        assert world.backstopd.stop() == 0
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        assert client.data(bounces.ordinary("cut off by the stop")).code == 451
    world.backstopd.start()


@suite.case("a broken configuration changes nothing and is reported with file and line")
def _(world):
    good = world.backstopd.configuration()
    pids = set(world.backstopd.filters())
    for broken in (good.replace("mode = enforce", "mode = inforce", 1), good + "nonsense\n",
                   good.replace("key.1", "key.missing"), good.replace("signing-key = 1", "signing-key = 5")):
        news = world.backstopd.reload(broken)
        assert "is not used, the old one stays" in news and "is in force" not in news, news
        works(world, f"in spite of {hash(broken)}")
    assert f"{world.backstopd.file}:" in world.backstopd.log()
    assert set(world.backstopd.filters()) == pids
    world.backstopd.reload()


@suite.case("a new signing key takes over at SIGHUP, and the tags of the old one stay good")
def _(world):
    old = world.sign(ALICE)
    text = world.backstopd.configuration().replace("signing-key = 1", "signing-key = 0")
    assert "is in force" in world.backstopd.reload(text)
    assert world.send(ALICE, "x@" + SINK, bounces.ordinary("by the other key"), address=HERE).accepted
    assert world.sink.wait_for_subject("by the other key").sender == tags.sign(ALICE, SECRETS[0], 0)
    assert world.bounce(old, bounces.report(old, "by the key before")).accepted
    world.boxes[ALICE].wait_for_subject("by the key before")
    world.backstopd.reload()


def frame(command, data=b""):
    return struct.pack(">I", len(data) + 1) + command + data


OPTNEG = frame(b"O", struct.pack(">III", 6, 0x1ff, 0x1fffff))
NONSENSE = [
    b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xffO", b"GET / HTTP/1.1\r\n\r\n", frame(b"?"),
    frame(b"O", b"\0"), frame(b"M", b"<>\0"), OPTNEG + OPTNEG, OPTNEG + frame(b"R", b"<a@b>\0"),
    OPTNEG + frame(b"C", b"no end of text"), OPTNEG + frame(b"C", b"host\x004\0\0"), OPTNEG + frame(b"E"),
    OPTNEG + frame(b"M", b""), OPTNEG + frame(b"L", b"Subject\0"), OPTNEG + frame(b"D", b"M" + b"i" * 100),
    OPTNEG + frame(b"\0" * 20), os.urandom(4000), b"\0" * 100000,
]


def throw(port, data):
    """Sends bytes and waits until the other side has had enough of them, or for a moment."""
    with socket.create_connection((HERE, port), 5) as nonsense:
        try:
            nonsense.sendall(data)
            nonsense.shutdown(socket.SHUT_WR)
            while nonsense.recv(65536):
                pass
        except OSError:
            pass


@suite.case("nonsense on the milter's port disturbs no session, and each piece of it is logged")
def _(world):
    wait_for("the filters of older configurations to end", lambda: len(world.backstopd.filters()) == 2)
    pids = set(world.backstopd.filters())
    with Client(world.postfix.port, HERE) as client:
        begin(client)
        for data in NONSENSE:
            throw(world.backstopd.milter_port, data)
        assert client.data(bounces.ordinary("among nonsense")).accepted
    assert world.sink.wait_for_subject("among nonsense").sender == world.sign(ALICE)
    assert set(world.backstopd.filters()) == pids, "a filter died of it"
    assert world.backstopd.log().count("milter session with 127.0.0.1") >= 10


@suite.case("nonsense on the socketmap's port disturbs no lookup")
def _(world):
    pids = set(world.backstopd.filters())
    for data in (b"x", b"99999999999:", b"-1:,", b"5:abc,", b"3:abc;", b"0:,", b"10:backstop a,", b"\0" * 1000,
                 b"20000:" + b"a" * 20000 + b",", os.urandom(3000)):
        throw(world.backstopd.socketmap_port, data)
        tagged = world.sign(ALICE)
        assert world.bounce(tagged, bounces.report(tagged, "looked up")).accepted
    assert set(world.backstopd.filters()) == pids, "a filter died of it"


@suite.case("connections that say nothing keep no message from being served")
def _(world):
    silent = [socket.create_connection((HERE, world.backstopd.milter_port), 5) for _ in range(200)]
    half = [socket.create_connection((HERE, world.backstopd.milter_port), 5) for _ in range(200)]
    for connection in half:
        connection.sendall(OPTNEG[:7])
    works(world, "among the silent")
    for connection in silent + half:
        connection.close()


if __name__ == "__main__":
    suite.run(lambda: world("faults", options="drain-timeout = 60s"))
