#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Replies that wait for DNS: how long, what peers may do meanwhile, what becomes of other sessions, and the limits of what
is asked. The name server answers as it is told to."""

import contextlib
import itertools
import os
import pathlib
import re
import select
import signal
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from daemon.milter import NO_MAIL_REPLY, STEPS, Mta, connect, frame, header, macros, mail, rcpt, steps_agreed
from mta import machine
from mta.backstopd import Backstopd
from mta.tap import Suite
from resolver.name_server import NameServer, Records, Silent

suite = Suite()
serial = itertools.count(1)
USER = "<user@ours.example>"
LIMITS = "max-frame = 70k\nframe-timeout = 1s\nsession-timeout = 60s\nauthentication = enforce\nsender-check = enforce\n" \
         "authentication-timeout = 2s\ndns-timeout = 60s\n"
DATA, END_OF_HEADER, END, ABORT, QUIT = (frame(code) for code in (b"T", b"N", b"E", b"A", b"Q"))


class Gate:
    """Answers once it is open; until then every question waits."""

    def __init__(self, then):
        self.then, self.open = then, threading.Event()

    def __call__(self, question, tcp):
        self.open.wait(30)
        return self.then(question, tcp)


class Slow:
    """Answers each question so many seconds after it came."""

    def __init__(self, seconds, then):
        self.seconds, self.then = seconds, then

    def __call__(self, question, tcp):
        time.sleep(self.seconds)
        return self.then(question, tcp)


class Includes:
    """nI.DOMAIN includes the next, and the last passes everybody."""

    def __init__(self, count):
        self.count = count

    def __call__(self, question, tcp):
        label, domain = question.name.split(".", 1)
        number = int(label[1:]) if label[1:].isdigit() else self.count
        text = "v=spf1 +all" if number >= self.count else f"v=spf1 include:n{number + 1}.{domain} -all"
        return Records(("TXT", text), ("MX", f"mail.{domain}"))(question, tcp)


def names():
    many = "v=spf1 " + " ".join(f"include:i{number}.many.example" for number in range(8)) + " +all"
    return {
        "ok.example": Records(("TXT", "v=spf1 +all"), ("MX", "mail.ok.example")),
        "silent.example": Silent(),
        "half.example": Records(("MX", "mail.half.example"), ("TXT", "v=spf1 include:silent.example -all")),
        "rounds.example": Slow(0.5, Includes(9)),
        "many.example": Records(("MX", "mail.many.example"), ("TXT", many)),
        **{f"i{number}.many.example": Records(("TXT", "v=spf1 -all")) for number in range(8)},
    }


class World(Backstopd):
    """One filter, so that sessions share a resolver."""

    def __init__(self, directory, server):
        super().__init__(directory, {"ours.example": "mode = enforce"})
        self.server, self.keep = server, False
        self.settle()

    def settle(self, more=""):
        """The limits, with `more` in the place of those of that name."""
        replaced = {line.split(" = ")[0] for line in more.splitlines()}
        kept = [line for line in LIMITS.splitlines() if line.split(" = ")[0] not in replaced]
        self.options = "\n".join([*kept, f'dns-servers = {{ "127.0.0.1:{self.server.port}" }}', more, ""])

    def configuration(self):
        return super().configuration().replace("filters = 2\n", "filters = 1\n")

    @contextlib.contextmanager
    def limited(self, more):
        """A daemon with these limits, that has asked nothing yet."""
        self.stop()
        self.settle(more)
        self.start()
        try:
            yield
        finally:
            self.stop()
            self.settle()
            self.start()


@contextlib.contextmanager
def make_world():
    with machine.scratch("waiting") as directory, NameServer(names()) as server:
        world = World(directory, server)
        world.start()
        try:
            yield world
        finally:
            world.stop()
            if world.keep:
                (directory / "keep").touch()


def memory(world):
    """Kilobytes that the filters hold; what watches over memory takes some itself, and then it is nobody's business."""
    if "BACKSTOP_WATCHED" in os.environ:
        return 0
    return sum(int(line.split()[1]) for pid in world.filters()
               for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))


def letter(domain):
    """The frames from DATA to the end of a message."""
    return [DATA, header("From", f" someone@{domain}"), header("Subject", " waits"), END_OF_HEADER,
            frame(b"B", b"text\r\n"), END]


def begin(world, sender, recipient=USER):
    """A session with a message up to its recipients."""
    mta = Mta(world.milter_port)
    mta.send(connect(), macros(b"C", j="mx.ours.example"))
    assert mta.ask(mail(sender)) == b"c"
    assert mta.ask(rcpt(recipient)) == b"c"
    return mta


def finish(mta, domain):
    """Sends the message; the frames that answer its end."""
    mta.send(*letter(domain))
    return answers_to_end(mta)


def answers_to_end(mta):
    answers = []
    while True:
        answer = mta.answer()
        if answer in (b"c", b"s") and not answers:  # to DATA and to the body
            continue
        answers.append(answer)
        if answer is None or answer[:1] in b"acyrt":
            return answers


def waits(mta):
    """Nothing has come from the filter."""
    return not select.select([mta.socket], [], [], 0)[0]


def wait_begins(world, domain, count=1):
    """The name server has been asked about the domain by so many sessions."""
    machine.wait_for(f"questions about {domain}",
                     lambda: len({asked for asked in list(world.server.asked) if asked[0].endswith(domain)}) >= count)


def result(answers):
    """The results that the message gets."""
    inserted = [answer for answer in answers if answer and answer[:1] == b"i" and b"Authentication-Results" in answer]
    assert len(inserted) == 1, answers
    return inserted[0].decode()


def serves(world):
    """With new questions, so that the resolver does not take a name server for dead that was silent for long."""
    domain = f"k{next(serial)}.ok.example"
    good = begin(world, f"<a@{domain}>")
    judged = "spf=pass" in result(finish(good, domain))
    good.close()
    return judged


def still_serves(world):
    """At once, or when the resolver believes again in a name server that was silent for seconds: it takes up to ten."""
    machine.wait_for("a message that is judged", lambda: serves(world))


@suite.case("where DNS is silent, MAIL is answered after authentication-timeout and then nothing is waited for again")
def _(world):
    before = world.log().count("within authentication-timeout")
    mta = begin(world, "<a@m1.silent.example>")
    answers = finish(mta, "m1.silent.example")
    assert answers[-1] == b"a" and "spf=temperror" in result(answers) and "dmarc=temperror" in result(answers), answers
    assert world.log().count("within authentication-timeout") == before + 1
    mta.close()


@suite.case("a message judged at its end waits no longer than that either, whatever DNS said of its sender before")
def _(world):
    still_serves(world)
    mta = begin(world, "<a@ok.example>")
    answers = finish(mta, "e1.silent.example")
    assert answers[-1] == b"a" and "spf=pass" in result(answers) and "dmarc=temperror" in result(answers), answers
    mta.close()


@suite.case("answers that come, but one after the other, do not make a message wait any longer")
def _(world):
    still_serves(world)
    before = world.log().count("within authentication-timeout")
    mta = begin(world, "<a@n1.rounds.example>")
    answers = finish(mta, "ok.example")
    assert "spf=temperror" in result(answers), answers
    assert world.log().count("within authentication-timeout") == before + 1
    mta.close()


@suite.case("a reply may wait longer than frame-timeout")
def _(world):
    mta = Mta(world.milter_port)
    pieces = connect() + mail("<a@f1.silent.example>")
    mta.send(pieces[:-3])
    time.sleep(0.2)
    assert mta.ask(pieces[-3:]) == b"c"
    mta.close()


@suite.case("a sender whose servers never answer delays nobody else")
def _(world):
    gate = Gate(Records(("MX", "mail.gated.example"), ("TXT", "v=spf1 +all")))
    world.server.names["gated.example"] = gate
    with world.limited("authentication-timeout = 30s\n"):
        waiting = [Mta(world.milter_port) for _ in range(30)]
        for number, mta in enumerate(waiting):
            mta.send(connect(), mail(f"<a@d{number}.gated.example>"))
        wait_begins(world, ".gated.example", 30)
        for _ in range(20):
            still_serves(world)
        assert all(waits(mta) for mta in waiting), "a reply came before its answer"
        gate.open.set()
        assert [mta.answer() for mta in waiting] == [b"c"] * 30
        for mta in waiting:
            mta.close()


def lose_peers(world, name, count):
    """Peers that go away while MAIL waits, and others while the end of a message does."""
    for number in range(count):
        if number % 20 == 0:
            still_serves(world)  # a resolver that never answers is taken for dead
        lost = Mta(world.milter_port)
        lost.send(connect(), mail(f"<a@{name}{number}.silent.example>"))
        lost.close()
        lost = begin(world, "<a@ok.example>")
        lost.send(*letter(f"{name}{number}.silent.example"))
        lost.close()
    still_serves(world)


def kept_connections(world):
    """Connections that backstopd has not closed: those at the milter's port that belong to a process."""
    port = f":{world.milter_port:04X}"
    rows = (line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
    return [row for row in rows if row[1].endswith(port) and row[3] != "0A" and row[9] != "0"]


@suite.case("peers that go away while a reply waits leave nothing")
def _(world):
    lose_peers(world, "first", 20)  # whatever is only taken once, such as the resolver's tables
    before = memory(world)
    lose_peers(world, "then", 60)
    machine.wait_for("the end of the sessions", lambda: not kept_connections(world))
    assert memory(world) < before + 40000, f"{memory(world)} kB after {before} kB"


@suite.case("frames that come while a reply waits are taken after it, in their order")
def _(world):
    still_serves(world)
    mta = Mta(world.milter_port)
    mta.send(connect(), mail("<a@p1.silent.example>"), rcpt(USER), *letter("ok.example"))
    assert [mta.answer(), mta.answer()] == [b"c", b"c"]
    assert "spf=temperror" in result(answers_to_end(mta))
    mta.send(mail("<a@p2.silent.example>"), ABORT, mail("<a@ok.example>"), rcpt(USER), *letter("ok.example"))
    assert [mta.answer(), mta.answer(), mta.answer()] == [b"c", b"c", b"c"]
    assert "spf=pass" in result(answers_to_end(mta))
    mta.close()


@suite.case("a message given up while its end waits: the next is judged for itself, with all its time")
def _(world):
    still_serves(world)
    mta = begin(world, "<a@ok.example>")
    mta.send(*letter("g1.silent.example"), ABORT, mail("<a@ok.example>"), rcpt(USER), *letter("g2.silent.example"))
    assert "dmarc=temperror" in result(answers_to_end(mta))
    assert [mta.answer(), mta.answer()] == [b"c", b"c"]
    assert "dmarc=temperror" in result(answers_to_end(mta))
    mta.close()


@suite.case("QUIT while a reply waits ends the session")
def _(world):
    mta = Mta(world.milter_port)
    mta.send(connect(), mail("<a@q1.silent.example>"), QUIT)
    assert mta.answer() in (b"c", None) and mta.is_closed()
    mta = Mta(world.milter_port)
    mta.send(connect(), mail("<a@q2.silent.example>"), frame(b"K"), connect(), mail("<a@ok.example>"), rcpt(USER))
    assert [mta.answer(), mta.answer(), mta.answer()] == [b"c", b"c", b"c"]
    mta.close()


@suite.case("a peer that floods while a reply waits is cut off past a frame and a read, and nothing of it is kept")
def _(world):
    before = memory(world)
    for number in range(20):
        still_serves(world)
        mta = Mta(world.milter_port)
        mta.send(connect(), mail(f"<a@flood{number}.silent.example>"))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100):
                mta.send(header("X", "x" * 60000))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            assert mta.is_closed()
    machine.wait_for("the log to tell", lambda: "the MTA does not wait for a reply" in world.log())
    still_serves(world)
    assert memory(world) < before + 8000, f"{memory(world)} kB after {before} kB"


@suite.case("a reload lets a reply that waits be given on the configuration before")
def _(world):
    still_serves(world)
    mta = begin(world, "<a@ok.example>")
    mta.send(*letter("r1.silent.example"))
    wait_begins(world, "r1.silent.example")
    old = set(world.filters())
    assert "is in force" in world.reload()
    assert "dmarc=temperror" in result(answers_to_end(mta))
    mta.close()
    machine.wait_for("the old filter to end", lambda: not old & set(world.filters()))


@suite.case("a stop lets a reply that waits be given")
def _(world):
    still_serves(world)
    mta = begin(world, "<a@ok.example>")
    mta.send(*letter("s1.silent.example"))
    wait_begins(world, "s1.silent.example")
    os.kill(world.process.pid, signal.SIGTERM)
    assert "dmarc=temperror" in result(answers_to_end(mta))
    assert mta.is_closed()
    machine.wait_for("the end", lambda: not world.process.running())
    assert world.stop() == 0
    world.start()


def judged(world, sender, author="ok.example"):
    """The results of a message, as a dictionary of methods."""
    mta = begin(world, sender)
    text = result(finish(mta, author))
    mta.close()
    return dict(re.findall("(spf|dkim|dmarc)=([a-z]+)", text))


def questions_of(world, action):
    """What the action returned, and how many different questions the name server got; those for the silent domain may
    still be under way from before."""
    seen = len(world.server.asked)
    returned = action()
    return returned, len({asked[:2] for asked in world.server.asked[seen:] if "silent" not in asked[0]})


def many(world):
    """The results of a message that asks much. Its author's domain is the sender's, so that what is asked for DMARC does not
    depend on whether SPF was done before."""
    return judged(world, "<a@many.example>", "many.example")


@suite.case("max-questions: as many as a message needs are enough, one fewer is a temporary error, of that message alone")
def _(world):
    with world.limited(""):
        good, needed = questions_of(world, lambda: many(world))
        assert good == {"spf": "pass", "dkim": "none", "dmarc": "none"} and needed > 10, (good, needed)
    with world.limited(f"max-questions = {needed}\n"):
        assert many(world) == good
    with world.limited(f"max-questions = {needed - 1}\n"):
        cut = many(world)
        assert cut == {**good, "dmarc": "temperror"}, (cut, needed)
        assert judged(world, "<a@ok.example>") == good
    with world.limited("max-questions = 9\n"):
        assert many(world)["spf"] == "temperror"


@suite.case("dns-rate: questions past it in a second are not asked, and are again when it is over")
def _(world):
    with world.limited(""):
        good, needed = questions_of(world, lambda: judged(world, "<a@many.example>"))
    with world.limited(f"dns-rate = {needed}\n"):
        assert judged(world, "<a@many.example>") == good
    with world.limited("dns-rate = 5\n"):
        cut, asked = questions_of(world, lambda: judged(world, "<a@many.example>"))
        assert cut["spf"] == "temperror" and asked == 5, (cut, asked)
        machine.wait_for("the next seconds", lambda: judged(world, "<a@many.example>") == good)


@suite.case("max-open-questions: one past it counts as unanswered at once, and there is room again later")
def _(world):
    with world.limited("max-open-questions = 8\nauthentication-timeout = 60s\n"):
        waiting = [Mta(world.milter_port) for _ in range(4)]
        for number, mta in enumerate(waiting):
            mta.send(connect(), mail(f"<a@o{number}.silent.example>"))  # its MX, and its TXT for SPF
            wait_begins(world, f"o{number}.silent.example", 2)
        seen = len(world.server.asked)
        assert judged(world, "<a@many.example>") == {"spf": "temperror", "dkim": "none", "dmarc": "temperror"}
        assert all(waits(mta) for mta in waiting), "what was asked before the limit was reached is not waited for"
        assert not [asked for asked in world.server.asked[seen:] if asked[0] == "many.example"], "it was asked"
        for mta in waiting:
            mta.close()
        machine.wait_for("room", lambda: judged(world, "<a@many.example>")["spf"] == "pass")


@suite.case("where senders are checked, the MTA is made to wait for the reply to MAIL")
def _(world):
    assert not steps_agreed(world.milter_port, STEPS | NO_MAIL_REPLY) & NO_MAIL_REPLY


suite.run(make_world)
