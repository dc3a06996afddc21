#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bad input gets: an end to that session within a stated limit, a line in the log, no memory kept, and no other
session disturbed."""

import contextlib
import os
import pathlib
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from daemon.milter import (NO_MAIL_REPLY, STEPS, Mta, connect, forged_bounce, frame, header, macros, mail, offer, rcpt,
                           steps_agreed)
from mta import machine
from mta.backstopd import Backstopd
from mta.tap import Suite

suite = Suite()
FORGED = "<prvs=1000abcdef=user@ours.example>"
LIMITS = "max-frame = 70k\nmax-recipients = 1000\nmax-null-recipients = 5\nframe-timeout = 2s\nwrite-timeout = 2s\n" \
         "session-timeout = 4s\nmax-sessions = 50\nmessage-memory = 1M\nfilters = 1\n"


@contextlib.contextmanager
def make_world():
    with machine.scratch("hostile") as directory:
        world = Backstopd(directory, {"ours.example": "mode = enforce"})
        world.options = LIMITS
        text = world.configuration().replace("filters = 2\n", "")
        world.configuration = lambda: text
        world.start()
        try:
            yield world
        finally:
            world.stop()
            if getattr(world, "keep", False):
                (directory / "keep").touch()


def memory(world):
    """Kilobytes that the filters hold; what watches over memory takes some itself, and then it is nobody's business."""
    if "BACKSTOP_WATCHED" in os.environ:
        return 0
    return sum(int(line.split()[1]) for pid in world.filters()
               for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))


def told(world, text):
    machine.wait_for(f"the log to say: {text}", lambda: text in world.log(), 10)


def still_serves(world):
    good = Mta(world.milter_port)
    assert good.refuses_forged_bounce(FORGED), "a good session is not served"
    good.close()


def closes(world, frames, says, negotiate=True):
    """The session with these frames is closed, the log says why, a session beside it goes on."""
    beside = Mta(world.milter_port)
    bad = Mta(world.milter_port, negotiate=negotiate)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        bad.send(*frames)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while bad.answer() is not None:
            pass
    told(world, says)
    assert beside.refuses_forged_bounce(FORGED), "another session was disturbed"
    beside.close()


@suite.case("a frame of length 0 ends its session alone")
def _(world):
    closes(world, [struct.pack("!I", 0)], "is empty")


@suite.case("a frame that says it is longer than max-frame is not waited for")
def _(world):
    closes(world, [connect(), struct.pack("!I", 70 * 1024 + 1) + b"L"], "71681")


@suite.case("a header of 10 MB ends its session at max-frame, and none of it is kept")
def _(world):
    before = memory(world)
    closes(world, [connect(), mail("<>"), rcpt("<user@ours.example>"), header("Subject", "x" * 10_000_000)], "10000010 bytes, the limit is 71680 (max-frame)")
    assert memory(world) < before + 2000, f"{memory(world)} kB after {before} kB"


@suite.case("commands out of order end the session: nothing before the negotiation")
def _(world):
    closes(world, [connect()], "milter session with 127.0.0.1:", negotiate=False)
    closes(world, [mail("<>")], "milter session with 127.0.0.1:", negotiate=False)
    closes(world, [offer(), offer()], "milter session with 127.0.0.1:", negotiate=False)
    closes(world, [connect(), rcpt(FORGED)], "milter session with 127.0.0.1:")
    closes(world, [connect(), frame(b"E")], "milter session with 127.0.0.1:")
    closes(world, [frame(b"?")], "milter session with 127.0.0.1:")


@suite.case("NUL bytes where texts should be end the session or are no address, never more")
def _(world):
    closes(world, [connect(), frame(b"M", b"no end")], "ended")
    closes(world, [frame(b"C", b"\0" * 3)], "ended")
    nul = Mta(world.milter_port)
    nul.send(connect())
    assert nul.ask(mail("<>")) == b"c"
    assert nul.ask(frame(b"R", b"<us\0er@ours.example>\0")) in (b"c", None)
    nul.close()
    still_serves(world)


@suite.case("half a frame and silence: the session ends after frame-timeout")
def _(world):
    half = Mta(world.milter_port)
    half.send(mail("<>")[:6])
    began = time.monotonic()
    assert half.is_closed()
    assert time.monotonic() - began < 10
    told(world, "a frame was not whole within frame-timeout")


@suite.case("a frame that trickles byte by byte gets no more time than one that stops")
def _(world):
    slow = Mta(world.milter_port)
    data = header("Subject", "x" * 1000)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for byte in data[:100]:
            slow.send(bytes([byte]))
            time.sleep(0.1)
    assert slow.is_closed()


@suite.case("after a frame that came in pieces a session may be silent for session-timeout again")
def _(world):
    pieces = Mta(world.milter_port)
    pieces.send(connect())
    frames = mail("<>")
    pieces.send(frames[:6])
    time.sleep(0.2)
    assert pieces.ask(frames[6:]) == b"c"
    time.sleep(3)  # longer than frame-timeout
    assert pieces.ask(rcpt(FORGED))[:4] == b"y550"
    pieces.close()


@suite.case("a frame as long as max-frame is taken, also in pieces and with others behind it")
def _(world):
    whole = Mta(world.milter_port)
    longest = frame(b"B", b"x" * (70 * 1024 - 1))
    whole.send(connect())
    for command in (mail("<>"), rcpt("<user@ours.example>")):
        assert whole.ask(command) == b"c"
    whole.send(frame(b"T"), longest[:-1])
    time.sleep(0.2)
    whole.send(longest[-1:] + (longest + longest) * 2 + frame(b"E"))
    answers = [whole.answer() for _ in range(7)]
    assert answers[:5] == [b"c"] * 5 and b"limit=BS_PARTS_TEXT_MAX" in answers[5] and answers[6] == b"a", answers
    whole.close()


@suite.case("a session in which nothing comes ends after session-timeout")
def _(world):
    idle = Mta(world.milter_port)
    idle.send(connect())
    assert idle.is_closed()
    told(world, "nothing came within session-timeout")


@suite.case("recipients without end: the session ends one past max-recipients")
def _(world):
    many = Mta(world.milter_port)
    many.send(connect("127.0.0.1"))
    assert many.ask(mail("<user@ours.example>")) == b"c"
    for number in range(1000):
        assert many.ask(rcpt(f"<r{number}@elsewhere.example>")) == b"c", number
    many.send(rcpt("<one-more@elsewhere.example>"))
    assert many.is_closed()
    told(world, "max-recipients")


@suite.case("a hundred thousand recipients in one go are cut off, and no memory is kept")
def _(world):
    before = memory(world)
    flood = Mta(world.milter_port)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        flood.send(connect(), mail("<>"), *[rcpt(f"<r{number}@ours.example>") for number in range(100_000)])
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while flood.answer() is not None:
            pass
    still_serves(world)
    assert memory(world) < before + 2000, f"{memory(world)} kB after {before} kB"


@suite.case("a peer that sends and never reads is cut off")
def _(world):
    deaf = Mta(world.milter_port)
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.send(connect())
    message = mail("<>") + rcpt(FORGED) * 20
    deaf.socket.settimeout(3)
    with contextlib.suppress(OSError):
        for _ in range(20000):
            deaf.send(message)
    machine.wait_for("the deaf peer to be cut off", lambda: any(text in world.log() for text in (
        "the peer did not read within write-timeout", "the MTA does not wait for replies")), 20)
    still_serves(world)


@suite.case("sessions past max-sessions are turned away, and the others are served")
def _(world):
    sessions = [Mta(world.milter_port) for _ in range(50)]
    late = Mta(world.milter_port, negotiate=False)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        late.send(offer())
    assert late.is_closed()
    told(world, "max-sessions")
    assert sessions[-1].refuses_forged_bounce(FORGED)
    for session in sessions:
        session.close()
    machine.wait_for("room for a new session", lambda: serves_now(world))


@suite.case("messages past message-memory go on unread, and later ones are read again")
def _(world):
    sessions = [Mta(world.milter_port) for _ in range(30)]
    for session in sessions:
        session.send(connect(), mail("<>"), rcpt("<user@ours.example>"), header("Subject", "x" * 60000))
    told(world, "reason=message-memory")  # less than one such message has room now
    assert end_of_forged_bounce(world) == b"a", "what is not read was refused"
    for session in sessions:
        session.close()
    machine.wait_for("memory for a new message", lambda: end_of_forged_bounce(world)[:4] == b"y550")


def end_of_forged_bounce(world):
    mta = Mta(world.milter_port)
    mta.send(connect())
    assert mta.ask(mail("<>")) == mta.ask(rcpt("<user@ours.example>")) == b"c"
    fields, end_of_header, body = forged_bounce("user@ours.example")
    mta.send(fields, header("X-Long", "x" * 60000), header("X-Longer", "x" * 60000))
    for step in (end_of_header, body):
        mta.ask(step)
    answer = mta.ask(frame(b"E"))
    mta.close()
    return answer


def serves_now(world):
    try:
        still_serves(world)
        return True
    except (AssertionError, OSError):
        return False


@suite.case("an MTA that need not wait after MAIL has its answer after the first recipient")
def _(world):
    everything = STEPS | NO_MAIL_REPLY
    assert steps_agreed(world.milter_port, everything) & NO_MAIL_REPLY
    mta = Mta(world.milter_port, negotiate=False)
    assert mta.ask(offer(steps=everything))[:1] == b"O"
    assert mta.ask(connect(), mail("<>"), rcpt(FORGED))[:4] == b"y550"
    assert mta.ask(mail("<friend@elsewhere.example>"), rcpt("<user@ours.example>")) == b"c"
    mta.close()


@suite.case("garbage on the socketmap's port ends that connection alone")
def _(world):
    for garbage, says in ((b"hello", "socketmap"), (b"99999:", "socketmap"), (b"3:abc,", "socketmap")):
        with socket.create_connection(("127.0.0.1", world.socketmap_port), 10) as bad:
            bad.sendall(garbage)
            assert bad.recv(100) == b""
        told(world, says)
    with socket.create_connection(("127.0.0.1", world.socketmap_port), 10) as good:
        good.sendall(b"21:backstop ours.example,")
        assert good.recv(100) == b"9:NOTFOUND ,"


@suite.case("a message that is given up by a lost connection leaves nothing")
def _(world):
    before = memory(world)
    for _ in range(300):
        lost = Mta(world.milter_port)
        lost.send(connect(), mail("<>"), rcpt("<user@ours.example>"), header("Subject", "x" * 60000))
        lost.close()
    still_serves(world)
    assert memory(world) < before + 4000, f"{memory(world)} kB after {before} kB"


suite.run(make_world)
