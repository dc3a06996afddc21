# SPDX-License-Identifier: BSD-2-Clause
"""The main job, shown on real SMTP: what scripts/demo runs once everything is built.

A user's mail leaves through a private Postfix with a tagged envelope sender, signed with DKIM; another Postfix,
elsewhere, bounces it, and the bounce is proven and delivered. What that Postfix bounces of a stranger's mail in the user's
name is refused, and so are a few hundred forged bounces, and forged mail from a domain that asks for it; forged bounces that
do not tell what they are about are marked, or held once there are many; mail that is no bounce arrives. A private name
server has the records. Then a table of what happened. Everything is kept in .state-demo/N, N being the first that no other
demo is using."""

import argparse
import collections
import contextlib
import fcntl
import itertools
import re
import shutil
import signal
import sys
import time

from . import bounces, machine, tags
from .authenticator import BANK, GENUINE, REJECT, Authenticator, letter, results
from .backstopd import SECRETS
from .client import Client
from .machine import CHECKOUT, HERE, STRANGER, Failed
from .postfix import FarPostfix
from .tap import Skip
from .world import ELSEWHERE, SINK, World

ALICE = "alice@example.com"
SILENT = ["info@example.com", "sales@example.com", "webmaster@example.com"]
DOMAINS = {"example.com": 'mode = enforce\nnever-sends = { "info", "sales", "webmaster" }'}
FORGED = 300
ALERTS = f"alerts@{BANK}"
FORGED_MAIL = 48
RECORDS = REJECT + 'forger.example. 60 IN TXT "v=spf1 +all"\n'

started = time.monotonic()


def progress(text):
    print(f"[{time.monotonic() - started:6.1f} s] {text}", flush=True)


@contextlib.contextmanager
def state_directory():
    """A directory that is ours alone while we run; what an earlier run left there is removed first."""
    for number in itertools.count(1):
        directory = CHECKOUT / ".state-demo" / str(number)
        directory.mkdir(parents=True, exist_ok=True)
        with open(directory / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            for entry in directory.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
            yield directory
            return


class Row:
    """A line of the table: how often something happened, and how often it should have."""

    def __init__(self, what, happened, wanted, detail="", more=()):
        self.what, self.happened, self.wanted, self.detail, self.more = what, happened, wanted, detail, more

    @property
    def good(self):
        return self.happened == self.wanted

    def __str__(self):
        mark = "ok " if self.good else "NO "
        line = f"  {mark} {self.what:<48} {self.happened:>4} of {self.wanted:<4} {self.detail}".rstrip()
        return "\n".join([line, *(f"        {text}" for text in self.more)])


def send_original(world):
    """A user who logged in writes to a sink, and to somebody elsewhere who is gone."""
    progress("alice logs in and writes to a friend, and to somebody elsewhere who is gone")
    with Client(world.postfix.port, STRANGER) as client:
        client.login("alice")
        recipients = [f"friend@{SINK}", f"gone@{ELSEWHERE}"]
        reply = client.send(ALICE, recipients, bounces.ordinary("Hello from Alice", ALICE, recipients[0]))
    if not reply.accepted:
        raise Failed(f"Postfix did not take alice's mail: {reply}")
    sender = world.sink.wait_for_subject("Hello from Alice").sender
    return Row("mail that left with a tagged sender", int(sender == world.sign(ALICE)), 1, sender)


def await_bounce(world):
    progress(f"the Postfix of {ELSEWHERE} bounces it; the bounce comes back to the tag")
    mail = world.boxes[ALICE].wait_for("the genuine bounce", lambda mail: "MAILER-DAEMON" in (mail["From"] or "")
                                       and "Hello from Alice" in mail.as_string())
    plain = mail["Delivered-To"] == ALICE and "prvs=" in mail["X-Original-To"]
    result = " ".join(mail["Backstop-Result"].split())
    proofs = re.search("proofs=([a-z,-]+)", result)[1].split(",")
    return [Row("genuine bounce delivered with the tag taken off", int(plain), 1,
                f"{mail['X-Original-To']} -> {mail['Delivered-To']}"),
            Row("proofs that it is about mail of ours", len(proofs), 6, " ".join(proofs))]


def answer_by_machine(world):
    """Somebody's holiday reply to that mail, and one to mail that alice never wrote."""
    progress("two automatic replies come to alice, one of them to mail that she never wrote")
    original = world.sink.wait_for_subject("Hello from Alice").message["Message-ID"]
    for subject, answered in (("Away: Hello", original), ("Away: Who knows", "<invented@example.com>")):
        reply = world.send("", ALICE, f"In-Reply-To: {answered}\n" + bounces.out_of_office(ALICE, subject))
        if not reply.accepted:
            raise Failed(f"an automatic reply was refused: {reply}")
    ours, strange = (world.backstopd.decided(reason=f"auto-reply-{word}", kind="autoreply")[0]
                     for word in ("proven", "unclear"))
    return [Row("an automatic reply to mail of ours, proven", int(ours["decision"] == "pass"), 1, ours["proofs"]),
            Row("one to mail that alice never wrote: marked", int(strange["decision"] == "tag"), 1, strange["verdict"])]


def bounce_by_stranger(world):
    """Joe jobs: mail with alice's address in the envelope and in From that never saw our server."""
    progress(f"a stranger sends mail as alice to {ELSEWHERE}, whose Postfix bounces it to her")
    count = 5
    with Client(world.far.port, STRANGER) as client:
        for number in range(count):
            client.send(ALICE, f"gone{number}@{ELSEWHERE}", bounces.ordinary(f"Forged {number}", ALICE))
    def refused():
        lines = [line for line in world.backstopd.decisions() if line["reason"] == "bounce-not-ours"]
        return lines if len(lines) == count else None
    lines = machine.wait_for("the bounces of the stranger's mail", refused)
    return Row("bounces of a stranger's mail refused with 550", sum(line["decision"] == "refuse" for line in lines),
               count, lines[0]["verdict"])


def forgeries(world):
    """Recipients and messages without end, each kind of forgery in each shape of bounce; whether the message tells what
    it is about, or its recipient already gives it away."""
    kinds = [lambda: world.forged(ALICE), lambda: ALICE, lambda: world.expired(ALICE),
             lambda: tags.sign(ALICE, "a guess", 7), lambda: SILENT[0], lambda: SILENT[1], lambda: SILENT[2],
             lambda: world.sign("bob@example.com").replace("bob", "alice")]
    guesses = itertools.count()
    for (name, shape), kind in itertools.cycle(itertools.product(bounces.SHAPES.items(), kinds)):
        recipient = kind()
        guess = f"prvs=1{(tags.today() + 7) % 1000:03d}{next(guesses):06x}={ALICE}"
        tells = recipient != ALICE or name in ("report", "qmail", "exim")
        yield recipient, shape(recipient, f"forged {next(guesses)}", return_path=guess), tells


def send_forgeries(world):
    progress(f"strangers send {FORGED} forged bounces to alice and to addresses that never send")
    before, replies, telling, others = len(world.backstopd.decisions()), collections.Counter(), 0, 0
    for number, (recipient, message, tells) in enumerate(itertools.islice(forgeries(world), FORGED)):
        with Client(world.postfix.port, f"127.0.0.{100 + number % 100}") as client:
            reply = client.send("", recipient, message)
        replies[f"{reply.code} {re.sub('<[^>]*>', '<...>', re.sub('queued as .*', 'queued', reply.text))}"] += 1
        telling += tells
        others += not tells and reply.accepted
        if number % 100 == 99:
            progress(f"  {number + 1} sent")
    refused = sum(count for text, count in replies.items() if text.startswith("550 "))
    decisions = world.backstopd.decisions()[before:]
    reasons = collections.Counter(line["reason"] for line in decisions if line["decision"] == "refuse")
    unclear = collections.Counter(line["decision"] for line in decisions if line["reason"].endswith("-unclear"))
    return [Row("forged bounces refused with 550", refused, telling, "",
                [f"{count:>4}  {text}" for text, count in replies.most_common()]),
            Row("refusals in backstop's log, each with its reason", sum(reasons.values()), telling, "",
                [f"{count:>4}  {reason}" for reason, count in reasons.most_common()]),
            Row("forged bounces that do not tell: marked or held", unclear["tag"] + unclear["quarantine"], others,
                f"{unclear['tag']} marked, and held since there are many: {unclear['quarantine']}")]


def send_good(world):
    progress("friends write to alice, one of them to an old tag; a receipt and a proven bounce come without any tag")
    good = [("friend@other.example", ALICE, bounces.ordinary("a friend's letter", "friend@other.example", ALICE)),
            ("friend@other.example", world.expired(ALICE), bounces.ordinary("a friend's late answer")),
            ("", ALICE, bounces.read_receipt(ALICE)),
            ("", world.sign(ALICE), bounces.qmail(world.sign(ALICE), "bounced by qmail")),
            ("", ALICE, bounces.exim(ALICE, "bounced to From", return_path=world.sign(ALICE)))]
    accepted = 0
    for sender, recipient, message in good:
        reply = world.send(sender, recipient, message)
        accepted += reply.accepted
        if not reply.accepted:
            progress(f"  refused: {reply}")
    return Row("other mail that must arrive: accepted", accepted, len(good))


def verify_signatures(world):
    """Of the message that left first."""
    progress("OpenDKIM and backstop verify the signatures of the mail that left, with the keys in DNS")
    content = world.sink.wait_for_subject("Hello from Alice").content
    said = {"OpenDKIM": world.authenticator.ask_opendkim(content), "backstop dkim": world.authenticator.ask_us(content)}
    return Row("DKIM signatures that two verifiers find good", sum(each.count("pass") for each in said.values()), 4, "",
               [f"{name}: {' '.join(each)}" for name, each in said.items()])


def forged_mail():
    """Envelope senders and From fields without end, each a way to pose as the bank."""
    ways = [(ALERTS, f"The Bank <{ALERTS}>"), ("x@forger.example", f"The Bank <{ALERTS}>"),
            ("x@forger.example", f"alerts@login.{BANK}"),
            ("x@forger.example", f"{ALERTS}\nFrom: x@forger.example"),
            ("x@forger.example", f"{ALERTS} <x@forger.example>"), ("x@forger.example", f"x@forger.example\nFrom : {ALERTS}"),
            ("x@forger.example", f"<@{BANK}:x@forger.example>")]
    return itertools.cycle(ways)


def send_forged_mail(world):
    progress(f"strangers send {FORGED_MAIL} mails as {BANK}, whose DMARC policy is to reject what is forged")
    replies = collections.Counter()
    for number, (sender, author) in enumerate(itertools.islice(forged_mail(), FORGED_MAIL)):
        with Client(world.postfix.port, f"127.0.0.{100 + number}") as client:
            reply = client.send(sender, ALICE, letter(author, f"forged statement {number}"))
        replies[f"{reply.code} {re.sub('<[^>]*>', '<...>', reply.text)}"] += 1
    refused = sum(count for text, count in replies.items() if text.startswith("550 "))
    return Row("forged mail from a bank refused with 550", refused, FORGED_MAIL, "",
               [f"{count:>4}  {text}" for text, count in replies.most_common()])


def send_genuine(world):
    progress(f"{BANK} itself writes to alice; in front of its results stands a forgery of ours")
    delivered, subjects = 0, [f"statement {number}" for number in range(3)]
    for subject in subjects:
        forged = f"Authentication-Results: {world.postfix.hostname}; dmarc=fail\n"
        with Client(world.postfix.port, GENUINE) as client:
            reply = client.send(ALERTS, ALICE, letter(ALERTS, subject, more=forged))
        if not reply.accepted:
            progress(f"  refused: {reply}")
            continue
        values = results(world.boxes[ALICE].wait_for_subject(subject))
        delivered += len(values) == 1 and "spf=pass" in values[0] and "dmarc=pass" in values[0]
    return Row("genuine mail of the bank, with its results", delivered, len(subjects))


def look_into_mailboxes(world, wanted):
    progress("looking into the mailboxes and the queue")
    machine.wait_for("the queue to be empty of all that is not held", lambda: not world.postfix.queued(hold=False))
    arrived = world.boxes[ALICE].messages()
    strays = [mail for mail in arrived if mail["Subject"].lower().startswith("forged") and not mail["Backstop-Result"]]
    strays += [mail for address in SILENT for mail in world.boxes[address].messages()]
    return [Row("messages in alice's mailbox", len(arrived), wanted),
            Row("unmarked forgeries in any mailbox", len(strays), 0)]


def main_job(world):
    rows = [send_original(world), *await_bounce(world), *answer_by_machine(world), bounce_by_stranger(world),
            *send_forgeries(world)]
    good = [send_good(world), verify_signatures(world), send_forged_mail(world), send_genuine(world)]
    marked = sum(line["decision"] == "tag" for line in world.backstopd.decisions())
    delivered = 1 + 1 + marked + good[0].wanted + good[-1].wanted  # with the genuine bounce, and the proven reply
    return [*rows, *good, *look_into_mailboxes(world, delivered)]


def describe(world):
    """What there is to play with."""
    backstopd = world.backstopd
    print(f"""
  Postfix         {HERE} port {world.postfix.port}; from another address of 127.0.0.0/8 you are a stranger.
                  SMTP AUTH takes any user with the password "password".
  mailboxes       {world.boxes[ALICE].path.parent}
  backstopd       milter {backstopd.milter}, socketmap {backstopd.socketmap}
                  {backstopd.file}, key {SECRETS[1]!r}
  name server     {HERE} port {world.authenticator.dns.port}; keys in {world.authenticator.keys}
  elsewhere       port {world.far.port}; mail to {ELSEWHERE} bounces
  sink            port {world.sink.port}; mail to {SINK} is kept by this program
  logs            {backstopd.process.output}
                  {world.postfix.log_file}

  Forge a bounce: nc -s {STRANGER} {HERE} {world.postfix.port}
                  EHLO x, MAIL FROM:<>, RCPT TO:<{SILENT[0]}>
  Forge a mail:   the same with MAIL FROM:<{ALERTS}>, RCPT TO:<{ALICE}>, and From: {ALERTS};
                  from {GENUINE} it is genuine.
""")


def stay(world):
    """Shows each decision as it comes, until Ctrl-C."""
    describe(world)
    print("Everything stays up until Ctrl-C. Decisions as they come:", flush=True)
    shown = len(world.backstopd.log().splitlines())
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            lines = world.backstopd.log().splitlines()
            for line in lines[shown:]:
                print(" ", line, flush=True)
            shown = len(lines)
            time.sleep(0.2)
    print()


def run(directory, once):
    """The whole demo; the exit status."""
    progress(f"starting a name server, two Postfix instances and backstopd in {directory}")
    authenticator = Authenticator(directory / "authenticator", RECORDS)
    world = World(directory, DOMAINS, authenticator.options(), far=FarPostfix, mailboxes=[ALICE, *SILENT])
    world.authenticator = authenticator
    try:
        world.start()
        rows = main_job(world)
        print("\nWhat happened:\n", *rows, sep="\n", end="\n\n")
        good = all(row.good for row in rows)
        print("Everything went as it should." if good else "Not everything went as it should; look at the logs: "
              f"{world.backstopd.process.output} and {world.postfix.log_file}", flush=True)
        if not once:
            stay(world)
        return 0 if good else 1
    finally:
        progress("stopping what was started")
        world.stop()
        authenticator.stop()


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Runs the main job on private mail servers.")
    parser.add_argument("--once", action="store_true", help="end after the table; status 0 only if all went well")
    once = parser.parse_args().once
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell started us in the background
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with state_directory() as directory:
        try:
            return run(directory, once)
        except (Failed, Skip, OSError) as failure:
            print(f"scripts/demo: {failure}\nLook at what is in {directory}: backstop/backstopd.log, ours/mail.log, "
                  "ours/master.out, elsewhere/mail.log", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
