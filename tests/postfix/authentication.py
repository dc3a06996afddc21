#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Authentication through Postfix, with a real name server: forgeries are refused in the session, genuine mail carries its
results, and what leaves is signed and verifies at others."""

import contextlib
import re
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import bounces
from mta.authenticator import BANK, GENUINE, OURS, REJECT, Authenticator, letter, results
from mta.client import Client
from mta.machine import HERE, STRANGER, free_port, wait_for
from mta.tap import Suite
from mta.world import SINK, world
from resolver.name_server import NameServer, Records, Silent

suite = Suite()
ALICE = "alice@example.com"
ALERTS = f"alerts@{BANK}"
HOST = "mail.example.com"  # the name under which Postfix, and so backstop, gives results
UNSEEN = "unseen.example"  # a domain of ours whose keys are not in DNS
RECORDS = REJECT + f"""\
quiet.example. 60 IN TXT "v=spf1 ip4:{GENUINE} -all"
_dmarc.quiet.example. 60 IN TXT "v=DMARC1; p=quarantine"
signs.example. 60 IN TXT "v=spf1 -all"
_dmarc.signs.example. 60 IN TXT "v=DMARC1; p=reject"
free.example. 60 IN TXT "v=spf1 ip4:{STRANGER} ip4:{GENUINE} -all"
forger.example. 60 IN TXT "v=spf1 +all"
null.example. 60 IN MX 0 .
"""


def refused(reply, step, words, code=550):
    assert (reply.step, reply.code) == (step, code) and words in reply.text, f"{code} {words} to {step}, not: {reply}"


def expect(actual, wanted):
    assert actual == wanted, f"got  {actual}\nwant {wanted}"


def arrives(world, sender, message, subject, address=STRANGER):
    """Sends it from outside to alice; what lies in the mailbox."""
    reply = world.send(sender, ALICE, message, address=address)
    assert reply.accepted, reply
    return world.boxes[ALICE].wait_for_subject(subject)


def leaves(world, message, subject, sender=ALICE, recipient="friend@" + SINK):
    """Sends it from the local network; what the sink got."""
    reply = world.send(sender, recipient, message, address=HERE)
    assert reply.accepted, reply
    return world.sink.wait_for_subject(subject)


def verifies(world, mail):
    """Everybody finds both signatures good, and the envelope sender has its tag."""
    expect(world.authenticator.verify(mail.content),
           {"dkimpy": ["pass", "pass"], "OpenDKIM": ["pass", "pass"], "backstop": ["pass", "pass"]})
    expect(mail.sender, world.sign(ALICE))


def reload(world):
    """Until nothing is left of the configuration before."""
    old = set(world.backstopd.filters())
    news = world.backstopd.reload()
    assert "is in force" in news, news
    wait_for("the old filters to end", lambda: not old & set(world.backstopd.filters()))


@contextlib.contextmanager
def reconfigured(world, options):
    """The daemon with these lines in its configuration, in the place of those of the same options."""
    before = world.backstopd.options
    names = tuple(line.split(" = ")[0] + " = " for line in options.splitlines())
    kept = [line for line in before.splitlines() if not line.startswith(names)]
    world.backstopd.options = "\n".join([*kept, options])
    reload(world)
    try:
        yield
    finally:
        world.backstopd.options = before
        reload(world)


# --- What comes in ------------------------------------------------------------------------------------------------

@suite.case("a forged mail from a domain whose policy is reject gets 550 5.7.26 at the end of data")
def _(world):
    reply = world.send(ALERTS, ALICE, letter(f"The Bank <{ALERTS}>", "forged"))
    refused(reply, ".", "5.7.26 Refused: neither SPF nor DKIM vouches for the domain in From")
    line = world.backstopd.decided(reason="dmarc-reject")[-1]
    expect((line["decision"], line["spf"], line["dkim"], line["dmarc"], line["policy"], line["author"], line["client"]),
           ("refuse", "fail", "none", "fail", "reject", BANK, STRANGER))
    wait_for("the queue id in Postfix's log",
             lambda: f"{line['queue-id']}: milter-reject: END-OF-MESSAGE" in world.postfix.log())
    assert not world.boxes[ALICE].with_subject("forged")


@suite.case("under an envelope sender for which SPF passes it is refused all the same, and the session goes on")
def _(world):
    with Client(world.postfix.port) as client:
        refused(client.send("x@forger.example", ALICE, letter(ALERTS, "forged")), ".", "5.7.26")
        assert client.send("x@free.example", ALICE, letter("x@free.example", "after a forgery")).accepted
        refused(client.send("x@forger.example", ALICE, letter(ALERTS, "forged")), ".", "5.7.26")
    world.boxes[ALICE].wait_for_subject("after a forgery")


@suite.case("a genuine mail that SPF vouches for is delivered, with our results above every other field")
def _(world):
    mail = arrives(world, ALERTS, letter(ALERTS, "genuine by SPF"), "genuine by SPF", GENUINE)
    expect(len(results(mail)), 1)
    value = results(mail)[0]
    for part in (f"{HOST};", f"spf=pass smtp.mailfrom={ALERTS}", f"dmarc=pass (p=reject dis=none) header.from={BANK}"):
        assert part in value, value
    fields = [name for name in mail.keys() if name not in ("Return-Path", "X-Original-To", "Delivered-To")]
    expect(fields[:2], ["Authentication-Results", "Received"])


@suite.case("a genuine mail that DKIM alone vouches for is delivered; one letter changed, and it is refused")
def _(world):
    signed = world.authenticator.sign_as("signs.example", letter("x@signs.example", "genuine by DKIM"))
    mail = arrives(world, "x@signs.example", signed, "genuine by DKIM")
    value = results(mail)[0]
    for part in ("spf=fail", "dkim=pass", "header.d=signs.example", "header.s=s", "dmarc=pass"):
        assert part in value, value
    refused(world.send("x@signs.example", ALICE, signed.replace("The text", "the text")), ".", "5.7.26")
    refused(world.send("x@signs.example", ALICE, signed.replace("genuine by", "Genuine by")), ".", "5.7.26")


@suite.case("a signature survives what Postfix does to a message: dots, blanks, long lines, eight bits, no body")
def _(world):
    for subject, body in (("dots", ".\n..\n.hidden\n\n"), ("blanks", "a  b \t \n \n\n\n"), ("long", "x" * 990 + "\n"),
                          ("eight bits", "Grüße: 你好\n"), ("no body", ""), ("no last line end", "cut")):
        signed = world.authenticator.sign_as("signs.example", letter("x@signs.example", subject, body=body))
        value = results(arrives(world, "x@signs.example", signed, subject))[0]
        assert "dkim=pass" in value, (subject, value)


FORGED_RESULTS = (
    "Authentication-Results: mail.example.com; dmarc=pass header.from=bank.example",
    "AUTHENTICATION-RESULTS: MAIL.EXAMPLE.COM; spf=pass",
    "authentication-results:mail.example.com;spf=pass",
    "Authentication-Results : mail.example.com; spf=pass",
    "Authentication-Results\t: mail.example.com; spf=pass",
    "Authentication-Results:\n mail.example.com;\n spf=pass",
    "Authentication-Results: (a comment) mail.example.com (1) 1; spf=pass",
    "Authentication-Results: \"mail.example.com\"; spf=pass",
    "Authentication-Results: \"mail.ex\\ample.com\" 1; none",
    "Authentication-Results: mail.example.com",
    "Authentication-Results:   mail . example . com; spf=pass",
    "Authentication-Results: mail.example.com.; spf=pass",
    "Authentication-Results:\vmail.example.com; spf=pass",
    "Authentication-Results: mail.example.com\0; spf=pass",
    "Authentication-Results: \N{FULLWIDTH LATIN SMALL LETTER M}ail.example.com; spf=pass",
    "Authentication-Results: =?utf-8?q?mail.example.com?=; spf=pass",
    "Authentication-Results: mail.example.com; dkim=pass (" + "a long comment " * 2000 + ")",
)
FOREIGN_RESULTS = (
    "Authentication-Results: mx.other.example; spf=pass smtp.mailfrom=first.example",
    "Authentication-Results: mail.example.com.other.example; spf=pass smtp.mailfrom=second.example",
    "Authentication-Results: xmail.example.com; spf=pass smtp.mailfrom=third.example",
)


@suite.case("forged results under our name are taken off in every spelling; those of others stay, in their order")
def _(world):
    for number, forged in enumerate(FORGED_RESULTS):
        subject = f"forged results {number}"
        more = "\n".join([FOREIGN_RESULTS[0], forged, FOREIGN_RESULTS[1], forged, FOREIGN_RESULTS[2]]) + "\n"
        mail = arrives(world, "x@free.example", letter("x@free.example", subject, more=more), subject)
        fields = [(name, " ".join(str(value).split())) for name, value in mail.items()
                  if name.strip().lower() == "authentication-results"]
        expect([value.split("smtp.mailfrom=")[-1] for _, value in fields[1:]],
               ["first.example", "second.example", "third.example"])
        assert "mailfrom=x@free.example" in fields[0][1], fields


@suite.case("all spellings at once, hundreds of them, are taken off")
def _(world):
    more = "\n".join((FORGED_RESULTS[:-1] + FOREIGN_RESULTS[:1]) * 50) + "\n"
    mail = arrives(world, "x@free.example", letter("x@free.example", "many forged results", more=more),
                   "many forged results")
    names = [name for name in mail.keys() if name.strip().lower() == "authentication-results"]
    expect(len(names), 51)
    assert all("mx.other.example" in value for value in results(mail)[1:]), results(mail)


@suite.case("a forged Backstop-Result is taken off")
def _(world):
    more = "Backstop-Result: fine; reason=forged\nBACKSTOP-RESULT : fine\nBackstop-Resulting: stays\n"
    mail = arrives(world, "x@free.example", letter("x@free.example", "forged mark", more=more), "forged mark")
    expect([name for name in mail.keys() if name.lower().startswith("backstop")], ["Backstop-Resulting"])


@suite.case("a policy of quarantine: the mail is delivered with a mark")
def _(world):
    mail = arrives(world, "x@quiet.example", letter("x@quiet.example", "suspicious"), "suspicious")
    expect(mail["Backstop-Result"], "suspicious; reason=dmarc-quarantine")
    assert "dmarc=fail" in results(mail)[0], results(mail)


@suite.case("reject-action = quarantine: Postfix holds the mail, which says why")
def _(world):
    with reconfigured(world, "reject-action = quarantine\n"):
        reply = world.send(ALERTS, ALICE, letter(ALERTS, "to be held"))
        assert reply.accepted, reply
        queue_id = reply.text.split()[-1]
        wait_for("the hold queue", lambda: f"{queue_id}!" in world.postfix.run("postqueue", "-p"))
        expect(world.backstopd.decided(queue_id=queue_id)[-1]["decision"], "quarantine")
        held = world.postfix.run("postcat", "-hq", queue_id)
        assert "Backstop-Result: suspicious; reason=dmarc-reject" in held, held
    world.postfix.run("postsuper", "-d", queue_id)


@suite.case("reject-action = tag: the mail is delivered with a mark")
def _(world):
    with reconfigured(world, "reject-action = tag\n"):
        mail = arrives(world, ALERTS, letter(ALERTS, "tagged only"), "tagged only")
        expect(mail["Backstop-Result"], "suspicious; reason=dmarc-reject")


@suite.case("a From that readers take differently is refused")
def _(world):
    for form in (f"x@forger.example\nFrom: {ALERTS}", f"{ALERTS}\nFrom: x@forger.example",
                 f"x@forger.example\nFrom : {ALERTS}", f"{ALERTS} <x@forger.example>", f"<@{BANK}:x@forger.example>",
                 f"=?utf-8?q?{ALERTS.replace('@', '=40')}?= <x@forger.example>, {ALERTS}",
                 f"friends: {ALERTS};", f"x@forger.example,\n\t{ALERTS}"):
        reply = world.send("x@forger.example", ALICE, letter(form, "tricky"))
        refused(reply, ".", "5.7.")
    assert not world.boxes[ALICE].with_subject("tricky")


@suite.case("monitor refuses and marks nothing, and the log says what enforce would do")
def _(world):
    with reconfigured(world, "authentication = monitor\n"):
        mail = arrives(world, ALERTS, letter(ALERTS, "monitored"), "monitored")
        assert "dmarc=fail" in results(mail)[0] and not mail["Backstop-Result"], mail.as_string()
        expect(world.backstopd.decided(reason="dmarc-reject", observe="yes")[-1]["decision"], "pass")


@suite.case("sender-check: a domain that does not exist or takes no mail is refused, as Postfix shows it")
def _(world):
    with reconfigured(world, "sender-check = enforce\n"):
        with Client(world.postfix.port) as client:
            for domain, words in (("null.example", "5.7.27 Sender refused"),
                                  ("nowhere.example", "5.1.8 Sender refused: its domain does not exist"),
                                  ("free.example", "5.1.8 Sender refused: its domain has neither MX nor address")):
                replies = [client.mail(f"x@{domain}"), client.rcpt(ALICE)]
                reply = next((reply for reply in replies if reply.code != 250), replies[-1])
                assert reply.code == 550 and words in reply.text, replies
                client.command("RSET", "RSET")
            assert client.mail(ALERTS).code == 250
        assert world.backstopd.decided(reason="sender-null-mx", decision="refuse")
        assert world.send("", world.sign(ALICE), bounces.report(world.sign(ALICE), "null sender")).accepted


@suite.case("a bounce that its tag proves is delivered although its From fails DMARC")
def _(world):
    tagged = world.sign(ALICE)
    message = letter(f"mailer-daemon@{BANK}", "a proven bounce", tagged)
    reply = world.send("", tagged, message)
    assert reply.accepted, reply
    mail = world.boxes[ALICE].wait_for_subject("a proven bounce")
    assert "dmarc=fail" in results(mail)[0], results(mail)
    assert world.backstopd.decided(reason="proven-bounce", decision="pass")
    refused(world.send("", ALICE, message), ".", "5.7.26")
    forged = bounces.report(ALICE).replace("MAILER-DAEMON@elsewhere.example", f"mailer-daemon@{BANK}")
    refused(world.send("", ALICE, forged), ".", "5.7.1 Bounce refused")


# --- What leaves --------------------------------------------------------------------------------------------------

BODIES = {"plain": "Hello.\n", "dots": ".\n..\n.hidden\n.\n", "blanks": "a  b \t \n \n\n\n", "long lines": "x" * 998 + "\n",
          "eight bits": "Grüße: 你好\n", "no body": "", "no last line end": "cut", "large": "0123456789abcdef\n" * 60000}


@suite.case("mail of ours leaves with a tag and two signatures that dkimpy, OpenDKIM and backstop verify, whatever its body")
def _(world):
    for subject, body in BODIES.items():
        verifies(world, leaves(world, letter(ALICE, f"signed, {subject}", body=body), f"signed, {subject}"))
    expect({line["key"] for line in world.backstopd.decided(reason="dkim-signed", decision="sign")},
           {f"rsa._domainkey.{OURS}", f"ed25519._domainkey.{OURS}"})


@suite.case("so does mail submitted by sendmail(1), with the fields that Postfix adds")
def _(world):
    for subject, body in BODIES.items():
        world.postfix.submit(ALICE, [f"friend@{SINK}"], f"From: {ALICE}\nSubject: submitted, {subject}\n\n{body}")
        mail = world.sink.wait_for_subject(f"submitted, {subject}")
        assert mail.message["Date"] and mail.message["Message-ID"], mail.content[:2000]
        verifies(world, mail)


@suite.case("so does mail in which Postfix completes the header and an address")
def _(world):
    for subject, header in (("no Date", f"From: {ALICE}\nTo: a@{SINK}\n"), ("no domain", f"From: {ALICE}\nTo: bob\n"),
                            ("no To", f"From: {ALICE}\n"), ("folded", f"From: Alice\n\t<{ALICE}>\nTo: a@{SINK},\n b@{SINK}\n"),
                            ("Bcc", f"From: {ALICE}\nBcc: c@{SINK}\n"), ("Return-Path", f"Return-Path: <x@y>\nFrom: {ALICE}\n")):
        verifies(world, leaves(world, f"{header}Subject: completed, {subject}\n\ntext\n", f"completed, {subject}"))


@suite.case("so does mail of a user who logged in, and every message of a session")
def _(world):
    with Client(world.postfix.port, STRANGER) as client:
        client.login("alice")
        for number in range(3):
            assert client.send(ALICE, f"friend@{SINK}", letter(ALICE, f"session {number}")).accepted
    for number in range(3):
        verifies(world, world.sink.wait_for_subject(f"session {number}"))


@suite.case("nobody can add a field that is signed, or change a byte, and still pass")
def _(world):
    content = leaves(world, letter(ALICE, "to be damaged"), "to be damaged").content
    for damaged in (b"Subject: another\r\n" + content, b"From: <x@y.example>\r\n" + content,
                    content.replace(b"The text", b"the text"), b"Content-Type: text/html\r\n" + content):
        expect(world.authenticator.verify(damaged)["backstop"], ["fail", "fail"])
        assert "pass" not in world.authenticator.verify(damaged)["dkimpy"], damaged


@suite.case("a stranger gets no signature of ours, nor does mail under another's name")
def _(world):
    mail = arrives(world, "x@free.example", letter("x@free.example", "a stranger's"), "a stranger's")
    assert not mail["DKIM-Signature"], mail.as_string()
    mail = leaves(world, letter("someone@other.example", "another's name"), "another's name")
    assert not mail.message["DKIM-Signature"], mail.content


@suite.case("a key that DNS does not show signs nothing, and the log says so")
def _(world):
    author = f"bob@{UNSEEN}"
    mail = leaves(world, letter(author, "unseen key"), "unseen key", author)
    assert not mail.message["DKIM-Signature"], mail.content
    expect(mail.sender, world.sign(author))
    lines = world.backstopd.decided(reason="dkim-unsigned", decision="none")
    expect({line["key"] for line in lines}, {f"rsa._domainkey.{UNSEEN}", f"ed25519._domainkey.{UNSEEN}"})
    assert 'detail="unpublished: there is no record' in world.backstopd.log(), world.backstopd.process.tail()


def selectors(mail):
    return {re.search(r"\bs=([^;]+);", str(field))[1] for field in mail.message.get_all("DKIM-Signature", [])}


@suite.case("after dkim rotate and a reload new keys sign, and what the former ones signed still verifies")
def _(world):
    authenticator = world.authenticator
    before = leaves(world, letter(ALICE, "by the former keys"), "by the former keys")
    made = authenticator.rotate(OURS, "--every", "90d")
    records = [line for line in made.splitlines() if " IN TXT " in line]
    expect(len(records), 2)
    assert "waiting" in authenticator.rotate(OURS), "keys that nobody can see were started"
    for record in records:
        authenticator.add_records("com", authenticator.publish(record) + "\n")
    started = wait_for("the resolver to see the records", lambda: "started" in (said := authenticator.rotate(OURS)) and said)
    assert started.count("started") == 2 and started.count("retired") == 2, started
    expect(selectors(leaves(world, letter(ALICE, "not reloaded"), "not reloaded")), {"rsa", "ed25519"})
    reload(world)
    after = leaves(world, letter(ALICE, "by the new keys"), "by the new keys")
    expect(selectors(after), {record.split(".")[0] for record in records})
    verifies(world, after)
    verifies(world, before)


# --- Where DNS fails ----------------------------------------------------------------------------------------------

@suite.case("where no name server runs, mail is delivered with temperror, mail of ours is signed, and nobody is refused")
def _(world):
    with reconfigured(world, f'dns-servers = {{ "{HERE}:{free_port()}" }}\nsender-check = enforce\n'):
        mail = arrives(world, ALERTS, letter(ALERTS, "no DNS"), "no DNS")
        assert "spf=temperror" in results(mail)[0] and "dmarc=temperror" in results(mail)[0], results(mail)
        verifies(world, leaves(world, letter(ALICE, "signed without DNS"), "signed without DNS"))


@suite.case("where it falls silent, mail is delivered after authentication-timeout, and afterwards all is as before")
def _(world):
    with reconfigured(world, "authentication-timeout = 2s\ndns-timeout = 1m\n"):
        world.authenticator.dns.pause()
        try:
            mail = arrives(world, ALERTS, letter(ALERTS, "silent DNS"), "silent DNS")
            assert "dmarc=temperror" in results(mail)[0], results(mail)
        finally:
            world.authenticator.dns.go_on()
        assert "within authentication-timeout" in world.backstopd.log()
        wait_for("DNS to be asked again", lambda: world.send(ALERTS, ALICE, letter(ALERTS, "forged")).code == 550)


@suite.case("a domain whose servers never answer delays its own mail alone")
def _(world):
    bank = {BANK: Records(("TXT", f"v=spf1 ip4:{GENUINE} -all")), f"_dmarc.{BANK}": Records(("TXT", "v=DMARC1; p=reject"))}
    with NameServer({"silent.example": Silent(), **bank}) as server, reconfigured(
            world, f'dns-servers = {{ "{HERE}:{server.port}" }}\nauthentication-timeout = 12s\ndns-timeout = 1m\n'):
        replies = []
        slow = threading.Thread(target=lambda: replies.append(
            world.send("x@silent.example", ALICE, letter("x@silent.example", "slow"))))
        slow.start()
        wait_for("the question", lambda: any(name.endswith("silent.example") for name, *_ in list(server.asked)))
        arrives(world, ALERTS, letter(ALERTS, "not delayed"), "not delayed", GENUINE)
        refused(world.send(ALERTS, ALICE, letter(ALERTS, "forged")), ".", "5.7.26")
        assert slow.is_alive() and not replies, "it was not the others that overtook it"
        slow.join()
        assert replies[0].accepted, replies
        mail = world.boxes[ALICE].wait_for_subject("slow")
        assert "spf=temperror" in results(mail)[0] and "dmarc=temperror" in results(mail)[0], results(mail)


@contextlib.contextmanager
def authenticating(name="authentication"):
    """A world with a name server. What stays of it after a failure stays with the rest."""
    started = []

    def prepare(made):
        made.authenticator = Authenticator(made.directory / "authenticator", RECORDS, (OURS, UNSEEN), (UNSEEN,))
        started.append(made.authenticator)
        made.backstopd.options += made.authenticator.options()

    try:
        with world(name, prepare, domains={OURS: "mode = enforce", UNSEEN: "mode = sign"},
                   mailboxes=[ALICE]) as made:
            yield made
    finally:
        for authenticator in started:
            authenticator.stop()


if __name__ == "__main__":
    suite.run(authenticating)
